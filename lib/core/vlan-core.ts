/**
 * Which VLAN devices stand on a device, and how a tagged frame finds its own.
 *
 * Not recorded: the reference kernel is built without 802.1Q devices. This follows the kernel's source.
 *
 * @see net/8021q/vlan_core.c, net/8021q/vlan.h
 */
import { ETH_P_8021AD } from '../wire/ethernet.js'
import { macHiAt, macLoAt } from '../wire/mac.js'
import { VLAN_HLEN, VLAN_PRIO_SHIFT, VLAN_VID_MASK } from '../wire/vlan.js'
import { DROP } from './drop.js'
import { IFF_UP, type NetDevice } from './netdev.js'
import { kfreeSkb, PACKET_HOST, PACKET_MULTICAST, PACKET_OTHERHOST, type Skb, skbSetNetns } from './skb.js'
import { vlanInsertTag } from './skb-vlan.js'

/** Flags of a VLAN device. */
export const VLAN_FLAG_REORDER_HDR = 0x1
export const VLAN_FLAG_GVRP = 0x2
export const VLAN_FLAG_LOOSE_BINDING = 0x4
export const VLAN_FLAG_MVRP = 0x8
export const VLAN_FLAG_BRIDGE_BINDING = 0x10

/** Priorities of a tag. */
export const VLAN_PRIORITIES = 8

/** State of a VLAN device (struct vlan_dev_priv). */
export class VlanDev {
  /** The device that carries its frames. */
  readonly realDev: NetDevice
  /** ETH_P_8021Q or ETH_P_8021AD. */
  readonly proto: number
  /** 0 to 4094. */
  readonly id: number
  /** VLAN_FLAG_*. */
  flags: number = VLAN_FLAG_REORDER_HDR
  /** Priority that a frame gets inside the host, by the priority in its tag. */
  readonly ingressMap: Uint32Array = new Uint32Array(VLAN_PRIORITIES)
  /** Priority in the tag by that inside the host, where it is not 0; null while nothing is mapped. */
  egressMap: Map<number, number> | null = null
  /** Address of {@link realDev} when the two were last compared. */
  realDevAddr = 0
  /** The address is that of {@link realDev} and follows it (NET_ADDR_STOLEN). */
  addrStolen = false
  /** What of this device's filters has been passed on to {@link realDev}. */
  promiscSynced = false
  allmultiSynced = false

  constructor(realDev: NetDevice, proto: number, id: number) {
    this.realDev = realDev
    this.proto = proto
    this.id = id
  }
}

/** Key of a VLAN in {@link VlanInfo.devices}. */
const keyOf = (proto: number, vid: number): number => (proto === ETH_P_8021AD ? 0x1000 : 0) | vid

/** VLAN devices on one device (struct vlan_info). */
export class VlanInfo {
  /** By protocol and VLAN identifier, 802.1Q before 802.1ad and small identifiers first when listed. */
  readonly devices: Map<number, NetDevice> = new Map()

  /** The devices in the kernel's order: by protocol, then by identifier. */
  list(): NetDevice[] {
    return [...this.devices.entries()].sort((a, b) => a[0] - b[0]).map(([, dev]) => dev)
  }
}

/** The VLAN device of `proto` and `vid` on a device, or null (vlan_find_dev). */
export const vlanFindDev = (realDev: NetDevice, proto: number, vid: number): NetDevice | null =>
  realDev.vlanInfo?.devices.get(keyOf(proto, vid)) ?? null

/** Enters a VLAN device at its real device (vlan_group_set_device). */
export const vlanInfoAdd = (dev: NetDevice): void => {
  const { realDev, proto, id } = dev.priv as VlanDev
  realDev.vlanInfo ??= new VlanInfo()
  realDev.vlanInfo.devices.set(keyOf(proto, id), dev)
}

/** Takes a VLAN device out of its real device. */
export const vlanInfoDel = (dev: NetDevice): void => {
  const { realDev, proto, id } = dev.priv as VlanDev
  realDev.vlanInfo?.devices.delete(keyOf(proto, id))
  if (realDev.vlanInfo?.devices.size === 0) realDev.vlanInfo = null
}

/** True for a VLAN device (is_vlan_dev). */
export const isVlanDev = (dev: NetDevice): boolean => dev.priv instanceof VlanDev

/** The tag becomes part of the frame again, behind which the packet begins: a device without reorder_hdr shows it. */
const keepTag = (skb: Skb): void => {
  const { data } = skb
  const offset = data - skb.macHeader
  skb.data = skb.macHeader
  vlanInsertTag(skb, skb.vlanProto, skb.vlanTci)
  skb.data += offset + VLAN_HLEN
}

/** What {@link vlanDoReceive} did with a frame: nothing, as there is no device for it; handed it over; ended it. */
export const VLAN_RX_NONE = 0
export const VLAN_RX_ANOTHER = 1
export const VLAN_RX_ENDED = 2

/** Hands a frame with a tag beside it to the VLAN device on `skb.dev` that it belongs to (vlan_do_receive): VLAN_RX_*. */
export const vlanDoReceive = (skb: Skb): number => {
  const dev = vlanFindDev(skb.dev!, skb.vlanProto, skb.vlanTci & VLAN_VID_MASK)
  if (dev === null) return VLAN_RX_NONE
  if ((dev.flags & IFF_UP) === 0) {
    kfreeSkb(skb, DROP.DEV_READY)
    return VLAN_RX_ENDED
  }
  const vlan = dev.priv as VlanDev
  skb.dev = dev
  skbSetNetns(skb, dev.netns)
  if (skb.pktType === PACKET_OTHERHOST) {
    // The lower device thinks that it is for somebody else, but the VLAN may have a MAC of its own.
    const o = skb.macHeader
    if (macHiAt(skb.buf, o) === dev.addrHi && macLoAt(skb.buf, o) === dev.addrLo) skb.pktType = PACKET_HOST
  }
  // Bridges and macvlans want their frames without it, see the ports' rx handlers.
  if ((vlan.flags & VLAN_FLAG_REORDER_HDR) === 0 && dev.rxHandler === null) keepTag(skb)
  skb.priority = vlan.ingressMap[(skb.vlanTci >> VLAN_PRIO_SHIFT) & (VLAN_PRIORITIES - 1)]!
  skb.vlanProto = 0
  const { stats } = dev
  stats.rxPackets++
  stats.rxBytes += skb.tail - skb.data
  if (skb.pktType === PACKET_MULTICAST) stats.rxMulticast++
  return VLAN_RX_ANOTHER
}
