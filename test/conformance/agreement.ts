/**
 * `node --import tsx test/conformance/agreement.ts PROGRAM [--count N] [--seed S] [--write FILE]`: tries this judge
 * beside another program that is called as `PROGRAM RECORDED_DIR ACTUAL_DIR --json` and prints an object with
 * `equal framesEqual framesTotal filesEqual filesTotal captures states masks`, on recordings changed at random.
 *
 * Prints each case in which the two disagree with its number, from which it can be made again; --write keeps what the
 * other program says, one case a line, for verdicts.test.ts. Exit status 0 when they agree on all.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { findScenarios, SCENARIOS, scenarioName, writeFiles } from './directory.js'
import { Dice } from './mutate.js'
import {
  fullText,
  type MutatedCase,
  mutatedCase,
  otherVerdict,
  ownVerdict,
  shortText,
  type Verdict,
} from './mutated-case.js'

const ask = (program: string, recorded: string, actual: string): Promise<Verdict | null> =>
  new Promise((resolve, reject) => {
    execFile(program, [recorded, actual, '--json'], { maxBuffer: 1 << 28 }, (error, stdout, stderr) => {
      const status = error === null ? 0 : error.code
      if (status === 0 || status === 1) resolve(otherVerdict(stdout))
      else if (status === 2) resolve(null)
      else reject(new Error(`${program}: ${stderr || error?.message}`))
    })
  })

const askOther = async (program: string, temp: string, { recorded, actual }: MutatedCase): Promise<Verdict | null> => {
  const dir = mkdtempSync(join(temp, 'case-'))
  writeFiles(join(dir, 'recorded'), recorded)
  writeFiles(join(dir, 'actual'), actual)
  const verdict = await ask(program, join(dir, 'recorded'), join(dir, 'actual'))
  rmSync(dir, { recursive: true })
  return verdict
}

/** How the cases went. */
interface Tally {
  agreed: number
  /** Cases in which the changed files still count as equal: the changes fell under masks. */
  equal: number
  /** What the other program says, by case. */
  readonly lines: Map<number, string>
}

const tryCase = async (program: string, number: number, dir: string, temp: string, tally: Tally): Promise<void> => {
  const made = mutatedCase(number, dir)
  const theirs = await askOther(program, temp, made)
  const ours = ownVerdict(made)
  if (theirs?.equal === true) tally.equal++
  tally.lines.set(number, `${number} ${scenarioName(dir)}: ${shortText(theirs)}`)
  if (fullText(ours) === fullText(theirs)) tally.agreed++
  else console.log(`case ${number} (${scenarioName(dir)}):\n  other ${fullText(theirs)}\n  own   ${fullText(ours)}`)
}

const main = async (): Promise<number> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      count: { type: 'string', default: '1000' },
      seed: { type: 'string', default: '1' },
      write: { type: 'string' },
    },
  })
  const [program] = positionals
  if (program === undefined) throw new Error('usage: agreement PROGRAM [--count N] [--seed S] [--write FILE]')
  const dirs = findScenarios(SCENARIOS)
  const temp = mkdtempSync(join(tmpdir(), 'netloom-agreement-'))
  const first = Number(values.seed)
  const end = first + Number(values.count)
  const tally: Tally = { agreed: 0, equal: 0, lines: new Map() }
  let next = first
  const worker = async (): Promise<void> => {
    while (next < end) {
      const number = next++
      await tryCase(program, number, new Dice(-number).pick(dirs), temp, tally)
    }
  }
  await Promise.all([worker(), worker()])
  rmSync(temp, { recursive: true })
  const lines = [...tally.lines].sort(([x], [y]) => x - y).map(([, line]) => `${line}\n`)
  if (values.write !== undefined) writeFileSync(values.write, lines.join(''))
  console.log(`agreed on ${tally.agreed} of ${end - first} cases from seed ${first}, ${tally.equal} of them equal`)
  return tally.agreed === end - first ? 0 : 1
}

process.exitCode = await main()
