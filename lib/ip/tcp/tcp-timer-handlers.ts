/**
 * What the timers of a socket do: retransmission, window probes, delayed acknowledgements, keepalive.
 *
 * @see net/ipv4/tcp_timer.c
 */
import { HZ } from '../../sim/timer.js'
import { TCP_TIMEWAIT_LEN } from './inet-timewait-sock.js'
import { netnsTcp, tcpSysctls } from './netns-tcp.js'
import { ICSK_ACK_TIMER, inetCskAckScheduled, inetCskExitPingpongMode, inetCskInPingpongMode } from './tcp-ack-state.js'
import { tcpDone, tcpWriteErr } from './tcp-done.js'
import { tcpSendAck, tcpSendActiveReset, tcpSendProbe0, tcpWriteWakeup } from './tcp-output-ctl.js'
import { tcpSendLossProbe } from './tcp-output-tlp-send.js'
import { tcpPaceKick } from './tcp-output-tsq.js'
import { tcpRackReoTimeout } from './tcp-recovery.js'
import { msToJiffies } from './tcp-rto.js'
import { TCP_DELACK_TIMER_DEFERRED, TCP_WRITE_TIMER_DEFERRED, type TcpSock } from './tcp-sock.js'
import { TCP_FIN_WAIT2, TCP_LISTEN, TCPF_CLOSE, TCPF_LISTEN, TCPF_SYN_SENT } from './tcp-states.js'
import { tcpJiffies, tcpMstampRefresh } from './tcp-time.js'
import {
  ICSK_TIME_LOSS_PROBE,
  ICSK_TIME_REO_TIMEOUT,
  ICSK_TIME_RETRANS,
  keepaliveIntvlWhen,
  keepaliveProbes,
  keepaliveTimeWhen,
  TCP_ATO_MIN,
  TCP_RESOURCE_PROBE_INTERVAL,
  tcpKeepaliveTimeElapsed,
  tcpResetKeepaliveTimer,
} from './tcp-timer.js'
import { tcpFinTime, tcpOrphanRetries, tcpOutOfResources, tcpRetransmitTimer } from './tcp-timer-rto.js'
import { TcpTimers } from './tcp-timers.js'
import { tcpTimeWait } from './tcp-timewait.js'

const BUSY_RETRY_JIFFIES: number = HZ / 20

/** The time of window probes (tcp_probe_timer). */
const probeTimer = (tp: TcpSock): void => {
  if (tp.packetsOut !== 0 || tp.writeQueue.head === null) {
    tp.probesOut = 0
    tp.probesTstampJiffies = 0
    return
  }
  const now = tcpJiffies(tp.netns)
  if (tp.probesTstampJiffies === 0) tp.probesTstampJiffies = now
  else if (tp.userTimeoutMs !== 0 && now - tp.probesTstampJiffies >= msToJiffies(tp.userTimeoutMs)) {
    tcpWriteErr(tp)
    return
  }
  let most = tcpSysctls(tp.netns).retries2
  if (tp.dead) {
    const alive = Math.min(tp.rtoJiffies * 2 ** tp.backoff, tp.rtoMaxJiffies) < tp.rtoMaxJiffies
    most = tcpOrphanRetries(tp, alive)
    if (!alive && tp.backoff >= most) {
      tcpWriteErr(tp)
      return
    }
    if (tcpOutOfResources(tp)) return
  }
  if (tp.probesOut >= most) tcpWriteErr(tp)
  else tcpSendProbe0(tp)
}

/** What is due of the retransmission timer (tcp_write_timer_handler). */
export const tcpWriteTimerHandler = (tp: TcpSock): void => {
  if ((1 << tp.state) & (TCPF_CLOSE | TCPF_LISTEN) || tp.icskPending === 0) return
  if (tp.icskTimeoutJiffies > tcpJiffies(tp.netns)) {
    tp.timers!.retransmit.mod(tp.icskTimeoutJiffies)
    return
  }
  tcpMstampRefresh(tp)
  const event = tp.icskPending
  if (event === ICSK_TIME_REO_TIMEOUT) tcpRackReoTimeout(tp)
  else if (event === ICSK_TIME_LOSS_PROBE) tcpSendLossProbe(tp)
  else {
    tp.icskPending = 0
    if (event === ICSK_TIME_RETRANS) tcpRetransmitTimer(tp)
    else probeTimer(tp)
  }
}

const writeTimer = (tp: TcpSock): void => {
  if (tp.icskPending === 0) return
  if (tp.ownedByUser) tp.deferred |= TCP_WRITE_TIMER_DEFERRED
  else tcpWriteTimerHandler(tp)
}

/** Sends the acknowledgement that compressed ones stand for (tcp_sack_compress_send_ack). */
export const tcpSackCompressSendAck = (tp: TcpSock): void => {
  if (tp.compressedAck === 0) return
  tp.timers!.cancelCompressedAck()
  // One of them is sent after all.
  tp.compressedAck--
  tcpSendAck(tp)
}

/** What is due of delayed acknowledgements (tcp_delack_timer_handler). */
export const tcpDelackTimerHandler = (tp: TcpSock): void => {
  if ((1 << tp.state) & (TCPF_CLOSE | TCPF_LISTEN)) return
  const { ack } = tp
  if (tp.compressedAck !== 0) {
    tcpMstampRefresh(tp)
    tcpSackCompressSendAck(tp)
    return
  }
  if (!(ack.pending & ICSK_ACK_TIMER)) return
  if (ack.timeoutJiffies > tcpJiffies(tp.netns)) {
    tp.timers!.delack.mod(ack.timeoutJiffies)
    return
  }
  ack.pending &= ~ICSK_ACK_TIMER
  if (!inetCskAckScheduled(tp)) return
  if (inetCskInPingpongMode(tp)) {
    inetCskExitPingpongMode(tp)
    ack.atoJiffies = TCP_ATO_MIN
  } else ack.atoJiffies = Math.min(ack.atoJiffies * 2, tp.rtoJiffies)
  tcpMstampRefresh(tp)
  tcpSendAck(tp)
  netnsTcp(tp.netns).mib.DelayedACKs++
}

const delackTimer = (tp: TcpSock): void => {
  if (!(tp.ack.pending & ICSK_ACK_TIMER) && tp.compressedAck === 0) return
  if (!tp.ownedByUser) return tcpDelackTimerHandler(tp)
  netnsTcp(tp.netns).mib.DelayedACKLocked++
  tp.deferred |= TCP_DELACK_TIMER_DEFERRED
}

/** The time of compressed acknowledgements (tcp_compressed_ack_kick). */
const compressedAckKick = (tp: TcpSock): void => {
  if (tp.ownedByUser) {
    tp.deferred |= TCP_DELACK_TIMER_DEFERRED
    return
  }
  if (tp.compressedAck === 0) return
  tp.compressedAck--
  tcpMstampRefresh(tp)
  tcpSendAck(tp)
}

/** An orphan has waited long enough for the peer's FIN. */
const finWait2Timeout = (tp: TcpSock): void => {
  if (tp.linger2Jiffies >= 0) {
    const left = tcpFinTime(tp) - TCP_TIMEWAIT_LEN
    if (left > 0) return tcpTimeWait(tp, TCP_FIN_WAIT2, left)
  }
  tcpSendActiveReset(tp)
  tcpDone(tp)
}

/** Probes a silent peer, or gives it up; ticks until the next look, or -1 when the connection is over. */
const keepaliveProbe = (tp: TcpSock, elapsed: number): number => {
  const isOver =
    tp.userTimeoutMs !== 0
      ? elapsed >= msToJiffies(tp.userTimeoutMs) && tp.probesOut > 0
      : tp.probesOut >= keepaliveProbes(tp)
  if (isOver) {
    tcpSendActiveReset(tp)
    tcpWriteErr(tp)
    return -1
  }
  if (tcpWriteWakeup(tp, 'TCPKeepAlive') > 0) return TCP_RESOURCE_PROBE_INTERVAL
  tp.probesOut++
  return keepaliveIntvlWhen(tp)
}

const keepaliveTimer = (tp: TcpSock): void => {
  if (tp.ownedByUser) return tcpResetKeepaliveTimer(tp, BUSY_RETRY_JIFFIES)
  if (tp.state === TCP_LISTEN) return
  tcpMstampRefresh(tp)
  if (tp.state === TCP_FIN_WAIT2 && tp.dead) return finWait2Timeout(tp)
  if (!tp.keepalive || (1 << tp.state) & (TCPF_CLOSE | TCPF_SYN_SENT)) return
  const when = keepaliveTimeWhen(tp)
  let next = when
  if (tp.packetsOut === 0 && tp.writeQueue.head === null) {
    const elapsed = tcpKeepaliveTimeElapsed(tp)
    next = elapsed >= when ? keepaliveProbe(tp, elapsed) : when - elapsed
  }
  if (next >= 0) tcpResetKeepaliveTimer(tp, next)
}

const TIMER_FNS = {
  write: writeTimer,
  delack: delackTimer,
  keepalive: keepaliveTimer,
  compressedAck: compressedAckKick,
  pace: (tp: TcpSock): void => tcpPaceKick(tp),
}

/** Gives a socket its timers, and what it calls by itself (tcp_init_xmit_timers). */
export const tcpInitXmitTimers = (tp: TcpSock): void => {
  tp.timers = new TcpTimers(tp, TIMER_FNS)
}
