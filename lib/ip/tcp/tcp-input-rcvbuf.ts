/**
 * The receive buffer and the window that it allows: first sizes, growth, tuning by the rate at which the program reads.
 *
 * @see net/ipv4/tcp_input.c tcp_grow_window, tcp_init_buffer_space, tcp_rcv_space_adjust, tcp_rcvbuf_grow
 */
import { tcpRttTsoptUs } from './tcp-input-rtt.js'
import type { Skb } from '../../core/skb.js'
import { tcpSysctls } from './netns-tcp.js'
import { tcpSndbufExpand } from './tcp-sndbuf.js'
import { tcpMstampRefresh } from './tcp-time.js'
import { tcpFullSpace, tcpSpace, tcpSpaceFromWin, tcpWinFromSpace } from './tcp-output-window.js'
import { before } from './tcp-seq.js'
import type { TcpSock } from './tcp-sock.js'
import { tcpJiffies, tcpMstampUs, usDelta } from './tcp-time.js'

const TCP_MSS_DEFAULT = 536
const TCP_MIN_MSS = 88
const TCP_INIT_CWND = 10
/** Octets of head that a segment has in one piece: what is in page fragments of its own counts less. */
const HEAD_TRUESIZE = 832

/** How much the window may grow by a segment that takes much memory for its octets (__tcp_grow_window). */
const slowGrowth = (tp: TcpSock, len: number, truesize: number): number => {
  let size = tcpWinFromSpace(tp, truesize) >> 1
  let window = tcpWinFromSpace(tp, tcpSysctls(tp.netns).rmemMax) >> 1
  while (tp.rcvSsthresh <= window) {
    if (size <= len) return 2 * tp.ack.rcvMss
    size >>= 1
    window >>= 1
  }
  return 0
}

/** Memory of a segment of `truesize` without its head, where its octets stand in fragments (truesize_adjust). */
export const tcpTruesizeAdjust = (skb: Skb, truesize: number, isInFragments: boolean): number => {
  const rest = truesize - HEAD_TRUESIZE
  return isInFragments && rest >= skb.tail - skb.data ? rest : truesize
}

/** The window grows with the data that comes (tcp_grow_window). `truesize`: what it counts as. */
export const tcpGrowWindow = (tp: TcpSock, skb: Skb, truesize: number): void => {
  const room = Math.min(tp.windowClamp, tcpSpace(tp)) - tp.rcvSsthresh
  if (room <= 0) return
  const len = skb.tail - skb.data
  const incr = tcpWinFromSpace(tp, truesize) <= len ? 2 * tp.advmss : slowGrowth(tp, len, truesize)
  if (incr === 0) return
  tp.rcvSsthresh += Math.min(room, Math.max(incr, 2 * len))
  tp.ack.quick |= 1
}

/** First estimate of the peer's MSS (tcp_initialize_rcv_mss). */
export const tcpInitializeRcvMss = (tp: TcpSock): void => {
  const hint = Math.min(tp.advmss, tp.mssCache, Math.floor(tp.rcvWnd / 2), TCP_MSS_DEFAULT)
  tp.ack.rcvMss = Math.max(hint, TCP_MIN_MSS)
}

/** Sizes of buffers when a connection is made (tcp_init_buffer_space). */
export const tcpInitBufferSpace = (tp: TcpSock): void => {
  const { appWin } = tcpSysctls(tp.netns)
  if (!tp.userSndbuf) tcpSndbufExpand(tp)
  tcpMstampRefresh(tp)
  const q = tp.rcvqSpace
  q.time = tcpMstampUs(tp)
  q.seq = tp.copiedSeq
  const maxwin = tcpFullSpace(tp)
  const { advmss } = tp
  if (tp.windowClamp >= maxwin) {
    tp.windowClamp = maxwin
    if (appWin !== 0 && maxwin > 4 * advmss)
      tp.windowClamp = Math.max(maxwin - (appWin < 31 ? maxwin >> appWin : 0), 4 * advmss)
  }
  if (appWin !== 0 && tp.windowClamp > 2 * advmss && tp.windowClamp + advmss > maxwin)
    tp.windowClamp = Math.max(2 * advmss, maxwin - advmss)
  tp.rcvSsthresh = Math.min(tp.rcvSsthresh, tp.windowClamp)
  tp.sndCwndStampJiffies = tcpJiffies(tp.netns)
  q.space = Math.min(tp.rcvSsthresh, tp.rcvWnd, TCP_INIT_CWND * advmss)
}

/** Takes over a sample of the round-trip time as a receiver sees it, in microseconds (tcp_rcv_rtt_update). */
const rcvRttUpdate = (tp: TcpSock, sampleUs: number, isWindowDependent: boolean): void => {
  const old = tp.rcvRttUs
  const m = sampleUs * 8
  if (old === 0 || m < old) {
    tp.rcvRttUs = m
    return
  }
  if (isWindowDependent || tp.rcvNxt !== tp.copiedSeq) return
  tp.rcvRttUs = old - Math.floor(old / 8) + sampleUs
}

/** The time in which a window of data came (tcp_rcv_rtt_measure). */
export const tcpRcvRttMeasure = (tp: TcpSock): void => {
  const now = tcpMstampUs(tp)
  if (tp.rcvRttTime !== 0) {
    if (before(tp.rcvNxt, tp.rcvRttSeq)) return
    rcvRttUpdate(tp, usDelta(now, tp.rcvRttTime) || 1, true)
  }
  tp.rcvRttSeq = (tp.rcvNxt + tp.rcvWnd) | 0
  tp.rcvRttTime = now
}

/** The same by the echoed timestamp of a full segment (tcp_rcv_rtt_measure_ts). */
export const tcpRcvRttMeasureTs = (tp: TcpSock, skb: Skb): void => {
  const { rcvTsecr } = tp.rxOpt
  if (rcvTsecr === tp.rcvRttLastTsecr) return
  tp.rcvRttLastTsecr = rcvTsecr
  if (((skb.endSeq - skb.seq) | 0) < tp.ack.rcvMss) return
  const delta = tcpRttTsoptUs(tp, 0)
  if (delta > 0) rcvRttUpdate(tp, delta, false)
}

/** The buffer grows to what `newval` octets a round trip need (tcp_rcvbuf_grow). */
export const tcpRcvbufGrow = (tp: TcpSock, newval: number): void => {
  const q = tp.rcvqSpace
  const old = q.space
  q.space = newval
  const { moderateRcvbuf, rmemMax } = tcpSysctls(tp.netns)
  if (moderateRcvbuf === 0 || tp.userRcvbuf) return
  // What was read is a round trip old, and the sender may double its rate in slow start.
  let win = newval * 2
  win += old === 0 ? 0 : Math.floor((win * (newval - old)) / old) * 2
  const { oooQueue } = tp
  if (oooQueue.length > 0) win += (oooQueue[oooQueue.length - 1]!.endSeq - tp.rcvNxt) | 0
  const rcvbuf = Math.min(tcpSpaceFromWin(tp, win), rmemMax)
  if (rcvbuf <= tp.rcvbuf) return
  tp.rcvbuf = rcvbuf
  tp.windowClamp = tcpWinFromSpace(tp, rcvbuf)
}

/**
 * Octets that the program has left in the receive queue.
 *
 * DIFFERS: what came at this very instant does not count. A whole window comes in one instant where a cable has a delay and
 * no rate, and before any program runs; to the kernel on several CPUs the reader would seem to keep up.
 */
const waiting = (tp: TcpSock): number => (tp.lastDataNs === tp.netns.world.sim.now ? 0 : (tp.rcvNxt - tp.copiedSeq) | 0)

/** The program has read: the buffer follows the rate (tcp_rcv_space_adjust). */
export const tcpRcvSpaceAdjust = (tp: TcpSock): void => {
  tcpMstampRefresh(tp)
  const q = tp.rcvqSpace
  const now = tcpMstampUs(tp)
  if (tp.rcvRttUs === 0 || usDelta(now, q.time) < Math.floor(tp.rcvRttUs / 8)) return
  const copied = ((tp.copiedSeq - q.seq) | 0) - waiting(tp)
  if (copied > q.space) tcpRcvbufGrow(tp, copied)
  q.seq = tp.copiedSeq
  q.time = now
}
