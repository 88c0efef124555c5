/**
 * Whether a segment is acceptable: PAWS, sequence, RST, SYN.
 *
 * @see net/ipv4/tcp_input.c tcp_validate_incoming, tcp_sequence, tcp_reset; RFC 5961, RFC 7323 section 5
 */
import { DROP } from '../../core/drop.js'
import { consumeSkb, type Skb } from '../../core/skb.js'
import { errnoNumber } from '../../errors.js'
import { TH_ACK, TH_FIN, TH_RST, TH_SYN, tcpWindow } from '../../wire/tcp.js'
import { netnsTcp, tcpSysctls } from './netns-tcp.js'
import { tcpDoneWithError } from './tcp-done.js'
import { tcpMayUpdateWindow } from './tcp-input-ack.js'
import { tcpSendChallengeAck } from './tcp-input-challenge.js'
import { tcpFastParseOptions } from './tcp-input-options.js'
import { TCP_MAX_QUICKACKS, tcpEnterQuickackMode } from './tcp-input-quickack.js'
import { tcpDropReason } from './tcp-input-rmem.js'
import { tcpDsackSet } from './tcp-input-sack-out.js'
import { tcpSendAck } from './tcp-output-ctl.js'
import { tcpReceiveWindow } from './tcp-output-window.js'
import { tcpOowRateLimited, tcpPawsCheck } from './tcp-paws.js'
import { after, before } from './tcp-seq.js'
import {
  TCP_CLOSE,
  TCP_CLOSE_WAIT,
  TCP_SYN_RECV,
  TCP_SYN_SENT,
  TCPF_CLOSE_WAIT,
  TCPF_CLOSING,
  TCPF_LAST_ACK,
} from './tcp-states.js'
import type { TcpSock } from './tcp-sock.js'

export { tcpSendChallengeAck } from './tcp-input-challenge.js'

const ECONNREFUSED = errnoNumber('ECONNREFUSED')
const ECONNRESET = errnoNumber('ECONNRESET')
const EPIPE = errnoNumber('EPIPE')
const TCP_PAWS_WINDOW = 1
const HZ = 250

/** Ends a connection whose peer has sent a RST (tcp_reset). Does not end the skb. */
export const tcpReset = (tp: TcpSock, _skb: Skb | null): void => {
  if (tp.state === TCP_CLOSE) return
  const errno = tp.state === TCP_SYN_SENT ? ECONNREFUSED : tp.state === TCP_CLOSE_WAIT ? EPIPE : ECONNRESET
  tcpDoneWithError(tp, errno)
}

/** An old timestamp on what is a plain duplicate of the last acknowledgement: 0, else the reason to drop it (tcp_disordered_ack_check). */
const disorderedAckCheck = (tp: TcpSock, skb: Skb): number => {
  const reason = DROP.TCP_RFC7323_PAWS
  const { seq } = skb
  if ((skb.tcpFlags & TH_ACK) === 0 || seq !== skb.endSeq) return reason
  if (seq !== tp.rcvNxt) return before(seq, tp.rcvNxt) ? DROP.TCP_RFC7323_PAWS_ACK : reason
  if (skb.ackSeq !== tp.sndUna) return reason
  const nwin = tcpWindow(skb.buf, skb.transportHeader) * 2 ** tp.rxOpt.sndWscale
  if (tcpMayUpdateWindow(tp, skb.ackSeq, seq, nwin)) return reason
  const replay = Math.floor((tp.rtoJiffies * 1200) / HZ)
  return ((tp.rxOpt.tsRecent - tp.rxOpt.rcvTsval) | 0) > replay ? reason : 0
}

/** 0 when the segment lies in the window, else the reason to drop it (tcp_sequence). */
const sequence = (tp: TcpSock, skb: Skb): number => {
  if (before(skb.endSeq, tp.rcvWup)) return DROP.TCP_OLD_SEQUENCE
  const limit = (tp.rcvNxt + tcpReceiveWindow(tp)) | 0
  // A FIN may lie behind the window.
  if (!after((skb.endSeq - (skb.tcpFlags & TH_FIN ? 1 : 0)) | 0, limit)) return 0
  if (after(skb.seq, limit)) return DROP.TCP_INVALID_SEQUENCE
  // What goes beyond the window is taken when nothing else waits to be read.
  return tp.rcvQueueHead < tp.rcvQueue.length ? DROP.TCP_INVALID_END_SEQUENCE : 0
}

/** Answers a segment that was not acceptable; old data is told as a duplicate (tcp_send_dupack). */
const sendDupack = (tp: TcpSock, skb: Skb): void => {
  if (skb.endSeq !== skb.seq && before(skb.seq, tp.rcvNxt)) {
    netnsTcp(tp.netns).mib.DelayedACKLost++
    tcpEnterQuickackMode(tp, TCP_MAX_QUICKACKS)
    if (tp.rxOpt.sackOk && tcpSysctls(tp.netns).dsack !== 0)
      tcpDsackSet(tp, skb.seq, after(skb.endSeq, tp.rcvNxt) ? tp.rcvNxt : skb.endSeq)
  }
  tcpSendAck(tp)
}

/** A RST with the number of the FIN before it counts, as some systems send it (tcp_reset_check). */
const resetCheck = (tp: TcpSock, skb: Skb): boolean =>
  skb.seq === ((tp.rcvNxt - 1) | 0) && ((1 << tp.state) & (TCPF_CLOSE_WAIT | TCPF_LAST_ACK | TCPF_CLOSING)) !== 0

/** A RST at the end of the highest SACK block counts. */
const isAtHighestSack = (tp: TcpSock, seq: number): boolean => {
  const { numSacks, sackOk } = tp.rxOpt
  if (!sackOk || numSacks === 0) return false
  let max = tp.selectiveAcks[0]!.end
  for (let i = 1; i < numSacks; i++) if (after(tp.selectiveAcks[i]!.end, max)) max = tp.selectiveAcks[i]!.end
  return seq === max
}

/** A SYN that completes the crossed opening of both sides. */
const isCrossedSynack = (tp: TcpSock, skb: Skb): boolean =>
  tp.state === TCP_SYN_RECV &&
  !tp.dead &&
  (skb.tcpFlags & TH_ACK) !== 0 &&
  ((skb.seq + 1) | 0) === skb.endSeq &&
  skb.endSeq === tp.rcvNxt &&
  skb.ackSeq === tp.sndNxt

const reset = (tp: TcpSock, skb: Skb): false => {
  tcpReset(tp, skb)
  consumeSkb(skb)
  return false
}

const synChallenge = (tp: TcpSock, skb: Skb, isInErr: boolean): false => {
  const { mib } = netnsTcp(tp.netns)
  if (isInErr) mib.TcpInErrs++
  mib.TCPSYNChallenge++
  tcpSendChallengeAck(tp)
  return discard(tp, skb, DROP.TCP_INVALID_SYN)
}

const discard = (tp: TcpSock, skb: Skb, reason: number): false => {
  tcpDropReason(tp, skb, reason)
  return false
}

/** A segment with an old timestamp. */
const pawsRejected = (tp: TcpSock, skb: Skb, reason: number, isInErr: boolean): false => {
  if (skb.tcpFlags & TH_SYN) return synChallenge(tp, skb, isInErr)
  const { mib } = netnsTcp(tp.netns)
  if (reason === DROP.TCP_RFC7323_PAWS_ACK) mib.PAWSOldAck++
  else {
    mib.PAWSEstab++
    if (!tcpOowRateLimited(tp.netns, skb, tp, 'TCPACKSkippedPAWS')) sendDupack(tp, skb)
  }
  return discard(tp, skb, reason)
}

/** A segment that lies not in the window. */
const outOfWindow = (tp: TcpSock, skb: Skb, reason: number, isInErr: boolean): false => {
  if (skb.tcpFlags & TH_RST) {
    if (resetCheck(tp, skb)) return reset(tp, skb)
  } else {
    if (skb.tcpFlags & TH_SYN) return synChallenge(tp, skb, isInErr)
    if (reason !== DROP.TCP_OLD_SEQUENCE) netnsTcp(tp.netns).mib.BeyondWindow++
    if (!tcpOowRateLimited(tp.netns, skb, tp, 'TCPACKSkippedSeq')) sendDupack(tp, skb)
  }
  return discard(tp, skb, reason)
}

/**
 * The segment is acceptable; otherwise it was answered and has ended (tcp_validate_incoming). `isInErr`: a SYN counts as an
 * error.
 */
export const tcpValidateIncoming = (tp: TcpSock, skb: Skb, isInErr: boolean): boolean => {
  const hasTstamp = tcpFastParseOptions(tp, skb) && tp.rxOpt.sawTstamp
  if (hasTstamp && !tcpPawsCheck(tp.netns, tp.rxOpt, TCP_PAWS_WINDOW)) {
    const reason = disorderedAckCheck(tp, skb)
    if (reason !== 0 && (skb.tcpFlags & TH_RST) === 0) return pawsRejected(tp, skb, reason, isInErr)
  }
  const reason = sequence(tp, skb)
  if (reason !== 0) return outOfWindow(tp, skb, reason, isInErr)
  if (skb.tcpFlags & TH_RST) {
    if (skb.seq === tp.rcvNxt || resetCheck(tp, skb) || isAtHighestSack(tp, skb.seq)) return reset(tp, skb)
    tcpSendChallengeAck(tp)
    return discard(tp, skb, DROP.TCP_RESET)
  }
  if (skb.tcpFlags & TH_SYN && !isCrossedSynack(tp, skb)) return synChallenge(tp, skb, isInErr)
  return true
}

/** Data in the segment that is newer than what was received, its FIN not counted. */
export const hasNewData = (tp: TcpSock, skb: Skb): boolean =>
  skb.endSeq !== skb.seq && after((skb.endSeq - (skb.tcpFlags & TH_FIN ? 1 : 0)) | 0, tp.rcvNxt)
