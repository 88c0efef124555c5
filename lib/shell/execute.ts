/**
 * Executes the syntax tree of a script: lists, pipelines, compound commands, and when a command that fails ends the script.
 *
 * @see IEEE Std 1003.1 XCU 2.9, 2.14 set -e; bash(1), set -e
 */
import { NetloomError } from '../errors.js'
import { encodeUtf8 } from '../wire/utf8.js'
import {
  type Cost,
  commandError,
  Discard,
  type Environment,
  type ExitStatus,
  failure,
  LoopJump,
  ShellExit,
  type Streams,
  SUCCESS,
} from './environment.js'
import { expandWords } from './expand.js'
import { BackgroundJob } from './job.js'
import type { Jobs } from './jobs.js'
import { redirected, RedirectError } from './redirect.js'
import { runSimpleCommand, type SimpleCommandContext, startSimpleCommand } from './simple-command.js'
import {
  type AndOr,
  type Command,
  type CompoundCommand,
  type ForClause,
  type IfClause,
  type List,
  literalText,
  type Pipeline,
  type SimpleCommand,
  type WhileClause,
} from './syntax.js'
import type { Programs } from './tool-of.js'
import { trace } from './xtrace.js'

/** Turns that a loop may take at one instant of virtual time. */
const MOST_TURNS = 100_000

/** Called before each command that does something. */
export type OnLine = (line: number, text: string) => void

const notEnding = (loop: WhileClause, why: string): NetloomError =>
  new NetloomError('EPENDING', `${loop.text}: the loop does not end: ${why}`, {})

/** Adds the place to an error that a command threw. */
const withPlace = (command: Command, error: NetloomError): NetloomError => {
  if (error.context['line'] !== undefined) return error
  const { line } = command
  const word = error.context['word']
  const at = command.kind === 'simpleCommand' ? command.words.find(w => literalText(w) === word) : undefined
  const place = at === undefined ? { line } : { line: at.line, column: at.column }
  const text = at === undefined ? `line ${line}` : `line ${at.line}, column ${at.column}`
  return new NetloomError(error.code, `${text}: ${error.message}`, { ...error.context, ...place })
}

/** Executes commands. `quiet` in its methods: a command that fails does not end the script there. */
export class Executor {
  readonly #jobs: Jobs
  readonly #programs: Programs
  readonly #onLine: OnLine

  constructor(jobs: Jobs, programs: Programs, onLine: OnLine) {
    this.#jobs = jobs
    this.#programs = programs
    this.#onLine = onLine
  }

  /** Executes a list; `env.status` is its exit status. Throws {@link ShellExit}, and what commands refuse. */
  list(list: List, env: Environment, quiet = false): void {
    for (const item of list.items) this.#item(item, env, quiet)
  }

  /** Executes a whole script: an expression without a value ends the line that it stands on. */
  program(list: List, env: Environment): void {
    let skipped = 0
    for (const item of list.items) {
      if (item.line === skipped) continue
      try {
        this.#item(item, env, false)
      } catch (e) {
        if (!(e instanceof Discard)) throw e
        env.status = failure(1, e.message)
        skipped = item.line
      }
    }
  }

  #item(item: AndOr, env: Environment, quiet: boolean): void {
    if (item.first.commands[0]!.kind === 'simpleCommand') this.#onLine(item.line, item.text)
    if (item.isBackground) {
      this.#inBackground(item, env)
      return
    }
    this.#andOr(item, env, quiet || item.mayFail)
    if (item.mayFail) env.status = { ...env.status, isOutcome: true }
  }

  #andOr({ first, rest }: AndOr, env: Environment, quiet: boolean): void {
    this.#pipeline(first, env, quiet || rest.length > 0)
    for (const [n, { operator, pipeline }] of rest.entries())
      if ((env.status.code === 0) === (operator === '&&')) this.#pipeline(pipeline, env, quiet || n < rest.length - 1)
  }

  #pipeline(pipeline: Pipeline, env: Environment, quiet: boolean): void {
    const { commands, isNegated } = pipeline
    const [only] = commands
    const isQuiet = quiet || isNegated
    env.status = commands.length === 1 ? this.#command(only!, env, isQuiet) : this.#joined(commands, env, isQuiet)
    if (isNegated) {
      const { code, isOutcome } = env.status
      env.status = code === 0 ? { code: 1, isOutcome, message: 'no message' } : SUCCESS
      return
    }
    const mayEnd = commands.length > 1 || only!.kind === 'simpleCommand'
    const { code, isOutcome, message } = env.status
    if (code === 0 || isOutcome || isQuiet || !mayEnd || !env.flags.errexit) return
    throw new ShellExit(env.status, commandError(pipeline, `exit ${code}: ${message}`, code))
  }

  /**
   * Commands joined by `|`, each in a subshell.
   *
   * DIFFERS: a command behind a pipe starts when the one in front of it has ended, not together with it.
   */
  #joined(commands: readonly Command[], env: Environment, quiet: boolean): ExitStatus {
    const cost: Cost = env.cost ?? { isPaid: false }
    const statuses: ExitStatus[] = []
    let piped = ''
    for (const [n, command] of commands.entries()) {
      let written = ''
      const stdin = n === 0 ? env.streams.stdin : encodeUtf8(piped)
      const isLast = n === commands.length - 1
      const out = isLast ? env.streams.out : (text: string): string => (written += text)
      const sub = env.subshell({ stdin, out, err: env.streams.err })
      sub.cost = cost
      statuses.push(this.#inSubshell(sub, () => (sub.status = this.#command(command, sub, quiet))))
      piped = written
    }
    const failed = env.flags.pipefail ? statuses.findLast(status => status.code !== 0) : undefined
    return failed ?? statuses.at(-1)!
  }

  /** Runs something that `exit` and a failed command leave, and no more than that. */
  #inSubshell(env: Environment, run: () => void): ExitStatus {
    try {
      run()
      return env.status
    } catch (e) {
      if (e instanceof LoopJump) return env.status
      if (e instanceof Discard) return failure(1, e.message)
      if (!(e instanceof ShellExit)) throw e
      return e.status
    }
  }

  #context(env: Environment): SimpleCommandContext {
    return { env, jobs: this.#jobs, programs: this.#programs, substitute: list => this.#substitute(list, env) }
  }

  #substitute(list: List, env: Environment): string {
    let text = ''
    const out = (piece: string): string => (text += piece)
    const sub = env.subshell({ stdin: null, out, err: env.streams.err })
    sub.cost = null
    sub.substitutions++
    // As bash outside of its POSIX mode.
    sub.flags.errexit = false
    env.substituted = this.#inSubshell(sub, () => this.list(list, sub))
    // What follows in the same command sees it.
    env.status = env.substituted
    return text.replace(/\n+$/, '')
  }

  #inBackground(item: AndOr, env: Environment): void {
    const commands = item.first.commands as readonly SimpleCommand[]
    const stages = commands.map((command, n) => (stdin: Uint8Array | null) => {
      const isLast = n === commands.length - 1
      const { out, err } = env.streams
      return startSimpleCommand(this.#context(env.subshell({ stdin, out: isLast ? out : () => {}, err })), command)
    })
    const job = new BackgroundJob(this.#jobs.world, item, stages, null)
    env.lastBackground = job
    env.status = SUCCESS
    this.#jobs.add(job)
  }

  #command(command: Command, env: Environment, quiet: boolean): ExitStatus {
    try {
      if (command.kind === 'simpleCommand') return runSimpleCommand(this.#context(env), command)
      return this.#redirectedCompound(command, env, quiet)
    } catch (e) {
      throw e instanceof NetloomError ? withPlace(command, e) : e
    }
  }

  #redirectedCompound(command: CompoundCommand, env: Environment, quiet: boolean): ExitStatus {
    if (command.redirects.length === 0) return this.#compound(command, env, quiet)
    const outer: Streams = env.streams
    try {
      env.streams = redirected(this.#context(env), command.redirects, this.#jobs.cwd)
      return this.#compound(command, env, quiet)
    } catch (e) {
      if (!(e instanceof RedirectError)) throw e
      outer.err(`bash: line ${command.line}: ${e.message}\n`)
      return failure(1, e.message)
    } finally {
      env.streams = outer
    }
  }

  #compound(command: CompoundCommand, env: Environment, quiet: boolean): ExitStatus {
    switch (command.kind) {
      case 'braceGroup':
        this.list(command.body, env, quiet)
        return env.status
      case 'forClause':
        return this.#forClause(command, env, quiet)
      case 'ifClause':
        return this.#ifClause(command, env, quiet)
      case 'whileClause':
        return this.#whileClause(command, env, quiet)
    }
  }

  #forClause({ name, words, body }: ForClause, env: Environment, quiet: boolean): ExitStatus {
    const fields = expandWords(this.#context(env), words)
    // Of the words that braces have made of one, the first stands for all.
    const asWritten = words.filter(
      (word, n) => word.text !== words[n - 1]?.text || word.column !== words[n - 1]?.column,
    )
    const header = `for ${name} in ${asWritten.map(word => word.text).join(' ')}`
    env.status = SUCCESS
    for (const { text } of fields) {
      trace(env, header)
      env.variables.set(name, text)
      if (this.#turn(body, env, quiet)) break
    }
    return env.status
  }

  #ifClause({ branches, elseBody }: IfClause, env: Environment, quiet: boolean): ExitStatus {
    for (const { condition, body } of branches) {
      this.list(condition, env, true)
      if (env.status.code !== 0) continue
      this.list(body, env, quiet)
      return env.status
    }
    if (elseBody === null) return SUCCESS
    this.list(elseBody, env, quiet)
    return env.status
  }

  #whileClause(loop: WhileClause, env: Environment, quiet: boolean): ExitStatus {
    const { world, times } = this.#jobs
    const begin = world.now
    let last = SUCCESS
    let instant = begin
    for (let turns = 1; ; turns++) {
      if (world.now > instant) {
        turns = 1
        instant = world.now
      }
      if (turns > MOST_TURNS) throw notEnding(loop, `${MOST_TURNS} turns and no time passes`)
      if (instant - begin > times.limitNs) throw notEnding(loop, `time is up after ${turns} turns`)
      this.list(loop.condition, env, true)
      if ((env.status.code === 0) === loop.isUntil) return last
      if (this.#turn(loop.body, env, quiet)) return env.status
      last = env.status
    }
  }

  /** Executes the body of a loop once; true when the loop ends with it. */
  #turn(body: List, env: Environment, quiet: boolean): boolean {
    env.loops++
    try {
      this.list(body, env, quiet)
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
}
