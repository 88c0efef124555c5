/**
 * Ethernet, 802.1Q and ARP: fields of recorded frames, checks, object forms.
 */
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import * as A from '../../lib/wire/arp.js'
import * as E from '../../lib/wire/ethernet.js'
import { parseIpv4 } from '../../lib/wire/ip.js'
import { formatMac, macAt, parseMac } from '../../lib/wire/mac.js'
import * as V from '../../lib/wire/vlan.js'
import { hex, SEED, toHex } from './recordings.js'
import { refuses } from './refuses.js'

const test = suite('wire/link')

/** Request and reply as Linux sent them (scenario arp-announce). */
const REQUEST = 'ffffffffffff0200000001010806' + '0001080006040001020000000101ac10000100000000000' + '00a000002'
const REPLY = '0200000001010200000002010806' + '00010800060400020200000002010a000002020000000101ac100001'

const macText = (): fc.Arbitrary<string> => fc.maxSafeNat().map(n => formatMac(n % 2 ** 48))

test('fields of a recorded ARP request are what tshark says', () => {
  const b = hex(REQUEST)
  assert.is(formatMac(E.ethDst(b, 0)), 'ff:ff:ff:ff:ff:ff')
  assert.is(formatMac(E.ethSrc(b, 0)), '02:00:00:00:01:01')
  assert.is(E.ethType(b, 0), E.ETH_P_ARP)
  assert.is(A.arpOk(b, 14, b.length), true)
  assert.is(A.arpOp(b, 14), A.ARPOP_REQUEST)
  assert.is(formatMac(A.arpSha(b, 14)), '02:00:00:00:01:01')
  assert.is(A.arpSpa(b, 14), parseIpv4('172.16.0.1'))
  assert.is(A.arpTha(b, 14), 0)
  assert.is(A.arpTpa(b, 14), parseIpv4('10.0.0.2'))
  assert.is(macAt(b, A.arpShaOff(14)), A.arpSha(b, 14))
  assert.is(macAt(b, A.arpThaOff(14)), A.arpTha(b, 14))
  assert.is(macAt(b, E.ethDstOff(0)), E.ethDst(b, 0))
  assert.is(macAt(b, E.ethSrcOff(0)), E.ethSrc(b, 0))
})

test('a reply written from its fields has the recorded octets (RFC 826)', () => {
  const b = new Uint8Array(42).fill(0xee)
  const [target, sender] = [parseMac('02:00:00:00:01:01'), parseMac('02:00:00:00:02:01')]
  E.putEth(b, 0, target, sender, E.ETH_P_ARP)
  A.putArp(b, 14, A.ARPOP_REPLY, sender, parseIpv4('10.0.0.2'), target, parseIpv4('172.16.0.1'))
  assert.is(toHex(b), REPLY)
})

test('ARP that is not for IPv4 over Ethernet, or cut off, is not taken (arp_rcv, arp_process)', () => {
  const ok = (at: number, v: number, end = 42): boolean => {
    const b = hex(REQUEST)
    b[14 + at] = v
    return A.arpOk(b, 14, end)
  }
  assert.is(ok(1, 1), true)
  assert.is(ok(1, 6), true, 'IEEE 802 counts as Ethernet')
  assert.is(ok(1, 7), false)
  assert.is(ok(2, 9), false)
  assert.is(ok(4, 8), false)
  assert.is(ok(5, 16), false)
  assert.is(ok(7, 9), true, 'the operation is not looked at')
  assert.is(ok(1, 1, 41), false)
})

test('the object form of a recorded reply, and back', () => {
  const b = hex(REPLY)
  const eth = E.parseEth(b)
  const arp = A.parseArp(b, 14)
  assert.equal(eth, { dst: '02:00:00:00:01:01', src: '02:00:00:00:02:01', type: 0x0806 })
  assert.equal(arp, {
    op: 2,
    sha: '02:00:00:00:02:01',
    spa: '10.0.0.2',
    tha: '02:00:00:00:01:01',
    tpa: '172.16.0.1',
  })
  assert.is(toHex(E.emitEth(eth, A.emitArp(arp))), REPLY)
  assert.is(A.arpHrd(A.emitArp({ ...arp, hrd: 6 }), 0), 6)
})

test('the decoders name field, offset and reason', () => {
  const bad = (at: number, v: number): Uint8Array => {
    const b = hex(REQUEST)
    b[14 + at] = v
    return b
  }
  refuses(
    () => E.parseEth(new Uint8Array(13)),
    'eth',
    0,
    'eth: 13 octets at offset 0: truncated: a header has 14 octets',
  )
  refuses(
    () => A.parseArp(hex(REQUEST), 15),
    'arp',
    15,
    'arp: 27 octets at offset 15: truncated: a header has 28 octets',
  )
  refuses(() => A.parseArp(bad(1, 9), 14), 'arp.hrd', 14, 'arp.hrd: 9 at offset 14: not Ethernet')
  refuses(() => A.parseArp(bad(2, 9), 14), 'arp.pro', 16, 'arp.pro: 2304 at offset 16: not IPv4')
  refuses(() => A.parseArp(bad(4, 8), 14), 'arp.hln', 18, 'arp.hln: 8 at offset 18: a MAC has 6 octets')
  refuses(() => A.parseArp(bad(5, 6), 14), 'arp.pln', 19, 'arp.pln: 6 at offset 19: an IPv4 address has 4 octets')
  refuses(
    () => V.parseVlan(new Uint8Array(3)),
    'vlan',
    0,
    'vlan: 3 octets at offset 0: truncated: a header has 4 octets',
  )
})

test('a tag: identifier, priority, drop eligibility (802.1Q)', () => {
  const b = new Uint8Array(6)
  V.putVlan(b, 1, (5 << 13) | V.VLAN_DEI | 100, E.ETH_P_IP)
  assert.is(toHex(b), '00b064080000')
  assert.equal([V.vlanVid(b, 1), V.vlanPrio(b, 1), V.vlanTci(b, 1), V.vlanType(b, 1)], [100, 5, 0xb064, 0x0800])
  assert.equal(V.parseVlan(b, 1), { vid: 100, prio: 5, dei: true, type: 0x0800 })
  assert.is(V.vlanOk(b, 1, 5), true)
  assert.is(V.vlanOk(b, 2, 5), false)
  assert.equal([E.ETH_P_8021Q, E.ETH_P_8021AD, E.ETH_P_IP].map(V.isVlanType), [true, true, false])
  assert.throws(() => V.emitVlan({ vid: 4096, prio: 0, dei: false, type: 0 }), /vlan.vid: 4096 is not an integer/)
  assert.throws(() => V.emitVlan({ vid: 1, prio: 8, dei: false, type: 0 }), /vlan.prio: 8/)
})

test('encoded and decoded again, objects are the same (property)', () => {
  const arp = fc.record({ op: fc.nat(0xffff), sha: macText(), spa: fc.ipV4(), tha: macText(), tpa: fc.ipV4() })
  const eth = fc.record({ dst: macText(), src: macText(), type: fc.nat(0xffff) })
  const vlan = fc.record({ vid: fc.nat(4095), prio: fc.nat(7), dei: fc.boolean(), type: fc.nat(0xffff) })
  fc.assert(
    fc.property(eth, vlan, arp, (e, v, a) => {
      assert.equal(E.parseEth(E.emitEth(e, V.emitVlan(v))), { ...e })
      assert.equal(V.parseVlan(E.emitEth(e, V.emitVlan(v, A.emitArp(a))), 14), { ...v })
      assert.equal(A.parseArp(E.emitEth(e, V.emitVlan(v, A.emitArp(a))), 18), { ...a })
    }),
    { seed: SEED },
  )
})

test.run()
