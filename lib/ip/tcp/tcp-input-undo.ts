/**
 * Reductions of the window that were wrong are undone: what seemed lost came late (Eifel, D-SACK, F-RTO).
 *
 * @see net/ipv4/tcp_input.c tcp_undo_cwnd_reduction, tcp_try_undo_recovery, tcp_process_loss; RFC 3522, 3708, 5682
 */
import { netnsTcp } from './netns-tcp.js'
import {
  FLAG_DATA_SACKED,
  FLAG_ECE,
  FLAG_ORIG_SACK_ACKED,
  FLAG_SND_UNA_ADVANCED,
  REXMIT_LOST,
  REXMIT_NEW,
} from './tcp-ack-sample.js'
import { tcpSetCaState } from './tcp-cong.js'
import { tcpEcnWithdrawCwr } from './tcp-ecn.js'
import { tcpRetransStampCleanup, tcpTryKeepOpen } from './tcp-input-cwnd.js'
import { tcpAddRenoSack } from './tcp-input-loss.js'
import { tcpCheckSackReordering } from './tcp-input-sack.js'
import { tcpSegTimestampMs, tcpTimeStampMs } from './tcp-time.js'
import { tcpWndEnd } from './tcp-output-tso.js'
import { TCP_RACK_RECOVERY_THRESH } from './tcp-recovery.js'
import { TCPCB_LOST, TCPCB_RETRANS, type TcpSeg } from './tcp-seg.js'
import { after, before } from './tcp-seq.js'
import { TCP_CA_LOSS, TCP_CA_OPEN, TCP_SYN_SENT } from './tcp-states.js'
import type { TcpSock } from './tcp-sock.js'
import { tcpJiffies } from './tcp-time.js'

/** The echoed timestamp is older than `when` (tcp_tsopt_ecr_before). */
const tsoptEcrBefore = (tp: TcpSock, when: number): boolean =>
  tp.rxOpt.sawTstamp && tp.rxOpt.rcvTsecr !== 0 && before(tp.rxOpt.rcvTsecr, when)

/** The acknowledgement answers an earlier transmission than the last one (tcp_skb_spurious_retrans). */
export const tcpSkbSpuriousRetrans = (tp: TcpSock, seg: TcpSeg): boolean =>
  (seg.sacked & TCPCB_RETRANS) !== 0 && tsoptEcrBefore(tp, tcpSegTimestampMs(seg))

/** What arrived was sent before the first retransmission, or nothing was sent again (tcp_packet_delayed). */
const packetDelayed = (tp: TcpSock): boolean => {
  if (tp.retransStamp !== 0) return tsoptEcrBefore(tp, tp.retransStamp)
  // Two cases forget the time although something was sent again: the end of a recovery without SACK, and a SYN.
  if (!tp.rxOpt.sackOk && !before(tp.sndUna, tp.highSeq)) return false
  return tp.state !== TCP_SYN_SENT
}

/** Gives window and threshold back (tcp_undo_cwnd_reduction). */
const undoCwndReduction = (tp: TcpSock, unmarkLoss: boolean): void => {
  if (unmarkLoss) {
    for (let seg = tp.rtxQueue.head; seg !== null; seg = seg.next) seg.sacked &= ~TCPCB_LOST
    tp.lostOut = 0
    tp.retransHint = null
  }
  if (tp.priorSsthresh !== 0) {
    tp.sndCwnd = tp.caOps!.undoCwnd(tp)
    if (tp.priorSsthresh > tp.sndSsthresh) {
      tp.sndSsthresh = tp.priorSsthresh
      tcpEcnWithdrawCwr(tp)
    }
  }
  tp.sndCwndStampJiffies = tcpJiffies(tp.netns)
  tp.undoMarker = 0
  tp.rack.advanced = true
}

const mayUndo = (tp: TcpSock): boolean => tp.undoMarker !== 0 && (tp.undoRetrans === 0 || packetDelayed(tp))

/** Without SACK the state is kept until something above the recovery is acknowledged (tcp_is_non_sack_preventing_reopen). */
const isNonSackPreventingReopen = (tp: TcpSock): boolean => {
  if (tp.sndUna !== tp.highSeq || tp.rxOpt.sackOk) return false
  // No false fast retransmission by duplicates of what was sent again.
  tcpRetransStampCleanup(tp)
  return true
}

const reopen = (tp: TcpSock): void => {
  tcpSetCaState(tp, TCP_CA_OPEN)
  tp.isSackReneg = false
}

/** The recovery is over, perhaps undone; true when the state stays (tcp_try_undo_recovery). */
export const tcpTryUndoRecovery = (tp: TcpSock): boolean => {
  if (mayUndo(tp)) {
    const { mib } = netnsTcp(tp.netns)
    undoCwndReduction(tp, false)
    if (tp.caState === TCP_CA_LOSS) mib.TCPLossUndo++
    else mib.TCPFullUndo++
  } else if (tp.rack.reoWndPersist !== 0) tp.rack.reoWndPersist--
  if (isNonSackPreventingReopen(tp)) return true
  reopen(tp)
  return false
}

/** All retransmissions were duplicates (tcp_try_undo_dsack). */
export const tcpTryUndoDsack = (tp: TcpSock): boolean => {
  if (tp.undoMarker === 0 || tp.undoRetrans !== 0) return false
  tp.rack.reoWndPersist = Math.min(TCP_RACK_RECOVERY_THRESH, tp.rack.reoWndPersist + 1)
  undoCwndReduction(tp, false)
  netnsTcp(tp.netns).mib.TCPDSACKUndo++
  return true
}

/** The timeout came too early (tcp_try_undo_loss). */
const tryUndoLoss = (tp: TcpSock, byFrto: boolean): boolean => {
  if (!byFrto && !mayUndo(tp)) return false
  const { mib } = netnsTcp(tp.netns)
  undoCwndReduction(tp, true)
  mib.TCPLossUndo++
  if (byFrto) mib.TCPSpuriousRTOs++
  tp.retransmits = 0
  if (!isNonSackPreventingReopen(tp) && (byFrto || tp.rxOpt.sackOk)) reopen(tp)
  return true
}

/** A partial acknowledgement in recovery may show that nothing was lost; true: mark and send no more (tcp_try_undo_partial). */
export const tcpTryUndoPartial = (tp: TcpSock, priorSndUna: number): boolean => {
  if (tp.undoMarker === 0 || !packetDelayed(tp)) return false
  tcpCheckSackReordering(tp, priorSndUna, true)
  if (tp.retransOut !== 0) return true
  tcpRetransStampCleanup(tp)
  undoCwndReduction(tp, true)
  netnsTcp(tp.netns).mib.TCPPartialUndo++
  tcpTryKeepOpen(tp)
  return false
}

/** F-RTO: the timeout was too early when data arrives that was never sent again; true when nothing more is to be done. */
const processFrto = (tp: TcpSock, flag: number, numDupack: number, isRecovered: boolean): boolean => {
  if (flag & FLAG_ORIG_SACK_ACKED && tryUndoLoss(tp, true)) return true
  if (after(tp.sndNxt, tp.highSeq)) {
    if (flag & FLAG_DATA_SACKED || numDupack !== 0) tp.frto = false
  } else if (flag & FLAG_SND_UNA_ADVANCED && !isRecovered) {
    tp.highSeq = tp.sndNxt
    if (tp.writeQueue.head !== null && after(tcpWndEnd(tp), tp.sndNxt)) {
      tp.ackState.rexmit = REXMIT_NEW
      return true
    }
    tp.frto = false
  }
  return false
}

/** An acknowledgement in the state Loss (tcp_process_loss). */
export const tcpProcessLoss = (tp: TcpSock, flag: number, numDupack: number): void => {
  const isRecovered = !before(tp.sndUna, tp.highSeq)
  if (flag & FLAG_SND_UNA_ADVANCED && tryUndoLoss(tp, false)) return
  if (tp.frto && processFrto(tp, flag, numDupack, isRecovered)) return
  if (isRecovered) {
    tcpTryUndoRecovery(tp)
    return
  }
  if (!tp.rxOpt.sackOk) {
    if (after(tp.sndNxt, tp.highSeq) && numDupack !== 0) tcpAddRenoSack(tp, numDupack, (flag & FLAG_ECE) !== 0)
    else if (flag & FLAG_SND_UNA_ADVANCED) tp.sackedOut = 0
  }
  tp.ackState.rexmit = REXMIT_LOST
}

/** Adds the time of a recovery that a timeout began (tcp_update_rto_time). */
export const tcpUpdateRtoTime = (tp: TcpSock): void => {
  if (tp.rtoStamp === 0) return
  tp.totalRtoTime += (tcpTimeStampMs(tp) - tp.rtoStamp) | 0
  tp.rtoStamp = 0
}
