/**
 * The two shells: bash, and `sh`, which is dash on Debian. How they word what goes wrong, and what comes of it.
 *
 * @see bash(1), dash(1)
 */
import type { Netns } from '../core/netns.js'

/** Which shell it is. */
export interface Dialect {
  readonly program: 'bash' | 'sh'
  /** It knows POSIX and `local`, and no more than that. */
  readonly isPosix: boolean
  /** What stands in front of a message. */
  readonly prefix: (name: string, line: number) => string
  readonly notFound: string
  /** Status of a redirection that cannot be opened. */
  readonly redirectStatus: number
  /** Why a file cannot be opened; `words` are those of its errno. */
  readonly cannotOpen: (path: string, isInput: boolean, words: string) => string
  /** What a built-in command says whose output cannot be written. */
  readonly writeError: (builtin: string, words: string) => string
  readonly unset: string
  readonly unsetOrNull: string
  /** A parameter without a value under `set -u`. */
  readonly unbound: string
}

const NOT_THERE = 'No such file or directory'

export const BASH: Dialect = {
  program: 'bash',
  isPosix: false,
  prefix: (name, line) => `${name}: line ${line}: `,
  notFound: 'command not found',
  redirectStatus: 1,
  cannotOpen: (path, _, words) => `${path}: ${words}`,
  writeError: (builtin, words) => `${builtin}: write error: ${words}`,
  unset: 'parameter not set',
  unsetOrNull: 'parameter null or not set',
  unbound: 'unbound variable',
}

export const DASH: Dialect = {
  program: 'sh',
  isPosix: true,
  prefix: (name, line) => `${name}: ${line}: `,
  notFound: 'not found',
  redirectStatus: 2,
  cannotOpen: (path, isInput, words) => {
    const missing = isInput ? 'No such file' : 'Directory nonexistent'
    return `cannot ${isInput ? 'open' : 'create'} ${path}: ${words === NOT_THERE ? missing : words}`
  },
  writeError: builtin => `${builtin}: ${builtin}: I/O error`,
  unset: 'parameter not set',
  unsetOrNull: 'parameter not set or null',
  unbound: 'parameter not set',
}

/** A shell that runs. */
export interface ShellIdentity {
  readonly dialect: Dialect
  /** What it is called in messages, and `$0`. */
  readonly name: string
  /** What it is called in messages from inside of a function. */
  readonly functionName: string
  /** Line of the script that its own line 1 stands on. */
  readonly firstLine: number
  /** Status with which a parameter without a value ends it. */
  readonly expansionStatus: number
  /** The namespace that its commands run in; null for the script, which has none. */
  readonly netns: Netns | null
}

/** The script itself. */
export const SCRIPT: ShellIdentity = {
  dialect: BASH,
  name: 'bash',
  functionName: 'bash',
  firstLine: 1,
  expansionStatus: 1,
  netns: null,
}
