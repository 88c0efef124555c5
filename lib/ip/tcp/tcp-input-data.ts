/**
 * The data of segments: into the receive queue, the out of order queue, or nowhere.
 *
 * @see net/ipv4/tcp_input.c tcp_data_queue, tcp_event_data_recv, tcp_fin
 */
import { DROP } from '../../core/drop.js'
import { consumeSkb, type Skb } from '../../core/skb.js'
import { TH_FIN, tcpHdrLen } from '../../wire/tcp.js'
import { netnsTcp } from './netns-tcp.js'
import { ICSK_ACK_NOMEM, ICSK_ACK_NOW, inetCskEnterPingpongMode, inetCskScheduleAck } from './tcp-ack-state.js'
import { skStateChange, tcpSetState } from './tcp-done.js'
import { tcpFastPathCheck } from './tcp-fast-path.js'
import { tcpTryCoalesce } from './tcp-input-coalesce.js'
import { tcpDataEcnCheck } from './tcp-input-ecn.js'
import { tcpDataQueueOfo, tcpOfoQueue, tcpRcvNxtUpdate } from './tcp-input-ooo.js'
import { TCP_MAX_QUICKACKS, tcpEnterQuickackMode, tcpIncrQuickack, tcpMeasureRcvMss } from './tcp-input-quickack.js'
import { tcpGrowWindow, tcpRcvRttMeasure, tcpTruesizeAdjust } from './tcp-input-rcvbuf.js'
import { skbSetOwnerR, tcpDropReason, tcpRxTruesize, tcpSackReset, tcpTryRmemSchedule } from './tcp-input-rmem.js'
import { tcpDsackSet, tcpSackRemove } from './tcp-input-sack-out.js'
import { tcpSendAck } from './tcp-output-ctl.js'
import { tcpReceiveWindow } from './tcp-output-window.js'
import { oooQueuePurge, rcvQueueLast } from './tcp-queues.js'
import { after, before } from './tcp-seq.js'
import {
  RCV_SHUTDOWN,
  TCP_CLOSE_WAIT,
  TCP_CLOSING,
  TCP_ESTABLISHED,
  TCP_FIN_WAIT1,
  TCP_FIN_WAIT2,
  TCP_SYN_RECV,
  TCP_TIME_WAIT,
} from './tcp-states.js'
import type { TcpSock } from './tcp-sock.js'
import { tcpJiffies } from './tcp-time.js'
import { TCP_ATO_MIN } from './tcp-timer.js'
import { tcpTimeWait } from './tcp-timewait.js'

/** Octets of a segment from which on the window grows. */
const MIN_GROWTH = 128

/** Learns how often data comes: the timeout of delayed acknowledgements follows (struct inet_connection_sock's ato). */
const updateAto = (tp: TcpSock, now: number): void => {
  const { ack } = tp
  if (ack.atoJiffies === 0) {
    tcpIncrQuickack(tp, TCP_MAX_QUICKACKS)
    ack.atoJiffies = TCP_ATO_MIN
    return
  }
  const m = now - ack.lrcvtimeJiffies
  if (m <= TCP_ATO_MIN >> 1) ack.atoJiffies = (ack.atoJiffies >> 1) + (TCP_ATO_MIN >> 1)
  else if (m < ack.atoJiffies) ack.atoJiffies = Math.min((ack.atoJiffies >> 1) + m, tp.rtoJiffies)
  // After so long a pause the sender starts slowly again.
  else if (m > tp.rtoJiffies) tcpIncrQuickack(tp, TCP_MAX_QUICKACKS)
}

/**
 * Data has come in order (tcp_event_data_recv). The header is pulled. `rxTruesize`: what its sender said that it counts as
 * before it was queued, 0 for nothing.
 */
export const tcpEventDataRecv = (tp: TcpSock, skb: Skb, rxTruesize: number): void => {
  const truesize = rxTruesize !== 0 ? rxTruesize : tcpRxTruesize(skb)
  inetCskScheduleAck(tp)
  tcpMeasureRcvMss(tp, skb, truesize)
  tcpRcvRttMeasure(tp)
  const now = tcpJiffies(tp.netns)
  updateAto(tp, now)
  tp.ack.lrcvtimeJiffies = now
  tp.lastDataNs = tp.netns.world.sim.now
  tcpDataEcnCheck(tp, skb)
  if (skb.tail - skb.data >= MIN_GROWTH) tcpGrowWindow(tp, skb, tcpTruesizeAdjust(skb, truesize, rxTruesize !== 0))
}

/** Puts a segment into the receive queue (tcp_queue_rcv). The header is pulled. */
export const tcpQueueRcv = (tp: TcpSock, skb: Skb): void => {
  tcpTryCoalesce(tp, rcvQueueLast(tp), skb)
  tcpRcvNxtUpdate(tp, skb.endSeq)
  tp.rcvQueue.push(skb)
  skbSetOwnerR(tp, skb)
}

/** There is enough to read, or nothing more will come (tcp_data_ready). */
export const tcpDataReady = (tp: TcpSock): void => {
  const avail = (tp.rcvNxt - tp.copiedSeq) | 0
  const isEnough = avail > 0 && (avail >= tp.rcvlowat || tcpReceiveWindow(tp) <= tp.ack.rcvMss)
  if (isEnough || tp.done) tp.wakeRead()
}

/** The peer sends no more (tcp_fin). */
export const tcpFin = (tp: TcpSock): void => {
  inetCskScheduleAck(tp)
  tp.shutdown |= RCV_SHUTDOWN
  tp.done = true
  const { state } = tp
  if (state === TCP_SYN_RECV || state === TCP_ESTABLISHED) {
    tcpSetState(tp, TCP_CLOSE_WAIT)
    inetCskEnterPingpongMode(tp)
  } else if (state === TCP_FIN_WAIT1) {
    // Both sides close at once.
    tcpSendAck(tp)
    tcpSetState(tp, TCP_CLOSING)
  } else if (state === TCP_FIN_WAIT2) {
    tcpSendAck(tp)
    tcpTimeWait(tp, TCP_TIME_WAIT, 0)
  }
  // Nothing can come behind a FIN.
  oooQueuePurge(tp)
  if (tp.rxOpt.sackOk) tcpSackReset(tp.rxOpt)
  if (!tp.dead) skStateChange(tp)
}

/** Refuses data: it is acknowledged at once with what is expected. */
const refuse = (tp: TcpSock, skb: Skb, reason: number): void => {
  tcpEnterQuickackMode(tp, TCP_MAX_QUICKACKS)
  inetCskScheduleAck(tp)
  tcpDropReason(tp, skb, reason)
}

const zeroWindow = (tp: TcpSock, skb: Skb): void => {
  netnsTcp(tp.netns).mib.TCPZeroWindowDrop++
  refuse(tp, skb, DROP.TCP_ZEROWINDOW)
}

/** Takes data whose first new octet is the next one. */
const queueAndOut = (tp: TcpSock, skb: Skb): void => {
  const len = skb.tail - skb.data
  if (!tcpTryRmemSchedule(tp, skb)) {
    tp.ack.pending |= ICSK_ACK_NOMEM | ICSK_ACK_NOW
    inetCskScheduleAck(tp)
    tp.wakeRead()
    if (tp.rcvQueueHead < tp.rcvQueue.length && len > 0) {
      netnsTcp(tp.netns).mib.TCPRcvQDrop++
      tcpDropReason(tp, skb, DROP.PROTO_MEM)
      return
    }
  }
  const { truesize } = skb
  tcpQueueRcv(tp, skb)
  if (len > 0) tcpEventDataRecv(tp, skb, truesize)
  if (skb.tcpFlags & TH_FIN) tcpFin(tp)
  if (tp.oooQueue.length > 0) {
    if (tcpOfoQueue(tp)) tcpFin(tp)
    // The hole is filled: the sender is to know at once.
    if (tp.oooQueue.length === 0) tp.ack.pending |= ICSK_ACK_NOW
  }
  if (tp.rxOpt.numSacks !== 0) tcpSackRemove(tp)
  tcpFastPathCheck(tp)
  if (!tp.dead) tcpDataReady(tp)
}

/** Handles the data of a segment (tcp_data_queue). Owns the skb, whose `data` is at the TCP header. */
export const tcpDataQueue = (tp: TcpSock, skb: Skb): void => {
  if (skb.seq === skb.endSeq) {
    consumeSkb(skb)
    return
  }
  skb.data = skb.transportHeader + tcpHdrLen(skb.buf, skb.transportHeader)
  tp.rxOpt.dsack = false
  const window = tcpReceiveWindow(tp)
  if (skb.seq === tp.rcvNxt) {
    const isBareFin = skb.tail === skb.data && (skb.tcpFlags & TH_FIN) !== 0
    if (window === 0 && !isBareFin) zeroWindow(tp, skb)
    else queueAndOut(tp, skb)
    return
  }
  if (!after(skb.endSeq, tp.rcvNxt)) {
    netnsTcp(tp.netns).mib.DelayedACKLost++
    tcpDsackSet(tp, skb.seq, skb.endSeq)
    refuse(tp, skb, DROP.TCP_OLD_DATA)
    return
  }
  if (!before(skb.seq, (tp.rcvNxt + window) | 0)) {
    refuse(tp, skb, DROP.TCP_OVERWINDOW)
    return
  }
  if (!before(skb.seq, tp.rcvNxt)) {
    tcpDataQueueOfo(tp, skb)
    return
  }
  tcpDsackSet(tp, skb.seq, tp.rcvNxt)
  if (window === 0) zeroWindow(tp, skb)
  else queueAndOut(tp, skb)
}
