/**
 * What a vxlan device answers itself: ARP for neighbours that it knows (`proxy`), and the route of a packet for a router
 * whose next hop it knows (`rsc`); and what it tells when it does not know (`l2miss`, `l3miss`).
 *
 * IPv6 neighbour discovery is left out.
 *
 * @see drivers/net/vxlan/vxlan_core.c arp_reduce, route_shortcircuit, vxlan_fdb_miss, vxlan_ip_miss
 */
import { netifRx } from '../../core/dev-rx.js'
import { DROP } from '../../core/drop.js'
import { IFF_NOARP, NET_RX_DROP, NETDEV_TX_OK } from '../../core/netdev.js'
import {
  allocSkb,
  CHECKSUM_UNNECESSARY,
  consumeSkb,
  kfreeSkb,
  type Skb,
  skbCow,
  skbPush,
  skbPut,
} from '../../core/skb.js'
import { ipv4 } from '../../ip/ipv4.js'
import { type Neighbour, NUD_CONNECTED } from '../../ip/neigh.js'
import {
  ARP_HLEN,
  ARPOP_REPLY,
  ARPOP_REQUEST,
  arpHln,
  arpHrd,
  arpOp,
  arpPln,
  arpPro,
  arpSha,
  arpSpa,
  arpTpa,
  putArp,
} from '../../wire/arp.js'
import { ETH_HLEN, ETH_P_ARP, ETH_P_IP, ethDst, ethType, putEth } from '../../wire/ethernet.js'
import { isLoopback4, isMulticast4 } from '../../wire/ip.js'
import { IPV4_HLEN, ipv4Daddr } from '../../wire/ipv4.js'
import { isMulticastAt } from '../../wire/mac.js'
import { vxlanFindMac } from './vxlan-fdb.js'
import { VXLAN_F_L3MISS, type Vxlan } from './vxlan-private.js'

const ARPHRD_ETHER = 1
const ARPHRD_IEEE802 = 6

/** Tells that there is no entry for a MAC, or for an IPv4 address. */
export const vxlanMiss = (vxlan: Vxlan, lladdr: number, ip: number): void => {
  for (const observer of vxlan.dev.netns.world.missObservers) observer(vxlan.dev, lladdr, ip)
}

/** The answer to the request in `skb`, received by the device itself. */
const reply = (vxlan: Vxlan, skb: Skb, o: number, n: Neighbour): void => {
  const { dev } = vxlan
  const b = skb.buf
  const asker = arpSha(b, o)
  const out = allocSkb(dev.netns, ARP_HLEN)
  const at = skbPut(out, ARP_HLEN)
  putArp(out.buf, at, ARPOP_REPLY, n.ha, arpTpa(b, o), asker, arpSpa(b, o))
  putEth(out.buf, skbPush(out, ETH_HLEN), asker, n.ha, ETH_P_ARP)
  out.macHeader = out.data
  out.networkHeader = at
  out.data = at
  out.dev = dev
  out.protocol = ETH_P_ARP
  out.ipSummed = CHECKSUM_UNNECESSARY
  if (netifRx(out) === NET_RX_DROP) dev.stats.rxDropped++
}

const isRequest = (b: Uint8Array, o: number): boolean => {
  const hrd = arpHrd(b, o)
  if (hrd !== ARPHRD_ETHER && hrd !== ARPHRD_IEEE802) return false
  return arpPro(b, o) === ETH_P_IP && arpOp(b, o) === ARPOP_REQUEST && arpHln(b, o) === 6 && arpPln(b, o) === 4
}

/** Answers what it can of an ARP packet at `o`. */
const answer = (vxlan: Vxlan, skb: Skb, o: number): void => {
  const { dev } = vxlan
  const tip = arpTpa(skb.buf, o)
  if (!isRequest(skb.buf, o) || isLoopback4(tip) || isMulticast4(tip)) return
  const n = ipv4(dev.netns).neigh.lookup(dev, tip)
  if (n === null) {
    if (vxlan.cfg.flags & VXLAN_F_L3MISS) vxlanMiss(vxlan, 0, tip)
    return
  }
  if ((n.nudState & NUD_CONNECTED) === 0) return
  const f = vxlanFindMac(vxlan, n.ha)
  if (f !== null) {
    f.used = dev.netns.world.now
    // Nowhere to: a neighbour behind the bridge on this side, which answers itself.
    if (f.remotes[0]!.remoteIp === 0) return
  }
  reply(vxlan, skb, o, n)
}

/** Takes an ARP frame of a device with `proxy`: no ARP goes through its tunnel (arp_reduce). `skb.data` is at the frame. */
export const arpReduce = (vxlan: Vxlan, skb: Skb): number => {
  const { dev } = vxlan
  const o = skb.data + ETH_HLEN
  if ((dev.flags & IFF_NOARP) === 0) {
    if (skb.tail - o < ARP_HLEN) {
      dev.stats.txDropped++
      kfreeSkb(skb, DROP.PKT_TOO_SMALL)
      return NETDEV_TX_OK
    }
    answer(vxlan, skb, o)
  }
  consumeSkb(skb)
  return NETDEV_TX_OK
}

/** Sends a packet for a router to the neighbour that the router would send it to; true when it did (route_shortcircuit). */
export const routeShortcircuit = (vxlan: Vxlan, skb: Skb): boolean => {
  const { dev } = vxlan
  const mac = skb.data
  const o = mac + ETH_HLEN
  const isIpv4 = ethType(skb.buf, mac) === ETH_P_IP && skb.tail - o >= IPV4_HLEN
  if (isMulticastAt(skb.buf, mac) || !isIpv4) return false
  const daddr = ipv4Daddr(skb.buf, o)
  const n = ipv4(dev.netns).neigh.lookup(dev, daddr)
  if (n === null) {
    if (vxlan.cfg.flags & VXLAN_F_L3MISS) vxlanMiss(vxlan, 0, daddr)
    return false
  }
  const router = ethDst(skb.buf, mac)
  if (router === n.ha) return false
  skbCow(skb)
  putEth(skb.buf, mac, n.ha, router, ETH_P_IP)
  return true
}
