/**
 * The choice of the translated address and port: what the range of a rule and the connections that are there leave.
 *
 * @see net/netfilter/nf_nat_core.c get_unique_tuple
 */
import { IPPROTO_GRE, IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP } from '../../wire/ipv4.js'
import { jhash2, reciprocalScale } from '../../wire/siphash.js'
import { type NfConn, nfCtTuple } from '../conntrack/nf-conn.js'
import { IP_CT_DIR_REPLY, IPS_NAT_MASK, IPS_SEQ_ADJUST } from '../conntrack/nf-conntrack-common.js'
import { nfConntrackFindGet, nfConntrackTupleTaken, nfCtDelete } from '../conntrack/nf-conntrack-entry.js'
import { TCP_CONNTRACK_SYN_SENT, TCP_CONNTRACK_TIME_WAIT } from '../conntrack/nf-conntrack-tcp-state.js'
import { NfConntrackTuple, nfCtHasPorts, nfCtInvertTuple } from '../conntrack/nf-conntrack-tuple.js'
import type { NatBysource } from './nf-nat-bysource.js'
import {
  NF_NAT_MANIP_DST,
  NF_NAT_MANIP_SRC,
  NF_NAT_RANGE_MAP_IPS,
  NF_NAT_RANGE_PERSISTENT,
  NF_NAT_RANGE_PROTO_OFFSET,
  NF_NAT_RANGE_PROTO_RANDOM_ALL,
  NF_NAT_RANGE_PROTO_SPECIFIED,
  type NfNatRange,
} from './nf-nat-range.js'

/** Ports that are tried in one go, and how few may be left before a closed connection has to give way. */
const NF_NAT_MAX_ATTEMPTS = 128
const NF_NAT_HARDER_THRESH = NF_NAT_MAX_ATTEMPTS / 4
/** Below this many the search ends. */
const LAST_ATTEMPTS = 16

const REPLY = new NfConntrackTuple()
const OTHER = new NfConntrackTuple()

/** Would the answers be taken for those of another connection? (nf_nat_used_tuple) */
const isUsed = (tuple: NfConntrackTuple, ct: NfConn): boolean => {
  nfCtInvertTuple(REPLY, tuple)
  return nfConntrackTupleTaken(REPLY, ct)
}

const NAT_BITS = IPS_NAT_MASK | IPS_SEQ_ADJUST

/**
 * As {@link isUsed}; but a datagram that crosses one of the same flow in the other direction, neither translated, may keep
 * its ports: the two become one when it is confirmed (nf_nat_used_tuple_new).
 */
const isUsedByNew = (tuple: NfConntrackTuple, ct: NfConn): boolean => {
  if (!isUsed(tuple, ct)) return false
  if (ct.protonum !== IPPROTO_UDP || ct.status & NAT_BITS) return true
  const { cnet, origZone, replZone } = ct
  let other = nfConntrackFindGet(cnet, origZone, replZone, tuple)
  if (other === null) {
    nfCtInvertTuple(OTHER, tuple)
    other = nfConntrackFindGet(cnet, origZone, replZone, OTHER)
    if (other === null) return false
  }
  if (cnet.table.foundDir !== IP_CT_DIR_REPLY || other.status & NAT_BITS) return true
  const isReverse =
    other.origSrc === ct.replSrc &&
    other.origDst === ct.replDst &&
    other.origPorts === ct.replPorts &&
    other.replSrc === ct.origSrc &&
    other.replDst === ct.origDst &&
    other.replPorts === ct.origPorts
  return !isReverse
}

/**
 * Ends a TCP connection in TIME_WAIT that stands in the way of one that begins with a later sequence number; false when
 * there is none such (nf_nat_used_tuple_harder).
 */
const givesWay = (tuple: NfConntrackTuple, ct: NfConn): boolean => {
  if (ct.protonum !== IPPROTO_TCP || ct.tcp?.state !== TCP_CONNTRACK_SYN_SENT) return false
  nfCtInvertTuple(REPLY, tuple)
  const { cnet } = ct
  const other = nfConntrackFindGet(cnet, ct.origZone, ct.replZone, REPLY)
  if (other === null) return true
  if (cnet.table.foundDir !== IP_CT_DIR_REPLY || other.tcp?.state !== TCP_CONNTRACK_TIME_WAIT) return false
  return ((ct.tcp.orig.end - other.tcp.orig.end) | 0) > 0 && nfCtDelete(other)
}

const inAddresses = (address: number, range: NfNatRange): boolean =>
  address >>> 0 >= range.minAddr >>> 0 && address >>> 0 <= range.maxAddr >>> 0

/** Is the port, or identifier, between the two of the range? (l4proto_in_range) */
const protoInRange = (t: NfConntrackTuple, manip: number, range: NfNatRange): boolean => {
  const { protonum } = t
  if (protonum !== IPPROTO_ICMP && protonum !== IPPROTO_GRE && !nfCtHasPorts(protonum)) return true
  const port = manip === NF_NAT_MANIP_SRC || protonum === IPPROTO_ICMP ? t.sport : t.dport
  return port >= range.minProto && port <= range.maxProto
}

/** Would the source do as it is? (nf_in_range) */
const inRange = (t: NfConntrackTuple, range: NfNatRange): boolean => {
  if (range.flags & NF_NAT_RANGE_MAP_IPS && !inAddresses(t.src, range)) return false
  return (range.flags & NF_NAT_RANGE_PROTO_SPECIFIED) === 0 || protoInRange(t, NF_NAT_MANIP_SRC, range)
}

/** The translation that this source has already, with this destination: into `result`; false for none (find_appropriate_src). */
const findAppropriateSrc = (
  bysource: NatBysource,
  orig: NfConntrackTuple,
  zone: number,
  result: NfConntrackTuple,
  range: NfNatRange,
): boolean => {
  for (let ct = bysource.chain(orig.src, orig.sport, orig.protonum); ct !== null; ct = ct.natBysource) {
    const isSameSource =
      ct.protonum === orig.protonum &&
      ct.origSrc === orig.src &&
      ct.origPorts >>> 16 === orig.sport &&
      ct.origZone === zone
    if (!isSameSource) continue
    nfCtInvertTuple(result, nfCtTuple(ct, IP_CT_DIR_REPLY, OTHER))
    result.dst = orig.dst
    result.dport = orig.dport
    if (inRange(result, range)) return true
  }
  return false
}

const bswap = (x: number): number => (x << 24) | ((x & 0xff00) << 8) | ((x >>> 8) & 0xff00) | (x >>> 24)

const HASH_WORDS = new Int32Array(4)

/** Chooses an address by a hash of the addresses, which is the kernel's to the bit (find_best_ips_proto). */
const findBestIps = (t: NfConntrackTuple, range: NfNatRange, zone: number, manip: number): void => {
  if ((range.flags & NF_NAT_RANGE_MAP_IPS) === 0) return
  let address = range.minAddr
  if (range.minAddr !== range.maxAddr) {
    HASH_WORDS[0] = bswap(t.src)
    // The kernel hashes the last word of an address as long as IPv6's, which is 0 here, and the zone.
    const init = range.flags & NF_NAT_RANGE_PERSISTENT ? 0 : bswap(t.dst) ^ zone
    const size = (range.maxAddr >>> 0) - (range.minAddr >>> 0) + 1
    address = (range.minAddr + reciprocalScale(jhash2(HASH_WORDS, 4, init), size)) | 0
  }
  if (manip === NF_NAT_MANIP_SRC) t.src = address
  else t.dst = address
}

/** First port, and how many there are, for a port that no range is given for: low ones stay low. */
const defaultFirst = (port: number): number => (port >= 1024 ? 1024 : port >= 512 ? 600 : 1)
const defaultLast = (port: number): number => (port >= 1024 ? 65535 : port >= 512 ? 1023 : 511)

/** Looks for a port or identifier that makes the tuple unique; the last one tried stands when none does (nf_nat_l4proto_unique_tuple). */
const uniqueProto = (t: NfConntrackTuple, range: NfNatRange, manip: number, ct: NfConn): void => {
  const isIcmp = t.protonum === IPPROTO_ICMP
  if (!isIcmp && !nfCtHasPorts(t.protonum)) return
  const isSource = manip === NF_NAT_MANIP_SRC || isIcmp
  const port = isSource ? t.sport : t.dport
  let first = range.minProto
  let last = range.maxProto
  if ((range.flags & NF_NAT_RANGE_PROTO_SPECIFIED) === 0) {
    if (!isIcmp && manip === NF_NAT_MANIP_DST) return
    first = isIcmp ? 0 : defaultFirst(port)
    last = isIcmp ? 65535 : defaultLast(port)
  } else if (!isIcmp && last < first) {
    first = range.maxProto
    last = range.minProto
  }
  const { rng } = ct.cnet.netns
  let offset = 0
  if (range.flags & NF_NAT_RANGE_PROTO_OFFSET) offset = (port - range.baseProto) & 0xffff
  else if (range.flags & NF_NAT_RANGE_PROTO_RANDOM_ALL || manip !== NF_NAT_MANIP_DST) offset = rng.u16()
  search(t, isSource, first, last - first + 1, offset, ct)
}

const take = (t: NfConntrackTuple, isSource: boolean, port: number): void => {
  if (isSource) t.sport = port
  else t.dport = port
}

/**
 * Tries ports of the range from `offset` on, in ever smaller rounds from ever other places.
 *
 * DIFFERS: with few ports left the kernel takes that of a connection in TIME_WAIT also while others are free, if it meets it
 * first and the sequence numbers that both drew let it; netloom only when it has found none free.
 */
const search = (
  t: NfConntrackTuple,
  isSource: boolean,
  first: number,
  size: number,
  offset: number,
  ct: NfConn,
): void => {
  let at = offset
  let attempts = Math.min(size, NF_NAT_MAX_ATTEMPTS)
  for (;;) {
    for (let i = 0; i < attempts; i++) {
      take(t, isSource, (first + (((at + i) & 0xffff) % size)) & 0xffff)
      if (!isUsed(t, ct)) return
    }
    for (let i = Math.max(0, attempts - NF_NAT_HARDER_THRESH); i < attempts; i++) {
      take(t, isSource, (first + (((at + i) & 0xffff) % size)) & 0xffff)
      if (givesWay(t, ct)) return
    }
    if (attempts >= size || attempts < LAST_ATTEMPTS) return
    attempts >>= 1
    at = ct.cnet.netns.rng.u16()
  }
}

/**
 * Translates `orig` into `tuple` such that no other connection has the same answers, as far as the range lets it
 * (get_unique_tuple).
 */
export const getUniqueTuple = (
  tuple: NfConntrackTuple,
  orig: NfConntrackTuple,
  range: NfNatRange,
  ct: NfConn,
  manip: number,
  bysource: NatBysource,
): void => {
  const draws = (range.flags & NF_NAT_RANGE_PROTO_RANDOM_ALL) !== 0
  if (manip === NF_NAT_MANIP_SRC && !draws) {
    if (inRange(orig, range)) {
      if (!isUsedByNew(orig, ct)) {
        tuple.copy(orig)
        return
      }
    } else if (findAppropriateSrc(bysource, orig, ct.origZone, tuple, range) && !isUsed(tuple, ct)) return
  }
  tuple.copy(orig)
  // The zone counts in whatever direction it is one.
  findBestIps(tuple, range, ct.origZone !== 0 ? ct.origZone : ct.replZone, manip)
  if (!draws && fits(tuple, range, manip, ct)) return
  uniqueProto(tuple, range, manip, ct)
}

/** Does the port do as it is? A range of a single port is taken without a look at others. */
const fits = (tuple: NfConntrackTuple, range: NfNatRange, manip: number, ct: NfConn): boolean => {
  if ((range.flags & NF_NAT_RANGE_PROTO_SPECIFIED) === 0) return !isUsed(tuple, ct)
  if (range.flags & NF_NAT_RANGE_PROTO_OFFSET || !protoInRange(tuple, manip, range)) return false
  return range.minProto === range.maxProto || !isUsed(tuple, ct)
}
