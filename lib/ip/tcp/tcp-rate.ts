/**
 * Samples of the rate of delivery: how much the network delivered between the transmission of a segment and its
 * acknowledgement.
 *
 * @see net/ipv4/tcp_rate.c
 */
import { tcpMinRtt } from './tcp-input-rtt.js'
import type { RateSample } from './tcp-ack-sample.js'
import { TCPCB_RETRANS, TCPCB_SACKED_ACKED, type TcpSeg } from './tcp-seg.js'
import { after } from './tcp-seq.js'
import type { TcpSock } from './tcp-sock.js'
import { tcpMstampUs, tcpSegUs, tcpSentAfter, usDelta } from './tcp-time.js'

/** Octets that a nearly empty packet counts as (SKB_TRUESIZE(1)). */
const SMALLEST_TRUESIZE = 832

/** Notes the state of delivery in a segment that is sent (tcp_rate_skb_sent). */
export const tcpRateSkbSent = (tp: TcpSock, seg: TcpSeg): void => {
  if (tp.packetsOut === 0) {
    const us = tcpSegUs(seg)
    tp.firstTxMstamp = us
    tp.deliveredMstamp = us
  }
  seg.txFirstMstamp = tp.firstTxMstamp
  seg.txDeliveredMstamp = tp.deliveredMstamp
  seg.txDelivered = tp.delivered
  seg.txDeliveredCe = tp.deliveredCe
  seg.txIsAppLimited = tp.appLimited !== 0
}

/** A segment was acknowledged in some way: the latest one makes the sample (tcp_rate_skb_delivered). */
export const tcpRateSkbDelivered = (tp: TcpSock, seg: TcpSeg, rs: RateSample): void => {
  if (seg.txDeliveredMstamp < 0) return
  const us = tcpSegUs(seg)
  if (rs.priorDelivered === 0 || tcpSentAfter(us, tp.firstTxMstamp, seg.endSeq, rs.lastEndSeq)) {
    rs.priorDeliveredCe = seg.txDeliveredCe
    rs.priorDelivered = seg.txDelivered
    rs.priorMstampUs = seg.txDeliveredMstamp
    rs.isAppLimited = seg.txIsAppLimited
    rs.isRetrans = (seg.sacked & TCPCB_RETRANS) !== 0
    rs.lastEndSeq = seg.endSeq
    tp.firstTxMstamp = us
    rs.intervalUs = usDelta(us, seg.txFirstMstamp)
  }
  // It counts once: not again when it is acknowledged in order.
  if (seg.sacked & TCPCB_SACKED_ACKED) seg.txDeliveredMstamp = -1
}

/** Finishes the sample of an acknowledgement (tcp_rate_gen). */
export const tcpRateGen = (
  tp: TcpSock,
  delivered: number,
  lost: number,
  isSackReneg: boolean,
  rs: RateSample,
): void => {
  if (tp.appLimited !== 0 && after(tp.delivered, tp.appLimited)) tp.appLimited = 0
  if (delivered !== 0) tp.deliveredMstamp = tcpMstampUs(tp)
  rs.ackedSacked = delivered
  rs.losses = lost
  if (rs.priorMstampUs < 0 || isSackReneg) {
    rs.delivered = -1
    rs.intervalUs = -1
    return
  }
  rs.delivered = tp.delivered - rs.priorDelivered
  rs.deliveredCe = tp.deliveredCe - rs.priorDeliveredCe
  rs.intervalUs = Math.max(rs.intervalUs, usDelta(tcpMstampUs(tp), rs.priorMstampUs))
  if (rs.intervalUs < tcpMinRtt(tp)) {
    rs.intervalUs = -1
    return
  }
  if (!rs.isAppLimited || rs.delivered * tp.rateIntervalUs >= tp.rateDelivered * rs.intervalUs) {
    tp.rateDelivered = rs.delivered
    tp.rateIntervalUs = rs.intervalUs
    tp.rateAppLimited = rs.isAppLimited
  }
}

/** Notes that the program, not the network limits the rate (tcp_rate_check_app_limited). */
export const tcpRateCheckAppLimited = (tp: TcpSock): void => {
  if (
    ((tp.writeSeq - tp.sndNxt) | 0) < tp.mssCache &&
    tp.wmemAlloc < SMALLEST_TRUESIZE &&
    tp.inFlight < tp.sndCwnd &&
    tp.lostOut <= tp.retransOut
  )
    tp.appLimited = tp.delivered + tp.inFlight || 1
}
