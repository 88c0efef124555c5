/** Cutting packets and putting them together: RFC 791, RFC 815, RFC 5722, and the limits of Linux. */
import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ipv4 } from '../../lib/ip/ipv4.js'
import { rawSocket, type RawSocket } from '../../lib/ip/raw.js'
import { checkBalance } from '../dev/lab.js'
import { RngSource } from '../../lib/sim/rng.js'
import { HostLab, icmpOf } from './lab.js'
import { int32, internetChecksum, type IpFields } from './octets.js'

const test = suite('ip/fragment')

const PEER = '10.0.0.1'
const ME = '10.0.0.2'
const PROTO = 253
const MF = 0x2000
const DF = 0x4000

/** Octets `from` to `to` of a payload whose octet i is i mod 251. */
const octets = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => (from + i) % 251)

/** Sends the part `from` to `to` of a payload of `total` octets. */
const part = (lab: HostLab, from: number, to: number, total: number, { frag = 0, ...fields }: IpFields = {}): void =>
  lab.ip(PEER, ME, PROTO, octets(from, to), { ...fields, frag: frag | (to < total ? MF : 0) | (from >> 3) })

const payloadOf = (sk: RawSocket): number[] | null => {
  const packet = sk.recv()?.packet
  return packet === undefined ? null : [...packet.subarray((packet[0]! & 15) * 4)]
}

const receiver = (commands?: string): { lab: HostLab; sk: RawSocket } => {
  const lab = new HostLab(commands)
  lab.know(PEER)
  return { lab, sk: rawSocket(lab.t, PROTO) }
}

test('a packet is cut into multiples of eight octets, the first one first, with one identification', () => {
  const lab = new HostLab()
  lab.know(PEER)
  lab.sh('ip -n t link set eth0 mtu 100')
  const sk = rawSocket(lab.t, PROTO)
  sk.pmtuDisc = 'dont'
  sk.sendTo(Uint8Array.from(octets(0, 200)), int32(PEER))
  const packets = lab.sentIp()
  assert.equal(
    packets.map(p => [p.length - 20, (p[6]! << 8) | p[7]!]),
    [
      [80, MF],
      [80, MF | 10],
      [40, 20],
    ],
  )
  assert.equal(
    packets.flatMap(p => [...p.subarray(20)]),
    octets(0, 200),
  )
  assert.is(new Set(packets.map(p => (p[4]! << 8) | p[5]!)).size, 1)
  for (const p of packets) assert.is(internetChecksum(p, 0, 20), 0)
})

test('options without the copied bit stand in the first fragment only, no-operations in the others (RFC 791)', () => {
  const lab = new HostLab()
  lab.know(PEER)
  const sk = rawSocket(lab.t, PROTO)
  sk.pmtuDisc = 'dont'
  // Nothing, record route (not copied), nothing, router alert (copied).
  sk.ipOptions = Uint8Array.of(1, 7, 7, 4, 0, 0, 0, 0, 148, 4, 0, 0)
  sk.sendTo(new Uint8Array(1600), int32(PEER))
  const [first, second] = lab.sentIp()
  assert.equal([...first!.subarray(20, 32)], [1, 7, 7, 8, 10, 0, 0, 2, 148, 4, 0, 0])
  assert.equal([...second!.subarray(20, 32)], [1, 1, 1, 1, 1, 1, 1, 1, 148, 4, 0, 0])
})

test('a router cuts without DF and refuses with it; what it cuts keeps identification and place', () => {
  const lab = new HostLab(`ip -n t addr add 10.0.0.2/24 dev eth0
    ip netns exec t sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.eth0.send_redirects=0
    ip -n t route add 10.9.0.0/16 via 10.0.0.1 mtu 100`)
  lab.know(PEER)
  lab.ip(PEER, '10.9.0.1', PROTO, octets(0, 200), { id: 77, ttl: 9, frag: MF | 50 })
  assert.equal(
    lab.sentIp().map(p => [(p[4]! << 8) | p[5]!, (p[6]! << 8) | p[7]!, p[8], p.length - 20]),
    [
      [77, MF | 50, 8, 80],
      [77, MF | 60, 8, 80],
      [77, MF | 70, 8, 40],
    ],
  )
  lab.ip(PEER, '10.9.0.1', PROTO, octets(0, 200), { id: 77, frag: DF })
  const [refusal] = lab.sentIp()
  const { type, code, rest } = icmpOf(refusal!)
  assert.equal([type, code, rest], [3, 4, 100])
})

/** A way to cut `total` octets, and to deliver the parts. */
const cuts = fc
  .tuple(fc.integer({ min: 9, max: 700 }), fc.array(fc.integer({ min: 1, max: 87 }), { minLength: 1, maxLength: 12 }))
  .map(([total, at]) => {
    const edges = [...new Set(at.map(n => n * 8).filter(n => n < total))].sort((a, b) => a - b)
    return [0, ...edges].map((from, i) => [from, edges[i] ?? total, total] as const)
  })

test('fragments in any order, and any of them twice, make the datagram again, once', () => {
  const { lab, sk } = receiver()
  fc.assert(
    fc.property(
      cuts.chain(parts => fc.tuple(fc.shuffledSubarray([...parts, ...parts], { minLength: parts.length * 2 }))),
      fc.integer({ min: 1, max: 65535 }),
      ([order], id) => {
        const total = order[0]![2]
        // The doubles that come after the datagram is whole begin another one, which never will be.
        const fresh = new Set<number>()
        for (const [from, to] of order) {
          part(lab, from, to, total, { id })
          fresh.add(from)
          if (fresh.size === new Set(order.map(p => p[0])).size) break
        }
        assert.equal(payloadOf(sk), octets(0, total))
        assert.is(payloadOf(sk), null)
      },
    ),
    { seed: 6180, numRuns: 150 },
  )
  assert.is(ipv4(lab.t).frags.size, 0)
  assert.is(ipv4(lab.t).frags.mem, 0)
})

test('whatever fragments come, the packets are accounted for and nothing is left when time is up', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(
          fc.integer({ min: 0, max: 40 }),
          fc.integer({ min: 0, max: 120 }),
          fc.boolean(),
          fc.integer({ min: 1, max: 3 }),
        ),
        { maxLength: 60, size: 'max' },
      ),
      list => {
        const { lab, sk } = receiver()
        for (const [offset, len, more, id] of list)
          lab.ip(PEER, ME, PROTO, octets(0, len), { id, frag: (more ? MF : 0) | offset })
        checkBalance(lab.kernel)
        lab.run(33)
        while (sk.recv() !== null);
        assert.is(ipv4(lab.t).frags.mem, 0)
        assert.is(lab.kernel.skbs.live, 0)
      },
    ),
    { seed: 6181, numRuns: 60 },
  )
})

test('a fragment within what has come in one piece is a duplicate; across an edge everything of the datagram goes (RFC 5722)', () => {
  const { lab, sk } = receiver()
  part(lab, 0, 16, 48)
  part(lab, 16, 32, 48)
  part(lab, 8, 24, 48)
  part(lab, 32, 48, 48)
  assert.equal(payloadOf(sk), octets(0, 48))
  part(lab, 0, 16, 48)
  part(lab, 32, 48, 48)
  part(lab, 8, 40, 48)
  part(lab, 16, 32, 48)
  assert.is(payloadOf(sk), null)
  lab.run(33)
})

test('pieces that grew together from both sides stay apart: a fragment across them is an overlap', () => {
  const { lab, sk } = receiver()
  part(lab, 16, 32, 48)
  part(lab, 0, 16, 48)
  part(lab, 8, 24, 48)
  part(lab, 32, 48, 48)
  assert.is(payloadOf(sk), null)
})

test('two ends, and octets behind the end, are refused; so is a fragment without octets', () => {
  const { lab, sk } = receiver()
  for (const [from, to, total] of [
    [24, 32, 32],
    [32, 40, 48],
    [16, 16, 32],
  ] as const) {
    part(lab, 0, 16, 48)
    part(lab, 16, 24, 24)
    part(lab, from, to, total)
    sk.recv()
    part(lab, 24, 48, 48)
    assert.is(payloadOf(sk), null, `${from}..${to}`)
    lab.run(33)
  }
})

test('only a middle fragment is cut to a multiple of eight octets', () => {
  const { lab, sk } = receiver()
  lab.ip(PEER, ME, PROTO, octets(0, 19), { frag: MF })
  lab.ip(PEER, ME, PROTO, octets(16, 30), { frag: 2 })
  assert.equal(payloadOf(sk), octets(0, 30))
})

test('datagrams are told apart by addresses, protocol and identification', () => {
  const { lab, sk } = receiver()
  const other = rawSocket(lab.t, 252)
  part(lab, 0, 16, 24, { id: 1 })
  part(lab, 16, 24, 24, { id: 2 })
  lab.ip('10.0.0.9', ME, PROTO, octets(16, 24), { id: 1, frag: 2 })
  lab.ip(PEER, ME, 252, octets(16, 24), { id: 1, frag: 2 })
  assert.equal([payloadOf(sk), payloadOf(other)], [null, null])
  part(lab, 16, 24, 24, { id: 1 })
  assert.equal(payloadOf(sk), octets(0, 24))
})

test('after 30 s, by the timer wheel 30 to 32.05, the sender hears of it if the first fragment has come', () => {
  const { lab } = receiver()
  const start = lab.now
  part(lab, 0, 16, 48, { id: 5 })
  part(lab, 16, 32, 48, { id: 6 })
  lab.run(33)
  const sent = lab.sent()
  assert.is(sent.length, 1)
  const took = sent[0]!.time / 1e9 - start
  assert.ok(took >= 30 && took <= 32.052, `${took} s`)
  const { type, code, data } = icmpOf(sent[0]!.bytes.subarray(14))
  assert.equal([type, code], [11, 1])
  assert.equal([...data.subarray(20)], octets(0, 16))
  assert.is((data[4]! << 8) | data[5]!, 5)
})

test('ipfrag_time is the time in seconds, ipfrag_high_thresh the memory in octets', () => {
  const { lab, sk } = receiver()
  lab.sh('ip netns exec t sysctl -qw net.ipv4.ipfrag_time=1')
  part(lab, 0, 16, 48)
  lab.run(1.1)
  assert.is(lab.sent().length, 1)
  lab.sh('ip netns exec t sysctl -qw net.ipv4.ipfrag_low_thresh=0')
  lab.sh('ip netns exec t sysctl -qw net.ipv4.ipfrag_high_thresh=800')
  part(lab, 0, 16, 48, { id: 2 })
  part(lab, 16, 48, 48, { id: 2 })
  assert.is(payloadOf(sk), null)
  assert.is(lab.t.drops().find(d => d.reason === 'NOMEM')?.count, 1)
})

test('more than ipfrag_max_dist fragments of one sender between two of a datagram start it anew', () => {
  const { lab, sk } = receiver()
  for (const [others, expected] of [
    [64, null],
    [63, octets(0, 24)],
  ] as const) {
    part(lab, 0, 16, 24, { id: 1000 + others })
    for (let i = 0; i < others; i++) part(lab, 0, 8, 24, { id: i + 1 })
    part(lab, 16, 24, 24, { id: 1000 + others })
    assert.equal(payloadOf(sk), expected, `${others} others`)
    lab.run(33)
  }
})

/** ECN fields of two fragments, and of the datagram; null when they do not go together (RFC 3168 5.3). */
const ECN = [
  [0, 0, 0],
  [1, 1, 1],
  [2, 2, 2],
  [3, 3, 3],
  [2, 3, 3],
  [1, 3, 3],
  [0, 3, null],
  [0, 2, null],
  [1, 0, null],
] as const

test('congestion experienced by one fragment is that of the datagram; mixed capability is refused', () => {
  const { lab, sk } = receiver()
  for (const [a, b, expected] of ECN) {
    part(lab, 0, 16, 24, { id: 9, tos: a })
    part(lab, 16, 24, 24, { id: 9, tos: b })
    const packet = sk.recv()?.packet
    assert.is(packet === undefined ? null : packet[1]! & 3, expected, `${a} and ${b}`)
    lab.run(33)
  }
})

test('a datagram of more than 65535 octets is never put together', () => {
  const { lab, sk } = receiver()
  for (let at = 0; at < 65528; at += 1024) part(lab, at, at + 1024, 70000)
  lab.ip(PEER, ME, PROTO, octets(0, 100), { frag: 8191 })
  assert.is(payloadOf(sk), null)
  lab.run(33)
  assert.is(lab.kernel.skbs.live, 0)
})

test('each datagram that waits counts 200 octets and its fragments (struct ipq, /proc/net/sockstat of Linux)', () => {
  const { lab } = receiver()
  const { frags } = ipv4(lab.t)
  // Octets of a first fragment, and the memory in use after it, as Linux 6.18 says.
  const memory = [
    [8, 1032],
    [64, 2064],
    [104, 3096],
    [200, 4128],
    [400, 5608],
    [600, 7088],
    [1000, 9592],
    [1480, 12096],
  ] as const
  for (const [octetCount, expected] of memory) {
    part(lab, 0, octetCount, 9000, { id: octetCount })
    assert.is(frags.mem, expected, `after a fragment of ${octetCount} octets`)
  }
  lab.run(33)
  assert.equal([frags.mem, frags.size], [0, 0])
})

test('a limit of 0 takes no fragments at all', () => {
  const { lab, sk } = receiver()
  lab.sh('ip netns exec t sysctl -qw net.ipv4.ipfrag_low_thresh=0')
  lab.sh('ip netns exec t sysctl -qw net.ipv4.ipfrag_high_thresh=0')
  part(lab, 0, 16, 24)
  part(lab, 16, 24, 24)
  assert.is(payloadOf(sk), null)
})

test('nobody hears of a timeout when the address is no longer one of this host', () => {
  const { lab } = receiver()
  part(lab, 0, 16, 24)
  lab.sh('ip -n t addr add 10.0.0.3/24 dev eth0')
  lab.sh('ip -n t addr del 10.0.0.2/24 dev eth0')
  lab.run(33)
  assert.equal(lab.sentIp(), [])
})

test('100,000 fragments at random: nothing throws, the limit of memory holds, the books balance', () => {
  const { lab, sk } = receiver()
  lab.sh('ip netns exec t sysctl -qw net.ipv4.ipfrag_low_thresh=1000')
  lab.sh('ip netns exec t sysctl -qw net.ipv4.ipfrag_high_thresh=200000')
  const { frags } = ipv4(lab.t)
  const rng = new RngSource(20261125).stream()
  // One full frame may come on top of the limit.
  const most = 200_000 + 2048 + 256 + 200
  let whole = 0
  for (let i = 0; i < 100_000; i++) {
    const from = 8 * rng.below(12)
    const length = rng.below(40)
    const isLast = rng.below(3) === 0
    const fields = { id: 1 + rng.below(300), tos: rng.below(20) === 0 ? rng.below(4) : 0 }
    const frag = (isLast ? 0 : MF) | (rng.below(50) === 0 ? 8191 : from >> 3) | (rng.below(9) === 0 ? DF : 0)
    lab.ip(PEER, ME, PROTO, octets(from, from + length), { ...fields, frag })
    if (frags.mem > most) assert.unreachable(`${frags.mem} octets after fragment ${i}`)
    for (let packet = sk.recv(); packet !== null; packet = sk.recv()) whole++
    if (i % 1000 === 0) lab.run(0.5)
    if (i % 100 === 0) lab.sent()
  }
  assert.ok(whole > 100, `${whole} datagrams were put together`)
  lab.run(33)
  assert.equal([frags.mem, frags.size, lab.kernel.skbs.live], [0, 0, 0])
  checkBalance(lab.kernel)
})

test.run()
