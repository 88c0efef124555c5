/**
 * Rates, sizes, times and percentages as tc prints them.
 *
 * @see iproute2 tc/tc_util.c print_rate, print_size, lib/utils.c print_time, print_time64
 */

const KILO = 1000
const KIBI = 1024
const RATE_UNITS: readonly string[] = ['', 'K', 'M', 'G', 'T']
/** What a size may differ from whole units and still be printed in them. */
const NEAR_MIB = 1024
const NEAR_KIB = 16

/** A number as C's `%.Pg` prints it. */
export const formatG = (value: number, precision = 6): string => {
  if (value === 0) return '0'
  const exponent = Number(value.toExponential(precision - 1).split('e')[1])
  if (exponent < -4 || exponent >= precision) {
    const [digits, power] = value.toExponential(precision - 1).split('e') as [string, string]
    const shown = digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits
    return `${shown}e${power[0]}${power.slice(1).padStart(2, '0')}`
  }
  const fixed = value.toFixed(precision - 1 - exponent)
  return fixed.includes('.') ? fixed.replace(/\.?0+$/, '') : fixed
}

/** A rate of octets a second, in bits: `1Mbit`. */
export const formatRate = (octets: number): string => {
  let rate = octets * 8
  let unit = 0
  while (unit < RATE_UNITS.length - 1) {
    if (rate < KILO) break
    if (rate % KILO !== 0 && rate < KILO * KILO) break
    rate = Math.floor(rate / KILO)
    unit++
  }
  return `${rate}${RATE_UNITS[unit]}bit`
}

/** A size: `10Kb`, `1540b`. */
export const formatSize = (octets: number): string => {
  const mib = KIBI ** 2
  const near = (unit: number): number => Math.abs(unit * Math.round(octets / unit) - octets)
  if (octets >= mib && near(mib) < NEAR_MIB) return `${Math.round(octets / mib)}Mb`
  if (octets >= KIBI && near(KIBI) < NEAR_KIB) return `${Math.round(octets / KIBI)}Kb`
  return `${octets}b`
}

/** A time of microseconds with three digits: `10ms`. */
export const formatTimeUs = (us: number): string => {
  if (us >= 1e6) return `${formatG(us / 1e6, 3)}s`
  if (us >= 1e3) return `${formatG(us / 1e3, 3)}ms`
  return `${us}us`
}

/** A time of nanoseconds with three digits. */
export const formatTimeNs = (ns: number): string => {
  if (ns >= 1e9) return `${formatG(ns / 1e9, 3)}s`
  if (ns >= 1e6) return `${formatG(ns / 1e6, 3)}ms`
  if (ns >= 1e3) return `${formatG(ns / 1e3, 3)}us`
  return `${ns}ns`
}

const NS_PER_TICK = 64
const TICKS_PER_US = 15.625
const MAX_TICKS = 2 ** 32 - 1

/** Microseconds that tc makes of a time of nanoseconds, which the kernel tells it in ticks of 64 ns, at most 2^32 - 1. */
export const tickUs = (ns: number): number =>
  Math.floor(Math.min(Math.floor(ns / NS_PER_TICK), MAX_TICKS) / TICKS_PER_US)

/** The same of a time whose ticks the kernel cuts to 32 bits. */
export const cutTickUs = (ns: number): number => Math.floor((Math.floor(ns / NS_PER_TICK) % 2 ** 32) / TICKS_PER_US)
