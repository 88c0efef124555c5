import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type MacEntry, MacTable } from '../../lib/core/mac-table.js'
import { macHi, macLo } from '../../lib/wire/mac.js'

const test = suite('core/mac-table')

class Entry implements MacEntry<Entry> {
  readonly hi: number
  readonly lo: number
  index = 0
  prev: Entry | null = null
  next: Entry | null = null
  constructor(mac: number) {
    this.hi = macHi(mac)
    this.lo = macLo(mac)
  }
}

const listed = (table: MacTable<Entry>): Entry[] => {
  const all: Entry[] = []
  for (let e = table.head; e !== null; e = e.next) {
    assert.is(e.prev, all.at(-1) ?? null)
    all.push(e)
  }
  return all
}

test('finds what a Map finds and lists the newest first, whatever is added and removed (fc)', () => {
  // Few MACs, so that the same ones come and go and runs of slots collide; zero is one of them.
  const mac = fc.oneof(fc.nat(12), fc.integer({ min: 0x020000000000, max: 0x02000000000f }), fc.nat(2 ** 32))
  fc.assert(
    fc.property(fc.array(fc.tuple(mac, fc.boolean()), { maxLength: 200 }), steps => {
      const table = new MacTable<Entry>()
      const model = new Map<number, Entry>()
      for (const [key, adds] of steps) {
        const known = model.get(key)
        if (adds && known === undefined) {
          const entry = new Entry(key)
          table.insert(entry)
          model.set(key, entry)
        } else if (!adds && known !== undefined) {
          table.remove(known)
          model.delete(key)
        }
        for (const k of [key, ...model.keys()]) assert.is(table.find(macHi(k), macLo(k)), model.get(k) ?? null)
        assert.is(table.size, model.size)
      }
      assert.equal(listed(table), [...model.values()].reverse())
    }),
    { seed: 20240601, numRuns: 200 },
  )
})

test('holds ten thousand', () => {
  const table = new MacTable<Entry>()
  const all = Array.from({ length: 10_000 }, (_, n) => new Entry(0x020000000000 + n * 7))
  for (const e of all) table.insert(e)
  for (const e of all) assert.is(table.find(e.hi, e.lo), e)
  for (const e of all.filter((_, n) => n % 2 === 0)) table.remove(e)
  for (const [n, e] of all.entries()) assert.is(table.find(e.hi, e.lo), n % 2 === 0 ? null : e)
  assert.is(table.size, 5000)
})

test.run()
