/**
 * The states of congestion control: an acknowledgement that is not plain moves between them.
 *
 * @see net/ipv4/tcp_input.c tcp_fastretrans_alert
 */
import {
  FLAG_ECE,
  FLAG_LOST_RETRANS,
  FLAG_SET_XMIT_TIMER,
  FLAG_SND_UNA_ADVANCED,
  REXMIT_LOST,
} from './tcp-ack-sample.js'
import { tcpSetCaState } from './tcp-cong.js'
import { tcpEndCwndReduction, tcpMtupProbeFailed, tcpTryToOpen } from './tcp-input-cwnd.js'
import { tcpAddRenoSack, tcpCheckSackReneging, tcpEnterRecovery, tcpSimpleRetransmit } from './tcp-input-loss.js'
import {
  tcpProcessLoss,
  tcpTryUndoDsack,
  tcpTryUndoPartial,
  tcpTryUndoRecovery,
  tcpUpdateRtoTime,
} from './tcp-input-undo.js'
import { tcpNewrenoMarkLost, tcpRackMarkLost } from './tcp-recovery.js'
import { before } from './tcp-seq.js'
import { TCP_CA_CWR, TCP_CA_DISORDER, TCP_CA_LOSS, TCP_CA_OPEN, TCP_CA_RECOVERY } from './tcp-states.js'
import type { TcpSock } from './tcp-sock.js'

/** Marks what is lost (tcp_identify_packet_loss). */
const identifyPacketLoss = (tp: TcpSock): void => {
  if (tp.rtxQueue.head === null) return
  const { ackState } = tp
  if (!tp.rxOpt.sackOk) {
    tcpNewrenoMarkLost(tp, (ackState.flag & FLAG_SND_UNA_ADVANCED) !== 0)
    return
  }
  const prior = tp.retransOut
  if (tcpRackMarkLost(tp)) ackState.flag &= ~FLAG_SET_XMIT_TIMER
  if (prior > tp.retransOut) ackState.flag |= FLAG_LOST_RETRANS
}

/** Everything of the recovery is acknowledged; true when nothing more is to be done. */
const isOver = (tp: TcpSock): boolean => {
  if (tp.caState === TCP_CA_CWR) {
    // Held until something above it is acknowledged, so that the CWR flag reaches the peer.
    if (tp.sndUna !== tp.highSeq) {
      tcpEndCwndReduction(tp)
      tcpSetCaState(tp, TCP_CA_OPEN)
    }
  } else if (tp.caState === TCP_CA_RECOVERY) {
    if (!tp.rxOpt.sackOk) tp.sackedOut = 0
    if (tcpTryUndoRecovery(tp)) return true
    tcpEndCwndReduction(tp)
  }
  return false
}

/** In Recovery; true when there is something to send again. */
const inRecovery = (tp: TcpSock, priorSndUna: number, numDupack: number, flag: number): boolean => {
  const ece = (flag & FLAG_ECE) !== 0
  if ((flag & FLAG_SND_UNA_ADVANCED) === 0) {
    if (!tp.rxOpt.sackOk) tcpAddRenoSack(tp, numDupack, ece)
  } else if (tcpTryUndoPartial(tp, priorSndUna)) return false
  if (tcpTryUndoDsack(tp)) tcpTryToOpen(tp, flag)
  identifyPacketLoss(tp)
  if (tp.caState === TCP_CA_RECOVERY) return true
  if (tp.lostOut === 0) return false
  tcpEnterRecovery(tp, ece)
  return true
}

/** In Open, Disorder, CWR, or when Loss was left; true when there is something to send again. */
const inOrder = (tp: TcpSock, numDupack: number, flag: number): boolean => {
  const ece = (flag & FLAG_ECE) !== 0
  if (!tp.rxOpt.sackOk) {
    if (flag & FLAG_SND_UNA_ADVANCED) tp.sackedOut = 0
    tcpAddRenoSack(tp, numDupack, ece)
  }
  if (tp.caState <= TCP_CA_DISORDER) tcpTryUndoDsack(tp)
  identifyPacketLoss(tp)
  if (tp.lostOut === 0) {
    tcpTryToOpen(tp, flag)
    return false
  }
  const { mtup } = tp
  if (tp.caState < TCP_CA_CWR && mtup.probeSize !== 0 && tp.sndUna === mtup.probeSeqStart) {
    tcpMtupProbeFailed(tp)
    // The probe had been taken out of the window.
    tp.sndCwnd++
    tcpSimpleRetransmit(tp)
    return false
  }
  tcpEnterRecovery(tp, ece)
  return true
}

/** Moves between the states (tcp_fastretrans_alert); what to send is `tp.ackState.rexmit`. */
export const tcpFastretransAlert = (tp: TcpSock, priorSndUna: number, numDupack: number): void => {
  const { ackState } = tp
  const { flag } = ackState
  if (tp.packetsOut === 0 && tp.sackedOut !== 0) tp.sackedOut = 0
  if (flag & FLAG_ECE) tp.priorSsthresh = 0
  if (tcpCheckSackReneging(tp)) return
  if (tp.caState === TCP_CA_OPEN) tp.retransStamp = 0
  else if (!before(tp.sndUna, tp.highSeq) && isOver(tp)) return
  let resend: boolean
  if (tp.caState === TCP_CA_RECOVERY) resend = inRecovery(tp, priorSndUna, numDupack, flag)
  else {
    if (tp.caState === TCP_CA_LOSS) {
      tcpProcessLoss(tp, flag, numDupack)
      if (tp.caState !== TCP_CA_LOSS) tcpUpdateRtoTime(tp)
      identifyPacketLoss(tp)
      if (tp.caState !== (TCP_CA_OPEN as number) && (ackState.flag & FLAG_LOST_RETRANS) === 0) return
    }
    resend = inOrder(tp, numDupack, flag)
  }
  if (resend) ackState.rexmit = REXMIT_LOST
}
