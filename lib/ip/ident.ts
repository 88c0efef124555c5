/**
 * The IPv4 identification: a counter for each connected socket, and a table of counters for everything else.
 *
 * @see include/net/ip.h ip_select_ident_segs, net/ipv4/route.c __ip_select_ident
 */
import type { Netns } from '../core/netns.js'
import type { Skb } from '../core/skb.js'
import { NSEC_PER_JIFFY } from '../sim/timer.js'
import { IP_DF } from '../wire/ipv4.js'
import { ipv4 } from './ipv4.js'
import type { Sock } from './sock.js'

/** Counters of a namespace. The kernel has 2,048 to 262,144 for all namespaces, keyed by a secret hash. */
const BUCKETS = 256

/** The counters of one namespace. */
export class Idents {
  readonly ids: Uint16Array = new Uint16Array(BUCKETS)
  readonly stamps: Float64Array = new Float64Array(BUCKETS)
  readonly key: number
  #ns = 0
  #jiffies = 0
  constructor(netns: Netns) {
    this.key = netns.rng.u32() | 1
    for (let i = 0; i < BUCKETS; i++) this.ids[i] = netns.rng.u16()
  }

  /** Virtual time in jiffies; a burst divides once. */
  jiffies(ns: number): number {
    if (ns !== this.#ns) {
      this.#ns = ns
      this.#jiffies = Math.floor(ns / NSEC_PER_JIFFY)
    }
    return this.#jiffies
  }
}

/**
 * Next id of a flow (__ip_select_ident); it leaps a little when time has passed, so that nobody can count the packets between.
 */
export const nextIdent = (netns: Netns, saddr: number, daddr: number, proto: number): number => {
  const state = ipv4(netns)
  const t = (state.idents ??= new Idents(netns))
  const mixed = Math.imul(saddr ^ Math.imul(daddr, 0x85ebca6b) ^ proto, t.key)
  const i = (mixed ^ (mixed >>> 15)) & (BUCKETS - 1)
  const now = t.jiffies(netns.world.sim.now)
  const old = t.stamps[i]!
  t.stamps[i] = now
  const delta = now === old ? 0 : netns.rng.below(now - old)
  const id = (t.ids[i]! + delta) & 0xffff
  t.ids[i] = id + 1
  // DIFFERS: the kernel's counters pass through 0, which then looks like "no id"; ours step over it.
  return id === 0 ? nextIdent(netns, saddr, daddr, proto) : id
}

/**
 * Identification of a packet of this host: the socket's own counter when it is connected, 0 when the packet may not be
 * fragmented by anybody, otherwise from the table.
 */
export const ipSelectIdent = (
  skb: Skb,
  sk: Sock | null,
  df: number,
  saddr: number,
  daddr: number,
  proto: number,
): number => {
  if (sk !== null && sk.peerAddress !== 0) {
    const id = sk.inetId
    sk.inetId = (id + 1) & 0xffff
    return id === 0 ? ipSelectIdent(skb, sk, df, saddr, daddr, proto) : id
  }
  return df & IP_DF && !skb.ignoreDf ? 0 : nextIdent(skb.netns, saddr, daddr, proto)
}
