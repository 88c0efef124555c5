/**
 * Word expansion: parameters, command substitution, arithmetic, splitting into fields, names of files, removal of quotes.
 *
 * @see IEEE Std 1003.1 XCU 2.6
 */
import { NetloomError } from '../errors.js'
import { evaluate } from './arithmetic.js'
import { Discard, type Environment, failure, ShellExit, shellMessage } from './environment.js'
import { DEFAULT_IFS, Fields } from './fields.js'
import { isPattern, matches, patternOf, replaced, withoutPrefix, withoutSuffix } from './pattern.js'
import type { Steps } from './steps.js'
import {
  type ArithmeticExpansion,
  isList,
  type List,
  type ParameterExpansion,
  type Place,
  type Word,
  type WordPart,
} from './syntax.js'
import { trace } from './xtrace.js'

/** A word of a command as the command gets it, and where it comes from. */
export interface Field extends Place {
  readonly text: string
}

/** What expansion needs of a shell. */
export interface Expansion {
  readonly env: Environment
  /** Runs the commands of `$(...)` and returns what they wrote. */
  readonly substitute: (list: List) => Steps<string>
  /** Names of the files that a pattern may match: of a directory of the host, or with null of the script's. */
  readonly fileNames: (directory: string | null) => readonly string[]
}

/** Ends the shell as an error of expansion does. */
const expansionError = ({ env }: Expansion, place: Place, text: string): never => {
  env.streams.err(shellMessage(env, place.line, text))
  const { line, column } = place
  const exit = env.identity.expansionStatus
  throw new ShellExit(
    failure(exit, text),
    new NetloomError('EIO', `line ${line}, column ${column}: ${text}`, { line, column, exit }),
  )
}

const ifsOf = ({ env }: Expansion): string => env.variables.get('IFS') ?? DEFAULT_IFS

const parameterValue = (x: Expansion, name: string): string | null => {
  const { env } = x
  const { parameters } = env.frame
  if (name === '?') return String(env.status.code)
  if (name === '!') return env.lastBackground === null ? null : String(env.lastBackground.pid)
  if (name === '0') return env.identity.name
  if (name === '#') return String(parameters.length)
  if (name === '@') return parameters.join(' ')
  if (name === '*') return parameters.join([...ifsOf(x)][0] ?? '')
  if (/^\d/.test(name)) return parameters[Number(name) - 1] ?? null
  return env.variables.get(name)
}

/** True when a value counts as given for an operator: with a colon an empty one does not. */
const isGiven = (value: string | null, operator: string): value is string =>
  value !== null && !(operator.startsWith(':') && value === '')

const unbound = (x: Expansion, part: ParameterExpansion): never => {
  const { dialect } = x.env.identity
  const sign = /^\d/.test(part.name) && part.operator === '' && !dialect.isPosix ? '$' : ''
  return expansionError(x, part, `${sign}${part.name}: ${dialect.unbound}`)
}

/** The parts that a parameter stands for: its value, or the word behind its operator. */
function* parameterParts(x: Expansion, part: ParameterExpansion): Steps<readonly WordPart[]> {
  const { name, operator, parts, isQuoted } = part
  const value = parameterValue(x, name)
  const literal = (text: string): readonly WordPart[] => [{ kind: 'literal', text, isQuoted }]
  switch (operator.length === 2 && operator.startsWith(':') ? operator.slice(1) : operator) {
    case '+':
      return isGiven(value, operator) ? parts : []
    case '-':
      return isGiven(value, operator) ? literal(value) : parts
    case '=':
      return isGiven(value, operator) ? literal(value) : literal(yield* assigned(x, part))
    case '?': {
      if (isGiven(value, operator)) return literal(value)
      const text = yield* partsText(x, parts)
      const { dialect } = x.env.identity
      const why = operator === '?' ? dialect.unset : dialect.unsetOrNull
      return expansionError(x, part, `${name}: ${text === '' ? why : text}`)
    }
  }
  if (value === null && x.env.flags.nounset) unbound(x, part)
  return literal(value === null && operator !== 'length' ? '' : yield* changed(x, part, value ?? ''))
}

/** Assigns the word of `${X=WORD}`. */
function* assigned(x: Expansion, part: ParameterExpansion): Steps<string> {
  if (!/^[A-Za-z_]/.test(part.name)) expansionError(x, part, `$${part.name}: cannot assign in this way`)
  const text = yield* partsText(x, part.parts)
  x.env.variables.set(part.name, text)
  return text
}

/** What an operator makes of a value. */
function* changed(x: Expansion, part: ParameterExpansion, value: string): Steps<string> {
  const { operator, parts } = part
  switch (operator) {
    case 'length':
      return String(isList(part.name) ? x.env.frame.parameters.length : [...value].length)
    case '#':
    case '##':
      return withoutPrefix(value, yield* partsPattern(x, parts), operator === '##')
    case '%':
    case '%%':
      return withoutSuffix(value, yield* partsPattern(x, parts), operator === '%%')
    case '/':
    case '//': {
      const pattern = yield* partsPattern(x, parts)
      return replaced(value, pattern, yield* replacementOf(x, part.replacement), operator === '//')
    }
    case ':': {
      const chars = [...value]
      const [from, to] = yield* bounds(x, part, chars.length)
      return chars.slice(from, to).join('')
    }
    default:
      return value
  }
}

/** Where the piece of `${X:OFFSET:LENGTH}` begins and ends. */
function* bounds(x: Expansion, part: ParameterExpansion, length: number): Steps<[from: number, to: number]> {
  const text = yield* partsText(x, part.parts)
  const [offsetText = '', lengthText, ...others] = text.split(':')
  if (others.length > 0 || text.includes('?')) expansionError(x, part, `${text}: a ?: stands in no offset here`)
  const offset = Number(computed(x, part, offsetText))
  const from = offset < 0 ? length + offset : offset
  if (from < 0 || from > length) return [0, 0]
  if (lengthText === undefined) return [from, length]
  const count = Number(computed(x, part, lengthText))
  const to = count < 0 ? length + count : from + count
  if (to < from) {
    x.env.streams.err(shellMessage(x.env, part.line, `${lengthText}: substring expression < 0`))
    throw new Discard(`${lengthText}: substring expression < 0`)
  }
  return [from, to]
}

const dashArithmetic = (text: string, problem: string): string => {
  const isEnd = problem.includes('syntax error in expression') || problem.includes('missing operator')
  const why = problem.startsWith('division by 0') ? 'division by zero' : isEnd ? 'expecting EOF' : 'expecting primary'
  return `arithmetic expression: ${why}: "${text}"`
}

/** The value of an expression; `what` stands in front of an error. */
export const computed = (x: Expansion, place: Place, text: string, what = ''): bigint => {
  const { variables, flags, streams, identity } = x.env
  const { isPosix, unbound: why } = identity.dialect
  const get = (name: string): string => {
    const value = variables.get(name)
    if (value === null && flags.nounset) expansionError(x, place, `${name}: ${why}`)
    // In dash a variable is a number, and no expression of its own.
    if (isPosix && !/^\s*([-+]?\d\w*)?\s*$/.test(value ?? '')) expansionError(x, place, `Illegal number: ${value}`)
    return value ?? ''
  }
  const result = evaluate(text, { get, set: (name, value) => variables.set(name, value) }, place)
  if (typeof result === 'bigint') return result
  if (isPosix) expansionError(x, place, dashArithmetic(text, result.problem))
  const problem = `${what}${result.text.trimStart()}: ${result.problem}`
  streams.err(shellMessage(x.env, place.line, problem))
  throw new Discard(problem)
}

/** The value of `((...))`, whose parameters and commands are expanded first. */
export function* arithmeticCommandValue(x: Expansion, expansion: ArithmeticExpansion): Steps<bigint> {
  const text = yield* partsText(x, expansion.parts)
  trace(x.env, `(( ${text} ))`)
  return computed(x, expansion, text, '((: ')
}

/** Text of a part that is not a parameter. */
function* textOf(x: Expansion, part: Exclude<WordPart, ParameterExpansion>): Steps<string> {
  if (part.kind === 'literal') return part.text
  if (part.kind === 'substitution') return yield* x.substitute(part.list)
  return String(computed(x, part, yield* partsText(x, part.parts)))
}

/** Parts without any splitting: the value of an assignment, a here-document. */
export function* partsText(x: Expansion, parts: readonly WordPart[]): Steps<string> {
  let text = ''
  for (const part of parts)
    text += part.kind === 'parameter' ? yield* partsText(x, yield* parameterParts(x, part)) : yield* textOf(x, part)
  return text
}

/** Parts as a pattern: what is quoted stands for itself. */
export function* partsPattern(x: Expansion, parts: readonly WordPart[]): Steps<string> {
  let pattern = ''
  for (const part of parts) {
    if (part.kind === 'parameter') pattern += yield* partsPattern(x, yield* parameterParts(x, part))
    else {
      const text = yield* textOf(x, part)
      pattern += part.isQuoted ? patternOf(text) : text
    }
  }
  return pattern
}

/** What a pattern is replaced by: an `&` outside of quotes is what was matched. */
function* replacementOf(x: Expansion, parts: readonly WordPart[]): Steps<string> {
  let replacement = ''
  for (const part of parts) {
    if (part.kind === 'parameter') replacement += yield* replacementOf(x, yield* parameterParts(x, part))
    else {
      const text = yield* textOf(x, part)
      replacement += part.isQuoted ? text.replace(/[\\&]/g, '\\$&') : text
    }
  }
  return replacement
}

/** The values of `$@`, `$*` and `${@:OFFSET:LENGTH}`; null for what stands for one value, as `"$*"` does. */
function* listOf(x: Expansion, part: ParameterExpansion): Steps<readonly string[] | null> {
  if (!isList(part.name) || part.operator === 'length' || (part.name === '*' && part.isQuoted)) return null
  const { parameters } = x.env.frame
  if (part.operator === '') return parameters
  // Parameters are counted from 1; 0 is the name of the script.
  const [from, to] = yield* bounds(x, part, parameters.length + 1)
  return parameters.slice(Math.max(from - 1, 0), Math.max(to - 1, 0))
}

const addList = (values: readonly string[], fields: Fields, isQuoted: boolean): void => {
  for (const [i, value] of values.entries()) {
    if (i > 0) fields.end()
    if (isQuoted) fields.add(value)
    else fields.addSplit(value)
  }
}

/** `splits`: the parts come from an expansion outside of quotes, so that even their own text is split. */
function* addParts(x: Expansion, parts: readonly WordPart[], fields: Fields, splits: boolean): Steps<void> {
  for (const part of parts) {
    if (part.kind === 'parameter') {
      const list = yield* listOf(x, part)
      if (list !== null) {
        addList(list, fields, part.isQuoted)
        continue
      }
      const given = yield* parameterParts(x, part)
      // The empty value of a quoted parameter is a field, too.
      if (part.isQuoted) fields.add('')
      yield* addParts(x, given, fields, !part.isQuoted)
    } else {
      const text = yield* textOf(x, part)
      if (part.isQuoted) fields.add(text)
      else if (part.kind === 'literal' && !splits) fields.addPlain(text)
      else fields.addSplit(text)
    }
  }
}

/** Names of files of the host that a path stands for, whose last name is a pattern. */
const hostPathnames = (x: Expansion, text: string, pattern: string): string[] => {
  const at = pattern.lastIndexOf('/') + 1
  const directory = text.slice(0, text.lastIndexOf('/') + 1)
  if (isPattern(pattern.slice(0, at)))
    throw new NetloomError('EGRAMMAR', `\`${text}\`: only the last name of a path can be a pattern`, { word: text })
  return x.fileNames(directory).map(name => `${directory}${name}`)
}

/** Names of files that a pattern stands for; the text itself when there are none. */
const pathnames = (x: Expansion, { text, pattern }: { readonly text: string; readonly pattern: string }): string[] => {
  if (x.env.flags.noglob || !isPattern(pattern)) return [text]
  const isOnHost = x.env.identity.netns !== null && text.startsWith('/')
  const all = isOnHost ? hostPathnames(x, text, pattern) : x.fileNames(null)
  const isHidden = (name: string): boolean => /(^|\/)\.[^/]*$/.test(name) && !/(^|\/)\.[^/]*$/.test(pattern)
  const names = all.filter(name => matches(pattern, name) && !isHidden(name))
  return names.length > 0 ? names : [text]
}

/** The fields that words stand for. */
export function* expandWords(x: Expansion, words: readonly Word[]): Steps<Field[]> {
  const all: Field[] = []
  for (const { parts, line, column } of words) {
    const fields = new Fields(ifsOf(x))
    yield* addParts(x, parts, fields, false)
    fields.end()
    for (const field of fields.done) for (const text of pathnames(x, field)) all.push({ text, line, column })
  }
  return all
}
