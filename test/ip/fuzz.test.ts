/**
 * A router with a bridge, hosts around it, and 100,000 frames that nobody would send: nothing throws, nothing hangs, and
 * the books balance.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { packetSocket } from '../../lib/core/af-packet.js'
import { createWorld, type World } from '../../lib/index.js'
import { RngSource } from '../../lib/sim/rng.js'
import { allFrames } from '../wire/recordings.js'

const test = suite('ip/fuzz')

const FRAMES = 100_000
const SEED = 20261125

/** h1 and h2 on the bridge of a forwarding router, h3 behind its other interface; sockets open everywhere. */
const lab = (): World => {
  const world = createWorld({ seed: SEED })
  world.sh(`
    ip netns add r
    ip netns exec r sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.proxy_arp=1 net.ipv4.conf.all.arp_accept=1
    ip -n r link add br0 address 02:00:00:00:a1:01 type bridge
    ip -n r addr add 10.0.0.254/24 dev br0
    ip -n r link set lo up
    ip -n r link set br0 up`)
  for (const n of [1, 2, 3])
    world.sh(`
      ip netns add h${n}
      ip -n h${n} link set lo up
      ip -n h${n} link add eth0 address 02:00:00:00:0${n}:01 type veth peer name p${n} address 02:00:00:00:f0:0${n} netns r
      ip -n h${n} addr add 10.0.${n === 3 ? 3 : 0}.${n}/24 dev eth0
      ip -n h${n} link set eth0 up
      ip -n r link set p${n} up
      ip -n h${n} route add default via 10.0.${n === 3 ? 3 : 0}.254`)
  world.sh(`
    ip -n r link set p1 master br0
    ip -n r link set p2 master br0
    ip -n r addr add 10.0.3.254/24 dev p3`)
  world.run({ for: 2e9 })
  for (const n of [1, 2, 3]) {
    world.netns(`h${n}`).udp.bind({ port: 7000 }, () => {})
    world.netns(`h${n}`).raw.open('icmp', {}, () => {})
  }
  return world
}

const PLACES = [
  ['h1', 'eth0'],
  ['h2', 'eth0'],
  ['h3', 'eth0'],
  ['r', 'br0'],
  ['r', 'p3'],
  ['r', 'lo'],
] as const

/** Frames of the recordings, made wrong: octets changed, cut, longer, headers that lie. Some are pure noise. */
const mutations = function* (): Generator<Uint8Array> {
  const rng = new RngSource(SEED).stream()
  const originals = allFrames().filter(f => f.length < 1500)
  // MACs of the lab, so that frames are not dropped at the first look.
  const macs = [
    '020000000101',
    '020000000201',
    '020000000301',
    '02000000a101',
    '02000000f003',
    'ffffffffffff',
    '01005e000001',
  ]
  for (;;) {
    if (rng.below(20) === 0) {
      yield Uint8Array.from({ length: rng.below(200) }, () => rng.below(256))
      continue
    }
    const frame = originals[rng.below(originals.length)]!.slice()
    if (rng.below(4) > 0) frame.set(Buffer.from(macs[rng.below(macs.length)]!, 'hex'))
    // Addresses of the lab, so that packets are routed, delivered and answered.
    if (rng.below(2) === 0 && frame.length > 34)
      frame.set([10, 0, rng.below(4), rng.below(4), 10, 0, rng.below(4), rng.below(4)], 26)
    for (let i = rng.below(4); i > 0; i--) frame[rng.below(frame.length)] = rng.below(256)
    // The IPv4 header alone: version, lengths, fragment fields, protocol, options.
    if (rng.below(2) === 0 && frame.length > 34) frame[14 + rng.below(20)] = rng.below(256)
    const size = rng.below(8)
    if (size === 0) yield frame.subarray(0, rng.below(frame.length))
    else if (size === 1) yield Uint8Array.from([...frame, ...new Uint8Array(rng.below(64))])
    else yield frame
  }
}

/** Makes the checksum of the IPv4 header right, so that what lies behind it is looked at. */
const mendChecksum = (b: Uint8Array): void => {
  if (b.length < 34 || b[12] !== 8 || b[13] !== 0) return
  const end = Math.min(b.length, 14 + (b[14]! & 15) * 4)
  b[24] = b[25] = 0
  let sum = 0
  for (let i = 14; i + 1 < end; i += 2) sum += (b[i]! << 8) | b[i + 1]!
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  b[24] = (~sum >> 8) & 255
  b[25] = ~sum & 255
}

const total = (dropped: Readonly<Record<string, number>>): number => Object.values(dropped).reduce((a, b) => a + b, 0)

test('100,000 wrong frames at every device: no exception, and every packet is accounted for', () => {
  const world = lab()
  const rng = new RngSource(SEED + 1).stream()
  const sockets = PLACES.map(([netns, dev]) => packetSocket(world.kernel.netns(netns).dev(dev), { protocol: 0 }))
  const frames = mutations()
  for (let i = 0; i < FRAMES; i++) {
    const frame = frames.next().value as Uint8Array
    if (rng.below(4) > 0) mendChecksum(frame)
    sockets[rng.below(sockets.length)]!.sendRaw(frame)
    if (i % 64 === 0) world.run({ for: 1_000_000 })
  }
  world.run({ for: 120e9 })
  let entered = 0
  for (const netns of world.kernel.listNetns()) {
    const a = netns.accounting()
    assert.is(a.entered + a.created, a.delivered + a.consumed + total(a.dropped) + a.alive, netns.name)
    assert.is(a.alive, 0, `${netns.name} at rest`)
    entered += a.entered
  }
  assert.ok(entered > FRAMES / 2)
  assert.is(world.kernel.skbs.live, 0)
  // The fuzz reached what it is meant to reach.
  const reasons = new Set(world.kernel.drops().map(d => d.reason))
  for (const reason of [
    'IP_INHDR',
    'IP_CSUM',
    'OTHERHOST',
    'NO_SOCKET',
    'UDP_CSUM',
    'ICMP_CSUM',
    'FRAG_REASM_TIMEOUT',
    'TTL_EXPIRED',
  ])
    assert.ok(reasons.has(reason as never), `${reason} among ${[...reasons].join(' ')}`)
})

test.run()
