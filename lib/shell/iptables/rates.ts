/**
 * Rates as `limit` and `hashlimit` read and print them: an average time between packets.
 *
 * @see iptables extensions/libxt_limit.c, libxt_hashlimit.c parse_rate, print_rate
 */
import { xtablesError } from './xtables.js'

const UNITS: readonly (readonly [string, number])[] = [
  ['second', 1],
  ['minute', 60],
  ['hour', 3600],
  ['day', 86400],
]

/** A rate. */
export interface ParsedRate {
  /** Time between packets in parts of `scale`. */
  readonly avg: number
  /** Seconds of its unit. */
  readonly seconds: number
}

/** `N[/UNIT]`, whose unit may be shortened; null for anything else. Refuses what is faster than `scale` a second. */
export const parseRate = (text: string, scale: number): ParsedRate | null => {
  const slash = text.indexOf('/')
  const word = slash < 0 ? 'second' : text.slice(slash + 1).toLowerCase()
  const unit = word === '' ? undefined : UNITS.find(([name]) => name.startsWith(word))
  const n = Number(/^\s*\+?(\d+)/.exec(text)?.[1] ?? 0) % 4294967296
  // A negative number is an enormous one.
  if (unit !== undefined && /^\s*-0*[1-9]/.test(text)) return xtablesError(`Rate too fast "${text}"`)
  if (unit === undefined || n === 0) return null
  const avg = Math.floor((scale * unit[1]) / n)
  if (avg === 0) xtablesError(`Rate too fast "${text}"`)
  return { avg, seconds: unit[1] }
}

/** Units from the slowest one on, as they are printed. */
const PRINTED: readonly (readonly [string, number])[] = [
  ['day', 86400],
  ['hour', 3600],
  ['min', 60],
  ['sec', 1],
]

/** Unit that a rate is printed in: the slowest one that does not lose by it. */
const printedUnit = (avg: number, scale: number): readonly [string, number] => {
  let i = 1
  for (; i < PRINTED.length; i++) {
    const period = PRINTED[i]![1] * scale
    if (avg > period || Math.floor(period / avg) < period % avg) break
  }
  return PRINTED[i - 1]!
}

/** Seconds of the unit that a rate is printed in; 0 for none. */
export const rateSeconds = (avg: number, scale: number): number => (avg === 0 ? 0 : printedUnit(avg, scale)[1])

/** `3/hour`. */
export const rateText = (avg: number, scale: number): string => {
  if (avg === 0) return 'inf'
  const [name, seconds] = printedUnit(avg, scale)
  return `${Math.floor((seconds * scale) / avg)}/${name}`
}
