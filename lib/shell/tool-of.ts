/**
 * What a command line comes down to: the program behind `ip netns exec NS`, and whether it may run where it stands.
 */
import { BUILTINS } from './builtins.js'
import type { Dialect } from './dialect.js'
import { grammarError } from './source.js'
import { shellOf } from './shell-call.js'
import type { Place } from './syntax.js'

/** A word of a command; null for what is known only when the script runs. */
export interface KnownWord extends Place {
  readonly text: string | null
  /** It stands for any number of words: `"$@"`. */
  readonly isList?: boolean
  /** The word may stand for several words, or none. A name of a namespace is taken to be one word all the same. */
  readonly mayVary?: boolean
}

/** The programs that a script can call. */
export interface Programs {
  /** What `ip netns exec NS` can run. */
  readonly tools: readonly string[]
  /** What runs without a namespace as well. */
  readonly filters: readonly string[]
  /** Functions that the script defines anywhere. */
  readonly functions: ReadonlySet<string>
  /** They run on a host, in a shell that `ip netns exec NS` has started. */
  readonly isOnHost: boolean
  /** Of the shell that calls them. */
  readonly dialect: Dialect
}

/** What a shell on a host can call. */
export const onHost = ({ tools }: Programs, functions: ReadonlySet<string>, dialect: Dialect): Programs => ({
  tools,
  filters: tools,
  functions,
  isOnHost: true,
  dialect,
})

const isPrefixOf = (text: string, whole: string): boolean => text !== '' && whole.startsWith(text)

/** Index of the first word behind the options of `ip`, `bridge` or `tc`, and whether `-n NS` is among them. */
const skipOptions = (words: readonly KnownWord[]): { readonly at: number; readonly hasNetns: boolean } => {
  let at = 1
  let hasNetns = false
  for (; at < words.length; at++) {
    const word = words[at]!.text ?? ''
    if (!word.startsWith('-')) break
    const option = word.startsWith('--') ? word.slice(1) : word
    if (isPrefixOf(option, '-netns') && option.length > 1) {
      hasNetns = true
      at++
    } else if (isPrefixOf(option, '-batch') && option.length > 1 && option !== '-br') at++
    else if (isPrefixOf(option, '-family') && option.length > 1 && !isPrefixOf(option, '-force')) at++
  }
  return { at, hasNetns }
}

/** Tools that have `-n NS` of their own. */
const WITH_NETNS_OPTION: readonly string[] = ['ip', 'bridge', 'tc']

const HERE = 'nothing runs outside a namespace: use'

/** What people try first that is something else here. */
const HINTS: Readonly<Record<string, string>> = {
  sudo: 'everything runs as root; leave it out',
  cd: 'a script stays in its directory',
  source: 'one script is one file',
  '.': 'one script is one file',
  eval: 'write the commands themselves',
  exec: 'exec takes a command, and no redirections alone',
  declare: 'write NAME=VALUE',
  readonly: 'write NAME=VALUE',
  mktemp: 'write a file by a plain name',
  date: 'time is virtual; it is in captures',
  awk: 'use grep and cut',
  sed: 'use grep and cut',
}

const refuse = (word: KnownWord, problem: string): never => {
  throw grammarError(word, word.text ?? '', problem)
}

const hintFor = (name: string): string => (Object.hasOwn(HINTS, name) ? `${HINTS[name]}; ` : '')

const unknown = (program: KnownWord, { filters, isOnHost }: Programs): never => {
  const builtins = [...BUILTINS.keys()].join(', ')
  if (isOnHost)
    return refuse(program, `unknown command; ${hintFor(program.text!)}supported: ${builtins}, ${filters.join(', ')}`)
  const all = `ip, bridge, tc, ${builtins}${filters.map(name => `, ${name}`).join('')} and ip netns exec NS COMMAND`
  return refuse(program, `unknown command; ${hintFor(program.text!)}supported: ${all}`)
}

/** Index of the program of `ip netns exec NS PROGRAM`; 0 for what is no such command. */
const programAt = (words: readonly KnownWord[]): number => {
  if (words[0]?.text !== 'ip') return 0
  const { at } = skipOptions(words)
  const [object, verb] = [words[at]?.text ?? '', words[at + 1]?.text ?? '']
  return object.length > 2 && isPrefixOf(object, 'netns') && isPrefixOf(verb, 'exec') ? at + 3 : 0
}

/** Index of the first word behind `env NAME=VALUE` or `timeout DURATION`. */
const behindWrapper = (words: readonly KnownWord[], at: number): number => {
  let next = at + 1
  if (words[at]?.text === 'env') {
    while (words[next]?.text?.includes('=') === true) next++
    return next
  }
  while (words[next]?.text === '-s' || words[next]?.text === '-k') next += 2
  return next + 1
}

/** Index of the shell that a command starts; -1 for a command that starts none, as far as its words are known. */
export const shellAt = (words: readonly KnownWord[]): number => {
  let at = programAt(words)
  while (/^(env|timeout)$/.test(words[at]?.text ?? '')) at = behindWrapper(words, at)
  const isSure = words.slice(0, at).every(word => word.isList !== true)
  return isSure && shellOf(words[at]?.text) !== null ? at : -1
}

/** The program of `ip netns exec NS PROGRAM`; `ip` for other commands of `ip netns`, null when it is not known yet. */
const netnsTool = (words: readonly KnownWord[], at: number, { tools }: Programs): string | null => {
  const verb = words[at + 1]
  if (verb?.text === null) return null
  if (verb === undefined || !isPrefixOf(verb.text, 'exec')) return 'ip'
  const tool = words[at + 3]
  if (tool?.text === null) return null
  if (tool === undefined) return 'ip'
  if (!tools.includes(tool.text) && shellOf(tool.text) === null) {
    const builtin = BUILTINS.has(tool.text) ? ' (a command of the shell itself)' : ''
    refuse(tool, `unknown command${builtin}; ${hintFor(tool.text)}ip netns exec runs ${tools.join(', ')}`)
  }
  return tool.text
}

/**
 * The program that words come down to: `ping` for `ip netns exec h1 ping ...`; null when a word that decides it is not known
 * yet. Throws `EGRAMMAR` for one that is not supported, or not there.
 */
export const toolOf = (words: readonly KnownWord[], programs: Programs): string | null => {
  const program = words[0]!
  if (program.text === null) return null
  if (!WITH_NETNS_OPTION.includes(program.text)) {
    const isShell = shellOf(program.text) !== null
    if (programs.filters.includes(program.text) || (isShell && programs.isOnHost)) return program.text
    if (!programs.tools.includes(program.text) && !isShell) return unknown(program, programs)
    return refuse(program, `${HERE} ip netns exec NS ${program.text} ...`)
  }
  if (words.some(word => word.isList === true)) return null
  const { at, hasNetns } = skipOptions(words)
  const object = words[at]
  if (object?.text === null) return null
  const name = object?.text ?? ''
  if (program.text === 'ip' && name.length > 2 && isPrefixOf(name, 'netns')) return netnsTool(words, at, programs)
  if (
    !programs.isOnHost &&
    !hasNetns &&
    object !== undefined &&
    !words.some(w => w.text === null || /^--?batch$/.test(w.text))
  )
    refuse(object, `${HERE} ${program.text} -n NS ${name} ...`)
  return program.text
}
