/**
 * Ethernet addresses: a 48-bit non-negative number inside netloom, text for people.
 *
 * Tables that are read per frame use the two halves (`macHiAt`, `macLoAt`), which stay small integers; the whole number
 * is a double.
 */

import { NetloomError } from '../errors.js'
import { putU16, putU32 } from './bytes.js'

/** ff:ff:ff:ff:ff:ff. */
export const MAC_BROADCAST: number = 0xffffffffffff
/** 00:00:00:00:00:00. */
export const MAC_ZERO: number = 0

const TWO32 = 4294967296
const MAC_TEXT = /^[0-9a-f]{1,2}(?:([:-])[0-9a-f]{1,2})(?:\1[0-9a-f]{1,2}){4}$/i

/**
 * MAC from text of six groups of one or two hexadecimal digits between colons (or hyphens).
 *
 * Throws `EINVAL` with the text in `context.text`.
 */
export const parseMac = (text: string): number => {
  if (!MAC_TEXT.test(text)) throw new NetloomError('EINVAL', `"${text}" is invalid lladdr.`, { text })
  let mac = 0
  for (const part of text.split(/[:-]/)) mac = mac * 256 + Number.parseInt(part, 16)
  return mac
}

/** Whether `parseMac` takes the text. */
export const isMacText = (text: string): boolean => MAC_TEXT.test(text)

const hex2 = (n: number): string => (n < 16 ? '0' : '') + n.toString(16)

/** Text of a MAC as all tools print it: six groups of two lower-case digits. */
export const formatMac = (mac: number): string => {
  const hi = macHi(mac)
  const lo = macLo(mac)
  return [hi >> 8, hi & 255, lo >>> 24, (lo >>> 16) & 255, (lo >>> 8) & 255, lo & 255].map(hex2).join(':')
}

/** Upper 16 bits of a MAC. */
export const macHi = (mac: number): number => (mac / TWO32) | 0
/** Lower 32 bits of a MAC as int32. */
export const macLo = (mac: number): number => mac | 0
/** MAC from its upper 16 and lower 32 bits. */
export const macFrom = (hi: number, lo: number): number => hi * TWO32 + (lo >>> 0)

/** MAC at `o`. */
export const macAt = (b: Uint8Array, o: number): number => macHiAt(b, o) * TWO32 + (macLoAt(b, o) >>> 0)
/** Upper 16 bits of the MAC at `o`. */
export const macHiAt = (b: Uint8Array, o: number): number => (b[o]! << 8) | b[o + 1]!
/** Lower 32 bits of the MAC at `o` as int32. */
export const macLoAt = (b: Uint8Array, o: number): number =>
  (b[o + 2]! << 24) | (b[o + 3]! << 16) | (b[o + 4]! << 8) | b[o + 5]!

/** Writes a MAC at `o`. */
export const putMac = (b: Uint8Array, o: number, mac: number): void => {
  putU16(b, o, macHi(mac))
  putU32(b, o + 2, macLo(mac))
}

/** Writes a MAC that is given in halves. */
export const putMacHalves = (b: Uint8Array, o: number, hi: number, lo: number): void => {
  b[o] = hi >> 8
  b[o + 1] = hi
  b[o + 2] = lo >> 24
  b[o + 3] = lo >> 16
  b[o + 4] = lo >> 8
  b[o + 5] = lo
}

/** Copies the MAC at `from` of `src` to `to` of `dst`. */
export const copyMac = (dst: Uint8Array, to: number, src: Uint8Array, from: number): void => {
  dst[to] = src[from]!
  dst[to + 1] = src[from + 1]!
  dst[to + 2] = src[from + 2]!
  dst[to + 3] = src[from + 3]!
  dst[to + 4] = src[from + 4]!
  dst[to + 5] = src[from + 5]!
}

/**
 * Whether the MAC at `o` is a group address (broadcast included).
 * @see include/linux/etherdevice.h is_multicast_ether_addr
 */
export const isMulticastAt = (b: Uint8Array, o: number): boolean => (b[o]! & 1) !== 0

/**
 * Whether the MAC at `o` is ff:ff:ff:ff:ff:ff.
 * @see include/linux/etherdevice.h is_broadcast_ether_addr
 */
export const isBroadcastAt = (b: Uint8Array, o: number): boolean =>
  (b[o]! & b[o + 1]! & b[o + 2]! & b[o + 3]! & b[o + 4]! & b[o + 5]!) === 0xff

/** Whether the MAC at `o` is 00:00:00:00:00:00. */
export const isZeroAt = (b: Uint8Array, o: number): boolean =>
  (b[o]! | b[o + 1]! | b[o + 2]! | b[o + 3]! | b[o + 4]! | b[o + 5]!) === 0

/** Whether the MAC at `o` is `mac`. */
export const isMacAt = (b: Uint8Array, o: number, mac: number): boolean =>
  macLoAt(b, o) === (mac | 0) && macHiAt(b, o) === macHi(mac)

/**
 * Whether the MAC at `o` is in 01:80:c2:00:00:00..0f, which bridges do not forward.
 * @see include/linux/etherdevice.h is_link_local_ether_addr
 */
export const isLinkLocalAt = (b: Uint8Array, o: number): boolean =>
  macHiAt(b, o) === 0x0180 && (macLoAt(b, o) & 0xfffffff0) === (0xc2000000 | 0)

/** Whether a MAC is a group address (broadcast included). */
export const isMulticastMac = (mac: number): boolean => (macHi(mac) & 0x100) !== 0

/** Whether a MAC is 00:00:00:00:00:00. */
export const isZeroMac = (mac: number): boolean => mac === 0

/**
 * Whether a device may have the MAC: neither a group address nor zero.
 * @see include/linux/etherdevice.h is_valid_ether_addr
 */
export const isValidMac = (mac: number): boolean => mac !== 0 && !isMulticastMac(mac)
