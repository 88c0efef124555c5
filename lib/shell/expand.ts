/**
 * Word expansion: parameters, command substitution, arithmetic, splitting into fields, removal of quotes.
 *
 * File name patterns stay as they are, as in bash when no file matches.
 *
 * @see IEEE Std 1003.1 XCU 2.6
 */
import { evaluate } from './arithmetic.js'
import { Discard, type Environment, failure, ShellExit } from './environment.js'
import { NetloomError } from '../errors.js'
import type { List, ParameterExpansion, Place, Word, WordPart } from './syntax.js'

/** A word of a command as the command gets it, and where it comes from. */
export interface Field extends Place {
  readonly text: string
}

/** What expansion needs of a shell. */
export interface Expansion {
  readonly env: Environment
  /** Runs the commands of `$(...)` and returns what they wrote. */
  readonly substitute: (list: List) => string
}

/** Ends the script as an error of expansion does: status 1. */
const expansionError = ({ env }: Expansion, place: Place, text: string): never => {
  env.streams.err(`bash: line ${place.line}: ${text}\n`)
  const { line, column } = place
  throw new ShellExit(
    failure(1, text),
    new NetloomError('EIO', `line ${line}, column ${column}: ${text}`, { line, column, exit: 1 }),
  )
}

const parameterValue = ({ env }: Expansion, name: string): string | null => {
  if (name === '?') return String(env.status.code)
  if (name === '!') return env.lastBackground === null ? null : String(env.lastBackground.pid)
  return env.variables.get(name)
}

/** True when a value counts as given for an operator: with a colon an empty one does not. */
const isGiven = (value: string | null, operator: string): value is string =>
  value !== null && !(operator.startsWith(':') && value === '')

/** The parts that a parameter stands for: its value, or the word behind its operator. */
const parameterParts = (x: Expansion, part: ParameterExpansion): readonly WordPart[] => {
  const { name, operator, parts, isQuoted } = part
  const value = parameterValue(x, name)
  const action = operator.replace(':', '')
  const given = isGiven(value, operator)
  if (action === '+') return given ? parts : []
  if (action === '-' && !given) return parts
  if (action === '=' && !given) {
    if (name === '?' || name === '!') expansionError(x, part, `$${name}: cannot assign in this way`)
    const text = partsText(x, parts)
    x.env.variables.set(name, text)
    return [{ kind: 'literal', text, isQuoted }]
  }
  if (value === null && x.env.flags.nounset) expansionError(x, part, `${name}: unbound variable`)
  const text = value ?? ''
  return [{ kind: 'literal', text: action === 'length' ? String([...text].length) : text, isQuoted }]
}

const arithmetic = (x: Expansion, part: WordPart & { readonly kind: 'arithmetic' }): string => {
  const variable = (name: string): string => {
    const value = x.env.variables.get(name)
    if (value === null && x.env.flags.nounset) expansionError(x, part, `${name}: unbound variable`)
    return value ?? ''
  }
  const result = evaluate(part.text, variable, part)
  if (typeof result === 'bigint') return String(result)
  const problem = `${part.text.trimStart()}: ${result.problem}`
  x.env.streams.err(`bash: line ${part.line}: ${problem}\n`)
  throw new Discard(problem)
}

/** Text of a part that is not a parameter. */
const textOf = (x: Expansion, part: Exclude<WordPart, ParameterExpansion>): string => {
  if (part.kind === 'literal') return part.text
  return part.kind === 'arithmetic' ? arithmetic(x, part) : x.substitute(part.list)
}

/** Parts without any splitting: the value of an assignment, a here-document. */
export const partsText = (x: Expansion, parts: readonly WordPart[]): string => {
  let text = ''
  for (const part of parts) text += part.kind === 'parameter' ? partsText(x, parameterParts(x, part)) : textOf(x, part)
  return text
}

/** Puts the fields of one word together. */
class Fields {
  readonly done: string[] = []
  #text: string | null = null

  add(text: string): void {
    this.#text = (this.#text ?? '') + text
  }

  /** Adds what was expanded outside of quotes: blanks end a field. */
  addSplit(text: string): void {
    for (const [i, piece] of text.split(/[ \t\n]+/).entries()) {
      if (i > 0) this.end()
      if (piece !== '') this.add(piece)
    }
  }

  end(): void {
    if (this.#text !== null) this.done.push(this.#text)
    this.#text = null
  }
}

/** `splits`: the parts come from an expansion outside of quotes, so that even their own text is split. */
const addParts = (x: Expansion, parts: readonly WordPart[], fields: Fields, splits: boolean): void => {
  for (const part of parts) {
    if (part.kind === 'parameter') {
      const given = parameterParts(x, part)
      // The empty value of a quoted parameter is a field, too.
      if (part.isQuoted) fields.add('')
      addParts(x, given, fields, !part.isQuoted)
    } else {
      const text = textOf(x, part)
      if (part.isQuoted || (part.kind === 'literal' && !splits)) fields.add(text)
      else fields.addSplit(text)
    }
  }
}

/** The fields that words stand for. */
export const expandWords = (x: Expansion, words: readonly Word[]): Field[] =>
  words.flatMap(({ parts, line, column }) => {
    const fields = new Fields()
    addParts(x, parts, fields, false)
    fields.end()
    return fields.done.map(text => ({ text, line, column }))
  })
