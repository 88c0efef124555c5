import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type EventFn, EventQueue, type SimEvent } from '../../lib/sim/queue.js'

const test = suite('sim/queue')

const nothing: EventFn<null> = () => {}
const push = (queue: EventQueue, time: number, b = 0): SimEvent => queue.push(time, nothing, null, b, `e${b}`)

/** Numbers of the events in the order in which they come out. */
const drain = (queue: EventQueue): number[] => {
  const out: number[] = []
  for (let e = queue.pop(); e !== null; e = queue.pop()) out.push(e.b)
  return out
}

test('events come in the order of time, equal times in the order of scheduling', () => {
  const queue = new EventQueue()
  const times = Array.from({ length: 500 }, (_, i) => (i * 7) % 5)
  times.forEach((time, i) => {
    push(queue, time, i)
  })
  const expected = [0, 1, 2, 3, 4].flatMap(t => times.flatMap((time, i) => (time === t ? [i] : [])))
  assert.equal(drain(queue), expected)
})

test('an event is cancelled once, and not at all when it has run', () => {
  const queue = new EventQueue()
  const [a, b] = [push(queue, 1, 1), push(queue, 2, 2)]
  assert.is(queue.cancel(a), true)
  assert.is(queue.cancel(a), false)
  assert.is(queue.length, 1)
  assert.is(queue.nextTime(), 2)
  assert.is(queue.pop(), b)
  assert.is(queue.cancel(b), false)
  assert.is(queue.length, 0)
  assert.is(queue.nextTime(), -1)
  assert.is(queue.pop(), null)
})

test('a cancelled event lets go of what it would have been called with', () => {
  const queue = new EventQueue()
  const e = queue.push(1, () => assert.unreachable(), { big: true }, 0, 'x')
  queue.cancel(e)
  assert.is(e.a, null)
  assert.is(e.pending, false)
})

test('a queue of mostly cancelled events is built anew and keeps length and order', () => {
  const queue = new EventQueue()
  const events = Array.from({ length: 1000 }, (_, i) => push(queue, 10 - (i % 10), i))
  for (const e of events) if (e.b % 7 !== 0) queue.cancel(e)
  const left = events.filter(e => e.b % 7 === 0)
  assert.is(queue.length, left.length)
  for (const e of events) assert.is(queue.cancel(e) && e.b % 7 !== 0, false)
  assert.is(queue.length, 0)
  assert.equal(drain(queue), [])
  assert.is(push(queue, 3, 5).pending, true)
  assert.equal(drain(queue), [5])
})

test('pushes, cancels and pops in any order agree with a sorted list', () => {
  const op = fc.oneof(
    { weight: 4, arbitrary: fc.record({ op: fc.constant('push' as const), n: fc.nat(20) }) },
    { weight: 4, arbitrary: fc.record({ op: fc.constant('cancel' as const), n: fc.nat(400) }) },
    { weight: 1, arbitrary: fc.record({ op: fc.constant('pop' as const), n: fc.constant(0) }) },
  )
  fc.assert(
    fc.property(fc.array(op, { minLength: 300, maxLength: 600 }), ops => {
      const queue = new EventQueue()
      const made: SimEvent[] = []
      let model: SimEvent[] = []
      for (const { op, n } of ops) {
        if (op === 'push') {
          const e = push(queue, n, made.length)
          made.push(e)
          // After all that are due at the same time or before.
          model.splice(model.filter(x => x.time <= n).length, 0, e)
        } else if (op === 'cancel' && made[n] !== undefined) {
          assert.is(queue.cancel(made[n]), model.includes(made[n]))
          model = model.filter(e => e !== made[n])
        } else if (op === 'pop') assert.is(queue.pop(), model.shift() ?? null)
        assert.is(queue.length, model.length)
        assert.is(queue.nextTime(), model[0]?.time ?? -1)
      }
      assert.equal(
        queue.list().map(e => e.b),
        model.map(e => e.b),
      )
      assert.equal(
        drain(queue),
        model.map(e => e.b),
      )
    }),
    { seed: 1, numRuns: 40 },
  )
})

test.run()
