/**
 * Base64 of octets and ASCII texts, without padding and with the alphabet of URLs, as Go's RawURLEncoding.
 *
 * @see RFC 4648 section 5
 */
import { BASE64_URL, rawBase64 } from '../wire/base64.js'

/** Base64 of a text of octets (each character below 256). */
export const toBase64 = (text: string): string =>
  rawBase64(
    Uint8Array.from(text, char => char.charCodeAt(0)),
    BASE64_URL,
  )

/** The text of a base64; other characters are skipped. */
export const fromBase64 = (text: string): string => {
  let out = ''
  let bits = 0
  let count = 0
  for (const char of text) {
    const value = BASE64_URL.indexOf(char)
    if (value < 0) continue
    bits = ((bits << 6) | value) & 0xffffff
    count += 6
    if (count < 8) continue
    count -= 8
    out += String.fromCharCode((bits >> count) & 255)
  }
  return out
}
