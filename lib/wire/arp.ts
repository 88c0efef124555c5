/**
 * ARP for IPv4 over Ethernet (RFC 826).
 *
 * Other hardware and protocol types are refused by `arpOk`, as the kernel does for an Ethernet device.
 * @see include/uapi/linux/if_arp.h, net/ipv4/arp.c arp_rcv arp_process
 */

import { getU16, getU32, putU16, putU32 } from './bytes.js'
import { ETH_ALEN, ETH_P_IP } from './ethernet.js'
import { offsets, u8, u16, u32, u48 } from './layout.js'
import { formatIpv4, parseIpv4 } from './ip.js'
import { formatMac, macAt, parseMac, putMac } from './mac.js'
import { fieldError, inRange, needOctets } from './repr.js'

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

/** An ARP packet for IPv4 over Ethernet as an object. */
export interface ArpRepr {
  /** Hardware type; Ethernet (1) when absent. */
  readonly hrd?: number
  /** Operation, for example {@link ARPOP_REQUEST}. */
  readonly op: number
  /** Sender's MAC. */
  readonly sha: string
  /** Sender's address. */
  readonly spa: string
  /** Target's MAC. */
  readonly tha: string
  /** Target's address. */
  readonly tpa: string
}

const checkArp = (b: Uint8Array, off: number, end: number): void => {
  needOctets('arp', off, end, ARP_HLEN)
  const hrd = getU16(b, off + HRD)
  if (hrd !== ARPHRD_ETHER && hrd !== ARPHRD_IEEE802) throw fieldError('arp.hrd', hrd, off + HRD, 'not Ethernet')
  const pro = getU16(b, off + PRO)
  if (pro !== ETH_P_IP) throw fieldError('arp.pro', pro, off + PRO, 'not IPv4')
  const hln = b[off + HLN]!
  if (hln !== ETH_ALEN) throw fieldError('arp.hln', hln, off + HLN, `a MAC has ${ETH_ALEN} octets`)
  const pln = b[off + PLN]!
  if (pln !== 4) throw fieldError('arp.pln', pln, off + PLN, 'an IPv4 address has 4 octets')
}

/** ARP packet at `off` as an object; throws `EDECODE` when it is truncated or not for IPv4 over Ethernet. */
export const parseArp = (b: Uint8Array, off = 0, end: number = b.length): ArpRepr => {
  checkArp(b, off, end)
  const hrd = arpHrd(b, off)
  return {
    ...(hrd === ARPHRD_ETHER ? {} : { hrd }),
    op: arpOp(b, off),
    sha: formatMac(arpSha(b, off)),
    spa: formatIpv4(arpSpa(b, off)),
    tha: formatMac(arpTha(b, off)),
    tpa: formatIpv4(arpTpa(b, off)),
  }
}

/** Octets of an ARP packet; throws `EINVAL` for an address or number that cannot be. */
export const emitArp = (repr: ArpRepr): Uint8Array => {
  const b = new Uint8Array(ARP_HLEN)
  const op = inRange('arp.op', repr.op, 0xffff)
  putArp(b, 0, op, parseMac(repr.sha), parseIpv4(repr.spa), parseMac(repr.tha), parseIpv4(repr.tpa))
  putU16(b, HRD, inRange('arp.hrd', repr.hrd ?? ARPHRD_ETHER, 0xffff))
  return b
}
