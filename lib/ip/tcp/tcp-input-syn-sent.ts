/**
 * Connections become established: the answer to this side's SYN, and what starts then.
 *
 * @see net/ipv4/tcp_input.c tcp_rcv_synsent_state_process, tcp_finish_connect, tcp_init_transfer
 */
import { DROP } from '../../core/drop.js'
import { consumeSkb, type Skb } from '../../core/skb.js'
import { TCP_HLEN, TH_ACK, TH_RST, TH_SYN, tcpWindow } from '../../wire/tcp.js'
import { inetSkRebuildHeader } from '../queue-xmit.js'
import { netnsTcp } from './netns-tcp.js'
import { FLAG_SLOWPATH } from './tcp-ack-sample.js'
import { inetCskInPingpongMode, inetCskScheduleAck } from './tcp-ack-state.js'
import { tcpInitCongestionControl } from './tcp-cong.js'
import { skStateChange, tcpSetState } from './tcp-done.js'
import { tcpFastPathOnWith } from './tcp-fast-path.js'
import { tcpAck, tcpStoreTsRecent } from './tcp-input-ack.js'
import { tcpEcnRcvSyn, tcpEcnRcvSynack } from './tcp-input-ecn.js'
import { tcpClearOptions, tcpParseOptions } from './tcp-input-options.js'
import { TCP_MAX_QUICKACKS, tcpEnterQuickackMode } from './tcp-input-quickack.js'
import { tcpInitBufferSpace, tcpInitializeRcvMss } from './tcp-input-rcvbuf.js'
import { tcpDropReason } from './tcp-input-rmem.js'
import { tcpInitCwnd } from './tcp-input-rtt.js'
import { tcpReset } from './tcp-input-validate.js'
import { tcpInitMetrics } from './tcp-metrics.js'
import { tcpTimeStampMs } from './tcp-time.js'
import { tcpSendAck, tcpSendSynackOf } from './tcp-output-ctl.js'
import { tcpMtupInit, tcpSyncMss } from './tcp-output-mss.js'
import { tcpPawsReject } from './tcp-paws.js'
import { after, between } from './tcp-seq.js'
import { TCP_ESTABLISHED, TCP_SYN_RECV } from './tcp-states.js'
import type { TcpSock } from './tcp-sock.js'
import { tcpJiffies } from './tcp-time.js'
import {
  ICSK_TIME_DACK,
  ICSK_TIME_RETRANS,
  keepaliveTimeWhen,
  TCP_DELACK_MAX,
  TCP_TIMEOUT_MIN,
  tcpResetKeepaliveTimer,
  tcpResetXmitTimer,
} from './tcp-timer.js'

const TCPOLEN_TSTAMP_ALIGNED = 12
const MAX_UNSCALED = 65535

/** What the sides have agreed on takes effect: MSS, metrics, congestion control, buffers (tcp_init_transfer). */
export const tcpInitTransfer = (tp: TcpSock, _skb: Skb | null): void => {
  tcpMtupInit(tp)
  inetSkRebuildHeader(tp)
  tcpInitMetrics(tp)
  // After more than one repetition of the SYN the path is taken for congested.
  tp.sndCwnd = tp.totalRetrans > 1 && tp.undoMarker !== 0 ? 1 : tcpInitCwnd(tp, tp.dstCache)
  tp.sndCwndStampJiffies = tcpJiffies(tp.netns)
  tcpInitCongestionControl(tp)
  tcpInitBufferSpace(tp)
}

/** The connection that this side has asked for is made (tcp_finish_connect). */
export const tcpFinishConnect = (tp: TcpSock, skb: Skb | null): void => {
  tcpSetState(tp, TCP_ESTABLISHED)
  const now = tcpJiffies(tp.netns)
  tp.ack.lrcvtimeJiffies = now
  tcpInitTransfer(tp, skb)
  tp.lsndtimeJiffies = now
  if (tp.keepalive) tcpResetKeepaliveTimer(tp, keepaliveTimeWhen(tp))
  if (tp.rxOpt.sndWscale === 0) tcpFastPathOnWith(tp, tp.sndWnd)
  else tp.predFlags = 0
}

/** The timeout of a SYN was too early when the answer is that to the first one (tcp_try_undo_spurious_syn). */
export const tcpTryUndoSpuriousSyn = (tp: TcpSock): void => {
  const stamp = tp.retransStamp
  if (tp.undoMarker !== 0 && stamp !== 0 && tp.rxOpt.sawTstamp && stamp === tp.rxOpt.rcvTsecr) tp.undoMarker = 0
}

/** The numbers of the peer's SYN. */
const takeSyn = (tp: TcpSock, skb: Skb): void => {
  tp.rcvNxt = (skb.seq + 1) | 0
  tp.rcvWup = tp.rcvNxt
  // The window of a SYN is never scaled.
  tp.sndWnd = tcpWindow(skb.buf, skb.transportHeader)
}

const takeTimestamps = (tp: TcpSock): void => {
  if (!tp.rxOpt.sawTstamp) {
    tp.tcpHeaderLen = TCP_HLEN
    return
  }
  tp.rxOpt.tstampOk = true
  tp.tcpHeaderLen = TCP_HLEN + TCPOLEN_TSTAMP_ALIGNED
  tcpStoreTsRecent(tp)
}

/** The SYN,ACK has come: -1, the caller sends what waits, or 0 when the skb was taken. */
const rcvSynack = (tp: TcpSock, skb: Skb): number => {
  tcpEcnRcvSynack(tp, skb.tcpFlags)
  tp.sndWl1 = skb.seq
  tcpTryUndoSpuriousSyn(tp)
  tcpAck(tp, skb, FLAG_SLOWPATH)
  takeSyn(tp, skb)
  if (!tp.rxOpt.wscaleOk) {
    tp.rxOpt.sndWscale = tp.rxOpt.rcvWscale = 0
    tp.windowClamp = Math.min(tp.windowClamp, MAX_UNSCALED)
  }
  takeTimestamps(tp)
  if (tp.rxOpt.tstampOk) tp.advmss -= TCPOLEN_TSTAMP_ALIGNED
  tcpSyncMss(tp, tp.pmtuCookie)
  tcpInitializeRcvMss(tp)
  tp.copiedSeq = tp.rcvNxt
  tcpFinishConnect(tp, skb)
  if (!tp.dead) skStateChange(tp)
  if (tp.deferAccept !== 0 || inetCskInPingpongMode(tp)) {
    // The program has something to send, or said so: the acknowledgement waits for it.
    inetCskScheduleAck(tp)
    tcpEnterQuickackMode(tp, TCP_MAX_QUICKACKS)
    tcpResetXmitTimer(tp, ICSK_TIME_DACK, TCP_DELACK_MAX, false)
    consumeSkb(skb)
    return 0
  }
  tcpSendAck(tp)
  return -1
}

/** The peer's SYN has crossed this side's (RFC 9293 section 3.5, simultaneous open). */
const rcvCrossedSyn = (tp: TcpSock, skb: Skb): number => {
  tcpSetState(tp, TCP_SYN_RECV)
  takeTimestamps(tp)
  takeSyn(tp, skb)
  tp.copiedSeq = tp.rcvNxt
  tp.sndWl1 = skb.seq
  tp.maxWindow = tp.sndWnd
  tcpEcnRcvSyn(tp, skb.tcpFlags)
  tcpMtupInit(tp)
  tcpSyncMss(tp, tp.pmtuCookie)
  tcpInitializeRcvMss(tp)
  tcpSendSynackOf(tp)
  consumeSkb(skb)
  return 0
}

const forget = (tp: TcpSock, clamp: number): void => {
  tcpClearOptions(tp.rxOpt)
  tp.rxOpt.mssClamp = clamp
}

const discard = (tp: TcpSock, skb: Skb, clamp: number, reason: number): number => {
  forget(tp, clamp)
  tcpDropReason(tp, skb, reason)
  return 0
}

/** Why an acknowledgement of this side's SYN cannot be one: a drop reason, the caller resets; 0 when it can. */
const badAck = (tp: TcpSock, skb: Skb): number => {
  if (!after(skb.ackSeq, tp.sndUna) || after(skb.ackSeq, tp.sndNxt)) {
    // An earlier connection's rest: the SYN is sent again soon.
    if (tp.retransmits === 0) tcpResetXmitTimer(tp, ICSK_TIME_RETRANS, TCP_TIMEOUT_MIN, false)
    return DROP.TCP_INVALID_ACK_SEQUENCE
  }
  const { sawTstamp, rcvTsecr } = tp.rxOpt
  if (!sawTstamp || rcvTsecr === 0 || between(rcvTsecr, tp.retransStamp, tcpTimeStampMs(tp))) return 0
  netnsTcp(tp.netns).mib.PAWSActive++
  return DROP.TCP_RFC7323_PAWS
}

/**
 * A segment in SYN_SENT (tcp_rcv_synsent_state_process): -1 when the caller goes on by sending what waits and consumes the
 * skb, 0 when the skb was taken, or the reason for a reset.
 */
export const tcpRcvSynsentStateProcess = (tp: TcpSock, skb: Skb): number => {
  const clamp = tp.rxOpt.mssClamp
  const flags = skb.tcpFlags
  tcpParseOptions(tp.netns, skb, tp.rxOpt, false)
  if (tp.rxOpt.sawTstamp && tp.rxOpt.rcvTsecr !== 0) tp.rxOpt.rcvTsecr = (tp.rxOpt.rcvTsecr - tp.tsOffset) | 0
  if (flags & TH_ACK) {
    const reason = badAck(tp, skb)
    if (reason !== 0) {
      forget(tp, clamp)
      return reason
    }
    if (flags & TH_RST) {
      tcpReset(tp, skb)
      consumeSkb(skb)
      return 0
    }
    return flags & TH_SYN ? rcvSynack(tp, skb) : discard(tp, skb, clamp, DROP.TCP_FLAGS)
  }
  if (flags & TH_RST) return discard(tp, skb, clamp, DROP.TCP_RESET)
  if (tp.rxOpt.tsRecentStamp !== 0 && tp.rxOpt.sawTstamp && tcpPawsReject(tp.netns, tp.rxOpt, false))
    return discard(tp, skb, clamp, DROP.TCP_RFC7323_PAWS)
  return flags & TH_SYN ? rcvCrossedSyn(tp, skb) : discard(tp, skb, clamp, DROP.NOT_SPECIFIED)
}
