/**
 * The proxy of flannel's udp backend: what it was seen to do in clusters of flannel v0.20.2, and what its C code says of
 * packets that nobody sends on purpose.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Process } from '../../lib/app/process.js'
import { readPcap } from '../../lib/capture/pcap.js'
import { devAddTap } from '../../lib/core/dev.js'
import type { NetDevice, PacketTap } from '../../lib/core/netdev.js'
import type { Skb } from '../../lib/core/skb.js'
import { netUnreachable } from '../../lib/flannel/backend/udp/net-unreachable.js'
import { UdpProxy, type UdpProxyOptions } from '../../lib/flannel/backend/udp/proxy.js'
import { ProxyRoutes } from '../../lib/flannel/backend/udp/proxy-routes.js'
import { createWorld, ms, type Tun, type World } from '../../lib/index.js'
import { type UdpSocket, udpSocket } from '../../lib/ip/udp.js'
import { tunOpen } from '../../lib/rtnl/tuntap.js'
import { parseIpv4 } from '../../lib/wire/ip.js'
import { ipv4Csum, ipv4DecTtl, ipv4Id, ipv4Saddr, putIpv4Csum, putIpv4Id } from '../../lib/wire/ipv4.js'
import { Capture, checkBalance, send } from '../dev/lab.js'

const test = suite('flannel/udp-proxy')

const DATA = new URL('../data/flannel/udp-proxy/', import.meta.url)
const PORT = 8285
const MTU = 1472
const ETH = 14
const SUBNET = '10.244.'

const hex = (octets: Uint8Array): string => Buffer.from(octets).toString('hex')
const macOf = (n: number): string => `02:00:c0:a8:63:0${n === 1 ? 'b' : 'c'}`

/** Host n of the recorded cluster: its Ethernet device ends in the test, and nothing but the proxy handles packets. */
class Host {
  readonly world: World = createWorld({ seed: 1 })
  readonly process: Process
  readonly eth: Tun
  readonly sock: UdpSocket
  readonly proxy: UdpProxy
  readonly flannel0: NetDevice
  readonly log: string[] = []
  readonly #capture: Capture

  constructor(n: number, options: Partial<UdpProxyOptions> = {}) {
    const netns = this.world.addNetns(`h${n}`)
    const { kernel } = netns
    this.eth = netns.tap('eth0')
    netns.link.set('eth0', { address: macOf(n), up: true })
    netns.addr.add(`192.168.99.1${n}/24`, { dev: 'eth0' })
    netns.neigh.add(`192.168.99.1${3 - n}`, { lladdr: macOf(3 - n), dev: 'eth0', nud: 'permanent' })
    this.process = new Process(kernel, 'flanneld')
    const tun = tunOpen(kernel, { name: 'flannel%d', mode: 'tun' })
    this.flannel0 = tun.dev!
    netns.addr.add(`${SUBNET}${n}.0/32`, { dev: 'flannel0' })
    netns.link.set('flannel0', { mtu: MTU, up: true })
    this.sock = udpSocket(kernel)
    this.sock.bind({ address: parseIpv4(`192.168.99.1${n}`), port: PORT })
    this.proxy = new UdpProxy(this.process, tun, this.sock, {
      tunIp: parseIpv4(`${SUBNET}${n}.0`),
      mtu: MTU,
      log: line => this.log.push(line),
      ...options,
    })
    for (const other of [1, 2, 3])
      if (other !== n)
        this.proxy.setRoute(parseIpv4(`${SUBNET}${other}.0`), 24, parseIpv4(`192.168.99.1${other}`), PORT)
    this.world.run({ for: ms(10) })
    while (this.eth.read() !== null);
    this.#capture = new Capture(this.flannel0)
  }

  /** The host sends an IP packet by flannel0. */
  sends(packet: Uint8Array): void {
    send(this.flannel0, packet)
    this.world.run({ for: 0 })
  }

  /** A frame comes in by eth0. */
  receives(frame: Uint8Array): void {
    this.eth.write(frame)
    this.world.run({ for: 0 })
  }

  /** Packets that flannel0 has sent and received. */
  flannelPackets(): string[] {
    return this.#capture.seen.splice(0).map(f => hex(f.bytes))
  }

  /** IPv4 frames that eth0 has sent. */
  ethFrames(): Uint8Array[] {
    const out: Uint8Array[] = []
    for (let f = this.eth.read(); f !== null; f = this.eth.read()) if (f[12] === 8 && f[13] === 0) out.push(f)
    return out
  }

  balance(): void {
    checkBalance(this.world.kernel)
  }
}

interface Recorded {
  readonly time: number
  readonly bytes: Uint8Array
}

const recorded = (step: string, file: string): Recorded[] => {
  const url = new URL(`${step}/${file}.pcap`, DATA)
  if (!existsSync(url)) return []
  return readPcap(readFileSync(url)).packets.map(p => ({ time: p.sec * 1e6 + p.nsec / 1e3, bytes: p.data.slice() }))
}

/** Identifications of outer packets are the sender's own business: as in the recording. */
const withIdOf = (frame: Uint8Array, other: Uint8Array): Uint8Array => {
  const out = frame.slice()
  putIpv4Id(out, ETH, ipv4Id(other, ETH))
  putIpv4Csum(out, ETH)
  return out
}

for (const step of readdirSync(DATA).sort())
  for (const n of [1, 2]) {
    const packets = recorded(step, `h${n}-flannel0`)
    const frames = recorded(step, `h${n}-eth0`).filter(f => f.bytes[12] === 8 && f.bytes[13] === 0)
    if (packets.length + frames.length === 0) continue

    test(`${step}: packets of host ${n} pass as recorded`, () => {
      const host = new Host(n)
      const isOwn = (bytes: Uint8Array): boolean => hex(bytes.subarray(6, 12)) === macOf(n).replaceAll(':', '')
      // What the proxy writes comes from other hosts, or from the device's own address as an answer with the TTL 8.
      const isWritten = (b: Uint8Array): boolean => ((ipv4Saddr(b, 0) >> 8) & 255) !== n || b[8] === 8
      const inputs = [
        ...packets.filter(p => !isWritten(p.bytes)).map(p => ({ ...p, isFrame: false })),
        ...frames.filter(f => !isOwn(f.bytes)).map(f => ({ ...f, isFrame: true })),
      ].sort((a, b) => a.time - b.time)
      for (const { bytes, isFrame } of inputs) isFrame ? host.receives(bytes) : host.sends(bytes)
      assert.equal(
        host.flannelPackets(),
        packets.map(p => hex(p.bytes)),
      )
      const expected = frames.filter(f => isOwn(f.bytes)).map(f => f.bytes)
      const sent = host.ethFrames()
      assert.equal(
        sent.map((f, i) => hex(expected[i] === undefined ? f : withIdOf(f, expected[i]))),
        expected.map(hex),
      )
      host.balance()
    })
  }

test('a packet whose TTL comes to 0 ends without a word, on either way', () => {
  const [h1, h2] = [new Host(1), new Host(2)]
  const packet = recorded('17-ttl-2', 'h1-flannel0')[0]!.bytes
  h1.sends(packet)
  const frame = recorded('17-ttl-3', 'h2-eth0').find(f => f.bytes[12] === 8 && f.bytes[13] === 0)!
  h2.receives(frame.bytes)
  for (const host of [h1, h2]) {
    const { zeroTtl, tunToUdp, udpToTun } = host.proxy.stats
    assert.equal([zeroTtl, tunToUdp, udpToTun], [1, 0, 0])
    assert.equal(host.log, ['Discarding IP fragment 10.244.1.2 -> 10.244.2.2 due to zero TTL'])
    assert.equal(host.ethFrames(), [])
    host.balance()
  }
})

const ip = (init: {
  proto?: number
  ttl?: number
  ihl?: number
  frag?: number
  to?: string
  octets?: number
}): Uint8Array => {
  const { proto = 17, ttl = 63, ihl = 20, frag = 0, to = '10.244.2.2', octets = ihl + 40 } = init
  const b = Uint8Array.from({ length: octets }, (_, i) => (i * 7 + 3) & 255)
  b.set([
    0x40 | (ihl >> 2),
    0,
    octets >> 8,
    octets & 255,
    0x12,
    0x34,
    frag >> 8,
    frag & 255,
    ttl,
    proto,
    0,
    0,
    10,
    244,
    1,
    2,
  ])
  new DataView(b.buffer).setInt32(16, parseIpv4(to))
  putIpv4Csum(b, 0)
  return b
}

test('what has no route is answered but for ICMP, later fragments and the longest headers', () => {
  const from = parseIpv4('10.244.1.0')
  const about = (init: Parameters<typeof ip>[0]): Uint8Array | null => {
    const b = ip(init)
    return netUnreachable(b, 0, b.length, from)
  }
  assert.is(about({ proto: 1 }), null)
  assert.is(about({ frag: 1 }), null)
  assert.is(about({ ihl: 60, octets: 100 }), null)
  assert.is(about({ frag: 0x2000 })!.length, 56)
  assert.is(about({ ihl: 56, octets: 100 })!.length, 20 + 8 + 56 + 8)
  const short = about({ octets: 22 })!
  assert.is(hex(short.subarray(-8)), `${hex(ip({ octets: 22 }).subarray(20))}000000000000`)
})

test('every packet that was read is counted once', () => {
  const host = new Host(1)
  for (const b of [{}, { ttl: 1 }, { to: '10.244.9.9' }, { to: '10.244.9.9', proto: 1 }]) host.sends(ip(b))
  send(host.flannel0, new Uint8Array(19))
  host.world.run({ for: 0 })
  assert.equal(
    { ...host.proxy.stats },
    {
      tunToUdp: 1,
      udpToTun: 0,
      zeroTtl: 1,
      unreachable: 1,
      unanswered: 1,
      tooSmall: 1,
      udpErrors: 0,
      tunErrors: 0,
    },
  )
  assert.is(host.log.at(-1), 'TUN recv packet too small: 19 bytes')
  host.balance()
})

test('a host that cannot be reached costs the packet, and the error is logged', () => {
  const host = new Host(1)
  host.proxy.setRoute(parseIpv4('10.244.7.0'), 24, parseIpv4('172.16.0.1'), PORT)
  host.sends(ip({ to: '10.244.7.2' }))
  assert.equal(host.log, ['UDP send to 172.16.0.1:8285 failed: Network is unreachable'])
  assert.is(host.proxy.stats.udpErrors, 1)
  host.balance()
})

test('a subnet that is set again goes to its new host, and one that is removed nowhere', () => {
  const routes = new ProxyRoutes()
  const [a, b] = [parseIpv4('10.244.1.0'), parseIpv4('10.244.2.0')]
  routes.set(a, 24, 1, 8285)
  routes.set(b + 5, 24, 2, 8285)
  routes.set(a, 24, 3, 9000)
  assert.ok(routes.find(a + 77))
  assert.equal([routes.length, routes.address, routes.port], [2, 3, 9000])
  routes.remove(a, 16)
  routes.remove(a, 24)
  assert.not(routes.find(a + 77))
  assert.ok(routes.find(b + 255))
  assert.not(routes.find(b + 256))
  assert.throws(() => routes.set(a, 0, 1, 8285), /between 1 and 32/)
  assert.throws(() => routes.set(a, 24, 1, 0), /port 0/)
})

test('of overlapping subnets the first one counts, and use brings a subnet to the front', () => {
  const routes = new ProxyRoutes()
  const net = parseIpv4('10.244.1.0')
  routes.set(net, 24, 1, 1)
  routes.set(net, 16, 2, 2)
  assert.ok(routes.find(net))
  assert.is(routes.address, 1)
  assert.ok(routes.find(net + 256))
  assert.ok(routes.find(net))
  assert.is(routes.address, 2)
})

test('a datagram longer than the MTU is cut at it', () => {
  const [h1, h2] = [new Host(1), new Host(2, { mtu: 100 })]
  h1.sends(ip({ octets: 600 }))
  h2.receives(h1.ethFrames()[0]!)
  const seen = h2.flannelPackets()
  assert.is(seen.length, 1)
  assert.is(seen[0]!.length, 200)
  h2.balance()
})

test('packets and datagrams take turns for as long as there are any', () => {
  const [h1, h2] = [new Host(1), new Host(2)]
  for (const n of [1, 2, 3]) h2.sends(ip({ to: '10.244.1.9', octets: 60 + n }))
  // The proxy is not woken before all of them wait.
  for (const n of [1, 2, 3, 4]) send(h1.flannel0, ip({ octets: 80 + n }))
  for (const f of h2.ethFrames()) h1.eth.write(f)
  const order: string[] = []
  const tap = { tap: (_: Skb, dev: NetDevice, outgoing: boolean) => order.push(`${dev.name} ${outgoing}`) }
  for (const name of ['eth0', 'flannel0']) devAddTap(h1.world.kernel.netns('h1').dev(name), tap as PacketTap)
  h1.world.run({ for: 0 })
  const turn = ['eth0 true', 'flannel0 false']
  assert.equal(order, [...turn, ...turn, ...turn, 'eth0 true'])
  h1.eth.onPacket(() => {})
  h1.world.run({ for: 0 })
  h1.balance()
})

test('the end of the process takes device and socket with it; stop leaves them', () => {
  const h1 = new Host(1)
  h1.proxy.stop()
  h1.sends(ip({}))
  assert.equal(h1.ethFrames(), [])
  assert.not(h1.proxy.isRunning)
  h1.process.exit(0)
  assert.ok(h1.sock.closed)
  assert.is(h1.world.kernel.netns('h1').devByName('flannel0'), null)
  h1.world.run({ for: 0 })
  h1.balance()
})

test('the patched checksum is that of a fresh computation', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), fc.integer({ min: 1, max: 255 }), (b, ttl) => {
      b[0] = 0x45
      b[8] = ttl
      putIpv4Csum(b, 0)
      ipv4DecTtl(b, 0)
      const patched = ipv4Csum(b, 0)
      putIpv4Csum(b, 0)
      assert.is(patched, ipv4Csum(b, 0))
    }),
    { seed: 1, numRuns: 5000 },
  )
})

test('any octets from anywhere go to the device or are counted, and every packet is accounted for', () => {
  const host = new Host(1)
  host.world.sh('ip -n h1 link set lo up\nip netns exec h1 sysctl -w net.ipv4.ip_forward=1')
  const stranger = udpSocket(host.world.kernel.netns('h1'))
  const octets = fc.oneof(
    fc.uint8Array({ maxLength: 90 }),
    fc.uint8Array({ minLength: 20, maxLength: 1472 }).map(b => {
      b[0] = 0x45
      return b
    }),
    fc.uint8Array({ minLength: 20, maxLength: 60 }).map(b => {
      const packet = ip({ octets: b.length })
      packet.set(b.subarray(0, 10))
      return packet
    }),
  )
  let read = 0
  fc.assert(
    fc.property(fc.array(octets, { maxLength: 8 }), datagrams => {
      for (const datagram of datagrams) {
        if (stranger.sendTo(datagram, parseIpv4('192.168.99.11'), PORT) >= 0) read++
      }
      host.world.run({ for: ms(1) })
      const { udpToTun, zeroTtl, tooSmall, tunErrors } = host.proxy.stats
      assert.is(udpToTun + zeroTtl + tooSmall + tunErrors, read)
    }),
    { seed: 1, numRuns: 400 },
  )
  assert.ok(read > 1000 && host.proxy.stats.udpToTun > 300 && host.proxy.stats.tunErrors > 100, `${read}`)
  host.world.run({ for: ms(60_000) })
  stranger.close()
  while (host.eth.read() !== null);
  host.balance()
})

test.run()
