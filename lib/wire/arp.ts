/**
 * ARP for IPv4 over Ethernet (RFC 826).
 *
 * Other hardware and protocol types are refused by `arpOk`, as the kernel does for an Ethernet device.
 * @see include/uapi/linux/if_arp.h, net/ipv4/arp.c arp_rcv arp_process
 */

import { getU16, getU32, putU16, putU32 } from './bytes.js'
import { ETH_ALEN, ETH_P_IP } from './ethernet.js'
import { offsets, u8, u16, u32, u48 } from './layout.js'
import { macAt, putMac } from './mac.js'

const F = offsets(28, [
  u16('hrd'),
  u16('pro'),
  u8('hln'),
  u8('pln'),
  u16('op'),
  u48('sha'),
  u32('spa'),
  u48('tha'),
  u32('tpa'),
])
const HRD = F.hrd
const PRO = F.pro
const HLN = F.hln
const PLN = F.pln
const OP = F.op
const SHA = F.sha
const SPA = F.spa
const THA = F.tha
const TPA = F.tpa

/** Octets of an ARP packet for IPv4 over Ethernet. */
export const ARP_HLEN: number = F.SIZE
/** Operation: request. */
export const ARPOP_REQUEST = 1
/** Operation: reply. */
export const ARPOP_REPLY = 2
/** Operation: reverse request. */
export const ARPOP_RREQUEST = 3
/** Operation: reverse reply. */
export const ARPOP_RREPLY = 4
/** Operation: inverse request. */
export const ARPOP_InREQUEST = 8
/** Operation: inverse reply. */
export const ARPOP_InREPLY = 9
/** Operation: negative acknowledgement. */
export const ARPOP_NAK = 10
/** Hardware type: Ethernet. */
export const ARPHRD_ETHER = 1
/** Hardware type: IEEE 802.2, taken for Ethernet. */
export const ARPHRD_IEEE802 = 6
/** Hardware type of the loop-back device. */
export const ARPHRD_LOOPBACK = 772
/** Hardware type of devices without link layer, such as tun. */
export const ARPHRD_NONE = 0xfffe

/** Hardware type of the ARP packet at `o`. */
export const arpHrd = (b: Uint8Array, o: number): number => getU16(b, o + HRD)
/** Protocol type of the ARP packet at `o`. */
export const arpPro = (b: Uint8Array, o: number): number => getU16(b, o + PRO)
/** Octets of a hardware address in the ARP packet at `o`. */
export const arpHln = (b: Uint8Array, o: number): number => b[o + HLN]!
/** Octets of a protocol address in the ARP packet at `o`. */
export const arpPln = (b: Uint8Array, o: number): number => b[o + PLN]!
/** Operation of the ARP packet at `o`. */
export const arpOp = (b: Uint8Array, o: number): number => getU16(b, o + OP)
/** Sender's MAC of the ARP packet at `o`. */
export const arpSha = (b: Uint8Array, o: number): number => macAt(b, o + SHA)
/** Sender's address of the ARP packet at `o`, int32. */
export const arpSpa = (b: Uint8Array, o: number): number => getU32(b, o + SPA)
/** Target's MAC of the ARP packet at `o`. */
export const arpTha = (b: Uint8Array, o: number): number => macAt(b, o + THA)
/** Target's address of the ARP packet at `o`, int32. */
export const arpTpa = (b: Uint8Array, o: number): number => getU32(b, o + TPA)
/** Offset of the sender's MAC of the ARP packet at `o`. */
export const arpShaOff = (o: number): number => o + SHA
/** Offset of the target's MAC of the ARP packet at `o`. */
export const arpThaOff = (o: number): number => o + THA

/**
 * Whether the ARP packet at `off` is complete before `end` and is for IPv4 over Ethernet; the operation is not looked at.
 * @see net/ipv4/arp.c arp_rcv arp_process
 */
export const arpOk = (b: Uint8Array, off: number, end: number): boolean =>
  end - off >= ARP_HLEN &&
  b[off + HLN] === ETH_ALEN &&
  b[off + PLN] === 4 &&
  (getU16(b, off + HRD) === ARPHRD_ETHER || getU16(b, off + HRD) === ARPHRD_IEEE802) &&
  getU16(b, off + PRO) === ETH_P_IP

/** Writes an ARP packet for IPv4 over Ethernet at `o`. */
export const putArp = (
  b: Uint8Array,
  o: number,
  op: number,
  sha: number,
  spa: number,
  tha: number,
  tpa: number,
): void => {
  putU16(b, o + HRD, ARPHRD_ETHER)
  putU16(b, o + PRO, ETH_P_IP)
  b[o + HLN] = ETH_ALEN
  b[o + PLN] = 4
  putU16(b, o + OP, op)
  putMac(b, o + SHA, sha)
  putU32(b, o + SPA, spa)
  putMac(b, o + THA, tha)
  putU32(b, o + TPA, tpa)
}
