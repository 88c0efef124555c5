/**
 * The child process of scenario-process.ts: takes the text of a script, answers what running it left.
 */
import { runInNetloom } from './netloom.js'
import type { ScriptRun } from './scenario-run.js'

const answer = (script: string): ScriptRun => {
  try {
    return runInNetloom(script)
  } catch (error) {
    const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    return { error: text, exits: [], files: new Map() }
  }
}

process.on('message', (script: string) => process.send?.(answer(script)))
