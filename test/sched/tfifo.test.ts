/** netem's queue against a plain sorted list, and the rings that it stands on. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Skb } from '../../lib/core/skb.js'
import { TFifo } from '../../lib/sched/tfifo.js'
import { RngSource } from '../../lib/sim/rng.js'
import { TimedRing, TimeRing } from '../../lib/sim/timed-ring.js'

const test = suite('sched/tfifo')

const packet = (n: number): Skb => ({ n }) as unknown as Skb
const numberOf = (skb: Skb | null): number => (skb as unknown as { n: number }).n

test('gives packets by time; among equal ones those in order first, then by arrival (tfifo_enqueue, netem_peek)', () => {
  const q = new TFifo()
  for (const [n, time] of [10, 20, 10, 10, 30, 20, 5].entries()) q.push(packet(n), time)
  assert.equal([q.length, q.headTime(), q.lastTime()], [7, 5, 30])
  assert.equal(
    Array.from({ length: 7 }, () => numberOf(q.shift())),
    [6, 0, 2, 3, 1, 5, 4],
  )
  assert.equal([q.shift(), q.length, q.headTime(), q.lastTime()], [null, 0, Number.POSITIVE_INFINITY, -1])
})

test('agrees with a sorted list over 100,000 steps', () => {
  const rng = new RngSource(7).stream()
  const q = new TFifo()
  const model: { n: number; time: number }[] = []
  let now = 0
  for (let n = 0; n < 100_000; n++) {
    if (model.length === 0 || rng.below(20) < 10) {
      const time = now + rng.below(50)
      q.push(packet(n), time)
      model.push({ n, time })
    } else {
      const time = Math.min(...model.map(m => m.time))
      assert.is(q.headTime(), time)
      const got = numberOf(q.shift())
      const at = model.findIndex(m => m.n === got)
      assert.is(model[at]!.time, time)
      model.splice(at, 1)
      now = Math.max(now, time)
    }
    assert.is(q.length, model.length)
  }
})

test('a ring of items and times grows, and takes items at both ends', () => {
  const ring = new TimedRing<Skb>()
  for (let n = 0; n < 100; n++) ring.push(packet(n), n)
  for (let n = 0; n < 50; n++) assert.is(numberOf(ring.shift()), n)
  for (let n = 49; n >= 0; n--) ring.unshift(packet(n), n)
  assert.equal([ring.length, ring.headTime(), ring.tailTime(), numberOf(ring.peek())], [100, 0, 99, 0])
  for (let n = 0; n < 100; n++) assert.is(numberOf(ring.shift()), n)
  assert.equal([ring.shift(), ring.peek(), ring.headTime(), ring.tailTime()], [null, null, -1, -1])
})

test('a ring of times does the same', () => {
  const ring = new TimeRing()
  for (let n = 0; n < 10; n++) ring.push(n)
  for (let n = 0; n < 8; n++) ring.shift()
  for (let n = 10; n < 60; n++) ring.push(n)
  for (let n = 8; n < 60; n++) {
    assert.is(ring.headTime(), n)
    ring.shift()
  }
  ring.shift()
  assert.equal([ring.length, ring.headTime()], [0, -1])
})

test.run()
