/**
 * `:`, `true`, `false`, `echo`, `printf`.
 *
 * @see bash(1), SHELL BUILTIN COMMANDS
 */
import { octetText } from '../../app/octet-text.js'
import { NetloomError } from '../../errors.js'
import { formatPrintf } from '../printf.js'
import type { Builtin, BuiltinProblem } from './builtin.js'

export const colonBuiltin: Builtin = { name: ':', run: () => 0 }
export const trueBuiltin: Builtin = { name: 'true', run: () => 0 }
export const falseBuiltin: Builtin = { name: 'false', run: () => 1 }

/** An escape of `echo -e` as one of printf's formats; a backslash in front of anything else stands for itself. */
const printfEscape = (text: string, known: RegExp): string => {
  if (/^\\0[0-7]+$/.test(text)) return `\\${text.slice(2)}`
  return known.test(text) ? text : `\\${text}`
}

const BASH_ESCAPE = /^\\([\\abeEfnrtv0]|x[0-9a-fA-F])/
const DASH_ESCAPE = /^\\([\\abefnrtv0]|[1-7])/

/** What `echo -e` makes of a text, and whether `\c` ends it. */
const echoEscapes = (text: string, known: RegExp): { readonly text: string; readonly ends: boolean } => {
  const [, before = '', stop] = /^((?:[^\\]|\\(?!c)[\s\S]?)*)(\\c)?/.exec(text)!
  const format = before
    .replace(/%/g, '%%')
    .replace(/\\(?:0[0-7]{1,3}|[1-7][0-7]{0,2}|x[0-9a-fA-F]{1,2}|[\s\S]?)/g, text => printfEscape(text, known))
  return { text: octetText(formatPrintf(format, [])), ends: stop !== undefined }
}

/** What dash makes of the words of `echo`: escapes always have their meaning, and `-n` is the only option. */
const dashEcho = (args: readonly string[]): string => {
  const hasNoEnd = args[0] === '-n'
  const words = (hasNoEnd ? args.slice(1) : args).join(' ')
  const { text, ends } = echoEscapes(words, DASH_ESCAPE)
  return ends || hasNoEnd ? text : `${text}\n`
}

/** `echo [-neE] WORDS`, of which dash has `-n`. */
export const echoBuiltin: Builtin = {
  name: 'echo',
  run: ({ args, streams, env }) => {
    if (env.identity.dialect.isPosix) {
      streams.out(dashEcho(args))
      return 0
    }
    let first = 0
    let options = ''
    while (/^-[neE]+$/.test(args[first] ?? '')) options += args[first++]!.slice(1)
    const words = args.slice(first).join(' ')
    const hasEscapes = options.lastIndexOf('e') > options.lastIndexOf('E')
    const { text, ends } = hasEscapes ? echoEscapes(words, BASH_ESCAPE) : { text: words, ends: false }
    streams.out(ends || options.includes('n') ? text : `${text}\n`)
    return 0
  },
}

const printfProblem = (args: readonly (string | null)[]): BuiltinProblem | null => {
  const [format, ...values] = args
  if (format === undefined) return { at: 0, problem: 'printf takes a format' }
  if (format === null || values.includes(null)) return null
  try {
    formatPrintf(format, values as string[])
    return null
  } catch (e) {
    if (!(e instanceof NetloomError)) throw e
    return { at: 1, problem: e.message, word: String(e.context['word']) }
  }
}

/** `printf FORMAT WORDS`. */
export const printfBuiltin: Builtin = {
  name: 'printf',
  check: args => printfProblem(args[0] === '--' ? args.slice(1) : args),
  run: ({ args, streams }) => {
    const [format = '', ...values] = args[0] === '--' ? args.slice(1) : args
    streams.out(octetText(formatPrintf(format, values)))
    return 0
  },
}
