/**
 * The match `mark`: the packet's mark under a mask.
 *
 * @see net/netfilter/xt_mark.c mark_mt
 */
import { type XtMatch, xtMatch } from '../x-tables.js'

/** What belongs to a rule (struct xt_mark_mtinfo1). Both are 32 bits as int32. */
export interface XtMarkMtinfo {
  readonly mark: number
  readonly mask: number
  readonly invert: boolean
}

/** The match. */
export const markMatch: XtMatch = xtMatch<XtMarkMtinfo>({
  name: 'mark',
  isPerFlow: true,
  match: (skb, _par, info) => ((skb.mark & info.mask) === info.mark) !== info.invert,
})
