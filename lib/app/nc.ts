/**
 * nc: the client and the server of Debian's OpenBSD netcat.
 *
 * Left out: Unix sockets, proxies, IPv6, DCCP, name resolution, TELNET, `-m` (a lower limit of the time to live), `-S` (MD5).
 *
 * @see nc(1); nc-loop.ts for its loop of poll
 */
import type { Netns } from '../core/netns.js'
import type { Nc, NcOptions, NcOutput } from './nc-options.js'
import { NcTcp } from './nc-tcp.js'
import { NcUdp } from './nc-udp.js'

export type { Nc, NcOptions, NcOutput } from './nc-options.js'

/**
 * Starts nc. Throws EADDRINUSE and EADDRNOTAVAIL when the local address cannot be bound. A client ends with status 1 when
 * it could not connect to any port, with 0 otherwise; a server over UDP that is not told to end (`-w`, `-W`) runs until it
 * is killed.
 */
export const nc = (netns: Netns, options: NcOptions, output: NcOutput = {}): Nc => {
  const program = options.tcp === true ? new NcTcp(netns, options, output) : new NcUdp(netns, options, output)
  try {
    program.start()
  } catch (e) {
    program.process.exit(1)
    throw e
  }
  return program
}
