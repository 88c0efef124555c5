/**
 * What a command is executed in: variables, options of `set`, standard input and output. A subshell has a copy.
 *
 * @see IEEE Std 1003.1 XCU 2.12
 */
import { NetloomError } from '../errors.js'
import type { BackgroundShell } from './background.js'
import { SCRIPT, type ShellIdentity } from './dialect.js'
import type { Input } from './input.js'
import type { CompoundCommand, List, Place, SimpleCommand } from './syntax.js'
import { type Variable, Variables } from './variables.js'

/** Takes text that was written. */
export type Sink = (text: string) => void

/** Options of `set`. */
export interface ShellFlags {
  /** `-e`: a command that fails ends the script; set from the beginning. */
  errexit: boolean
  /** ping, nc, arping and curl may fail, as their status is an outcome: until the script says `set -e`. */
  outcomes: boolean
  /** `-u`: an unset variable is an error. */
  nounset: boolean
  /** `-x`: commands are written to standard error. */
  xtrace: boolean
  pipefail: boolean
  /** `-f`: patterns are not expanded to names of files. */
  noglob: boolean
}

/** The exit status of a command. */
export interface ExitStatus {
  readonly code: number
  /** It says how something went, and ends no script: of a ping, or under `# may-fail`. */
  readonly isOutcome: boolean
  /** First line of what a command that failed has said. */
  readonly message: string
}

/** The status of a command that ended well. */
export const SUCCESS: ExitStatus = { code: 0, isOutcome: false, message: '' }

/** The status of a command that failed. */
export const failure = (code: number, message: string): ExitStatus => ({ code, isOutcome: false, message })

/** Where the words of a command come from and go to. */
export interface Streams {
  /** Null for /dev/null. */
  readonly stdin: Input | null
  readonly out: Sink
  readonly err: Sink
}

/** The time that commands cost. Those of a pipeline start together, so that one of them costs for all. */
export interface Cost {
  readonly pipeline: { isPaid: boolean }
  /** A command has started: the next one costs as any other. */
  isUsed: boolean
}

/** The parameters of a function, and what `local` has hidden. */
export interface Frame {
  parameters: readonly string[]
  readonly isFunction: boolean
  readonly hidden: Map<string, Variable | undefined>
}

const AT_FIRST: ShellFlags = {
  errexit: true,
  outcomes: true,
  nounset: false,
  xtrace: false,
  pipefail: false,
  noglob: false,
}

/** An execution environment. */
export class Environment {
  /** The shell that it is a part of. */
  readonly identity: ShellIdentity
  readonly variables: Variables
  readonly flags: ShellFlags
  streams: Streams
  /** Status of the last command: `$?`. */
  status: ExitStatus
  /** The last background program: `$!`; null without any. */
  lastBackground: { readonly pid: number } | null
  /** Status of the last command substitution of the present command. */
  substituted: ExitStatus = SUCCESS
  /** Command substitutions around it. */
  substitutions: number
  /** Loops around the present command. */
  loops = 0
  /** Of the pipeline around it; null outside. */
  cost: Cost | null = null
  readonly functions: Map<string, CompoundCommand>
  frame: Frame
  /** Commands around the present one. */
  depth: number
  /** What `trap ... EXIT` says; null without. A subshell begins without. */
  exitTrap: List | null = null
  /** It is the shell of a background program, which can become another program. */
  mayBecome = false
  /** The command that the shell becomes instead of waiting for it; null for none. */
  tail: SimpleCommand | null = null
  /** Background lists that this shell has started. */
  readonly children: BackgroundShell[] = []
  /** The background shell that it is, or is in; null for the script itself. */
  background: BackgroundShell | null

  constructor(streams: Streams, from: Environment | null = null, identity: ShellIdentity = SCRIPT) {
    this.identity = from?.identity ?? identity
    this.streams = streams
    this.variables = new Variables(from?.variables)
    this.flags = { ...(from?.flags ?? AT_FIRST) }
    this.status = from?.status ?? SUCCESS
    this.lastBackground = from?.lastBackground ?? null
    this.substitutions = from?.substitutions ?? 0
    this.functions = new Map(from?.functions)
    this.frame = {
      parameters: from?.frame.parameters ?? [],
      isFunction: from?.frame.isFunction ?? false,
      hidden: new Map(),
    }
    this.depth = from?.depth ?? 0
    this.background = from?.background ?? null
  }

  /** A copy with other streams. */
  subshell(streams: Streams): Environment {
    return new Environment(streams, this)
  }
}

/** A message of a shell, with its name and the line in front. */
export const shellMessage = ({ identity, frame }: Environment, line: number, text: string): string => {
  const { dialect, firstLine, name, functionName } = identity
  return `${dialect.prefix(frame.isFunction ? functionName : name, line - firstLine + 1)}${text}\n`
}

/** Ends a script or a subshell: `exit`, a command that failed, an unset variable under `set -u`. */
export class ShellExit extends Error {
  override readonly name = 'ShellExit'
  readonly status: ExitStatus
  /** What the script ends with; null for status 0. */
  readonly error: NetloomError | null
  /** It was `exit` that ended it. */
  readonly isExit: boolean

  constructor(status: ExitStatus, error: NetloomError | null, isExit = false) {
    super(error?.message ?? `exit ${status.code}`)
    this.status = status
    this.error = error
    this.isExit = isExit
  }
}

/** Ends the line of the script, or the subshell, in which an expression has no value: status 1, whatever `set -e` says. */
export class Discard extends Error {
  override readonly name = 'Discard'
}

/** `return` on its way to the function that it ends. */
export class FunctionReturn extends Error {
  override readonly name = 'FunctionReturn'
  readonly status: ExitStatus

  constructor(status: ExitStatus) {
    super('return')
    this.status = status
  }
}

/** `break` and `continue` on their way to their loop. */
export class LoopJump extends Error {
  override readonly name = 'LoopJump'
  readonly isBreak: boolean
  /** Loops to leave, this one included. */
  readonly levels: number

  constructor(isBreak: boolean, levels: number) {
    super(isBreak ? 'break' : 'continue')
    this.isBreak = isBreak
    this.levels = levels
  }
}

/** The error of a command that failed: place, command, status, and what it said. */
export const commandError = (at: Place & { readonly text: string }, what: string, exit?: number): NetloomError => {
  const { line, text } = at
  return new NetloomError('EIO', `line ${line}: ${text}: ${what}`, {
    line,
    command: text,
    ...(exit === undefined ? {} : { exit }),
  })
}
