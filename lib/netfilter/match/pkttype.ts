/**
 * The match `pkttype`: whom the frame was for. What this host sends to a group counts as it would for those who receive it.
 *
 * @see net/netfilter/xt_pkttype.c
 */
import { PACKET_BROADCAST, PACKET_LOOPBACK, PACKET_MULTICAST } from '../../core/skb.js'
import { isMulticast4 } from '../../wire/ip.js'
import { ipv4Daddr } from '../../wire/ipv4.js'
import { type XtMatch, xtMatch } from '../x-tables.js'

/** What belongs to a rule (struct xt_pkttype_info). */
export interface XtPkttypeInfo {
  /** PACKET_*. */
  readonly pkttype: number
  readonly invert: boolean
}

/** The match. */
export const pkttypeMatch: XtMatch = xtMatch<XtPkttypeInfo>({
  name: 'pkttype',
  isPerFlow: true,
  match: (skb, _par, info) => {
    let type = skb.pktType
    if (type === PACKET_LOOPBACK)
      type = isMulticast4(ipv4Daddr(skb.buf, skb.networkHeader)) ? PACKET_MULTICAST : PACKET_BROADCAST
    return (type === info.pkttype) !== info.invert
  },
})
