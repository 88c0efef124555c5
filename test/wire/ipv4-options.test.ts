/**
 * IPv4 options: what a Linux 6.18 host answered to an echo request with each of them.
 */
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import * as O from '../../lib/wire/ipv4-options.js'
import { IPV4_HLEN, putIpv4 } from '../../lib/wire/ipv4.js'
import { hex, SEED, toHex } from './recordings.js'

const test = suite('wire/ipv4-options')

/** Own address of the host that answered (10.77.0.2), and a time. */
const OWN = 0x0a4d0002
const TIME_MS = 0x002f3616

/** A header with the options padded to four octets. */
const header = (options: string): Uint8Array => {
  const octets = hex(options)
  const b = new Uint8Array(IPV4_HLEN + Math.ceil(octets.length / 4) * 4)
  b.set(octets, IPV4_HLEN)
  putIpv4(b, 0, b.length, 0, b.length, 1, 0, 64, 1, 0x0a4d0001, OWN)
  return b
}

/** Options that the host refused with a parameter problem, and the problem's pointer. */
const REFUSED: readonly (readonly [string, number])[] = [
  ['94030000', 21],
  ['94020000', 21],
  ['0702', 21],
  ['070303', 22],
  ['0707030000000000', 22],
  ['0707050000000000', 22],
  ['0707060000000000', 22],
  ['0707070000000000', 22],
  ['070704000000000707040000000000', 27],
  ['44030500', 21],
  ['4408040000000000', 22],
  ['4408060000000000', 22],
  ['440809f000000000', 23],
  ['4408050100000000', 22],
  ['44080500000000004408050000000000', 28],
  ['8302', 21],
  ['8307030a4d0003', 22],
  ['8307040a4d00038307040a4d0003', 27],
  ['010702', 22],
  ['07', 20],
  ['0701', 20],
  ['07ff0400', 20],
  ['86040000', 21],
  ['8607000000010100', 21],
  ['8608000000010102', 22],
  ['8608000000000102', 22],
  ['440c06010000000000000000', 22],
]

/** Options that the host took, and what its reply held of them (its time replaced). */
const TAKEN: readonly (readonly [string, string])[] = [
  ['01010707040000000000', '0707080a4d000200'],
  ['0707080000000000', '0707080000000000'],
  ['4408050000000000', '44080900002f3616'],
  ['4408090000000000', '4408091000000000'],
  ['440c05010000000000000000', '440c0d010a4d0002002f3616'],
  ['440c05030a4d000200000000', '440c0d030a4d0002002f3616'],
  ['440c05030a4d000900000000', '440c05030a4d000900000000'],
  ['440c0d030a4d000900000000', '440c0d030a4d000900000000'],
  ['440c05020a4d000900000000', '440c05020a4d000900000000'],
]

test('the pointer of the parameter problem is that of Linux (ip_options_compile)', () => {
  const opt = O.newIpv4Options()
  for (const [options, pointer] of REFUSED) assert.is(O.ipv4OptionsCompile(header(options), 0, opt), pointer, options)
})

test('an address and a time are added as Linux adds them', () => {
  const opt = O.newIpv4Options()
  for (const [options, reply] of TAKEN) {
    const b = header(options)
    assert.is(O.ipv4OptionsCompile(b, 0, opt), 0)
    const isOurs = opt.tsPrespec && O.ipv4OptionsTsAddr(b, 0, opt) === OWN
    O.ipv4OptionsStamp(b, 0, opt, OWN, TIME_MS, isOurs)
    assert.ok(toHex(b).includes(reply), options)
  }
})

test('a full option of both kinds and other options change nothing', () => {
  const opt = O.newIpv4Options()
  for (const options of [
    '94040000',
    '0707080000000000',
    '440c0d030a4d000900000000',
    '82040000',
    'fe040000',
    '01010100',
  ]) {
    const b = header(options)
    assert.is(O.ipv4OptionsCompile(b, 0, opt), 0)
    assert.is(O.ipv4OptionsStamp(b, 0, opt, OWN, TIME_MS, false), false, options)
    assert.is(toHex(b), toHex(header(options)))
  }
})

test('octets behind the end of the list are cleared', () => {
  const opt = O.newIpv4Options()
  const b = header('0100ffff')
  assert.is(O.ipv4OptionsCompile(b, 0, opt), 0)
  assert.is(O.ipv4OptionsStamp(b, 0, opt, OWN, TIME_MS, false), true)
  assert.is(toHex(b.subarray(IPV4_HLEN)), '01000000')
})

test('what was found is noted by its place', () => {
  const opt = O.newIpv4Options()
  assert.is(O.ipv4OptionsCompile(header('9404000001890b080a0000030a000004'), 0, opt), 0)
  assert.is(opt.routerAlert, 20)
  assert.is(opt.srr, 25)
  assert.is(opt.isStrictRoute, true)
  assert.is(O.ipv4OptionsCompile(header('8307040a000003'), 0, opt), 0)
  assert.equal([opt.routerAlert, opt.srr, opt.isStrictRoute, opt.optLen], [0, 20, false, 8])
  assert.is(O.ipv4OptionsCompile(header('94040001'), 0, opt), 0)
  assert.is(opt.routerAlert, 0)
})

test('iteration goes over padding and stops at the end and at what cannot be', () => {
  const places = (options: string): number[] => {
    const b = header(options)
    const found: number[] = []
    for (let o = O.ipv4OptionNext(b, IPV4_HLEN, b.length); o >= 0; o = O.ipv4OptionNext(b, o + b[o + 1]!, b.length))
      found.push(o)
    return found
  }
  assert.equal(places('0194040000018302'), [21, 26])
  assert.equal(places('9404000000940400'), [20])
  assert.equal(places('9401000083'), [])
  assert.equal(places('94ff0000'), [])
})

test('any options are checked within the header (property)', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 4, maxLength: 40 }), octets => {
      const b = header(toHex(octets))
      const opt = O.newIpv4Options()
      const pointer = O.ipv4OptionsCompile(b, 0, opt)
      assert.ok(pointer === 0 || (pointer >= IPV4_HLEN && pointer < b.length + 2))
      const size = b.length
      if (pointer === 0) O.ipv4OptionsStamp(b, 0, opt, OWN, TIME_MS, true)
      assert.is(b.length, size)
      for (const place of [opt.rrAddrOff, opt.tsAddrOff, opt.tsTimeOff]) assert.ok(place === 0 || place + 4 <= size)
    }),
    { seed: SEED, numRuns: 2000 },
  )
})

test.run()
