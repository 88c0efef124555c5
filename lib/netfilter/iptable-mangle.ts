/**
 * The table `mangle`: changes to packets. What changes addresses, TOS or mark in OUTPUT changes the route.
 *
 * @see net/ipv4/netfilter/iptable_mangle.c
 */
import {
  NF_DROP,
  NF_INET_FORWARD,
  NF_INET_LOCAL_IN,
  NF_INET_LOCAL_OUT,
  NF_INET_POST_ROUTING,
  NF_INET_PRE_ROUTING,
  NF_IP_PRI_MANGLE,
  NF_STOLEN,
  nfDropErr,
  type NfHookFn,
} from '../core/netfilter.js'
import { ipRouteMeHarder } from '../ip/route-me-harder.js'
import { ipv4Daddr, ipv4Saddr, ipv4Tos } from '../wire/ipv4.js'
import type { XtTable, XtTableKind } from './ip-tables.js'
import { iptDoTable } from './ipt-do-table.js'
import { iptHook, xtHookOps } from './xt-hook-ops.js'

const mangleOut: NfHookFn = (skb, state, priv) => {
  const table = priv as XtTable
  const { mark } = skb
  const saddr = ipv4Saddr(skb.buf, skb.networkHeader)
  const daddr = ipv4Daddr(skb.buf, skb.networkHeader)
  const tos = ipv4Tos(skb.buf, skb.networkHeader)
  const verdict = iptDoTable(skb, state, table.info, table.params)
  if ((verdict & 0xff) === NF_DROP || verdict === NF_STOLEN) return verdict
  const b = skb.buf
  const ip = skb.networkHeader
  if (ipv4Saddr(b, ip) === saddr && ipv4Daddr(b, ip) === daddr && skb.mark === mark && ipv4Tos(b, ip) === tos)
    return verdict
  const errno = ipRouteMeHarder(skb)
  return errno === 0 ? verdict : nfDropErr(errno)
}

const mangleHook: NfHookFn = (skb, state, priv) =>
  state.hook === NF_INET_LOCAL_OUT ? mangleOut(skb, state, priv) : iptHook(skb, state, priv)

/** The table. */
export const iptableMangle: XtTableKind = {
  name: 'mangle',
  hooks: [NF_INET_PRE_ROUTING, NF_INET_LOCAL_IN, NF_INET_FORWARD, NF_INET_LOCAL_OUT, NF_INET_POST_ROUTING],
  hookOps: table => xtHookOps(table, NF_IP_PRI_MANGLE, mangleHook),
}
