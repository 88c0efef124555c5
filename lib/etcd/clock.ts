/**
 * The clock of a world as programs write it: it begins with 1970.
 *
 * @see Go time/format.go; RFC 9110 5.6.7
 */
import { NSEC_PER_MSEC } from '../sim/time.js'

const DAYS = ['Thu', 'Fri', 'Sat', 'Sun', 'Mon', 'Tue', 'Wed']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
const MS_PER_DAY = 86_400_000

const digits = (n: number, width: number): string => String(n).padStart(width, '0')

/** Parts of virtual time, exact for the 104 days that a world lasts. */
const partsOf = (ns: number): { weekday: number; day: string; month: number; time: string; ms: string } => {
  const ms = Math.floor(ns / NSEC_PER_MSEC)
  const days = Math.floor(ms / MS_PER_DAY)
  const sec = Math.floor((ms % MS_PER_DAY) / 1000)
  let day = days
  let month = 0
  while (day >= MONTH_DAYS[month]!) day -= MONTH_DAYS[month++]!
  const time = [Math.floor(sec / 3600), Math.floor(sec / 60) % 60, sec % 60].map(n => digits(n, 2)).join(':')
  return { weekday: days % 7, day: digits(day + 1, 2), month, time, ms: digits(ms % 1000, 3) }
}

/** Virtual time in a head of HTTP: `Thu, 01 Jan 1970 00:00:00 GMT`. */
export const httpDate = (ns: number): string => {
  const { weekday, day, month, time } = partsOf(ns)
  return `${DAYS[weekday]}, ${day} ${MONTHS[month]} 1970 ${time} GMT`
}

/** Virtual time in a line of JSON: `1970-01-01T00:00:00.000Z`. */
export const isoTime = (ns: number): string => {
  const { day, month, time, ms } = partsOf(ns)
  return `1970-${digits(month + 1, 2)}-${day}T${time}.${ms}Z`
}

/** Virtual time in a line of etcd's log: `1970-01-01 00:00:00.000000`. */
export const logTime = (ns: number): string => {
  const { day, month, time } = partsOf(ns)
  return `1970-${digits(month + 1, 2)}-${day} ${time}.${digits(Math.floor(ns / 1000) % 1_000_000, 6)}`
}
