/**
 * What is lost: after a timeout, by the peer's reneging, by duplicates without SACK.
 *
 * @see net/ipv4/tcp_input.c tcp_enter_loss, tcp_mark_skb_lost, tcp_add_reno_sack, tcp_simple_retransmit
 */
import { netnsTcp, tcpSysctls } from './netns-tcp.js'
import { FLAG_SACK_RENEGING, FLAG_SET_XMIT_TIMER, FLAG_SND_UNA_ADVANCED } from './tcp-ack-sample.js'
import { tcpCaEvent, tcpSetCaState } from './tcp-cong.js'
import { tcpEcnQueueCwr } from './tcp-ecn.js'
import {
  tcpCurrentSsthresh,
  tcpInCwndReduction,
  tcpInitCwndReduction,
  tcpRetransStampCleanup,
} from './tcp-input-cwnd.js'
import { tcpSegLen } from './tcp-seg.js'
import { tcpCurrentMss } from './tcp-output-mss.js'
import { tcpXmitRetransmitQueue } from './tcp-output-rtx.js'
import { tcpRackSkbTimeout } from './tcp-rack.js'
import { msToJiffies, usToJiffies } from './tcp-rto.js'
import { TCPCB_LOST, TCPCB_SACKED_ACKED, TCPCB_SACKED_RETRANS, type TcpSeg } from './tcp-seg.js'
import { after, before } from './tcp-seq.js'
import { TCP_CA_DISORDER, TCP_CA_LOSS, TCP_CA_RECOVERY } from './tcp-states.js'
import type { TcpSock } from './tcp-sock.js'
import { tcpJiffies } from './tcp-time.js'
import { ICSK_TIME_RETRANS, tcpResetXmitTimer } from './tcp-timer.js'

/** Octets of one frame of a segment (tcp_skb_seglen). */
export const tcpSkbSeglen = (seg: TcpSeg): number => (seg.pcount === 1 ? tcpSegLen(seg) : seg.gsoSize)

/** The retransmission begins with the first lost segment (tcp_verify_retransmit_hint). */
const verifyRetransmitHint = (tp: TcpSock, seg: TcpSeg): void => {
  const hint = tp.retransHint
  if (hint === null ? tp.retransOut >= tp.lostOut : before(seg.seq, hint.seq)) tp.retransHint = seg
}

/** A segment is taken for lost, perhaps again (tcp_mark_skb_lost). */
export const tcpMarkSkbLost = (tp: TcpSock, seg: TcpSeg): void => {
  const { sacked } = seg
  if (sacked & TCPCB_SACKED_ACKED) return
  verifyRetransmitHint(tp, seg)
  if ((sacked & TCPCB_LOST) === 0) {
    tp.lostOut += seg.pcount
    seg.sacked |= TCPCB_LOST
  } else if (sacked & TCPCB_SACKED_RETRANS) {
    seg.sacked &= ~TCPCB_SACKED_RETRANS
    tp.retransOut -= seg.pcount
    netnsTcp(tp.netns).mib.TCPLostRetransmit += seg.pcount
  } else return
  tp.lost += seg.pcount
}

/** Delivered packets (tcp_count_delivered). */
export const tcpCountDelivered = (tp: TcpSock, n: number, ece: boolean): void => {
  tp.delivered += n
  if (ece) tp.deliveredCe += n
}

/** Without SACK no more can have arrived than is out; true when the count was too high (tcp_limit_reno_sacked). */
const limitRenoSacked = (tp: TcpSock): boolean => {
  const holes = Math.min(Math.max(tp.lostOut, 1), tp.packetsOut)
  if (tp.sackedOut + holes <= tp.packetsOut) return false
  tp.sackedOut = tp.packetsOut - holes
  return true
}

const checkRenoReordering = (tp: TcpSock, addend: number): void => {
  if (!limitRenoSacked(tp)) return
  const { sysctls, mib } = netnsTcp(tp.netns)
  tp.reordering = Math.min(tp.packetsOut + addend, sysctls.maxReordering)
  tp.reordSeen++
  mib.TCPRenoReorder++
}

/** Duplicates stand for packets that arrived (tcp_add_reno_sack). */
export const tcpAddRenoSack = (tp: TcpSock, numDupack: number, ece: boolean): void => {
  if (numDupack === 0) return
  const prior = tp.sackedOut
  tp.sackedOut += numDupack
  checkRenoReordering(tp, 0)
  if (tp.sackedOut > prior) tcpCountDelivered(tp, tp.sackedOut - prior, ece)
}

/** Some of them are acknowledged now (tcp_remove_reno_sacks). */
export const tcpRemoveRenoSacks = (tp: TcpSock, acked: number, ece: boolean): void => {
  if (acked > 0) {
    tcpCountDelivered(tp, Math.max(acked - tp.sackedOut, 1), ece)
    tp.sackedOut = acked - 1 >= tp.sackedOut ? 0 : tp.sackedOut - (acked - 1)
  }
  checkRenoReordering(tp, acked)
}

/** Forgets what is marked (tcp_clear_retrans). */
export const tcpClearRetrans = (tp: TcpSock): void => {
  tp.retransOut = 0
  tp.lostOut = 0
  tp.undoMarker = 0
  tp.undoRetrans = -1
  tp.sackedOut = 0
  tp.rtoStamp = 0
  tp.totalRto = 0
  tp.totalRtoRecoveries = 0
  tp.totalRtoTime = 0
}

/** From now on it is noted whether the reduction was right (tcp_init_undo). */
const initUndo = (tp: TcpSock): void => {
  tp.undoMarker = tp.sndUna
  const probe = tp.tlpHighSeq !== 0 && tp.tlpRetrans ? 1 : 0
  tp.undoRetrans = tp.retransOut + probe || -1
}

/** Marks what the timeout says is lost: all of it but what was sent lately (tcp_timeout_mark_lost). */
const timeoutMarkLost = (tp: TcpSock): void => {
  const { head } = tp.rtxQueue
  const isReneg = head !== null && (head.sacked & TCPCB_SACKED_ACKED) !== 0
  if (isReneg) {
    netnsTcp(tp.netns).mib.TCPSACKReneging++
    tp.sackedOut = 0
    tp.isSackReneg = true
  } else if (!tp.rxOpt.sackOk) tp.sackedOut = 0
  for (let seg = head; seg !== null; seg = seg.next) {
    if (isReneg) seg.sacked &= ~TCPCB_SACKED_ACKED
    else if (seg !== head && tcpRackSkbTimeout(tp, seg, 0) > 0) continue
    tcpMarkSkbLost(tp, seg)
  }
  tp.retransHint = null
}

/** Enters the state Loss after a timeout (tcp_enter_loss). */
export const tcpEnterLoss = (tp: TcpSock): void => {
  const { sysctls } = netnsTcp(tp.netns)
  const isNew = tp.caState < TCP_CA_RECOVERY
  timeoutMarkLost(tp)
  if (
    tp.caState <= TCP_CA_DISORDER ||
    !after(tp.highSeq, tp.sndUna) ||
    (tp.caState === TCP_CA_LOSS && tp.retransmits === 0)
  ) {
    tp.priorSsthresh = tcpCurrentSsthresh(tp)
    tp.priorCwnd = tp.sndCwnd
    tp.sndSsthresh = tp.caOps!.ssthresh(tp)
    tcpCaEvent(tp, 'loss')
    initUndo(tp)
  }
  tp.sndCwnd = tp.inFlight + 1
  tp.sndCwndCnt = 0
  tp.sndCwndStampJiffies = tcpJiffies(tp.netns)
  // So many duplicates and yet a timeout: reordering was overestimated.
  if (tp.caState <= TCP_CA_DISORDER && tp.sackedOut >= sysctls.reordering)
    tp.reordering = Math.min(tp.reordering, sysctls.reordering)
  tcpSetCaState(tp, TCP_CA_LOSS)
  tp.highSeq = tp.sndNxt
  tp.tlpHighSeq = 0
  tcpEcnQueueCwr(tp)
  tp.frto = sysctls.frto !== 0 && (isNew || tp.retransmits !== 0) && tp.mtup.probeSize === 0
}

/** The peer acknowledges up to what it said it had: it may have thrown that away, and gets a little time (tcp_check_sack_reneging). */
export const tcpCheckSackReneging = (tp: TcpSock): boolean => {
  const { ackState } = tp
  const both = FLAG_SACK_RENEGING | FLAG_SND_UNA_ADVANCED
  if ((ackState.flag & both) !== both) return false
  const delay = Math.max(usToJiffies(Math.floor(tp.srttUs / 16)), msToJiffies(10))
  tcpResetXmitTimer(tp, ICSK_TIME_RETRANS, delay, false)
  ackState.flag &= ~FLAG_SET_XMIT_TIMER
  return true
}

/** Begins fast recovery (tcp_enter_recovery). */
export const tcpEnterRecovery = (tp: TcpSock, ece: boolean): void => {
  const { mib } = netnsTcp(tp.netns)
  tcpRetransStampCleanup(tp)
  if (tp.rxOpt.sackOk) mib.TCPSackRecovery++
  else mib.TCPRenoRecovery++
  tp.priorSsthresh = 0
  initUndo(tp)
  if (!tcpInCwndReduction(tp)) {
    if (!ece) tp.priorSsthresh = tcpCurrentSsthresh(tp)
    tcpInitCwndReduction(tp)
  }
  tcpSetCaState(tp, TCP_CA_RECOVERY)
}

/** Sends again what was lost for another reason than congestion (tcp_non_congestion_loss_retransmit). */
const nonCongestionLossRetransmit = (tp: TcpSock): void => {
  if (tp.caState !== TCP_CA_LOSS) {
    tp.highSeq = tp.sndNxt
    tp.sndSsthresh = tcpCurrentSsthresh(tp)
    tp.priorSsthresh = 0
    tp.undoMarker = 0
    tcpSetCaState(tp, TCP_CA_LOSS)
  }
  tcpXmitRetransmitQueue(tp)
}

/** Sends again what is larger than the MSS now, without a reduction (tcp_simple_retransmit). */
export const tcpSimpleRetransmit = (tp: TcpSock): void => {
  const mss = tcpCurrentMss(tp)
  for (let seg = tp.rtxQueue.head; seg !== null; seg = seg.next) if (tcpSkbSeglen(seg) > mss) tcpMarkSkbLost(tp, seg)
  if (tp.lostOut === 0) return
  if (!tp.rxOpt.sackOk) limitRenoSacked(tp)
  nonCongestionLossRetransmit(tp)
}

/** Reordering counts for more than the namespace's default. */
export const isReorderingHigh = (tp: TcpSock): boolean => tp.reordering > tcpSysctls(tp.netns).reordering
