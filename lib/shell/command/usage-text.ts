/**
 * What the tools without objects say when they are called wrongly: the options that netloom has, not the long list of the
 * real tool.
 */

/** The usage of ping, on standard error after an option that it does not know. */
export const PING_USAGE = `
Usage: ping [options] <destination>
  [-4aAbBCdDfLnOqRUvV] [-c count] [-e identifier] [-i interval] [-I interface or address] [-l preload]
  [-M do|dont|want] [-p pattern] [-Q tos] [-s size] [-S sndbuf] [-t ttl] [-T tsonly|tsandaddr|tsprespec]
  [-w deadline] [-W timeout]
`

/** The usage of arping. */
export const ARPING_USAGE = `
Usage: arping [options] <destination>
  [-fqbDUAV] [-c count] [-w timeout] [-i interval] [-I device] [-s source]
`

/** The usage of nc. */
export const NC_USAGE = `usage: nc -u [-4bdhklNnrvz] [-i interval] [-M ttl] [-p source_port] [-q seconds]
	  [-s sourceaddr] [-T keyword] [-W recvlimit] [-w timeout] [destination] [port]
`

/** The usage of tcpdump. */
export const TCPDUMP_USAGE = `Usage: tcpdump [-efKlnNpqtUvxXA#] [ -c count ] [ -i interface ] [ --immediate-mode ]
		[ --number ] [ -Q in|out|inout ] [ -s snaplen ] [ -w file ] [ --micro ] [ --nano ]
		[ -Z user ] [ expression ]
`
