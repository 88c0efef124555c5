/**
 * A new route for a packet of this host whose addresses, TOS or mark a function at LOCAL_OUT has changed.
 *
 * @see net/ipv4/netfilter.c ip_route_me_harder
 */
import type { Skb } from '../core/skb.js'
import { ipv4Daddr, ipv4Saddr, ipv4Tos } from '../wire/ipv4.js'
import { inetAddrType } from './fib-lookup.js'
import { ipv4 } from './ipv4.js'
import { ipRouteOutput, routeError } from './route.js'
import { RTN_LOCAL, RTN_UNICAST, RTN_UNSPEC } from './rtnetlink.js'
import type { Sock } from './sock.js'

/**
 * Routes an outgoing packet again, by the header at `networkHeader` and by its mark; it keeps its source address.
 * `addrType` is the RTN_* type of that address, RTN_UNSPEC where the caller does not know it. Returns 0, or a positive
 * errno, with the old route left in place: the caller then drops the packet with that errno (nfDropErr).
 */
export const ipRouteMeHarder = (skb: Skb, addrType: number = RTN_UNSPEC): number => {
  const { netns, buf: b, networkHeader: ip } = skb
  if (skb.flowRec !== null) skb.flowRec.fail()
  const sk = skb.sk as Sock | null
  const saddr = ipv4Saddr(b, ip)
  const type = addrType === RTN_UNSPEC ? inetAddrType(netns, saddr) : addrType
  const keepsSource = type === RTN_LOCAL || type === RTN_UNICAST
  const oif = sk?.boundDev?.ifindex ?? 0
  const fl = ipv4(netns).fib.flow.reset(ipv4Daddr(b, ip), keepsSource ? saddr : 0, oif)
  fl.anySrc = keepsSource
  fl.tos = ipv4Tos(b, ip)
  fl.mark = skb.mark
  const dst = ipRouteOutput(netns, fl)
  if (dst === null) return routeError(netns)
  skb.dst = dst
  return 0
}
