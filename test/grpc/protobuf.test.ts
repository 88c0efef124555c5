import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { NetloomError } from '../../lib/errors.js'
import { encodeProto, type ProtoType } from '../../lib/grpc/protobuf.js'
import { decodeProto } from '../../lib/grpc/protobuf-reader.js'

const test = suite('grpc/protobuf')

const octets = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replace(/\s/g, ''), 'hex'))
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

const INNER: ProtoType = { name: 'Test1', fields: [{ id: 1, name: 'a', type: 'int32' }] }
const TREE: ProtoType = {
  name: 'Tree',
  fields: [
    { id: 1, name: 'name', type: 'string' },
    { id: 2, name: 'children', type: () => TREE, isRepeated: true },
  ],
}
const ALL: ProtoType = {
  name: 'All',
  fields: [
    { id: 1, name: 'i32', type: 'int32' },
    { id: 2, name: 'text', type: 'string' },
    { id: 3, name: 'inner', type: INNER },
    { id: 4, name: 'numbers', type: 'int64', isRepeated: true },
    { id: 5, name: 'bytes', type: 'bytes' },
    { id: 6, name: 'flag', type: 'bool' },
    { id: 7, name: 'i64', type: 'int64' },
    { id: 8, name: 'u64', type: 'uint64' },
    { id: 9, name: 'maybe', type: 'int64', isOptional: true },
    { id: 16, name: 'texts', type: 'string', isRepeated: true },
    { id: 17, name: 'fixed', type: 'fixed64' },
    { id: 18, name: 'u32', type: 'uint32' },
  ],
}
const EMPTY = {
  i32: 0,
  text: '',
  numbers: [],
  bytes: new Uint8Array(0),
  flag: false,
  i64: 0,
  u64: 0,
  texts: [],
  fixed: 0,
  u32: 0,
}

/** The first four are the examples of the encoding guide; the last two were recorded from etcd 3.4.23. */
const CASES: readonly [hex: string, message: object][] = [
  ['089601', { i32: 150 }],
  ['120774657374696e67', { text: 'testing' }],
  ['1a03089601', { inner: { a: 150 } }],
  ['2206038e029ea705', { numbers: [3, 270, 86942] }],
  ['', {}],
  ['08feffffffffffffffff01', { i32: -2 }],
  ['38feffffffffffffffff01', { i64: -2 }],
  ['38ffffffffffffffff7f', { i64: 2n ** 63n - 1n }],
  ['38ffffffffffffff0f', { i64: Number.MAX_SAFE_INTEGER }],
  ['388080808080808010', { i64: 2n ** 53n }],
  ['4080808080808080808001', { u64: 2n ** 63n }],
  ['40cdd2918bd2b881cf8e01', { u64: 10276657743932975437n }],
  ['2a0300ff80', { bytes: Uint8Array.of(0, 255, 128) }],
  ['3001', { flag: true }],
  ['4800', { maybe: 0 }],
  ['1a00', { inner: { a: 0 } }],
  ['820103c3a4 78 8201 00'.replace(' 78 ', '78'), { texts: ['äx', ''] }],
  ['8901 0100000000000080', { fixed: 2n ** 63n + 1n }],
  ['9001ffffffff0f', { u32: 0xffff_ffff }],
]

for (const [hex, message] of CASES) {
  test(`${hex === '' ? 'nothing' : hex} both ways`, () => {
    assert.is(hexOf(encodeProto(ALL, message)), hex.replace(/\s/g, ''))
    assert.equal(decodeProto(ALL, octets(hex)), { ...EMPTY, ...message })
  })
}

test('default values are not written', () => {
  assert.is(encodeProto(ALL, EMPTY).length, 0)
})

test('unpacked numbers are read as packed ones are', () => {
  assert.equal(decodeProto(ALL, octets('2003 2a0101 208e02')), {
    ...EMPTY,
    numbers: [3, 270],
    bytes: Uint8Array.of(1),
  })
})

test('unknown fields of every wire type are skipped, groups included', () => {
  const unknown = 'a00601 a1060102030405060708 a206020102 a50601020304 a306 a80603 ab06ac06 a406'
  assert.equal(decodeProto(ALL, octets(`0801 ${unknown} 3001`)), { ...EMPTY, i32: 1, flag: true })
})

test('a field with another wire type is skipped', () => {
  assert.equal(decodeProto(ALL, octets('0a0101 3001')), { ...EMPTY, flag: true })
})

test('the last of several values counts', () => {
  assert.equal(decodeProto(ALL, octets('0801 0802')), { ...EMPTY, i32: 2 })
})

test('messages contain themselves', () => {
  const tree = {
    name: 'a',
    children: [
      { name: 'b', children: [] },
      { name: '', children: [] },
    ],
  }
  assert.equal(decodeProto(TREE, encodeProto(TREE, tree)), tree)
})

test('octets that are no message are EDECODE', () => {
  const nested = (depth: number): Uint8Array => {
    let inner = new Uint8Array(0)
    for (let n = 0; n < depth; n++) {
      const head = [0x12, (inner.length & 0x7f) | 0x80, inner.length >> 7]
      inner = Uint8Array.from([...head, ...inner])
    }
    return inner
  }
  const cases: [type: ProtoType, bytes: Uint8Array, message: string][] = [
    [ALL, octets('08'), 'i32: 0 at offset 1: a varint ends early'],
    [ALL, octets('1205'), 'text: 5 at offset 2: longer than what is left'],
    [ALL, octets('08ffffffffffffffffffff'), 'i32: 10 at offset 11: a varint has more octets than ten'],
    [ALL, octets('00'), 'All: 0 at offset 0: no number that a field can have'],
    [ALL, octets('0f'), 'All: 7 at offset 1: no wire type'],
    [ALL, octets('8901 01'), 'fixed: 1 at offset 2: a number of 8 octets ends early'],
    [ALL, octets('1a0208'), 'inner: 2 at offset 2: longer than what is left'],
    [ALL, octets('a306'), 'All: 0 at offset 2: a varint ends early'],
    [TREE, nested(101), 'Tree: 101 at offset'],
  ]
  for (const [type, bytes, message] of cases)
    assert.throws(
      () => decodeProto(type, bytes),
      (e: unknown) => e instanceof NetloomError && e.code === 'EDECODE' && e.message.startsWith(message),
      message,
    )
  decodeProto(TREE, nested(99))
})

test('a value of another type is EINVAL', () => {
  for (const message of [{ i32: 'x' }, { text: 5 }, { flag: 1 }, { i64: 1.5 }, { bytes: 7 }])
    assert.throws(
      () => encodeProto(ALL, message),
      (e: unknown) => e instanceof NetloomError && e.code === 'EINVAL',
    )
})

test('what is written is read again', () => {
  const long = fc.oneof(fc.maxSafeInteger(), fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }))
  const messages = fc.record({
    i32: fc.integer(),
    text: fc.string({ unit: 'grapheme' }),
    inner: fc.record({ a: fc.integer() }, { noNullPrototype: true }),
    numbers: fc.array(long),
    bytes: fc.uint8Array(),
    flag: fc.boolean(),
    i64: long,
    maybe: long,
    texts: fc.array(fc.string()),
  })
  fc.assert(
    fc.property(messages, message => {
      assert.equal(decodeProto(ALL, encodeProto(ALL, message)), { ...EMPTY, ...message })
    }),
    { seed: 3, numRuns: 300 },
  )
})

test('lengths of one, two and three octets stand in front of messages within messages', () => {
  // 0a LENGTH NAME within 12 LENGTH within 12 LENGTH: lengths as varints, worked out from the octets themselves.
  const varint = (n: number): number[] => (n < 0x80 ? [n] : [(n & 0x7f) | 0x80, ...varint(n >>> 7)])
  const field = (tag: number, value: readonly number[]): number[] => [tag, ...varint(value.length), ...value]
  for (const size of [1, 123, 124, 125, 126, 127, 128, 16_377, 16_378, 16_380, 16_384, 70_000]) {
    const name = field(0x0a, new Array<number>(size).fill(0x61))
    const inner = { name: 'a'.repeat(size), children: [] }
    const encoded = encodeProto(TREE, { children: [{ children: [inner, inner] }, inner] })
    const expected = [...field(0x12, [...field(0x12, name), ...field(0x12, name)]), ...field(0x12, name)]
    assert.ok(Buffer.from(encoded).equals(Buffer.from(expected)), `name of ${size} octets`)
  }
})

test('octets of a message do not change with those that it was read from', () => {
  const from = octets('2a03010203')
  const { bytes } = decodeProto<{ bytes: Uint8Array }>(ALL, from)
  from.fill(0xff)
  assert.equal([...bytes], [1, 2, 3])
  const shared = Buffer.from('2a03010203', 'hex')
  const read = decodeProto<{ bytes: Uint8Array }>(ALL, shared)
  shared.fill(0xff)
  assert.equal([...read.bytes], [1, 2, 3])
})

test('random octets give a message or EDECODE', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), bytes => {
      try {
        decodeProto(ALL, bytes)
      } catch (e) {
        if (!(e instanceof NetloomError) || e.code !== 'EDECODE') throw e
      }
    }),
    { seed: 3, numRuns: 3000 },
  )
})

test.run()
