/**
 * What recording on the reader's own kernel takes: root, namespaces, and the tools that a scenario calls.
 */
import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Scenario } from './grammar.js'

/** What the recorder itself calls. */
const RECORDER_TOOLS: readonly string[] = ['bash', 'unshare', 'taskset', 'mount', 'ip']

/** Full path of `program` on the PATH, or null. */
export const findProgram = (program: string): string | null => {
  for (const dir of (process.env['PATH'] ?? '').split(delimiter)) {
    const file = join(dir, program)
    try {
      accessSync(file, constants.X_OK)
      return file
    } catch {
      // not in this directory
    }
  }
  return null
}

/** Tools that the scenarios call. */
export const toolsOf = (scenarios: readonly Scenario[]): Set<string> =>
  new Set(
    scenarios
      .flatMap(scenario => scenario.commands.map(command => command.tool))
      .filter(tool => tool !== 'sleep' && tool !== 'wait'),
  )

/** Why the machine cannot record with `tools`, one reason an entry; empty when it can. */
export const missingForRecording = (tools: Iterable<string>): string[] => {
  if (process.platform !== 'linux') return [`no Linux kernel (this is ${process.platform})`]
  if (process.getuid?.() !== 0) return ['not root']
  const absent = [...new Set([...RECORDER_TOOLS, ...tools])].filter(tool => findProgram(tool) === null)
  if (absent.length > 0) return absent.map(tool => `no ${tool} on the PATH`)
  const trial = spawnSync('unshare', ['--net', '--mount', '--pid', '--fork', '--kill-child', 'true'])
  return trial.status === 0 ? [] : [`no new namespaces: ${String(trial.stderr).trim() || 'unshare failed'}`]
}
