/**
 * Switches connection tracking on and off: it stands at the hooks of a namespace while somebody uses it.
 *
 * Entries stay when the last user goes; nothing refreshes them any more, and they expire.
 *
 * @see net/netfilter/nf_conntrack_proto.c
 */
import {
  NF_ACCEPT,
  NF_INET_LOCAL_IN,
  NF_INET_LOCAL_OUT,
  NF_INET_POST_ROUTING,
  NF_INET_PRE_ROUTING,
  NF_IP_PRI_CONNTRACK,
  NF_IP_PRI_CONNTRACK_CONFIRM,
  NFPROTO_IPV4,
  type NfHookFn,
  type NfHookOps,
  nfRegisterNetHooks,
  nfUnregisterNetHooks,
} from '../../core/netfilter.js'
import type { Netns } from '../../core/netns.js'
import { ipv4IsFragment } from '../../wire/ipv4.js'
import { nfDefragIpv4Disable, nfDefragIpv4Enable } from '../nf-defrag-ipv4.js'
import { nfCtGet, nfCtIsTemplate, nfCtSet } from './nf-conn.js'
import { IP_CT_DIR_REPLY } from './nf-conntrack-common.js'
import { nfConntrackAttach, nfConntrackConfirm, nfConntrackIn } from './nf-conntrack-core.js'
import { flowConntrack } from './nf-conntrack-flow.js'
import { nfConntrack, type NfConntrackNet } from './nf-conntrack-net.js'
import { TCP_CONNTRACK_ESTABLISHED } from './nf-conntrack-tcp-state.js'

const ipv4ConntrackIn: NfHookFn = (skb, state, priv) => {
  const verdict = nfConntrackIn(skb, state, priv as NfConntrackNet)
  if (skb.flowRec !== null) flowConntrack(skb.flowRec, skb, state)
  return verdict
}

const ipv4ConntrackLocal: NfHookFn = (skb, state, priv) => {
  if (!ipv4IsFragment(skb.buf, skb.networkHeader)) return ipv4ConntrackIn(skb, state, priv)
  const ct = nfCtGet(skb)
  if (ct !== null && nfCtIsTemplate(ct)) nfCtSet(skb, null, 0)
  return NF_ACCEPT
}

const nfConfirm: NfHookFn = skb => (skb.nfct === null ? NF_ACCEPT : nfConntrackConfirm(skb))

const hookOps = (priv: NfConntrackNet): readonly NfHookOps[] => {
  const ops = (hook: NfHookFn, hooknum: number, priority: number): NfHookOps => ({
    hook,
    priv,
    pf: NFPROTO_IPV4,
    hooknum,
    priority,
    tellsFlows: true,
  })
  return [
    ops(ipv4ConntrackIn, NF_INET_PRE_ROUTING, NF_IP_PRI_CONNTRACK),
    ops(ipv4ConntrackLocal, NF_INET_LOCAL_OUT, NF_IP_PRI_CONNTRACK),
    ops(nfConfirm, NF_INET_POST_ROUTING, NF_IP_PRI_CONNTRACK_CONFIRM),
    ops(nfConfirm, NF_INET_LOCAL_IN, NF_IP_PRI_CONNTRACK_CONFIRM),
  ]
}

/** What was seen of established connections is out of date: the next segments say where they are (nf_ct_tcp_fixup). */
const fixupTcp = (cnet: NfConntrackNet): void => {
  for (const ct of cnet.table.list(IP_CT_DIR_REPLY))
    if (ct.tcp !== null && ct.tcp.state === TCP_CONNTRACK_ESTABLISHED) ct.tcp.origMaxwin = ct.tcp.replMaxwin = 0
}

/** One more rule, or other thing, of the namespace needs connections; the first one switches tracking on (nf_ct_netns_get). */
export const nfCtNetnsGet = (netns: Netns): void => {
  const cnet = nfConntrack(netns)
  if (++cnet.users > 1) return
  nfDefragIpv4Enable(netns)
  cnet.hookOps = hookOps(cnet)
  nfRegisterNetHooks(netns, cnet.hookOps)
  netns.nf.ctHook = CT_HOOK
  fixupTcp(cnet)
}

const CT_HOOK = Object.freeze({ attach: nfConntrackAttach })

/** One of those that needed connections is gone; the last one switches tracking off (nf_ct_netns_put). */
export const nfCtNetnsPut = (netns: Netns): void => {
  const cnet = nfConntrack(netns)
  if (cnet.users === 0 || --cnet.users > 0) return
  nfUnregisterNetHooks(netns, cnet.hookOps)
  cnet.hookOps = []
  nfDefragIpv4Disable(netns)
}
