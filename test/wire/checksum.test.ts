/**
 * Checksums: the examples of RFC 1071 and 1624, recorded packets, and properties against a plain sum of words.
 */
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { getU16, getU32 } from '../../lib/wire/bytes.js'
import * as C from '../../lib/wire/checksum.js'
import { allFrames, hex, SEED } from './recordings.js'

const test = suite('wire/checksum')

/** The sum by the book: words one after the other, an odd octet padded, the carry added at each step. */
const plainSum = (b: readonly number[]): number => {
  let sum = 0
  for (let i = 0; i < b.length; i += 2) {
    sum += (b[i]! << 8) | (b[i + 1] ?? 0)
    sum = (sum & 0xffff) + (sum >>> 16)
  }
  return sum
}

const fold = (sum: number): number => ~C.csumFold(sum) & 0xffff
const octets = fc.array(fc.nat(255), { maxLength: 200 })
const word16 = fc.nat(0xffff)
const word32 = fc.integer()

test('RFC 1071 section 3: 00 01 f2 03 f4 f5 f6 f7 sums to ddf2', () => {
  const b = hex('0001f203f4f5f6f7')
  assert.is(fold(C.csumPartial(b, 0, 8)), 0xddf2)
  assert.is(C.csumFold(C.csumPartial(b, 0, 8)), 0x220d)
  assert.is(C.csumMessage(b, 0, 8), 0x220d)
})

test('RFC 1071 section 3: parts may be summed apart, at even and odd places', () => {
  const b = hex('0001f203f4f5f6f7')
  const first = C.csumPartial(b, 0, 3)
  assert.is(fold(C.csumBlockAdd(first, C.csumPartial(b, 3, 5), 3)), 0xddf2)
  assert.is(fold(C.csumPartial(b, 4, 4, C.csumPartial(b, 0, 4))), 0xddf2)
})

test('RFC 1624 section 4: dd2f with 5555 changed to 3285 becomes 0000, not ffff', () => {
  assert.is(C.csumReplace2(0xdd2f, 0x5555, 0x3285), 0x0000)
})

test('a sum over any octets at any place is the plain one (property)', () => {
  fc.assert(
    fc.property(octets, fc.nat(9), word16, (list, off, start) => {
      const b = new Uint8Array(off + list.length + 3).fill(0xa5)
      b.set(list, off)
      const wanted = fold(plainSum(list) + start)
      assert.is(fold(C.csumPartial(b, off, list.length, start)), wanted)
    }),
    { seed: SEED },
  )
})

test('the sum through a view of words is the same at every alignment (property)', () => {
  fc.assert(
    fc.property(octets, fc.nat(9), fc.nat(3), word16, (list, off, shift, start) => {
      const whole = new Uint8Array(256)
      const b = whole.subarray(4 * shift)
      b.set(list, off)
      const words = new Int32Array(whole.buffer, 4 * shift)
      assert.is(fold(C.csumPartialWords(b, words, off, list.length, start)), fold(plainSum(list) + start))
    }),
    { seed: SEED, numRuns: 1000 },
  )
})

test('65,535 octets of ff overflow nothing', () => {
  const b = new Uint8Array(65540).fill(0xff)
  assert.is(fold(C.csumPartial(b, 0, 65534)), 0xffff)
  assert.is(fold(C.csumPartialWords(b, new Int32Array(b.buffer), 1, 65535)), fold(C.csumPartial(b, 1, 65535)))
  assert.is(fold(C.csumPartial(b, 1, 65535)), fold(0xffff + 0xff00))
})

test('an incremental update of 16 bits equals the full sum over the changed message (property)', () => {
  fc.assert(
    fc.property(fc.array(word16, { minLength: 2, maxLength: 20 }), fc.nat(), word16, (words, at, to) => {
      const i = at % words.length
      const list = (w: readonly number[]): number[] => w.flatMap(v => [v >> 8, v & 255])
      const before = ~plainSum(list(words)) & 0xffff
      const changed = words.with(i, to)
      const after = ~plainSum(list(changed)) & 0xffff
      const updated = C.csumReplace2(before, words[i]!, to)
      // A message of zeros has two sums in one's complement; a header is never all zero.
      if (changed.some(v => v !== 0)) assert.is(updated, after)
    }),
    { seed: SEED, examples: [[[0x5555, 0xcd7a], 0, 0x3285]] },
  )
})

test('an incremental update of 32 bits equals the full sum over the changed message (property)', () => {
  fc.assert(
    fc.property(fc.array(word32, { minLength: 2, maxLength: 10 }), fc.nat(), word32, (words, at, to) => {
      const i = at % words.length
      const list = (w: readonly number[]): number[] =>
        w.flatMap(v => [v >>> 24, (v >>> 16) & 255, (v >>> 8) & 255, v & 255])
      const before = ~plainSum(list(words)) & 0xffff
      const changed = words.with(i, to)
      if (changed.some(v => v !== 0))
        assert.is(C.csumReplace4(before, words[i]!, to), ~plainSum(list(changed)) & 0xffff)
    }),
    { seed: SEED, numRuns: 500 },
  )
})

test('the sum over an IPv4 header with options is the sum over its octets (property)', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(255), { minLength: 60, maxLength: 60 }),
      fc.integer({ min: 5, max: 15 }),
      (list, words) => {
        const b = Uint8Array.from([9, ...list])
        assert.is(C.ipFastCsum(b, 1, 4 * words), ~plainSum(list.slice(0, 4 * words)) & 0xffff)
      },
    ),
    { seed: SEED },
  )
})

test('every IPv4 header of the recordings has a right checksum', () => {
  const packets = allFrames().filter(b => getU16(b, 12) === 0x0800)
  assert.ok(packets.length > 2000)
  for (const b of packets) assert.is(C.ipFastCsum(b, 14, (b[14]! & 15) << 2), 0)
})

test('UDP checksums of the recordings, pseudo-header included, are right unless absent', () => {
  const isWhole = (b: Uint8Array): boolean =>
    getU16(b, 12) === 0x0800 && b[14] === 0x45 && b[23] === 17 && (getU16(b, 20) & 0x3fff) === 0
  const datagrams = allFrames().filter(b => isWhole(b) && getU16(b, 40) !== 0)
  assert.ok(datagrams.length > 200)
  let unfinished = 0
  for (const b of datagrams) {
    const [saddr, daddr, len] = [getU32(b, 26), getU32(b, 30), getU16(b, 38)]
    if (C.csumTcpUdp(b, 34, len, saddr, daddr, 17) === 0) continue
    // On `lo`, which cannot turn offload off, the field holds the sum of the pseudo-header.
    assert.is(getU16(b, 40), ~C.csumFold(C.csumPseudo(saddr, daddr, 17, len)) & 0xffff)
    unfinished++
  }
  assert.ok(unfinished < datagrams.length / 4)
})

test.run()
