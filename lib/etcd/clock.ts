/**
 * The clock of a world as etcd writes it: it begins with 1970.
 *
 * @see Go time/format.go
 */
import { civilTime } from '../sim/civil.js'
import { NSEC_PER_MSEC } from '../sim/time.js'

const digits = (n: number, width: number): string => String(n).padStart(width, '0')

const dayOf = (ns: number): string => {
  const { year, month, day } = civilTime(ns)
  return `${year}-${digits(month, 2)}-${digits(day, 2)}`
}

const timeOf = (ns: number): string => {
  const { hour, minute, second } = civilTime(ns)
  return [hour, minute, second].map(n => digits(n, 2)).join(':')
}

/** Virtual time in a line of JSON: `1970-01-01T00:00:00.000Z`. */
export const isoTime = (ns: number): string =>
  `${dayOf(ns)}T${timeOf(ns)}.${digits(Math.floor(ns / NSEC_PER_MSEC) % 1000, 3)}Z`

/** Virtual time in a line of etcd's log: `1970-01-01 00:00:00.000000`. */
export const logTime = (ns: number): string =>
  `${dayOf(ns)} ${timeOf(ns)}.${digits(Math.floor(ns / 1000) % 1_000_000, 6)}`
