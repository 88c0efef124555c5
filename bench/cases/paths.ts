/**
 * Whole paths: from a UDP socket over devices to a UDP socket, checksums built and verified.
 */
import type { BenchCase } from '../case.js'
import { BATCH, buildPath, makePayload, transfer } from '../network.js'

const over = (path: string, size: number): BenchCase => ({
  name: `${path}, ${size.toLocaleString('en')} octets`,
  ops: BATCH,
  make: () => {
    const built = buildPath(path)
    const payload = makePayload(size)
    return () => {
      const delivered = transfer(built, payload, BATCH)
      if (delivered !== BATCH) throw new Error(`${path}: ${delivered} of ${BATCH} delivered`)
      return delivered
    }
  },
})

/** Whole paths. */
export const cases: readonly BenchCase[] = ['direct', 'bridge', 'routers1', 'routers3'].flatMap(path => [
  over(path, 64),
  over(path, 1400),
])
