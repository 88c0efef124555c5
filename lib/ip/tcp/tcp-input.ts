/**
 * Segments for a socket: the fast path, and the states.
 *
 * @see net/ipv4/tcp_input.c tcp_rcv_established, tcp_rcv_state_process
 */
import type { Skb } from '../../core/skb.js'
import type { TcpSock } from './tcp-sock.js'

/** A segment for an established connection (tcp_rcv_established). Owns the skb, whose `data` is at the TCP header. */
export const tcpRcvEstablished = (_tp: TcpSock, _skb: Skb): void => {
  throw new Error('being written')
}

/**
 * A segment in any other state (tcp_rcv_state_process): 0 and the skb is taken over, or a drop reason: then the caller
 * sends a reset and drops it.
 */
export const tcpRcvStateProcess = (_tp: TcpSock, _skb: Skb): number => {
  throw new Error('being written')
}
