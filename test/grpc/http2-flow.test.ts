import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { GrpcClient } from '../../lib/grpc/grpc-client.js'
import { BdpEstimator, ConnInFlow, StreamInFlow } from '../../lib/grpc/http2-flow.js'
import { PipeEnd } from './pipe.js'

const test = suite('grpc/http2-flow')

/** A frame, written without the library. */
const frame = (type: number, flags: number, stream: number, payload: Uint8Array): Buffer => {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

const BDP = Buffer.from('02041010090e0707', 'hex')

/**
 * `etcdctl get` of a value of 100,000 octets, answered by etcd 3.4.23, as recorded: sizes of the DATA frames, and
 * between them what else the server sent; then what the client answered to it.
 */
const RESPONSE_SIZE = 100_049
const DATA_SIZES: readonly (number | 'ping ack')[] = [16384, 16384, 16384, 16383, 'ping ack', 16384, 16384, 1751]
const ANSWERED = [
  'WINDOW_UPDATE 0 16384',
  'PING',
  'WINDOW_UPDATE 1 100049',
  'WINDOW_UPDATE 0 16384',
  'WINDOW_UPDATE 0 16384',
  'WINDOW_UPDATE 0 16383',
  'WINDOW_UPDATE 0 65535',
  'SETTINGS 131070',
  'WINDOW_UPDATE 0 16384',
  'PING',
]

test('windows are widened for a large message and by the path, as etcdctl was recorded to do', () => {
  const end = new PipeEnd('')
  const client = new GrpcClient(end, { authority: 'a', userAgent: 'b', now: () => 0 })
  let got = 0
  client.unary('/etcdserverpb.KV/Range', new Uint8Array(5), ({ response }) => (got = response!.length))
  end.onData!(Uint8Array.from(Buffer.from('00000c0400000000000005000040000003ffffffff', 'hex')))
  const before = end.writes.length
  end.onData!(frame(1, 4, 1, Buffer.from('885f8b1d75d0620d263d4c4d6564', 'hex')))
  const body = Buffer.alloc(5 + RESPONSE_SIZE)
  body.writeUInt32BE(RESPONSE_SIZE, 1)
  let at = 0
  for (const size of DATA_SIZES) {
    if (size === 'ping ack') end.onData!(frame(6, 1, 0, BDP))
    else end.onData!(frame(0, 0, 1, body.subarray(at, (at += size))))
  }
  assert.is(at, body.length)
  end.onData!(frame(1, 5, 1, Buffer.from('40889acac8b21234da8f013040899acac8b5254207317f00', 'hex')))
  assert.is(got, RESPONSE_SIZE)
  let sent = Buffer.concat(end.writes.slice(before))
  const answered: string[] = []
  while (sent.length > 0) {
    const [type, payload] = [sent[3]!, sent.subarray(9, 9 + sent.readUIntBE(0, 3))]
    if (type === 8) answered.push(`WINDOW_UPDATE ${sent.readUInt32BE(5)} ${payload.readUInt32BE(0)}`)
    else if (type === 4) answered.push(`SETTINGS ${payload.readUInt32BE(2)}`)
    else answered.push(type === 6 && payload.equals(BDP) ? 'PING' : `frame of type ${type}`)
    sent = sent.subarray(9 + payload.length)
  }
  assert.equal(answered, ANSWERED)
})

test('the connection gives back a quarter of its window at once', () => {
  const flow = new ConnInFlow(1000)
  assert.is(flow.onData(249), 0)
  assert.is(flow.onData(1), 250)
  assert.is(flow.widen(3000), 2000)
  assert.is(flow.onData(749), 0)
  assert.is(flow.reset(), 749)
})

test('a stream gives back what was read, and not what a large message got beyond', () => {
  const flow = new StreamInFlow(1000)
  assert.is(flow.adjust(1000), 0)
  assert.is(flow.adjust(5000), 5000)
  assert.is(flow.onData(5500), null)
  assert.is(flow.onRead(5000), 0)
  assert.is(flow.onRead(249), 0)
  assert.is(flow.onRead(1), 250)
  assert.is(flow.onData(751), 'received 1001-bytes data exceeding the limit 1000 bytes')
})

test('a window of one octet is given back octet by octet', () => {
  const flow = new StreamInFlow(1)
  for (let n = 0; n < 5; n++) {
    assert.is(flow.onData(1), null)
    assert.is(flow.onRead(1), 1)
  }
})

test('the estimate rises with what came within a round trip, up to 16 MiB', () => {
  const bdp = new BdpEstimator(65535)
  assert.is(bdp.onAck(0), 0)
  assert.ok(bdp.add(1000, 0))
  assert.not(bdp.add(1000, 0))
  assert.is(bdp.onAck(1e6), 0)
  assert.ok(bdp.add(60_000, 2e6))
  assert.is(bdp.onAck(3e6), 120_000)
  assert.ok(bdp.add(100_000, 4e6))
  // A slower path is not taken for a larger one.
  assert.is(bdp.onAck(1e9), 0)
  assert.ok(bdp.add(20 << 20, 1e9))
  assert.is(bdp.onAck(1e9), 16 << 20)
  assert.not(bdp.add(1000, 2e9))
})

test.run()
