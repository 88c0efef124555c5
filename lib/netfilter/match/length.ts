/**
 * The match `length`: octets of the IP packet, its header included.
 *
 * @see net/netfilter/xt_length.c
 */
import { ipv4TotLen } from '../../wire/ipv4.js'
import { type XtMatch, xtMatch } from '../x-tables.js'

/** What belongs to a rule (struct xt_length_info): both ends belong to it. */
export interface XtLengthInfo {
  readonly min: number
  readonly max: number
  readonly invert: boolean
}

/** The match. */
export const lengthMatch: XtMatch = xtMatch<XtLengthInfo>({
  name: 'length',
  match: (skb, _par, info) => {
    const len = ipv4TotLen(skb.buf, skb.networkHeader)
    return (len >= info.min && len <= info.max) !== info.invert
  },
})
