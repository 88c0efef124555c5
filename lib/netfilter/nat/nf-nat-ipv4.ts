/**
 * NAT at IPv4's hooks.
 *
 * @see net/netfilter/nf_nat_proto.c nf_nat_ipv4_ops
 */
import {
  NF_ACCEPT,
  NF_DROP,
  NF_INET_LOCAL_IN,
  NF_INET_LOCAL_OUT,
  NF_INET_POST_ROUTING,
  NF_INET_PRE_ROUTING,
  NF_IP_PRI_NAT_DST,
  NF_IP_PRI_NAT_SRC,
  NFPROTO_IPV4,
  type NfHookFn,
  type NfHookOps,
  nfDropErr,
} from '../../core/netfilter.js'
import { ipRouteMeHarder } from '../../ip/route-me-harder.js'
import { IPPROTO_ICMP, ipv4Daddr, ipv4Proto, ipv4Saddr } from '../../wire/ipv4.js'
import type { XtTable } from '../ip-tables.js'
import { nfCtGet } from '../conntrack/nf-conn.js'
import { ctinfo2dir, IP_CT_DIR_ORIGINAL, IP_CT_RELATED, IP_CT_RELATED_REPLY } from '../conntrack/nf-conntrack-common.js'
import { iptHook } from '../xt-hook-ops.js'
import { hook2manip, nfNatInetFn } from './nf-nat-core.js'
import { nfNatIcmpReplyTranslation } from './nf-nat-proto.js'

const natFn: NfHookFn = (skb, state, priv) => {
  const ct = nfCtGet(skb)
  if (ct === null) return NF_ACCEPT
  const { nfctinfo } = skb
  const isError = nfctinfo === IP_CT_RELATED || nfctinfo === IP_CT_RELATED_REPLY
  if (isError && ipv4Proto(skb.buf, skb.networkHeader) === IPPROTO_ICMP)
    return nfNatIcmpReplyTranslation(skb, ct, state, hook2manip(state.hook)) ? NF_ACCEPT : NF_DROP
  return nfNatInetFn(skb, state, iptHook, priv)
}

const natPreRouting: NfHookFn = (skb, state, priv) => {
  const daddr = ipv4Daddr(skb.buf, skb.networkHeader)
  const verdict = natFn(skb, state, priv)
  if (verdict === NF_ACCEPT && ipv4Daddr(skb.buf, skb.networkHeader) !== daddr) skb.dst = null
  return verdict
}

const natLocalIn: NfHookFn = (skb, state, priv) => {
  const saddr = ipv4Saddr(skb.buf, skb.networkHeader)
  const verdict = natFn(skb, state, priv)
  // A socket that early demultiplexing found belongs to the source as it was.
  if (verdict === NF_ACCEPT && ipv4Saddr(skb.buf, skb.networkHeader) !== saddr) skb.sk = null
  return verdict
}

const natLocalOut: NfHookFn = (skb, state, priv) => {
  const verdict = natFn(skb, state, priv)
  if (verdict !== NF_ACCEPT) return verdict
  const ct = nfCtGet(skb)
  if (ct === null) return verdict
  const isOriginal = ctinfo2dir(skb.nfctinfo) === IP_CT_DIR_ORIGINAL
  // Where its destination is translated, another way leads there.
  const isSame = isOriginal ? ct.origDst === ct.replSrc : ct.replDst === ct.origSrc
  if (isSame) return verdict
  const errno = ipRouteMeHarder(skb)
  return errno === 0 ? verdict : nfDropErr(errno)
}

/** What NAT registers for a table of rules (nf_nat_ipv4_ops). */
export const nfNatIpv4Ops = (table: XtTable): readonly NfHookOps[] => {
  const ops = (hook: NfHookFn, hooknum: number, priority: number): NfHookOps => ({
    hook,
    priv: table,
    pf: NFPROTO_IPV4,
    hooknum,
    priority,
    tellsFlows: true,
  })
  return [
    ops(natPreRouting, NF_INET_PRE_ROUTING, NF_IP_PRI_NAT_DST),
    ops(natFn, NF_INET_POST_ROUTING, NF_IP_PRI_NAT_SRC),
    ops(natLocalOut, NF_INET_LOCAL_OUT, NF_IP_PRI_NAT_DST),
    ops(natLocalIn, NF_INET_LOCAL_IN, NF_IP_PRI_NAT_SRC),
  ]
}
