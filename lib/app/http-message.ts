/**
 * Messages of HTTP/1.1 as octets of a stream: heads, and bodies by length, in chunks, or up to the end of the stream.
 *
 * @see RFC 9112
 */
import { NetloomError } from '../errors.js'
import { concatOctets, NO_OCTETS } from '../wire/repr.js'

const CR = 13
const LF = 10

/** Octets as ISO 8859-1 text, as heads are. */
export const latin1 = (octets: Uint8Array): string => {
  let text = ''
  for (const octet of octets) text += String.fromCharCode(octet)
  return text
}

/** A header's value by its name, whatever the case; null when there is none. */
export const headerOf = (lines: readonly string[], name: string): string | null => {
  const wanted = `${name.toLowerCase()}:`
  const line = lines.find(l => l.toLowerCase().startsWith(wanted))
  return line === undefined ? null : line.slice(wanted.length).trim()
}

/** True when a header's value, a list, has the word. */
export const headerHas = (lines: readonly string[], name: string, word: string): boolean =>
  (headerOf(lines, name) ?? '')
    .toLowerCase()
    .split(',')
    .some(part => part.trim() === word)

/** Name of a header line, in small letters. */
const nameOf = (line: string): string => line.slice(0, line.indexOf(':')).toLowerCase()

/** Header lines by their names, as Go writes them; those of one name stay in order. */
export const sortHeaders = (lines: readonly string[]): string[] =>
  [...lines].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : nameOf(a) > nameOf(b) ? 1 : 0))

/** Takes lines off a stream. */
export class LineReader {
  #octets: Uint8Array = NO_OCTETS

  /** Octets of the stream have come. */
  push(octets: Uint8Array): void {
    this.#octets = this.#octets.length === 0 ? octets : concatOctets(this.#octets, octets)
  }

  /** The next line with its line end, or null while it is not complete. */
  line(): string | null {
    const end = this.#octets.indexOf(LF)
    if (end < 0) return null
    const line = latin1(this.#octets.subarray(0, end + 1))
    this.#octets = this.#octets.subarray(end + 1)
    return line
  }

  /** Up to `max` octets. */
  take(max: number): Uint8Array {
    const taken = this.#octets.subarray(0, max)
    this.#octets = this.#octets.subarray(taken.length)
    return taken
  }

  /** Octets that wait. */
  get length(): number {
    return this.#octets.length
  }

  /** The octets that wait, left where they are. */
  get rest(): Uint8Array {
    return this.#octets
  }
}

/** A line without its line end. */
export const trimLineEnd = (line: string): string => {
  let end = line.length
  if (end > 0 && line.charCodeAt(end - 1) === LF) end--
  if (end > 0 && line.charCodeAt(end - 1) === CR) end--
  return line.slice(0, end)
}

/** Takes heads of messages off a stream. */
export class HeadReader {
  #lines: string[] = []

  /** Has nothing of a head come? */
  get isEmpty(): boolean {
    return this.#lines.length === 0
  }

  /** The first line and the header lines of the next message; null while they are not complete. */
  read(from: LineReader): readonly string[] | null {
    for (let line = from.line(); line !== null; line = from.line()) {
      const text = trimLineEnd(line)
      // Empty lines in front of a message are skipped (RFC 9112 section 2.2).
      if (text !== '') this.#lines.push(text)
      else if (this.#lines.length > 0) {
        const lines = this.#lines
        this.#lines = []
        return lines
      }
    }
    return null
  }
}

/** How a body ends: it has none, after so many octets, with the last chunk, with the stream. */
export type BodyKind = 'none' | 'length' | 'chunked' | 'close'

/** Reads a body behind its head. */
export class BodyReader {
  readonly kind: BodyKind
  /** Octets of the whole body; null when that is not said. */
  readonly length: number | null
  /** The body is complete. */
  isDone: boolean
  #left: number
  #chunk: 'size' | 'data' | 'end' | 'trailer' = 'size'

  /** `length` counts for the kind `length` only. */
  constructor(kind: BodyKind, length: number) {
    this.kind = kind
    this.length = kind === 'length' ? length : null
    this.#left = length
    this.isDone = kind === 'none' || (kind === 'length' && length === 0)
  }

  /** Octets of the body that are not there yet, when that is known. */
  get remaining(): number {
    return this.kind === 'length' ? this.#left : 0
  }

  /** The octets of the body that have come, null when there are none yet. Throws EFORMAT for a chunk that is none. */
  read(from: LineReader): Uint8Array | null {
    if (this.isDone) return null
    if (this.kind === 'chunked') return this.#readChunk(from)
    const octets = from.take(this.kind === 'close' ? from.length : this.#left)
    if (this.kind === 'length') {
      this.#left -= octets.length
      this.isDone = this.#left === 0
    }
    return octets.length === 0 ? null : octets
  }

  #readChunk(from: LineReader): Uint8Array | null {
    for (;;) {
      if (this.#chunk === 'data') {
        const octets = from.take(this.#left)
        this.#left -= octets.length
        if (this.#left === 0) this.#chunk = 'end'
        return octets.length === 0 ? null : octets
      }
      const line = from.line()
      if (line === null) return null
      this.#chunkLine(trimLineEnd(line))
      if (this.isDone) return null
    }
  }

  #chunkLine(line: string): void {
    if (this.#chunk === 'end') this.#chunk = 'size'
    else if (this.#chunk === 'trailer') this.isDone = line === ''
    else {
      const size = /^[0-9a-f]+/i.exec(line)
      if (size === null) throw new NetloomError('EFORMAT', `not the size of a chunk: "${line}"`, { line })
      this.#left = Number.parseInt(size[0], 16)
      this.#chunk = this.#left === 0 ? 'trailer' : 'data'
    }
  }
}

/** How the body behind these header lines ends; `orElse` when they do not say. */
export const bodyOf = (lines: readonly string[], orElse: BodyKind): BodyReader => {
  if (headerHas(lines, 'Transfer-Encoding', 'chunked')) return new BodyReader('chunked', 0)
  const length = headerOf(lines, 'Content-Length')
  return length !== null && /^\d+$/.test(length) ? new BodyReader('length', Number(length)) : new BodyReader(orElse, 0)
}
