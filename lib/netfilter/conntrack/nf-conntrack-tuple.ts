/**
 * Tuples: what identifies one direction of a connection.
 *
 * The second half of a tuple is one word `ports`: for TCP, UDP, SCTP, DCCP and UDP-Lite the source port in the upper and
 * the destination port in the lower 16 bits; for GRE its keys likewise; for ICMP the identifier in the upper, type and code in the lower ones; 0 for
 * other protocols. Addresses are int32 in host order.
 *
 * @see include/net/netfilter/nf_conntrack_tuple.h, net/netfilter/nf_conntrack_core.c nf_ct_get_tuple
 */
import { getU16, getU32 } from '../../wire/bytes.js'
import {
  ICMP_ADDRESS,
  ICMP_ADDRESSREPLY,
  ICMP_ECHO,
  ICMP_ECHOREPLY,
  ICMP_INFO_REPLY,
  ICMP_INFO_REQUEST,
  ICMP_TIMESTAMP,
  ICMP_TIMESTAMPREPLY,
} from '../../wire/icmp.js'
import {
  IP_OFFSET,
  IPPROTO_GRE,
  IPPROTO_ICMP,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPV4_HLEN,
  ipv4Daddr,
  ipv4FragOff,
  ipv4Ihl,
  ipv4Proto,
  ipv4Saddr,
} from '../../wire/ipv4.js'

/** UDP-Lite, which has ports where UDP has them. */
export const IPPROTO_UDPLITE = 136
const PORTS_LEN = 4
const ICMP_TUPLE_LEN = 8
const GRE_BASE_LEN = 4
const GRE_VERSION = 7
const PPTP_GRE_LEN = 8
const GRE_PROTO_PPP = 0x880b

/** One direction of a connection (struct nf_conntrack_tuple): plain numbers, meant to be used again and again. */
export class NfConntrackTuple {
  /** Source and destination address, int32. */
  src = 0
  dst = 0
  /** Source port or ICMP identifier << 16 | destination port or ICMP type << 8 | code; int32. */
  ports = 0
  protonum = 0

  /** Sets all parts; returns the tuple. */
  set(src: number, dst: number, ports: number, protonum: number): this {
    this.src = src
    this.dst = dst
    this.ports = ports
    this.protonum = protonum
    return this
  }

  /** Takes the values of another tuple; returns this one. */
  copy(from: NfConntrackTuple): this {
    return this.set(from.src, from.dst, from.ports, from.protonum)
  }

  /** Source port, or the identifier of ICMP (src.u.all). */
  get sport(): number {
    return this.ports >>> 16
  }

  set sport(port: number) {
    this.ports = (port << 16) | (this.ports & 0xffff)
  }

  /** Destination port, or type << 8 | code of ICMP (dst.u.all). */
  get dport(): number {
    return this.ports & 0xffff
  }

  set dport(port: number) {
    this.ports = (this.ports & 0xffff0000) | port
  }

  /** Type of an ICMP message. */
  get icmpType(): number {
    return (this.ports >> 8) & 0xff
  }

  /** Code of an ICMP message. */
  get icmpCode(): number {
    return this.ports & 0xff
  }
}

/** The same direction of the same connection? (nf_ct_tuple_equal) */
export const nfCtTupleEqual = (a: NfConntrackTuple, b: NfConntrackTuple): boolean =>
  a.src === b.src && a.dst === b.dst && a.ports === b.ports && a.protonum === b.protonum

/** Whether connections of this protocol are told apart by ports. */
export const nfCtHasPorts = (protonum: number): boolean =>
  protonum === IPPROTO_TCP || protonum === IPPROTO_UDP || protonum === IPPROTO_SCTP || protonum === IPPROTO_UDPLITE

/** Type of the answer to each type of ICMP message that has one, -1 for others (invmap). */
const INVERTED: Int8Array = new Int8Array(256).fill(-1)
INVERTED[ICMP_ECHO] = ICMP_ECHOREPLY
INVERTED[ICMP_ECHOREPLY] = ICMP_ECHO
INVERTED[ICMP_TIMESTAMP] = ICMP_TIMESTAMPREPLY
INVERTED[ICMP_TIMESTAMPREPLY] = ICMP_TIMESTAMP
INVERTED[ICMP_INFO_REQUEST] = ICMP_INFO_REPLY
INVERTED[ICMP_INFO_REPLY] = ICMP_INFO_REQUEST
INVERTED[ICMP_ADDRESS] = ICMP_ADDRESSREPLY
INVERTED[ICMP_ADDRESSREPLY] = ICMP_ADDRESS

/** Type of the ICMP message that answers `type`, -1 when none does. */
export const invertIcmpType = (type: number): number => INVERTED[type & 0xff]!

/**
 * Makes `inverse` the other direction of `orig`; they may be the same object. False, and nothing is changed, for an ICMP
 * message that has no answer (nf_ct_invert_tuple).
 */
export const nfCtInvertTuple = (inverse: NfConntrackTuple, orig: NfConntrackTuple): boolean => {
  const { src, dst, ports, protonum } = orig
  if (protonum === IPPROTO_ICMP) {
    const type = invertIcmpType((ports >> 8) & 0xff)
    if (type < 0) return false
    inverse.set(dst, src, (ports & 0xffff00ff) | (type << 8), protonum)
    return true
  }
  inverse.set(dst, src, (ports << 16) | (ports >>> 16), protonum)
  return true
}

/**
 * GRE is told apart by the call identifier where it carries PPP (version 1, RFC 2637), else by addresses alone. The source
 * key, which only a helper of PPTP would know, is 0 (gre_pkt_to_tuple).
 */
const grePktToTuple = (b: Uint8Array, o: number, end: number, tuple: NfConntrackTuple): boolean => {
  tuple.ports = 0
  if (o + GRE_BASE_LEN > end || (b[o + 1]! & GRE_VERSION) !== 1) return true
  if (o + PPTP_GRE_LEN > end) return true
  if (getU16(b, o + 2) !== GRE_PROTO_PPP) return false
  tuple.ports = getU16(b, o + 6)
  return true
}

/**
 * Reads the tuple of the packet whose IPv4 header stands at `nhoff` and whose transport header at `dataoff` of `b`, which
 * ends at `end`. False when the transport header is cut short (nf_ct_get_tuple).
 */
export const nfCtGetTuple = (
  b: Uint8Array,
  nhoff: number,
  dataoff: number,
  end: number,
  protonum: number,
  tuple: NfConntrackTuple,
): boolean => {
  tuple.src = ipv4Saddr(b, nhoff)
  tuple.dst = ipv4Daddr(b, nhoff)
  tuple.protonum = protonum
  if (protonum === IPPROTO_TCP || protonum === IPPROTO_UDP || nfCtHasPorts(protonum)) {
    if (dataoff + PORTS_LEN > end) return false
    tuple.ports = getU32(b, dataoff)
    return true
  }
  if (protonum === IPPROTO_GRE) return grePktToTuple(b, dataoff, end, tuple)
  if (protonum !== IPPROTO_ICMP) {
    tuple.ports = 0
    return true
  }
  if (dataoff + ICMP_TUPLE_LEN > end) return false
  tuple.ports = (getU16(b, dataoff + 4) << 16) | getU16(b, dataoff)
  return true
}

/**
 * Offset of the transport header of the IPv4 packet at `nhoff`, -1 for a later fragment and a header that is cut short
 * (ipv4_get_l4proto).
 */
export const ipv4GetL4proto = (b: Uint8Array, nhoff: number, end: number): number => {
  if (nhoff + IPV4_HLEN > end || ipv4FragOff(b, nhoff) & IP_OFFSET) return -1
  const dataoff = nhoff + ipv4Ihl(b, nhoff)
  return dataoff > end ? -1 : dataoff
}

/** Reads the tuple of the packet at `nhoff`, for example one that an ICMP error quotes (nf_ct_get_tuplepr). */
export const nfCtGetTuplepr = (b: Uint8Array, nhoff: number, end: number, tuple: NfConntrackTuple): boolean => {
  const dataoff = ipv4GetL4proto(b, nhoff, end)
  return dataoff > 0 && nfCtGetTuple(b, nhoff, dataoff, end, ipv4Proto(b, nhoff), tuple)
}
