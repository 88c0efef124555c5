/**
 * The target `TRACE`: every rule that the packet matches from here on is told; see nf-trace.ts.
 *
 * @see net/netfilter/xt_TRACE.c
 */
import { XT_CONTINUE, type XtTarget, xtTarget } from '../x-tables.js'

/** The target. */
export const traceTarget: XtTarget = xtTarget({
  name: 'TRACE',
  table: 'raw',
  target: skb => {
    skb.nfTrace = true
    return XT_CONTINUE
  },
})
