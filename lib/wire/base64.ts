/**
 * Base64.
 *
 * @see RFC 4648 sections 4 and 5
 */

/** The alphabet of section 4; the one of section 5 is for URLs and file names. */
export const BASE64: string = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
export const BASE64_URL: string = `${BASE64.slice(0, -2)}-_`

/** Base64 of octets, without padding (Go's RawStdEncoding, RawURLEncoding). */
export const rawBase64 = (octets: Uint8Array, alphabet: string = BASE64): string => {
  let text = ''
  for (let at = 0; at < octets.length; at += 3) {
    const left = Math.min(3, octets.length - at)
    const bits = (octets[at]! << 16) | ((octets[at + 1] ?? 0) << 8) | (octets[at + 2] ?? 0)
    for (let n = 0; n <= left; n++) text += alphabet[(bits >> (18 - 6 * n)) & 63]!
  }
  return text
}

/** Base64 of octets, padded to a multiple of four characters. */
export const encodeBase64 = (octets: Uint8Array): string => {
  const text = rawBase64(octets)
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=')
}
