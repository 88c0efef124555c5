/** UDP sockets: binding, choice of the receiver, errors and full buffers, as Linux 6.18 showed them. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { deliverSkb } from '../../lib/core/skb.js'
import { NetloomError } from '../../lib/errors.js'
import { udpSocket, type UdpSocket } from '../../lib/ip/udp.js'
import { formatIpv4 } from '../../lib/wire/ip.js'
import { HostLab, icmpOf, X_MAC } from './lab.js'
import { icmpMessage, int32, ipv4Packet, udpDatagram } from './octets.js'

const test = suite('ip/udp')

const PEER = '10.0.0.1'
const ME = '10.0.0.2'
const ECONNREFUSED = 111
const EMSGSIZE = 90

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** The errno's name that a call throws, or `ok`. */
const outcome = (call: () => void): string => {
  try {
    call()
    return 'ok'
  } catch (e) {
    if (!(e instanceof NetloomError)) throw e
    return e.code
  }
}

interface Options {
  readonly address?: string
  readonly reuseAddr?: boolean
  readonly reusePort?: boolean
  readonly dev?: string
}

const bound = (lab: HostLab, port: number, { address = '0.0.0.0', dev, ...options }: Options = {}): UdpSocket => {
  const sk = udpSocket(lab.t)
  Object.assign(sk, options)
  if (dev !== undefined) sk.boundDev = lab.t.dev(dev)
  sk.bind({ address: int32(address), port })
  return sk
}

const receive = (lab: HostLab, dst: string, dport: number, src = PEER, sport = 5000, payload = 'x'): void =>
  lab.ip(src, dst, 17, udpDatagram(src, dst, sport, dport, [...bytes(payload)]))

test('two sockets share a port when their addresses, devices or permissions differ (udp_lib_lport_inuse)', () => {
  const lab = new HostLab('ip -n t addr add 10.0.0.2/24 dev eth0\nip -n t addr add 10.0.0.3/24 dev eth0')
  const table: readonly [Options, Options, string][] = [
    [{}, {}, 'EADDRINUSE'],
    [{ address: ME }, {}, 'EADDRINUSE'],
    [{}, { address: ME }, 'EADDRINUSE'],
    [{ address: ME }, { address: ME }, 'EADDRINUSE'],
    [{ address: ME }, { address: '10.0.0.3' }, 'ok'],
    [{ reuseAddr: true }, { reuseAddr: true }, 'ok'],
    [{ reuseAddr: true }, {}, 'EADDRINUSE'],
    [{ reusePort: true }, { reusePort: true }, 'ok'],
    [{ reusePort: true }, { reuseAddr: true }, 'EADDRINUSE'],
    [{ dev: 'eth0' }, { dev: 'lo' }, 'ok'],
    [{ dev: 'eth0' }, { dev: 'eth0' }, 'EADDRINUSE'],
    [{ dev: 'eth0' }, {}, 'EADDRINUSE'],
  ]
  for (const [first, second, expected] of table) {
    const sk = bound(lab, 7000, first)
    assert.is(
      outcome(() => bound(lab, 7000, second).close()),
      expected,
      JSON.stringify([first, second]),
    )
    sk.close()
  }
})

test('a socket may be bound to an own, any, broadcast or group address, once', () => {
  const lab = new HostLab()
  const table = [
    ['10.0.0.2', 'ok'],
    ['127.0.0.7', 'ok'],
    ['0.0.0.0', 'ok'],
    ['10.0.0.255', 'ok'],
    ['255.255.255.255', 'ok'],
    ['239.1.1.1', 'ok'],
    ['10.0.0.9', 'EADDRNOTAVAIL'],
    ['10.9.9.9', 'EADDRNOTAVAIL'],
  ] as const
  for (const [address, expected] of table)
    assert.is(
      outcome(() => bound(lab, 7000, { address }).close()),
      expected,
      address,
    )
  const sk = bound(lab, 7000)
  assert.is(
    outcome(() => sk.bind({ port: 7001 })),
    'EINVAL',
  )
})

test('a free port comes from ip_local_port_range, and none is EADDRINUSE', () => {
  const lab = new HostLab()
  lab.sh('ip netns exec t sysctl -qw net.ipv4.ip_local_port_range="40000 40004"')
  const ports = Array.from({ length: 5 }, () => bound(lab, 0).localPort).sort()
  assert.equal(ports, [40000, 40001, 40002, 40003, 40004])
  assert.is(
    outcome(() => bound(lab, 0)),
    'EADDRINUSE',
  )
})

test('a datagram is for the socket that says most about it; one for the address comes before any for all addresses', () => {
  const lab = new HostLab()
  const any = bound(lab, 7000, { reuseAddr: true })
  const newer = bound(lab, 7000, { reuseAddr: true })
  const mine = bound(lab, 7000, { reuseAddr: true, address: ME })
  const onDev = bound(lab, 7000, { reuseAddr: true, dev: 'eth0' })
  const connected = bound(lab, 7000, { reuseAddr: true, address: ME })
  connected.connect(int32(PEER), 5000)
  const order = [connected, mine, onDev, newer, any]
  for (const expected of order) {
    receive(lab, ME, 7000)
    assert.equal(
      order.map(sk => sk.readable),
      order.map(sk => (sk === expected ? 1 : 0)),
    )
    expected.recv()
    expected.close()
  }
})

test('a connected socket hears its peer only', () => {
  const lab = new HostLab()
  const sk = bound(lab, 7000)
  sk.connect(int32(PEER), 5000)
  receive(lab, ME, 7000, PEER, 5001)
  receive(lab, ME, 7000, '10.0.0.9', 5000)
  assert.is(sk.readable, 0)
  receive(lab, ME, 7000, PEER, 5000, 'hello')
  const { data, saddr, sport, daddr, ttl } = sk.recv()!
  assert.equal(
    [new TextDecoder().decode(data), formatIpv4(saddr), sport, formatIpv4(daddr), ttl],
    ['hello', PEER, 5000, ME, 64],
  )
})

test('a broadcast or group datagram goes to every socket that fits, and nobody is told when there is none', () => {
  const lab = new HostLab()
  const all = [
    bound(lab, 7000, { reuseAddr: true }),
    bound(lab, 7000, { reuseAddr: true }),
    bound(lab, 7000, { reuseAddr: true, address: '10.0.0.255' }),
  ]
  const mine = bound(lab, 7000, { reuseAddr: true, address: ME })
  receive(lab, '10.0.0.255', 7000)
  assert.equal(
    [...all, mine].map(sk => sk.readable),
    [1, 1, 1, 0],
  )
  receive(lab, '10.0.0.255', 9)
  receive(lab, '224.0.0.1', 9)
  lab.run(4)
  assert.equal(lab.sentIp(), [])
})

test('connect chooses the source; the peer must be reachable, and broadcast be allowed', () => {
  const lab = new HostLab()
  const table = [
    [PEER, ME],
    ['127.0.0.1', '127.0.0.1'],
    ['0.0.0.0', '127.0.0.1'],
    ['10.9.9.9', 'ENETUNREACH'],
    ['0.1.2.3', 'ENETUNREACH'],
    ['224.0.0.1', 'ENETUNREACH'],
    ['255.255.255.255', 'ENETUNREACH'],
    ['10.0.0.255', 'EACCES'],
  ] as const
  for (const [peer, expected] of table) {
    const sk = udpSocket(lab.t)
    const result = outcome(() => sk.connect(int32(peer), 9))
    assert.is(result === 'ok' ? formatIpv4(sk.localAddress) : result, expected, peer)
    sk.close()
  }
})

test('one bound to a broadcast address sends from an own one', () => {
  const lab = new HostLab()
  lab.know(PEER)
  const sk = bound(lab, 7005, { address: '10.0.0.255' })
  assert.is(sk.sendTo(bytes('x'), int32(PEER), 9), 1)
  assert.equal([...lab.sentIp()[0]!.subarray(12, 16)], [10, 0, 0, 2])
})

test('port unreachable is reported by the next call of a connected socket, once', () => {
  const lab = new HostLab()
  lab.know(PEER)
  const sk = udpSocket(lab.t)
  sk.connect(int32(PEER), 9)
  const refuse = (): void => {
    assert.is(sk.send(bytes('x')), 1)
    const [sent] = lab.sentIp()
    lab.ip(PEER, ME, 1, icmpMessage(3, 3, 0, [...sent!]))
  }
  refuse()
  assert.is(sk.send(bytes('x')), -ECONNREFUSED)
  assert.is(sk.send(bytes('x')), 1)
  lab.sent()
  refuse()
  assert.is(sk.takeError(), ECONNREFUSED)
  assert.is(sk.takeError(), 0)
})

test('what cannot be sent at all is refused before the pending error is reported', () => {
  const lab = new HostLab()
  lab.know(PEER)
  const sk = udpSocket(lab.t)
  sk.connect(int32(PEER), 9)
  sk.setError(ECONNREFUSED)
  assert.is(sk.sendTo(new Uint8Array(65508), int32(PEER), 9), -EMSGSIZE)
  assert.is(sk.sendTo(bytes('x'), int32('10.9.9.9'), 5), -101)
  assert.is(sk.sendTo(bytes('x'), int32('10.0.0.255'), 5), -13)
  assert.is(sk.sendTo(bytes('x'), int32(PEER), 0), -22)
  assert.is(sk.sendTo(new Uint8Array(65507), int32(PEER), 9), -ECONNREFUSED)
})

test('an unconnected socket hears of errors only in its error queue', () => {
  const lab = new HostLab()
  lab.know(PEER)
  const sk = bound(lab, 7000)
  const quoted = ipv4Packet(ME, PEER, 17, udpDatagram(ME, PEER, 7000, 9, [1, 2]))
  lab.ip(PEER, ME, 1, icmpMessage(3, 3, 0, quoted))
  assert.is(sk.takeError(), 0)
  sk.recvErr = true
  lab.ip('10.0.0.254', ME, 1, icmpMessage(3, 1, 0, quoted))
  const e = sk.errQueue()!
  assert.equal(
    [e.errno, e.icmpType, e.icmpCode, formatIpv4(e.offender), formatIpv4(e.daddr), e.dport],
    [113, 3, 1, '10.0.0.254', PEER, 9],
  )
})

/** Type, code, what a connected socket without an error queue hears. */
const ERRORS = [
  [3, 0, 0],
  [3, 1, 0],
  [3, 2, 92],
  [3, 3, 111],
  [3, 9, 101],
  [3, 10, 113],
  [3, 13, 113],
  [4, 0, 0],
  [11, 0, 0],
  [12, 0, 71],
] as const

test('errors that may pass are not reported to a connected socket, those that stay are (RFC 1122 4.1.3.3)', () => {
  const lab = new HostLab()
  const sk = bound(lab, 7000)
  sk.connect(int32(PEER), 9)
  const quoted = ipv4Packet(ME, PEER, 17, udpDatagram(ME, PEER, 7000, 9, [1, 2]))
  for (const [type, code, errno] of ERRORS) {
    lab.ip(PEER, ME, 1, icmpMessage(type, code, 0, quoted))
    assert.is(sk.takeError(), errno, `type ${type} code ${code}`)
  }
})

test('a receive buffer of 212992 octets holds 256 small datagrams, 166 of 300 octets, 92 of 1472, 59 of 2000 (fragments)', () => {
  const lab = new HostLab('ip -n t addr add 10.0.0.2/24 dev eth0')
  for (const [size, expected] of [
    [1, 256],
    [150, 256],
    [200, 166],
    [600, 166],
    [661, 92],
    [1472, 92],
    [2000, 59],
    [4000, 30],
    [9000, 14],
  ] as const) {
    const sk = bound(lab, 7000)
    const sender = udpSocket(lab.t)
    sender.connect(int32(ME), 7000)
    lab.sh(`ip -n t link set lo mtu ${size > 1472 ? 1500 : 65536}`)
    for (let i = 0; i < 300; i++) sender.send(new Uint8Array(size))
    lab.run(0.1)
    assert.is(sk.readable, expected, `${size} octets`)
    assert.is(sk.drops, 300 - expected)
    sk.close()
    sender.close()
  }
})

test('a small buffer takes one datagram of any size, and after it what fits', () => {
  const lab = new HostLab()
  const sk = bound(lab, 7000)
  sk.rcvbuf = 100
  receive(lab, ME, 7000)
  receive(lab, ME, 7000)
  assert.is(sk.readable, 1)
  sk.recv()
  receive(lab, ME, 7000)
  assert.is(sk.readable, 1)
})

test('datagrams with a wrong length or checksum are dropped; one without checksum is taken (RFC 768)', () => {
  const lab = new HostLab()
  const sk = bound(lab, 7000)
  const right = udpDatagram(PEER, ME, 5000, 7000, [1, 2, 3])
  const variants: readonly [string, number[], number][] = [
    ['right', right, 1],
    ['no checksum', udpDatagram(PEER, ME, 5000, 7000, [1, 2, 3], true), 1],
    ['wrong checksum', right.map((b, i) => (i === 7 ? b ^ 1 : b)), 0],
    ['longer than the packet', right.map((b, i) => (i === 5 ? 12 : b)), 0],
    ['shorter than the header', right.map((b, i) => (i === 5 ? 7 : b)), 0],
    ['shorter than the header, without checksum', right.map((b, i) => (i === 5 ? 7 : i === 6 || i === 7 ? 0 : b)), 0],
    ['header cut', right.slice(0, 6), 0],
  ]
  for (const [what, datagram, expected] of variants) {
    lab.ip(PEER, ME, 17, datagram)
    assert.is(sk.readable, expected, what)
    sk.recv()
  }
  // Octets behind the datagram's own length are no part of it.
  lab.ip(PEER, ME, 17, [...udpDatagram(PEER, ME, 5000, 7000, [1, 2, 3], true), 9, 9])
  assert.equal([...sk.recv()!.data], [1, 2, 3])
})

test('a datagram that a closed port refuses with a wrong checksum is not answered', () => {
  const lab = new HostLab()
  lab.know(PEER)
  lab.ip(
    PEER,
    ME,
    17,
    udpDatagram(PEER, ME, 5000, 9, [1]).map((b, i) => (i === 7 ? b ^ 1 : b)),
  )
  assert.equal(lab.sentIp(), [])
  receive(lab, ME, 9)
  assert.equal(
    lab.sentIp().map(p => [icmpOf(p).type, icmpOf(p).code]),
    [[3, 3]],
  )
})

test('IP_MTU_DISCOVER: want fragments what is too long and sets DF on the rest, do refuses, dont never sets DF', () => {
  const lab = new HostLab()
  lab.know(PEER)
  const flags = (disc: UdpSocket['pmtuDisc'], size: number): unknown => {
    const sk = udpSocket(lab.t)
    sk.pmtuDisc = disc
    sk.recvErr = true
    const rc = sk.sendTo(new Uint8Array(size), int32(PEER), 9)
    const frags = lab.sentIp().map(p => (p[6]! << 8) | p[7]!)
    const e = sk.errQueue()
    return rc < 0 ? [rc, e?.errno, e?.info] : frags
  }
  assert.equal(flags('want', 100), [0x4000])
  assert.equal(flags('want', 2000), [0x2000, 185])
  assert.equal(flags('dont', 100), [0])
  assert.equal(flags('dont', 2000), [0x2000, 185])
  assert.equal(flags('do', 100), [0x4000])
  assert.equal(flags('do', 2000), [-EMSGSIZE, EMSGSIZE, 1500])
  assert.equal(flags('probe', 2000), [-EMSGSIZE, EMSGSIZE, 1500])
})

test('multicast leaves with TTL 1 by the device that was joined or named, and is heard on it by members', () => {
  const lab = new HostLab()
  const sk = bound(lab, 7000)
  sk.mcastIf = lab.eth0
  sk.memberships.join(int32('239.1.1.1'), lab.eth0)
  assert.is(
    outcome(() => sk.memberships.join(int32('239.1.1.1'), lab.eth0)),
    'EADDRINUSE',
  )
  assert.is(sk.sendTo(bytes('m'), int32('239.1.1.1'), 7000), 1)
  lab.run(0)
  const frame = lab.sent().find(f => f.bytes[23] === 17)!.bytes
  assert.equal([...frame.subarray(0, 6)], [0x01, 0x00, 0x5e, 0x01, 0x01, 0x01])
  assert.is(frame[22], 1)
  assert.is(new TextDecoder().decode(sk.recv()!.data), 'm')
  sk.mcastLoop = false
  sk.sendTo(bytes('m'), int32('239.1.1.1'), 7000)
  assert.is(sk.readable, 0)
  lab.ip(PEER, '239.1.1.1', 17, udpDatagram(PEER, '239.1.1.1', 5000, 7000, [1]), {}, '01:00:5e:01:01:01')
  assert.is(sk.readable, 1)
  sk.memberships.leave(int32('239.1.1.1'), lab.eth0)
  lab.ip(PEER, '239.1.1.1', 17, udpDatagram(PEER, '239.1.1.1', 5000, 7000, [1]), {}, '01:00:5e:01:01:01')
  assert.is(sk.readable, 1)
  assert.is(
    outcome(() => sk.memberships.leave(int32('239.1.1.1'), lab.eth0)),
    'EADDRNOTAVAIL',
  )
})

test('what waits in a closed socket is accounted for, and the socket sends no more', () => {
  const lab = new HostLab()
  const sk = bound(lab, 7000)
  receive(lab, ME, 7000)
  sk.close()
  assert.is(lab.kernel.skbs.live, 0)
  assert.is(sk.sendTo(bytes('x'), int32(PEER), 9), -32)
  assert.is(
    outcome(() => bound(lab, 7000)),
    'ok',
  )
})

test('the frame of a datagram: addresses, TTL, TOS, checksum (RFC 768, 791)', () => {
  const lab = new HostLab()
  lab.know(PEER)
  const sk = bound(lab, 7000)
  sk.tos = 0x48
  sk.ttl = 9
  sk.sendTo(bytes('hello'), int32(PEER), 53)
  const frame = lab.sent()[0]!.bytes
  const id = (frame[18]! << 8) | frame[19]!
  const packet = ipv4Packet(ME, PEER, 17, udpDatagram(ME, PEER, 7000, 53, [...bytes('hello')]), {
    tos: 0x48,
    ttl: 9,
    id,
    frag: 0x4000,
  })
  assert.equal([...frame.subarray(14)], packet)
  assert.is(Buffer.from(frame.subarray(0, 6)).toString('hex'), X_MAC.replaceAll(':', ''))
})

test('a datagram that was read is sent on as its octets would be, of any length and with or without offload', () => {
  for (const offload of ['off', 'on'])
    for (const length of [0, 1, 2, 63, 64, 200, 1471, 1472]) {
      const payload = 'abcdefg'.repeat(500).slice(0, length)
      const frames = [false, true].map(isCopied => {
        const lab = new HostLab()
        lab.sh(`ip netns exec t ethtool -K eth0 tx ${offload}`)
        // Longer datagrams than this leave in fragments.
        lab.sh(`ip -n t route add ${PEER}/32 dev eth0 mtu 1000`)
        lab.know(PEER)
        const sk = bound(lab, 7000)
        receive(lab, ME, 7000, PEER, 5000, payload)
        lab.sent()
        const read = sk.recvSkb()!
        const { data, tail } = read
        const octets = read.buf.slice(data, tail)
        if (isCopied) deliverSkb(read)
        const rc = isCopied ? sk.sendTo(octets, int32(PEER), 9) : sk.sendSkb(read, int32(PEER), 9)
        assert.is(rc, length)
        const { delivered, created } = lab.t.accounting()
        return [...lab.sent().map(f => Buffer.from(f.bytes).toString('hex')), delivered, created, lab.kernel.skbs.live]
      })
      assert.ok(frames[0]!.length > 3)
      assert.equal(frames[0], frames[1])
    }
})

test('a datagram that was read and cannot be sent on has ended', () => {
  const lab = new HostLab()
  const sk = bound(lab, 7000)
  const sendsOn = (address: string, port: number): number => {
    receive(lab, ME, 7000)
    return sk.sendSkb(sk.recvSkb()!, int32(address), port)
  }
  assert.is(sendsOn('192.0.2.1', 9), -101)
  assert.is(sendsOn(PEER, 0), -22)
  receive(lab, ME, 7000)
  const read = sk.recvSkb()!
  assert.is(sk.recvSkb(), null)
  sk.close()
  assert.is(sk.sendSkb(read, int32(PEER), 9), -32)
  assert.is(lab.t.accounting().alive, 0)
  assert.is(lab.kernel.skbs.live, 0)
})

test.run()
