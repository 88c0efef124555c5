/**
 * UTF-8 of a string, without the platform's TextEncoder, which a bare JavaScript engine does not have.
 *
 * @see RFC 3629
 */

const pushCodePoint = (bytes: number[], code: number): void => {
  if (code < 0x80) bytes.push(code)
  else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63))
  else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63))
  else bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63))
}

/** Lone surrogates from here stand for octets that are no UTF-8, as programs write them: U+DC80 for 0x80. */
const ESCAPED_OCTETS = 0xdc00

/** The octets of `text`. A lone surrogate U+DC80..U+DCFF gives its octet, any other U+FFFD. */
export const utf8Encode = (text: string): Uint8Array => {
  const bytes: number[] = []
  for (const char of text) {
    const code = char.codePointAt(0)!
    if (code >= ESCAPED_OCTETS + 0x80 && code <= ESCAPED_OCTETS + 0xff) bytes.push(code - ESCAPED_OCTETS)
    else pushCodePoint(bytes, code >= 0xd800 && code <= 0xdfff ? 0xfffd : code)
  }
  return Uint8Array.from(bytes)
}
