/** SHA-512 against node's. */
import { createHash } from 'node:crypto'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { sha512Hex } from '../../lib/cni/sha512.js'

const test = suite('cni/sha512')

test('digests of texts of every length up to three blocks, and of UTF-8', () => {
  const texts = Array.from({ length: 385 }, (_, n) => 'netloom'.repeat(55).slice(0, n))
  for (const text of [...texts, 'ä€😀'])
    assert.is(sha512Hex(text), createHash('sha512').update(text).digest('hex'), `${text.length}`)
})

test.run()
