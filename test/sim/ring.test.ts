import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Ring } from '../../lib/sim/ring.js'

const test = suite('sim/ring')

test('an empty ring gives null', () => {
  const ring = new Ring<object>()
  assert.is(ring.shift(), null)
  assert.is(ring.length, 0)
  assert.equal(ring.list(), [])
})

test('what goes in first comes out first, also when the ring grows with its head in the middle', () => {
  const ring = new Ring<{ n: number }>()
  let next = 0
  let out = 0
  const shift = (): void => assert.is(ring.shift()?.n, out++)
  for (let i = 0; i < 40; i++) ring.push({ n: next++ })
  for (let i = 0; i < 30; i++) shift()
  for (let i = 0; i < 300; i++) ring.push({ n: next++ })
  assert.is(ring.length, 310)
  assert.equal(
    ring.list().map(({ n }) => n),
    Array.from({ length: 310 }, (_, i) => 30 + i),
  )
  while (ring.length > 0) shift()
  assert.is(out, 340)
  assert.is(ring.shift(), null)
})

test('bursts of any size agree with an array', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -150, max: 150 }), { maxLength: 40 }), bursts => {
      const ring = new Ring<object>()
      const model: object[] = []
      for (const burst of bursts) {
        for (let i = 0; i < burst; i++) {
          const item = {}
          ring.push(item)
          model.push(item)
        }
        for (let i = 0; i > burst; i--) assert.is(ring.shift(), model.shift() ?? null)
        assert.is(ring.length, model.length)
      }
      assert.ok(ring.list().every((item, i) => item === model[i]))
    }),
    { seed: 1, numRuns: 60 },
  )
})

test.run()
