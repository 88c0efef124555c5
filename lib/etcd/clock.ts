/**
 * The clock of a world as etcd's log writes it: it begins with 1970.
 *
 * @see Go time/format.go
 */
import { isoTime } from '../sim/civil.js'

/** `1970-01-01 00:00:00.000000`. */
export const logTime = (ns: number): string =>
  `${isoTime(ns).slice(0, -4).replace('T', ' ')}.${`${Math.floor(ns / 1000) % 1_000_000}`.padStart(6, '0')}`
