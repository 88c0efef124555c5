/**
 * The queue of future events in the hold model: with N pending, take the next one and schedule another.
 */
import { EventQueue } from 'netloom/sim'
import type { BenchCase } from '../case.js'

const OPS = 1000
const fn = (): void => {}

/** Delays in nanoseconds, drawn once: a generator in the loop would be measured with it. */
const delays = (count: number): Int32Array => {
  const out = new Int32Array(count)
  let x = 1
  for (let i = 0; i < count; i++) {
    x = (Math.imul(x, 1103515245) + 12345) | 0
    out[i] = (x >>> 8) & 0xfffff
  }
  return out
}

const hold = (pending: number): BenchCase => ({
  name: `take and schedule, ${pending.toLocaleString('en')} pending`,
  ops: OPS,
  make: () => {
    const delay = delays(4096)
    const queue = new EventQueue()
    for (let i = 0; i < pending; i++) queue.push(delay[i & 4095]!, fn, null, 0, 'bench')
    let n = 0
    return () => {
      let last = 0
      for (let i = 0; i < OPS; i++) {
        last = queue.pop()!.time
        queue.push(last + delay[n++ & 4095]!, fn, null, 0, 'bench')
      }
      return last
    }
  },
})

const cancel: BenchCase = {
  name: 'schedule and cancel, 1,000 pending',
  ops: OPS,
  make: () => {
    const delay = delays(4096)
    const queue = new EventQueue()
    for (let i = 0; i < 1000; i++) queue.push(delay[i]!, fn, null, 0, 'bench')
    return () => {
      for (let i = 0; i < OPS; i++) queue.cancel(queue.push(delay[i]!, fn, null, 0, 'bench'))
      return queue.length
    }
  },
}

/** Event queue. */
export const cases: readonly BenchCase[] = [hold(10), hold(1000), hold(100_000), cancel]
