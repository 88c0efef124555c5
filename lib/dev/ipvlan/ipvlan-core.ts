/**
 * Packets on their way to and from ipvlans: found by their IPv4 addresses, since all share the master's MAC.
 *
 * In mode `l2` an ipvlan answers ARP and sends frames by the master; group frames wait for a work queue on both ways. In
 * the modes `l3` and `l3s` it has no ARP, hears no groups, and what it sends is routed by the master's namespace. Left out:
 * IPv6. Not recorded: the reference kernel has no ipvlan; this follows its source.
 *
 * @see drivers/net/ipvlan/ipvlan_core.c
 */
import { devForwardSkb, netifRx } from '../../core/dev-rx.js'
import { devQueueXmit, NET_XMIT_CN } from '../../core/dev-tx.js'
import { DROP } from '../../core/drop.js'
import {
  IFF_UP,
  NET_RX_SUCCESS,
  NET_XMIT_DROP,
  NET_XMIT_SUCCESS,
  type NetDevice,
  RX_HANDLER_ANOTHER,
  RX_HANDLER_PASS,
} from '../../core/netdev.js'
import {
  consumeSkb,
  kfreeSkb,
  PACKET_BROADCAST,
  PACKET_HOST,
  PACKET_LOOPBACK,
  PACKET_MULTICAST,
  type Skb,
  skbClone,
  skbScrub,
  skbSetNetns,
} from '../../core/skb.js'
import { ipv4 } from '../../ip/ipv4.js'
import { dstLocalOut } from '../../ip/local-out.js'
import { ipRouteOutput } from '../../ip/route.js'
import { RTN_LOCAL, RTN_UNICAST } from '../../ip/rtnetlink.js'
import { getU32 } from '../../wire/bytes.js'
import { ETH_HLEN, ETH_P_ARP, ETH_P_IP, ETH_P_PAUSE } from '../../wire/ethernet.js'
import { IPV4_HLEN, ipv4Daddr, ipv4Ihl, ipv4Saddr, ipv4Tos, ipv4TotLen, ipv4Version } from '../../wire/ipv4.js'
import { macHi, macHiAt, macLo, macLoAt } from '../../wire/mac.js'
import {
  type Ipvlan,
  ipvlanCountRx,
  IPVLAN_F_PRIVATE,
  IPVLAN_F_VEPA,
  IPVLAN_MODE_L2,
  IPVLAN_MODE_L3S,
  IPVLAN_QBACKLOG_LIMIT,
  type IpvlanPort,
} from './ipvlan-private.js'

const GROUP_BIT = 0x0100
const SRC_OFFSET = 6
/** Octets of an ARP packet between Ethernet addresses, and where its IPv4 addresses are. */
const ARP_LEN = 28
const ARP_SPA = 14
const ARP_TPA = 24

/** True when an IPv4 header at `o` and its lengths are sound (ipvlan_get_L3_hdr). */
const ipv4Sound = (b: Uint8Array, o: number, end: number): boolean => {
  if (end - o < IPV4_HLEN || ipv4Version(b, o) !== 4) return false
  const ihl = ipv4Ihl(b, o)
  const len = ipv4TotLen(b, o)
  return ihl >= IPV4_HLEN && end - o >= len && len >= ihl
}

/**
 * The ipvlan that the packet whose network header is at `o` is for (`useDest`) or from, or null
 * (ipvlan_get_L3_hdr, ipvlan_addr_lookup).
 */
export const ipvlanAddrLookup = (port: IpvlanPort, skb: Skb, o: number, useDest: boolean): Ipvlan | null => {
  const b = skb.buf
  if (skb.protocol === ETH_P_IP)
    return ipv4Sound(b, o, skb.tail) ? port.hash.find(0, (useDest ? ipv4Daddr(b, o) : ipv4Saddr(b, o)) | 0) : null
  if (skb.protocol !== ETH_P_ARP || skb.tail - o < ARP_LEN) return null
  return port.hash.find(0, getU32(b, o + (useDest ? ARP_TPA : ARP_SPA)) | 0)
}

// ---------------------------------------------------------------- group frames

const macHeaderOf = (skb: Skb, isTx: boolean): number => (isTx ? skb.data : skb.macHeader)

/** A clone for every ipvlan that listens to the group; true when there was one. */
const distribute = (port: IpvlanPort, skb: Skb, isTx: boolean, pktType: number): boolean => {
  const at = macHeaderOf(skb, isTx)
  const hi = macHiAt(skb.buf, at)
  const lo = macLoAt(skb.buf, at)
  const octets = skb.tail - skb.data + ETH_HLEN
  const { sim } = skb.netns.world
  let consumed = false
  for (let i = 0; i < port.ipvlans.length; i++) {
    const ipvlan = port.ipvlans[i]!
    const { dev } = ipvlan
    if ((isTx && dev === skb.dev) || !ipvlan.macFilter.has(hi, lo) || (dev.flags & IFF_UP) === 0) continue
    const clone = skbClone(skb)
    consumed = true
    clone.pktType = pktType
    clone.dev = dev
    sim.bhDisable()
    if (!isTx) skbSetNetns(clone, dev.netns)
    const rc = isTx ? devForwardSkb(dev, clone) : netifRx(clone)
    ipvlanCountRx(ipvlan, octets, rc === NET_RX_SUCCESS, true)
    sim.bhEnable()
  }
  return consumed
}

/** The work queue: group frames to the ipvlans, and those that an ipvlan has sent out (ipvlan_process_multicast). */
const ipvlanProcessMulticast = (port: IpvlanPort): void => {
  port.workPending = false
  const { dev } = port
  for (let left = port.backlog.length; left > 0; left--) {
    const skb = port.backlog.shift()
    if (skb === null) return
    const isTx = port.backlogTx.shift()!
    const at = macHeaderOf(skb, isTx)
    const isBroadcast = macHiAt(skb.buf, at) === macHi(dev.broadcast) && macLoAt(skb.buf, at) === macLo(dev.broadcast)
    const pktType = isBroadcast ? PACKET_BROADCAST : PACKET_MULTICAST
    const consumed = distribute(port, skb, isTx, pktType)
    if (isTx) {
      skb.dev = dev
      skb.pktType = pktType
      skbSetNetns(skb, dev.netns)
      devQueueXmit(skb)
    } else if (consumed) consumeSkb(skb)
    else kfreeSkb(skb, DROP.NOT_SPECIFIED)
  }
}

/** Lets a group frame wait for the work queue; owns it (ipvlan_multicast_enqueue). */
const multicastEnqueue = (port: IpvlanPort, skb: Skb, isTx: boolean): void => {
  if (skb.protocol === ETH_P_PAUSE) {
    kfreeSkb(skb, DROP.NOT_SPECIFIED)
    return
  }
  if (port.backlog.length >= IPVLAN_QBACKLOG_LIMIT) {
    skb.dev!.stats.rxDropped++
    kfreeSkb(skb, DROP.NOT_SPECIFIED)
    return
  }
  port.backlog.push(skb)
  port.backlogTx.push(isTx)
  if (port.workPending) return
  port.workPending = true
  skb.netns.world.sim.task(ipvlanProcessMulticast, port, 'ipvlan group frames')
}

/** Drops what waits, when the port goes. */
export const ipvlanPurge = (port: IpvlanPort): void => {
  for (let skb = port.backlog.shift(); skb !== null; skb = port.backlog.shift()) kfreeSkb(skb, DROP.DEVICE_GONE)
  port.backlogTx.length = 0
}

// ---------------------------------------------------------------- in

/** False for a frame that an ipvlan has sent and that comes back (ipvlan_external_frame). */
const isExternal = (skb: Skb, port: IpvlanPort): boolean => {
  const { dev, buf, macHeader } = skb
  const src = macHeader + SRC_OFFSET
  if (macHiAt(buf, src) !== dev!.addrHi || macLoAt(buf, src) !== dev!.addrLo) return true
  return ipvlanAddrLookup(port, skb, skb.data, false) === null
}

const handleModeL3 = (skb: Skb, port: IpvlanPort): number => {
  const ipvlan = ipvlanAddrLookup(port, skb, skb.data, true)
  if (ipvlan === null) return RX_HANDLER_PASS
  const { dev } = ipvlan
  ipvlanCountRx(ipvlan, skb.tail - skb.data + ETH_HLEN, true, false)
  skb.dev = dev
  skbSetNetns(skb, dev.netns)
  return RX_HANDLER_ANOTHER
}

const handleModeL2 = (skb: Skb, port: IpvlanPort): number => {
  if ((macHiAt(skb.buf, skb.macHeader) & GROUP_BIT) === 0) return handleModeL3(skb, port)
  if (isExternal(skb, port)) {
    const clone = skbClone(skb)
    skbScrub(clone, clone.netns)
    clone.mark = 0
    clone.priority = 0
    multicastEnqueue(port, clone, false)
  }
  return RX_HANDLER_PASS
}

/** Rx handler of the masters of ipvlans (ipvlan_handle_frame). In mode l3s IPv4 hands on, see ipvlan-l3s.ts. */
export const ipvlanHandleFrame = (skb: Skb): number => {
  if (skb.pktType === PACKET_LOOPBACK) return RX_HANDLER_PASS
  const port = skb.dev!.rxHandlerData as IpvlanPort
  if (port.mode === IPVLAN_MODE_L3S) return RX_HANDLER_PASS
  return port.mode === IPVLAN_MODE_L2 ? handleModeL2(skb, port) : handleModeL3(skb, port)
}

// ---------------------------------------------------------------- out

/** Gives a frame of an ipvlan to another one of the same master (ipvlan_rcv_frame). */
const rcvLocalFrame = (to: Ipvlan, skb: Skb): number => {
  const octets = skb.tail - skb.data + ETH_HLEN
  if ((to.dev.flags & IFF_UP) === 0) {
    kfreeSkb(skb, DROP.DEV_READY)
    ipvlanCountRx(to, octets, false, false)
    return NET_XMIT_SUCCESS
  }
  skb.pktType = PACKET_HOST
  ipvlanCountRx(to, octets, devForwardSkb(to.dev, skb) === NET_RX_SUCCESS, false)
  return NET_XMIT_SUCCESS
}

const dropOutbound = (skb: Skb, reason: number): number => {
  kfreeSkb(skb, reason)
  return NET_XMIT_DROP
}

/** Sends an IPv4 packet by the routes of the master's namespace that leave by the master (ipvlan_process_v4_outbound). */
const processV4Outbound = (skb: Skb, phyDev: NetDevice): number => {
  const { stats, netns } = phyDev
  const b = skb.buf
  const o = skb.data
  if (skb.tail - o < IPV4_HLEN) {
    stats.txErrors++
    return dropOutbound(skb, DROP.PKT_TOO_SMALL)
  }
  const fl = ipv4(netns).fib.flow.reset(ipv4Daddr(b, o), ipv4Saddr(b, o), phyDev.ifindex)
  fl.tos = ipv4Tos(b, o)
  fl.anySrc = true
  const dst = ipRouteOutput(netns, fl)
  if (dst === null || (dst.type !== RTN_UNICAST && dst.type !== RTN_LOCAL)) {
    stats.txErrors++
    return dropOutbound(skb, DROP.IP_OUTNOROUTES)
  }
  skb.dst = dst
  const rc = dstLocalOut(skb)
  if (rc === 0 || rc === NET_XMIT_CN) return NET_XMIT_SUCCESS
  stats.txErrors++
  return NET_XMIT_DROP
}

/** Routes a packet of an ipvlan in the master's namespace; groups end here (ipvlan_process_outbound). */
const processOutbound = (skb: Skb, phyDev: NetDevice): number => {
  if (macHiAt(skb.buf, skb.data) & GROUP_BIT) return dropOutbound(skb, DROP.NOT_SPECIFIED)
  skb.data += ETH_HLEN
  skb.networkHeader = skb.data
  return skb.protocol === ETH_P_IP ? processV4Outbound(skb, phyDev) : dropOutbound(skb, DROP.UNHANDLED_PROTO)
}

/** The ipvlan of the same master that a frame is for, unless all frames go out; undefined: it may not be sent at all. */
const localDest = (port: IpvlanPort, skb: Skb): Ipvlan | null | undefined => {
  const to = port.flags & IPVLAN_F_VEPA ? null : ipvlanAddrLookup(port, skb, skb.data + ETH_HLEN, true)
  return to !== null && port.flags & IPVLAN_F_PRIVATE ? undefined : to
}

const xmitModeL3 = (skb: Skb, ipvlan: Ipvlan): number => {
  const to = localDest(ipvlan.port, skb)
  if (to === undefined) {
    consumeSkb(skb)
    return NET_XMIT_DROP
  }
  if (to !== null) return rcvLocalFrame(to, skb)
  skbScrub(skb, ipvlan.phyDev.netns)
  skb.dev = ipvlan.phyDev
  return processOutbound(skb, ipvlan.phyDev)
}

/** A frame to the MAC that all share: for another ipvlan, or for the master's host. */
const xmitToSelf = (skb: Skb, ipvlan: Ipvlan): number => {
  const to = localDest(ipvlan.port, skb)
  if (to === undefined) {
    consumeSkb(skb)
    return NET_XMIT_DROP
  }
  return to !== null ? rcvLocalFrame(to, skb) : devForwardSkb(ipvlan.phyDev, skb)
}

const xmitModeL2 = (skb: Skb, ipvlan: Ipvlan): number => {
  const { port, phyDev } = ipvlan
  const b = skb.buf
  const o = skb.data
  const hi = macHiAt(b, o)
  const isToSelf = hi === macHiAt(b, o + SRC_OFFSET) && macLoAt(b, o) === macLoAt(b, o + SRC_OFFSET)
  if (isToSelf && (port.flags & IPVLAN_F_VEPA) === 0) return xmitToSelf(skb, ipvlan)
  if (hi & GROUP_BIT) {
    skbScrub(skb, skb.netns)
    skb.mark = 0
    skb.priority = 0
    multicastEnqueue(port, skb, true)
    return NET_XMIT_SUCCESS
  }
  skb.dev = phyDev
  skbSetNetns(skb, phyDev.netns)
  return devQueueXmit(skb)
}

const queueXmit = (skb: Skb, ipvlan: Ipvlan): number => {
  if (skb.tail - skb.data < ETH_HLEN) return dropOutbound(skb, DROP.HDR_TRUNC)
  return ipvlan.port.mode === IPVLAN_MODE_L2 ? xmitModeL2(skb, ipvlan) : xmitModeL3(skb, ipvlan)
}

/** Transmits (ipvlan_start_xmit). */
export const ipvlanStartXmit = (skb: Skb, dev: NetDevice): number => {
  const octets = skb.tail - skb.data
  const { stats } = dev
  const rc = queueXmit(skb, dev.priv as Ipvlan)
  if (rc === NET_XMIT_SUCCESS || rc === NET_XMIT_CN) {
    stats.txPackets++
    stats.txBytes += octets
  } else stats.txDropped++
  return rc
}
