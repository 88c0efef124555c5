/**
 * `read`: a line of the input into variables.
 *
 * @see IEEE Std 1003.1 XCU read
 */
import { DEFAULT_IFS, splitLine } from '../fields.js'
import type { Builtin, BuiltinCall } from './builtin.js'

const SUPPORTED = 'read [-r] NAME...'
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/

/** The next line; without `-r` a backslash at its end joins the one behind it. */
const lineOf = ({ streams: { stdin } }: BuiltinCall, isRaw: boolean): { text: string; hasEnd: boolean } => {
  let text = ''
  for (;;) {
    const line = stdin?.line() ?? { text: '', hasEnd: false }
    text += line.text
    if (isRaw || !line.hasEnd || !/(?:^|[^\\])(?:\\\\)*\\$/.test(text)) return { text, hasEnd: line.hasEnd }
    text = text.slice(0, -1)
  }
}

/** `read [-r] NAME...`. */
export const readBuiltin: Builtin = {
  name: 'read',
  check: args => {
    const at = args.findIndex((arg, n) => arg !== null && !NAME.test(arg) && !(n === 0 && arg === '-r'))
    if (at >= 0) return { at: at + 1, problem: `not supported; supported: ${SUPPORTED}` }
    return args.length === 0 || (args.length === 1 && args[0] === '-r')
      ? { at: 0, problem: `a name is missing: ${SUPPORTED}` }
      : null
  },
  run: call => {
    const { args, env } = call
    const isRaw = args[0] === '-r'
    const names = isRaw ? args.slice(1) : args
    const { text, hasEnd } = lineOf(call, isRaw)
    const line = isRaw ? text.replace(/\\/g, '\\\\') : text
    const pieces = splitLine(line, env.variables.get('IFS') ?? DEFAULT_IFS, names.length)
    for (const [n, name] of names.entries()) env.variables.set(name, pieces[n] ?? '')
    return hasEnd ? 0 : 1
  },
}
