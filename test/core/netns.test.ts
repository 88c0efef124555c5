import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { netnsSlot } from '../../lib/core/netns.js'
import { World } from '../../lib/core/world.js'
import type { NetloomError } from '../../lib/errors.js'
import { boot } from '../../lib/lab/boot.js'
import { linkAdd, linkSet } from '../../lib/rtnl/link.js'
import { checkBalance, frame, send } from '../dev/lab.js'
import { cable } from './cable.js'

const test = suite('core/netns')

const code =
  (wanted: string, message?: string) =>
  (e: NetloomError): boolean =>
    e.code === wanted && (message === undefined || e.message === message)

test('a new namespace has one device: lo, with ifindex 1, down', () => {
  const netns = boot({}, []).addNetns('h1')
  assert.equal(
    netns.devices.map(d => [d.name, d.ifindex, d.isUp]),
    [['lo', 1, false]],
  )
  assert.is(netns.lo, netns.dev('lo'))
  assert.is(`${netns.lo}`, 'h1:lo')
})

test('names of namespaces are names of files, and are taken once', () => {
  const world = new World()
  world.addNetns('h1')
  assert.throws(() => world.addNetns('h1'), code('EEXIST', 'Cannot create namespace file "/run/netns/h1": File exists'))
  for (const name of ['', '.', '..', 'a/b']) assert.throws(() => world.addNetns(name), code('EINVAL'))
  assert.throws(() => world.netns('h2'), code('ENOENT'))
  assert.throws(() => world.delNetns('h2'), code('ENOENT'))
  assert.equal([world.hasNetns('h1'), world.hasNetns('h2')], [true, false])
})

test('devices are found by name and by ifindex and listed by ifindex', () => {
  const netns = boot({}, []).addNetns('h1')
  const late = linkAdd(netns, { kind: 'bridge', name: 'late', ifindex: 20 })
  const early = linkAdd(netns, { kind: 'bridge', name: 'early' })
  assert.is(early.ifindex, 2)
  assert.equal(
    netns.devices.map(d => d.name),
    ['lo', 'early', 'late'],
  )
  assert.is(netns.devByIndex(20), late)
  assert.is(netns.devByName('early'), early)
  assert.is(netns.devByIndex(3), null)
  assert.is(netns.devByName('eth9'), null)
  assert.throws(() => netns.dev('eth9'), code('ENODEV', 'Cannot find device "eth9"'))
  linkSet(early, { name: 'renamed' })
  assert.is(netns.devByName('early'), null)
  assert.is(netns.dev('renamed'), early)
})

test('an ifindex is not given again after its device is gone (dev_index_reserve)', () => {
  const world = boot({}, [])
  const netns = world.addNetns('h1')
  const first = linkAdd(netns, { kind: 'bridge', name: 'br0' })
  world.linkKinds.get('bridge')!.dellink(first)
  assert.is(netns.devByIndex(first.ifindex), null)
  assert.is(linkAdd(netns, { kind: 'bridge', name: 'br0' }).ifindex, first.ifindex + 1)
})

test('the state of a layer is made on first use, once for each namespace', () => {
  const world = new World()
  const [h1, h2] = [world.addNetns('h1'), world.addNetns('h2')]
  let made = 0
  const slot = netnsSlot('test', netns => ({ netns, n: ++made }))
  assert.is(made, 0)
  assert.is(h1.slot(slot).netns, h1)
  assert.is(h1.slot(slot), h1.slot(slot))
  assert.is.not(h2.slot(slot), h1.slot(slot))
  assert.is(made, 2)
  assert.is.not(h1.slot(netnsSlot('test', () => ({}))), h1.slot(slot))
})

test('what one namespace draws changes nothing for another', () => {
  const draws = (first: number): number[] => {
    const world = new World({ seed: 5 })
    const [h1, h2] = [world.addNetns('h1'), world.addNetns('h2')]
    for (let i = 0; i < first; i++) h1.rng.u32()
    return [h2.rng.u32(), h2.rng.u32(), world.rng.u32()]
  }
  assert.equal(draws(1), draws(50))
})

test('layers hear of a namespace in the order of registration, and of its end in reverse', () => {
  const world = new World()
  const said: string[] = []
  for (const layer of ['ip', 'dev'])
    world.registerPernet({
      init: netns => said.push(`${layer} init ${netns}`),
      exit: netns => said.push(`${layer} exit ${netns}`),
    })
  const netns = world.addNetns('h1')
  assert.is(netns.alive, true)
  world.delNetns('h1')
  assert.is(netns.alive, false)
  assert.equal(said, ['ip init h1', 'dev init h1', 'dev exit h1', 'ip exit h1'])
  assert.is.not(world.addNetns('h1'), netns)
})

test('with a namespace go its devices, and the far ends of its cables elsewhere', () => {
  const { world, b } = cable()
  world.delNetns('h1')
  assert.equal(
    b.netns.devices.map(d => d.name),
    ['lo'],
  )
  assert.is(b.registered, false)
  assert.equal(
    world.listNetns().map(n => n.name),
    ['h2'],
  )
})

test('after mixed traffic entered + created = delivered + consumed + dropped + alive, and nothing is alive', () => {
  const { world, a, b } = cable()
  for (let i = 0; i < 20; i++) {
    send(a, frame(b.addr, a.addr, `payload ${i}`))
    send(b, frame(0xffffffffffff, b.addr, 'x', i % 2 ? 0x800 : 0x806))
    send(a, frame(b.addr, a.addr, new Uint8Array(i * 100)))
    if (i === 10) linkSet(b, { up: false })
    if (i === 15) linkSet(b, { up: true })
    world.run()
  }
  checkBalance(world)
  const [from, to] = [a.netns.accounting(), b.netns.accounting()]
  assert.is(from.entered, to.left)
  assert.is(to.entered, from.left)
  assert.ok(from.left > 20 && to.left > 8)
  assert.equal([from.alive, to.alive, world.skbs.live], [0, 0, 0])
  // While the cable is cut, 5 rounds each; frames of 1600 octets and more, 4 of them.
  assert.is(from.dropped['QDISC_DROP'], 10)
  assert.is(to.dropped['QDISC_DROP'], 5)
  assert.is(from.dropped['PKT_TOO_BIG'], 4)
  assert.is(to.dropped['UNHANDLED_PROTO'], 40 - 10 - 4)
})

test.run()
