/**
 * The match `connmark`: the connection's mark under a mask.
 *
 * @see net/netfilter/xt_connmark.c connmark_mt
 */
import { nfCtGet } from '../conntrack/nf-conn.js'
import { nfCtNetnsGet, nfCtNetnsPut } from '../conntrack/nf-conntrack-proto.js'
import { type XtMatch, xtMatch } from '../x-tables.js'

/** What belongs to a rule (struct xt_connmark_mtinfo1). Both are 32 bits as int32. */
export interface XtConnmarkMtinfo {
  readonly mark: number
  readonly mask: number
  readonly invert: boolean
}

/** The match. A packet without a connection does not match. */
export const connmarkMatch: XtMatch = xtMatch<XtConnmarkMtinfo>({
  name: 'connmark',
  checkentry: ({ netns }, info) => {
    nfCtNetnsGet(netns)
    return info
  },
  destroy: nfCtNetnsPut,
  match: (skb, _par, info) => {
    const ct = nfCtGet(skb)
    return ct !== null && ((ct.mark & info.mask) === info.mark) !== info.invert
  },
})
