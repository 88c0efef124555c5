/**
 * CUBIC: the window follows a cubic function of the time since the last reduction, which is flat around the window at which
 * the loss was; HyStart ends slow start before there is a loss.
 *
 * @see net/ipv4/tcp_cubic.c; RFC 9438; S. Ha, I. Rhee: Taming the Elephants: New TCP Slow Start (2008)
 */
import { HZ } from '../../sim/timer.js'
import { netnsTcp } from './netns-tcp.js'
import type { AckSample, TcpCaEvent, TcpCongestionOps } from './tcp-cong.js'
import { tcpCongAvoidAi, tcpIsCwndLimited, tcpSlowStart } from './tcp-cong-avoid.js'
import { tcpRenoUndoCwnd } from './tcp-reno.js'
import { usToJiffies } from './tcp-rto.js'
import { after } from './tcp-seq.js'
import { TCP_CA_LOSS } from './tcp-states.js'
import type { TcpSock } from './tcp-sock.js'
import { tcpJiffies, tcpMstampUs } from './tcp-time.js'

/** Scale of {@link BETA}, and the reduction after a loss: 717/1024, about 0.7. */
const BETA_SCALE = 1024
const BETA = 717
/** Time in the function is in 1/1024 seconds. */
const BICTCP_HZ = 10
/** C = 0.4, scaled by 1024 and by 10 for a round trip of 100 ms. */
const CUBE_RTT_SCALE: number = 41 * 10
/** K is the cube root of this times the packets below the maximum. */
const CUBE_FACTOR: number = Math.floor(2 ** (10 + 3 * BICTCP_HZ) / CUBE_RTT_SCALE)
/** Packets to acknowledge for one of Reno's: 8 * (1 + beta) / (3 * (1 - beta)), as integers. */
const BETA_FACTOR: number = Math.floor(Math.floor((8 * (BETA_SCALE + BETA)) / 3) / (BETA_SCALE - BETA))

const HYSTART_LOW_WINDOW = 16
const HYSTART_ACK_DELTA_US = 2000
const HYSTART_MIN_SAMPLES = 8
const HYSTART_DELAY_MIN_US = 4000
const HYSTART_DELAY_MAX_US = 16000
const USEC_PER_MSEC = 1000
const U32_MAX = 0xffffffff

/** State of a connection (struct bictcp). Windows in packets, times in ticks where they do not say microseconds. */
export class Bictcp {
  cnt = 0
  lastMaxCwnd = 0
  lastCwnd = 0
  lastTime = 0
  originPoint = 0
  /** K in 1/1024 seconds. */
  k = 0
  delayMinUs = 0
  epochStart = 0
  ackCnt = 0
  tcpCwnd = 0
  sampleCnt = 0
  found = false
  roundStartUs = 0
  endSeq = 0
  lastAckUs = 0
  currRttUs = 0

  reset(): void {
    this.cnt = 0
    this.lastMaxCwnd = 0
    this.lastCwnd = 0
    this.lastTime = 0
    this.originPoint = 0
    this.k = 0
    this.delayMinUs = 0
    this.epochStart = 0
    this.ackCnt = 0
    this.tcpCwnd = 0
    this.found = false
  }
}

const priv = (tp: TcpSock): Bictcp => tp.caPriv as Bictcp

/** A round of HyStart begins. */
const hystartReset = (tp: TcpSock, ca: Bictcp): void => {
  ca.roundStartUs = ca.lastAckUs = tcpMstampUs(tp)
  ca.endSeq = tp.sndNxt
  ca.currRttUs = U32_MAX
  ca.sampleCnt = 0
}

const init = (tp: TcpSock): void => {
  const ca = new Bictcp()
  tp.caPriv = ca
  hystartReset(tp, ca)
}

/** A pause of the program does not count as time since the reduction. */
const cwndEvent = (tp: TcpSock, event: TcpCaEvent): void => {
  if (event !== 'tx-start') return
  const ca = priv(tp)
  const now = tcpJiffies(tp.netns)
  const delta = now - tp.lsndtimeJiffies
  if (ca.epochStart !== 0 && delta > 0) ca.epochStart = Math.min(ca.epochStart + delta, now)
}

/** First guesses of cube roots by the six highest bits, times 64. */
const ROOTS: Uint8Array = Uint8Array.of(
  0,
  54,
  54,
  54,
  118,
  118,
  118,
  118,
  123,
  129,
  134,
  138,
  143,
  147,
  151,
  156,
  157,
  161,
  164,
  168,
  170,
  173,
  176,
  179,
  181,
  185,
  187,
  190,
  192,
  194,
  197,
  199,
  200,
  202,
  204,
  206,
  209,
  211,
  213,
  215,
  217,
  219,
  221,
  222,
  224,
  225,
  227,
  229,
  231,
  232,
  234,
  236,
  237,
  239,
  240,
  242,
  244,
  245,
  246,
  248,
  250,
  251,
  252,
  254,
)

const bitLength = (a: number): number => (a < 2 ** 32 ? 32 - Math.clz32(a) : 64 - Math.clz32(Math.floor(a / 2 ** 32)))

/** Cube root of an integer as the kernel approximates it: a guess by table and one step of Newton's method (cubic_root). */
export const cubicRoot = (a: number): number => {
  const bits = bitLength(a)
  if (bits < 7) return (ROOTS[a]! + 35) >> 6
  const b = ((bits * 84) >> 8) - 1
  const x = ((ROOTS[Math.floor(a / 2 ** (b * 3))]! + 10) << b) >> 6
  return Math.floor(((2 * x + Math.floor(a / (x * (x - 1)))) * 341) / 1024)
}

/** A new epoch begins with the first acknowledgement after a reduction. */
const startEpoch = (ca: Bictcp, cwnd: number, acked: number, now: number): void => {
  ca.epochStart = now
  ca.ackCnt = acked
  ca.tcpCwnd = cwnd
  if (ca.lastMaxCwnd <= cwnd) {
    ca.k = 0
    ca.originPoint = cwnd
  } else {
    ca.k = cubicRoot(CUBE_FACTOR * (ca.lastMaxCwnd - cwnd))
    ca.originPoint = ca.lastMaxCwnd
  }
}

/** The window that the cubic function names for a round trip from now. */
const cubicTarget = (ca: Bictcp, now: number): number => {
  const t = Math.floor(((now - ca.epochStart + usToJiffies(ca.delayMinUs)) * 2 ** BICTCP_HZ) / HZ)
  const offs = Math.abs(t - ca.k)
  const delta = Math.floor((CUBE_RTT_SCALE * offs * offs * offs) / 2 ** (10 + 3 * BICTCP_HZ))
  return t < ca.k ? ca.originPoint - delta : ca.originPoint + delta
}

/** Never slower than Reno would be with the same reductions. */
const tcpFriendliness = (ca: Bictcp, cwnd: number): void => {
  const delta = (cwnd * BETA_FACTOR) >>> 3
  while (ca.ackCnt > delta) {
    ca.ackCnt -= delta
    ca.tcpCwnd++
  }
  if (ca.tcpCwnd > cwnd) ca.cnt = Math.min(ca.cnt, Math.floor(cwnd / (ca.tcpCwnd - cwnd)))
}

/** Works out after how many acknowledged packets the window grows by one (bictcp_update). */
const update = (ca: Bictcp, cwnd: number, acked: number, now: number): void => {
  ca.ackCnt += acked
  if (ca.lastCwnd === cwnd && now - ca.lastTime <= HZ >> 5) return
  if (ca.epochStart === 0 || now !== ca.lastTime) {
    ca.lastCwnd = cwnd
    ca.lastTime = now
    if (ca.epochStart === 0) startEpoch(ca, cwnd, acked, now)
    const target = cubicTarget(ca, now)
    ca.cnt = target > cwnd ? Math.floor(cwnd / (target - cwnd)) : 100 * cwnd
    // While nothing is known of the path: 5 % each round trip at least.
    if (ca.lastMaxCwnd === 0 && ca.cnt > 20) ca.cnt = 20
  }
  tcpFriendliness(ca, cwnd)
  ca.cnt = Math.max(ca.cnt, 2)
}

const congAvoid = (tp: TcpSock, _ack: number, acked: number): void => {
  if (!tcpIsCwndLimited(tp)) return
  const left = tp.inSlowStart ? tcpSlowStart(tp, acked) : acked
  if (left === 0) return
  const ca = priv(tp)
  update(ca, tp.sndCwnd, left, tcpJiffies(tp.netns))
  tcpCongAvoidAi(tp, ca.cnt, left)
}

/** Reduces to 0.7; a maximum below the last one makes room for others (fast convergence). */
const ssthresh = (tp: TcpSock): number => {
  const cwnd = tp.sndCwnd
  // A SYN that was lost is before the beginning.
  if (tp.caPriv !== null) {
    const ca = priv(tp)
    ca.epochStart = 0
    ca.lastMaxCwnd = cwnd < ca.lastMaxCwnd ? Math.floor((cwnd * (BETA_SCALE + BETA)) / (2 * BETA_SCALE)) : cwnd
  }
  return Math.max(Math.floor((cwnd * BETA) / BETA_SCALE), 2)
}

const setState = (tp: TcpSock, state: number): void => {
  if (state !== TCP_CA_LOSS) return
  const ca = priv(tp)
  ca.reset()
  hystartReset(tp, ca)
}

/** Microseconds by which acknowledgements may be late because segments travel in bunches (hystart_ack_delay). */
const ackDelayUs = (tp: TcpSock): number =>
  tp.pacingRate === 0 ? 0 : Math.min(USEC_PER_MSEC, Math.floor((tp.gsoMaxSize * 4 * 1_000_000) / tp.pacingRate))

/** Slow start ends here. */
const foundByTrain = (tp: TcpSock, ca: Bictcp): void => {
  const { mib } = netnsTcp(tp.netns)
  ca.found = true
  mib.TCPHystartTrainDetect++
  mib.TCPHystartTrainCwnd += tp.sndCwnd
  tp.sndSsthresh = tp.sndCwnd
}

const foundByDelay = (tp: TcpSock, ca: Bictcp): void => {
  const { mib } = netnsTcp(tp.netns)
  ca.found = true
  mib.TCPHystartDelayDetect++
  mib.TCPHystartDelayCwnd += tp.sndCwnd
  tp.sndSsthresh = tp.sndCwnd
}

/** A train of acknowledgements that is as long as the path (half of it, without pacing). */
const ackTrain = (tp: TcpSock, ca: Bictcp): void => {
  const now = tcpMstampUs(tp)
  if (now - ca.lastAckUs > HYSTART_ACK_DELTA_US) return
  ca.lastAckUs = now
  let threshold = ca.delayMinUs + ackDelayUs(tp)
  if (!tp.pacingNeeded) threshold = Math.floor(threshold / 2)
  if (now - ca.roundStartUs > threshold) foundByTrain(tp, ca)
}

/** Round trips that become longer, because queues fill. */
const delayIncrease = (tp: TcpSock, ca: Bictcp, delayUs: number): void => {
  if (ca.currRttUs > delayUs) ca.currRttUs = delayUs
  if (ca.sampleCnt < HYSTART_MIN_SAMPLES) {
    ca.sampleCnt++
    return
  }
  const margin = Math.min(Math.max(Math.floor(ca.delayMinUs / 8), HYSTART_DELAY_MIN_US), HYSTART_DELAY_MAX_US)
  if (ca.currRttUs > ca.delayMinUs + margin) foundByDelay(tp, ca)
}

const hystartUpdate = (tp: TcpSock, ca: Bictcp, delayUs: number): void => {
  if (after(tp.sndUna, ca.endSeq)) hystartReset(tp, ca)
  if (tp.sndCwnd < HYSTART_LOW_WINDOW) return
  ackTrain(tp, ca)
  delayIncrease(tp, ca, delayUs)
}

const pktsAcked = (tp: TcpSock, sample: AckSample): void => {
  if (sample.rttUs < 0) return
  const ca = priv(tp)
  // Right after a fast recovery delays say nothing.
  if (ca.epochStart !== 0 && tcpJiffies(tp.netns) - ca.epochStart < HZ) return
  const delay = Math.max(sample.rttUs, 1)
  if (ca.delayMinUs === 0 || ca.delayMinUs > delay) ca.delayMinUs = delay
  if (!ca.found && tp.inSlowStart) hystartUpdate(tp, ca, delay)
}

/** CUBIC, the default. */
export const tcpCubic: TcpCongestionOps = Object.freeze({
  name: 'cubic',
  init,
  ssthresh,
  congAvoid,
  setState,
  undoCwnd: tcpRenoUndoCwnd,
  cwndEvent,
  pktsAcked,
})
