/**
 * Header fields as octets and back: HPACK. The encoder chooses as that of golang.org/x/net does, which grpc-go uses:
 * each field is added to the table unless it is larger than that, and a string is Huffman coded when that is shorter.
 *
 * @see RFC 7541
 */
import { equalOctets } from '../wire/bytes.js'
import { huffmanLength, huffmanText, pushHuffman } from './hpack-huffman.js'
import { HPACK_DEFAULT_TABLE_SIZE, type HeaderField, HpackTable, headerFieldSize } from './hpack-table.js'

const INDEXED = 0x80
const WITH_INDEXING = 0x40
const SIZE_UPDATE = 0x20
const HUFFMAN = 0x80

/** Most octets that follow the first of an integer: 2^28 and more are none that a header needs. */
const MAX_MORE_OCTETS = 4

/** Appends an integer with a prefix of `bits` bits, the others of its first octet being `pattern` (section 5.1). */
export const pushHpackInteger = (octets: number[], pattern: number, bits: number, value: number): void => {
  const most = (1 << bits) - 1
  if (value < most) {
    octets.push(pattern | value)
    return
  }
  octets.push(pattern | most)
  let rest = value - most
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) octets.push(0x80 | (rest & 0x7f))
  octets.push(rest)
}

const pushString = (octets: number[], text: string): void => {
  const length = huffmanLength(text)
  if (length < text.length) {
    pushHpackInteger(octets, HUFFMAN, 7, length)
    pushHuffman(octets, text)
    return
  }
  pushHpackInteger(octets, 0, 7, text.length)
  for (let i = 0; i < text.length; i++) octets.push(text.charCodeAt(i) & 0xff)
}

/** A header block, and the generation of the table that it goes by. */
interface Block {
  readonly octets: Uint8Array
  readonly generation: number
}

/** A header block that was decoded. */
interface DecodedBlock extends Block {
  readonly fields: readonly HeaderField[]
  readonly size: number
}

/** How many blocks a decoder remembers: those of requests, of responses or of trailers are few. */
const REMEMBERED = 4

/** Encodes the header blocks of one direction of a connection. */
export class HpackEncoder {
  readonly #table: HpackTable = new HpackTable()
  /** Size of the table to announce before the next field; -1 when there is none. */
  #announced = -1
  /** Blocks of lists that are sent again and again, with the generation of the table that they go by. */
  readonly #blocks: WeakMap<readonly HeaderField[], Block> = new WeakMap()

  /** The peer's SETTINGS_HEADER_TABLE_SIZE. A table that may become larger stays as it is. */
  limitTable(size: number): void {
    if (size >= this.#table.maxSize) return
    this.#announced = size
    this.#table.resize(size)
  }

  /** The header block of the fields. A list that is the same object again must not have changed. */
  encode(fields: readonly HeaderField[]): Uint8Array {
    // An announcement stands in this block only.
    if (this.#announced >= 0) return this.#encode(fields)
    const { generation } = this.#table
    const known = this.#blocks.get(fields)
    if (known !== undefined && known.generation === generation) return known.octets
    const octets = this.#encode(fields)
    // One that has changed the table is another one the next time.
    if (this.#table.generation === generation) this.#blocks.set(fields, { octets, generation })
    return octets
  }

  #encode(fields: readonly HeaderField[]): Uint8Array {
    const octets: number[] = []
    if (this.#announced >= 0) {
      pushHpackInteger(octets, SIZE_UPDATE, 5, this.#announced)
      this.#announced = -1
    }
    for (const field of fields) this.#push(octets, field)
    return Uint8Array.from(octets)
  }

  #push(octets: number[], field: HeaderField): void {
    const { index, isWhole } = this.#table.find(field)
    if (isWhole) {
      pushHpackInteger(octets, INDEXED, 7, index)
      return
    }
    const isAdded = headerFieldSize(field) <= this.#table.maxSize
    if (isAdded) this.#table.add(field)
    pushHpackInteger(octets, isAdded ? WITH_INDEXING : 0, isAdded ? 6 : 4, index)
    if (index === 0) pushString(octets, field[0])
    pushString(octets, field[1])
  }
}

/** What a header block gives: its fields, or why it is none. */
export type HpackResult =
  | { readonly fields: readonly HeaderField[]; readonly error: null }
  | { readonly fields: null; readonly error: string }

const failed = (error: string): HpackResult => ({ fields: null, error })

/**
 * Decodes the header blocks of one direction of a connection. A block that is none ends the connection. A literal that
 * nobody may index (section 6.2.3) is taken as any other.
 */
export class HpackDecoder {
  readonly #table: HpackTable
  /** What this side's SETTINGS_HEADER_TABLE_SIZE allows. */
  readonly #limit: number
  #octets: Uint8Array = new Uint8Array(0)
  #at = 0
  #error: string | null = null
  /** Blocks that changed nothing, the last ones, and whose turn it is to be forgotten. */
  readonly #blocks: DecodedBlock[] = []
  #oldest = 0

  /** `limit` octets for the table, as this side has announced. */
  constructor(limit: number = HPACK_DEFAULT_TABLE_SIZE) {
    this.#limit = limit
    this.#table = new HpackTable(limit)
  }

  /** Entries and octets of the dynamic table. */
  get table(): HpackTable {
    return this.#table
  }

  /**
   * The fields of a whole header block. A list of more than `maxListSize` octets (counted as in section 4.1) is an
   * error, and is not decoded further. The list may be the one that an earlier block has given: it must not be changed.
   */
  decode(block: Uint8Array, maxListSize: number = Number.POSITIVE_INFINITY): HpackResult {
    const known = this.#recall(block)
    if (known !== null && known.size <= maxListSize) return { fields: known.fields, error: null }
    const { generation } = this.#table
    this.#octets = block
    this.#at = 0
    this.#error = null
    const fields: HeaderField[] = []
    let size = 0
    while (this.#at < block.length) {
      const first = block[this.#at]!
      if ((first & (INDEXED | WITH_INDEXING | SIZE_UPDATE)) === SIZE_UPDATE) {
        this.#resize(fields.length > 0)
        if (this.#error !== null) return failed(this.#error)
        continue
      }
      const field = this.#field(first)
      if (field === null) return failed(this.#error ?? 'truncated')
      size += headerFieldSize(field)
      if (size > maxListSize) return failed(`header list has more than ${maxListSize} octets`)
      fields.push(field)
    }
    if (this.#table.generation === generation) {
      this.#blocks[this.#oldest] = { octets: block.slice(), generation, fields, size }
      this.#oldest = (this.#oldest + 1) % REMEMBERED
    }
    return { fields, error: null }
  }

  /** What the same octets gave, when the table is as it was. */
  #recall(octets: Uint8Array): DecodedBlock | null {
    for (let i = 0; i < this.#blocks.length; i++) {
      const block = this.#blocks[i]!
      if (block.octets.length !== octets.length || block.generation !== this.#table.generation) continue
      if (equalOctets(block.octets, 0, octets, 0, octets.length)) return block
    }
    return null
  }

  #field(first: number): HeaderField | null {
    if ((first & INDEXED) !== 0) return this.#entry(this.#integer(7))
    const isAdded = (first & WITH_INDEXING) !== 0
    const index = this.#integer(isAdded ? 6 : 4)
    if (index < 0) return null
    const named = index === 0 ? this.#string() : (this.#entry(index)?.[0] ?? null)
    if (named === null) return null
    const value = this.#string()
    if (value === null) return null
    const field: HeaderField = [named, value]
    if (isAdded) this.#table.add(field)
    return field
  }

  #entry(index: number): HeaderField | null {
    if (index < 0) return null
    const entry = this.#table.at(index)
    return entry ?? this.#fail(`invalid indexed representation index ${index}`)
  }

  #resize(isLate: boolean): void {
    const size = this.#integer(5)
    if (size < 0) return
    if (isLate) this.#fail('dynamic table size update MUST occur at the beginning of a header block')
    else if (size > this.#limit) this.#fail('dynamic table size update too large')
    else this.#table.resize(size)
  }

  /** An integer with a prefix of `bits` bits; -1 when it is none. */
  #integer(bits: number): number {
    const most = (1 << bits) - 1
    let value = this.#octets[this.#at++]! & most
    if (value < most) return value
    for (let n = 0; n < MAX_MORE_OCTETS; n++) {
      const octet = this.#octets[this.#at++]
      if (octet === undefined) {
        this.#fail('truncated integer')
        return -1
      }
      value += (octet & 0x7f) * 0x80 ** n
      if (octet < 0x80) return value
    }
    this.#fail('varint integer overflow')
    return -1
  }

  #string(): string | null {
    const first = this.#octets[this.#at]
    if (first === undefined) return this.#fail('truncated string')
    const length = this.#integer(7)
    if (length < 0) return null
    const from = this.#at
    if (from + length > this.#octets.length) return this.#fail('truncated string')
    this.#at += length
    if ((first & HUFFMAN) !== 0)
      return huffmanText(this.#octets, from, this.#at) ?? this.#fail('invalid Huffman-encoded data')
    let text = ''
    for (let at = from; at < this.#at; at++) text += String.fromCharCode(this.#octets[at]!)
    return text
  }

  #fail(error: string): null {
    this.#error ??= error
    return null
  }
}
