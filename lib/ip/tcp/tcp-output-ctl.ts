/**
 * Segments without data: acknowledgements, FIN, RST, probes.
 *
 * @see net/ipv4/tcp_output.c tcp_send_ack, tcp_send_fin, tcp_send_active_reset, tcp_write_wakeup
 */
import { errnoNumber } from '../../errors.js'
import { HZ } from '../../sim/timer.js'
import { TH_ACK, TH_CWR, TH_ECE, TH_FIN, TH_PUSH, TH_RST, TH_SYN } from '../../wire/tcp.js'
import { netnsTcp, tcpSysctls } from './netns-tcp.js'
import { ICSK_ACK_PUSHED, ICSK_ACK_SCHED, ICSK_ACK_TIMER, inetCskInPingpongMode } from './tcp-ack-state.js'
import { TCP_ECN_OK } from './tcp-ecn.js'
import { tcpTransmitAck, tcpTransmitBare, tcpTransmitSkb } from './tcp-output.js'
import { TCP_SKB_OVERHEAD, tcpSegLen } from './tcp-seg.js'
import { tcpMstampRefresh } from './tcp-time.js'
import { tcpCurrentMss } from './tcp-output-mss.js'
import { newNondataSeg, tcpEventNewDataSent, tcpFragment, tcpSetSkbTsoSegs } from './tcp-output-segs.js'
import { TCP_NAGLE_OFF, tcpWndEnd } from './tcp-output-tso.js'
import { tcpPushPendingFramesWith } from './tcp-output-xmit.js'
import { tcpRtoMin, usToJiffies } from './tcp-rto.js'
import { before, between, seqAdd } from './tcp-seq.js'
import type { TcpSock } from './tcp-sock.js'
import { TCP_CLOSE } from './tcp-states.js'
import { tcpJiffies } from './tcp-time.js'
import {
  ICSK_TIME_PROBE0,
  TCP_DELACK_MAX,
  TCP_DELACK_MIN,
  TCP_RESOURCE_PROBE_INTERVAL,
  tcpClampProbe0ToUserTimeout,
  tcpProbe0When,
  tcpResetXmitTimer,
} from './tcp-timer.js'

export {
  inetCskAckScheduled,
  inetCskEnterPingpongMode,
  inetCskExitPingpongMode,
  inetCskIncPingpongCnt,
  inetCskInPingpongMode,
  inetCskScheduleAck,
} from './tcp-ack-state.js'

const EINVAL = errnoNumber('EINVAL')

/** What a probe counts in: window probes, or keepalive. */
export type ProbeMib = 'TCPWinProbe' | 'TCPKeepAlive'

/** The next sequence number, unless the window has been shrunk so far that it is not acceptable (tcp_acceptable_seq). */
export const tcpAcceptableSeq = (tp: TcpSock): number => {
  const end = tcpWndEnd(tp)
  const { rxOpt, sndNxt } = tp
  if (!before(end, sndNxt)) return sndNxt
  return rxOpt.wscaleOk && ((sndNxt - end) | 0) < 1 << rxOpt.rcvWscale ? sndNxt : end
}

/** Acknowledges `rcvNxt` (__tcp_send_ack). */
export const tcpSendAckOf = (tp: TcpSock, rcvNxt: number): void => {
  if (tp.state !== TCP_CLOSE) tcpTransmitAck(tp, tcpAcceptableSeq(tp), rcvNxt)
}

/** Acknowledges now (tcp_send_ack). */
export const tcpSendAck = (tp: TcpSock): void => tcpSendAckOf(tp, tp.rcvNxt)

/** Longest delay of an acknowledgement in ticks (tcp_delack_max). */
export const tcpDelackMax = (tp: TcpSock): number => Math.min(tp.delackMaxJiffies, Math.max(tcpRtoMin(tp), 2) - 1)

/** Delay of the next delayed acknowledgement in ticks. */
const delackTimeout = (tp: TcpSock): number => {
  let ato = tp.ack.atoJiffies
  if (ato > TCP_DELACK_MIN) {
    let most = HZ / 2
    if (inetCskInPingpongMode(tp) || tp.ack.pending & ICSK_ACK_PUSHED) most = TCP_DELACK_MAX
    if (tp.srttUs !== 0) most = Math.min(most, Math.max(usToJiffies(tp.srttUs >>> 3), TCP_DELACK_MIN))
    ato = Math.min(ato, most)
  }
  return Math.min(ato, tcpDelackMax(tp))
}

/** Schedules a delayed acknowledgement (tcp_send_delayed_ack). */
export const tcpSendDelayedAck = (tp: TcpSock): void => {
  const { ack } = tp
  const ato = delackTimeout(tp)
  const now = tcpJiffies(tp.netns)
  let timeout = now + ato
  if (ack.pending & ICSK_ACK_TIMER) {
    if (ack.timeoutJiffies <= now + (ato >> 2)) return tcpSendAck(tp)
    if (timeout >= ack.timeoutJiffies) timeout = ack.timeoutJiffies
  }
  ack.pending |= ICSK_ACK_SCHED | ICSK_ACK_TIMER
  ack.timeoutJiffies = timeout
  tp.timers!.delack.mod(timeout)
}

/** Queues a FIN, with what is queued if there is something, and sends it (tcp_send_fin). */
export const tcpSendFin = (tp: TcpSock): void => {
  const { tail } = tp.writeQueue
  if (tail !== null) {
    tail.flags |= TH_FIN
    tail.endSeq = seqAdd(tail.endSeq, 1)
    tp.writeSeq = seqAdd(tp.writeSeq, 1)
  } else {
    const seg = newNondataSeg(tp, tp.writeSeq, TH_ACK | TH_FIN)
    tp.writeSeq = seg.endSeq
    tp.writeQueue.pushBack(seg)
  }
  tcpPushPendingFramesWith(tp, tcpCurrentMss(tp), TCP_NAGLE_OFF)
}

/** Sends a RST for a connection that is given up (tcp_send_active_reset). */
export const tcpSendActiveReset = (tp: TcpSock): void => {
  const { mib } = netnsTcp(tp.netns)
  mib.TcpOutRsts++
  tcpMstampRefresh(tp)
  const rc = tcpTransmitBare(tp, tcpAcceptableSeq(tp), TH_ACK | TH_RST, tp.rcvNxt, TCP_SKB_OVERHEAD)
  if (rc !== 0) mib.TCPAbortFailed++
}

/** Answers the SYN that crossed this side's with SYN and ACK (tcp_send_synack): 0 or a negative errno. */
export const tcpSendSynackOf = (tp: TcpSock): number => {
  const { head } = tp.rtxQueue
  if (head === null || !(head.flags & TH_SYN)) return -EINVAL
  if (!(head.flags & TH_ACK)) {
    head.flags |= TH_ACK
    head.flags &= ~TH_CWR
    if (!(tp.ecnFlags & TCP_ECN_OK)) head.flags &= ~TH_ECE
  }
  return tcpTransmitSkb(tp, head)
}

/** Sends a segment with a sequence number that was acknowledged: the peer will answer (tcp_xmit_probe_skb). */
export const tcpXmitProbeSkb = (tp: TcpSock, urgent: boolean, counter: ProbeMib): number => {
  netnsTcp(tp.netns).mib[counter]++
  return tcpTransmitBare(tp, urgent ? tp.sndUna : (tp.sndUna - 1) | 0, TH_ACK, tp.rcvNxt, TCP_SKB_OVERHEAD)
}

/** Sends what of the first segment fits a window that is too small for it. */
const sendPart = (tp: TcpSock): number => {
  const seg = tp.writeQueue.head!
  const mss = tcpCurrentMss(tp)
  const room = (tcpWndEnd(tp) - seg.seq) | 0
  if (before(tp.pushedSeq, seg.endSeq)) tp.pushedSeq = seg.endSeq
  if (room < ((seg.endSeq - seg.seq) | 0) || tcpSegLen(seg) > mss) {
    seg.flags |= TH_PUSH
    if (tcpFragment(tp, tp.writeQueue, seg, Math.min(room, mss), mss) !== 0) return -1
  } else tcpSetSkbTsoSegs(seg, mss)
  seg.flags |= TH_PUSH
  const err = tcpTransmitSkb(tp, seg)
  if (err === 0) tcpEventNewDataSent(tp, seg)
  return err
}

/** Sends data or a probe into a closed window (tcp_write_wakeup): 0 or more when it was sent, else negative. */
export const tcpWriteWakeup = (tp: TcpSock, counter: ProbeMib): number => {
  if (tp.state === TCP_CLOSE) return -1
  const { head } = tp.writeQueue
  if (head !== null && before(head.seq, tcpWndEnd(tp))) return sendPart(tp)
  if (between(tp.sndUp, seqAdd(tp.sndUna, 1), seqAdd(tp.sndUna, 0xffff))) tcpXmitProbeSkb(tp, true, counter)
  return tcpXmitProbeSkb(tp, false, counter)
}

/** Sends a window probe and sets its timer (tcp_send_probe0). */
export const tcpSendProbe0 = (tp: TcpSock): void => {
  const err = tcpWriteWakeup(tp, 'TCPWinProbe')
  if (tp.packetsOut !== 0 || tp.writeQueue.head === null) {
    tp.probesOut = 0
    tp.backoff = 0
    tp.probesTstampJiffies = 0
    return
  }
  tp.probesOut++
  let timeout = TCP_RESOURCE_PROBE_INTERVAL
  if (err <= 0) {
    if (tp.backoff < tcpSysctls(tp.netns).retries2) tp.backoff++
    timeout = tcpProbe0When(tp, tp.rtoMaxJiffies)
  }
  tcpResetXmitTimer(tp, ICSK_TIME_PROBE0, tcpClampProbe0ToUserTimeout(tp, timeout), true)
}
