import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { linkAdd, linkDel, linkInfo, linkSet } from '../../lib/rtnl/link.js'
import { Capture, checkBalance, frame, mac, newWorld, send } from './lab.js'

const test = suite('dev/loopback')

test('is made with the namespace: ifindex 1, MTU 65536, no addresses (recorded by ip -d link)', () => {
  const { lo } = newWorld().addNetns('h1')
  const info = linkInfo(lo)
  assert.equal(
    [info.ifindex, info.name, info.mtu, info.type, info.address, info.broadcast, info.minMtu, info.maxMtu, info.kind],
    [1, 'lo', 65536, 772, 0, 0, 0, 0, ''],
  )
  assert.equal([info.txQueueLen, info.tsoMaxSize, info.flags], [1000, 524280, 8])
  linkSet(lo, { up: true })
  assert.is(linkInfo(lo).flags, 0x10049)
  assert.is(linkInfo(lo).operstate, 0)
})

test('receives what it sends and counts it without the Ethernet header, both ways (loopback_xmit)', () => {
  const world = newWorld()
  const { lo } = world.addNetns('h1')
  linkSet(lo, { up: true })
  const capture = new Capture(lo)
  send(lo, frame(0, 0, 'twelve bytes'))
  assert.equal(capture.texts(), ['>twelve bytes', '<twelve bytes'])
  const { txPackets, txBytes, rxPackets, rxBytes } = linkInfo(lo).stats
  assert.equal([txPackets, txBytes, rxPackets, rxBytes], [1, 12, 1, 12])
  checkBalance(world)
})

test('cannot be deleted or moved, and no bridge takes it (recorded on 6.18)', () => {
  const world = newWorld()
  const ns = world.addNetns('h1')
  const br = linkAdd(ns, { kind: 'bridge', name: 'br0' })
  assert.throws(() => linkDel(ns.lo), /^Operation not supported$/)
  assert.throws(() => linkSet(ns.lo, { netns: world.addNetns('h2') }), /^The interface netns is immutable$/)
  assert.throws(() => linkSet(ns.lo, { master: br }), /^Invalid argument$/)
})

test('takes an address, any MTU and another name (recorded on 6.18)', () => {
  const { lo } = newWorld().addNetns('h1')
  linkSet(lo, { address: mac('02:00:00:00:00:01'), mtu: 70000, name: 'lo0' })
  assert.equal([lo.addr, lo.mtu, lo.name], [mac('02:00:00:00:00:01'), 70000, 'lo0'])
  linkSet(lo, { mtu: 100 })
  assert.throws(() => linkSet(lo, { address: 0 }), /^Cannot assign requested address$/)
})

test('goes with its namespace, after everything else', () => {
  const world = newWorld()
  const ns = world.addNetns('h1')
  linkAdd(ns, { kind: 'veth' })
  linkAdd(ns, { kind: 'bridge' })
  const { lo } = ns
  world.delNetns('h1')
  assert.equal([ns.devices.length, lo.registered], [0, false])
})

test.run()
