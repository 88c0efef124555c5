/**
 * The child process of scenario-process.ts: takes the text of a recording, answers what running it left.
 */
import { replayInNetloom } from './case/replay.js'
import { runInNetloom } from './netloom.js'
import type { ScriptRun } from './scenario-run.js'

/** A script never opens with a brace. */
const isCaseText = (text: string): boolean => text.trimStart().startsWith('{')

const answer = (text: string): ScriptRun => {
  try {
    return isCaseText(text) ? replayInNetloom(text) : runInNetloom(text)
  } catch (error) {
    const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    return { error: why, exits: [], files: new Map() }
  }
}

process.on('message', (text: string) => process.send?.(answer(text)))
