/**
 * Blocks of a pcapng file on their way out: one growing slab, or a window of bounded size in front of a sink; comments
 * can still be put on packets that are in it.
 */
import { NetloomError } from '../errors.js'
import { encodeUtf8 } from '../wire/utf8.js'
import { OPT_COMMENT } from './pcapng.js'
import { optionOctets, putOption, putU32le } from './pcapng-options.js'

/** Octets that the slab has at first; with a sink, it stays as large unless one packet is larger. */
const SLAB_OCTETS = 65536
/** What follows a packet's own options: the end mark and the block's length. */
const TAIL_OCTETS = 8
const MAX_COMMENT = 65535

const u32leAt = (b: Uint8Array, o: number): number =>
  (b[o]! | (b[o + 1]! << 8) | (b[o + 2]! << 16) | (b[o + 3]! << 24)) >>> 0

/** @internal the output of a PcapngWriter */
export class PcapngSlab {
  /** The octets; `used` of them hold whole blocks. They change whenever room is made. */
  bytes: Uint8Array = new Uint8Array(SLAB_OCTETS)
  used = 0
  /** Octets that have gone to the sink, comments not counted: offset of the slab in the file. */
  base = 0
  readonly hasSink: boolean
  readonly #sink: (chunk: Uint8Array) => void
  /** Comments by the place of their packet. */
  readonly #comments = new Map<number, Uint8Array[]>()

  constructor(sink: ((chunk: Uint8Array) => void) | undefined) {
    this.hasSink = sink !== undefined
    this.#sink = sink ?? (() => {})
  }

  /** Makes room for a block of `need` octets. */
  makeRoom(need: number): void {
    if (this.hasSink) {
      // The younger half stays, so that a packet that dies soon after it was seen gets its comment.
      this.#handOver(this.#boundary(this.used / 2))
      if (this.used + need > this.bytes.length) this.#handOver(this.used)
    }
    if (this.used + need <= this.bytes.length) return
    let size = this.bytes.length
    while (size < this.used + need) size *= 2
    const grown = new Uint8Array(size)
    grown.set(this.bytes.subarray(0, this.used))
    this.bytes = grown
  }

  /** End of the first block that reaches `wanted`. */
  #boundary(wanted: number): number {
    let at = 0
    while (at < wanted) at += u32leAt(this.bytes, at + 4)
    return at
  }

  /** Puts a comment on the packet at `place`; false when it has gone to the sink. Its options have an end mark. */
  comment(place: number, text: string): boolean {
    if (place < this.base) return false
    const octets = encodeUtf8(text)
    if (octets.length > MAX_COMMENT)
      throw new NetloomError('EINVAL', `pcapng: opt_comment: ${octets.length} octets, an option holds ${MAX_COMMENT}`)
    const found = this.#comments.get(place)
    if (found === undefined) this.#comments.set(place, [octets])
    else found.push(octets)
    return true
  }

  /** The first `n` octets of the slab with their comments: a copy where there are any, else a view. */
  render(n: number): Uint8Array {
    const places = [...this.#comments.keys()].filter(place => place - this.base < n).sort((a, b) => a - b)
    if (places.length === 0) return this.bytes.subarray(0, n)
    let extra = 0
    for (const place of places) for (const octets of this.#comments.get(place)!) extra += optionOctets(octets)
    const out = new Uint8Array(n + extra)
    let from = 0
    let to = 0
    for (const place of places) {
      const at = place - this.base
      const total = u32leAt(this.bytes, at + 4)
      out.set(this.bytes.subarray(from, at + total - TAIL_OCTETS), to)
      const start = to + at - from
      to = start + total - TAIL_OCTETS
      for (const octets of this.#comments.get(place)!) to = putOption(out, to, OPT_COMMENT, octets)
      // The end mark is four zero octets.
      to += TAIL_OCTETS
      putU32le(out, start + 4, to - start)
      putU32le(out, to - 4, to - start)
      from = at + total
    }
    out.set(this.bytes.subarray(from, n), to)
    return out
  }

  /** Hands everything to the sink. */
  flush(): void {
    if (this.hasSink) this.#handOver(this.used)
  }

  #handOver(n: number): void {
    if (n === 0) return
    this.#sink(this.render(n))
    this.bytes.copyWithin(0, n, this.used)
    this.used -= n
    this.base += n
    for (const place of this.#comments.keys()) if (place < this.base) this.#comments.delete(place)
  }
}
