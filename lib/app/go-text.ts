/**
 * Texts in quotes, as programs written in Go print them.
 *
 * @see Go strconv/quote.go
 */
import { decodeUtf8, encodeUtf8 } from '../wire/utf8.js'

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

/** A text or octets in quotes, as `%q` writes them: what is no UTF-8 as `\xNN`. */
export const goQuote = (given: string | Uint8Array): string => {
  const octets = typeof given === 'string' ? encodeUtf8(given) : given
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

/** Names of a list in quotes (%q of a slice). */
export const goQuoteList = (texts: readonly string[]): string => `[${texts.map(goQuote).join(' ')}]`
