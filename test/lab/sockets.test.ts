/**
 * Sockets of users: programs as callbacks, errors by the names of errno as system calls of Linux return them.
 */
import { inspect } from 'node:util'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Errno, ms, NetloomError, s } from '../../lib/index.js'
import { assertFrames, assertNothingAlive, assertSeen } from '../../lib/testing/index.js'
import { dissect } from '../../lib/wire/dissect.js'
import { Lan } from './lan.js'

const test = suite('lab/sockets')

/** A switch with hosts whose links are up and whose neighbours are known. */
const readyLan = (count = 2): Lan => {
  const lan = new Lan(count)
  lan.world.run()
  const ping = lan.host(1).ping('10.0.0.2')
  lan.world.run({ until: () => !ping.isRunning, within: s(1) })
  return lan
}

const codeOf = (run: () => unknown): string => {
  try {
    run()
  } catch (e) {
    if (e instanceof NetloomError) return e.code
    throw e
  }
  return 'nothing was thrown'
}

test('an echo server is a callback on a socket', () => {
  const { world, hosts } = readyLan()
  const answers: string[] = []
  hosts[1]!.udp.bind({ port: 7000 }, (datagram, reply) => reply(`${datagram.text}!`))
  const client = hosts[0]!.udp.connect('10.0.0.2', 7000, datagram => answers.push(datagram.text))
  assert.is(client.send('hëllo'), 6)
  world.run({ for: ms(1) })
  assert.equal(answers, ['hëllo!'])
  assert.equal(client.peer, { address: '10.0.0.2', port: 7000 })
  assert.is(client.address, '10.0.0.1')
})

test('a socket without handler is read when one likes', () => {
  const { world, hosts } = readyLan()
  const server = hosts[1]!.udp.bind({ port: 7000 })
  const client = hosts[0]!.udp.bind({ port: 4000, tos: 0x10, ttl: 9 })
  client.sendTo(Uint8Array.of(1, 2, 3), { address: '10.0.0.2', port: 7000 })
  world.run({ for: ms(1) })
  assert.is(server.readable, 1)
  const datagram = server.recv()!
  assert.equal(datagram.data, Uint8Array.of(1, 2, 3))
  assert.equal(datagram.from, { address: '10.0.0.1', port: 4000 })
  assert.equal(datagram.to, { address: '10.0.0.2', port: 7000 })
  assert.equal([datagram.dev, datagram.ttl, datagram.tos], ['eth0', 9, 0x10])
  assert.match(inspect(datagram), 'UdpDatagram {\n  from: { address: ')
  assert.is(server.recv(), null)
})

test('recvInto reads without making objects; the length is that of the datagram', () => {
  const { world, hosts } = readyLan()
  const lengths: number[] = []
  const buffer = new Uint8Array(4)
  const server = hosts[1]!.udp.bind({ port: 7000 })
  server.onReadable(socket => {
    for (let n = socket.recvInto(buffer); n >= 0; n = socket.recvInto(buffer)) lengths.push(n)
  })
  const client = hosts[0]!.udp.connect('10.0.0.2', 7000)
  for (const text of ['ab', '', 'abcdef']) client.send(text)
  world.run({ for: ms(1) })
  assert.equal(lengths, [2, 0, 6])
  assert.equal(buffer, Uint8Array.of(97, 98, 99, 100))
})

test('a handler that comes later gets what has been waiting', () => {
  const { world, hosts } = readyLan()
  const server = hosts[1]!.udp.bind({ port: 7000 })
  hosts[0]!.udp.connect('10.0.0.2', 7000).send('early')
  world.run({ for: ms(1) })
  const got: string[] = []
  server.onDatagram(datagram => got.push(datagram.text))
  world.run({ for: ms(1) })
  assert.equal(got, ['early'])
})

test('errors of binding and connecting', () => {
  const { hosts } = readyLan()
  const { udp } = hosts[0]!
  udp.bind({ port: 7000 })
  assert.is(
    codeOf(() => udp.bind({ port: 7000 })),
    'EADDRINUSE',
  )
  assert.is(
    codeOf(() => udp.bind({ address: '10.0.0.2' })),
    'EADDRNOTAVAIL',
  )
  assert.is(
    codeOf(() => udp.bind({ dev: 'eth7' })),
    'ENODEV',
  )
  assert.is(
    codeOf(() => udp.bind({ prot: 7 } as object)),
    'EINVAL',
  )
  assert.is(
    codeOf(() => udp.connect('192.0.2.1', 7)),
    'ENETUNREACH',
  )
  assert.is(
    codeOf(() => udp.connect('10.0.0.255', 7)),
    'EACCES',
  )
  udp.bind({ port: 8000, reuseAddr: true })
  udp.bind({ port: 8000, reuseAddr: true })
})

test('errors of sending', () => {
  const { hosts } = readyLan()
  const socket = hosts[0]!.udp.bind({})
  assert.is(
    codeOf(() => socket.send('to whom?')),
    'EDESTADDRREQ',
  )
  assert.is(
    codeOf(() => socket.sendTo('x', { address: '192.0.2.1', port: 7 })),
    'ENETUNREACH',
  )
  assert.is(
    codeOf(() => socket.sendTo('x', { address: '10.0.0.255', port: 7 })),
    'EACCES',
  )
  assert.is(
    codeOf(() => socket.sendTo(new Uint8Array(65_508), { address: '10.0.0.2', port: 7 })),
    'EMSGSIZE',
  )
  assert.is(
    codeOf(() => socket.sendTo('x', { address: '10.0.0.2', port: 0 })),
    'EINVAL',
  )
  socket.close()
  assert.is(
    codeOf(() => socket.sendTo('x', { address: '10.0.0.2', port: 7 })),
    'EPIPE',
  )
})

test('a closed port makes the next call on a connected socket fail, once', () => {
  const { world, hosts } = readyLan()
  const socket = hosts[0]!.udp.connect('10.0.0.2', 9)
  socket.send('anybody?')
  world.run({ for: ms(1) })
  assert.is(
    codeOf(() => socket.send('still nobody?')),
    'ECONNREFUSED',
  )
  assert.is(socket.send('again'), 5)
})

test('onError hears of ICMP errors when they arrive', () => {
  const { world, hosts } = readyLan()
  const errors: Errno[] = []
  const socket = hosts[0]!.udp.connect('10.0.0.2', 9, undefined, { onError: code => errors.push(code) })
  socket.send('anybody?')
  world.run({ for: ms(1) })
  assert.equal(errors, ['ECONNREFUSED'])
  assert.is(socket.takeError(), null)
})

test('with recvErr the error queue tells who sent the error and about what', () => {
  const { world, hosts } = readyLan()
  const socket = hosts[0]!.udp.bind({ port: 4000, recvErr: true })
  socket.sendTo('lost', { address: '10.0.0.2', port: 9 })
  world.run({ for: ms(1) })
  const { code, icmp, offender, destination, quoted } = socket.errQueue()!
  assert.equal([code, icmp, offender, destination], ['ECONNREFUSED', { type: 3, code: 3 }, '10.0.0.2', '10.0.0.2'])
  assert.is(quoted.length, 12)
  assert.is(socket.errQueue(), null)
})

test('broadcast and multicast reach those who listen', () => {
  const { world, hosts } = readyLan(3)
  const got: string[] = []
  for (const host of hosts.slice(1)) host.udp.bind({ port: 5353 }, d => got.push(`${host} ${d.text}`))
  hosts[2]!.udp.bind({ port: 5354 }, d => got.push(`${hosts[2]} ${d.text}`)).joinGroup('239.1.2.3', { dev: 'eth0' })
  hosts[0]!.udp.bind({ broadcast: true }).sendTo('all', { address: '10.0.0.255', port: 5353 })
  const sender = hosts[0]!.udp.bind({ mcastIf: 'eth0', mcastLoop: false })
  sender.sendTo('group', { address: '239.1.2.3', port: 5354 })
  world.run({ for: ms(1) })
  assert.equal(got.sort(), ['h2 all', 'h3 all', 'h3 group'])
  assert.is(
    codeOf(() => sender.leaveGroup('239.9.9.9', { dev: 'eth0' })),
    'EADDRNOTAVAIL',
  )
  // Without a device the route says which one, and there is none.
  assert.is(
    codeOf(() => sender.leaveGroup('239.9.9.9')),
    'ENODEV',
  )
})

test('a full receive buffer loses datagrams and counts them', () => {
  const { world, hosts } = readyLan()
  const server = hosts[1]!.udp.bind({ port: 7000, rcvbuf: 4096 })
  const client = hosts[0]!.udp.connect('10.0.0.2', 7000)
  for (let i = 0; i < 20; i++) client.send(new Uint8Array(1000))
  world.run({ for: ms(1) })
  assert.is(server.readable + server.overruns, 20)
  assert.ok(server.overruns > 0)
  assert.is(world.drops().find(d => d.reason === 'SOCKET_RCVBUFF')?.count, server.overruns)
})

test('an error in a handler comes out of run()', () => {
  const { world, hosts } = readyLan()
  hosts[1]!.udp.bind({ port: 7000 }, () => {
    throw new TypeError('a slip')
  })
  hosts[0]!.udp.connect('10.0.0.2', 7000).send('x')
  assert.throws(() => world.run(), /a slip/)
  world.run()
  assertNothingAlive(world)
})

test('raw sockets see the packets of their protocol', () => {
  const { world, hosts } = readyLan()
  const seen: string[] = []
  const raw = hosts[1]!.raw.open('icmp', {}, p => seen.push(`${p.from} > ${p.to} on ${p.dev}, ttl ${p.ttl}`))
  hosts[0]!.ping('10.0.0.2', { ttl: 7 })
  world.run()
  assert.equal(seen, ['10.0.0.1 > 10.0.0.2 on eth0, ttl 7'])
  raw.close()
  assert.is(
    codeOf(() => hosts[1]!.raw.open('icmp', { address: '10.0.0.1' })),
    'EADDRNOTAVAIL',
  )
  const custom = hosts[0]!.raw.open(253)
  const capture = world.capture({ dev: hosts[1]!.dev('eth0'), filter: 'ip' })
  assert.is(custom.sendTo('hi', '10.0.0.2'), 2)
  assert.is(
    codeOf(() => custom.sendTo('hi', '192.0.2.9')),
    'ENETUNREACH',
  )
  world.run({ for: ms(1) })
  assertSeen(capture, { ipv4: { proto: 253, saddr: '10.0.0.1' }, payload: 'hi' })
})

test('packet sockets inject and see whole frames', () => {
  const { world, hosts } = readyLan()
  const lines: string[] = []
  const socket = hosts[0]!.packet.open('eth0', {}, (frame, direction) => lines.push(`${direction} ${dissect(frame)}`))
  const seen = world.capture({ dev: hosts[1]!.dev('eth0'), direction: 'in' })
  socket.send({
    eth: { dst: 'ff:ff:ff:ff:ff:ff', src: '02:00:00:00:01:01' },
    arp: { op: 1, sha: '02:00:00:00:01:01', spa: '10.0.0.1', tha: '00:00:00:00:00:00', tpa: '10.0.0.2' },
  })
  world.run({ for: ms(1) })
  assertFrames(seen, ['ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28'])
  assert.equal(lines, [
    'outgoing ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28',
    'host ARP, Reply 10.0.0.2 is-at 02:00:00:00:02:01, length 28',
  ])
  hosts[0]!.link.set('eth0', { up: false })
  assert.is(
    codeOf(() => socket.send(new Uint8Array(60))),
    'ENETDOWN',
  )
})

test('sockets and captures end with the block that holds them', () => {
  const { world, hosts } = readyLan()
  {
    using server = hosts[1]!.udp.bind({ port: 7000 })
    using seen = world.capture({ dev: hosts[1]!.dev('eth0') })
    assert.not(server.isClosed)
    assert.ok(seen.isOpen)
  }
  hosts[1]!.udp.bind({ port: 7000 })
})

test.run()
