/**
 * Segments without data: acknowledgements, FIN, RST, probes.
 *
 * @see net/ipv4/tcp_output.c tcp_send_ack, tcp_send_fin, tcp_send_active_reset, tcp_write_wakeup
 */
import type { TcpSock } from './tcp-sock.js'


/** Acknowledges now (tcp_send_ack). */
export const tcpSendAck = (_tp: TcpSock): void => {
  throw new Error('tcpSendAck is being written')
}

/** Acknowledges `rcvNxt` (__tcp_send_ack). */
export const tcpSendAckOf = (_tp: TcpSock, _rcvNxt: number): void => {
  throw new Error('tcpSendAckOf is being written')
}

/** Schedules a delayed acknowledgement (tcp_send_delayed_ack). */
export const tcpSendDelayedAck = (_tp: TcpSock): void => {
  throw new Error('tcpSendDelayedAck is being written')
}

/** Queues a FIN and sends it (tcp_send_fin). */
export const tcpSendFin = (_tp: TcpSock): void => {
  throw new Error('tcpSendFin is being written')
}

/** Sends a RST for a connection that is given up (tcp_send_active_reset). */
export const tcpSendActiveReset = (_tp: TcpSock): void => {
  throw new Error('tcpSendActiveReset is being written')
}

/** Answers a SYN with SYN and ACK in simultaneous open (tcp_send_synack): 0 or a negative errno. */
export const tcpSendSynackOf = (_tp: TcpSock): number => {
  throw new Error('tcpSendSynackOf is being written')
}

/** Sends data or a probe into a closed window (tcp_write_wakeup): 0, more than 0 when nothing was sent, or a negative errno. */
export const tcpWriteWakeup = (_tp: TcpSock): number => {
  throw new Error('tcpWriteWakeup is being written')
}

/** Sends a window probe and sets its timer (tcp_send_probe0). */
export const tcpSendProbe0 = (_tp: TcpSock): void => {
  throw new Error('tcpSendProbe0 is being written')
}

/** Sends a segment with an old sequence number (tcp_xmit_probe_skb). */
export const tcpXmitProbeSkb = (_tp: TcpSock, _urgent: boolean): number => {
  throw new Error('tcpXmitProbeSkb is being written')
}

/** An acknowledgement is due (inet_csk_schedule_ack) and its helpers are here. */
export const inetCskScheduleAck = (_tp: TcpSock): void => {
  throw new Error('inetCskScheduleAck is being written')
}

/** True when one is (inet_csk_ack_scheduled). */
export const inetCskAckScheduled = (_tp: TcpSock): boolean => {
  throw new Error('inetCskAckScheduled is being written')
}

/** Enters pingpong mode (inet_csk_enter_pingpong_mode). */
export const inetCskEnterPingpongMode = (_tp: TcpSock): void => {
  throw new Error('inetCskEnterPingpongMode is being written')
}

/** Leaves it. */
export const inetCskExitPingpongMode = (_tp: TcpSock): void => {
  throw new Error('inetCskExitPingpongMode is being written')
}

/** True in pingpong mode (inet_csk_in_pingpong_mode). */
export const inetCskInPingpongMode = (_tp: TcpSock): boolean => {
  throw new Error('inetCskInPingpongMode is being written')
}

/** Counts towards it (inet_csk_inc_pingpong_cnt). */
export const inetCskIncPingpongCnt = (_tp: TcpSock): void => {
  throw new Error('inetCskIncPingpongCnt is being written')
}
