/**
 * Virtual time in a head of HTTP.
 *
 * @see RFC 9110 section 5.6.7
 */
import { civilTime } from '../sim/civil.js'

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `ns` nanoseconds of virtual time, which begins with 1970: `Thu, 01 Jan 1970 00:00:05 GMT`. */
export const httpDate = (ns: number): string => {
  const { year, month, day, weekday, hour, minute, second } = civilTime(ns)
  const two = (n: number): string => `${n}`.padStart(2, '0')
  return `${WEEKDAYS[weekday]}, ${two(day)} ${MONTHS[month - 1]} ${year} ${two(hour)}:${two(minute)}:${two(second)} GMT`
}
