/**
 * Closing: half of a connection, all of it, at once, or with what is left to the kernel.
 *
 * @see net/ipv4/tcp.c __tcp_close, tcp_shutdown, tcp_disconnect; net/ipv4/af_inet.c inet_shutdown
 */
import { tcpCloseState, tcpSendShutdown } from './tcp-close-state.js'
import { errnoNumber } from '../../errors.js'
import { TCP_TIMEWAIT_LEN } from './inet-timewait-sock.js'
import { netnsTcp } from './netns-tcp.js'
import { tcpSetCaState } from './tcp-cong.js'
import { inetCskDestroySock, skStateChange, tcpSetState } from './tcp-done.js'
import { tcpClearRetrans } from './tcp-input-loss.js'
import { inetCskListenStop } from './tcp-listener.js'
import { flushBacklog, lockSock, releaseSock } from './tcp-lock.js'
import { tcpSendActiveReset, tcpSendFin } from './tcp-output-ctl.js'
import { oooQueuePurge, rcvQueuePeek, rcvQueuePurge, tcpEatRecvSkb, tcpWriteQueuePurge } from './tcp-queues.js'
import { after, seqAdd } from './tcp-seq.js'
import type { TcpSock } from './tcp-sock.js'
import {
  RCV_SHUTDOWN,
  SEND_SHUTDOWN,
  SHUTDOWN_MASK,
  TCP_CA_OPEN,
  TCP_CLOSE,
  TCP_FIN_WAIT2,
  TCP_LISTEN,
  TCP_SYN_SENT,
  TCPF_CLOSE_WAIT,
  TCPF_CLOSING,
  TCPF_ESTABLISHED,
  TCPF_FIN_WAIT1,
  TCPF_FIN_WAIT2,
  TCPF_LAST_ACK,
  TCPF_SYN_RECV,
} from './tcp-states.js'
import {
  TCP_DELACK_MAX,
  TCP_RTO_MIN,
  TCP_TIMEOUT_INIT,
  tcpClearXmitTimers,
  tcpResetKeepaliveTimer,
} from './tcp-timer.js'
import { tcpFinTime } from './tcp-timer-rto.js'
import { tcpTimeWait } from './tcp-timewait.js'
import { TH_FIN } from '../../wire/tcp.js'

const ENOTCONN = errnoNumber('ENOTCONN')
const ECONNRESET = errnoNumber('ECONNRESET')
/** Microseconds of mdev before there is a sample: TCP_TIMEOUT_INIT. */
const TIMEOUT_INIT_US = 1_000_000
const TCP_MIN_MSS = 88

const shutdownLocked = (tp: TcpSock, how: number): number => {
  const { state } = tp
  if (state === TCP_SYN_SENT || (state === TCP_LISTEN && how & RCV_SHUTDOWN)) return tcpDisconnectLocked(tp)
  if (state === TCP_LISTEN) return 0
  tp.shutdown |= how
  if (how & SEND_SHUTDOWN) tcpSendShutdown(tp)
  return state === TCP_CLOSE ? -ENOTCONN : 0
}

/** Ends reading (0), writing (1) or both (2): 0 or -ENOTCONN (shutdown(2)). */
export const tcpShutdown = (tp: TcpSock, how: 0 | 1 | 2): number => {
  lockSock(tp)
  const rc = shutdownLocked(tp, how + 1)
  skStateChange(tp)
  releaseSock(tp)
  return rc
}

/** Throws away what was received; true when the program had not read all of it. */
const tossReceived = (tp: TcpSock): boolean => {
  let unread = false
  for (let skb = rcvQueuePeek(tp); skb !== null; skb = rcvQueuePeek(tp)) {
    const end = skb.tcpFlags & TH_FIN ? seqAdd(skb.endSeq, -1) : skb.endSeq
    if (after(end, tp.copiedSeq)) unread = true
    tcpEatRecvSkb(tp)
  }
  return unread
}

/** Says good-bye as the state and what was not read call for. */
const leave = (tp: TcpSock): void => {
  const { mib } = netnsTcp(tp.netns)
  if (tossReceived(tp) && tp.state !== TCP_CLOSE) {
    mib.TCPAbortOnClose++
    tcpSetState(tp, TCP_CLOSE)
    tcpSendActiveReset(tp)
  } else if (tp.state === TCP_CLOSE) return
  else if (tp.lingerSec === 0) {
    tcpDisconnectLocked(tp)
    mib.TCPAbortOnData++
  } else if (tcpCloseState(tp)) tcpSendFin(tp)
}

/** An orphan in FIN_WAIT2 waits for the peer's FIN for a while. */
const orphanFinWait2 = (tp: TcpSock): void => {
  if (tp.linger2Jiffies < 0) {
    tcpSetState(tp, TCP_CLOSE)
    tcpSendActiveReset(tp)
    netnsTcp(tp.netns).mib.TCPAbortOnLinger++
    return
  }
  const left = tcpFinTime(tp)
  if (left > TCP_TIMEWAIT_LEN) tcpResetKeepaliveTimer(tp, left - TCP_TIMEWAIT_LEN)
  else tcpTimeWait(tp, TCP_FIN_WAIT2, left)
}

/** Nobody holds the socket any more (sock_orphan and the rest of __tcp_close). */
const orphan = (tp: TcpSock): void => {
  const { state } = tp
  tp.dead = true
  tp.onReadable = null
  tp.onWritable = null
  netnsTcp(tp.netns).orphanCount++
  flushBacklog(tp)
  if (state !== TCP_CLOSE && tp.state === TCP_CLOSE) return
  if (tp.state === TCP_FIN_WAIT2) orphanFinWait2(tp)
  if (tp.state === TCP_CLOSE) inetCskDestroySock(tp)
}

/** Closes: the kernel finishes what is left (close(2)). */
export const tcpClose = (tp: TcpSock): void => {
  if (tp.closed || tp.dead) return
  const { sim } = tp.netns.world
  lockSock(tp)
  tp.shutdown = SHUTDOWN_MASK
  if (tp.state === TCP_LISTEN) {
    tcpSetState(tp, TCP_CLOSE)
    inetCskListenStop(tp, tcpDestroyChild)
  } else leave(tp)
  sim.bhDisable()
  orphan(tp)
  sim.bhEnable()
  releaseSock(tp)
}

/** Ends a connection that no program has accepted (inet_child_forget). */
const tcpDestroyChild = (child: TcpSock): void => {
  tcpDisconnectLocked(child)
  child.dead = true
  netnsTcp(child.netns).orphanCount++
  inetCskDestroySock(child)
}

/** Closes at once with a RST (SO_LINGER with no time). */
export const tcpAbort = (tp: TcpSock): void => {
  tp.lingerSec = 0
  tcpClose(tp)
}

/** Ends the socket with its namespace: nothing is sent. */
export const tcpNetnsExit = (tp: TcpSock): void => {
  if (tp.state === TCP_LISTEN) {
    tcpSetState(tp, TCP_CLOSE)
    inetCskListenStop(tp, tcpNetnsExit)
  } else if (tp.state !== TCP_CLOSE) tcpSetState(tp, TCP_CLOSE)
  inetCskDestroySock(tp)
}

const NEEDS_RESET: number = TCPF_ESTABLISHED | TCPF_CLOSE_WAIT | TCPF_FIN_WAIT1 | TCPF_FIN_WAIT2 | TCPF_SYN_RECV

/** Tells the peer, where it would not know. */
const disconnectPeer = (tp: TcpSock, old: number): void => {
  const hasUnsent = tp.sndNxt !== tp.writeSeq && (1 << old) & (TCPF_CLOSING | TCPF_LAST_ACK)
  if ((1 << old) & NEEDS_RESET || hasUnsent) {
    tcpSendActiveReset(tp)
    tp.setError(ECONNRESET)
  } else if (old === TCP_SYN_SENT) tp.setError(ECONNRESET)
}

const resetSending = (tp: TcpSock): void => {
  const seq = seqAdd(tp.writeSeq, tp.maxWindow + 2)
  tp.writeSeq = seq === 0 ? 1 : seq
  tp.backoff = 0
  tp.probesOut = 0
  tp.probesTstampJiffies = 0
  tp.rtoJiffies = TCP_TIMEOUT_INIT
  tp.rtoMinJiffies = TCP_RTO_MIN
  tp.delackMaxJiffies = TCP_DELACK_MAX
  tp.srttUs = 0
  tp.mdevUs = TIMEOUT_INIT_US
  tp.sndSsthresh = 0x7fffffff
  tp.sndCwnd = 10
  tp.sndCwndCnt = 0
  tp.isCwndLimited = false
  tp.maxPacketsOut = 0
  tp.delivered = 0
  tp.deliveredCe = 0
  tp.caOps?.release?.(tp)
  tp.caPriv = null
  tcpSetCaState(tp, TCP_CA_OPEN)
  tp.isSackReneg = false
  tcpClearRetrans(tp)
  tp.totalRetrans = 0
  tp.retransOut = 0
  tp.sackedOut = 0
  tp.tlpHighSeq = 0
  tp.reordSeen = 0
  tp.appLimited = -1
  tp.rateAppLimited = true
  Object.assign(tp.rack, {
    mstamp: 0,
    advanced: false,
    reoWndSteps: 1,
    lastDelivered: 0,
    reoWndPersist: 0,
    dsackSeen: false,
  })
}

const resetReceiving = (tp: TcpSock): void => {
  tp.rcvRttLastTsecr = 0
  tp.windowClamp = 0
  Object.assign(tp.ack, {
    pending: 0,
    quick: 0,
    pingpong: 0,
    retry: 0,
    atoJiffies: 0,
    timeoutJiffies: 0,
    lrcvtimeJiffies: 0,
  })
  tp.ack.lastSegSize = 0
  tp.ack.rcvMss = TCP_MIN_MSS
  Object.assign(tp.rxOpt, {
    sawTstamp: false,
    rcvTsval: 0,
    rcvTsecr: 0,
    tsRecent: 0,
    tsRecentStamp: 0,
    tstampOk: false,
    sackOk: false,
    wscaleOk: false,
    sndWscale: 0,
    rcvWscale: 0,
    sackAt: 0,
    numSacks: 0,
    userMss: 0,
    mssClamp: 0,
    dsack: false,
  })
  tp.compressedAck = 0
  tp.duplicateSack.start = 0
  tp.duplicateSack.end = 0
  tp.dsackDups = 0
  tp.lastOowAckTimeJiffies = 0
}

const resetCounters = (tp: TcpSock): void => {
  tp.segsIn = 0
  tp.segsOut = 0
  tp.bytesSent = 0
  tp.bytesAcked = 0
  tp.bytesReceived = 0
  tp.bytesRetrans = 0
  tp.dataSegsIn = 0
  tp.dataSegsOut = 0
}

const tcpDisconnectLocked = (tp: TcpSock): number => {
  const old = tp.state
  if (old !== TCP_CLOSE) tcpSetState(tp, TCP_CLOSE)
  if (old === TCP_LISTEN) inetCskListenStop(tp, tcpDestroyChild)
  else disconnectPeer(tp, old)
  tcpClearXmitTimers(tp)
  rcvQueuePurge(tp)
  oooQueuePurge(tp)
  tp.copiedSeq = tp.rcvNxt
  tp.urgData = 0
  tcpWriteQueuePurge(tp)
  tp.peerPort = 0
  tp.shutdown = 0
  tp.done = false
  resetSending(tp)
  resetReceiving(tp)
  resetCounters(tp)
  tp.dstCache = null
  tp.wakeRead()
  return 0
}

/** Ends the connection; the socket can be used again (tcp_disconnect). Answers 0. */
export const tcpDisconnect = (tp: TcpSock): number => {
  lockSock(tp)
  const rc = tcpDisconnectLocked(tp)
  releaseSock(tp)
  return rc
}
