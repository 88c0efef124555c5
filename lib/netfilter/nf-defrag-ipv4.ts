/**
 * Puts fragments together before anything in netfilter looks at them.
 *
 * The datagram remembers its largest fragment, and leaves in pieces no larger than that.
 *
 * @see net/ipv4/netfilter/nf_defrag_ipv4.c
 */
import {
  NF_ACCEPT,
  NF_INET_LOCAL_OUT,
  NF_INET_PRE_ROUTING,
  NF_IP_PRI_CONNTRACK_DEFRAG,
  NF_STOLEN,
  NFPROTO_IPV4,
  type NfHookFn,
  type NfHookOps,
  nfRegisterNetHooks,
  nfUnregisterNetHooks,
} from '../core/netfilter.js'
import { type Netns, type NetnsSlot, netnsSlot } from '../core/netns.js'
import type { Skb } from '../core/skb.js'
import { IP_DEFRAG_CONNTRACK_BRIDGE_IN, IP_DEFRAG_CONNTRACK_IN, IP_DEFRAG_CONNTRACK_OUT } from '../ip/frag-queue.js'
import { ipv4 } from '../ip/ipv4.js'

import { ipv4IsFragment, putIpv4Csum } from '../wire/ipv4.js'
import { nfCtGet, nfCtIsUntracked } from './conntrack/nf-conn.js'
import { ctinfo2dir, IP_CT_DIR_ORIGINAL } from './conntrack/nf-conntrack-common.js'

/** Fragments of different zones are not put together (nf_ct_defrag_user). */
const defragUser = (skb: Skb, hooknum: number): number => {
  const ct = nfCtGet(skb)
  const isOriginal = ctinfo2dir(skb.nfctinfo) === IP_CT_DIR_ORIGINAL
  const zone = ct === null ? 0 : isOriginal ? ct.origZone : ct.replZone
  if (hooknum !== NF_INET_PRE_ROUTING) return IP_DEFRAG_CONNTRACK_OUT + zone
  return (skb.nfBridge === null ? IP_DEFRAG_CONNTRACK_IN : IP_DEFRAG_CONNTRACK_BRIDGE_IN) + zone
}

const ipv4ConntrackDefrag: NfHookFn = (skb, state) => {
  if (!ipv4IsFragment(skb.buf, skb.networkHeader) || nfCtIsUntracked(skb)) return NF_ACCEPT
  skb.sk = null
  if (!ipv4(skb.netns).frags.defrag(skb, defragUser(skb, state.hook))) return NF_STOLEN
  putIpv4Csum(skb.buf, skb.networkHeader)
  skb.ignoreDf = true
  return NF_ACCEPT
}

const ops = (hooknum: number): NfHookOps => ({
  hook: ipv4ConntrackDefrag,
  priv: null,
  pf: NFPROTO_IPV4,
  hooknum,
  priority: NF_IP_PRI_CONNTRACK_DEFRAG,
  // Fragments are no flows.
  tellsFlows: true,
})

const OPS: readonly NfHookOps[] = [ops(NF_INET_PRE_ROUTING), ops(NF_INET_LOCAL_OUT)]

/** How many users there are. */
class DefragUsers {
  users = 0
}

const DEFRAG: NetnsSlot<DefragUsers> = netnsSlot('nf_defrag_ipv4', () => new DefragUsers())

/** One more user needs whole datagrams; the first one switches it on (nf_defrag_ipv4_enable). */
export const nfDefragIpv4Enable = (netns: Netns): void => {
  if (netns.slot(DEFRAG).users++ === 0) nfRegisterNetHooks(netns, OPS)
}

/** A user is gone; with the last one it is switched off (nf_defrag_ipv4_disable). */
export const nfDefragIpv4Disable = (netns: Netns): void => {
  const state = netns.slot(DEFRAG)
  if (state.users > 0 && --state.users === 0) nfUnregisterNetHooks(netns, OPS)
}
