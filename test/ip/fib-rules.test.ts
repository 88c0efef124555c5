/** Policy rules: what forwarded packets meet is what the look-up says, whatever was remembered before a change. */
import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorld, NetloomError, type RuleOptions, type World } from '../../lib/index.js'
import { ethFrame, icmpMessage, ipv4Packet, udpDatagram } from './octets.js'

const test = suite('ip/fib-rules')

const HOST = '02:00:00:00:01:01'
const ROUTER = '02:00:00:00:01:02'
const ETH_P_IP = 0x0800
const UDP = 17
const ICMP = 1

interface Lab {
  readonly world: World
  /** Sends a packet into the router by i0 or i1; the device it left by, or `-`. */
  readonly send: (iif: number, packet: number[]) => string
}

/** A router with two incoming and three outgoing cables, and tables 101 and 102 that lead to o1 and o2; main leads to o0. */
const router = (): Lab => {
  const world = createWorld()
  world.sh(`
    ip netns add s
    ip netns add r
    ip netns add d
    ip -n r link set lo up
    ip netns exec r sysctl -qw net.ipv4.ip_forward=1`)
  const r = world.netns('r')
  let left = '-'
  for (const i of [0, 1])
    world.sh(`
      ip -n s link add s${i} address ${HOST} type veth peer name i${i} address ${ROUTER} netns r
      ip -n s link set s${i} up
      ip -n r link set i${i} up
      ip -n r addr add 10.1.${i}.1/24 dev i${i}`)
  for (const i of [0, 1, 2]) {
    world.sh(`
      ip -n d link add d${i} address 02:00:00:00:03:0${i} type veth peer name o${i} netns r
      ip -n d link set d${i} up
      ip -n r link set o${i} up
      ip -n r addr add 10.2.${i}.1/24 dev o${i}
      ip -n r neigh add 10.2.${i}.2 lladdr 02:00:00:00:03:0${i} dev o${i}
      ip -n r route add default via 10.2.${i}.2 table ${i === 0 ? 'main' : 100 + i}`)
    world.netns('d').packet.open(`d${i}`, { protocol: ETH_P_IP }, (_, direction) => {
      if (direction === 'host') left = `o${i}`
    })
  }
  world.run({ for: 1.2e9 })
  assert.is(r.rule.list().length, 3)
  const sockets = [0, 1].map(i => world.netns('s').packet.open(`s${i}`))
  const send = (iif: number, packet: number[]): string => {
    left = '-'
    sockets[iif]!.send(ethFrame(ROUTER, HOST, ETH_P_IP, packet))
    world.run({ for: 0 })
    return left
  }
  return { world, send }
}

interface Packet {
  readonly iif: number
  readonly src: string
  readonly dst: string
  readonly tos: number
  readonly proto: number
  readonly sport: number
  readonly dport: number
}

const octetsOf = ({ src, dst, tos, proto, sport, dport }: Packet): number[] => {
  const payload = proto === UDP ? udpDatagram(src, dst, sport, dport, [1]) : icmpMessage(8, 0, 1)
  return ipv4Packet(src, dst, proto, payload, { tos })
}

/** The device that `ip route get` names for a packet, or `-`. */
const expected = (world: World, p: Packet): string => {
  const { src, dst, tos, proto, sport, dport } = p
  const ports = proto === UDP ? { ipproto: 'udp' as const, sport, dport } : { ipproto: 'icmp' as const }
  try {
    return world.netns('r').route.get(dst, { from: src, iif: `i${p.iif}`, tos, ...ports }).dev
  } catch (e) {
    if (!(e instanceof NetloomError)) throw e
    return '-'
  }
}

const maybe = <T>(values: readonly T[]): fc.Arbitrary<T | undefined> =>
  fc.option(fc.constantFrom(...values), { nil: undefined, freq: 1 })

const aRule = fc
  .record({
    not: maybe([true]),
    from: maybe(['10.1.0.0/25', '10.1.1.7', '10.1.0.0/16']),
    to: maybe(['10.9.0.0/16', '10.9.1.1']),
    iif: maybe(['i0', 'i1', 'lo']),
    tos: maybe([0x10, 0x08]),
    ipproto: maybe(['udp', 'icmp'] as const),
    dport: maybe([53, [50, 60]] as const),
    sport: maybe([9] as const),
    fwmark: maybe([1]),
    priority: maybe([10, 20, 30]),
    what: fc.constantFrom<RuleOptions>(
      { table: 101 },
      { table: 102 },
      { table: 999 },
      { table: 'main', suppressPrefixlength: 0 },
      { action: 'blackhole' },
      { action: 'prohibit' },
      { action: 'nop' },
      { goto: 32766 },
      { goto: 25 },
    ),
  })
  .map(({ what, ...selector }) => {
    const given = Object.fromEntries(Object.entries(selector).filter(([, value]) => value !== undefined))
    return { ...given, ...what } as RuleOptions
  })

const aPacket = fc.record<Packet>({
  iif: fc.constantFrom(0, 1),
  src: fc.constantFrom('10.1.0.7', '10.1.1.7', '10.1.0.200'),
  dst: fc.constantFrom('10.9.1.1', '10.9.2.2', '172.16.0.1'),
  tos: fc.constantFrom(0, 0x10, 0x08, 0x50),
  proto: fc.constantFrom(UDP, ICMP),
  sport: fc.constantFrom(9, 1000),
  dport: fc.constantFrom(53, 59, 80),
})

test('packets leave as the look-up says after every change of the rules, by whatever they were told apart', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(aRule, fc.array(aPacket, { minLength: 3, maxLength: 8 })), { maxLength: 6 }),
      steps => {
        const { world, send } = router()
        const { rule } = world.netns('r')
        for (const [options, packets] of steps) {
          try {
            rule.add(options)
          } catch (e) {
            // The same rule again, or a goto backwards.
            if (!(e instanceof NetloomError)) throw e
          }
          // Twice, so that what is remembered answers too.
          for (const p of [...packets, ...packets])
            assert.is(send(p.iif, octetsOf(p)), expected(world, p), JSON.stringify(p))
        }
      },
    ),
    { seed: 20261125, numRuns: 60 },
  )
})

test('a deleted rule stops at once, and local and main stay apart (fib_unmerge)', () => {
  const { world, send } = router()
  const r = world.netns('r')
  const packet = ipv4Packet('10.1.0.7', '10.9.1.1', UDP, udpDatagram('10.1.0.7', '10.9.1.1', 1, 2, []))
  assert.is(send(0, packet), 'o0')
  assert.is(r.route.get('10.1.0.1').table, 'main')
  r.rule.add({ from: '10.1.0.0/24', table: 101 })
  assert.is(send(0, packet), 'o1')
  r.rule.del({ from: '10.1.0.0/24' })
  assert.is(send(0, packet), 'o0')
  assert.is(r.route.get('10.1.0.1').table, 'local')
})

test('a device that loses its name loses its rules, and one that changes its group its suppressor', () => {
  const { world, send } = router()
  const r = world.netns('r')
  const packet = ipv4Packet('10.1.0.7', '10.9.1.1', UDP, udpDatagram('10.1.0.7', '10.9.1.1', 1, 2, []))
  r.rule.add({ iif: 'i0', table: 101 })
  assert.is(send(0, packet), 'o1')
  world.sh('ip -n r link set i0 name j0')
  assert.is(send(0, packet), 'o0')
  world.sh('ip -n r link set j0 name i0')
  assert.is(send(0, packet), 'o1')
  r.rule.add({ table: 102, suppressIfgroup: 7, priority: 1 })
  assert.is(send(0, packet), 'o2')
  world.sh('ip -n r link set o2 group 7')
  assert.is(send(0, packet), 'o1')
})

test('mark and ports of a socket choose the route of what it sends (SO_MARK)', () => {
  const { world } = router()
  const r = world.netns('r')
  r.rule.add({ fwmark: 0x11, fwmask: 0xf, table: 102 })
  r.rule.add({ ipproto: 'udp', sport: 4000, iif: 'lo', table: 101 })
  const seen: string[] = []
  for (const i of [0, 1, 2])
    world.netns('d').packet.open(`d${i}`, { protocol: ETH_P_IP }, (_, direction) => {
      if (direction === 'host') seen.push(`o${i}`)
    })
  const sendFrom = (options: object): void => {
    const socket = r.udp.bind(options)
    socket.sendTo('x', { address: '10.9.1.1', port: 7 })
    socket.close()
    world.run({ for: 0 })
  }
  sendFrom({})
  sendFrom({ mark: 1 })
  sendFrom({ mark: 0x31 })
  sendFrom({ port: 4000 })
  sendFrom({ mark: 2, port: 4001 })
  assert.equal(seen, ['o0', 'o2', 'o2', 'o1', 'o0'])
})

test.run()
