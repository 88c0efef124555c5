/**
 * Routes with several next hops: which of them a flow takes.
 *
 * Next hops own shares of the hash range in proportion to their weights. The hash is the kernel's own function with a key
 * that follows from `fib_multipath_hash_seed`, or from the World's seed while that is 0.
 *
 * DIFFERS: what a connected socket sends is hashed by its addresses and ports with `fib_multipath_hash_policy` 1 on
 * routers, too; there the kernel goes by a number that it drew for the socket.
 *
 * @see net/ipv4/fib_semantics.c fib_rebalance, fib_select_multipath; net/ipv4/route.c fib_multipath_hash
 */
import type { Skb } from '../core/skb.js'
import { ICMP_HLEN, icmpType, isIcmpError } from '../wire/icmp.js'
import {
  IP_OFFSET,
  IPPROTO_ICMP,
  IPV4_HLEN,
  ipv4Daddr,
  ipv4FragOff,
  ipv4Ihl,
  ipv4Proto,
  ipv4Saddr,
} from '../wire/ipv4.js'
import { jhash2words, siphash32 } from '../wire/siphash.js'
import type { FibInfo, FibNh } from './fib-info.js'
import { type FibResult, type Flow4, ignoresLinkdown } from './fib-table.js'
import { FlowKeys, flowDissect, STOP_AT_ENCAP } from './flow-dissector.js'
import type { Ipv4 } from './ipv4.js'
import { NUD_VALID } from './neigh.js'
import { RT_SCOPE_LINK, RTNH_F_DEAD, RTNH_F_LINKDOWN } from './rtnetlink.js'

/** The hash has 31 bits. */
const HASH_RANGE = 2 ** 31

/** FIB_MULTIPATH_HASH_FIELD_*: what `fib_multipath_hash_fields` may contain. */
const FIELD_SRC_IP = 1
const FIELD_DST_IP = 2
const FIELD_IP_PROTO = 4
const FIELD_SRC_PORT = 16
const FIELD_DST_PORT = 32
const FIELD_OUTER_MASK = 63
const FIELD_INNER_SRC_IP = 64
const FIELD_INNER_DST_IP = 128
const FIELD_INNER_IP_PROTO = 256
const FIELD_INNER_FLOWLABEL = 512
const FIELD_INNER_SRC_PORT = 1024
const FIELD_INNER_DST_PORT = 2048
const FIELD_INNER_MASK = 4032

const isOut = (nh: FibNh): boolean =>
  (nh.flags & RTNH_F_DEAD) !== 0 || ((nh.flags & RTNH_F_LINKDOWN) !== 0 && ignoresLinkdown(nh.dev))

/** Shares the hash range out among the next hops that lead somewhere (fib_rebalance). */
export const fibRebalance = (info: FibInfo): void => {
  const { nhs } = info
  if (nhs.length < 2) return
  let total = 0
  for (const nh of nhs) if (!isOut(nh)) total += nh.weight
  let sum = 0
  for (const nh of nhs) {
    if (isOut(nh)) {
      nh.upperBound = -1
      continue
    }
    sum += nh.weight
    nh.upperBound = Math.floor((sum * HASH_RANGE + Math.floor(total / 2)) / total) - 1
  }
}

// The layout of struct flow_keys from its field `basic` on, in words of 32 bits.
const KEY_BASIC = 0
const KEY_FLOWLABEL = 1
const KEY_PORTS = 7
const KEY_ADDRS = 9
/** Octets that are hashed with IPv4 and with IPv6 addresses. */
const KEY_OCTETS_V4 = 48
const KEY_OCTETS_V6 = 72

/** Keys that are being put together, and where a packet is dissected to. One for all: a hash is never interrupted. */
const KEYS: Int32Array = new Int32Array(KEY_OCTETS_V6 / 4)
const DISSECTED: FlowKeys = new FlowKeys()

/** A number of 32 or 16 bits with its octets the other way round: as a little-endian machine sees network order. */
const swap32 = (x: number): number => (x << 24) | ((x & 0xff00) << 8) | ((x >>> 8) & 0xff00) | (x >>> 24)
const swap16 = (x: number): number => ((x & 0xff) << 8) | (x >> 8)

/** The same for both directions of a flow (__flow_hash_consistentify): ports and addresses in the order of their size. */
const putPorts = (sport: number, dport: number): void => {
  const s = swap16(sport)
  const d = swap16(dport)
  KEYS[KEY_PORTS] = d < s ? d | (s << 16) : s | (d << 16)
}

const putAddrs = (src: number, dst: number): void => {
  const s = swap32(src)
  const d = swap32(dst)
  const swaps = d >>> 0 < s >>> 0
  KEYS[KEY_ADDRS] = swaps ? d : s
  KEYS[KEY_ADDRS + 1] = swaps ? s : d
}

const putAddrs6 = (v6: Int32Array, withSrc: boolean, withDst: boolean): void => {
  let order = 0
  for (let i = 0; i < 4 && order === 0; i++) {
    const s = withSrc ? swap32(v6[i]!) >>> 0 : 0
    const d = withDst ? swap32(v6[4 + i]!) >>> 0 : 0
    order = d - s
  }
  const first = order < 0 ? 4 : 0
  for (let i = 0; i < 4; i++) {
    KEYS[KEY_ADDRS + first + i] = withSrc ? v6[i]! : 0
    KEYS[KEY_ADDRS + 4 - first + i] = withDst ? v6[4 + i]! : 0
  }
}

/** The hash of the keys that were put together, and clears them. Never 0. */
const hashKeys = (state: Ipv4, octets: number): number => {
  const hash = siphash32(KEYS, octets, state.multipathKey)
  KEYS.fill(0)
  return hash === 0 ? 1 : hash
}

const hashL3 = (state: Ipv4, src: number, dst: number): number => {
  putAddrs(src, dst)
  return hashKeys(state, KEY_OCTETS_V4)
}

const hashL4 = (state: Ipv4, src: number, dst: number, proto: number, sport: number, dport: number): number => {
  KEYS[KEY_BASIC] = proto << 16
  putPorts(sport, dport)
  return hashL3(state, src, dst)
}

/** By the addresses of a packet; of an ICMP error by those of the packet that it is about (ip_multipath_l3_keys). */
const hashSkbL3 = (state: Ipv4, skb: Skb): number => {
  const { buf: b, tail, networkHeader: ip } = skb
  let at = ip
  if (ipv4Proto(b, ip) === IPPROTO_ICMP && (ipv4FragOff(b, ip) & IP_OFFSET) === 0) {
    const icmp = ip + ipv4Ihl(b, ip)
    const inner = icmp + ICMP_HLEN
    if (inner + IPV4_HLEN <= tail && isIcmpError(icmpType(b, icmp))) at = inner
  }
  return hashL3(state, ipv4Saddr(b, at), ipv4Daddr(b, at))
}

const hashSkbL4 = (state: Ipv4, skb: Skb): number => {
  flowDissect(skb, STOP_AT_ENCAP, DISSECTED)
  const { src, dst, ipProto, sport, dport } = DISSECTED
  return hashL4(state, src, dst, ipProto, sport, dport)
}

/** By the addresses of the innermost packet. */
const hashSkbInner = (state: Ipv4, skb: Skb): number => {
  flowDissect(skb, !STOP_AT_ENCAP, DISSECTED)
  const { family, src, dst, v6, flowLabel, ipProto } = DISSECTED
  if (family === 4) return hashL3(state, src, dst)
  if (family === 0) return hashSkbL3(state, skb)
  putAddrs6(v6, true, true)
  KEYS[KEY_FLOWLABEL] = flowLabel
  KEYS[KEY_BASIC] = ipProto << 16
  return hashKeys(state, KEY_OCTETS_V6)
}

const hashFields = (state: Ipv4, src: number, dst: number, proto: number, sport: number, dport: number): number => {
  const fields = state.sysctls.fibMultipathHashFields
  if ((fields & FIELD_OUTER_MASK) === 0) return 0
  return hashL4(
    state,
    fields & FIELD_SRC_IP ? src : 0,
    fields & FIELD_DST_IP ? dst : 0,
    fields & FIELD_IP_PROTO ? proto : 0,
    fields & FIELD_SRC_PORT ? sport : 0,
    fields & FIELD_DST_PORT ? dport : 0,
  )
}

const hashInnerFields = (state: Ipv4, skb: Skb): number => {
  const fields = state.sysctls.fibMultipathHashFields
  if ((fields & FIELD_INNER_MASK) === 0) return 0
  flowDissect(skb, !STOP_AT_ENCAP, DISSECTED)
  const { family, isEncap, src, dst, v6, flowLabel, ipProto, sport, dport } = DISSECTED
  if (!isEncap) return 0
  if (family === 4) putAddrs(fields & FIELD_INNER_SRC_IP ? src : 0, fields & FIELD_INNER_DST_IP ? dst : 0)
  else {
    putAddrs6(v6, (fields & FIELD_INNER_SRC_IP) !== 0, (fields & FIELD_INNER_DST_IP) !== 0)
    if (fields & FIELD_INNER_FLOWLABEL) KEYS[KEY_FLOWLABEL] = flowLabel
  }
  if (fields & FIELD_INNER_IP_PROTO) KEYS[KEY_BASIC] = ipProto << 16
  putPorts(fields & FIELD_INNER_SRC_PORT ? sport : 0, fields & FIELD_INNER_DST_PORT ? dport : 0)
  return hashKeys(state, family === 4 ? KEY_OCTETS_V4 : KEY_OCTETS_V6)
}

const hashSkbCustom = (state: Ipv4, skb: Skb): number => {
  flowDissect(skb, STOP_AT_ENCAP, DISSECTED)
  const { src, dst, ipProto, sport, dport, isEncap } = DISSECTED
  // Without fields of the outer header nobody has looked whether there is an inner one.
  const mayHaveInner = isEncap || (state.sysctls.fibMultipathHashFields & FIELD_OUTER_MASK) === 0
  const outer = hashFields(state, src, dst, ipProto, sport, dport)
  return jhash2words(outer, mayHaveInner ? hashInnerFields(state, skb) : 0)
}

/** Hash of a packet that is routed, 31 bits, by `fib_multipath_hash_policy`. */
export const multipathHashSkb = (state: Ipv4, skb: Skb): number => {
  switch (state.sysctls.fibMultipathHashPolicy) {
    case 1:
      return hashSkbL4(state, skb) >>> 1
    case 2:
      return hashSkbInner(state, skb) >>> 1
    case 3:
      return hashSkbCustom(state, skb) >>> 1
    default:
      return hashSkbL3(state, skb) >>> 1
  }
}

/** Hash of a flow of this host, 31 bits. */
export const multipathHashFlow = (state: Ipv4, fl: Flow4): number => {
  const { saddr, daddr, proto, sport, dport } = fl
  switch (state.sysctls.fibMultipathHashPolicy) {
    case 1:
      return hashL4(state, saddr, daddr, proto, sport, dport) >>> 1
    case 3:
      return hashFields(state, saddr, daddr, proto, sport, dport) >>> 1
    default:
      return hashL3(state, saddr, daddr) >>> 1
  }
}

/** True when the neighbour of a next hop is not known to be gone (fib_good_nh). */
const isGoodNh = (state: Ipv4, nh: FibNh): boolean => {
  if (nh.scope !== RT_SCOPE_LINK) return true
  const neigh = state.neigh.lookup(nh.dev!, nh.gateway)
  return neigh === null || (neigh.nudState & NUD_VALID) !== 0
}

/**
 * Chooses the next hop of a result by a hash (fib_select_multipath): of those that lead somewhere the one whose device has
 * the source address `saddr`, 0 for none, before the one whose share the hash falls into.
 */
export const fibSelectMultipath = (state: Ipv4, res: FibResult, hash: number, saddr: number): void => {
  const { nhs } = res.info!
  const usesNeigh = state.sysctls.fibMultipathUseNeigh !== 0
  let best = -1
  for (let i = 0; i < nhs.length; i++) {
    const nh = nhs[i]!
    if (nh.upperBound === -1 || (usesNeigh && !isGoodNh(state, nh))) continue
    const score = (saddr !== 0 && nh.saddr === saddr ? 2 : 0) + (hash <= nh.upperBound ? 1 : 0)
    if (best >= score) continue
    res.nh = nh
    if (score === 3 || (saddr === 0 && score === 1)) return
    best = score
  }
}
