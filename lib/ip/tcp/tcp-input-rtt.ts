/**
 * Round-trip times, the retransmission timeout and the pacing rate.
 *
 * @see net/ipv4/tcp_input.c tcp_rtt_estimator, tcp_ack_update_rtt, tcp_rearm_rto; RFC 6298
 */
import { tcpTimeStampMs } from './tcp-time.js'
import type { Dst } from '../../core/dst.js'
import { HZ } from '../../sim/timer.js'
import { dstMetrics } from '../dst-metrics.js'
import { tcpSysctls } from './netns-tcp.js'
import { FLAG_ACK_MAYBE_DELAYED, FLAG_ACKED, FLAG_SYN_ACKED } from './tcp-ack-sample.js'
import { jiffiesToUs, tcpRtoDeltaUs, tcpRtoMinUs, usToJiffies } from './tcp-rto.js'
import { after } from './tcp-seq.js'
import type { TcpSock } from './tcp-sock.js'
import { tcpClockUs, tcpJiffies, usDelta } from './tcp-time.js'
import {
  ICSK_TIME_LOSS_PROBE,
  ICSK_TIME_REO_TIMEOUT,
  ICSK_TIME_RETRANS,
  inetCskClearXmitTimer,
  tcpResetXmitTimer,
} from './tcp-timer.js'
import { minmaxRunningMin } from './win-minmax.js'

const TCP_INIT_CWND = 10
const USEC_PER_SEC = 1_000_000

/** Deviation from the mean; a round trip that is much shorter lowers it slowly only. */
const updateMdev = (tp: TcpSock, error: number): void => {
  let m = Math.abs(error) - Math.floor(tp.mdevUs / 4)
  if (error < 0 && m > 0) m = Math.floor(m / 8)
  tp.mdevUs += m
  if (tp.mdevUs <= tp.mdevMaxUs) return
  tp.mdevMaxUs = tp.mdevUs
  if (tp.mdevMaxUs > tp.rttvarUs) tp.rttvarUs = tp.mdevMaxUs
}

/** Takes over a sample in microseconds (tcp_rtt_estimator). */
export const tcpRttEstimator = (tp: TcpSock, mrttUs: number): void => {
  if (tp.srttUs === 0) {
    tp.srttUs = Math.max(1, mrttUs * 8)
    tp.mdevUs = mrttUs * 2
    tp.rttvarUs = Math.max(tp.mdevUs, tcpRtoMinUs(tp))
    tp.mdevMaxUs = tp.rttvarUs
    tp.rttSeq = tp.sndNxt
    return
  }
  const error = mrttUs - Math.floor(tp.srttUs / 8)
  tp.srttUs = Math.max(1, tp.srttUs + error)
  updateMdev(tp, error)
  if (!after(tp.sndUna, tp.rttSeq)) return
  if (tp.mdevMaxUs < tp.rttvarUs) tp.rttvarUs -= Math.floor((tp.rttvarUs - tp.mdevMaxUs) / 4)
  tp.rttSeq = tp.sndNxt
  tp.mdevMaxUs = tcpRtoMinUs(tp)
}

/** RTO from the estimates, within its bounds (tcp_set_rto). */
export const tcpSetRto = (tp: TcpSock): void => {
  tp.rtoJiffies = Math.min(usToJiffies(Math.floor(tp.srttUs / 8) + tp.rttvarUs), tp.rtoMaxJiffies)
}

/** Rate of pacing from window and RTT, in octets a second (tcp_update_pacing_rate). */
export const tcpUpdatePacingRate = (tp: TcpSock): void => {
  const { pacingSsRatio, pacingCaRatio } = tcpSysctls(tp.netns)
  const ratio = tp.sndCwnd < Math.floor(tp.sndSsthresh / 2) ? pacingSsRatio : pacingCaRatio
  let rate = tp.mssCache * ((USEC_PER_SEC / 100) * 8) * ratio * Math.max(tp.sndCwnd, tp.packetsOut)
  if (tp.srttUs !== 0) rate = Math.floor(rate / tp.srttUs)
  tp.pacingRate = Math.min(rate, tp.maxPacingRate)
}

/** First congestion window in packets (tcp_init_cwnd). */
export const tcpInitCwnd = (tp: TcpSock, dst: Dst | null): number => {
  const cwnd = dst === null ? 0 : (dstMetrics(dst).initcwnd ?? 0)
  return Math.min(cwnd !== 0 ? cwnd : TCP_INIT_CWND, tp.sndCwndClamp)
}

/** Minimal RTT of the last minutes in microseconds (tcp_min_rtt). */
export const tcpMinRtt = (tp: TcpSock): number => tp.rttMin.v[0]

const updateRttMin = (tp: TcpSock, rttUs: number, flag: number): void => {
  // An acknowledgement that the peer has delayed must not pass for the time of the path.
  if (flag & FLAG_ACK_MAYBE_DELAYED && rttUs > tcpMinRtt(tp)) return
  const win = tcpSysctls(tp.netns).minRttWlenSec * HZ
  minmaxRunningMin(tp.rttMin, win, tcpJiffies(tp.netns), rttUs || jiffiesToUs(1))
}

/**
 * Takes over what an acknowledgement says of the RTT: microseconds of the first segment that it acknowledged, of SACKs, and
 * of the last segment, each -1 for unknown; true when there was a sample (tcp_ack_update_rtt).
 */
export const tcpAckUpdateRtt = (
  tp: TcpSock,
  flag: number,
  seqRttUs: number,
  sackRttUs: number,
  caRttUs: number,
): boolean => {
  let seqRtt = seqRttUs < 0 ? sackRttUs : seqRttUs
  let caRtt = caRttUs
  const { sawTstamp, rcvTsecr } = tp.rxOpt
  if (seqRtt < 0 && sawTstamp && rcvTsecr !== 0 && flag & FLAG_ACKED) seqRtt = caRtt = tcpRttTsoptUs(tp, 1)
  tp.rate.rttUs = caRtt
  if (seqRtt < 0) return false
  updateRttMin(tp, caRtt, flag)
  tcpRttEstimator(tp, seqRtt)
  tcpSetRto(tp)
  tp.backoff = 0
  return true
}

/** The peer has answered the SYN,ACK that was first sent at `synackNs`, which counts unless it was sent again (tcp_synack_rtt_meas). */
export const tcpSynackRttMeas = (tp: TcpSock, synackNs: number, isRetrans: boolean): void => {
  const rtt = isRetrans ? -1 : usDelta(tcpClockUs(tp.netns), Math.floor(synackNs / 1000))
  tcpAckUpdateRtt(tp, FLAG_SYN_ACKED, rtt, -1, rtt)
}

/** Sets the retransmission timer anew after an acknowledgement (tcp_rearm_rto). */
export const tcpRearmRto = (tp: TcpSock): void => {
  if (tp.packetsOut === 0) {
    inetCskClearXmitTimer(tp, ICSK_TIME_RETRANS)
    return
  }
  let rto = tp.rtoJiffies
  if (tp.icskPending === ICSK_TIME_REO_TIMEOUT || tp.icskPending === ICSK_TIME_LOSS_PROBE)
    rto = usToJiffies(Math.max(tcpRtoDeltaUs(tp), 1))
  tcpResetXmitTimer(tp, ICSK_TIME_RETRANS, rto, true)
}

const US_PER_MS = 1000
/** Milliseconds beyond which an echoed timestamp makes no sense as a round-trip time. */
const MAX_TS_DELTA_MS = 2147483

/** Round-trip time by the echoed timestamp in microseconds, -1 when it makes no sense (tcp_rtt_tsopt_us). */
export const tcpRttTsoptUs = (tp: TcpSock, minDeltaMs: number): number => {
  const delta = ((tcpTimeStampMs(tp) - tp.rxOpt.rcvTsecr) | 0) >>> 0
  return delta < MAX_TS_DELTA_MS ? (delta || minDeltaMs) * US_PER_MS : -1
}
