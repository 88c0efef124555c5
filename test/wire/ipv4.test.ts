/**
 * The IPv4 header: fields of recorded packets, the receive path's checks, forwarding's writes, the object form.
 */
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ipFastCsum } from '../../lib/wire/checksum.js'
import { formatIpv4, parseIpv4 } from '../../lib/wire/ip.js'
import * as V4 from '../../lib/wire/ipv4.js'
import { refuses } from './refuses.js'
import { hex, SEED, toHex } from './recordings.js'

const test = suite('wire/ipv4')

/** Header of an ICMP redirect as Linux sent it (scenario icmp-redirect). */
const REDIRECT = '45c000406e0e00004001f6f00a0000fe0a000001'
/** Header of an IGMP report as Linux sent it, with router alert (scenario igmp-join). */
const REPORT = '46c00028000040000102f9f80a000001e000001694040000'

test('fields of a recorded header are what tcpdump prints: tos 0xc0, ttl 64, id 28174, length 64', () => {
  const b = hex(`ffff${REDIRECT}`)
  assert.is(V4.ipv4Version(b, 2), 4)
  assert.is(V4.ipv4Ihl(b, 2), 20)
  assert.is(V4.ipv4Tos(b, 2), 0xc0)
  assert.is(V4.ipv4TotLen(b, 2), 64)
  assert.is(V4.ipv4Id(b, 2), 28174)
  assert.is(V4.ipv4FragOff(b, 2), 0)
  assert.is(V4.ipv4Ttl(b, 2), 64)
  assert.is(V4.ipv4Proto(b, 2), V4.IPPROTO_ICMP)
  assert.is(V4.ipv4Csum(b, 2), 0xf6f0)
  assert.is(formatIpv4(V4.ipv4Saddr(b, 2)), '10.0.0.254')
  assert.is(formatIpv4(V4.ipv4Daddr(b, 2)), '10.0.0.1')
})

test('a header written from its fields has the recorded octets, checksum included', () => {
  const b = new Uint8Array(22)
  V4.putIpv4(b, 2, 20, 0xc0, 64, 28174, 0, 64, 1, parseIpv4('10.0.0.254'), parseIpv4('10.0.0.1'))
  assert.is(toHex(b), `0000${REDIRECT}`)
  const r = hex(REPORT)
  r.fill(0xee, 0, 20)
  V4.putIpv4(r, 0, 24, 0xc0, 40, 0, V4.IP_DF, 1, V4.IPPROTO_IGMP, parseIpv4('10.0.0.1'), parseIpv4('224.0.0.22'))
  assert.is(toHex(r), REPORT)
})

test('the receive path tells what is wrong (ip_rcv_core)', () => {
  const whole = hex(`${REDIRECT}${'00'.repeat(44)}`)
  const changed = (at: number, v: number, fix = true): Uint8Array => {
    const b = whole.slice()
    b[at] = v
    if (fix) V4.putIpv4Csum(b, 0)
    return b
  }
  assert.is(V4.ipv4Ok(whole, 0, 64), V4.IPV4_OK)
  assert.is(V4.ipv4Ok(whole, 0, 19), V4.IPV4_INHDR)
  assert.is(V4.ipv4Ok(changed(0, 0x65), 0, 64), V4.IPV4_INHDR)
  assert.is(V4.ipv4Ok(changed(0, 0x44), 0, 64), V4.IPV4_INHDR)
  assert.is(V4.ipv4Ok(changed(0, 0x4f, false), 0, 59), V4.IPV4_INHDR)
  assert.is(V4.ipv4Ok(changed(8, 63, false), 0, 64), V4.IPV4_CSUM)
  assert.is(V4.ipv4Ok(whole, 0, 63), V4.IPV4_TOO_SMALL)
  assert.is(V4.ipv4Ok(changed(3, 19), 0, 64), V4.IPV4_INHDR)
  assert.is(V4.ipv4Ok(changed(3, 20), 0, 64), V4.IPV4_OK)
})

test('fragments: more to follow, or an offset', () => {
  const b = hex(REDIRECT)
  for (const [field, is] of [
    [0, false],
    [V4.IP_DF, false],
    [V4.IP_MF, true],
    [1, true],
    [V4.IP_DF | V4.IP_MF | 185, true],
  ] as const) {
    V4.putIpv4FragOff(b, 0, field)
    assert.is(V4.ipv4IsFragment(b, 0), is)
  }
})

test('a decreased time to live leaves a right checksum, whatever the header (property; ip_decrease_ttl)', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), octets => {
      const b = octets.slice()
      b[0] = 0x45
      if (b[8] === 0) b[8] = 1
      V4.putIpv4Csum(b, 0)
      const ttl = b[8]!
      assert.is(V4.ipv4DecTtl(b, 0), ttl - 1)
      assert.is(V4.ipv4Ttl(b, 0), ttl - 1)
      assert.is(ipFastCsum(b, 0, 20), 0)
    }),
    { seed: SEED, numRuns: 5000 },
  )
})

test('a decreased time to live wraps checksums fe00 to ffff as ip_decrease_ttl does', () => {
  for (let csum = 0xfdf0; csum <= 0xffff; csum++) {
    const b = hex(REDIRECT)
    b[10] = csum >> 8
    b[11] = csum
    V4.ipv4DecTtl(b, 0)
    const grown = csum + 0x100
    assert.is(V4.ipv4Csum(b, 0), (grown + (grown >= 0xffff ? 1 : 0)) & 0xffff)
  }
})

test('the object form of a recorded header with options', () => {
  const repr = V4.parseIpv4Header(hex(`${REPORT}${'00'.repeat(16)}`))
  const { options, ...rest } = repr
  assert.is(toHex(options!), '94040000')
  assert.equal(rest, {
    tos: 0xc0,
    totLen: 40,
    id: 0,
    df: true,
    mf: false,
    fragOffset: 0,
    ttl: 1,
    proto: 2,
    csum: 0xf9f8,
    saddr: '10.0.0.1',
    daddr: '224.0.0.22',
  })
  assert.is(toHex(V4.emitIpv4(repr)), REPORT)
})

test('lengths and checksum are computed unless given; defaults are those of a host', () => {
  const b = V4.emitIpv4({ saddr: '10.0.0.1', daddr: '10.0.0.2', proto: 17 }, new Uint8Array(8))
  assert.is(V4.ipv4Ok(b, 0, b.length), V4.IPV4_OK)
  assert.equal([V4.ipv4TotLen(b, 0), V4.ipv4Ttl(b, 0), V4.ipv4Id(b, 0)], [28, 64, 0])
})

test('the decoder names field, offset and reason', () => {
  const bad = (at: number, v: number): Uint8Array => {
    const b = hex(`ffff${REDIRECT}`)
    b[2 + at] = v
    return b
  }
  const parse = (b: Uint8Array): unknown => V4.parseIpv4Header(b, 2)
  refuses(
    () => V4.parseIpv4Header(hex(REDIRECT), 3),
    'ipv4',
    3,
    'ipv4: 17 octets at offset 3: truncated: a header has 20 octets',
  )
  refuses(() => parse(bad(0, 0x65)), 'ipv4.version', 2, 'ipv4.version: 6 at offset 2: not 4')
  refuses(() => parse(bad(0, 0x44)), 'ipv4.ihl', 2, 'ipv4.ihl: 16 at offset 2: shorter than the header (20)')
  refuses(() => parse(bad(0, 0x46)), 'ipv4.ihl', 2, 'ipv4.ihl: 24 at offset 2: longer than what is there (20)')
  refuses(() => parse(bad(3, 19)), 'ipv4.totLen', 4, 'ipv4.totLen: 19 at offset 4: shorter than the header (20)')
  refuses(() => parse(bad(3, 64)), 'ipv4.totLen', 4, 'ipv4.totLen: 64 at offset 4: longer than what is there (20)')
})

test('what does not fit a field is refused when encoded', () => {
  const emit = (more: Partial<V4.Ipv4Init>) => () => V4.emitIpv4({ saddr: '10.0.0.1', daddr: '10.0.0.2', ...more })
  assert.throws(emit({ ttl: 256 }), /ipv4.ttl: 256 is not an integer from 0 to 255/)
  assert.throws(emit({ fragOffset: 12 }), /ipv4.fragOffset: 12 is not a multiple of 8/)
  assert.throws(emit({ options: new Uint8Array(3) }), /ipv4.options.length: 3 is not a multiple of 4/)
  assert.throws(emit({ options: new Uint8Array(44) }), /ipv4.options.length: 44/)
  assert.throws(emit({ saddr: '10.1' }), /inet address is expected/)
})

test('encoded and decoded again, an object is the same (property)', () => {
  const repr = fc.record({
    tos: fc.nat(255),
    id: fc.nat(0xffff),
    df: fc.boolean(),
    mf: fc.boolean(),
    fragOffset: fc.nat(0x1fff).map(n => n * 8),
    ttl: fc.nat(255),
    proto: fc.nat(255),
    saddr: fc.ipV4(),
    daddr: fc.ipV4(),
  })
  fc.assert(
    fc.property(repr, fc.nat(10), fc.uint8Array({ maxLength: 30 }), (init, words, payload) => {
      const options = new Uint8Array(4 * words).fill(1)
      const b = V4.emitIpv4({ ...init, options }, payload)
      assert.is(V4.ipv4Ok(b, 0, b.length), V4.IPV4_OK)
      const { totLen, csum, options: found, ...rest } = V4.parseIpv4Header(b)
      assert.equal(rest, { ...init })
      assert.is(totLen, 20 + 4 * words + payload.length)
      assert.is(csum, V4.ipv4Csum(b, 0))
      assert.is(found?.length ?? 0, 4 * words)
    }),
    { seed: SEED },
  )
})

test.run()
