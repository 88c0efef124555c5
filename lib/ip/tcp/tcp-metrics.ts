/**
 * What connections leave for later ones to the same peer: RTT, slow start threshold, window, reordering.
 *
 * @see net/ipv4/tcp_metrics.c
 */
import type { Dst } from '../../core/dst.js'
import { HZ } from '../../sim/timer.js'
import { dstMetrics } from '../dst-metrics.js'
import { netnsTcp } from './netns-tcp.js'
import type { TcpRequestSock } from './request-sock.js'
import type { TcpMetrics } from './tcp-metrics-table.js'
import type { TcpSock } from './tcp-sock.js'
import { TCP_CA_OPEN } from './tcp-states.js'
import { tcpJiffies } from './tcp-time.js'

export type { TcpMetrics } from './tcp-metrics-table.js'

const TCP_INFINITE_SSTHRESH = 0x7fffffff
/** RTO when the handshake has given no RTT: ticks (TCP_TIMEOUT_FALLBACK). */
const TCP_TIMEOUT_FALLBACK = 3 * HZ
const USEC_PER_JIFFY = 1_000_000 / HZ
const USEC_PER_MSEC = 1000
/** An entry that was not used for an hour begins anew with what the route says. */
const TCP_METRICS_TIMEOUT = 60 * 60 * HZ

/** What the route says about the values (tcpm_suck_dst). */
const suckDst = (tm: TcpMetrics, dst: Dst, now: number): void => {
  const { rtt = 0, rttvar = 0, ssthresh = 0, cwnd = 0, reordering = 0, lock } = dstMetrics(dst)
  tm.stampJiffies = now
  tm.lock = lock ?? null
  tm.rttUs = rtt * USEC_PER_MSEC
  tm.rttvarUs = rttvar * USEC_PER_MSEC
  tm.ssthresh = ssthresh
  tm.cwnd = cwnd
  tm.reordering = reordering
}

const getMetrics = (tp: TcpSock, dst: Dst, create: boolean): TcpMetrics | null => {
  const { metrics } = netnsTcp(tp.netns)
  const now = tcpJiffies(tp.netns)
  const found = metrics.find(tp.sourceAddress, tp.peerAddress)
  if (found !== null) {
    if (now - found.stampJiffies > TCP_METRICS_TIMEOUT) suckDst(found, dst, now)
    return found
  }
  if (!create) return null
  const tm = metrics.add(tp.sourceAddress, tp.peerAddress)
  suckDst(tm, dst, now)
  return tm
}

const isLocked = (tm: TcpMetrics, name: string): boolean => tm.lock?.has(name) === true

/** Overestimating a round trip is better than underestimating it: up at once, down slowly. */
const updateRtt = (tm: TcpMetrics, tp: TcpSock): void => {
  const m = tm.rttUs - tp.srttUs
  if (!isLocked(tm, 'rtt')) tm.rttUs = m <= 0 ? tp.srttUs : tm.rttUs - (m >> 3)
  if (isLocked(tm, 'rttvar')) return
  const dev = Math.max(Math.abs(m) >> 1, tp.mdevUs)
  tm.rttvarUs = dev >= tm.rttvarUs ? dev : tm.rttvarUs - ((tm.rttvarUs - dev) >> 2)
}

const updateWindows = (tm: TcpMetrics, tp: TcpSock): void => {
  const { noSsthreshMetricsSave, reordering } = netnsTcp(tp.netns).sysctls
  const savesSsthresh = noSsthreshMetricsSave === 0 && !isLocked(tm, 'ssthresh')
  const savesCwnd = !isLocked(tm, 'cwnd')
  const { sndCwnd, sndSsthresh } = tp
  if (sndSsthresh >= TCP_INFINITE_SSTHRESH) {
    if (savesSsthresh && tm.ssthresh !== 0 && sndCwnd >> 1 > tm.ssthresh) tm.ssthresh = sndCwnd >> 1
    if (savesCwnd && sndCwnd > tm.cwnd) tm.cwnd = sndCwnd
  } else if (!tp.inSlowStart && tp.caState === TCP_CA_OPEN) {
    if (savesSsthresh) tm.ssthresh = Math.max(sndCwnd >> 1, sndSsthresh)
    if (savesCwnd) tm.cwnd = (tm.cwnd + sndCwnd) >>> 1
  } else {
    if (savesCwnd) tm.cwnd = (tm.cwnd + sndSsthresh) >>> 1
    if (savesSsthresh && tm.ssthresh !== 0 && sndSsthresh > tm.ssthresh) tm.ssthresh = sndSsthresh
    if (!isLocked(tm, 'reordering') && tm.reordering < tp.reordering && tp.reordering !== reordering)
      tm.reordering = tp.reordering
  }
}

/** Saves what a connection has learned, when it enters TIME_WAIT or leaves LAST_ACK (tcp_update_metrics). */
export const tcpUpdateMetrics = (tp: TcpSock): void => {
  const dst = tp.dstCache
  if (netnsTcp(tp.netns).sysctls.noMetricsSave !== 0 || dst === null) return
  if (tp.backoff !== 0 || tp.srttUs === 0) {
    // It failed to measure a round trip: nothing came back in time.
    const tm = getMetrics(tp, dst, false)
    if (tm !== null && !isLocked(tm, 'rtt')) tm.rttUs = 0
    return
  }
  const tm = getMetrics(tp, dst, true)!
  updateRtt(tm, tp)
  updateWindows(tm, tp)
  tm.stampJiffies = tcpJiffies(tp.netns)
}

/** Takes over windows that are known; returns the RTT, eight times, in microseconds, 0 when it is not known. */
const takeOver = (tp: TcpSock): number => {
  const dst = tp.dstCache
  const tm = dst === null ? null : getMetrics(tp, dst, false)
  if (tm === null) return 0
  if (isLocked(tm, 'cwnd')) tp.sndCwndClamp = tm.cwnd
  const ssthresh = netnsTcp(tp.netns).sysctls.noSsthreshMetricsSave !== 0 ? 0 : tm.ssthresh
  if (ssthresh !== 0) tp.sndSsthresh = Math.min(ssthresh, tp.sndCwndClamp)
  if (tm.reordering !== 0) tp.reordering = tm.reordering
  return tm.rttUs
}

/** Takes over what is known about the peer when a connection is made (tcp_init_metrics). */
export const tcpInitMetrics = (tp: TcpSock): void => {
  tp.sndSsthresh = TCP_INFINITE_SSTHRESH
  const rttUs = takeOver(tp)
  if (rttUs > tp.srttUs) {
    // The handshake's segments are small; the round trip of data may be longer.
    const rtt = Math.floor(rttUs / (8 * USEC_PER_JIFFY))
    tp.rtoJiffies = rtt + Math.max(2 * rtt, tp.rtoMinJiffies)
  } else if (tp.srttUs === 0) {
    tp.rttvarUs = tp.mdevUs = tp.mdevMaxUs = TCP_TIMEOUT_FALLBACK * USEC_PER_JIFFY
    tp.rtoJiffies = TCP_TIMEOUT_FALLBACK
  }
}

/** A connection with the peer of a request has worked before (tcp_peer_is_proven). */
export const tcpPeerIsProven = (req: TcpRequestSock, dst: Dst): boolean => {
  const { netns } = req.listener
  const tm = netnsTcp(netns).metrics.find(req.localAddress, req.peerAddress)
  if (tm === null) return false
  const now = tcpJiffies(netns)
  if (now - tm.stampJiffies > TCP_METRICS_TIMEOUT) suckDst(tm, dst, now)
  return tm.rttUs !== 0
}
