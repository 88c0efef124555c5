/**
 * BBR's state of a connection, and what follows from its model of the path: bandwidth, the packets that fill the path, the
 * rate at which to send.
 *
 * @see net/ipv4/tcp_bbr.c struct bbr, bbr_bdp, bbr_inflight, bbr_bw_to_pacing_rate
 */
import type { TcpSock } from './tcp-sock.js'
import { TCP_CA_OPEN } from './tcp-states.js'
import { tcpMstampUs } from './tcp-time.js'
import type { Minmax } from './win-minmax.js'

/** Bandwidths are packets per microsecond times this (BW_UNIT, BW_SCALE). */
export const BW_UNIT: number = 2 ** 24
/** Gains are times this (BBR_UNIT, BBR_SCALE). */
export const BBR_UNIT = 256

/** The four modes: find the bandwidth, drain the queue that this made, probe bandwidth, probe the round-trip time. */
export const BBR_STARTUP = 0
export const BBR_DRAIN = 1
export const BBR_PROBE_BW = 2
export const BBR_PROBE_RTT = 3

/** 2/ln 2: the least gain with which the rate doubles each round trip; and its inverse. */
export const BBR_HIGH_GAIN: number = Math.floor((BBR_UNIT * 2885) / 1000) + 1
export const BBR_DRAIN_GAIN: number = Math.floor((BBR_UNIT * 1000) / 2885)
/** Two windows, because acknowledgements come late and in bunches. */
export const BBR_CWND_GAIN: number = BBR_UNIT * 2
/** The cycle of probing for bandwidth: more, the same less, then as estimated. */
export const BBR_PACING_GAIN: readonly number[] = Object.freeze([
  (BBR_UNIT * 5) / 4,
  (BBR_UNIT * 3) / 4,
  ...new Array<number>(6).fill(BBR_UNIT),
])
/** Fewest packets in flight: one that acknowledges every second needs four. */
export const BBR_CWND_MIN_TARGET = 4

const USEC_PER_SEC = 1_000_000
const TCP_INIT_CWND = 10
/** Sends one per cent slower than estimated, so that queues become shorter. */
const PACED_PARTS: number = (USEC_PER_SEC / 100) * 99
/** Below this rate in octets per second one segment is sent at a time. */
const MIN_TSO_RATE: number = 1_200_000 >> 3
/** GSO_LEGACY_MAX_SIZE - 1 - MAX_TCP_HEADER, and the most segments of a goal. */
const MOST_TSO_OCTETS: number = 65536 - 1 - 192
const MOST_TSO_SEGS = 0x7f
/** What acknowledgements in bunches may add to the window: 100 ms of bandwidth. */
const EXTRA_ACKED_MAX_US = 100_000
const U32_MAX = 0xffffffff

/** State of a connection (struct bbr). Times in microseconds, ticks (`Jiffies`) or milliseconds (`Ms`). */
export class Bbr {
  /** Largest rate of delivery of the last ten rounds; its times are rounds. */
  readonly bw: Minmax = { t: [0, 0, 0], v: [0, 0, 0] }
  minRttUs: number = U32_MAX
  minRttStampJiffies = 0
  /** When the probe of the round-trip time may end, 0 for not yet known. */
  probeRttDoneStampJiffies = 0
  probeRttRoundDone = false
  rttCnt = 0
  /** `tp.delivered` at which the present round ends. */
  nextRttDelivered = 0
  roundStart = false
  mode: number = BBR_STARTUP
  prevCaState: number = TCP_CA_OPEN
  /** In the first round of a recovery one packet is sent for each that arrives. */
  packetConservation = false
  cycleMstamp = 0
  cycleIdx = 0
  pacingGain = 0
  cwndGain = 0
  fullBw = 0
  fullBwCnt = 0
  fullBwReached = false
  idleRestart = false
  hasSeenRtt = false
  priorCwnd = 0
  // A policer on the path: bandwidth over intervals of several rounds with much loss (lt_bw).
  ltIsSampling = false
  ltUseBw = false
  ltRttCnt = 0
  ltBw = 0
  ltLastDelivered = 0
  ltLastStampMs = 0
  ltLastLost = 0
  // Acknowledgements in bunches: how many more came than the bandwidth explains, in two windows of five rounds.
  ackEpochMstamp = 0
  ackEpochAcked = 0
  readonly extraAcked: [number, number] = [0, 0]
  extraAckedWinRtts = 0
  extraAckedWinIdx: 0 | 1 = 0
}

/** BBR's state of a connection. */
export const bbrOf = (tp: TcpSock): Bbr => tp.caPriv as Bbr

/** Largest bandwidth of the last rounds (bbr_max_bw). */
export const bbrMaxBw = (bbr: Bbr): number => bbr.bw.v[0]

/** Bandwidth to send with: the largest, or that of the policer (bbr_bw). */
export const bbrBw = (bbr: Bbr): number => (bbr.ltUseBw ? bbr.ltBw : bbr.bw.v[0])

/** floor(a * b / 2^24) of integers whose product has more than 53 bits. */
const mulBw = (a: number, b: number): number => {
  const high = Math.floor(a / BW_UNIT)
  return high * b + Math.floor(((a - high * BW_UNIT) * b) / BW_UNIT)
}

/** A bandwidth times a gain in octets per second, less the margin (bbr_rate_bytes_per_sec). */
export const bbrRateBytesPerSec = (tp: TcpSock, bw: number, gain: number): number =>
  mulBw(Math.floor((bw * tp.mssCache * gain) / BBR_UNIT), PACED_PARTS)

/** The same as a rate of pacing (bbr_bw_to_pacing_rate). */
const bwToPacingRate = (tp: TcpSock, bw: number, gain: number): number =>
  Math.min(bbrRateBytesPerSec(tp, bw, gain), tp.maxPacingRate)

/** First rate of pacing: the initial window in a round trip, times the high gain (bbr_init_pacing_rate_from_rtt). */
export const bbrInitPacingRateFromRtt = (tp: TcpSock, bbr: Bbr): void => {
  let rttUs = 1000
  if (tp.srttUs !== 0) {
    rttUs = Math.max(tp.srttUs >>> 3, 1)
    bbr.hasSeenRtt = true
  }
  tp.pacingRate = bwToPacingRate(tp, Math.floor((tp.sndCwnd * BW_UNIT) / rttUs), BBR_HIGH_GAIN)
}

/** Sends with a bandwidth and a gain; never slower before the path is full (bbr_set_pacing_rate). */
export const bbrSetPacingRate = (tp: TcpSock, bbr: Bbr, bw: number, gain: number): void => {
  const rate = bwToPacingRate(tp, bw, gain)
  if (!bbr.hasSeenRtt && tp.srttUs !== 0) bbrInitPacingRateFromRtt(tp, bbr)
  if (bbr.fullBwReached || rate > tp.pacingRate) tp.pacingRate = rate
}

/** Fewest segments of a packet (bbr_min_tso_segs). */
export const bbrMinTsoSegs = (tp: TcpSock): number => (tp.pacingRate < MIN_TSO_RATE ? 1 : 2)

/** Segments of a packet at this rate (bbr_tso_segs_goal). */
const tsoSegsGoal = (tp: TcpSock): number => {
  const octets = Math.min(Math.floor(tp.pacingRate / 2 ** tp.pacingShift), MOST_TSO_OCTETS)
  return Math.min(Math.max(Math.floor(octets / tp.mssCache), bbrMinTsoSegs(tp)), MOST_TSO_SEGS)
}

/** Packets that fill the path at a bandwidth, times a gain (bbr_bdp). */
export const bbrBdp = (bbr: Bbr, bw: number, gain: number): number => {
  if (bbr.minRttUs === U32_MAX) return TCP_INIT_CWND
  return Math.floor((Math.floor((bw * bbr.minRttUs * gain) / BBR_UNIT) + BW_UNIT - 1) / BW_UNIT)
}

/** Room for packets that wait whole in either machine, an even number (bbr_quantization_budget). */
export const bbrQuantizationBudget = (tp: TcpSock, bbr: Bbr, cwnd: number): number => {
  const even = 2 * Math.ceil((cwnd + 3 * tsoSegsGoal(tp)) / 2)
  return bbr.mode === BBR_PROBE_BW && bbr.cycleIdx === 0 ? even + 2 : even
}

/** Packets in flight that a bandwidth and a gain want (bbr_inflight). */
export const bbrInflight = (tp: TcpSock, bbr: Bbr, bw: number, gain: number): number =>
  bbrQuantizationBudget(tp, bbr, bbrBdp(bbr, bw, gain))

/** Packets in the network when the next one may leave, of `inFlight` now (bbr_packets_in_net_at_edt). */
export const bbrPacketsInNetAtEdt = (tp: TcpSock, bbr: Bbr, inFlight: number): number => {
  const us = Math.floor(Math.max(tp.tcpWstampNs - tp.tcpClockNs, 0) / 1000)
  const delivered = Math.floor((bbrBw(bbr) * us) / BW_UNIT)
  const atEdt = bbr.pacingGain > BBR_UNIT ? inFlight + tsoSegsGoal(tp) : inFlight
  return Math.max(atEdt - delivered, 0)
}

/** What acknowledgements in bunches add to the window (bbr_ack_aggregation_cwnd). */
export const bbrAckAggregationCwnd = (bbr: Bbr): number =>
  bbr.fullBwReached
    ? Math.min(Math.max(bbr.extraAcked[0], bbr.extraAcked[1]), Math.floor((bbrBw(bbr) * EXTRA_ACKED_MAX_US) / BW_UNIT))
    : 0

/** The next phase of the cycle (bbr_advance_cycle_phase). */
export const bbrAdvanceCyclePhase = (tp: TcpSock, bbr: Bbr): void => {
  bbr.cycleIdx = (bbr.cycleIdx + 1) % BBR_PACING_GAIN.length
  bbr.cycleMstamp = tp.deliveredMstamp
}

/** Phases at which the cycle may begin: any but that of draining. */
const CYCLE_RAND = 7

/** Probes for bandwidth, from a phase by chance (bbr_reset_probe_bw_mode). */
export const bbrResetProbeBwMode = (tp: TcpSock, bbr: Bbr): void => {
  bbr.mode = BBR_PROBE_BW
  bbr.cycleIdx = BBR_PACING_GAIN.length - 1 - tp.netns.rng.below(CYCLE_RAND)
  bbrAdvanceCyclePhase(tp, bbr)
}

/** Back to what it did before the probe of the round-trip time (bbr_reset_mode). */
export const bbrResetMode = (tp: TcpSock, bbr: Bbr): void => {
  if (bbr.fullBwReached) bbrResetProbeBwMode(tp, bbr)
  else bbr.mode = BBR_STARTUP
}

/** A new period in which bunches of acknowledgements are counted. */
export const bbrStartAckEpoch = (tp: TcpSock, bbr: Bbr): void => {
  bbr.ackEpochMstamp = tcpMstampUs(tp)
  bbr.ackEpochAcked = 0
}
