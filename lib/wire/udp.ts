/**
 * The UDP header (RFC 768).
 * @see include/uapi/linux/udp.h, net/ipv4/udp.c
 */

import { getU16, putU16 } from './bytes.js'
import { csumTcpUdp } from './checksum.js'
import { IPPROTO_UDP } from './ipv4.js'
import { offsets, u16 } from './layout.js'

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
