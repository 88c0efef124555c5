/** link: cards and a cable with exact times, a queue, and chances within four deviations for fixed seeds. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { linkAdd, linkDel, linkInfo, linkSet } from '../../lib/rtnl/link.js'
import { qdiscList } from '../../lib/rtnl/qdisc.js'
import { ms, us } from '../../lib/sim/time.js'
import { Wire, within4Sigma } from '../sched/wire-lab.js'
import { checkBalance, newWorld } from './lab.js'

const test = suite('dev/link')

const part = (p: number): number => Math.round(p * 0xffffffff)
const N = 20_000

const cable = (both: object, more: object = {}, seed = 1): Wire => new Wire('link', { both, ...more }, seed)

test('is a card: no kind, no other end, pfifo_fast, a carrier of its own', () => {
  const wire = cable({})
  const info = linkInfo(wire.a)
  assert.equal(
    [info.kind, info.iflink, info.linkNetns, info.qdisc, info.txQueueLen],
    ['', null, null, 'pfifo_fast', 1000],
  )
  assert.equal([info.numTxQueues, info.minMtu, info.maxMtu, info.operstate], [1, 68, 65535, 6])
  linkSet(wire.b, { up: false })
  assert.not.ok(wire.a.carrier)
  wire.world.run({ for: 2e9 })
  assert.is(linkInfo(wire.a).operstate, 2)
  linkSet(wire.b, { up: true })
  wire.world.run({ for: 2e9 })
  assert.is(linkInfo(wire.a).operstate, 6)
})

test('a plain cable hands over at once', () => {
  const wire = cable({})
  wire.train(3)
  assert.equal(wire.times, [0, 0, 0])
  const [a, b] = [wire.a.stats, wire.b.stats]
  assert.equal([a.txPackets, a.txBytes, b.rxPackets, b.rxBytes], [3, 192, 3, 192])
  checkBalance(wire.world)
})

test('delays by exactly the delay; the run ends when the cable is empty', () => {
  const wire = cable({ delay: ms(5) })
  wire.train(2)
  wire.world.run({ for: us(700) })
  wire.send(2)
  assert.is(wire.world.run(), wire.start + ms(5.7))
  assert.equal(wire.times, [ms(5), ms(5), ms(5.7)])
})

test('takes octets * 8 / rate for a frame, then the delay', () => {
  const wire = cable({ delay: ms(5), rate: 1_000_000 })
  wire.train(3, 0, 500)
  wire.world.run({ for: ms(100) })
  wire.send(3, 1000)
  wire.world.run()
  assert.equal(wire.times, [9, 13, 17, 113].map(ms))
})

test('a train of frames does not drift: each ends at the exact sum rounded down', () => {
  const rate = 3_000_017
  const wire = cable({ rate, queue: 10_000 })
  const octets = Array.from({ length: 3000 }, (_, n) => 60 + ((n * 37) % 1400))
  for (const [n, length] of octets.entries()) wire.send(n, length)
  wire.world.run()
  let bits = 0n
  const exact = octets.map(length => {
    bits += BigInt(length) * 8n
    return Number((bits * 1_000_000_000n) / BigInt(rate))
  })
  assert.equal(wire.times, exact)
})

test('counts the overhead of a frame where one is given', () => {
  const wire = cable({ rate: 1e9, overhead: 24 })
  wire.send(0, 1514)
  wire.world.run()
  assert.equal(wire.times, [(1514 + 24) * 8])
})

test('directions are of their own', () => {
  const wire = cable({ delay: ms(5) }, { out: { delay: ms(1) }, in: { rate: 1_000_000 } })
  wire.send(0, 500)
  wire.send(0, 500, true)
  wire.world.run()
  assert.equal([wire.times, wire.back.times.map(t => t - wire.start)], [[ms(1)], [ms(9)]])
  const { out, in: received } = linkInfo(wire.b).attrs as { out: { delay: number }; in: { delay: number } }
  assert.equal([out.delay, received.delay], [ms(5), ms(1)])
})

test('holds as many frames as its queue besides the one that is sent, and drops the rest (FULL_RING)', () => {
  const wire = cable({ rate: 1_000_000, queue: 3 })
  wire.train(10, 0, 500)
  wire.world.run({ for: ms(5) })
  wire.send(10, 500)
  wire.send(11, 500)
  wire.world.run()
  assert.equal(wire.got.numbers, [0, 1, 2, 3, 10])
  assert.equal(wire.times, [4, 8, 12, 16, 20].map(ms))
  assert.equal(
    [wire.a.netns.accounting().dropped['FULL_RING'], wire.a.stats.txDropped, wire.a.stats.txPackets],
    [7, 7, 5],
  )
  checkBalance(wire.world)
})

test('loses, doubles, changes and reorders at its rates, each frame on its own', () => {
  for (const seed of [1, 2]) {
    const lossy = cable({ loss: part(0.05) }, {}, seed)
    lossy.train(N)
    within4Sigma(N - lossy.got.seen.length, N, 0.05, 'loss')
    assert.is(lossy.a.netns.accounting().dropped['LINK_LOSS'], N - lossy.got.seen.length)
    checkBalance(lossy.world)
    const doubling = cable({ duplicate: part(0.1) }, {}, seed)
    doubling.train(N)
    within4Sigma(doubling.got.seen.length - N, N, 0.1, 'duplicates')
    const clean = cable({}, {}, seed)
    clean.send(7)
    const want = clean.got.seen[0]!.bytes
    const noisy = cable({ corrupt: part(0.02) }, {}, seed)
    for (let n = 0; n < N; n++) noisy.send(7)
    const changed = noisy.got.seen.filter(({ bytes }) => bytes.some((octet, i) => octet !== want[i])).length
    within4Sigma(changed, N, 0.02, 'changed frames')
    const hasty = cable({ delay: ms(10), reorder: part(0.25) }, {}, seed)
    hasty.train(5000, us(10))
    hasty.world.run()
    const early = hasty.got.seen.filter(({ n, time }) => time === hasty.start + n * us(10)).length
    within4Sigma(early, 5000, 0.25, 'early frames')
  }
})

test('jitters around the delay, and frames may overtake', () => {
  const wire = cable({ delay: ms(100), jitter: ms(10), distribution: 'normal' })
  wire.train(N)
  wire.world.run()
  const mean = wire.times.reduce((a, b) => a + b, 0) / N
  const sd = Math.sqrt(wire.times.reduce((a, t) => a + (t - mean) ** 2, 0) / N)
  assert.ok(Math.abs(mean - ms(100)) < (4 * ms(10)) / Math.sqrt(N) && Math.abs(sd - ms(10)) < ms(0.25))
  assert.not.equal(
    wire.got.numbers,
    [...wire.got.numbers].sort((a, b) => a - b),
  )
  checkBalance(wire.world)
})

test('same seed, same frames; the other direction and other cables disturb nothing', () => {
  const run = (seed: number, disturb: boolean): string => {
    const wire = cable(
      { loss: part(0.3), duplicate: part(0.1), corrupt: part(0.1), delay: 1000, jitter: 500 },
      {},
      seed,
    )
    if (disturb) linkAdd(wire.a.netns, { kind: 'link', name: 'other', attrs: { both: { loss: part(0.5) } } })
    for (let n = 0; n < 300; n++) {
      wire.send(n)
      if (disturb) wire.send(n, 64, true)
      wire.world.run()
    }
    const again = new Set(wire.got.seen.map(({ n, bytes }) => `${n}${[...bytes].slice(14)}`))
    return [...again].join()
  }
  assert.is(run(1, false), run(1, false))
  assert.is(run(1, true), run(1, false))
  assert.not.equal(run(2, false), run(1, false))
})

test('changes what it does while frames are under way: those arrive as they were to', () => {
  const wire = cable({ delay: ms(10) })
  wire.send(0)
  linkSet(wire.a, { kind: 'link', attrs: { both: { delay: ms(1) } } })
  wire.send(1)
  linkSet(wire.a, { kind: 'link', attrs: { out: { loss: part(1) } } })
  wire.send(2)
  wire.world.run()
  assert.equal(
    [wire.got.numbers, wire.times],
    [
      [1, 0],
      [ms(1), ms(10)],
    ],
  )
  const { in: received } = linkInfo(wire.a).attrs as { in: { loss: number; delay: number } }
  assert.equal([received.loss, received.delay], [0, ms(1)])
})

test('a refused change or a refused link leaves everything as it was', () => {
  const wire = cable({ delay: ms(10) })
  const before = linkInfo(wire.a).attrs
  assert.throws(() => linkSet(wire.a, { kind: 'link', attrs: { both: { rate: -1 } } }), /rate -1 is not a whole number/)
  assert.throws(
    () => linkSet(wire.a, { kind: 'link', attrs: { out: { delay: 0, reorder: 5 } } }),
    /reorder needs a delay/,
  )
  assert.equal(linkInfo(wire.a).attrs, before)
  const ns = wire.a.netns
  assert.throws(() => linkAdd(ns, { kind: 'link', name: 'x', attrs: { both: { delay: 0.5 } } }), /delay 0.5/)
  assert.is(ns.devices.length, 2)
})

test('a cable that is pulled loses what is on it (DEVICE_GONE); a far end that went down loses it on arrival', () => {
  for (const end of ['del', 'netns', 'down'] as const) {
    const wire = cable({ delay: ms(10), rate: 1_000_000 })
    const [h1, h2] = [wire.a.netns, wire.b.netns]
    wire.train(5, 0, 500)
    wire.send(0, 500, true)
    if (end === 'del') linkDel(wire.b)
    else if (end === 'netns') wire.world.delNetns('h2')
    else linkSet(wire.b, { up: false })
    wire.world.run()
    assert.equal([h1.accounting().alive, h2.accounting().alive, wire.got.seen.length], [0, 0, 0], end)
    assert.is(h1.accounting().dropped[end === 'down' ? 'DEV_READY' : 'DEVICE_GONE'], 5, end)
    checkBalance(wire.world)
  }
})

test('drops what is longer than the far end takes (PKT_TOO_BIG)', () => {
  const wire = cable({ delay: 1 })
  linkSet(wire.b, { mtu: 500 })
  wire.send(0, 518)
  wire.send(1, 519)
  wire.world.run()
  assert.equal([wire.got.numbers, wire.b.stats.rxDropped], [[0], 1])
})

test('tells its rate as its speed, and without one nothing', () => {
  const speed = (rate: number): number => {
    const { a } = cable({ rate })
    return a.ops.getSpeed!(a)
  }
  assert.equal([0, 1e9, 100e6, 64_000].map(speed), [-1, 1000, 100, 1])
})

test('counts what its pfifo_fast passes on', () => {
  const wire = cable({ delay: ms(1) })
  wire.train(3)
  const [root] = qdiscList(wire.a.netns, { dev: wire.a })
  assert.equal([root!.kind, root!.handle, root!.packets, root!.bytes], ['pfifo_fast', 0, 3, 192])
})

test('a thousand frames under way on ten cables leave nothing behind', () => {
  const world = newWorld()
  const ns = world.addNetns('h1')
  for (let i = 0; i < 10; i++) linkAdd(ns, { kind: 'link', name: `c${i}`, attrs: { both: { delay: ms(i + 1) } } })
  for (const dev of ns.devices) linkSet(dev, { up: true })
  world.run({ for: 2e9 })
  assert.is(ns.devices.length, 21)
  world.delNetns('h1')
  assert.is(world.skbs.live, 0)
})

test.run()
