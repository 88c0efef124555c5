/**
 * Field splitting, and the fields of a word while they are put together.
 *
 * @see IEEE Std 1003.1 XCU 2.6.5
 */
import { patternOf } from './pattern.js'

/** The value of IFS when it is not set. */
export const DEFAULT_IFS = ' \t\n'

/** A field of a command: its text, and as a pattern of file names, in which what was quoted stands behind backslashes. */
export interface SplitField {
  readonly text: string
  readonly pattern: string
}

/** Puts the fields of one word together. */
export class Fields {
  readonly done: SplitField[] = []
  readonly #ifs: string
  #text: string | null = null
  #pattern = ''

  constructor(ifs: string) {
    this.#ifs = ifs
  }

  /** Adds what was quoted. */
  add(text: string): void {
    this.#append(text, patternOf(text))
  }

  /** Adds what stands in the script outside of quotes. */
  addPlain(text: string): void {
    this.#append(text, text)
  }

  /**
   * Adds what was expanded outside of quotes: the characters of IFS end a field, blanks among them together with what other one
   * stands beside them.
   */
  addSplit(text: string): void {
    let hasEnded = false
    for (const char of text) {
      if (!this.#ifs.includes(char)) {
        this.#append(char, char === '\\' ? '\\\\' : char)
        hasEnded = false
      } else if (DEFAULT_IFS.includes(char)) {
        hasEnded ||= this.#text !== null
        this.end()
      } else {
        if (!hasEnded) this.#append('', '')
        this.end()
        hasEnded = false
      }
    }
  }

  end(): void {
    if (this.#text !== null) this.done.push({ text: this.#text, pattern: this.#pattern })
    this.#text = null
    this.#pattern = ''
  }

  #append(text: string, pattern: string): void {
    this.#text = (this.#text ?? '') + text
    this.#pattern += pattern
  }
}

/** A line split into as many pieces as `read` has names; the last one takes what is left. A backslash keeps the next character. */
export const splitLine = (line: string, ifs: string, names: number): string[] => {
  const isBlank = (char: string | undefined): boolean =>
    char !== undefined && ifs.includes(char) && DEFAULT_IFS.includes(char)
  const chars = [...line.matchAll(/\\([\s\S])|[\s\S]/gu)].map(([whole, kept]) => ({
    text: kept ?? whole,
    isKept: kept !== undefined,
  }))
  const isEnd = (at: number): boolean => !chars[at]!.isKept && ifs.includes(chars[at]!.text)
  const isBlankAt = (at: number): boolean => at < chars.length && !chars[at]!.isKept && isBlank(chars[at]!.text)
  const textOf = (from: number, to: number): string =>
    chars
      .slice(from, to)
      .map(c => c.text)
      .join('')
  const pieces: string[] = []
  let at = 0
  while (isBlankAt(at)) at++
  while (pieces.length < names - 1 && at < chars.length) {
    let end = at
    while (end < chars.length && !isEnd(end)) end++
    pieces.push(textOf(at, end))
    at = end
    while (isBlankAt(at)) at++
    if (at < chars.length && isEnd(at)) at++
    while (isBlankAt(at)) at++
  }
  let end = chars.length
  while (end > at && isBlankAt(end - 1)) end--
  // One character that is no blank and ends the only field of the rest belongs to no field.
  const isOneField = end > at && isEnd(end - 1) && !chars.slice(at, end - 1).some((_, n) => isEnd(at + n))
  return [...pieces, textOf(at, isOneField ? end - 1 : end)]
}
