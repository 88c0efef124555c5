/**
 * `set`: options of the shell, and its positional parameters.
 *
 * @see IEEE Std 1003.1 XCU 2.14, set
 */
import type { ShellFlags } from '../environment.js'
import type { Builtin } from './builtin.js'

const SUPPORTED = '-e, -u, -x, -f, -o errexit, nounset, xtrace, noglob, pipefail, + in place of -, -- PARAMETERS'

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
  flags[flag] = isSet
  if (flag === 'errexit' && isSet) flags.outcomes = false
}

/** Index of the first positional parameter among the words of `set`, behind `--` or an option; -1 without any. */
const parametersAt = (args: readonly (string | null)[]): number => {
  for (let i = 0; i < args.length; i++) {
    const word = args[i]
    if (word === '--') return i + 1
    if (word === null || !/^[-+]./.test(word ?? '')) return i
    if (word?.endsWith('o') === true) i++
  }
  return -1
}

/** The words of `set` that are options. */
const optionsOf = (args: readonly (string | null)[]): readonly (string | null)[] => {
  const at = parametersAt(args)
  return at < 0 ? args : args.slice(0, at).filter(word => word !== '--')
}

/** `set -euxo pipefail`, `set -- PARAMETERS`. */
export const setBuiltin: Builtin = {
  name: 'set',
  check: args => {
    if (args.length === 0) return { at: 0, problem: `an option is missing; supported: ${SUPPORTED}` }
    const changes = changesOf(optionsOf(args))
    return typeof changes === 'number' ? { at: changes, problem: `not supported; supported: ${SUPPORTED}` } : null
  },
  run: ({ args, env }) => {
    const changes = changesOf(optionsOf(args) as readonly string[])
    if (typeof changes !== 'number') for (const change of changes) apply(env.flags, change)
    const at = parametersAt(args)
    if (at >= 0) env.frame.parameters = args.slice(at)
    return 0
  },
}
