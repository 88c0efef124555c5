/**
 * The receive side of a device: from the backlog through taps and rx handlers to the protocols.
 *
 * @see net/core/dev.c netif_rx, __netif_receive_skb_core; net/ethernet/eth.c eth_type_trans
 */
import { ETH_HLEN, ETH_P_802_2, ETH_P_802_3_MIN } from '../wire/ethernet.js'
import { macHiAt, macLoAt } from '../wire/mac.js'
import { isVlanType } from '../wire/vlan.js'
import { DROP } from './drop.js'
import {
  IFF_UP,
  NET_RX_DROP,
  NET_RX_SUCCESS,
  type NetDevice,
  RX_HANDLER_ANOTHER,
  RX_HANDLER_CONSUMED,
} from './netdev.js'
import {
  kfreeSkb,
  PACKET_BROADCAST,
  PACKET_HOST,
  PACKET_MULTICAST,
  PACKET_OTHERHOST,
  PACKET_OUTGOING,
  type Skb,
  skbScrub,
} from './skb.js'
import { skbVlanTagId, skbVlanUntag } from './skb-vlan.js'
import { VLAN_RX_ANOTHER, VLAN_RX_ENDED, VLAN_RX_NONE, vlanDoReceive } from './vlan-core.js'

/** net.core.netdev_max_backlog: packets that may wait for the CPU. */
export const NETDEV_MAX_BACKLOG = 1000

const VLAN_HLEN = 4

/** Queues a received packet for the protocols (netif_rx). Drops it when the backlog is full or the device not running. */
export const netifRx = (skb: Skb): number => {
  const dev = skb.dev!
  const world = skb.netns.world
  if (!dev.running) {
    dev.stats.rxDropped++
    kfreeSkb(skb, DROP.DEV_READY)
    return NET_RX_DROP
  }
  if (world.inputQlen > NETDEV_MAX_BACKLOG) {
    dev.stats.rxDropped++
    kfreeSkb(skb, DROP.CPU_BACKLOG)
    return NET_RX_DROP
  }
  if (skb.flowRec !== null) skb.flowRec.queued(skb)
  world.inputQlen++
  world.sim.enqueue(skb)
  return NET_RX_SUCCESS
}

/**
 * Takes the Ethernet header off and classifies the packet by its destination (eth_type_trans). The caller has checked
 * that there are 14 octets.
 */
export const ethTypeTrans = (skb: Skb, dev: NetDevice): void => {
  const b = skb.buf
  const o = skb.data
  skb.dev = dev
  skb.macHeader = o
  skb.data = o + ETH_HLEN
  const hi = macHiAt(b, o)
  if (hi & 0x0100) skb.pktType = hi === 0xffff && macLoAt(b, o) === -1 ? PACKET_BROADCAST : PACKET_MULTICAST
  else skb.pktType = hi === dev.addrHi && macLoAt(b, o) === dev.addrLo ? PACKET_HOST : PACKET_OTHERHOST
  const type = (b[o + 12]! << 8) | b[o + 13]!
  // Below 0x600 it is an 802.3 length; ETH_P_802_2 stands for those.
  skb.protocol = type >= ETH_P_802_3_MIN ? type : ETH_P_802_2
}

/**
 * Injects a frame into the receive path of another device (__dev_forward_skb and netif_rx): what a veth end does with
 * the frames of its peer. Refuses frames longer than the device's MTU plus a VLAN tag.
 */
export const devForwardSkb = (dev: NetDevice, skb: Skb): number => {
  const isTooLong = skb.tail - skb.data > dev.mtu + dev.hardHeaderLen + VLAN_HLEN && skb.gsoSize === 0
  if ((dev.flags & IFF_UP) === 0 || isTooLong) {
    dev.stats.rxDropped++
    kfreeSkb(skb, (dev.flags & IFF_UP) === 0 ? DROP.DEV_READY : DROP.PKT_TOO_BIG)
    return NET_RX_DROP
  }
  if (skb.tail - skb.data < ETH_HLEN) {
    kfreeSkb(skb, DROP.HDR_TRUNC)
    return NET_RX_DROP
  }
  skbScrub(skb, dev.netns)
  ethTypeTrans(skb, dev)
  return netifRx(skb)
}

/** Lets every capture of a device see a frame that is going out or has come in. */
export const deliverToTaps = (skb: Skb, dev: NetDevice, outgoing: boolean): void => {
  const taps = dev.taps!
  skb.tapSeq = ++dev.netns.world.tapSeq
  for (let i = 0; i < taps.length; i++) taps[i]!.tap(skb, dev, outgoing)
}

/** Hands a packet to captures, to the device's rx handler and to its protocol (__netif_receive_skb_core). */
export const netifReceiveSkb = (skb: Skb): number => {
  const dev = skb.dev!
  const { protocol } = skb
  // Frames without a tag take the short way, which says the same as the long one.
  if (skb.vlanProto !== 0 || isVlanType(protocol) || !dev.registered) return receiveTagged(skb)
  skb.networkHeader = skb.data
  skb.skbIif = dev.ifindex
  if (dev.taps !== null && skb.pktType < PACKET_OUTGOING) deliverToTaps(skb, dev, false)
  const handler = dev.rxHandler
  if (handler !== null) {
    const result = handler(skb)
    if (result === RX_HANDLER_CONSUMED) return NET_RX_SUCCESS
    if (result === RX_HANDLER_ANOTHER) return netifReceiveSkb(skb)
  }
  return deliver(skb, dev, false)
}

/** Hands a packet to its protocol (deliver_skb). */
const deliver = (skb: Skb, dev: NetDevice, isTagged: boolean): number => {
  const types = skb.netns.world.packetTypes
  const { protocol } = skb
  for (let i = 0; i < types.length; i++) if (types[i]!.protocol === protocol) return types[i]!.receive(skb)
  unhandled(skb, dev, isTagged)
  return NET_RX_DROP
}

/** The long way: of frames with a tag, beside them or in them, and of devices that have gone. */
const receiveTagged = (skb: Skb): number => {
  for (;;) {
    const dev = skb.dev!
    if (!dev.registered) {
      kfreeSkb(skb, DROP.DEVICE_GONE)
      return NET_RX_DROP
    }
    skb.networkHeader = skb.data
    skb.skbIif = dev.ifindex
    if (isVlanType(skb.protocol) && !skbVlanUntag(skb)) return NET_RX_DROP
    if (dev.taps !== null && skb.pktType < PACKET_OUTGOING) deliverToTaps(skb, dev, false)
    const isTagged = skb.vlanProto !== 0
    if (isTagged && dev.vlanInfo !== null) {
      const result = vlanDoReceive(skb)
      if (result === VLAN_RX_ANOTHER) continue
      if (result === VLAN_RX_ENDED) return NET_RX_SUCCESS
    }
    const handler = dev.rxHandler
    if (handler !== null) {
      const result = handler(skb)
      if (result === RX_HANDLER_CONSUMED) return NET_RX_SUCCESS
      if (result === RX_HANDLER_ANOTHER) continue
    }
    if (isTagged) {
      const result = checkVlanId(skb)
      if (result === VLAN_RX_ANOTHER) continue
      if (result === VLAN_RX_ENDED) return NET_RX_SUCCESS
    }
    return deliver(skb, dev, isTagged)
  }
}

/**
 * A frame with a tag that no VLAN device has taken: for somebody else, unless the tag gives nothing but a priority. Behind
 * such a tag there may be a second one, which is looked at in its place. VLAN_RX_NONE: the protocols get the frame.
 */
const checkVlanId = (skb: Skb): number => {
  for (;;) {
    const isPriority = skbVlanTagId(skb) === 0
    if (!isPriority) skb.pktType = PACKET_OTHERHOST
    skb.vlanProto = 0
    if (!isPriority || !isVlanType(skb.protocol)) return VLAN_RX_NONE
    if (!skbVlanUntag(skb)) return VLAN_RX_ENDED
    const result = vlanDoReceive(skb)
    if (result !== VLAN_RX_NONE) return result
  }
}

/**
 * Nobody wants a packet. That is a drop of the device's, unless a packet socket was the last to be handed it (it gets its
 * copy earlier when there is a tag or an rx handler), or LLC, for which the kernel has a taker that throws all away.
 */
const unhandled = (skb: Skb, dev: NetDevice, isTagged: boolean): void => {
  const isTaken = dev.taps !== null && !isTagged && dev.rxHandler === null && skb.pktType < PACKET_OUTGOING
  if (!isTaken && skb.protocol !== ETH_P_802_2) dev.stats.rxDropped++
  kfreeSkb(skb, skb.pktType === PACKET_OTHERHOST ? DROP.OTHERHOST : DROP.UNHANDLED_PROTO)
}
