/**
 * Source routes: a host that is named by one hands the packet on to the next stop, where accept_source_route lets it.
 *
 * @see net/ipv4/ip_options.c ip_options_rcv_srr, ip_forward_options; RFC 791, RFC 1812 5.2.4.1
 */
import { PACKET_HOST, type Skb, skbCow } from '../core/skb.js'
import { getU32, putU32 } from '../wire/bytes.js'
import { ICMP_PARAMETERPROB } from '../wire/icmp.js'
import { ipv4Saddr, putIpv4Csum, putIpv4Daddr } from '../wire/ipv4.js'
import { IPOPT_LSRR, IPOPT_SSRR } from '../wire/ipv4-options.js'
import { ACCEPT_SOURCE_ROUTE, andConf } from './devconf.js'
import { icmpSend } from './icmp-send.js'
import { inDevOf } from './in-device.js'
import { ipv4 } from './ipv4.js'
import { findOption, putTsAddress, wantsTsAddress } from './options.js'
import { IPSKB_SRR_HIT, IPSKB_SRR_STRICT } from './path.js'
import { ipRouteInput } from './route.js'
import { RTN_LOCAL, RTN_UNICAST } from './rtnetlink.js'

/** Offset of the destination in an IPv4 header. */
const DADDR = 16

const sourceRoute = (skb: Skb): number => findOption(skb, skb.ipFlags & IPSKB_SRR_STRICT ? IPOPT_SSRR : IPOPT_LSRR)

/**
 * Finds the next stop of a received packet with a source route and routes the packet there (ip_options_rcv_srr); false
 * when it is to be dropped. Stops that are addresses of this host are passed at once.
 */
export const receiveSourceRoute = (skb: Skb): boolean => {
  const inDev = inDevOf(skb.dev!)
  if (inDev !== null && !andConf(ipv4(skb.netns).confAll, inDev.conf, ACCEPT_SOURCE_ROUTE)) return false
  const rt = skb.dst!
  if (skb.pktType !== PACKET_HOST) return false
  if (rt.type === RTN_UNICAST) {
    // It is for others: only a strict route forbids that.
    if (!(skb.ipFlags & IPSKB_SRR_STRICT)) return true
    icmpSend(skb, ICMP_PARAMETERPROB, 0, DADDR << 24)
    return false
  }
  return rt.type === RTN_LOCAL && routeToNextStop(skb)
}

const routeType = (skb: Skb): number => skb.dst!.type

const routeToNextStop = (skb: Skb): boolean => {
  const { networkHeader: ip } = skb
  const srr = sourceRoute(skb)
  const len = skb.buf[srr + 1]!
  const saddr = ipv4Saddr(skb.buf, ip)
  for (let at = skb.buf[srr + 2]!; at <= len; at += 4) {
    if (at + 3 > len) {
      icmpSend(skb, ICMP_PARAMETERPROB, 0, (srr - ip + 2) << 24)
      return false
    }
    const nexthop = getU32(skb.buf, srr + at - 1)
    skb.dst = null
    if (ipRouteInput(skb, nexthop, saddr, skb.dev!) !== 0) return false
    const type = routeType(skb)
    if (type !== RTN_UNICAST && type !== RTN_LOCAL) return false
    if (type === RTN_UNICAST) {
      skb.ipFlags |= IPSKB_SRR_HIT
      ipv4(skb.netns).srrNexthop = nexthop
      return true
    }
    skbCow(skb)
    putU32(skb.buf, ip + DADDR, nexthop)
  }
  return true
}

/**
 * Sends a packet on to the next stop of its source route, and records this host's address in its place
 * (ip_forward_options). `getSource` says which; time stamps get the same one. The packet is still the one that
 * {@link receiveSourceRoute} has seen last.
 */
export const forwardSourceRoute = (skb: Skb, getSource: (skb: Skb) => number): void => {
  const { buf: b, networkHeader: ip } = skb
  const { srrNexthop } = ipv4(skb.netns)
  const srr = sourceRoute(skb)
  let at = b[srr + 2]!
  // Stops that are this host's own stay as they are.
  while (at + 3 <= b[srr + 1]! && getU32(b, srr + at - 1) !== srrNexthop) at += 4
  if (at + 3 > b[srr + 1]!) return
  putIpv4Daddr(b, ip, srrNexthop)
  const source = getSource(skb)
  putU32(b, srr + at - 1, source)
  b[srr + 2] = at + 4
  if (wantsTsAddress(skb)) putTsAddress(skb, source)
  putIpv4Csum(b, ip)
}
