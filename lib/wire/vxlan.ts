/**
 * The VXLAN header (RFC 7348).
 * @see include/net/vxlan.h
 */

import { getU24, putU24, putU32 } from './bytes.js'
import { octets, offsets, u8, u24 } from './layout.js'
import { inRange, needOctets, NO_OCTETS } from './repr.js'

const F = offsets(8, [u8('flags'), octets('reserved1', 3), u24('vni'), u8('reserved2')])
const FLAGS = F.flags
const VNI = F.vni

/** Octets of a VXLAN header. */
export const VXLAN_HLEN: number = F.SIZE
/** Flag: the VNI is valid. */
export const VXLAN_F_VNI = 0x08
/** UDP port that IANA assigned to VXLAN. */
export const VXLAN_PORT_IANA = 4789
/** UDP port that Linux uses when none is given. */
export const VXLAN_PORT_LINUX = 8472

/** Flags of the VXLAN header at `o`. */
export const vxlanFlags = (b: Uint8Array, o: number): number => b[o + FLAGS]!
/** Network identifier of the VXLAN header at `o`. */
export const vxlanVni = (b: Uint8Array, o: number): number => getU24(b, o + VNI)
/** Whether a VXLAN header at `off` is complete before `end` and has a valid VNI. */
export const vxlanOk = (b: Uint8Array, off: number, end: number): boolean =>
  end - off >= VXLAN_HLEN && (b[off + FLAGS]! & VXLAN_F_VNI) !== 0

/** Writes a VXLAN header at `o`. */
export const putVxlan = (b: Uint8Array, o: number, vni: number): void => {
  putU32(b, o + FLAGS, VXLAN_F_VNI << 24)
  putU24(b, o + VNI, vni)
  b[o + VNI + 3] = 0
}

/** A VXLAN header as an object. */
export interface VxlanRepr {
  /** Flags; {@link VXLAN_F_VNI} when absent. */
  readonly flags?: number
  /** Network identifier, 0 to 2^24 - 1. */
  readonly vni: number
}

/** VXLAN header at `off` as an object; throws `EDECODE` when it is truncated. */
export const parseVxlan = (b: Uint8Array, off = 0, end: number = b.length): VxlanRepr => {
  needOctets('vxlan', off, end, VXLAN_HLEN)
  return { flags: vxlanFlags(b, off), vni: vxlanVni(b, off) }
}

/** Octets of a header (reserved octets 0) and the inner frame; throws `EINVAL` for a number that does not fit. */
export const emitVxlan = (repr: VxlanRepr, frame: Uint8Array = NO_OCTETS): Uint8Array => {
  const b = new Uint8Array(VXLAN_HLEN + frame.length)
  putVxlan(b, 0, inRange('vxlan.vni', repr.vni, 0xffffff))
  b[FLAGS] = inRange('vxlan.flags', repr.flags ?? VXLAN_F_VNI, 0xff)
  b.set(frame, VXLAN_HLEN)
  return b
}
