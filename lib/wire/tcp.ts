/**
 * The TCP header (RFC 9293): fields and options, as far as text and user objects need them.
 * @see include/uapi/linux/tcp.h, include/net/tcp.h
 */

import { fail } from '../errors.js'
import { getU16, getU32, putU16, putU32 } from './bytes.js'
import { csumTcpUdp } from './checksum.js'
import { IPPROTO_TCP } from './ipv4.js'
import { offsets, u8, u16, u32 } from './layout.js'
import { fieldError, inRange, needOctets, NO_OCTETS, type PseudoHeader } from './repr.js'

const F = offsets(20, [
  u16('sport'),
  u16('dport'),
  u32('seq'),
  u32('ack'),
  u8('doff'),
  u8('flags'),
  u16('window'),
  u16('csum'),
  u16('urg'),
])
const SPORT = F.sport
const DPORT = F.dport
const SEQ = F.seq
const ACK = F.ack
const DOFF = F.doff
const FLAGS = F.flags
const WINDOW = F.window
const CSUM = F.csum
const URG = F.urg

/** Octets of a TCP header without options. */
export const TCP_HLEN: number = F.SIZE
/** Octets of a TCP header with all options that fit. */
const TCP_MAX_HLEN = 60
/** Flag: no more data. */
export const TH_FIN = 0x01
/** Flag: synchronise. */
export const TH_SYN = 0x02
/** Flag: reset. */
export const TH_RST = 0x04
/** Flag: push. */
export const TH_PUSH = 0x08
/** Flag: acknowledgement. */
export const TH_ACK = 0x10
/** Flag: urgent pointer. */
export const TH_URG = 0x20
/** Flag: ECN echo. */
export const TH_ECE = 0x40
/** Flag: congestion window reduced. */
export const TH_CWR = 0x80

/** Option: end of list. */
export const TCPOPT_EOL = 0
/** Option: no operation. */
export const TCPOPT_NOP = 1
/** Option: maximum segment size. */
export const TCPOPT_MSS = 2
/** Option: window scale. */
export const TCPOPT_WINDOW = 3
/** Option: selective acknowledgement permitted. */
export const TCPOPT_SACK_PERM = 4
/** Option: selective acknowledgement blocks. */
export const TCPOPT_SACK = 5
/** Option: timestamps. */
export const TCPOPT_TIMESTAMP = 8

/** Source port of the TCP header at `o`. */
export const tcpSport = (b: Uint8Array, o: number): number => getU16(b, o + SPORT)
/** Destination port of the TCP header at `o`. */
export const tcpDport = (b: Uint8Array, o: number): number => getU16(b, o + DPORT)
/** Sequence number of the TCP header at `o`, int32. */
export const tcpSeq = (b: Uint8Array, o: number): number => getU32(b, o + SEQ)
/** Acknowledgement number of the TCP header at `o`, int32. */
export const tcpAck = (b: Uint8Array, o: number): number => getU32(b, o + ACK)
/** Octets of the TCP header at `o`, options included, as its data offset says (0 to 60). */
export const tcpHdrLen = (b: Uint8Array, o: number): number => (b[o + DOFF]! >> 4) << 2
/** Flags of the TCP header at `o`. */
export const tcpFlags = (b: Uint8Array, o: number): number => b[o + FLAGS]!
/** Window of the TCP header at `o`, unscaled. */
export const tcpWindow = (b: Uint8Array, o: number): number => getU16(b, o + WINDOW)
/** Checksum field of the TCP header at `o`. */
export const tcpCsum = (b: Uint8Array, o: number): number => getU16(b, o + CSUM)
/** Urgent pointer of the TCP header at `o`. */
export const tcpUrg = (b: Uint8Array, o: number): number => getU16(b, o + URG)

/** Whether the header at `off` is complete before `end`, options included. */
export const tcpOk = (b: Uint8Array, off: number, end: number): boolean => {
  if (end - off < TCP_HLEN) return false
  const len = tcpHdrLen(b, off)
  return len >= TCP_HLEN && len <= end - off
}

/** Kind of the option at `o`, or -1 when the list of options, which goes to `end`, is over or malformed there. */
export const tcpOptionKind = (b: Uint8Array, o: number, end: number): number => {
  if (o >= end || b[o] === TCPOPT_EOL) return -1
  if (b[o] === TCPOPT_NOP) return TCPOPT_NOP
  if (o + 1 >= end || b[o + 1]! < 2 || o + b[o + 1]! > end) return -1
  return b[o]!
}

/** Octets of the option at `o`, for which {@link tcpOptionKind} gave a kind. */
export const tcpOptionLen = (b: Uint8Array, o: number): number => (b[o] === TCPOPT_NOP ? 1 : b[o + 1]!)

/** A TCP header as an object. */
export interface TcpRepr {
  /** Source port. */
  readonly sport: number
  /** Destination port. */
  readonly dport: number
  /** Sequence number, 0 to 2^32 - 1. */
  readonly seq: number
  /** Acknowledgement number, 0 to 2^32 - 1. */
  readonly ack: number
  /** Flags, for example `TH_SYN | TH_ACK`. */
  readonly flags: number
  /** The four bits behind the data offset; absent when 0. */
  readonly reserved?: number
  /** Window, unscaled. */
  readonly window: number
  /** Checksum; the right one when absent. */
  readonly csum?: number
  /** Urgent pointer; absent when 0. */
  readonly urg?: number
  /** Octets of options, a multiple of 4; absent when there are none. */
  readonly options?: Uint8Array
}

/** TCP header at `off` as an object; throws `EDECODE` when it is truncated or its length cannot be. */
export const parseTcp = (b: Uint8Array, off = 0, end: number = b.length): TcpRepr => {
  needOctets('tcp', off, end, TCP_HLEN)
  const len = tcpHdrLen(b, off)
  if (len < TCP_HLEN) throw fieldError('tcp.doff', len, off + DOFF, `shorter than the header (${TCP_HLEN})`)
  if (len > end - off) throw fieldError('tcp.doff', len, off + DOFF, `longer than what is there (${end - off})`)
  const reserved = b[off + DOFF]! & 15
  const urg = tcpUrg(b, off)
  return {
    sport: tcpSport(b, off),
    dport: tcpDport(b, off),
    seq: tcpSeq(b, off) >>> 0,
    ack: tcpAck(b, off) >>> 0,
    flags: tcpFlags(b, off),
    ...(reserved === 0 ? {} : { reserved }),
    window: tcpWindow(b, off),
    csum: tcpCsum(b, off),
    ...(urg === 0 ? {} : { urg }),
    ...(len === TCP_HLEN ? {} : { options: b.slice(off + TCP_HLEN, off + len) }),
  }
}

/**
 * Octets of a header and `payload`; throws `EINVAL` for a number that does not fit. Without `csum` and `pseudo` the
 * checksum is 0.
 */
export const emitTcp = (repr: TcpRepr, payload: Uint8Array = NO_OCTETS, pseudo?: PseudoHeader): Uint8Array => {
  const options = repr.options ?? NO_OCTETS
  const len = TCP_HLEN + inRange('tcp.options.length', options.length, TCP_MAX_HLEN - TCP_HLEN)
  if ((len & 3) !== 0) fail('EINVAL', `tcp.options.length: ${options.length} is not a multiple of 4`)
  const b = new Uint8Array(len + payload.length)
  putU16(b, SPORT, inRange('tcp.sport', repr.sport, 0xffff))
  putU16(b, DPORT, inRange('tcp.dport', repr.dport, 0xffff))
  putU32(b, SEQ, inRange('tcp.seq', repr.seq, 0xffffffff))
  putU32(b, ACK, inRange('tcp.ack', repr.ack, 0xffffffff))
  b[DOFF] = ((len >> 2) << 4) | inRange('tcp.reserved', repr.reserved ?? 0, 15)
  b[FLAGS] = inRange('tcp.flags', repr.flags, 0xff)
  putU16(b, WINDOW, inRange('tcp.window', repr.window, 0xffff))
  putU16(b, URG, inRange('tcp.urg', repr.urg ?? 0, 0xffff))
  b.set(options, TCP_HLEN)
  b.set(payload, len)
  const sum = pseudo === undefined ? 0 : csumTcpUdp(b, 0, b.length, pseudo.saddr, pseudo.daddr, IPPROTO_TCP)
  putU16(b, CSUM, inRange('tcp.csum', repr.csum ?? sum, 0xffff))
  return b
}
