/**
 * UTF-8 without the platform's TextEncoder and TextDecoder, which a bare JavaScript engine does not have.
 *
 * @see RFC 3629; the Encoding Standard's "UTF-8 decoder" for what replaces octets that are no UTF-8
 */

const REPLACEMENT = 0xfffd
/** Lone surrogates from here stand for octets that are no UTF-8, as programs write them: U+DC80 for 0x80 (app/octet-text.ts). */
const ESCAPED_OCTETS = 0xdc00

/** Appends the octets of a code point. */
const pushUtf8 = (bytes: number[], code: number): void => {
  if (code < 0x80) bytes.push(code)
  else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63))
  else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63))
  else bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63))
}

/** Octets of `text`. A lone surrogate U+DC80..U+DCFF gives its octet, any other U+FFFD. */
export const encodeUtf8 = (text: string): Uint8Array => {
  // Nearly all text is ASCII, where each character is its octet: 1 KB in 1 µs instead of 13.
  const ascii = new Uint8Array(text.length)
  let at = 0
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code > 0x7f) break
    ascii[at] = code
  }
  if (at === text.length) return ascii
  const bytes: number[] = []
  for (const char of text) {
    const code = char.codePointAt(0)!
    if (code >= ESCAPED_OCTETS + 0x80 && code <= ESCAPED_OCTETS + 0xff) bytes.push(code - ESCAPED_OCTETS)
    else pushUtf8(bytes, code >= 0xd800 && code <= 0xdfff ? REPLACEMENT : code)
  }
  return Uint8Array.from(bytes)
}

/** Octets that follow a first octet, and the range of the second one, which excludes long forms and surrogates. */
const sequenceOf = (first: number): readonly [more: number, low: number, high: number] => {
  if (first >= 0xc2 && first <= 0xdf) return [1, 0x80, 0xbf]
  if (first >= 0xe0 && first <= 0xef) return [2, first === 0xe0 ? 0xa0 : 0x80, first === 0xed ? 0x9f : 0xbf]
  if (first >= 0xf0 && first <= 0xf4) return [3, first === 0xf0 ? 0x90 : 0x80, first === 0xf4 ? 0x8f : 0xbf]
  return [0, 0, 0]
}

/** Text of the octets; each run that cannot be part of a character gives one U+FFFD. */
export const decodeUtf8 = (b: Uint8Array): string => {
  let text = ''
  for (let i = 0; i < b.length; ) {
    const first = b[i++]!
    if (first < 0x80) {
      text += String.fromCharCode(first)
      continue
    }
    const [more, low, high] = sequenceOf(first)
    let code = more === 0 ? -1 : first & (0x3f >> more)
    for (let n = 0; n < more && code >= 0; n++) {
      const next = i < b.length ? b[i]! : 0
      const isIn = n === 0 ? next >= low && next <= high : (next & 0xc0) === 0x80
      code = isIn ? (code << 6) | (next & 63) : -1
      if (isIn) i++
    }
    text += String.fromCodePoint(code < 0 ? REPLACEMENT : code)
  }
  return text
}
