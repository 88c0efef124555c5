/**
 * `trap`: what is done when the script, or a subshell, ends. Signals that only a terminal sends are accepted, as none comes.
 *
 * @see IEEE Std 1003.1 XCU 2.14, trap
 */
import { parseScript } from '../grammar.js'
import type { Environment } from '../environment.js'
import type { List } from '../syntax.js'
import type { Builtin } from './builtin.js'

const SUPPORTED = "trap 'COMMANDS' EXIT, also with INT, TERM, HUP, QUIT, of which none comes; trap - EXIT"

const nameOf = (word: string): string => (word === '0' ? 'EXIT' : word.toUpperCase().replace(/^SIG/, ''))

const SIGNALS: readonly string[] = ['EXIT', 'INT', 'TERM', 'HUP', 'QUIT', '1', '2', '3', '15']

const readAction = (action: string, { identity }: Environment, line: number): List =>
  parseScript(action, { firstLine: line, dialect: identity.dialect, hasName: identity.netns !== null })

/** `trap COMMANDS SIGNAL...`. */
export const trapBuiltin: Builtin = {
  name: 'trap',
  check: args => {
    const words = args[0] === '--' ? args.slice(1) : args
    if (words.length < 2) return { at: 0, problem: `a signal is missing; supported: ${SUPPORTED}` }
    const at = words.findIndex((word, n) => n > 0 && word !== null && !SIGNALS.includes(nameOf(word)))
    if (at > 0) return { at: at + args.length - words.length + 1, problem: `not supported; supported: ${SUPPORTED}` }
    return null
  },
  run: ({ args, env, command }) => {
    const [action = '', ...signals] = args[0] === '--' ? args.slice(1) : args
    if (!signals.some(word => nameOf(word) === 'EXIT')) return 0
    env.exitTrap = action === '-' || action === '' ? null : readAction(action, env, command.line)
    return 0
  },
}
