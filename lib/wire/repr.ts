/**
 * What the plain-object forms of headers share: errors of decoding with field and offset, checks of numbers to encode.
 *
 * Plain objects are for users, tests and text. Their addresses are text, and their derived fields (lengths, checksums)
 * may be left out when they are encoded.
 */

import { NetloomError } from '../errors.js'

/** Addresses of a pseudo-header as int32, for checksums that cover it. */
export interface PseudoHeader {
  readonly saddr: number
  readonly daddr: number
}

/** An `EDECODE` error: `field` has the value `value` at `offset`, and `reason` says why that cannot be. */
export const fieldError = (field: string, value: number, offset: number, reason: string): NetloomError =>
  new NetloomError('EDECODE', `${field}: ${value} at offset ${offset}: ${reason}`, { field, value, offset, reason })

/** Throws `EDECODE` unless `octets` octets of the header `field` stand between `off` and `end`. */
export const needOctets = (field: string, off: number, end: number, octets: number): void => {
  const left = Math.max(0, end - off)
  if (left >= octets) return
  const reason = `truncated: a header has ${octets} octets`
  throw new NetloomError('EDECODE', `${field}: ${left} octets at offset ${off}: ${reason}`, {
    field,
    value: left,
    offset: off,
    reason,
  })
}

/** `value` if it is an integer from 0 to `max`; else throws `EINVAL` naming the field. */
export const inRange = (field: string, value: number, max: number): number => {
  if (!Number.isInteger(value) || value < 0 || value > max)
    throw new NetloomError('EINVAL', `${field}: ${value} is not an integer from 0 to ${max}`, { field, value, max })
  return value
}

/** The octets of `parts` one after the other, in a new array. */
export const concatOctets = (...parts: readonly Uint8Array[]): Uint8Array => {
  const all = new Uint8Array(parts.reduce((n, part) => n + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

/** No octets. */
export const NO_OCTETS: Uint8Array = new Uint8Array(0)
