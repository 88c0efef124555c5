/**
 * Programs: ping, arping and nc as objects, with the text that the real tools print.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ms, NetloomError, s } from '../../lib/index.js'
import { Lan } from './lan.js'

const test = suite('lab/programs')

const readyLan = (): Lan => {
  const lan = new Lan()
  lan.world.run()
  return lan
}

test('ping counts, keeps its answers and prints what iputils prints', () => {
  const { world, hosts } = readyLan()
  const ping = hosts[0]!.ping('10.0.0.2', { count: 2, size: 8 })
  assert.ok(ping.isRunning)
  world.run({ until: () => !ping.isRunning, within: s(5) })
  assert.equal([ping.sent, ping.received, ping.errors, ping.exitStatus], [2, 2, 0, 0])
  assert.equal(
    ping.replies.map(({ seq, from, ttl, octets, roundTripNs }) => [seq, from, ttl, octets, roundTripNs]),
    [
      [1, '10.0.0.2', 64, 16, null],
      [2, '10.0.0.2', 64, 16, null],
    ],
  )
  assert.match(ping.text, 'PING 10.0.0.2 (10.0.0.2) 8(36) bytes of data.\n16 bytes from 10.0.0.2: icmp_seq=1 ttl=64\n')
  assert.match(ping.text, '2 packets transmitted, 2 received, 0% packet loss')
})

test('ping hears of ICMP errors', () => {
  const { world, hosts } = readyLan()
  hosts[0]!.route.add('192.0.2.0/24', { via: '10.0.0.2' })
  hosts[1]!.sysctl.set('net.ipv4.ip_forward', 1)
  const ping = hosts[0]!.ping('192.0.2.1')
  world.run()
  assert.is(ping.exitStatus, 1)
  assert.equal(
    ping.icmpErrors.map(e => [e.from, e.type, e.code, e.text]),
    [['10.0.0.2', 3, 0, 'Destination Net Unreachable']],
  )
})

test('ping that cannot start throws what the tool would say', () => {
  const { hosts } = readyLan()
  for (const [to, code, text] of [
    ['192.0.2.1', 'ENETUNREACH', 'connect: Network is unreachable'],
    ['10.0.0.255', 'EACCES', 'Do you want to ping broadcast? Then -b. If not, check your local firewall rules'],
  ] as const)
    try {
      hosts[0]!.ping(to)
      assert.unreachable()
    } catch (e) {
      assert.instance(e, NetloomError)
      assert.equal([(e as NetloomError).code, (e as NetloomError).message], [code, text])
    }
})

test('ping goes on until it is killed when the count is infinite', () => {
  const { world, hosts } = readyLan()
  const ping = hosts[0]!.ping('10.0.0.2', { count: Number.POSITIVE_INFINITY, intervalMs: 100 })
  const statuses: number[] = []
  ping.onExit(status => statuses.push(status))
  world.run({ for: s(1) })
  assert.is(ping.received, 10)
  ping.kill()
  assert.equal(statuses, [143])
  assert.is(ping.exitStatus, 143)
})

test('arping asks below IP', () => {
  const { world, hosts } = readyLan()
  const arping = hosts[0]!.arping('10.0.0.2', { device: 'eth0', count: 2 })
  world.run()
  assert.equal(arping.replies, [
    { address: '10.0.0.2', lladdr: '02:00:00:00:02:01', isReply: true, isUnicast: true },
    { address: '10.0.0.2', lladdr: '02:00:00:00:02:01', isReply: true, isUnicast: true },
  ])
  assert.equal([arping.sent, arping.received, arping.exitStatus], [2, 2, 0])
  assert.match(
    arping.text,
    /^ARPING 10\.0\.0\.2 from 10\.0\.0\.1 eth0\nUnicast reply from 10\.0\.0\.2 \[02:00:00:00:02:01\]/,
  )
})

test('nc carries text both ways', () => {
  const { world, hosts } = readyLan()
  const server = hosts[1]!.nc({ listen: true, port: 7000, stdin: 'pong', timeoutSec: 1 })
  const client = hosts[0]!.nc({ destination: '10.0.0.2', ports: [7000], stdin: 'ping', timeoutSec: 1 })
  world.run({ for: ms(10) })
  assert.equal([server.text, client.text], ['ping', 'pong'])
  assert.equal(client.received, Uint8Array.of(112, 111, 110, 103))
  world.run({ for: s(3) })
  assert.equal([server.exitStatus, client.exitStatus], [0, 0])
  assert.equal(JSON.parse(JSON.stringify(client)), { netns: 'h1', received: 'pong', exitStatus: 0 })
})

test.run()
