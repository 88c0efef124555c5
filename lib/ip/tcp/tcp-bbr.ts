/**
 * BBR: sends at the bandwidth of the path with as much in flight as fills it, both of which it measures, instead of filling
 * queues until something is lost.
 *
 * @see net/ipv4/tcp_bbr.c; N. Cardwell et al.: BBR: Congestion-Based Congestion Control (2016)
 */
import type { RateSample } from './tcp-ack-sample.js'
import { bbrLtBwSampling, bbrResetLtBwSampling } from './tcp-bbr-lt.js'
import { bbrCheckProbeRttDone, bbrSaveCwnd, bbrSetAppLimited, bbrUpdateModel } from './tcp-bbr-model.js'
import {
  BBR_CWND_MIN_TARGET,
  BBR_PROBE_BW,
  BBR_PROBE_RTT,
  BBR_UNIT,
  Bbr,
  bbrAckAggregationCwnd,
  bbrBdp,
  bbrBw,
  bbrInitPacingRateFromRtt,
  bbrMinTsoSegs,
  bbrOf,
  bbrQuantizationBudget,
  bbrSetPacingRate,
  bbrStartAckEpoch,
  BW_UNIT,
} from './tcp-bbr-state.js'
import type { TcpCaEvent, TcpCongestionOps } from './tcp-cong.js'
import type { TcpSock } from './tcp-sock.js'
import { TCP_CA_LOSS, TCP_CA_RECOVERY } from './tcp-states.js'
import { tcpJiffies } from './tcp-time.js'

const TCP_INIT_CWND = 10
const TCP_INFINITE_SSTHRESH = 0x7fffffff
const USEC_PER_SEC = 1_000_000

const init = (tp: TcpSock): void => {
  const bbr = new Bbr()
  tp.caPriv = bbr
  tp.sndSsthresh = TCP_INFINITE_SSTHRESH
  bbr.minRttUs = tp.rttMin.v[0]
  bbr.minRttStampJiffies = tcpJiffies(tp.netns)
  bbrInitPacingRateFromRtt(tp, bbr)
  bbrResetLtBwSampling(tp, bbr)
  bbrStartAckEpoch(tp, bbr)
  tp.pacingNeeded = true
}

/**
 * In the first round of a recovery a packet is sent for each that arrives, afterwards two at most, and at its end the window is
 * given back; true while the former, with the window in `tp.sndCwnd` (bbr_set_cwnd_to_recover_or_restore).
 */
const recoverOrRestore = (tp: TcpSock, bbr: Bbr, rs: RateSample, acked: number): boolean => {
  const prev = bbr.prevCaState
  const state = tp.caState
  let cwnd = rs.losses > 0 ? Math.max(tp.sndCwnd - rs.losses, 1) : tp.sndCwnd
  if (state === TCP_CA_RECOVERY && prev !== TCP_CA_RECOVERY) {
    bbr.packetConservation = true
    bbr.nextRttDelivered = tp.delivered
    cwnd = tp.inFlight + acked
  } else if (prev >= TCP_CA_RECOVERY && state < TCP_CA_RECOVERY) {
    cwnd = Math.max(cwnd, bbr.priorCwnd)
    bbr.packetConservation = false
  }
  bbr.prevCaState = state
  tp.sndCwnd = bbr.packetConservation ? Math.max(cwnd, tp.inFlight + acked) : cwnd
  return bbr.packetConservation
}

/** Grows by what was acknowledged up to what the model wants; shrinks to it only once the path was full. */
const growCwnd = (tp: TcpSock, bbr: Bbr, acked: number, bw: number, gain: number): void => {
  const target = bbrQuantizationBudget(tp, bbr, bbrBdp(bbr, bw, gain) + bbrAckAggregationCwnd(bbr))
  let cwnd = tp.sndCwnd
  if (bbr.fullBwReached) cwnd = Math.min(cwnd + acked, target)
  else if (cwnd < target || tp.delivered < TCP_INIT_CWND) cwnd += acked
  tp.sndCwnd = Math.max(cwnd, BBR_CWND_MIN_TARGET)
}

/** The window after an acknowledgement (bbr_set_cwnd). */
const setCwnd = (tp: TcpSock, bbr: Bbr, rs: RateSample, bw: number, gain: number): void => {
  const acked = rs.ackedSacked
  if (acked !== 0 && !recoverOrRestore(tp, bbr, rs, acked)) growCwnd(tp, bbr, acked, bw, gain)
  tp.sndCwnd = Math.min(tp.sndCwnd, tp.sndCwndClamp)
  if (bbr.mode === BBR_PROBE_RTT) tp.sndCwnd = Math.min(tp.sndCwnd, BBR_CWND_MIN_TARGET)
}

/**
 * What each acknowledgement does (bbr_main). That of the SYN comes before the beginning: to a state of zeros the round-trip time
 * was probed for the last time long ago, and of what the probe does then only that the program limits the rate outlasts
 * the beginning.
 */
const congControl = (tp: TcpSock, rs: RateSample): void => {
  if (tp.caPriv === null) {
    bbrSetAppLimited(tp)
    return
  }
  const bbr = bbrOf(tp)
  bbrUpdateModel(tp, bbr, rs)
  const bw = bbrBw(bbr)
  bbrSetPacingRate(tp, bbr, bw, bbr.pacingGain)
  setCwnd(tp, bbr, rs, bw, bbr.cwndGain)
}

/** After a pause of the program it goes on at the bandwidth, which needs no probe now. */
const cwndEvent = (tp: TcpSock, event: TcpCaEvent): void => {
  if (event !== 'tx-start' || tp.appLimited === 0) return
  const bbr = bbrOf(tp)
  bbr.idleRestart = true
  bbrStartAckEpoch(tp, bbr)
  if (bbr.mode === BBR_PROBE_BW) bbrSetPacingRate(tp, bbr, bbrBw(bbr), BBR_UNIT)
  else if (bbr.mode === BBR_PROBE_RTT) bbrCheckProbeRttDone(tp, bbr)
}

/** The threshold says nothing to BBR; the window is remembered for the end of the recovery. */
const ssthresh = (tp: TcpSock): number => {
  // A SYN that was lost is before the beginning.
  if (tp.caPriv !== null) bbrSaveCwnd(tp, bbrOf(tp))
  return tp.sndSsthresh
}

/** The slow-down was wrong: the path is perhaps not full after all. */
const undoCwnd = (tp: TcpSock): number => {
  const bbr = bbrOf(tp)
  bbr.fullBw = 0
  bbr.fullBwCnt = 0
  bbrResetLtBwSampling(tp, bbr)
  return tp.sndCwnd
}

/** A timeout counts as the end of a round. */
const setState = (tp: TcpSock, state: number): void => {
  if (state !== TCP_CA_LOSS) return
  const bbr = bbrOf(tp)
  bbr.prevCaState = TCP_CA_LOSS
  bbr.fullBw = 0
  bbr.roundStart = true
  bbrLtBwSampling(tp, bbr, 1, false)
}

/** What `ss -i` shows (struct tcp_bbr_info): octets per second, microseconds, gains times 256. */
const info = (tp: TcpSock): Readonly<Record<string, number>> => {
  const bbr = bbrOf(tp)
  const bw = Math.floor((bbrBw(bbr) * tp.mssCache * USEC_PER_SEC) / BW_UNIT)
  return { bw, minRtt: bbr.minRttUs, pacingGain: bbr.pacingGain, cwndGain: bbr.cwndGain }
}

/** BBR, version 1. */
export const tcpBbr: TcpCongestionOps = Object.freeze({
  name: 'bbr',
  nonRestricted: true,
  init,
  congControl,
  // It may go on growing in a recovery.
  sndbufExpand: (): number => 3,
  minTsoSegs: bbrMinTsoSegs,
  ssthresh,
  undoCwnd,
  cwndEvent,
  setState,
  info,
})
