/**
 * The hash of a packet's flow: addresses and ports, the same in both directions.
 *
 * Two packets with the same hash of the kernel have the same one here and the other way round; the numbers themselves
 * follow from the World's seed, as the kernel's follow from a secret that it draws at boot. Left out: what stands behind
 * the first IP header of a tunnel, TIPC, the flow label of IPv6.
 *
 * @see net/core/flow_dissector.c __skb_flow_dissect, __flow_hash_consistentify, __skb_get_hash
 */
import type { Skb } from '../core/skb.js'
import { getU16, getU32 } from '../wire/bytes.js'
import { ETH_P_8021AD, ETH_P_8021Q, ETH_P_IP, ETH_P_IPV6 } from '../wire/ethernet.js'
import { IPV4_HLEN, ipv4Daddr, ipv4IsFragment, ipv4Ihl, ipv4Proto, ipv4Saddr } from '../wire/ipv4.js'
import { portsOffset } from './flow-dissector.js'
import { ipv4 } from './ipv4.js'

const IPV6_HLEN = 40
const VLAN_HLEN = 4
const VLAN_VID_MASK = 0x0fff

const mix = (h: number, word: number): number => {
  const k = Math.imul(h ^ word, 0x85ebca6b)
  return Math.imul(k ^ (k >>> 15), 0xc2b2ae35) ^ (k >>> 13)
}

/** The secret of a World's hashes, and the hashes that the sockets of one namespace draw. */
export class FlowHash {
  /** The same in all namespaces of a World. */
  readonly secret: number
  readonly #netns: number
  #drawn = 0

  /** `netns` tells namespaces apart. */
  constructor(seed: number, netns: number) {
    this.secret = mix(0x9e3779b9, seed | 0)
    this.#netns = netns
  }

  /** Hash of everything that a socket sends from now on (sk_set_txhash); never 0. */
  drawTxHash(): number {
    return mix(mix(mix(this.secret, 0x74786873), this.#netns), ++this.#drawn) || 1
  }
}

/** Two words of which the order does not count. */
const mixPair = (h: number, a: number, b: number): number => (a < b ? mix(mix(h, a), b) : mix(mix(h, b), a))

/** Adds the ports that stand at `o` and notes in the packet that it has some. */
const mixPorts = (skb: Skb, h: number, proto: number, o: number): number => {
  const offset = portsOffset(proto)
  if (offset < 0 || o + offset + 4 > skb.tail) return h
  const at = o + offset
  const ports = mixPair(h, getU16(skb.buf, at), getU16(skb.buf, at + 2))
  if (getU32(skb.buf, at) !== 0) skb.l4Hash = true
  return ports
}

const hashIpv4 = (skb: Skb, h: number, o: number): number => {
  const b = skb.buf
  const ihl = ipv4Ihl(b, o)
  const proto = ipv4Proto(b, o)
  const addresses = mix(mixPair(h, ipv4Saddr(b, o), ipv4Daddr(b, o)), proto)
  return ipv4IsFragment(b, o) || ihl < IPV4_HLEN ? addresses : mixPorts(skb, addresses, proto, o + ihl)
}

const fold6 = (b: Uint8Array, o: number): number =>
  mix(mix(mix(getU32(b, o), getU32(b, o + 4)), getU32(b, o + 8)), getU32(b, o + 12))

const hashIpv6 = (skb: Skb, h: number, o: number): number => {
  const b = skb.buf
  const proto = b[o + 6]!
  return mixPorts(skb, mix(mixPair(h, fold6(b, o + 8), fold6(b, o + 24)), proto), proto, o + IPV6_HLEN)
}

/** Looks at the packet; `data` is at its link-layer header and `o` at what follows. */
const dissect = (skb: Skb, secret: number, o: number): number => {
  let proto = skb.protocol
  let at = o
  let h = secret
  while ((proto === ETH_P_8021Q || proto === ETH_P_8021AD) && at + VLAN_HLEN <= skb.tail) {
    h = mix(h, getU16(skb.buf, at) & VLAN_VID_MASK)
    proto = getU16(skb.buf, at + 2)
    at += VLAN_HLEN
  }
  h = mix(h, proto)
  if (proto === ETH_P_IP && at + IPV4_HLEN <= skb.tail) return hashIpv4(skb, h, at)
  return proto === ETH_P_IPV6 && at + IPV6_HLEN <= skb.tail ? hashIpv6(skb, h, at) : h
}

/**
 * Hash of the flow of a packet whose network header is at `o`, an int32 that is not 0; what a socket or an earlier device
 * has set stays (skb_get_hash).
 */
export const skbGetHash = (skb: Skb, o: number): number => {
  if (skb.hash === 0) skb.hash = dissect(skb, ipv4(skb.netns).flowHash.secret, o) || 1
  return skb.hash
}

/** A packet has become another one: what its hash was made of does not count, unless it came from ports (skb_clear_hash_if_not_l4). */
export const skbClearHashIfNotL4 = (skb: Skb): void => {
  if (!skb.l4Hash) skb.hash = 0
}
