/**
 * One recording, run and judged: what the script, or the replay of the cluster, left beside what the recording holds.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { compareCase } from './case/case-compare.js'
import { CASE_FILE } from './case/case-file.js'
import { type Comparison, compareFiles, type FileSet, figuresText } from './compare.js'
import { isCase, readFiles, readScript, readTree, scenarioName } from './directory.js'

/** Exit status of the command on a line of the script. */
export interface CommandExit {
  readonly line: number
  readonly exit: number
}

/** What running a script left. */
export interface ScriptRun {
  /** Why the script did not run to its end, in one line; null when it did. */
  readonly error: string | null
  readonly exits: readonly CommandExit[]
  /** Captures and state files by name, of a cluster by path. */
  readonly files: FileSet
  /** What went otherwise than expected and did not stop it, one line each. */
  readonly notes?: readonly string[]
}

/** Runs the text of a recording: the script of a scenario, or the `case.json` of a cluster. */
export type RunScript = (script: string) => ScriptRun | Promise<ScriptRun>

/** How exit statuses compare with the recorded ones; for information, no part of the verdict. */
export interface ExitComparison {
  readonly equal: number
  readonly total: number
  /** One line for each difference. */
  readonly differences: readonly string[]
}

/** A scenario's outcome. */
export interface Outcome {
  readonly name: string
  /** Directory of the recording. */
  readonly dir: string
  /** The script ran to its end and everything it left is equal. */
  readonly equal: boolean
  readonly error: string | null
  readonly comparison: Comparison
  readonly exits: ExitComparison
  readonly notes: readonly string[]
}

/**
 * Compares exit statuses by line. A recording lists every foreground ping, nc and arping and every other foreground
 * command that failed, so a command that is not listed succeeded.
 */
export const compareExits = (recorded: readonly CommandExit[], actual: readonly CommandExit[]): ExitComparison => {
  const wanted = new Map(recorded.map(({ line, exit }) => [line, exit]))
  const got = new Map(actual.map(({ line, exit }) => [line, exit]))
  const unlisted = [...got].filter(([line, exit]) => exit !== 0 && !wanted.has(line)).map(([line]) => line)
  const differences: string[] = []
  for (const line of [...wanted.keys(), ...unlisted].sort((x, y) => x - y)) {
    const want = wanted.get(line) ?? 0
    const found = got.get(line)
    if (found !== want) differences.push(`line ${line}: exit ${want} recorded, ${found ?? 'not run'}`)
  }
  const total = wanted.size + unlisted.length
  return { equal: total - differences.length, total, differences }
}

const isExit = (entry: unknown): entry is CommandExit =>
  typeof entry === 'object' && entry !== null && 'line' in entry && 'exit' in entry

/** The exit statuses that `meta.json` of a recording lists; none when there is no such file. */
export const recordedExits = (files: FileSet): readonly CommandExit[] => {
  const meta = files.get('meta.json')
  if (meta === undefined) return []
  const parsed = JSON.parse(new TextDecoder().decode(meta)) as { readonly exits?: unknown }
  return Array.isArray(parsed.exits) ? parsed.exits.filter(isExit) : []
}

const oneLine = (text: string): string => text.split('\n').find(line => line.trim() !== '') ?? 'failed without a word'

/** Judges what a run left against the recording in `dir`. Throws for a broken recording. */
export const judge = (dir: string, run: ScriptRun): Outcome => {
  const isCluster = isCase(dir)
  const recorded = isCluster ? readTree(dir) : readFiles(dir)
  const comparison = isCluster ? compareCase(recorded, run.files) : compareFiles(recorded, run.files)
  return {
    name: scenarioName(dir),
    dir,
    equal: comparison.equal && run.error === null,
    error: run.error === null ? null : oneLine(run.error),
    comparison,
    exits: isCluster ? { equal: 0, total: 0, differences: [] } : compareExits(recordedExits(recorded), run.exits),
    notes: run.notes ?? [],
  }
}

/** Runs the recording in `dir`; whatever the run throws becomes its error. */
export const runScenario = async (dir: string, runScript: RunScript): Promise<ScriptRun> => {
  try {
    return await runScript(isCase(dir) ? readFileSync(join(dir, CASE_FILE), 'utf8') : readScript(dir))
  } catch (error) {
    const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    return { error: text, exits: [], files: new Map() }
  }
}

/** `NAME: frames equal A/B, files equal C/D`, and why the script stopped if it did. */
export const outcomeText = (outcome: Outcome): string => {
  const stopped = outcome.error === null ? '' : ` (stopped: ${outcome.error})`
  return `${outcome.name}: ${figuresText(outcome.comparison)}${stopped}`
}
