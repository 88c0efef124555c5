/**
 * The table `security`: behind `filter`.
 *
 * @see net/ipv4/netfilter/iptable_security.c
 */
import { NF_INET_LOCAL_IN, NF_INET_FORWARD, NF_INET_LOCAL_OUT, NF_IP_PRI_SECURITY } from '../core/netfilter.js'
import type { XtTableKind } from './ip-tables.js'
import { xtHookOps } from './xt-hook-ops.js'

/** The table. */
export const iptableSecurity: XtTableKind = {
  name: 'security',
  hooks: [NF_INET_LOCAL_IN, NF_INET_FORWARD, NF_INET_LOCAL_OUT],
  hookOps: table => xtHookOps(table, NF_IP_PRI_SECURITY),
}
