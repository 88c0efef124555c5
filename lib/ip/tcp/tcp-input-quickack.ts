/**
 * Quick acknowledgements, and the estimate of the peer's segment size.
 *
 * @see net/ipv4/tcp_input.c tcp_measure_rcv_mss, tcp_incr_quickack
 */
import type { TcpSock } from './tcp-sock.js'

/** Acknowledges the next `maxQuickacks` segments at once (tcp_enter_quickack_mode). */
export const tcpEnterQuickackMode = (_tp: TcpSock, _maxQuickacks: number): void => {
  throw new Error('being written')
}

/** One of the quick acknowledgements was sent (tcp_dec_quickack_mode). */
export const tcpDecQuickackMode = (_tp: TcpSock): void => {
  throw new Error('being written')
}
