import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { netifCarrierOff, netifCarrierOn, registerNetdevice, unregisterNetdevice } from '../../lib/core/dev.js'
import { deviceOps, NetDevice } from '../../lib/core/netdev.js'
import { NOOP_QDISC } from '../../lib/core/qdisc.js'
import { NETDEV_CHANGE } from '../../lib/core/notifier.js'
import { World } from '../../lib/core/world.js'
import { boot } from '../../lib/lab/boot.js'
import { linkAdd, linkInfo, linkList, linkSet } from '../../lib/rtnl/link.js'

const test = suite('core/link-watch')

/** RFC 2863 states by number, as `ip link` prints them. */
const state = (dev: NetDevice): string =>
  ({ 0: 'UNKNOWN', 2: 'DOWN', 3: 'LOWERLAYERDOWN', 6: 'UP' })[linkList(dev.netns).find(i => i.dev === dev)!.operstate]!

/** A device of its own that is up, and the times in ms at which a change of it was told. */
const card = (): { world: World; dev: NetDevice; told: number[] } => {
  const world = new World()
  const dev = new NetDevice(world.addNetns('h1'), 'eth0', deviceOps({ kind: '', startXmit: () => 0 }))
  registerNetdevice(dev)
  linkSet(dev, { up: true })
  const told: number[] = []
  world.notifiers.register(event => {
    if (event === NETDEV_CHANGE) told.push(world.now / 1e6)
  })
  return { world, dev, told }
}

test('a carrier that goes stops the device when the work queue runs, not before', () => {
  const { world, dev, told } = card()
  netifCarrierOff(dev)
  assert.equal([dev.operstate, dev.qdisc, told], [0, null, []])
  world.run()
  assert.equal([state(dev), dev.qdisc, told, world.now], ['DOWN', NOOP_QDISC, [0], 0])
})

test('lost carriers are told at most once a second, a carrier that comes back at once', () => {
  const { world, dev, told } = card()
  netifCarrierOff(dev)
  world.run({ for: 300e6 })
  netifCarrierOn(dev)
  world.run({ for: 100e6 })
  assert.equal([state(dev), dev.qdisc, told], ['UP', null, [0, 300]])
  netifCarrierOff(dev)
  world.run({ for: 100e6 })
  assert.equal([state(dev), told], ['UP', [0, 300]])
  world.run()
  assert.equal([state(dev), told], ['DOWN', [0, 300, 1000]])
})

test('carriers that come and go while a change waits are told once, as they are then', () => {
  const { world, dev, told } = card()
  netifCarrierOff(dev)
  world.run({ for: 1e6 })
  netifCarrierOn(dev)
  world.run({ for: 1e6 })
  for (let i = 0; i < 3; i++) {
    netifCarrierOff(dev)
    world.run({ for: 1e6 })
    netifCarrierOn(dev)
  }
  assert.equal(told, [0, 1])
  netifCarrierOff(dev)
  world.run()
  assert.equal([state(dev), told], ['DOWN', [0, 1, 1000]])
  assert.equal([dev.carrierUpCount, dev.carrierDownCount], [4, 5])
})

test('the same carrier again is no change', () => {
  const { world, dev, told } = card()
  netifCarrierOn(dev)
  assert.is(dev.linkwatchPending, false)
  netifCarrierOff(dev)
  netifCarrierOff(dev)
  world.run()
  assert.equal([told, dev.carrierDownCount, dev.carrierUpCount], [[0], 1, 0])
})

test('whoever asks for one device has its waiting change settled first; a dump does not (rtnl_getlink)', () => {
  const { world, dev, told } = card()
  netifCarrierOff(dev)
  assert.is(state(dev), 'UNKNOWN')
  assert.is(linkInfo(dev).operstate, 2)
  assert.equal([state(dev), told], ['DOWN', [0]])
  world.run()
  assert.equal(told, [0])
})

test('a device that goes, or is down, is told of no more', () => {
  const { world, dev, told } = card()
  netifCarrierOff(dev)
  linkSet(dev, { up: false })
  world.run()
  assert.equal([told, dev.operstate, dev.linkwatchPending], [[], 2, false])
  netifCarrierOn(dev)
  unregisterNetdevice(dev)
  world.run()
  assert.equal([told, dev.operstate, dev.linkwatchPending], [[], 2, false])
  assert.ok(world.sim.quiet)
})

test('states of a cable in one namespace and in two, as ip link shows them', () => {
  const world = boot({}, [])
  const [h1, h2] = [world.addNetns('h1'), world.addNetns('h2')]
  const one = linkAdd(h1, { kind: 'veth', name: 'v0', attrs: { peer: { name: 'v1' } } })
  const two = linkAdd(h1, { kind: 'veth', name: 'w0', attrs: { peer: { name: 'w1', netns: h2 } } })
  const states = (): string[] => {
    world.run()
    return [one, h1.dev('v1'), two, h2.dev('w1')].map(state)
  }
  assert.equal(states(), ['DOWN', 'DOWN', 'DOWN', 'DOWN'])
  linkSet(one, { up: true })
  linkSet(two, { up: true })
  assert.is(states()[0], 'LOWERLAYERDOWN')
  linkSet(h1.dev('v1'), { up: true })
  linkSet(h2.dev('w1'), { up: true })
  assert.equal(states(), ['UP', 'UP', 'UP', 'UP'])
  linkSet(h1.dev('v1'), { up: false })
  assert.equal(states().slice(0, 2), ['LOWERLAYERDOWN', 'DOWN'])
})

test.run()
