/**
 * `npm run conformance -- [--out OUT] [--only REGEX] [--verbose] [--expected] [DIR...]`: runs scenario directories in
 * netloom and compares what they leave with what is recorded in them.
 *
 * DIR is a scenario directory or a directory of them; without one, the recorded scenarios of this repository are run.
 * The files of a run are kept in OUT/NAME/. Exit status 0 only if all are equal (with --expected: all that
 * must-be-equal.txt names), 1 if not, 2 for a usage error or a broken recording.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { addFigures, type Figures, type FileSet, figuresText, isCompared } from './compare.js'
import { differenceText } from './compare-text.js'
import {
  findScenarios,
  MUST_BE_EQUAL,
  readFiles,
  readNameList,
  SCENARIOS,
  SCRIPT,
  scenarioName,
  writeFiles,
} from './directory.js'
import { ScenarioProcess } from './scenario-process.js'
import { judge, type Outcome, outcomeText, type RunScript, runScenario } from './scenario-run.js'

/** What to run and how to report it. */
export interface RunOptions {
  /** Scenario directories. */
  readonly dirs: readonly string[]
  /** Where the files of each run are kept. */
  readonly out: string
  /** Show what differs. */
  readonly verbose: boolean
  /** One line for a frame, shown with what differs; default none. */
  readonly dissect?: (bytes: Uint8Array) => string
  /** Names that decide the exit status; null for all. */
  readonly expected: ReadonlySet<string> | null
  readonly runScript: RunScript
  readonly print: (line: string) => void
}

/** Names for OUT, one for each directory: the scenario's, with a number where two are called the same. */
const outNames = (dirs: readonly string[]): string[] => {
  const used = new Map<string, number>()
  return dirs.map(dir => {
    const name = scenarioName(dir)
    const before = used.get(name) ?? 0
    used.set(name, before + 1)
    return before === 0 ? name : `${name}.${before + 1}`
  })
}

const details = (outcome: Outcome, { dissect }: RunOptions): string[] => [
  ...differenceText(outcome.comparison, dissect === undefined ? {} : { dissect }),
  ...outcome.exits.differences.map(difference => `exits: ${difference}`),
]

/** Keeps the files of a run in `out`, in place of those of an earlier run. */
const keepFiles = (out: string, files: FileSet): void => {
  if (existsSync(join(out, SCRIPT))) throw new Error(`${out} holds a recording: choose another directory with --out`)
  if (existsSync(out)) for (const name of readFiles(out).keys()) if (isCompared(name)) rmSync(join(out, name))
  writeFiles(out, files)
}

/** Runs and judges one scenario; null when its recording cannot be read. */
const runOne = async (dir: string, outName: string, options: RunOptions): Promise<Outcome | null> => {
  const run = await runScenario(dir, options.runScript)
  keepFiles(join(options.out, outName), run.files)
  try {
    const outcome = judge(dir, run)
    options.print(outcomeText(outcome))
    if (options.verbose) for (const line of details(outcome, options)) options.print(`  ${line}`)
    return outcome
  } catch (error) {
    options.print(`${scenarioName(dir)}: broken recording: ${error instanceof Error ? error.message : error}`)
    return null
  }
}

/** Names of `expected` whose scenario is not equal or was not run. */
const notEqual = (expected: ReadonlySet<string>, outcomes: readonly Outcome[]): string[] => {
  const unequal = new Set(outcomes.filter(outcome => !outcome.equal).map(outcome => outcome.name))
  const ran = new Set(outcomes.map(outcome => outcome.name))
  return [...expected].filter(name => unequal.has(name) || !ran.has(name))
}

const summary = (outcomes: readonly Outcome[], options: RunOptions): string[] => {
  const figures: Figures = addFigures(outcomes.map(outcome => outcome.comparison))
  const exitsEqual = outcomes.reduce((sum, outcome) => sum + outcome.exits.equal, 0)
  const exitsTotal = outcomes.reduce((sum, outcome) => sum + outcome.exits.total, 0)
  const equal = outcomes.filter(outcome => outcome.equal).length
  const lines = [`scenarios equal ${equal}/${options.dirs.length}`, `exits equal ${exitsEqual}/${exitsTotal}`]
  const { expected } = options
  if (expected !== null) {
    const unequal = notEqual(expected, outcomes)
    lines.push(`expected scenarios equal ${expected.size - unequal.length}/${expected.size}`)
    if (unequal.length > 0) lines.push(`must be equal and are not: ${unequal.join(' ')}`)
  }
  return [...lines, figuresText(figures)]
}

/** Runs all scenarios of `options`, prints a line for each and the sum; returns the exit status. */
export const runAll = async (options: RunOptions): Promise<number> => {
  const outs = outNames(options.dirs)
  const outcomes: Outcome[] = []
  for (const [n, dir] of options.dirs.entries()) {
    const outcome = await runOne(dir, outs[n]!, options)
    if (outcome !== null) outcomes.push(outcome)
  }
  for (const line of summary(outcomes, options)) options.print(line)
  if (outcomes.length < options.dirs.length) return 2
  const names = options.expected ?? new Set(outcomes.map(outcome => outcome.name))
  return names.size > 0 && notEqual(names, outcomes).length === 0 ? 0 : 1
}

const main = async (): Promise<number> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      out: { type: 'string' },
      only: { type: 'string', default: '' },
      verbose: { type: 'boolean', default: false },
      expected: { type: 'boolean', default: false },
      limit: { type: 'string', default: '60' },
    },
  })
  const only = new RegExp(values.only)
  const found = (positionals.length > 0 ? positionals : [SCENARIOS]).flatMap(findScenarios)
  const dirs = [...new Set(found)].filter(dir => only.test(scenarioName(dir)))
  if (dirs.length === 0) throw new Error(`no scenario matches ${values.only}`)
  const isAll = positionals.length === 0 && values.only === ''
  const names = new Set(dirs.map(scenarioName))
  const wanted = values.expected ? readNameList(MUST_BE_EQUAL).filter(name => isAll || names.has(name)) : null
  const out = values.out ?? mkdtempSync(join(tmpdir(), 'netloom-conformance-'))
  const child = new ScenarioProcess(Number(values.limit))
  try {
    const runScript: RunScript = script => child.run(script)
    const print = (line: string): void => console.log(line)
    const options = { dirs, out, verbose: values.verbose, expected: wanted && new Set(wanted), runScript, print }
    // netloom itself is loaded here only for what it says about a frame; scripts run in the child process
    const dissect = values.verbose ? { dissect: (await import('./netloom.js')).dissectLine } : {}
    return await runAll({ ...options, ...dissect })
  } finally {
    child.stop()
    if (values.out === undefined) rmSync(out, { recursive: true })
  }
}

if (process.argv[1] === import.meta.filename) {
  try {
    process.exitCode = await main()
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 2
  }
}
