/**
 * Runs a script: reads and checks all of it, executes it, and collects what it left.
 *
 * A foreground command must end with exit status 0, unless it stands left of `&&` or `||`, behind `!` or in a condition, as
 * under `bash -e`. `ping`, `nc`, `arping` and `curl` may fail (their status is an outcome), unless they were called wrongly or
 * the script says `set -e` itself; `# may-fail` above a line lifts the rule for it. What netloom does not support ends the
 * script in every case.
 */
import { commandsOf } from '../app/command.js'
import type { World } from '../core/world.js'
import { NetloomError } from '../errors.js'
import { BASH } from './dialect.js'
import { checkScript, functionNames } from './check.js'
import { commandError, Environment, ShellExit } from './environment.js'
import { Executor } from './execute.js'
import { parseScript } from './grammar.js'
import { DEFAULT_COMMAND_NS, DEFAULT_LIMIT_NS, DEFAULT_TAIL_NS, Jobs, type ScriptExit } from './jobs.js'
import type { Steps } from './steps.js'
import type { List } from './syntax.js'
import type { Programs } from './tool-of.js'

export { DEFAULT_COMMAND_NS, DEFAULT_LIMIT_NS, DEFAULT_TAIL_NS, type ScriptExit } from './jobs.js'

/** Options of {@link runScript}. */
export interface ScriptOptions {
  /** Return a failed script's error in the result instead of throwing it. */
  readonly mayFail?: boolean
  /** Cost of a foreground command in virtual nanoseconds; {@link DEFAULT_COMMAND_NS}. */
  readonly commandNs?: number
  /** Time between the last command and the end of the captures; {@link DEFAULT_TAIL_NS}. */
  readonly tailNs?: number
  /** How long one foreground command, one `wait` or one loop may take; {@link DEFAULT_LIMIT_NS}. */
  readonly limitNs?: number
  /** Called before each line that does something. */
  readonly onLine?: (line: number, text: string) => void
  /** Called with everything that is written to standard output and standard error, when it is written. */
  readonly onOutput?: (stream: 'stdout' | 'stderr', text: string) => void
}

/** What a script left. */
export interface ScriptResult {
  /** Every command that must succeed did. */
  readonly ok: boolean
  readonly error: NetloomError | null
  /** Exit status of the script: that of `exit`, 1 when a command ended it, 0 otherwise. */
  readonly status: number
  /** Each foreground ping, nc, arping and curl, and every other foreground program that failed. */
  readonly exits: readonly ScriptExit[]
  /** State files and captures by name. */
  readonly files: Map<string, Uint8Array>
  readonly stdout: string
  readonly stderr: string
}

/** What has become of a script. */
interface Ending {
  readonly error: NetloomError | null
  readonly status: number
}

/** How a status that `exit`, or a command that failed, has ended a script with ends it. */
const endingOf = ({ error, isExit, status }: ShellExit): Ending => ({
  error,
  status: error === null ? 0 : isExit ? status.code : 1,
})

/** Executes all commands, and what `trap` has left for the end. */
function* commands(list: List, env: Environment, executor: Executor): Steps<Ending> {
  let ending: Ending = { error: null, status: 0 }
  try {
    yield* executor.program(list, env)
    const { code, isOutcome } = env.status
    const last = list.items.at(-1)
    if (code !== 0 && !isOutcome && last !== undefined)
      ending = { error: commandError(last, `exit ${code}: the status of the script`, code), status: code }
  } catch (e) {
    if (!(e instanceof ShellExit)) throw e
    ending = endingOf(e)
    env.status = e.status
  }
  try {
    yield* executor.exitTrap(env)
  } catch (e) {
    if (!(e instanceof ShellExit)) throw e
    if (e.isExit || ending.error === null) ending = endingOf(e)
  }
  return ending
}

/** Executes a script to its end, whatever that is. */
const execute = (list: List, env: Environment, executor: Executor, jobs: Jobs): Ending => {
  try {
    const ending = jobs.drive(commands(list, env, executor))
    if (ending.error === null) jobs.finish()
    else jobs.stop()
    return ending
  } catch (e) {
    jobs.stop()
    if (!(e instanceof NetloomError)) throw e
    return { error: e, status: 1 }
  }
}

/** What a script may call in a world. */
const programsOf = (world: World, list: List): Programs => {
  const commands = commandsOf(world)
  return {
    // Executables with a path, such as plugins, are for other programs.
    tools: commands.map(command => command.name).filter(name => !name.startsWith('/')),
    filters: commands.filter(command => command.isFilter === true).map(command => command.name),
    functions: functionNames(list),
    isOnHost: false,
    dialect: BASH,
  }
}

const timesOf = (options: ScriptOptions): Jobs['times'] => ({
  commandNs: options.commandNs ?? DEFAULT_COMMAND_NS,
  tailNs: options.tailNs ?? DEFAULT_TAIL_NS,
  limitNs: options.limitNs ?? DEFAULT_LIMIT_NS,
})

/** Reads, checks and executes a script; an error of reading it is its ending. */
const runText = (text: string, env: Environment, jobs: Jobs, options: ScriptOptions): Ending => {
  let list: List
  let programs: Programs
  try {
    list = parseScript(text)
    programs = programsOf(jobs.world, list)
    checkScript(list, programs)
  } catch (e) {
    if (!(e instanceof NetloomError)) throw e
    return { error: e, status: 1 }
  }
  return execute(list, env, new Executor(jobs, programs, options.onLine ?? (() => {})), jobs)
}

/**
 * Runs a script of `ip`, `bridge`, `ping`, `nc`, `tcpdump` ... commands in a world. Everything is read before anything runs.
 *
 * Throws `EGRAMMAR` for what is not supported (context: line, column, word), `EIO` for a command that failed (context:
 * line, command, exit), `EPENDING` for one that does not end; with `mayFail` the error is in the result instead.
 */
export const runScript = (world: World, text: string, options: ScriptOptions = {}): ScriptResult => {
  const written = { stdout: '', stderr: '' }
  const sink = (stream: 'stdout' | 'stderr') => (piece: string) => {
    if (piece === '') return
    written[stream] += piece
    options.onOutput?.(stream, piece)
  }
  const jobs = new Jobs(world, timesOf(options))
  const env = new Environment({ stdin: null, out: sink('stdout'), err: sink('stderr') })
  const { error, status } = runText(text, env, jobs, options)
  if (error !== null && options.mayFail !== true) throw error
  return { ok: error === null, error, status, exits: jobs.exits, files: jobs.cwd.files(), ...written }
}
