/**
 * What most tables register: a function that asks their rules, at each of their hooks.
 *
 * @see net/netfilter/x_tables.c xt_hook_ops_alloc, net/ipv4/netfilter/ip_tables.c ipt_do_table
 */
import { NFPROTO_IPV4, type NfHookFn, type NfHookOps } from '../core/netfilter.js'
import type { XtTable } from './ip-tables.js'
import { iptDoTable } from './ipt-do-table.js'

/** Asks the rules of the table `priv`. */
export const iptHook: NfHookFn = (skb, state, priv) => {
  const table = priv as XtTable
  return iptDoTable(skb, state, table.info, table.params)
}

/** One function at all hooks of a table. */
export const xtHookOps = (table: XtTable, priority: number, hook: NfHookFn = iptHook): NfHookOps[] =>
  table.kind.hooks.map(hooknum => ({ hook, priv: table, pf: NFPROTO_IPV4, hooknum, priority, tellsFlows: true }))
