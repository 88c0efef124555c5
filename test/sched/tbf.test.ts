/**
 * tbf, the fifos and pfifo_fast. What passes and what is dropped in the cases of LIVE was counted on Linux 6.18, and so were
 * the times, which there are some microseconds late.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { TC_H_ROOT } from '../../lib/core/qdisc.js'
import { linkDel, linkInfo, linkSet } from '../../lib/rtnl/link.js'
import { qdiscDel, qdiscModify } from '../../lib/rtnl/qdisc.js'
import { RateCfg } from '../../lib/sched/ratecfg.js'
import { ms } from '../../lib/sim/time.js'
import { checkBalance } from '../dev/lab.js'
import { Wire } from './wire-lab.js'

const test = suite('sched/tbf')

const MBIT = 125_000
const TBF = { rate: MBIT, burst: 2000, limit: 3000, peakRate: 0, mtu: 0, mpu: 0, overhead: 0, linkLayer: 'ethernet' }

/** Sent at once, octets each; when each arrived in milliseconds, exactly; how many were dropped on Linux. */
const LIVE = [
  {
    name: 'burst, then the rate, and a bfifo of 3000 octets',
    attrs: TBF,
    frames: 14,
    octets: 500,
    times: [0, 0, 0, 0, 4, 8, 12, 16, 20, 24],
    dropped: 4,
  },
  {
    name: 'a peak rate of 2 Mbit/s with a bucket of 600 octets',
    attrs: { ...TBF, peakRate: 2 * MBIT, mtu: 600 },
    frames: 14,
    octets: 500,
    times: [0, 1.6, 3.6, 5.6, 7.6, 9.6, 12],
    dropped: 7,
  },
  {
    name: 'frames longer than the burst',
    attrs: { ...TBF, rate: 8 * MBIT, burst: 1000 },
    frames: 3,
    octets: 1400,
    times: [],
    dropped: 3,
  },
  {
    name: 'at least 1000 octets, and 20 more',
    attrs: { ...TBF, mpu: 1000, overhead: 20 },
    frames: 10,
    octets: 64,
    times: [0, 0, 7.84, 15.84, 23.84, 31.84, 39.84, 47.84, 55.84, 63.84],
    dropped: 0,
  },
  {
    name: 'cells of ATM',
    attrs: { ...TBF, linkLayer: 'atm' },
    frames: 10,
    octets: 64,
    times: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    dropped: 0,
  },
] as const

for (const { name, attrs, frames, octets, times, dropped } of LIVE)
  test(`lets through what Linux lets through: ${name}`, () => {
    const wire = new Wire()
    wire.qdisc('tbf', attrs)
    wire.train(frames, 0, octets)
    wire.world.run()
    assert.equal(wire.times, times.map(ms))
    const [root] = wire.stats()
    assert.equal([root!.packets, root!.bytes, root!.drops], [times.length, times.length * octets, dropped])
    assert.equal([root!.qlen, root!.backlog], [0, 0])
    checkBalance(wire.world)
  })

test('tells the sender of a packet socket that a frame was dropped (ENOBUFS), and nothing of one that waits', () => {
  const wire = new Wire()
  wire.qdisc('tbf', { ...TBF, burst: 500, limit: 500 })
  assert.equal([wire.send(0, 500), wire.send(1, 500), wire.send(2, 500)], [0, 0, 1])
})

test('counts time at a rate as the kernel does, by multiplication and shift (psched_l2t_ns)', () => {
  const cases: [rate: number, octets: number, ns: number][] = [
    [125_000, 1500, 12_000_000],
    [125_000_000, 1500, 12_000],
    [12_500_000_000, 1500, 119],
    [1, 1500, 1_500_000_000_000],
    [154_320, 2000, 12_960_082],
  ]
  for (const [rate, octets, ns] of cases)
    assert.is(new RateCfg({ rate, overhead: 0, mpu: 0, linkLayer: 'ethernet' }).l2t(octets), ns)
})

test('fills the bucket while nothing is sent, up to the burst', () => {
  const wire = new Wire()
  wire.qdisc('tbf', { ...TBF, burst: 1000 })
  wire.train(2, 0, 500)
  wire.world.run({ for: ms(6) })
  wire.send(2, 500)
  wire.send(3, 500)
  wire.world.run()
  assert.equal(wire.times, [0, 0, 6, 8].map(ms))
})

test('pfifo drops what comes when it is full, pfifo_head_drop the oldest', () => {
  for (const [kind, numbers, drops] of [
    ['pfifo', [0, 1, 2], 3],
    ['pfifo_head_drop', [0, 4, 5], 3],
  ] as const) {
    const wire = new Wire()
    wire.qdisc('tbf', { ...TBF, burst: 500, limit: 1e6 }, { handle: 0x10000 })
    wire.qdisc(kind, { limit: 2 }, { parent: 0x10001, handle: 0x100000 })
    wire.train(6, 0, 500)
    wire.world.run()
    assert.equal(wire.got.numbers, numbers, kind)
    assert.equal(wire.stats().find(q => q.kind === kind)!.drops, drops, kind)
    checkBalance(wire.world)
  }
})

test('shapes below a tbf: the slower of two decides', () => {
  const wire = new Wire()
  wire.qdisc('tbf', { ...TBF, rate: 4 * MBIT, limit: 1e6 }, { handle: 0x10000 })
  wire.qdisc('tbf', { ...TBF, burst: 500, limit: 1e6 }, { parent: 0x10001 })
  wire.train(5, 0, 500)
  wire.world.run()
  assert.equal(wire.times, [0, 4, 8, 12, 16].map(ms))
})

test('an empty pfifo is passed by, and counts', () => {
  const wire = new Wire()
  wire.qdisc('pfifo', { limit: 2 })
  wire.train(5, 0, 500)
  wire.world.run()
  assert.is(wire.got.seen.length, 5)
  const [root] = wire.stats()
  assert.equal([root!.packets, root!.bytes, root!.drops], [5, 2500, 0])
})

test('what waits is dropped when the device goes down, loses its qdisc, or is deleted (QUEUE_PURGE)', () => {
  const ends: [string, (wire: Wire) => void][] = [
    ['down', wire => linkSet(wire.a, { up: false })],
    ['del', wire => qdiscDel(wire.a, { parent: TC_H_ROOT })],
    ['replace', wire => qdiscModify(wire.a, 'replace', { parent: TC_H_ROOT, kind: 'pfifo', attrs: null })],
    ['delete', wire => linkDel(wire.a)],
    ['netns', wire => wire.world.delNetns('h1')],
  ]
  for (const [name, end] of ends) {
    const wire = new Wire()
    const ns = wire.a.netns
    wire.qdisc('tbf', TBF)
    wire.train(10, 0, 500)
    assert.is(ns.accounting().alive, 6, name)
    end(wire)
    assert.equal([ns.accounting().alive, ns.accounting().dropped['QUEUE_PURGE']], [0, 6], name)
    wire.world.run()
    assert.is(wire.got.seen.length, 4, name)
    checkBalance(wire.world)
  }
})

test('a far end that goes down stops the queue; the qdisc is still the device’s own', () => {
  const wire = new Wire()
  wire.qdisc('tbf', TBF)
  wire.train(10, 0, 500)
  linkSet(wire.b, { up: false })
  wire.world.run({ for: 2e9 })
  assert.equal([linkInfo(wire.a).qdisc, wire.a.netns.accounting().alive], ['tbf', 0])
  assert.is(wire.send(11), 2)
  checkBalance(wire.world)
})

test('a refused change leaves everything as it was', () => {
  const wire = new Wire()
  wire.qdisc('tbf', TBF, { handle: 0x10000 })
  const before = wire.stats()
  for (const attrs of [
    { ...TBF, rate: 0 },
    { ...TBF, peakRate: 1000, mtu: 1500 },
    { ...TBF, burst: 0 },
  ])
    assert.throws(() => qdiscModify(wire.a, 'change', { parent: TC_H_ROOT, kind: 'tbf', attrs }), /Invalid argument/)
  assert.equal(wire.stats(), before)
})

test.run()
