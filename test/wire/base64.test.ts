/**
 * Base64 against the vectors of RFC 4648 section 10, and Node's own.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { BASE64_URL, encodeBase64, rawBase64 } from '../../lib/wire/base64.js'

const test = suite('wire/base64')

const VECTORS: readonly (readonly [string, string])[] = [
  ['', ''],
  ['f', 'Zg=='],
  ['fo', 'Zm8='],
  ['foo', 'Zm9v'],
  ['foob', 'Zm9vYg=='],
  ['fooba', 'Zm9vYmE='],
  ['foobar', 'Zm9vYmFy'],
]

for (const [text, base64] of VECTORS)
  test(`"${text}" is ${base64 || 'nothing'} (RFC 4648 section 10)`, () => {
    const octets = Uint8Array.from(Buffer.from(text))
    assert.is(encodeBase64(octets), base64)
    assert.is(rawBase64(octets), base64.replaceAll('=', ''))
  })

test('all octets in the alphabet of URLs', () => {
  const octets = Uint8Array.from({ length: 256 }, (_, n) => 255 - n)
  assert.is(rawBase64(octets, BASE64_URL), Buffer.from(octets).toString('base64url'))
  assert.is(encodeBase64(octets), Buffer.from(octets).toString('base64'))
})

test.run()
