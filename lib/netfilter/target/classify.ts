/**
 * The target `CLASSIFY`: sets the packet's priority, by which a queueing discipline may file it.
 *
 * @see net/netfilter/xt_CLASSIFY.c
 */
import { NF_INET_FORWARD, NF_INET_LOCAL_OUT, NF_INET_POST_ROUTING } from '../../core/netfilter.js'
import { XT_CONTINUE, type XtTarget, xtTarget } from '../x-tables.js'

/** What belongs to a rule (struct xt_classify_target_info). */
export interface XtClassifyInfo {
  /** Major number in the upper 16 bits, minor in the lower ones. */
  readonly priority: number
}

/** The target. */
export const classifyTarget: XtTarget = xtTarget<XtClassifyInfo>({
  name: 'CLASSIFY',
  hooks: (1 << NF_INET_LOCAL_OUT) | (1 << NF_INET_FORWARD) | (1 << NF_INET_POST_ROUTING),
  target: (skb, _par, { priority }) => {
    skb.priority = priority
    return XT_CONTINUE
  },
})
