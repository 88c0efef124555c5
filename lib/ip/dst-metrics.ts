/**
 * The metrics of a route that TCP looks at: those of the route, and the MSS that is advertised by default.
 *
 * @see include/net/dst.h dst_metric, net/ipv4/route.c ipv4_default_advmss
 */
import type { Dst } from '../core/dst.js'
import type { FibInfo, RouteMetrics } from './fib-info.js'
import { dstMtu } from './route.js'

/** Smallest MSS that is advertised by default (route.min_adv_mss). */
const MIN_ADVMSS = 256
/** IPv4 and TCP headers, and the longest packet (IPV4_MAX_PMTU). */
const HEADERS = 40
const MAX_PMTU = 65535

const NONE: RouteMetrics = Object.freeze({})

/** Metrics of the route that a destination entry came from. */
export const dstMetrics = (dst: Dst): RouteMetrics => (dst.fibInfo as FibInfo | null)?.metrics ?? NONE

/** RTAX_FEATURE_ECN */
const FEATURE_ECN = 1

/** Connections by this route use ECN (dst_feature). */
export const dstWantsEcn = (dst: Dst): boolean => ((dstMetrics(dst).features ?? 0) & FEATURE_ECN) !== 0

/** MTU of an interface that leads nowhere (blackhole_netdev). */
const BLACKHOLE_MTU = 68

/**
 * MTU of a route that somebody holds (dst_mtu). The route may have been deleted meanwhile: then what holds it leads into
 * a black hole, with an MTU of its own, until it is looked up again.
 */
export const heldDstMtu = (dst: Dst): number =>
  (dst.fibInfo as FibInfo | null)?.dead === true && dst.mtu === 0 ? BLACKHOLE_MTU : dstMtu(dst, false)

/** MSS to advertise by a route (dst_metric_advmss). */
export const dstAdvmss = (dst: Dst): number => {
  const { advmss = 0 } = dstMetrics(dst)
  if (advmss !== 0) return advmss
  return Math.min(Math.max(dstMtu(dst, false) - HEADERS, MIN_ADVMSS), MAX_PMTU - HEADERS)
}
