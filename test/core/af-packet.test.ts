import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type PacketSocket, type PacketSocketOptions, packetSocket } from '../../lib/core/af-packet.js'
import type { NetDevice } from '../../lib/core/netdev.js'
import { PACKET_BROADCAST, PACKET_HOST, PACKET_OTHERHOST } from '../../lib/core/skb.js'
import { errnoNumber } from '../../lib/errors.js'
import { linkSet } from '../../lib/rtnl/link.js'
import { BROADCAST, checkBalance, ETH_P_TEST, frame, mac, send } from '../dev/lab.js'
import { cable } from './cable.js'

const test = suite('core/af-packet')

const ETH_P_ALL = 3
const ETH_P_ARP = 0x806

interface Got {
  readonly text: string
  readonly outgoing: boolean
  readonly pktType: number
}

const open = (dev: NetDevice, options: PacketSocketOptions): { socket: PacketSocket; got: Got[] } => {
  const socket = packetSocket(dev, options)
  const got: Got[] = []
  socket.onPacket = (octets, _dev, outgoing, pktType) =>
    got.push({ text: new TextDecoder().decode(octets.subarray(14)), outgoing, pktType })
  return { socket, got }
}

const texts = (got: Got[]): string => got.map(({ text }) => text).join(' ')

test('a payload arrives in a frame from the address of the device, octet by octet', () => {
  const { world, a, b } = cable()
  const frames: Uint8Array[] = []
  packetSocket(b, { protocol: ETH_P_TEST }).onPacket = (octets, dev) => {
    assert.is(dev, b)
    frames.push(octets)
  }
  const payload = new TextEncoder().encode('hello')
  assert.is(packetSocket(a, { protocol: 0 }).sendTo(payload, b.addr, ETH_P_TEST), 5)
  world.run()
  assert.equal(
    frames.map(f => Buffer.from(f).toString('hex')),
    ['020000000002' + '020000000001' + '88b5' + '68656c6c6f'],
  )
  checkBalance(world)
})

test('a whole frame is sent as it is, with any source', () => {
  const { world, a, b } = cable()
  const frames: Uint8Array[] = []
  packetSocket(b, { protocol: ETH_P_ALL }).onPacket = octets => frames.push(octets)
  const octets = frame(b.addr, mac('02:aa:aa:aa:aa:aa'), 'x')
  assert.is(packetSocket(a, { protocol: 0 }).sendRaw(octets), octets.length)
  world.run()
  assert.equal(frames, [octets])
})

test('a socket of one protocol receives that only, and not what is sent; one of all sees both ways', () => {
  const { world, a, b } = cable()
  const arp = open(b, { protocol: ETH_P_ARP })
  const all = open(b, { protocol: ETH_P_ALL })
  send(a, frame(BROADCAST, a.addr, 'in', ETH_P_ARP))
  send(a, frame(b.addr, a.addr, 'other'))
  send(a, frame(mac('02:00:00:00:00:99'), a.addr, 'stray'))
  send(b, frame(a.addr, b.addr, 'out', ETH_P_ARP))
  world.run()
  assert.equal(arp.got, [{ text: 'in', outgoing: false, pktType: PACKET_BROADCAST }])
  assert.is(texts(all.got), 'in other stray out')
  assert.equal(
    all.got.map(({ outgoing }) => outgoing),
    [false, false, false, true],
  )
  assert.equal(
    all.got.slice(0, 3).map(({ pktType }) => pktType),
    [PACKET_BROADCAST, PACKET_HOST, PACKET_OTHERHOST],
  )
})

test('frames are handed over in process context, after the sender has returned', () => {
  const { world, a, b } = cable()
  const { socket, got } = open(b, { protocol: ETH_P_ALL })
  send(a, frame(b.addr, a.addr, '1'))
  send(a, frame(b.addr, a.addr, '2'))
  assert.equal(got, [])
  assert.equal(world.sim.pending(), ['now: packet socket on h2:eth0', 'now: packet socket on h2:eth0'])
  socket.onPacket = (
    (then = socket.onPacket!): PacketSocket['onPacket'] =>
    (...args) => {
      assert.is(world.sim.inSoftirq, false)
      then(...args)
    }
  )()
  world.run()
  assert.is(texts(got), '1 2')
})

test('what waits when a socket is closed is not handed over', () => {
  const { world, a, b } = cable()
  const { socket, got } = open(b, { protocol: ETH_P_ALL })
  send(a, frame(b.addr, a.addr, '1'))
  socket.close()
  send(a, frame(b.addr, a.addr, '2'))
  world.run()
  assert.equal(got, [])
})

test('the frame is a copy: to change it changes nothing for others', () => {
  const { world, a, b } = cable()
  const [first, second] = [packetSocket(b, { protocol: ETH_P_ALL }), open(b, { protocol: ETH_P_ALL })]
  first.onPacket = octets => octets.fill(0)
  send(a, frame(b.addr, a.addr, 'x'))
  world.run()
  assert.is(texts(second.got), 'x')
})

test('a socket may keep its device promiscuous while it is open', () => {
  const { a } = cable()
  const [one, two] = [packetSocket(a, { protocol: 3, promisc: true }), packetSocket(a, { protocol: 3, promisc: true })]
  packetSocket(a, { protocol: 3 })
  assert.is(a.promiscuity, 2)
  one.close()
  one.close()
  assert.is(a.promiscuity, 1)
  two.close()
  assert.is(a.promiscuity, 0)
})

test('nothing is sent by a device that is down (ENETDOWN), nor frames that are too long (EMSGSIZE)', () => {
  const { a } = cable()
  const socket = packetSocket(a, { protocol: 0 })
  assert.is(socket.sendTo(new Uint8Array(1500), BROADCAST, ETH_P_TEST), 1500)
  assert.is(socket.sendTo(new Uint8Array(1505), BROADCAST, ETH_P_TEST), -errnoNumber('EMSGSIZE'))
  // A VLAN tag is allowed on top (packet_extra_vlan_len_allowed).
  assert.is(socket.sendRaw(frame(BROADCAST, a.addr, new Uint8Array(1504), 0x8100)), 1518)
  assert.is(socket.sendRaw(frame(BROADCAST, a.addr, new Uint8Array(1505), 0x8100)), -errnoNumber('EMSGSIZE'))
  linkSet(a, { up: false })
  assert.is(socket.sendTo(new Uint8Array(1), BROADCAST, ETH_P_TEST), -errnoNumber('ENETDOWN'))
})

test('a cable without its far end takes what is sent, and a full backlog is ENOBUFS', () => {
  const { world, a, b } = cable()
  const socket = packetSocket(a, { protocol: 0 })
  world.sim.bhDisable()
  const sent = Array.from({ length: 1002 }, () => socket.sendTo(new Uint8Array(9), b.addr, ETH_P_TEST))
  world.sim.bhEnable()
  assert.equal(sent.slice(1000), [9, -errnoNumber('ENOBUFS')])
  linkSet(b, { up: false })
  world.run()
  // The noop qdisc's congestion is success for the sender.
  assert.is(socket.sendTo(new Uint8Array(9), b.addr, ETH_P_TEST), 9)
  assert.equal(a.netns.accounting().dropped, { QDISC_DROP: 1 })
  checkBalance(world)
})

test('a socket rests while its device is down and goes on when it is up', () => {
  const { world, a, b } = cable()
  const { got } = open(b, { protocol: ETH_P_TEST })
  for (const up of [false, true]) {
    linkSet(b, { up })
    send(a, frame(b.addr, a.addr, `up ${up}`))
  }
  world.run()
  assert.is(texts(got), 'up true')
})

test.run()
