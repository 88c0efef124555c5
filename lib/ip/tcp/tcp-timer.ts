/**
 * Setting the timers of a socket, and for how long.
 *
 * @see include/net/inet_connection_sock.h, include/net/tcp.h tcp_reset_xmit_timer, net/ipv4/tcp_timer.c
 */
import { HZ } from '../../sim/timer.js'
import { tcpSysctls } from './netns-tcp.js'
import { ICSK_ACK_TIMER } from './tcp-ack-state.js'
import { tcpPacingDelayNs } from './tcp-timers.js'
import { msToJiffies } from './tcp-rto.js'
import type { TcpSock } from './tcp-sock.js'
import { TCPF_CLOSE, TCPF_LISTEN } from './tcp-states.js'
import { tcpJiffies } from './tcp-time.js'

export {
  ICSK_ACK_NOMEM,
  ICSK_ACK_NOW,
  ICSK_ACK_PUSHED,
  ICSK_ACK_PUSHED2,
  ICSK_ACK_SCHED,
  ICSK_ACK_TIMER,
} from './tcp-ack-state.js'
export { TcpTimers, tcpClearXmitTimers } from './tcp-timers.js'

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
export const TCP_TIMEOUT_MIN_US = 2000
export const TCP_DELACK_MIN: number = HZ / 25
export const TCP_DELACK_MAX: number = HZ / 5
export const TCP_ATO_MIN: number = HZ / 25
export const TCP_RESOURCE_PROBE_INTERVAL: number = HZ / 2

const NS_PER_JIFFY = 4_000_000

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

/** Starts the timer of compressed acknowledgements, unless it runs. */
export const tcpStartCompressedAckTimer = (tp: TcpSock, delayNs: number): void => tp.timers!.startCompressedAck(delayNs)

/** Stops it; true when it was set. */
export const tcpCancelCompressedAckTimer = (tp: TcpSock): boolean => tp.timers!.cancelCompressedAck()

/** Ticks of idleness before the first keepalive probe, between probes, and how many there are. */
export const keepaliveTimeWhen = (tp: TcpSock): number =>
  tp.keepaliveTime !== 0 ? tp.keepaliveTime * HZ : tcpSysctls(tp.netns).keepaliveTimeJiffies
export const keepaliveIntvlWhen = (tp: TcpSock): number =>
  tp.keepaliveIntvl !== 0 ? tp.keepaliveIntvl * HZ : tcpSysctls(tp.netns).keepaliveIntvlJiffies
export const keepaliveProbes = (tp: TcpSock): number =>
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
