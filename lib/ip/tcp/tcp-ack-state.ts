/**
 * The state of acknowledgements of a socket: whether one is due, and whether the connection is interactive (pingpong).
 *
 * @see include/net/inet_connection_sock.h
 */
import { tcpSysctls } from './netns-tcp.js'
import type { TcpSock } from './tcp-sock.js'

/** Bits of `tp.ack.pending`. */
export const ICSK_ACK_SCHED = 1
export const ICSK_ACK_TIMER = 2
export const ICSK_ACK_PUSHED = 4
export const ICSK_ACK_PUSHED2 = 8
export const ICSK_ACK_NOW = 16
export const ICSK_ACK_NOMEM = 32

const MAX_PINGPONG = 255

/** An acknowledgement is due (inet_csk_schedule_ack). */
export const inetCskScheduleAck = (tp: TcpSock): void => {
  tp.ack.pending |= ICSK_ACK_SCHED
}

/** True when one is (inet_csk_ack_scheduled). */
export const inetCskAckScheduled = (tp: TcpSock): boolean => (tp.ack.pending & ICSK_ACK_SCHED) !== 0

/** Enters pingpong mode: acknowledgements wait for data to travel with (inet_csk_enter_pingpong_mode). */
export const inetCskEnterPingpongMode = (tp: TcpSock): void => {
  tp.ack.pingpong = tcpSysctls(tp.netns).pingpongThresh
}

/** Leaves it (inet_csk_exit_pingpong_mode). */
export const inetCskExitPingpongMode = (tp: TcpSock): void => {
  tp.ack.pingpong = 0
}

/** True in pingpong mode (inet_csk_in_pingpong_mode). */
export const inetCskInPingpongMode = (tp: TcpSock): boolean => tp.ack.pingpong >= tcpSysctls(tp.netns).pingpongThresh

/** Counts towards it (inet_csk_inc_pingpong_cnt). */
export const inetCskIncPingpongCnt = (tp: TcpSock): void => {
  if (tp.ack.pingpong < MAX_PINGPONG) tp.ack.pingpong++
}
