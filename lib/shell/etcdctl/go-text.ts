/**
 * How Go reads numbers and durations, and strconv's errors.
 *
 * @see Go strconv/atoi.go, time/format.go
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

const UNITS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 }

/** time.ParseDuration: nanoseconds, or null. */
export const parseDuration = (text: string): number | null => {
  if (text === '0') return 0
  if (!/^(\d+(\.\d*)?(ns|us|µs|ms|s|m|h))+$/.test(text)) return null
  let ns = 0
  for (const [, number, unit] of text.matchAll(/(\d+(?:\.\d*)?)(ns|us|µs|ms|s|m|h)/g))
    ns += Number(number) * UNITS[unit!]!
  return Math.round(ns)
}
