/**
 * The target `DNAT`: another destination.
 *
 * @see net/netfilter/xt_nat.c xt_dnat_target_v2
 */
import { NF_ACCEPT, NF_INET_LOCAL_OUT, NF_INET_PRE_ROUTING } from '../../core/netfilter.js'
import { nfCtGet } from '../conntrack/nf-conn.js'
import { nfNatSetupInfo } from '../nat/nf-nat-core.js'
import { NF_NAT_MANIP_DST, type NfNatRange } from '../nat/nf-nat-range.js'
import { xtNatCheckentry, xtNatDestroy } from '../nat/xt-nat-range.js'
import { type XtTarget, xtTarget } from '../x-tables.js'

/** The target. */
export const dnatTarget: XtTarget = xtTarget<NfNatRange>({
  name: 'DNAT',
  table: 'nat',
  hooks: (1 << NF_INET_PRE_ROUTING) | (1 << NF_INET_LOCAL_OUT),
  checkentry: xtNatCheckentry,
  destroy: xtNatDestroy,
  target: (skb, _par, range) => {
    const ct = nfCtGet(skb)
    return ct === null ? NF_ACCEPT : nfNatSetupInfo(ct, range, NF_NAT_MANIP_DST)
  },
})
