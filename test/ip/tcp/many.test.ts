/** A thousand connections at once between two machines. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createWorld } from '../../../lib/index.js'
import { tcpAccept, tcpBind, tcpConnect, tcpListen } from '../../../lib/ip/tcp/inet-connection-sock.js'
import { netnsTcp } from '../../../lib/ip/tcp/netns-tcp.js'
import { tcpClose, tcpRecvmsg, tcpSendmsg, tcpSocket } from '../../../lib/ip/tcp/tcp.js'
import type { TcpSock } from '../../../lib/ip/tcp/tcp-sock.js'
import { TCP_ESTABLISHED } from '../../../lib/ip/tcp/tcp-states.js'
import { parseIpv4 } from '../../../lib/wire/ip.js'

const test = suite('ip/tcp/many')

const MS = 1_000_000
const N = 1000
const OCTETS = 3000

/** Octets of connection `i`, in which every connection differs. */
const octetsOf = (i: number): Uint8Array => Uint8Array.from({ length: OCTETS }, (_, k) => (i * 31 + k * 7) & 0xff)

/** Reads all that is there. */
const drain = (tp: TcpSock): Uint8Array => {
  const into = new Uint8Array(2 * OCTETS)
  let at = 0
  for (let n = tcpRecvmsg(tp, into); n > 0; n = tcpRecvmsg(tp, into.subarray(at))) at += n
  return into.subarray(0, at)
}

test('a thousand connections begin at once, each carries its own octets, and nothing is left of them', () => {
  const world = createWorld({ seed: 1 })
  world.sh(`ip netns add a
ip netns add b
ip -n a link add eth0 type veth peer name eth0 netns b
ip -n a addr add 10.0.0.1/24 dev eth0
ip -n b addr add 10.0.0.2/24 dev eth0
ip -n a link set eth0 up
ip -n b link set eth0 up
ip netns exec a tc qdisc add dev eth0 root netem delay 5ms limit 100000
ip netns exec b sysctl -q -w net.core.somaxconn=1000 net.ipv4.tcp_max_syn_backlog=1000`)
  const a = world.netns('a').kernel
  const b = world.netns('b').kernel
  // A thousand SYNs find no room in the queue of a neighbour that is not known yet.
  world.sh('ip netns exec a ping -c 1 10.0.0.2')
  const listener = tcpSocket(b)
  tcpBind(listener, { port: 80 })
  tcpListen(listener, N)
  const clients: TcpSock[] = []
  for (let i = 0; i < N; i++) {
    const tp = tcpSocket(a)
    clients.push(tp)
    tcpConnect(tp, parseIpv4('10.0.0.2'), 80)
  }
  world.run({ for: 100 * MS })
  assert.ok(clients.every(tp => tp.state === TCP_ESTABLISHED))
  assert.is(new Set(clients.map(tp => tp.localPort)).size, N)

  const servers = new Map<number, TcpSock>()
  for (let tp = tcpAccept(listener); tp !== null; tp = tcpAccept(listener)) servers.set(tp.peerPort, tp)
  assert.is(servers.size, N)
  for (const [i, tp] of clients.entries()) assert.is(tcpSendmsg(tp, octetsOf(i)), OCTETS)
  world.run({ for: 100 * MS })
  for (const [i, tp] of clients.entries()) {
    const server = servers.get(tp.localPort)!
    const got = drain(server)
    assert.equal(got, octetsOf(i))
    assert.is(tcpSendmsg(server, got), OCTETS)
  }
  world.run({ for: 100 * MS })
  for (const [i, tp] of clients.entries()) assert.equal(drain(tp), octetsOf(i))

  for (const tp of clients) tcpClose(tp)
  world.run({ for: 100 * MS })
  for (const tp of servers.values()) tcpClose(tp)
  world.run({ for: 100 * MS })
  assert.is(netnsTcp(a).twCount, N)
  assert.is(netnsTcp(b).twCount, 0)
  tcpClose(listener)
  world.run({ for: 70_000 * MS })
  assert.is(netnsTcp(a).twCount, 0)
  for (const netns of [a, b]) {
    const { mib, orphanCount } = netnsTcp(netns)
    assert.is(orphanCount, 0)
    assert.is(mib.TcpCurrEstab, 0)
    assert.is(mib.TcpRetransSegs, 0)
    assert.is(mib.TcpOutRsts, 0)
  }
  assert.is(world.alivePackets, 0)
  assert.ok(world.isBalanced)
})

test.run()
