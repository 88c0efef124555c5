/**
 * What `set -x` writes: commands after expansion, quoted so that they could be typed again.
 *
 * @see bash(1), set -x
 */
import type { Environment } from './environment.js'

const SPECIAL = /[\s'"\\|&;()<>!{}*[\]?^$`]|^[~#]|[=:]~/

/** A word as `set -x` shows it. */
export const quoted = (word: string): string => {
  if (word === '') return "''"
  return SPECIAL.test(word) ? `'${word.replaceAll("'", "'\\''")}'` : word
}

/** Writes a line of bash's trace: a `+` for the script and for each substitution around the command. */
export const trace = (env: Environment, text: string): void => {
  if (env.flags.xtrace && !env.identity.dialect.isPosix)
    env.streams.err(`${'+'.repeat(env.substitutions + 1)} ${text}\n`)
}

/** Writes a line of dash's trace, which has nothing but the words of simple commands, assignments among them. */
export const traceDash = (env: Environment, words: readonly string[]): void => {
  if (env.flags.xtrace && env.identity.dialect.isPosix) env.streams.err(`+ ${words.join(' ')}\n`)
}
