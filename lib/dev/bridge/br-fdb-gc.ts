/**
 * Ageing of the forwarding table: the clean-up that the kernel runs from a delayed work, done when somebody looks.
 *
 * The kernel's work wakes up when the next entry is due, at most an ageing time later, for as long as the bridge is up.
 * Nothing is seen of it between two looks at the table, so netloom keeps the time of the next one and catches up before
 * the table is read: the entries are gone at the same moment, and a quiet network stays quiet.
 *
 * @see net/bridge/br_fdb.c br_fdb_cleanup
 */
import { NSEC_PER_JIFFY, wheelExpiry } from '../../sim/timer.js'
import { fdbDelete } from './br-fdb.js'
import { BR_FDB_ADDED_BY_EXT_LEARN, BR_FDB_STATIC, type FdbEntry } from './br-fdb-table.js'
import type { Bridge } from './br-private.js'
import { jiffies } from './br-timer.js'

/** msecs_to_jiffies(10): clean-ups are at least this far apart. */
const MIN_DELAY = 3

/** True for entries that grow old. */
export const fdbAges = (f: FdbEntry): boolean => (f.flags & (BR_FDB_STATIC | BR_FDB_ADDED_BY_EXT_LEARN)) === 0

/** Plans the next clean-up `delay` jiffies after the virtual time `from` (mod_delayed_work). */
export const scheduleGc = (br: Bridge, from: number, delay: number): void => {
  br.gcExpires = jiffies(from) + delay
  br.gcAt = wheelExpiry(from, delay * NSEC_PER_JIFFY)
}

/** The next clean-up is due at once, on a bridge that is down as well (mod_delayed_work without delay). */
export const runGcNow = (br: Bridge): void => {
  br.gcAt = br.world.now
  brFdbCatchUp(br)
}

/** Ends the clean-ups: the bridge is down. */
export const cancelGc = (br: Bridge): void => {
  br.gcAt = Number.POSITIVE_INFINITY
}

/** Does the clean-ups that were due by now. Call it before the table is read. */
export const brFdbCatchUp = (br: Bridge): void => {
  const { now } = br.world
  while (br.gcAt <= now) {
    const at = br.gcAt
    const delay = cleanup(br, at)
    scheduleGc(br, at, delay)
    if (br.fdb.size === 0 || !anyAges(br)) skipIdle(br, delay, now)
  }
}

const anyAges = (br: Bridge): boolean => {
  for (let f = br.fdb.head; f !== null; f = f.next) if (fdbAges(f)) return true
  return false
}

/** Nothing can grow old any more: the remaining clean-ups until `now` only move the next one. */
const skipIdle = (br: Bridge, delay: number, now: number): void => {
  if (br.gcAt > now) return
  const step = wheelExpiry(br.gcAt, delay * NSEC_PER_JIFFY) - br.gcAt
  const steps = Math.floor((now - br.gcAt) / step)
  scheduleGc(br, br.gcAt + steps * step, delay)
}

/** One clean-up at the virtual time `at`; returns the jiffies until the next. */
const cleanup = (br: Bridge, at: number): number => {
  const nowJ = jiffies(at)
  let delay = br.ageingTime
  for (let f = br.fdb.head; f !== null; ) {
    const { next } = f
    if (fdbAges(f)) {
      const due = jiffies(f.updated) + br.ageingTime
      if (due > nowJ) delay = Math.min(delay, due - nowJ)
      else fdbDelete(br, f)
    }
    f = next
  }
  return Math.max(delay, MIN_DELAY)
}
