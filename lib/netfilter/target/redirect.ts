/**
 * The target `REDIRECT`: the destination becomes this host.
 *
 * @see net/netfilter/xt_REDIRECT.c
 */
import { NF_INET_LOCAL_OUT, NF_INET_PRE_ROUTING } from '../../core/netfilter.js'
import { nfNatRedirectIpv4 } from '../nat/nf-nat-redirect.js'
import type { NfNatRange } from '../nat/nf-nat-range.js'
import { xtNatCheckentry, xtNatDestroy } from '../nat/xt-nat-range.js'
import { type XtTarget, xtTarget } from '../x-tables.js'

/** The target. */
export const redirectTarget: XtTarget = xtTarget<NfNatRange>({
  name: 'REDIRECT',
  table: 'nat',
  hooks: (1 << NF_INET_PRE_ROUTING) | (1 << NF_INET_LOCAL_OUT),
  checkentry: xtNatCheckentry,
  destroy: xtNatDestroy,
  target: (skb, par, range) => nfNatRedirectIpv4(skb, range, par.state.hook),
})
