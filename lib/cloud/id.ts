/**
 * Identifiers that a cloud makes up, drawn from the seed.
 */
import type { Rng } from '../sim/rng.js'

const hex = (rng: Rng, digits: number): string => {
  let text = ''
  while (text.length < digits) text += rng.u32().toString(16).padStart(8, '0')
  return text.slice(0, digits)
}

const HEX_OF_AWS = 17

/** `PREFIX-0123456789abcdef0`, as AWS names resources. */
export const resourceId = (rng: Rng, prefix: string): string => `${prefix}-0${hex(rng, HEX_OF_AWS - 1)}`

/** A version 4 UUID. */
export const uuid = (rng: Rng): string => {
  const h = hex(rng, 32)
  const variant = '89ab'[rng.below(4)]!
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(13, 16)}-${variant}${h.slice(17, 20)}-${h.slice(20)}`
}

/** A number of 18 or 19 digits as text, as Google Cloud numbers resources. */
export const resourceNumber = (rng: Rng): string =>
  `${1 + rng.below(8)}${rng.below(1e9).toString().padStart(9, '0')}${rng.below(1e9).toString().padStart(9, '0')}`

/** A MAC that is locally administered: 02 and five drawn octets. */
export const localMac = (rng: Rng): number => 0x020000000000 + rng.below(256) * 2 ** 32 + rng.u32()
