/**
 * `npm run bench:alloc`: octets that the heap grows by for each packet, and frame buffers made, in a steady state.
 *
 * It runs itself with a young generation large enough that no collection falls into the measurement, which would hide
 * what was allocated.
 */
import { spawnSync } from 'node:child_process'
import { buildPath, makePayload, type Path, transfer } from './network.js'

const FLAGS = ['--expose-gc', '--min-semi-space-size=256', '--max-semi-space-size=256']
const PATHS = ['direct', 'bridge', 'routers1', 'routers3', 'hostgw', 'vxlan']
const COUNT = 50_000
const WARM_UP = 200_000

/** Octets on the heap, those of array buffers included. */
const used = (): number => {
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

const measure = (path: Path, size: number): { octets: number; frames: number } => {
  const payload = makePayload(size)
  transfer(path, payload, WARM_UP)
  globalThis.gc?.()
  const framesBefore = path.world.kernel.skbs.framesMade
  const before = used()
  transfer(path, payload, COUNT)
  const octets = (used() - before) / COUNT
  return { octets, frames: path.world.kernel.skbs.framesMade - framesBefore }
}

if (globalThis.gc === undefined) {
  const argv = [...FLAGS, import.meta.filename]
  process.exitCode = spawnSync(process.execPath, argv, { stdio: 'inherit' }).status ?? 1
} else {
  console.log('path        size   octets allocated per packet   frame buffers made')
  for (const name of PATHS)
    for (const size of [64, 1400]) {
      const { octets, frames } = measure(buildPath(name), size)
      console.log(
        `${name.padEnd(10)} ${String(size).padStart(5)} ${octets.toFixed(1).padStart(29)} ${String(frames).padStart(20)}`,
      )
    }
}
