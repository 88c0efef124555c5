/**
 * Replays a recorded flannel cluster in a fresh world of netloom.
 */
import { createWorld } from '../../../lib/index.js'
import { RECORDED } from '../netloom.js'
import type { ScriptRun } from '../scenario-run.js'
import { CaseCluster } from './case-cluster.js'
import { CaseFormatError, REPLAYED_VERSION, readCase } from './case-file.js'
import { CaseRun } from './case-run.js'
import { CaseShell } from './case-shell.js'

/** What a replay left. */
export interface Replay {
  /** Why it did not run to its end; null when it did. */
  readonly error: string | null
  /** Commands that failed though the recording does not say so. */
  readonly failures: readonly string[]
  /** Files by path below the case. */
  readonly files: Map<string, Uint8Array>
}

/** Replays the cluster that the text of a `case.json` describes. Throws CaseFormatError, also for another flannel. */
export const replayCase = (text: string, seed = 1): Replay => {
  const recorded = readCase(text)
  if (recorded.version !== REPLAYED_VERSION) {
    throw new CaseFormatError(`flannel_version ${recorded.version}: netloom has ${REPLAYED_VERSION} only`)
  }
  const shell = new CaseShell(createWorld({ seed, profile: RECORDED }).kernel)
  const cluster = new CaseCluster(shell, recorded)
  const run = new CaseRun(shell, recorded, cluster)
  let error: string | null = null
  try {
    run.play(recorded.timeline)
  } catch (e) {
    error = e instanceof Error ? `${e.name}: ${e.message}` : String(e)
    if (process.env['DEBUG']) console.error(e)
  }
  run.finish()
  return { error, failures: shell.failures, files: run.files }
}

/** The same as a run of the conformance suite. */
export const replayInNetloom = (text: string): ScriptRun => {
  const { error, failures, files } = replayCase(text)
  return { error, exits: [], files, notes: failures }
}
