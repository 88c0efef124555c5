/**
 * The target `TTL`: sets, raises or lowers the time to live, within 0 and 255.
 *
 * @see net/netfilter/xt_HL.c
 */
import { skbCow } from '../../core/skb.js'
import { ipv4Ttl, putIpv4Ttl } from '../../wire/ipv4.js'
import { XT_CONTINUE, xtRefuse, type XtTarget, xtTarget } from '../x-tables.js'

/** What belongs to a rule (struct ipt_TTL_info). */
export interface IptTtlTargetInfo {
  readonly mode: 'set' | 'inc' | 'dec'
  readonly ttl: number
}

/** The target. */
export const ttlTarget: XtTarget = xtTarget<IptTtlTargetInfo>({
  name: 'TTL',
  table: 'mangle',
  checkentry: (_par, info) => {
    if (info.mode !== 'set' && info.ttl === 0) xtRefuse('EINVAL', 'TTL', 'nothing to add or to take away')
    return info
  },
  target: (skb, _par, { mode, ttl }) => {
    const old = ipv4Ttl(skb.buf, skb.networkHeader)
    const now = mode === 'set' ? ttl : mode === 'inc' ? Math.min(old + ttl, 255) : Math.max(old - ttl, 0)
    if (now === old) return XT_CONTINUE
    skbCow(skb)
    putIpv4Ttl(skb.buf, skb.networkHeader, now)
    return XT_CONTINUE
  },
})
