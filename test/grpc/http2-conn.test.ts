import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { GrpcClient, type GrpcResult } from '../../lib/grpc/grpc-client.js'
import { type GrpcMethod, GrpcServer } from '../../lib/grpc/grpc-server.js'
import { Http2Conn } from '../../lib/grpc/http2-conn.js'
import { DEFAULT_MAX_HEADER_LIST_SIZE, type Http2ConnHandler } from '../../lib/grpc/http2-handler.js'
import { sniffProtocol, sniffStream } from '../../lib/grpc/http2-preface.js'
import type { Http2End, Http2Stream, Http2StreamHandler } from '../../lib/grpc/http2-stream.js'
import { PipeEnd } from './pipe.js'

const test = suite('grpc/http2-conn')

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n').toString('hex')
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

const DATA = 0
const HEADERS = 1
const RST_STREAM = 3
const SETTINGS = 4
const PING = 6
const GOAWAY = 7
const WINDOW_UPDATE = 8
const CONTINUATION = 9

/** `:method POST, :scheme http, :path /, content-type application/grpc` */
const REQUEST = '83 86 84 5f 10 6170706c69636174696f6e2f67727063'
const START = PREFACE + frame(SETTINGS, 0, 0)
const OPEN = START + frame(HEADERS, 4, 1, REQUEST)

interface Seen {
  readonly events: string[]
  end: Http2End | null
  streams: Http2Stream[]
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

const observe = (): { handler: Http2ConnHandler; seen: Seen } => {
  const seen: Seen = { events: [], end: null, streams: [] }
  const { events } = seen
  const streamHandler = (stream: Http2Stream): Http2StreamHandler => ({
    onHeaders: (fields, isEnd) => events.push(`headers ${stream.id} ${fields.join(';')} ${isEnd}`),
    onData(data, isEnd) {
      events.push(`data ${stream.id} ${hex(data)} ${isEnd}`)
      stream.consumed(data.length)
    },
    onReset: (code, reason, isLocal) => events.push(`reset ${stream.id} ${code} ${reason} ${isLocal}`),
    onConnEnd: end => events.push(`conn end ${stream.id} ${end.kind}`),
  })
  const handler: Http2ConnHandler = {
    onStream(stream, fields, isEnd) {
      events.push(`stream ${stream.id} ${fields.join(';')} ${isEnd}`)
      seen.streams.push(stream)
      return streamHandler(stream)
    },
    onReady: () => events.push('ready'),
    onGoAway: ({ lastStreamId, code, debug }) => events.push(`goaway ${lastStreamId} ${code} ${debug}`),
    onPing: () => events.push('ping'),
    onPingAck: data => events.push(`ping ack ${hex(data)}`),
    onEnd(end) {
      seen.end = end
      events.push(`end ${end.kind}`)
    },
  }
  return { handler, seen }
}

const serverOf = (handler: Http2ConnHandler): { end: PipeEnd; conn: Http2Conn } => {
  const end = new PipeEnd('192.0.2.1:40000')
  const conn = new Http2Conn(end, handler, {
    isClient: false,
    settings: [],
    maxHeaderListSize: DEFAULT_MAX_HEADER_LIST_SIZE,
    now: null,
  })
  return { end, conn }
}

interface SentFrame {
  readonly type: number
  readonly flags: number
  readonly stream: number
  readonly payload: Buffer
}

/** Frames that a side sent, read without the library. */
const framesOf = (sent: Uint8Array): SentFrame[] => {
  let rest = Buffer.from(sent)
  if (rest.subarray(0, 3).toString() === 'PRI') rest = rest.subarray(24)
  const frames: SentFrame[] = []
  while (rest.length > 0) {
    const length = rest.readUIntBE(0, 3)
    frames.push({
      type: rest[3]!,
      flags: rest[4]!,
      stream: rest.readUInt32BE(5),
      payload: rest.subarray(9, 9 + length),
    })
    rest = rest.subarray(9 + length)
  }
  return frames
}

/** Input after the preface, the code of the GOAWAY that answers it (RFC 9113), and why. */
const CONNECTION_FAULTS: readonly [name: string, input: string, code: number, reason: string][] = [
  ['no preface', hex(Buffer.from('GET / HTTP/1.1\r\n')), 1, 'bogus greeting from client'],
  ['no SETTINGS first', PREFACE + frame(PING, 0, 0, '0000000000000000'), 1, 'PING frame before SETTINGS'],
  ['an acknowledgement first', PREFACE + frame(SETTINGS, 1, 0), 1, 'SETTINGS frame before SETTINGS'],
  ['too large a frame', START + '00400100 00 00000001'.replace(/\s/g, ''), 6, 'frame too large: 16385 octets'],
  ['DATA on the connection', START + frame(DATA, 0, 0), 1, 'DATA frame with stream ID 0'],
  ['HEADERS on the connection', START + frame(HEADERS, 4, 0, REQUEST), 1, 'HEADERS frame with stream ID 0'],
  ['SETTINGS on a stream', START + frame(SETTINGS, 0, 1), 1, 'SETTINGS frame with stream ID 1'],
  ['PING on a stream', START + frame(PING, 0, 1, '0000000000000000'), 1, 'PING frame with stream ID 1'],
  ['GOAWAY on a stream', START + frame(GOAWAY, 0, 1, '0000000000000000'), 1, 'GOAWAY frame with stream ID 1'],
  ['a short PING', START + frame(PING, 0, 0, '00'), 6, 'PING frame with 1 octets'],
  ['a short GOAWAY', START + frame(GOAWAY, 0, 0, '00'), 6, 'GOAWAY frame with 1 octets'],
  ['a long RST_STREAM', OPEN + frame(RST_STREAM, 0, 1, '0000000000'), 6, 'RST_STREAM frame with 5 octets'],
  ['a short WINDOW_UPDATE', START + frame(WINDOW_UPDATE, 0, 0, '0000'), 6, 'WINDOW_UPDATE frame with 2 octets'],
  ['SETTINGS of a broken length', START + frame(SETTINGS, 0, 0, '0000'), 6, 'SETTINGS frame with 2 octets'],
  [
    'an acknowledgement with settings',
    START + frame(SETTINGS, 1, 0, '000300000001'),
    6,
    'SETTINGS frame with 6 octets',
  ],
  ['a push setting of 2', START + frame(SETTINGS, 0, 0, '000200000002'), 1, 'SETTINGS_ENABLE_PUSH is 2'],
  [
    'an initial window of 2^31',
    START + frame(SETTINGS, 0, 0, '000480000000'),
    3,
    'SETTINGS_INITIAL_WINDOW_SIZE is 2147483648',
  ],
  ['frames of 100 octets', START + frame(SETTINGS, 0, 0, '000500000064'), 1, 'SETTINGS_MAX_FRAME_SIZE is 100'],
  ['a push', START + frame(5, 4, 1, '00000002'), 1, 'PUSH_PROMISE frame, which nobody allowed'],
  [
    'a window of more than 2^31',
    START + frame(WINDOW_UPDATE, 0, 0, '7fffffff'),
    3,
    'window of the connection is too large',
  ],
  ['a window update of nothing', START + frame(WINDOW_UPDATE, 0, 0, '00000000'), 1, 'WINDOW_UPDATE frame of 0'],
  ['DATA on an idle stream', START + frame(DATA, 0, 1), 1, 'DATA frame for idle stream 1'],
  [
    'RST_STREAM on an idle stream',
    START + frame(RST_STREAM, 0, 1, '00000008'),
    1,
    'RST_STREAM frame for idle stream 1',
  ],
  [
    'WINDOW_UPDATE on an idle stream',
    START + frame(WINDOW_UPDATE, 0, 3, '00000001'),
    1,
    'WINDOW_UPDATE frame for idle stream 3',
  ],
  ['an even stream', START + frame(HEADERS, 4, 2, REQUEST), 1, 'client opened stream 2'],
  [
    'a stream that is closed',
    START + frame(HEADERS, 4, 5, REQUEST) + frame(HEADERS, 4, 3, REQUEST),
    5,
    'HEADERS frame for closed stream 3',
  ],
  ['a broken header block', START + frame(HEADERS, 4, 1, 'ff80'), 9, 'truncated integer'],
  ['CONTINUATION by itself', OPEN + frame(CONTINUATION, 4, 1), 1, 'unexpected CONTINUATION for stream 1'],
  [
    'a frame within a header block',
    START + frame(HEADERS, 0, 1, REQUEST) + frame(PING, 0, 0, '0000000000000000'),
    1,
    'unexpected PING for stream 0',
  ],
  [
    'a header block of two streams',
    START + frame(HEADERS, 0, 1, REQUEST) + frame(CONTINUATION, 4, 3),
    1,
    'unexpected CONTINUATION for stream 3',
  ],
  ['padding that is too long', OPEN + frame(DATA, 8, 1, '05 00'), 1, 'pad size larger than data payload'],
  ['padding that is missing', OPEN + frame(DATA, 8, 1), 6, 'DATA frame with 0 octets'],
  ['priority that is missing', START + frame(HEADERS, 0x24, 1, '0000'), 6, 'HEADERS frame with 2 octets'],
]

for (const [name, input, code, reason] of CONNECTION_FAULTS) {
  test(`${name} ends the connection`, () => {
    const { handler, seen } = observe()
    const { end } = serverOf(handler)
    end.onData!(octets(input))
    const last = framesOf(end.sent).at(-1)!
    assert.is(last.type, GOAWAY)
    assert.is(last.payload.readUInt32BE(4), code)
    assert.is(last.payload.subarray(8).toString(), reason)
    assert.equal(seen.end, { kind: 'fault', fault: { streamId: 0, code, reason } })
    assert.ok(end.isClosed)
    const { length } = seen.events
    end.onData!(octets(frame(PING, 0, 0, '0000000000000000')))
    end.onEnd!()
    assert.is(seen.events.length, length)
  })
}

/** Input after a stream was opened, the code of the RST_STREAM that answers it, the stream. */
const STREAM_FAULTS: readonly [name: string, input: string, code: number, stream: number][] = [
  ['no :path', START + frame(HEADERS, 4, 1, '83 86'), 1, 1],
  ['a capital in a name', START + frame(HEADERS, 4, 1, `${REQUEST} 00 01 41 01 61`), 1, 1],
  ['a pseudo field behind a regular one', START + frame(HEADERS, 4, 1, `83 86 5f 00 84`), 1, 1],
  ['an unknown pseudo field', START + frame(HEADERS, 4, 1, `83 86 84 00 02 3a61 00`), 1, 1],
  ['a pseudo field twice', START + frame(HEADERS, 4, 1, `83 83 86 84`), 1, 1],
  ['a field of HTTP/1 connections', START + frame(HEADERS, 4, 1, `${REQUEST} 00 0a 636f6e6e656374696f6e 00`), 1, 1],
  ['te other than trailers', START + frame(HEADERS, 4, 1, `${REQUEST} 00 02 7465 04 677a6970`), 1, 1],
  ['DATA behind the end', START + frame(HEADERS, 5, 1, REQUEST) + frame(DATA, 0, 1, '00'), 5, 1],
  ['HEADERS behind the end', START + frame(HEADERS, 5, 1, REQUEST) + frame(HEADERS, 5, 1, '00016100'), 5, 1],
  ['HEADERS in the middle', OPEN + frame(HEADERS, 4, 1, '00016100'), 1, 1],
  ['a window update of nothing', OPEN + frame(WINDOW_UPDATE, 0, 1, '00000000'), 1, 1],
  ['a window of more than 2^31', OPEN + frame(WINDOW_UPDATE, 0, 1, '7fffffff'), 3, 1],
  ['a short PRIORITY', OPEN + frame(2, 0, 1, '00'), 6, 1],
]

for (const [name, input, code, stream] of STREAM_FAULTS) {
  test(`${name} resets the stream, and the connection goes on`, () => {
    const { handler, seen } = observe()
    const { end } = serverOf(handler)
    end.onData!(octets(input + frame(PING, 0, 0, '0102030405060708')))
    const [reset, ack] = framesOf(end.sent).slice(-2)
    assert.equal([reset!.type, reset!.stream, reset!.payload.readUInt32BE(0)], [RST_STREAM, stream, code])
    assert.equal([ack!.type, ack!.flags, ack!.payload.toString('hex')], [PING, 1, '0102030405060708'])
    assert.is(seen.end, null)
  })
}

/** A conversation with padding, priorities, unknown frames, CONTINUATION, pings and trailers. */
const RICH =
  PREFACE +
  frame(SETTINGS, 0, 0, '000100000000 000300000064 000400010000 ff0000000001') +
  frame(SETTINGS, 1, 0) +
  frame(HEADERS, 0x28, 1, `02 80000003 10 ${REQUEST} 0000`) +
  frame(CONTINUATION, 0, 1, '40 01 61') +
  frame(CONTINUATION, 4, 1, '01 62') +
  frame(2, 0, 1, '0000000001') +
  frame(DATA, 8, 1, '03 0102 000000') +
  frame(0xfa, 0xff, 7, '010203') +
  frame(PING, 0, 0, '0102030405060708') +
  frame(HEADERS, 5, 3, `${REQUEST} bf`) +
  frame(WINDOW_UPDATE, 0, 1, '00000010') +
  frame(DATA, 0, 1) +
  frame(HEADERS, 5, 1, '00 01 7a 00') +
  frame(RST_STREAM, 0, 3, '00000008') +
  frame(DATA, 0, 3, '01') +
  frame(PING, 1, 0, '0807060504030201') +
  frame(GOAWAY, 0, 0, '00000000 00000002 627965')

const RICH_EVENTS = [
  'ready',
  'stream 1 :method,POST;:scheme,http;:path,/;content-type,application/grpc;a,b false',
  'data 1 0102 false',
  'ping',
  'stream 3 :method,POST;:scheme,http;:path,/;content-type,application/grpc;a,b true',
  'data 1  false',
  'headers 1 z, true',
  'reset 3 8  false',
  'ping ack 0807060504030201',
  'goaway 0 2 bye',
]

test('input gives the same events and the same answer wherever it is cut', () => {
  const bytes = octets(RICH)
  const play = (cuts: readonly number[]): { events: string[]; sent: string } => {
    const { handler, seen } = observe()
    const { end } = serverOf(handler)
    let from = 0
    for (const to of [...cuts, bytes.length]) {
      end.onData!(bytes.subarray(from, to))
      from = to
    }
    return { events: seen.events, sent: hex(end.sent) }
  }
  const whole = play([])
  assert.equal(whole.events, RICH_EVENTS)
  for (let cut = 1; cut < bytes.length; cut++) assert.equal(play([cut]), whole)
  const all = Array.from({ length: bytes.length - 1 }, (_, n) => n + 1)
  assert.equal(play(all), whole)
})

test('random octets never throw, on either side, behind any beginning', () => {
  const beginnings = ['', PREFACE, START, OPEN, RICH]
  const frames = fc
    .tuple(
      fc.integer({ min: 0, max: 10 }),
      fc.integer({ min: 0, max: 255 }),
      fc.integer({ min: 0, max: 5 }),
      fc.uint8Array({ maxLength: 30 }),
    )
    .map(([type, flags, stream, payload]) => frame(type, flags, stream, hex(payload)))
  const input = fc.oneof(
    fc.uint8Array({ maxLength: 80 }).map(hex),
    fc.array(frames, { maxLength: 8 }).map(all => all.join('')),
  )
  const method: GrpcMethod = {
    kind: 'stream',
    open: call => ({ onMessage: message => call.send(message), onHalfClose: () => call.finish(0), onCancel() {} }),
  }
  fc.assert(
    fc.property(fc.constantFrom(...beginnings), input, (beginning, more) => {
      const server = new PipeEnd('')
      new GrpcServer(new Map([['/', method]]), { now: () => 0 }).accept(server)
      server.onData!(octets(beginning + more))
      const end = new PipeEnd('')
      const client = new GrpcClient(end, { authority: 'a', userAgent: 'b' })
      const results: GrpcResult[] = []
      client.unary('/', new Uint8Array(3), result => results.push(result))
      end.onData!(octets(beginning.replace(PREFACE, '') + more))
      end.onEnd?.()
      assert.is(results.length, 1)
    }),
    { seed: 9113, numRuns: 3000 },
  )
})

const sentData = (end: PipeEnd): string[] =>
  framesOf(end.sent)
    .filter(({ type }) => type === DATA)
    .map(({ flags, stream, payload }) => `${stream} ${payload.toString()}${flags === 1 ? ' end' : ''}`)

test('a window of one octet lets one octet pass at a time, and trailers wait for the rest', () => {
  const { handler, seen } = observe()
  const { end } = serverOf(handler)
  end.onData!(octets(PREFACE + frame(SETTINGS, 0, 0, '000400000001') + frame(HEADERS, 5, 1, REQUEST)))
  const stream = seen.streams[0]!
  stream.headers([[':status', '200']])
  stream.data(Buffer.from('abc'), false)
  stream.trailers([['grpc-status', '0']])
  assert.equal(sentData(end), ['1 a'])
  end.onData!(octets(frame(WINDOW_UPDATE, 0, 1, '00000001')))
  assert.equal(sentData(end), ['1 a', '1 b'])
  assert.is(framesOf(end.sent).at(-1)!.type, DATA)
  end.onData!(octets(frame(WINDOW_UPDATE, 0, 1, '00000001')))
  const frames = framesOf(end.sent)
  assert.equal(sentData(end), ['1 a', '1 b', '1 c'])
  assert.equal([frames.at(-1)!.type, frames.at(-1)!.flags], [HEADERS, 5])
})

test('settings that make a window negative stop a stream until it is positive again (RFC 9113, 6.9.2)', () => {
  const { handler, seen } = observe()
  const { end } = serverOf(handler)
  end.onData!(octets(PREFACE + frame(SETTINGS, 0, 0, '000400000004') + frame(HEADERS, 5, 1, REQUEST)))
  seen.streams[0]!.data(Buffer.from('abcdefgh'), true)
  end.onData!(octets(frame(SETTINGS, 0, 0, '000400000001')))
  end.onData!(octets(frame(WINDOW_UPDATE, 0, 1, '00000003')))
  assert.equal(sentData(end), ['1 abcd'])
  end.onData!(octets(frame(WINDOW_UPDATE, 0, 1, '00000001')))
  assert.equal(sentData(end), ['1 abcd', '1 e'])
  end.onData!(octets(frame(SETTINGS, 0, 0, '00040000ffff')))
  assert.equal(sentData(end), ['1 abcd', '1 e', '1 fgh end'])
})

test("the connection's window stops all streams, and streams take turns when it opens", () => {
  const { handler, seen } = observe()
  const { end } = serverOf(handler)
  const more = frame(SETTINGS, 0, 0, '00047fffffff')
  end.onData!(octets(PREFACE + more + frame(HEADERS, 5, 1, REQUEST) + frame(HEADERS, 5, 3, REQUEST)))
  seen.streams[0]!.data(new Uint8Array(65535), false)
  assert.is(sentData(end).length, 4)
  seen.streams[0]!.data(Buffer.from('one'), true)
  seen.streams[1]!.data(Buffer.from('two'), true)
  assert.is(sentData(end).length, 4)
  end.onData!(octets(frame(WINDOW_UPDATE, 0, 0, '00000001')))
  assert.equal(sentData(end).slice(4), ['1 o'])
  end.onData!(octets(frame(WINDOW_UPDATE, 0, 0, '00000008')))
  assert.equal(sentData(end).slice(5), ['3 two end', '1 ne end'])
})

test('a stream whose peer sends more than its window is reset', () => {
  const { handler, seen } = observe()
  const { end } = serverOf({
    ...handler,
    onStream: (stream, fields, isEnd) => ({ ...handler.onStream(stream, fields, isEnd)!, onData() {} }),
  })
  const block = '00'.repeat(16384)
  end.onData!(octets(OPEN + frame(DATA, 0, 1, block).repeat(3)))
  end.onData!(octets(frame(DATA, 0, 1, block)))
  const last = framesOf(end.sent).at(-1)!
  assert.equal([last.type, last.stream, last.payload.readUInt32BE(0)], [RST_STREAM, 1, 3])
  assert.equal(seen.events.at(-1), 'reset 1 3 received 65536-bytes data exceeding the limit 65535 bytes true')
})

test('padding is given back with what was read', () => {
  const { handler, seen } = observe()
  const { end } = serverOf(handler)
  end.onData!(octets(OPEN))
  const padded = octets(frame(DATA, 8, 1, `ff 01 ${'00'.repeat(255)}`))
  for (let n = 0; n < 600; n++) end.onData!(padded)
  assert.is(seen.events.filter(event => event === 'data 1 01 false').length, 600)
})

test('a quarter of a window is given back at once', () => {
  const { handler } = observe()
  const { end } = serverOf(handler)
  end.onData!(octets(OPEN + frame(DATA, 0, 1, '00'.repeat(16000))))
  assert.is(framesOf(end.sent).filter(({ type }) => type === WINDOW_UPDATE).length, 0)
  end.onData!(octets(frame(DATA, 0, 1, '00'.repeat(1000))))
  const given = framesOf(end.sent).filter(({ type }) => type === WINDOW_UPDATE)
  assert.equal(
    given.map(({ stream, payload }) => [stream, payload.readUInt32BE(0)]),
    [
      [0, 17000],
      [1, 17000],
    ],
  )
})

test('a header list larger than a frame goes on in CONTINUATION', () => {
  const { handler, seen } = observe()
  const { end } = serverOf(handler)
  end.onData!(octets(START + frame(HEADERS, 5, 1, REQUEST)))
  seen.streams[0]!.trailers([
    [':status', '200'],
    ['long', '\x01'.repeat(20000)],
  ])
  const frames = framesOf(end.sent).slice(-2)
  assert.equal(
    frames.map(({ type, flags, payload }) => [type, flags, payload.length === 16384]),
    [
      [HEADERS, 1, true],
      [CONTINUATION, 4, false],
    ],
  )
})

test('header blocks have an end, even when CONTINUATION frames bring nothing', () => {
  const { handler, seen } = observe()
  const end = new PipeEnd('')
  new Http2Conn(end, handler, { isClient: false, settings: [], maxHeaderListSize: 100, now: null })
  end.onData!(octets(START + frame(HEADERS, 0, 1, '83') + frame(CONTINUATION, 0, 1).repeat(12)))
  assert.equal(seen.end, {
    kind: 'fault',
    fault: { streamId: 0, code: 11, reason: 'header block has more than 100 octets' },
  })
})

test('the first octets tell HTTP/2 from HTTP/1', () => {
  const preface = Buffer.from(PREFACE, 'hex')
  for (let length = 0; length < preface.length; length++) assert.is(sniffProtocol(preface.subarray(0, length)), null)
  assert.is(sniffProtocol(preface), 'http2')
  for (const text of ['GET / HTTP/1.1', 'POST /v3/kv/put HTTP/1.1', 'PUT', 'PRI * HTTP/1.1', 'P0'])
    assert.is(sniffProtocol(Buffer.from(text)), 'http1', text)
  const end = new PipeEnd('')
  const told: string[] = []
  sniffStream(end, (protocol, bytes) => told.push(`${protocol} ${Buffer.from(bytes)}`))
  end.onData!(Buffer.from('PRI'))
  end.onData!(Buffer.from('NT /'))
  assert.equal(told, ['http1 PRINT /'])
})

test.run()
