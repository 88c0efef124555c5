/** Raw sockets: what they receive and send, and the errors that they hear of. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { rawSocket } from '../../lib/ip/raw.js'
import { formatIpv4 } from '../../lib/wire/ip.js'
import { HostLab, icmpOf } from './lab.js'
import { icmpMessage, int32, internetChecksum, ipv4Packet } from './octets.js'

const test = suite('ip/raw')

const PEER = '10.0.0.1'
const ME = '10.0.0.2'
const PROTO = 253

test('every socket of the protocol gets a copy with the IPv4 header, and the sender hears nothing', () => {
  const lab = new HostLab()
  lab.know(PEER)
  const sockets = [rawSocket(lab.t, PROTO), rawSocket(lab.t, PROTO)]
  const other = rawSocket(lab.t, 252)
  lab.ip(PEER, ME, PROTO, [1, 2, 3], { tos: 0x10, ttl: 7, id: 9 })
  const expected = ipv4Packet(PEER, ME, PROTO, [1, 2, 3], { tos: 0x10, ttl: 7, id: 9 })
  for (const sk of sockets) {
    const { packet, ttl, tos, ifindex } = sk.recv()!
    assert.equal([[...packet], ttl, tos, ifindex], [expected, 7, 0x10, lab.eth0.ifindex])
  }
  assert.is(other.recv(), null)
  assert.equal(lab.sentIp(), [])
})

test('without a socket for the protocol the sender hears "protocol unreachable" (RFC 1122 3.2.2.1)', () => {
  const lab = new HostLab()
  lab.know(PEER)
  lab.ip(PEER, ME, PROTO, [1, 2, 3])
  const [error] = lab.sentIp()
  assert.equal([icmpOf(error!).type, icmpOf(error!).code], [3, 2])
})

test('address, peer and device narrow what a socket receives', () => {
  const lab = new HostLab('ip -n t addr add 10.0.0.2/24 dev eth0\nip -n t addr add 10.0.0.3/24 dev eth0')
  const mine = rawSocket(lab.t, PROTO)
  mine.bind(int32(ME))
  const peer = rawSocket(lab.t, PROTO)
  peer.connect(int32('10.0.0.9'))
  const onLo = rawSocket(lab.t, PROTO)
  onLo.boundDev = lab.t.lo
  const got = (src: string, dst: string): number[] => {
    lab.ip(src, dst, PROTO, [1])
    return [mine, peer, onLo].map(sk => (sk.recv() === null ? 0 : 1))
  }
  assert.equal(got(PEER, ME), [1, 0, 0])
  assert.equal(got(PEER, '10.0.0.3'), [0, 0, 0])
  assert.equal(got('10.0.0.9', ME), [1, 1, 0])
})

test('what a host sends to itself comes in by the device of the address', () => {
  const lab = new HostLab()
  const onEth0 = rawSocket(lab.t, PROTO)
  onEth0.boundDev = lab.eth0
  assert.is(rawSocket(lab.t, PROTO).sendTo(Uint8Array.of(1), int32(ME)), 1)
  assert.is(onEth0.recv()?.ifindex, lab.eth0.ifindex)
})

test('an ICMP filter lets types through; a message without a whole header passes none', () => {
  const lab = new HostLab()
  const sk = rawSocket(lab.t, 1)
  sk.filter = type => type === 0
  lab.ip(PEER, ME, 1, icmpMessage(0, 0, 1))
  lab.ip(PEER, ME, 1, icmpMessage(8, 0, 1))
  lab.ip(PEER, ME, 1, [0, 0, 0xff, 0xff])
  assert.is(sk.readable, 1)
})

test('the raw receive buffer takes packets until it is full: 256 of 200 octets, 167 of 300', () => {
  const lab = new HostLab()
  for (const [size, expected] of [
    [200, 256],
    [300, 167],
    [1472, 93],
  ] as const) {
    const sk = rawSocket(lab.t, PROTO)
    for (let i = 0; i < 300; i++) lab.ip(PEER, ME, PROTO, new Array<number>(size).fill(0))
    assert.is(sk.readable, expected, `${size} octets`)
    sk.close()
  }
})

test('the header of what is sent: TTL, TOS, DF by IP_MTU_DISCOVER, options', () => {
  const lab = new HostLab()
  lab.know(PEER)
  const sk = rawSocket(lab.t, PROTO)
  sk.ttl = 3
  sk.tos = 8
  sk.ipOptions = Uint8Array.of(1, 7, 7, 4, 0, 0, 0, 0)
  sk.pmtuDisc = 'do'
  assert.is(sk.sendTo(Uint8Array.of(1, 2), int32(PEER)), 2)
  const [packet] = lab.sentIp()
  const options = [1, 7, 7, 8, 10, 0, 0, 2]
  assert.equal([...packet!], ipv4Packet(ME, PEER, PROTO, [1, 2], { ttl: 3, tos: 8, id: 0, frag: 0x4000, options }))
})

test('options are a multiple of four octets, at most 40, and well formed', () => {
  const lab = new HostLab()
  const sk = rawSocket(lab.t, PROTO)
  for (const wrong of [
    Uint8Array.of(1),
    new Uint8Array(44),
    Uint8Array.of(7, 9, 4, 0),
    Uint8Array.of(131, 7, 8, 10, 0, 0, 1, 0),
    Uint8Array.of(131, 3, 4, 0),
    Uint8Array.of(131, 8, 4, 10, 0, 0, 1, 0),
  ])
    assert.throws(() => {
      sk.ipOptions = wrong
    })
  assert.is(sk.ipOptions, null)
})

test('errors reach a connected socket when they stay, and the error queue always; quoted is what follows the header', () => {
  const lab = new HostLab()
  lab.know(PEER)
  const connected = rawSocket(lab.t, PROTO)
  connected.connect(int32('10.0.0.9'))
  const queue = rawSocket(lab.t, PROTO)
  queue.recvErr = true
  const quoted = ipv4Packet(ME, '10.0.0.9', PROTO, [1, 2, 3, 4, 5, 6, 7, 8])
  lab.ip(PEER, ME, 1, icmpMessage(11, 0, 0, quoted))
  assert.is(connected.takeError(), 0)
  lab.ip(PEER, ME, 1, icmpMessage(3, 2, 0, quoted))
  assert.is(connected.takeError(), 92)
  const [first, second] = [queue.errQueue()!, queue.errQueue()!]
  assert.equal([first.errno, first.icmpType, formatIpv4(first.offender)], [113, 11, PEER])
  assert.equal([second.errno, [...second.quoted]], [92, [1, 2, 3, 4, 5, 6, 7, 8]])
})

test('a packet that is too long is refused with DF and cut without it', () => {
  const lab = new HostLab()
  lab.know(PEER)
  const sk = rawSocket(lab.t, PROTO)
  sk.recvErr = true
  sk.pmtuDisc = 'do'
  assert.is(sk.sendTo(new Uint8Array(1481), int32(PEER)), -90)
  assert.equal([sk.errQueue()?.errno, sk.takeError()], [90, 0])
  assert.is(sk.sendTo(new Uint8Array(1480), int32(PEER)), 1480)
  lab.sent()
  sk.pmtuDisc = 'dont'
  assert.is(sk.sendTo(new Uint8Array(1481), int32(PEER)), 1481)
  assert.equal(
    lab.sentIp().map(p => p.length),
    [1500, 21],
  )
  assert.is(sk.sendTo(new Uint8Array(65516), int32(PEER)), -90)
})

test('the checksum of an echo request that a program made is its own affair', () => {
  const lab = new HostLab()
  lab.know(PEER)
  const sk = rawSocket(lab.t, 1)
  sk.sendTo(Uint8Array.of(8, 0, 1, 2, 3, 4, 5, 6), int32(PEER))
  const [packet] = lab.sentIp()
  assert.equal([...packet!.subarray(20)], [8, 0, 1, 2, 3, 4, 5, 6])
  assert.is(internetChecksum(packet!, 0, 20), 0)
})

test.run()
