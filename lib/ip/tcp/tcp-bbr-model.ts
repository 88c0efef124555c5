/**
 * BBR's model of the path: each acknowledgement brings a sample of bandwidth and round-trip time, and these decide the mode.
 *
 * @see net/ipv4/tcp_bbr.c bbr_update_model
 */
import { HZ } from '../../sim/timer.js'
import type { RateSample } from './tcp-ack-sample.js'
import { bbrLtBwSampling } from './tcp-bbr-lt.js'
import {
  BBR_CWND_GAIN,
  BBR_CWND_MIN_TARGET,
  BBR_DRAIN,
  BBR_DRAIN_GAIN,
  BBR_HIGH_GAIN,
  BBR_PACING_GAIN,
  BBR_PROBE_BW,
  BBR_PROBE_RTT,
  BBR_STARTUP,
  BBR_UNIT,
  type Bbr,
  bbrAdvanceCyclePhase,
  bbrBw,
  bbrInflight,
  bbrMaxBw,
  bbrPacketsInNetAtEdt,
  bbrResetMode,
  bbrResetProbeBwMode,
  BW_UNIT,
} from './tcp-bbr-state.js'
import { msToJiffies } from './tcp-rto.js'
import type { TcpSock } from './tcp-sock.js'
import { TCP_CA_RECOVERY } from './tcp-states.js'
import { tcpJiffies, usDelta } from './tcp-time.js'
import { minmaxRunningMax } from './win-minmax.js'

/** Rounds of the window of bandwidth: a cycle and two. */
const BW_RTTS: number = BBR_PACING_GAIN.length + 2
/** Seconds for which a round-trip time is believed, and how long it is probed then. */
const MIN_RTT_WIN_SEC = 10
const PROBE_RTT_MODE_MS = 200
/** A quarter more bandwidth is growth; after three rounds without the path is full. */
const FULL_BW_THRESH: number = (BBR_UNIT * 5) / 4
const FULL_BW_CNT = 3
const EXTRA_ACKED_WIN_RTTS = 5
const MOST_WIN_RTTS = 0x1f
const ACK_EPOCH_ACKED_RESET_THRESH: number = 2 ** 20
const MOST_EPOCH_ACKED = 0xfffff

/** The sample says nothing. */
const isNoSample = (rs: RateSample): boolean => rs.delivered < 0 || rs.intervalUs <= 0

/** A sample of bandwidth, and whether a round begins (bbr_update_bw). */
const updateBw = (tp: TcpSock, bbr: Bbr, rs: RateSample): void => {
  bbr.roundStart = false
  if (isNoSample(rs)) return
  if (rs.priorDelivered >= bbr.nextRttDelivered) {
    bbr.nextRttDelivered = tp.delivered
    bbr.rttCnt++
    bbr.roundStart = true
    bbr.packetConservation = false
  }
  bbrLtBwSampling(tp, bbr, rs.losses, rs.isAppLimited)
  const bw = Math.floor((rs.delivered * BW_UNIT) / rs.intervalUs)
  // What the program limited counts only where it shows more than is known.
  if (!rs.isAppLimited || bw >= bbrMaxBw(bbr)) minmaxRunningMax(bbr.bw, BW_RTTS, bbr.rttCnt, bw)
}

const nextExtraAckedWindow = (bbr: Bbr): void => {
  bbr.extraAckedWinRtts = Math.min(MOST_WIN_RTTS, bbr.extraAckedWinRtts + 1)
  if (bbr.extraAckedWinRtts < EXTRA_ACKED_WIN_RTTS) return
  bbr.extraAckedWinRtts = 0
  bbr.extraAckedWinIdx = bbr.extraAckedWinIdx === 0 ? 1 : 0
  bbr.extraAcked[bbr.extraAckedWinIdx] = 0
}

/** How many more packets were acknowledged than the bandwidth explains (bbr_update_ack_aggregation). */
const updateAckAggregation = (tp: TcpSock, bbr: Bbr, rs: RateSample): void => {
  if (rs.ackedSacked <= 0 || isNoSample(rs)) return
  if (bbr.roundStart) nextExtraAckedWindow(bbr)
  const epochUs = usDelta(tp.deliveredMstamp, bbr.ackEpochMstamp)
  let expected = Math.floor((bbrBw(bbr) * epochUs) / BW_UNIT)
  if (bbr.ackEpochAcked <= expected || bbr.ackEpochAcked + rs.ackedSacked >= ACK_EPOCH_ACKED_RESET_THRESH) {
    bbr.ackEpochAcked = 0
    bbr.ackEpochMstamp = tp.deliveredMstamp
    expected = 0
  }
  bbr.ackEpochAcked = Math.min(MOST_EPOCH_ACKED, bbr.ackEpochAcked + rs.ackedSacked)
  const extra = Math.min(bbr.ackEpochAcked - expected, tp.sndCwnd)
  if (extra > bbr.extraAcked[bbr.extraAckedWinIdx]) bbr.extraAcked[bbr.extraAckedWinIdx] = extra
}

/** The phase of the cycle has lasted long enough or has done what it is for (bbr_is_next_cycle_phase). */
const isNextCyclePhase = (tp: TcpSock, bbr: Bbr, rs: RateSample): boolean => {
  const isFullLength = usDelta(tp.deliveredMstamp, bbr.cycleMstamp) > bbr.minRttUs
  if (bbr.pacingGain === BBR_UNIT) return isFullLength
  const inFlight = bbrPacketsInNetAtEdt(tp, bbr, rs.priorInFlight)
  const bw = bbrMaxBw(bbr)
  if (bbr.pacingGain > BBR_UNIT)
    return isFullLength && (rs.losses !== 0 || inFlight >= bbrInflight(tp, bbr, bw, bbr.pacingGain))
  return isFullLength || inFlight <= bbrInflight(tp, bbr, bw, BBR_UNIT)
}

/** Rounds in which bandwidth did not grow: the path is full (bbr_check_full_bw_reached). */
const checkFullBwReached = (bbr: Bbr, rs: RateSample): void => {
  if (bbr.fullBwReached || !bbr.roundStart || rs.isAppLimited) return
  if (bbrMaxBw(bbr) >= Math.floor((bbr.fullBw * FULL_BW_THRESH) / BBR_UNIT)) {
    bbr.fullBw = bbrMaxBw(bbr)
    bbr.fullBwCnt = 0
    return
  }
  bbr.fullBwCnt++
  bbr.fullBwReached = bbr.fullBwCnt >= FULL_BW_CNT
}

/** When the path is full its queue is drained, and then bandwidth is probed (bbr_check_drain). */
const checkDrain = (tp: TcpSock, bbr: Bbr): void => {
  if (bbr.mode === BBR_STARTUP && bbr.fullBwReached) {
    bbr.mode = BBR_DRAIN
    tp.sndSsthresh = bbrInflight(tp, bbr, bbrMaxBw(bbr), BBR_UNIT)
  }
  if (bbr.mode !== BBR_DRAIN) return
  if (bbrPacketsInNetAtEdt(tp, bbr, tp.inFlight) <= bbrInflight(tp, bbr, bbrMaxBw(bbr), BBR_UNIT))
    bbrResetProbeBwMode(tp, bbr)
}

/** Remembers a window that is good, which a recovery or the probe of the round-trip time is about to cut (bbr_save_cwnd). */
export const bbrSaveCwnd = (tp: TcpSock, bbr: Bbr): void => {
  const isGood = bbr.prevCaState < TCP_CA_RECOVERY && bbr.mode !== BBR_PROBE_RTT
  bbr.priorCwnd = isGood ? tp.sndCwnd : Math.max(bbr.priorCwnd, tp.sndCwnd)
}

/** Ends the probe of the round-trip time when it has lasted (bbr_check_probe_rtt_done). */
export const bbrCheckProbeRttDone = (tp: TcpSock, bbr: Bbr): void => {
  const now = tcpJiffies(tp.netns)
  if (bbr.probeRttDoneStampJiffies === 0 || now <= bbr.probeRttDoneStampJiffies) return
  bbr.minRttStampJiffies = now
  tp.sndCwnd = Math.max(tp.sndCwnd, bbr.priorCwnd)
  bbrResetMode(tp, bbr)
}

/** Rates of what is in flight now are low because of the probe of the round-trip time. */
export const bbrSetAppLimited = (tp: TcpSock): void => {
  tp.appLimited = tp.delivered + tp.inFlight || 1
}

/** Few packets are kept in flight for a while, and a round at least. */
const probeRtt = (tp: TcpSock, bbr: Bbr): void => {
  bbrSetAppLimited(tp)
  if (bbr.probeRttDoneStampJiffies === 0) {
    if (tp.inFlight > BBR_CWND_MIN_TARGET) return
    bbr.probeRttDoneStampJiffies = tcpJiffies(tp.netns) + msToJiffies(PROBE_RTT_MODE_MS)
    bbr.probeRttRoundDone = false
    bbr.nextRttDelivered = tp.delivered
    return
  }
  if (bbr.roundStart) bbr.probeRttRoundDone = true
  if (bbr.probeRttRoundDone) bbrCheckProbeRttDone(tp, bbr)
}

/** The least round-trip time of ten seconds; when none was seen for so long, it is probed (bbr_update_min_rtt). */
const updateMinRtt = (tp: TcpSock, bbr: Bbr, rs: RateSample): void => {
  const now = tcpJiffies(tp.netns)
  const isExpired = now > bbr.minRttStampJiffies + MIN_RTT_WIN_SEC * HZ
  if (rs.rttUs >= 0 && (rs.rttUs <= bbr.minRttUs || (isExpired && !rs.isAckDelayed))) {
    bbr.minRttUs = rs.rttUs
    bbr.minRttStampJiffies = now
  }
  if (isExpired && !bbr.idleRestart && bbr.mode !== BBR_PROBE_RTT) {
    bbr.mode = BBR_PROBE_RTT
    bbrSaveCwnd(tp, bbr)
    bbr.probeRttDoneStampJiffies = 0
  }
  if (bbr.mode === BBR_PROBE_RTT) probeRtt(tp, bbr)
  if (rs.delivered > 0) bbr.idleRestart = false
}

const setGains = (bbr: Bbr, pacing: number, cwnd: number): void => {
  bbr.pacingGain = pacing
  bbr.cwndGain = cwnd
}

/** Gains of the mode (bbr_update_gains). */
const updateGains = (bbr: Bbr): void => {
  if (bbr.mode === BBR_STARTUP) setGains(bbr, BBR_HIGH_GAIN, BBR_HIGH_GAIN)
  else if (bbr.mode === BBR_DRAIN) setGains(bbr, BBR_DRAIN_GAIN, BBR_HIGH_GAIN)
  else if (bbr.mode === BBR_PROBE_RTT) setGains(bbr, BBR_UNIT, BBR_UNIT)
  else setGains(bbr, bbr.ltUseBw ? BBR_UNIT : BBR_PACING_GAIN[bbr.cycleIdx]!, BBR_CWND_GAIN)
}

/** Takes the sample of an acknowledgement into the model (bbr_update_model). */
export const bbrUpdateModel = (tp: TcpSock, bbr: Bbr, rs: RateSample): void => {
  updateBw(tp, bbr, rs)
  updateAckAggregation(tp, bbr, rs)
  if (bbr.mode === BBR_PROBE_BW && isNextCyclePhase(tp, bbr, rs)) bbrAdvanceCyclePhase(tp, bbr)
  checkFullBwReached(bbr, rs)
  checkDrain(tp, bbr)
  updateMinRtt(tp, bbr, rs)
  updateGains(bbr)
}
