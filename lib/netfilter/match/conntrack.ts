/**
 * The match `conntrack`: what the packet is to its connection, and what that is like. The match `state` of the tool is this
 * one, too.
 *
 * @see net/netfilter/xt_conntrack.c
 */
import type { Skb } from '../../core/skb.js'
import { HZ } from '../../sim/timer.js'
import { type NfConn, nfCtExpires, nfCtGet } from '../conntrack/nf-conn.js'
import {
  ctinfo2dir,
  IP_CT_DIR_ORIGINAL,
  IP_CT_ESTABLISHED,
  IP_CT_IS_REPLY,
  IP_CT_NEW,
  IP_CT_RELATED,
  IP_CT_UNTRACKED,
  IPS_CONFIRMED,
  IPS_DST_NAT,
  IPS_SRC_NAT,
} from '../conntrack/nf-conntrack-common.js'
import { nfCtNetnsGet, nfCtNetnsPut } from '../conntrack/nf-conntrack-proto.js'
import { type XtActionParam, type XtMatch, xtMatch } from '../x-tables.js'

const stateBit = (ctinfo: number): number => 1 << ((ctinfo % IP_CT_IS_REPLY) + 1)

/** Bits of {@link XtConntrackInfo.stateMask}. */
export const XT_CONNTRACK_STATE_INVALID = 0x1
export const XT_CONNTRACK_STATE_ESTABLISHED: number = stateBit(IP_CT_ESTABLISHED)
export const XT_CONNTRACK_STATE_RELATED: number = stateBit(IP_CT_RELATED)
export const XT_CONNTRACK_STATE_NEW: number = stateBit(IP_CT_NEW)
export const XT_CONNTRACK_STATE_SNAT = 0x40
export const XT_CONNTRACK_STATE_DNAT = 0x80
export const XT_CONNTRACK_STATE_UNTRACKED = 0x100

/** Bits of {@link XtConntrackInfo.matchFlags} and invertFlags: what is looked at, and what of it is inverted. */
export const XT_CONNTRACK_STATE = 0x1
export const XT_CONNTRACK_PROTO = 0x2
export const XT_CONNTRACK_ORIGSRC = 0x4
export const XT_CONNTRACK_ORIGDST = 0x8
export const XT_CONNTRACK_REPLSRC = 0x10
export const XT_CONNTRACK_REPLDST = 0x20
export const XT_CONNTRACK_STATUS = 0x40
export const XT_CONNTRACK_EXPIRES = 0x80
export const XT_CONNTRACK_ORIGSRC_PORT = 0x100
export const XT_CONNTRACK_ORIGDST_PORT = 0x200
export const XT_CONNTRACK_REPLSRC_PORT = 0x400
export const XT_CONNTRACK_REPLDST_PORT = 0x800
export const XT_CONNTRACK_DIRECTION = 0x1000
/** The rule was written as `-m state`. */
export const XT_CONNTRACK_STATE_ALIAS = 0x2000

/** What belongs to a rule (struct xt_conntrack_mtinfo3). Addresses and masks are int32, ports and times ranges. */
export interface XtConntrackInfo {
  readonly origsrcAddr: number
  readonly origsrcMask: number
  readonly origdstAddr: number
  readonly origdstMask: number
  readonly replsrcAddr: number
  readonly replsrcMask: number
  readonly repldstAddr: number
  readonly repldstMask: number
  /** Seconds, both ends included. */
  readonly expiresMin: number
  readonly expiresMax: number
  readonly l4proto: number
  readonly origsrcPort: number
  readonly origsrcPortHigh: number
  readonly origdstPort: number
  readonly origdstPortHigh: number
  readonly replsrcPort: number
  readonly replsrcPortHigh: number
  readonly repldstPort: number
  readonly repldstPortHigh: number
  readonly matchFlags: number
  readonly invertFlags: number
  /** XT_CONNTRACK_STATE_*. */
  readonly stateMask: number
  /** IPS_*. */
  readonly statusMask: number
}

/** A rule that looks at nothing yet. */
export const XT_CONNTRACK_INIT: XtConntrackInfo = Object.freeze({
  origsrcAddr: 0,
  origsrcMask: 0,
  origdstAddr: 0,
  origdstMask: 0,
  replsrcAddr: 0,
  replsrcMask: 0,
  repldstAddr: 0,
  repldstMask: 0,
  expiresMin: 0,
  expiresMax: 0,
  l4proto: 0,
  origsrcPort: 0,
  origsrcPortHigh: 0,
  origdstPort: 0,
  origdstPortHigh: 0,
  replsrcPort: 0,
  replsrcPortHigh: 0,
  repldstPort: 0,
  repldstPortHigh: 0,
  matchFlags: 0,
  invertFlags: 0,
  stateMask: 0,
  statusMask: 0,
})

/** Does a test that a rule makes fail, given what it saw? */
const fails = (info: XtConntrackInfo, flag: number, seen: boolean): boolean =>
  (info.matchFlags & flag) !== 0 && seen === ((info.invertFlags & flag) !== 0)

const inRange = (n: number, min: number, max: number): boolean => n >= min && n <= max

const addressesMatch = (ct: NfConn, info: XtConntrackInfo): boolean =>
  !fails(info, XT_CONNTRACK_ORIGSRC, ((ct.origSrc ^ info.origsrcAddr) & info.origsrcMask) === 0) &&
  !fails(info, XT_CONNTRACK_ORIGDST, ((ct.origDst ^ info.origdstAddr) & info.origdstMask) === 0) &&
  !fails(info, XT_CONNTRACK_REPLSRC, ((ct.replSrc ^ info.replsrcAddr) & info.replsrcMask) === 0) &&
  !fails(info, XT_CONNTRACK_REPLDST, ((ct.replDst ^ info.repldstAddr) & info.repldstMask) === 0)

const portsMatch = (ct: NfConn, info: XtConntrackInfo): boolean =>
  !fails(info, XT_CONNTRACK_ORIGSRC_PORT, inRange(ct.origPorts >>> 16, info.origsrcPort, info.origsrcPortHigh)) &&
  !fails(info, XT_CONNTRACK_ORIGDST_PORT, inRange(ct.origPorts & 0xffff, info.origdstPort, info.origdstPortHigh)) &&
  !fails(info, XT_CONNTRACK_REPLSRC_PORT, inRange(ct.replPorts >>> 16, info.replsrcPort, info.replsrcPortHigh)) &&
  !fails(info, XT_CONNTRACK_REPLDST_PORT, inRange(ct.replPorts & 0xffff, info.repldstPort, info.repldstPortHigh))

/** All tests but that of the state. */
const restMatches = (ct: NfConn, ctinfo: number, info: XtConntrackInfo): boolean => {
  if (fails(info, XT_CONNTRACK_DIRECTION, ctinfo2dir(ctinfo) === IP_CT_DIR_ORIGINAL)) return false
  if (!addressesMatch(ct, info)) return false
  if (fails(info, XT_CONNTRACK_PROTO, ct.protonum === info.l4proto) || !portsMatch(ct, info)) return false
  if (fails(info, XT_CONNTRACK_STATUS, (ct.status & info.statusMask) !== 0)) return false
  if ((info.matchFlags & XT_CONNTRACK_EXPIRES) === 0) return true
  // Until it is confirmed its timeout counts from nothing, which lies behind on every machine that is up for some time.
  const expires = (ct.status & IPS_CONFIRMED) === 0 ? 0 : Math.floor(nfCtExpires(ct) / HZ)
  return !fails(info, XT_CONNTRACK_EXPIRES, inRange(expires, info.expiresMin, info.expiresMax))
}

const conntrackMt = (skb: Skb, _par: XtActionParam, info: XtConntrackInfo): boolean => {
  const ct = nfCtGet(skb)
  const { nfctinfo } = skb
  if (info.matchFlags & XT_CONNTRACK_STATE) {
    let bits = XT_CONNTRACK_STATE_INVALID
    if (ct !== null) {
      bits = stateBit(nfctinfo)
      if (ct.status & IPS_SRC_NAT) bits |= XT_CONNTRACK_STATE_SNAT
      if (ct.status & IPS_DST_NAT) bits |= XT_CONNTRACK_STATE_DNAT
    } else if (nfctinfo === IP_CT_UNTRACKED) bits = XT_CONNTRACK_STATE_UNTRACKED
    if (((info.stateMask & bits) !== 0) === ((info.invertFlags & XT_CONNTRACK_STATE) !== 0)) return false
  }
  if (ct === null) return (info.matchFlags & XT_CONNTRACK_STATE) !== 0
  return (info.matchFlags & ~(XT_CONNTRACK_STATE | XT_CONNTRACK_STATE_ALIAS)) === 0 || restMatches(ct, nfctinfo, info)
}

/** The match. Without a connection only the state can match. */
export const conntrackMatch: XtMatch = xtMatch<XtConntrackInfo>({
  name: 'conntrack',
  isPerFlow: info => (info.matchFlags & XT_CONNTRACK_EXPIRES) === 0,
  checkentry: ({ netns }, info) => {
    nfCtNetnsGet(netns)
    return info
  },
  destroy: nfCtNetnsPut,
  match: conntrackMt,
})
