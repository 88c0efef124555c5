/**
 * Recordings on disk: scenario directories (`scenario.sh`, `meta.json`, captures and state files), and recorded clusters
 * (`case.json`, and directories of captures, states and transcripts).
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CASE_FILE } from './case/case-file.js'
import type { FileSet } from './compare.js'

/** The directory of the recorded scenarios of this repository. */
export const SCENARIOS: string = fileURLToPath(new URL('../data/conformance/', import.meta.url))

/** Name of the script in a scenario directory. */
export const SCRIPT = 'scenario.sh'

/** A file's octets. Not as a Buffer, whose `slice` shares memory where that of other arrays copies. */
export const readBytes = (file: string): Uint8Array => new Uint8Array(readFileSync(file))

/** The plain files of `dir` by name. */
export const readFiles = (dir: string): Map<string, Uint8Array> => {
  const names = readdirSync(dir).filter(name => statSync(join(dir, name)).isFile())
  return new Map(names.sort().map(name => [name, readBytes(join(dir, name))]))
}

/** The files of `dir` and of all directories below it, by path from there. */
export const readTree = (dir: string, below = ''): Map<string, Uint8Array> => {
  const files = new Map<string, Uint8Array>()
  for (const name of readdirSync(join(dir, below)).sort()) {
    const path = below === '' ? name : `${below}/${name}`
    if (!statSync(join(dir, path)).isDirectory()) files.set(path, readBytes(join(dir, path)))
    else for (const [file, bytes] of readTree(dir, path)) files.set(file, bytes)
  }
  return files
}

/** Writes `files` into `dir` by their paths; directories are made when missing. */
export const writeFiles = (dir: string, files: FileSet): void => {
  mkdirSync(dir, { recursive: true })
  for (const [name, bytes] of files) {
    mkdirSync(dirname(join(dir, name)), { recursive: true })
    writeFileSync(join(dir, name), bytes)
  }
}

/** The text of the scenario in `dir`. */
export const readScript = (dir: string): string => readFileSync(join(dir, SCRIPT), 'utf8')

/** True for the directory of a recorded cluster. */
export const isCase = (dir: string): boolean => existsSync(join(dir, CASE_FILE))

const isScenario = (dir: string): boolean => existsSync(join(dir, SCRIPT)) || isCase(dir)

/** Recordings at `dir`: itself, or those right below it; throws when there is none. */
export const findScenarios = (dir: string): string[] => {
  const top = resolve(dir)
  if (!existsSync(top) || !statSync(top).isDirectory()) throw new Error(`no such directory: ${dir}`)
  if (isScenario(top)) return [top]
  const below = readdirSync(top)
    .sort()
    .map(name => join(top, name))
    .filter(isScenario)
  if (below.length === 0) throw new Error(`no ${SCRIPT} and no ${CASE_FILE} in ${dir} or right below it`)
  return below
}

/** Name of the scenario in `dir`. */
export const scenarioName = (dir: string): string => basename(resolve(dir))

/** Names of a list file: one a line, `#` opens a comment. */
export const readNameList = (file: string): string[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .map(line => line.replace(/#.*/, '').trim())
    .filter(line => line !== '')

/** File of the names of the scenarios that must be equal now. */
export const MUST_BE_EQUAL: string = fileURLToPath(new URL('./must-be-equal.txt', import.meta.url))
