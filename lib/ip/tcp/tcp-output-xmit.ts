/**
 * Sending what is queued: window tests, Nagle, cutting, and the write loop.
 *
 * @see net/ipv4/tcp_output.c tcp_write_xmit
 */
import type { TcpSeg, TcpSegQueue } from './tcp-seg.js'
import type { TcpSock } from './tcp-sock.js'


/** Sends what may be sent (__tcp_push_pending_frames). */
export const tcpPushPendingFramesWith = (_tp: TcpSock, _curMss: number, _nonagle: number): void => {
  throw new Error('tcpPushPendingFramesWith is being written')
}

/** Sends what may be sent with the socket's own Nagle setting (tcp_push_pending_frames). */
export const tcpPushPendingFrames = (_tp: TcpSock): void => {
  throw new Error('tcpPushPendingFrames is being written')
}

/** Sends one segment at once (tcp_push_one). */
export const tcpPushOne = (_tp: TcpSock, _mssNow: number): void => {
  throw new Error('tcpPushOne is being written')
}

/** The write loop; true when nothing is in flight and something waits (tcp_write_xmit). */
export const tcpWriteXmit = (_tp: TcpSock, _mssNow: number, _nonagle: number, _pushOne: number): boolean => {
  throw new Error('tcpWriteXmit is being written')
}

/** Restarts the window after idleness (tcp_cwnd_restart). */
export const tcpCwndRestart = (_tp: TcpSock, _delta: number): void => {
  throw new Error('tcpCwndRestart is being written')
}

/** Schedules a tail loss probe; true when it did (tcp_schedule_loss_probe). */
export const tcpScheduleLossProbe = (_tp: TcpSock, _advancingRto: boolean): boolean => {
  throw new Error('tcpScheduleLossProbe is being written')
}

/** Sends it (tcp_send_loss_probe). */
export const tcpSendLossProbe = (_tp: TcpSock): void => {
  throw new Error('tcpSendLossProbe is being written')
}

/** Last octet of the window that the peer offered (tcp_wnd_end). */
export const tcpWndEnd = (_tp: TcpSock): number => {
  throw new Error('tcpWndEnd is being written')
}

/** Cuts a segment in two (tcp_fragment): 0 or a negative errno. Queue as TCP_FRAG_IN_*. */
export const tcpFragment = (_tp: TcpSock, _queue: TcpSegQueue, _seg: TcpSeg, _len: number, _mssNow: number): number => {
  throw new Error('tcpFragment is being written')
}

/** Drops the first octets of a partly acknowledged segment (tcp_trim_head). */
export const tcpTrimHead = (_tp: TcpSock, _seg: TcpSeg, _len: number): number => {
  throw new Error('tcpTrimHead is being written')
}

/** Takes an acknowledged segment's memory back and ends it (tcp_rtx_queue_unlink_and_free). */
export const tcpRtxQueueUnlinkAndFree = (_tp: TcpSock, _seg: TcpSeg): void => {
  throw new Error('tcpRtxQueueUnlinkAndFree is being written')
}
