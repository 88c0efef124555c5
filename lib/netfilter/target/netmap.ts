/**
 * The target `NETMAP`: another network, with the same host part.
 *
 * @see net/netfilter/xt_NETMAP.c
 */
import {
  NF_ACCEPT,
  NF_INET_LOCAL_IN,
  NF_INET_LOCAL_OUT,
  NF_INET_POST_ROUTING,
  NF_INET_PRE_ROUTING,
} from '../../core/netfilter.js'
import { ipv4Daddr, ipv4Saddr } from '../../wire/ipv4.js'
import { nfCtGet } from '../conntrack/nf-conn.js'
import { hook2manip, nfNatSetupInfo } from '../nat/nf-nat-core.js'
import { NF_NAT_MANIP_DST, type NfNatRange, OneAddressRange } from '../nat/nf-nat-range.js'
import { xtNatCheckentry, xtNatDestroy } from '../nat/xt-nat-range.js'
import { type XtTarget, xtTarget } from '../x-tables.js'

const RANGE = new OneAddressRange()

/** The target. The network is that of the range's first address, its mask what both ends have in common. */
export const netmapTarget: XtTarget = xtTarget<NfNatRange>({
  name: 'NETMAP',
  table: 'nat',
  hooks: (1 << NF_INET_PRE_ROUTING) | (1 << NF_INET_POST_ROUTING) | (1 << NF_INET_LOCAL_OUT) | (1 << NF_INET_LOCAL_IN),
  checkentry: xtNatCheckentry,
  destroy: xtNatDestroy,
  target: (skb, par, range) => {
    const ct = nfCtGet(skb)
    if (ct === null) return NF_ACCEPT
    const manip = hook2manip(par.state.hook)
    const hostMask = range.minAddr ^ range.maxAddr
    const b = skb.buf
    const old = manip === NF_NAT_MANIP_DST ? ipv4Daddr(b, skb.networkHeader) : ipv4Saddr(b, skb.networkHeader)
    const address = (old & hostMask) | (range.minAddr & ~hostMask)
    return nfNatSetupInfo(ct, RANGE.set(range, address), manip)
  },
})
