/**
 * How Go reads numbers, with strconv's errors.
 *
 * @see Go strconv/atoi.go
 */
import { goQuote } from '../../app/go-text.js'
import { type Int64, int64 } from '../../etcd/octets.js'

/** strconv.ParseInt: the number, or the text of its error. */
export const parseInt64 = (text: string, base: 10 | 16): Int64 | string => {
  const error = (why: string): string => `strconv.ParseInt: parsing ${goQuote(text)}: ${why}`
  const digits = /^[+-]?([0-9a-f]+)$/i.exec(text)?.[1]
  if (digits === undefined || (base === 10 && /[a-f]/i.test(digits))) return error('invalid syntax')
  const size = BigInt(base === 16 ? `0x${digits}` : digits)
  const value = text.startsWith('-') ? -size : size
  return BigInt.asIntN(64, value) === value ? int64(value) : error('value out of range')
}
