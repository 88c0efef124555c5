/**
 * Tracking of ICMP: requests and their answers, and the connections that errors are about.
 *
 * @see net/netfilter/nf_conntrack_proto_icmp.c
 */
import { NF_ACCEPT, NF_INET_PRE_ROUTING, type NfHookState } from '../../core/netfilter.js'
import { CHECKSUM_NONE, type Skb } from '../../core/skb.js'
import {
  ICMP_ADDRESS,
  ICMP_ECHO,
  ICMP_HLEN,
  ICMP_INFO_REQUEST,
  ICMP_TIMESTAMP,
  icmpCsumOk,
  icmpType,
  isIcmpError,
  NR_ICMP_TYPES,
} from '../../wire/icmp.js'
import { ipv4Daddr } from '../../wire/ipv4.js'
import { type NfConn, nfCtSet } from './nf-conn.js'
import { IP_CT_DIR_REPLY, IP_CT_RELATED, IP_CT_RELATED_REPLY } from './nf-conntrack-common.js'
import { nfConntrackFindGet, nfCtRefreshAcct } from './nf-conntrack-entry.js'
import type { NfConntrackNet } from './nf-conntrack-net.js'
import { NfConntrackTuple, nfCtGetTuplepr, nfCtInvertTuple } from './nf-conntrack-tuple.js'

/** Types that a connection may begin with (valid_new). */
const MAY_BEGIN: number = (1 << ICMP_ECHO) | (1 << ICMP_TIMESTAMP) | (1 << ICMP_INFO_REQUEST) | (1 << ICMP_ADDRESS)

/** Scratch for the packet that an error quotes. */
const INNER = new NfConntrackTuple()

/** A message of a connection: NF_ACCEPT, or -NF_ACCEPT when it is invalid (nf_conntrack_icmp_packet). */
export const nfConntrackIcmpPacket = (ct: NfConn, skb: Skb, ctinfo: number): number => {
  const type = (ct.origPorts >> 8) & 0xff
  if (type > NR_ICMP_TYPES || ((1 << type) & MAY_BEGIN) === 0) return -NF_ACCEPT
  nfCtRefreshAcct(ct, ctinfo, skb, ct.cnet.sysctls.icmpTimeout)
  return NF_ACCEPT
}

/**
 * Finds the connection that the packet quoted at `dataoff` belongs to, and lets the error be related to it: NF_ACCEPT, or
 * -NF_ACCEPT when there is none (nf_conntrack_inet_error). The error must be for the one who is quoted.
 */
const inetError = (
  cnet: NfConntrackNet,
  skb: Skb,
  dataoff: number,
  outerDaddr: number,
  origZone: number,
  replZone: number,
): number => {
  if (!nfCtGetTuplepr(skb.buf, dataoff, skb.tail, INNER) || !nfCtInvertTuple(INNER, INNER)) return -NF_ACCEPT
  const ct = nfConntrackFindGet(cnet, origZone, replZone, INNER)
  if (ct === null) return -NF_ACCEPT
  const isReply = cnet.table.foundDir === IP_CT_DIR_REPLY
  if ((isReply ? ct.replDst : ct.origDst) !== outerDaddr) return -NF_ACCEPT
  nfCtSet(skb, ct, isReply ? IP_CT_RELATED_REPLY : IP_CT_RELATED)
  return NF_ACCEPT
}

/**
 * Looks at an ICMP message before it is tracked: NF_ACCEPT when it may be, and an error has its connection then;
 * -NF_ACCEPT when it is invalid (nf_conntrack_icmpv4_error).
 */
export const nfConntrackIcmpv4Error = (
  cnet: NfConntrackNet,
  skb: Skb,
  dataoff: number,
  state: NfHookState,
  origZone: number,
  replZone: number,
): number => {
  const b = skb.buf
  const len = skb.tail - dataoff
  if (len < ICMP_HLEN) return -NF_ACCEPT
  const mustCheck = state.hook === NF_INET_PRE_ROUTING && cnet.sysctls.checksum !== 0 && skb.ipSummed === CHECKSUM_NONE
  if (mustCheck && !icmpCsumOk(b, dataoff, len)) return -NF_ACCEPT
  const type = icmpType(b, dataoff)
  if (type > NR_ICMP_TYPES) return -NF_ACCEPT
  if (!isIcmpError(type)) return NF_ACCEPT
  return inetError(cnet, skb, dataoff + ICMP_HLEN, ipv4Daddr(b, skb.networkHeader), origZone, replZone)
}
