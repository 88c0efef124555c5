/**
 * 802.1Q and 802.1ad tags: tag control information and the EtherType that follows.
 *
 * Offsets here are those of the tag itself, the two octets after the EtherType 0x8100 (or 0x88a8).
 * @see include/linux/if_vlan.h
 */

import { getU16, putU16 } from './bytes.js'
import { ETH_P_8021AD, ETH_P_8021Q } from './ethernet.js'
import { offsets, u16 } from './layout.js'

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
