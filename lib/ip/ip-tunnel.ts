/**
 * What tunnels over IPv4 have in common: the outer header, what it takes from the packet inside and gives back to it, and
 * packets that do not fit.
 *
 * @see net/ipv4/ip_tunnel_core.c, include/net/ip_tunnels.h, include/net/inet_ecn.h, RFC 6040
 */
import type { Dst } from '../core/dst.js'
import { skbGsoValidateNetworkLen } from '../core/gso.js'
import type { NetDevice } from '../core/netdev.js'
import type { Netns } from '../core/netns.js'
import {
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  PACKET_HOST,
  type Skb,
  skbCow,
  skbCowHead,
  skbPush,
  skbScrub,
} from '../core/skb.js'
import { getU16, putU16 } from '../wire/bytes.js'
import { csumFold, csumPartial } from '../wire/checksum.js'
import { ETH_HLEN, ETH_P_IP, ETH_P_IPV6, ethDst, ethSrc, ethType, putEth } from '../wire/ethernet.js'
import { ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, ICMP_HLEN, icmpType, isIcmpError, putIcmp } from '../wire/icmp.js'
import { isBroadcast, isLoopback4, isMulticast4, isZeronet } from '../wire/ip.js'
import {
  IP_DF,
  IPPROTO_ICMP,
  IPV4_HLEN,
  ipv4Daddr,
  ipv4FragOff,
  ipv4Ihl,
  ipv4Proto,
  ipv4Saddr,
  ipv4Tos,
  ipv4Ttl,
  putIpv4,
} from '../wire/ipv4.js'
import { Flow4 } from './fib-table.js'
import { skbClearHashIfNotL4 } from './skb-hash.js'
import { nextIdent } from './ident.js'
import { dstLocalOut } from './local-out.js'
import { rtUpdatePmtu } from './route-exceptions.js'
import { dstMtu } from './route.js'
import type { Sock } from './sock.js'

/** The congestion bits of a type of service. */
export const INET_ECN_MASK = 3
const INET_ECN_ECT_1 = 1
const INET_ECN_ECT_0 = 2
const INET_ECN_CE = 3
/** Longest ICMP error, and the least MTU about which one is made. */
const ICMP_ERROR_MAX = 576

/** Type of service of the packet inside, 0 where it has none (ip_tunnel_get_dsfield); its network header is at `o`. */
export const ipTunnelGetDsfield = (skb: Skb, o: number): number => {
  if (skb.protocol === ETH_P_IP) return ipv4Tos(skb.buf, o)
  return skb.protocol === ETH_P_IPV6 ? (getU16(skb.buf, o) >> 4) & 0xff : 0
}

/** Time to live of the packet inside, 0 where it has none (ip_tunnel_get_ttl). */
export const ipTunnelGetTtl = (skb: Skb, o: number): number => {
  if (skb.protocol === ETH_P_IP) return ipv4Ttl(skb.buf, o)
  return skb.protocol === ETH_P_IPV6 ? skb.buf[o + 7]! : 0
}

/** Type of service of the outer header: `tos` with the congestion bits of the packet inside (ip_tunnel_ecn_encap). */
export const ipTunnelEcnEncap = (tos: number, skb: Skb, o: number): number => {
  const ecn = ipTunnelGetDsfield(skb, o) & INET_ECN_MASK
  return (tos & 0xfc) | (ecn === INET_ECN_CE ? INET_ECN_ECT_0 : ecn)
}

/** Writes the congestion bits of the packet inside, with its header checksum. */
const setEcn = (skb: Skb, o: number, ecn: number): void => {
  skbCow(skb)
  const b = skb.buf
  if (skb.protocol === ETH_P_IPV6) {
    putU16(b, o, (getU16(b, o) & 0xffcf) | (ecn << 4))
    return
  }
  const before = getU16(b, o)
  b[o + 1] = (b[o + 1]! & ~INET_ECN_MASK) | ecn
  const sum = getU16(b, o + 10) + before + (~getU16(b, o) & 0xffff)
  putU16(b, o + 10, (sum & 0xffff) + (sum >>> 16))
}

/**
 * Carries the congestion bits of the outer header (`outer` its type of service) into the packet inside, whose network
 * header is at `o`. False for a packet that must be dropped: congestion that nobody inside would hear of (RFC 6040 4.2).
 */
export const ipEcnDecapsulate = (skb: Skb, outer: number, o: number): boolean => {
  const ecn = outer & INET_ECN_MASK
  if (ecn === 0 || (skb.protocol !== ETH_P_IP && skb.protocol !== ETH_P_IPV6)) return true
  const inner = ipTunnelGetDsfield(skb, o) & INET_ECN_MASK
  if (inner === 0) return ecn !== INET_ECN_CE
  if (ecn === INET_ECN_CE) {
    if (inner !== INET_ECN_CE) setEcn(skb, o, INET_ECN_CE)
  } else if (ecn === INET_ECN_ECT_1 && inner === INET_ECN_ECT_0) setEcn(skb, o, INET_ECN_ECT_1)
  return true
}

/**
 * Writes the outer IPv4 header and sends the packet by its route (iptunnel_xmit), with `netns` as the namespace that the
 * tunnel runs in. Its identification is counted even with DF. Returns what {@link Dst.output} returns.
 */
export const iptunnelXmit = (
  skb: Skb,
  rt: Dst,
  sk: Sock,
  netns: Netns,
  saddr: number,
  daddr: number,
  proto: number,
  tos: number,
  ttl: number,
  df: number,
): number => {
  skbScrub(skb, netns)
  skbClearHashIfNotL4(skb)
  skb.pktType = PACKET_HOST
  skb.sk = sk
  skb.dst = rt
  const at = skbPush(skb, IPV4_HLEN)
  const id = nextIdent(netns, saddr, daddr, proto)
  putIpv4(skb.buf, at, IPV4_HLEN, tos, skb.tail - at, id, df, ttl, proto, saddr, daddr)
  skb.networkHeader = at
  skb.protocol = ETH_P_IP
  return dstLocalOut(skb)
}

/** Is it worth telling the sender of this packet, with its IPv4 header at `o`, that it is too long? */
const deservesIcmp = (skb: Skb, o: number, mtu: number): boolean => {
  const b = skb.buf
  if (mtu < ICMP_ERROR_MAX || ipv4FragOff(b, o) !== IP_DF) return false
  const daddr = ipv4Daddr(b, o)
  const saddr = ipv4Saddr(b, o)
  if (isBroadcast(daddr) || isMulticast4(daddr)) return false
  if (isZeronet(saddr) || isLoopback4(saddr) || isBroadcast(saddr) || isMulticast4(saddr)) return false
  return ipv4Proto(b, o) !== IPPROTO_ICMP || !isIcmpError(icmpType(b, o + ipv4Ihl(b, o)))
}

/** Turns a frame into the ICMP error about it, from the address that it was for (iptunnel_pmtud_build_icmp). */
const buildIcmp = (skb: Skb, dev: NetDevice, mtu: number): void => {
  const quoted = skb.data + ETH_HLEN
  skbCowHead(skb, IPV4_HLEN + ICMP_HLEN + ETH_HLEN)
  const shift = skb.data + ETH_HLEN - quoted
  const from = quoted + shift
  const b = skb.buf
  const mac = skb.data
  const source = ethSrc(b, mac)
  const destination = ethDst(b, mac)
  const type = ethType(b, mac)
  const ttl = ipv4Ttl(b, from)
  const saddr = ipv4Daddr(b, from)
  const daddr = ipv4Saddr(b, from)
  skb.tail = Math.min(skb.tail, from + ICMP_ERROR_MAX - IPV4_HLEN - ICMP_HLEN)
  const icmp = from - ICMP_HLEN
  const len = skb.tail - icmp
  putIcmp(b, icmp, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, mtu)
  putU16(b, icmp + 2, csumFold(csumPartial(b, icmp, len)))
  const ip = icmp - IPV4_HLEN
  putIpv4(b, ip, IPV4_HLEN, 0, len + IPV4_HLEN, 0, IP_DF, ttl, IPPROTO_ICMP, saddr, daddr)
  skb.transportHeader = icmp
  skb.networkHeader = ip
  skb.data = ip - ETH_HLEN
  skb.macHeader = skb.data
  putEth(b, skb.data, source, destination, type)
  skb.ipSummed = CHECKSUM_NONE
  skb.dev = dev
}

/** True when a frame with an Ethernet header at `data` is too long for a tunnel with route `rt`, `headroom` octets of headers included. */
export const isTooLong = (skb: Skb, rt: Dst, headroom: number): boolean =>
  skb.tail - skb.data - ETH_HLEN > dstMtu(rt, false) - headroom &&
  !skbGsoValidateNetworkLen(skb, dstMtu(rt, false) - headroom)

/**
 * A frame that is to go through a tunnel with route `rt` may be too long for it, `headroom` octets of headers included:
 * then its own route learns so, and with `reply` the frame becomes the ICMP error for its sender (skb_tunnel_check_pmtu).
 * True when it did. The frame is at `skb.data`.
 */
export const skbTunnelCheckPmtu = (skb: Skb, dev: NetDevice, rt: Dst, headroom: number, reply: boolean): boolean => {
  const mtu = dstMtu(rt, false) - headroom
  const o = skb.data + ETH_HLEN
  if (skb.tail - o <= mtu || skbGsoValidateNetworkLen(skb, mtu)) return false
  if (skb.dst !== null && skb.protocol === ETH_P_IP) learnPmtu(skb, dev, skb.dst, o, mtu, reply)
  if (!reply || skb.protocol !== ETH_P_IP || !deservesIcmp(skb, o, mtu)) return false
  buildIcmp(skb, dev, mtu)
  return true
}

const learnPmtu = (skb: Skb, dev: NetDevice, dst: Dst, o: number, mtu: number, isPort: boolean): void => {
  const b = skb.buf
  const fl = new Flow4().reset(ipv4Daddr(b, o), ipv4Saddr(b, o), isPort ? 0 : dev.ifindex)
  fl.proto = ipv4Proto(b, o)
  fl.tos = ipv4Tos(b, o)
  rtUpdatePmtu(dev.netns, dst, fl, mtu)
}

/** The checksum of a packet that came out of a tunnel at `inner`: what was verified or left open outside says nothing about it. */
export const iptunnelPullCsum = (skb: Skb, inner: number): void => {
  if (skb.ipSummed !== CHECKSUM_PARTIAL || skb.csumStart < inner) skb.ipSummed = CHECKSUM_NONE
}
