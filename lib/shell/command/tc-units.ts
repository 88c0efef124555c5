/**
 * Rates, sizes, times and percentages as tc reads them.
 *
 * @see iproute2 tc/tc_util.c get_rate64, get_size, lib/utils.c get_time, get_time64; tc(8) UNITS
 */

/** The number that a text begins with, and what is behind it; null for a text that begins with none. */
const strtod = (text: string): [value: number, rest: string] | null => {
  const parts = /^\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(.*)$/i.exec(text)
  return parts === null ? null : [Number(parts[1]), parts[2]!]
}

const KIBI = 1024

const RATES: Readonly<Record<string, number>> = {
  '': 1,
  bit: 1,
  kibit: KIBI,
  kbit: 1e3,
  mibit: KIBI ** 2,
  mbit: 1e6,
  gibit: KIBI ** 3,
  gbit: 1e9,
  tibit: KIBI ** 4,
  tbit: 1e12,
  bps: 8,
  kibps: 8 * KIBI,
  kbps: 8e3,
  mibps: 8 * KIBI ** 2,
  mbps: 8e6,
  gibps: 8 * KIBI ** 3,
  gbps: 8e9,
  tibps: 8 * KIBI ** 4,
  tbps: 8e12,
}

/** Octets a second of a rate (`1mbit`, `100kbps`); null for anything else. */
export const parseRate = (text: string): number | null => {
  const parts = strtod(text)
  const scale = parts === null ? undefined : RATES[parts[1].toLowerCase()]
  if (parts === null || scale === undefined || parts[0] < 0) return null
  return Math.floor((parts[0] * scale) / 8)
}

const SIZES: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: KIBI,
  kb: KIBI,
  m: KIBI ** 2,
  mb: KIBI ** 2,
  g: KIBI ** 3,
  gb: KIBI ** 3,
  kbit: KIBI / 8,
  mbit: KIBI ** 2 / 8,
  gbit: KIBI ** 3 / 8,
}

/** Octets of a size (`10kb`); null for anything else. */
export const parseSize = (text: string): number | null => {
  const parts = strtod(text)
  const scale = parts === null ? undefined : SIZES[parts[1].toLowerCase()]
  if (parts === null || scale === undefined || parts[0] < 0) return null
  return Math.floor(parts[0] * scale) % 2 ** 32
}

/** A size with the logarithm of a cell behind a slash, which the kernel no longer uses (`10kb/8`); null when wrong. */
export const parseSizeAndCell = (text: string): number | null => {
  const slash = text.indexOf('/')
  if (slash < 0) return parseSize(text)
  const cell = Number(text.slice(slash + 1))
  return Number.isInteger(Math.log2(cell)) ? parseSize(text.slice(0, slash)) : null
}

const MICROSECONDS: Readonly<Record<string, number>> = {
  '': 1,
  s: 1e6,
  sec: 1e6,
  secs: 1e6,
  ms: 1e3,
  msec: 1e3,
  msecs: 1e3,
  us: 1,
  usec: 1,
  usecs: 1,
}

/** Whole microseconds of a time (`10ms`; no unit means microseconds); null for anything else. */
export const parseTime = (text: string): number | null => {
  const parts = strtod(text)
  const scale = parts === null ? undefined : MICROSECONDS[parts[1].toLowerCase()]
  return parts === null || scale === undefined || parts[0] < 0 ? null : Math.floor(parts[0] * scale)
}

const NANOSECONDS: Readonly<Record<string, number>> = {
  '': 1,
  s: 1e9,
  sec: 1e9,
  secs: 1e9,
  ms: 1e6,
  msec: 1e6,
  msecs: 1e6,
  us: 1e3,
  usec: 1e3,
  usecs: 1e3,
  ns: 1,
  nsec: 1,
  nsecs: 1,
}

/** Whole nanoseconds of a time (`10ms`; no unit means nanoseconds); null for anything else. */
export const parseTime64 = (text: string): number | null => {
  const parts = strtod(text)
  const scale = parts === null ? undefined : NANOSECONDS[parts[1].toLowerCase()]
  return parts === null || scale === undefined || parts[0] < 0 ? null : Math.floor(parts[0] * scale)
}

/** Ticks of 64 ns in which tc tells the kernel times of microseconds (PSCHED_SHIFT). */
const TICKS_PER_US = 15.625
const NS_PER_TICK = 64

/** Nanoseconds that the kernel gets for microseconds: whole ticks. */
export const ticksNs = (us: number): number => Math.floor(us * TICKS_PER_US) * NS_PER_TICK

/** True for a time that does not fit a tick counter of 32 bits. */
export const isTooLong = (us: number): boolean => Math.floor(us * TICKS_PER_US) >= 2 ** 32

/** A percentage (`30%`, `30`) as a part of 1; null for anything else and outside of 0 to 100. */
export const parsePercent = (text: string): number | null => {
  const parts = strtod(text)
  if (parts === null || (parts[1] !== '' && parts[1] !== '%')) return null
  const value = parts[0] / 100
  return value > 1 || value < 0 ? null : value
}
