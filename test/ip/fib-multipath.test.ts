/** Routes with several next hops: which one a packet takes, packet by packet as Linux chose, and in proportion to the weights. */
import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorld, type World } from '../../lib/index.js'
import { ethFrame, ipv4Packet, udpDatagram } from './octets.js'

const test = suite('ip/fib-multipath')

interface Group {
  readonly policy: number
  readonly fields: number
  readonly seed: number
  readonly packets: readonly (readonly [kind: string, hex: string, hop: number])[]
}

const GROUPS = JSON.parse(
  readFileSync(new URL('../data/multipath/choices.json', import.meta.url), 'utf8'),
) as readonly Group[]

const WEIGHTS = [1, 2, 4]
const SENDER = '02:00:00:00:01:01'
const ROUTER = '02:00:00:00:01:02'
const ETH_P_IP = 0x0800
const UDP = 17

/** A router with an incoming cable and three outgoing ones, and the numbers of packets that came out at each of these. */
const router = (
  weights: readonly number[] = WEIGHTS,
  seed = 1,
): { world: World; send: (packet: ArrayLike<number>) => number; counts: number[] } => {
  const world = createWorld({ seed })
  world.sh(`
    ip netns add s
    ip netns add r
    ip netns add d
    ip -n r link set lo up
    ip netns exec r sysctl -qw net.ipv4.ip_forward=1 net.ipv4.icmp_ratelimit=0
    ip -n s link add s0 address 02:00:00:00:01:01 type veth peer name in0 address 02:00:00:00:01:02 netns r
    ip -n s link set s0 up
    ip -n r link set in0 up
    ip -n r addr add 10.0.0.1/24 dev in0`)
  const counts = weights.map(() => 0)
  const r = world.netns('r')
  const d = world.netns('d')
  for (const i of weights.keys()) {
    world.sh(`
      ip -n d link add d${i} address 02:00:00:00:03:0${i} type veth peer name o${i} address 02:00:00:00:02:0${i} netns r
      ip -n d link set d${i} up
      ip -n r link set o${i} up
      ip -n r addr add 10.2.${i}.1/24 dev o${i}
      ip -n r neigh add 10.2.${i}.2 lladdr 02:00:00:00:03:0${i} dev o${i}`)
    d.packet.open(`d${i}`, { protocol: 0x0800 }, (_, direction) => {
      if (direction === 'host') counts[i]!++
    })
  }
  r.route.add('10.9.0.0/16', {
    nexthops: weights.map((weight, i) => ({ via: `10.2.${i}.2`, dev: `o${i}`, weight })),
  })
  world.run({ for: 1.2e9 })
  const socket = world.netns('s').packet.open('s0')
  const send = (packet: ArrayLike<number>): number => {
    const before = [...counts]
    socket.send(ethFrame(ROUTER, SENDER, ETH_P_IP, Array.from(packet)))
    world.run({ for: 0 })
    return counts.findIndex((n, i) => n !== before[i])
  }
  return { world, send, counts }
}

const set = (world: World, key: string, value: number): void =>
  world.netns('r').sysctl.set(`net.ipv4.fib_multipath_${key}`, value)

for (const { policy, fields, seed, packets } of GROUPS)
  test(`chooses the next hop that Linux chose: policy ${policy}, fields ${fields}, ${packets.length} packets (fib_multipath_hash)`, () => {
    const { world, send } = router()
    set(world, 'hash_policy', policy)
    set(world, 'hash_fields', fields)
    set(world, 'hash_seed', seed)
    const wrong = packets
      .filter(([, hex, hop]) => send(Buffer.from(hex, 'hex')) !== hop)
      .map(([kind, hex]) => `${kind} ${hex}`)
    assert.equal(wrong, [])
  })

/** A datagram of one of many flows between hosts behind the router's two sides. */
const udpPacket = (flow: number, sport: number): number[] => {
  const src = `10.1.${(flow >> 8) & 255}.${flow & 255}`
  const dst = `10.9.${(flow * 7) & 255}.${(flow * 3 + 1) & 255}`
  return ipv4Packet(src, dst, UDP, udpDatagram(src, dst, sport, 7, [1, 2, 3, 4]))
}

test('without a seed of its own the hash follows from the seed of the World', () => {
  const choices = (seed: number): string => {
    const { send } = router([1, 1], seed)
    return Array.from({ length: 64 }, (_, i) => send(udpPacket(i + 1, 5))).join('')
  }
  assert.is(choices(1), choices(1))
  assert.is.not(choices(1), choices(2))
})

test('policy 0 looks at addresses only, policy 1 at ports too; a flow keeps its next hop', () => {
  const { world, send } = router([1, 1])
  const hops = (): Set<number> => new Set(Array.from({ length: 64 }, (_, i) => send(udpPacket(1, 1000 + i))))
  assert.is(hops().size, 1)
  set(world, 'hash_policy', 1)
  assert.is(hops().size, 2)
  const first = Array.from({ length: 64 }, (_, i) => send(udpPacket(1, 1000 + i)))
  assert.equal(
    Array.from({ length: 64 }, (_, i) => send(udpPacket(1, 1000 + i))),
    first,
  )
})

test('flows are shared out by weight (fib_rebalance)', () => {
  const FLOWS = 7000
  for (const weights of [
    [1, 2, 4],
    [1, 1],
    [256, 1, 100],
  ]) {
    const { send, counts } = router(weights)
    for (let i = 0; i < FLOWS; i++) send(udpPacket(i + 1, 1))
    const total = weights.reduce((a, b) => a + b)
    for (const [i, weight] of weights.entries()) {
      const p = weight / total
      // Five standard deviations of a binomial distribution: a wrong share is many more away.
      const slack = 5 * Math.sqrt(FLOWS * p * (1 - p)) + 1
      assert.ok(Math.abs(counts[i]! - FLOWS * p) < slack, `weights ${weights}: ${counts} of ${FLOWS}`)
    }
  }
})

test('a dead next hop gives its share to the others, and takes it back (fib_sync_down_dev, fib_sync_up)', () => {
  const { world, send } = router([1, 1])
  const all = (): number[] => Array.from({ length: 64 }, (_, i) => send(udpPacket(i + 1, 1)))
  const before = all()
  world.sh('ip -n r link set o1 down')
  assert.equal(new Set(all()), new Set([0]))
  world.sh(`
    ip -n r link set o1 up
    ip -n r neigh add 10.2.1.2 lladdr 02:00:00:00:03:01 dev o1`)
  world.run({ for: 1.2e9 })
  assert.equal(all(), before)
})

test('with fib_multipath_use_neigh a next hop whose neighbour failed is left out (fib_good_nh)', () => {
  const { world, send } = router([1, 1])
  const all = (): number[] => Array.from({ length: 64 }, (_, i) => send(udpPacket(i + 1, 1)))
  set(world, 'use_neigh', 1)
  assert.equal(new Set(all()), new Set([0, 1]))
  world.sh(
    `
    ip -n d link set d1 arp off
    ip -n r neigh del 10.2.1.2 dev o1
    ip netns exec r ping -c 1 -W 4 10.2.1.2`,
    { mayFail: true },
  )
  world.run({ for: 5e9 })
  assert.match(world.sh('ip -n r neigh show 10.2.1.2', { mayFail: true }).stdout, 'FAILED')
  assert.equal(new Set(all()), new Set([0]))
})

test.run()
