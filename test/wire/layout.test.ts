/**
 * Header layouts: offsets that buffer-layout gives, and what is refused when a module is loaded.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { NetloomError } from '../../lib/errors.js'
import { octets, offsets, u8, u16, u16le, u24, u32, u32le, u48 } from '../../lib/wire/layout.js'

const test = suite('wire/layout')

test('offsets follow from the sizes of the fields', () => {
  const table = offsets(22, [u48('mac'), u16('type'), u8('x'), u24('vni'), octets('pad', 4), u16le('le'), u32('addr')])
  assert.equal({ ...table }, { SIZE: 22, mac: 0, type: 6, x: 8, vni: 9, pad: 12, le: 16, addr: 18 })
  assert.ok(Object.isFrozen(table))
})

test('a layout of another size than the RFC gives is refused', () => {
  assert.throws(
    () => offsets(9, [u32('a'), u32le('b')]),
    (e: unknown) => e instanceof NetloomError && e.message === 'layout: 8 octets declared, 9 expected',
  )
})

test('a name that stands twice is refused', () => {
  assert.throws(
    () => offsets(2, [u8('a'), u8('a')]),
    (e: unknown) => e instanceof NetloomError && e.message === 'layout: field a is declared twice',
  )
})

test.run()
