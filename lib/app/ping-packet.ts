/**
 * What ping puts into a packet and looks for in one: the echo request with its time stamp, the answer, the request that an
 * ICMP error quotes, and the IP options of `-R` and `-T`.
 *
 * @see iputils ping, ping.c; RFC 792, RFC 791
 */
import { putU32 } from '../wire/bytes.js'
import {
  ICMP_DEST_UNREACH,
  ICMP_ECHO,
  ICMP_ECHOREPLY,
  ICMP_HLEN,
  ICMP_PARAMETERPROB,
  ICMP_REDIRECT,
  ICMP_SOURCE_QUENCH,
  ICMP_TIME_EXCEEDED,
  icmpId,
  icmpSeq,
  icmpType,
  putIcmpCsum,
  putIcmpEcho,
} from '../wire/icmp.js'
import { IPV4_HLEN, ipv4Daddr, ipv4Ihl, ipv4Saddr } from '../wire/ipv4.js'

/** Octets of the time stamp at the start of a payload that has room for it (struct timeval of a 64-bit machine). */
export const TIMESTAMP_OCTETS = 16

const NS_PER_SEC = 1_000_000_000
const NS_PER_USEC = 1000

/** The types that ping's raw socket takes (ICMP_FILTER). */
export const pingTakesType = (type: number): boolean =>
  type === ICMP_ECHOREPLY ||
  type === ICMP_DEST_UNREACH ||
  type === ICMP_SOURCE_QUENCH ||
  type === ICMP_REDIRECT ||
  type === ICMP_TIME_EXCEEDED ||
  type === ICMP_PARAMETERPROB

/**
 * Fills `size` octets of payload: with octets that count up, or with the pattern again and again. A payload shorter than
 * the pattern and 8 octets gets the pattern only once, as in iputils.
 */
export const fillPayload = (size: number, pattern: Uint8Array | null): Uint8Array => {
  const payload = new Uint8Array(size)
  if (pattern === null || pattern.length === 0) for (let i = 0; i < size; i++) payload[i] = i
  else {
    const end = size < pattern.length + 8 ? Math.min(size, pattern.length) : size
    for (let i = 0; i < end; i++) payload[i] = pattern[i % pattern.length]!
  }
  return payload
}

const putU64le = (b: Uint8Array, o: number, v: number): void => {
  for (let i = 0; i < 8; i++) b[o + i] = Math.floor(v / 256 ** i) & 255
}

const getU64le = (b: Uint8Array, o: number): number => {
  let v = 0
  for (let i = 7; i >= 0; i--) v = v * 256 + b[o + i]!
  return v
}

/** An echo request with the payload; with `stamp` its first 16 octets are the virtual time `nowNs`. */
export const buildEcho = (id: number, seq: number, payload: Uint8Array, stamp: boolean, nowNs: number): Uint8Array => {
  const message = new Uint8Array(ICMP_HLEN + payload.length)
  putIcmpEcho(message, 0, ICMP_ECHO, id, seq)
  message.set(payload, ICMP_HLEN)
  if (stamp) {
    const sec = Math.floor(nowNs / NS_PER_SEC)
    putU64le(message, ICMP_HLEN, sec)
    putU64le(message, ICMP_HLEN + 8, Math.floor((nowNs - sec * NS_PER_SEC) / NS_PER_USEC))
  }
  putIcmpCsum(message, 0, message.length)
  return message
}

/** Microseconds between the time stamp at `o` and the virtual time `nowNs`, both cut to whole microseconds. */
export const roundTripUs = (b: Uint8Array, o: number, nowNs: number): number =>
  Math.floor(nowNs / NS_PER_USEC) - (getU64le(b, o) * 1_000_000 + getU64le(b, o + 8))

/** An ICMP message in an IPv4 packet, as a raw socket delivers it. */
export interface IcmpMessage {
  readonly packet: Uint8Array
  /** Offset of the ICMP header. */
  readonly at: number
  readonly type: number
  /** Octets from the ICMP header to the end. */
  readonly octets: number
  readonly saddr: number
}

/** Looks at what a raw socket delivered; null when it is too short. */
export const icmpMessage = (packet: Uint8Array): IcmpMessage | null => {
  if (packet.length < IPV4_HLEN) return null
  const at = ipv4Ihl(packet, 0)
  if (at < IPV4_HLEN || packet.length < at + ICMP_HLEN) return null
  return { packet, at, type: icmpType(packet, at), octets: packet.length - at, saddr: ipv4Saddr(packet, 0) }
}

/** Whether an echo request of `id` starts at `o`. */
export const isEchoOf = (b: Uint8Array, o: number, id: number): boolean =>
  b.length >= o + ICMP_HLEN && icmpType(b, o) === ICMP_ECHO && icmpId(b, o) === id

/** Sequence number of the echo request of `id` to `daddr` that an ICMP error quotes; -1 when it quotes something else. */
export const quotedEchoSeq = (message: IcmpMessage, id: number, daddr: number): number => {
  const { packet, at, octets } = message
  const inner = at + ICMP_HLEN
  if (octets < ICMP_HLEN + IPV4_HLEN + ICMP_HLEN) return -1
  const ihl = ipv4Ihl(packet, inner)
  if (ihl < IPV4_HLEN || octets < ICMP_HLEN + ihl + ICMP_HLEN) return -1
  const echo = inner + ihl
  return isEchoOf(packet, echo, id) && ipv4Daddr(packet, inner) === daddr ? icmpSeq(packet, echo) : -1
}

const IPOPT_NOOP = 1
const IPOPT_RR = 7
const IPOPT_TIMESTAMP = 68
const MAX_OPTIONS = 40

/** IP options of `-R`: room for nine addresses behind a no-operation. */
export const recordRouteOption = (): Uint8Array => {
  const options = new Uint8Array(MAX_OPTIONS)
  options.set([IPOPT_NOOP, IPOPT_RR, MAX_OPTIONS - 1, 4])
  return options
}

/** What `-T` asks the hosts on the way to write down. */
export type TimestampRequest = 'tsonly' | 'tsandaddr' | readonly number[]

/** IP options of `-T`; a list of addresses asks these hosts only (tsprespec). */
export const timestampOption = (request: TimestampRequest): Uint8Array => {
  if (typeof request === 'string') {
    const length = request === 'tsonly' ? MAX_OPTIONS : MAX_OPTIONS - 4
    const options = new Uint8Array(length)
    options.set([IPOPT_TIMESTAMP, length, 5, request === 'tsonly' ? 0 : 1])
    return options
  }
  const options = new Uint8Array(4 + request.length * 8)
  options.set([IPOPT_TIMESTAMP, options.length, 5, 3])
  for (const [i, addr] of request.entries()) putU32(options, 4 + i * 8, addr)
  return options
}
