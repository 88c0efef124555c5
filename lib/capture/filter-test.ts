/**
 * The tests that a capture filter is made of: closures over one frame.
 *
 * A read behind the frame's end rejects the frame whatever stands around it, also under `not`, as it does in the kernel's
 * filter machine: it sets `outside`, which the whole filter looks at last.
 * @see pcap-filter(7), net/core/filter.c
 */

import { ETH_HLEN, ETH_P_8021AD, ETH_P_8021Q, ETH_P_ARP, ETH_P_IP, ETH_P_IPV6, ETH_P_RARP } from '../wire/ethernet.js'
import { IP_OFFSET, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP } from '../wire/ipv4.js'
import { VLAN_HLEN, VLAN_VID_MASK } from '../wire/vlan.js'

/** Whether a read went behind the frame's end, for one run of a filter. */
export interface Run {
  outside: boolean
}

/** A test of the frame `b[off..end)`. */
export type Test = (b: Uint8Array, off: number, end: number, run: Run) => boolean
/** A number taken from the frame `b[off..end)`, unsigned 32 bits. */
export type Value = (b: Uint8Array, off: number, end: number, run: Run) => number

/** Which of two fields must match. */
export type Direction = 'src' | 'dst' | 'either' | 'both'

/** Where things stand in a frame, which `vlan` in the filter moves. */
export interface Layout {
  /** Whether frames begin with an Ethernet header; else with an IP header. */
  readonly isEthernet: boolean
  /** Offset of the EtherType. */
  readonly type: number
  /** Offset of the network header. */
  readonly net: number
  /**
   * Octets of a tag that stands in the frame but that the kernel keeps beside it: what it does not count, and what a
   * filter of a live capture does not see where it looks for an EtherType.
   */
  readonly beside: number
  /** That tag has not been asked for by `vlan` yet. */
  readonly isTagUnseen: boolean
}

const ETHERTYPE_OLD_QINQ = 0x9100
/** Largest number in the EtherType field that is a length. */
const MAX_LENGTH = 1500
const IPV6_HLEN = 40
const IPPROTO_FRAGMENT = 44

/** Layout of a frame that begins with an Ethernet header. */
export const ETHERNET_LAYOUT: Layout = {
  isEthernet: true,
  type: ETH_HLEN - 2,
  net: ETH_HLEN,
  beside: 0,
  isTagUnseen: false,
}
/** Layout of such a frame when the kernel keeps its outer tag beside it. */
export const TAG_BESIDE_LAYOUT: Layout = {
  isEthernet: true,
  type: ETH_HLEN - 2 + VLAN_HLEN,
  net: ETH_HLEN + VLAN_HLEN,
  beside: VLAN_HLEN,
  isTagUnseen: true,
}
/** Layout of a packet without link layer. */
export const RAW_LAYOUT: Layout = { isEthernet: false, type: 0, net: 0, beside: 0, isTagUnseen: false }

/** Layout behind one tag more; the one that stands beside the frame moves nothing. */
export const behindTag = (l: Layout): Layout =>
  l.isTagUnseen ? { ...l, isTagUnseen: false } : { ...l, type: l.type + VLAN_HLEN, net: l.net + VLAN_HLEN }

/** Number of `size` (1, 2, 4) octets at `o`; 0 with `outside` set when it does not end before `end`. */
export const load = (b: Uint8Array, o: number, size: number, end: number, run: Run): number => {
  if (o < 0 || o + size > end) {
    run.outside = true
    return 0
  }
  if (size === 1) return b[o]!
  if (size === 2) return (b[o]! << 8) | b[o + 1]!
  return ((b[o]! << 24) | (b[o + 1]! << 16) | (b[o + 2]! << 8) | b[o + 3]!) >>> 0
}

const TAG_AT: number = ETH_HLEN - 2

/** Number of `size` octets at `at` from the frame's beginning, as if the tag that stands beside it were not there. */
export const loadLink = (
  l: Layout,
  b: Uint8Array,
  off: number,
  at: number,
  size: number,
  end: number,
  run: Run,
): number => {
  if (l.beside === 0 || at + size <= TAG_AT) return load(b, off + at, size, end, run)
  if (at >= TAG_AT) return load(b, off + at + l.beside, size, end, run)
  let value = 0
  for (let i = at; i < at + size; i++) value = value * 256 + load(b, off + i + (i < TAG_AT ? 0 : l.beside), 1, end, run)
  return value >>> 0
}

/** A test that always gives the same answer. */
export const always =
  (answer: boolean): Test =>
  () =>
    answer

/** Both tests, the second only when the first holds. */
export const both =
  (x: Test, y: Test): Test =>
  (b, off, end, run) =>
    x(b, off, end, run) && y(b, off, end, run)

/** One of the tests, the second only when the first does not hold. */
export const either =
  (x: Test, y: Test): Test =>
  (b, off, end, run) =>
    x(b, off, end, run) || y(b, off, end, run)

/** The opposite. */
export const negate =
  (x: Test): Test =>
  (b, off, end, run) =>
    !x(b, off, end, run)

/** Whether the number of `size` octets at `at`, under `mask`, is `value`. */
export const fieldIs =
  (at: number, size: number, mask: number, value: number): Test =>
  (b, off, end, run) =>
    ((load(b, off + at, size, end, run) & mask) | 0) === (value | 0)

/** Combines the tests of a source and a destination field. */
export const directed = (dir: Direction, src: Test, dst: Test): Test => {
  if (dir === 'src') return src
  if (dir === 'dst') return dst
  return dir === 'both' ? both(src, dst) : either(src, dst)
}

/** Whether the frame carries the EtherType (or, below 1501, the LLC service point) `type`. */
export const etherProto = (l: Layout, type: number): Test => {
  if (!l.isEthernet) {
    if (type === ETH_P_IP) return fieldIs(l.net, 1, 0xf0, 0x40)
    return type === ETH_P_IPV6 ? fieldIs(l.net, 1, 0xf0, 0x60) : always(false)
  }
  if (type > MAX_LENGTH) return fieldIs(l.type, 2, 0xffff, type)
  const isLength: Test = (b, off, end, run) => load(b, off + l.type, 2, end, run) <= MAX_LENGTH
  return both(isLength, fieldIs(l.type + 2, 1, 0xff, type))
}

/** Whether the frame carries IPv4 with the protocol number. */
export const ipProto = (l: Layout, proto: number): Test =>
  both(etherProto(l, ETH_P_IP), fieldIs(l.net + 9, 1, 0xff, proto))

/** Whether the frame carries IPv6 with the protocol number, directly or behind a fragment header. */
export const ip6Proto = (l: Layout, proto: number): Test => {
  const behindFragment = both(fieldIs(l.net + 6, 1, 0xff, IPPROTO_FRAGMENT), fieldIs(l.net + IPV6_HLEN, 1, 0xff, proto))
  return both(etherProto(l, ETH_P_IPV6), either(fieldIs(l.net + 6, 1, 0xff, proto), behindFragment))
}

/** Whether the address at `at` is `addr` under `mask`; under an empty mask nothing is read, as in optimised filters. */
const addressField = (at: number, addr: number, mask: number): Test =>
  mask === 0 ? always(addr === 0) : fieldIs(at, 4, mask, addr)

const addressTest = (
  l: Layout,
  type: number,
  src: number,
  dst: number,
  dir: Direction,
  addr: number,
  mask: number,
): Test =>
  both(etherProto(l, type), directed(dir, addressField(l.net + src, addr, mask), addressField(l.net + dst, addr, mask)))

/** Whether an address (int32) of an IPv4 header is `addr` under `mask`. */
export const ipHost = (l: Layout, dir: Direction, addr: number, mask: number): Test =>
  addressTest(l, ETH_P_IP, 12, 16, dir, addr, mask)

/** Whether an address (int32) of an ARP packet is `addr` under `mask`. */
export const arpHost = (l: Layout, dir: Direction, addr: number, mask: number): Test =>
  addressTest(l, ETH_P_ARP, 14, 24, dir, addr, mask)

/** The same for reverse ARP. */
export const rarpHost = (l: Layout, dir: Direction, addr: number, mask: number): Test =>
  addressTest(l, ETH_P_RARP, 14, 24, dir, addr, mask)

/** Whether a MAC of the Ethernet header is that of upper 16 and lower 32 bits `hi`, `lo`. */
export const etherHost = (dir: Direction, hi: number, lo: number): Test => {
  const at = (o: number): Test => both(fieldIs(o + 2, 4, -1, lo), fieldIs(o, 2, 0xffff, hi))
  return directed(dir, at(6), at(0))
}

/** Whether the packet is no later fragment, so that a transport header stands behind the IPv4 header. */
export const isFirstFragment = (l: Layout): Test => fieldIs(l.net + 6, 2, IP_OFFSET, 0)

/** Offset from `off` of the transport header behind the IPv4 header. */
export const transportOffset = (l: Layout, b: Uint8Array, off: number, end: number, run: Run): number =>
  l.net + ((load(b, off + l.net, 1, end, run) & 15) << 2)

const portField =
  (l: Layout, at: number, low: number, high: number): Test =>
  (b, off, end, run) => {
    const header = off + transportOffset(l, b, off, end, run)
    const port = load(b, header + at, 2, end, run)
    return !run.outside && port >= low && port <= high
  }

const port6Field =
  (l: Layout, at: number, low: number, high: number): Test =>
  (b, off, end, run) => {
    const port = load(b, off + l.net + IPV6_HLEN + at, 2, end, run)
    return !run.outside && port >= low && port <= high
  }

/** Protocols with ports. */
export const PORT_PROTOCOLS: readonly number[] = [IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP]

const anyOf = (tests: readonly Test[]): Test => tests.reduce((x, y) => either(x, y))

/** Whether a port of a datagram or segment of one of `protocols` is from `low` to `high`, over IPv4 or IPv6. */
export const portTest = (l: Layout, dir: Direction, protocols: readonly number[], low: number, high: number): Test => {
  const ports4 = directed(dir, portField(l, 0, low, high), portField(l, 2, low, high))
  const ports6 = directed(dir, port6Field(l, 0, low, high), port6Field(l, 2, low, high))
  const proto4 = anyOf(protocols.map(p => fieldIs(l.net + 9, 1, 0xff, p)))
  const proto6 = anyOf(protocols.map(p => fieldIs(l.net + 6, 1, 0xff, p)))
  const v4 = both(both(etherProto(l, ETH_P_IP), proto4), both(isFirstFragment(l), ports4))
  return either(v4, both(both(etherProto(l, ETH_P_IPV6), proto6), ports6))
}

/** Whether a tag stands where the EtherType is, with the VLAN identifier `vid` (any when negative). */
export const vlanTag = (l: Layout, vid: number): Test => {
  if (l.isTagUnseen) return vid < 0 ? always(true) : fieldIs(TAG_AT + 2, 2, VLAN_VID_MASK, vid)
  const isTag: Test = (b, off, end, run) => {
    const type = load(b, off + l.type, 2, end, run)
    return type === ETH_P_8021Q || type === ETH_P_8021AD || type === ETHERTYPE_OLD_QINQ
  }
  return vid < 0 ? isTag : both(isTag, fieldIs(l.net, 2, VLAN_VID_MASK, vid))
}

/** Whether the frame's length in octets is at most `n`. */
export const lengthAtMost =
  (l: Layout, n: number): Test =>
  (_b, off, end) =>
    end - off - l.beside <= n
