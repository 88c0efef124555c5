import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  devAddTap,
  devAllocName,
  devChangeName,
  devChangeNetns,
  devMcAdd,
  devMcDel,
  devRemoveTap,
  devSetAllmulti,
  devSetMacAddress,
  devSetMtu,
  devSetPromiscuity,
  devUcAdd,
  devUcDel,
  registerNetdevice,
  unregisterNetdevice,
} from '../../lib/core/dev.js'
import { netifRx } from '../../lib/core/dev-rx.js'
import { deviceOps, IFF_ALLMULTI, IFF_PROMISC, NetDevice } from '../../lib/core/netdev.js'
import type { Netns } from '../../lib/core/netns.js'
import * as events from '../../lib/core/notifier.js'
import { allocSkb, consumeSkb } from '../../lib/core/skb.js'
import { World } from '../../lib/core/world.js'
import type { NetloomError } from '../../lib/errors.js'
import { linkAdd, linkDel, linkSet } from '../../lib/rtnl/link.js'
import { Capture, checkBalance, frame, mac, send } from '../dev/lab.js'
import { cable } from './cable.js'

const test = suite('core/dev')

const NAMES = new Map(Object.entries(events).map(([name, n]) => [n as unknown, name.replace('NETDEV_', '')]))

/** Logs `EVENT device` from now on; the result forgets what it returns. */
const listen = (world: World): (() => string[]) => {
  const log: string[] = []
  world.notifiers.register((event, dev) => log.push(`${NAMES.get(event)} ${dev}`))
  return () => log.splice(0)
}

const OPS = deviceOps({
  kind: 'sink',
  startXmit: skb => {
    consumeSkb(skb)
    return 0
  },
})

/** A device that swallows what it sends. */
const sink = (netns: Netns, name: string, ifindex = 0): NetDevice => {
  const dev = new NetDevice(netns, name, OPS)
  dev.setAddr(mac('02:00:00:00:00:01'))
  registerNetdevice(dev, ifindex)
  return dev
}

const code =
  (wanted: string, message?: string) =>
  (e: NetloomError): boolean =>
    e.code === wanted && (message === undefined || e.message === message)

test('%d stands for the first free number, from 0', () => {
  const netns = new World().addNetns('h1')
  for (const name of ['eth0', 'eth1', 'eth3', 'x7y']) sink(netns, name)
  assert.is(sink(netns, 'eth%d').name, 'eth2')
  assert.is(sink(netns, 'eth%d').name, 'eth4')
  assert.is(devAllocName(netns, 'x%dy'), 'x0y')
  assert.is(devAllocName(new World().addNetns('h1'), 'eth%d'), 'eth0')
})

test('names of up to 15 octets without slash, colon and space are valid (dev_valid_name)', () => {
  const netns = new World().addNetns('h1')
  for (const name of ['a', 'abcdefghijklmno', 'eth0.5', 'a-b_c', '...', '@']) assert.is(devAllocName(netns, name), name)
  for (const name of ['', '.', '..', 'abcdefghijklmnop', 'a/b', 'a:b', 'a b', 'a\tb', '%', 'a%', 'a%s', '%d%d', '%d%'])
    assert.throws(() => devAllocName(netns, name), code('EINVAL'), name)
})

test('a name and an ifindex are taken once', () => {
  const netns = new World().addNetns('h1')
  const dev = sink(netns, 'eth0')
  assert.throws(() => sink(netns, 'eth0'), code('EEXIST'))
  assert.throws(() => sink(netns, 'eth1', dev.ifindex), code('EBUSY'))
  assert.equal(netns.devices, [dev])
  unregisterNetdevice(dev)
  assert.is(sink(netns, 'eth0').registered, true)
})

test('subscribers are called in the order of registration, when the device can already be found', () => {
  const world = new World()
  const netns = world.addNetns('h1')
  const said: string[] = []
  for (const layer of ['ip', 'bridge'])
    world.notifiers.register((event, dev) =>
      said.push(`${layer} ${NAMES.get(event)} ${netns.devByName(dev.name) === dev}`),
    )
  unregisterNetdevice(sink(netns, 'eth0'))
  assert.equal(said, ['ip REGISTER true', 'bridge REGISTER true', 'ip UNREGISTER true', 'bridge UNREGISTER true'])
})

test('a device that goes is first taken down, and gone once', () => {
  const world = new World()
  const said = listen(world)
  const dev = sink(world.addNetns('h1'), 'eth0')
  linkSet(dev, { up: true })
  assert.equal(said(), ['REGISTER h1:eth0', 'UP h1:eth0'])
  unregisterNetdevice(dev)
  unregisterNetdevice(dev)
  assert.equal(said(), ['GOING_DOWN h1:eth0', 'DOWN h1:eth0', 'UNREGISTER h1:eth0'])
  assert.equal([dev.isUp, dev.running, dev.registered, dev.netns.devices.length], [false, false, false, 0])
})

test('a subscriber that leaves hears nothing more, and the others miss nothing', () => {
  const world = new World()
  const heard: string[] = []
  const leave = (): void => {
    heard.push('a')
    world.notifiers.unregister(leave)
  }
  world.notifiers.register(leave)
  world.notifiers.register(() => heard.push('b'))
  const netns = world.addNetns('h1')
  sink(netns, 'eth0')
  sink(netns, 'eth1')
  assert.equal(heard, ['a', 'b', 'b'])
})

test('a bridge that goes lets its ports go before anybody hears of it', () => {
  const { world, a } = cable()
  const br = linkAdd(a.netns, { kind: 'bridge', name: 'br0', up: true })
  linkSet(a, { master: br })
  world.notifiers.register((event, dev) => {
    if (event === events.NETDEV_UNREGISTER) assert.equal([dev.name, a.master, br.slaves.length], ['br0', null, 0])
  })
  linkDel(br)
  assert.is(br.registered, false)
  assert.equal([a.registered, a.isUp, a.promiscuity, a.rxHandler], [true, true, 0, null])
})

test('up and down are told once, and a device that is refused to come up stays down', () => {
  const world = new World()
  const said = listen(world)
  const netns = world.addNetns('h1')
  const dev = sink(netns, 'eth0')
  for (const up of [true, true, false, false]) linkSet(dev, { up })
  assert.equal(said(), ['REGISTER h1:eth0', 'UP h1:eth0', 'GOING_DOWN h1:eth0', 'DOWN h1:eth0'])
  const open = (): void => {
    throw new Error('no')
  }
  const shy = new NetDevice(netns, 'shy', deviceOps({ kind: '', startXmit: () => 0, open }))
  registerNetdevice(shy)
  assert.throws(() => linkSet(shy, { up: true }), 'no')
  assert.equal([shy.isUp, shy.running, said()], [false, false, ['REGISTER h1:shy']])
})

test('renaming tells everybody under the new name, and to its own name tells nobody', () => {
  const world = new World()
  const netns = world.addNetns('h1')
  const [dev] = [sink(netns, 'eth0'), sink(netns, 'eth1')]
  const said = listen(world)
  devChangeName(dev!, 'eth0')
  assert.equal(said(), [])
  assert.throws(() => devChangeName(dev!, 'eth1'), code('EEXIST'))
  assert.throws(() => devChangeName(dev!, 'a/b'), code('EINVAL'))
  devChangeName(dev!, 'lan%d')
  assert.equal(said(), ['CHANGENAME h1:lan0'])
  assert.is(netns.dev('lan0'), dev)
  assert.is(netns.devByName('eth0'), null)
})

test('a device that moves goes down, is unregistered here and registered there', () => {
  const { world, a } = cable()
  const h3 = world.addNetns('h3')
  const said = listen(world)
  const { ifindex, netns: h1 } = a
  new Capture(a)
  devMcAdd(a, 0x010000000001)
  devChangeNetns(a, h3)
  assert.equal(said(), ['GOING_DOWN h1:eth0', 'DOWN h1:eth0', 'UNREGISTER h1:eth0', 'REGISTER h3:eth0'])
  assert.is(h1.devByName('eth0'), null)
  assert.is(h3.dev('eth0'), a)
  assert.equal([a.ifindex, a.isUp, a.taps, a.tapsDown, a.mc.has(0x010000000001)], [ifindex, false, null, null, false])
})

test('a device keeps its ifindex when it moves if that is free, its name too, and else takes the one given', () => {
  const world = new World()
  const [h1, h2] = [world.addNetns('h1'), world.addNetns('h2')]
  sink(h2, 'eth0')
  const dev = sink(h1, 'eth0')
  assert.throws(
    () => devChangeNetns(dev, h2),
    code('EEXIST', 'An interface with the same name exists in the target netns'),
  )
  assert.throws(
    () => devChangeNetns(dev, h2, 'eth0'),
    code('EEXIST', "Unable to use 'eth0' for the new interface name in the target netns"),
  )
  assert.is(dev.netns, h1)
  devChangeNetns(dev, h2, 'eth%d')
  assert.equal([dev.name, dev.ifindex], ['eth1', 2])
  devChangeNetns(dev, h1)
  assert.equal([dev.name, dev.ifindex], ['eth1', 2])
})

test('lo and bridges stay where they are', () => {
  const { world, a } = cable()
  const br = linkAdd(a.netns, { kind: 'bridge', name: 'br0' })
  for (const dev of [a.netns.lo, br])
    assert.throws(() => devChangeNetns(dev, world.netns('h2')), code('EINVAL', 'The interface netns is immutable'))
})

test('the MTU has limits, and a change is told', () => {
  const { world, a } = cable()
  const said = listen(world)
  assert.throws(() => devSetMtu(a, 67), code('EINVAL', 'mtu less than device minimum'))
  assert.throws(() => devSetMtu(a, 65536), code('EINVAL', 'mtu greater than device maximum'))
  devSetMtu(a, 1500)
  assert.equal([said(), a.mtu], [[], 1500])
  devSetMtu(a, 9000)
  assert.equal([said(), a.mtu], [['CHANGEMTU h1:eth0'], 9000])
})

test('an address is that of one station; to set it is told also when it stays', () => {
  const { world, a } = cable()
  const said = listen(world)
  for (const address of ['00:00:00:00:00:00', '01:00:5e:00:00:01', 'ff:ff:ff:ff:ff:ff'])
    assert.throws(() => devSetMacAddress(a, mac(address)), code('EADDRNOTAVAIL'))
  assert.equal(said(), [])
  devSetMacAddress(a, a.addr)
  devSetMacAddress(a, mac('02:00:00:00:00:77'))
  assert.equal(said(), ['CHANGEADDR h1:eth0', 'CHANGEADDR h1:eth0'])
  assert.equal([a.addrHi, a.addrLo], [0x0200, 0x77])
})

test('users of promiscuous and all-multicast mode are counted; the flag falls with the last', () => {
  const { a } = cable()
  for (const [set, flag] of [
    [devSetPromiscuity, IFF_PROMISC],
    [devSetAllmulti, IFF_ALLMULTI],
  ] as const) {
    const on = (): boolean => (a.flags & flag) !== 0
    const seen: boolean[] = [on()]
    for (const inc of [1, 1, -1, -1]) {
      set(a, inc)
      seen.push(on())
    }
    assert.equal(seen, [false, true, true, true, false])
  }
})

test('the administrator is one user of promiscuous mode, however often asked', () => {
  const { a } = cable()
  devSetPromiscuity(a, 1)
  linkSet(a, { promisc: true })
  linkSet(a, { promisc: true })
  assert.is(a.promiscuity, 2)
  linkSet(a, { promisc: false })
  linkSet(a, { promisc: false })
  assert.equal([a.promiscuity, a.flags & IFF_PROMISC], [1, IFF_PROMISC])
})

test('the device is told of every change of what it listens to, while it is up', () => {
  const netns = new World().addNetns('h1')
  let told = 0
  const setRxMode = (): void => {
    told++
  }
  const dev = new NetDevice(netns, 'eth0', deviceOps({ ...OPS, setRxMode }))
  registerNetdevice(dev)
  devMcAdd(dev, 1)
  assert.is(told, 0)
  linkSet(dev, { up: true })
  told = 0
  devMcAdd(dev, 1)
  assert.is(told, 1)
  assert.equal([devMcDel(dev, 1), dev.mc.get(1)], [true, 1])
  assert.equal([devMcDel(dev, 1), devMcDel(dev, 1), dev.mc.size], [true, false, 0])
})

test('a device that listens to a further unicast address is promiscuous for it, once', () => {
  const { a } = cable()
  devUcAdd(a, 2)
  devUcAdd(a, 2)
  devUcAdd(a, 4)
  assert.is(a.promiscuity, 1)
  assert.equal([devUcDel(a, 2), devUcDel(a, 4), a.promiscuity], [true, true, 1])
  assert.equal([devUcDel(a, 2), devUcDel(a, 2), a.promiscuity], [true, false, 0])
})

test('users of modes come and go in any order: the flag says whether there is one', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(3), { maxLength: 40 }), ops => {
      const dev = sink(new World().addNetns('h1'), 'eth0')
      linkSet(dev, { up: true })
      let [users, admin, uc] = [0, 0, 0]
      for (const op of ops) {
        if (op === 0) {
          devSetPromiscuity(dev, 1)
          users++
        } else if (op === 1 && users > 0) {
          devSetPromiscuity(dev, -1)
          users--
        } else if (op === 2) {
          admin ^= 1
          linkSet(dev, { promisc: admin === 1 })
        } else if (op === 3) {
          uc ^= 1
          if (uc === 1) devUcAdd(dev, 2)
          else devUcDel(dev, 2)
        }
        assert.is(dev.promiscuity, users + admin + uc)
        assert.is((dev.flags & IFF_PROMISC) !== 0, dev.promiscuity > 0)
      }
    }),
    { seed: 1, numRuns: 60 },
  )
})

test('captures see what is sent and received, and rest while the device is down', () => {
  const { world, a, b } = cable()
  const [atA, atB] = [new Capture(a), new Capture(b)]
  const say = (text: string): string => {
    world.run()
    send(a, frame(b.addr, a.addr, text))
    return [...atA.texts(), ...atB.texts()].join(' ')
  }
  assert.is(say('1'), '>1 <1')
  linkSet(b, { up: false })
  assert.equal([b.taps, b.tapsDown], [null, [atB]])
  assert.is(say('2'), '')
  linkSet(b, { up: true })
  assert.is(say('3'), '>3 <3')
  devRemoveTap(b, atB)
  assert.is(say('4'), '>4')
  linkSet(a, { up: false })
  devRemoveTap(a, atA)
  linkSet(a, { up: true })
  assert.is(say('5'), '')
  assert.equal([a.taps, a.tapsDown, b.taps], [null, null, null])
})

test('a capture that begins while the device is down sees it when it is up, and may end itself', () => {
  const { a, b } = cable()
  linkSet(b, { up: false })
  const late = new Capture(b)
  let seen = 0
  const once = {
    tap: (): void => {
      seen++
      devRemoveTap(b, once)
    },
  }
  devAddTap(b, once)
  linkSet(b, { up: true })
  for (const text of ['1', '2']) send(a, frame(b.addr, a.addr, text))
  assert.equal([late.texts(), seen], [['<1', '<2'], 1])
})

test('1001 packets wait for the CPU; those after them are dropped with CPU_BACKLOG (netdev_max_backlog)', () => {
  const { world, a, b } = cable()
  const at = new Capture(b)
  const results = new Map<number, number>()
  world.sim.bhDisable()
  for (let i = 0; i < 1100; i++) {
    const rc = send(a, frame(b.addr, a.addr, 'x'))
    results.set(rc, (results.get(rc) ?? 0) + 1)
  }
  assert.is(world.sim.backlogLength, 1001)
  assert.is(at.seen.length, 0)
  world.sim.bhEnable()
  assert.equal(
    [...results],
    [
      [0, 1001],
      [1, 99],
    ],
  )
  assert.is(at.seen.length, 1001)
  assert.equal(
    b.netns.drops().map(d => [d.dev, d.reason, d.count]),
    [
      ['eth0', 'CPU_BACKLOG', 99],
      ['eth0', 'UNHANDLED_PROTO', 1001],
    ],
  )
  // All that was sent is received by the peer, and what was not taken is the sender's drop.
  assert.equal([a.stats.txPackets, a.stats.txDropped], [1001, 99])
  assert.is(send(a, frame(b.addr, a.addr, 'x')), 0)
  checkBalance(world)
})

test('the queue that is being worked on does not count: what it causes has a queue of its own (process_queue)', () => {
  const { world, a, b } = cable()
  world.packetTypes.push({
    protocol: 0x88b6,
    receive: skb => {
      consumeSkb(skb)
      for (let i = 0; i < 2; i++) send(b, frame(a.addr, b.addr, 'answer'))
      return 0
    },
  })
  world.sim.bhDisable()
  for (let i = 0; i < 1001; i++) send(a, frame(b.addr, a.addr, 'ask', 0x88b6))
  world.sim.bhEnable()
  assert.equal(a.netns.accounting().dropped, { CPU_BACKLOG: 1001, UNHANDLED_PROTO: 1001 })
  checkBalance(world)
})

test('a packet for a device that is not running, or that went while it waited, is dropped', () => {
  const { world, a, b } = cable()
  world.sim.bhDisable()
  send(a, frame(b.addr, a.addr, 'x'))
  linkDel(b)
  const skb = allocSkb(b.netns, 20)
  skb.dev = b
  assert.is(netifRx(skb), 1)
  world.sim.bhEnable()
  assert.equal(b.netns.accounting().dropped, { DEV_READY: 1, DEVICE_GONE: 1 })
  checkBalance(world)
})

test('an rx handler takes a packet, passes it on, or has it received again by another device', () => {
  const { world, a, b } = cable()
  const other = sink(b.netns, 'other')
  const said: string[] = []
  world.packetTypes.push({
    protocol: 0x88b6,
    receive: skb => {
      said.push(`received on ${skb.dev} iif ${skb.skbIif}`)
      consumeSkb(skb)
      return 0
    },
  })
  b.rxHandler = skb => {
    const what = String.fromCharCode(skb.buf[skb.data]!)
    if (what === 'p') return 3
    if (what === 'c') {
      consumeSkb(skb)
      return 0
    }
    skb.dev = other
    return 1
  }
  for (const text of ['pass', 'consume', 'another']) send(a, frame(b.addr, a.addr, text, 0x88b6))
  assert.equal(said, [`received on h2:eth0 iif ${b.ifindex}`, `received on h2:other iif ${other.ifindex}`])
  checkBalance(world)
})

test.run()
