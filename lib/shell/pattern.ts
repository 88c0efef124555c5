/**
 * Patterns of the shell: `*`, `?`, `[...]`. In the text of a pattern a backslash makes the next character stand for itself.
 *
 * @see IEEE Std 1003.1 XCU 2.13
 */

import { CHARACTER_CLASSES, literalRegex } from './posix-regex.js'

/** A text as a pattern that matches it alone. */
export const patternOf = (text: string): string => text.replace(/[\\*?[\]!^-]/g, '\\$&')

/** A pattern without its backslashes. */
export const unescaped = (pattern: string): string => pattern.replace(/\\([\s\S])/g, '$1')

/** True when there is something in it that a text is matched with. */
export const isPattern = (pattern: string): boolean => /[*?[]/.test(pattern.replace(/\\[\s\S]/g, ''))

const member = (char: string): string => (char === '-' ? '\\-' : literalRegex(char))

/** The expression of `[...]` at `at`, and the offset behind it; null for a bracket that does not close. */
const bracket = (pattern: string, at: number): { readonly source: string; readonly end: number } | null => {
  const isNegated = /[!^]/.test(pattern[at + 1] ?? '')
  const first = at + (isNegated ? 2 : 1)
  let source = ''
  for (let i = first; i < pattern.length; i++) {
    const char = pattern[i]!
    const named = /^\[:([a-z]+):\]/.exec(pattern.slice(i))
    if (char === ']' && i > first) return { source: `[${isNegated ? '^' : ''}${source}]`, end: i + 1 }
    if (named !== null && CHARACTER_CLASSES[named[1]!] !== undefined) {
      source += CHARACTER_CLASSES[named[1]!]
      i += named[0].length - 1
    } else if (char === '\\') source += member(pattern[++i] ?? '\\')
    else source += literalRegex(char)
  }
  return null
}

/** The source of an expression that matches what a pattern does. */
const patternSource = (pattern: string): string => {
  let source = ''
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern[i]!
    const set = char === '[' ? bracket(pattern, i) : null
    if (set !== null) {
      source += set.source
      i = set.end - 1
    } else if (char === '*') source += '[\\s\\S]*'
    else if (char === '?') source += '[\\s\\S]'
    else if (char === '\\') source += literalRegex(pattern[++i] ?? '\\')
    else source += literalRegex(char)
  }
  return source
}

const wholeOf = (pattern: string): RegExp => {
  try {
    return new RegExp(`^(?:${patternSource(pattern)})$`, 'u')
  } catch {
    // A range that runs backwards matches nothing.
    return /(?!)/
  }
}

/** True when a pattern matches all of a text. */
export const matches = (pattern: string, text: string): boolean => wholeOf(pattern).test(text)

/** Lengths from the shortest to the longest, or the other way round. */
const lengths = (text: string, isLongest: boolean): number[] => {
  const all = Array.from({ length: text.length + 1 }, (_, n) => n)
  return isLongest ? all.reverse() : all
}

/** A text without what a pattern matches at its beginning: the shortest such piece, or the longest. */
export const withoutPrefix = (text: string, pattern: string, isLongest: boolean): string => {
  const whole = wholeOf(pattern)
  const length = lengths(text, isLongest).find(n => whole.test(text.slice(0, n)))
  return length === undefined ? text : text.slice(length)
}

/** A text without what a pattern matches at its end. */
export const withoutSuffix = (text: string, pattern: string, isLongest: boolean): string => {
  const whole = wholeOf(pattern)
  const length = lengths(text, isLongest).find(n => whole.test(text.slice(text.length - n)))
  return length === undefined ? text : text.slice(0, text.length - length)
}

/** A text in which what a pattern matches is replaced, once or everywhere; `&` in `replacement` is what was matched, `\\&` itself. */
export const replaced = (text: string, pattern: string, replacement: string, isEverywhere: boolean): string => {
  if (pattern === '') return text
  const whole = wholeOf(pattern)
  let result = ''
  for (let at = 0; at < text.length; ) {
    const length = lengths(text.slice(at), true).find(n => n > 0 && whole.test(text.slice(at, at + n)))
    if (length === undefined) {
      result += text[at++]
      continue
    }
    const found = text.slice(at, at + length)
    result += replacement.replace(/\\([\\&])|&/g, (_, char: string | undefined) => char ?? found)
    at += length
    if (!isEverywhere) return result + text.slice(at)
  }
  return result
}
