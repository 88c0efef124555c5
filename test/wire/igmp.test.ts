/**
 * IGMP: recorded reports, the messages of RFC 2236 and 3376, object forms.
 */
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import * as G from '../../lib/wire/igmp.js'
import { parseIpv4 } from '../../lib/wire/ip.js'
import { hex, SEED, toHex } from './recordings.js'
import { refuses } from './refuses.js'

const test = suite('wire/igmp')

/** A version 3 report, change to exclude {} for 239.1.2.3, as Linux sent it (scenario igmp-join). */
const REPORT = '2200e8f90000000104000000ef010203'

test('fields of a recorded version 3 report', () => {
  const b = hex(REPORT)
  assert.is(G.igmpType(b, 0), G.IGMPV3_HOST_MEMBERSHIP_REPORT)
  assert.is(G.igmpNgrec(b, 0), 1)
  assert.is(G.igmpCsumOk(b, 0, b.length), true)
  assert.equal([G.igmpGrecType(b, 8), G.igmpGrecNsrcs(b, 8)], [G.IGMPV3_CHANGE_TO_EXCLUDE, 0])
  assert.is(G.igmpGrecMca(b, 8), parseIpv4('239.1.2.3'))
  assert.is(G.igmpGrecLen(b, 8), 8)
})

test('a report written record by record has the recorded octets', () => {
  const b = new Uint8Array(16).fill(0xee)
  const end = G.putIgmpGrec(b, G.putIgmpv3Report(b, 0, 1), G.IGMPV3_CHANGE_TO_EXCLUDE, parseIpv4('239.1.2.3'))
  assert.is(end, 16)
  G.putIgmpCsum(b, 0, end)
  assert.is(toHex(b), REPORT)
})

test('versions 1 and 2: eight octets, told apart by the response code (RFC 2236, igmp_heard_query)', () => {
  const b = new Uint8Array(12)
  G.putIgmp(b, 0, G.IGMP_HOST_MEMBERSHIP_QUERY, 100, 0)
  assert.is(toHex(b.subarray(0, 8)), '1164ee9b00000000')
  assert.is(G.igmpQueryVersion(b, 0, 8), 2)
  assert.is(G.igmpQueryVersion(b, 0, 12), 3)
  G.putIgmp(b, 0, G.IGMP_HOST_MEMBERSHIP_QUERY, 0, 0)
  assert.is(G.igmpQueryVersion(b, 0, 8), 1)
  G.putIgmp(b, 0, G.IGMPV2_HOST_MEMBERSHIP_REPORT, 0, parseIpv4('239.1.2.3'))
  assert.is(G.igmpGroup(b, 0), parseIpv4('239.1.2.3'))
  assert.equal([G.igmpCsumOk(b, 0, 8), G.igmpOk(b, 0, 8), G.igmpOk(b, 0, 7)], [true, true, false])
})

test('a version 3 query with sources', () => {
  const b = new Uint8Array(20)
  G.putIgmpv3Query(b, 0, 10, parseIpv4('239.1.1.1'), true, 2, 125, 2)
  G.putIgmpQuerySrc(b, 0, 0, parseIpv4('10.0.0.1'))
  G.putIgmpQuerySrc(b, 0, 1, parseIpv4('10.0.0.2'))
  G.putIgmpCsum(b, 0, 20)
  assert.equal([G.igmpSuppress(b, 0), G.igmpQrv(b, 0), G.igmpQqic(b, 0), G.igmpQueryNsrcs(b, 0)], [true, 2, 125, 2])
  assert.is(G.igmpQuerySrc(b, 0, 1), parseIpv4('10.0.0.2'))
  assert.is(G.igmpCsumOk(b, 0, 20), true)
})

test('response codes from 128 on are floating point (RFC 3376 section 4.1.1)', () => {
  assert.equal([0, 100, 127, 128, 129, 255].map(G.igmpv3Time), [0, 100, 127, 128, 136, 31744])
})

test('object forms, and back', () => {
  assert.equal(G.parseIgmp(hex(REPORT)), {
    type: 0x22,
    code: 0,
    csum: 0xe8f9,
    records: [{ type: 4, group: '239.1.2.3', sources: [] }],
  })
  assert.is(toHex(G.emitIgmp({ type: 0x22, records: [{ type: 4, group: '239.1.2.3', sources: [] }] })), REPORT)
  const query = { type: 0x11, code: 10, group: '239.1.1.1' }
  const v3 = { suppress: true, qrv: 2, qqic: 125, sources: ['10.0.0.1'] }
  const { csum, ...found } = G.parseIgmp(G.emitIgmp({ ...query, v3 }))
  assert.equal(found, { ...query, v3 })
  assert.type(csum, 'number')
  assert.is(toHex(G.emitIgmp({ type: 0x11, code: 100 })), '1164ee9b00000000')
})

test('the decoder names field, offset and reason', () => {
  const bad = (at: number, v: number): Uint8Array => {
    const b = hex(`ff${REPORT}`)
    b[1 + at] = v
    return b
  }
  refuses(
    () => G.parseIgmp(bad(7, 2), 1),
    'igmp.record',
    17,
    'igmp.record: 0 octets at offset 17: truncated: a header has 8 octets',
  )
  refuses(
    () => G.parseIgmp(bad(11, 1), 1),
    'igmp.record.nsrcs',
    11,
    'igmp.record.nsrcs: 1 at offset 11: more than fit (0)',
  )
  refuses(
    () => G.parseIgmp(hex('110a000000000000000000 05'), 0),
    'igmp.nsrcs',
    10,
    'igmp.nsrcs: 5 at offset 10: more than fit (0)',
  )
  refuses(() => G.parseIgmp(hex(REPORT), 9), 'igmp', 9, 'igmp: 7 octets at offset 9: truncated: a header has 8 octets')
})

test('reports of any records are the same again (property)', () => {
  const record = fc.record({ type: fc.nat(255), group: fc.ipV4(), sources: fc.array(fc.ipV4(), { maxLength: 4 }) })
  fc.assert(
    fc.property(fc.array(record, { maxLength: 4 }), records => {
      const b = G.emitIgmp({ type: 0x22, records })
      assert.is(G.igmpCsumOk(b, 0, b.length), true)
      const plain = records.map(r => ({ ...r }))
      assert.equal(G.parseIgmp(b).records, plain)
    }),
    { seed: SEED },
  )
})

test.run()
