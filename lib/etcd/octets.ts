/**
 * Keys of the store: octets on the wire, and inside a text with one character for each octet, whose order is the order of
 * the octets.
 */
import { NO_OCTETS } from '../wire/repr.js'
import { encodeUtf8 } from '../wire/utf8.js'

/** A 64-bit number: a number where that is exact, a bigint beyond. Only so written it compares with `===`. */
export type Int64 = number | bigint

/** A 64-bit number in that form. */
export const int64 = (value: Int64): Int64 =>
  typeof value === 'bigint' && value >= -MAX_EXACT && value <= MAX_EXACT ? Number(value) : value

const MAX_EXACT = BigInt(Number.MAX_SAFE_INTEGER)

/** The text of a key's octets. */
export const keyText = (octets: Uint8Array): string => {
  let text = ''
  for (let i = 0; i < octets.length; i++) text += String.fromCharCode(octets[i]!)
  return text
}

/** The octets of such a text. */
export const keyOctets = (text: string): Uint8Array => {
  if (text === '') return NO_OCTETS
  const octets = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) octets[i] = text.charCodeAt(i)
  return octets
}

/** Octets of what a user gives as key or value: a text is UTF-8. */
export const octetsOf = (value: string | Uint8Array): Uint8Array =>
  typeof value === 'string' ? encodeUtf8(value) : value

/** Less than, equal to or greater than 0, as bytes.Compare. */
export const compareOctets = (a: Uint8Array, b: Uint8Array): number => {
  const n = Math.min(a.length, b.length)
  for (let i = 0; i < n; i++) if (a[i] !== b[i]) return a[i]! - b[i]!
  return a.length - b.length
}

/**
 * The end of the range of all keys that begin with `key`: the key with its last octet that is not 0xff raised by one. A key
 * without one has no end: one zero octet, which means "all that follow".
 *
 * @see etcd clientv3/op.go getPrefix
 */
export const prefixRangeEnd = (key: Uint8Array): Uint8Array => {
  for (let i = key.length - 1; i >= 0; i--) {
    if (key[i] === 0xff) continue
    const end = key.slice(0, i + 1)
    end[i]!++
    return end
  }
  return Uint8Array.of(0)
}
