/** netem: exact times, and rates of chance within four deviations for fixed seeds. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { TC_H_ROOT } from '../../lib/core/qdisc.js'
import { qdiscModify } from '../../lib/rtnl/qdisc.js'
import { Crandom } from '../../lib/sched/crandom.js'
import { makeDistTable } from '../../lib/sched/dist-table.js'
import { RngSource } from '../../lib/sim/rng.js'
import { ms, us } from '../../lib/sim/time.js'
import { checkBalance } from '../dev/lab.js'
import { Wire, within4Sigma } from './wire-lab.js'

const test = suite('sched/netem')

const part = (p: number): number => Math.round(p * 0xffffffff)
const rate = (bits: number, more: object = {}): object => ({
  rate: { rate: bits / 8, packetOverhead: 0, cellSize: 0, cellOverhead: 0, ...more },
})
const N = 20_000

const wireWith = (attrs: object, seed = 1): Wire => {
  const wire = new Wire('veth', {}, seed)
  wire.qdisc('netem', { limit: 1e6, ...attrs })
  return wire
}

test('delays by exactly the delay, whatever is in front', () => {
  const wire = wireWith({ latency: ms(10) })
  wire.train(3)
  wire.world.run({ for: us(1500) })
  wire.send(3)
  assert.is(wire.a.netns.accounting().alive, 4)
  wire.world.run()
  assert.equal(wire.times, [ms(10), ms(10), ms(10), ms(11.5)])
  checkBalance(wire.world)
})

test('sends at the rate: the time of each frame after the one before (packet_time_ns)', () => {
  const wire = wireWith(rate(1_000_000))
  wire.train(3, 0, 500)
  wire.world.run()
  assert.equal(wire.times, [4, 8, 12].map(ms))
})

test('delay and rate together: the delay once, then frame after frame', () => {
  const wire = wireWith({ latency: ms(10), ...rate(1_000_000) })
  wire.train(3, 0, 500)
  wire.world.run({ for: ms(30) })
  wire.send(3, 500)
  wire.world.run()
  assert.equal(wire.times, [14, 18, 22, 44].map(ms))
})

test('rounds the time of each frame down, and counts cells and overheads', () => {
  const cases: [more: object, bits: number, octets: number, ns: number][] = [
    [{}, 3_000_000 * 8, 100, 33_333],
    [{ packetOverhead: 20 }, 8_000_000, 100, 120_000],
    [{ packetOverhead: -14 }, 8_000_000, 100, 86_000],
    [{ cellSize: 48, cellOverhead: 5 }, 8_000_000, 100, 3 * 53_000],
    [{ cellSize: 50, cellOverhead: 3 }, 8_000_000, 100, 2 * 53_000],
  ]
  for (const [more, bits, octets, ns] of cases) {
    const wire = wireWith(rate(bits, more))
    wire.send(0, octets)
    wire.world.run()
    assert.equal(wire.times, [ns])
  }
})

test('takes no more than its limit', () => {
  const wire = wireWith({ latency: ms(10), limit: 3 })
  assert.equal(
    [0, 1, 2, 3, 4].map(n => wire.send(n)),
    [0, 0, 0, 1, 1],
  )
  wire.world.run()
  assert.equal(wire.got.numbers, [0, 1, 2])
  assert.is(wire.stats()[0]!.drops, 2)
  checkBalance(wire.world)
})

test('loses at its rate and keeps quiet about it', () => {
  for (const seed of [1, 2, 3]) {
    const wire = wireWith({ loss: part(0.1) }, seed)
    for (let n = 0; n < N; n++) assert.is(wire.send(n), 0)
    within4Sigma(N - wire.got.seen.length, N, 0.1, `loss with seed ${seed}`)
    assert.is(wire.a.netns.accounting().dropped['NETEM_LOSS'], N - wire.got.seen.length)
    checkBalance(wire.world)
  }
})

test('loses in bursts by the models: long runs, and the share that the chain says', () => {
  const lost = (attrs: object): { share: number; run: number } => {
    const wire = wireWith(attrs)
    wire.train(N)
    const seen = new Set(wire.got.numbers)
    let runs = 0
    for (let n = 0; n < N; n++) if (!seen.has(n) && (n === 0 || seen.has(n - 1))) runs++
    return { share: 1 - seen.size / N, run: (N - seen.size) / runs }
  }
  // A chain of two states that is left with p and entered with r is in the bad one p / (p + r) of the time, 1 / r long.
  const gilbert = lost({ lossGemodel: { p: part(0.05), r: part(0.25), h: 0, k1: 0 } })
  assert.ok(Math.abs(gilbert.share - 0.05 / 0.3) < 0.015 && Math.abs(gilbert.run - 4) < 0.4, JSON.stringify(gilbert))
  const half = lost({ lossGemodel: { p: part(0.05), r: part(0.25), h: part(0.5), k1: 0 } })
  assert.ok(Math.abs(half.share - 0.025 / 0.3) < 0.012, JSON.stringify(half))
  const four = lost({ lossState: { p13: part(0.05), p31: part(0.25), p32: 0, p23: part(1), p14: 0 } })
  assert.ok(Math.abs(four.share - 0.05 / 0.3) < 0.02, JSON.stringify(four))
})

test('doubles at its rate, the copy in front of the frame', () => {
  const wire = wireWith({ duplicate: part(0.2) })
  wire.train(N)
  within4Sigma(wire.got.seen.length - N, N, 0.2, 'duplicates')
  const { numbers } = wire.got
  assert.ok(numbers.every((n, i) => i === 0 || n === numbers[i - 1] || n === numbers[i - 1]! + 1))
  checkBalance(wire.world)
})

test('changes one bit at its rate, of the frame and not of its copies', () => {
  const wire = wireWith({ corrupt: { probability: part(0.3), correlation: 0 } })
  const clean = new Wire()
  for (let n = 0; n < 5000; n++) {
    wire.send(7)
    if (n === 0) clean.send(7)
  }
  const want = clean.got.seen[0]!.bytes
  // A bit of the destination may make the frame another's, and a bit of the source's MAC makes no difference to anybody.
  const bits = wire.got.seen.map(({ bytes }) =>
    bytes.reduce((sum, octet, i) => sum + (octet ^ want[i]!).toString(2).replaceAll('0', '').length, 0),
  )
  assert.equal([...new Set(bits)].sort(), [0, 1])
  within4Sigma(bits.filter(b => b === 1).length, 5000, 0.3, 'changed frames')
})

test('lets some frames go ahead at once, at its rate', () => {
  const wire = wireWith({ latency: ms(10), gap: 1, reorder: { probability: part(0.25), correlation: 0 } })
  wire.train(5000, us(10))
  wire.world.run()
  const travelled = wire.got.seen.map(({ n, time }) => time - wire.start - n * us(10))
  const early = travelled.filter(t => t === 0).length
  within4Sigma(early, 5000, 0.25, 'early frames')
  assert.is(wire.stats()[0]!.requeues, early)
  assert.is(travelled.filter(t => t === ms(10)).length, 5000 - early)
})

test('reorders every fifth frame with a gap of five and certainty', () => {
  const wire = wireWith({ latency: ms(10), gap: 5, reorder: { probability: part(1), correlation: 0 } })
  wire.train(10)
  wire.world.run()
  assert.equal(wire.got.numbers, [4, 9, 0, 1, 2, 3, 5, 6, 7, 8])
})

test('jitters evenly around the delay, and by a distribution with its deviation', () => {
  const delays = (attrs: object): number[] => {
    const wire = wireWith({ latency: ms(100), jitter: ms(10), ...attrs })
    wire.train(N)
    wire.world.run()
    return wire.times
  }
  const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length
  const deviation = (list: readonly number[]): number => Math.sqrt(mean(list.map(x => (x - mean(list)) ** 2)))
  const even = delays({})
  assert.ok(even.every(d => d >= ms(90) && d < ms(110)))
  assert.ok(Math.abs(mean(even) - ms(100)) < (4 * ms(10)) / Math.sqrt(3 * N))
  assert.ok(Math.abs(deviation(even) - ms(10) / Math.sqrt(3)) < ms(0.1))
  const normal = delays({ distribution: 'normal' })
  assert.ok(Math.abs(mean(normal) - ms(100)) < (4 * ms(10)) / Math.sqrt(N))
  assert.ok(Math.abs(deviation(normal) - ms(10)) < ms(0.25))
  within4Sigma(normal.filter(d => Math.abs(d - ms(100)) < ms(10)).length, N, 0.6827, 'within one deviation')
  const pareto = delays({ distribution: 'pareto' })
  assert.ok(Math.min(...pareto) >= ms(100) - ms(6.67) && Math.max(...pareto) > ms(130))
})

test('frames overtake one another with jitter, in the order of their times', () => {
  const wire = wireWith({ latency: ms(10), jitter: ms(5) })
  wire.train(200)
  wire.world.run()
  assert.equal(
    wire.times,
    [...wire.times].sort((a, b) => a - b),
  )
  assert.not.equal(
    wire.got.numbers,
    [...wire.got.numbers].sort((a, b) => a - b),
  )
  assert.is(new Set(wire.got.numbers).size, 200)
})

test('correlated numbers follow the one before (get_crandom)', () => {
  const rng = new RngSource(5).stream()
  const correlation = (rho: number): number => {
    const c = new Crandom(part(rho), rng)
    const list = Array.from({ length: N }, () => c.next(rng) / 2 ** 32)
    const m = list.reduce((a, b) => a + b, 0) / N
    let [top, bottom] = [0, 0]
    for (let i = 1; i < N; i++) {
      top += (list[i]! - m) * (list[i - 1]! - m)
      bottom += (list[i]! - m) ** 2
    }
    return top / bottom
  }
  for (const rho of [0, 0.25, 0.5, 0.9]) assert.ok(Math.abs(correlation(rho) - rho) < 0.03, `${rho}`)
})

test('mixes as 64-bit integers would', () => {
  const draws = [0xffffffff, 0x12345678, 0, 0x80000001]
  let at = 0
  const rng = { u32: () => draws[at++ % draws.length]! } as never
  const rho = 0x40000000
  const c = new Crandom(rho, rng)
  let last = 0xffffffffn
  for (let i = 1; i < 12; i++) {
    const value = BigInt(draws[i % draws.length]!)
    last = (value * (2n ** 32n - BigInt(rho) - 1n) + last * (BigInt(rho) + 1n)) >> 32n
    assert.is(c.next(rng), Number(last))
  }
})

const fnv = (table: Int16Array): number => {
  let h = 0x811c9dc5
  for (const octet of new Uint8Array(table.buffer)) h = Math.imul(h ^ octet, 0x01000193)
  return h >>> 0
}

test('has the distributions of the files that iproute2 6.1 installs, value by value', () => {
  assert.is(fnv(makeDistTable('normal')), 0xc14b20d8)
  assert.is(fnv(makeDistTable('pareto')), 0x0a28c73a)
  assert.is(fnv(makeDistTable('paretonormal')), 0x3cb744d9)
})

test('sends in slots: all that waits at the beginning of each, or as many as fit', () => {
  const slot = { minDelay: ms(20), maxDelay: ms(20), distDelay: 0, distJitter: 0, distribution: null }
  const wire = wireWith({ slot: { ...slot, maxPackets: 2, maxBytes: 0 } })
  wire.train(6)
  wire.world.run()
  assert.equal(wire.times, [0, 0, 20, 20, 40, 40].map(ms))
})

test('marks packets that can be marked in the place of losing them', () => {
  const wire = wireWith({ loss: part(1), ecn: true })
  wire.send(0)
  assert.equal([wire.got.seen.length, wire.stats()[0]!.drops], [0, 1])
})

test('a child takes what has come through the delay', () => {
  const wire = new Wire()
  wire.qdisc('netem', { latency: ms(10) }, { handle: 0x10000 })
  const tbf = { rate: 125_000, burst: 500, limit: 1e6 }
  wire.qdisc('tbf', tbf, { parent: 0x10001, handle: 0x100000 })
  wire.train(3, 0, 500)
  wire.world.run()
  assert.equal(wire.times, [10, 14, 18].map(ms))
  assert.equal(
    wire.stats().map(q => [q.kind, q.packets, q.qlen, q.backlog]),
    [
      ['netem', 3, 0, 0],
      ['tbf', 3, 0, 0],
    ],
  )
  checkBalance(wire.world)
})

test('stands below a tbf', () => {
  const wire = new Wire()
  wire.qdisc('tbf', { rate: 125_000, burst: 500, limit: 1e6 }, { handle: 0x10000 })
  wire.qdisc('netem', { latency: ms(10) }, { parent: 0x10001, handle: 0x100000 })
  wire.train(3, 0, 500)
  wire.world.run()
  assert.equal(wire.times, [10, 14, 18].map(ms))
  checkBalance(wire.world)
})

test('two of one device must not double (check_netem_in_tree)', () => {
  const wire = new Wire()
  wire.qdisc('netem', { latency: ms(1) }, { handle: 0x10000 })
  const double = { latency: 0, duplicate: part(0.1) }
  const text = /netem: cannot mix duplicating netems with other netems in tree/
  assert.throws(() => wire.qdisc('netem', double, { parent: 0x10001 }), text)
  wire.qdisc('netem', { latency: ms(1) }, { parent: 0x10001 })
  assert.throws(() => qdiscModify(wire.a, 'change', { parent: TC_H_ROOT, kind: 'netem', attrs: double }), text)
  assert.is(wire.stats().length, 2)
})

test('draws from the World’s seed and the device: the same again, and undisturbed by others', () => {
  const run = (seed: number, disturb: boolean): number[] => {
    const wire = wireWith({ loss: part(0.5) }, seed)
    if (disturb) qdiscModify(wire.b, 'add', { parent: TC_H_ROOT, kind: 'netem', attrs: { loss: part(0.5) } })
    for (let n = 0; n < 200; n++) {
      wire.send(n)
      if (disturb) wire.send(n, 64, true)
    }
    return wire.got.numbers
  }
  assert.equal(run(1, false), run(1, false))
  assert.equal(run(1, true), run(1, false))
  assert.not.equal(run(2, false), run(1, false))
})

test('its own seed decides where one is given', () => {
  const run = (seed: number, own: number): number[] => {
    const wire = wireWith({ loss: part(0.5), seed: own }, seed)
    wire.train(200)
    return wire.got.numbers
  }
  assert.equal(run(1, 7), run(2, 7))
  assert.not.equal(run(1, 7), run(1, 8))
})

test('a change keeps the groups that it does not name, as tc and the kernel have it', () => {
  const wire = wireWith({
    latency: ms(5),
    loss: part(0.5),
    ...rate(8_000_000),
    corrupt: { probability: 1, correlation: 0 },
  })
  qdiscModify(wire.a, 'change', { parent: TC_H_ROOT, kind: 'netem', attrs: { latency: ms(7) } })
  const attrs = wire.stats()[0]!.attrs as { [key: string]: unknown }
  assert.equal([attrs['latency'], attrs['loss'], attrs['limit']], [ms(7), 0, 1000])
  assert.equal(attrs['corrupt'], { probability: 1, correlation: 0 })
  assert.is((attrs['rate'] as { rate: number }).rate, 1_000_000)
})

test.run()
