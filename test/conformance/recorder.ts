/**
 * Records a scenario on the kernel this runs on: starts recorder-inside.ts in fresh network, mount and process-id
 * namespaces, everything pinned to one CPU.
 *
 * Pinned, because two CPUs race and the order of frames wobbles.
 */
import { spawn } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SCRIPT } from './directory.js'
import { parseScenario } from './grammar.js'

const INSIDE = fileURLToPath(new URL('./recorder-inside.ts', import.meta.url))

/** How a scenario is recorded. */
export interface RecordOptions {
  /** Real seconds after which it is given up; default 60. */
  readonly limitSeconds?: number
  /** CPU that everything is pinned to; default: the first one this process may use. */
  readonly cpu?: number
  /** Print every command before it runs. */
  readonly verbose?: boolean
}

/** The first CPU of a list such as `0-3,8`. */
const firstCpu = (): number => {
  const status = readFileSync('/proc/self/status', 'utf8')
  return Number(/^Cpus_allowed_list:\s*(\d+)/m.exec(status)?.[1] ?? 0)
}

const prepare = (script: string, out: string): string => {
  mkdirSync(out, { recursive: true })
  const copy = join(out, SCRIPT)
  const stale = readdirSync(out).filter(name => name !== SCRIPT)
  if (stale.length > 0) throw new Error(`${out} is not empty`)
  if (!existsSync(copy) || realpathSync(copy) !== realpathSync(script)) copyFileSync(script, copy)
  return copy
}

/**
 * Records the scenario in the file `script` into the empty or new directory `out`: captures, state files, `meta.json`
 * and a copy of the script. Throws when the script is outside the grammar or a command fails that must not.
 */
export const recordScenario = async (script: string, out: string, options: RecordOptions = {}): Promise<void> => {
  parseScenario(readFileSync(script, 'utf8'))
  const copy = prepare(script, out)
  const cpu = String(options.cpu ?? firstCpu())
  const node = [process.execPath, ...process.execArgv, INSIDE, copy, out, String(options.limitSeconds ?? 60)]
  const namespaces = ['unshare', '--net', '--mount', '--pid', '--fork', '--kill-child']
  const child = spawn('taskset', ['-c', cpu, ...namespaces, ...node, ...(options.verbose ? ['verbose'] : [])], {
    stdio: ['ignore', 'inherit', 'pipe'],
  })
  let complaint = ''
  child.stderr.on('data', (chunk: Buffer) => {
    complaint += chunk.toString()
    if (options.verbose) process.stderr.write(chunk)
  })
  const status = await new Promise<number | string>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'nothing'))
  })
  if (status !== 0) throw new Error(complaint.trim() || `the recorder ended with ${status}`)
}
