/**
 * What the timers of a socket do: retransmission, window probes, delayed acknowledgements, keepalive.
 *
 * @see net/ipv4/tcp_timer.c, include/net/inet_connection_sock.h
 */
import { HZ } from '../../sim/timer.js'
import { TCP_TIMEWAIT_LEN } from './inet-timewait-sock.js'
import { netnsTcp, tcpSysctls } from './netns-tcp.js'
import { ICSK_ACK_TIMER, inetCskAckScheduled, inetCskExitPingpongMode, inetCskInPingpongMode } from './tcp-ack-state.js'
import { tcpDone, tcpWriteErr } from './tcp-done.js'
import { tcpNetnsExit } from './tcp-close.js'
import { tcpMstampRefresh } from './tcp-output.js'
import { tcpSendAck, tcpSendActiveReset, tcpSendProbe0, tcpWriteWakeup } from './tcp-output-ctl.js'
import { tcpSendLossProbe } from './tcp-output-tlp.js'
import { tcpPaceKick, tcpPacingDelayNs, tcpTsqHandler } from './tcp-output-tsq.js'

import { tcpRackReoTimeout } from './tcp-recovery.js'
import { tcpFinTime, tcpOrphanRetries, tcpOutOfResources, tcpRetransmitTimer } from './tcp-timer-rto.js'
import { msToJiffies } from './tcp-rto.js'
import { TCP_DELACK_TIMER_DEFERRED, TCP_WRITE_TIMER_DEFERRED, type TcpSock } from './tcp-sock.js'
import { TCP_FIN_WAIT2, TCP_LISTEN, TCPF_CLOSE, TCPF_LISTEN, TCPF_SYN_SENT } from './tcp-states.js'
import { tcpJiffies } from './tcp-time.js'
import { TcpTimers } from './tcp-timers.js'
import { tcpTimeWait } from './tcp-timewait.js'

export {
  ICSK_ACK_NOMEM,
  ICSK_ACK_NOW,
  ICSK_ACK_PUSHED,
  ICSK_ACK_PUSHED2,
  ICSK_ACK_SCHED,
  ICSK_ACK_TIMER,
} from './tcp-ack-state.js'
export { tcpRetransmitTimer } from './tcp-timer-rto.js'
export { TcpTimers } from './tcp-timers.js'

/** What the retransmission timer stands for, and the delayed acknowledgement's. */
export const ICSK_TIME_RETRANS = 1
export const ICSK_TIME_DACK = 2
export const ICSK_TIME_PROBE0 = 3
export const ICSK_TIME_LOSS_PROBE = 5
export const ICSK_TIME_REO_TIMEOUT = 6

/** Bounds in ticks. */
export const TCP_RTO_MIN: number = HZ / 5
export const TCP_RTO_MAX: number = 120 * HZ
export const TCP_TIMEOUT_INIT: number = HZ
export const TCP_TIMEOUT_MIN = 2
export const TCP_TIMEOUT_MIN_US: number = 2 * 4000
export const TCP_DELACK_MIN: number = HZ / 25
export const TCP_DELACK_MAX: number = HZ / 5
export const TCP_ATO_MIN: number = HZ / 25
export const TCP_RESOURCE_PROBE_INTERVAL: number = HZ / 2

const NS_PER_JIFFY = 4_000_000
const BUSY_RETRY_JIFFIES = HZ / 20

/** Sets the timer `what` to run in `when` ticks, at most `most` (inet_csk_reset_xmit_timer). */
export const inetCskResetXmitTimer = (tp: TcpSock, what: number, when: number, most: number): void => {
  const expires = tcpJiffies(tp.netns) + Math.min(when, most)
  if (what === ICSK_TIME_DACK) {
    tp.ack.pending |= ICSK_ACK_TIMER
    tp.ack.timeoutJiffies = expires
    tp.timers!.delack.mod(expires)
    return
  }
  tp.icskPending = what
  tp.icskTimeoutJiffies = expires
  tp.timers!.retransmit.mod(expires)
}

/** The same up to the longest RTO; `pace`: later by what pacing holds back (tcp_reset_xmit_timer). */
export const tcpResetXmitTimer = (tp: TcpSock, what: number, when: number, pace: boolean): void => {
  const delay = pace && tp.pacingNeeded ? Math.floor(tcpPacingDelayNs(tp) / NS_PER_JIFFY) : 0
  inetCskResetXmitTimer(tp, what, when + delay, tp.rtoMaxJiffies)
}

/** What was awaited has come: the timer stands for nothing, though it goes on running (inet_csk_clear_xmit_timer). */
export const inetCskClearXmitTimer = (tp: TcpSock, what: number): void => {
  if (what === ICSK_TIME_DACK) {
    tp.ack.pending = 0
    tp.ack.retry = 0
  } else tp.icskPending = 0
}

/** Gives a socket its timers, and what it calls by itself (tcp_init_xmit_timers). */
export const tcpInitXmitTimers = (tp: TcpSock): void => {
  tp.timers = new TcpTimers(tp, TIMER_FNS)
  tp.hooks = HOOKS
}

/** Stops all timers (tcp_clear_xmit_timers). */
export const tcpClearXmitTimers = (tp: TcpSock): void => {
  tp.icskPending = 0
  tp.ack.pending = 0
  tp.timers?.clear()
}

/** Timeout of the next zero window probe in ticks, at most `most` (tcp_probe0_when). */
export const tcpProbe0When = (tp: TcpSock, most: number): number => {
  const backoff = Math.min(Math.floor(Math.log2(TCP_RTO_MAX / TCP_RTO_MIN)) + 1, tp.backoff)
  return Math.min(Math.max(tp.rtoJiffies, TCP_RTO_MIN) * 2 ** backoff, most)
}

/** No more than the user lets a peer be silent (tcp_clamp_probe0_to_user_timeout). */
export const tcpClampProbe0ToUserTimeout = (tp: TcpSock, when: number): number => {
  if (tp.userTimeoutMs === 0 || tp.probesTstampJiffies === 0) return when
  const elapsed = Math.max(0, tcpJiffies(tp.netns) - tp.probesTstampJiffies)
  return Math.min(Math.max(msToJiffies(tp.userTimeoutMs) - elapsed, TCP_TIMEOUT_MIN), when)
}

/** Sets the timer of window probes when nothing is in flight and no timer runs (tcp_check_probe_timer). */
export const tcpCheckProbeTimer = (tp: TcpSock): void => {
  if (tp.packetsOut === 0 && tp.icskPending === 0)
    tcpResetXmitTimer(tp, ICSK_TIME_PROBE0, Math.max(tp.rtoJiffies, TCP_RTO_MIN), true)
}

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

/** Starts the timer of compressed acknowledgements, unless it runs. */
export const tcpStartCompressedAckTimer = (tp: TcpSock, delayNs: number): void => tp.timers!.startCompressedAck(delayNs)

/** Stops it; true when it was set. */
export const tcpCancelCompressedAckTimer = (tp: TcpSock): boolean => tp.timers!.cancelCompressedAck()

/** Ticks of idleness before the first keepalive probe, between probes, and how many there are. */
export const keepaliveTimeWhen = (tp: TcpSock): number =>
  tp.keepaliveTime !== 0 ? tp.keepaliveTime * HZ : tcpSysctls(tp.netns).keepaliveTimeJiffies
const keepaliveIntvlWhen = (tp: TcpSock): number =>
  tp.keepaliveIntvl !== 0 ? tp.keepaliveIntvl * HZ : tcpSysctls(tp.netns).keepaliveIntvlJiffies
const keepaliveProbes = (tp: TcpSock): number =>
  tp.keepaliveProbes !== 0 ? tp.keepaliveProbes : tcpSysctls(tp.netns).keepaliveProbes

/** Ticks since the peer was heard of (keepalive_time_elapsed). */
export const tcpKeepaliveTimeElapsed = (tp: TcpSock): number => {
  const now = tcpJiffies(tp.netns)
  return Math.min(now - tp.ack.lrcvtimeJiffies, now - tp.rcvTstampJiffies)
}

/** Sets the keepalive timer (tcp_reset_keepalive_timer). */
export const tcpResetKeepaliveTimer = (tp: TcpSock, jiffies: number): void =>
  tp.timers!.keepalive.mod(tcpJiffies(tp.netns) + jiffies)

/** Stops it (tcp_delete_keepalive_timer). */
export const tcpDeleteKeepaliveTimer = (tp: TcpSock): void => tp.timers!.keepalive.del()

/** The tick at which the keepalive timer runs, which FIN_WAIT2 uses as well; -1 when it is not set (sk_timer). */
export const tcpSockTimerExpires = (tp: TcpSock): number => {
  const keepalive = tp.timers?.keepalive
  return keepalive?.pending === true ? keepalive.expires : -1
}

/** Starts or stops keepalive; `tp.keepalive` is set by the caller afterwards (tcp_set_keepalive). */
export const tcpSetKeepalive = (tp: TcpSock, on: boolean): void => {
  if ((1 << tp.state) & (TCPF_CLOSE | TCPF_LISTEN)) return
  if (on && !tp.keepalive) tcpResetKeepaliveTimer(tp, keepaliveTimeWhen(tp))
  else if (!on) tcpDeleteKeepaliveTimer(tp)
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

// Not the functions themselves: the files know each other, and these may not be there yet.
const HOOKS = {
  tsq: (tp: TcpSock): void => tcpTsqHandler(tp),
  destroy: (tp: TcpSock): void => tcpNetnsExit(tp),
}
