/**
 * `npm test [-- NAME...]`: all checks of the project, one line each, and the sum as the last line.
 *
 * Formatter and linter, the compiler, the documentation, and each folder of tests under uvu, a process of its own. uvu
 * passes when a file forgets `.run()` or a pattern matches nothing, so its totals are read and their sum has a floor.
 * NAME picks checks (`npm test -- wire dev`); the floor does not apply then.
 */
import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'

/** Fewer tests than this means that some did not run. Raise it when tests are added. */
const FLOOR = 4290

/** A check that has not ended by then is ended, and fails. */
const LIMIT_MS = 400_000

const ROOT = join(import.meta.dirname, '..')
const UVU = 'node_modules/uvu/bin.js'

/** A command to run, and how to count what it printed. */
interface Check {
  readonly name: string
  readonly argv: readonly string[]
  readonly isUvu: boolean
}

interface Result {
  readonly check: Check
  readonly passed: number
  readonly failed: number
  readonly seconds: number
  readonly output: string
}

const tool = (name: string, script: string, ...args: string[]): Check => ({
  name,
  argv: [script, ...args],
  isUvu: false,
})

const uvu = (name: string, dir: string, pattern: string): Check => ({
  name,
  argv: ['--import', 'tsx', UVU, dir, pattern, '--no-color'],
  isUvu: true,
})

/** The slow ones come first, so that they don't run alone at the end. */
const SLOW = ['package', 'conformance', 'types of tests', 'docs']

const hasTests = (dir: string): boolean =>
  readdirSync(dir, { recursive: true, encoding: 'utf8' }).some(file => file.endsWith('.test.ts'))

const allChecks = (): Check[] => {
  const folders = readdirSync(join(ROOT, 'test'), { withFileTypes: true })
    .filter(entry => entry.isDirectory() && hasTests(join(ROOT, 'test', entry.name)))
    .map(entry => uvu(entry.name, `test/${entry.name}`, '\\.test\\.ts$'))
  const checks = [
    tool('lint', 'node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '--colors=off'),
    tool('types', 'node_modules/typescript/bin/tsc', '-p', 'tsconfig.json', '--noEmit'),
    tool('types of tests', 'node_modules/typescript/bin/tsc', '-p', 'test/tsconfig.json'),
    tool('docs', 'node_modules/typedoc/bin/typedoc', '--emit', 'none'),
    ...folders,
  ]
  if (readdirSync(join(ROOT, 'test')).some(file => file.endsWith('.test.ts')))
    checks.push(uvu('top', 'test', '^[^/]*\\.test\\.ts$'))
  const rank = ({ name }: Check): number => (SLOW.includes(name) ? SLOW.indexOf(name) : SLOW.length)
  return checks.sort((x, y) => rank(x) - rank(y))
}

/** Numbers that uvu prints at its end; null when it did not get there. */
const uvuTotals = (output: string): { total: number; passed: number } | null => {
  const total = /^ {2}Total: +(\d+)$/m.exec(output)
  const passed = /^ {2}Passed: +(\d+)$/m.exec(output)
  return total === null || passed === null ? null : { total: Number(total[1]), passed: Number(passed[1]) }
}

const count = (check: Check, status: number | null, output: string): { passed: number; failed: number } => {
  if (!check.isUvu) return status === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }
  const totals = uvuTotals(output)
  if (totals === null || totals.total === 0) return { passed: 0, failed: 1 }
  const failed = totals.total - totals.passed
  return { passed: totals.passed, failed: failed === 0 && status !== 0 ? 1 : failed }
}

const run = (check: Check): Promise<Result> =>
  new Promise(resolve => {
    const start = performance.now()
    const child = spawn(process.execPath, check.argv, {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
    })
    let output = ''
    const add = (chunk: string): void => {
      output += chunk
    }
    child.stdout.setEncoding('utf8').on('data', add)
    child.stderr.setEncoding('utf8').on('data', add)
    const timer = setTimeout(() => {
      output += `\nended after ${LIMIT_MS / 1000} s\n`
      child.kill('SIGKILL')
    }, LIMIT_MS)
    child.on('close', status => {
      clearTimeout(timer)
      resolve({ check, ...count(check, status, output), seconds: (performance.now() - start) / 1000, output })
    })
  })

const report = ({ check, passed, failed, seconds, output }: Result): void => {
  const figures = check.isUvu ? `${passed} passed${failed > 0 ? `, ${failed} failed` : ''}` : ''
  console.log(`${failed > 0 ? 'FAIL' : 'ok  '} ${check.name.padEnd(16)} ${figures.padEnd(24)} ${seconds.toFixed(1)} s`)
  if (failed > 0) console.log(output.trimEnd())
  else for (const line of output.split('\n')) if (/^(SKIP|RAN) /.test(line)) console.log(`     ${line}`)
}

const runAll = async (checks: readonly Check[]): Promise<Result[]> => {
  const queue = [...checks]
  const results: Result[] = []
  const worker = async (): Promise<void> => {
    for (let check = queue.shift(); check !== undefined; check = queue.shift()) {
      const result = await run(check)
      report(result)
      results.push(result)
    }
  }
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), 4) }, worker))
  return results
}

const main = async (): Promise<void> => {
  const names = process.argv.slice(2)
  const all = allChecks()
  const unknown = names.filter(name => !all.some(check => check.name === name))
  if (unknown.length > 0)
    throw new Error(`no check ${unknown.join(', ')}; there are ${all.map(c => c.name).join(', ')}`)
  if (!existsSync(join(ROOT, UVU))) throw new Error('node_modules/ is missing: run `npm test`')
  const results = await runAll(names.length === 0 ? all : all.filter(check => names.includes(check.name)))
  const passed = results.reduce((sum, result) => sum + result.passed, 0)
  const failed = results.reduce((sum, result) => sum + result.failed, 0)
  const tooFew = names.length === 0 && passed + failed < FLOOR
  if (tooFew) console.log(`FAIL only ${passed + failed} tests ran; there are at least ${FLOOR}`)
  console.log(`${passed} passed, ${failed + (tooFew ? 1 : 0)} failed`)
  process.exitCode = failed > 0 || tooFew ? 1 : 0
}

try {
  await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 2
}
