/**
 * `npm run conformance:record -- [--out OUT] [--all] [--check] [--verbose] [NAME...]`: records scenarios on the kernel
 * of this machine and compares what netloom's run of the same scripts leaves.
 *
 * NAME is a scenario of this repository or a directory with a `scenario.sh`; without one, the scenarios of
 * must-be-equal.txt are recorded, with --all every one. The recordings are kept in OUT/kernel/NAME/, netloom's files in
 * OUT/netloom/NAME/. --check only checks the grammar. Needs root and the tools that the scripts call. Exit status 0 when
 * all are equal, 1 when not, 2 when something cannot be recorded.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { addFigures, figuresText } from './compare.js'
import { differenceText } from './compare-text.js'
import {
  findScenarios,
  MUST_BE_EQUAL,
  readNameList,
  readScript,
  SCENARIOS,
  SCRIPT,
  scenarioName,
  writeFiles,
} from './directory.js'
import { parseScenario, type Scenario } from './grammar.js'
import { recordScenario } from './recorder.js'
import { missingForRecording, toolsOf } from './requirements.js'
import { ScenarioProcess } from './scenario-process.js'
import { judge, type Outcome, outcomeText, runScenario } from './scenario-run.js'

const scenarioDir = (name: string): string => {
  const own = join(SCENARIOS, name)
  if (existsSync(join(own, SCRIPT))) return own
  if (existsSync(join(name, SCRIPT))) return name
  throw new Error(`no scenario ${name}: neither in test/data/conformance nor a directory with a ${SCRIPT}`)
}

interface Job {
  readonly out: string
  readonly isVerbose: boolean
  readonly child: ScenarioProcess
}

/** Records and runs one scenario; null when it could not be recorded. */
const recordOne = async (dir: string, job: Job): Promise<Outcome | null> => {
  const name = scenarioName(dir)
  const recording = join(job.out, 'kernel', name)
  rmSync(recording, { recursive: true, force: true })
  try {
    await recordScenario(join(dir, SCRIPT), recording, { verbose: job.isVerbose })
  } catch (error) {
    console.log(`${name}: cannot be recorded: ${error instanceof Error ? error.message : error}`)
    return null
  }
  const run = await runScenario(recording, script => job.child.run(script))
  writeFiles(join(job.out, 'netloom', name), run.files)
  const outcome = judge(recording, run)
  console.log(outcomeText(outcome))
  for (const line of outcome.equal ? [] : differenceText(outcome.comparison)) console.log(`  ${line}`)
  return outcome
}

const recordAll = async (dirs: readonly string[], job: Job): Promise<number> => {
  const outcomes: Outcome[] = []
  for (const dir of dirs) {
    const outcome = await recordOne(dir, job)
    if (outcome !== null) outcomes.push(outcome)
  }
  console.log(figuresText(addFigures(outcomes.map(outcome => outcome.comparison))))
  if (outcomes.length < dirs.length) return 2
  return outcomes.every(outcome => outcome.equal) ? 0 : 1
}

const checkAll = (dirs: readonly string[]): Scenario[] =>
  dirs.map(dir => {
    try {
      return parseScenario(readScript(dir))
    } catch (error) {
      throw new Error(`${scenarioName(dir)} is outside the grammar:\n${error instanceof Error ? error.message : error}`)
    }
  })

const main = async (): Promise<number> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      out: { type: 'string' },
      all: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      verbose: { type: 'boolean', default: false },
    },
  })
  const names = positionals.length > 0 ? positionals : readNameList(MUST_BE_EQUAL)
  const dirs = values.all ? findScenarios(SCENARIOS) : names.map(scenarioDir)
  const scenarios = checkAll(dirs)
  if (values.check) {
    console.log(`${dirs.length} scenarios are within the grammar`)
    return 0
  }
  const missing = missingForRecording(toolsOf(scenarios))
  if (missing.length > 0) throw new Error(`this machine cannot record: ${missing.join(', ')}`)
  const out = values.out ?? mkdtempSync(join(tmpdir(), 'netloom-record-'))
  const child = new ScenarioProcess(60)
  try {
    return await recordAll(dirs, { out, isVerbose: values.verbose, child })
  } finally {
    child.stop()
    if (values.out === undefined) rmSync(out, { recursive: true })
  }
}

try {
  process.exitCode = await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 2
}
