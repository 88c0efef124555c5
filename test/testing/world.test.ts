/**
 * Assertions about worlds: who reaches whom, what was dropped, deadlines, rest; and what they say when they fail.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorld, ms, s } from '../../lib/index.js'
import {
  assertBalanced,
  assertDropped,
  assertNothingAlive,
  assertReachable,
  assertUnreachable,
  runUntil,
} from '../../lib/testing/index.js'
import { addHost, Lan } from '../lab/lan.js'
import { messageOf } from './failure-text.js'

const test = suite('testing/world')

const readyLan = (): Lan => {
  const lan = new Lan(3)
  lan.world.run()
  return lan
}

test('hosts of a switch reach one another, also while the links come up', () => {
  const { hosts } = new Lan()
  assert.ok(assertReachable(hosts[0]!, '10.0.0.2') > 0)
  assertReachable(hosts[1]!, '10.0.0.1', { within: ms(1), size: 1472, pmtuDisc: 'do' })
})

test('a neighbour that does not answer', () => {
  const { hosts } = readyLan()
  assertUnreachable(readyLan().host(1), '10.0.0.98')
  assert.is(
    messageOf(() => assertReachable(hosts[0]!, '10.0.0.98')),
    [
      'h1 does not reach 10.0.0.98',
      '3 requests sent, no answer',
      'route of h1: 10.0.0.98 dev eth0 src 10.0.0.1',
      'neighbours that do not answer ARP:',
      '  10.0.0.98 asked by h1:eth0 (INCOMPLETE)',
    ].join('\n'),
  )
})

test('what an assertion started has ended with it', () => {
  const { world, hosts } = readyLan()
  assertUnreachable(hosts[0]!, '10.0.0.99', { within: ms(100) })
  assertReachable(hosts[0]!, '10.0.0.2')
  assert.not(world.pending().some(line => line.includes('ping')))
})

test('only what was dropped meanwhile is told', () => {
  const { world, hosts } = readyLan()
  hosts[0]!.udp.bind({ port: 4000 }).sendTo('x', { address: '10.0.0.2', port: 9 })
  assertUnreachable(hosts[0]!, '10.0.0.99')
  world.run()
  hosts[1]!.sysctl.set('net.ipv4.icmp_echo_ignore_all', 1)
  assert.match(
    messageOf(() => assertReachable(hosts[0]!, '10.0.0.2', { within: ms(500) })),
    /dropped meanwhile:\n {2}h2:eth0 ICMP_IGNORED x1, last at \d+\.\d{9}: IP 10\.0\.0\.1 > 10\.0\.0\.2: ICMP echo request, [^\n]*\nneigh/,
  )
  // A packet that never got a link-layer header prints as well.
  assert.match(world.drops().find(d => d.reason === 'NEIGH_FAILED')!.line, /^IP 10\.0\.0\.1 > 10\.0\.0\.99: ICMP echo/)
})

test('no route at all', () => {
  const { hosts } = readyLan()
  assertUnreachable(hosts[0]!, '192.0.2.1')
  assert.is(
    messageOf(() => assertReachable(hosts[0]!, '192.0.2.1')),
    [
      'h1 does not reach 192.0.2.1',
      'ping: connect: Network is unreachable',
      'route of h1: 192.0.2.1: Network is unreachable',
    ].join('\n'),
  )
})

test('a router that refuses: its ICMP error, and the drop with its reason', () => {
  const { world, hosts } = readyLan()
  hosts[1]!.sysctl.set('net.ipv4.ip_forward', 1)
  hosts[0]!.route.add('192.0.2.0/24', { via: '10.0.0.2' })
  const message = messageOf(() => assertReachable(hosts[0]!, '192.0.2.1', { within: ms(500) }))
  assert.match(message, '  From 10.0.0.2: Destination Net Unreachable\n')
  assert.match(
    message,
    'route of h1: 192.0.2.1 via 10.0.0.2 dev eth0 src 10.0.0.1\ndropped meanwhile:\n  h2:eth0 IP_INNOROUTES x1, ',
  )
  assertDropped(world, { reason: 'IP_INNOROUTES', netns: 'h2', dev: 'eth0', count: 1 })
})

test('a port that is down, or isolated', () => {
  const { sw, hosts } = readyLan()
  sw.link.set('p2', { up: false })
  assert.match(
    messageOf(() => assertReachable(hosts[0]!, '10.0.0.2')),
    'devices that are down:\n  sw:p2 <BROADCAST,MULTICAST>\n  h2:eth0 <NO-CARRIER,BROADCAST,MULTICAST,UP>',
  )
  sw.link.set('p2', { up: true })
  for (const port of ['p2', 'p3']) sw.bridgeLink.set(port, { isolated: true })
  assertUnreachable(hosts[1]!, '10.0.0.3', { within: ms(500) })
  assertReachable(hosts[1]!, '10.0.0.1')
  assertReachable(hosts[2]!, '10.0.0.1')
})

test('who should not be reached, and is', () => {
  const { world, hosts } = readyLan()
  const message = messageOf(() => assertUnreachable(hosts[0]!, '10.0.0.2'))
  assert.match(message, `h1 reaches 10.0.0.2, and should not: answer from 10.0.0.2, ttl 64, at ${world.now / 1e9}`)
})

test('runUntil returns the time, or says what is pending, dropped and unanswered', () => {
  const { world, hosts } = readyLan()
  const [h1, h2] = hosts
  const server = h2!.udp.bind({ port: 7000 })
  const client = h1!.udp.connect('10.0.0.2', 7000)
  client.send('x')
  assert.is(
    runUntil(world, () => server.readable === 1, ms(1)),
    world.now,
  )
  h1!.udp.bind({}).sendTo('x', { address: '10.0.0.99', port: 1 })
  const message = messageOf(() => runUntil(world, () => server.readable === 2, ms(1500)))
  assert.match(
    message,
    /^the condition does not hold at \d+\.\d{9} s: 1\.500000000 s are over\n {2}\(\) ?=> ?server\.readable ?=== ?2\n/,
  )
  assert.match(message, /pending:\n {2}\d+\.\d{9}: neighbour 10\.0\.0\.99 dev h1:eth0\n/)
  assert.match(message, /neighbours that do not answer ARP:\n {2}10\.0\.0\.99 asked by h1:eth0 \(INCOMPLETE\)$/)
  assert.match(
    messageOf(() => runUntil(createWorld(), () => false, s(1))),
    ': the world is at rest\n',
  )
})

test('assertDropped: the wrong reason or number lists everything that was dropped', () => {
  const { world, hosts } = readyLan()
  assert.match(
    messageOf(() => assertDropped(createWorld(), { reason: 'NO_SOCKET' })),
    'dropped for NO_SOCKET at any namespace: 0, expected at least 1\nnothing was dropped',
  )
  hosts[0]!.udp.bind({ port: 4000 }).sendTo('x', { address: '10.0.0.2', port: 9 })
  world.run()
  assertDropped(world, { reason: 'NO_SOCKET' })
  assertDropped(world, { reason: 'NO_SOCKET', netns: 'h1', count: 0 })
  assertDropped(world, { reason: 'NO_SOCKET', dev: 'lo', count: 0 })
  assert.match(
    messageOf(() => assertDropped(world, { reason: 'NO_SOCKET', netns: 'h2', count: 2 })),
    /^dropped for NO_SOCKET at h2: 1, expected 2\ndropped:\n {2}h2:eth0 NO_SOCKET x1, last at \d+\.\d{9}: IP 10\.0\.0\.1\.4000 > 10\.0\.0\.2\.9: UDP, length 1$/,
  )
  assert.throws(() => assertDropped(world, { reason: 'NO_SOCKET', nets: 'h2' } as never), /unknown option "nets"/)
})

test('assertNothingAlive names the namespaces and sockets that hold packets', () => {
  const { world, hosts } = readyLan()
  assertNothingAlive(world)
  const server = hosts[1]!.udp.bind({ port: 7000 })
  hosts[0]!.udp.connect('10.0.0.2', 7000).send('unread')
  world.run()
  assert.is(
    messageOf(() => assertNothingAlive(world)),
    `1 packets are alive at ${(world.now / 1e9).toFixed(9)} s\n  h2: 1\n    1 unread in the socket 0.0.0.0:7000\nnothing is pending`,
  )
  server.close()
  assertNothingAlive(world)
  assertBalanced(world)
})

test('assertBalanced names the namespace whose packets do not balance', () => {
  const { world } = readyLan()
  world.netns('h1').kernel.acct.created++
  assert.match(
    messageOf(() => assertBalanced(world)),
    /^the accounting does not balance:\n {2}h1: entered \d+ \+ created \d+ is not/,
  )
})

test('a lab of a test is gone with its variable: the next one starts from nothing', () => {
  for (let i = 0; i < 3; i++) {
    const world = createWorld()
    addHost(world, 'h1')
    assertReachable(world.netns('h1'), '127.0.0.1')
  }
})

test.run()
