/**
 * Virtual time: integer nanoseconds in a number, starting at 0, exact for 104 days (2^53 ns).
 */

/** Nanoseconds in a microsecond. */
export const NSEC_PER_USEC = 1_000
/** Nanoseconds in a millisecond. */
export const NSEC_PER_MSEC = 1_000_000
/** Nanoseconds in a second. */
export const NSEC_PER_SEC = 1_000_000_000

/** `n` microseconds in nanoseconds, rounded to the nearest integer. */
export const us = (n: number): number => Math.round(n * NSEC_PER_USEC)
/** `n` milliseconds in nanoseconds, rounded to the nearest integer. */
export const ms = (n: number): number => Math.round(n * NSEC_PER_MSEC)
/** `n` seconds in nanoseconds, rounded to the nearest integer. */
export const s = (n: number): number => Math.round(n * NSEC_PER_SEC)

/** `ns` nanoseconds as text in seconds with nine decimals, for example `1.020000000`. */
export const formatTime = (ns: number): string => {
  const whole = Math.floor(ns / NSEC_PER_SEC)
  return `${whole}.${String(ns - whole * NSEC_PER_SEC).padStart(9, '0')}`
}
