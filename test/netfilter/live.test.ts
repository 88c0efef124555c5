/**
 * netloom's netfilter beside that of the kernel which runs these tests: a bounded number of random rule sets, and cases that
 * differed once, as they were recorded.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Case, type Run, restoreText, runCase } from './live/case.js'
import { caseOf, compareCase } from './live/compare-case.js'
import { differences } from './live/compare-runs.js'
import { LiveKernel, missingForLive } from './live/live-kernel.js'
import { NetloomSide } from './live/netloom-side.js'

const test = suite('netfilter/live')

const CASES = fileURLToPath(new URL('../data/netfilter/', import.meta.url))
const SEED = 1
const COUNT = 60

interface Recorded {
  readonly shows: string
  readonly case: Case
  readonly kernel: Omit<Run, 'frames'> & { readonly frames: Readonly<Record<string, readonly string[]>> }
}

for (const file of readdirSync(CASES)
  .filter(name => name.endsWith('.json'))
  .sort()) {
  const recorded = JSON.parse(readFileSync(join(CASES, file), 'utf8')) as Recorded
  test(`recorded: ${recorded.shows}`, async () => {
    const kernel: Run = { ...recorded.kernel, frames: new Map(Object.entries(recorded.kernel.frames)) }
    const lines = differences(kernel, await runCase(new NetloomSide(), recorded.case))
    assert.is(lines.join('\n'), '', file)
  })
}

const missing = missingForLive()

if (missing.length > 0) console.log(`SKIP netfilter/live (${COUNT} random rule sets): ${missing.join(', ')}`)
else
  test(`${COUNT} random rule sets from seed ${SEED} do on this kernel what they do in netloom`, async () => {
    const kernel = await LiveKernel.start()
    try {
      for (let number = SEED; number < SEED + COUNT; number++) {
        const c = caseOf(number)
        const { lines } = await compareCase(kernel, c)
        assert.is(lines.join('\n'), '', `case ${number}\n${restoreText(c.ruleSet)}`)
      }
      console.log(`\nRAN netfilter/live: ${COUNT} random rule sets from seed ${SEED} agree with this kernel`)
    } finally {
      kernel.close()
    }
  })

test.run()
