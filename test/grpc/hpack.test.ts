import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { HpackDecoder, HpackEncoder, pushHpackInteger } from '../../lib/grpc/hpack.js'
import { huffmanText, pushHuffman } from '../../lib/grpc/hpack-huffman.js'
import { HPACK_STATIC_TABLE, type HeaderField } from '../../lib/grpc/hpack-table.js'

const test = suite('grpc/hpack')

const octets = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replace(/\s/g, ''), 'hex'))
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

const EXAMPLE = ':method: GET\n:scheme: http\n:path: /\n:authority: www.example.com'
const LOCATION = 'location: https://www.example.com'
const COOKIE = 'set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1'

/** Examples of RFC 7541, appendix C: limit of the table, blocks with their fields and the table's size behind them. */
const EXAMPLES: readonly [
  name: string,
  limit: number,
  blocks: readonly [hex: string, fields: string, size: number][],
][] = [
  ['C.2.1', 4096, [['400a637573746f6d2d6b65790d637573746f6d2d686561646572', 'custom-key: custom-header', 55]]],
  ['C.2.2', 4096, [['040c2f73616d706c652f70617468', ':path: /sample/path', 0]]],
  ['C.2.3', 4096, [['100870617373776f726406736563726574', 'password: secret', 0]]],
  ['C.2.4', 4096, [['82', ':method: GET', 0]]],
  [
    'C.3, requests',
    4096,
    [
      ['828684410f7777772e6578616d706c652e636f6d', EXAMPLE, 57],
      ['828684be58086e6f2d6361636865', `${EXAMPLE}\ncache-control: no-cache`, 110],
      [
        '828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565',
        ':method: GET\n:scheme: https\n:path: /index.html\n:authority: www.example.com\ncustom-key: custom-value',
        164,
      ],
    ],
  ],
  [
    'C.4, requests in Huffman code',
    4096,
    [
      ['828684418cf1e3c2e5f23a6ba0ab90f4ff', EXAMPLE, 57],
      ['828684be5886a8eb10649cbf', `${EXAMPLE}\ncache-control: no-cache`, 110],
      [
        '828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf',
        ':method: GET\n:scheme: https\n:path: /index.html\n:authority: www.example.com\ncustom-key: custom-value',
        164,
      ],
    ],
  ],
  [
    'C.5, responses that evict',
    256,
    [
      [
        `4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d54
           6e1768747470733a2f2f7777772e6578616d706c652e636f6d`,
        `:status: 302\ncache-control: private\ndate: Mon, 21 Oct 2013 20:13:21 GMT\n${LOCATION}`,
        222,
      ],
      [
        '4803333037c1c0bf',
        `:status: 307\ncache-control: private\ndate: Mon, 21 Oct 2013 20:13:21 GMT\n${LOCATION}`,
        222,
      ],
      [
        `88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f3d
           4153444a4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b20766572
           73696f6e3d31`,
        `:status: 200\ncache-control: private\ndate: Mon, 21 Oct 2013 20:13:22 GMT\n${LOCATION}
content-encoding: gzip\n${COOKIE}`,
        215,
      ],
    ],
  ],
  [
    'C.6, responses in Huffman code that evict',
    256,
    [
      [
        `488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b
           97c8e9ae82ae43d3`,
        `:status: 302\ncache-control: private\ndate: Mon, 21 Oct 2013 20:13:21 GMT\n${LOCATION}`,
        222,
      ],
      [
        '4883640effc1c0bf',
        `:status: 307\ncache-control: private\ndate: Mon, 21 Oct 2013 20:13:21 GMT\n${LOCATION}`,
        222,
      ],
      [
        `88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdf
           cd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007`,
        `:status: 200\ncache-control: private\ndate: Mon, 21 Oct 2013 20:13:22 GMT\n${LOCATION}
content-encoding: gzip\n${COOKIE}`,
        215,
      ],
    ],
  ],
]

const textOf = (fields: readonly HeaderField[]): string => fields.map(([name, value]) => `${name}: ${value}`).join('\n')
const fieldsOf = (text: string): HeaderField[] =>
  text.split('\n').map(line => {
    const colon = line.indexOf(': ')
    return [line.slice(0, colon), line.slice(colon + 2)]
  })

for (const [name, limit, blocks] of EXAMPLES) {
  test(`decodes RFC 7541, ${name}`, () => {
    const decoder = new HpackDecoder(limit)
    for (const [hex, fields, size] of blocks) {
      const result = decoder.decode(octets(hex))
      assert.is(result.error, null)
      assert.is(textOf(result.fields!), fields)
      assert.is(decoder.table.size, size)
    }
  })
}

test('encodes requests as RFC 7541, C.4', () => {
  const encoder = new HpackEncoder()
  const [, , blocks] = EXAMPLES.find(([name]) => name.startsWith('C.4'))!
  for (const [hex, fields] of blocks) assert.is(hexOf(encoder.encode(fieldsOf(fields))), hex)
})

test('the name of a newer entry is used for another value', () => {
  const encoder = new HpackEncoder()
  encoder.encode([['x', '1']])
  assert.is(hexOf(encoder.encode([['x', '2']])), '7e0132')
  assert.is(hexOf(encoder.encode([['x', '1']])), 'bf')
})

test('encodes integers as RFC 7541, C.1', () => {
  const cases: [value: number, bits: number, hex: string][] = [
    [10, 5, '0a'],
    [1337, 5, '1f9a0a'],
    [42, 8, '2a'],
  ]
  for (const [value, bits, hex] of cases) {
    const into: number[] = []
    pushHpackInteger(into, 0, bits, value)
    assert.is(hexOf(Uint8Array.from(into)), hex)
  }
})

test('the static table has the 61 entries of appendix A', () => {
  assert.is(HPACK_STATIC_TABLE.length, 61)
  assert.equal(HPACK_STATIC_TABLE[7], [':status', '200'])
  assert.equal(HPACK_STATIC_TABLE[30], ['content-type', ''])
  assert.equal(HPACK_STATIC_TABLE[57], ['user-agent', ''])
  assert.equal(HPACK_STATIC_TABLE[60], ['www-authenticate', ''])
})

test('every octet survives the Huffman code', () => {
  const text = Array.from({ length: 256 }, (_, n) => String.fromCharCode(n)).join('')
  const into: number[] = []
  pushHuffman(into, text)
  assert.is(huffmanText(Uint8Array.from(into), 0, into.length), text)
})

test('refuses the end-of-string symbol, padding of eight bits, and padding with a zero (RFC 7541, 5.2)', () => {
  for (const hex of ['ffffffff', 'f1e3c2e5f23a6ba0ab90f4ffff', '00'])
    assert.is(huffmanText(octets(hex), 0, hex.length / 2), null)
})

test('a smaller table is announced with the next block, and both sides evict', () => {
  const encoder = new HpackEncoder()
  const decoder = new HpackDecoder()
  const fields: HeaderField[] = [
    ['a', 'b'],
    ['c', 'd'],
  ]
  decoder.decode(encoder.encode(fields))
  assert.is(decoder.table.length, 2)
  encoder.limitTable(40)
  const block = encoder.encode(fields)
  assert.is(hexOf(block.subarray(0, 2)), '3f09')
  assert.equal(decoder.decode(block).fields, fields)
  assert.is(decoder.table.length, 1)
})

test('names what is wrong with a block', () => {
  const cases: [hex: string, error: string][] = [
    ['80', 'invalid indexed representation index 0'],
    ['be', 'invalid indexed representation index 62'],
    ['3fe21f', 'dynamic table size update too large'],
    ['8220', 'dynamic table size update MUST occur at the beginning of a header block'],
    ['ffffffffffff', 'varint integer overflow'],
    ['ff80', 'truncated integer'],
    ['400a63', 'truncated string'],
    ['0084ffffffff00', 'invalid Huffman-encoded data'],
  ]
  for (const [hex, error] of cases) assert.is(new HpackDecoder().decode(octets(hex)).error, error, hex)
})

test('a header list beyond its limit is not decoded further', () => {
  assert.is(new HpackDecoder().decode(octets('828282'), 100).error, 'header list has more than 100 octets')
})

test('what one side encodes the other decodes, block behind block', () => {
  const text = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map(n => String.fromCharCode(n)), maxLength: 60 })
  const name = fc.constantFrom('te', 'grpc-status', ':path', 'x', 'content-type', 'grpc-message')
  const blocks = fc.array(fc.array(fc.tuple(name, text), { maxLength: 8 }), { maxLength: 8 })
  fc.assert(
    fc.property(blocks, fc.option(fc.integer({ min: 0, max: 300 })), (lists, limit) => {
      const encoder = new HpackEncoder()
      const decoder = new HpackDecoder()
      for (const [n, fields] of lists.entries()) {
        if (limit !== null && n === 1) encoder.limitTable(limit)
        assert.equal(decoder.decode(encoder.encode(fields)).fields, fields)
      }
    }),
    { seed: 7541, numRuns: 300 },
  )
})

test('a list that is sent again gives the block that another list of the same fields gives, whatever came between', () => {
  const name = fc.constantFrom(':path', 'x-a', 'x-b', 'te', 'user-agent', 'x-quite-a-long-name-of-a-field')
  const list = fc.array(fc.tuple(name, fc.constantFrom('', 'trailers', 'one', 'x'.repeat(60))), { maxLength: 5 })
  const order = fc.array(fc.nat({ max: 3 }), { minLength: 4, maxLength: 20 })
  fc.assert(
    fc.property(fc.array(list, { minLength: 4, maxLength: 4 }), order, fc.nat({ max: 300 }), (lists, turns, limit) => {
      const [again, anew, decoder] = [new HpackEncoder(), new HpackEncoder(), new HpackDecoder()]
      for (const [n, turn] of turns.entries()) {
        if (n === 9) for (const encoder of [again, anew]) encoder.limitTable(limit)
        const fields = lists[turn]!
        const block = again.encode(fields)
        assert.is(hexOf(block), hexOf(anew.encode(fields.map(field => [...field]))))
        assert.equal(decoder.decode(block).fields, fields)
      }
    }),
    { seed: 7541, numRuns: 500 },
  )
})

test('random octets never throw', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 5 }), blocks => {
      const decoder = new HpackDecoder()
      for (const block of blocks) decoder.decode(block)
    }),
    { seed: 7541, numRuns: 2000 },
  )
})

test.run()
