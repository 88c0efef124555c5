/**
 * Answers that no socket sends: resets, and acknowledgements for requests and TIME_WAIT.
 *
 * @see net/ipv4/tcp_ipv4.c tcp_v4_send_reset, tcp_v4_send_ack
 */
import type { Skb } from '../../core/skb.js'
import type { TcpSock } from './tcp-sock.js'

/** Answers a segment with a reset (tcp_v4_send_reset). `tp` null: no socket. Does not end the skb. */
export const tcpV4SendReset = (_tp: TcpSock | null, _skb: Skb): void => {
  throw new Error('being written')
}
