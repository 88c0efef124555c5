/**
 * One case on both sides, and its smallest form when they differ.
 */
import { Dice } from '../../conformance/mutate.js'
import { type Case, type Run, runCase } from './case.js'
import { differences } from './compare-runs.js'
import { randomFocus } from './focus.js'
import type { LiveKernel } from './live-kernel.js'
import { NetloomSide } from './netloom-side.js'
import { randomRuleSet } from './rule-generator.js'
import { shrink } from './shrink.js'
import { randomSteps } from './step-generator.js'

/** The case of a number: the same one everywhere and always. */
export const caseOf = (number: number): Case => {
  const dice = new Dice(number)
  for (let n = 0; n < 4; n++) dice.below(2)
  const focus = randomFocus(dice)
  return { ruleSet: randomRuleSet(dice, focus), steps: randomSteps(dice, focus, 1 + ((number * 16) % 60_000)) }
}

/** Waits, in milliseconds after each frame, with which a case that differs is tried again. */
const WAITS: readonly number[] = [20, 60]

/** What a case came to. */
export interface Outcome {
  /** Lines that say what differs; empty when nothing does. */
  readonly lines: readonly string[]
  /** The kernel's run that was compared last. */
  readonly kernel: Run
  /** Times that the kernel was asked again, since it may handle packets later than at once. */
  readonly retries: number
}

const netloomRun = async (c: Case): Promise<Run | string> => {
  try {
    return await runCase(new NetloomSide(), c)
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error)
  }
}

/** Runs a case on both sides. */
export const compareCase = async (kernel: LiveKernel, c: Case): Promise<Outcome> => {
  const ours = await netloomRun(c)
  let retries = 0
  for (const wait of [0, ...WAITS]) {
    kernel.waitMs = wait
    const theirs = await runCase(kernel, c)
    if (typeof ours === 'string') return { lines: [`netloom: ${ours}`], kernel: theirs, retries }
    const lines = differences(theirs, ours)
    if (lines.length === 0 || wait === WAITS.at(-1)) return { lines, kernel: theirs, retries }
    retries++
  }
  throw new Error('no try was made')
}

/** The smallest case that differs as `first` does: in the refusal of its rules, or behind it. */
export const shrinkCase = async (kernel: LiveKernel, first: Case, limit: number): Promise<Case> => {
  const isRefusal = async (c: Case): Promise<{ differs: boolean; refused: boolean }> => {
    const { lines } = await compareCase(kernel, c)
    return { differs: lines.length > 0, refused: lines[0] === 'iptables-restore' }
  }
  const { refused } = await isRefusal(first)
  return shrink(
    first,
    async c => {
      const outcome = await isRefusal(c)
      return outcome.differs && outcome.refused === refused
    },
    limit,
  )
}
