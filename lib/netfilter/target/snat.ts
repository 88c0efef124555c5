/**
 * The target `SNAT`: another source.
 *
 * @see net/netfilter/xt_nat.c xt_snat_target_v0
 */
import { NF_ACCEPT, NF_INET_LOCAL_IN, NF_INET_POST_ROUTING } from '../../core/netfilter.js'
import { nfCtGet } from '../conntrack/nf-conn.js'
import { nfNatSetupInfo } from '../nat/nf-nat-core.js'
import { NF_NAT_MANIP_SRC, type NfNatRange } from '../nat/nf-nat-range.js'
import { xtNatCheckentry, xtNatDestroy } from '../nat/xt-nat-range.js'
import { type XtTarget, xtTarget } from '../x-tables.js'

/** The target. */
export const snatTarget: XtTarget = xtTarget<NfNatRange>({
  name: 'SNAT',
  table: 'nat',
  hooks: (1 << NF_INET_POST_ROUTING) | (1 << NF_INET_LOCAL_IN),
  checkentry: xtNatCheckentry,
  destroy: xtNatDestroy,
  target: (skb, _par, range) => {
    const ct = nfCtGet(skb)
    return ct === null ? NF_ACCEPT : nfNatSetupInfo(ct, range, NF_NAT_MANIP_SRC)
  },
})
