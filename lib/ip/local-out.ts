/**
 * The door from transport protocols to the route of a packet of this host.
 *
 * @see net/ipv4/ip_output.c ip_local_out
 */
import type { Dst } from '../core/dst.js'
import { nfHookSlow } from '../core/netfilter.js'
import { type Skb, skbPush } from '../core/skb.js'
import { ETH_P_IP } from '../wire/ethernet.js'
import { IPV4_HLEN, putIpv4 } from '../wire/ipv4.js'
import { ipSelectIdent } from './ident.js'
import { ipv4 } from './ipv4.js'
import type { Sock } from './sock.js'

/**
 * Writes the IPv4 header in front of the payload of a packet of this host and sends it by its route (ip_local_out).
 * Returns 0, a NET_XMIT code or a negative errno. Options of `skb.ipOptLen` octets stand in front of the payload already.
 */
export const ipLocalOut = (
  skb: Skb,
  sk: Sock | null,
  tos: number,
  df: number,
  ttl: number,
  proto: number,
  saddr: number,
  daddr: number,
): number => {
  ipPutHeader(skb, sk, tos, df, ttl, proto, saddr, daddr)
  return dstLocalOut(skb)
}

/** Writes the IPv4 header of {@link ipLocalOut}. */
export const ipPutHeader = (
  skb: Skb,
  sk: Sock | null,
  tos: number,
  df: number,
  ttl: number,
  proto: number,
  saddr: number,
  daddr: number,
): void => {
  const at = skbPush(skb, IPV4_HLEN)
  const len = skb.tail - at
  const id = ipSelectIdent(skb, sk, df, saddr, daddr, proto)
  putIpv4(skb.buf, at, IPV4_HLEN + skb.ipOptLen, tos, len, id, df, ttl, proto, saddr, daddr)
  skb.networkHeader = at
  skb.protocol = ETH_P_IP
}

const dstOutput = (skb: Skb): number => skb.dst!.output(skb)

/**
 * Sends a finished packet of this host, its header at `data`, by its route, past the hook LOCAL_OUT (__ip_local_out and
 * dst_output); what changes addresses or mark there routes it again (ipRouteMeHarder).
 */
export const dstLocalOut = (skb: Skb): number => {
  const hooks = skb.netns.nf.localOut
  if (hooks !== null) {
    const rc = nfHookSlow(skb, hooks, null, skb.dst!.dev, dstOutput)
    if (rc !== 1) return rc
  }
  return skb.dst!.output(skb)
}

/** TTL of packets of this host by a route, for a socket that did not set one (ip4_dst_hoplimit). */
export const dstHoplimit = (dst: Dst): number =>
  dst.hoplimit !== 0 ? dst.hoplimit : ipv4(dst.dev.netns).sysctls.ipDefaultTtl
