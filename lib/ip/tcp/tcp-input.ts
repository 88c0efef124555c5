/**
 * Segments for a socket: the fast path of an established connection, and the other states.
 *
 * @see net/ipv4/tcp_input.c tcp_rcv_established, tcp_rcv_state_process; RFC 9293 section 3.10.7
 */
import { DROP } from '../../core/drop.js'
import { consumeSkb, type Skb } from '../../core/skb.js'
import { getU32 } from '../../wire/bytes.js'
import { TCP_HLEN, TH_ACK, TH_FIN, TH_RST, TH_SYN, tcpWindow } from '../../wire/tcp.js'
import { TCP_TIMEWAIT_LEN } from './inet-timewait-sock.js'
import { netnsTcp } from './netns-tcp.js'
import { FLAG_DATA, FLAG_NO_CHALLENGE_ACK, FLAG_SLOWPATH, FLAG_UPDATE_TS_RECENT } from './tcp-ack-sample.js'
import { inetCskAckScheduled } from './tcp-ack-state.js'
import { tcpSendShutdown } from './tcp-close-state.js'
import { tcpV4ConnRequest } from './tcp-conn-request.js'
import { skStateChange, tcpDone, tcpSetState } from './tcp-done.js'
import { tcpFastPathOn } from './tcp-fast-path.js'
import { tcpAck, tcpStoreTsRecent } from './tcp-input-ack.js'
import { tcpSendChallengeAck } from './tcp-input-challenge.js'
import { tcpDataQueue, tcpDataReady, tcpEventDataRecv, tcpQueueRcv } from './tcp-input-data.js'
import { tcpParseAlignedTimestamp } from './tcp-input-options.js'
import { tcpInitializeRcvMss, tcpRcvRttMeasureTs } from './tcp-input-rcvbuf.js'
import { tcpDropReason } from './tcp-input-rmem.js'
import { tcpSynackRttMeas, tcpUpdatePacingRate } from './tcp-input-rtt.js'
import { tcpAckSndCheck, tcpAckSndCheckAlways, tcpDataSndCheck } from './tcp-input-space.js'
import { tcpInitTransfer, tcpRcvSynsentStateProcess, tcpTryUndoSpuriousSyn } from './tcp-input-syn-sent.js'
import { tcpUrg } from './tcp-input-urg.js'
import { hasNewData, tcpReset, tcpValidateIncoming } from './tcp-input-validate.js'
import { tcpUpdateMetrics } from './tcp-metrics.js'
import { tcpMstampRefresh } from './tcp-time.js'
import { tcpReceiveWindow } from './tcp-output-window.js'
import { after, before } from './tcp-seq.js'
import {
  RCV_SHUTDOWN,
  SEND_SHUTDOWN,
  TCP_CLOSE,
  TCP_CLOSING,
  TCP_ESTABLISHED,
  TCP_FIN_WAIT1,
  TCP_FIN_WAIT2,
  TCP_LAST_ACK,
  TCP_LISTEN,
  TCP_SYN_RECV,
  TCP_SYN_SENT,
  TCP_TIME_WAIT,
  TCPF_CLOSE_WAIT,
  TCPF_CLOSING,
  TCPF_ESTABLISHED,
  TCPF_FIN_WAIT1,
  TCPF_FIN_WAIT2,
  TCPF_LAST_ACK,
} from './tcp-states.js'
import type { TcpSock } from './tcp-sock.js'
import { tcpJiffies } from './tcp-time.js'
import { tcpResetKeepaliveTimer } from './tcp-timer.js'
import { tcpFinTime } from './tcp-timer-rto.js'
import { tcpTimeWait } from './tcp-timewait.js'

const TCPOLEN_TSTAMP_ALIGNED = 12
/** Offset of the word with header length, flags and window, and what of it is predicted: all but PSH and reserved bits. */
const FLAG_WORD = 12
const TCP_HP_BITS: number = ~0x0f080000
const ANY_CONTROL: number = TH_ACK | TH_RST | TH_SYN

/** A pure acknowledgement on the fast path. */
const fastAck = (tp: TcpSock, skb: Skb, hasTstamp: boolean): void => {
  if (hasTstamp && tp.rcvNxt === tp.rcvWup) tcpStoreTsRecent(tp)
  tcpAck(tp, skb, 0)
  consumeSkb(skb)
  tcpDataSndCheck(tp)
  tp.rcvRttLastTsecr = tp.rxOpt.rcvTsecr
}

/** Data on the fast path. */
const fastData = (tp: TcpSock, skb: Skb, hasTstamp: boolean): void => {
  if (hasTstamp && tp.rcvNxt === tp.rcvWup) tcpStoreTsRecent(tp)
  tcpRcvRttMeasureTs(tp, skb)
  netnsTcp(tp.netns).mib.TCPHPHits++
  skb.data += tp.tcpHeaderLen
  const { truesize } = skb
  tcpQueueRcv(tp, skb)
  tcpEventDataRecv(tp, skb, truesize)
  if (skb.ackSeq !== tp.sndUna) {
    tcpAck(tp, skb, FLAG_DATA)
    tcpDataSndCheck(tp)
    if (inetCskAckScheduled(tp)) tcpAckSndCheckAlways(tp, false)
  } else {
    tp.sndWl1 = skb.seq
    tcpAckSndCheckAlways(tp, false)
  }
  tcpDataReady(tp)
}

/** Tries the fast path; true when it took the segment. */
const tryFastPath = (tp: TcpSock, skb: Skb): boolean => {
  const { buf: b, data: o } = skb
  if ((getU32(b, o + FLAG_WORD) & TCP_HP_BITS) !== tp.predFlags) return false
  if (skb.seq !== tp.rcvNxt || after(skb.ackSeq, tp.sndNxt)) return false
  const hlen = tp.tcpHeaderLen
  const hasTstamp = hlen === TCP_HLEN + TCPOLEN_TSTAMP_ALIGNED
  if (hasTstamp) {
    if (!tcpParseAlignedTimestamp(tp, b, o)) return false
    if (((tp.rxOpt.rcvTsval - tp.rxOpt.tsRecent) | 0) < 0) return false
  }
  const len = skb.tail - o
  if (len === hlen) {
    fastAck(tp, skb, hasTstamp)
    return true
  }
  if (len < hlen) {
    netnsTcp(tp.netns).mib.TcpInErrs++
    tcpDropReason(tp, skb, DROP.PKT_TOO_SMALL)
    return true
  }
  // What goes beyond the window takes the other path. What is in it was promised room, be the buffer full or not.
  if (after(skb.endSeq, (tp.rcvNxt + tcpReceiveWindow(tp)) | 0)) return false
  fastData(tp, skb, hasTstamp)
  return true
}

/** A segment for an established connection (tcp_rcv_established). Owns the skb, whose `data` is at the TCP header. */
export const tcpRcvEstablished = (tp: TcpSock, skb: Skb): void => {
  tcpMstampRefresh(tp)
  tp.rxOpt.sawTstamp = false
  tp.rxOpt.sackAt = 0
  if (tryFastPath(tp, skb)) return
  if ((skb.tcpFlags & ANY_CONTROL) === 0) {
    tcpDropReason(tp, skb, DROP.TCP_FLAGS)
    return
  }
  if (!tcpValidateIncoming(tp, skb, true)) return
  const reason = tcpAck(tp, skb, FLAG_SLOWPATH | FLAG_UPDATE_TS_RECENT)
  if (reason < 0) {
    tcpDropReason(tp, skb, -reason)
    return
  }
  tcpRcvRttMeasureTs(tp, skb)
  tcpUrg(tp, skb)
  tcpDataQueue(tp, skb)
  tcpDataSndCheck(tp)
  tcpAckSndCheck(tp)
}

/** A segment for a listening socket: 0, or the reason for a reset. */
const rcvListen = (tp: TcpSock, skb: Skb): number => {
  const flags = skb.tcpFlags
  if (flags & TH_ACK) return DROP.TCP_FLAGS
  if (flags & TH_RST) tcpDropReason(tp, skb, DROP.TCP_RESET)
  else if ((flags & (TH_SYN | TH_FIN)) === TH_SYN) {
    tcpV4ConnRequest(tp, skb)
    consumeSkb(skb)
  } else tcpDropReason(tp, skb, DROP.TCP_FLAGS)
  return 0
}

/** The peer has acknowledged this side's SYN,ACK. */
const synRecvEstablished = (tp: TcpSock, skb: Skb): void => {
  tp.delivered++
  if (tp.srttUs === 0) tcpSynackRttMeas(tp, 0, true)
  if (tp.rxOpt.tstampOk) tp.advmss -= TCPOLEN_TSTAMP_ALIGNED
  tcpTryUndoSpuriousSyn(tp)
  tp.retransStamp = 0
  tcpInitTransfer(tp, skb)
  tp.copiedSeq = tp.rcvNxt
  tcpSetState(tp, TCP_ESTABLISHED)
  skStateChange(tp)
  tp.sndUna = skb.ackSeq
  tp.sndWnd = tcpWindow(skb.buf, skb.transportHeader) * 2 ** tp.rxOpt.sndWscale
  tp.sndWl1 = skb.seq
  if (tp.caOps!.congControl === undefined) tcpUpdatePacingRate(tp)
  tp.lsndtimeJiffies = tcpJiffies(tp.netns)
  tcpInitializeRcvMss(tp)
  tcpFastPathOn(tp)
  if (tp.shutdown & SEND_SHUTDOWN) tcpSendShutdown(tp)
}

/** How the handling of a state ended: the rest follows; the skb is to be consumed; or a drop reason. */
const GO_ON = 0
const CONSUME = -1

/** This side's FIN was acknowledged, as far as that is so. */
const finWait1 = (tp: TcpSock, skb: Skb): number => {
  if (tp.sndUna !== tp.writeSeq) return GO_ON
  tcpSetState(tp, TCP_FIN_WAIT2)
  tp.shutdown |= SEND_SHUTDOWN
  tp.dstPendingConfirm = true
  if (!tp.dead) {
    skStateChange(tp)
    return GO_ON
  }
  // Nobody will read: new data ends the connection, and so does a lingering time of less than nothing.
  if (tp.linger2Jiffies < 0 || hasNewData(tp, skb)) {
    tcpDone(tp)
    netnsTcp(tp.netns).mib.TCPAbortOnData++
    return DROP.TCP_ABORT_ON_DATA
  }
  const tmo = tcpFinTime(tp)
  if (tmo > TCP_TIMEWAIT_LEN) tcpResetKeepaliveTimer(tp, tmo - TCP_TIMEWAIT_LEN)
  else if (skb.tcpFlags & TH_FIN || tp.ownedByUser) tcpResetKeepaliveTimer(tp, tmo)
  else {
    tcpTimeWait(tp, TCP_FIN_WAIT2, tmo)
    return CONSUME
  }
  return GO_ON
}

/** What an acknowledgement means in each state. */
const byState = (tp: TcpSock, skb: Skb): number => {
  const { state } = tp
  if (state === TCP_SYN_RECV) synRecvEstablished(tp, skb)
  else if (state === TCP_FIN_WAIT1) return finWait1(tp, skb)
  else if (tp.sndUna !== tp.writeSeq) return GO_ON
  else if (state === TCP_CLOSING) {
    tcpTimeWait(tp, TCP_TIME_WAIT, 0)
    return CONSUME
  } else if (state === TCP_LAST_ACK) {
    tcpUpdateMetrics(tp)
    tcpDone(tp)
    return CONSUME
  }
  return GO_ON
}

const TAKES_DATA: number = TCPF_ESTABLISHED | TCPF_FIN_WAIT1 | TCPF_FIN_WAIT2
const HAS_FIN: number = TCPF_CLOSE_WAIT | TCPF_CLOSING | TCPF_LAST_ACK

/** The data of the segment, as the state lets it: 0, or the reason for a reset. */
const stateData = (tp: TcpSock, skb: Skb): number => {
  const bit = 1 << tp.state
  const isOld = (bit & HAS_FIN) !== 0 && before(skb.seq, tp.rcvNxt)
  const takes = isOld || (bit & TAKES_DATA) !== 0
  if (takes && tp.state !== TCP_ESTABLISHED && tp.shutdown & RCV_SHUTDOWN && hasNewData(tp, skb)) {
    netnsTcp(tp.netns).mib.TCPAbortOnData++
    tcpReset(tp, skb)
    return DROP.TCP_ABORT_ON_DATA
  }
  if (takes) tcpDataQueue(tp, skb)
  // The FIN may have ended the socket.
  if (tp.state !== TCP_CLOSE) {
    tcpDataSndCheck(tp)
    tcpAckSndCheck(tp)
  }
  if (!takes) tcpDropReason(tp, skb, DROP.NOT_SPECIFIED)
  return 0
}

/** Step 5: the acknowledgement; GO_ON, CONSUME when the skb has ended, or the reason for a reset. */
const stateAck = (tp: TcpSock, skb: Skb): number => {
  const reason = tcpAck(tp, skb, FLAG_SLOWPATH | FLAG_UPDATE_TS_RECENT | FLAG_NO_CHALLENGE_ACK)
  if (reason > 0) return GO_ON
  if (tp.state === TCP_SYN_RECV) return reason === 0 ? DROP.TCP_OLD_ACK : -reason
  // An old acknowledgement is no fault while closing.
  if (reason === 0) return GO_ON
  tcpSendChallengeAck(tp)
  tcpDropReason(tp, skb, -reason)
  return CONSUME
}

const rcvSynSent = (tp: TcpSock, skb: Skb): number => {
  const queued = tcpRcvSynsentStateProcess(tp, skb)
  if (queued >= 0) return queued
  tcpUrg(tp, skb)
  consumeSkb(skb)
  tcpDataSndCheck(tp)
  return 0
}

/**
 * A segment in any other state (tcp_rcv_state_process): 0 and the skb is taken over, or a drop reason: then the caller
 * sends a reset and drops it.
 */
export const tcpRcvStateProcess = (tp: TcpSock, skb: Skb): number => {
  const { state } = tp
  if (state === TCP_CLOSE) {
    tcpDropReason(tp, skb, DROP.TCP_CLOSE)
    return 0
  }
  if (state === TCP_LISTEN) return rcvListen(tp, skb)
  tp.rxOpt.sawTstamp = false
  tp.rxOpt.sackAt = 0
  tcpMstampRefresh(tp)
  if (state === TCP_SYN_SENT) return rcvSynSent(tp, skb)
  if ((skb.tcpFlags & ANY_CONTROL) === 0) {
    tcpDropReason(tp, skb, DROP.TCP_FLAGS)
    return 0
  }
  if (!tcpValidateIncoming(tp, skb, false)) return 0
  const acked = stateAck(tp, skb)
  if (acked !== GO_ON) return acked === CONSUME ? 0 : acked
  const done = byState(tp, skb)
  if (done === CONSUME) {
    consumeSkb(skb)
    return 0
  }
  if (done !== GO_ON) return done
  tcpUrg(tp, skb)
  return stateData(tp, skb)
}
