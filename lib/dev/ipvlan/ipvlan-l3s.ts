/**
 * Mode l3s: packets for ipvlans pass through IPv4's input of the master's namespace, and change over to the ipvlan's where
 * they are handed to a protocol.
 *
 * The kernel does this with the master as a layer 3 master device and a netfilter hook at the end of local input.
 *
 * @see drivers/net/ipvlan/ipvlan_l3s.c
 */
import type { L3mdevOps } from '../../core/netdev.js'
import { type Skb, skbSetNetns } from '../../core/skb.js'
import { ipRouteInput } from '../../ip/route.js'
import { ETH_HLEN } from '../../wire/ethernet.js'
import { ipv4Daddr, ipv4Saddr } from '../../wire/ipv4.js'
import { ipvlanAddrLookup } from './ipvlan-core.js'
import { type Ipvlan, ipvlanCountRx, ipvlanPortOf } from './ipvlan-private.js'

const skbToIpvlan = (skb: Skb): Ipvlan | null => {
  const port = ipvlanPortOf(skb.dev!)
  return port === null ? null : ipvlanAddrLookup(port, skb, skb.networkHeader, true)
}

/** Routes a packet for an ipvlan as if that one had received it (ipvlan_l3_rcv). */
const l3Rcv = (skb: Skb): void => {
  const ipvlan = skbToIpvlan(skb)
  if (ipvlan === null) return
  const { dev } = skb
  const o = skb.networkHeader
  // The look-up remembers its results by the device that the packet seems to have come in by.
  skb.dev = ipvlan.dev
  ipRouteInput(skb, ipv4Daddr(skb.buf, o), ipv4Saddr(skb.buf, o), ipvlan.dev)
  skb.dev = dev
}

/** The packet is the ipvlan's from here on (ipvlan_nf_input). */
const localIn = (skb: Skb): void => {
  const ipvlan = skbToIpvlan(skb)
  if (ipvlan === null) return
  const { dev } = ipvlan
  ipvlanCountRx(ipvlan, skb.tail - skb.networkHeader + ETH_HLEN, true, false)
  skb.dev = dev
  skb.skbIif = dev.ifindex
  skbSetNetns(skb, dev.netns)
}

/** What a master in mode l3s does at IPv4's input. */
export const IPVLAN_L3MDEV_OPS: L3mdevOps = { l3Rcv, localIn }
