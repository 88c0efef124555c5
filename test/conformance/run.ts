/**
 * `npm run conformance -- [--out OUT] [--only REGEX] [--verbose] [--expected] [DIR...]`: runs recordings in netloom and
 * compares what they leave with what is recorded in them.
 *
 * DIR is a scenario directory, the directory of a recorded cluster, or a directory of such; without one, the recorded
 * scenarios of this repository are run. The files of a run are kept in OUT/NAME/, NAME being DIR's last part; of a cluster
 * under the recorded paths. Exit status 0 only if all are equal (with --expected: all that must-be-equal.txt names), 1 if
 * not, 2 for a usage error or a broken recording. A cluster of another flannel than netloom has is not run, and not equal.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { CASE_FILE, REPLAYED_VERSION, readCase } from './case/case-file.js'
import { addFigures, type Figures, type FileSet, figuresText, isCompared } from './compare.js'
import { differenceText } from './compare-text.js'
import {
  findScenarios,
  isCase,
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
  ...(isCase(outcome.dir) ? outcome.comparison.extra.map(file => `${file}: frames where the recording has none`) : []),
  ...outcome.notes.map(note => `note: ${note}`),
]

/** Directories of a cluster's files. */
const CASE_DIR = /^(steps|logs|(state|events)-.*)$/

/** Says why nothing is written to a directory. */
class OutputError extends Error {
  override readonly name = 'OutputError'
}

/** Keeps the files of a run in `out`, in place of those of an earlier run. */
const keepFiles = (out: string, files: FileSet): void => {
  if ([SCRIPT, CASE_FILE].some(name => existsSync(join(out, name))))
    throw new OutputError(`${out} holds a recording: choose another directory with --out`)
  if (existsSync(out)) {
    for (const name of readFiles(out).keys()) if (isCompared(name)) rmSync(join(out, name))
    for (const name of readdirSync(out)) if (CASE_DIR.test(name)) rmSync(join(out, name), { recursive: true })
  }
  writeFiles(out, files)
}

/** The other version of flannel that the cluster in `dir` was recorded with; null when it can be run. */
const otherVersion = (dir: string): string | null => {
  if (!isCase(dir)) return null
  const { version } = readCase(readFileSync(join(dir, CASE_FILE), 'utf8'))
  return version === REPLAYED_VERSION ? null : version
}

/** Runs and judges one recording; a text says why there is nothing to judge. */
const runOne = async (dir: string, outName: string, options: RunOptions): Promise<Outcome | 'broken' | 'not run'> => {
  const name = scenarioName(dir)
  try {
    const version = otherVersion(dir)
    if (version !== null) {
      options.print(`${name}: not run: recorded with flannel ${version}, netloom has ${REPLAYED_VERSION}`)
      return 'not run'
    }
    const run = await runScenario(dir, options.runScript)
    keepFiles(join(options.out, outName), run.files)
    const outcome = judge(dir, run)
    options.print(outcomeText(outcome))
    if (options.verbose) for (const line of details(outcome, options)) options.print(`  ${line}`)
    return outcome
  } catch (error) {
    if (error instanceof OutputError) throw error
    options.print(`${name}: broken recording: ${error instanceof Error ? error.message : error}`)
    return 'broken'
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
  const unjudged: ('broken' | 'not run')[] = []
  for (const [n, dir] of options.dirs.entries()) {
    const outcome = await runOne(dir, outs[n]!, options)
    if (typeof outcome === 'string') unjudged.push(outcome)
    else outcomes.push(outcome)
  }
  for (const line of summary(outcomes, options)) options.print(line)
  if (unjudged.includes('broken')) return 2
  if (options.expected === null && unjudged.length > 0) return 1
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
