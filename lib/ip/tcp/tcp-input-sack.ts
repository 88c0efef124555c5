/**
 * Selective acknowledgements from the peer mark what it has.
 *
 * @see net/ipv4/tcp_input.c tcp_sacktag_write_queue; RFC 2018, RFC 2883
 */
import type { TcpSeg } from './tcp-seg.js'
import type { TcpSock } from './tcp-sock.js'

/** A segment takes the place of another one in what is remembered (tcp_highest_sack_replace). */
export const tcpHighestSackReplace = (tp: TcpSock, old: TcpSeg, now: TcpSeg | null): void => {
  if (old === tp.highSack) tp.highSack = now
}
