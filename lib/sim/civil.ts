/**
 * Dates of virtual time, which begins with the epoch: 1970-01-01 00:00:00 UTC.
 */

/** A point of virtual time as people write it. */
export interface CivilTime {
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  /** 1 to 31. */
  readonly day: number
  /** 0 for Sunday. */
  readonly weekday: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}

const SECONDS_OF_DAY = 86_400
/** 1970-01-01 was a Thursday. */
const EPOCH_WEEKDAY = 4

const isLeap = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0

/** The date and time of `ns` nanoseconds of virtual time. */
export const civilTime = (ns: number): CivilTime => {
  const seconds = Math.floor(ns / 1e9)
  const days = Math.floor(seconds / SECONDS_OF_DAY)
  let left = days
  let year = 1970
  for (; left >= (isLeap(year) ? 366 : 365); year++) left -= isLeap(year) ? 366 : 365
  const lengths = [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
  let month = 0
  while (left >= lengths[month]!) left -= lengths[month++]!
  return {
    year,
    month: month + 1,
    day: left + 1,
    weekday: (days + EPOCH_WEEKDAY) % 7,
    hour: Math.floor(seconds / 3600) % 24,
    minute: Math.floor(seconds / 60) % 60,
    second: seconds % 60,
  }
}

const digits = (n: number, width: number): string => `${n}`.padStart(width, '0')

/** The date and time of `ns` nanoseconds of virtual time, `1970-01-01T00:00:00.000`; the zone is to be added (ISO 8601). */
export const isoTime = (ns: number): string => {
  const { year, month, day, hour, minute, second } = civilTime(ns)
  const time = [hour, minute, second].map(n => digits(n, 2)).join(':')
  return `${year}-${digits(month, 2)}-${digits(day, 2)}T${time}.${digits(Math.floor(ns / 1e6) % 1000, 3)}`
}
