/**
 * The HTTP server and curl of the lab, against each other and against octets written by hand (RFC 9112).
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Curl, CurlOptions, HttpServer, Netns, World } from '../../lib/index.js'
import { Lan } from './lan.js'

const test = suite('lab/http')

const S = 1_000_000_000

class Web {
  readonly world: World
  readonly client: Netns
  readonly server: HttpServer
  readonly seen: string[] = []

  constructor() {
    const lan = new Lan()
    this.world = lan.world
    this.client = lan.host(1)
    this.world.run({ for: S })
    this.server = lan.host(2).http.serve({}, request => {
      this.seen.push(`${request} ${request.header('host')} ${request.from.address} "${request.text}"`)
      switch (request.path) {
        case '/':
          return 'hello\n'
        case '/big':
          return new Uint8Array(2_000_000).fill(120)
        case '/moved':
          return { status: 302, headers: ['Location: /'] }
        case '/none':
          return { status: 204 }
        default:
          return { status: 404, body: `no ${request.path}\n` }
      }
    })
  }

  get(path: string, options: CurlOptions = {}): Curl {
    const curl = this.client.curl(`http://10.0.0.2${path}`, options)
    this.world.run({ until: () => curl.exitStatus !== null, within: 20 * S })
    return curl
  }

  /** Writes octets and returns what comes back within a second. */
  raw(text: string): string {
    let answer = ''
    const socket = this.client.tcp.connect(
      { address: '10.0.0.2', port: 80 },
      {
        onData: data => {
          answer += new TextDecoder().decode(data)
        },
      },
    )
    socket.write(text)
    this.world.run({ for: S })
    socket.close()
    return answer
  }
}

test('GET, POST and HEAD: status, headers and body arrive, the request shows what curl sends', () => {
  const web = new Web()
  const get = web.get('/')
  assert.equal([get.status, get.text, get.exitStatus], [200, 'hello\n', 0])
  assert.is(get.header('content-length'), '6')
  const post = web.get('/form', { data: 'a=1&b=2', headers: ['Host: example', 'X-Test: yes'] })
  assert.equal([post.status, post.text], [404, 'no /form\n'])
  const head = web.get('/big', { head: true })
  assert.equal([head.status, head.body.length, head.header('Content-Length')], [200, 0, '2000000'])
  assert.equal(web.seen, [
    'GET / HTTP/1.1 10.0.0.2 10.0.0.1 ""',
    'POST /form HTTP/1.1 example 10.0.0.1 "a=1&b=2"',
    'HEAD /big HTTP/1.1 10.0.0.2 10.0.0.1 ""',
  ])
  assert.is(web.server.requests, 3)
})

test('two megabytes arrive whole', () => {
  const { body, status } = new Web().get('/big')
  assert.is(status, 200)
  assert.is(body.length, 2_000_000)
  assert.ok(body.every(octet => octet === 120))
})

test('pipelined requests are answered in order on one connection, and a body in chunks is put together', () => {
  const web = new Web()
  const chunked =
    'POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\n\r\n'
  const answer = web.raw(`GET / HTTP/1.1\r\nHost: x\r\n\r\n${chunked}GET /none HTTP/1.1\r\nConnection: close\r\n\r\n`)
  assert.is(
    answer,
    'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello\n' +
      'HTTP/1.1 404 Not Found\r\nContent-Length: 6\r\n\r\nno /c\n' +
      'HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n',
  )
  assert.is(web.seen[1], 'POST /c HTTP/1.1 x 10.0.0.1 "abcdefg"')
})

test('HTTP/1.0 closes; what is no HTTP is a bad request', () => {
  const web = new Web()
  assert.is(
    web.raw('GET / HTTP/1.0\r\n\r\n'),
    'HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhello\n',
  )
  assert.match(web.raw('nonsense\r\n\r\n'), /^HTTP\/1\.1 400 Bad Request\r\n/)
  assert.match(web.raw('POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'), /^HTTP\/1\.1 400 /)
  assert.is(web.seen.length, 1)
})

test('failures are the exit status of curl', () => {
  const web = new Web()
  assert.is(web.get('/missing', { fail: true }).exitStatus, 22)
  web.server.close()
  const refused = web.get('/')
  assert.equal([refused.exitStatus, refused.status], [7, 0])
  assert.match(refused.errorText, /^curl: \(7\) Failed to connect to 10\.0\.0\.2 port 80 after 0 ms: Couldn't connect/)
  const nowhere = web.client.curl('http://10.0.0.99/', { maxTimeSec: 1 })
  web.world.run({ until: () => nowhere.exitStatus !== null, within: 20 * S })
  assert.is(nowhere.exitStatus, 28)
  assert.is(web.client.curl('http://example/').exitStatus, 6)
  assert.is(web.client.curl('https://10.0.0.2/').exitStatus, 1)
  assert.is(web.client.curl('http://10.0.0.2:99999/').exitStatus, 3)
})

test('nothing is left when all have ended', () => {
  const web = new Web()
  web.get('/')
  web.server.close()
  web.world.run({ for: 70 * S })
  assert.equal(web.client.ss(), [])
  assert.is(web.world.kernel.skbs.live, 0)
})

test.run()
