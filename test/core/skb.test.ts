import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { DROP } from '../../lib/core/drop.js'
import type { Accounting, Netns } from '../../lib/core/netns.js'
import {
  allocSkb,
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  consumeSkb,
  deliverSkb,
  kfreeSkb,
  type Skb,
  SKB_HEADROOM,
  skbChecksumHelp,
  skbClone,
  skbCopy,
  skbCow,
  skbPull,
  skbPush,
  skbPut,
  skbScrub,
} from '../../lib/core/skb.js'
import { World } from '../../lib/core/world.js'

const test = suite('core/skb')

const newNetns = (): Netns => new World().addNetns('h1')

const filled = (netns: Netns, ...octets: number[]): Skb => {
  const skb = allocSkb(netns, 64)
  skb.buf.set(octets, skbPut(skb, octets.length))
  return skb
}

const octets = (skb: Skb): number[] => [...skb.buf.subarray(skb.data, skb.tail)]

const sum = (dropped: Accounting['dropped']): number => Object.values(dropped).reduce((a, b) => a + b, 0)

test('a fresh skb is empty, with room in front for a tunnel header', () => {
  const skb = allocSkb(newNetns(), 100)
  assert.is(skb.len, 0)
  assert.is(skb.data, SKB_HEADROOM)
  // Outer Ethernet, IPv4, UDP, VXLAN and an inner Ethernet header (RFC 7348, section 5).
  assert.ok(SKB_HEADROOM >= 14 + 20 + 8 + 8 + 14)
})

test('put appends, push prepends, pull takes from the front; each returns where', () => {
  const skb = filled(newNetns(), 1, 2, 3)
  assert.is(skbPut(skb, 2), SKB_HEADROOM + 3)
  skb.buf.set([4, 5], SKB_HEADROOM + 3)
  assert.is(skb.len, 5)
  assert.is(skbPush(skb, 2), SKB_HEADROOM - 2)
  skb.buf.set([8, 9], skb.data)
  assert.equal(octets(skb), [8, 9, 1, 2, 3, 4, 5])
  assert.is(skbPull(skb, 3), SKB_HEADROOM + 1)
  assert.equal(octets(skb), [2, 3, 4, 5])
})

test('more headers than headroom, and more payload than room, throw', () => {
  const skb = allocSkb(newNetns(), 100)
  skbPush(skb, SKB_HEADROOM)
  assert.is(skb.data, 0)
  assert.throws(() => skbPush(skb, 1), 'skb headroom exhausted by 1 octets')
  const full = allocSkb(newNetns(), 100)
  skbPut(full, full.buf.length - full.tail)
  assert.throws(() => skbPut(full, 3), 'skb tailroom exhausted by 3 octets')
})

test('there is room for what was asked for, of any size', () => {
  const netns = newNetns()
  for (const n of [0, 1, 1500, 2048 - SKB_HEADROOM, 2049 - SKB_HEADROOM, 65_535, 200_000]) {
    const skb = allocSkb(netns, n)
    skbPut(skb, n)
    assert.is(skb.len, n)
    consumeSkb(skb)
  }
})

test('a clone shares the bytes and has offsets of its own; cow separates them', () => {
  const netns = newNetns()
  const skb = filled(netns, 1, 2, 3)
  skb.mark = 7
  skb.protocol = 0x800
  const clone = skbClone(skb)
  assert.is(clone.buf, skb.buf)
  assert.equal([clone.mark, clone.protocol, clone.skbIif], [7, 0x800, 0])
  skbPull(clone, 1)
  assert.equal(octets(skb), [1, 2, 3])
  skbCow(clone)
  clone.buf[clone.data] = 99
  assert.equal(octets(clone), [99, 3])
  assert.equal(octets(skb), [1, 2, 3])
  const { buf } = skb
  skbCow(skb)
  assert.is(skb.buf, buf)
})

test('the bytes of a clone outlive the skb that it was made of', () => {
  const netns = newNetns()
  const skb = filled(netns, 1, 2, 3)
  const clone = skbClone(skb)
  consumeSkb(skb)
  const next = filled(netns, 4, 5, 6)
  assert.is.not(next.buf, clone.buf)
  assert.equal(octets(clone), [1, 2, 3])
})

test('a copy has bytes of its own from the first octet of the headroom on, and more tailroom', () => {
  const skb = filled(newNetns(), 1, 2, 3)
  skbPush(skb, 4)
  const copy = skbCopy(skb, 3000)
  assert.is.not(copy.buf, skb.buf)
  skb.buf.fill(0)
  skbPut(copy, 3000)
  assert.equal(octets(copy).slice(4, 7), [1, 2, 3])
})

test('a steady flow makes no new frames: what has ended is used again, in its first state', () => {
  const netns = newNetns()
  const { skbs } = netns.world
  const round = (): void => {
    const skb = filled(netns, 1, 2, 3)
    assert.equal(
      [skb.len, skb.mark, skb.protocol, skb.ipSummed, skb.dev, skb.dst],
      [3, 0, 0, CHECKSUM_NONE, null, null],
    )
    skb.mark = 5
    skb.protocol = 0x806
    skb.ipSummed = CHECKSUM_PARTIAL
    const clone = skbClone(skb)
    skbCow(clone)
    const copy = skbCopy(clone, 5000)
    kfreeSkb(skb, DROP.NOT_SPECIFIED)
    deliverSkb(clone)
    consumeSkb(copy)
  }
  round()
  const made = skbs.framesMade
  for (let i = 0; i < 100; i++) round()
  assert.is(skbs.framesMade, made)
  assert.is(made, 3)
  assert.is(skbs.live, 0)
})

test('an skb ends once', () => {
  const netns = newNetns()
  for (const end of [consumeSkb, deliverSkb, (skb: Skb) => kfreeSkb(skb, DROP.NO_SOCKET)]) {
    const skb = filled(netns, 1)
    end(skb)
    assert.is(skb.alive, false)
    assert.throws(() => end(skb), 'skb ended twice')
  }
})

test('scrubbing moves a packet to another namespace, which forgets routes and marks (skb_scrub_packet)', () => {
  const world = new World()
  const [from, to] = [world.addNetns('a'), world.addNetns('b')]
  const skb = filled(from, 1, 2)
  Object.assign(skb, { mark: 1, priority: 2, skbIif: 3, sk: {}, ipFlags: 4 })
  skbScrub(skb, from)
  assert.equal([skb.mark, skb.priority, skb.skbIif, skb.sk, skb.ipFlags], [1, 2, 0, null, 0])
  skbScrub(skb, to)
  assert.equal([skb.mark, skb.priority, skb.netns], [0, 0, to])
  assert.equal(from.accounting(), { entered: 0, created: 1, delivered: 0, consumed: 1, left: 1, dropped: {}, alive: 0 })
  assert.equal(to.accounting(), { entered: 1, created: 0, delivered: 0, consumed: 0, left: 0, dropped: {}, alive: 1 })
})

test('a checksum left to the device is the complement of the ones-complement sum, and never 0 (RFC 768)', () => {
  const netns = newNetns()
  // The example of RFC 1071, section 3: 0001 f203 f4f5 f6f7 sum to ddf2.
  const skb = filled(netns, 0, 0, 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7)
  const clone = skbClone(skb)
  Object.assign(skb, { ipSummed: CHECKSUM_PARTIAL, csumStart: skb.data, csumOffset: 0 })
  skbChecksumHelp(skb)
  assert.equal(octets(skb).slice(0, 2), [0x22, 0x0d])
  assert.is(skb.ipSummed, CHECKSUM_NONE)
  assert.equal(octets(clone).slice(0, 2), [0, 0])
  const zero = filled(netns, 0, 0, 0xff, 0xff)
  Object.assign(zero, { ipSummed: CHECKSUM_PARTIAL, csumStart: zero.data, csumOffset: 0 })
  skbChecksumHelp(zero)
  assert.equal(octets(zero), [0xff, 0xff, 0xff, 0xff])
})

test('whatever is done with packets, what came in went somewhere', () => {
  const step = fc.record({ op: fc.nat(7), n: fc.nat(1000) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), steps => {
      const world = new World()
      const all = [world.addNetns('a'), world.addNetns('b'), world.addNetns('c')]
      let live: Skb[] = []
      const ends = [consumeSkb, deliverSkb, (skb: Skb) => kfreeSkb(skb, skb.len % 3)]
      for (const { op, n } of steps) {
        const skb = live[n % Math.max(1, live.length)]
        if (skb === undefined || op < 2) live.push(filled(all[n % 3]!, 1, n & 0xff))
        else if (op === 2) live.push(skbClone(skb))
        else if (op === 3) live.push(skbCopy(skb))
        else if (op === 4) skbScrub(skb, all[(n >> 3) % 3]!)
        else {
          ends[op - 5]!(skb)
          live = live.filter(x => x !== skb)
        }
      }
      for (const netns of all) {
        const { entered, created, delivered, consumed, dropped, alive } = netns.accounting()
        assert.is(entered + created, delivered + consumed + sum(dropped) + alive)
        assert.is(alive, live.filter(skb => skb.netns === netns).length)
      }
      assert.is(world.skbs.live, live.length)
      // As many frames in use as different buffers.
      for (const skb of live) assert.is(skb.frame.refs, live.filter(x => x.buf === skb.buf).length)
    }),
    { seed: 1, numRuns: 100 },
  )
})

test.run()
