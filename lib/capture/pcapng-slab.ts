/**
 * Blocks of a pcapng file on their way out: a list of growing slabs, or a window of bounded size in front of a sink.
 * Comments can still be put on packets that are there.
 */
import { NetloomError } from '../errors.js'
import { concatOctets } from '../wire/repr.js'
import { encodeUtf8 } from '../wire/utf8.js'
import { OPT_COMMENT } from './pcapng-numbers.js'
import { optionOctets, putOption, putU32le } from './pcapng-options.js'

/** Octets of the first slab; with a sink, the only one, as large unless one packet is larger. */
const FIRST_OCTETS = 65536
/** Octets of the largest slab, unless one packet is larger: what is in slabs is never copied to make room. */
const MAX_OCTETS = 4194304
/** What follows a packet's own options: the end mark and the block's length. */
const TAIL_OCTETS = 8
const MAX_COMMENT = 65535

const u32leAt = (b: Uint8Array, o: number): number =>
  (b[o]! | (b[o + 1]! << 8) | (b[o + 2]! << 16) | (b[o + 3]! << 24)) >>> 0

/** Whole blocks that are complete but for comments. */
interface Piece {
  readonly bytes: Uint8Array
  /** Offset in the file, comments not counted. */
  readonly base: number
}

/** @internal the output of a PcapngWriter */
export class PcapngSlab {
  /** The octets; `used` of them hold whole blocks. Another array whenever room is made. */
  bytes: Uint8Array = new Uint8Array(FIRST_OCTETS)
  view: DataView = new DataView(this.bytes.buffer)
  used = 0
  /** Offset of the slab in the file, comments not counted. */
  base = 0
  /** Below this place, everything has gone to the sink. */
  flushed = 0
  readonly #sink: ((chunk: Uint8Array) => void) | null
  /** Full slabs, when there is no sink. */
  readonly #full: Piece[] = []
  /** Comments by the place of their packet. */
  readonly #comments = new Map<number, Uint8Array[]>()

  constructor(sink: ((chunk: Uint8Array) => void) | undefined) {
    this.#sink = sink ?? null
  }

  /** Makes room for a block of `need` octets. */
  makeRoom(need: number): void {
    if (this.#sink !== null) {
      // The younger half stays, so that a packet that dies soon after it was seen gets its comment.
      this.#handOver(this.#boundary(this.used / 2))
      if (this.used + need > this.bytes.length) this.#handOver(this.used)
      if (need > this.bytes.length) this.#setBytes(need)
      return
    }
    this.#full.push({ bytes: this.bytes.subarray(0, this.used), base: this.base })
    this.base += this.used
    this.used = 0
    this.#setBytes(Math.max(need, Math.min(2 * this.bytes.length, MAX_OCTETS)))
  }

  #setBytes(octets: number): void {
    this.bytes = new Uint8Array(octets)
    this.view = new DataView(this.bytes.buffer)
  }

  /** End of the first block that reaches `wanted`. */
  #boundary(wanted: number): number {
    let at = 0
    while (at < wanted) at += u32leAt(this.bytes, at + 4)
    return at
  }

  /** Puts a comment on the packet at `place`; false when it has gone to the sink. Its options have an end mark. */
  comment(place: number, text: string): boolean {
    if (place < this.flushed) return false
    const octets = encodeUtf8(text)
    if (octets.length > MAX_COMMENT)
      throw new NetloomError('EINVAL', `pcapng: opt_comment: ${octets.length} octets, an option holds ${MAX_COMMENT}`)
    const found = this.#comments.get(place)
    if (found === undefined) this.#comments.set(place, [octets])
    else found.push(octets)
    return true
  }

  /** A copy of everything that has not gone to the sink. */
  whole(): Uint8Array {
    const places = [...this.#comments.keys()].sort((a, b) => a - b)
    const pieces = [...this.#full, { bytes: this.bytes.subarray(0, this.used), base: this.base }]
    return concatOctets(...pieces.map(piece => this.#render(piece, places)))
  }

  /** Does `act`, which writes blocks, and gives what it returns; the blocks are then as if they had not been. */
  without<T>(act: () => T): T {
    const { bytes, view, used, base } = this
    const full = this.#full.length
    try {
      return act()
    } finally {
      this.bytes = bytes
      this.view = view
      this.used = used
      this.base = base
      this.#full.length = full
    }
  }

  /** A piece with its comments: a copy where there are any, else the piece itself. `places` are those of all comments. */
  #render({ bytes, base }: Piece, places: readonly number[]): Uint8Array {
    const inside = places.filter(place => place >= base && place < base + bytes.length)
    if (inside.length === 0) return bytes
    let extra = 0
    for (const place of inside) for (const octets of this.#comments.get(place)!) extra += optionOctets(octets)
    const out = new Uint8Array(bytes.length + extra)
    let from = 0
    let to = 0
    for (const place of inside) {
      const at = place - base
      const total = u32leAt(bytes, at + 4)
      out.set(bytes.subarray(from, at + total - TAIL_OCTETS), to)
      const start = to + at - from
      to = start + total - TAIL_OCTETS
      for (const octets of this.#comments.get(place)!) to = putOption(out, to, OPT_COMMENT, octets)
      // The end mark is four zero octets.
      to += TAIL_OCTETS
      putU32le(out, start + 4, to - start)
      putU32le(out, to - 4, to - start)
      from = at + total
    }
    out.set(bytes.subarray(from), to)
    return out
  }

  /** Hands everything to the sink; does nothing without one. */
  flush(): void {
    if (this.#sink !== null) this.#handOver(this.used)
  }

  #handOver(n: number): void {
    if (n === 0) return
    const places = [...this.#comments.keys()].sort((a, b) => a - b)
    this.#sink?.(this.#render({ bytes: this.bytes.subarray(0, n), base: this.base }, places))
    this.bytes.copyWithin(0, n, this.used)
    this.used -= n
    this.base += n
    this.flushed = this.base
    for (const place of places) if (place < this.base) this.#comments.delete(place)
  }
}
