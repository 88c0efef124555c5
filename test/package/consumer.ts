/**
 * The packed tarball, and an empty project that has installed it: what a user of the published package gets.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The repository. */
export const ROOT: string = join(import.meta.dirname, '../..')

/** Runs a program and returns what it printed; throws with all of that when it fails. */
export const run = (program: string, args: readonly string[], cwd: string): string => {
  const child = spawnSync(program, args, { cwd, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } })
  if (child.error !== undefined) throw child.error
  if (child.status === 0) return child.stdout
  throw new Error(`${program} ${args.join(' ')}: exit ${child.status}\n${child.stdout}${child.stderr}`)
}

/** Runs Node, with TypeScript understood. */
export const node = (args: readonly string[], cwd: string): string =>
  run(process.execPath, ['--import', import.meta.resolve('tsx'), ...args], cwd)

/** A tarball and a project that has installed it. */
export interface Consumer {
  readonly tarball: string
  /** Paths in the tarball. */
  readonly files: readonly string[]
  /** The project's folder. */
  readonly dir: string
}

const makeConsumer = (): Consumer => {
  const tmp = mkdtempSync(join(tmpdir(), 'netloom-package-'))
  process.on('exit', () => rmSync(tmp, { recursive: true, force: true }))
  const [packed] = JSON.parse(run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', tmp], ROOT)) as [
    { filename: string; files: { path: string }[] },
  ]
  const tarball = join(tmp, packed.filename)
  const dir = mkdtempSync(join(tmp, 'project-'))
  writeFileSync(join(dir, 'package.json'), JSON.stringify({ name: 'empty', version: '1.0.0', private: true }))
  run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error', tarball], dir)
  return { tarball, files: packed.files.map(({ path }) => path).sort(), dir }
}

const made: Consumer[] = []

/** The consumer of this process, made at the first call. dist/ must be current. */
export const consumer = (): Consumer => {
  if (made.length === 0) made.push(makeConsumer())
  return made[0]!
}
