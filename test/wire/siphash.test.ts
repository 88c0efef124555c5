/** Hashes against the vectors of the reference implementation. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { siphash32 } from '../../lib/wire/siphash.js'

const test = suite('wire/siphash')

/** Octets 0, 1, 2, ... as words. */
const counting = (octets: number): Int32Array => new Int32Array(Uint8Array.from({ length: octets }, (_, i) => i).buffer)

test('SipHash-2-4 of 0, 8 and 48 octets counted up, key counted up (vectors_sip64 of the reference implementation)', () => {
  const key = counting(16)
  assert.is(siphash32(counting(0), 0, key), 0xdd0e0e31)
  assert.is(siphash32(counting(8), 8, key), 0x9a932462)
  assert.is(siphash32(counting(48), 48, key), 0x9ecba951)
})

test.run()
