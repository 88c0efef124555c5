/**
 * The target `MASQUERADE`: the source becomes the address of the device that a packet leaves by.
 *
 * @see net/netfilter/xt_MASQUERADE.c
 */
import { NF_INET_POST_ROUTING } from '../../core/netfilter.js'
import { nfNatMasqueradeIpv4 } from '../nat/nf-nat-masquerade.js'
import type { NfNatRange } from '../nat/nf-nat-range.js'
import { xtNatCheckentry, xtNatDestroy } from '../nat/xt-nat-range.js'
import { type XtTarget, xtTarget } from '../x-tables.js'

/** The target. */
export const masqueradeTarget: XtTarget = xtTarget<NfNatRange>({
  name: 'MASQUERADE',
  table: 'nat',
  hooks: 1 << NF_INET_POST_ROUTING,
  checkentry: xtNatCheckentry,
  destroy: xtNatDestroy,
  target: (skb, par, range) => nfNatMasqueradeIpv4(skb, range, par.outDev!),
})
