/**
 * Where the commands of `sh -c` stand in the script: what is wrong with them is named by its place there.
 */
import type { SourceOptions } from './source.js'
import { type HereDocument, literalText, type Place, type Word } from './syntax.js'

/** For each character of a word without its quotes, and for its end, the offset in the word as it is written. */
const offsetsOf = (raw: string): { readonly text: string; readonly offsets: readonly number[] } => {
  const offsets: number[] = []
  let text = ''
  let quote = ''
  const keep = (at: number): void => {
    text += raw[at]!
    offsets.push(at)
  }
  for (let at = 0; at < raw.length; at++) {
    const char = raw[at]!
    if (quote === "'") {
      if (char === "'") quote = ''
      else keep(at)
    } else if (char === '\\' && (quote === '' || '$`"\\\n'.includes(raw[at + 1] ?? ' '))) {
      at++
      if (raw[at] !== '\n' && at < raw.length) keep(at)
    } else if (char === '"') quote = quote === '' ? '"' : ''
    else if (char === "'" && quote === '') quote = "'"
    else keep(at)
  }
  offsets.push(raw.length - 1)
  return { text, offsets }
}

/** The place of an offset in a word as it is written. */
const placeIn = (word: Word, offset: number): Place => {
  const before = word.text.slice(0, offset)
  const lines = before.split('\n').length - 1
  if (lines === 0) return { line: word.line, column: word.column + offset }
  return { line: word.line + lines, column: offset - before.lastIndexOf('\n') }
}

/** Finds the places of a text that stands in a word, or near a place when it was made by the script. */
export const locate = (text: string, word: Word | null, near: Place): NonNullable<SourceOptions['locate']> => {
  if (word !== null && literalText(word) === text) {
    const known = offsetsOf(word.text)
    if (known.text === text) return at => placeIn(word, known.offsets[at] ?? word.text.length - 1)
  }
  return at => {
    const lines = text.slice(0, at).split('\n').length - 1
    return { line: near.line + lines, column: lines === 0 ? near.column : 1 }
  }
}

/** The text of a here-document in which nothing is expanded; null for any other. */
export const hereDocumentText = ({ parts }: HereDocument): string | null => {
  let text = ''
  for (const part of parts) {
    if (part.kind !== 'literal') return null
    text += part.text
  }
  return text
}
