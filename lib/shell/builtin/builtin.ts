/**
 * What a command of the shell itself is.
 */
import {
  commandError,
  type Environment,
  type ExitStatus,
  failure,
  ShellExit,
  shellMessage,
  type Streams,
} from '../environment.js'
import type { Field } from '../expand.js'
import type { Jobs } from '../jobs.js'
import type { Steps } from '../steps.js'
import type { SimpleCommand } from '../syntax.js'

/** What a built-in command gets. */
export interface BuiltinCall {
  readonly env: Environment
  /** Words of the command; the first one is its name. */
  readonly fields: readonly Field[]
  /** Texts of the words behind the name. */
  readonly args: readonly string[]
  readonly streams: Streams
  readonly jobs: Jobs
  /** Is it the name of a command of the shell itself? */
  readonly isBuiltin: (name: string) => boolean
  readonly command: SimpleCommand
}

/** A word that cannot stand where it does; `at` counts from the name, 0. */
export interface BuiltinProblem {
  readonly at: number
  readonly problem: string
  /** What is named in place of the whole word. */
  readonly word?: string
}

/** A command of the shell itself. */
export interface Builtin {
  readonly name: string
  /** Finds what is not supported, before anything runs; null for words that are known only then. */
  readonly check?: (args: readonly (string | null)[]) => BuiltinProblem | null
  /** Runs it; returns its exit status, or what it waits for. */
  readonly run: (call: BuiltinCall) => number | ExitStatus | Steps<number>
}

/** Writes an error with the name of the shell in front. */
export const complain = ({ env, streams, command }: BuiltinCall, text: string): void =>
  streams.err(shellMessage(env, command.line, text))

/** Ends a dash that a special built-in command was called wrongly in; bash goes on with the status. */
export const complainSpecial = (call: BuiltinCall, inBash: string | null, inDash: string, status: number): number => {
  const { dialect } = call.env.identity
  if (!dialect.isPosix) {
    if (inBash !== null) complain(call, inBash)
    return status
  }
  complain(call, inDash)
  throw new ShellExit(failure(2, inDash), commandError(call.command, `exit 2: ${inDash}`, 2))
}
