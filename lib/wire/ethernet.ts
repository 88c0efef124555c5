/**
 * Ethernet II: addresses and EtherType.
 *
 * IEEE 802.3 frames with a length instead of a type are recognised (`ETH_P_802_3_MIN`), their LLC is not taken apart.
 * @see include/uapi/linux/if_ether.h, net/ethernet/eth.c
 */

import { getU16, putU16 } from './bytes.js'
import { offsets, u16, u48 } from './layout.js'
import { formatMac, parseMac, putMac } from './mac.js'
import { inRange, needOctets, NO_OCTETS } from './repr.js'

const F = offsets(14, [u48('dst'), u48('src'), u16('type')])
const DST = F.dst
const SRC = F.src
const TYPE = F.type

/** Octets of an Ethernet header. */
export const ETH_HLEN: number = F.SIZE
/** Octets of a MAC. */
export const ETH_ALEN: number = F.src - F.dst
/** Octets of payload of a frame on a physical wire, at most. */
export const ETH_DATA_LEN = 1500
/** Octets of payload that a device may be set to carry, at least. */
export const ETH_MIN_MTU = 68
/** Octets of payload that a device may be set to carry, at most. */
export const ETH_MAX_MTU = 0xffff
/** Octets of the shortest frame on a physical wire, without frame check sequence. */
export const ETH_ZLEN = 60
/** Octets of the longest frame on a physical wire, without frame check sequence. */
export const ETH_FRAME_LEN = 1514
/** Octets of the frame check sequence; a veth accepts frames that are longer by them. */
export const ETH_FCS_LEN = 4

/** EtherType: a loop-back test packet. */
export const ETH_P_LOOP = 0x0060
/** EtherType: IPv4. */
export const ETH_P_IP = 0x0800
/** EtherType: ARP. */
export const ETH_P_ARP = 0x0806
/** EtherType: transparent Ethernet bridging. */
export const ETH_P_TEB = 0x6558
/** EtherType: reverse ARP. */
export const ETH_P_RARP = 0x8035
/** EtherType: an 802.1Q tag. */
export const ETH_P_8021Q = 0x8100
/** EtherType: IPv6. */
export const ETH_P_IPV6 = 0x86dd
/** EtherType: pause frames. */
export const ETH_P_PAUSE = 0x8808
/** EtherType: slow protocols (LACP). */
export const ETH_P_SLOW = 0x8809
/** EtherType: PPPoE session. */
export const ETH_P_PPP_SES = 0x8864
/** EtherType: an 802.1ad service tag. */
export const ETH_P_8021AD = 0x88a8
/** EtherType: link layer discovery. */
export const ETH_P_LLDP = 0x88cc
/** Smallest number that is an EtherType; anything smaller is a length of IEEE 802.3. */
export const ETH_P_802_3_MIN = 0x0600
/** Pseudo-type of the kernel: every frame. */
export const ETH_P_ALL = 0x0003
/** Pseudo-type of the kernel: an IEEE 802.2 frame (length instead of a type). */
export const ETH_P_802_2 = 0x0004

/** Offset of the destination MAC of the Ethernet header at `o`; see `macAt`, `macHiAt`, `macLoAt`. */
export const ethDstOff = (o: number): number => o + DST
/** Offset of the source MAC of the Ethernet header at `o`. */
export const ethSrcOff = (o: number): number => o + SRC

/** Destination MAC of the Ethernet header at `o`. */
export const ethDst = (b: Uint8Array, o: number): number =>
  ((b[o + DST]! << 8) | b[o + DST + 1]!) * 4294967296 +
  (((b[o + DST + 2]! << 24) | (b[o + DST + 3]! << 16) | (b[o + DST + 4]! << 8) | b[o + DST + 5]!) >>> 0)

/** Source MAC of the Ethernet header at `o`. */
export const ethSrc = (b: Uint8Array, o: number): number =>
  ((b[o + SRC]! << 8) | b[o + SRC + 1]!) * 4294967296 +
  (((b[o + SRC + 2]! << 24) | (b[o + SRC + 3]! << 16) | (b[o + SRC + 4]! << 8) | b[o + SRC + 5]!) >>> 0)

/** EtherType (or 802.3 length) of the Ethernet header at `o`. */
export const ethType = (b: Uint8Array, o: number): number => getU16(b, o + TYPE)

/** Whether an Ethernet header at `off` is complete before `end`. */
export const ethOk = (_b: Uint8Array, off: number, end: number): boolean => end - off >= ETH_HLEN

/** Writes the EtherType of the Ethernet header at `o`. */
export const putEthType = (b: Uint8Array, o: number, type: number): void => putU16(b, o + TYPE, type)

/** Writes an Ethernet header at `o`. */
export const putEth = (b: Uint8Array, o: number, dst: number, src: number, type: number): void => {
  putMac(b, o + DST, dst)
  putMac(b, o + SRC, src)
  putU16(b, o + TYPE, type)
}

/** An Ethernet header as an object. */
export interface EthRepr {
  /** Destination MAC. */
  readonly dst: string
  /** Source MAC. */
  readonly src: string
  /** EtherType, or a length of IEEE 802.3. */
  readonly type: number
}

/** Ethernet header at `off` as an object; throws `EDECODE` when it is truncated. */
export const parseEth = (b: Uint8Array, off = 0, end: number = b.length): EthRepr => {
  needOctets('eth', off, end, ETH_HLEN)
  return { dst: formatMac(ethDst(b, off)), src: formatMac(ethSrc(b, off)), type: ethType(b, off) }
}

/** Octets of a header and `payload`; throws `EINVAL` for a MAC or type that cannot be. */
export const emitEth = (repr: EthRepr, payload: Uint8Array = NO_OCTETS): Uint8Array => {
  const b = new Uint8Array(ETH_HLEN + payload.length)
  putEth(b, 0, parseMac(repr.dst), parseMac(repr.src), inRange('eth.type', repr.type, 0xffff))
  b.set(payload, ETH_HLEN)
  return b
}
