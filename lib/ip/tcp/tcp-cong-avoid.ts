/**
 * What algorithms of congestion control share: slow start, the additive increase, and whether the window limits the
 * sender at all.
 *
 * @see net/ipv4/tcp_cong.c tcp_slow_start, tcp_cong_avoid_ai; include/net/tcp.h tcp_is_cwnd_limited
 */
import type { TcpSock } from './tcp-sock.js'

/** The window limits the sender (tcp_is_cwnd_limited). */
export const tcpIsCwndLimited = (tp: TcpSock): boolean =>
  // In slow start the window may be twice what was used.
  tp.isCwndLimited || (tp.inSlowStart && tp.sndCwnd < 2 * tp.maxPacketsOut)

/** One packet more for each that was acknowledged, up to the threshold; what is left of `acked` (tcp_slow_start). */
export const tcpSlowStart = (tp: TcpSock, acked: number): number => {
  const cwnd = Math.min(tp.sndCwnd + acked, tp.sndSsthresh)
  const left = acked - (cwnd - tp.sndCwnd)
  tp.sndCwnd = Math.min(cwnd, tp.sndCwndClamp)
  return left
}

/** One packet more for each `w` that were acknowledged (tcp_cong_avoid_ai). */
export const tcpCongAvoidAi = (tp: TcpSock, w: number, acked: number): void => {
  if (tp.sndCwndCnt >= w) {
    tp.sndCwndCnt = 0
    tp.sndCwnd++
  }
  tp.sndCwndCnt += acked
  if (tp.sndCwndCnt >= w) {
    const delta = Math.floor(tp.sndCwndCnt / w)
    tp.sndCwndCnt -= delta * w
    tp.sndCwnd += delta
  }
  tp.sndCwnd = Math.min(tp.sndCwnd, tp.sndCwndClamp)
}
