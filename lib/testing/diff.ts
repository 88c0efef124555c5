/**
 * Differences of frames: which field of which layer, and the first octet in hex.
 */
import { NetloomError } from '../errors.js'
import { encodeUtf8 } from '../wire/utf8.js'
import { decodeFrame, type FrameRepr } from '../wire/frame.js'

/** A field in which two frames differ. */
export interface FieldDifference {
  /** Layer and field, for example `ipv4.ttl` or `quoted.udp.dport`. */
  readonly field: string
  /** Values as text; `absent` when one of the frames has no such field. */
  readonly expected: string
  readonly actual: string
}

const MAX_HEX = 32

const hex = (octets: Uint8Array): string => Array.from(octets, o => o.toString(16).padStart(2, '0')).join('')

const textOf = (value: unknown): string => {
  if (value === undefined) return 'absent'
  if (!(value instanceof Uint8Array)) return typeof value === 'string' ? value : JSON.stringify(value)
  const shown = hex(value.subarray(0, MAX_HEX))
  return `${value.length} octets ${shown}${value.length > MAX_HEX ? '...' : ''}`
}

/** Index of the first octet in which they differ, their shorter length when one goes on, -1 when they are equal. */
export const firstDifference = (a: Uint8Array, b: Uint8Array): number => {
  const n = Math.min(a.length, b.length)
  for (let i = 0; i < n; i++) if (a[i] !== b[i]) return i
  return a.length === b.length ? -1 : n
}

const octetDifference = (field: string, expected: Uint8Array, actual: Uint8Array): FieldDifference[] => {
  const at = firstDifference(expected, actual)
  if (at < 0) return []
  const part = (octets: Uint8Array): string =>
    textOf(octets.subarray(at))
      .replace(/^\d+ octets/, '')
      .trim()
  const where = (octets: Uint8Array): string =>
    at === octets.length ? `${octets.length} octets` : `${part(octets)} at octet ${at} of ${octets.length}`
  return [{ field, expected: where(expected), actual: where(actual) }]
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !(value instanceof Uint8Array)

/**
 * The fields in which `actual` differs from `expected`. With `isShape`, what `expected` does not mention may be anything,
 * and text stands for its UTF-8 octets.
 */
export const fieldDifferences = (
  expected: unknown,
  actual: unknown,
  isShape: boolean,
  field = '',
): FieldDifference[] => {
  const wanted = typeof expected === 'string' && actual instanceof Uint8Array ? encodeUtf8(expected) : expected
  if (wanted instanceof Uint8Array && actual instanceof Uint8Array) return octetDifference(field, wanted, actual)
  if (!isObject(wanted) || !isObject(actual))
    return Object.is(wanted, actual) ? [] : [{ field, expected: textOf(wanted), actual: textOf(actual) }]
  const names = isShape ? Object.keys(wanted) : [...new Set([...Object.keys(wanted), ...Object.keys(actual)])]
  return names.flatMap(name =>
    fieldDifferences(
      (wanted as Record<string, unknown>)[name],
      (actual as Record<string, unknown>)[name],
      isShape,
      field === '' ? name : `${field}.${name}`,
    ),
  )
}

/** The frame as headers, or the text of the reason why it is none. */
export const decodeOrReason = (octets: Uint8Array): FrameRepr | string => {
  try {
    return decodeFrame(octets)
  } catch (e) {
    if (e instanceof NetloomError) return e.message
    throw e
  }
}

const ROW = 16

const hexRow = (octets: Uint8Array, row: number, at: number): string =>
  Array.from(octets.subarray(row, row + ROW), (o, i) => {
    const text = o.toString(16).padStart(2, '0')
    return row + i === at ? `[${text}]` : ` ${text} `
  }).join('')

/** The row of 16 octets with the first difference, from both frames; empty when they are equal. */
export const hexDifference = (expected: Uint8Array, actual: Uint8Array): string[] => {
  const at = firstDifference(expected, actual)
  if (at < 0) return []
  const row = at - (at % ROW)
  const label = `0x${row.toString(16).padStart(4, '0')}:`
  return [
    `first difference at octet ${at} (lengths ${expected.length} and ${actual.length}):`,
    `  expected ${label} ${hexRow(expected, row, at)}`,
    `  actual   ${label} ${hexRow(actual, row, at)}`,
  ]
}

/** Differences as lines. */
export const differenceLines = (differences: readonly FieldDifference[]): string[] =>
  differences.map(d => `  ${d.field}: expected ${d.expected}, actual ${d.actual}`)

/** Fields by path with their text. */
const leaves = (value: unknown, field = ''): [string, string][] => {
  if (!isObject(value)) return [[field, textOf(value)]]
  return Object.entries(value).flatMap(([name, v]) => leaves(v, field === '' ? name : `${field}.${name}`))
}

/** The address and the port of tcpdump's `ADDRESS.PORT`, or the word itself. */
const partsOf = (word: string): string[] => {
  const port = /^(\d+\.\d+\.\d+\.\d+)\.(\d+)$/.exec(word)
  return port === null ? [word] : [port[1]!, port[2]!]
}

/** The field of `octets` that a word of its line shows, where another word was expected: of the innermost layer, if any. */
export const fieldNamedBy = (octets: Uint8Array, word: string, expectedWord: string): FieldDifference[] => {
  const repr = decodeOrReason(octets)
  if (typeof repr === 'string') return []
  const wanted = partsOf(expectedWord)
  const found = partsOf(word)
  const i = found.findIndex((part, n) => part !== wanted[n])
  const actual = found[i]
  const expected = wanted.length === found.length ? wanted[i]! : expectedWord
  const fields = leaves(repr).filter(([, text]) => text === actual)
  return fields.slice(-1).map(([field]) => ({ field, expected, actual: actual! }))
}
