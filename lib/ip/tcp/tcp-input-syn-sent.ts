/**
 * Connections become established.
 *
 * @see net/ipv4/tcp_input.c tcp_rcv_synsent_state_process, tcp_finish_connect, tcp_init_transfer
 */
import type { Skb } from '../../core/skb.js'
import type { TcpSock } from './tcp-sock.js'

/** What the sides have agreed on takes effect: MSS, metrics, congestion control, buffers (tcp_init_transfer). */
export const tcpInitTransfer = (_tp: TcpSock, _skb: Skb | null): void => {
  throw new Error('being written')
}

/** The connection that this side has asked for is made (tcp_finish_connect). */
export const tcpFinishConnect = (_tp: TcpSock, _skb: Skb | null): void => {
  throw new Error('being written')
}
