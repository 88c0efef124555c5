/**
 * `set`: options of the shell. `-f` is accepted, as file name patterns are never expanded.
 *
 * @see IEEE Std 1003.1 XCU 2.14, set
 */
import type { ShellFlags } from '../environment.js'
import type { Builtin } from './builtin.js'

const SUPPORTED = '-e, -u, -x, -f, -o errexit, nounset, xtrace, noglob, pipefail, and + in place of -'

type Flag = 'errexit' | 'nounset' | 'xtrace' | 'pipefail' | 'noglob'

const LETTERS: Readonly<Record<string, Flag>> = { e: 'errexit', u: 'nounset', x: 'xtrace', f: 'noglob' }
const NAMES: readonly string[] = ['errexit', 'nounset', 'xtrace', 'pipefail', 'noglob']

/** One option that is set or taken back. */
interface Change {
  readonly flag: Flag
  readonly isSet: boolean
}

/** The changes of `set WORDS`, or the number of the word that is not supported, from 1. */
const changesOf = (args: readonly (string | null)[]): Change[] | number => {
  const changes: Change[] = []
  for (let i = 0; i < args.length; i++) {
    const word = args[i]
    if (word === null) return []
    const [, sign = '', letters = ''] = /^([-+])([a-z]+)$/.exec(word ?? '') ?? []
    if (sign === '') return i + 1
    const isSet = sign === '-'
    for (const letter of letters) {
      const name = letter === 'o' ? args[++i] : LETTERS[letter]
      if (name === null) return []
      if (name === undefined || !NAMES.includes(name)) return Math.min(i + 1, args.length)
      changes.push({ flag: name as Flag, isSet })
    }
  }
  return changes
}

const apply = (flags: ShellFlags, { flag, isSet }: Change): void => {
  if (flag === 'noglob') return
  flags[flag] = isSet
  if (flag === 'errexit' && isSet) flags.outcomes = false
}

/** `set -euxo pipefail`. */
export const setBuiltin: Builtin = {
  name: 'set',
  check: args => {
    const changes = changesOf(args)
    if (args.length === 0) return { at: 0, problem: `an option is missing; supported: ${SUPPORTED}` }
    return typeof changes === 'number' ? { at: changes, problem: `not supported; supported: ${SUPPORTED}` } : null
  },
  run: ({ args, env }) => {
    const changes = changesOf(args)
    if (typeof changes !== 'number') for (const change of changes) apply(env.flags, change)
    return 0
  },
}
