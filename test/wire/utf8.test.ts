/**
 * UTF-8 as Node's own TextEncoder and TextDecoder have it.
 */
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { octetText } from '../../lib/app/octet-text.js'
import { decodeUtf8, encodeUtf8 } from '../../lib/wire/utf8.js'
import { SEED, toHex } from './recordings.js'

const test = suite('wire/utf8')

test('text becomes the octets of TextEncoder, lone surrogates included that stand for no octet (property)', () => {
  const unit = fc.nat(0xffff).filter(code => code < 0xdc80 || code > 0xdcff)
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), unit, (text, code) => {
      const all = text + String.fromCharCode(code)
      assert.is(toHex(encodeUtf8(all)), toHex(new TextEncoder().encode(all)))
      assert.is(decodeUtf8(encodeUtf8(text)), Buffer.from(text).toString())
    }),
    { seed: SEED, numRuns: 2000 },
  )
})

test('a lone surrogate U+DC80..U+DCFF gives its octet, as text of octets that are no UTF-8 has them (property)', () => {
  fc.assert(
    fc.property(fc.uint8Array(), octets => {
      assert.is(toHex(encodeUtf8(octetText(octets))), toHex(octets))
    }),
    { seed: SEED, numRuns: 2000 },
  )
})

test('any octets become the text of TextDecoder (property)', () => {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  const edge = fc.constantFrom(0x41, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc1, 0xc2, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5)
  fc.assert(
    fc.property(fc.array(fc.oneof(edge, fc.nat(255)), { maxLength: 8 }), octets => {
      const b = Uint8Array.from(octets)
      assert.is(decodeUtf8(b), decoder.decode(b), toHex(b))
    }),
    { seed: SEED, numRuns: 20_000 },
  )
})

test.run()
