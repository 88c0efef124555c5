/**
 * TCP as programs of the lab use it: streams arrive whole, windows close when nobody reads, and failures have their errno.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { inspect } from 'node:util'
import type { Netns, TcpSocket, World } from '../../lib/index.js'
import { Lan } from './lan.js'

const test = suite('lab/tcp')

const S = 1_000_000_000
const MS = 1_000_000

const start = (): { world: World; h1: Netns; h2: Netns; lan: Lan } => {
  const lan = new Lan()
  lan.world.run({ for: S })
  return { world: lan.world, h1: lan.host(1), h2: lan.host(2), lan }
}

/** Octets with a pattern that shows loss, repetition and change of order. */
const pattern = (n: number): Uint8Array => Uint8Array.from({ length: n }, (_, i) => (i * 7 + (i >> 8) * 13) & 255)

const concat = (pieces: readonly Uint8Array[]): Uint8Array => {
  const all = new Uint8Array(pieces.reduce((sum, p) => sum + p.length, 0))
  let at = 0
  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.length
  }
  return all
}

const atRest = (world: World): void => {
  world.run({ for: 70 * S })
  assert.is(world.kernel.skbs.live, 0)
}

test('an echo server gives a megabyte back as it came, and both ends close', () => {
  const { world, h1, h2 } = start()
  h2.tcp.listen({ port: 7 }, { onData: (data, socket) => socket.write(data) })
  const sent = pattern(1_000_000)
  const pieces: Uint8Array[] = []
  const events: string[] = []
  h1.tcp.connect(
    { address: '10.0.0.2', port: 7 },
    {
      onConnect: s => {
        events.push(`connected ${s.peer.address}:${s.peer.port}`)
        s.end(sent)
      },
      onData: data => pieces.push(data),
      onEnd: s => {
        events.push('end')
        s.close()
      },
      onClose: () => events.push('close'),
    },
  )
  assert.equal(events, [])
  world.run({ for: 5 * S })
  assert.equal(events, ['connected 10.0.0.2:7', 'end', 'close'])
  assert.equal(concat(pieces), sent)
  assert.equal(
    h1.ss({ netid: 'tcp' }).map(s => s.state),
    ['time-wait'],
  )
  assert.equal(
    h2.ss({ netid: 'tcp' }).map(s => s.state),
    ['listening'],
  )
  atRest(world)
})

test('send takes what the buffer takes, onDrain tells of room, and nothing is lost', () => {
  const { world, h1, h2 } = start()
  const pieces: Uint8Array[] = []
  h2.tcp.listen({ port: 9 }, { onData: data => pieces.push(data) })
  const sent = pattern(3_000_000)
  let at = 0
  let drains = 0
  const pump = (s: TcpSocket): void => {
    while (at < sent.length) {
      const n = s.send(sent.subarray(at, at + 100_000))
      at += n
      if (n < 100_000 && at < sent.length) return
    }
    s.end()
  }
  h1.tcp.connect(
    { address: '10.0.0.2', port: 9, sndbuf: 20_000 },
    {
      onConnect: pump,
      onDrain: s => {
        drains++
        pump(s)
      },
    },
  )
  world.run({ for: 10 * S })
  assert.equal(concat(pieces), sent)
  assert.ok(drains > 10, `${drains}`)
  atRest(world)
})

test("a program that does not read closes the peer's window; it goes on when it reads again", () => {
  const { world, h1, h2 } = start()
  let server: TcpSocket | null = null
  const pieces: Uint8Array[] = []
  h2.tcp.listen({ port: 9 }, socket => {
    server = socket
    socket.on({ onData: data => pieces.push(data) })
    socket.pause()
  })
  const sent = pattern(8_000_000)
  const socket = h1.tcp.connect({ address: '10.0.0.2', port: 9 })
  socket.end(sent)
  world.run({ for: 2 * S })
  assert.is(pieces.length, 0)
  const { sndWnd } = socket.info()
  assert.ok(sndWnd < 1460, `${sndWnd}`)
  assert.is(h1.ss({ dport: 9 })[0]!.timer?.name, 'persist')
  server!.resume()
  world.run({ for: 10 * S })
  assert.equal(concat(pieces), sent)
  atRest(world)
})

test('half a connection stays open: the peer may answer after the end', () => {
  const { world, h1, h2 } = start()
  h2.tcp.listen({ port: 9 }, { onEnd: socket => void world.after(100 * MS, () => socket.end('late answer')) })
  let got = ''
  const socket = h1.tcp.connect(
    { address: '10.0.0.2', port: 9 },
    {
      onData: data => {
        got += new TextDecoder().decode(data)
      },
    },
  )
  socket.end()
  world.run({ for: 50 * MS })
  assert.is(socket.state, 'fin-wait-2')
  assert.is(h2.ss({ sport: 9, state: 'close-wait' }).length, 1)
  world.run({ for: S })
  assert.is(got, 'late answer')
  assert.is(socket.isClosed, true)
  atRest(world)
})

test('refused, reset, unreachable, timed out: each with its errno', () => {
  const { world, h1, h2 } = start()
  const codes: string[] = []
  const onError = (code: string): void => void codes.push(code)
  h1.tcp.connect({ address: '10.0.0.2', port: 1 }, { onError })
  world.run({ for: S })
  assert.equal(codes, ['ECONNREFUSED'])
  h1.tcp.connect({ address: '10.0.0.99', port: 1 }, { onError })
  world.run({ for: 5 * S })
  assert.equal(codes, ['ECONNREFUSED', 'EHOSTUNREACH'])
  assert.throws(
    () => h1.tcp.connect({ address: '192.0.2.1', port: 1 }),
    (e: { code: string }) => e.code === 'ENETUNREACH',
  )
  h2.tcp.listen({ port: 9 }, socket => void world.after(MS, () => socket.abort()))
  h1.tcp.connect({ address: '10.0.0.2', port: 9 }, { onError })
  world.run({ for: S })
  assert.is(codes.at(-1), 'ECONNRESET')
  h1.neigh.add('10.0.0.77', { dev: 'eth0', lladdr: '02:00:00:00:00:77' })
  h1.tcp.connect({ address: '10.0.0.77', port: 9, synRetries: 2 }, { onError })
  world.run({ for: 20 * S })
  assert.is(codes.at(-1), 'ETIMEDOUT')
  atRest(world)
})

test('addresses and ports in use; a port is free again when its socket is closed', () => {
  const { h1 } = start()
  const listener = h1.tcp.listen({ port: 80 })
  const inUse = (e: { code: string }): boolean => e.code === 'EADDRINUSE'
  assert.throws(() => h1.tcp.listen({ port: 80 }), inUse)
  assert.throws(() => h1.tcp.listen({ port: 80, reuseAddr: true }), inUse)
  assert.throws(
    () => h1.tcp.listen({ address: '10.0.0.9', port: 80 }),
    (e: { code: string }) => e.code === 'EADDRNOTAVAIL',
  )
  listener.close()
  const again = h1.tcp.listen({ port: 80, reusePort: true })
  h1.tcp.listen({ port: 80, reusePort: true })
  assert.is(again.port, 80)
  assert.throws(() => h1.tcp.listen({ port: 80, backlg: 3 } as never), /unknown option "backlg"/)
})

test('without a program connections wait to be accepted, no more than the backlog and one', () => {
  const { world, h1, h2 } = start()
  const listener = h2.tcp.listen({ port: 9, backlog: 1 })
  for (let i = 0; i < 4; i++) h1.tcp.connect({ address: '10.0.0.2', port: 9 })
  world.run({ for: 500 * MS })
  assert.is(listener.waiting, 2)
  const socket = listener.accept()!
  assert.is(socket.state, 'established')
  assert.is(listener.waiting, 1)
  assert.is(socket.recv(), null)
})

test('recv and peek read without a handler; an empty array is the end', () => {
  const { world, h1, h2 } = start()
  const listener = h2.tcp.listen({ port: 9 })
  h1.tcp.connect({ address: '10.0.0.2', port: 9 }).end('hello world')
  world.run({ for: 100 * MS })
  const socket = listener.accept()!
  const text = (octets: Uint8Array | null): string => new TextDecoder().decode(octets!)
  assert.is(socket.readable, 11)
  assert.is(text(socket.peek(5)), 'hello')
  assert.is(text(socket.recv(6)), 'hello ')
  assert.is(text(socket.recv()), 'world')
  assert.is(socket.recv()!.length, 0)
  assert.is(socket.hasEnded, true)
  socket.send('bye')
  socket.close()
  assert.throws(
    () => socket.send('x'),
    (e: { code: string }) => e.code === 'EBADFD',
  )
})

test('options show in what is sent and in the listing', () => {
  const { world, h1, h2 } = start()
  h2.tcp.listen({ port: 9, rcvbuf: 8192 })
  const socket = h1.tcp.connect({
    address: '10.0.0.2',
    port: 9,
    source: '10.0.0.1',
    sourcePort: 1234,
    mss: 500,
    ttl: 9,
    tos: 0x10,
    congestion: 'reno',
    keepalive: true,
    keepaliveTime: 30,
  })
  world.run({ for: 100 * MS })
  assert.equal(socket.local, { address: '10.0.0.1', port: 1234 })
  const [info] = h1.ss({ sport: 1234 })
  assert.is(info!.congestion, 'reno')
  assert.is(info!.info!.advmss, 488)
  assert.equal(info!.timer?.name, 'keepalive')
  assert.ok(Math.abs(info!.timer!.expiresMs - 29_900) < 1000)
  assert.is(h2.ss({ sport: 9, state: 'established' })[0]!.memory!.rcvbuf, 16384)
  assert.throws(
    () => socket.set({ congestion: 'vegas' }),
    (e: { code: string }) => e.code === 'ENOENT',
  )
  assert.throws(
    () => socket.set({ mss: 3 }),
    (e: { code: string }) => e.code === 'EINVAL',
  )
  assert.match(inspect(socket), /^TcpSocket \{[\s\S]*state: 'established'[\s\S]*port: 1234/)
})

test('TCP_NODELAY sends small pieces at once, Nagle one at a time, TCP_CORK full segments', () => {
  const { world, h1, h2 } = start()
  h2.tcp.listen({ port: 9 }, { onData: () => {} })
  h1.qdisc.add('eth0', { kind: 'netem', delay: 20 * MS })
  const segments = (options: object): number => {
    const socket = h1.tcp.connect({ address: '10.0.0.2', port: 9, ...options })
    world.run({ for: 100 * MS })
    for (let i = 0; i < 10; i++) socket.send('piece')
    world.run({ for: 10 * MS })
    const { dataSegsOut } = socket.info()
    socket.close()
    return dataSegsOut
  }
  assert.equal([{ nodelay: true }, {}, { cork: true }].map(segments), [10, 1, 0])
})

test('a closed connection to a host that is gone is given up after its retries, whatever the errors of ARP say', () => {
  const { world, h1, h2 } = start()
  h2.tcp.listen({ port: 7 }, { onData: (data, socket) => socket.write(data) })
  const handlers = { onData: () => {} }
  const socket = h1.tcp.connect({ address: '10.0.0.2', port: 7 }, handlers)
  const other = h1.tcp.connect({ address: '10.0.0.2', port: 7 }, handlers)
  for (const s of [socket, other]) s.write('x'.repeat(500_000))
  world.run({ for: S })
  world.delNetns('h2')
  socket.close()
  world.run({ for: 60 * S })
  assert.equal(
    h1.ss().map(s => s.state),
    ['fin-wait-1', 'established'],
  )
  world.run({ for: 120 * S })
  assert.equal(
    h1.ss().map(s => s.state),
    ['established'],
  )
})

test('a thousand connections at once: each has its answer, and at the end nothing is left', () => {
  const { world, h1, h2 } = start()
  h2.tcp.listen({ port: 7 }, { onData: (data, socket) => socket.write(data) })
  const heap = (): number => {
    ;(globalThis as { gc?: () => void }).gc?.()
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    return heapUsed + arrayBuffers
  }
  const before = heap()
  const answers = new Set<string>()
  const sockets = Array.from({ length: 1000 }, (_, i) =>
    h1.tcp.connect(
      { address: '10.0.0.2', port: 7 },
      {
        onConnect: s => s.write(`connection ${i}`),
        onData: data => answers.add(new TextDecoder().decode(data)),
      },
    ),
  )
  world.run({ for: 5 * S })
  assert.is(answers.size, 1000)
  assert.is(h1.ss({ state: 'established' }).length, 1000)
  const perConnection = Math.round((heap() - before) / 1000)
  console.log(`  memory of a connection, both ends and the program: ${perConnection} octets`)
  for (const socket of sockets) socket.close()
  world.run({ for: 5 * S })
  assert.is(h2.ss({ state: 'established' }).length, 0)
  atRest(world)
  assert.is(h1.ss({ netid: 'tcp' }).length, 0)
})

test.run()
