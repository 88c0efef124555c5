/**
 * Words and operators of one line of a script, read as bash reads them: single quotes, double quotes with their
 * backslashes, and no expansion of any kind.
 *
 * What bash would expand (variables, command substitution, braces, a tilde) is refused instead of taken literally, so that a
 * script never means one thing here and another in bash. File name patterns stay as they are, as in bash when no file
 * matches.
 */
import { NetloomError } from '../errors.js'

/** A word with its quotes removed, or an operator, and where it starts (columns from 1). */
export interface Token {
  readonly kind: 'word' | 'operator'
  readonly text: string
  readonly column: number
}

/** Operators, the longest first; digits belong to a redirection where a word would start. */
const OPERATORS = /^(?:\d*>&\d|\d+(?:>>|[<>])|&&|\|\||\|&|;;|>>|<<|&>|>&|>\||[&|;<>()])/

/** Throws `EGRAMMAR` with `line`, `column` and `word` in the context. */
export const grammarError = (line: number, column: number, word: string, problem: string): NetloomError =>
  new NetloomError('EGRAMMAR', `line ${line}, column ${column}: ${word === '' ? '' : `\`${word}\`: `}${problem}`, {
    line,
    column,
    word,
  })

const NO_EXPANSION = 'variables and command substitution are not supported; use single quotes for a literal $ or `'

class Lexer {
  readonly #line: number
  readonly #text: string
  #at = 0
  readonly tokens: Token[] = []

  constructor(line: number, text: string) {
    this.#line = line
    this.#text = text
  }

  fail(at: number, word: string, problem: string): never {
    throw grammarError(this.#line, at + 1, word, problem)
  }

  run(): void {
    const text = this.#text
    while (this.#at < text.length) {
      const char = text[this.#at]!
      if (/\s/.test(char)) this.#at++
      else if (char === '#') return
      else {
        const operator = this.#operator()
        if (operator === '') this.#word()
        else {
          this.tokens.push({ kind: 'operator', text: operator, column: this.#at + 1 })
          this.#at += operator.length
        }
      }
    }
  }

  #operator(): string {
    return OPERATORS.exec(this.#text.slice(this.#at))?.[0] ?? ''
  }

  #word(): void {
    const start = this.#at
    let word = ''
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at]!
      if (/\s/.test(char) || '&|;<>()'.includes(char)) break
      if (char === "'") word += this.#singleQuoted()
      else if (char === '"') word += this.#doubleQuoted()
      else word += this.#plain(char, start)
    }
    if (/^\{.*,.*\}/.test(this.#text.slice(start, this.#at))) this.fail(start, word, 'braces are not expanded')
    this.tokens.push({ kind: 'word', text: word, column: start + 1 })
  }

  #plain(char: string, start: number): string {
    if (char === '$' || char === '`') this.fail(this.#at, char, NO_EXPANSION)
    if (char === '\\') this.fail(this.#at, char, 'a backslash stands inside quotes only; one command is one line')
    if (char === '~' && this.#at === start) this.fail(this.#at, char, 'a tilde is not expanded; quote it')
    this.#at++
    return char
  }

  #singleQuoted(): string {
    const end = this.#text.indexOf("'", this.#at + 1)
    if (end < 0) this.fail(this.#at, "'", 'there is no closing quote on this line')
    const word = this.#text.slice(this.#at + 1, end)
    this.#at = end + 1
    return word
  }

  #doubleQuoted(): string {
    const start = this.#at
    let word = ''
    for (let i = start + 1; i < this.#text.length; i++) {
      const char = this.#text[i]!
      if (char === '"') {
        this.#at = i + 1
        return word
      }
      if (char === '$' || char === '`') this.fail(i, char, NO_EXPANSION)
      const next = this.#text[i + 1]
      if (char === '\\' && (next === '\\' || next === '"')) i++
      word += this.#text[i]!
    }
    return this.fail(start, '"', 'there is no closing quote on this line')
  }
}

/** The tokens of a line; what follows a `#` at the start of a word is a comment. Throws `EGRAMMAR`. */
export const tokenize = (text: string, line = 1): Token[] => {
  const lexer = new Lexer(line, text)
  lexer.run()
  return lexer.tokens
}
