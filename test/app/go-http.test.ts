/**
 * HTTP/1.1 as Go's net/http has it: a server's octets, and a client's octets, connections and errors, as recorded from Go
 * (test/data/go/http.go, http.txt).
 */
import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { NetworkError } from '../../lib/app/go-net.js'
import { serveHttp } from '../../lib/app/http.js'
import { HttpTransport } from '../../lib/app/http-client.js'
import { serveStream } from '../../lib/app/http-server.js'
import type { HttpRequest, HttpResponse } from '../../lib/app/http-response.js'
import { octetText } from '../../lib/app/octet-text.js'
import { Process } from '../../lib/app/process.js'
import { listenStream } from '../../lib/app/stream.js'
import { sleep, spawn, type Thread } from '../../lib/app/thread.js'
import { createWorld, type Netns, type TcpSocket, type World } from '../../lib/index.js'

const test = suite('app/go-http')

const MS = 1e6
const S = 1e9
const RECORDED = readFileSync(new URL('../data/go/http.txt', import.meta.url), 'utf8')
const [SERVER = '', REST = ''] = RECORDED.split('client\n')
const [CLIENT = '', OCTETS = ''] = REST.split('octets\n')

/** Two hosts on a wire. */
class Wire {
  readonly world: World = createWorld({ seed: 1 })
  readonly client: Netns = this.world.addNetns('c')
  readonly server: Netns = this.world.addNetns('s')

  constructor() {
    this.client.link.add({ kind: 'veth', name: 'eth0', peer: { name: 'eth0', netns: this.server } })
    for (const [netns, local] of [
      [this.client, '10.0.0.1/24'],
      [this.server, '10.0.0.2/24'],
    ] as const) {
      netns.link.set('lo', { up: true })
      netns.link.set('eth0', { up: true })
      netns.addr.add(local, { dev: 'eth0' })
    }
    this.world.run({ for: S })
  }
}

const ANSWERS: Readonly<Record<string, HttpResponse>> = {
  '/small': { body: 'x'.repeat(6) },
  '/2048': { body: 'x'.repeat(2048) },
  '/2049': { body: 'x'.repeat(2049) },
  '/type': { status: 404, headers: ['Vary: Accept', 'Content-Type: application/json', 'Audit-Id: 1'], body: '{}' },
  '/trailer': {
    status: 400,
    headers: ['Content-Type: application/json', 'Trailer: X-T'],
    body: '{}',
    trailers: ['X-T: 1'],
  },
  '/none': { status: 204 },
  '/close': { headers: ['Connection: close'], body: 'x' },
}

const answerTo = ({ path, body }: HttpRequest): HttpResponse =>
  path === '/post' ? { headers: ['Content-Type: text/plain'], body } : ANSWERS[path]!

const unquoted = (text: string): string => JSON.parse(text) as string

/** What a server of Go's says to a text. */
const ask = ({ world, client }: Wire, text: string): string => {
  let answer = ''
  const socket = client.tcp.connect(
    { address: '10.0.0.2', port: 80 },
    {
      onData: octets => {
        answer += octetText(octets)
      },
      onEnd: () => {
        answer += '<end>'
      },
    },
  )
  socket.write(text)
  world.run({ for: S / 2 })
  socket.close()
  world.run({ for: S })
  return answer.replace(/x{2048,}/g, '(many x)').replace(/Date: [^\r]*/g, 'Date: now')
}

const lines = SERVER.trimEnd().split('\n')
for (let n = 0; n < lines.length; n += 2) {
  const request = unquoted(lines[n]!.slice('server '.length))
  test(`a server of Go's answers ${JSON.stringify(request)}`, () => {
    const wire = new Wire()
    const process = new Process(wire.server.kernel, 'server')
    listenStream(process, '0.0.0.0', 80, stream =>
      serveStream(
        stream,
        (asked, writer) => {
          if (asked.path !== '/flush') return writer.respond(answerTo(asked))
          writer.begin({ headers: ['Content-Type: text/plain'] })
          writer.flush()
          for (const text of ['one\n', 'two\n']) writer.write(new TextEncoder().encode(text))
          writer.end()
        },
        { process },
      ),
    )
    assert.is(ask(wire, request), unquoted(lines[n + 1]!))
  })
}

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
/** What the server of the recording writes; without an answer it waits. Behind those of `ENDS` it closes. */
const SCRIPT: Readonly<Record<string, string>> = {
  '/hang': '',
  '/eof': '',
  '/cut': 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab',
  '/bad': 'FOO\r\n\r\n',
  '/chunk': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
  '/body': 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab',
  '/continue': `HTTP/1.1 100 Continue\r\n\r\n${OK}`,
  '/close': 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok',
}
const ENDS = ['/eof', '/cut', '/close']

/** A server that does what the path says, and notes the connections that requests come on. */
const script = (wire: Wire, said: string[]): void => {
  let connections = 0
  wire.server.tcp.listen({ port: 80 }, socket => {
    const id = ++connections
    let endsNext = false
    let text = ''
    const serve = (head: string): void => {
      const [method, path = ''] = head.split(' ')
      if (endsNext) return socket.close()
      said.push(`conn ${id}: ${method} ${path}`)
      if (path === '/slow') {
        wire.world.kernel.sim.schedule(100 * MS, () => socket.write(OK), null, 0, 'slow')
        return
      }
      socket.write(SCRIPT[path] ?? OK)
      if (ENDS.includes(path)) socket.close()
      endsNext = path === '/once'
    }
    socket.on({
      onData: octets => {
        text += octetText(octets)
        const end = text.indexOf('\r\n\r\n')
        if (end < 0 || text.length < end + 4 + (text.startsWith('POST') ? 1 : 0)) return
        const head = text
        text = ''
        serve(head)
      },
    })
  })
}

class Client {
  readonly process: Process
  readonly transport: HttpTransport
  readonly said: string[]

  constructor({ client }: Wire, said: string[]) {
    this.process = new Process(client.kernel, 'client')
    this.transport = new HttpTransport(this.process)
    this.said = said
  }

  *do(method: string, path: string, body?: string): Thread {
    const request = {
      method,
      url: `http://10.0.0.2${path}`,
      headers: ['Metadata-Flavor: Google', 'Accept: */*'],
      timeoutNs: S / 2,
      ...(body !== undefined && { body }),
    }
    let result: string
    try {
      const reply = yield* this.transport.request(request)
      result = `${reply.status} ${octetText(reply.body)}`
    } catch (e) {
      if (!(e instanceof NetworkError)) throw e
      result = e.message.replace(/10\.0\.0\.2(:80)?/g, 'HOST')
    }
    this.said.push(`${method} ${path}: ${result}`)
    yield* sleep(20 * MS)
  }
}

test('a client keeps its connections, sends what is harmless again, and says what went wrong, as Go', () => {
  const wire = new Wire()
  const said: string[] = []
  script(wire, said)
  const client = new Client(wire, said)
  spawn(client.process, function* () {
    for (const path of '/a /b /close /c /continue /eof /cut /bad /chunk /body /hang /once /d /once'.split(' '))
      yield* client.do('GET', path)
    yield* client.do('POST', '/e', 'x')
    const slow = []
    for (let n = 0; n < 3; n++) {
      slow.push(spawn(client.process, () => client.do('GET', '/slow')))
      yield* sleep(10 * MS)
    }
    for (const thread of slow) yield thread.ended
    yield* client.do('GET', '/f')
  })
  wire.world.run({ for: 10 * S })
  assert.equal(said, CLIENT.trimEnd().split('\n'))
})

test('the octets of requests are those of Go', () => {
  const wire = new Wire()
  const said: string[] = []
  const listener = wire.server.tcp.listen({ port: 80 }, (socket: TcpSocket) => {
    socket.on({
      onData: octets => {
        said.push(JSON.stringify(octetText(octets).replace('10.0.0.2', 'HOST')))
        socket.close()
      },
    })
  })
  const client = new Client(wire, said)
  spawn(client.process, function* () {
    yield* client.do('GET', '/x?y=1')
    yield* client.do('POST', '/p', 'ab')
    yield* client.do('POST', '/p')
    yield* client.do('DELETE', '/p')
    yield* client.do('HEAD', '/p')
    listener.close()
    yield* client.do('GET', '/refused')
  })
  wire.world.run({ for: 10 * S })
  assert.equal(said, OCTETS.trimEnd().split('\n'))
})

test('a kept connection ends after 90 s without a request, and with its program', () => {
  const wire = new Wire()
  const server = new Process(wire.server.kernel, 'server')
  serveHttp(server, { port: 80 }, () => 'hello', { process: server })
  const open = (): number => wire.world.sh('ip netns exec s ss -Htn state established').stdout.split('\n').length - 1
  const client = new Client(wire, [])
  spawn(client.process, () => client.do('GET', '/'))
  wire.world.run({ for: 80 * S })
  assert.is(open(), 1)
  wire.world.run({ for: 15 * S })
  assert.is(open(), 0)
  spawn(client.process, () => client.do('GET', '/'))
  wire.world.run({ for: S })
  assert.is(open(), 1)
  client.process.killHard()
  wire.world.run({ for: S })
  assert.is(open(), 0)
  assert.ok(wire.world.isBalanced())
})

test('a request that waits for a connection takes one that is free again', () => {
  const wire = new Wire()
  const said: string[] = []
  script(wire, said)
  const client = new Client(wire, said)
  spawn(client.process, function* () {
    const slow = spawn(client.process, () => client.do('GET', '/slow'))
    yield* sleep(90 * MS)
    // The handshake of a second connection does not get through in time.
    wire.world.sh('ip netns exec s iptables -A INPUT -p tcp --syn -j DROP')
    yield* client.do('GET', '/a')
    yield slow.ended
  })
  wire.world.run({ for: S / 2 })
  assert.equal(said, ['conn 1: GET /slow', 'GET /slow: 200 ok', 'conn 1: GET /a', 'GET /a: 200 ok'])
})

test.run()
