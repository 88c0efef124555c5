/**
 * The target `CHECKSUM`: finishes a checksum that was left to the device.
 *
 * @see net/netfilter/xt_CHECKSUM.c
 */
import { CHECKSUM_PARTIAL, skbChecksumHelp } from '../../core/skb.js'
import { XT_CONTINUE, type XtTarget, xtTarget } from '../x-tables.js'

/** What belongs to a rule (struct xt_CHECKSUM_info). */
export interface XtChecksumInfo {
  readonly operation: 'fill'
}

/** The target. */
export const checksumTarget: XtTarget = xtTarget<XtChecksumInfo>({
  name: 'CHECKSUM',
  table: 'mangle',
  target: skb => {
    if (skb.ipSummed === CHECKSUM_PARTIAL) skbChecksumHelp(skb)
    return XT_CONTINUE
  },
})
