/**
 * The IPv4 header (RFC 791): fields, checks of the receive path, and the writes that forwarding needs.
 *
 * Options are in `ipv4-options.ts`.
 * @see include/uapi/linux/ip.h, net/ipv4/ip_input.c ip_rcv_core
 */

import { fail } from '../errors.js'
import { getU16, getU32, putU16, putU32 } from './bytes.js'
import { csumFold, csumReplace2, ipFastCsum } from './checksum.js'
import { formatIpv4, parseIpv4 } from './ip.js'
import { offsets, u8, u16, u32 } from './layout.js'
import { fieldError, inRange, needOctets, NO_OCTETS } from './repr.js'

const F = offsets(20, [
  u8('verIhl'),
  u8('tos'),
  u16('totLen'),
  u16('id'),
  u16('fragOff'),
  u8('ttl'),
  u8('proto'),
  u16('csum'),
  u32('saddr'),
  u32('daddr'),
])
const VER_IHL = F.verIhl
const TOS = F.tos
const TOT_LEN = F.totLen
const ID = F.id
const FRAG_OFF = F.fragOff
const TTL = F.ttl
const PROTO = F.proto
const CSUM = F.csum
const SADDR = F.saddr
const DADDR = F.daddr

/** Octets of an IPv4 header without options. */
export const IPV4_HLEN: number = F.SIZE
/** Octets of an IPv4 header with all options that fit. */
export const IPV4_MAX_HLEN = 60
/** Time to live that hosts send by default. */
const DEFAULT_TTL = 64
/** Bit of the fragment field: reserved; the kernel calls it congestion experienced. */
export const IP_CE = 0x8000
/** Bit of the fragment field: don't fragment. */
export const IP_DF = 0x4000
/** Bit of the fragment field: more fragments. */
export const IP_MF = 0x2000
/** Bits of the fragment field that hold the offset, in units of 8 octets. */
export const IP_OFFSET = 0x1fff

/** Protocol: none given; for sockets, the default of the type. */
export const IPPROTO_IP = 0
/** Protocol: ICMP. */
export const IPPROTO_ICMP = 1
/** Protocol: IGMP. */
export const IPPROTO_IGMP = 2
/** Protocol: IPv4 in IPv4. */
export const IPPROTO_IPIP = 4
/** Protocol: TCP. */
export const IPPROTO_TCP = 6
/** Protocol: UDP. */
export const IPPROTO_UDP = 17
/** Protocol: IPv6 in IPv4. */
export const IPPROTO_IPV6 = 41
/** Protocol: generic routing encapsulation. */
export const IPPROTO_GRE = 47
/** Protocol: encapsulating security payload. */
export const IPPROTO_ESP = 50
/** Protocol: authentication header. */
export const IPPROTO_AH = 51
/** Protocol: OSPF. */
export const IPPROTO_OSPF = 89
/** Protocol: PIM. */
export const IPPROTO_PIM = 103
/** Protocol: VRRP. */
export const IPPROTO_VRRP = 112
/** Protocol: SCTP. */
export const IPPROTO_SCTP = 132
/** Protocol number that only raw sockets use: all protocols. */
export const IPPROTO_RAW = 255

/** Octets of the header at `o`, options included, as its length field says (0 to 60). */
export const ipv4Ihl = (b: Uint8Array, o: number): number => (b[o + VER_IHL]! & 15) << 2
/** Version field of the header at `o`. */
export const ipv4Version = (b: Uint8Array, o: number): number => b[o + VER_IHL]! >> 4
/** Type of service of the header at `o`. */
export const ipv4Tos = (b: Uint8Array, o: number): number => b[o + TOS]!
/** Total length in octets of the header at `o`. */
export const ipv4TotLen = (b: Uint8Array, o: number): number => getU16(b, o + TOT_LEN)
/** Identification of the header at `o`. */
export const ipv4Id = (b: Uint8Array, o: number): number => getU16(b, o + ID)
/** The 16 bits of flags and fragment offset of the header at `o`. */
export const ipv4FragOff = (b: Uint8Array, o: number): number => getU16(b, o + FRAG_OFF)
/** Time to live of the header at `o`. */
export const ipv4Ttl = (b: Uint8Array, o: number): number => b[o + TTL]!
/** Protocol of the header at `o`. */
export const ipv4Proto = (b: Uint8Array, o: number): number => b[o + PROTO]!
/** Header checksum field of the header at `o`. */
export const ipv4Csum = (b: Uint8Array, o: number): number => getU16(b, o + CSUM)
/** Source address of the header at `o`, int32. */
export const ipv4Saddr = (b: Uint8Array, o: number): number => getU32(b, o + SADDR)
/** Destination address of the header at `o`, int32. */
export const ipv4Daddr = (b: Uint8Array, o: number): number => getU32(b, o + DADDR)
/**
 * Whether the header at `o` belongs to a fragment.
 * @see include/net/ip.h ip_is_fragment
 */
export const ipv4IsFragment = (b: Uint8Array, o: number): boolean =>
  (getU16(b, o + FRAG_OFF) & (IP_MF | IP_OFFSET)) !== 0

/** Result of {@link ipv4Ok}: the packet is well formed. */
export const IPV4_OK = 0
/** Result of {@link ipv4Ok}: truncated, wrong version, or a length field that cannot be (drop reason IP_INHDR). */
export const IPV4_INHDR = 1
/** Result of {@link ipv4Ok}: the header checksum is wrong (drop reason IP_CSUM). */
export const IPV4_CSUM = 2
/** Result of {@link ipv4Ok}: the total length reaches behind the frame (drop reason PKT_TOO_SMALL). */
export const IPV4_TOO_SMALL = 3

/**
 * Checks the packet at `off` of a frame that ends at `end` as the receive path does; returns 0 or one of `IPV4_*`.
 * @see net/ipv4/ip_input.c ip_rcv_core
 */
export const ipv4Ok = (b: Uint8Array, off: number, end: number): number => {
  if (end - off < IPV4_HLEN) return IPV4_INHDR
  const verIhl = b[off + VER_IHL]!
  if (verIhl >> 4 !== 4 || verIhl < 0x45) return IPV4_INHDR
  const ihl = (verIhl & 15) << 2
  if (end - off < ihl) return IPV4_INHDR
  if (ipFastCsum(b, off, ihl) !== 0) return IPV4_CSUM
  const totLen = getU16(b, off + TOT_LEN)
  if (end - off < totLen) return IPV4_TOO_SMALL
  return totLen < ihl ? IPV4_INHDR : IPV4_OK
}

/** Sets the header checksum. */
export const putIpv4CsumField = (b: Uint8Array, o: number, csum: number): void => putU16(b, o + CSUM, csum)
/** Writes the header checksum of the header at `o` from its other fields. */
export const putIpv4Csum = (b: Uint8Array, o: number): void => {
  putU16(b, o + CSUM, 0)
  putU16(b, o + CSUM, ipFastCsum(b, o, (b[o + VER_IHL]! & 15) << 2))
}

/**
 * Writes a header at `o` with its checksum. `ihl` is in octets and counts options, which must stand after the fixed part
 * already; `fragOff` is the whole 16-bit field; addresses are int32.
 */
export const putIpv4 = (
  b: Uint8Array,
  o: number,
  ihl: number,
  tos: number,
  totLen: number,
  id: number,
  fragOff: number,
  ttl: number,
  proto: number,
  saddr: number,
  daddr: number,
): void => {
  b[o + VER_IHL] = 0x40 | (ihl >> 2)
  b[o + TOS] = tos
  putU16(b, o + TOT_LEN, totLen)
  putU16(b, o + ID, id)
  putU16(b, o + FRAG_OFF, fragOff)
  b[o + TTL] = ttl
  b[o + PROTO] = proto
  putU32(b, o + SADDR, saddr)
  putU32(b, o + DADDR, daddr)
  if (ihl !== IPV4_HLEN) return putIpv4Csum(b, o)
  // Without options the sum follows from the arguments; reading the header back would cost as much as writing it.
  const addresses = (saddr >>> 16) + (saddr & 0xffff) + (daddr >>> 16) + (daddr & 0xffff)
  putU16(b, o + CSUM, csumFold(0x4500 + tos + totLen + id + fragOff + (ttl << 8) + proto + addresses))
}

/** Writes the total length of the header at `o`; the checksum is left as it is. */
export const putIpv4TotLen = (b: Uint8Array, o: number, totLen: number): void => putU16(b, o + TOT_LEN, totLen)
/** Writes the identification of the header at `o`; the checksum is left as it is. */
export const putIpv4Id = (b: Uint8Array, o: number, id: number): void => putU16(b, o + ID, id)
/** Writes the 16 bits of flags and fragment offset of the header at `o`; the checksum is left as it is. */
export const putIpv4FragOff = (b: Uint8Array, o: number, fragOff: number): void => putU16(b, o + FRAG_OFF, fragOff)
/** Writes the source address of the header at `o`; the checksum is left as it is. */
export const putIpv4Saddr = (b: Uint8Array, o: number, addr: number): void => putU32(b, o + SADDR, addr)
/** Writes the destination address of the header at `o`; the checksum is left as it is. */
export const putIpv4Daddr = (b: Uint8Array, o: number, addr: number): void => putU32(b, o + DADDR, addr)

/**
 * Takes one off the time to live of the header at `o` and updates the checksum; returns the new time to live.
 * @see include/net/ip.h ip_decrease_ttl
 */
export const ipv4DecTtl = (b: Uint8Array, o: number): number => {
  // The time to live is the high half of its word, so the complemented sum grows by 0x100; a result of 0xffff wraps to
  // 0 only through the carry, as in the kernel.
  const csum = getU16(b, o + CSUM) + 0x100
  putU16(b, o + CSUM, csum + (csum >= 0xffff ? 1 : 0))
  return (b[o + TTL] = b[o + TTL]! - 1)
}

/** Sets TOS of the header at `o` and updates the checksum (ipv4_change_dsfield). */
export const putIpv4Tos = (b: Uint8Array, o: number, tos: number): void => {
  const old = getU16(b, o)
  b[o + TOS] = tos
  putU16(b, o + CSUM, csumReplace2(getU16(b, o + CSUM), old, getU16(b, o)))
}

/** Sets the time to live of the header at `o` and updates the checksum. */
export const putIpv4Ttl = (b: Uint8Array, o: number, ttl: number): void => {
  const old = getU16(b, o + TTL)
  b[o + TTL] = ttl
  putU16(b, o + CSUM, csumReplace2(getU16(b, o + CSUM), old, getU16(b, o + TTL)))
}

/** Sets the total length of the header at `o` and updates the checksum. */
export const replaceIpv4TotLen = (b: Uint8Array, o: number, totLen: number): void => {
  putU16(b, o + CSUM, csumReplace2(getU16(b, o + CSUM), getU16(b, o + TOT_LEN), totLen))
  putU16(b, o + TOT_LEN, totLen)
}

/** An IPv4 header as an object. Derived fields may be absent when it is encoded. */
export interface Ipv4Repr {
  /** Type of service. */
  readonly tos: number
  /** Total length in octets; that of header and payload when absent. */
  readonly totLen?: number
  /** Identification. */
  readonly id: number
  /** Whether the packet may not be fragmented. */
  readonly df: boolean
  /** Whether more fragments follow. */
  readonly mf: boolean
  /** Whether the reserved flag is set; absent when it is not. */
  readonly reserved?: boolean
  /** Offset of the fragment in octets, a multiple of 8. */
  readonly fragOffset: number
  /** Time to live. */
  readonly ttl: number
  /** Protocol. */
  readonly proto: number
  /** Header checksum; the right one when absent. */
  readonly csum?: number
  /** Source address. */
  readonly saddr: string
  /** Destination address. */
  readonly daddr: string
  /** Octets of options, a multiple of 4; absent when there are none. */
  readonly options?: Uint8Array
}

/** An {@link Ipv4Repr} to encode: everything but the addresses has a default (time to live 64, the rest 0). */
export type Ipv4Init = Partial<Ipv4Repr> & Pick<Ipv4Repr, 'saddr' | 'daddr'>

const checkIpv4 = (b: Uint8Array, off: number, end: number): void => {
  needOctets('ipv4', off, end, IPV4_HLEN)
  const version = b[off]! >> 4
  if (version !== 4) throw fieldError('ipv4.version', version, off, 'not 4')
  const ihl = ipv4Ihl(b, off)
  if (ihl < IPV4_HLEN) throw fieldError('ipv4.ihl', ihl, off, `shorter than the header (${IPV4_HLEN})`)
  if (ihl > end - off) throw fieldError('ipv4.ihl', ihl, off, `longer than what is there (${end - off})`)
  const totLen = ipv4TotLen(b, off)
  if (totLen < ihl) throw fieldError('ipv4.totLen', totLen, off + TOT_LEN, `shorter than the header (${ihl})`)
}

/**
 * IPv4 header at `off` as an object; throws `EDECODE` when it is truncated or a length cannot be. With `isQuoted` the
 * total length may reach behind `end`, as in an ICMP error.
 */
export const parseIpv4Header = (b: Uint8Array, off = 0, end: number = b.length, isQuoted = false): Ipv4Repr => {
  checkIpv4(b, off, end)
  const ihl = ipv4Ihl(b, off)
  const totLen = ipv4TotLen(b, off)
  if (totLen > end - off && !isQuoted)
    throw fieldError('ipv4.totLen', totLen, off + TOT_LEN, `longer than what is there (${end - off})`)
  const fragOff = ipv4FragOff(b, off)
  return {
    tos: ipv4Tos(b, off),
    totLen,
    id: ipv4Id(b, off),
    df: (fragOff & IP_DF) !== 0,
    mf: (fragOff & IP_MF) !== 0,
    ...((fragOff & IP_CE) === 0 ? {} : { reserved: true }),
    fragOffset: (fragOff & IP_OFFSET) << 3,
    ttl: ipv4Ttl(b, off),
    proto: ipv4Proto(b, off),
    csum: ipv4Csum(b, off),
    saddr: formatIpv4(ipv4Saddr(b, off)),
    daddr: formatIpv4(ipv4Daddr(b, off)),
    ...(ihl === IPV4_HLEN ? {} : { options: b.slice(off + IPV4_HLEN, off + ihl) }),
  }
}

const fragOffOf = (init: Ipv4Init): number => {
  const offset = inRange('ipv4.fragOffset', init.fragOffset ?? 0, IP_OFFSET << 3)
  if ((offset & 7) !== 0) fail('EINVAL', `ipv4.fragOffset: ${offset} is not a multiple of 8`, { offset })
  const flags = (init.df ? IP_DF : 0) | (init.mf ? IP_MF : 0) | (init.reserved ? IP_CE : 0)
  return flags | (offset >> 3)
}

/** Octets of a header and `payload`; throws `EINVAL` for an address or number that cannot be. */
export const emitIpv4 = (init: Ipv4Init, payload: Uint8Array = NO_OCTETS): Uint8Array => {
  const options = init.options ?? NO_OCTETS
  const ihl = IPV4_HLEN + inRange('ipv4.options.length', options.length, IPV4_MAX_HLEN - IPV4_HLEN)
  if ((ihl & 3) !== 0) fail('EINVAL', `ipv4.options.length: ${options.length} is not a multiple of 4`)
  const b = new Uint8Array(ihl + payload.length)
  b.set(options, IPV4_HLEN)
  b.set(payload, ihl)
  putIpv4(
    b,
    0,
    ihl,
    inRange('ipv4.tos', init.tos ?? 0, 0xff),
    inRange('ipv4.totLen', init.totLen ?? b.length, 0xffff),
    inRange('ipv4.id', init.id ?? 0, 0xffff),
    fragOffOf(init),
    inRange('ipv4.ttl', init.ttl ?? DEFAULT_TTL, 0xff),
    inRange('ipv4.proto', init.proto ?? 0, 0xff),
    parseIpv4(init.saddr),
    parseIpv4(init.daddr),
  )
  if (init.csum !== undefined) putU16(b, CSUM, inRange('ipv4.csum', init.csum, 0xffff))
  return b
}
