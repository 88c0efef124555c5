/**
 * Base64 of octets and ASCII texts, without padding and with the alphabet of URLs, as Go's RawURLEncoding.
 *
 * @see RFC 4648 section 5
 */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Base64 of a text of octets (each character below 256). */
export const toBase64 = (text: string): string => {
  let out = ''
  for (let i = 0; i < text.length; i += 3) {
    const left = Math.min(3, text.length - i)
    const bits = (text.charCodeAt(i) << 16) | ((text.charCodeAt(i + 1) || 0) << 8) | (text.charCodeAt(i + 2) || 0)
    for (let n = 0; n <= left; n++) out += ALPHABET[(bits >> (18 - 6 * n)) & 63]
  }
  return out
}

/** The text of a base64; other characters are skipped. */
export const fromBase64 = (text: string): string => {
  let out = ''
  let bits = 0
  let count = 0
  for (const char of text) {
    const value = ALPHABET.indexOf(char)
    if (value < 0) continue
    bits = ((bits << 6) | value) & 0xffffff
    count += 6
    if (count < 8) continue
    count -= 8
    out += String.fromCharCode((bits >> count) & 255)
  }
  return out
}
