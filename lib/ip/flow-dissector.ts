/**
 * What a packet belongs to: addresses, protocol and ports of its outermost or its innermost IP header, through IPv4 in
 * IPv4, IPv6 in IPv4 and GRE.
 *
 * @see net/core/flow_dissector.c __skb_flow_dissect
 */
import type { Skb } from '../core/skb.js'
import { ETH_HLEN, ETH_P_IP, ETH_P_IPV6, ETH_P_TEB } from '../wire/ethernet.js'
import {
  IPPROTO_AH,
  IPPROTO_ESP,
  IPPROTO_GRE,
  IPPROTO_IPIP,
  IPPROTO_IPV6,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPV4_HLEN,
  ipv4Daddr,
  ipv4Ihl,
  ipv4IsFragment,
  ipv4Proto,
  ipv4Saddr,
} from '../wire/ipv4.js'

/** Stop at the first header that carries another packet (FLOW_DISSECTOR_F_STOP_AT_ENCAP). */
export const STOP_AT_ENCAP = true

const IPPROTO_HOPOPTS = 0
const IPPROTO_DCCP = 33
const IPPROTO_ROUTING = 43
const IPPROTO_FRAGMENT = 44
const IPPROTO_DSTOPTS = 60
const IPPROTO_UDPLITE = 136

/** Octets of an IPv6 header without extensions. */
const IPV6_HLEN = 40
/** Headers in one another that are looked through (MAX_FLOW_DISSECT_HDRS). */
const MAX_HEADERS = 15

const GRE_CSUM = 0x8000
const GRE_ROUTING = 0x4000
const GRE_KEY = 0x2000
const GRE_SEQ = 0x1000
const GRE_VERSION = 7

/** The keys of a packet (struct flow_keys). One object for each user is filled again and again. */
export class FlowKeys {
  /** 4, 6, or 0 when there was no IP header. */
  family = 0
  /** IPv4 addresses as int32. */
  src = 0
  dst = 0
  /** IPv6 addresses as eight native words of octets in memory order, source first. */
  readonly v6: Int32Array = new Int32Array(8)
  flowLabel = 0
  ipProto = 0
  /** Ports in host order, 0 where there are none, and in every fragment. */
  sport = 0
  dport = 0
  /** A packet within the packet was seen. */
  isEncap = false

  reset(): void {
    this.family = 0
    this.src = 0
    this.dst = 0
    this.flowLabel = 0
    this.ipProto = 0
    this.sport = 0
    this.dport = 0
    this.isEncap = false
  }
}

const u16 = (b: Uint8Array, o: number): number => (b[o]! << 8) | b[o + 1]!

/** Offset of the ports behind the header of a protocol that has some, or -1 (proto_ports_offset). */
export const portsOffset = (proto: number): number => {
  switch (proto) {
    case IPPROTO_TCP:
    case IPPROTO_UDP:
    case IPPROTO_DCCP:
    case IPPROTO_ESP:
    case IPPROTO_SCTP:
    case IPPROTO_UDPLITE:
      return 0
    case IPPROTO_AH:
      return 4
    default:
      return -1
  }
}

/** What comes next in a packet that is walked through. */
class Step {
  /** Offset of the next header. */
  at = 0
  /** EtherType of the packet there, 0 when `proto` says what it is. */
  ethertype = 0
  proto = 0
}

/** One for all: a walk is never interrupted. */
const STEP: Step = new Step()

/** Fills `keys` from the packet at `skb.networkHeader`; `stopAtEncap`: of its outermost header. */
export const flowDissect = (skb: Skb, stopAtEncap: boolean, keys: FlowKeys): void => {
  const { buf: b, tail: end } = skb
  keys.reset()
  STEP.at = skb.networkHeader
  STEP.ethertype = ETH_P_IP
  STEP.proto = 0
  for (let n = 0; n < MAX_HEADERS; n++) {
    if (STEP.ethertype !== 0) {
      if (!ipHeader(b, end, keys)) return
    } else if (!nextHeader(b, end, stopAtEncap, keys)) return
  }
}

/** Takes an IPv4 or IPv6 header, or the Ethernet header in front of one; false at the end of the walk. */
const ipHeader = (b: Uint8Array, end: number, keys: FlowKeys): boolean => {
  const { at, ethertype } = STEP
  if (ethertype === ETH_P_TEB) {
    if (at + ETH_HLEN > end) return false
    STEP.ethertype = u16(b, at + 12)
    STEP.at = at + ETH_HLEN
    return STEP.ethertype !== 0
  }
  STEP.ethertype = 0
  return ethertype === ETH_P_IP
    ? ipv4Header(b, at, end, keys)
    : ethertype === ETH_P_IPV6 && ipv6Header(b, at, end, keys)
}

const ipv4Header = (b: Uint8Array, at: number, end: number, keys: FlowKeys): boolean => {
  if (at + IPV4_HLEN > end || ipv4Ihl(b, at) < IPV4_HLEN) return false
  keys.family = 4
  keys.src = ipv4Saddr(b, at)
  keys.dst = ipv4Daddr(b, at)
  keys.ipProto = STEP.proto = ipv4Proto(b, at)
  STEP.at = at + ipv4Ihl(b, at)
  return !ipv4IsFragment(b, at)
}

const ipv6Header = (b: Uint8Array, at: number, end: number, keys: FlowKeys): boolean => {
  if (at + IPV6_HLEN > end) return false
  keys.family = 6
  for (let i = 0; i < 8; i++) {
    const o = at + 8 + 4 * i
    keys.v6[i] = b[o]! | (b[o + 1]! << 8) | (b[o + 2]! << 16) | (b[o + 3]! << 24)
  }
  keys.flowLabel = ((b[at + 1]! & 15) << 16) | u16(b, at + 2)
  keys.ipProto = STEP.proto = b[at + 6]!
  STEP.at = at + IPV6_HLEN
  return true
}

/** Takes a header behind an IP header; false at the end of the walk. */
const nextHeader = (b: Uint8Array, end: number, stopAtEncap: boolean, keys: FlowKeys): boolean => {
  const { at, proto } = STEP
  switch (proto) {
    case IPPROTO_IPIP:
    case IPPROTO_IPV6:
      keys.isEncap = true
      STEP.ethertype = proto === IPPROTO_IPIP ? ETH_P_IP : ETH_P_IPV6
      return !stopAtEncap
    case IPPROTO_GRE:
      return greHeader(b, end, stopAtEncap, keys)
    case IPPROTO_HOPOPTS:
    case IPPROTO_ROUTING:
    case IPPROTO_DSTOPTS:
      if (keys.family !== 6 || at + 2 > end) return false
      keys.ipProto = STEP.proto = b[at]!
      STEP.at = at + ((b[at + 1]! + 1) << 3)
      return true
    case IPPROTO_FRAGMENT:
      if (keys.family === 6 && at + 8 <= end) keys.ipProto = b[at]!
      return false
    default:
      ports(b, at, end, proto, keys)
      return false
  }
}

const greHeader = (b: Uint8Array, end: number, stopAtEncap: boolean, keys: FlowKeys): boolean => {
  const { at } = STEP
  if (at + 4 > end) return false
  const flags = u16(b, at)
  // Only version 0 without source routes is looked into.
  if (flags & (GRE_ROUTING | GRE_VERSION)) return false
  STEP.ethertype = u16(b, at + 2)
  STEP.at = at + 4 + (flags & GRE_CSUM ? 4 : 0) + (flags & GRE_KEY ? 4 : 0) + (flags & GRE_SEQ ? 4 : 0)
  keys.isEncap = true
  return !stopAtEncap
}

const ports = (b: Uint8Array, at: number, end: number, proto: number, keys: FlowKeys): void => {
  const offset = portsOffset(proto)
  if (offset < 0 || at + offset + 4 > end) return
  keys.sport = u16(b, at + offset)
  keys.dport = u16(b, at + offset + 2)
}
