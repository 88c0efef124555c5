/**
 * Assignments: words of the form `NAME=VALUE`.
 *
 * @see IEEE Std 1003.1 XCU 2.9.1
 */
import { grammarError } from './source.js'
import type { AssignmentWord, Word } from './syntax.js'

const ASSIGNMENT = /^([A-Za-z_][A-Za-z0-9_]*)(\+?)=/
const ELEMENT = /^[A-Za-z_][A-Za-z0-9_]*\[.*\]\+?=/

/** The assignment that a word is, or null. Throws `EGRAMMAR` for one to an element of an array. */
export const parseAssignment = (word: Word): AssignmentWord | null => {
  const [first, ...others] = word.parts
  if (first?.kind !== 'literal' || first.isQuoted) return null
  if (ELEMENT.test(first.text)) throw grammarError(word, word.text, 'arrays are not supported')
  const found = ASSIGNMENT.exec(first.text)
  if (found === null) return null
  const [head, name = '', plus] = found
  const rest = first.text.slice(head.length)
  if (rest.startsWith('~')) throw grammarError(word, word.text, 'a tilde is not expanded; quote it')
  const value: Word = {
    line: word.line,
    column: word.column + head.length,
    text: word.text.slice(head.length),
    parts: rest === '' ? others : [{ ...first, text: rest }, ...others],
  }
  return { name, appends: plus === '+', value, line: word.line, column: word.column }
}
