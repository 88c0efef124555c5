/**
 * Reno: a packet more each round trip, half after a loss.
 *
 * @see net/ipv4/tcp_cong.c tcp_reno_cong_avoid; RFC 5681
 */
import type { TcpCongestionOps } from './tcp-cong.js'
import { tcpCongAvoidAi, tcpIsCwndLimited, tcpSlowStart } from './tcp-cong-avoid.js'
import type { TcpSock } from './tcp-sock.js'

const congAvoid = (tp: TcpSock, _ack: number, acked: number): void => {
  if (!tcpIsCwndLimited(tp)) return
  const left = tp.inSlowStart ? tcpSlowStart(tp, acked) : acked
  if (left !== 0) tcpCongAvoidAi(tp, tp.sndCwnd, left)
}

/** The window before the reduction, or the present one if that is larger (tcp_reno_undo_cwnd). */
export const tcpRenoUndoCwnd = (tp: TcpSock): number => Math.max(tp.sndCwnd, tp.priorCwnd)

/** Reno. */
export const tcpReno: TcpCongestionOps = Object.freeze({
  name: 'reno',
  nonRestricted: true,
  ssthresh: (tp: TcpSock): number => Math.max(tp.sndCwnd >> 1, 2),
  congAvoid,
  undoCwnd: tcpRenoUndoCwnd,
})
