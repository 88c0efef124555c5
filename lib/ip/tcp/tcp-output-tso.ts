/**
 * How much is sent at once: packets of many segments, Nagle's rule, and waiting for more.
 *
 * @see net/ipv4/tcp_output.c tcp_tso_autosize, tcp_nagle_test, tcp_tso_should_defer, tcp_cwnd_test
 */
import { TH_FIN } from '../../wire/tcp.js'
import { tcpSysctls } from './netns-tcp.js'
import { tcpSegLen } from './tcp-seg.js'
import type { TcpSeg } from './tcp-seg.js'
import { after, seqAdd } from './tcp-seq.js'
import type { TcpSock } from './tcp-sock.js'
import { TCP_CA_RECOVERY } from './tcp-states.js'

/** Bits of `tp.nonagle`: Nagle is off, corked, pushed although corked. */
export const TCP_NAGLE_OFF = 1
export const TCP_NAGLE_CORK = 2
export const TCP_NAGLE_PUSH = 4

const NSEC_PER_MSEC = 1_000_000
const GSO_SIZE_BITS = 32

/** Last sequence number of the window that the peer offered (tcp_wnd_end). */
export const tcpWndEnd = (tp: TcpSock): number => seqAdd(tp.sndUna, tp.sndWnd)

/** Urgent data is ahead (tcp_urg_mode). */
export const tcpUrgMode = (tp: TcpSock): boolean => tp.sndUna !== tp.sndUp

/** Segments of one packet by the rate and the distance of the peer (tcp_tso_autosize). */
const tsoAutosize = (tp: TcpSock, mss: number, minSegs: number): number => {
  let octets = Math.floor(tp.pacingRate / 2 ** tp.pacingShift)
  const r = tp.rttMin.v[0] >>> tcpSysctls(tp.netns).tsoRttLog
  if (r < GSO_SIZE_BITS) octets += tp.gsoMaxSize >>> r
  return Math.max(Math.floor(Math.min(octets, tp.gsoMaxSize) / mss), minSegs)
}

/** Segments that a packet may have (tcp_tso_segs). */
export const tcpTsoSegs = (tp: TcpSock, mss: number): number => {
  const minSegs = tp.caOps?.minTsoSegs?.(tp) ?? tcpSysctls(tp.netns).minTsoSegs
  return Math.min(tsoAutosize(tp, mss, minSegs), tp.gsoMaxSegs)
}

/** Packets that the congestion window lets go at once, 0 for none (tcp_cwnd_test). */
export const tcpCwndTest = (tp: TcpSock): number => {
  const { inFlight, sndCwnd } = tp
  // At least two packets should be in flight, so one takes no more than half of the window.
  return inFlight >= sndCwnd ? 0 : Math.min(Math.max(sndCwnd >> 1, 1), sndCwnd - inFlight)
}

/** A small segment that was sent is not acknowledged yet (tcp_minshall_check). */
const minshallCheck = (tp: TcpSock): boolean => after(tp.sndSml, tp.sndUna) && !after(tp.sndSml, tp.sndNxt)

/** Remembers the end of a packet whose last segment is small (tcp_minshall_update). */
export const tcpMinshallUpdate = (tp: TcpSock, mss: number, seg: TcpSeg): void => {
  if (tcpSegLen(seg) < seg.pcount * mss) tp.sndSml = seg.endSeq
}

/** True when Nagle's rule holds a partial segment back (tcp_nagle_check). */
const nagleCheck = (tp: TcpSock, isPartial: boolean, nonagle: number): boolean =>
  isPartial && ((nonagle & TCP_NAGLE_CORK) !== 0 || (nonagle === 0 && tp.packetsOut !== 0 && minshallCheck(tp)))

/** True when Nagle's rule lets a segment go (tcp_nagle_test). */
export const tcpNagleTest = (tp: TcpSock, seg: TcpSeg, mss: number, nonagle: number): boolean => {
  if (nonagle & TCP_NAGLE_PUSH || tcpUrgMode(tp) || seg.flags & TH_FIN) return true
  return !nagleCheck(tp, tcpSegLen(seg) < mss, nonagle)
}

/** True when at least the first frame of a segment fits the peer's window (tcp_snd_wnd_test). */
export const tcpSndWndTest = (tp: TcpSock, seg: TcpSeg, mss: number): boolean => {
  const end = tcpSegLen(seg) > mss ? seqAdd(seg.seq, mss) : seg.endSeq
  return !after(end, tcpWndEnd(tp))
}

/** Octets of a segment that can be sent right away (tcp_mss_split_point). */
export const tcpMssSplitPoint = (tp: TcpSock, seg: TcpSeg, mss: number, maxSegs: number, nonagle: number): number => {
  const window = ((tcpWndEnd(tp) - seg.seq) | 0) >>> 0
  const most = mss * maxSegs
  if (most <= window && seg.next !== null) return most
  const needed = Math.min(tcpSegLen(seg), window)
  if (most <= needed) return most
  const partial = needed % mss
  return nagleCheck(tp, partial !== 0, nonagle) ? needed - partial : needed
}

/** What keeps a packet from being sent; see {@link tcpTsoShouldDefer}. */
export const DEFER_NO = 0
export const DEFER_APP = 1
export const DEFER_CWND = 2
export const DEFER_RWND = 3

/** Octets that could be sent are enough not to wait for more. */
const isEnough = (tp: TcpSock, seg: TcpSeg, limit: number, maxSegs: number): boolean => {
  if (limit >= maxSegs * tp.mssCache) return true
  if (seg.next !== null && limit >= tcpSegLen(seg)) return true
  const { tsoWinDivisor } = tcpSysctls(tp.netns)
  if (tsoWinDivisor === 0) return limit > 3 * tp.mssCache
  return limit >= Math.floor(Math.min(tp.sndWnd, tp.sndCwnd * tp.mssCache) / tsoWinDivisor)
}

/** The next acknowledgement is too far away to wait for it. */
const isAckFar = (tp: TcpSock, head: TcpSeg): boolean => {
  const srttNs = tp.srttUs * 125
  return head.mstamp + srttNs - tp.tcpClockNs - Math.min(Math.floor(srttNs / 2), NSEC_PER_MSEC) > 0
}

/** Waits for more to send in one packet (tcp_tso_should_defer): DEFER_NO, or what is waited for. */
export const tcpTsoShouldDefer = (tp: TcpSock, seg: TcpSeg, maxSegs: number): number => {
  if (tp.caState >= TCP_CA_RECOVERY) return DEFER_NO
  if (tp.tcpClockNs - tp.tcpWstampNs - NSEC_PER_MSEC > 0) return DEFER_NO
  const sendWin = ((tcpWndEnd(tp) - seg.seq) | 0) >>> 0
  const congWin = (tp.sndCwnd - tp.inFlight) * tp.mssCache
  if (isEnough(tp, seg, Math.min(sendWin, congWin), maxSegs)) return DEFER_NO
  const { head } = tp.rtxQueue
  if (head === null || isAckFar(tp, head)) return DEFER_NO
  const len = tcpSegLen(seg)
  if (congWin < sendWin) {
    if (congWin <= len) return DEFER_CWND
  } else if (sendWin <= len) return DEFER_RWND
  return seg.flags & TH_FIN || seg.eor ? DEFER_NO : DEFER_APP
}
