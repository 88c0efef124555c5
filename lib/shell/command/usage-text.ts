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
export const NC_USAGE = `usage: nc [-46CDdFhklNnrStUuvZz] [-I length] [-i interval] [-M ttl]
	  [-m minttl] [-O length] [-P proxy_username] [-p source_port]
	  [-q seconds] [-s sourceaddr] [-T keyword] [-V rtable] [-W recvlimit]
	  [-w timeout] [-X proxy_protocol] [-x proxy_address[:port]]
	  [destination] [port]
`

/** What `nc -h` adds to its usage. */
export const NC_HELP = `\tCommand Summary:
		-4		Use IPv4
		-6		Use IPv6
		-b		Allow broadcast
		-C		Send CRLF as line-ending
		-D		Enable the debug socket option
		-d		Detach from stdin
		-F		Pass socket fd
		-h		This help text
		-I length	TCP receive buffer length
		-i interval	Delay interval for lines sent, ports scanned
		-k		Keep inbound sockets open for multiple connects
		-l		Listen mode, for inbound connects
		-M ttl		Outgoing TTL / Hop Limit
		-m minttl	Minimum incoming TTL / Hop Limit
		-N		Shutdown the network socket after EOF on stdin
		-n		Suppress name/port resolutions
		-O length	TCP send buffer length
		-P proxyuser	Username for proxy authentication
		-p port		Specify local port for remote connects
		-q secs		quit after EOF on stdin and delay of secs
		-r		Randomize remote ports
		-S		Enable the TCP MD5 signature option
		-s sourceaddr	Local source address
		-T keyword	TOS value
		-t		Answer TELNET negotiation
		-U		Use UNIX domain socket
		-u		UDP mode
		-V rtable	Specify alternate routing table
		-v		Verbose
		-W recvlimit	Terminate after receiving a number of packets
		-w timeout	Timeout for connects and final net reads
		-X proto	Proxy protocol: "4", "5" (SOCKS) or "connect"
		-x addr[:port]	Specify proxy address and port
		-Z		DCCP mode
		-z		Zero-I/O mode [used for scanning]
	Port numbers can be individual or ranges: lo-hi [inclusive]
`

/** The usage of tcpdump. */
export const TCPDUMP_USAGE = `Usage: tcpdump [-efKlnNpqtUvxXA#] [ -c count ] [ -i interface ] [ --immediate-mode ]
		[ --number ] [ -Q in|out|inout ] [ -s snaplen ] [ -w file ] [ --micro ] [ --nano ]
		[ -Z user ] [ expression ]
`
