/**
 * How a shell is called: `sh -ec 'COMMANDS' NAME PARAMETERS`, or with its commands as standard input.
 *
 * @see bash(1), OPTIONS; dash(1)
 */
import type { BuiltinProblem } from './builtin/builtin.js'

/** An option of `set` that a shell begins with. */
export interface ShellFlag {
  readonly flag: 'errexit' | 'nounset' | 'xtrace' | 'noglob' | 'pipefail'
  readonly isSet: boolean
}

/** A shell with its options. */
export interface ShellCall {
  readonly flags: readonly ShellFlag[]
  /** Number of the word that has the commands, its own name being 0; null when they come from standard input. */
  readonly commandsAt: number | null
  /** Number of the first word behind, which is `$0` with commands, `$1` without. */
  readonly operandsAt: number
}

const SHELLS = /^(?:\/bin\/|\/usr\/bin\/)?(sh|bash)$/

/** The shell that a word names, with its path or without; null for another program. */
export const shellOf = (word: string | null | undefined): 'sh' | 'bash' | null =>
  (SHELLS.exec(word ?? '')?.[1] as 'sh' | 'bash' | undefined) ?? null

const LETTERS: Readonly<Record<string, ShellFlag['flag']>> = { e: 'errexit', u: 'nounset', x: 'xtrace', f: 'noglob' }
const NAMES: readonly string[] = Object.values(LETTERS)
/** What changes nothing in a shell that no terminal has. */
const IGNORED: readonly string[] = ['--norc', '--noprofile']

const usage = (shell: string): string =>
  `${shell} -c 'COMMANDS' [NAME [PARAMETER...]], with -e -u -x -f${shell === 'bash' ? ' -o pipefail' : ''} -o NAME, or ${shell} [-s] with the commands as its input`

const problemAt = (shell: string, at: number, problem: string): BuiltinProblem => ({
  at,
  problem: `${problem}; supported: ${usage(shell)}`,
})

const REFUSED: Readonly<Record<string, string>> = {
  i: 'an interactive shell is not supported',
  l: 'a login shell is not supported',
}

interface Reading {
  readonly flags: ShellFlag[]
  hasCommands: boolean
  isInput: boolean
}

/** Reads the letters of a word; returns how many words they take behind it, what is wrong, or null for what is not known yet. */
const readLetters = (
  shell: 'sh' | 'bash',
  words: readonly (string | null)[],
  at: number,
  reading: Reading,
): number | BuiltinProblem | null => {
  const [sign, ...letters] = words[at]!
  let taken = 0
  for (const letter of letters) {
    if (letter === 'c' && sign === '-') reading.hasCommands = true
    else if (letter === 's' && sign === '-') reading.isInput = true
    else if (letter === 'o') {
      const name = words[at + ++taken]
      if (name === null) return null
      if (name === undefined || !(NAMES.includes(name) || (name === 'pipefail' && shell === 'bash')))
        return problemAt(shell, Math.min(at + taken, words.length - 1), 'this option is not supported')
      reading.flags.push({ flag: name as ShellFlag['flag'], isSet: sign === '-' })
    } else {
      const flag = LETTERS[letter]
      if (flag === undefined) return problemAt(shell, at, REFUSED[letter] ?? 'this option is not supported')
      reading.flags.push({ flag, isSet: sign === '-' })
    }
  }
  return taken
}

/** Reads the words of a shell, its name first; null when a word that decides is not known yet, else how it is called or what is wrong. */
export const readShellCall = (words: readonly (string | null)[]): ShellCall | BuiltinProblem | null => {
  const shell = shellOf(words[0]) ?? 'sh'
  const reading: Reading = { flags: [], hasCommands: false, isInput: false }
  let at = 1
  for (; at < words.length; at++) {
    const word = words[at]
    if (word === null) {
      // The commands themselves may be made when the script runs.
      if (reading.hasCommands) break
      return null
    }
    if (word === '--' || word === '-') {
      at++
      break
    }
    if (IGNORED.includes(word!) && shell === 'bash') continue
    if (word!.startsWith('--')) return problemAt(shell, at, 'this option is not supported')
    if (!/^[-+]./.test(word!)) break
    const taken = readLetters(shell, words, at, reading)
    if (typeof taken !== 'number') return taken
    at += taken
  }
  const { flags, hasCommands, isInput } = reading
  if (hasCommands && at >= words.length) return problemAt(shell, words.length - 1, 'the commands are missing')
  if (!hasCommands && !isInput && at < words.length)
    return problemAt(shell, at, 'commands in a file of their own are not supported')
  return { flags, commandsAt: hasCommands ? at : null, operandsAt: hasCommands ? at + 1 : at }
}

/** True for what is wrong with the words of a shell. */
export const isProblem = (call: ShellCall | BuiltinProblem): call is BuiltinProblem => 'problem' in call
