import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Process } from '../../lib/app/process.js'
import { connectStream, listenStream } from '../../lib/app/stream.js'
import { capture } from '../../lib/capture/tap.js'
import { GrpcClient } from '../../lib/grpc/grpc-client.js'
import { type GrpcMethod, GrpcServer } from '../../lib/grpc/grpc-server.js'
import { encodeProto, type ProtoType } from '../../lib/grpc/protobuf.js'
import { decodeUtf8, encodeUtf8 } from '../../lib/wire/utf8.js'
import { Lab } from '../app/lab.js'
import { tsharkMissing } from '../conformance/tshark.js'

const test = suite('grpc/network')

const S = 1_000_000_000
const PUT: ProtoType = {
  name: 'PutRequest',
  fields: [
    { id: 1, name: 'key', type: 'bytes' },
    { id: 2, name: 'value', type: 'bytes' },
  ],
}
const BIG = Uint8Array.from({ length: 200_000 }, (_, n) => n % 253)

const SERVICES: ReadonlyMap<string, GrpcMethod> = new Map<string, GrpcMethod>([
  [
    '/etcdserverpb.KV/Put',
    {
      kind: 'unary',
      handle(request, call) {
        call.send(request)
        call.finish(0)
      },
    },
  ],
  [
    '/etcdserverpb.KV/Range',
    { kind: 'unary', handle: (_request, call) => call.finish(5, 'etcdserver: nothing there') },
  ],
  [
    '/etcdserverpb.Watch/Watch',
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

/** Lines that the calls log. */
const CALLS_LOGGED = 6

/** A conversation of every kind of call between two hosts; what was heard, and what h2's device saw. */
const converse = (): { log: string[]; pcap: Uint8Array } => {
  const lab = new Lab()
  const log: string[] = []
  const tap = capture(lab.h2.dev('eth0'))
  const now = (): number => lab.world.sim.now
  const grpc = new GrpcServer(SERVICES, { now, onConnEnd: peer => log.push(`server: ${peer.split(':')[0]} gone`) })
  listenStream(new Process(lab.h2, 'etcd'), '0.0.0.0', 2379, stream => grpc.accept(stream))
  const stream = connectStream(new Process(lab.h1, 'flanneld'), '10.0.0.2', 2379, {
    onConnect() {
      const client = new GrpcClient(stream!, {
        authority: '10.0.0.2:2379',
        userAgent: 'grpc-go/1.40.0',
        now,
        onReady: () => gone.cancel(),
      })
      const ended = (line: string): void => {
        log.push(line)
        if (log.length < CALLS_LOGGED) return
        client.ping(() => {
          log.push('ping')
          client.close()
        })
      }
      client.onClose = reason => log.push(`client: ${reason}`)
      const put = encodeProto(PUT, { key: 'foo', value: BIG })
      client.unary('/etcdserverpb.KV/Put', put, result => ended(`put ${result.code} ${result.response?.length}`))
      client.unary('/etcdserverpb.KV/Range', put, ({ code, message }) => ended(`range ${code} ${message}`))
      const gone = client.unary('/etcdserverpb.KV/Put', put, ({ code, message }) => ended(`gone ${code} ${message}`))
      const watch = client.open('/etcdserverpb.Watch/Watch', {
        onMessage(message) {
          log.push(`watch ${decodeUtf8(message)}`)
          if (log.filter(line => line.startsWith('watch')).length === 2) watch.halfClose()
        },
        onEnd(code) {
          ended(`watch end ${code}`)
        },
      })
      watch.send(encodeUtf8('\n\x03one'))
      watch.send(encodeUtf8('\n\x03two'))
    },
  })
  lab.world.run({ for: 10 * S })
  return { log, pcap: tap.pcap!.bytes() }
}

test('calls go over an emulated network, and the connection ends on both hosts', () => {
  const { log } = converse()
  assert.equal([...log].sort(), [
    'client: grpc: the client connection is closing',
    'gone 1 context canceled',
    'ping',
    'put 0 200009',
    'range 5 etcdserver: nothing there',
    'server: 10.0.0.1 gone',
    'watch \n\x03one',
    'watch \n\x03two',
    'watch end 0',
  ])
})

test('the same seed gives the same octets', () => {
  assert.equal(converse().pcap, converse().pcap)
})

const FIELDS = [
  '_ws.malformed',
  '_ws.expert.severity',
  '_ws.expert.message',
  'http2.type',
  'grpc.message_length',
  'http2.headers.path',
]

const dissect = (pcap: Uint8Array): string[][] => {
  const temp = mkdtempSync(join(tmpdir(), 'netloom-grpc-'))
  try {
    const file = join(temp, 'frames.pcap')
    writeFileSync(file, pcap)
    const args = ['-n', '-r', file, '-d', 'tcp.port==2379,http2', '-T', 'fields', '-E', 'occurrence=a']
    for (const field of FIELDS) args.push('-e', field)
    const { status, stdout, stderr } = spawnSync('tshark', args, { encoding: 'utf8' })
    if (status !== 0) throw new Error(`tshark ended with status ${status}: ${stderr}`)
    return stdout.split('\n').map(line => line.split('\t'))
  } finally {
    rmSync(temp, { recursive: true })
  }
}

const missing = tsharkMissing()
if (missing !== null) console.log(`SKIP grpc/network, dissection: ${missing}`)
else
  test('tshark reads HTTP/2 and gRPC, and finds nothing malformed', () => {
    const rows = dissect(converse().pcap)
    const column = (n: number): string[] => rows.flatMap(row => (row[n] ?? '').split(',')).filter(cell => cell !== '')
    assert.equal(column(0), [])
    assert.equal(
      column(1).filter(severity => Number(severity) >= 0x600000),
      [],
      column(2).join(),
    )
    const types = new Set(column(3))
    for (const type of ['0', '1', '3', '4', '6', '8']) assert.ok(types.has(type), `frames of type ${type}`)
    assert.equal(column(5).sort(), [
      '/etcdserverpb.KV/Put',
      '/etcdserverpb.KV/Put',
      '/etcdserverpb.KV/Range',
      '/etcdserverpb.Watch/Watch',
    ])
    assert.ok(column(4).includes('200009'))
  })

test.run()
