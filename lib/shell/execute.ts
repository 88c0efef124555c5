/**
 * Executes the syntax tree of a script: lists, pipelines, compound commands, and when a command that fails ends the script.
 *
 * @see IEEE Std 1003.1 XCU 2.9, 2.14 set -e; bash(1), set -e
 */
import { NetloomError } from '../errors.js'
import { encodeUtf8 } from '../wire/utf8.js'
import { type BackgroundKind, BackgroundShell, limited } from './background.js'
import {
  commandError,
  Discard,
  type Environment,
  type ExitStatus,
  failure,
  FunctionReturn,
  LoopJump,
  ShellExit,
  shellMessage,
  SUCCESS,
} from './environment.js'
import { arithmeticCommandValue, partsPattern, partsText } from './expand.js'
import { ConditionError, holds } from './condition.js'
import { Input, InputRefused } from './input.js'
import type { Jobs } from './jobs.js'
import { arithmeticFor, forClause, type LoopContext, whileClause } from './loops.js'
import { matches } from './pattern.js'
import { redirected, RedirectError } from './redirect.js'
import { ShellFiles } from './shell-files.js'
import { inBackground, prepareShell, type ShellStart } from './shell-on-host.js'
import { runSimpleCommand, type SimpleCommandContext } from './simple-command.js'
import type { Steps } from './steps.js'
import {
  type AndOr,
  type ArithmeticCommand,
  type CaseClause,
  type ShellCommand,
  type CompoundCommand,
  type ConditionalCommand,
  type IfClause,
  type List,
  literalText,
  type Pipeline,
} from './syntax.js'
import type { Programs } from './tool-of.js'
import { trace } from './xtrace.js'

/** Called before each command that does something. */
export type OnLine = (line: number, text: string) => void

/** Commands that may stand inside of one another, those of called functions included. */
const MOST_NESTED = 200

/** Adds the place to an error that a command threw. */
const withPlace = (command: ShellCommand, error: NetloomError): NetloomError => {
  if (error.context['line'] !== undefined) return error
  const { line } = command
  const word = error.context['word']
  const at = command.kind === 'simpleCommand' ? command.words.find(w => literalText(w) === word) : undefined
  const place = at === undefined ? { line } : { line: at.line, column: at.column }
  const text = at === undefined ? `line ${line}` : `line ${at.line}, column ${at.column}`
  return new NetloomError(error.code, `${text}: ${error.message}`, { ...error.context, ...place })
}

/** Commands whose failure ends a script; what is inside of the others has done so itself. */
const ENDS_SCRIPT: readonly string[] = ['simpleCommand', 'subshell', 'arithmeticCommand', 'conditionalCommand']

/** What `$!` and `kill` are about. A subshell of one command becomes that command. */
const kindOf = ({ first, rest }: AndOr, env: Environment): BackgroundKind => {
  if (rest.length > 0) return 'list'
  if (first.commands.length > 1) return 'pipeline'
  const [only] = first.commands
  if (only!.kind === 'subshell' && only!.body.items.length === 1) return kindOf(only!.body.items[0]!, env)
  if (only!.kind !== 'simpleCommand') return 'list'
  const name = only!.words[0] === undefined ? null : literalText(only!.words[0])
  return name !== null && env.functions.has(name) ? 'list' : 'program'
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
  *list(list: List, env: Environment, quiet = false): Steps<void> {
    for (const item of list.items) yield* this.#item(item, env, quiet)
  }

  /** Executes a whole script: an expression without a value ends the line that it stands on. */
  *program(list: List, env: Environment, onLine: (isLast: boolean) => void = () => {}): Steps<void> {
    let skipped = 0
    const last = list.items.at(-1)?.line
    for (const item of list.items) {
      if (item.line === skipped) continue
      onLine(item.line === last)
      try {
        yield* this.#item(item, env, false)
      } catch (e) {
        if (!(e instanceof Discard)) throw e
        env.status = failure(1, e.message)
        skipped = item.line
      }
    }
  }

  /** Executes what `trap ... EXIT` says, behind the last command. Throws {@link ShellExit} when it has an `exit`. */
  *exitTrap(env: Environment): Steps<void> {
    const { exitTrap, status } = env
    env.exitTrap = null
    if (exitTrap === null) return
    try {
      yield* this.list(exitTrap, env)
    } catch (e) {
      if (!(e instanceof Discard)) throw e
    }
    env.status = status
  }

  *#item(item: AndOr, env: Environment, quiet: boolean): Steps<void> {
    if (item.first.commands[0]!.kind === 'simpleCommand') this.#onLine(item.line, item.text)
    if (item.isBackground) {
      this.#inBackground(item, env)
      return
    }
    yield* this.#andOr(item, env, quiet || item.mayFail)
    if (item.mayFail) env.status = { ...env.status, isOutcome: true }
  }

  *#andOr({ first, rest }: AndOr, env: Environment, quiet: boolean): Steps<void> {
    yield* this.#pipeline(first, env, quiet || rest.length > 0)
    for (const [n, { operator, pipeline }] of rest.entries())
      if ((env.status.code === 0) === (operator === '&&'))
        yield* this.#pipeline(pipeline, env, quiet || n < rest.length - 1)
  }

  *#pipeline(pipeline: Pipeline, env: Environment, quiet: boolean): Steps<void> {
    const { commands, isNegated } = pipeline
    const [only] = commands
    const isQuiet = quiet || isNegated
    env.status =
      commands.length === 1 ? yield* this.#command(only!, env, isQuiet) : yield* this.#joined(commands, env, isQuiet)
    if (isNegated) {
      const { code, isOutcome } = env.status
      env.status = code === 0 ? { code: 1, isOutcome, message: 'no message' } : SUCCESS
      return
    }
    const mayEnd = commands.length > 1 || ENDS_SCRIPT.includes(only!.kind)
    const { code, isOutcome, message } = env.status
    if (code === 0 || isOutcome || isQuiet || !mayEnd || !env.flags.errexit) return
    throw new ShellExit(env.status, commandError(pipeline, `exit ${code}: ${message}`, code))
  }

  /**
   * Commands joined by `|`, each in a subshell.
   *
   * DIFFERS: a command behind a pipe starts when the one in front of it has ended, not together with it.
   */
  *#joined(commands: readonly ShellCommand[], env: Environment, quiet: boolean): Steps<ExitStatus> {
    const pipeline = { isPaid: false, ...env.cost?.pipeline }
    const statuses: ExitStatus[] = []
    let piped = ''
    for (const [n, command] of commands.entries()) {
      let written = ''
      const stdin = n === 0 ? env.streams.stdin : new Input(encodeUtf8(piped))
      const isLast = n === commands.length - 1
      const out = isLast ? env.streams.out : (text: string): string => (written += text)
      const sub = env.subshell({ stdin, out, err: env.streams.err })
      sub.cost = { pipeline, isUsed: false }
      statuses.push(yield* this.#inSubshell(sub, this.#stage(command, sub, quiet)))
      piped = written
    }
    const failed = env.flags.pipefail ? statuses.findLast(status => status.code !== 0) : undefined
    return failed ?? statuses.at(-1)!
  }

  *#stage(command: ShellCommand, env: Environment, quiet: boolean): Steps<void> {
    // A subshell of its own is there already.
    if (command.kind === 'subshell' && command.redirects.length === 0) yield* this.list(command.body, env, quiet)
    else env.status = yield* this.#command(command, env, quiet)
  }

  /** Runs something that `exit` and a failed command leave, and no more than that. */
  *#inSubshell(env: Environment, steps: Steps<void>): Steps<ExitStatus> {
    env.status = yield* this.#untilExit(env, steps)
    try {
      yield* this.exitTrap(env)
    } catch (e) {
      if (!(e instanceof ShellExit)) throw e
      return e.status
    }
    return env.status
  }

  *#untilExit(env: Environment, steps: Steps<void>): Steps<ExitStatus> {
    try {
      yield* steps
      return env.status
    } catch (e) {
      if (e instanceof LoopJump) return env.status
      if (e instanceof Discard) return failure(1, e.message)
      if (!(e instanceof ShellExit) && !(e instanceof FunctionReturn)) throw e
      return e.status
    }
  }

  #context(env: Environment, quiet: boolean): SimpleCommandContext {
    return {
      env,
      jobs: this.#jobs,
      programs: this.#programs,
      substitute: list => this.#substitute(list, env),
      fileNames: directory => new ShellFiles(env, this.#jobs.cwd).names(directory),
      call: (body, parameters) => this.#call(body, parameters, env, quiet),
      shell: start => this.#shellOnHost(start),
    }
  }

  *#substitute(list: List, env: Environment): Steps<string> {
    let text = ''
    const out = (piece: string): string => (text += piece)
    const sub = env.subshell({ stdin: env.streams.stdin, out, err: env.streams.err })
    sub.substitutions++
    // As bash outside of its POSIX mode.
    if (!env.identity.dialect.isPosix) sub.flags.errexit = false
    env.substituted = yield* this.#inSubshell(sub, this.list(list, sub))
    // What follows in the same command sees it.
    env.status = env.substituted
    return text.replace(/\n+$/, '')
  }

  /** Runs a shell on a host to its end, or for as long as `timeout` gives it. */
  *#shellOnHost(start: ShellStart): Steps<ExitStatus> {
    const shell = prepareShell(start)
    const { list, env, programs, onLine } = shell
    const { command, request } = start
    const { limit } = request
    const executor = new Executor(this.#jobs, programs, () => {})
    const steps = (): Steps<ExitStatus> => executor.#inSubshell(env, executor.program(list, env, onLine))
    if (limit === null) return yield* inBackground(shell, steps())
    const background = new BackgroundShell(this.#jobs.world, command, 'list')
    env.background = background
    this.#jobs.startBackground(background, steps())
    return yield* limited(this.#jobs.world, background, limit)
  }

  *#call(body: CompoundCommand, parameters: readonly string[], env: Environment, quiet: boolean): Steps<ExitStatus> {
    const { frame, loops } = env
    env.frame = { parameters, isFunction: true, hidden: new Map() }
    env.loops = 0
    try {
      return yield* this.#command(body, env, quiet)
    } catch (e) {
      if (!(e instanceof FunctionReturn)) throw e
      return e.status
    } finally {
      for (const [name, variable] of env.frame.hidden) env.variables.restore(name, variable)
      env.frame = frame
      env.loops = loops
    }
  }

  /** Starts a list in the background: a shell of its own, whose first command costs no time. */
  #inBackground(item: AndOr, env: Environment): void {
    const shell = new BackgroundShell(this.#jobs.world, item, kindOf(item, env))
    const sub = env.subshell({ ...env.streams, stdin: null })
    sub.background = shell
    sub.cost = { pipeline: { isPaid: true }, isUsed: false }
    env.lastBackground = shell
    env.children.push(shell)
    env.status = SUCCESS
    this.#jobs.startBackground(shell, this.#inSubshell(sub, this.#andOr(item, sub, false)))
  }

  *#command(command: ShellCommand, env: Environment, quiet: boolean): Steps<ExitStatus> {
    if (env.depth >= MOST_NESTED)
      throw withPlace(command, new NetloomError('EPENDING', `commands stand ${MOST_NESTED} deep in functions`, {}))
    env.depth++
    try {
      if (command.kind === 'simpleCommand') return yield* runSimpleCommand(this.#context(env, quiet), command)
      if (command.kind !== 'functionDefinition') return yield* this.#redirectedCompound(command, env, quiet)
      env.functions.set(command.name, command.body)
      return SUCCESS
    } catch (e) {
      if (e instanceof InputRefused) throw e.error
      throw e instanceof NetloomError ? withPlace(command, e) : e
    } finally {
      env.depth--
    }
  }

  *#redirectedCompound(command: CompoundCommand, env: Environment, quiet: boolean): Steps<ExitStatus> {
    if (command.redirects.length === 0) return yield* this.#compound(command, env, quiet)
    const outer = env.streams
    try {
      env.streams = yield* redirected(this.#context(env, quiet), command.redirects, this.#jobs.cwd)
      return yield* this.#compound(command, env, quiet)
    } catch (e) {
      if (!(e instanceof RedirectError)) throw e
      outer.err(shellMessage(env, command.line, e.message))
      const status = failure(env.identity.dialect.redirectStatus, e.message)
      if (quiet || !env.flags.errexit) return status
      throw new ShellExit(status, commandError(command, `exit ${status.code}: ${e.message}`, status.code))
    } finally {
      env.streams = outer
    }
  }

  *#compound(command: CompoundCommand, env: Environment, quiet: boolean): Steps<ExitStatus> {
    switch (command.kind) {
      case 'braceGroup':
        yield* this.list(command.body, env, quiet)
        return env.status
      case 'subshell': {
        const sub = env.subshell(env.streams)
        sub.cost = env.cost
        return yield* this.#inSubshell(sub, this.list(command.body, sub, quiet))
      }
      case 'arithmeticCommand':
        return yield* this.#arithmeticCommand(command, env, quiet)
      case 'conditionalCommand':
        return yield* this.#conditionalCommand(command, env, quiet)
      case 'arithmeticFor':
        return yield* arithmeticFor(this.#loop(env, quiet), command)
      case 'forClause':
        return yield* forClause(this.#loop(env, quiet), command)
      case 'ifClause':
        return yield* this.#ifClause(command, env, quiet)
      case 'whileClause':
        return yield* whileClause(this.#loop(env, quiet), command)
      case 'caseClause':
        return yield* this.#caseClause(command, env, quiet)
    }
  }

  #loop(env: Environment, quiet: boolean): LoopContext {
    return {
      ...this.#context(env, quiet),
      quiet,
      list: (list, isQuiet) => this.list(list, env, isQuiet),
      value: expression => this.#arithmeticCommand({ expression }, env, quiet),
    }
  }

  *#arithmeticCommand(
    { expression }: Pick<ArithmeticCommand, 'expression'>,
    env: Environment,
    quiet: boolean,
  ): Steps<ExitStatus> {
    try {
      const value = yield* arithmeticCommandValue(this.#context(env, quiet), expression)
      return value === 0n ? failure(1, 'the value is 0') : SUCCESS
    } catch (e) {
      if (!(e instanceof Discard)) throw e
      return failure(1, e.message)
    }
  }

  *#conditionalCommand({ condition, line }: ConditionalCommand, env: Environment, quiet: boolean): Steps<ExitStatus> {
    try {
      const isTrue = yield* holds(this.#context(env, quiet), condition, new ShellFiles(env, this.#jobs.cwd))
      return isTrue ? SUCCESS : failure(1, 'the condition does not hold')
    } catch (e) {
      if (!(e instanceof ConditionError)) throw e
      env.streams.err(shellMessage(env, line, `[[: ${e.message}`))
      return failure(2, e.message)
    }
  }

  *#ifClause({ branches, elseBody }: IfClause, env: Environment, quiet: boolean): Steps<ExitStatus> {
    for (const { condition, body } of branches) {
      yield* this.list(condition, env, true)
      if (env.status.code !== 0) continue
      yield* this.list(body, env, quiet)
      return env.status
    }
    if (elseBody === null) return SUCCESS
    yield* this.list(elseBody, env, quiet)
    return env.status
  }

  *#caseClause({ word, items }: CaseClause, env: Environment, quiet: boolean): Steps<ExitStatus> {
    const x = this.#context(env, quiet)
    const text = yield* partsText(x, word.parts)
    trace(env, `case ${word.text} in`)
    for (const { patterns, body } of items)
      for (const pattern of patterns) {
        if (!matches(yield* partsPattern(x, pattern.parts), text)) continue
        if (body.items.length === 0) return SUCCESS
        yield* this.list(body, env, quiet)
        return env.status
      }
    return SUCCESS
  }
}
