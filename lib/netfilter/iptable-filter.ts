/**
 * The table `filter`: what may pass.
 *
 * @see net/ipv4/netfilter/iptable_filter.c
 */
import { NF_INET_LOCAL_IN, NF_INET_FORWARD, NF_INET_LOCAL_OUT, NF_IP_PRI_FILTER } from '../core/netfilter.js'
import type { XtTableKind } from './ip-tables.js'
import { xtHookOps } from './xt-hook-ops.js'

/** The table. */
export const iptableFilter: XtTableKind = {
  name: 'filter',
  hooks: [NF_INET_LOCAL_IN, NF_INET_FORWARD, NF_INET_LOCAL_OUT],
  hookOps: table => xtHookOps(table, NF_IP_PRI_FILTER),
}
