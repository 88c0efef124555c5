/**
 * IPv4 addresses: an int32 inside netloom (255.255.255.255 is -1), text for people. The only user of ipaddr.js.
 *
 * Three readings of text, because the tools differ: the library takes four decimal parts only, iproute2 fills missing
 * parts with zeros on the right (`10.1/16` is 10.1.0.0/16), libc's inet_aton lets the last part fill the rest (`10.1` is
 * 10.0.0.1).
 */

import ipaddr from 'ipaddr.js'
import { NetloomError } from '../errors.js'

/** 0.0.0.0: any address. */
export const INADDR_ANY: number = 0
/** 255.255.255.255: the limited broadcast address. */
export const INADDR_BROADCAST: number = -1
/** 127.0.0.1. */
export const INADDR_LOOPBACK: number = 0x7f000001

/** An IPv4 address with a prefix length in bits. Host bits of `addr` are kept. */
export interface Prefix {
  readonly addr: number
  readonly len: number
}

const fromOctets = (o: readonly number[]): number => (o[0]! << 24) | (o[1]! << 16) | (o[2]! << 8) | o[3]!

const badAddress = (text: string): NetloomError =>
  new NetloomError('EINVAL', `inet address is expected rather than "${text}".`, { text })

const badPrefix = (text: string): NetloomError =>
  new NetloomError('EINVAL', `inet prefix is expected rather than "${text}".`, { text })

/** Whether the text is four decimal parts, the form that {@link parseIpv4} takes. */
export const isIpv4Text = (text: string): boolean => ipaddr.IPv4.isValidFourPartDecimal(text)

/** Address of four decimal parts without zeros in front; null for anything else, which may be one as well. */
const plainIpv4 = (text: string): number | null => {
  let addr = 0
  let part = 0
  let digits = 0
  let dots = 0
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c >= 48 && c <= 57) {
      if (digits > 0 && part === 0) return null
      part = part * 10 + (c - 48)
      if (++digits > 3 || part > 255) return null
      continue
    }
    if (c !== 46 || digits === 0 || ++dots > 3) return null
    addr = (addr << 8) | part
    part = 0
    digits = 0
  }
  return dots === 3 && digits > 0 ? (addr << 8) | part : null
}

/** Address from four decimal parts; throws `EINVAL` with the text in `context.text` for any other form. */
export const parseIpv4 = (text: string): number => {
  const plain = plainIpv4(text)
  if (plain !== null) return plain
  if (!isIpv4Text(text)) throw badAddress(text)
  return fromOctets(ipaddr.IPv4.parse(text).octets)
}

/**
 * Address as iproute2 reads it: one to four parts, decimal, octal or hexadecimal, missing parts zero on the right.
 *
 * Throws `EINVAL` with the text in `context.text`.
 * @see iproute2 lib/utils.c get_addr_ipv4
 */
export const parseIpv4Lenient = (text: string): number => {
  const parts = text.split('.')
  while (parts.length < 4) parts.push('0')
  const full = parts.join('.')
  if (parts.length > 4 || !ipaddr.IPv4.isValid(full)) throw badAddress(text)
  return fromOctets(ipaddr.IPv4.parse(full).octets)
}

/**
 * Address as libc's inet_aton reads it (ping, nc, arping): the last of one to four parts fills what is left.
 *
 * Throws `EINVAL` with the text in `context.text`.
 */
export const parseIpv4Aton = (text: string): number => {
  if (!ipaddr.IPv4.isValid(text)) throw badAddress(text)
  return fromOctets(ipaddr.IPv4.parse(text).octets)
}

/** Dotted text of an address. */
export const formatIpv4 = (addr: number): string =>
  `${addr >>> 24}.${(addr >>> 16) & 255}.${(addr >>> 8) & 255}.${addr & 255}`

/** Mask with `len` leading ones as int32; `len` from 0 to 32. */
export const maskOf = (len: number): number => (len === 0 ? 0 : -1 << (32 - len))

/** Number of leading ones of a mask, or -1 when ones follow a zero. */
export const prefixLenOf = (mask: number): number => {
  const len = Math.clz32(~mask)
  return maskOf(len) === mask ? len : -1
}

const parseLen = (text: string, whole: string): number => {
  if (/^\d{1,2}$/.test(text) && Number(text) <= 32) return Number(text)
  if (!isIpv4Text(text)) throw badPrefix(whole)
  const len = prefixLenOf(parseIpv4(text))
  if (len < 0) throw badPrefix(whole)
  return len
}

const parsePrefixWith = (text: string, parse: (text: string) => number): Prefix => {
  if (text === 'default' || text === 'any' || text === 'all') return { addr: 0, len: 0 }
  const slash = text.indexOf('/')
  try {
    if (slash < 0) return { addr: parse(text), len: 32 }
    return { addr: parse(text.slice(0, slash)), len: parseLen(text.slice(slash + 1), text) }
  } catch {
    throw badPrefix(text)
  }
}

/**
 * Prefix from `ADDR/LEN`, `ADDR/MASK`, `ADDR` (length 32) or `default` (0.0.0.0/0); `ADDR` has four decimal parts.
 *
 * Throws `EINVAL` with the text in `context.text`.
 */
export const parsePrefix = (text: string): Prefix => parsePrefixWith(text, parseIpv4)

/**
 * Prefix as iproute2 reads it: as {@link parsePrefix}, missing parts of the address are zero.
 * @see iproute2 lib/utils.c get_prefix_1
 */
export const parsePrefixLenient = (text: string): Prefix => parsePrefixWith(text, parseIpv4Lenient)

/** Text `ADDR/LEN`. */
export const formatPrefix = (p: Prefix): string => `${formatIpv4(p.addr)}/${p.len}`

/**
 * Whether an address is in 224.0.0.0/4.
 * @see include/linux/in.h ipv4_is_multicast
 */
export const isMulticast4 = (addr: number): boolean => (addr & 0xf0000000) === (0xe0000000 | 0)

/** Whether an address is in 224.0.0.0/24, which is never forwarded. */
export const isLocalMulticast4 = (addr: number): boolean => (addr & 0xffffff00) === (0xe0000000 | 0)

/** Whether an address is 255.255.255.255. */
export const isBroadcast = (addr: number): boolean => addr === -1

/** Whether an address is in 127.0.0.0/8. */
export const isLoopback4 = (addr: number): boolean => (addr & 0xff000000) === 0x7f000000

/** Whether an address is 0.0.0.0; the rest of 0.0.0.0/8 is as good as any other (since Linux 5.3). */
export const isZeronet = (addr: number): boolean => addr === 0

/** Whether an address is in 169.254.0.0/16. */
export const isLinkLocal4 = (addr: number): boolean => (addr & 0xffff0000) === (0xa9fe0000 | 0)

/** MAC of a multicast address: 01:00:5e and the low 23 bits (RFC 1112). */
export const ipMulticastMac = (addr: number): number => 0x01005e000000 + (addr & 0x7fffff)

/** The 16 octets of an IPv6 address from any of its text forms; throws `EINVAL` with the text in `context.text`. */
export const parseIpv6 = (text: string): Uint8Array => {
  if (!ipaddr.IPv6.isValid(text) || text.includes('%'))
    throw new NetloomError('EINVAL', `inet6 address is expected rather than "${text}".`, { text })
  return Uint8Array.from(ipaddr.IPv6.parse(text).toByteArray())
}

/** Text of the IPv6 address at `o`, in the form of RFC 5952. */
export const formatIpv6 = (b: Uint8Array, o: number): string =>
  new ipaddr.IPv6(Array.from(b.subarray(o, o + 16))).toRFC5952String()
