/**
 * TCP's clocks: ticks of 4 ms, milliseconds of the timestamps option, microseconds of round-trip times.
 *
 * @see include/net/tcp.h tcp_clock_ns, tcp_jiffies32, tcp_time_stamp_ms
 */
import type { Netns } from '../../core/netns.js'
import { NSEC_PER_JIFFY } from '../../sim/timer.js'
import type { TcpSeg } from './tcp-seg.js'
import { after } from './tcp-seq.js'
import type { TcpSock } from './tcp-sock.js'

/** Virtual time in ticks (tcp_jiffies32). */
export const tcpJiffies = (netns: Netns): number => Math.floor(netns.world.sim.now / NSEC_PER_JIFFY)

/** Clock of timestamps in milliseconds, int32 (tcp_clock_ms). */
export const tcpClockMs = (netns: Netns): number => Math.floor(netns.world.sim.now / 1_000_000) | 0

const NS_PER_MS = 1_000_000
/** Time that a machine takes for one packet at one device, for one program or timer. */
const WORK_NS = 10_000

/**
 * The clock of round-trip times in nanoseconds (tcp_clock_ns). Packets pass through this machine in no time, which leaves
 * TCP without the one thing that tells it what was sent before what: so within one instant every packet that was handled
 * counts as some microseconds, up to the next millisecond, which the clocks of timestamps and timers do not notice.
 *
 * DIFFERS: the round trip over a cable without delay is as many microseconds as packets were handled, not what the machine
 * needs for them.
 */
export const tcpClockNs = (netns: Netns): number => {
  const { now, workThisInstant } = netns.world.sim
  return now + Math.min(workThisInstant * WORK_NS, NS_PER_MS - 1 - (now % NS_PER_MS))
}

/** The same in microseconds (tcp_clock_us). */
export const tcpClockUs = (netns: Netns): number => Math.floor(tcpClockNs(netns) / 1000)

/** Virtual time in seconds, as the time of a recent timestamp is kept, where 0 says none: from 1 on (ktime_get_seconds). */
export const tcpSeconds = (netns: Netns): number => Math.floor(netns.world.sim.now / 1_000_000_000) + 1

/** Time of the event that a socket is handling, in microseconds (tcp_mstamp). */
export const tcpMstampUs = (tp: TcpSock): number => Math.floor(tp.tcpClockNs / 1000)

/** Microseconds when a segment was last sent (tcp_skb_timestamp_us). */
export const tcpSegUs = (seg: TcpSeg): number => Math.floor(seg.mstamp / 1000)

/** Microseconds from `b` to `a`, at least 0 (tcp_stamp_us_delta). */
export const usDelta = (a: number, b: number): number => (a > b ? a - b : 0)

/** What was sent at `t1` up to `seq1` was sent after the other (tcp_skb_sent_after). */
export const tcpSentAfter = (t1: number, t2: number, seq1: number, seq2: number): boolean =>
  t1 > t2 || (t1 === t2 && after(seq1, seq2))

/** Refreshes the socket's clock (tcp_mstamp_refresh). */
export const tcpMstampRefresh = (tp: TcpSock): void => {
  const now = tcpClockNs(tp.netns)
  if (now > tp.tcpClockNs) tp.tcpClockNs = now
}

/** Timestamps clock of the socket in milliseconds without its offset, int32 (tcp_time_stamp_ts). */
export const tcpTimeStampMs = (tp: TcpSock): number => Math.floor(tp.tcpClockNs / NS_PER_MS) | 0

/** Timestamps clock when a segment was sent, without the socket's offset, int32 (tcp_skb_timestamp_ts). */
export const tcpSegTimestampMs = (seg: TcpSeg): number => Math.floor(seg.mstamp / NS_PER_MS) | 0
