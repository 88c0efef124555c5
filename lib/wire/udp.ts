/**
 * The UDP header (RFC 768).
 * @see include/uapi/linux/udp.h, net/ipv4/udp.c
 */

import { getU16, putU16 } from './bytes.js'
import { csumTcpUdp } from './checksum.js'
import { IPPROTO_UDP } from './ipv4.js'
import { offsets, u16 } from './layout.js'
import { fieldError, inRange, needOctets, NO_OCTETS, type PseudoHeader } from './repr.js'

const F = offsets(8, [u16('sport'), u16('dport'), u16('len'), u16('csum')])
const SPORT = F.sport
const DPORT = F.dport
const LEN = F.len
const CSUM = F.csum

/** Octets of a UDP header. */
export const UDP_HLEN: number = F.SIZE

/** Source port of the UDP header at `o`. */
export const udpSport = (b: Uint8Array, o: number): number => getU16(b, o + SPORT)
/** Destination port of the UDP header at `o`. */
export const udpDport = (b: Uint8Array, o: number): number => getU16(b, o + DPORT)
/** Length in octets, header included, of the UDP header at `o`. */
export const udpLen = (b: Uint8Array, o: number): number => getU16(b, o + LEN)
/** Checksum field of the UDP header at `o`; 0 when the sender made none. */
export const udpCsum = (b: Uint8Array, o: number): number => getU16(b, o + CSUM)

/**
 * Whether the header at `off` is complete before `end` and its length field is between 8 and what is there.
 * @see net/ipv4/udp.c __udp4_lib_rcv
 */
export const udpOk = (b: Uint8Array, off: number, end: number): boolean => {
  if (end - off < UDP_HLEN) return false
  const len = getU16(b, off + LEN)
  return len >= UDP_HLEN && len <= end - off
}

/** Whether the checksum of the datagram of `len` octets at `o` is right or absent. */
export const udpCsumOk = (b: Uint8Array, o: number, len: number, saddr: number, daddr: number): boolean =>
  getU16(b, o + CSUM) === 0 || csumTcpUdp(b, o, len, saddr, daddr, IPPROTO_UDP) === 0

/** Writes a UDP header at `o` with checksum 0; `len` counts header and payload. */
export const putUdp = (b: Uint8Array, o: number, sport: number, dport: number, len: number): void => {
  putU16(b, o + SPORT, sport)
  putU16(b, o + DPORT, dport)
  putU16(b, o + LEN, len)
  putU16(b, o + CSUM, 0)
}

/** Writes the checksum of the datagram of `len` octets at `o`; a sum of 0 is sent as 0xffff. */
export const putUdpCsum = (b: Uint8Array, o: number, len: number, saddr: number, daddr: number): void => {
  putU16(b, o + CSUM, 0)
  const csum = csumTcpUdp(b, o, len, saddr, daddr, IPPROTO_UDP)
  putU16(b, o + CSUM, csum === 0 ? 0xffff : csum)
}

/** Writes the checksum field of the UDP header at `o`. */
export const putUdpCsumField = (b: Uint8Array, o: number, csum: number): void => putU16(b, o + CSUM, csum)

/** A UDP header as an object. */
export interface UdpRepr {
  /** Source port. */
  readonly sport: number
  /** Destination port. */
  readonly dport: number
  /** Length in octets; that of header and payload when absent. */
  readonly len?: number
  /** Checksum, 0 for none; the right one when absent. */
  readonly csum?: number
}

/**
 * UDP header at `off` as an object; throws `EDECODE` when it is truncated or its length cannot be. With `isQuoted` the
 * length may reach behind `end`, as in an ICMP error.
 */
export const parseUdp = (b: Uint8Array, off = 0, end: number = b.length, isQuoted = false): UdpRepr => {
  needOctets('udp', off, end, UDP_HLEN)
  const len = udpLen(b, off)
  if (len < UDP_HLEN) throw fieldError('udp.len', len, off + LEN, `shorter than the header (${UDP_HLEN})`)
  if (len > end - off && !isQuoted)
    throw fieldError('udp.len', len, off + LEN, `longer than what is there (${end - off})`)
  return { sport: udpSport(b, off), dport: udpDport(b, off), len, csum: udpCsum(b, off) }
}

/**
 * Octets of a header and `payload`; throws `EINVAL` for a number that does not fit. Without `csum` and `pseudo` the
 * checksum is 0, none.
 */
export const emitUdp = (repr: UdpRepr, payload: Uint8Array = NO_OCTETS, pseudo?: PseudoHeader): Uint8Array => {
  const b = new Uint8Array(UDP_HLEN + payload.length)
  const len = inRange('udp.len', repr.len ?? b.length, 0xffff)
  putUdp(b, 0, inRange('udp.sport', repr.sport, 0xffff), inRange('udp.dport', repr.dport, 0xffff), len)
  b.set(payload, UDP_HLEN)
  if (repr.csum !== undefined) putU16(b, CSUM, inRange('udp.csum', repr.csum, 0xffff))
  else if (pseudo !== undefined) putUdpCsum(b, 0, b.length, pseudo.saddr, pseudo.daddr)
  return b
}
