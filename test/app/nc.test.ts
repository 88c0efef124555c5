/**
 * nc over UDP: what leaves as which datagram, and when it ends, after strace of netcat-openbsd 1.219-1 on Linux 6.18.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Nc, type NcOptions, nc } from '../../lib/app/nc.js'
import type { Netns } from '../../lib/core/netns.js'
import { createWorld } from '../../lib/index.js'
import { udpSocket } from '../../lib/ip/udp.js'
import { parseIpv4 } from '../../lib/wire/ip.js'
import { Lab } from './lab.js'

const MS = 1_000_000
const octets = (text: string): Uint8Array => new TextEncoder().encode(text)

interface Run {
  readonly program: Nc
  data: string
  readonly said: string[]
}

const start = (netns: Netns, options: NcOptions): Run => {
  let data = ''
  const said: string[] = []
  const program = nc(netns, options, {
    data: (_n, d) => {
      data += new TextDecoder().decode(d)
    },
    bound: (_n, _a, port) => said.push(`bound ${port}`),
    received: (_n, _a, port) => said.push(`received ${port}`),
    connected: (_n, _a, port) => said.push(`connected ${port}`),
    connectFailed: (_n, _a, port, e) => said.push(`failed ${port} ${e.code}`),
  })
  return {
    program,
    get data() {
      return data
    },
    said,
  }
}

const client = (netns: Netns, text: string, options: NcOptions = {}): Run =>
  start(netns, { destination: '10.0.0.2', ports: [53], stdin: octets(text), timeoutSec: 1, ...options })

/** Runs until the program has ended; milliseconds that it took. */
const end = (lab: Lab, run: Run): number => {
  const at = lab.world.now
  lab.world.run({ until: () => run.program.process.exitStatus !== null, within: 60_000 * MS })
  return (lab.world.now - at) / MS
}

/** A socket that takes datagrams and says how long they are, and from which port. */
const sink = (netns: Netns, port: number): { lengths: number[]; ports: number[]; close: () => void } => {
  const sock = udpSocket(netns)
  sock.bind({ port })
  const lengths: number[] = []
  const ports: number[] = []
  sock.onReadable = () => {
    for (let d = sock.recv(); d !== null; d = sock.recv()) {
      lengths.push(d.data.length)
      ports.push(d.sport)
    }
  }
  return { lengths, ports, close: () => sock.close() }
}

const test = suite('app/nc')

test('standard input leaves in pieces of 16,384 octets, one datagram each; an empty one sends nothing', () => {
  const lab = new Lab()
  const { lengths, ports } = sink(lab.h2, 53)
  assert.is(end(lab, client(lab.h1, 'x'.repeat(20_000), { port: 4000 })), 1000)
  assert.equal(lengths, [16_384, 3616])
  assert.equal(ports, [4000, 4000])
  assert.is(end(lab, client(lab.h1, '')), 1000)
  assert.is(lengths.length, 2)
})

test('-w counts from the last thing that happened, and ends with status 0', () => {
  const lab = new Lab()
  sink(lab.h2, 53)
  const run = client(lab.h1, 'hello', { port: 4000 })
  lab.world.run({ for: 600 * MS })
  const late = udpSocket(lab.h2)
  late.reuseAddr = true
  assert.is(end(lab, run), 400)
  assert.is(run.program.process.exitStatus, 0)
})

test('port unreachable ends it at once with status 0 (udp-closed-port)', () => {
  const lab = new Lab()
  const run = client(lab.h1, 'hello')
  assert.is(end(lab, run), 0)
  assert.is(run.program.process.exitStatus, 0)
})

test('-q 0 ends with the input; -q 2 closes the socket at once and ends two seconds later', () => {
  const lab = new Lab()
  sink(lab.h2, 53)
  assert.is(end(lab, client(lab.h1, 'hello', { quitSec: 0 })), 0)
  const run = client(lab.h1, 'hello', { quitSec: 2, timeoutSec: 5, port: 4000 })
  lab.world.run({ for: MS })
  const again = udpSocket(lab.h1)
  again.bind({ port: 4000 })
  again.close()
  assert.is(end(lab, run), 1999)
})

test('a server connects itself to the first sender: another port is refused from then on', () => {
  const lab = new Lab()
  const server = start(lab.h2, { listen: true, port: 53 })
  const first = client(lab.h1, 'one', { port: 4000 })
  end(lab, first)
  const second = client(lab.h1, 'two', { port: 4001 })
  assert.is(end(lab, second), 0)
  end(lab, client(lab.h1, 'three', { port: 4000 }))
  assert.is(server.data, 'onethree')
  assert.equal(server.said, ['bound 53', 'received 4000'])
  assert.is(server.program.process.exitStatus, null)
})

test('a server with -k hears everybody and answers nobody', () => {
  const lab = new Lab()
  const server = start(lab.h2, { listen: true, keepOpen: true, port: 53, stdin: octets('reply') })
  end(lab, client(lab.h1, 'one', { port: 4000 }))
  const second = client(lab.h3, 'two', { port: 4001 })
  end(lab, second)
  assert.is(server.data, 'onetwo')
  assert.is(second.data, '')
})

test('a server sends its standard input to the first sender, and goes on after its end', () => {
  const lab = new Lab()
  const server = start(lab.h2, { listen: true, port: 53, stdin: octets('reply') })
  const run = client(lab.h1, 'hello', { port: 4000 })
  assert.is(end(lab, run), 1000)
  assert.is(run.data, 'reply')
  end(lab, client(lab.h1, 'more', { port: 4000 }))
  assert.is(server.data, 'hellomore')
})

test('a server with -w waits for the first datagram without end, then for that time', () => {
  const lab = new Lab()
  const server = start(lab.h2, { listen: true, port: 53, timeoutSec: 1 })
  lab.world.run({ for: 5000 * MS })
  assert.is(server.program.process.exitStatus, null)
  client(lab.h1, 'hello')
  assert.is(end(lab, server), 1000)
  assert.is(server.program.process.exitStatus, 0)
})

test('-W ends after that many datagrams', () => {
  const lab = new Lab()
  const server = start(lab.h2, { listen: true, keepOpen: false, port: 53, receiveLimit: 2 })
  client(lab.h1, 'x'.repeat(16_385))
  end(lab, server)
  assert.is(server.data.length, 16_385)
  assert.is(server.program.process.exitStatus, 0)
})

test('-v sends X twice at once and then once a second for -w seconds, before the input', () => {
  const lab = new Lab()
  const { lengths } = sink(lab.h2, 53)
  const run = client(lab.h1, 'hello', { verbose: true, timeoutSec: 2 })
  assert.is(end(lab, run), 4000)
  assert.equal(lengths, [1, 1, 1, 1, 5])
  assert.equal(run.said, ['connected 53'])
  const refused = client(lab.h1, 'hello', { verbose: true, ports: [54] })
  assert.is(end(lab, refused), 0)
  assert.is(refused.program.process.exitStatus, 1)
})

test('-z goes through the ports and sends nothing', () => {
  const lab = new Lab()
  const { lengths } = sink(lab.h2, 54)
  const run = client(lab.h1, 'hello', { zeroIo: true, ports: [53, 54, 55] })
  assert.is(end(lab, run), 0)
  assert.equal(lengths, [])
  assert.is(run.program.process.exitStatus, 0)
})

test('-i sends line by line, with a second behind each; what has no line end leaves at once', () => {
  const lab = new Lab()
  const { lengths } = sink(lab.h2, 53)
  const run = client(lab.h1, 'one\ntwo\nlast', { intervalSec: 1 })
  lab.world.run({ for: 500 * MS })
  assert.equal(lengths, [4])
  lab.world.run({ for: 1000 * MS })
  assert.equal(lengths, [4, 4])
  lab.world.run({ for: 1000 * MS })
  assert.equal(lengths, [4, 4, 4])
  run.program.process.kill()
})

test('-C writes the line, then CRLF; a line that ends with CRLF is left as it is', () => {
  const lab = new Lab()
  const { lengths } = sink(lab.h2, 53)
  end(lab, client(lab.h1, 'a\nb\r\nc', { crlf: true }))
  assert.equal(lengths, [1, 2, 3, 1])
})

test('an empty datagram is taken for the end of input (read returns 0)', () => {
  const lab = new Lab()
  const server = start(lab.h2, { listen: true, port: 53 })
  const sock = udpSocket(lab.h1)
  sock.sendTo(new Uint8Array(0), parseIpv4('10.0.0.2'), 53)
  lab.world.run({ for: MS })
  assert.is(server.program.process.exitStatus, 0)
})

test('a broadcast address needs -b; without a route the client ends with status 1', () => {
  const lab = new Lab()
  const refused = client(lab.h1, 'x', { destination: '10.0.0.255' })
  assert.equal(refused.said, ['failed 53 EACCES'])
  assert.is(refused.program.process.exitStatus, 1)
  const { lengths } = sink(lab.h2, 53)
  end(lab, client(lab.h1, 'x', { destination: '10.0.0.255', broadcast: true }))
  assert.equal(lengths, [1])
})

test('nothing is left behind', () => {
  const lab = new Lab()
  start(lab.h2, { listen: true, port: 53 }).program.process.kill()
  end(lab, client(lab.h1, 'hello'))
  lab.world.run({ for: 60_000 * MS })
  assert.is(lab.world.skbs.live, 0)
})

test('a listener without a route to the first sender ends, as connect is refused', () => {
  const world = createWorld()
  world.sh(`
    ip netns add a
    ip netns add b
    ip -n a link add e0 address 02:00:00:00:00:01 type veth peer name e0 address 02:00:00:00:00:02 netns b
    ip -n a link set lo up
    ip -n a link set e0 up
    ip -n b link set e0 up
    ip -n a addr add 10.0.0.1/24 dev e0
    ip -n a addr add 10.9.9.9/32 dev lo
    ip -n b addr add 10.0.0.2/24 dev e0
  `)
  const { stdout, stderr } = world.sh(`
    ip netns exec b nc -n -v -u -l -p 5000 &
    sleep 0.5
    printf hello | ip netns exec a nc -u -s 10.9.9.9 -p 4000 -w 1 10.0.0.2 5000
  `)
  assert.is(stdout, '')
  assert.is(stderr, 'Bound on 0.0.0.0 5000\nnc: connect: Network is unreachable\n')
})

test.run()
