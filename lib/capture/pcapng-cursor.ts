/**
 * Reading a block of a pcapng file: numbers in the section's byte order, and options, with errors that say where.
 *
 * @see draft-ietf-opsawg-pcapng, "General Block Structure" and "Options"
 */
import { NetloomError } from '../errors.js'
import { decodeUtf8 } from '../wire/utf8.js'
import type { PcapngOption } from './pcapng.js'
import { OPT_COMMENT, OPT_ENDOFOPT } from './pcapng-numbers.js'

/** An error of a pcapng file; `block` is the kind of block. */
export const pcapngError = (offset: number, block: string, problem: string): NetloomError =>
  new NetloomError('EFORMAT', `pcapng: at offset ${offset}: ${block}: ${problem}`, { offset, block })

/** An option in its place. */
interface Found extends PcapngOption {
  /** Offset in the file. */
  readonly offset: number
}

/** Octets up to the next multiple of four. */
export const padded = (octets: number): number => (octets + 3) & ~3

/** Text up to the first zero octet: strings of the format end there, although they need not. */
export const stringOf = (b: Uint8Array): string => {
  const end = b.indexOf(0)
  return decodeUtf8(end < 0 ? b : b.subarray(0, end))
}

/** The body of one block. Offsets are those of the file. */
export class BlockCursor {
  /** Kind of block, for errors. */
  readonly block: string
  /** Offset of the block. */
  readonly start: number
  /** Offset of the next field, and of the end of the body. */
  at: number
  readonly end: number
  readonly bytes: Uint8Array
  readonly little: boolean
  readonly #view: DataView

  constructor(bytes: Uint8Array, block: string, start: number, at: number, end: number, little: boolean) {
    this.bytes = bytes
    this.block = block
    this.start = start
    this.at = at
    this.end = end
    this.little = little
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** Throws EFORMAT about the octets at `offset`. */
  fail(problem: string, offset: number = this.at): never {
    throw pcapngError(offset, this.block, problem)
  }

  #need(octets: number, field: string): number {
    const { at, end } = this
    if (end - at < octets) this.fail(`${field}: ${end - at} octets of ${octets}`)
    this.at = at + octets
    return at
  }

  u16(field: string): number {
    return this.#view.getUint16(this.#need(2, field), this.little)
  }

  u32(field: string): number {
    return this.#view.getUint32(this.#need(4, field), this.little)
  }

  i64(field: string): bigint {
    return this.#view.getBigInt64(this.#need(8, field), this.little)
  }

  /** A time stamp: the upper half comes first in both byte orders. */
  stamp(field: string): bigint {
    const high = this.u32(field)
    return (BigInt(high) << 32n) | BigInt(this.u32(field))
  }

  /** `octets` octets, and the padding behind them. */
  octets(octets: number, field: string): Uint8Array {
    if (octets > this.end - this.at) this.fail(`${field}: ${octets} octets announced, ${this.end - this.at} are left`)
    const from = this.#need(padded(octets), field)
    return this.bytes.subarray(from, from + octets)
  }

  /** Options up to the end of the block. */
  options(): Options {
    const list: Found[] = []
    while (this.at < this.end) {
      const offset = this.at
      const code = this.u16('option code')
      const length = this.u16('option length')
      if (code === OPT_ENDOFOPT) break
      list.push({ offset, code, data: this.octets(length, `option ${code}`) })
    }
    return new Options(this, list)
  }
}

/** Options of one block. Each look-up takes them; what is left has no field of its own. */
export class Options {
  /** Comments, which every block may have. */
  readonly comments: readonly string[]
  readonly #cursor: BlockCursor
  readonly #left: Found[]

  constructor(cursor: BlockCursor, list: Found[]) {
    this.#cursor = cursor
    this.#left = list
    this.comments = this.all(OPT_COMMENT, 'opt_comment').map(stringOf)
  }

  /** The octets of all options of a code. With `length`, throws EFORMAT for another length. */
  all(code: number, name: string, length = -1): Uint8Array[] {
    const found: Uint8Array[] = []
    for (let i = 0; i < this.#left.length; ) {
      const option = this.#left[i]!
      if (option.code !== code) {
        i++
        continue
      }
      if (length >= 0 && option.data.length !== length)
        this.#cursor.fail(`${name}: ${option.data.length} octets instead of ${length}`, option.offset)
      found.push(option.data)
      this.#left.splice(i, 1)
    }
    return found
  }

  /** The octets of an option that stands once (the first one counts), or null. */
  one(code: number, name: string, length = -1): Uint8Array | null {
    return this.all(code, name, length)[0] ?? null
  }

  /** A text, or null. */
  text(code: number, name: string): string | null {
    const data = this.one(code, name)
    return data === null ? null : stringOf(data)
  }

  /** A 32-bit number, or null. */
  u32(code: number, name: string): number | null {
    const data = this.one(code, name, 4)
    return data === null ? null : viewOf(data).getUint32(0, this.#cursor.little)
  }

  /** A 64-bit number, or null. */
  u64(code: number, name: string): bigint | null {
    const data = this.one(code, name, 8)
    return data === null ? null : viewOf(data).getBigUint64(0, this.#cursor.little)
  }

  /** A signed 64-bit number, or null. */
  i64(code: number, name: string): bigint | null {
    const data = this.one(code, name, 8)
    return data === null ? null : viewOf(data).getBigInt64(0, this.#cursor.little)
  }

  /** A counter, or null; exact up to 2^53. */
  count(code: number, name: string): number | null {
    const value = this.u64(code, name)
    return value === null ? null : Number(value)
  }

  /** A time stamp, upper half first, or null. */
  stamp(code: number, name: string): bigint | null {
    const data = this.one(code, name, 8)
    if (data === null) return null
    const view = viewOf(data)
    const { little } = this.#cursor
    return (BigInt(view.getUint32(0, little)) << 32n) | BigInt(view.getUint32(4, little))
  }

  /** What no look-up has taken. */
  rest(): PcapngOption[] {
    return this.#left.map(({ code, data }) => ({ code, data }))
  }
}

const viewOf = (b: Uint8Array): DataView => new DataView(b.buffer, b.byteOffset, b.byteLength)
