/**
 * What the targets of NAT check when a rule is loaded, and that they need connections.
 *
 * @see net/netfilter/xt_nat.c
 */
import type { Netns } from '../../core/netns.js'
import { nfCtNetnsGet, nfCtNetnsPut } from '../conntrack/nf-conntrack-proto.js'
import type { XtCheckParam } from '../x-tables.js'
import type { NfNatRange } from './nf-nat-range.js'

/** Switches connection tracking on for a rule (xt_nat_checkentry). */
export const xtNatCheckentry = (par: XtCheckParam, range: NfNatRange): NfNatRange => {
  nfCtNetnsGet(par.netns)
  return range
}

/** The rule is gone (xt_nat_destroy). */
export const xtNatDestroy = (netns: Netns): void => nfCtNetnsPut(netns)
