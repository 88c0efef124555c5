/**
 * How Go writes octets and reads numbers: `%q`, base64 in JSON, strconv's errors.
 *
 * @see Go strconv/quote.go, strconv/atoi.go
 */
import { type Int64, int64 } from '../../etcd/octets.js'
import { decodeUtf8, encodeUtf8 } from '../../wire/utf8.js'

const ESCAPES: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '"': '\\"',
  '\\': '\\\\',
}

const hex = (n: number, width: number): string => n.toString(16).padStart(width, '0')

const quoteChar = (char: string): string => {
  const special = ESCAPES[char]
  if (special !== undefined) return special
  const code = char.codePointAt(0)!
  if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`
  if (/[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(char)) return char
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`
}

/** Octets as `%q` writes them: what is no UTF-8 as `\xNN`. */
export const goQuote = (octets: Uint8Array): string => {
  let text = '"'
  for (let i = 0; i < octets.length; ) {
    const n = sequenceLength(octets, i)
    text += n === 0 ? `\\x${hex(octets[i]!, 2)}` : quoteChar(decodeUtf8(octets.subarray(i, i + n)))
    i += Math.max(n, 1)
  }
  return `${text}"`
}

/** Octets of the character at `at`, 0 when none is well-formed there. */
const sequenceLength = (octets: Uint8Array, at: number): number => {
  for (let n = 1; n <= 4 && at + n <= octets.length; n++) {
    const text = decodeUtf8(octets.subarray(at, at + n))
    const isOne = [...text].length === 1 && encodeUtf8(text).length === n
    if (isOne && (text !== '\ufffd' || (n === 3 && octets[at] === 0xef))) return n
  }
  return 0
}

/** strconv.ParseInt: the number, or the text of its error. */
export const parseInt64 = (text: string, base: 10 | 16): Int64 | string => {
  const error = (why: string): string => `strconv.ParseInt: parsing ${goQuote(encodeUtf8(text))}: ${why}`
  const digits = /^[+-]?([0-9a-f]+)$/i.exec(text)?.[1]
  if (digits === undefined || (base === 10 && /[a-f]/i.test(digits))) return error('invalid syntax')
  const size = BigInt(base === 16 ? `0x${digits}` : digits)
  const value = text.startsWith('-') ? -size : size
  return BigInt.asIntN(64, value) === value ? int64(value) : error('value out of range')
}

const UNITS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 }

/** time.ParseDuration: nanoseconds, or null. */
export const parseDuration = (text: string): number | null => {
  if (text === '0') return 0
  if (!/^(\d+(\.\d*)?(ns|us|µs|ms|s|m|h))+$/.test(text)) return null
  let ns = 0
  for (const [, number, unit] of text.matchAll(/(\d+(?:\.\d*)?)(ns|us|µs|ms|s|m|h)/g))
    ns += Number(number) * UNITS[unit!]!
  return Math.round(ns)
}
