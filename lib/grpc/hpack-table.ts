/**
 * The index of header fields that HPACK refers to: 61 fixed entries, then what the connection has added.
 *
 * @see RFC 7541, section 2.3 and appendix A
 */

/** A header field: lower-case name and value, each character one octet. */
export type HeaderField = readonly [name: string, value: string]

/** Octets that an entry counts beyond its name and value (RFC 7541, section 4.1). */
export const HPACK_ENTRY_OVERHEAD = 32

/** Size of a dynamic table that nobody has changed, in octets (RFC 9113, section 6.5.2). */
export const HPACK_DEFAULT_TABLE_SIZE = 4096

/** Octets that a field counts in a table and in a header list. */
export const headerFieldSize = ([name, value]: HeaderField): number => name.length + value.length + HPACK_ENTRY_OVERHEAD

const NAMES_BEHIND_STATUS =
  'accept-language accept-ranges accept access-control-allow-origin age allow authorization cache-control ' +
  'content-disposition content-encoding content-language content-length content-location content-range content-type ' +
  'cookie date etag expect expires from host if-match if-modified-since if-none-match if-range if-unmodified-since ' +
  'last-modified link location max-forwards proxy-authenticate proxy-authorization range referer refresh retry-after ' +
  'server set-cookie strict-transport-security transfer-encoding user-agent vary via www-authenticate'

/** Entries 1 to 61; the entry with index n stands at n - 1. */
export const HPACK_STATIC_TABLE: readonly HeaderField[] = [
  [':authority', ''],
  [':method', 'GET'],
  [':method', 'POST'],
  [':path', '/'],
  [':path', '/index.html'],
  [':scheme', 'http'],
  [':scheme', 'https'],
  ...['200', '204', '206', '304', '400', '404', '500'].map((status): HeaderField => [':status', status]),
  ['accept-charset', ''],
  ['accept-encoding', 'gzip, deflate'],
  ...NAMES_BEHIND_STATUS.split(' ').map((name): HeaderField => [name, '']),
]

/** Between name and value in a key; neither may contain it. */
const SEPARATOR = '\0'

const keyOf = (name: string, value: string): string => name + SEPARATOR + value

/** Index by name and value. */
const STATIC_FIELDS: ReadonlyMap<string, number> = new Map(
  HPACK_STATIC_TABLE.map(([name, value], n) => [keyOf(name, value), n + 1]),
)

/** Index by name; of several the highest, as the encoder of golang.org/x/net has it. */
const STATIC_NAMES: ReadonlyMap<string, number> = new Map(HPACK_STATIC_TABLE.map(([name], n) => [name, n + 1]))

/** Where a field was found: `index` 0 for nowhere; `isWhole` when value and name are the same. */
export interface HpackMatch {
  index: number
  isWhole: boolean
}

/** The dynamic table of one direction of a connection, behind the static one. */
export class HpackTable {
  /** Most octets that the entries may have together. */
  maxSize: number
  /** Octets that they have. */
  size = 0
  /** The oldest first. */
  readonly #entries: HeaderField[] = []
  /** One more with each change. */
  generation = 0

  constructor(maxSize: number = HPACK_DEFAULT_TABLE_SIZE) {
    this.maxSize = maxSize
  }

  /** Entries of the dynamic table. */
  get length(): number {
    return this.#entries.length
  }

  /** The entry with the index; null when there is none. */
  at(index: number): HeaderField | null {
    if (index <= HPACK_STATIC_TABLE.length) return HPACK_STATIC_TABLE[index - 1] ?? null
    return this.#entries[this.#entries.length - (index - HPACK_STATIC_TABLE.length)] ?? null
  }

  /** Adds an entry; the oldest ones make room. One that is too large empties the table, which is no error. */
  add(field: HeaderField): void {
    this.generation++
    this.size += headerFieldSize(field)
    this.#entries.push(field)
    this.#evict()
  }

  /** Sets the room for entries, and drops the oldest ones that no longer fit. */
  resize(maxSize: number): void {
    this.generation++
    this.maxSize = maxSize
    this.#evict()
  }

  /** Where a field is, preferably whole, preferably in the static table, preferably the newest. */
  find([name, value]: HeaderField): HpackMatch {
    const whole = STATIC_FIELDS.get(keyOf(name, value))
    if (whole !== undefined) return { index: whole, isWhole: true }
    let index = STATIC_NAMES.get(name) ?? 0
    const entries = this.#entries
    for (let n = entries.length - 1; n >= 0; n--) {
      const entry = entries[n]!
      if (entry[0] !== name) continue
      const at = HPACK_STATIC_TABLE.length + entries.length - n
      if (entry[1] === value) return { index: at, isWhole: true }
      if (index === 0) index = at
    }
    return { index, isWhole: false }
  }

  #evict(): void {
    while (this.size > this.maxSize) this.size -= headerFieldSize(this.#entries.shift()!)
  }
}
