/**
 * TCP's clocks: ticks of 4 ms, milliseconds of the timestamps option, microseconds of round-trip times.
 *
 * @see include/net/tcp.h tcp_clock_ns, tcp_jiffies32, tcp_time_stamp_ms
 */
import type { Netns } from '../../core/netns.js'
import { NSEC_PER_JIFFY } from '../../sim/timer.js'

/** Virtual time in ticks (tcp_jiffies32). */
export const tcpJiffies = (netns: Netns): number => Math.floor(netns.world.sim.now / NSEC_PER_JIFFY)

/** Clock of timestamps in milliseconds, int32 (tcp_clock_ms). */
export const tcpClockMs = (netns: Netns): number => Math.floor(netns.world.sim.now / 1_000_000) | 0

/** Virtual time in microseconds (tcp_clock_us). */
export const tcpClockUs = (netns: Netns): number => Math.floor(netns.world.sim.now / 1000)

/** Virtual time in seconds, as the time of a recent timestamp is kept (ktime_get_seconds). */
export const tcpSeconds = (netns: Netns): number => Math.floor(netns.world.sim.now / 1_000_000_000)
