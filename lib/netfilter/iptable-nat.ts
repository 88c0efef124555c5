/**
 * The table `nat`: translation of addresses. Its rules are not asked at the hooks, but by NAT itself for the first packet
 * of each connection that is tracked.
 *
 * @see net/ipv4/netfilter/iptable_nat.c
 */
import { NF_INET_LOCAL_IN, NF_INET_LOCAL_OUT, NF_INET_POST_ROUTING, NF_INET_PRE_ROUTING } from '../core/netfilter.js'
import type { XtTableKind } from './ip-tables.js'

/** The table. */
export const iptableNat: XtTableKind = {
  name: 'nat',
  hooks: [NF_INET_PRE_ROUTING, NF_INET_LOCAL_IN, NF_INET_LOCAL_OUT, NF_INET_POST_ROUTING],
  hookOps: () => [],
}
