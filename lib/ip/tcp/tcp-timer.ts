/**
 * Timers of a socket.
 *
 * @see net/ipv4/tcp_timer.c, include/net/inet_connection_sock.h
 */
import type { TcpSock } from './tcp-sock.js'

/** Names of what the retransmission timer stands for, and of the delayed acknowledgement's. */
export const ICSK_TIME_RETRANS = 1
export const ICSK_TIME_DACK = 2
export const ICSK_TIME_PROBE0 = 3
export const ICSK_TIME_LOSS_PROBE = 5
export const ICSK_TIME_REO_TIMEOUT = 6

/** Bits of `tp.ack.pending`. */
export const ICSK_ACK_SCHED = 1
export const ICSK_ACK_TIMER = 2
export const ICSK_ACK_PUSHED = 4
export const ICSK_ACK_PUSHED2 = 8
export const ICSK_ACK_NOW = 16
export const ICSK_ACK_NOMEM = 32

/** Jiffies: TCP_RTO_MIN, TCP_RTO_MAX, TCP_TIMEOUT_INIT, TCP_DELACK_MIN, TCP_DELACK_MAX, TCP_ATO_MIN, TCP_RESOURCE_PROBE_INTERVAL. */
export const TCP_RTO_MIN = 50
export const TCP_RTO_MAX = 30000
export const TCP_TIMEOUT_INIT = 250
export const TCP_DELACK_MIN = 10
export const TCP_DELACK_MAX = 50
export const TCP_ATO_MIN = 10
export const TCP_RESOURCE_PROBE_INTERVAL = 125
export const TCP_TIMEOUT_MIN = 2

/** The timers of a socket. */
export class TcpTimers {}


/** Gives a socket its timers (tcp_init_xmit_timers). */
export const tcpInitXmitTimers = (_tp: TcpSock): void => {
  throw new Error('tcpInitXmitTimers is being written')
}

/** Stops all timers for good (tcp_clear_xmit_timers, inet_csk_clear_xmit_timers). */
export const tcpClearXmitTimers = (_tp: TcpSock): void => {
  throw new Error('tcpClearXmitTimers is being written')
}

/** Sets the timer ICSK_TIME_RETRANS, ICSK_TIME_DACK, PROBE0, LOSS_PROBE or REO_TIMEOUT to fire in `whenJiffies`, at most `maxWhen` (inet_csk_reset_xmit_timer). */
export const inetCskResetXmitTimer = (_tp: TcpSock, _what: number, _whenJiffies: number, _maxWhen: number): void => {
  throw new Error('inetCskResetXmitTimer is being written')
}

/** Clears ICSK_TIME_RETRANS or PROBE0 or DACK (inet_csk_clear_xmit_timer). */
export const inetCskClearXmitTimer = (_tp: TcpSock, _what: number): void => {
  throw new Error('inetCskClearXmitTimer is being written')
}

/** The same with the delay of pacing (tcp_reset_xmit_timer); `paceDelay` as the kernel's argument. */
export const tcpResetXmitTimer = (_tp: TcpSock, _what: number, _whenJiffies: number, _paceDelay: boolean): void => {
  throw new Error('tcpResetXmitTimer is being written')
}

/** Sets the keepalive timer (tcp_reset_keepalive_timer); also FIN_WAIT2. */
export const tcpResetKeepaliveTimer = (_tp: TcpSock, _jiffies: number): void => {
  throw new Error('tcpResetKeepaliveTimer is being written')
}

/** Stops the keepalive timer (tcp_delete_keepalive_timer). */
export const tcpDeleteKeepaliveTimer = (_tp: TcpSock): void => {
  throw new Error('tcpDeleteKeepaliveTimer is being written')
}

/** Starts or stops keepalive (tcp_set_keepalive). */
export const tcpSetKeepalive = (_tp: TcpSock, _on: boolean): void => {
  throw new Error('tcpSetKeepalive is being written')
}

/** The body of the retransmission timer (tcp_retransmit_timer). */
export const tcpRetransmitTimer = (_tp: TcpSock): void => {
  throw new Error('tcpRetransmitTimer is being written')
}

/** What is due of the retransmission timer (tcp_write_timer_handler). */
export const tcpWriteTimerHandler = (_tp: TcpSock): void => {
  throw new Error('tcpWriteTimerHandler is being written')
}

/** What is due of delayed acknowledgements (tcp_delack_timer_handler). */
export const tcpDelackTimerHandler = (_tp: TcpSock): void => {
  throw new Error('tcpDelackTimerHandler is being written')
}

/** Microseconds since the first of what is not acknowledged was sent exceed what the user allows (tcp_rto_delta_us and friends stay in input). */
export const tcpKeepaliveTimeElapsed = (_tp: TcpSock): number => {
  throw new Error('tcpKeepaliveTimeElapsed is being written')
}

/** Starts the hrtimer of compressed acknowledgements `delayNs` from now, unless it runs (tp->compressed_ack_timer); true when it was started. */
export const tcpStartCompressedAckTimer = (_tp: TcpSock, _delayNs: number): void => {
  throw new Error('tcpStartCompressedAckTimer is being written')
}

/** Stops it; true when it was pending. */
export const tcpCancelCompressedAckTimer = (_tp: TcpSock): boolean => {
  throw new Error('tcpCancelCompressedAckTimer is being written')
}

/** Timeout of the next zero window probe in jiffies (tcp_probe0_when). */
export const tcpProbe0When = (_tp: TcpSock, _max: number): number => {
  throw new Error('tcpProbe0When is being written')
}

/** RTO with backoff and the user timeout, clamped (tcp_clamp_rto_to_user_timeout). */
export const tcpClampRtoToUserTimeout = (_tp: TcpSock): number => {
  throw new Error('tcpClampRtoToUserTimeout is being written')
}
