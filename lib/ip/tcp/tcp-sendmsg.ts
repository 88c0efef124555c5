/**
 * Writing: what a program gives is cut into segments that wait in the write queue.
 *
 * @see net/ipv4/tcp.c tcp_sendmsg_locked, tcp_push; net/core/stream.c
 */
import { skStreamMemoryFree, skStreamWriteSpace } from './tcp-sndbuf.js'
import { errnoNumber } from '../../errors.js'
import { TH_PUSH } from '../../wire/tcp.js'
import { netnsTcp } from './netns-tcp.js'
import { TCP_CHRONO_BUSY, TCP_CHRONO_SNDBUF_LIMITED, tcpChronoStart, tcpChronoStop } from './tcp-chrono.js'
import { flushBacklog, lockSock, releaseSock } from './tcp-lock.js'
import { tcpSegLen } from './tcp-seg.js'
import { tcpBoundToHalfWnd, tcpCurrentMss } from './tcp-output-mss.js'
import { newDataSeg, tcpWriteQueueUnlinkAndFree } from './tcp-output-segs.js'
import { TCP_NAGLE_CORK, TCP_NAGLE_PUSH } from './tcp-output-tso.js'
import { tcpPushOne, tcpPushPendingFramesWith, tcpSlowStartAfterIdleCheck } from './tcp-output-xmit.js'
import { tcpRateCheckAppLimited } from './tcp-rate.js'
import type { TcpSeg } from './tcp-seg.js'
import { after, seqAdd } from './tcp-seq.js'
import { type TcpSock, TSQ_THROTTLED } from './tcp-sock.js'
import { SEND_SHUTDOWN, TCPF_CLOSE_WAIT, TCPF_ESTABLISHED, TCPF_SYN_RECV, TCPF_SYN_SENT } from './tcp-states.js'

/** Flags of a write: urgent data at its end; a record ends; more follows. */
export const MSG_OOB = 1
export const MSG_EOR = 0x80
export const MSG_MORE = 0x8000

const EAGAIN = errnoNumber('EAGAIN')
const EPIPE = errnoNumber('EPIPE')
/** New segments after which a long write handles what has arrived. */
const BACKLOG_EVERY = 16

/** The last of what is written is to be pushed (tcp_mark_push). */
const markPush = (tp: TcpSock, seg: TcpSeg): void => {
  seg.flags |= TH_PUSH
  tp.pushedSeq = tp.writeSeq
}

/** Half of the peer's largest window was written without a push (forced_push). */
const forcedPush = (tp: TcpSock): boolean => after(tp.writeSeq, seqAdd(tp.pushedSeq, tp.maxWindow >>> 1))

/** A segment that is not full waits while others are in this machine's queues (tcp_should_autocork). */
const shouldAutocork = (tp: TcpSock, seg: TcpSeg, goal: number): boolean =>
  tcpSegLen(seg) < goal &&
  netnsTcp(tp.netns).sysctls.autocorking !== 0 &&
  tp.rtxQueue.head !== null &&
  tp.wmemAlloc + 1 > seg.truesize &&
  !seg.eor

/** Sends what was written, as far as the rules let it (tcp_push). */
const tcpPush = (tp: TcpSock, flags: number, mss: number, nonagle: number, goal: number): void => {
  const { tail } = tp.writeQueue
  if (tail === null) return
  if (!(flags & MSG_MORE) || forcedPush(tp)) markPush(tp, tail)
  if (flags & MSG_OOB) tp.sndUp = tp.writeSeq
  if (shouldAutocork(tp, tail, goal)) {
    if (!(tp.deferred & TSQ_THROTTLED)) {
      netnsTcp(tp.netns).mib.TCPAutoCorking++
      tp.deferred |= TSQ_THROTTLED
    }
    return
  }
  tcpPushPendingFramesWith(tp, mss, flags & MSG_MORE ? TCP_NAGLE_CORK : nonagle)
}

/** Octets that one segment of the queue takes (tcp_xmit_size_goal). */
const xmitSizeGoal = (tp: TcpSock, mss: number, isLargeAllowed: boolean): number => {
  if (!isLargeAllowed) return mss
  const most = tcpBoundToHalfWnd(tp, tp.gsoMaxSize)
  let goal = tp.gsoSegs * mss
  if (most < goal || most >= goal + mss) {
    tp.gsoSegs = Math.min(Math.floor(most / mss), tp.gsoMaxSegs)
    goal = tp.gsoSegs * mss
  }
  return Math.max(goal, mss)
}

/** A segment without data at the end of the queue is taken away again (tcp_remove_empty_skb). */
const removeEmpty = (tp: TcpSock): void => {
  const { tail } = tp.writeQueue
  if (tail === null || tail.seq !== tail.endSeq) return
  tcpWriteQueueUnlinkAndFree(tp, tail)
  if (tp.writeQueue.head === null) tcpChronoStop(tp, TCP_CHRONO_BUSY)
}

/** The error to report where a write failed with `err` (sk_stream_error). */
const streamError = (tp: TcpSock, err: number): number => {
  if (err !== -EPIPE) return err
  const pending = tp.takeError()
  return pending !== 0 ? -pending : err
}

/** Why a socket cannot be written to in its state, or 0 (sk_stream_wait_connect). */
const waitConnect = (tp: TcpSock): number => {
  if ((1 << tp.state) & (TCPF_ESTABLISHED | TCPF_CLOSE_WAIT)) return 0
  const pending = tp.takeError()
  if (pending !== 0) return -pending
  return (1 << tp.state) & (TCPF_SYN_SENT | TCPF_SYN_RECV) ? -EAGAIN : -EPIPE
}

/** A new segment at the end of the queue (tcp_skb_entail). */
const entail = (tp: TcpSock): TcpSeg => {
  const seg = newDataSeg(tp)
  tp.nonagle &= ~TCP_NAGLE_PUSH
  tcpSlowStartAfterIdleCheck(tp)
  if (tp.chronoType === 0) tcpChronoStart(tp, TCP_CHRONO_BUSY)
  return seg
}

/** One write, while it goes on: octets taken so far, the MSS, and what a segment takes. */
class Write {
  copied = 0
  mss = 0
  goal = 0
  segments = 0
}

const append = (tp: TcpSock, seg: TcpSeg, data: Uint8Array, from: number, n: number): void => {
  if (tp.sendBuffer.length === 0) tp.sendBuffer.start(tp.writeSeq)
  tp.sendBuffer.append(data, from, from + n)
  tp.writeSeq = seqAdd(tp.writeSeq, n)
  seg.endSeq = seqAdd(seg.endSeq, n)
  seg.truesize += n
  tp.wmemQueued += n
}

const measure = (tp: TcpSock, w: Write, flags: number): void => {
  w.mss = tcpCurrentMss(tp)
  w.goal = xmitSizeGoal(tp, w.mss, !(flags & MSG_OOB))
}

/** The segment that takes the next octets, or null when there is no room. */
const segmentFor = (tp: TcpSock, w: Write): TcpSeg | null => {
  const { tail } = tp.writeQueue
  if (tail !== null && w.goal - tcpSegLen(tail) > 0 && !tail.eor) return tail
  if (!skStreamMemoryFree(tp)) return null
  w.segments++
  return entail(tp)
}

/** Sends a full segment while more is written. */
const sendFull = (tp: TcpSock, w: Write, seg: TcpSeg): void => {
  if (forcedPush(tp)) {
    markPush(tp, seg)
    tcpPushPendingFramesWith(tp, w.mss, TCP_NAGLE_PUSH)
  } else if (seg === tp.writeQueue.head) tcpPushOne(tp, w.mss)
}

/** Takes as much as there is room for; 0, or why not all was taken. */
const take = (tp: TcpSock, w: Write, data: Uint8Array, from: number, to: number, flags: number): number => {
  for (let at = from; at < to; ) {
    if (w.segments >= BACKLOG_EVERY && tp.backlog.length > 0) {
      w.segments = 0
      flushBacklog(tp)
      measure(tp, w, flags)
      if (tp.hasError || tp.shutdown & SEND_SHUTDOWN) return -EPIPE
    }
    const seg = segmentFor(tp, w)
    if (seg === null) {
      tp.nospace = true
      if (w.copied > 0) tcpPush(tp, flags & ~MSG_MORE, w.mss, TCP_NAGLE_PUSH, w.goal)
      return -EAGAIN
    }
    const n = Math.min(w.goal - tcpSegLen(seg), to - at)
    if (w.copied === 0) seg.flags &= ~TH_PUSH
    append(tp, seg, data, at, n)
    w.copied += n
    at += n
    if (at === to) {
      if (flags & MSG_EOR) seg.eor = true
    } else if (tcpSegLen(seg) >= w.goal && !(flags & MSG_OOB)) sendFull(tp, w, seg)
  }
  return 0
}

const sendmsgLocked = (tp: TcpSock, data: Uint8Array, from: number, to: number, flags: number): number => {
  tcpRateCheckAppLimited(tp)
  let err = waitConnect(tp)
  const w = new Write()
  if (err === 0) {
    tp.sendBuffer.release(tp.sndUna)
    measure(tp, w, flags)
    err = tp.hasError || tp.shutdown & SEND_SHUTDOWN ? -EPIPE : take(tp, w, data, from, to, flags)
  }
  if (err !== 0) removeEmpty(tp)
  if (w.copied > 0) {
    tcpPush(tp, flags, w.mss, tp.nonagle, w.goal)
    return w.copied
  }
  if (err === 0) return 0
  err = streamError(tp, err)
  if (err === -EAGAIN && tp.rtxQueue.head === null && tp.writeQueue.head === null) {
    skStreamWriteSpace(tp)
    tcpChronoStop(tp, TCP_CHRONO_SNDBUF_LIMITED)
  }
  return err
}

/**
 * Writes `data[from..to)`: octets taken, -EAGAIN when there is no room or no connection yet, -EPIPE, or minus the pending
 * error (tcp_sendmsg). `flags`: MSG_OOB, MSG_EOR, MSG_MORE.
 */
export const tcpSendmsg = (tp: TcpSock, data: Uint8Array, from = 0, to: number = data.length, flags = 0): number => {
  lockSock(tp)
  const rc = sendmsgLocked(tp, data, from, to, flags)
  releaseSock(tp)
  return rc
}
