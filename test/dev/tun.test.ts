/**
 * tun and tap. The octets and the answers to wrong writes are those of Linux 6.18, read and written by a program there.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { NetDevice } from '../../lib/core/netdev.js'
import { createWorld, type Netns, type Tun, type World } from '../../lib/index.js'
import { checkBalance } from './lab.js'

const test = suite('dev/tun')

const hex = (octets: Uint8Array): string => Buffer.from(octets).toString('hex')
const ip4 = (length: number): Uint8Array => {
  const packet = new Uint8Array(length)
  packet[0] = 0x45
  return packet
}

const code = (run: () => unknown): string => {
  try {
    run()
    return 'none'
  } catch (e) {
    return (e as { code: string }).code
  }
}

/** h1 with an open tun0, 10.0.0.1/24, up. */
const open = (mode: 'tun' | 'tap' = 'tun'): { world: World; h1: Netns; tun: Tun } => {
  const world = createWorld({ seed: 1 })
  const h1 = world.addNetns('h1')
  const tun = mode === 'tun' ? h1.tun('tun0') : h1.tap('tun0')
  h1.addr.add('10.0.0.1/24', { dev: 'tun0' })
  h1.link.set('tun0', { up: true })
  world.run()
  return { world, h1, tun }
}

const balance = (world: World): void => checkBalance(world.kernel)

/** An echo reply to an echo request. */
const echo = (request: Uint8Array): Uint8Array => {
  const reply = Uint8Array.from(request)
  reply.set(request.subarray(12, 16), 16)
  reply.set(request.subarray(16, 20), 12)
  reply[20] = 0
  const sum = ((reply[22]! << 8) | reply[23]!) + 0x0800
  const folded = (sum & 0xffff) + (sum >> 16)
  reply[22] = folded >> 8
  reply[23] = folded
  return reply
}

test('an IP packet comes out as it is, without a header, and an answer goes in', () => {
  const { world, h1, tun } = open()
  const seen: string[] = []
  tun.onPacket((packet, t) => {
    seen.push(hex(packet))
    t.write(echo(packet))
  })
  const ping = h1.ping('10.0.0.2', { count: 1, size: 8, id: 0x258d })
  world.run()
  assert.is(ping.received, 1)
  // Linux: 45000024 ID 4000 4001 SUM 0a000001 0a000002 0800 SUM 258d 0001 0001020304050607
  assert.match(seen[0]!, /^45000024....40004001....0a0000010a00000208......?258d0001/)
  const { rxPackets, rxBytes, txPackets, txBytes } = tun.dev.stats
  assert.equal([rxPackets, rxBytes, txPackets, txBytes], [1, 36, 1, 36])
  assert.is(world.sh('ip -n h1 neigh').stdout, '')
  balance(world)
})

test('answers wrong writes as the kernel does, and counts them', () => {
  const world = createWorld()
  const h1 = world.addNetns('h1')
  const tun = h1.tun('tun0')
  assert.is(
    code(() => tun.write(ip4(20))),
    'EIO',
  )
  h1.link.set('tun0', { up: true })
  assert.is(
    code(() => tun.write(new Uint8Array(0))),
    'EINVAL',
  )
  assert.is(
    code(() => tun.write(new Uint8Array(20))),
    'EINVAL',
  )
  assert.equal(
    [1, 20, 65535, 65536, 70000, 100000, 200000].map(n => tun.write(ip4(n))),
    [1, 20, 65535, 65536, 70000, 100000, 200000],
  )
  const { rxPackets, rxBytes, rxDropped } = tun.dev.stats
  assert.equal([rxPackets, rxBytes, rxDropped], [7, 501092, 3])
  h1.link.del('tun0')
  assert.equal([code(() => tun.write(ip4(20))), code(() => tun.read()), tun.isOpen], ['EBADFD', 'EBADFD', false])
  balance(world)
})

test('a tap takes frames of 14 octets and more', () => {
  const { world, tun } = open('tap')
  assert.is(
    code(() => tun.write(new Uint8Array(13))),
    'EINVAL',
  )
  assert.is(tun.write(new Uint8Array(14).fill(255)), 14)
  assert.equal([tun.dev.stats.rxPackets, tun.dev.stats.rxBytes], [1, 14])
  balance(world)
})

test('a tap speaks ARP: who writes frames is a host on its network', () => {
  const { world, h1, tun } = open('tap')
  const seen: string[] = []
  tun.onPacket(frame => {
    seen.push(hex(frame))
    if (frame[13] !== 6) return
    const reply = Uint8Array.from(frame)
    reply.set(frame.subarray(6, 12), 0)
    const mac = [2, 0, 0, 0, 0, 9]
    reply.set(mac, 6)
    reply[21] = 2
    reply.set(mac, 22)
    reply.set(frame.subarray(38, 42), 28)
    reply.set(frame.subarray(22, 32), 32)
    tun.write(reply)
  })
  h1.ping('10.0.0.2', { count: 1 })
  world.run({ for: 1e9 })
  assert.is(seen.length, 2)
  assert.ok(seen[1]!.startsWith(`020000000009${tun.dev.mac.replaceAll(':', '')}0800`))
  assert.equal(
    h1.neigh.list().map(n => n.dst),
    ['10.0.0.2'],
  )
})

test('packet information is four octets in front: flags and EtherType', () => {
  const world = createWorld()
  const h1 = world.addNetns('h1')
  const tun = h1.openTun({ name: 't3', pi: true })
  h1.addr.add('10.1.0.1', { dev: 't3', peer: '10.1.0.2/32' })
  h1.link.set('t3', { up: true })
  h1.ping('10.1.0.2', { count: 1, size: 1 })
  world.run()
  // Linux: 00000800 4500001d ID 4000 4001 SUM 0a010001 0a010002 0800 SUM ID 0001 00
  assert.match(hex(tun.read()!), /^000008004500001d....40004001....0a0100010a0100020800........000100$/)
  assert.is(
    code(() => tun.write(Uint8Array.of(0, 0, 8))),
    'EINVAL',
  )
  assert.equal([tun.write(Uint8Array.of(0, 0, 8, 0)), tun.write(Uint8Array.of(0, 0, 0x12, 0x34, 1, 2, 3))], [4, 7])
  const { rxPackets, rxBytes, rxDropped, txBytes } = tun.dev.stats
  assert.equal([rxPackets, rxBytes, rxDropped, txBytes], [2, 3, 1, 29])
})

test('keeps packets up to its queue length for who reads later, and drops the rest (FULL_RING)', () => {
  const { world, h1, tun } = open()
  const socket = h1.udp.bind({})
  for (let n = 0; n < 700; n++) socket.sendTo(`${n}`, { address: '10.0.0.2', port: 9 })
  assert.is(tun.queued, 500)
  const dropped = (): number => h1.accounting().dropped['FULL_RING'] ?? 0
  assert.equal([tun.dev.stats.txDropped, dropped(), tun.dev.stats.txPackets], [200, 200, 0])
  world.run()
  assert.is(hex(tun.read()!.subarray(28)), hex(new TextEncoder().encode('0')))
  assert.equal([tun.queued, tun.dev.stats.txPackets], [499, 1])
  h1.link.set('tun0', { txQueueLen: 10 })
  socket.sendTo('late', { address: '10.0.0.2', port: 9 })
  assert.is(dropped(), 201)
  const seen: Uint8Array[] = []
  tun.onPacket(packet => seen.push(packet))
  world.run()
  assert.equal([seen.length, tun.queued], [499, 0])
  balance(world)
})

test('goes when it is closed, unless it is persistent; then it has no carrier until it is opened again', () => {
  const { world, h1, tun } = open()
  h1.ping('10.0.0.2', { count: 1 })
  world.run()
  assert.is(tun.queued, 1)
  tun.setPersist(true)
  tun.close()
  tun.close()
  world.run()
  assert.equal([h1.dev('tun0').info().flags.includes('NO-CARRIER'), h1.accounting().dropped['QUEUE_PURGE']], [true, 1])
  const again = h1.tun('tun0')
  world.run()
  assert.equal([h1.dev('tun0').info().operstate, h1.dev('tun0').info().flags.includes('LOWER_UP')], ['UP', true])
  again.setPersist(false)
  again.close()
  assert.not.ok(h1.hasDev('tun0'))
  balance(world)
})

test('is opened once, in the mode that it has', () => {
  const { h1, tun } = open()
  assert.is(
    code(() => h1.tun('tun0')),
    'EBUSY',
  )
  tun.setPersist(true)
  tun.close()
  assert.is(
    code(() => h1.tap('tun0')),
    'EINVAL',
  )
  assert.is(
    code(() => h1.tun('lo')),
    'EINVAL',
  )
  assert.is(
    code(() => h1.tun('x/y')),
    'EINVAL',
  )
  assert.is(h1.tun('tun0').isOpen, true)
  assert.is(h1.openTun().dev.name, 'tun1')
  assert.is(h1.openTun({ mode: 'tap' }).dev.name, 'tap0')
})

test('belongs to its program in another namespace, too', () => {
  const { world, h1, tun } = open()
  const h2 = world.addNetns('h2')
  h1.link.set('tun0', { netns: h2 })
  h2.addr.add('10.0.0.1/24', { dev: 'tun0' })
  h2.link.set('tun0', { up: true })
  world.run()
  tun.onPacket((packet, t) => t.write(echo(packet)))
  const ping = h2.ping('10.0.0.7', { count: 1 })
  world.run()
  assert.is(ping.received, 1)
  world.delNetns('h2')
  assert.not.ok(tun.isOpen)
  balance(world)
})

test('is captured as raw IP (DLT_RAW, 101), and filters and text know it', () => {
  const { world, h1, tun } = open()
  const all = world.capture({ dev: tun.dev })
  const icmp = world.capture({ dev: tun.dev, filter: 'icmp[icmptype] = icmp-echoreply and src host 10.0.0.2' })
  tun.onPacket((packet, t) => t.write(echo(packet)))
  h1.ping('10.0.0.2', { count: 1, id: 9613, size: 8 })
  world.run()
  const request = 'IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 9613, seq 1, length 16'
  assert.equal(all.lines(), [request, 'IP 10.0.0.2 > 10.0.0.1: ICMP echo reply, id 9613, seq 1, length 16'])
  assert.is(all.frames[0]!.line, request)
  assert.is(all.toText({ time: false, linkLevel: true }).split('\n')[0], request.replace('IP ', 'ip: '))
  assert.equal([icmp.count, new DataView(all.pcap().buffer).getUint32(20, true)], [1, 101])
})

test('multicast and broadcast leave as they are', () => {
  const { h1, tun } = open()
  h1.route.add('224.0.0.0/4', { dev: 'tun0' })
  const socket = h1.udp.bind({ broadcast: true })
  socket.sendTo('m', { address: '239.1.2.3', port: 5 })
  socket.sendTo('b', { address: '10.0.0.255', port: 5 })
  const daddr = (): string => [...tun.read()!.subarray(16, 20)].join('.')
  assert.equal([daddr(), daddr()], ['239.1.2.3', '10.0.0.255'])
})

test('flannel’s udp backend: a proxy reads packets from a tun and sends them as datagrams to the other host', () => {
  const world = createWorld({ seed: 1 })
  const [n1, n2] = [world.addNetns('n1'), world.addNetns('n2')]
  n1.link.add({ kind: 'link', name: 'eth0', peer: { name: 'eth0', netns: n2 }, delay: 1_000_000 })
  for (const [i, node] of [n1, n2].entries()) {
    node.addr.add(`192.168.0.${i + 1}/24`, { dev: 'eth0' })
    node.link.set('eth0', { up: true })
    const proxy = node.udp.bind({ port: 8285 })
    const tun = node.tun('flannel0', packet => proxy.sendTo(packet, { address: `192.168.0.${2 - i}`, port: 8285 }))
    proxy.onDatagram(({ data }) => tun.write(data))
    node.link.set('flannel0', { mtu: 1472 })
    node.addr.add(`10.1.${i}.0/16`, { dev: 'flannel0' })
    node.link.set('flannel0', { up: true })
  }
  world.run()
  const ping = n1.ping('10.1.1.0', { count: 3, size: 1400 })
  world.run()
  assert.equal([ping.received, ping.text.includes('time=2.00 ms')], [3, true])
  balance(world)
})

test('100,000 writes of anything break nothing', () => {
  let state = 12345
  const random = (below: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    return (state >>> 8) % below
  }
  for (const mode of ['tun', 'tap'] as const) {
    const { world, h1, tun } = open(mode)
    h1.sysctl.set('net.ipv4.ip_forward', 1)
    tun.onPacket(() => {})
    let refused = 0
    for (let i = 0; i < 50_000; i++) {
      const bytes = new Uint8Array(random(120))
      for (let k = 0; k < bytes.length; k++) bytes[k] = random(256)
      const at = mode === 'tap' ? 14 : 0
      // Half of them begin like IPv4 to or through this host.
      if (i % 2 === 0 && bytes.length >= at + 20) {
        bytes.set([0x45 + (i % 7 === 0 ? 1 : 0), 0, 0, bytes.length - at], at)
        bytes.set([10, 0, 0, 1 + (i % 3)], at + 16)
        if (mode === 'tap') {
          bytes.fill(255, 0, 6)
          bytes.set([8, i % 4 === 0 ? 6 : 0], 12)
        }
      }
      if (code(() => tun.write(bytes)) !== 'none') refused++
    }
    world.run({ for: 60e9 })
    assert.ok(refused > 1000)
    assert.is((tun.dev.kernel as NetDevice).stats.rxPackets + refused, 50_000)
    balance(world)
    tun.close()
    world.run({ for: 60e9 })
    balance(world)
  }
})

test.run()
