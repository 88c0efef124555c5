/**
 * The target `MARK`: changes the packet's mark.
 *
 * @see net/netfilter/xt_mark.c mark_tg
 */
import { XT_CONTINUE, type XtTarget, xtTarget } from '../x-tables.js'

/** What belongs to a rule (struct xt_mark_tginfo2): the new mark is (old and not `mask`) xor `mark`. Both are int32. */
export interface XtMarkTginfo {
  readonly mark: number
  readonly mask: number
}

/** The target. */
export const markTarget: XtTarget = xtTarget<XtMarkTginfo>({
  name: 'MARK',
  target: (skb, _par, info) => {
    skb.mark = (skb.mark & ~info.mask) ^ info.mark
    return XT_CONTINUE
  },
})
