/**
 * Octets that a program writes to standard output, as text: UTF-8, and each octet that is none as a lone surrogate
 * U+DC80..U+DCFF (octet + 0xDC00), so that writing the text as UTF-8 can give the same octets back.
 *
 * @see RFC 3629; Python's PEP 383 has the same convention (surrogateescape)
 */

const ESCAPE = 0xdc00

/** Octets of the sequence that `lead` opens, and the smallest code point that may have that length; 0 for no lead octet. */
const sequenceOf = (lead: number): readonly [number, number] => {
  if (lead >= 0xc2 && lead < 0xe0) return [2, 0x80]
  if (lead >= 0xe0 && lead < 0xf0) return [3, 0x800]
  if (lead >= 0xf0 && lead < 0xf5) return [4, 0x10000]
  return [0, 0]
}

/** Code point of the sequence at `at`, or -1 when it is not complete and well formed. */
const codePointAt = (octets: Uint8Array, at: number, length: number, min: number): number => {
  if (at + length > octets.length) return -1
  let code = octets[at]! & (0x7f >> length)
  for (let i = 1; i < length; i++) {
    const octet = octets[at + i]!
    if (octet >> 6 !== 2) return -1
    code = (code << 6) | (octet & 63)
  }
  return code < min || code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ? -1 : code
}

/** Octets that become text at once. */
const RUN = 4096

/** Text of the octets. */
export const octetText = (octets: Uint8Array): string => {
  let text = ''
  let start = 0
  // ASCII in front, which nearly always is all of it.
  while (start < octets.length) {
    const end = Math.min(start + RUN, octets.length)
    let at = start
    while (at < end && octets[at]! < 0x80) at++
    // Spreading an array of octets takes the way of iterators, which is 20 times slower.
    text += String.fromCharCode.apply(null, octets.subarray(start, at) as unknown as number[])
    start = at
    if (at < end) break
  }
  for (let at = start; at < octets.length; ) {
    const lead = octets[at]!
    if (lead < 0x80) {
      text += String.fromCharCode(lead)
      at++
      continue
    }
    const [length, min] = sequenceOf(lead)
    const code = length === 0 ? -1 : codePointAt(octets, at, length, min)
    text += code < 0 ? String.fromCharCode(ESCAPE + lead) : String.fromCodePoint(code)
    at += code < 0 ? 1 : length
  }
  return text
}
