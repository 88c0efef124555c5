import { once } from 'node:events'
import http2 from 'node:http2'
import net from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Errno } from '../../lib/errors.js'
import { GrpcClient, type GrpcResult } from '../../lib/grpc/grpc-client.js'
import { type GrpcMethod, GrpcServer } from '../../lib/grpc/grpc-server.js'
import type { ByteStream } from '../../lib/grpc/transport.js'
import { decodeUtf8, encodeUtf8 } from '../../lib/wire/utf8.js'

const test = suite('grpc/interop')

/** A real socket as the library wants its connections. */
const streamOf = (socket: net.Socket): ByteStream => {
  const stream: ByteStream = {
    peer: `${socket.remoteAddress}:${socket.remotePort}`,
    local: `${socket.localAddress}:${socket.localPort}`,
    write: octets => void socket.write(octets),
    end: () => void socket.end(),
    close: () => void socket.end(),
    abort: () => void socket.resetAndDestroy(),
    onData: undefined,
    onEnd: undefined,
    onError: undefined,
  }
  socket.on('data', octets => stream.onData?.(new Uint8Array(octets)))
  socket.on('end', () => stream.onEnd?.())
  socket.on('error', e => stream.onError?.((e as NodeJS.ErrnoException).code as Errno))
  return stream
}

const BIG = Uint8Array.from({ length: 300_000 }, (_, n) => (n * 7) % 256)

const SERVICES: ReadonlyMap<string, GrpcMethod> = new Map<string, GrpcMethod>([
  [
    '/test.Echo/Say',
    {
      kind: 'unary',
      handle(request, call) {
        call.send(request)
        call.finish(0)
      },
    },
  ],
  [
    '/test.Echo/Refuse',
    {
      kind: 'unary',
      handle: (_request, call) => call.finish(11, 'etcdserver: mvcc: required revision has been compacted'),
    },
  ],
  [
    '/test.Echo/Chat',
    {
      kind: 'stream',
      open: call => ({
        onMessage: message => call.send(message),
        onHalfClose: () => call.finish(0),
        onCancel() {},
      }),
    },
  ],
])

const frame = (message: Uint8Array): Buffer => {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, message])
}

/** Messages in the body of a stream, read without the library. */
const messagesOf = (body: Buffer): Buffer[] => {
  const messages: Buffer[] = []
  for (let at = 0; at < body.length; ) {
    const length = body.readUInt32BE(at + 1)
    messages.push(body.subarray(at + 5, at + 5 + length))
    at += 5 + length
  }
  return messages
}

interface Answer {
  readonly headers: http2.IncomingHttpHeaders
  readonly trailers: http2.IncomingHttpHeaders
  readonly messages: Buffer[]
}

const callWithNode = async (
  session: http2.ClientHttp2Session,
  path: string,
  messages: readonly Uint8Array[],
): Promise<Answer> => {
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
  })
  const chunks: Buffer[] = []
  let headers: http2.IncomingHttpHeaders = {}
  let trailers: http2.IncomingHttpHeaders = {}
  stream.on('response', got => (headers = got))
  stream.on('trailers', got => (trailers = got))
  stream.on('data', chunk => chunks.push(chunk))
  for (const message of messages) stream.write(frame(message))
  stream.end()
  await once(stream, 'close')
  return { headers, trailers, messages: messagesOf(Buffer.concat(chunks)) }
}

test("Node's client calls the server", async () => {
  const grpc = new GrpcServer(SERVICES, { now: () => Number(process.hrtime.bigint()) })
  const listener = net.createServer(socket => grpc.accept(streamOf(socket)))
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as net.AddressInfo
  const session = http2.connect(`http://127.0.0.1:${port}`)
  try {
    const said = await callWithNode(session, '/test.Echo/Say', [encodeUtf8('hello')])
    assert.is(said.headers[':status'], 200)
    assert.is(said.headers['content-type'], 'application/grpc')
    assert.is(said.trailers['grpc-status'], '0')
    assert.equal(said.messages.map(String), ['hello'])
    const refused = await callWithNode(session, '/test.Echo/Refuse', [encodeUtf8('hello')])
    assert.is(refused.headers['grpc-status'], '11')
    assert.is(refused.headers['grpc-message'], 'etcdserver: mvcc: required revision has been compacted')
    const chat = await callWithNode(session, '/test.Echo/Chat', [encodeUtf8('a'), BIG, new Uint8Array(0)])
    assert.is(chat.trailers['grpc-status'], '0')
    assert.equal(
      chat.messages.map(({ length }) => length),
      [1, BIG.length, 0],
    )
    assert.ok(chat.messages[1]!.equals(Buffer.from(BIG)))
    await new Promise<void>((resolve, reject) => {
      session.ping(Buffer.from('pingpong'), (error, _ms, payload) => {
        if (error !== null) reject(error)
        else if (payload.toString() !== 'pingpong') reject(new Error('another payload'))
        else resolve()
      })
    })
    assert.is(session.remoteSettings.maxConcurrentStreams, 0xffff_ffff)
  } finally {
    session.close()
    await once(session, 'close')
    listener.close()
  }
})

/** A gRPC server on Node's HTTP/2. */
const nodeServer = (): http2.Http2Server => {
  const server = http2.createServer({ settings: { initialWindowSize: 1000, headerTableSize: 0 } })
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {})
    const path = headers[':path']
    if (headers['te'] !== 'trailers' || headers['content-type'] !== 'application/grpc') stream.close(1)
    else if (path === '/test.Echo/Html') {
      stream.respond({ ':status': 404, 'content-type': 'text/html' })
      stream.end('<html></html>')
    } else if (path === '/test.Echo/Reset') stream.close(http2.constants.NGHTTP2_REFUSED_STREAM)
    else if (path === '/test.Echo/Refuse') {
      stream.respond(
        { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '5', 'grpc-message': 'n%C3%A4h 100%25' },
        { endStream: true },
      )
    } else {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', 'grpc-message': '' }))
      stream.on('data', chunk => stream.write(chunk))
      stream.on('end', () => stream.end())
    }
  })
  return server
}

test("the client calls Node's server, which has small windows and no header table", async () => {
  const server = nodeServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  const socket = net.connect(port, '127.0.0.1')
  await once(socket, 'connect')
  const client = new GrpcClient(streamOf(socket), { authority: `127.0.0.1:${port}`, userAgent: 'grpc-go/1.40.0' })
  const call = (path: string, request: Uint8Array): Promise<GrpcResult> =>
    new Promise(resolve => client.unary(path, request, resolve))
  try {
    assert.equal(await call('/test.Echo/Say', encodeUtf8('hello')), {
      code: 0,
      message: '',
      response: encodeUtf8('hello'),
    })
    assert.equal((await call('/test.Echo/Say', BIG)).response, BIG)
    assert.equal(await call('/test.Echo/Refuse', BIG), { code: 5, message: 'näh 100%', response: null })
    assert.equal(await call('/test.Echo/Html', encodeUtf8('x')), {
      code: 12,
      message:
        'unexpected HTTP status code received from server: 404 (Not Found); ' +
        'transport: received unexpected content-type "text/html"',
      response: null,
    })
    assert.equal(await call('/test.Echo/Reset', encodeUtf8('x')), {
      code: 14,
      message: 'stream terminated by RST_STREAM with error code: REFUSED_STREAM',
      response: null,
    })
    const got: string[] = []
    await new Promise<void>(resolve => {
      const stream = client.open('/test.Echo/Chat', {
        onMessage(message) {
          got.push(decodeUtf8(message))
          if (got.length === 2) stream.halfClose()
        },
        onEnd(code, message) {
          got.push(`end ${code} ${message}`)
          resolve()
        },
      })
      stream.send(encodeUtf8('one'))
      stream.send(encodeUtf8('two'))
    })
    assert.equal(got, ['one', 'two', 'end 0 '])
    await new Promise<void>(resolve => client.ping(resolve))
  } finally {
    client.close()
    server.close()
  }
})

test.run()
