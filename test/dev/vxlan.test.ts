/** vxlan: sockets that devices share, source ports, learning, misses, lifecycle. Frames as such: recorded scenarios. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { devAddTap } from '../../lib/core/dev.js'
import { devQueueXmit } from '../../lib/core/dev-tx.js'
import { allocSkb, type Skb, skbPut } from '../../lib/core/skb.js'
import { createWorld, encodeFrame, type Frame, ms, type Netns, s, type World } from '../../lib/index.js'
import { putEth } from '../../lib/wire/ethernet.js'
import { send } from './lab.js'

const test = suite('dev/vxlan')

/** Two hosts on one link, 192.168.50.1 and .2. */
const hosts = (): { world: World; h1: Netns; h2: Netns } => {
  const world = createWorld({ seed: 3 })
  const [h1, h2] = [world.addNetns('h1'), world.addNetns('h2')]
  h1.link.add({ kind: 'veth', name: 'eth0', peer: { name: 'eth0', netns: h2 } })
  for (const [n, host] of [h1, h2].entries()) {
    host.addr.add(`192.168.50.${n + 1}/24`, { dev: 'eth0' })
    host.link.set('eth0', { up: true })
  }
  return { world, h1, h2 }
}

/** The same with vx0 on each, 10.0.0.1 and .2. */
const tunnel = (first: object = {}, second: object = {}): { world: World; h1: Netns; h2: Netns } => {
  const lab = hosts()
  for (const [n, host] of [lab.h1, lab.h2].entries()) {
    const remote = `192.168.50.${2 - n}`
    const spec = {
      kind: 'vxlan',
      name: 'vx0',
      address: `02:00:00:00:b${n + 1}:01`,
      id: 42,
      remote,
      dstport: 4789,
    } as const
    host.link.add({ ...spec, ...(n === 0 ? first : second), up: true })
    host.addr.add(`10.0.0.${n + 1}/24`, { dev: 'vx0' })
  }
  lab.world.run({ for: s(2) })
  return lab
}

const errorOf = (what: () => void): string => {
  try {
    what()
  } catch (e) {
    return (e as Error).message
  }
  return 'nothing was thrown'
}

const u16 = (f: Frame, o: number): number => (f.data[o]! << 8) | f.data[o + 1]!

/** Source ports of the tunnel packets among frames. */
const sourcePorts = (frames: readonly Frame[]): number[] =>
  frames.filter(f => u16(f, 12) === 0x0800 && f.data[23] === 17 && u16(f, 36) === 4789).map(f => u16(f, 34))

test('devices of one port share a socket, which the last one closes (vxlan_sock_release)', () => {
  const { world, h2 } = tunnel()
  h2.link.add({ kind: 'vxlan', name: 'vx1', id: 43, dstport: 4789, up: true })
  assert.match(
    errorOf(() => h2.udp.bind({ port: 4789 })),
    /Address already in use/,
  )
  h2.link.set('vx0', { up: false })
  assert.match(
    errorOf(() => h2.udp.bind({ port: 4789 })),
    /Address already in use/,
  )
  h2.link.set('vx1', { up: false })
  const socket = h2.udp.bind({ port: 4789 })
  assert.match(
    errorOf(() => h2.link.set('vx0', { up: true })),
    /Address already in use/,
  )
  assert.not(h2.dev('vx0').info().flags.includes('UP'))
  socket.close()
  h2.link.set('vx0', { up: true })
  world.run({ for: s(1) })
  assert.is(world.alivePackets, 0)
})

test('what answers on the port of a device that is down is the host: port unreachable', () => {
  const { world, h1, h2 } = tunnel()
  h2.link.set('vx0', { up: false })
  const seen = world.capture({ dev: h1.dev('eth0') })
  h1.ping('10.0.0.2', { count: 1 })
  world.run({ for: ms(500) })
  assert.match(seen.toText(), /192\.168\.50\.2 udp port 4789 unreachable/)
})

test('the source port follows from addresses and ports inside, the same in both directions (udp_flow_src_port)', () => {
  const { world, h1, h2 } = tunnel()
  const seen = world.capture({ dev: h1.dev('eth0') })
  h1.ping('10.0.0.2', { count: 3 })
  world.run({ for: s(4) })
  const ports = sourcePorts(seen.frames)
  // Two of ARP, which are the same for everybody, then six of one ping.
  assert.is(ports.length, 8)
  assert.is(new Set(ports.slice(0, 2)).size, 1)
  assert.is(new Set(ports.slice(2)).size, 1)
  assert.ok(ports.every(p => p >= 32768 && p < 60999))
  h2.udp.bind({ port: 7 })
  const from = h1.udp.bind({ port: 5000 })
  const before = seen.frames.length
  for (let n = 0; n < 4; n++) from.sendTo('x', { address: '10.0.0.2', port: 7 })
  for (let n = 0; n < 40; n++) h1.udp.bind({ port: 6000 + n }).sendTo('x', { address: '10.0.0.2', port: 7 })
  world.run({ for: ms(10) })
  const flows = sourcePorts(seen.frames.slice(before))
  assert.is(new Set(flows.slice(0, 4)).size, 1, 'one flow, one port')
  assert.ok(new Set(flows.slice(4)).size > 30, 'flows spread over the range')
})

test('a connected socket has a hash of its own in each direction, for its life (sk_set_txhash)', () => {
  const { world, h1, h2 } = tunnel()
  const echo = h2.udp.bind({ port: 7 }, (dgram, reply) => reply(dgram.data))
  const seen = world.capture({ dev: h1.dev('eth0') })
  const ports = [5000, 5001].map(port => {
    const at = seen.frames.length
    const socket = h1.udp.connect('10.0.0.2', 7, undefined, { port })
    for (let n = 0; n < 3; n++) socket.send('x')
    world.run({ for: s(1) })
    return sourcePorts(seen.frames.slice(at).filter(f => f.data[26 + 3] === 1 && u16(f, 62) === 0x0800))
  })
  assert.equal(
    ports.map(p => [p.length, new Set(p).size]),
    [
      [3, 1],
      [3, 1],
    ],
  )
  assert.is.not(ports[0]![0], ports[1]![0])
  echo.close()
})

test('the same seed gives the same frames, another one other source ports', () => {
  const run = (seed: number): string => {
    const world = createWorld({ seed })
    world.sh(`ip netns add a
      ip netns add b
      ip -n a link add eth0 address 02:00:00:00:00:01 type veth peer name eth0 address 02:00:00:00:00:02 netns b
      ip -n a link set eth0 up
      ip -n b link set eth0 up
      ip -n a addr add 10.9.0.1/24 dev eth0
      ip -n a neigh add 10.9.0.2 lladdr 02:00:00:00:00:02 dev eth0
      ip -n a link add vx0 address 02:00:00:00:00:03 type vxlan id 1 remote 10.9.0.2 dstport 4789
      ip -n a link set vx0 up
      ip -n a addr add 10.0.0.1/24 dev vx0
      sleep 1`)
    const seen = world.capture({ dev: world.netns('a').dev('eth0') })
    world.netns('a').ping('10.0.0.2', { count: 1 })
    world.run({ for: s(5) })
    return JSON.stringify(seen.frames.map(f => [...f.data]))
  }
  assert.is(run(1), run(1))
  assert.is.not(run(1), run(2))
})

test('tells of a MAC that it does not know, and takes an entry at once (l2miss)', () => {
  const { world, h1, h2 } = tunnel({ l2miss: true, remote: undefined })
  const misses: unknown[] = []
  const stop = h1.fdb.onMiss(miss => {
    misses.push(miss)
    h1.fdb.add(miss.lladdr!, { dev: miss.dev, dst: '192.168.50.2' })
  })
  h1.neigh.add('10.0.0.2', { dev: 'vx0', lladdr: '02:00:00:00:b2:01' })
  h2.neigh.add('10.0.0.1', { dev: 'vx0', lladdr: '02:00:00:00:b1:01' })
  const ping = h1.ping('10.0.0.2', { count: 3 })
  world.run({ for: s(4) })
  assert.equal(misses, [{ dev: 'vx0', lladdr: '02:00:00:00:b2:01', dst: null }])
  assert.is(ping.received, 2)
  stop()
  h1.fdb.del('02:00:00:00:b2:01', { dev: 'vx0' })
  h1.ping('10.0.0.2', { count: 1 })
  world.run({ for: s(4) })
  assert.is(misses.length, 1)
})

test('tells of an address that a bridged request asks for in vain, and answers when it is known (l3miss, proxy)', () => {
  const { world, h1 } = tunnel({ l3miss: true, proxy: true })
  const misses: unknown[] = []
  h1.fdb.onMiss(miss => misses.push(miss))
  const seen = world.capture({ dev: h1.dev('vx0') })
  const request = encodeFrame({
    eth: { dst: 'ff:ff:ff:ff:ff:ff', src: '02:00:00:00:c1:01' },
    arp: { op: 1, sha: '02:00:00:00:c1:01', spa: '10.0.0.11', tha: '00:00:00:00:00:00', tpa: '10.0.0.77' },
  } as never)
  send(h1.dev('vx0').kernel, request)
  assert.equal(misses, [{ dev: 'vx0', lladdr: null, dst: '10.0.0.77' }])
  h1.neigh.add('10.0.0.77', { dev: 'vx0', lladdr: '02:00:00:00:77:77' })
  send(h1.dev('vx0').kernel, request)
  world.run({ for: ms(10) })
  assert.is(misses.length, 1)
  assert.equal(
    seen.frames.map(f => f.line),
    [
      'ARP, Request who-has 10.0.0.77 tell 10.0.0.11, length 28',
      'ARP, Request who-has 10.0.0.77 tell 10.0.0.11, length 28',
      'ARP, Reply 10.0.0.77 is-at 02:00:00:00:77:77, length 28',
    ],
  )
})

test('learned entries live as long as something is heard, whatever is sent to them (vxlan_cleanup)', () => {
  const { world, h1, h2 } = tunnel({ ageing: 20 })
  h1.neigh.add('10.0.0.2', { dev: 'vx0', lladdr: '02:00:00:00:b2:01' })
  h2.neigh.add('10.0.0.1', { dev: 'vx0', lladdr: '02:00:00:00:b1:01' })
  const learned = (): number => h1.fdb.list({ dev: 'vx0' }).filter(f => f.lladdr === '02:00:00:00:b2:01').length
  h1.ping('10.0.0.2', { count: 1 })
  world.run({ for: s(1) })
  assert.is(learned(), 1)
  h2.link.set('vx0', { up: false })
  for (let n = 0; n < 15; n++) {
    h1.udp.bind({ port: 4000 + n }).sendTo('x', { address: '10.0.0.2', port: 9 })
    world.run({ for: s(1) })
  }
  assert.is(learned(), 1)
  world.run({ for: s(16) })
  assert.is(learned(), 0)
})

test('a mark travels with gbp, and is put on what comes in (vxlan_build_gbp_hdr, vxlan_parse_gbp_hdr)', () => {
  const { world, h1, h2 } = tunnel({ gbp: true }, { gbp: true })
  const seen = world.capture({ dev: h1.dev('eth0') })
  const marks: number[] = []
  const tap = {
    tap: (skb: Skb, _dev: object, outgoing: boolean): void => {
      if (!outgoing) marks.push(skb.mark)
    },
  }
  devAddTap(h2.dev('vx0').kernel, tap)
  const { kernel } = h1.dev('vx0')
  for (const mark of [0, 0x123, 0x480123]) {
    const skb = allocSkb(kernel.netns, 60)
    putEth(skb.buf, skbPut(skb, 60), 0x02000000b201, 0x02000000c101, 0x88b5)
    skb.protocol = 0x88b5
    skb.dev = kernel
    skb.mark = mark
    devQueueXmit(skb)
  }
  world.run({ for: ms(10) })
  const headers = seen.frames.filter(f => f.data.length === 110).map(f => [...f.data.slice(42, 46)])
  assert.equal(headers, [
    [0x08, 0, 0, 0],
    [0x88, 0, 0x01, 0x23],
    [0x88, 0x48, 0x01, 0x23],
  ])
  assert.equal(marks, [0, 0x123, 0x480123])
})

test('goes with the device under it, and with the namespace of its tunnel wherever it is itself', () => {
  const { world, h1, h2 } = tunnel({ dev: 'eth0' })
  const other = world.addNetns('other')
  h1.link.add({ kind: 'vxlan', name: 'vx1', id: 5, dstport: 4789 })
  h1.link.set('vx1', { netns: other })
  assert.is(other.dev('vx1').info().linkNetns, 'h1')
  h1.link.del('eth0')
  assert.equal(
    h1.link.list().map(l => l.name),
    ['lo'],
  )
  assert.equal(
    other.link.list().map(l => l.name),
    ['lo', 'vx1'],
  )
  world.delNetns('h1')
  assert.equal(
    other.link.list().map(l => l.name),
    ['lo'],
  )
  h2.ping('10.0.0.1', { count: 1 })
  world.run({ for: s(5) })
  assert.ok(world.isBalanced())
  assert.is(world.alivePackets, 0)
})

test('a refused change changes nothing', () => {
  const { h1 } = tunnel()
  const before = JSON.stringify([h1.dev('vx0').info().attrs, h1.fdb.list({ dev: 'vx0' }).map(f => f.dst)])
  for (const change of [
    { id: 43 },
    { dstport: 5 },
    { ttl: 5, proxy: true },
    { remote: '239.1.1.1' },
    { remote: '10.0.0.9', maxaddress: 4 },
  ])
    assert.throws(() => h1.link.set('vx0', { kind: 'vxlan', ...change }))
  assert.throws(() => h1.link.add({ kind: 'vxlan', name: 'vx9', id: 42, dstport: 4789 }), /already exists/)
  assert.throws(() => h1.link.add({ kind: 'vxlan', name: 'vx9', id: -1 }), /id: -1 is not an integer of 0 to/)
  assert.throws(() => h1.link.add({ kind: 'vxlan', name: 'vx9', id: 2 ** 24 }), /VXLAN ID must be lower than 16777216/)
  assert.throws(() => h1.link.add({ kind: 'vxlan', name: 'vx9', id: 1, dstport: 65536 }), /dstport: 65536/)
  assert.throws(() => h1.link.add({ kind: 'vxlan', name: 'vx9', id: 1, ttl: 256 }), /ttl: 256/)
  assert.throws(() => h1.link.add({ kind: 'vxlan', name: 'vx9', id: 1, srcport: [9, 8] }), /Invalid source port range/)
  assert.throws(() => h1.fdb.add('02:00:00:00:00:09', { dev: 'vx0', dst: '10.0.0.9', vni: 2 ** 24 }), /vni: 16777216/)
  assert.throws(
    () => h1.link.add({ kind: 'vxlan', name: 'vx9', id: 1, remote: '239.1.1.1' }),
    /Local interface required/,
  )
  assert.throws(
    () => h1.link.add({ kind: 'vxlan', name: 'vx9', id: 1, colour: 'red' } as never),
    /unknown option "colour"/,
  )
  assert.is(JSON.stringify([h1.dev('vx0').info().attrs, h1.fdb.list({ dev: 'vx0' }).map(f => f.dst)]), before)
  assert.equal(
    h1.link.list().map(l => l.name),
    ['lo', 'eth0', 'vx0'],
  )
})

test('six tunnels in one another have room for their headers', () => {
  const { world, h1, h2 } = tunnel()
  for (let n = 1; n < 6; n++)
    for (const [i, host] of [h1, h2].entries()) {
      const remote = `10.0.${n - 1}.${2 - i}`
      const name = `vx${n}`
      host.link.add({
        kind: 'vxlan',
        name,
        address: `02:00:00:0${n}:0${i + 1}:01`,
        id: 100 + n,
        remote,
        dstport: 4789,
        mtu: 1400,
        up: true,
      })
      host.addr.add(`10.0.${n}.${i + 1}/24`, { dev: name })
    }
  world.run({ for: s(1) })
  const ping = h1.ping('10.0.5.2', { count: 2, size: 1000 })
  world.run({ for: s(3) })
  assert.is(ping.received, 2)
  assert.ok(world.isBalanced())
})

test.run()
