/**
 * Octets of standard output as text, and back.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { octetText } from '../../lib/app/octet-text.js'

const test = suite('app/octet-text')

test('well-formed UTF-8 is decoded (RFC 3629)', () => {
  for (const text of ['abc\n', 'grüße', '€', '𝄞 x']) assert.is(octetText(new TextEncoder().encode(text)), text)
})

test('octets that are no UTF-8 become one lone surrogate each, U+DC80 and up (PEP 383)', () => {
  const text = octetText(Uint8Array.of(0x41, 0xff, 0xc3, 0x28, 0xe2, 0x82))
  assert.equal(
    [...text].map(c => c.codePointAt(0)),
    [0x41, 0xdcff, 0xdcc3, 0x28, 0xdce2, 0xdc82],
  )
})

test('overlong forms, surrogates and numbers above U+10FFFF are no UTF-8', () => {
  for (const octets of [
    [0xc0, 0x80],
    [0xe0, 0x80, 0x80],
    [0xed, 0xa0, 0x80],
    [0xf4, 0x90, 0x80, 0x80],
  ])
    assert.equal(
      [...octetText(Uint8Array.from(octets))].map(c => c.codePointAt(0)),
      octets.map(o => 0xdc00 + o),
    )
})

test.run()
