import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Rng, RngSource } from '../../lib/sim/rng.js'

const test = suite('sim/rng')

const stream = (seed: number): Rng => new RngSource(seed).stream()
const draws = (rng: Rng, n: number): number[] => Array.from({ length: n }, () => rng.u32())

/** Pearson's statistic of `n` draws below `ceil` against the uniform distribution. */
const chiSquare = (rng: Rng, ceil: number, n: number): number => {
  const seen = new Array<number>(ceil).fill(0)
  for (let i = 0; i < n; i++) seen[rng.below(ceil)]!++
  return seen.reduce((sum, count) => sum + (count - n / ceil) ** 2 / (n / ceil), 0)
}

test('the same seed gives the same numbers, neighbouring seeds others', () => {
  const seeds = [0, 1, 2, 3, -1, 2 ** 31 - 1]
  for (const seed of seeds) assert.equal(draws(stream(seed), 20), draws(stream(seed), 20))
  assert.is(new Set(seeds.map(seed => draws(stream(seed), 4).join())).size, seeds.length)
})

test('a small seed has random first numbers: half of their bits are set', () => {
  let bits = 0
  for (let seed = 0; seed < 200; seed++)
    for (const n of draws(stream(seed), 2)) bits += n.toString(2).replaceAll('0', '').length
  // 12800 bits, standard deviation 57.
  assert.ok(Math.abs(bits - 6400) < 285, String(bits))
})

test('what one stream draws, and when, changes nothing in another', () => {
  const alone = new RngSource(7)
  const expected = [alone.stream(), alone.stream(), alone.stream()].map(rng => draws(rng, 30))
  fc.assert(
    fc.property(fc.array(fc.nat(2), { maxLength: 60 }), order => {
      const source = new RngSource(7)
      const first = source.stream()
      const early = draws(first, order.length % 5)
      const rngs = [first, source.stream(), source.stream()]
      const got: number[][] = [early, [], []]
      for (const i of order) if (got[i]!.length < 30) got[i]!.push(rngs[i]!.u32())
      for (const [i, numbers] of got.entries()) assert.equal(numbers, expected[i]!.slice(0, numbers.length))
    }),
    { seed: 1, numRuns: 60 },
  )
})

test('streams of one source share no number in their first thousands', () => {
  const source = new RngSource(1)
  const all = Array.from({ length: 4 }, () => draws(source.stream(), 2000)).flat()
  // 8000 draws out of 2^32 are expected to meet 0.007 times.
  assert.ok(new Set(all).size >= all.length - 1)
})

test('below() is uniform: chi-square at 0.1 % for several sizes', () => {
  const rng = stream(1)
  for (const [ceil, limit] of [
    [2, 10.83],
    [6, 20.52],
    [10, 27.88],
    [64, 103.44],
  ] as const) {
    const got = chiSquare(rng, ceil, 40_000)
    assert.ok(got < limit, `${ceil}: ${got}`)
  }
})

test('below() of a size that does not divide 2^32 prefers no value', () => {
  const rng = stream(2)
  const ceil = 3 * 2 ** 30
  let low = 0
  for (let i = 0; i < 30_000; i++) if (rng.below(ceil) < 2 ** 30) low++
  // A third; the bare remainder would give a half. Standard deviation 82.
  assert.ok(Math.abs(low - 10_000) < 330, String(low))
})

test('below() stays below, and needs no draw for sizes 0 and 1', () => {
  const rng = stream(3)
  const next = draws(stream(3), 1)[0]
  assert.is(rng.below(0), 0)
  assert.is(rng.below(1), 0)
  assert.is(rng.below(2 ** 32), next)
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 2 ** 32 }), ceil => {
      const n = rng.below(ceil)
      assert.ok(Number.isInteger(n) && n >= 0 && n < ceil)
    }),
    { seed: 1, numRuns: 300 },
  )
})

test('u32, u16 and float have their ranges', () => {
  const rng = stream(4)
  let [large, sum] = [0, 0]
  for (let i = 0; i < 2000; i++) {
    const [a, b, c] = [rng.u32(), rng.u16(), rng.float()]
    assert.ok(Number.isInteger(a) && a >= 0 && a < 2 ** 32)
    assert.ok(Number.isInteger(b) && b >= 0 && b < 2 ** 16)
    assert.ok(c >= 0 && c < 1)
    if (a >= 2 ** 31) large++
    sum += c
  }
  assert.ok(Math.abs(large - 1000) < 100, String(large))
  assert.ok(Math.abs(sum / 2000 - 0.5) < 0.03, String(sum))
})

test.run()
