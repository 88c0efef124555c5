/**
 * VLAN tags of a packet. A tag is either part of the frame's bytes or stands beside them (`skb.vlanProto`,
 * `skb.vlanTci`), as with hardware that inserts and strips tags: the kernel takes the outer tag out of the bytes when a
 * device receives the frame, and puts it back only where a device is not able to. Captures put it back for what they show.
 *
 * @see include/linux/if_vlan.h, net/core/skbuff.c skb_vlan_untag, net/core/dev.c validate_xmit_vlan
 */
import { getU16, putU16 } from '../wire/bytes.js'
import { ETH_P_802_2, ETH_P_802_3_MIN, ETH_P_8021AD, ETH_P_8021Q } from '../wire/ethernet.js'
import { VLAN_HLEN, VLAN_VID_MASK, vlanTci, vlanType } from '../wire/vlan.js'
import { DROP } from './drop.js'
import { NETIF_F_HW_VLAN_CTAG_TX, NETIF_F_HW_VLAN_STAG_TX, type NetDevice } from './netdev.js'
import { kfreeSkb, type Skb, skbCow } from './skb.js'

/** Octets of the two MACs, behind which a tag stands. */
const MACS = 12
/** Octets of an EtherType. */
const ETH_TLEN = 2
/** ETH_P_802_3: a Novell frame without LLC. */
const ETH_P_802_3 = 0x0001

/** Puts a tag beside the frame (__vlan_hwaccel_put_tag). */
export const vlanHwaccelPutTag = (skb: Skb, proto: number, tci: number): void => {
  skb.vlanProto = proto
  skb.vlanTci = tci
}

/** VLAN identifier of the tag beside the frame, 0 without one. */
export const skbVlanTagId = (skb: Skb): number => (skb.vlanProto === 0 ? 0 : skb.vlanTci & VLAN_VID_MASK)

/** What the octets behind a tag are: an EtherType, or an 802.3 frame with or without LLC (vlan_set_encap_proto). */
const encapProto = (b: Uint8Array, o: number): number => {
  const type = vlanType(b, o)
  if (type >= ETH_P_802_3_MIN) return type
  return getU16(b, o + VLAN_HLEN) === 0xffff ? ETH_P_802_3 : ETH_P_802_2
}

/**
 * Takes the tag at `skb.data` out of the bytes and puts it beside them, unless one stands there already; false when the
 * frame is too short, which ends it (skb_vlan_untag). `skb.protocol` announces the tag; afterwards it says what is behind it.
 */
export const skbVlanUntag = (skb: Skb): boolean => {
  if (skb.vlanProto !== 0) return true
  if (skb.tail - skb.data < VLAN_HLEN + 2) {
    kfreeSkb(skb, DROP.HDR_TRUNC)
    return false
  }
  skbCow(skb)
  const o = skb.data
  vlanHwaccelPutTag(skb, skb.protocol, vlanTci(skb.buf, o))
  skb.protocol = encapProto(skb.buf, o)
  skb.data = o + VLAN_HLEN
  skb.networkHeader = skb.data
  // All in front of the EtherType that announced the tag moves up.
  const mac = skb.macHeader
  skb.buf.copyWithin(mac + VLAN_HLEN, mac, o - ETH_TLEN)
  skb.macHeader = mac + VLAN_HLEN
  return true
}

/** Puts a tag into the bytes of a frame whose Ethernet header is at `skb.data` (vlan_insert_tag). */
export const vlanInsertTag = (skb: Skb, proto: number, tci: number): void => {
  skbCow(skb)
  const from = skb.data
  const to = from - VLAN_HLEN
  if (to < 0) throw new Error(`skb headroom exhausted by ${-to} octets`)
  const { buf } = skb
  buf.copyWithin(to, from, from + MACS)
  putU16(buf, to + MACS, proto)
  putU16(buf, to + MACS + 2, tci)
  skb.data = to
  skb.macHeader = to
}

/** The tag beside a frame becomes part of its bytes, which begin at `skb.data` (__vlan_hwaccel_push_inside). */
export const vlanHwaccelPushInside = (skb: Skb): void => {
  vlanInsertTag(skb, skb.vlanProto, skb.vlanTci)
  skb.protocol = skb.vlanProto
  skb.vlanProto = 0
}

/** True when a device takes a tag of this kind beside the frame (vlan_hw_offload_capable). */
export const vlanHwOffloadCapable = (dev: NetDevice, proto: number): boolean =>
  (proto === ETH_P_8021Q && (dev.features & NETIF_F_HW_VLAN_CTAG_TX) !== 0) ||
  (proto === ETH_P_8021AD && (dev.features & NETIF_F_HW_VLAN_STAG_TX) !== 0)

/**
 * Prepares a packet with a tag beside it for its device: the tag goes into the bytes when the device inserts none of its
 * kind (validate_xmit_vlan). A second tag in the bytes makes no difference.
 */
export const validateXmitVlan = (skb: Skb, dev: NetDevice): void => {
  if (!vlanHwOffloadCapable(dev, skb.vlanProto)) vlanHwaccelPushInside(skb)
}

/**
 * A frame from `start` on with the tag beside it put where it belongs: what a capture shows. A new array; for an skb with
 * a tag only.
 */
export const frameWithVlanTag = (skb: Skb, start: number): Uint8Array => {
  const out = new Uint8Array(skb.tail - start + VLAN_HLEN)
  const rest = Math.min(MACS, skb.tail - start)
  out.set(skb.buf.subarray(start, start + rest))
  putU16(out, MACS, skb.vlanProto)
  putU16(out, MACS + 2, skb.vlanTci)
  out.set(skb.buf.subarray(start + rest, skb.tail), MACS + VLAN_HLEN)
  return out
}
