/**
 * Makes a fresh clone ready, and does next to nothing when it is: `npm ci` unless node_modules/ holds what
 * package-lock.json says, a build unless dist/ was made from the present sources. Needs Node and npm, nothing else.
 *
 * `--no-build` only installs.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, distIsCurrent, ROOT } from './build.mjs'

const packagesOf = file => JSON.parse(readFileSync(file, 'utf8')).packages

/** True when node_modules/ holds every package of the lock file in its version. npm keeps its own list there. */
const isInstalled = () => {
  const listed = join(ROOT, 'node_modules/.package-lock.json')
  if (!existsSync(listed)) return false
  const installed = packagesOf(listed)
  return Object.entries(packagesOf(join(ROOT, 'package-lock.json'))).every(([path, wanted]) => {
    if (path === '') return true
    const found = installed[path]
    // Optional packages are for other platforms; npm leaves them out.
    if (found === undefined) return wanted.optional === true
    return found.version === wanted.version && found.integrity === wanted.integrity
  })
}

const run = () => {
  if (!isInstalled()) {
    console.error('npm ci')
    const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: ROOT,
      // Standard output belongs to the command that follows.
      stdio: ['ignore', 2, 2],
      shell: process.platform === 'win32',
    })
    if (npm.status !== 0) return 1
  }
  if (process.argv.includes('--no-build') || distIsCurrent()) return 0
  console.error('building dist/')
  return build() ? 0 : 1
}

process.exitCode = run()
