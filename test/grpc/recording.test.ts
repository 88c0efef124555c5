import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { GrpcClient } from '../../lib/grpc/grpc-client.js'
import { type GrpcMethod, GrpcServer, type ServerCall } from '../../lib/grpc/grpc-server.js'
import { PipeEnd } from './pipe.js'

const test = suite('grpc/recording')

/** What one side sent, in order: `C` the client, `S` the server. */
interface Segment {
  readonly side: string
  readonly octets: Buffer
}

const FILE = join(import.meta.dirname, '../data/grpc/etcd-3.4.23.txt')

const conversations = new Map(
  readFileSync(FILE, 'utf8')
    .split('\n## ')
    .slice(1)
    .map((text): [string, Segment[]] => {
      const [name, ...lines] = text.split('\n')
      const segments = lines.filter(line => line !== '').map(line => line.split(' '))
      return [name!, segments.map(([side, hex]) => ({ side: side!, octets: Buffer.from(hex!, 'hex') }))]
    }),
)

const sentBy = (segments: readonly Segment[], side: string): Buffer =>
  Buffer.concat(segments.filter(segment => segment.side === side).map(({ octets }) => octets))

/** Messages that a side sent, taken out of its DATA frames. */
const messagesOf = (segments: readonly Segment[], side: string): Uint8Array[] => {
  let octets = sentBy(segments, side)
  if (side === 'C') octets = octets.subarray(24)
  const messages: Uint8Array[] = []
  while (octets.length > 0) {
    const end = 9 + octets.readUIntBE(0, 3)
    if (octets[3] === 0) messages.push(new Uint8Array(octets.subarray(14, end)))
    octets = octets.subarray(end)
  }
  return messages
}

const CASES = [
  { name: 'put foo bar', path: '/etcdserverpb.KV/Put', timeoutUs: 4998861, code: 0, message: '' },
  { name: 'get foo', path: '/etcdserverpb.KV/Range', timeoutUs: 4999020, code: 0, message: '' },
  {
    name: 'lease revoke 1234',
    path: '/etcdserverpb.Lease/LeaseRevoke',
    timeoutUs: 4998567,
    code: 5,
    message: 'etcdserver: requested lease not found',
  },
  {
    name: 'compaction 1000',
    path: '/etcdserverpb.KV/Compact',
    timeoutUs: 4999127,
    code: 11,
    message: 'etcdserver: mvcc: required revision is a future revision',
  },
]

const OPTIONS = { authority: '127.0.0.1:2379', userAgent: 'grpc-go/1.33.3', now: () => 0 }

/** What the client said until then, and of what it says more the recorded client had no time for. */
const assertBegins = (sent: Buffer, recorded: Buffer): void => {
  assert.is(sent.subarray(0, recorded.length).toString('hex'), recorded.toString('hex'))
}

for (const { name, path, timeoutUs, code, message } of CASES) {
  const segments = conversations.get(name)!
  test(`${name}: the client sends the octets of etcdctl, and reads the answer`, () => {
    const end = new PipeEnd('127.0.0.1:2379')
    const client = new GrpcClient(end, OPTIONS)
    const done: unknown[] = []
    const [request] = messagesOf(segments, 'C')
    client.unary(path, request!, result => done.push(result), {
      timeoutNs: timeoutUs * 1000,
      metadata: [['client-api-version', '3.4']],
    })
    for (const { side, octets } of segments) if (side === 'S') end.onData!(octets)
    assertBegins(Buffer.from(end.sent), sentBy(segments, 'C'))
    const [response = null] = messagesOf(segments, 'S')
    assert.equal(done, [{ code, message, response }])
  })

  test(`${name}: the server sends the octets of etcd`, () => {
    const end = new PipeEnd('127.0.0.1:40000')
    let seen: ServerCall | null = null
    const method: GrpcMethod = {
      kind: 'unary',
      handle(request, call) {
        seen = call
        assert.equal(request, messagesOf(segments, 'C')[0])
        for (const response of messagesOf(segments, 'S')) call.send(response)
        call.finish(code, message)
      },
    }
    new GrpcServer(new Map([[path, method]]), { now: () => 0 }).accept(end)
    for (const { side, octets } of segments) if (side === 'C') end.onData!(octets)
    assert.is(Buffer.from(end.sent).toString('hex'), sentBy(segments, 'S').toString('hex'))
    assert.is(seen!.timeoutNs, timeoutUs * 1000)
    assert.equal(seen!.metadata.at(-1), ['client-api-version', '3.4'])
  })
}

const WATCH = '/etcdserverpb.Watch/Watch'

test('watch foo: the client sends the octets of etcdctl', () => {
  const segments = conversations.get('watch foo')!
  const end = new PipeEnd('127.0.0.1:2379')
  const client = new GrpcClient(end, OPTIONS)
  const got: Uint8Array[] = []
  const stream = client.open(
    WATCH,
    { onMessage: message => got.push(message), onEnd: () => assert.unreachable('no end') },
    {
      metadata: [
        ['hasleader', 'true'],
        ['client-api-version', '3.4'],
      ],
    },
  )
  stream.send(messagesOf(segments, 'C')[0]!)
  for (const { side, octets } of segments) if (side === 'S') end.onData!(octets)
  assert.is(Buffer.from(end.sent).toString('hex'), sentBy(segments, 'C').toString('hex'))
  assert.equal(got, messagesOf(segments, 'S'))
})

test('watch foo: the server sends the octets of etcd', () => {
  const segments = conversations.get('watch foo')!
  const end = new PipeEnd('127.0.0.1:40000')
  const [created, event] = messagesOf(segments, 'S')
  let call: ServerCall | null = null
  const method: GrpcMethod = {
    kind: 'stream',
    open(opened) {
      call = opened
      return { onMessage: () => opened.send(created!), onHalfClose() {}, onCancel() {} }
    },
  }
  new GrpcServer(new Map([[WATCH, method]]), { now: () => 0 }).accept(end)
  const octets = segments.filter(({ side }) => side === 'C').map(segment => segment.octets)
  for (const [n, piece] of octets.entries()) {
    // The key changes when the client has acknowledged its watch.
    if (n === octets.length - 1) call!.send(event!)
    end.onData!(piece)
  }
  assert.is(Buffer.from(end.sent).toString('hex'), sentBy(segments, 'S').toString('hex'))
})

test.run()
