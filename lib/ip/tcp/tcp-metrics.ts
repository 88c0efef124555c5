/**
 * What connections leave for later ones to the same peer: RTT, slow start threshold, window, reordering.
 *
 * @see net/ipv4/tcp_metrics.c
 */
import type { TcpSock } from './tcp-sock.js'

export type { TcpMetrics } from './tcp-metrics-table.js'

/** Saves what a connection has learned when it ends or goes idle (tcp_update_metrics). */
export const tcpUpdateMetrics = (_tp: TcpSock): void => {
  throw new Error('being written')
}

/** Takes over what is known about the peer when a connection is made (tcp_init_metrics). */
export const tcpInitMetrics = (_tp: TcpSock): void => {
  throw new Error('being written')
}
