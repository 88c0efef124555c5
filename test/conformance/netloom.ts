/**
 * The only file of the conformance suite that names netloom, beside those that replay a cluster (case/): runs a script in
 * a fresh world.
 */
import { createWorld, type KernelProfile, LINUX_6_18 } from '../../lib/index.js'
import { dissect } from '../../lib/wire/dissect.js'
import type { ScriptRun } from './scenario-run.js'

/** The machine that the scenarios were recorded on (kernel-profile.txt): its congestion control is BBR. */
export const RECORDED: KernelProfile = { ...LINUX_6_18, tcpCongestionControl: 'bbr' }

/** Runs `script` in a new world of netloom with this seed. */
export const runWithSeed = (script: string, seed: number): ScriptRun => {
  const world = createWorld({ seed, profile: RECORDED })
  const { error, exits, files } = world.sh(script, { mayFail: true })
  return { error: error === null ? null : error.message, exits, files }
}

/** Runs `script` in a new world of netloom. */
export const runInNetloom = (script: string): ScriptRun => runWithSeed(script, 1)

/** One line for a frame, in tcpdump's style. */
export const dissectLine = (bytes: Uint8Array): string => dissect(bytes)
