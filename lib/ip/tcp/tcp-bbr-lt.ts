/**
 * BBR and policers: a path that drops much and lets the same rate through again and again has one, and is sent to at this rate.
 *
 * @see net/ipv4/tcp_bbr.c bbr_lt_bw_sampling
 */
import { BBR_PROBE_BW, BBR_UNIT, type Bbr, bbrRateBytesPerSec, bbrResetProbeBwMode, BW_UNIT } from './tcp-bbr-state.js'
import type { TcpSock } from './tcp-sock.js'

/** Fewest rounds of an interval. */
const INTVL_MIN_RTTS = 4
/** Loss of an interval from which on there may be a policer, of 256. */
const LOSS_THRESH = 50
/** Bandwidths are alike when they differ by an eighth at most, or by 4 kbit/s in octets per second. */
const BW_RATIO: number = BBR_UNIT / 8
const BW_DIFF: number = 4000 / 8
/** Rounds for which the rate of the policer is used. */
const BW_MAX_RTTS = 48
const USEC_PER_MSEC = 1000
const MOST_MS: number = Math.floor(0xffffffff / USEC_PER_MSEC)

const stampMs = (tp: TcpSock): number => Math.floor(tp.deliveredMstamp / USEC_PER_MSEC)

/** A new interval (bbr_reset_lt_bw_sampling_interval). */
const resetInterval = (tp: TcpSock, bbr: Bbr): void => {
  bbr.ltLastStampMs = stampMs(tp)
  bbr.ltLastDelivered = tp.delivered
  bbr.ltLastLost = tp.lost
  bbr.ltRttCnt = 0
}

/** Forgets the policer (bbr_reset_lt_bw_sampling). */
export const bbrResetLtBwSampling = (tp: TcpSock, bbr: Bbr): void => {
  bbr.ltBw = 0
  bbr.ltUseBw = false
  bbr.ltIsSampling = false
  resetInterval(tp, bbr)
}

/** An interval is over with this bandwidth: two alike make a policer (bbr_lt_bw_interval_done). */
const intervalDone = (tp: TcpSock, bbr: Bbr, bw: number): void => {
  const diff = Math.abs(bw - bbr.ltBw)
  const isAlike = diff * BBR_UNIT <= BW_RATIO * bbr.ltBw || bbrRateBytesPerSec(tp, diff, BBR_UNIT) <= BW_DIFF
  if (bbr.ltBw !== 0 && isAlike) {
    bbr.ltBw = Math.floor((bw + bbr.ltBw) / 2)
    bbr.ltUseBw = true
    bbr.pacingGain = BBR_UNIT
    bbr.ltRttCnt = 0
    return
  }
  bbr.ltBw = bw
  resetInterval(tp, bbr)
}

/** The policer's rate is used for some rounds, then the path is probed again. */
const useForAWhile = (tp: TcpSock, bbr: Bbr): void => {
  if (bbr.mode !== BBR_PROBE_BW || !bbr.roundStart || ++bbr.ltRttCnt < BW_MAX_RTTS) return
  bbrResetLtBwSampling(tp, bbr)
  bbrResetProbeBwMode(tp, bbr)
}

/** Bandwidth of the interval that a loss ends, where enough was lost in it. */
const endInterval = (tp: TcpSock, bbr: Bbr): void => {
  const lost = tp.lost - bbr.ltLastLost
  const delivered = tp.delivered - bbr.ltLastDelivered
  if (delivered === 0 || lost * BBR_UNIT < LOSS_THRESH * delivered) return
  const ms = stampMs(tp) - bbr.ltLastStampMs
  if (ms < 1) return
  if (ms >= MOST_MS) bbrResetLtBwSampling(tp, bbr)
  else intervalDone(tp, bbr, Math.floor((delivered * BW_UNIT) / (ms * USEC_PER_MSEC)))
}

/** Takes an acknowledgement into account that told of `losses` (bbr_lt_bw_sampling). */
export const bbrLtBwSampling = (tp: TcpSock, bbr: Bbr, losses: number, isAppLimited: boolean): void => {
  if (bbr.ltUseBw) {
    useForAWhile(tp, bbr)
    return
  }
  if (!bbr.ltIsSampling) {
    // Only the first loss shows that the policer has no tokens left.
    if (losses === 0) return
    resetInterval(tp, bbr)
    bbr.ltIsSampling = true
  }
  if (isAppLimited) {
    bbrResetLtBwSampling(tp, bbr)
    return
  }
  if (bbr.roundStart) bbr.ltRttCnt++
  if (bbr.ltRttCnt < INTVL_MIN_RTTS) return
  if (bbr.ltRttCnt > 4 * INTVL_MIN_RTTS) bbrResetLtBwSampling(tp, bbr)
  else if (losses !== 0) endInterval(tp, bbr)
}
