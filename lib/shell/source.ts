/**
 * The text of a script while it is read: a place in it, and errors that say where.
 */
import { NetloomError } from '../errors.js'
import { BASH, type Dialect } from './dialect.js'
import type { Place } from './syntax.js'

/** Throws `EGRAMMAR` with `line`, `column` and `word` in the context. */
export const grammarError = ({ line, column }: Place, word: string, problem: string): NetloomError =>
  new NetloomError('EGRAMMAR', `line ${line}, column ${column}: ${word === '' ? '' : `\`${word}\`: `}${problem}`, {
    line,
    column,
    word,
  })

/** How a text is read. */
export interface SourceOptions {
  /** Line that the text begins on. */
  readonly firstLine?: number
  /** The place in the script of an offset in the text, for commands that stand in a word. */
  readonly locate?: (at: number) => Place
  /** Of the shell that reads it; bash. */
  readonly dialect?: Dialect
  /** The shell has a name, `$0`. */
  readonly hasName?: boolean
}

/** A script and how far it has been read. */
export class Source {
  readonly text: string
  /** Offset of the next character. */
  at = 0
  readonly dialect: Dialect
  readonly hasName: boolean
  readonly #options: SourceOptions
  readonly #lineStarts: readonly number[]

  constructor(text: string, options: SourceOptions = {}) {
    this.#options = options
    this.dialect = options.dialect ?? BASH
    this.hasName = options.hasName ?? false
    this.text = text.replace(/\r\n/g, '\n')
    this.#lineStarts = [0, ...[...this.text.matchAll(/\n/g)].map(m => m.index + 1)]
  }

  /** The next character; empty at the end. */
  get char(): string {
    return this.text[this.at] ?? ''
  }

  /** The character behind the next one. */
  get following(): string {
    return this.text[this.at + 1] ?? ''
  }

  get isAtEnd(): boolean {
    return this.at >= this.text.length
  }

  /** A part of the text, from an offset on, that is read by itself. */
  inner(text: string, from: number): Source {
    const { locate } = this.#options
    const { line } = this.placeOf(from)
    const places = locate === undefined ? { firstLine: line } : { locate: (at: number): Place => locate(from + at) }
    return new Source(text, { ...this.#options, ...places })
  }

  /** Line and column of an offset. */
  placeOf(at: number): Place {
    const { locate, firstLine = 1 } = this.#options
    return locate === undefined ? this.#placeIn(at, firstLine) : locate(at)
  }

  #placeIn(at: number, firstLine: number): Place {
    const starts = this.#lineStarts
    let low = 0
    let high = starts.length
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (starts[middle]! <= at) low = middle
      else high = middle
    }
    return { line: low + firstLine, column: at - starts[low]! + 1 }
  }

  /** What a sticky regular expression finds at the present place; null for nothing. */
  match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at
    return pattern.exec(this.text)
  }

  fail(at: number, word: string, problem: string): never {
    throw grammarError(this.placeOf(at), word, problem)
  }
}
