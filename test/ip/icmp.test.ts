/** ICMP messages of a host: answers and errors, about what, from where and how much of it (RFC 792, 1122, 1812). */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { BROADCAST_MAC, HostLab, icmpOf } from './lab.js'
import { icmpMessage, internetChecksum, ipv4Packet, udpDatagram, u32 } from './octets.js'

const test = suite('ip/icmp')

const PEER = '10.0.0.1'
const ME = '10.0.0.2'
const PROTO = 253

const ROUTER = `ip -n t addr add 10.0.0.2/24 dev eth0
  ip netns exec t sysctl -qw net.ipv4.ip_forward=1
  ip netns exec t sysctl -qw net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.eth0.send_redirects=0
  ip netns exec t sysctl -qw net.ipv4.icmp_ratelimit=0
  ip netns exec t sysctl -qw net.ipv4.icmp_msgs_burst=10000
  ip -n t route add 10.9.0.0/16 via 10.0.0.1
  ip -n t route add prohibit 10.7.0.0/16
  ip -n t route add unreachable 10.6.0.0/16
  ip -n t route add blackhole 10.5.0.0/16`

const lab = (commands = ROUTER): HostLab => {
  const made = new HostLab(commands)
  made.know(PEER)
  made.sent()
  return made
}

/** Type and code of the ICMP messages that t sent. */
const kinds = (l: HostLab): [number, number][] =>
  l
    .sentIp()
    .filter(p => p[9] === 1)
    .map(p => [icmpOf(p).type, icmpOf(p).code])

test("an echo reply has the request's code, identifier, number, data and TOS, TTL 64 and no DF", () => {
  const l = lab()
  l.ip(PEER, ME, 1, icmpMessage(8, 7, 0x12340001, [1, 2, 3]), { tos: 0x1f, ttl: 3, frag: 0x4000 })
  const [reply] = l.sentIp()
  const id = (reply![4]! << 8) | reply![5]!
  assert.not(id === 0)
  assert.equal([...reply!], ipv4Packet(ME, PEER, 1, icmpMessage(0, 7, 0x12340001, [1, 2, 3]), { tos: 0x1f, id }))
})

test('a timestamp reply carries the time of day in milliseconds twice (RFC 792)', () => {
  const l = lab()
  l.run(5 - l.now)
  l.ip(PEER, ME, 1, icmpMessage(13, 0, 0x12340001, u32(77)))
  const { type, rest, data } = icmpOf(l.sentIp()[0]!)
  assert.equal([type, rest, [...data]], [14, 0x12340001, [...u32(77), ...u32(5000), ...u32(5000)]])
})

test('what asks for no answer gets none', () => {
  const l = lab()
  for (const type of [0, 1, 2, 7, 9, 10, 14, 15, 16, 17, 18, 19, 42, 255])
    l.ip(PEER, ME, 1, icmpMessage(type, 0, 1, [1, 2, 3, 4]))
  l.ip(PEER, ME, 1, icmpMessage(13, 0, 1, [1, 2, 3]))
  l.ip(
    PEER,
    ME,
    1,
    icmpMessage(8, 0, 1).map((b, i) => (i === 2 ? b ^ 1 : b)),
  )
  l.ip(PEER, ME, 1, [8, 0, 0xf7, 0xff])
  l.sh('ip netns exec t sysctl -qw net.ipv4.icmp_echo_ignore_all=1')
  l.ip(PEER, ME, 1, icmpMessage(8, 0, 1))
  assert.equal(kinds(l), [])
})

test('echo to a broadcast or group address is answered, from an own address, where that is allowed', () => {
  const l = lab()
  const ask = (dst: string, mac: string): void => l.ip(PEER, dst, 1, icmpMessage(8, 0, 1), {}, mac)
  ask('10.0.0.255', BROADCAST_MAC)
  ask('224.0.0.1', '01:00:5e:00:00:01')
  assert.equal(kinds(l), [])
  l.sh('ip netns exec t sysctl -qw net.ipv4.icmp_echo_ignore_broadcasts=0')
  ask('10.0.0.255', BROADCAST_MAC)
  ask('255.255.255.255', BROADCAST_MAC)
  ask('224.0.0.1', '01:00:5e:00:00:01')
  assert.equal(
    l.sentIp().map(p => [...p.subarray(12, 16)].join('.')),
    [ME, ME, ME],
  )
})

/** Packets of a forwarding host and the error about each, null for none. */
const ERRORS: readonly (readonly [string, (l: HostLab) => void, readonly [number, number] | null])[] = [
  ['TTL at its end', l => l.ip(PEER, '10.9.0.1', PROTO, [1], { ttl: 1 }), [11, 0]],
  ['TTL 0', l => l.ip(PEER, '10.9.0.1', PROTO, [1], { ttl: 0 }), [11, 0]],
  ['TTL 1 to the host itself', l => l.ip(PEER, ME, 17, udpDatagram(PEER, ME, 1, 9, []), { ttl: 1 }), [3, 3]],
  ['no route', l => l.ip(PEER, '10.99.0.1', PROTO, [1]), [3, 0]],
  ['prohibit', l => l.ip(PEER, '10.7.0.1', PROTO, [1]), [3, 13]],
  ['unreachable', l => l.ip(PEER, '10.6.0.1', PROTO, [1]), [3, 1]],
  ['blackhole', l => l.ip(PEER, '10.5.0.1', PROTO, [1]), null],
  ['unknown protocol', l => l.ip(PEER, ME, PROTO, [1]), [3, 2]],
  ['a wrong option', l => l.ip(PEER, ME, PROTO, [1], { options: [7, 2, 0, 0] }), [12, 0]],
  ['a source route', l => l.ip(PEER, ME, PROTO, [1], { options: [131, 7, 4, 10, 9, 0, 1, 0] }), null],
  ['a later fragment', l => l.ip(PEER, '10.99.0.1', PROTO, [1], { frag: 1 }), null],
  ['the first fragment', l => l.ip(PEER, '10.99.0.1', PROTO, [1, 2, 3, 4, 5, 6, 7, 8], { frag: 0x2000 }), [3, 0]],
  ['an ICMP error', l => l.ip(PEER, '10.99.0.1', 1, icmpMessage(3, 3, 0, new Array<number>(28).fill(0x45))), null],
  ['an ICMP message without a head', l => l.ip(PEER, '10.99.0.1', 1, []), null],
  ['an unknown ICMP message', l => l.ip(PEER, '10.99.0.1', 1, icmpMessage(42, 0, 0)), null],
  [
    'a message of no use any more',
    l => {
      for (const type of [1, 2, 6, 7, 9, 10]) l.ip(PEER, '10.9.0.1', 1, icmpMessage(type, 0, 0), { ttl: 1 })
    },
    null,
  ],
  ['an echo request', l => l.ip(PEER, '10.99.0.1', 1, icmpMessage(8, 0, 0)), [3, 0]],
  ['a link-layer broadcast', l => l.ip(PEER, ME, PROTO, [1], {}, BROADCAST_MAC), null],
  ['a broadcast', l => l.ip(PEER, '10.0.0.255', PROTO, [1], {}, BROADCAST_MAC), null],
  ['a group', l => l.ip(PEER, '224.0.0.1', PROTO, [1], {}, '01:00:5e:00:00:01'), null],
  ['a source that is a group', l => l.ip('224.0.0.1', '10.99.0.1', PROTO, [1]), null],
  ['a source that is nobody', l => l.ip('0.0.0.0', '10.99.0.1', PROTO, [1]), null],
  ['a source of the host itself', l => l.ip(ME, '10.9.0.1', PROTO, [1], { ttl: 1 }), null],
  [
    'a wrong header checksum',
    l => {
      const packet = ipv4Packet(PEER, '10.99.0.1', PROTO, [1])
      packet[10]! ^= 1
      l.inject(Uint8Array.from([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, ...packet]))
    },
    null,
  ],
]

test('which packets are answered with an error, and with which', () => {
  const l = lab()
  for (const [what, send, expected] of ERRORS) {
    l.run(1.1)
    l.sent()
    send(l)
    assert.equal(kinds(l), expected === null ? [] : [expected], what)
  }
})

test('a host that does not forward says nothing about the packets of others', () => {
  const l = lab('ip -n t addr add 10.0.0.2/24 dev eth0')
  for (const dst of ['10.9.0.1', '10.0.0.77']) l.ip(PEER, dst, PROTO, [1], { ttl: 1 })
  assert.equal(l.sent(), [])
  assert.is(l.t.drops().find(d => d.reason === 'IP_FORWARDING_OFF')?.count, 2)
})

test('an error quotes the packet as far as 576 octets of its own reach, and no further than the MTU back', () => {
  const l = lab()
  const quoted = (payload: number): number => {
    l.ip(PEER, '10.9.0.1', PROTO, new Array<number>(payload).fill(7), { ttl: 1 })
    const [error] = l.sentIp()
    assert.is(internetChecksum(error!, 20), 0)
    return icmpOf(error!).data.length
  }
  assert.equal([0, 8, 100, 528, 529, 1480].map(quoted), [20, 28, 120, 548, 548, 548])
  l.sh('ip -n t link set eth0 mtu 300')
  assert.is(quoted(282), 272)
})

test('an error has precedence 6 and the four TOS bits of the packet, TTL 64, no DF', () => {
  const l = lab()
  const seen = [0, 0x02, 0x1f, 0xe0, 0xff].map(tos => {
    l.ip(PEER, '10.9.0.1', PROTO, [1], { ttl: 1, tos })
    const [p] = l.sentIp()
    return [p![1], p![8], p![6]]
  })
  assert.equal(seen, [
    [0xc0, 64, 0],
    [0xc2, 64, 0],
    [0xde, 64, 0],
    [0xc0, 64, 0],
    [0xde, 64, 0],
  ])
})

test('errors come from the address that was asked for, else from that of the way back, else from 192.0.0.8 (RFC 7600)', () => {
  const source = (l: HostLab, dst: string): string => {
    l.ip(PEER, dst, 17, udpDatagram(PEER, dst, 5000, 9, [1]), { ttl: 1 })
    return [...l.sentIp()[0]!.subarray(12, 16)].join('.')
  }
  const l = lab(`${ROUTER}\nip -n t addr add 10.44.0.1/32 dev lo`)
  assert.is(source(l, '10.44.0.1'), '10.44.0.1')
  assert.is(source(l, '10.9.0.1'), ME)
  const none = lab(`ip netns exec t sysctl -qw net.ipv4.ip_forward=1
    ip -n t route add 10.0.0.0/16 dev eth0
    ip -n t route add 10.9.0.0/16 dev eth0`)
  assert.is(source(none, '10.9.0.1'), '192.0.0.8')
})

test('record route goes back with an echo reply, with the answering host in it twice', () => {
  const l = lab()
  l.ip(PEER, ME, 1, icmpMessage(8, 0, 1), { options: [7, 15, 4, ...new Array<number>(12).fill(0), 0] })
  const [p] = l.sentIp()
  assert.equal([...p!.subarray(20, 36)], [7, 15, 12, 10, 0, 0, 2, 10, 0, 0, 2, 0, 0, 0, 0, 0])
})

test('time stamps: only times, addresses and times, and those of prespecified hosts; a full option counts overflows', () => {
  const l = lab()
  l.run(9 - l.now)
  const now = u32(9000)
  const ask = (options: number[]): number[] => {
    l.ip(PEER, ME, 1, icmpMessage(8, 0, 1), { options })
    const [p] = l.sentIp()
    return p === undefined ? [] : [...p.subarray(20, (p[0]! & 15) * 4)]
  }
  const zeros = (n: number): number[] => new Array<number>(n).fill(0)
  assert.equal(ask([68, 12, 5, 0, ...zeros(8)]), [68, 12, 13, 0, ...now, ...now])
  assert.equal(ask([68, 20, 5, 1, ...zeros(16)]), [68, 20, 21, 1, 10, 0, 0, 2, ...now, 10, 0, 0, 2, ...now])
  const mine = [10, 0, 0, 2, 0, 0, 0, 0]
  const other = [10, 0, 0, 9, 0, 0, 0, 0]
  assert.equal(ask([68, 20, 5, 3, ...mine, ...other]), [68, 20, 13, 3, 10, 0, 0, 2, ...now, ...other])
  assert.equal(ask([68, 20, 5, 3, ...other, ...mine]), [68, 20, 5, 3, ...other, ...mine])
  assert.equal(ask([68, 16, 5, 3, ...mine, 10, 0, 0, 2]), [68, 16, 13, 3, 10, 0, 0, 2, ...now, 10, 0, 0, 2])
  assert.equal(ask([68, 8, 9, 0, ...zeros(4)]), [68, 8, 9, 0x10, ...zeros(4)])
  assert.equal(ask([68, 8, 5, 0, ...zeros(4)]), [68, 8, 9, 0, ...now])
})

test('a wrong option is pointed at; what stands before it is filled in, and goes back', () => {
  const l = lab()
  const pointer = (options: number[]): number => {
    l.ip(PEER, ME, PROTO, [1], { options })
    return icmpOf(l.sentIp()[0]!).rest >>> 24
  }
  assert.is(pointer([1, 7, 2, 0]), 22)
  assert.is(pointer([7, 5, 3, 0, 0, 0, 0, 0]), 22)
  assert.is(pointer([7, 5, 4, 0, 0, 0, 0, 0]), 22)
  assert.is(pointer([68, 3, 5, 0]), 21)
  assert.is(pointer([68, 8, 9, 0xf0, 0, 0, 0, 0]), 23)
  assert.is(pointer([1, 1, 1, 130]), 23)
  assert.is(pointer([130, 1, 0, 0]), 20)
  assert.is(pointer([130, 9, 0, 0]), 20)
  l.ip(PEER, ME, PROTO, [1], { options: [7, 7, 4, 0, 0, 0, 0, 130] })
  const [p] = l.sentIp()
  assert.equal([...p!.subarray(20, 28)], [7, 7, 8, 10, 0, 0, 2, 0])
  assert.equal([...icmpOf(p!).data.subarray(20, 28)], [7, 7, 8, 10, 0, 0, 2, 130])
})

test.run()
