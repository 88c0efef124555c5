/**
 * A frame and its canonical form: the same octets with every masked field replaced by a marker or a relative value.
 *
 * Two frames are equal when their canonical forms are the same octets. This file keeps the form; the frame-*.ts files,
 * one a protocol, decide what goes into it.
 */
import { ANY_OCTET, type FrameMask, RIGHT, WRONG } from './masks.js'
import { hex, u16 } from './octets.js'
import type { CapturedFrame } from './pcap-reader.js'

/** A named run of octets, for diffs. */
export interface FieldSpan {
  readonly start: number
  readonly end: number
  readonly name: string
}

/** The IPv4 identification of one header in the frame, before it was masked. */
export interface DatagramId {
  readonly protocol: number
  readonly id: number
}

/** A port or echo id that may have been drawn at random, before it was masked. */
export interface DrawnNumber {
  readonly kind: 'tcp' | 'udp' | 'icmp'
  readonly value: number
}

/** The IPv4 packet that a layer-4 message is in. */
export interface PacketBounds {
  /** Offset of the IPv4 header. */
  readonly ip: number
  /** Offset behind the IPv4 header. */
  readonly payload: number
  /** Offset behind the last octet of the packet that is in the frame. */
  readonly end: number
  /** What stands before field names: '', 'inner ' or 'quoted '. */
  readonly label: string
  /** Quoted by an ICMP error. */
  readonly quoted: boolean
  /** The frame holds as much as the header's total length says. */
  readonly whole: boolean
  /** One of several fragments of a datagram. */
  readonly fragment: boolean
}

/** One frame in both forms, with the names of its fields. */
export class CanonicalFrame {
  readonly raw: Uint8Array
  readonly canonical: Uint8Array
  readonly wireLen: number
  /** The masks used, one for each field covered. */
  readonly masks: FrameMask[]
  /** 1 where an octet is covered by a mask. */
  readonly covered: Uint8Array
  readonly ids: DatagramId[]
  readonly drawn: DrawnNumber[]
  /** What is wrong with the frame in itself, such as a bad checksum. */
  readonly remarks: string[]
  /** Breaks a rule that no marker can show: equal to no other frame. */
  unequalToAll: boolean
  private readonly spans: FieldSpan[]

  constructor(frame: CapturedFrame) {
    this.raw = frame.bytes
    this.canonical = Uint8Array.from(frame.bytes)
    this.wireLen = frame.wireLen
    this.masks = []
    this.covered = new Uint8Array(frame.bytes.length)
    this.ids = []
    this.drawn = []
    this.remarks = []
    this.unequalToAll = false
    this.spans = []
  }

  /** Names the octets from `start` up to `end`; nothing happens when the frame does not hold them all. */
  field(start: number, end: number, name: string): void {
    if (start < end && end <= this.raw.length) this.spans.push({ start, end, name })
  }

  /** Names consecutive fields from `start` that end at or before `end`: pairs of name and octets. */
  fields(start: number, end: number, label: string, layout: readonly (readonly [string, number])[]): void {
    let at = start
    for (const [name, octets] of layout) {
      if (at + octets <= end) this.field(at, at + octets, label + name)
      at += octets
    }
  }

  /** Covers `octets` octets, whatever they hold. */
  coverAny(at: number, octets: number, mask: FrameMask): void {
    this.canonical.fill(ANY_OCTET, at, at + octets)
    this.covered.fill(1, at, at + octets)
    this.masks.push(mask)
  }

  /** Covers a 16-bit field by `value`. */
  cover16(at: number, value: number, mask: FrameMask): void {
    this.canonical[at] = value >>> 8
    this.canonical[at + 1] = value & 0xff
    this.covered.fill(1, at, at + 2)
    this.masks.push(mask)
  }

  /** Covers a 16-bit port or echo id that may have been drawn; returns whether it may. */
  coverDrawn(at: number, kind: DrawnNumber['kind'], chosen: ReadonlySet<number> | null): boolean {
    if (chosen === null) return false
    const value = u16(this.raw, at)
    if (value === 0 || chosen.has(value)) return false
    this.drawn.push({ kind, value })
    this.coverAny(at, 2, `nat-${kind}`)
    return true
  }

  /** Covers a 32-bit field by `value`. */
  cover32(at: number, value: number, mask: FrameMask): void {
    new DataView(this.canonical.buffer).setUint32(at, value)
    this.covered.fill(1, at, at + 4)
    this.masks.push(mask)
  }

  /** Covers the checksum `name` by whether it is right. */
  coverVerdict(at: number, isRight: boolean, mask: FrameMask, name: string): void {
    this.cover16(at, isRight ? RIGHT : WRONG, mask)
    if (!isRight) this.remarks.push(`${name} is wrong`)
  }

  /** Name of the smallest field that holds the octet at `at`. */
  nameAt(at: number): string {
    let best: FieldSpan | null = null
    for (const span of this.spans) {
      if (at < span.start || at >= span.end) continue
      if (best === null || span.end - span.start <= best.end - best.start) best = span
    }
    return best === null ? 'octets' : best.name
  }

  /** Text that is the same for frames that are equal; null for a frame that is equal to none. */
  key(): string | null {
    return this.unequalToAll ? null : `${this.wireLen}:${hex(this.canonical, 0, this.canonical.length)}`
  }
}
