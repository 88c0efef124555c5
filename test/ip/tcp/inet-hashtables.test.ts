/** The tables of connections and of ports: what is found, and which port a connection gets. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Netns } from '../../../lib/core/netns.js'
import { createWorld, type World } from '../../../lib/index.js'
import { tcpAccept, tcpBind, tcpConnect, tcpListen } from '../../../lib/ip/tcp/inet-connection-sock.js'
import { type EhashEntry, InetEhash } from '../../../lib/ip/tcp/inet-ehash.js'
import { netnsTcp } from '../../../lib/ip/tcp/netns-tcp.js'
import { tcpClose, tcpSocket } from '../../../lib/ip/tcp/tcp.js'
import type { TcpSock } from '../../../lib/ip/tcp/tcp-sock.js'
import { TCP_ESTABLISHED, TCP_SYN_SENT, TCP_TIME_WAIT } from '../../../lib/ip/tcp/tcp-states.js'
import { parseIpv4 } from '../../../lib/wire/ip.js'

const test = suite('ip/tcp/inet-hashtables')

const EADDRNOTAVAIL = 99
const EINPROGRESS = 115
const LO = parseIpv4('127.0.0.1')

const entry = (local: number, lport: number, peer: number, pport: number, boundIfindex = 0): EhashEntry =>
  ({ localAddress: local, localPort: lport, peerAddress: peer, peerPort: pport, boundIfindex }) as unknown as EhashEntry

test('finds what is in and nothing else, however much came and went', () => {
  const table = new InetEhash()
  const model = new Map<string, EhashEntry>()
  let a = 1
  const below = (n: number): number => {
    a = (Math.imul(a, 1103515245) + 12345) & 0x7fffffff
    return (a >>> 8) % n
  }
  const keyOf = (e: EhashEntry): string => `${e.localAddress} ${e.localPort} ${e.peerAddress} ${e.peerPort}`
  for (let i = 0; i < 60_000; i++) {
    const e = entry(below(3) - 1, 80 + below(2), below(40) * 0x01000193, below(60) + 65476)
    const key = keyOf(e)
    const found = table.lookup(e.localAddress, e.localPort, e.peerAddress, e.peerPort, 5)
    assert.is(found, model.get(key) ?? null)
    if (found !== null && below(2) === 0) {
      assert.ok(table.remove(found))
      assert.not.ok(table.remove(found))
      model.delete(key)
    } else if (found === null && below(3) > 0) {
      table.insert(e)
      model.set(key, e)
    }
    assert.is(table.size, model.size)
  }
  assert.equal(new Set(table), new Set(model.values()))
})

test('of two entries with the same numbers each is found by its device', () => {
  const table = new InetEhash()
  const one = entry(1, 2, 3, 4, 7)
  const other = entry(1, 2, 3, 4, 9)
  table.insert(one)
  table.insert(other)
  assert.is(table.lookup(1, 2, 3, 4, 7), one)
  assert.is(table.lookup(1, 2, 3, 4, 9), other)
  assert.is(table.lookup(1, 2, 3, 4, 8), null)
})

interface Lab {
  readonly world: World
  readonly netns: Netns
}

const lab = (commands = ''): Lab => {
  const world = createWorld({ seed: 1 })
  world.sh(`ip netns add h\nip -n h link set lo up\n${commands}`)
  return { world, netns: world.netns('h').kernel }
}

const listener = (netns: Netns, port: number): TcpSock => {
  const sk = tcpSocket(netns)
  sk.reuseAddr = true
  tcpBind(sk, { port })
  tcpListen(sk, 4096)
  return sk
}

const client = (netns: Netns, port: number): [TcpSock, number] => {
  const sk = tcpSocket(netns)
  return [sk, tcpConnect(sk, LO, port)]
}

test('connections get ports of the parity of the lowest one, bound sockets the others, until those are used up', () => {
  const { netns } = lab('ip netns exec h sysctl -q -w net.ipv4.ip_local_port_range="40000 40099"')
  listener(netns, 80)
  const ports: number[] = []
  for (let i = 0; i < 100; i++) {
    const [sk, rc] = client(netns, 80)
    assert.is(rc, -EINPROGRESS)
    ports.push(sk.localPort)
  }
  assert.ok(ports.slice(0, 50).every(p => p % 2 === 0))
  assert.ok(ports.slice(50).every(p => p % 2 === 1))
  assert.is(new Set(ports).size, 100)
  assert.is(client(netns, 80)[1], -EADDRNOTAVAIL)
  // To another peer the same ports can be used.
  listener(netns, 81)
  assert.is(client(netns, 81)[1], -EINPROGRESS)
})

test('a port that somebody bound by name, and a reserved one, is for no connection', () => {
  const { netns } = lab(`ip netns exec h sysctl -q -w net.ipv4.ip_local_port_range="40000 40003"
    ip netns exec h sysctl -q -w net.ipv4.ip_local_reserved_ports=40002`)
  listener(netns, 80)
  const bound = tcpSocket(netns)
  tcpBind(bound, { port: 40000 })
  const [first] = client(netns, 80)
  const [second] = client(netns, 80)
  assert.equal([first.localPort, second.localPort].sort(), [40001, 40003])
  assert.is(client(netns, 80)[1], -EADDRNOTAVAIL)
  // Once its owner has gone it is like any other (Linux 6.18).
  tcpClose(bound)
  assert.is(client(netns, 80)[0].localPort, 40000)
})

test('a socket without a port gets an odd one when it is bound or listens', () => {
  const { netns } = lab()
  for (let i = 0; i < 20; i++) {
    const sk = tcpSocket(netns)
    if (i % 2 === 0) tcpBind(sk)
    else tcpListen(sk, 1)
    assert.is(sk.localPort % 2, 1)
    assert.ok(sk.localPort >= 32768 && sk.localPort <= 60999)
  }
})

/** Makes a connection to port 80 and closes it from the client's side; its place is in TIME_WAIT then. */
const closed = ({ world, netns }: Lab, server: TcpSock, port: number): void => {
  const sk = tcpSocket(netns)
  tcpBind(sk, { port })
  assert.is(tcpConnect(sk, LO, 80), -EINPROGRESS)
  assert.is(sk.state, TCP_ESTABLISHED)
  const accepted = tcpAccept(server)!
  tcpClose(sk)
  tcpClose(accepted)
  world.run({ for: 0 })
}

const stateOf = (netns: Netns, lport: number): number =>
  netnsTcp(netns).hashinfo.ehash.lookup(LO, lport, LO, 80, 1)?.state ?? 0

test('a connection takes the place of one in TIME_WAIT and goes on behind its numbers, over lo after a second', () => {
  const at = lab('ip netns exec h sysctl -q -w net.ipv4.ip_local_port_range="40000 40000"')
  const { world, netns } = at
  const server = listener(netns, 80)
  const [first] = client(netns, 80)
  assert.is(first.localPort, 40000)
  const child = tcpAccept(server)!
  tcpClose(first)
  tcpClose(child)
  world.run({ for: 0 })
  assert.is(stateOf(netns, 40000), TCP_TIME_WAIT)
  assert.is(client(netns, 80)[1], -EADDRNOTAVAIL)
  world.run({ for: 1_000_000_000 })
  const [second, rc] = client(netns, 80)
  assert.is(rc, -EINPROGRESS)
  assert.is(second.localPort, 40000)
  assert.is(second.sndUna, (first.sndNxt + 65537 + 1) | 0)
  assert.is(netnsTcp(netns).mib.TWRecycled, 1)
})

test('a port that was named may be used again at once, in TIME_WAIT or not', () => {
  const at = lab()
  const server = listener(at.netns, 80)
  closed(at, server, 50000)
  assert.is(stateOf(at.netns, 50000), TCP_TIME_WAIT)
  const sk = tcpSocket(at.netns)
  sk.reuseAddr = true
  assert.throws(() => tcpBind(sk, { port: 50000 }), /in use/i)
})

test('TIME_WAIT lasts for a minute and leaves nothing', () => {
  const at = lab()
  const server = listener(at.netns, 80)
  for (let i = 0; i < 50; i++) closed(at, server, 50000 + i)
  assert.is(netnsTcp(at.netns).twCount, 50)
  at.world.run({ for: 59_000_000_000 })
  assert.is(netnsTcp(at.netns).twCount, 50)
  at.world.run({ for: 8_000_000_000 })
  assert.is(netnsTcp(at.netns).twCount, 0)
  assert.is(stateOf(at.netns, 50000), 0)
})

test('a namespace that goes takes requests and TIME_WAIT along', () => {
  const at = lab()
  const server = listener(at.netns, 80)
  closed(at, server, 50000)
  const silent = tcpSocket(at.netns)
  assert.is(tcpConnect(silent, parseIpv4('127.0.0.2'), 80), -EINPROGRESS)
  at.world.delNetns('h')
  at.world.run()
  assert.is(at.world.pending().length, 0)
  assert.is(at.world.alivePackets, 0)
})

test('more connections than tcp_max_tw_buckets close without TIME_WAIT', () => {
  const at = lab('ip netns exec h sysctl -q -w net.ipv4.tcp_max_tw_buckets=3')
  const server = listener(at.netns, 80)
  for (let i = 0; i < 5; i++) closed(at, server, 50000 + i)
  assert.is(netnsTcp(at.netns).twCount, 3)
  assert.is(netnsTcp(at.netns).mib.TCPTimeWaitOverflow, 2)
})

test('a socket connects to itself when both ends are its own (simultaneous open)', () => {
  const { netns } = lab()
  const sk = tcpSocket(netns)
  tcpBind(sk, { address: LO, port: 5000 })
  assert.is(tcpConnect(sk, LO, 5000), -EINPROGRESS)
  assert.is.not(sk.state, TCP_SYN_SENT)
})

test.run()
