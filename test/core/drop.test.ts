import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { devAddTap } from '../../lib/core/dev.js'
import { devForwardSkb } from '../../lib/core/dev-rx.js'
import { DROP, DROP_REASONS, DROP_SNAPLEN } from '../../lib/core/drop.js'
import { allocSkb, kfreeSkb, skbClone, skbCopy, skbPut } from '../../lib/core/skb.js'
import { World } from '../../lib/core/world.js'
import { BROADCAST, checkBalance, frame, mac, send } from '../dev/lab.js'
import { cable } from './cable.js'

const test = suite('core/drop')

test('reasons have the names of the kernel, each once, and their number', () => {
  assert.is(new Set(DROP_REASONS).size, DROP_REASONS.length)
  for (const [i, name] of DROP_REASONS.entries()) {
    assert.is(DROP[name], i)
    assert.match(name, /^[A-Z][A-Z0-9_]+$/)
  }
  // A namespace counts by ifindex * 256 + reason.
  assert.ok(DROP_REASONS.length <= 256)
})

test('a dropped packet is recorded with reason, device, number, time and its octets from the MAC header on', () => {
  const { world, a, b } = cable()
  world.run({ for: 1000 })
  const octets = frame(BROADCAST, a.addr, 'first')
  send(a, octets)
  world.run({ for: 500 })
  const last = frame(b.addr, a.addr, 'second')
  send(a, last)
  const [drop, ...others] = b.netns.drops()
  assert.equal(others, [])
  assert.equal(a.netns.drops(), [])
  assert.equal(
    { ...JSON.parse(JSON.stringify(drop)), last: [...drop!.last] },
    {
      reason: 'UNHANDLED_PROTO',
      netns: 'h2',
      dev: 'eth0',
      count: 2,
      lastNs: world.now,
      last: [...last],
    },
  )
  checkBalance(world)
})

test('reasons and devices are counted apart, in the order of the first drop', () => {
  const { world, a, b } = cable()
  send(a, frame(mac('02:00:00:00:00:99'), a.addr, 'x'))
  send(a, frame(b.addr, a.addr, 'x'))
  send(a, frame(b.addr, a.addr, 'y'))
  const skb = allocSkb(b.netns, 10)
  kfreeSkb(skb, DROP.UNHANDLED_PROTO)
  assert.equal(
    world.drops().map(d => [d.netns, d.dev, d.reason, d.count]),
    [
      ['h2', 'eth0', 'OTHERHOST', 1],
      ['h2', 'eth0', 'UNHANDLED_PROTO', 2],
      ['h2', '', 'UNHANDLED_PROTO', 1],
    ],
  )
  assert.equal(b.netns.accounting().dropped, { OTHERHOST: 1, UNHANDLED_PROTO: 3 })
})

test('the device of another namespace is not named', () => {
  const { a, b } = cable()
  const skb = allocSkb(a.netns, 10)
  skb.dev = b
  kfreeSkb(skb, DROP.NOMEM)
  assert.equal(
    a.netns.drops().map(d => [d.dev, d.reason]),
    [['', 'NOMEM']],
  )
})

test(`the first ${DROP_SNAPLEN} octets of the last packet are kept, and are not the packet's own`, () => {
  const netns = new World().addNetns('h1')
  for (const length of [1000, 3]) {
    const skb = allocSkb(netns, length)
    const at = skbPut(skb, length)
    for (let i = 0; i < length; i++) skb.buf[at + i] = (i + length) & 0xff
    const { buf } = skb
    kfreeSkb(skb, DROP.NOMEM)
    buf.fill(0)
    const { last } = netns.drops()[0]!
    assert.equal(
      [...last],
      Array.from({ length: Math.min(length, 256) }, (_, i) => (i + length) & 0xff),
    )
    last.fill(7)
    assert.is.not(netns.drops()[0]!.last[0], 7)
  }
})

test('the observer sees the packet while its octets are there', () => {
  const { world, a, b } = cable()
  const seen: string[] = []
  world.dropObserver = (skb, reason) =>
    seen.push(`${skb.dev} ${DROP_REASONS[reason]} ${new TextDecoder().decode(skb.buf.subarray(skb.data, skb.tail))}`)
  send(a, frame(b.addr, a.addr, 'hello'))
  assert.equal(seen, ['h2:eth0 UNHANDLED_PROTO hello'])
})

test('several observers see the packet, until they leave; one may leave while it is told', () => {
  const { world, a, b } = cable()
  const seen: string[] = []
  const endFirst = world.observeDrops((_skb, reason) => seen.push(`first ${DROP_REASONS[reason]}`))
  const endSecond = world.observeDrops((_skb, reason) => {
    seen.push(`second ${DROP_REASONS[reason]}`)
    endSecond()
  })
  const endThird = world.observeDrops(() => seen.push('third'))
  const once = (): number => send(a, frame(b.addr, a.addr, 'hello'))
  once()
  once()
  endFirst()
  endFirst()
  once()
  endThird()
  assert.is(world.dropObserver, null)
  once()
  assert.equal(seen, [
    'first UNHANDLED_PROTO',
    'second UNHANDLED_PROTO',
    'third',
    'first UNHANDLED_PROTO',
    'third',
    'third',
  ])
})

test('a packet keeps the number of its last passage by captures; its copies have the same, another packet none', () => {
  const { world, a, b } = cable()
  const seen: number[] = []
  world.observeDrops(skb => seen.push(skb.tapSeq))
  const once = (): number => send(a, frame(b.addr, a.addr, 'hello'))
  once()
  devAddTap(b, { tap: skb => seen.push(-skb.tapSeq) })
  once()
  devAddTap(a, { tap: () => {} })
  once()
  assert.equal(seen.splice(0), [0, -1, 1, -3, 3])
  const skb = allocSkb(a.netns, 10)
  skb.tapSeq = 7
  for (const end of [skbClone(skb), skbCopy(skb), skb]) kfreeSkb(end, DROP.NOMEM)
  assert.equal(seen, [7, 7, 7])
})

test('frames that are too long or for a device that is down are dropped where they arrive (__dev_forward_skb)', () => {
  const { a, b } = cable()
  const forward = (length: number): number => {
    const skb = allocSkb(a.netns, length)
    skb.dev = a
    skb.buf.set(frame(b.addr, a.addr, new Uint8Array(length)).subarray(0, length), skbPut(skb, length))
    return devForwardSkb(b, skb)
  }
  assert.is(forward(1500 + 14 + 5), 1)
  assert.is(forward(1500 + 14 + 4), 0)
  assert.is(forward(13), 1)
  assert.equal(a.netns.accounting().dropped, { PKT_TOO_BIG: 1, HDR_TRUNC: 1 })
  assert.is(b.stats.rxDropped, 1)
})

test.run()
