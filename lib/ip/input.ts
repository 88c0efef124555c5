/**
 * IPv4 input: checks, route, and delivery to the protocols of this host.
 *
 * @see net/ipv4/ip_input.c
 */
import { DROP } from '../core/drop.js'
import { NET_RX_DROP, NET_RX_SUCCESS } from '../core/netdev.js'
import {
  consumeSkb,
  kfreeSkb,
  PACKET_BROADCAST,
  PACKET_MULTICAST,
  PACKET_OTHERHOST,
  type Skb,
  skbOrphan,
} from '../core/skb.js'
import { nfHookSlow } from '../core/netfilter.js'
import { ipSabotageIn } from '../core/nf-bridge-info.js'
import { errnoNumber } from '../errors.js'
import {
  ICMP_DEST_UNREACH,
  ICMP_HOST_UNREACH,
  ICMP_NET_UNREACH,
  ICMP_PARAMETERPROB,
  ICMP_PKT_FILTERED,
  ICMP_PROT_UNREACH,
} from '../wire/icmp.js'
import {
  IPV4_OK,
  IPV4_CSUM,
  IPV4_TOO_SMALL,
  ipv4Daddr,
  ipv4IsFragment,
  ipv4Ihl,
  ipv4Ok,
  ipv4Proto,
  ipv4Saddr,
  ipv4TotLen,
} from '../wire/ipv4.js'
import { DROP_UNICAST_IN_L2_MULTICAST, FORWARDING, orConf } from './devconf.js'
import { ipForward } from './forward.js'
import { IP_DEFRAG_LOCAL_DELIVER } from './frag-queue.js'
import { icmpSend, specDst } from './icmp-send.js'
import { inDevOf } from './in-device.js'
import { ipv4 } from './ipv4.js'
import { receiveOptions } from './options.js'
import { receiveSourceRoute } from './options-srr.js'
import { rawLocalDeliver } from './raw.js'
import { ipRouteInput } from './route.js'
import { RTCF_BROADCAST, RTCF_MULTICAST } from './rtnetlink.js'
import { udpRcv } from './udp.js'

/** The handler of ETH_P_IP (ip_rcv): drops what is not for this host or broken, then finds out what becomes of the rest. */
export const ipRcv = (skb: Skb): number => {
  if (skb.pktType === PACKET_OTHERHOST) {
    skb.dev!.stats.rxOtherhostDropped++
    kfreeSkb(skb, DROP.OTHERHOST)
    return NET_RX_DROP
  }
  const b = skb.buf
  const o = skb.data
  const ok = ipv4Ok(b, o, skb.tail)
  if (ok !== IPV4_OK) return malformed(skb, ok)
  // Ethernet may have padded the frame.
  skb.tail = o + ipv4TotLen(b, o)
  skb.networkHeader = o
  skb.transportHeader = o + ipv4Ihl(b, o)
  // A bridge may have put it together before; what it noted in the control block is not for us.
  skb.fragMaxSize = 0
  if (skb.owner !== null) skbOrphan(skb)
  const hooks = skb.netns.nf.preRouting
  if (hooks !== null && (skb.nfBridge === null || !ipSabotageIn(skb))) {
    const rc = nfHookSlow(skb, hooks, skb.dev, null, ipRcvFinish)
    if (rc !== 1) return rc
  }
  return ipRcvFinish(skb)
}

const malformed = (skb: Skb, ok: number): number => {
  kfreeSkb(skb, ok === IPV4_CSUM ? DROP.IP_CSUM : ok === IPV4_TOO_SMALL ? DROP.PKT_TOO_SMALL : DROP.IP_INHDR)
  return NET_RX_DROP
}

const refused = (skb: Skb, reason: number): number => {
  kfreeSkb(skb, reason)
  return NET_RX_DROP
}

const ipRcvFinish = (skb: Skb): number => {
  const b = skb.buf
  const o = skb.data
  const { l3mdevOps } = skb.dev!
  if (l3mdevOps !== null) l3mdevOps.l3Rcv(skb)
  if (skb.dst === null) {
    const reason = ipRouteInput(skb, ipv4Daddr(b, o), ipv4Saddr(b, o), skb.dev!)
    if (reason !== 0) return refused(skb, reason)
  }
  if ((b[o]! & 15) > 5 && !optionsOk(skb)) return NET_RX_DROP
  const dst = skb.dst!
  if (skb.pktType !== 0 && !(dst.flags & (RTCF_BROADCAST | RTCF_MULTICAST)) && isInL2Multicast(skb))
    return refused(skb, DROP.UNICAST_IN_L2_MULTICAST)
  // The two likely ones by name, as the kernel does (INDIRECT_CALL_INET): a call by pointer is never inlined.
  const { input } = dst
  if (input === ipForward) return ipForward(skb)
  return input === ipLocalDeliver ? ipLocalDeliver(skb) : input(skb)
}

const isInL2Multicast = (skb: Skb): boolean => {
  if (skb.pktType !== PACKET_BROADCAST && skb.pktType !== PACKET_MULTICAST) return false
  const inDev = inDevOf(skb.dev!)
  return inDev !== null && orConf(ipv4(skb.netns).confAll, inDev.conf, DROP_UNICAST_IN_L2_MULTICAST)
}

/** Checks IPv4 options; a wrong one is answered with "parameter problem" and ends the skb. */
const optionsOk = (skb: Skb): boolean => {
  const wrong = receiveOptions(skb, () => specDst(skb))
  if (wrong === -1 || (wrong === -2 && receiveSourceRoute(skb))) return true
  if (wrong > 0) icmpSend(skb, ICMP_PARAMETERPROB, 0, wrong << 24)
  kfreeSkb(skb, wrong > 0 ? DROP.IP_INHDR : DROP.IP_OPTIONS)
  return false
}

/** Delivery to this host (ip_local_deliver): fragments are put together first. */
export const ipLocalDeliver = (skb: Skb): number => {
  if (ipv4IsFragment(skb.buf, skb.networkHeader) && !ipv4(skb.netns).frags.defrag(skb, IP_DEFRAG_LOCAL_DELIVER))
    return NET_RX_SUCCESS
  const hooks = skb.netns.nf.localIn
  if (hooks !== null) {
    const rc = nfHookSlow(skb, hooks, skb.dev, null, ipLocalDeliverFinish)
    if (rc !== 1) return rc
  }
  return ipLocalDeliverFinish(skb)
}

/** What follows the hook LOCAL_IN; that of ipvlan in mode l3s is the last function there. */
const ipLocalDeliverFinish = (skb: Skb): number => {
  const { l3mdevOps } = skb.dev!
  if (l3mdevOps !== null) l3mdevOps.localIn(skb)
  return deliverToProtocol(skb)
}

const deliverToProtocol = (skb: Skb): number => {
  const b = skb.buf
  const ip = skb.networkHeader
  const proto = ipv4Proto(b, ip)
  skb.data = ip + ((b[ip]! & 15) << 2)
  skb.transportHeader = skb.data
  const isRaw = rawLocalDeliver(skb, proto)
  const handler = ipv4(skb.netns).protos[proto]
  if (handler != null) {
    if (handler.rcv === udpRcv) udpRcv(skb)
    else handler.rcv(skb)
    return NET_RX_SUCCESS
  }
  return unknownProtocol(skb, isRaw)
}

const unknownProtocol = (skb: Skb, isRaw: boolean): number => {
  if (isRaw) {
    consumeSkb(skb)
    return NET_RX_SUCCESS
  }
  icmpSend(skb, ICMP_DEST_UNREACH, ICMP_PROT_UNREACH, 0)
  kfreeSkb(skb, DROP.IP_NOPROTO)
  return NET_RX_DROP
}

const EHOSTUNREACH = errnoNumber('EHOSTUNREACH')
const ENETUNREACH = errnoNumber('ENETUNREACH')
const EACCES = errnoNumber('EACCES')

const dropReason = (errno: number, forwards: boolean): number => {
  if (!forwards) return DROP.IP_FORWARDING_OFF
  if (errno === EHOSTUNREACH) return DROP.ROUTE_UNREACHABLE
  if (errno === ENETUNREACH) return DROP.IP_INNOROUTES
  return errno === EACCES ? DROP.ROUTE_PROHIBIT : DROP.ROUTE_BLACKHOLE
}

/** What becomes of a packet without a route (ip_error): the sender is told, at a limited rate. */
export const ipError = (skb: Skb): number => {
  const errno = skb.dst!.error
  const inDev = inDevOf(skb.dev!)
  const forwards = inDev !== null && inDev.conf.data[FORWARDING] !== 0
  const { icmp } = ipv4(skb.netns)
  if (forwards && (errno === EHOSTUNREACH || errno === ENETUNREACH || errno === EACCES)) {
    const code =
      errno === EHOSTUNREACH ? ICMP_HOST_UNREACH : errno === ENETUNREACH ? ICMP_NET_UNREACH : ICMP_PKT_FILTERED
    if (icmp.routeErrorAllow(ipv4Saddr(skb.buf, skb.networkHeader))) icmpSend(skb, ICMP_DEST_UNREACH, code, 0)
  }
  kfreeSkb(skb, dropReason(errno, forwards))
  return 0
}
