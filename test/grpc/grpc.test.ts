import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { GrpcClient, type GrpcResult } from '../../lib/grpc/grpc-client.js'
import { type GrpcMethod, GrpcServer } from '../../lib/grpc/grpc-server.js'
import { decodeUtf8, encodeUtf8 } from '../../lib/wire/utf8.js'
import { Pipe } from './pipe.js'

const test = suite('grpc/grpc')

const ECHO: ReadonlyMap<string, GrpcMethod> = new Map<string, GrpcMethod>([
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
      handle(request, call) {
        call.finish(5, decodeUtf8(request))
      },
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

const OPTIONS = { authority: '192.0.2.2:2379', userAgent: 'grpc-go/1.40.0' }

for (const piece of [1, 7, 100_000]) {
  test(`unary calls, errors and streams, ${piece} octets at a time`, () => {
    const pipe = new Pipe(piece)
    new GrpcServer(ECHO).accept(pipe.server)
    const client = new GrpcClient(pipe.client, OPTIONS)
    const results: GrpcResult[] = []
    client.unary('/test.Echo/Say', encodeUtf8('hello'), result => results.push(result))
    client.unary('/test.Echo/Refuse', encodeUtf8('100% näh'), result => results.push(result))
    client.unary('/test.Echo/None', encodeUtf8(''), result => results.push(result))
    client.unary('/test.None/None', encodeUtf8(''), result => results.push(result))
    const got: string[] = []
    const chat = client.open('/test.Echo/Chat', {
      onMessage: message => got.push(decodeUtf8(message)),
      onEnd: (code, message) => got.push(`end ${code} ${message}`),
    })
    chat.send(encodeUtf8('one'))
    chat.send(encodeUtf8(''))
    pipe.run()
    assert.equal(got, ['one', ''])
    chat.send(encodeUtf8('two'))
    chat.halfClose()
    pipe.run()
    assert.equal(got, ['one', '', 'two', 'end 0 '])
    assert.equal(results, [
      { code: 0, message: '', response: encodeUtf8('hello') },
      { code: 5, message: '100% näh', response: null },
      { code: 12, message: 'unknown method None for service test.Echo', response: null },
      { code: 12, message: 'unknown service test.None', response: null },
    ])
  })
}

test('a message of a million octets passes the windows, in both directions', () => {
  const pipe = new Pipe()
  new GrpcServer(ECHO).accept(pipe.server)
  const client = new GrpcClient(pipe.client, OPTIONS)
  const message = Uint8Array.from({ length: 1_000_000 }, (_, n) => n % 251)
  const results: GrpcResult[] = []
  client.unary('/test.Echo/Say', message, result => results.push(result))
  pipe.run()
  assert.is(results.length, 1)
  assert.equal(results[0]!.response, message)
})

test.run()
