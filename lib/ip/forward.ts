/**
 * Forwarding: TTL, MTU, redirects.
 *
 * @see net/ipv4/ip_forward.c
 */
import { DROP } from '../core/drop.js'
import { skbGsoValidateNetworkLen } from '../core/gso.js'
import { NET_RX_DROP } from '../core/netdev.js'
import { nfHookSlow } from '../core/netfilter.js'
import { kfreeSkb, PACKET_HOST, type Skb, skbCow } from '../core/skb.js'
import { ICMP_DEST_UNREACH, ICMP_EXC_TTL, ICMP_FRAG_NEEDED, ICMP_SR_FAILED, ICMP_TIME_EXCEEDED } from '../wire/icmp.js'
import { IP_DF, ipv4DecTtl, ipv4FragOff, ipv4Tos, ipv4Ttl } from '../wire/ipv4.js'
import { flowForward } from './flow.js'
import { icmpSend } from './icmp-send.js'
import { ipv4 } from './ipv4.js'
import { forwardOptions } from './options.js'
import { ipOutput } from './output.js'
import { forwardSourceRoute } from './options-srr.js'
import { IPSKB_DOREDIRECT, IPSKB_FORWARDED, IPSKB_SRR_HIT, IPSKB_SRR_STRICT } from './path.js'
import { tosToPriority } from './priority.js'
import { dstMtu } from './route.js'
import { ipRtGetSource, ipRtSendRedirect } from './route-exceptions.js'

const exceedsMtu = (skb: Skb, mtu: number): boolean => {
  if (!(ipv4FragOff(skb.buf, skb.data) & IP_DF)) return false
  if (skb.fragMaxSize > mtu) return true
  return !skb.ignoreDf && !skbGsoValidateNetworkLen(skb, mtu)
}

const optionsForward = (skb: Skb): void => {
  if (skb.ipOptLen !== 0) forwardOptions(skb, ipRtGetSource(skb))
  if (skb.ipFlags & IPSKB_SRR_HIT) forwardSourceRoute(skb, ipRtGetSource)
}

const refuse = (skb: Skb, type: number, code: number, info: number, reason: number): number => {
  icmpSend(skb, type, code, info)
  kfreeSkb(skb, reason)
  return NET_RX_DROP
}

/** Sends a packet of others on its way (ip_forward). `skb.data` is at the IPv4 header. */
export const ipForward = (skb: Skb): number => {
  const dst = skb.dst!
  if (skb.pktType !== PACKET_HOST) {
    kfreeSkb(skb, DROP.OTHERHOST)
    return NET_RX_DROP
  }
  if (ipv4Ttl(skb.buf, skb.data) <= 1) return refuse(skb, ICMP_TIME_EXCEEDED, ICMP_EXC_TTL, 0, DROP.TTL_EXPIRED)
  if (skb.ipFlags & IPSKB_SRR_STRICT && dst.gateway !== 0)
    return refuse(skb, ICMP_DEST_UNREACH, ICMP_SR_FAILED, 0, DROP.IP_INHDR)
  skb.ipFlags |= IPSKB_FORWARDED
  const mtu = dstMtu(dst, true)
  if (skb.tail - skb.data > mtu && exceedsMtu(skb, mtu))
    return refuse(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, mtu, DROP.PKT_TOO_BIG)
  if (skb.flowRec !== null) flowForward(skb.flowRec, skb, mtu)
  skbCow(skb)
  skb.fclone = null
  ipv4DecTtl(skb.buf, skb.data)
  if (skb.ipFlags & IPSKB_DOREDIRECT) ipRtSendRedirect(skb)
  if (ipv4(skb.netns).sysctls.ipForwardUpdatePriority !== 0) skb.priority = tosToPriority(ipv4Tos(skb.buf, skb.data))
  const hooks = skb.netns.nf.forward
  if (hooks !== null) {
    const rc = nfHookSlow(skb, hooks, skb.dev, dst.dev, ipForwardFinish)
    if (rc !== 1) return rc
  }
  return ipForwardFinish(skb)
}

/** What follows the hook FORWARD (ip_forward_finish). */
const ipForwardFinish = (skb: Skb): number => {
  if (skb.ipFlags & IPSKB_SRR_HIT || skb.ipOptLen !== 0) optionsForward(skb)
  const { output } = skb.dst!
  return output === ipOutput ? ipOutput(skb) : output(skb)
}
