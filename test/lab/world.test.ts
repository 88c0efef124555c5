/**
 * A World: it is built by calls or by a script, runs by the rules of virtual time, explains what it waits for, and shares
 * nothing with other worlds.
 */
import { inspect } from 'node:util'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorld, ms, NetloomError, s, VERSION } from '../../lib/index.js'
import { assertBalanced, assertFrames, assertNothingAlive, assertReachable } from '../../lib/testing/index.js'
import { Lan } from './lan.js'

const test = suite('lab/world')

const errorOf = (run: () => unknown): NetloomError => {
  try {
    run()
  } catch (e) {
    if (e instanceof NetloomError) return e
    throw e
  }
  throw new Error('nothing was thrown')
}

test('two hosts on a bridge: ARP, echo request, echo reply', () => {
  const { world, hosts } = new Lan()
  const [h1, h2] = hosts
  world.run()
  const seen = world.capture({ dev: h2!.dev('eth0') })
  h2!.udp.bind({ port: 5000 }, (datagram, reply) => reply(datagram.data))
  const ping = h1!.ping('10.0.0.2', { id: 1 })
  world.run({ until: () => ping.received === 1, within: s(1) })
  assertFrames(seen, [
    'ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28',
    'ARP, Reply 10.0.0.2 is-at 02:00:00:00:02:01, length 28',
    'IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 1, seq 1, length 64',
    'IP 10.0.0.2 > 10.0.0.1: ICMP echo reply, id 1, seq 1, length 64',
  ])
  world.run()
  assert.is(ping.exitStatus, 0)
  assertNothingAlive(world)
  assertBalanced(world)
})

test('a script and typed calls work on the same world', () => {
  const { world } = new Lan()
  const { stdout } = world.sh('ip -n h1 -br addr show dev eth0')
  assert.match(stdout, /eth0@if\d+ +UP +10\.0\.0\.1\/24/)
  world.sh('ip -n h1 addr add 10.0.0.9/24 dev eth0')
  assert.equal(
    world
      .netns('h1')
      .addr.list({ dev: 'eth0' })
      .map(a => [a.address, a.isSecondary]),
    [
      ['10.0.0.1', false],
      ['10.0.0.9', true],
    ],
  )
})

test('a failed command throws the words of the tool with line, command and exit status', () => {
  const world = createWorld()
  const error = errorOf(() => world.sh('ip netns add h1\nip -n h1 link add eth0 type veth peer name eth0\n'))
  assert.is(error.code, 'EIO')
  assert.match(error.message, /RTNETLINK answers: File exists/)
  assert.is(error.context['line'], 2)
  assert.is(error.context['exit'], 2)
})

test('what is not supported is refused with line, column and word', () => {
  const error = errorOf(() => createWorld().sh('ip netns add h1\nip -n h1 frobnicate\n'))
  assert.is(error.context['line'], 2)
  assert.is(createWorld().sh('modprobe veth', { mayFail: true }).error?.context['column'], 1)
})

test('run() ends when nothing is due, run({ for }) when the time is over', () => {
  const world = createWorld()
  assert.is(world.run(), 0)
  let called = 0
  world.after(ms(3), () => called++)
  assert.is(world.run({ for: ms(2) }), ms(2))
  assert.is(called, 0)
  assert.is(world.run(), ms(3))
  assert.is(called, 1)
  assert.ok(world.isQuiet)
})

test('a timer can be cancelled', () => {
  const world = createWorld()
  const timer = world.after(s(1), () => assert.unreachable('cancelled'))
  timer.cancel()
  assert.not(timer.isPending)
  world.run({ for: s(2) })
})

test('a deadline that is missed says what is pending', () => {
  const { world } = new Lan()
  world.run()
  world.netns('h1').ping('10.0.0.77', { count: 5 })
  const error = errorOf(() => world.run({ until: () => false, within: ms(1500) }))
  assert.is(error.code, 'EPENDING')
  assert.match(error.message, /time is up at \d+\.\d{9} s and the condition does not hold/)
  assert.match(error.message, /neighbour 10\.0\.0\.77 dev h1:eth0/)
  assert.match(error.message, /ping in h1/)
})

test('a world that never comes to rest ends with an error instead of a hang', () => {
  const { world } = new Lan()
  const ping = world.netns('h1').ping('10.0.0.2', { count: Number.POSITIVE_INFINITY })
  const error = errorOf(() => world.run({ within: s(10) }))
  assert.is(error.code, 'EPENDING')
  assert.match(error.message, /has not come to rest within 10\.000000000 s/)
  assert.match(error.message, /ping in h1/)
  ping.kill()
  world.run()
  assert.is(ping.exitStatus, 143)
})

test('a loop of bridges ends with an error that names the devices', () => {
  const world = createWorld({ stormLimit: 20_000 })
  const sw = world.addNetns('sw')
  for (const br of ['br0', 'br1']) sw.link.add({ kind: 'bridge', name: br, mcastSnooping: false, up: true })
  for (const n of [0, 1]) {
    sw.link.add({ kind: 'veth', name: `a${n}`, peer: { name: `b${n}` } })
    sw.link.set(`a${n}`, { master: 'br0', up: true })
    sw.link.set(`b${n}`, { master: 'br1', up: true })
  }
  world.run()
  const broadcast = { eth: { dst: 'ff:ff:ff:ff:ff:ff', src: '02:00:00:00:00:01', type: 0x88b5 } }
  // A system call returns when the frames that it caused have been handled; these never are.
  const error = errorOf(() => sw.packet.open('br0').send(broadcast))
  assert.is(error.code, 'ESTORM')
  for (const dev of ['sw:a0', 'sw:a1', 'sw:b0', 'sw:b1']) assert.match(error.message, dev)
})

test('an unknown option is refused by name', () => {
  assert.match(errorOf(() => createWorld({ sed: 1 } as object)).message, /unknown option "sed"; known are seed/)
  assert.match(errorOf(() => createWorld().run({ untill: 1 } as object)).message, /unknown option "untill"/)
})

const trace = (seed: number): string => {
  const world = createWorld({ seed })
  const [h1, h2] = [world.addNetns('h1'), world.addNetns('h2')]
  h1.link.add({ kind: 'veth', name: 'eth0', peer: { name: 'eth0', netns: h2 } })
  h1.addr.add('10.0.0.1/24', { dev: 'eth0' })
  h2.addr.add('10.0.0.2/24', { dev: 'eth0' })
  for (const host of [h1, h2]) host.link.set('eth0', { up: true })
  const seen = world.capture({ dev: h2.dev('eth0') })
  world.run({ for: s(2) })
  h1.ping('10.0.0.2', { count: 3 })
  world.run()
  return seen.pcap().join()
}

test('the same seed gives the same bytes, another seed gives others', () => {
  assert.is(trace(7), trace(7))
  assert.is.not(trace(7), trace(8))
})

test('worlds share no state, also when they run in turns', () => {
  const alone = new Lan(2, 3)
  const seenAlone = alone.world.capture({ dev: alone.host(2).dev('eth0') })
  alone.host(1).ping('10.0.0.2', { count: 2 })
  alone.world.run({ for: s(3) })

  const one = new Lan(2, 3)
  const other = new Lan(3, 4)
  const seenOne = one.world.capture({ dev: one.host(2).dev('eth0') })
  one.host(1).ping('10.0.0.2', { count: 2 })
  other.host(3).ping('10.0.0.1', { count: 9 })
  for (let i = 0; i < 30; i++) {
    one.world.run({ for: ms(100) })
    other.world.run({ for: ms(77) })
  }
  assert.is(one.world.now, s(3))
  assert.is(seenOne.toText(), seenAlone.toText())
  assert.equal(seenOne.pcap(), seenAlone.pcap())
})

test('drops are counted by namespace, device and reason, and told one by one', () => {
  const { world, hosts } = new Lan()
  world.run()
  const told: string[] = []
  const stop = world.onDrop(packet => told.push(`${packet.netns} ${packet.reason} ${packet.line}`))
  const socket = hosts[0]!.udp.bind({ port: 4000 })
  for (const port of [9, 10]) socket.sendTo('x', { address: '10.0.0.2', port })
  world.run()
  assert.equal(told, [
    'h2 NO_SOCKET IP 10.0.0.1.4000 > 10.0.0.2.9: UDP, length 1',
    'h2 NO_SOCKET IP 10.0.0.1.4000 > 10.0.0.2.10: UDP, length 1',
  ])
  const found = world.drops().filter(d => d.reason === 'NO_SOCKET')
  assert.equal(
    found.map(({ netns, dev, count, line }) => ({ netns, dev, count, line })),
    [{ netns: 'h2', dev: 'eth0', count: 2, line: 'IP 10.0.0.1.4000 > 10.0.0.2.10: UDP, length 1' }],
  )
  stop()
  socket.sendTo('x', { address: '10.0.0.2', port: 11 })
  world.run()
  assert.is(told.length, 2)
})

test('the accounting of every namespace balances at any moment', () => {
  const { world, hosts } = new Lan(3)
  hosts[0]!.ping('10.0.0.3', { count: 2 })
  hosts[1]!.ping('10.0.0.9', { count: 2 })
  for (let i = 0; i < 200 && world.step(); i++) assert.ok(world.isBalanced())
  const [sw] = world.accounting()
  assert.is(sw!.netns, 'sw')
  assert.ok(sw!.entered > 0)
})

test('deleting a namespace takes its devices with it, and the far ends of its veths', () => {
  const { world, sw } = new Lan()
  assert.ok(sw.hasDev('p1'))
  const p1 = sw.dev('p1')
  const h1 = world.netns('h1')
  world.delNetns('h1')
  assert.not(sw.hasDev('p1'))
  assert.not(p1.exists)
  assert.not(h1.exists)
  assert.is(errorOf(() => world.netns('h1')).code, 'ENOENT')
  assert.is(
    errorOf(() => world.delNetns('h1')).message,
    'Cannot remove namespace file "/run/netns/h1": No such file or directory',
  )
})

test('handles of one kernel object are one object, in whatever way one comes by them', () => {
  const { world, sw } = new Lan()
  assert.is(world.netns('sw'), sw)
  assert.is(sw.dev('p1').master, sw.dev('br0'))
  assert.is(sw.dev('p1').peer, world.netns('h1').dev('eth0'))
  const eth0 = world.netns('h1').dev('eth0')
  world.netns('h1').link.set(eth0, { up: false })
  world.netns('h1').link.set(eth0, { name: 'lan', netns: 'h2' })
  assert.is(`${eth0}`, 'h2:lan')
  assert.is(eth0.netns, world.netns('h2'))
})

test('objects print what they are', () => {
  const { world, sw } = new Lan()
  assert.is(`${world}`, 'World of seed 1 with 3 namespaces at 0.000000000 s')
  assert.match(inspect(world), `World {\n  version: '${VERSION}',\n  seed: 1`)
  assert.match(
    inspect(sw.dev('p1')),
    "Dev {\n  netns: 'sw',\n  name: 'p1',\n  kind: 'veth',\n  mac: '02:00:00:00:f0:01'",
  )
  assert.match(inspect(world, { depth: 0 }), /^World \{/)
  assert.is(JSON.parse(JSON.stringify(world)).netns.join(), 'sw,h1,h2')
  assert.equal(JSON.parse(JSON.stringify(world.netns('h1'))).addresses, ['127.0.0.1/8 dev lo', '10.0.0.1/24 dev eth0'])
})

test('kinds of devices can be added to a world', () => {
  const kind = {
    kind: 'nothing',
    newlink: (): never => {
      throw new NetloomError('EPERM')
    },
    dellink: (): void => {},
    fillInfo: (): object => ({}),
  }
  const world = createWorld({ linkKinds: [kind] })
  const h1 = world.addNetns('h1')
  assert.is(errorOf(() => h1.link.add({ kind: 'nothing', name: 'n0', attrs: {} })).code, 'EPERM')
  assert.is(errorOf(() => h1.link.add({ kind: 'geneve', name: 'v0', attrs: {} })).message, 'Unknown device type')
})

test('assertions advance the same clock', () => {
  const { world, hosts } = new Lan()
  world.run()
  const before = world.now
  assert.is(assertReachable(hosts[0]!, '10.0.0.2'), before)
})

test.run()
