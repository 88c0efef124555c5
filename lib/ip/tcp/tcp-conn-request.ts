/**
 * A SYN for a listening socket.
 *
 * @see net/ipv4/tcp_input.c tcp_conn_request, net/ipv4/tcp_ipv4.c tcp_v4_conn_request
 */
import type { Skb } from '../../core/skb.js'
import type { TcpSock } from './tcp-sock.js'

/** Answers a SYN (icsk_af_ops->conn_request). Does not end the skb. */
export const tcpV4ConnRequest = (_tp: TcpSock, _skb: Skb): void => {
  throw new Error('being written')
}
