/**
 * `netfilter:live [--seed N] [--count N] [--shrink N] [--stop N] [--save DIR]`: random rule sets and packets on the kernel that runs
 * this and in netloom, compared in frames at every device, counters and connections.
 *
 * Case `i` has the number `seed + i`; `--seed NUMBER --count 1` runs one again. A case that differs is made smaller and printed.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Case, restoreText, runCase } from './case.js'
import { caseOf, compareCase, shrinkCase } from './compare-case.js'
import { Coverage } from './coverage.js'
import { LiveKernel, missingForLive } from './live-kernel.js'

const OPTIONS = {
  seed: { type: 'string', default: '1' },
  count: { type: 'string', default: '200' },
  shrink: { type: 'string', default: '200' },
  stop: { type: 'string', default: '5' },
  save: { type: 'string' },
} as const

/** Lines of differences that are shown of a case. */
const MAX_LINES = 30

const caseText = (c: Case): string =>
  [restoreText(c.ruleSet).trimEnd(), ...c.steps.map(step => JSON.stringify(step))]
    .map(line => `    ${line.replaceAll('\n', '\n    ')}`)
    .join('\n')

const wholeNumber = (name: string, text: string): number => {
  if (!/^\d+$/.test(text)) throw new Error(`--${name} ${text}: not a whole number`)
  return Number(text)
}

const main = async (): Promise<number> => {
  const { values } = parseArgs({ options: OPTIONS })
  const seed = wholeNumber('seed', values.seed)
  const count = wholeNumber('count', values.count)
  const tries = wholeNumber('shrink', values.shrink)
  const stop = wholeNumber('stop', values.stop)
  const missing = missingForLive()
  if (missing.length > 0) {
    console.log(`SKIP netfilter:live: ${missing.join(', ')}`)
    return 0
  }
  const kernel = await LiveKernel.start()
  const coverage = new Coverage()
  const start = performance.now()
  const failed: number[] = []
  let retried = 0
  let ran = 0
  try {
    for (let number = seed; number < seed + count && failed.length < stop; number++) {
      const c = caseOf(number)
      const { lines, kernel: run, retries } = await compareCase(kernel, c)
      ran++
      coverage.add(c, run)
      if (retries > 0 && lines.length === 0) retried++
      if (lines.length === 0) continue
      failed.push(number)
      const small = tries === 0 ? c : await shrinkCase(kernel, c, tries)
      const why = tries === 0 ? lines : (await compareCase(kernel, small)).lines
      console.log(
        `case ${number} differs:\n${caseText(small)}\n  ${(why.length === 0 ? lines : why).slice(0, MAX_LINES).join('\n  ')}`,
      )
      if (values.save !== undefined) {
        mkdirSync(values.save, { recursive: true })
        kernel.waitMs = 20
        const recorded = await runCase(kernel, small)
        const { frames, ...rest } = recorded
        const file = { number, case: small, kernel: { ...rest, frames: Object.fromEntries(frames) } }
        writeFileSync(join(values.save, `case-${number}.json`), `${JSON.stringify(file, null, 2)}\n`)
      }
    }
  } finally {
    kernel.close()
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  console.log(coverage.text())
  console.log(
    `${ran} rule sets from seed ${seed}: ${ran - failed.length} agree, ${failed.length} differ` +
      `${failed.length > 0 ? ` (${failed.join(', ')})` : ''}; ${retried} agreed when the kernel was given more time; ${seconds} s`,
  )
  return failed.length === 0 ? 0 : 1
}

try {
  process.exitCode = await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 2
}
