/**
 * Look-up of a MAC in a bridge's forwarding table.
 */
import { MacTable } from '../../dist/core/mac-table.js'
import { FdbEntry } from '../../dist/dev/bridge/br-fdb-table.js'
import type { BenchCase } from '../case.js'

const OPS = 1000
/** Upper 16 bits of the addresses, those of a container's eth0. */
const HI = 0x0242

/** Numbers 0..count-1 in an order without locality. */
const shuffled = (count: number): Int32Array => {
  const out = Int32Array.from({ length: count }, (_, i) => i)
  let x = 1
  for (let i = count - 1; i > 0; i--) {
    x = (Math.imul(x, 1103515245) + 12345) | 0
    const j = (x >>> 1) % (i + 1)
    const other = out[j]!
    out[j] = out[i]!
    out[i] = other
  }
  return out
}

const lookUp = (entries: number): BenchCase => ({
  name: `${entries.toLocaleString('en')} entries`,
  ops: OPS,
  make: () => {
    const table = new MacTable<FdbEntry>()
    // As Docker makes them: 02:42 and the container's address.
    const low = shuffled(entries).map(n => 0xac110002 + n)
    for (const lo of low) table.insert(new FdbEntry(HI, lo, null, 0, 0))
    let n = 0
    return () => {
      let sum = 0
      for (let i = 0; i < OPS; i++) {
        sum ^= table.find(HI, low[n]!)!.lo
        n = n + 1 < entries ? n + 1 : 0
      }
      return sum
    }
  },
})

/** Forwarding table. */
export const cases: readonly BenchCase[] = [lookUp(10), lookUp(1000), lookUp(100_000)]
