/**
 * RACK: losses by time.
 *
 * @see net/ipv4/tcp_recovery.c, RFC 8985
 */
import type { TcpSock } from './tcp-sock.js'

/** Marks as lost what was sent long enough before something that has arrived; true when any was (tcp_rack_mark_lost). */
export const tcpRackMarkLost = (_tp: TcpSock): boolean => {
  throw new Error('being written')
}

/** The reordering timer has fired (tcp_rack_reo_timeout). */
export const tcpRackReoTimeout = (_tp: TcpSock): void => {
  throw new Error('being written')
}
