/**
 * `sleep`, `wait`, `kill`.
 *
 * @see sleep(1), bash(1), JOB CONTROL
 */
import type { BackgroundShell } from '../background.js'
import type { Pause } from '../steps.js'
import { type Builtin, type BuiltinCall, type BuiltinProblem, complain } from './builtin.js'

const LONGEST_SLEEP_SECONDS = 4_000_000

const sleepProblem = (args: readonly (string | null)[]): BuiltinProblem | null => {
  const [duration, extra] = args
  if (duration === undefined) return { at: 0, problem: 'sleep SECONDS' }
  if (duration !== null && (!/^(\d+\.?\d*|\.\d+)$/.test(duration) || Number(duration) > LONGEST_SLEEP_SECONDS))
    return { at: 1, problem: 'sleep takes seconds, such as 1 or 0.25' }
  return extra === undefined ? null : { at: 2, problem: 'sleep takes one number of seconds' }
}

/** `sleep SECONDS`. */
export const sleepBuiltin: Builtin = {
  name: 'sleep',
  check: sleepProblem,
  *run({ args, jobs }) {
    yield { kind: 'sleep', ns: Math.round(Number(args[0]) * 1e9) }
    jobs.pollAll()
    return 0
  },
}

const NOT_A_CHILD = 127
const SIGNALLED: Readonly<Record<number, string>> = { 137: 'Killed', 143: 'Terminated' }

/** `wait [NUMBER...]`: without a number for all background commands that are not captures. */
export const waitBuiltin: Builtin = {
  name: 'wait',
  check: args => {
    const at = args.findIndex(arg => arg !== null && !/^\d+$/.test(arg))
    return at < 0
      ? null
      : { at: at + 1, problem: 'wait takes no argument, or numbers of background commands such as $!' }
  },
  *run(call) {
    const { args, env, jobs, command } = call
    const pauseFor = (these: readonly BackgroundShell[]): Pause => ({ kind: 'end', these, what: command.text })
    if (args.length === 0) yield pauseFor(env.children.filter(child => !child.isCapture))
    let status = 0
    for (const word of args) {
      const child = env.children.find(one => one.pid === Number(word))
      if (child === undefined && !env.identity.dialect.isPosix)
        complain(call, `wait: pid ${word} is not a child of this shell`)
      if (child !== undefined) yield pauseFor([child])
      // What dash says about a command that a signal has ended.
      const ended = env.identity.dialect.isPosix ? SIGNALLED[child?.status ?? 0] : undefined
      if (ended !== undefined) call.streams.err(`${ended}\n`)
      status = child?.status ?? NOT_A_CHILD
    }
    jobs.pollAll()
    return status
  },
}

const SIGNALS: Readonly<Record<string, 'term' | 'kill' | 'none'>> = {
  TERM: 'term',
  15: 'term',
  INT: 'term',
  2: 'term',
  KILL: 'kill',
  9: 'kill',
  0: 'none',
}
const KILL_SUPPORTED = 'kill [-TERM|-INT|-KILL|-15|-2|-9|-0] NUMBER..., numbers such as $!'

const signalOf = (word: string): 'term' | 'kill' | 'none' | undefined => SIGNALS[word.replace(/^-(SIG)?/, '')]

const killOne = (call: BuiltinCall, word: string, signal: 'term' | 'kill' | 'none'): boolean => {
  const running = call.jobs.running(Number(word))
  if (running === null) {
    const isDash = call.env.identity.dialect.isPosix
    complain(call, isDash ? 'kill: No such process\n' : `kill: (${word}) - No such process`)
    return false
  }
  if (signal !== 'none') running.kill(signal === 'kill')
  return true
}

/** `kill [-SIGNAL] NUMBER...`. */
export const killBuiltin: Builtin = {
  name: 'kill',
  check: args => {
    const wrong = args.findIndex(
      (arg, i) =>
        arg !== null && !/^\d+$/.test(arg) && !(i === 0 && signalOf(arg) !== undefined && arg.startsWith('-')),
    )
    if (wrong >= 0) return { at: wrong + 1, problem: `not supported; supported: ${KILL_SUPPORTED}` }
    const isSignalOnly = args.length === 1 && args[0]?.startsWith('-') === true
    return args.length === 0 || isSignalOnly ? { at: 0, problem: `a number is missing: ${KILL_SUPPORTED}` } : null
  },
  run: call => {
    const { args, jobs } = call
    const hasSignal = args[0]!.startsWith('-')
    const signal = hasSignal ? signalOf(args[0]!)! : 'term'
    const killed = args.slice(hasSignal ? 1 : 0).filter(word => killOne(call, word, signal))
    jobs.pollAll()
    return killed.length > 0 ? 0 : 1
  },
}
