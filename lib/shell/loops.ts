/**
 * Executes loops: `for`, `while`, `until`, and `break` and `continue` in them.
 *
 * @see IEEE Std 1003.1 XCU 2.9.4
 */
import { NetloomError } from '../errors.js'
import { type ExitStatus, LoopJump, SUCCESS } from './environment.js'
import { type Expansion, expandWords } from './expand.js'
import type { Jobs } from './jobs.js'
import type { Steps } from './steps.js'
import type { ArithmeticExpansion, ArithmeticFor, CompoundCommand, ForClause, List, WhileClause } from './syntax.js'
import { trace } from './xtrace.js'

/** What loops need of a shell. */
export interface LoopContext extends Expansion {
  readonly jobs: Jobs
  /** A command that fails does not end the script. */
  readonly quiet: boolean
  readonly list: (list: List, quiet: boolean) => Steps<void>
  /** Computes an expression of `for ((`. */
  readonly value: (expression: ArithmeticExpansion) => Steps<ExitStatus>
}

/** Turns that a loop may take at one instant of virtual time. */
const MOST_TURNS = 100_000

const notEnding = (loop: CompoundCommand, why: string): NetloomError =>
  new NetloomError('EPENDING', `${loop.text}: the loop does not end: ${why}`, {})

/** Executes a loop. */
export function* arithmeticFor(x: LoopContext, loop: ArithmeticFor): Steps<ExitStatus> {
  const watch = watchOf(x, loop)
  const { env, value } = x
  const isEndless = loop.condition.parts.every(part => part.kind === 'literal' && part.text.trim() === '')
  yield* value(loop.first)
  env.status = SUCCESS
  for (;;) {
    watch()
    if (!isEndless && (yield* value(loop.condition)).code !== 0) return env.status
    if (yield* turn(x, loop.body)) return env.status
    yield* value(loop.next)
  }
}

/** Executes a loop. */
export function* forClause(x: LoopContext, { name, words, body }: ForClause): Steps<ExitStatus> {
  const { env } = x
  const values = words === null ? env.frame.parameters : (yield* expandWords(x, words)).map(field => field.text)
  // Of the words that braces have made of one, the first stands for all.
  const asWritten = words?.filter((word, n) => word.text !== words[n - 1]?.text || word.column !== words[n - 1]?.column)
  const header = `for ${name} in ${asWritten?.map(word => word.text).join(' ') ?? '"$@"'}`
  // What a substitution among the words has left is the status until the body has one.
  if (values.length === 0) return SUCCESS
  for (const text of values) {
    trace(env, header)
    env.variables.set(name, text)
    if (yield* turn(x, body)) break
  }
  return env.status
}

/** What a loop calls at each turn: one that never ends is an error. */
const watchOf = ({ jobs }: LoopContext, loop: CompoundCommand): (() => void) => {
  const { world, times } = jobs
  const begin = world.now
  let instant = begin
  let turns = 0
  return () => {
    turns = world.now > instant ? 1 : turns + 1
    instant = world.now
    if (turns > MOST_TURNS) throw notEnding(loop, `${MOST_TURNS} turns and no time passes`)
    if (instant - begin > times.limitNs) throw notEnding(loop, `time is up`)
  }
}

/** Executes a loop. */
export function* whileClause(x: LoopContext, loop: WhileClause): Steps<ExitStatus> {
  const { env } = x
  const watch = watchOf(x, loop)
  let last = SUCCESS
  for (;;) {
    watch()
    yield* x.list(loop.condition, true)
    if ((env.status.code === 0) === loop.isUntil) return last
    if (yield* turn(x, loop.body)) return env.status
    last = env.status
  }
}

/** Executes the body of a loop once; true when the loop ends with it. */
function* turn(x: LoopContext, body: List): Steps<boolean> {
  const { env } = x
  env.loops++
  try {
    yield* x.list(body, x.quiet)
    return false
  } catch (e) {
    if (!(e instanceof LoopJump)) throw e
    env.status = SUCCESS
    if (e.levels > 1 && env.loops > 1) throw new LoopJump(e.isBreak, e.levels - 1)
    return e.isBreak
  } finally {
    env.loops--
  }
}
