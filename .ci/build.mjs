/**
 * `npm run build`: compiles lib/ into dist/, whole and anew.
 *
 * The output is written beside dist/ and then takes its place, so that a failed build leaves the old dist/ and nobody
 * reads half of a new one. A hash of the sources is kept in node_modules/.cache; bootstrap.mjs builds only when it
 * differs.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('..', import.meta.url))

const CACHE = join(ROOT, 'node_modules/.cache/netloom')
const STAMP = join(CACHE, 'sources.sha256')
const DIST = join(ROOT, 'dist')

const sources = () => [
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  ...readdirSync(join(ROOT, 'lib'), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && entry.name.endsWith('.ts'))
    .map(entry => join(entry.parentPath, entry.name).slice(ROOT.length))
    .sort(),
]

/** Hash of all that dist/ is made from. */
export const sourcesHash = () => {
  const hash = createHash('sha256')
  for (const file of sources())
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(join(ROOT, file)))
  return hash.digest('hex')
}

/** True when dist/ was made from the present sources. */
export const distIsCurrent = () =>
  existsSync(join(DIST, 'index.js')) && existsSync(STAMP) && readFileSync(STAMP, 'utf8') === sourcesHash()

/** The files that package.json's `bin` names. */
const bins = () => Object.values(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).bin)

/** Builds dist/; false when the compiler found errors, which it has printed. */
export const build = () => {
  const hash = sourcesHash()
  const fresh = join(ROOT, `.dist-${process.pid}`)
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
  try {
    const args = [tsc, '-p', join(ROOT, 'tsconfig.json'), '--outDir', fresh, '--noEmitOnError']
    if (spawnSync(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 2, 2] }).status !== 0) return false
    for (const bin of bins()) {
      const file = join(fresh, bin.replace(/^(\.\/)?dist\//, ''))
      if (existsSync(file)) chmodSync(file, 0o755)
    }
    const old = `${fresh}-old`
    if (existsSync(DIST)) renameSync(DIST, old)
    renameSync(fresh, DIST)
    rmSync(old, { recursive: true, force: true })
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
  mkdirSync(CACHE, { recursive: true })
  writeFileSync(STAMP, hash)
  return true
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = build() ? 0 : 1
