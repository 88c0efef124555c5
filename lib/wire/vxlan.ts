/**
 * The VXLAN header (RFC 7348).
 * @see include/net/vxlan.h
 */

import { getU24, putU24, putU32 } from './bytes.js'
import { octets, offsets, u8, u24 } from './layout.js'

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
