/**
 * Frames of two captures compared field by field, apart from what the kernel may choose: the masks of the conformance
 * suite under their names.
 *
 * Right checksums follow from the rest of a frame and are compared as right or wrong, so a masked identification or time
 * stamp does not show again in a checksum.
 */
import { NetloomError } from '../errors.js'
import { csumFold, csumPseudo } from '../wire/checksum.js'
import type { PacketRepr } from '../wire/frame.js'
import { ICMP_ECHO, ICMP_ECHOREPLY, ICMP_HLEN } from '../wire/icmp.js'
import { parseIpv4 } from '../wire/ip.js'
import { IPPROTO_ICMP, IPPROTO_UDP } from '../wire/ipv4.js'
import { UDP_HLEN } from '../wire/udp.js'
import { checkOptions } from '../app/text.js'
import { align } from './align.js'
import {
  decodeOrReason,
  differenceLines,
  type FieldDifference,
  fieldDifferences,
  firstDifference,
  hexDifference,
} from './diff.js'
import { AssertionFailure } from './failure.js'
import { type FramesLike, placeOf, seedOf, type SeenFrame, seenFrames } from './frames-like.js'

/**
 * What two captures may differ in:
 * - `ip-id`: IPv4 identifications that are not 0; one value of the one capture stands for one value of the other;
 * - `ping-timestamp`: the first 16 octets of an echo payload of 16 octets or more;
 * - `checksum-offload`: a UDP checksum that a device was still to finish equals the right one.
 */
export type FrameMask = 'ip-id' | 'ping-timestamp' | 'checksum-offload'

/** All masks: with them a capture of netloom equals one of the kernel, and worlds of different seeds equal each other. */
export const KERNEL_MASKS: readonly FrameMask[] = ['ip-id', 'ping-timestamp', 'checksum-offload']

/** Octets of the time stamp that ping puts into its payload. */
const TIMESTAMP_OCTETS = 16

/** Identifications of the one capture and of the other, by protocol. */
class IdPairs {
  readonly #there = new Map<string, number>()
  readonly #back = new Map<string, number>()

  /** True when `a` may stand for `b`; remembers it. */
  pair(proto: number, a: number, b: number): boolean {
    if (a === 0 || b === 0) return a === b
    const there = this.#there.get(`${proto}/${a}`)
    const back = this.#back.get(`${proto}/${b}`)
    if (there === undefined && back === undefined) {
      this.#there.set(`${proto}/${a}`, b)
      this.#back.set(`${proto}/${b}`, a)
      return true
    }
    return there === b && back === a
  }
}

type Packet = Partial<PacketRepr>

const isEcho = (type: number | undefined): boolean => type === ICMP_ECHO || type === ICMP_ECHOREPLY

const withoutTimestamp = (packet: Packet): Packet => {
  const { payload, ipv4, icmp } = packet
  if (payload === undefined) return packet
  const isFirstFragment = ipv4?.proto === IPPROTO_ICMP && ipv4.mf && ipv4.fragOffset === 0 && isEcho(payload[0])
  const at = isFirstFragment ? ICMP_HLEN : 0
  if (!(isFirstFragment || isEcho(icmp?.type)) || payload.length < at + TIMESTAMP_OCTETS) return packet
  const masked = payload.slice()
  masked.fill(0, at, at + TIMESTAMP_OCTETS)
  // The checksum of a datagram in fragments covers what the others carry.
  if (isFirstFragment) masked.fill(0, 2, 4)
  return { ...packet, payload: masked }
}

const withoutOffload = (packet: Packet): Packet => {
  const { ipv4, udp, payload } = packet
  if (ipv4 === undefined || udp?.csum === undefined || payload === undefined) return packet
  const len = UDP_HLEN + payload.length
  const unfinished = ~csumFold(csumPseudo(parseIpv4(ipv4.saddr), parseIpv4(ipv4.daddr), IPPROTO_UDP, len)) & 0xffff
  if (udp.csum !== unfinished) return packet
  const { csum: _, ...finished } = udp
  return { ...packet, udp: finished }
}

const masked = (packet: Packet, masks: readonly FrameMask[]): Packet => {
  let out = packet
  if (masks.includes('ping-timestamp')) out = withoutTimestamp(out)
  if (masks.includes('checksum-offload')) out = withoutOffload(out)
  return out.quoted === undefined ? out : { ...out, quoted: masked(out.quoted, masks) as PacketRepr }
}

/** Gives `b` the identifications of `a` where they may stand for each other. */
const withIdsOf = (a: Packet, b: Packet, pairs: IdPairs): Packet => {
  let out = b
  if (a.ipv4 !== undefined && b.ipv4 !== undefined && pairs.pair(a.ipv4.proto, a.ipv4.id, b.ipv4.id))
    out = { ...out, ipv4: { ...b.ipv4, id: a.ipv4.id } }
  if (a.quoted !== undefined && b.quoted !== undefined)
    out = { ...out, quoted: withIdsOf(a.quoted, b.quoted, pairs) as PacketRepr }
  return out
}

const differencesOf = (a: SeenFrame, b: SeenFrame, masks: readonly FrameMask[], pairs: IdPairs): FieldDifference[] => {
  if (firstDifference(a.octets, b.octets) < 0 && !masks.includes('ip-id')) return []
  const left = decodeOrReason(a.octets)
  const right = decodeOrReason(b.octets)
  if (typeof left === 'string' || typeof right === 'string') return fieldDifferences(a.octets, b.octets, false, 'frame')
  const expected = masked(left, masks)
  const actual = masked(right, masks)
  return fieldDifferences(expected, masks.includes('ip-id') ? withIdsOf(expected, actual, pairs) : actual, false)
}

const checkMasks = (masks: readonly string[]): void => {
  for (const mask of masks)
    if (!(KERNEL_MASKS as readonly string[]).includes(mask))
      throw new NetloomError('EINVAL', `mask "${mask}" is not supported; supported are ${KERNEL_MASKS.join(', ')}`, {
        mask,
        supported: KERNEL_MASKS,
      })
}

/** Options of {@link assertSameFrames}. */
export interface SameFramesOptions {
  /** What the frames may differ in; nothing when absent. {@link KERNEL_MASKS} are all masks. */
  readonly mask?: readonly FrameMask[]
}

/**
 * Asserts that two captures have the same frames in the same order, octet by octet apart from the masks. Throws with the
 * fields in which the first frame that is not the same differs, both lines, and the first octet in hex.
 *
 * @example
 * assertSameFrames(seen, readPcap(recorded).packets, { mask: KERNEL_MASKS })
 */
export const assertSameFrames = (actual: FramesLike, expected: FramesLike, options: SameFramesOptions = {}): void => {
  checkOptions('assertSameFrames', options, ['mask'])
  const { mask = [] } = options
  checkMasks(mask)
  const wanted = seenFrames(expected)
  const found = seenFrames(actual)
  const pairs = new IdPairs()
  const differences = wanted.map((frame, i) => (i < found.length ? differencesOf(frame, found[i]!, mask, pairs) : []))
  const first = differences.findIndex(d => d.length > 0)
  if (first < 0 && wanted.length === found.length) return
  const text = first < 0 ? [] : firstLines(wanted[first]!, found[first]!, first, differences[first]!)
  throw new AssertionFailure(
    [
      `frames of ${placeOf(actual)} and ${placeOf(expected)} are not the same: ${found.length}, expected ${wanted.length}`,
      ...text,
      ...lengthLines(wanted, found),
    ].join('\n'),
    { seed: seedOf(actual) ?? seedOf(expected), expected: wanted.map(f => f.line), actual: found.map(f => f.line) },
  )
}

const firstLines = (a: SeenFrame, b: SeenFrame, i: number, differences: readonly FieldDifference[]): string[] => [
  `frame ${i + 1} is the first that differs:`,
  `  expected ${a.line}`,
  `  actual   ${b.line}`,
  ...differenceLines(differences),
  ...hexDifference(a.octets, b.octets),
]

/** The frames that the one or the other has too many, by their lines. */
const lengthLines = (wanted: readonly SeenFrame[], found: readonly SeenFrame[]): string[] => {
  if (wanted.length === found.length) return []
  const rows = align(wanted, found, (a, b) => a.line === b.line)
  return [
    '- missing, + not expected:',
    ...rows.flatMap(([a, b]) => {
      if (a !== null && b !== null && a.line === b.line) return [`    ${a.line}`]
      return [...(a === null ? [] : [`  - ${a.line}`]), ...(b === null ? [] : [`  + ${b.line}`])]
    }),
  ]
}
