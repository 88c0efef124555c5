/**
 * Acknowledgements from the peer.
 *
 * @see net/ipv4/tcp_input.c tcp_ack
 */
import { DROP } from '../../core/drop.js'
import type { Skb } from '../../core/skb.js'
import { TH_SYN, tcpWindow } from '../../wire/tcp.js'
import { netnsTcp } from './netns-tcp.js'
import {
  FLAG_ACK_MAYBE_DELAYED,
  FLAG_CA_ALERT,
  FLAG_DATA,
  FLAG_DATA_ACKED,
  FLAG_DATA_SACKED,
  FLAG_DSACK_TLP,
  FLAG_DSACKING_ACK,
  FLAG_ECE,
  FLAG_FORWARD_PROGRESS,
  FLAG_NO_CHALLENGE_ACK,
  FLAG_NOT_DUP,
  FLAG_SET_XMIT_TIMER,
  FLAG_SLOWPATH,
  FLAG_SND_UNA_ADVANCED,
  FLAG_UPDATE_TS_RECENT,
  FLAG_WIN_UPDATE,
  REXMIT_NEW,
  REXMIT_NONE,
} from './tcp-ack-sample.js'
import { tcpSetCaState } from './tcp-cong.js'
import { tcpFastPathCheck } from './tcp-fast-path.js'
import { tcpHighestSackSeq } from './tcp-highest-sack.js'
import { tcpFastretransAlert } from './tcp-input-alert.js'
import { tcpSendChallengeAck } from './tcp-input-challenge.js'
import { tcpCleanRtxQueue } from './tcp-input-clean.js'
import {
  tcpCwndReduction,
  tcpEndCwndReduction,
  tcpInCwndReduction,
  tcpInitCwndReduction,
  tcpTryKeepOpen,
} from './tcp-input-cwnd.js'
import { tcpEcnAcceptCwr, tcpEcnRcvEcnEcho } from './tcp-input-ecn.js'
import { isReorderingHigh, tcpCountDelivered } from './tcp-input-loss.js'
import { tcpRearmRto, tcpUpdatePacingRate } from './tcp-input-rtt.js'
import { tcpSacktagWriteQueue } from './tcp-input-sack.js'
import { tcpCurrentMss, tcpSyncMss } from './tcp-output-mss.js'
import { tcpXmitRetransmitQueue } from './tcp-output-rtx.js'
import { tcpScheduleLossProbe } from './tcp-output-tlp.js'
import { TCP_NAGLE_OFF, tcpWndEnd } from './tcp-output-tso.js'
import { tcpPushPendingFramesWith, tcpSlowStartAfterIdleCheck } from './tcp-output-xmit.js'
import { tcpPawsCheck } from './tcp-paws.js'
import { tcpRateGen } from './tcp-rate.js'
import { tcpRackUpdateReoWnd } from './tcp-recovery.js'
import { after, before } from './tcp-seq.js'
import { TCP_CA_CWR, TCP_CA_OPEN, TCP_SYN_SENT } from './tcp-states.js'
import type { TcpSock } from './tcp-sock.js'
import { tcpJiffies, tcpSeconds } from './tcp-time.js'
import {
  ICSK_TIME_PROBE0,
  inetCskClearXmitTimer,
  tcpClampProbe0ToUserTimeout,
  tcpProbe0When,
  tcpResetXmitTimer,
} from './tcp-timer.js'

/** The window that a segment names may be believed (tcp_may_update_window). */
export const tcpMayUpdateWindow = (tp: TcpSock, ack: number, seq: number, nwin: number): boolean =>
  after(ack, tp.sndUna) || after(seq, tp.sndWl1) || (seq === tp.sndWl1 && (nwin > tp.sndWnd || nwin === 0))

const sndUnaUpdate = (tp: TcpSock, ack: number): void => {
  tp.bytesAcked += (ack - tp.sndUna) | 0
  tp.sndUna = ack
}

/** Takes window and left edge over; FLAG_WIN_UPDATE or 0 (tcp_ack_update_window). */
const ackUpdateWindow = (tp: TcpSock, skb: Skb, ack: number, seq: number): number => {
  let flag = 0
  let nwin = tcpWindow(skb.buf, skb.transportHeader)
  if ((skb.tcpFlags & TH_SYN) === 0) nwin *= 2 ** tp.rxOpt.sndWscale
  if (tcpMayUpdateWindow(tp, ack, seq, nwin)) {
    flag = FLAG_WIN_UPDATE
    tp.sndWl1 = seq
    if (tp.sndWnd !== nwin) {
      tp.sndWnd = nwin
      tp.predFlags = 0
      tcpFastPathCheck(tp)
      if (tp.writeQueue.head !== null) tcpSlowStartAfterIdleCheck(tp)
      if (nwin > tp.maxWindow) {
        tp.maxWindow = nwin
        tcpSyncMss(tp, tp.pmtuCookie)
      }
    }
  }
  sndUnaUpdate(tp, ack)
  return flag
}

/** Remembers the timestamp of the segment (tcp_store_ts_recent). */
export const tcpStoreTsRecent = (tp: TcpSock): void => {
  tp.rxOpt.tsRecent = tp.rxOpt.rcvTsval
  tp.rxOpt.tsRecentStamp = tcpSeconds(tp.netns)
}

const replaceTsRecent = (tp: TcpSock, seq: number): void => {
  if (tp.rxOpt.sawTstamp && !after(seq, tp.rcvWup) && tcpPawsCheck(tp.netns, tp.rxOpt, 0)) tcpStoreTsRecent(tp)
}

/** The end of an episode of a tail loss probe (tcp_process_tlp_ack). */
const processTlpAck = (tp: TcpSock, ack: number, flag: number): void => {
  if (before(ack, tp.tlpHighSeq)) return
  if (!tp.tlpRetrans || flag & FLAG_DSACK_TLP) tp.tlpHighSeq = 0
  else if (after(ack, tp.tlpHighSeq)) {
    // The probe has repaired a loss, which is one.
    tcpInitCwndReduction(tp)
    tcpSetCaState(tp, TCP_CA_CWR)
    tcpEndCwndReduction(tp)
    tcpTryKeepOpen(tp)
    netnsTcp(tp.netns).mib.TCPLossProbeRecovery++
  } else if ((flag & (FLAG_SND_UNA_ADVANCED | FLAG_NOT_DUP | FLAG_DATA_SACKED)) === 0) tp.tlpHighSeq = 0
}

/** The window was closed and may be open now (tcp_ack_probe). */
const ackProbe = (tp: TcpSock): void => {
  const { head } = tp.writeQueue
  if (head === null) return
  if (!after(head.endSeq, tcpWndEnd(tp))) {
    tp.backoff = 0
    tp.probesTstampJiffies = 0
    inetCskClearXmitTimer(tp, ICSK_TIME_PROBE0)
    return
  }
  const when = tcpClampProbe0ToUserTimeout(tp, tcpProbe0When(tp, tp.rtoMaxJiffies))
  tcpResetXmitTimer(tp, ICSK_TIME_PROBE0, when, true)
}

/** Sends what recovery wants (tcp_xmit_recovery). */
const xmitRecovery = (tp: TcpSock): void => {
  const { rexmit } = tp.ackState
  if (rexmit === REXMIT_NONE || tp.state === TCP_SYN_SENT) return
  if (rexmit === REXMIT_NEW) {
    tcpPushPendingFramesWith(tp, tcpCurrentMss(tp), TCP_NAGLE_OFF)
    if (after(tp.sndNxt, tp.highSeq)) return
    tp.frto = false
  }
  tcpXmitRetransmitQueue(tp)
}

/** Packets that this acknowledgement told of (tcp_newly_delivered). */
const newlyDelivered = (tp: TcpSock, prior: number, flag: number): number => {
  const n = tp.delivered - prior
  if (n === 0) return 0
  const { mib } = netnsTcp(tp.netns)
  mib.TCPDelivered += n
  if (flag & FLAG_ECE) mib.TCPDeliveredCE += n
  return n
}

/** Lets the window grow or shrink (tcp_cong_control). */
const congControl = (tp: TcpSock, ack: number, delivered: number, flag: number): void => {
  const ops = tp.caOps!
  if (ops.congControl !== undefined) {
    ops.congControl(tp, tp.rate)
    return
  }
  if (tcpInCwndReduction(tp)) tcpCwndReduction(tp, delivered, tp.rate.losses, flag)
  else if (flag & (isReorderingHigh(tp) ? FLAG_FORWARD_PROGRESS : FLAG_DATA_ACKED)) {
    ops.congAvoid?.(tp, ack, delivered)
    tp.sndCwndStampJiffies = tcpJiffies(tp.netns)
  }
  tcpUpdatePacingRate(tp)
}

/** An acknowledgement of what was acknowledged before: only its SACKs count. */
const oldAck = (tp: TcpSock, skb: Skb, priorSndUna: number, priorDelivered: number): number => {
  const { ackState } = tp
  if (tp.rxOpt.sackAt !== 0) {
    tcpSacktagWriteQueue(tp, skb, priorSndUna)
    tcpFastretransAlert(tp, priorSndUna, 0)
    newlyDelivered(tp, priorDelivered, ackState.flag)
    xmitRecovery(tp)
  }
  return 0
}

/** Before the left edge: a negative drop reason when it is too old (RFC 5961 section 5.2). */
const beforeUna = (tp: TcpSock, skb: Skb, flag: number, priorSndUna: number): number => {
  const most = Math.min(tp.maxWindow, tp.bytesAcked)
  if (!before(skb.ackSeq, (priorSndUna - most) | 0)) return oldAck(tp, skb, priorSndUna, tp.delivered)
  if ((flag & FLAG_NO_CHALLENGE_ACK) === 0) tcpSendChallengeAck(tp)
  return -DROP.TCP_TOO_OLD_ACK
}

/** Window, SACK blocks and ECN of a segment that is not predicted. */
const slowUpdate = (tp: TcpSock, skb: Skb, priorSndUna: number): void => {
  const { ackState } = tp
  if (skb.seq !== skb.endSeq) ackState.flag |= FLAG_DATA
  else netnsTcp(tp.netns).mib.TCPPureAcks++
  ackState.flag |= ackUpdateWindow(tp, skb, skb.ackSeq, skb.seq)
  if (tp.rxOpt.sackAt !== 0) tcpSacktagWriteQueue(tp, skb, priorSndUna)
  if (tcpEcnRcvEcnEcho(tp, skb.tcpFlags)) ackState.flag |= FLAG_ECE
  if (ackState.sackDelivered !== 0) tcpCountDelivered(tp, ackState.sackDelivered, (ackState.flag & FLAG_ECE) !== 0)
}

/** Nothing was out: only a duplicate and the closed window count. */
const noQueue = (tp: TcpSock, ack: number, priorSndUna: number, priorDelivered: number): number => {
  const { ackState } = tp
  if (ackState.flag & FLAG_DSACKING_ACK) {
    tcpFastretransAlert(tp, priorSndUna, 0)
    newlyDelivered(tp, priorDelivered, ackState.flag)
  }
  ackProbe(tp)
  if (tp.tlpHighSeq !== 0) processTlpAck(tp, ack, ackState.flag)
  return 1
}

const DUBIOUS_DUP = FLAG_SND_UNA_ADVANCED | FLAG_NOT_DUP | FLAG_DSACKING_ACK

/** Something was out: the queue, the states, and what may be sent now. */
const withQueue = (tp: TcpSock, skb: Skb, priorSndUna: number, priorFack: number, priorDelivered: number): number => {
  const { ackState, rate: rs } = tp
  const priorLost = tp.lost
  const { isSackReneg } = tp
  tcpCleanRtxQueue(tp, priorFack, priorSndUna)
  tcpRackUpdateReoWnd(tp, rs)
  if (tp.tlpHighSeq !== 0) processTlpAck(tp, skb.ackSeq, ackState.flag)
  const { flag } = ackState
  if ((flag & FLAG_NOT_DUP) === 0 || flag & FLAG_CA_ALERT || tp.caState !== TCP_CA_OPEN) {
    let dups = 0
    if ((flag & DUBIOUS_DUP) === 0) dups = (flag & FLAG_DATA) === 0 ? Math.max(1, skb.gsoSegs) : 1
    tcpFastretransAlert(tp, priorSndUna, dups)
  }
  if (ackState.flag & FLAG_SET_XMIT_TIMER && !tcpScheduleLossProbe(tp, true)) tcpRearmRto(tp)
  if (ackState.flag & FLAG_FORWARD_PROGRESS || (ackState.flag & FLAG_NOT_DUP) === 0) tp.dstPendingConfirm = true
  const delivered = newlyDelivered(tp, priorDelivered, ackState.flag)
  rs.isAckDelayed = (ackState.flag & FLAG_ACK_MAYBE_DELAYED) !== 0
  tcpRateGen(tp, delivered, tp.lost - priorLost, isSackReneg, rs)
  congControl(tp, skb.ackSeq, delivered, ackState.flag)
  xmitRecovery(tp)
  return 1
}

/**
 * Handles the acknowledgement of a segment: 1, 0 when it was an old one, or a negative drop reason (tcp_ack).
 */
export const tcpAck = (tp: TcpSock, skb: Skb, flags: number): number => {
  const priorSndUna = tp.sndUna
  const ack = skb.ackSeq
  const { ackState, rate } = tp
  ackState.reset(flags)
  rate.reset()
  if (before(ack, priorSndUna)) return beforeUna(tp, skb, flags, priorSndUna)
  if (after(ack, tp.sndNxt)) {
    if ((flags & FLAG_NO_CHALLENGE_ACK) === 0) tcpSendChallengeAck(tp)
    return -DROP.TCP_ACK_UNSENT_DATA
  }
  if (after(ack, priorSndUna)) {
    ackState.flag |= FLAG_SND_UNA_ADVANCED
    tp.retransmits = 0
  }
  const priorFack = tp.rxOpt.sackOk ? tcpHighestSackSeq(tp) : tp.sndUna
  const priorPackets = tp.packetsOut
  const priorDelivered = tp.delivered
  rate.priorInFlight = tp.inFlight
  if (flags & FLAG_UPDATE_TS_RECENT) replaceTsRecent(tp, skb.seq)
  if ((ackState.flag & (FLAG_SLOWPATH | FLAG_SND_UNA_ADVANCED)) === FLAG_SND_UNA_ADVANCED) {
    tp.sndWl1 = skb.seq
    sndUnaUpdate(tp, ack)
    ackState.flag |= FLAG_WIN_UPDATE
    netnsTcp(tp.netns).mib.TCPHPAcks++
  } else slowUpdate(tp, skb, priorSndUna)
  tcpEcnAcceptCwr(tp, skb)
  tp.errSoft = 0
  tp.probesOut = 0
  tp.rcvTstampJiffies = tcpJiffies(tp.netns)
  return priorPackets === 0
    ? noQueue(tp, ack, priorSndUna, priorDelivered)
    : withQueue(tp, skb, priorSndUna, priorFack, priorDelivered)
}
