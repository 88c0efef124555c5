/**
 * The match `mac`: the Ethernet source of the hop that the packet came from. A packet without an Ethernet header, one from
 * lo for example, does not match, inverted or not.
 *
 * @see net/netfilter/xt_mac.c
 */
import { NF_INET_FORWARD, NF_INET_LOCAL_IN, NF_INET_PRE_ROUTING } from '../../core/netfilter.js'
import { ARPHRD_ETHER } from '../../core/netdev.js'
import { ETH_HLEN, ethSrcOff } from '../../wire/ethernet.js'
import { isMacAt } from '../../wire/mac.js'
import { type XtMatch, xtMatch } from '../x-tables.js'

/** What belongs to a rule (struct xt_mac_info). */
export interface XtMacInfo {
  /** The address as a 48-bit number. */
  readonly srcaddr: number
  readonly invert: boolean
}

/** The match. */
export const macMatch: XtMatch = xtMatch<XtMacInfo>({
  name: 'mac',
  hooks: (1 << NF_INET_PRE_ROUTING) | (1 << NF_INET_LOCAL_IN) | (1 << NF_INET_FORWARD),
  match: (skb, _par, info) => {
    if (skb.dev === null || skb.dev.type !== ARPHRD_ETHER) return false
    if (skb.macHeader + ETH_HLEN > skb.data) return false
    return isMacAt(skb.buf, ethSrcOff(skb.macHeader), info.srcaddr) !== info.invert
  },
})
