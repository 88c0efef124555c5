/**
 * A text as Python's `repr` writes it: the recordings show so what a listener received.
 */

const ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\' }

const escaped = (char: string, quote: string): string => {
  const known = ESCAPES[char]
  if (known !== undefined) return known
  if (char === quote) return `\\${char}`
  const code = char.codePointAt(0)!
  const isControl = code < 0x20 || (code >= 0x7f && code < 0xa0)
  return isControl ? `\\x${code.toString(16).padStart(2, '0')}` : char
}

/** `text` in quotes: single ones, unless it holds single ones and no double ones. */
export const pythonRepr = (text: string): string => {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  return quote + [...text].map(char => escaped(char, quote)).join('') + quote
}
