/**
 * 802.1Q and 802.1ad tags: tag control information and the EtherType that follows.
 *
 * Offsets here are those of the tag itself, the two octets after the EtherType 0x8100 (or 0x88a8).
 * @see include/linux/if_vlan.h
 */

import { getU16, putU16 } from './bytes.js'
import { ETH_P_8021AD, ETH_P_8021Q } from './ethernet.js'
import { offsets, u16 } from './layout.js'
import { inRange, needOctets, NO_OCTETS } from './repr.js'

const F = offsets(4, [u16('tci'), u16('type')])
const TCI = F.tci
const TYPE = F.type

/** Octets that a tag adds to a frame. */
export const VLAN_HLEN: number = F.SIZE
/** Bits of the tag control information that hold the VLAN identifier. */
export const VLAN_VID_MASK = 0x0fff
/** Bit of the tag control information: drop eligible. */
export const VLAN_DEI = 0x1000
/** Shift of the priority in the tag control information. */
export const VLAN_PRIO_SHIFT = 13

/** Tag control information of the tag at `o`. */
export const vlanTci = (b: Uint8Array, o: number): number => getU16(b, o + TCI)
/** VLAN identifier of the tag at `o`. */
export const vlanVid = (b: Uint8Array, o: number): number => getU16(b, o + TCI) & VLAN_VID_MASK
/** Priority of the tag at `o`. */
export const vlanPrio = (b: Uint8Array, o: number): number => getU16(b, o + TCI) >> VLAN_PRIO_SHIFT
/** EtherType after the tag at `o`. */
export const vlanType = (b: Uint8Array, o: number): number => getU16(b, o + TYPE)
/** Whether a tag at `off` is complete before `end`. */
export const vlanOk = (_b: Uint8Array, off: number, end: number): boolean => end - off >= VLAN_HLEN
/**
 * Whether an EtherType announces a tag.
 * @see include/linux/if_vlan.h eth_type_vlan
 */
export const isVlanType = (type: number): boolean => type === ETH_P_8021Q || type === ETH_P_8021AD

/** Writes a tag at `o`. */
export const putVlan = (b: Uint8Array, o: number, tci: number, type: number): void => {
  putU16(b, o + TCI, tci)
  putU16(b, o + TYPE, type)
}

/** A tag as an object. */
export interface VlanRepr {
  /** VLAN identifier, 0 to 4095. */
  readonly vid: number
  /** Priority, 0 to 7. */
  readonly prio: number
  /** Whether the frame may be dropped first. */
  readonly dei: boolean
  /** EtherType behind the tag. */
  readonly type: number
}

/** Tag at `off` (behind the EtherType that announces it) as an object; throws `EDECODE` when it is truncated. */
export const parseVlan = (b: Uint8Array, off = 0, end: number = b.length): VlanRepr => {
  needOctets('vlan', off, end, VLAN_HLEN)
  const dei = (vlanTci(b, off) & VLAN_DEI) !== 0
  return { vid: vlanVid(b, off), prio: vlanPrio(b, off), dei, type: vlanType(b, off) }
}

/** Octets of a tag and `payload`; throws `EINVAL` for a number that does not fit. */
export const emitVlan = (repr: VlanRepr, payload: Uint8Array = NO_OCTETS): Uint8Array => {
  const b = new Uint8Array(VLAN_HLEN + payload.length)
  const prio = inRange('vlan.prio', repr.prio, 7) << VLAN_PRIO_SHIFT
  const tci = prio | (repr.dei ? VLAN_DEI : 0) | inRange('vlan.vid', repr.vid, VLAN_VID_MASK)
  putVlan(b, 0, tci, inRange('vlan.type', repr.type, 0xffff))
  b.set(payload, VLAN_HLEN)
  return b
}
