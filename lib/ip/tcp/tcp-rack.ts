/**
 * RACK's clock: when what arrived last was sent.
 *
 * @see net/ipv4/tcp_recovery.c tcp_rack_advance, tcp_rack_skb_timeout
 */
import { tcpMinRtt } from './tcp-input-rtt.js'
import { TCPCB_RETRANS, type TcpSeg } from './tcp-seg.js'
import type { TcpSock } from './tcp-sock.js'
import { tcpMstampUs, tcpSegUs, tcpSentAfter, usDelta } from './tcp-time.js'

/** Microseconds until a segment counts as lost, 0 or less when it does (tcp_rack_skb_timeout). */
export const tcpRackSkbTimeout = (tp: TcpSock, seg: TcpSeg, reoWndUs: number): number =>
  tp.rack.rttUs + reoWndUs - usDelta(tcpMstampUs(tp), tcpSegUs(seg))

/** Something arrived that was sent at `sentUs` (tcp_rack_advance). */
export const tcpRackAdvance = (tp: TcpSock, sacked: number, endSeq: number, sentUs: number): void => {
  const { rack } = tp
  const rtt = usDelta(tcpMstampUs(tp), sentUs)
  // Sent again less than a round trip ago: it was the first one that arrived.
  if (rtt < tcpMinRtt(tp) && sacked & TCPCB_RETRANS) return
  rack.advanced = true
  rack.rttUs = rtt
  if (!tcpSentAfter(sentUs, rack.mstamp, endSeq, rack.endSeq)) return
  rack.mstamp = sentUs
  rack.endSeq = endSeq
}
