/**
 * Sending what is queued: the write loop.
 *
 * @see net/ipv4/tcp_output.c tcp_write_xmit, tcp_push_one, __tcp_push_pending_frames, tcp_cwnd_restart
 */
import { tcpSysctls } from './netns-tcp.js'
import { TCP_CHRONO_RWND_LIMITED, TCP_CHRONO_SNDBUF_LIMITED, tcpChronoStart, tcpChronoStop } from './tcp-chrono.js'
import { tcpCaEvent, tcpIsCwndLimited } from './tcp-cong.js'
import { tcpCurrentSsthresh, tcpInCwndReduction } from './tcp-input-cwnd.js'
import { tcpInitCwnd } from './tcp-input-rtt.js'
import { tcpTransmitSkb } from './tcp-output.js'
import { tcpSegLen } from './tcp-seg.js'
import { tcpMstampRefresh } from './tcp-time.js'
import { tcpCurrentMss } from './tcp-output-mss.js'
import { tcpMtuProbe } from './tcp-output-mtu-probe.js'
import { tcpEventNewDataSent, tcpGrowSkb, tcpSetSkbTsoSegs, tsoFragment } from './tcp-output-segs.js'
import { tcpScheduleLossProbe } from './tcp-output-tlp.js'
import {
  DEFER_CWND,
  DEFER_NO,
  DEFER_RWND,
  TCP_NAGLE_PUSH,
  tcpCwndTest,
  tcpMinshallUpdate,
  tcpMssSplitPoint,
  tcpNagleTest,
  tcpSndWndTest,
  tcpTsoSegs,
  tcpTsoShouldDefer,
  tcpUrgMode,
} from './tcp-output-tso.js'
import { tcpPacingCheck, tcpSmallQueueCheck } from './tcp-output-limits.js'
import type { TcpSeg } from './tcp-seg.js'
import { before } from './tcp-seq.js'
import type { TcpSock } from './tcp-sock.js'
import { TCP_CA_OPEN, TCP_CLOSE, TCPF_CLOSE_WAIT, TCPF_ESTABLISHED } from './tcp-states.js'
import { tcpJiffies } from './tcp-time.js'
import { tcpCheckProbeTimer } from './tcp-timer.js'

/** Restarts the window after `delta` jiffies of idleness (tcp_cwnd_restart). */
export const tcpCwndRestart = (tp: TcpSock, delta: number): void => {
  let cwnd = tp.sndCwnd
  tcpCaEvent(tp, 'cwnd-restart')
  tp.sndSsthresh = tcpCurrentSsthresh(tp)
  const restart = Math.min(tcpInitCwnd(tp, tp.dstCache), cwnd)
  for (let left = delta - tp.rtoJiffies; left > 0 && cwnd > restart; left -= tp.rtoJiffies) cwnd >>= 1
  tp.sndCwnd = Math.max(cwnd, restart)
  tp.sndCwndStampJiffies = tcpJiffies(tp.netns)
  tp.sndCwndUsed = 0
}

/** The same where the socket has been idle for longer than its RTO (tcp_slow_start_after_idle_check). */
export const tcpSlowStartAfterIdleCheck = (tp: TcpSock): void => {
  if (tcpSysctls(tp.netns).slowStartAfterIdle === 0 || tp.packetsOut !== 0) return
  if (tp.caOps!.congControl !== undefined) return
  const delta = tcpJiffies(tp.netns) - tp.lsndtimeJiffies
  if (delta > tp.rtoJiffies) tcpCwndRestart(tp, delta)
}

/** A window that the program did not fill for an RTO shrinks to what it used (tcp_cwnd_application_limited). */
const cwndApplicationLimited = (tp: TcpSock): void => {
  if (tp.caState === TCP_CA_OPEN && !tp.dead && !tp.nospace) {
    const used = Math.max(tp.sndCwndUsed, tcpInitCwnd(tp, tp.dstCache))
    if (used < tp.sndCwnd) {
      tp.sndSsthresh = tcpCurrentSsthresh(tp)
      tp.sndCwnd = (tp.sndCwnd + used) >> 1
    }
    tp.sndCwndUsed = 0
  }
  tp.sndCwndStampJiffies = tcpJiffies(tp.netns)
}

/** Notes how far the window is used (tcp_cwnd_validate). */
const cwndValidate = (tp: TcpSock, isLimited: boolean): void => {
  if (!before(tp.sndUna, tp.cwndUsageSeq) || isLimited || (!tp.isCwndLimited && tp.packetsOut > tp.maxPacketsOut)) {
    tp.isCwndLimited = isLimited
    tp.maxPacketsOut = tp.packetsOut
    tp.cwndUsageSeq = tp.sndNxt
  }
  const now = tcpJiffies(tp.netns)
  if (tcpIsCwndLimited(tp)) {
    tp.sndCwndUsed = 0
    tp.sndCwndStampJiffies = now
    return
  }
  if (tp.packetsOut > tp.sndCwndUsed) tp.sndCwndUsed = tp.packetsOut
  const isIdle = now - tp.sndCwndStampJiffies >= tp.rtoJiffies && tcpSysctls(tp.netns).slowStartAfterIdle !== 0
  if (isIdle && tp.caOps!.congControl === undefined) cwndApplicationLimited(tp)
  if (tp.writeQueue.head === null && !tp.dead && tp.nospace && (1 << tp.state) & (TCPF_ESTABLISHED | TCPF_CLOSE_WAIT))
    tcpChronoStart(tp, TCP_CHRONO_SNDBUF_LIMITED)
}

/** Answers of {@link trySend}: sent, or why not. */
const SENT = 0
const STOP = 1
const STOP_CWND = 2
const STOP_RWND = 3

/** Sends the first segment of the write queue if all rules let it go. */
const trySend = (tp: TcpSock, seg: TcpSeg, mss: number, nonagle: number, pushOne: number, maxSegs: number): number => {
  if (tcpPacingCheck(tp)) return STOP
  let quota = tcpCwndTest(tp)
  if (quota === 0) {
    // A loss probe goes out in spite of the window.
    if (pushOne !== 2) return STOP
    quota = 1
  }
  quota = Math.min(quota, maxSegs)
  const missing = quota * mss - tcpSegLen(seg)
  if (missing > 0 && seg.next !== null) tcpGrowSkb(tp, seg, missing)
  const segs = tcpSetSkbTsoSegs(seg, mss)
  if (!tcpSndWndTest(tp, seg, mss)) return STOP_RWND
  if (segs === 1) {
    if (!tcpNagleTest(tp, seg, mss, seg.next === null ? nonagle : TCP_NAGLE_PUSH)) return STOP
  } else if (pushOne === 0) {
    const why = tcpTsoShouldDefer(tp, seg, maxSegs)
    if (why !== DEFER_NO) return why === DEFER_CWND ? STOP_CWND : why === DEFER_RWND ? STOP_RWND : STOP
  }
  const limit = segs > 1 && !tcpUrgMode(tp) ? tcpMssSplitPoint(tp, seg, mss, quota, nonagle) : mss
  if (tcpSegLen(seg) > limit) tsoFragment(tp, seg, limit, mss)
  if (tcpSmallQueueCheck(tp, tcpSegLen(seg), 0) || seg.endSeq === seg.seq) return STOP
  if (tcpTransmitSkb(tp, seg) !== 0) return STOP
  tcpEventNewDataSent(tp, seg)
  tcpMinshallUpdate(tp, mss, seg)
  return SENT
}

/**
 * Sends what windows and Nagle's rule let go (tcp_write_xmit). `pushOne`: 1 for at most one packet, 2 for a loss probe. True
 * when nothing is in flight and something waits.
 */
export const tcpWriteXmit = (tp: TcpSock, mss: number, nonagle: number, pushOne: number): boolean => {
  let sent = 0
  tcpMstampRefresh(tp)
  if (pushOne === 0 && tp.mtup.enabled) {
    const probe = tcpMtuProbe(tp)
    if (probe === 0) return false
    if (probe > 0) sent = 1
  }
  const maxSegs = tcpTsoSegs(tp, mss)
  let why = SENT
  for (let seg = tp.writeQueue.head; seg !== null; seg = tp.writeQueue.head) {
    why = trySend(tp, seg, mss, nonagle, pushOne, maxSegs)
    if (why !== SENT) break
    sent += seg.pcount
    if (pushOne !== 0) break
  }
  if (why === STOP_RWND) tcpChronoStart(tp, TCP_CHRONO_RWND_LIMITED)
  else tcpChronoStop(tp, TCP_CHRONO_RWND_LIMITED)
  const isCwndLimited = why === STOP_CWND || tp.inFlight >= tp.sndCwnd
  if (sent > 0 || isCwndLimited) cwndValidate(tp, isCwndLimited)
  if (sent === 0) return tp.packetsOut === 0 && tp.writeQueue.head !== null
  if (tcpInCwndReduction(tp)) tp.prrOut += sent
  if (pushOne !== 2) tcpScheduleLossProbe(tp, false)
  return false
}

/** Sends what may be sent (__tcp_push_pending_frames). */
export const tcpPushPendingFramesWith = (tp: TcpSock, mss: number, nonagle: number): void => {
  if (tp.state === TCP_CLOSE) return
  if (tcpWriteXmit(tp, mss, nonagle, 0)) tcpCheckProbeTimer(tp)
}

/** Sends what may be sent with the socket's own Nagle setting (tcp_push_pending_frames). */
export const tcpPushPendingFrames = (tp: TcpSock): void => {
  if (tp.writeQueue.head !== null) tcpPushPendingFramesWith(tp, tcpCurrentMss(tp), tp.nonagle)
}

/** Sends one packet at once (tcp_push_one). */
export const tcpPushOne = (tp: TcpSock, mss: number): void => {
  tcpWriteXmit(tp, mss, TCP_NAGLE_PUSH, 1)
}
