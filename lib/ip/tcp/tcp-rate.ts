/**
 * Samples of the rate of delivery.
 *
 * @see net/ipv4/tcp_rate.c
 */
import type { TcpSeg } from './tcp-seg.js'
import type { TcpSock } from './tcp-sock.js'

/** Notes the state of delivery in a segment that is sent (tcp_rate_skb_sent). */
export const tcpRateSkbSent = (_tp: TcpSock, _seg: TcpSeg): void => {
  throw new Error('being written')
}

/** Notes that the program, not the network limits the rate (tcp_rate_check_app_limited). */
export const tcpRateCheckAppLimited = (_tp: TcpSock): void => {
  throw new Error('being written')
}
