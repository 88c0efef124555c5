/**
 * What VLAN filtering does to a frame: which VLAN it belongs to when it comes in, whether it may leave by a port, and
 * whether it leaves with a tag. While it is inside the bridge, a frame carries its VLAN as a tag beside its bytes.
 *
 * Not recorded: the reference kernel is built without VLAN filtering. This follows the kernel's source and IEEE 802.1Q.
 *
 * @see net/bridge/br_vlan.c br_allowed_ingress, br_allowed_egress, br_handle_vlan, br_should_learn
 */
import { DROP } from '../../core/drop.js'
import { IFF_PROMISC } from '../../core/netdev.js'
import { kfreeSkb, type Skb } from '../../core/skb.js'
import { skbVlanTagId, skbVlanUntag, vlanHwaccelPutTag, vlanInsertTag } from '../../core/skb-vlan.js'
import { ETH_HLEN } from '../../wire/ethernet.js'
import { VLAN_VID_MASK } from '../../wire/vlan.js'
import {
  BR_STATE_FORWARDING,
  BR_STATE_LEARNING,
  BRCB_VLAN_FILTERED,
  type Bridge,
  type BridgePort,
} from './br-private.js'
import { brVlanFind, brVlanStateAllowed, brVlanUsable, type VlanGroup } from './br-vlan-group.js'

/** Set beside the VLAN in the result of {@link brAllowedIngress}: the frame may be learned from, and ends then. */
export const BR_VLAN_LEARN_ONLY = 0x10000

/** VLAN of a frame inside a bridge, 0 without VLAN filtering. */
export const brSkbVid = (skb: Skb): number =>
  (skb.brFlags & BRCB_VLAN_FILTERED) === 0 ? 0 : skb.vlanTci & VLAN_VID_MASK

const refuse = (skb: Skb): number => {
  kfreeSkb(skb, DROP.VLAN_FILTERED)
  return -1
}

/** A tag of another protocol counts as payload: it becomes part of the bytes, and the frame is without a VLAN. */
const hideOtherTag = (skb: Skb): void => {
  skb.data -= ETH_HLEN
  vlanInsertTag(skb, skb.vlanProto, skb.vlanTci)
  skb.protocol = skb.vlanProto
  skb.data += ETH_HLEN
  skb.networkHeader = skb.data
  skb.vlanProto = 0
}

/** Gives a frame without a VLAN, or with a priority only, that of the port; false when the port has none. */
const takePvid = (br: Bridge, vg: VlanGroup, skb: Skb): boolean => {
  if (vg.pvid === 0) return false
  if (skb.vlanProto === 0) vlanHwaccelPutTag(skb, br.vlanProto, vg.pvid)
  else skb.vlanTci |= vg.pvid
  return true
}

/**
 * Finds out a frame's VLAN, of a bridge with VLAN filtering (__allowed_ingress). `state` is the port's; the result is the
 * VLAN, with BR_VLAN_LEARN_ONLY when its own state or that of the port says so, or -1 when the frame has ended.
 */
export const brAllowedIngress = (br: Bridge, vg: VlanGroup, skb: Skb, state: number): number => {
  skb.brFlags |= BRCB_VLAN_FILTERED
  if (skb.vlanProto === 0 && skb.protocol === br.vlanProto && !skbVlanUntag(skb)) return -1
  if (skb.vlanProto !== 0 && skb.vlanProto !== br.vlanProto) hideOtherTag(skb)
  if (skbVlanTagId(skb) === 0 && !takePvid(br, vg, skb)) return refuse(skb)
  const vid = skb.vlanTci & VLAN_VID_MASK
  const v = brVlanUsable(vg, vid)
  if (v === null) return refuse(skb)
  const now = state === BR_STATE_FORWARDING ? v.state : state
  if (!brVlanStateAllowed(now, true)) return refuse(skb)
  if (br.vlanStatsEnabled) {
    v.stats.rxBytes += skb.tail - skb.data
    v.stats.rxPackets++
  }
  return now === BR_STATE_LEARNING ? vid | BR_VLAN_LEARN_ONLY : vid
}

/** Whether a frame that was checked on the way in may leave by a port, or to the bridge's own host (br_allowed_egress). */
export const brAllowedEgress = (vg: VlanGroup, skb: Skb): boolean => {
  const v = brVlanUsable(vg, skb.vlanTci & VLAN_VID_MASK)
  return v !== null && brVlanStateAllowed(v.state, false)
}

/**
 * Takes the tag off a frame that leaves a VLAN untagged; false when the frame has ended, as nobody is a member there
 * (br_handle_vlan). `p` is null for the bridge's own host, which gets everything while it is promiscuous.
 */
export const brHandleVlan = (br: Bridge, p: BridgePort | null, vg: VlanGroup, skb: Skb): boolean => {
  const v = brVlanUsable(vg, skb.vlanTci & VLAN_VID_MASK)
  if (v === null) {
    if (p === null && (br.dev.flags & IFF_PROMISC) !== 0) return true
    refuse(skb)
    return false
  }
  if (br.vlanStatsEnabled) {
    v.stats.txBytes += skb.tail - skb.data
    v.stats.txPackets++
  }
  if (v.isUntagged) skb.vlanProto = 0
  return true
}

/**
 * The VLAN in which a frame that stays on its port is learned from, or -1 when it is not (br_should_learn). 0 without VLAN
 * filtering.
 */
export const brShouldLearn = (p: BridgePort, skb: Skb): number => {
  const { br, vlgrp } = p
  if (!br.vlanEnabled) return 0
  if (vlgrp === null || vlgrp.numVlans === 0) return -1
  const tagged = skb.vlanProto === br.vlanProto ? skbVlanTagId(skb) : 0
  const vid = tagged === 0 ? vlgrp.pvid : tagged
  const v = vid === 0 ? null : brVlanFind(vlgrp, vid)
  return v !== null && brVlanStateAllowed(v.state, true) ? vid : -1
}
