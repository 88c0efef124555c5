/**
 * The table `raw`: before connection tracking.
 *
 * @see net/ipv4/netfilter/iptable_raw.c
 */
import { NF_INET_PRE_ROUTING, NF_INET_LOCAL_OUT, NF_IP_PRI_RAW } from '../core/netfilter.js'
import type { XtTableKind } from './ip-tables.js'
import { xtHookOps } from './xt-hook-ops.js'

/** The table. */
export const iptableRaw: XtTableKind = {
  name: 'raw',
  hooks: [NF_INET_PRE_ROUTING, NF_INET_LOCAL_OUT],
  hookOps: table => xtHookOps(table, NF_IP_PRI_RAW),
}
