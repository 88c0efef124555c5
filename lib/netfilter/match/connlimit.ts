/**
 * The match `connlimit`: how many connections there are from, or to, a network.
 *
 * @see net/netfilter/xt_connlimit.c
 */
import type { Skb } from '../../core/skb.js'
import { ipv4Daddr, ipv4Saddr } from '../../wire/ipv4.js'
import { nfCtGet, nfCtTuple } from '../conntrack/nf-conn.js'
import { IP_CT_DIR_ORIGINAL } from '../conntrack/nf-conntrack-common.js'
import { nfCtNetnsGet, nfCtNetnsPut } from '../conntrack/nf-conntrack-proto.js'
import { NfConntrackTuple, nfCtGetTuplepr } from '../conntrack/nf-conntrack-tuple.js'
import { nfConncountCount, NfConncountData } from '../nf-conncount.js'
import { type XtActionParam, type XtMatch, xtMatch } from '../x-tables.js'

/** What belongs to a rule (struct xt_connlimit_info). */
export interface XtConnlimitInfo {
  /** int32. */
  readonly mask: number
  readonly limit: number
  /** Up to the limit matches, instead of what is above it. */
  readonly invert: boolean
  readonly daddr: boolean
}

interface Connlimit extends XtConnlimitInfo {
  readonly data: NfConncountData
}

const TUPLE = new NfConntrackTuple()

const connlimitMt = (skb: Skb, par: XtActionParam, info: Connlimit): boolean => {
  const { buf: b, networkHeader: nh } = skb
  const ct = nfCtGet(skb)
  if (ct !== null) nfCtTuple(ct, IP_CT_DIR_ORIGINAL, TUPLE)
  else if (!nfCtGetTuplepr(b, nh, skb.tail, TUPLE)) {
    par.hotdrop = true
    return false
  }
  const key = (info.daddr ? ipv4Daddr(b, nh) : ipv4Saddr(b, nh)) & info.mask
  const zone = ct === null ? 0 : ct.origZone
  const count = nfConncountCount(info.data, key, ct, TUPLE, zone)
  if (count === 0) {
    par.hotdrop = true
    return false
  }
  return count > info.limit !== info.invert
}

/** The match. Its count starts anew whenever the table is replaced. */
export const connlimitMatch: XtMatch = xtMatch<XtConnlimitInfo, Connlimit>({
  name: 'connlimit',
  checkentry: ({ netns }, info) => {
    nfCtNetnsGet(netns)
    return { ...info, data: new NfConncountData(netns) }
  },
  destroy: nfCtNetnsPut,
  match: connlimitMt,
})
