/**
 * The match `ttl`.
 *
 * @see net/netfilter/xt_hl.c
 */
import { ipv4Ttl } from '../../wire/ipv4.js'
import { type XtMatch, xtMatch } from '../x-tables.js'

/** What belongs to a rule (struct ipt_ttl_info). */
export interface IptTtlInfo {
  readonly mode: 'eq' | 'ne' | 'lt' | 'gt'
  readonly ttl: number
}

/** The match. */
export const ttlMatch: XtMatch = xtMatch<IptTtlInfo>({
  name: 'ttl',
  isPerFlow: true,
  match: (skb, _par, { mode, ttl }) => {
    const n = ipv4Ttl(skb.buf, skb.networkHeader)
    switch (mode) {
      case 'eq':
        return n === ttl
      case 'ne':
        return n !== ttl
      case 'lt':
        return n < ttl
      default:
        return n > ttl
    }
  },
})
