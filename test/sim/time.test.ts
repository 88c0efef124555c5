import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { formatTime, ms, NSEC_PER_MSEC, NSEC_PER_SEC, NSEC_PER_USEC, s, us } from '../../lib/sim/time.js'

const test = suite('sim/time')

test('units are whole nanoseconds, rounded', () => {
  assert.equal([NSEC_PER_USEC, NSEC_PER_MSEC, NSEC_PER_SEC], [1e3, 1e6, 1e9])
  assert.equal([us(1), ms(1), s(1)], [1000, 1_000_000, 1_000_000_000])
  // 1.001 * 1e9 and 1.1 * 1e9 are no integers in binary.
  assert.equal([s(1.001), s(1.1), ms(0.3), us(0.0006), us(0.0004)], [1_001_000_000, 1_100_000_000, 300_000, 1, 0])
})

test('a time is printed in seconds with nine decimals', () => {
  assert.is(formatTime(0), '0.000000000')
  assert.is(formatTime(1), '0.000000001')
  assert.is(formatTime(1_020_000_000), '1.020000000')
  assert.is(formatTime(999_999_999), '0.999999999')
  assert.is(formatTime(Number.MAX_SAFE_INTEGER), '9007199.254740991')
})

test('every time prints all of its nanoseconds', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), ns => {
      const text = formatTime(ns)
      assert.match(text, /^\d+\.\d{9}$/)
      assert.is(BigInt(text.replace('.', '')), BigInt(ns))
    }),
    { seed: 1, numRuns: 300 },
  )
})

test.run()
