/**
 * MACs: text, halves, classes.
 */
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { NetloomError } from '../../lib/errors.js'
import * as M from '../../lib/wire/mac.js'
import { hex, SEED, toHex } from './recordings.js'

const test = suite('wire/mac')
const mac = (): fc.Arbitrary<number> => fc.maxSafeNat().map(n => n % 2 ** 48)

test('a MAC is a 48-bit number', () => {
  assert.is(M.parseMac('02:42:ac:11:00:02'), 0x0242ac110002)
  assert.is(M.parseMac('ff:ff:ff:ff:ff:ff'), M.MAC_BROADCAST)
  assert.is(M.formatMac(0x0242ac110002), '02:42:ac:11:00:02')
})

test('groups may have one digit, capitals, and hyphens between them', () => {
  assert.is(M.parseMac('2:0:0:0:0:aB'), 0x0200000000ab)
  assert.is(M.parseMac('02-00-00-00-00-01'), 0x020000000001)
})

test('what is no MAC is refused with the words of iproute2 and the text', () => {
  for (const text of [
    '',
    '02:00:00:00:00',
    '02:00:00:00:00:01:02',
    '02:00:00:00:00:100',
    'xx:00:00:00:00:01',
    '1.2.3.4',
  ]) {
    assert.throws(
      () => M.parseMac(text),
      (e: unknown) =>
        e instanceof NetloomError &&
        e.code === 'EINVAL' &&
        e.context['text'] === text &&
        e.message === `"${text}" is invalid lladdr.`,
    )
    assert.is(M.isMacText(text), false)
  }
})

test('text, halves and octets of a MAC say the same (property)', () => {
  fc.assert(
    fc.property(mac(), fc.nat(7), (m, o) => {
      const b = new Uint8Array(16)
      M.putMac(b, o, m)
      assert.is(toHex(b.subarray(o, o + 6)), M.formatMac(m).replaceAll(':', ''))
      assert.is(M.parseMac(M.formatMac(m)), m)
      assert.is(M.macAt(b, o), m)
      assert.is(M.macHiAt(b, o), M.macHi(m))
      assert.is(M.macLoAt(b, o), M.macLo(m))
      assert.is(M.macLo(m), M.macLo(m) | 0)
      assert.is(M.macFrom(M.macHi(m), M.macLo(m)), m)
      assert.is(M.isMacAt(b, o, m), true)
      assert.is(M.isMacAt(b, o, (m + 1) % 2 ** 48), false)
      assert.is(M.isMulticastAt(b, o), M.isMulticastMac(m))
      assert.is(M.isBroadcastAt(b, o), m === M.MAC_BROADCAST)
      assert.is(M.isZeroAt(b, o), M.isZeroMac(m))
    }),
    { seed: SEED },
  )
})

test('the group bit is the lowest of the first octet (IEEE 802)', () => {
  assert.is(M.isMulticastMac(M.parseMac('01:00:5e:00:00:01')), true)
  assert.is(M.isMulticastMac(M.parseMac('02:00:00:00:00:01')), false)
  assert.is(M.isMulticastMac(M.MAC_BROADCAST), true)
  assert.is(M.isValidMac(M.parseMac('01:00:5e:00:00:01')), false)
  assert.is(M.isValidMac(0), false)
  assert.is(M.isValidMac(M.parseMac('02:00:00:00:00:01')), true)
})

test('01:80:c2:00:00:00 to 0f are link-local (is_link_local_ether_addr)', () => {
  const isLinkLocal = (text: string): boolean => M.isLinkLocalAt(hex(text), 0)
  assert.is(isLinkLocal('0180c2000000'), true)
  assert.is(isLinkLocal('0180c200000f'), true)
  assert.is(isLinkLocal('0180c2000010'), false)
  assert.is(isLinkLocal('0180c3000000'), false)
  assert.is(isLinkLocal('0280c2000000'), false)
})

test('copies go from one buffer to another', () => {
  const to = new Uint8Array(8)
  M.copyMac(to, 1, hex('000102030405060708'), 2)
  assert.is(toHex(to), '0002030405060700')
})

test.run()
