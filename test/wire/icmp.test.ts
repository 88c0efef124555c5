/**
 * ICMP: fields of recorded messages, which types are errors, the object form.
 */
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import * as I from '../../lib/wire/icmp.js'
import { parseIpv4 } from '../../lib/wire/ip.js'
import { hex, SEED, toHex } from './recordings.js'
import { refuses } from './refuses.js'

const test = suite('wire/icmp')

/** A redirect to 10.0.0.253 as Linux sent it (scenario icmp-redirect), quoting an echo request of 36 octets. */
const REDIRECT = '0501f0010a0000fd450000248ed340003f0197040a0000010a0002010800d9ba123400010001020304050607'
/** The echo request in it. */
const ECHO = '0800d9ba123400010001020304050607'

test('fields of a recorded redirect and of the echo that it quotes', () => {
  const b = hex(REDIRECT)
  assert.equal([I.icmpType(b, 0), I.icmpCode(b, 0), I.icmpCsum(b, 0)], [I.ICMP_REDIRECT, I.ICMP_REDIR_HOST, 0xf001])
  assert.is(I.icmpGateway(b, 0), parseIpv4('10.0.0.253'))
  assert.is(I.icmpCsumOk(b, 0, b.length), true)
  assert.equal([I.icmpType(b, 28), I.icmpId(b, 28), I.icmpSeq(b, 28)], [I.ICMP_ECHO, 4660, 1])
  assert.is(I.icmpCsumOk(b, 28, b.length - 28), true)
})

test('an echo request written from its fields has the recorded octets', () => {
  const b = hex(`ff${ECHO}`)
  b.fill(0xee, 1, 9)
  I.putIcmpEcho(b, 1, I.ICMP_ECHO, 4660, 1)
  I.putIcmpCsum(b, 1, 16)
  assert.is(toHex(b), `ff${ECHO}`)
  b[1 + 10] = 9
  assert.is(I.icmpCsumOk(b, 1, 16), false)
})

test('the second word holds MTU, pointer or gateway by type (RFC 792, 1191)', () => {
  const b = new Uint8Array(8)
  I.putIcmp(b, 0, I.ICMP_DEST_UNREACH, I.ICMP_FRAG_NEEDED, 1400)
  assert.is(toHex(b), '0304000000000578')
  assert.is(I.icmpMtu(b, 0), 1400)
  I.putIcmp(b, 0, I.ICMP_PARAMETERPROB, 0, 21 << 24)
  assert.is(I.icmpPointer(b, 0), 21)
  assert.is(I.icmpRest(b, 0), 21 << 24)
})

test('errors are unreachable, source quench, redirect, time exceeded and parameter problem (RFC 1122 3.2.2)', () => {
  const errors = Array.from({ length: 256 }, (_, type) => type).filter(I.isIcmpError)
  assert.equal(errors, [3, 4, 5, 11, 12])
})

test('the object form: what the type makes of the second word', () => {
  assert.equal(I.parseIcmp(hex(ECHO)), { type: 8, code: 0, csum: 0xd9ba, id: 4660, seq: 1 })
  assert.equal(I.parseIcmp(hex(REDIRECT)), { type: 5, code: 1, csum: 0xf001, gateway: '10.0.0.253' })
  assert.equal(I.parseIcmp(hex('0304000000000578')), { type: 3, code: 4, csum: 0, mtu: 1400 })
  assert.equal(I.parseIcmp(hex('0304000012340578')), { type: 3, code: 4, csum: 0, mtu: 1400, rest: 0x12340578 })
  assert.equal(I.parseIcmp(hex('0c00000015000000')), { type: 12, code: 0, csum: 0, pointer: 21 })
  assert.equal(I.parseIcmp(hex('0301000000000000')), { type: 3, code: 1, csum: 0 })
})

test('the object form is encoded with a right checksum unless one is given', () => {
  const payload = hex('0001020304050607')
  assert.is(toHex(I.emitIcmp({ type: 8, code: 0, id: 4660, seq: 1 }, payload)), ECHO)
  assert.is(I.icmpCsum(I.emitIcmp({ type: 8, code: 0, csum: 7 }), 0), 7)
  assert.throws(() => I.emitIcmp({ type: 8, code: 0, id: 65536, seq: 1 }), /icmp.id: 65536/)
})

test('a truncated header is refused with its place', () => {
  refuses(() => I.parseIcmp(hex(ECHO), 9), 'icmp', 9, 'icmp: 7 octets at offset 9: truncated: a header has 8 octets')
  assert.is(I.icmpOk(hex(ECHO), 8, 16), true)
  assert.is(I.icmpOk(hex(ECHO), 9, 16), false)
})

test('any header is the same again (property)', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 8, maxLength: 40 }), octets => {
      const again = I.emitIcmp(I.parseIcmp(octets), octets.slice(8))
      assert.is(toHex(again), toHex(octets))
    }),
    { seed: SEED, numRuns: 1000 },
  )
})

test.run()
