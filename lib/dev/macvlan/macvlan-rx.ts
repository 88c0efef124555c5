/**
 * Frames on their way to and from macvlans: the lower device's rx handler, broadcasts, and transmit.
 *
 * Unicast is looked up by MAC and received on the macvlan at once. Broadcasts that come in by the lower device wait for
 * a work queue, so that they arrive later than what the same softirq does; those that a macvlan in bridge mode sends
 * reach its siblings through the backlog before the frame goes out.
 *
 * @see drivers/net/macvlan.c
 */
import { devForwardSkb, netifRx } from '../../core/dev-rx.js'
import { devQueueXmit, NET_XMIT_CN } from '../../core/dev-tx.js'
import { DROP } from '../../core/drop.js'
import {
  IFF_UP,
  NET_RX_SUCCESS,
  NET_XMIT_SUCCESS,
  type NetDevice,
  RX_HANDLER_ANOTHER,
  RX_HANDLER_CONSUMED,
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
  skbSetNetns,
} from '../../core/skb.js'
import { ipCheckDefrag } from '../../ip/check-defrag.js'
import { ETH_HLEN, ETH_P_IP, ETH_P_PAUSE } from '../../wire/ethernet.js'
import { macHi, macHiAt, macLo, macLoAt } from '../../wire/mac.js'
import {
  type Macvlan,
  MACVLAN_FLAG_NODST,
  MACVLAN_MODE_BRIDGE,
  MACVLAN_MODE_PASSTHRU,
  MACVLAN_MODE_PRIVATE,
  MACVLAN_MODE_SOURCE,
  MACVLAN_MODE_VEPA,
  type MacvlanPort,
} from './macvlan-private.js'

const GROUP_BIT = 0x0100
const SRC_OFFSET = 6
/** Modes of the macvlans that a frame from outside is for. */
const FROM_OUTSIDE: number = MACVLAN_MODE_PRIVATE | MACVLAN_MODE_VEPA | MACVLAN_MODE_PASSTHRU | MACVLAN_MODE_BRIDGE

/** Counts a frame of `octets`, Ethernet header included, that a macvlan has or has not received (macvlan_count_rx). */
const countRx = (vlan: Macvlan, octets: number, received: boolean, multicast: boolean): void => {
  if (!received) {
    vlan.rxErrors++
    return
  }
  const { stats } = vlan.dev
  stats.rxPackets++
  stats.rxBytes += octets
  if (multicast) stats.rxMulticast++
}

/** netif_rx outside of softirq: what the packet causes is done when it returns. */
const netifRxNow = (skb: Skb): number => {
  const { sim } = skb.netns.world
  sim.bhDisable()
  const rc = netifRx(skb)
  sim.bhEnable()
  return rc
}

/** Hands a group frame that came from the lower device to a macvlan as it is (macvlan_broadcast_one). */
const broadcastOne = (skb: Skb, vlan: Macvlan, hi: number, lo: number): number => {
  const { dev } = vlan
  skb.dev = dev
  skbSetNetns(skb, dev.netns)
  const isBroadcast = hi === macHi(dev.broadcast) && lo === macLo(dev.broadcast)
  skb.pktType = isBroadcast ? PACKET_BROADCAST : PACKET_MULTICAST
  return netifRxNow(skb)
}

/**
 * A clone of a group frame for every macvlan that is up, has one of the modes, listens to the group and is not `src`
 * (macvlan_broadcast). With bridge mode alone the frame is one that a sibling sends: it starts at the Ethernet header.
 */
const macvlanBroadcast = (skb: Skb, port: MacvlanPort, src: NetDevice | null, modes: number): void => {
  if (skb.protocol === ETH_P_PAUSE) return
  const hi = macHiAt(skb.buf, skb.macHeader)
  const lo = macLoAt(skb.buf, skb.macHeader)
  const local = modes === MACVLAN_MODE_BRIDGE
  const octets = skb.tail - skb.data + ETH_HLEN
  const { hashed } = port
  for (let i = 0; i < hashed.length; i++) {
    const vlan = hashed[i]!
    if (vlan.dev === src || (vlan.mode & modes) === 0 || !vlan.mcFilter.has(hi, lo)) continue
    const clone = skbClone(skb)
    const rc = local ? devForwardSkb(vlan.dev, clone) : broadcastOne(clone, vlan, hi, lo)
    countRx(vlan, octets, rc === NET_RX_SUCCESS, true)
  }
}

/** Delivers a group frame that the lower device has received; `src` is the macvlan that sent it, null for others. */
const macvlanMulticastRx = (port: MacvlanPort, src: Macvlan | null, skb: Skb): void => {
  if (src === null) macvlanBroadcast(skb, port, null, FROM_OUTSIDE)
  else if (src.mode === MACVLAN_MODE_VEPA) macvlanBroadcast(skb, port, src.dev, MACVLAN_MODE_VEPA | MACVLAN_MODE_BRIDGE)
  // Macvlans in bridge mode have seen the frame on its way out.
  else macvlanBroadcast(skb, port, src.dev, MACVLAN_MODE_VEPA)
}

/** The work queue: delivers what waits (macvlan_process_broadcast). */
const macvlanProcessBroadcast = (port: MacvlanPort): void => {
  port.bcWorkPending = false
  for (let left = port.bcQueue.length; left > 0; left--) {
    const skb = port.bcQueue.shift()
    if (skb === null) return
    macvlanMulticastRx(port, port.bcSources.shift()!, skb)
    consumeSkb(skb)
  }
}

/** Lets a clone wait for the work queue (macvlan_broadcast_enqueue). */
const macvlanBroadcastEnqueue = (port: MacvlanPort, src: Macvlan | null, skb: Skb): void => {
  const clone = skbClone(skb)
  const full = port.bcQueue.length >= port.bcQueueLenUsed
  if (!full) {
    port.bcQueue.push(clone)
    port.bcSources.push(src)
  }
  if (!port.bcWorkPending) {
    port.bcWorkPending = true
    skb.netns.world.sim.task(macvlanProcessBroadcast, port, 'macvlan broadcasts')
  }
  if (!full) return
  kfreeSkb(clone, DROP.NOT_SPECIFIED)
  skb.dev!.stats.rxDropped++
}

/** Drops what waits, when the port goes. */
export const macvlanPurgeBroadcasts = (port: MacvlanPort): void => {
  for (let skb = port.bcQueue.shift(); skb !== null; skb = port.bcQueue.shift()) kfreeSkb(skb, DROP.DEVICE_GONE)
  port.bcSources.length = 0
}

const forwardSourceOne = (skb: Skb, vlan: Macvlan): void => {
  const { dev } = vlan
  if ((dev.flags & IFF_UP) === 0) return
  const clone = skbClone(skb)
  const octets = clone.tail - clone.data + ETH_HLEN
  clone.dev = dev
  skbSetNetns(clone, dev.netns)
  if (dev.addrHi === macHiAt(skb.buf, skb.macHeader) && dev.addrLo === macLoAt(skb.buf, skb.macHeader))
    clone.pktType = PACKET_HOST
  countRx(vlan, octets, netifRxNow(clone) === NET_RX_SUCCESS, false)
}

/** Clones for the macvlans that list the sender; true when nobody else is to get the frame (macvlan_forward_source). */
const macvlanForwardSource = (skb: Skb, port: MacvlanPort, srcHi: number, srcLo: number): boolean => {
  const entry = port.sources.find(srcHi, srcLo)
  if (entry === null) return false
  let consume = false
  const { vlans } = entry
  for (let i = 0; i < vlans.length; i++) {
    if (vlans[i]!.flags & MACVLAN_FLAG_NODST) consume = true
    forwardSourceOne(skb, vlans[i]!)
  }
  return consume
}

/** A group frame that is whole. */
const handleWholeGroupFrame = (skb: Skb, port: MacvlanPort): number => {
  const o = skb.macHeader
  const hi = macHiAt(skb.buf, o)
  const lo = macLoAt(skb.buf, o)
  const srcHi = macHiAt(skb.buf, o + SRC_OFFSET)
  const srcLo = macLoAt(skb.buf, o + SRC_OFFSET)
  if (port.sources.size > 0 && macvlanForwardSource(skb, port, srcHi, srcLo)) {
    consumeSkb(skb)
    return RX_HANDLER_CONSUMED
  }
  const src = port.hash.find(srcHi, srcLo)
  if (src !== null && src.mode !== MACVLAN_MODE_VEPA && src.mode !== MACVLAN_MODE_BRIDGE) {
    // It has come back to the one who sent it. The kernel counts it with no octets.
    countRx(src, 0, broadcastOne(skb, src, hi, lo) === NET_RX_SUCCESS, false)
    return RX_HANDLER_CONSUMED
  }
  if (port.bcFilter.has(hi, lo)) macvlanBroadcastEnqueue(port, src, skb)
  else if (port.mcFilter.has(hi, lo)) macvlanMulticastRx(port, src, skb)
  return RX_HANDLER_PASS
}

/** A group frame: fragments of IPv4 are put together first, so that each macvlan gets the whole datagram. */
const handleGroupFrame = (skb: Skb, port: MacvlanPort): number => {
  if (skb.protocol !== ETH_P_IP) return handleWholeGroupFrame(skb, port)
  const whole = ipCheckDefrag(skb)
  if (whole === null) return RX_HANDLER_CONSUMED
  const result = handleWholeGroupFrame(whole, port)
  if (whole === skb || result !== RX_HANDLER_PASS) return result
  // The caller only knows the fragment, which has ended: the protocol gets the datagram from here.
  const types = whole.netns.world.packetTypes
  for (let i = 0; i < types.length; i++) if (types[i]!.protocol === ETH_P_IP) types[i]!.receive(whole)
  return RX_HANDLER_CONSUMED
}

/** Rx handler of the lower devices of macvlans (macvlan_handle_frame). */
export const macvlanHandleFrame = (skb: Skb): number => {
  if (skb.pktType === PACKET_LOOPBACK) return RX_HANDLER_PASS
  const port = skb.dev!.rxHandlerData as MacvlanPort
  const b = skb.buf
  const o = skb.macHeader
  const hi = macHiAt(b, o)
  if (hi & GROUP_BIT) return handleGroupFrame(skb, port)
  if (port.sources.size > 0) {
    if (macvlanForwardSource(skb, port, macHiAt(b, o + SRC_OFFSET), macLoAt(b, o + SRC_OFFSET))) {
      consumeSkb(skb)
      return RX_HANDLER_CONSUMED
    }
  }
  const vlan = port.passthru ? (port.vlans.length > 0 ? port.vlans[0]! : null) : port.hash.find(hi, macLoAt(b, o))
  if (vlan === null || vlan.mode === MACVLAN_MODE_SOURCE) return RX_HANDLER_PASS
  const { dev } = vlan
  if ((dev.flags & IFF_UP) === 0) {
    kfreeSkb(skb, DROP.DEV_READY)
    return RX_HANDLER_CONSUMED
  }
  countRx(vlan, skb.tail - skb.data + ETH_HLEN, true, false)
  skb.dev = dev
  skbSetNetns(skb, dev.netns)
  skb.pktType = PACKET_HOST
  return RX_HANDLER_ANOTHER
}

/** Sends a frame of a macvlan: to a sibling in bridge mode, or out by the lower device (macvlan_queue_xmit). */
const macvlanQueueXmit = (skb: Skb, vlan: Macvlan): number => {
  const { port, lowerdev } = vlan
  if (vlan.mode === MACVLAN_MODE_BRIDGE) {
    const hi = macHiAt(skb.buf, skb.data)
    if (hi & GROUP_BIT) macvlanBroadcast(skb, port, vlan.dev, MACVLAN_MODE_BRIDGE)
    else {
      const dest = port.hash.find(hi, macLoAt(skb.buf, skb.data))
      if (dest !== null && dest.mode === MACVLAN_MODE_BRIDGE) {
        // By way of the lower device, so that captures there see it.
        devForwardSkb(lowerdev, skb)
        return NET_XMIT_SUCCESS
      }
    }
  }
  skb.dev = lowerdev
  skbSetNetns(skb, lowerdev.netns)
  return devQueueXmit(skb)
}

/** Transmits (macvlan_start_xmit). */
export const macvlanStartXmit = (skb: Skb, dev: NetDevice): number => {
  const octets = skb.tail - skb.data
  const { stats } = dev
  const rc = macvlanQueueXmit(skb, dev.priv as Macvlan)
  if (rc === NET_XMIT_SUCCESS || rc === NET_XMIT_CN) {
    stats.txPackets++
    stats.txBytes += octets
  } else stats.txDropped++
  return rc
}
