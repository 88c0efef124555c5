/**
 * What a segment allows besides: sending more, waking writers, acknowledging.
 *
 * @see net/ipv4/tcp_input.c tcp_check_space, tcp_data_snd_check, __tcp_ack_snd_check
 */
import { tcpCheckSpace } from './tcp-sndbuf.js'
import { tcpSysctls } from './netns-tcp.js'
import { ICSK_ACK_NOW, inetCskAckScheduled } from './tcp-ack-state.js'
import { tcpInQuickackMode } from './tcp-input-quickack.js'
import { tcpSendAck, tcpSendDelayedAck } from './tcp-output-ctl.js'
import { tcpSelectWindowRaw } from './tcp-output-window.js'
import { tcpPushPendingFrames } from './tcp-output-xmit.js'
import { TCP_ACK_DEFERRED, type TcpSock } from './tcp-sock.js'
import { tcpStartCompressedAckTimer } from './tcp-timer.js'

/** Duplicates that are sent at once before they are compressed (TCP_FASTRETRANS_THRESH). */
const TCP_FASTRETRANS_THRESH = 3

/** Sends what may be sent now, and wakes writers (tcp_data_snd_check). */
export const tcpDataSndCheck = (tp: TcpSock): void => {
  tcpPushPendingFrames(tp)
  tcpCheckSpace(tp)
}

/** An acknowledgement is due at once: more than a segment and a window that opens, quick mode, or the protocol wants it. */
const isDueNow = (tp: TcpSock): boolean => {
  const { ack } = tp
  if (((tp.rcvNxt - tp.rcvWup) | 0) > ack.rcvMss) {
    if (((tp.rcvNxt - tp.copiedSeq) | 0) < tp.rcvlowat || tcpSelectWindowRaw(tp) >= tp.rcvWnd) return true
  }
  return tcpInQuickackMode(tp) || (ack.pending & ICSK_ACK_NOW) !== 0
}

/** Several duplicates in a row become one, with a delay of a twentieth of the round trip; true when it must leave now. */
const compress = (tp: TcpSock): boolean => {
  const { compSackNr, compSackDelayNs } = tcpSysctls(tp.netns)
  if (!tp.rxOpt.sackOk || tp.compressedAck >= compSackNr) return true
  if (tp.compressedAckRcvNxt !== tp.rcvNxt) {
    tp.compressedAckRcvNxt = tp.rcvNxt
    tp.dupAckCounter = 0
  }
  if (tp.dupAckCounter < TCP_FASTRETRANS_THRESH) {
    tp.dupAckCounter++
    return true
  }
  tp.compressedAck++
  const rtt = tp.srttUs !== 0 && tp.srttUs < tp.rcvRttUs ? tp.srttUs : tp.rcvRttUs
  // rtt is eight times microseconds.
  tcpStartCompressedAckTimer(tp, Math.min(compSackDelayNs, Math.floor((rtt * 125) / 20)))
  return false
}

/** Acknowledges what is due, at once or later (__tcp_ack_snd_check). `ofoPossible`: something may be out of order. */
export const tcpAckSndCheckAlways = (tp: TcpSock, ofoPossible: boolean): void => {
  if (isDueNow(tp)) {
    // A program that works off its backlog acknowledges once, at the end.
    if (tp.ownedByUser && tcpSysctls(tp.netns).backlogAckDefer !== 0) tp.deferred |= TCP_ACK_DEFERRED
    else tcpSendAck(tp)
    return
  }
  if (!ofoPossible || tp.oooQueue.length === 0) tcpSendDelayedAck(tp)
  else if (compress(tp)) tcpSendAck(tp)
}

/** The same unless data that was sent has carried it (tcp_ack_snd_check). */
export const tcpAckSndCheck = (tp: TcpSock): void => {
  if (inetCskAckScheduled(tp)) tcpAckSndCheckAlways(tp, true)
}
