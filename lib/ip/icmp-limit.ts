/**
 * Limits on the ICMP messages that a host sends: a bucket for all, and one for each destination.
 *
 * @see net/ipv4/icmp.c icmp_global_allow, icmpv4_xrlim_allow; net/ipv4/inetpeer.c inet_peer_xrlim_allow
 */
import type { Netns } from '../core/netns.js'
import { HZ, NSEC_PER_JIFFY } from '../sim/timer.js'
import { ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, NR_ICMP_TYPES } from '../wire/icmp.js'
import { ipv4 } from './ipv4.js'

/** Errors that may follow each other at once before the rate counts. */
const XRLIM_BURST_FACTOR = 6
/** A destination that was never written to starts with a full bucket. */
const FIRST_STAMP = -60 * HZ
/** The routing code's own bucket for "no route", in jiffies (ip_rt_error_burst, ip_rt_error_cost). */
const RT_ERROR_BURST = 5 * HZ
const RT_ERROR_COST = HZ

/** What is remembered about a destination (struct inet_peer). Times in jiffies. */
export class InetPeer {
  rateTokens = 0
  rateLast: number = FIRST_STAMP
  nRedirects = 0
}

/** Limits of one namespace. */
export class IcmpLimits {
  /** A message is on its way out: one that its sending would call for is not sent (icmp_xmit_lock). */
  isSending = false
  readonly #netns: Netns
  readonly #peers = new Map<number, InetPeer>()
  #globalCredit = 0
  #globalStamp = -HZ

  constructor(netns: Netns) {
    this.#netns = netns
  }

  get #jiffies(): number {
    return Math.floor(this.#netns.world.now / NSEC_PER_JIFFY)
  }

  /** What is remembered about `addr` (inet_getpeer_v4). */
  peer(addr: number): InetPeer {
    let peer = this.#peers.get(addr)
    if (peer === undefined) {
      peer = new InetPeer()
      peer.rateLast += this.#jiffies
      this.#peers.set(addr, peer)
    }
    return peer
  }

  /** True when messages of this kind are not limited at all (icmpv4_mask_allow). */
  isExempt(type: number, code: number): boolean {
    if (type > NR_ICMP_TYPES || (type === ICMP_DEST_UNREACH && code === ICMP_FRAG_NEEDED)) return true
    return ((1 << type) & ipv4(this.#netns).sysctls.icmpRatemask) === 0
  }

  /** The bucket for all destinations (icmp_global_allow): may a limited message go out now? */
  globalAllow(): boolean {
    if (this.#globalCredit > 0) return true
    const { icmpMsgsPerSec, icmpMsgsBurst } = ipv4(this.#netns).sysctls
    const now = this.#jiffies
    const delta = Math.min(now - this.#globalStamp, HZ)
    if (delta < HZ / 50) return false
    const incr = Math.floor((icmpMsgsPerSec * delta) / HZ)
    if (incr === 0) return false
    this.#globalStamp = now
    this.#globalCredit = Math.min(this.#globalCredit + incr, icmpMsgsBurst)
    return true
  }

  /** The bucket of one destination (icmpv4_xrlim_allow); takes from the one for all when it allows. */
  peerAllow(daddr: number): boolean {
    const timeout = Math.ceil((ipv4(this.#netns).sysctls.icmpRatelimitMs * HZ) / 1000)
    const peer = this.peer(daddr)
    const now = this.#jiffies
    // The bucket is cut to its size only when time has passed: what the routing code left in it counts in full.
    const delta = now - peer.rateLast
    const tokens = delta === 0 ? peer.rateTokens : Math.min(peer.rateTokens + delta, XRLIM_BURST_FACTOR * timeout)
    peer.rateLast = now
    const allowed = tokens >= timeout
    peer.rateTokens = allowed ? tokens - timeout : tokens
    if (allowed) this.#globalCredit -= this.#netns.rng.below(3)
    return allowed
  }

  /** The routing code's limit before it says that there is no route (ip_error). It shares the destination's tokens. */
  routeErrorAllow(saddr: number): boolean {
    const peer = this.peer(saddr)
    const now = this.#jiffies
    peer.rateTokens = Math.min(peer.rateTokens + now - peer.rateLast, RT_ERROR_BURST)
    peer.rateLast = now
    if (peer.rateTokens < RT_ERROR_COST) return false
    peer.rateTokens -= RT_ERROR_COST
    return true
  }
}
