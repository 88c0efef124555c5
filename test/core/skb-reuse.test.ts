/** A program that passes on what it read leaves the same accounts and octets as one that copies. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { consumeSkb, type Skb, skbClone, skbPut } from '../../lib/core/skb.js'
import { skbReuse } from '../../lib/core/skb-reuse.js'
import type { Netns } from '../../lib/core/netns.js'
import { World } from '../../lib/core/world.js'
import { allocSkb, CHECKSUM_PARTIAL, SKB_HEADROOM } from '../../lib/core/skb.js'
import { checkBalance } from '../dev/lab.js'

const test = suite('core/skb-reuse')

const OCTETS = Uint8Array.from({ length: 40 }, (_, i) => i)

/** A packet that was read, whose octets begin `at` in its frame. */
const readAt = (netns: Netns, at: number): Skb => {
  const skb = allocSkb(netns, 100)
  skb.data = skb.tail = at
  skb.buf.set(OCTETS, skbPut(skb, OCTETS.length))
  return skb
}

const octetsOf = (skb: Skb): number[] => [...skb.buf.subarray(skb.data, skb.tail)]

test('octets of its own that leave room stay where they are, in a packet that is as a fresh one', () => {
  const a = new World().addNetns('a')
  const fresh = allocSkb(a, 100)
  const skb = readAt(a, SKB_HEADROOM + 28)
  skb.mark = skb.priority = skb.skbIif = skb.hash = 7
  skb.ipSummed = CHECKSUM_PARTIAL
  skb.vlanProto = 0x8100
  const { frame } = skb
  const sent = skbReuse(skb, a)
  a.acct.created++
  assert.is(sent.frame, frame)
  assert.is(sent.data, SKB_HEADROOM + 28)
  assert.equal(octetsOf(sent), [...OCTETS])
  const { mark, priority, skbIif, hash, ipSummed, vlanProto, dst, sk, nfct } = sent
  assert.equal([mark, priority, skbIif, hash, ipSummed, vlanProto, dst, sk, nfct], [0, 0, 0, 0, 0, 0, null, null, null])
  consumeSkb(sent)
  consumeSkb(fresh)
  const { delivered, consumed, created, alive } = a.accounting()
  assert.equal([created, delivered, consumed, alive], [3, 1, 2, 0])
  checkBalance(a.world)
  assert.is(a.world.skbs.live, 0)
})

for (const [why, at] of [
  ['too little headroom', SKB_HEADROOM - 4],
  ['octets amid a word', SKB_HEADROOM + 2],
] as const)
  test(`${why}: they are copied`, () => {
    const a = new World().addNetns('a')
    const skb = readAt(a, at)
    const sent = skbReuse(skb, a)
    a.acct.created++
    assert.not(skb.alive)
    assert.is(sent.data, SKB_HEADROOM)
    assert.equal(octetsOf(sent), [...OCTETS])
    consumeSkb(sent)
    checkBalance(a.world)
    assert.is(a.world.skbs.live, 0)
  })

test('octets that another packet has as well are copied', () => {
  const a = new World().addNetns('a')
  const skb = readAt(a, SKB_HEADROOM)
  const other = skbClone(skb)
  const sent = skbReuse(skb, a)
  a.acct.created++
  sent.buf[sent.data] = 99
  assert.equal(octetsOf(other), [...OCTETS])
  consumeSkb(other)
  consumeSkb(sent)
  checkBalance(a.world)
})

test('the namespace that it is given to accounts for it', () => {
  const world = new World()
  const [a, b] = [world.addNetns('a'), world.addNetns('b')]
  const skb = readAt(a, SKB_HEADROOM)
  let ended = 0
  const owner = { wmemAlloc: 0, wfree: () => ended++ }
  skb.owner = owner
  const sent = skbReuse(skb, b)
  b.acct.entered++
  assert.is(ended, 1)
  assert.is(a.accounting().alive, 0)
  assert.is(b.accounting().alive, 1)
  consumeSkb(sent)
  checkBalance(world)
})

test.run()
