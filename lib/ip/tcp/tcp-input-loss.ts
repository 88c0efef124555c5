/**
 * What is lost: after a timeout, by the peer's reneging, by counting.
 *
 * @see net/ipv4/tcp_input.c tcp_enter_loss, tcp_mark_skb_lost, tcp_process_loss
 */
import type { TcpSeg } from './tcp-seg.js'
import type { TcpSock } from './tcp-sock.js'

/** A segment is taken for lost (tcp_mark_skb_lost). */
export const tcpMarkSkbLost = (_tp: TcpSock, _seg: TcpSeg): void => {
  throw new Error('being written')
}

/** Forgets what is marked (tcp_clear_retrans). */
export const tcpClearRetrans = (_tp: TcpSock): void => {
  throw new Error('being written')
}

/** Enters the state Loss after a timeout (tcp_enter_loss). */
export const tcpEnterLoss = (_tp: TcpSock): void => {
  throw new Error('being written')
}

/** Sends again what is larger than the MSS now, without a reduction (tcp_simple_retransmit). */
export const tcpSimpleRetransmit = (_tp: TcpSock): void => {
  throw new Error('being written')
}
