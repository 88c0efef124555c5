/**
 * The table `nat`: translation of addresses. Its rules are not asked at the hooks, but by NAT itself for the first packet
 * of each connection that is tracked.
 *
 * @see net/ipv4/netfilter/iptable_nat.c
 */
import { NF_INET_LOCAL_IN, NF_INET_LOCAL_OUT, NF_INET_POST_ROUTING, NF_INET_PRE_ROUTING } from '../core/netfilter.js'
import type { Netns } from '../core/netns.js'
import { ipv4 } from '../ip/ipv4.js'
import { nfConntrack, type NfNatHook } from './conntrack/nf-conntrack-net.js'
import type { XtTableKind } from './ip-tables.js'
import { masqInetEvent } from './nat/nf-nat-masquerade.js'
import { nfNat } from './nat/nf-nat-core.js'
import { nfNatIpv4Ops } from './nat/nf-nat-ipv4.js'

/** Lets NAT find connections by their source, from their confirmation to their end. */
const natHook = (netns: Netns): NfNatHook => {
  const { bysource } = nfNat(netns)
  return { insert: ct => bysource.insert(ct), remove: ct => bysource.remove(ct) }
}

/** The table. */
export const iptableNat: XtTableKind = {
  name: 'nat',
  hooks: [NF_INET_PRE_ROUTING, NF_INET_LOCAL_IN, NF_INET_LOCAL_OUT, NF_INET_POST_ROUTING],
  hookOps: nfNatIpv4Ops,
  init: ({ netns }) => {
    nfConntrack(netns).natHook = natHook(netns)
    ipv4(netns).inetaddrChain.push(masqInetEvent)
  },
  exit: ({ netns }) => {
    nfConntrack(netns).natHook = null
  },
}
