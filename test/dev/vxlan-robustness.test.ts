/**
 * Wrong packets, outside and inside, into tunnels of every kind: nothing is thrown, every packet is accounted for, and
 * nothing is left at rest.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorld, type Dev, type Netns, s, type World } from '../../lib/index.js'
import { putIpv4 } from '../../lib/wire/ipv4.js'
import { putUdp, putUdpCsum } from '../../lib/wire/udp.js'
import { putEth } from '../../lib/wire/ethernet.js'
import { send } from './lab.js'

const test = suite('dev/vxlan-robustness')

const FRAMES = 100_000

const random = (seed: number) => {
  let x = seed
  return (below: number): number => {
    x = (Math.imul(x, 1664525) + 1013904223) | 0
    return (x >>> 8) % below
  }
}

type Rnd = (below: number) => number

const MACS = [0xffffffffffff, 0x02000000b101, 0x02000000b201, 0x02000000c101, 0x01005e010101, 0, 0x02000000a101]

/** A frame for the inside: IPv4, ARP or noise, of any length. */
const inside = (rnd: Rnd): Uint8Array => {
  const len = rnd(8) === 0 ? rnd(1600) : 14 + rnd(80)
  const b = new Uint8Array(Math.max(len, 14))
  for (let i = 0; i < b.length; i++) b[i] = rnd(256)
  const type = [0x0800, 0x0800, 0x0806, 0x86dd, 0x8100, 0x0005][rnd(6)]!
  putEth(b, 0, MACS[rnd(MACS.length)]!, rnd(10) === 0 ? rnd(2 ** 24) : MACS[rnd(MACS.length)]!, type)
  if (type === 0x0800 && b.length >= 34) {
    const df = rnd(2) === 0 ? 0x4000 : 0
    putIpv4(
      b,
      14,
      20,
      rnd(256),
      b.length - 14,
      rnd(65536),
      df,
      1 + rnd(64),
      [1, 6, 17, 2, 99][rnd(5)]!,
      0x0a000001 + rnd(5),
      0x0a000001 + rnd(5),
    )
  }
  if (rnd(3) === 0) for (let n = rnd(5); n > 0; n--) b[rnd(b.length)] = rnd(256)
  return rnd(40) === 0 ? b.subarray(0, rnd(20)) : b
}

/** The same in a tunnel packet from 192.168.50.1 to 192.168.50.2, right or nearly so. */
const outside = (rnd: Rnd): Uint8Array => {
  const inner = inside(rnd)
  const b = new Uint8Array(14 + 20 + 8 + 8 + inner.length)
  putEth(b, 0, 0x02000000a201, 0x02000000a101, 0x0800)
  putIpv4(b, 14, 20, rnd(256), b.length - 14, rnd(65536), 0, 64, 17, 0xc0a83201 | 0, 0xc0a83202 | 0)
  putUdp(b, 34, 32768 + rnd(28000), [4789, 8472, 5000, 9][rnd(4)]!, b.length - 34)
  b[42] = rnd(10) === 0 ? rnd(256) : 0x08
  b[48] = [1, 2, 3][rnd(3)]!
  b.set(inner, 50)
  if (rnd(2) === 0) putUdpCsum(b, 34, b.length - 34, 0xc0a83201 | 0, 0xc0a83202 | 0)
  if (rnd(4) === 0) for (let n = rnd(4); n > 0; n--) b[14 + rnd(b.length - 14)] = rnd(256)
  return b
}

const atRest = (world: World): void => {
  assert.ok(world.isBalanced())
  world.run({ for: s(3600) })
  assert.ok(world.isBalanced())
  assert.is(world.alivePackets, 0)
  assert.is(world.kernel.skbs.live, 0)
}

interface Pair {
  readonly world: World
  readonly h1: Netns
  readonly h2: Netns
  readonly tunnels: readonly Dev[]
}

/** Two hosts with tunnels of several kinds between them, plain, bridged, in one another, and into themselves. */
const pair = (): Pair => {
  const world = createWorld({ seed: 7 })
  const [h1, h2] = [world.addNetns('h1'), world.addNetns('h2')]
  h1.link.add({
    kind: 'veth',
    name: 'eth0',
    address: '02:00:00:00:a1:01',
    peer: { name: 'eth0', netns: h2, address: '02:00:00:00:a2:01' },
  })
  const tunnels: Dev[] = []
  for (const [n, host] of [h1, h2].entries()) {
    const [own, far] = [n + 1, 2 - n]
    host.addr.add(`192.168.50.${own}/24`, { dev: 'eth0' })
    host.link.set('eth0', { up: true })
    host.sysctl.set('net.ipv4.ip_forward', 1)
    const remote = `192.168.50.${far}`
    const add = (name: string, options: object): void => {
      tunnels.push(host.link.add({ kind: 'vxlan', name, ...options, up: true } as never))
    }
    add('vx1', {
      address: `02:00:00:00:b${own}:01`,
      id: 1,
      remote,
      dev: 'eth0',
      dstport: 4789,
      proxy: true,
      l2miss: true,
      l3miss: true,
    })
    host.link.add({ kind: 'bridge', name: 'br0', mcastSnooping: n === 0, up: true })
    add('vx2', { id: 2, remote, dstport: 4789, ttl: 'inherit', tos: 'inherit', df: 'inherit', maxaddress: 20 })
    host.link.set('vx2', { master: 'br0' })
    add('vx3', { id: 3, remote, dstport: 8472, udpcsum: false, learning: false, rsc: true })
    add('vx4', { id: 4, remote: '10.4.0.9', dstport: 5000, gbp: true })
    add('vx6', { id: 6, dstport: 4789, l2miss: true })
    add('vx5', { id: 5, remote: `192.168.50.${own}`, dstport: 4789 })
    host.addr.add(`10.0.0.${own}/24`, { dev: 'vx1' })
    host.addr.add(`10.4.0.${own}/24`, { dev: 'vx4' })
    host.addr.add(`10.0.0.${own + 2}/24`, { dev: 'br0' })
    host.fdb.add('02:00:00:00:c1:01', { dev: 'vx3', dst: remote, router: true })
    host.fdb.append('00:00:00:00:00:00', { dev: 'vx3', dst: `192.168.50.${own}`, port: 4789, vni: 1 })
  }
  world.run({ for: s(3) })
  return { world, h1, h2, tunnels }
}

test(`${FRAMES} wrong packets from outside`, () => {
  const { world, h1 } = pair()
  const rnd = random(11)
  const eth0 = h1.dev('eth0').kernel
  for (let n = 0; n < FRAMES; n++) {
    send(eth0, outside(rnd))
    if (n % 1000 === 999) world.run({ for: 50_000_000 * rnd(20) })
  }
  atRest(world)
  const reasons = new Set(world.drops().map(d => d.reason))
  for (const reason of [
    'VXLAN_INVALID_HDR',
    'VXLAN_VNI_NOT_FOUND',
    'IP_TUNNEL_ECN',
    'LOCAL_MAC',
    'MAC_INVALID_SOURCE',
    'UDP_CSUM',
    'PKT_TOO_SMALL',
  ] as const)
    assert.ok(reasons.has(reason), reason)
})

test(`${FRAMES} wrong frames into the tunnels`, () => {
  const { world, tunnels } = pair()
  const rnd = random(12)
  for (let n = 0; n < FRAMES; n++) {
    const frame = inside(rnd)
    send(tunnels[rnd(tunnels.length)]!.kernel, frame)
    if (n % 1000 === 999) world.run({ for: 50_000_000 * rnd(20) })
  }
  atRest(world)
  const reasons = new Set(world.drops().map(d => d.reason))
  for (const reason of ['TUNNEL_LOOP', 'NO_TX_TARGET', 'PKT_TOO_SMALL'] as const) assert.ok(reasons.has(reason), reason)
})

test('tunnels that go up, down and away while packets are under way', () => {
  const { world, h1, h2, tunnels } = pair()
  const rnd = random(13)
  for (let n = 0; n < 20_000; n++) {
    send(tunnels[rnd(tunnels.length)]!.kernel, inside(rnd))
    if (n % 50 !== 49) continue
    const host = rnd(2) === 0 ? h1 : h2
    host.link.set(`vx${1 + rnd(5)}`, { up: rnd(2) === 0 })
    if (rnd(10) === 0) host.link.set('eth0', { up: rnd(3) > 0 })
    world.run({ for: rnd(2_000_000_000) })
  }
  h1.link.del('eth0')
  assert.equal(
    h1.link
      .list()
      .map(l => l.name)
      .filter(name => name === 'vx1'),
    [],
  )
  world.delNetns('h2')
  atRest(world)
})

test.run()
