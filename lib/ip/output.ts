/**
 * IPv4 output: from a routed packet to the neighbour on the outgoing device, with fragmentation where it is too long.
 *
 * @see net/ipv4/ip_output.c
 */
import { NETDEV_TX_OK } from '../core/netdev.js'
import { netifRx } from '../core/dev-rx.js'
import { DROP } from '../core/drop.js'
import { nfHookSlow } from '../core/netfilter.js'
import type { Dst } from '../core/dst.js'
import { skbGsoSegments, skbGsoValidateNetworkLen } from '../core/gso.js'
import { CHECKSUM_NONE, CHECKSUM_UNNECESSARY, kfreeSkb, PACKET_LOOPBACK, type Skb, skbClone } from '../core/skb.js'
import { errnoNumber } from '../errors.js'
import { ETH_P_IP } from '../wire/ethernet.js'
import { ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED } from '../wire/icmp.js'
import { IP_DF, ipv4Daddr, ipv4FragOff, ipv4Ttl } from '../wire/ipv4.js'
import { ipDoFragment } from './fragment.js'
import { icmpSend } from './icmp-send.js'
import { ipv4 } from './ipv4.js'
import { type Neighbour, neighOutput } from './neigh.js'
import { IPSKB_FORWARDED, IPSKB_REROUTED } from './path.js'
import { dstMtu } from './route.js'
import { RTCF_BROADCAST, RTCF_LOCAL, RTCF_MULTICAST } from './rtnetlink.js'
import type { Sock } from './sock.js'

const EINVAL = errnoNumber('EINVAL')
const EMSGSIZE = errnoNumber('EMSGSIZE')

/** Output of a routed packet (ip_output). */
export const ipOutput = (skb: Skb): number => {
  const dst = skb.dst!
  const inDev = skb.dev
  skb.dev = dst.dev
  skb.protocol = ETH_P_IP
  const hooks = skb.netns.nf.postRouting
  if (hooks !== null && !(skb.ipFlags & IPSKB_REROUTED)) {
    const rc = nfHookSlow(skb, hooks, inDev, dst.dev, ipFinishOutput)
    if (rc !== 1) return rc
  }
  return ipFinishOutput(skb)
}

/** MTU that a packet must keep to: its socket may insist on the device's (ip_skb_dst_mtu). */
const skbMtu = (skb: Skb, dst: Dst): number => {
  const sk = skb.sk as Sock | null
  if (sk !== null && !sk.usesPmtu) return dst.dev.mtu
  return dstMtu(dst, (skb.ipFlags & IPSKB_FORWARDED) !== 0)
}

/** What follows the hook POST_ROUTING (ip_finish_output). */
export const ipFinishOutput = (skb: Skb): number => {
  const dst = skb.dst!
  const mtu = skbMtu(skb, dst)
  if (skb.tail - skb.data > mtu || skb.fragMaxSize !== 0) return ipFragment(skb, dst, mtu)
  return ipFinishOutput2(skb)
}

const ipFragment = (skb: Skb, dst: Dst, mtu: number): number => {
  if (skb.gsoSize !== 0) return ipFinishOutputGso(skb, dst, mtu)
  const isDf = (ipv4FragOff(skb.buf, skb.data) & IP_DF) !== 0
  const limit = skb.fragMaxSize !== 0 ? Math.min(mtu, skb.fragMaxSize) : mtu
  if (skb.tail - skb.data <= limit) return ipFinishOutput2(skb)
  if (isDf && (!skb.ignoreDf || skb.fragMaxSize > mtu)) return tooBig(skb, mtu)
  // What was put together where its largest fragment is not known any more leaves as it came.
  const isWhole = skb.fragMaxSize === 0 && skb.fragListSize !== 0 && skb.fragListSize <= limit
  return ipDoFragment(skb, dst, isWhole ? skb.fragListSize : limit, ipFinishOutput2)
}

const tooBig = (skb: Skb, mtu: number): number => {
  icmpSend(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, mtu)
  kfreeSkb(skb, DROP.PKT_TOO_BIG)
  return -EMSGSIZE
}

/**
 * A packet of many segments: whole when each of them fits, else each by itself (ip_finish_output_gso). A short last
 * segment that must not be cut goes the way of the others.
 */
const ipFinishOutputGso = (skb: Skb, dst: Dst, mtu: number): number => {
  if (skbGsoValidateNetworkLen(skb, mtu)) return ipFinishOutput2(skb)
  const isDf = (ipv4FragOff(skb.buf, skb.data) & IP_DF) !== 0
  let rc = 0
  for (const segment of skbGsoSegments(skb)) {
    const err = isDf && !segment.ignoreDf ? tooBig(segment, mtu) : ipFragment(segment, dst, mtu)
    if (err !== 0 && rc === 0) rc = err
  }
  return rc
}

/** Hands a packet that fits to its next hop (ip_finish_output2). */
export const ipFinishOutput2 = (skb: Skb): number => {
  const dst = skb.dst!
  const nexthop = dst.gateway !== 0 ? dst.gateway : ipv4Daddr(skb.buf, skb.data)
  const neigh = dst.neigh as Neighbour | null
  if (neigh === null || neigh.dead || (neigh.primaryKey !== nexthop && neigh.primaryKey !== 0))
    return outputToNew(skb, dst, nexthop)
  const sk = skb.sk as Sock | null
  if (sk?.dstPendingConfirm) sockConfirmNeigh(sk, neigh)
  return neighOutput(neigh, skb)
}

/** What a socket heard from its peer proves that the next hop works (sock_confirm_neigh). */
const sockConfirmNeigh = (sk: Sock, neigh: Neighbour): void => {
  neigh.confirmed = neigh.now
  sk.dstPendingConfirm = false
}

const outputToNew = (skb: Skb, dst: Dst, nexthop: number): number => {
  const neigh = ipv4(dst.dev.netns).neigh.create(dst.dev, nexthop)
  if (neigh === null) {
    kfreeSkb(skb, DROP.NEIGH_CREATEFAIL)
    return -EINVAL
  }
  dst.neigh = neigh
  return neighOutput(neigh, skb)
}

/** Gives this host its own copy of what it sends to a group, which passes POST_ROUTING as well. */
const loopBack = (skb: Skb): void => {
  const copy = skbClone(skb)
  const hooks = copy.netns.nf.postRouting
  if (hooks !== null && nfHookSlow(copy, hooks, null, copy.dev, loopBackXmit) !== 1) return
  loopBackXmit(copy)
}

/** A packet for the device's own host (dev_loopback_xmit). */
const loopBackXmit = (copy: Skb): number => {
  copy.macHeader = copy.data
  copy.pktType = PACKET_LOOPBACK
  if (copy.ipSummed === CHECKSUM_NONE) copy.ipSummed = CHECKSUM_UNNECESSARY
  const { sim } = copy.netns.world
  sim.bhDisable()
  netifRx(copy)
  sim.bhEnable()
  return 0
}

/** Output of what this host receives as well: multicast that it has joined, and broadcast (ip_mc_output). */
export const ipMcOutput = (skb: Skb): number => {
  const dst = skb.dst!
  const sk = skb.sk as Sock | null
  skb.dev = dst.dev
  skb.protocol = ETH_P_IP
  if (dst.flags & RTCF_MULTICAST) {
    const loops = sk === null || sk.mcastLoop
    if (loops && (dst.flags & RTCF_LOCAL || !(skb.ipFlags & IPSKB_FORWARDED))) loopBack(skb)
    if (ipv4Ttl(skb.buf, skb.data) === 0) {
      kfreeSkb(skb, DROP.TTL_EXPIRED)
      return 0
    }
  }
  if (dst.flags & RTCF_BROADCAST) loopBack(skb)
  const hooks = skb.netns.nf.postRouting
  if (hooks !== null && !(skb.ipFlags & IPSKB_REROUTED)) {
    const rc = nfHookSlow(skb, hooks, null, dst.dev, ipFinishOutput)
    if (rc !== 1) return rc
  }
  return ipFinishOutput(skb)
}

/** A packet that no route will output came to be output (ip_rt_bug): dropped. */
export const ipRtBug = (skb: Skb): number => {
  kfreeSkb(skb, DROP.NOT_SPECIFIED)
  return NETDEV_TX_OK
}
