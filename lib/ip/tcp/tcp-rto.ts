/**
 * Bounds of the retransmission timeout, how far away it is, and conversions between its ticks and microseconds.
 *
 * @see include/net/tcp.h tcp_rto_min, tcp_rto_delta_us; include/linux/jiffies.h
 */
import { dstMetrics } from '../dst-metrics.js'
import type { TcpSock } from './tcp-sock.js'

const US_PER_JIFFY = 4000
const MS_PER_JIFFY = 4

/** Microseconds as ticks, rounded up (usecs_to_jiffies). */
export const usToJiffies = (us: number): number => Math.ceil(us / US_PER_JIFFY)

/** Milliseconds as ticks, rounded up (msecs_to_jiffies). */
export const msToJiffies = (ms: number): number => Math.ceil(ms / MS_PER_JIFFY)

/** Ticks as microseconds (jiffies_to_usecs). */
export const jiffiesToUs = (jiffies: number): number => jiffies * US_PER_JIFFY

/** Smallest RTO in ticks: the route's where it names one, else the socket's (tcp_rto_min). */
export const tcpRtoMin = (tp: TcpSock): number => {
  if (tp.dstCache === null) return tp.rtoMinJiffies
  const { rtoMin } = dstMetrics(tp.dstCache)
  return rtoMin === undefined ? tp.rtoMinJiffies : msToJiffies(rtoMin)
}

/** The same in microseconds (tcp_rto_min_us). */
export const tcpRtoMinUs = (tp: TcpSock): number => jiffiesToUs(tcpRtoMin(tp))

/** Microseconds until the oldest segment's RTO is over; negative when it is (tcp_rto_delta_us). */
export const tcpRtoDeltaUs = (tp: TcpSock): number => {
  const { head } = tp.rtxQueue
  const rto = jiffiesToUs(tp.rtoJiffies)
  return head === null ? rto : Math.floor(head.mstamp / 1000) + rto - Math.floor(tp.tcpClockNs / 1000)
}
