import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { NetloomError } from '../../lib/errors.js'
import { GrpcClient, type GrpcClientOptions, type GrpcResult } from '../../lib/grpc/grpc-client.js'
import { type GrpcMethod, GrpcServer, type GrpcServerOptions, type ServerCall } from '../../lib/grpc/grpc-server.js'
import {
  decodeGrpcMessage,
  decodeGrpcTimeout,
  encodeGrpcMessage,
  encodeGrpcTimeout,
  grpcCodeName,
  grpcErrorText,
} from '../../lib/grpc/grpc-status.js'
import { Pipe, PipeEnd } from './pipe.js'

const test = suite('grpc/grpc-client')

const OPTIONS: GrpcClientOptions = { authority: '192.0.2.2:2379', userAgent: 'grpc-go/1.40.0' }
const octets = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replace(/\s/g, ''), 'hex'))

/** A frame, written without the library. */
const frame = (type: number, flags: number, stream: number, payload = ''): string => {
  const body = payload.replace(/\s/g, '')
  const head = Buffer.alloc(9)
  head.writeUIntBE(body.length / 2, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return head.toString('hex') + body
}
const literal = (name: string, value: string): string => {
  const text = (part: string): string =>
    Buffer.from([Buffer.byteLength(part)]).toString('hex') + Buffer.from(part).toString('hex')
  return `00${text(name)}${text(value)}`
}

const SETTINGS = frame(4, 0, 0)
const RESPONSE = `88 ${literal('content-type', 'application/grpc')}`
const OK = frame(1, 5, 1, literal('grpc-status', '0'))

/** Frames of a type that an end sent: stream and payload. */
const sentFrames = (end: PipeEnd, wanted: number): [stream: number, payload: string][] => {
  let rest = Buffer.from(end.sent)
  if (rest.subarray(0, 3).toString() === 'PRI') rest = rest.subarray(24)
  const found: [number, string][] = []
  while (rest.length > 0) {
    const to = 9 + rest.readUIntBE(0, 3)
    if (rest[3] === wanted) found.push([rest.readUInt32BE(5), rest.subarray(9, to).toString('hex')])
    rest = rest.subarray(to)
  }
  return found
}

interface Started {
  readonly client: GrpcClient
  readonly end: PipeEnd
  readonly results: GrpcResult[]
  readonly closed: string[]
}

/** A client with one unary call on its way. */
const start = (options: Partial<GrpcClientOptions> = {}): Started => {
  const end = new PipeEnd('192.0.2.2:2379')
  const client = new GrpcClient(end, { ...OPTIONS, ...options })
  const results: GrpcResult[] = []
  const closed: string[] = []
  client.onClose = reason => closed.push(reason)
  client.unary('/a/b', new Uint8Array(0), result => results.push(result))
  return { client, end, results, closed }
}

/** What a server answers to the call, and how it ends. */
const ANSWERS: readonly [name: string, answer: string, code: number, message: string][] = [
  [
    'trailers only',
    frame(1, 5, 1, `${RESPONSE}${literal('grpc-status', '7')}${literal('grpc-message', 'no%21')}`),
    7,
    'no!',
  ],
  ['no status', frame(1, 4, 1, RESPONSE) + frame(1, 5, 1, literal('a', 'b')), 2, ''],
  ['no trailers', frame(1, 4, 1, RESPONSE) + frame(0, 1, 1), 13, 'server closed the stream without sending trailers'],
  ['no message', frame(1, 4, 1, RESPONSE) + OK, 13, 'EOF'],
  ['half a message', frame(1, 4, 1, RESPONSE) + frame(0, 0, 1, '0000000005 0102') + OK, 13, 'unexpected EOF'],
  [
    'two messages',
    frame(1, 4, 1, RESPONSE) + frame(0, 0, 1, '0000000000 0000000000') + OK,
    2,
    'grpc: client streaming protocol violation. get <nil>, want <EOF>',
  ],
  [
    'a status that is no number',
    frame(1, 5, 1, `${RESPONSE}${literal('grpc-status', 'x')}`),
    13,
    'transport: malformed grpc-status: strconv.ParseInt: parsing "x": invalid syntax',
  ],
  [
    'a compressed message',
    frame(1, 4, 1, RESPONSE) + frame(0, 0, 1, '0100000000'),
    13,
    'grpc: compressed flag set with identity or empty encoding',
  ],
  [
    'a message compressed in a way that was said',
    frame(1, 4, 1, RESPONSE + literal('grpc-encoding', 'gzip')) + frame(0, 0, 1, '0100000000'),
    12,
    'grpc: Decompressor is not installed for grpc-encoding "gzip"',
  ],
  [
    'another flag',
    frame(1, 4, 1, RESPONSE) + frame(0, 0, 1, '0200000000'),
    13,
    'grpc: received unexpected payload format 2',
  ],
  [
    'too large a message',
    frame(1, 4, 1, RESPONSE) + frame(0, 0, 1, '0000400001'),
    8,
    'grpc: received message larger than max (4194305 vs. 4194304)',
  ],
  ['no content type', frame(1, 5, 1, '88'), 2, 'malformed header: missing HTTP content-type'],
  [
    'an HTTP error',
    frame(1, 5, 1, `${literal(':status', '503')}${literal('content-type', 'text/plain')}`),
    14,
    'unexpected HTTP status code received from server: 503 (Service Unavailable); ' +
      'transport: received unexpected content-type "text/plain"',
  ],
  ['a reset', frame(3, 0, 1, '00000008'), 1, 'stream terminated by RST_STREAM with error code: CANCEL'],
  [
    'a reset for too much',
    frame(3, 0, 1, '0000000b'),
    8,
    'stream terminated by RST_STREAM with error code: ENHANCE_YOUR_CALM',
  ],
  ['no :status', frame(1, 4, 1, literal('content-type', 'application/grpc')), 13, 'missing pseudo-header ":status"'],
  ['data first', frame(0, 0, 1, '0000000000'), 13, 'DATA frame before the response headers'],
  [
    'headers in the middle',
    frame(1, 4, 1, RESPONSE) + frame(1, 4, 1, literal('a', 'b')),
    13,
    'a HEADERS frame cannot appear in the middle of a stream',
  ],
]

for (const [name, answer, code, message] of ANSWERS) {
  test(`${name}: ${grpcCodeName(code)}`, () => {
    const { client, end, results } = start()
    end.onData!(octets(SETTINGS + answer))
    assert.equal(results, [{ code, message, response: null }])
    assert.not(client.isClosed)
  })
}

test('calls wait for the settings of the server', () => {
  const { client, end } = start()
  assert.is(sentFrames(end, 1).length, 0)
  assert.not(client.isReady)
  end.onData!(octets(SETTINGS))
  assert.is(sentFrames(end, 1).length, 1)
  assert.ok(client.isReady)
})

test('calls beyond what the server allows wait for others to end', () => {
  const { client, end, results } = start()
  client.unary('/a/b', new Uint8Array(0), result => results.push(result))
  client.unary('/a/b', new Uint8Array(0), result => results.push(result)).cancel()
  end.onData!(octets(frame(4, 0, 0, '000300000001')))
  assert.equal(
    sentFrames(end, 1).map(([stream]) => stream),
    [1],
  )
  end.onData!(octets(frame(1, 4, 1, RESPONSE) + frame(0, 0, 1, '0000000000') + OK))
  assert.equal(
    sentFrames(end, 1).map(([stream]) => stream),
    [1, 3],
  )
  assert.equal(
    results.map(({ code }) => code),
    [1, 0],
  )
})

test('cancel ends the call at once and resets its stream', () => {
  const end = new PipeEnd('')
  const client = new GrpcClient(end, OPTIONS)
  const ends: unknown[] = []
  const stream = client.open('/a/b', { onMessage() {}, onEnd: (...status) => ends.push(status) })
  end.onData!(octets(SETTINGS))
  stream.cancel()
  stream.cancel()
  stream.send(new Uint8Array(1))
  stream.halfClose()
  end.onData!(octets(frame(1, 4, 1, RESPONSE) + frame(0, 0, 1, '0000000000')))
  assert.equal(ends, [[1, 'context canceled']])
  assert.equal(sentFrames(end, 3), [[1, '00000008']])
  assert.equal(sentFrames(end, 0), [])
})

test('a status before the end of the request resets the stream without an error', () => {
  const end = new PipeEnd('')
  const client = new GrpcClient(end, OPTIONS)
  const ends: unknown[] = []
  const stream = client.open('/a/b', { onMessage() {}, onEnd: (...status) => ends.push(status) })
  end.onData!(octets(SETTINGS))
  stream.send(new Uint8Array(1))
  end.onData!(octets(frame(1, 5, 1, RESPONSE + literal('grpc-status', '0'))))
  assert.equal(ends, [[0, '']])
  assert.equal(sentFrames(end, 3), [[1, '00000000']])
})

/** How a connection ends, and what its calls and its user hear. */
const ENDS: readonly [name: string, act: (started: Started) => void, code: number, message: string][] = [
  ['the end before the settings', ({ end }) => end.onEnd!(), 14, 'connection closed'],
  [
    'the end',
    ({ end }) => {
      end.onData!(octets(SETTINGS))
      end.onEnd!()
    },
    14,
    'error reading from server: EOF',
  ],
  [
    'a reset',
    ({ end }) => {
      end.onData!(octets(SETTINGS))
      end.onError!('ECONNRESET')
    },
    14,
    'error reading from server: read: read: connection reset by peer',
  ],
  [
    'something that is no HTTP/2',
    ({ end }) => {
      end.onData!(octets(SETTINGS + frame(0, 0, 0)))
    },
    14,
    'error reading from server: connection error: PROTOCOL_ERROR',
  ],
  ['close', ({ client }) => client.close(), 1, 'grpc: the client connection is closing'],
  [
    'the end after GOAWAY',
    ({ end }) => {
      end.onData!(
        octets(SETTINGS + frame(7, 0, 0, `00000001 00000000 ${Buffer.from('graceful_stop').toString('hex')}`)),
      )
      end.onEnd!()
    },
    14,
    'closing transport due to: connection error: desc = "error reading from server: EOF", ' +
      'received prior goaway: code: NO_ERROR, debug data: "graceful_stop"',
  ],
]

for (const [name, act, code, message] of ENDS) {
  test(`calls end with ${name} of the connection`, () => {
    const started = start()
    act(started)
    const { client, end, results, closed } = started
    assert.equal(results, [{ code, message, response: null }])
    assert.equal(closed, [message])
    assert.ok(client.isClosed)
    assert.ok(end.isClosed)
    client.unary('/a/b', new Uint8Array(0), result => results.push(result))
    assert.is(results.length, 2)
    assert.is(results[1]!.code, code)
    client.close()
    assert.is(closed.length, 1)
  })
}

test('GOAWAY refuses calls that came too late, lets the others end, and closes behind them', () => {
  const { client, end, results, closed } = start()
  client.unary('/a/b', new Uint8Array(0), result => results.push(result))
  end.onData!(octets(SETTINGS + frame(7, 0, 0, '00000001 00000000')))
  const message = 'the stream is rejected because server is draining the connection'
  assert.equal(results, [{ code: 14, message, response: null }])
  client.unary('/a/b', new Uint8Array(0), result => results.push(result))
  assert.equal(results[1], { code: 14, message: 'the connection is draining', response: null })
  assert.not(client.isClosed)
  end.onData!(octets(frame(1, 4, 1, RESPONSE) + frame(0, 0, 1, '0000000000') + OK))
  assert.is(results[2]!.code, 0)
  assert.ok(client.isClosed)
  assert.is(closed.length, 1)
})

test('GOAWAY closes a connection without calls', () => {
  const end = new PipeEnd('')
  const client = new GrpcClient(end, OPTIONS)
  end.onData!(octets(SETTINGS + frame(7, 0, 0, '00000000 00000000')))
  assert.ok(client.isClosed)
})

test('a message that is too large is not sent', () => {
  const { client, results } = start({ maxSendMessageSize: 10 })
  client.unary('/a/b', new Uint8Array(11), result => results.push(result))
  assert.equal(results, [{ code: 8, message: 'trying to send message larger than max (11 vs. 10)', response: null }])
})

/** A server with one method, and a client of it. */
const pair = (
  method: GrpcMethod,
  options: GrpcServerOptions = {},
): { pipe: Pipe; client: GrpcClient; server: GrpcServer } => {
  const pipe = new Pipe()
  const server = new GrpcServer(new Map([['/a/b', method]]), options)
  server.accept(pipe.server)
  return { pipe, client: new GrpcClient(pipe.client, OPTIONS), server }
}

test('the server hears of cancelled calls and of connections that go, and then sends nothing', () => {
  const log: string[] = []
  const calls: ServerCall[] = []
  const { pipe, client, server } = pair(
    {
      kind: 'stream',
      open(call) {
        calls.push(call)
        return {
          onMessage: message => log.push(`message ${message.length}`),
          onHalfClose: () => log.push('half'),
          onCancel: () => log.push('cancel'),
        }
      },
    },
    { onConnEnd: peer => log.push(`gone ${peer}`) },
  )
  const silent = { onMessage() {}, onEnd() {} }
  const first = client.open('/a/b', silent)
  const second = client.open('/a/b', silent, { metadata: [['hasleader', 'true']], timeoutNs: 5e9 })
  first.send(new Uint8Array(3))
  second.halfClose()
  pipe.run()
  first.cancel()
  pipe.run()
  assert.equal(log, ['message 3', 'half', 'cancel'])
  assert.equal([calls[0]!.isEnded, calls[1]!.isEnded], [true, false])
  assert.equal(calls[1]!.metadata.at(-1), ['hasleader', 'true'])
  assert.is(calls[1]!.timeoutNs, 5e9)
  assert.is(calls[1]!.peer, '192.0.2.1:40000')
  calls[0]!.send(new Uint8Array(1))
  calls[0]!.finish(0)
  assert.is(server.connCount, 1)
  client.close()
  pipe.run()
  assert.equal(log.slice(3), ['cancel', 'gone 192.0.2.1:40000'])
  assert.is(server.connCount, 0)
  calls[1]!.finish(0)
})

test('stop closes connections and cancels their calls', () => {
  const log: string[] = []
  const { pipe, client, server } = pair({
    kind: 'stream',
    open: () => ({ onMessage() {}, onHalfClose() {}, onCancel: () => log.push('cancel') }),
  })
  client.open('/a/b', { onMessage() {}, onEnd: (code, message) => log.push(`${code} ${message}`) })
  pipe.run()
  server.stop()
  pipe.run()
  assert.equal(log, ['cancel', '14 error reading from server: EOF'])
})

test('octets that are no message of their type are INTERNAL', () => {
  const refuse = (): never => {
    throw new NetloomError('EDECODE', 'key: 5 at offset 2: longer than what is left')
  }
  const message = 'grpc: error unmarshalling request: key: 5 at offset 2: longer than what is left'
  const results: GrpcResult[] = []
  const unary = pair({ kind: 'unary', handle: refuse })
  unary.client.unary('/a/b', new Uint8Array(1), result => results.push(result))
  unary.pipe.run()
  assert.equal(results, [{ code: 13, message, response: null }])
  const log: string[] = []
  const stream = pair({
    kind: 'stream',
    open: () => ({ onMessage: refuse, onHalfClose() {}, onCancel: () => log.push('cancel') }),
  })
  const call = stream.client.open('/a/b', { onMessage() {}, onEnd: (code, text) => log.push(`${code} ${text}`) })
  call.send(new Uint8Array(1))
  stream.pipe.run()
  assert.equal(log, ['cancel', `13 ${message}`])
})

test('the server refuses what is no call of gRPC', () => {
  const request = (path: string, method: string, type: string, more = ''): string =>
    `${literal(':method', method)}86${literal(':path', path)}${literal('content-type', type)}${more}`
  const cases: [name: string, fields: string, code: string][] = [
    ['GET', request('/a/b', 'GET', 'application/grpc'), '00000008'],
    ['another content type', request('/a/b', 'POST', 'application/json'), '00000001'],
    ['a broken time limit', request('/a/b', 'POST', 'application/grpc', literal('grpc-timeout', '5')), '00000001'],
  ]
  for (const [name, fields, code] of cases) {
    const end = new PipeEnd('')
    new GrpcServer(new Map()).accept(end, octets(Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n').toString('hex')))
    end.onData!(octets(SETTINGS + frame(1, 4, 1, fields)))
    assert.equal(sentFrames(end, 3), [[1, code]], name)
  }
})

test('a request that ends before its message is an error', () => {
  const log: string[] = []
  const { pipe, client } = pair({ kind: 'unary', handle: () => assert.unreachable('no message') })
  const call = client.open('/a/b', { onMessage() {}, onEnd: (code, message) => log.push(`${code} ${message}`) })
  call.halfClose()
  pipe.run()
  assert.equal(log, ['2 EOF'])
})

test('a client that pings too often is told so, and left', () => {
  const { pipe, client } = pair({ kind: 'unary', handle() {} }, { now: () => 1e15 })
  const closed: string[] = []
  client.onClose = reason => closed.push(reason)
  for (let n = 0; n < 4; n++) client.ping(() => {})
  pipe.run()
  assert.equal(closed, [
    'closing transport due to: connection error: desc = "received goaway and there are no active streams", ' +
      'received prior goaway: code: ENHANCE_YOUR_CALM, debug data: "too_many_pings"',
  ])
})

test('status messages are percent-encoded UTF-8 (PROTOCOL-HTTP2.md)', () => {
  assert.is(encodeGrpcMessage('100% näh\n~'), '100%25 n%C3%A4h%0A~')
  assert.is(decodeGrpcMessage('100%25 n%C3%A4h%0a~'), '100% näh\n~')
  assert.is(decodeGrpcMessage('50% %zz %'), '50% %zz %')
})

test('time limits have at most eight digits, rounded up', () => {
  const cases: [ns: number, text: string][] = [
    [4998861e3, '4998861u'],
    [99_999_999, '99999999n'],
    [100_000_000, '100000u'],
    [100_000_001, '100001u'],
    [5e9, '5000000u'],
    [86400e9, '86400000m'],
    [-1, '0n'],
  ]
  for (const [ns, text] of cases) assert.is(encodeGrpcTimeout(ns), text)
  assert.is(decodeGrpcTimeout('86400000m'), 86400e9)
  assert.is(decodeGrpcTimeout('2H'), 7200e9)
  for (const text of ['', '5', 'S', '123456789S', '1x', '-1S']) assert.is(decodeGrpcTimeout(text), null, text)
})

test('errors read as those of grpc-go', () => {
  assert.is(grpcErrorText(14, 'gone'), 'rpc error: code = Unavailable desc = gone')
  assert.is(grpcCodeName(1), 'Canceled')
  assert.is(grpcCodeName(99), 'Code(99)')
})

test.run()
