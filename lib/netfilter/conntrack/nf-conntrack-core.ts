/**
 * The life of a connection: found or made when a packet comes in, put into the table when that packet leaves.
 *
 * A connection that is not confirmed is known to its packet alone: when that is dropped, nothing of it remains.
 *
 * @see net/netfilter/nf_conntrack_core.c
 */
import { NF_ACCEPT, NF_DROP, NF_REPEAT, type NfHookState } from '../../core/netfilter.js'
import type { Skb } from '../../core/skb.js'
import { HZ } from '../../sim/timer.js'
import { IPPROTO_GRE, IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP, ipv4Proto } from '../../wire/ipv4.js'
import { type NfConn, nfCtGet, nfCtIsTemplate, nfCtSet, nfctTimeStamp, nfCtTuple } from './nf-conn.js'
import {
  ctinfo2dir,
  IP_CT_DIR_ORIGINAL,
  IP_CT_DIR_REPLY,
  IP_CT_ESTABLISHED,
  IP_CT_ESTABLISHED_REPLY,
  IP_CT_NEW,
  IP_CT_RELATED,
  IP_CT_RELATED_REPLY,
  IP_CT_UNTRACKED,
  IPCT_NEW,
  IPCT_REPLY,
  IPS_CONFIRMED,
  IPS_DYING,
  IPS_EXPECTED,
  IPS_FIXED_TIMEOUT,
  IPS_NAT_CLASH,
  IPS_SEEN_REPLY,
} from './nf-conntrack-common.js'
import { nfConntrackEventCache, nfCtDeliverCachedEvents } from './nf-conntrack-ecache.js'
import {
  initConntrack,
  NO_CONNECTION,
  nfCtAcctOctets,
  nfCtAcctUpdate,
  nfCtHash,
  TABLE_FULL,
} from './nf-conntrack-entry.js'
import type { NfConntrackNet } from './nf-conntrack-net.js'
import { genericPacket } from './nf-conntrack-proto-generic.js'
import { nfConntrackGrePacket } from './nf-conntrack-proto-gre.js'
import { nfConntrackIcmpPacket, nfConntrackIcmpv4Error } from './nf-conntrack-proto-icmp.js'
import { nfConntrackTcpPacket } from './nf-conntrack-proto-tcp.js'
import { nfConntrackUdpPacket } from './nf-conntrack-proto-udp.js'
import { ipv4GetL4proto, NfConntrackTuple, nfCtGetTuple } from './nf-conntrack-tuple.js'

/** Scratch for the tuple of the packet that is being looked at. */
const TUPLE = new NfConntrackTuple()

/** Zone of a packet in one direction, as its template has it (nf_ct_zone_tmpl). */
const zoneOf = (tmpl: NfConn | null, skb: Skb, dir: number): number => {
  if (tmpl === null) return 0
  const zone = dir === IP_CT_DIR_ORIGINAL ? tmpl.origZone : tmpl.replZone
  return zone !== 0 && tmpl.ext?.zoneIsMark === true ? skb.mark & 0xffff : zone
}

/** Finds or makes the connection of a packet: 0 when it has one or can have none, -1 when the table is full (resolve_normal_ct). */
const resolveNormalCt = (cnet: NfConntrackNet, tmpl: NfConn | null, skb: Skb, dataoff: number): number => {
  const b = skb.buf
  const nhoff = skb.networkHeader
  if (!nfCtGetTuple(b, nhoff, dataoff, skb.tail, ipv4Proto(b, nhoff), TUPLE)) return 0
  const { table } = cnet
  const origZone = zoneOf(tmpl, skb, IP_CT_DIR_ORIGINAL)
  const replZone = zoneOf(tmpl, skb, IP_CT_DIR_REPLY)
  const hash = table.hashTuple(TUPLE, origZone)
  let ct = table.find(TUPLE, origZone, replZone, hash)
  if (ct === null && origZone !== replZone) ct = table.find(TUPLE, origZone, replZone, table.hashTuple(TUPLE, replZone))
  if (ct === null) {
    const made = initConntrack(cnet, tmpl, TUPLE, origZone, replZone, hash)
    if (made === NO_CONNECTION) return 0
    if (made === TABLE_FULL) return -1
    nfCtSet(skb, made, IP_CT_NEW)
    return 0
  }
  if (table.foundDir === IP_CT_DIR_REPLY) nfCtSet(skb, ct, IP_CT_ESTABLISHED_REPLY)
  else if (ct.status & IPS_SEEN_REPLY) nfCtSet(skb, ct, IP_CT_ESTABLISHED)
  else nfCtSet(skb, ct, ct.status & IPS_EXPECTED ? IP_CT_RELATED : IP_CT_NEW)
  return 0
}

/** Lets the tracker of the protocol look at the packet; what it returns is negative for what is not to be tracked. */
const handlePacket = (ct: NfConn, skb: Skb, dataoff: number, state: NfHookState): number => {
  switch (ct.protonum) {
    case IPPROTO_TCP:
      return nfConntrackTcpPacket(ct, skb, dataoff, skb.nfctinfo, state)
    case IPPROTO_UDP:
      return nfConntrackUdpPacket(ct, skb, dataoff, skb.nfctinfo, state)
    case IPPROTO_ICMP:
      return nfConntrackIcmpPacket(ct, skb, skb.nfctinfo)
    case IPPROTO_GRE:
      return nfConntrackGrePacket(ct, skb, skb.nfctinfo)
    default:
      return genericPacket(ct, skb, skb.nfctinfo)
  }
}

/** Has it been looked at already, by this host over lo or by the rule NOTRACK? */
const isSettled = (skb: Skb): boolean =>
  skb.nfct === null ? skb.nfctinfo === IP_CT_UNTRACKED : !nfCtIsTemplate(nfCtGet(skb)!)

/**
 * Tracks a packet: afterwards it belongs to a connection, or is invalid and belongs to none. The verdict (nf_conntrack_in).
 */
export const nfConntrackIn = (skb: Skb, state: NfHookState, cnet: NfConntrackNet): number => {
  let tmpl: NfConn | null = null
  if (skb.nfct !== null || skb.nfctinfo !== 0) {
    if (isSettled(skb)) return NF_ACCEPT
    tmpl = nfCtGet(skb)
    nfCtSet(skb, null, 0)
  }
  const b = skb.buf
  const dataoff = ipv4GetL4proto(b, skb.networkHeader, skb.tail)
  if (dataoff <= 0) {
    cnet.stat.invalid++
    return NF_ACCEPT
  }
  if (ipv4Proto(b, skb.networkHeader) === IPPROTO_ICMP) {
    const origZone = zoneOf(tmpl, skb, IP_CT_DIR_ORIGINAL)
    const replZone = zoneOf(tmpl, skb, IP_CT_DIR_REPLY)
    if (nfConntrackIcmpv4Error(cnet, skb, dataoff, state, origZone, replZone) < 0) {
      cnet.stat.error++
      return NF_ACCEPT
    }
    if (skb.nfct !== null) return NF_ACCEPT
  }
  return track(cnet, tmpl, skb, dataoff, state)
}

const track = (cnet: NfConntrackNet, tmpl: NfConn | null, skb: Skb, dataoff: number, state: NfHookState): number => {
  for (;;) {
    if (resolveNormalCt(cnet, tmpl, skb, dataoff) < 0) {
      cnet.stat.drop++
      return NF_DROP
    }
    const ct = nfCtGet(skb)
    if (ct === null) {
      cnet.stat.invalid++
      return NF_ACCEPT
    }
    const verdict = handlePacket(ct, skb, dataoff, state)
    if (verdict > 0) {
      if (skb.nfctinfo === IP_CT_ESTABLISHED_REPLY && !(ct.status & IPS_SEEN_REPLY)) {
        ct.status |= IPS_SEEN_REPLY
        nfConntrackEventCache(IPCT_REPLY, ct)
      }
      return verdict
    }
    nfCtSet(skb, null, 0)
    if (verdict === -NF_REPEAT) continue
    cnet.stat.invalid++
    if (verdict === NF_DROP) cnet.stat.drop++
    return -verdict
  }
}

/** Scratch for the two directions of a connection that is being confirmed. */
const ORIG = new NfConntrackTuple()
const REPLY = new NfConntrackTuple()

/** Puts the connection of a packet that begins it into the table; NF_DROP when its place is taken (__nf_conntrack_confirm). */
const confirm = (skb: Skb, ct: NfConn): number => {
  if (ctinfo2dir(skb.nfctinfo) !== IP_CT_DIR_ORIGINAL) return NF_ACCEPT
  const { cnet } = ct
  const { table, stat } = cnet
  if (ct.status & IPS_DYING) {
    stat.insertFailed++
    return NF_DROP
  }
  nfCtHash(ct, IP_CT_DIR_REPLY)
  nfCtTuple(ct, IP_CT_DIR_ORIGINAL, ORIG)
  nfCtTuple(ct, IP_CT_DIR_REPLY, REPLY)
  const clash =
    table.find(ORIG, ct.origZone, ct.replZone, ct.origHash) ?? table.find(REPLY, ct.origZone, ct.replZone, ct.replHash)
  if (clash !== null) return resolveClash(skb, ct, clash)
  ct.timeout = (ct.timeout + nfctTimeStamp(cnet)) | 0
  insert(ct, false)
  nfConntrackEventCache(IPCT_NEW, ct)
  return NF_ACCEPT
}

const insert = (ct: NfConn, isReplyOnly: boolean): void => {
  const { cnet } = ct
  if (ct.ext?.hasTstamp === true) ct.ext.start = cnet.sim.now
  cnet.table.insert(ct, isReplyOnly)
  ct.status |= IPS_CONFIRMED
  cnet.natHook?.insert(ct)
}

const isSame = (ct: NfConn, other: NfConn): boolean =>
  ct.origSrc === other.origSrc &&
  ct.origDst === other.origDst &&
  ct.origPorts === other.origPorts &&
  ct.replSrc === other.replSrc &&
  ct.replDst === other.replDst &&
  ct.replPorts === other.replPorts &&
  ct.protonum === other.protonum &&
  ct.origZone === other.origZone &&
  ct.replZone === other.replZone

const isReverse = (ct: NfConn, other: NfConn): boolean =>
  ct.origSrc === other.replSrc &&
  ct.origDst === other.replDst &&
  ct.origPorts === other.replPorts &&
  ct.replSrc === other.origSrc &&
  ct.replDst === other.origDst &&
  ct.replPorts === other.origPorts &&
  ct.protonum === other.protonum &&
  ct.origZone === other.replZone &&
  ct.replZone === other.origZone

/** Lets the packet belong to the connection that was there first, when both are the same flow (__nf_ct_resolve_clash). */
const merge = (skb: Skb, loser: NfConn, ct: NfConn): boolean => {
  if (!isSame(ct, loser) && !isReverse(ct, loser)) return false
  const dir = ctinfo2dir(skb.nfctinfo)
  if (loser.ext?.acct != null) nfCtAcctUpdate(ct, dir, nfCtAcctOctets(loser, dir))
  nfCtSet(skb, ct, skb.nfctinfo)
  ct.cnet.stat.clashResolve++
  return true
}

/** A connection's place is taken: only that of a datagram can be helped (nf_ct_resolve_clash). */
const resolveClash = (skb: Skb, loser: NfConn, ct: NfConn): number => {
  const { stat, table } = ct.cnet
  if (ct.protonum === IPPROTO_UDP) {
    if (merge(skb, loser, ct)) return NF_ACCEPT
    const taken = table.find(REPLY, loser.origZone, loser.replZone, loser.replHash)
    if (taken === null) return insertReplyOnly(loser)
    if (merge(skb, loser, taken)) return NF_ACCEPT
  }
  stat.drop++
  stat.insertFailed++
  return NF_DROP
}

/** Only the original tuple is taken: for a second the answer may find the connection (nf_ct_resolve_clash_harder). */
const insertReplyOnly = (loser: NfConn): number => {
  loser.timeout = (nfctTimeStamp(loser.cnet) + HZ) | 0
  loser.status |= IPS_FIXED_TIMEOUT | IPS_NAT_CLASH
  insert(loser, true)
  loser.cnet.stat.clashResolve++
  return NF_ACCEPT
}

/** Confirms the connection of a packet that leaves the host or reaches a socket, and tells its events (nf_conntrack_confirm). */
export const nfConntrackConfirm = (skb: Skb): number => {
  const ct = nfCtGet(skb)
  if (ct === null) return NF_ACCEPT
  if (!(ct.status & IPS_CONFIRMED)) {
    const verdict = confirm(skb, ct)
    if (verdict !== NF_ACCEPT) return verdict
  }
  const now = nfCtGet(skb)!
  if (now.ecache !== 0) nfCtDeliverCachedEvents(now)
  return NF_ACCEPT
}

/** Lets a packet that is made in answer to another be related to the same connection (nf_conntrack_attach). */
export const nfConntrackAttach = (answer: Skb, skb: Skb): void => {
  const ct = nfCtGet(skb)
  if (ct === null) return
  const isOriginal = ctinfo2dir(skb.nfctinfo) === IP_CT_DIR_ORIGINAL
  nfCtSet(answer, ct, isOriginal ? IP_CT_RELATED_REPLY : IP_CT_RELATED)
}
