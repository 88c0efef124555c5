/**
 * Network address translation: decided once for each half of a connection, carried out on each of its packets.
 *
 * @see net/netfilter/nf_nat_core.c
 */
import {
  NF_ACCEPT,
  NF_DROP,
  NF_INET_LOCAL_IN,
  NF_INET_POST_ROUTING,
  type NfHookFn,
  type NfHookState,
} from '../../core/netfilter.js'
import type { Netns } from '../../core/netns.js'
import { netnsSlot, type NetnsSlot } from '../../core/netns.js'
import type { Skb } from '../../core/skb.js'
import { type NfConn, nfCtGet, nfCtIsConfirmed, nfCtTuple } from '../conntrack/nf-conn.js'
import {
  ctinfo2dir,
  IP_CT_DIR_ORIGINAL,
  IP_CT_DIR_REPLY,
  IP_CT_NEW,
  IP_CT_RELATED,
  IP_CT_RELATED_REPLY,
  IPS_DST_NAT,
  IPS_DST_NAT_DONE,
  IPS_NAT_MASK,
  IPS_SRC_NAT,
  IPS_SRC_NAT_DONE,
} from '../conntrack/nf-conntrack-common.js'
import { nfConntrackAlterReply, nfCtKillAcct } from '../conntrack/nf-conntrack-entry.js'
import { NfConntrackTuple, nfCtInvertTuple, nfCtTupleEqual } from '../conntrack/nf-conntrack-tuple.js'
import { NatBysource } from './nf-nat-bysource.js'
import { nfNatManipPkt } from './nf-nat-proto.js'
import {
  NF_NAT_MANIP_DST,
  NF_NAT_MANIP_SRC,
  NF_NAT_RANGE_MAP_IPS,
  type NfNatRange,
  OneAddressRange,
} from './nf-nat-range.js'
import { getUniqueTuple } from './nf-nat-unique.js'

/** NAT of a namespace. */
export class NfNatNet {
  readonly bysource: NatBysource = new NatBysource()
}

const NAT: NetnsSlot<NfNatNet> = netnsSlot('nf_nat', () => new NfNatNet())

/** NAT of a namespace; made on first use. */
export const nfNat = (netns: Netns): NfNatNet => netns.slot(NAT)

/** Which end is translated at a hook (HOOK2MANIP). */
export const hook2manip = (hook: number): number =>
  hook !== NF_INET_POST_ROUTING && hook !== NF_INET_LOCAL_IN ? NF_NAT_MANIP_DST : NF_NAT_MANIP_SRC

/** Is this half of the translation decided? (nf_nat_initialized) */
export const nfNatInitialized = (ct: NfConn, manip: number): boolean =>
  (ct.status & (manip === NF_NAT_MANIP_SRC ? IPS_SRC_NAT_DONE : IPS_DST_NAT_DONE)) !== 0

const CURRENT = new NfConntrackTuple()
const WANTED = new NfConntrackTuple()

/**
 * Decides one half of the translation of a connection that is not confirmed; the verdict (nf_nat_setup_info).
 */
export const nfNatSetupInfo = (ct: NfConn, range: NfNatRange, manip: number): number => {
  if (nfCtIsConfirmed(ct)) return NF_ACCEPT
  if (nfNatInitialized(ct, manip)) return NF_DROP
  nfCtInvertTuple(CURRENT, nfCtTuple(ct, IP_CT_DIR_REPLY, WANTED))
  getUniqueTuple(WANTED, CURRENT, range, ct, manip, nfNat(ct.cnet.netns).bysource)
  if (!nfCtTupleEqual(WANTED, CURRENT)) {
    nfCtInvertTuple(WANTED, WANTED)
    nfConntrackAlterReply(ct, WANTED)
    ct.status |= manip === NF_NAT_MANIP_SRC ? IPS_SRC_NAT : IPS_DST_NAT
  }
  ct.status |= manip === NF_NAT_MANIP_SRC ? IPS_SRC_NAT_DONE : IPS_DST_NAT_DONE
  return NF_ACCEPT
}

const NULL_RANGE = new OneAddressRange()

/** Decides that a half stays as it is, as far as others let it (nf_nat_alloc_null_binding). */
export const nfNatAllocNullBinding = (ct: NfConn, hook: number): number => {
  const manip = hook2manip(hook)
  NULL_RANGE.flags = NF_NAT_RANGE_MAP_IPS
  NULL_RANGE.minAddr = NULL_RANGE.maxAddr = manip === NF_NAT_MANIP_SRC ? ct.replDst : ct.replSrc
  return nfNatSetupInfo(ct, NULL_RANGE, manip)
}

/** Translates a packet of a connection that both ends of which are decided at this hook (nf_nat_packet). */
export const nfNatPacket = (ct: NfConn, ctinfo: number, hook: number, skb: Skb): number => {
  const manip = hook2manip(hook)
  const dir = ctinfo2dir(ctinfo)
  let bit = manip === NF_NAT_MANIP_SRC ? IPS_SRC_NAT : IPS_DST_NAT
  if (dir === IP_CT_DIR_REPLY) bit ^= IPS_NAT_MASK
  return ct.status & bit ? nfNatManipPkt(skb, ct, manip, dir) : NF_ACCEPT
}

/** Has a masqueraded connection got another way out? (nf_nat_oif_changed) */
const oifChanged = (ct: NfConn, ctinfo: number, state: NfHookState): boolean =>
  ct.masqIndex !== 0 &&
  state.hook === NF_INET_POST_ROUTING &&
  ctinfo2dir(ctinfo) === IP_CT_DIR_ORIGINAL &&
  ct.masqIndex !== state.outDev!.ifindex

/**
 * What happens to a packet at one of NAT's hooks: the first of a connection asks `lookup`, the rules, which may decide;
 * otherwise nothing changes (nf_nat_inet_fn).
 */
export const nfNatInetFn = (skb: Skb, state: NfHookState, lookup: NfHookFn, priv: object | null): number => {
  const ct = nfCtGet(skb)
  if (ct === null) return NF_ACCEPT
  const ctinfo = skb.nfctinfo
  const isFirst = ctinfo === IP_CT_NEW || ctinfo === IP_CT_RELATED || ctinfo === IP_CT_RELATED_REPLY
  const manip = hook2manip(state.hook)
  if (isFirst && !nfNatInitialized(ct, manip)) {
    let verdict = lookup(skb, state, priv)
    if (verdict !== NF_ACCEPT) return verdict
    if (!nfNatInitialized(ct, manip)) {
      verdict = nfNatAllocNullBinding(ct, state.hook)
      if (verdict !== NF_ACCEPT) return verdict
    }
  } else if (oifChanged(ct, ctinfo, state)) {
    nfCtKillAcct(ct, ctinfo, skb)
    return NF_DROP
  }
  return nfNatPacket(ct, ctinfo, state.hook, skb)
}
