/**
 * Date of an HTTP head. The clock of a world begins with 1970.
 *
 * @see RFC 9110 5.6.7
 */
import { NSEC_PER_SEC } from '../../sim/time.js'

const DAYS = ['Thu', 'Fri', 'Sat', 'Sun', 'Mon', 'Tue', 'Wed']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

const two = (n: number): string => String(n).padStart(2, '0')

/** Virtual time `ns` as `Thu, 01 Jan 1970 00:00:00 GMT`; exact for the 104 days that a world lasts. */
export const httpDate = (ns: number): string => {
  const sec = Math.floor(ns / NSEC_PER_SEC)
  const days = Math.floor(sec / 86400)
  let day = days
  let month = 0
  while (day >= MONTH_DAYS[month]!) day -= MONTH_DAYS[month++]!
  const time = [Math.floor(sec / 3600) % 24, Math.floor(sec / 60) % 60, sec % 60].map(two).join(':')
  return `${DAYS[days % 7]}, ${two(day + 1)} ${MONTHS[month]} 1970 ${time} GMT`
}
