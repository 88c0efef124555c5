/**
 * Parameters of neighbour discovery for one device (/proc/sys/net/ipv4/neigh/DEV/), in the units of the sysctl.
 *
 * @see include/net/neighbour.h enum NEIGH_VAR_*, net/ipv4/arp.c arp_tbl
 */
import type { Rng } from '../sim/rng.js'
import { NSEC_PER_MSEC, NSEC_PER_SEC } from '../sim/time.js'

/** Name and default of each parameter; the position is the index. `unres_qlen_bytes` comes from the kernel profile. */
const SETTINGS = [
  ['mcast_solicit', 3],
  ['ucast_solicit', 3],
  ['app_solicit', 0],
  ['mcast_resolicit', 0],
  ['retrans_time_ms', 1000],
  ['base_reachable_time_ms', 30000],
  ['delay_first_probe_time', 5],
  ['interval_probe_time_ms', 5000],
  ['gc_stale_time', 60],
  ['unres_qlen_bytes', 0],
  ['proxy_qlen', 64],
  ['anycast_delay', 100],
  ['proxy_delay', 80],
  ['locktime', 100],
] as const

export const MCAST_PROBES = 0
export const UCAST_PROBES = 1
export const APP_PROBES = 2
export const MCAST_REPROBES = 3
export const RETRANS_TIME = 4
export const BASE_REACHABLE_TIME = 5
export const DELAY_PROBE_TIME = 6
export const INTERVAL_PROBE_TIME = 7
export const GC_STALETIME = 8
export const QUEUE_LEN_BYTES = 9
export const PROXY_QLEN = 10
export const ANYCAST_DELAY = 11
export const PROXY_DELAY = 12
export const LOCKTIME = 13

/** Names under net.ipv4.neigh.DEV, in the order of the indexes above. */
export const NEIGH_PARM_NAMES: readonly string[] = SETTINGS.map(([name]) => name)

/** Nanoseconds in 1/100 s, the unit of proxy_delay, anycast_delay and locktime. */
const NSEC_PER_USER_HZ = 10 * NSEC_PER_MSEC

/** Parameters of one device, or those that new devices start from. */
export class NeighParms {
  readonly data: Int32Array
  /** Time in nanoseconds that an entry stays REACHABLE, drawn around base_reachable_time. */
  reachableTimeNs: number

  constructor(from: NeighParms | null, unresQlenBytes: number, rng: Rng) {
    this.data = from === null ? Int32Array.from(SETTINGS, ([, value]) => value) : Int32Array.from(from.data)
    if (from === null) this.data[QUEUE_LEN_BYTES] = unresQlenBytes
    this.reachableTimeNs = 0
    this.drawReachableTime(rng)
  }

  /** Draws the reachable time anew: half to one and a half of its base (neigh_rand_reach_time). */
  drawReachableTime(rng: Rng): void {
    const baseMs = this.data[BASE_REACHABLE_TIME]!
    this.reachableTimeNs = baseMs === 0 ? 0 : (rng.below(baseMs) + (baseMs >> 1)) * NSEC_PER_MSEC
  }

  get retransNs(): number {
    return this.data[RETRANS_TIME]! * NSEC_PER_MSEC
  }
  get delayProbeNs(): number {
    return this.data[DELAY_PROBE_TIME]! * NSEC_PER_SEC
  }
  get gcStaleNs(): number {
    return this.data[GC_STALETIME]! * NSEC_PER_SEC
  }
  get locktimeNs(): number {
    return this.data[LOCKTIME]! * NSEC_PER_USER_HZ
  }
  get proxyDelayNs(): number {
    return this.data[PROXY_DELAY]! * NSEC_PER_USER_HZ
  }
}
