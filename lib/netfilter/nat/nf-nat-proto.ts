/**
 * The translation of packets: addresses, ports, checksums, and what ICMP errors quote.
 *
 * @see net/netfilter/nf_nat_proto.c
 */
import { NF_ACCEPT, NF_DROP, NF_INET_LOCAL_IN, NF_INET_PRE_ROUTING, type NfHookState } from '../../core/netfilter.js'
import type { FlowRewrite } from '../../core/flow-stage.js'
import { CHECKSUM_NONE, CHECKSUM_PARTIAL, type Skb, skbCow } from '../../core/skb.js'
import { getU16, putU16 } from '../../wire/bytes.js'
import { csumFold, csumMessage, csumReplace2, csumReplace4 } from '../../wire/checksum.js'
import {
  ICMP_ADDRESS,
  ICMP_ADDRESSREPLY,
  ICMP_ECHO,
  ICMP_ECHOREPLY,
  ICMP_HLEN,
  ICMP_INFO_REPLY,
  ICMP_INFO_REQUEST,
  ICMP_REDIRECT,
  ICMP_TIMESTAMP,
  ICMP_TIMESTAMPREPLY,
  icmpCsumOk,
  icmpType,
} from '../../wire/icmp.js'
import {
  IPPROTO_ICMP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPV4_HLEN,
  ipv4Csum,
  ipv4Daddr,
  ipv4Ihl,
  ipv4Saddr,
  putIpv4CsumField,
  putIpv4Daddr,
  putIpv4Saddr,
} from '../../wire/ipv4.js'
import { type NfConn, nfCtTuple } from '../conntrack/nf-conn.js'
import {
  ctinfo2dir,
  IP_CT_DIR_ORIGINAL,
  IP_CT_DIR_REPLY,
  IPS_DST_NAT,
  IPS_NAT_DONE_MASK,
  IPS_NAT_MASK,
  IPS_SRC_NAT,
} from '../conntrack/nf-conntrack-common.js'
import { IPPROTO_UDPLITE, NfConntrackTuple, nfCtInvertTuple } from '../conntrack/nf-conntrack-tuple.js'
import { NF_NAT_MANIP_DST, NF_NAT_MANIP_SRC } from './nf-nat-range.js'

/** Octets of a transport header that an ICMP error quotes at least. */
const QUOTED_LEN = 8
const TCP_HLEN = 20
const TCP_CSUM = 16
const UDP_CSUM = 6
const ICMP_CSUM = 2
const ICMP_ID = 4
/** A UDP checksum that comes out as 0 is sent as this (CSUM_MANGLED_0). */
const CSUM_MANGLED_0 = 0xffff

/** A pseudo header's sum, which a device is to complete, after an address changed: not inverted as a checksum is. */
const pseudoReplace4 = (sum: number, from: number, to: number): number =>
  ~csumFold(sum + (~from >>> 16) + (~from & 0xffff) + (to >>> 16) + (to & 0xffff)) & 0xffff

/** Lets the checksum at `at` follow the change of an address and of a port (nf_csum_update, inet_proto_csum_replace2). */
const updateCsum = (
  skb: Skb,
  at: number,
  ip: number,
  to: NfConntrackTuple,
  manip: number,
  oldPort: number,
  port: number,
): void => {
  const b = skb.buf
  const csum = getU16(b, at)
  const from = manip === NF_NAT_MANIP_SRC ? ipv4Saddr(b, ip) : ipv4Daddr(b, ip)
  const address = manip === NF_NAT_MANIP_SRC ? to.src : to.dst
  if (skb.ipSummed === CHECKSUM_PARTIAL) putU16(b, at, pseudoReplace4(csum, from, address))
  else putU16(b, at, csumReplace2(csumReplace4(csum, from, address), oldPort, port))
}

/** Translates the transport header at `o`; the IPv4 header at `ip` is as it was (l4proto_manip_pkt). */
const manipL4 = (skb: Skb, ip: number, o: number, to: NfConntrackTuple, manip: number): boolean => {
  const { protonum } = to
  const b = skb.buf
  if (protonum === IPPROTO_ICMP) return manipIcmp(skb, o, to)
  if (protonum !== IPPROTO_TCP && protonum !== IPPROTO_UDP && protonum !== IPPROTO_UDPLITE) return true
  if (skb.tail - o < QUOTED_LEN) return false
  const portAt = manip === NF_NAT_MANIP_SRC ? o : o + 2
  const oldPort = getU16(b, portAt)
  const port = manip === NF_NAT_MANIP_SRC ? to.sport : to.dport
  putU16(b, portAt, port)
  if (protonum === IPPROTO_TCP) {
    // A quoted header may end before its checksum.
    if (skb.tail - o >= TCP_HLEN) updateCsum(skb, o + TCP_CSUM, ip, to, manip, oldPort, port)
    return true
  }
  if (protonum === IPPROTO_UDP && getU16(b, o + UDP_CSUM) === 0 && skb.ipSummed !== CHECKSUM_PARTIAL) return true
  updateCsum(skb, o + UDP_CSUM, ip, to, manip, oldPort, port)
  if (getU16(b, o + UDP_CSUM) === 0) putU16(b, o + UDP_CSUM, CSUM_MANGLED_0)
  return true
}

const hasId = (type: number): boolean =>
  type === ICMP_ECHO ||
  type === ICMP_ECHOREPLY ||
  type === ICMP_TIMESTAMP ||
  type === ICMP_TIMESTAMPREPLY ||
  type === ICMP_INFO_REQUEST ||
  type === ICMP_INFO_REPLY ||
  type === ICMP_ADDRESS ||
  type === ICMP_ADDRESSREPLY

const manipIcmp = (skb: Skb, o: number, to: NfConntrackTuple): boolean => {
  if (skb.tail - o < ICMP_HLEN) return false
  const b = skb.buf
  if (!hasId(icmpType(b, o))) return true
  const id = to.sport
  putU16(b, o + ICMP_CSUM, csumReplace2(getU16(b, o + ICMP_CSUM), getU16(b, o + ICMP_ID), id))
  putU16(b, o + ICMP_ID, id)
  return true
}

/** Translates the packet whose IPv4 header is at `ip`, which may be one that is quoted; false when it is cut short. */
const manipIpv4 = (skb: Skb, ip: number, to: NfConntrackTuple, manip: number): boolean => {
  const b = skb.buf
  if (!manipL4(skb, ip, ip + ipv4Ihl(b, ip), to, manip)) return false
  const csum = ipv4Csum(b, ip)
  if (manip === NF_NAT_MANIP_SRC) {
    putIpv4CsumField(b, ip, csumReplace4(csum, ipv4Saddr(b, ip), to.src))
    putIpv4Saddr(b, ip, to.src)
  } else {
    putIpv4CsumField(b, ip, csumReplace4(csum, ipv4Daddr(b, ip), to.dst))
    putIpv4Daddr(b, ip, to.dst)
  }
  return true
}

const TARGET = new NfConntrackTuple()

/** The tuple that packets of direction `dir` are to have when they leave: the inverse of that of the answers. */
const targetOf = (ct: NfConn, dir: number): NfConntrackTuple => {
  const answers = dir === IP_CT_DIR_ORIGINAL ? IP_CT_DIR_REPLY : IP_CT_DIR_ORIGINAL
  nfCtInvertTuple(TARGET, nfCtTuple(ct, answers, TARGET))
  return TARGET
}

/** A translation that is done again for each packet of a flow. */
class NatRewrite implements FlowRewrite {
  readonly #to: NfConntrackTuple
  readonly #manip: number

  constructor(to: NfConntrackTuple, manip: number) {
    this.#to = new NfConntrackTuple().copy(to)
    this.#manip = manip
  }

  rewrite(skb: Skb): void {
    skb.fclone = null
    manipIpv4(skb, skb.networkHeader, this.#to, this.#manip)
  }
}

/** Gives a packet of direction `dir` its new source or destination; the verdict (nf_nat_manip_pkt). */
export const nfNatManipPkt = (skb: Skb, ct: NfConn, manip: number, dir: number): number => {
  skbCow(skb)
  // Its bytes are no longer those that TCP may have to send again.
  skb.fclone = null
  const to = targetOf(ct, dir)
  if (skb.flowRec !== null) skb.flowRec.rewrites(new NatRewrite(to, manip))
  return manipIpv4(skb, skb.networkHeader, to, manip) ? NF_ACCEPT : NF_DROP
}

/** Is the checksum right, where this hook has to look at it? (nf_ip_checksum) */
const icmpOk = (skb: Skb, state: NfHookState, o: number): boolean => {
  if (state.hook !== NF_INET_PRE_ROUTING && state.hook !== NF_INET_LOCAL_IN) return true
  return skb.ipSummed !== CHECKSUM_NONE || icmpCsumOk(skb.buf, o, skb.tail - o)
}

/**
 * Translates an ICMP error about a connection: the packet that it quotes back to what its sender sent, and the address
 * that hides behind the translation. False when it must be dropped (nf_nat_icmp_reply_translation).
 */
export const nfNatIcmpReplyTranslation = (skb: Skb, ct: NfConn, state: NfHookState, manip: number): boolean => {
  const ip = skb.networkHeader
  const o = ip + ipv4Ihl(skb.buf, ip)
  const inner = o + ICMP_HLEN
  if (skb.tail - inner < IPV4_HLEN || !icmpOk(skb, state, o)) return false
  if (icmpType(skb.buf, o) === ICMP_REDIRECT) {
    if ((ct.status & IPS_NAT_DONE_MASK) !== IPS_NAT_DONE_MASK) return false
    if (ct.status & IPS_NAT_MASK) return false
  }
  const dir = ctinfo2dir(skb.nfctinfo)
  let bit = manip === NF_NAT_MANIP_SRC ? IPS_SRC_NAT : IPS_DST_NAT
  if (dir === IP_CT_DIR_REPLY) bit ^= IPS_NAT_MASK
  if ((ct.status & bit) === 0) return true
  skbCow(skb)
  const answers = dir === IP_CT_DIR_ORIGINAL ? IP_CT_DIR_REPLY : IP_CT_DIR_ORIGINAL
  const other = manip === NF_NAT_MANIP_SRC ? NF_NAT_MANIP_DST : NF_NAT_MANIP_SRC
  if (!manipIpv4(skb, inner, nfCtTuple(ct, answers, TARGET), other)) return false
  const b = skb.buf
  putU16(b, o + ICMP_CSUM, 0)
  putU16(b, o + ICMP_CSUM, csumMessage(b, o, skb.tail - o))
  targetOf(ct, dir).protonum = IPPROTO_ICMP
  return manipIpv4(skb, ip, TARGET, manip)
}
