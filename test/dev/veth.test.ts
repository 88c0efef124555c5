import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { reportedFlags } from '../../lib/core/dev.js'
import { IFF_UP } from '../../lib/core/netdev.js'
import { linkAdd, linkDel, linkInfo, linkSet } from '../../lib/rtnl/link.js'
import { Capture, checkBalance, frame, hostMac, newWorld, send } from './lab.js'

const test = suite('dev/veth')

/** h1 eth0 - eth0 h2, as in the scenarios: both with ifindex 2. */
const pair = () => {
  const world = newWorld()
  const h1 = world.addNetns('h1')
  const h2 = world.addNetns('h2')
  const a = linkAdd(h1, {
    kind: 'veth',
    name: 'eth0',
    address: hostMac(1),
    attrs: { peer: { name: 'eth0', netns: h2, address: hostMac(2) } },
  })
  return { world, h1, h2, a, b: h2.dev('eth0') }
}

test('makes the peer first, each end with the next ifindex of its namespace (veth_newlink)', () => {
  const world = newWorld()
  const ns = world.addNetns('h1')
  const dev = linkAdd(ns, { kind: 'veth' })
  assert.equal([dev.name, dev.ifindex], ['veth1', 3])
  assert.equal(ns.dev('veth0').ifindex, 2)
  const info = linkInfo(dev)
  assert.equal([info.iflink, info.linkNetns, info.numTxQueues, info.qdisc], [2, null, 2, 'noop'])
  assert.is(dev.addr % 2 ** 42 < 2 ** 42 && Math.floor(dev.addr / 2 ** 40) & 3, 2)
})

test('has a carrier while both ends are up (veth_open, veth_close)', () => {
  const { world, a, b } = pair()
  linkSet(a, { up: true })
  assert.equal([linkInfo(a).operstate, linkInfo(a).flags & 0x10041], [2, IFF_UP])
  linkSet(b, { up: true })
  assert.ok(a.carrier && b.carrier)
  world.run({ for: 1.1e9 })
  assert.is(reportedFlags(a) & 0x10041, 0x10041)
  linkSet(b, { up: false })
  assert.not.ok(a.carrier)
  assert.is(linkInfo(a).carrierChanges, 3)
})

test('shows the carrier late, up to a second, when both ends have the same ifindex (linkwatch_urgent_event)', () => {
  const { world, a, b } = pair()
  linkSet(a, { up: true })
  linkSet(b, { up: true })
  world.run({ for: 1.1e9 })
  linkSet(b, { up: false })
  assert.is(a.operstate, 6)
  world.run({ for: 1.1e9 })
  assert.is(a.operstate, 2)
})

test('hands frames over through the backlog and counts them once (veth_xmit, veth_get_stats64)', () => {
  const { world, a, b } = pair()
  linkSet(a, { up: true })
  linkSet(b, { up: true })
  world.run({ for: 0 })
  assert.is(send(a, frame(hostMac(2), hostMac(1), 'hello')), 0)
  assert.is(linkInfo(b).stats.rxDropped, 1, 'unknown EtherType, __netif_receive_skb_core')
  const ca = new Capture(a)
  const cb = new Capture(b)
  assert.is(send(a, frame(hostMac(2), hostMac(1), 'hello')), 0)
  assert.equal([ca.texts(), cb.texts()], [['>hello'], ['<hello']])
  const [sa, sb] = [linkInfo(a).stats, linkInfo(b).stats]
  assert.equal([sa.txPackets, sa.txBytes, sb.rxPackets, sb.rxBytes], [2, 38, 2, 38])
  assert.is(sb.rxDropped, 1, 'a packet socket has taken the second one')
  checkBalance(world)
})

test('takes frames up to the MTU and 18 octets, and tells the sender of longer ones (____dev_forward_skb)', () => {
  const { world, a, b } = pair()
  linkSet(a, { up: true })
  linkSet(b, { up: true, mtu: 1000 })
  world.run({ for: 0 })
  const cb = new Capture(b)
  assert.is(send(a, frame(hostMac(2), hostMac(1), new Uint8Array(1004))), 0)
  assert.is(send(a, frame(hostMac(2), hostMac(1), new Uint8Array(1005))), 1)
  assert.is(cb.seen.length, 1)
  assert.is(linkInfo(a).stats.txDropped, 1)
  assert.is(linkInfo(b).stats.rxDropped, 1)
  assert.equal(
    world.drops().map(d => [d.reason, d.count]),
    [
      ['PKT_TOO_BIG', 1],
      ['UNHANDLED_PROTO', 1],
    ],
  )
  checkBalance(world)
})

test('counts frames that the noop qdisc drops while there is no carrier, and shows them to nobody (noop_enqueue)', () => {
  const { world, a, b } = pair()
  linkSet(a, { up: true })
  const ca = new Capture(a)
  assert.is(send(a, frame(hostMac(2), hostMac(1))), 2)
  assert.equal([ca.seen.length, linkInfo(a).stats.txDropped, linkInfo(b).stats.rxDropped], [0, 1, 0])
  checkBalance(world)
})

test('drops at the peer that is down, until linkwatch has seen the carrier go (recorded on 6.18)', () => {
  const { world, a, b } = pair()
  linkSet(a, { up: true })
  linkSet(b, { up: true })
  world.run({ for: 1.1e9 })
  linkSet(b, { up: false })
  assert.is(send(a, frame(hostMac(2), hostMac(1))), 1)
  world.run({ for: 1.1e9 })
  assert.is(send(a, frame(hostMac(2), hostMac(1))), 2)
  assert.equal([linkInfo(a).stats.txDropped, linkInfo(b).stats.rxDropped], [2, 1])
})

test('goes with its peer, wherever that is (veth_dellink)', () => {
  const { world, h1, h2, a } = pair()
  linkDel(a)
  assert.equal([h1.devByName('eth0'), h2.devByName('eth0')], [null, null])
  const again = pair()
  again.world.delNetns('h2')
  assert.is(again.h1.devByName('eth0'), null)
  assert.equal(
    world.listNetns().map(n => n.devices.length),
    [1, 1],
  )
})

test('keeps its index in another namespace when it is free, and its peer shows where it is', () => {
  const { world, h1, h2, a, b } = pair()
  const h3 = world.addNetns('h3')
  linkSet(a, { netns: h3 })
  assert.equal([a.ifindex, a.netns.name, linkInfo(b).linkNetns?.name], [2, 'h3', 'h3'])
  linkSet(b, { netns: h3, name: 'eth1' })
  assert.equal([b.ifindex, b.name, linkInfo(b).iflink, linkInfo(b).linkNetns], [3, 'eth1', 2, null])
  assert.equal([h1.devices.length, h2.devices.length], [1, 1])
})

test('draws different addresses for the same seed only once, and the same ones again in another World', () => {
  const draw = () => {
    const ns = newWorld({ seed: 7 }).addNetns('x')
    return [linkAdd(ns, { kind: 'veth' }).addr, ns.dev('veth0').addr]
  }
  const [x, y] = draw()
  assert.is.not(x, y)
  assert.equal(draw(), [x, y])
})

test.run()
