/**
 * Access to IPv4's state of a namespace.
 *
 * @see include/net/net_namespace.h (net->ipv4)
 */
import { flowFlush } from '../core/flow-genid.js'
import type { Netns } from '../core/netns.js'
import type { Ipv4 } from './netns-ipv4.js'

export type { Ipv4 } from './netns-ipv4.js'

/** IPv4's state of a namespace. */
export const ipv4 = (netns: Netns): Ipv4 => netns.ipv4 as Ipv4

/** Makes every cached route of the namespace stale (rt_cache_flush). */
export const rtCacheFlush = (netns: Netns): void => {
  ipv4(netns).rtGenid++
  flowFlush(netns)
}

/** Forgets what was learned about single destinations as well (ipv4_sysctl_rtcache_flush). */
export const rtCacheForget = (netns: Netns): void => {
  rtCacheFlush(netns)
  ipv4(netns).fnheGenid++
}
