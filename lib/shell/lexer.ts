/**
 * Tokens of a script: words, operators, ends of lines. Comments are skipped, a backslash joins lines, and the lines of
 * here-documents are read when the line that names them ends.
 *
 * @see IEEE Std 1003.1 XCU 2.3, 2.7.4
 */
import type { Source } from './source.js'
import type { ArithmeticExpansion, HereDocument, List, Place, Word } from './syntax.js'
import { WordReader } from './word-reader.js'

/** A token and where it stands. */
export interface Token extends Place {
  readonly kind: 'word' | 'operator' | 'newline' | 'end'
  /** As it stands in the script. */
  readonly text: string
  /** Offsets of its first character and behind its last one. */
  readonly at: number
  readonly end: number
  /** Of a token of that kind. */
  readonly word: Word | null
}

/** Operators, the longest first; digits belong to a redirection where a word would start. */
const OPERATOR = /\d*(?:<<-|<<<|<<|<&|<>|>>|>&|>\||[<>])|&&|\|\||\|&|;;&|;;|;&|&>>|&>|[&|;()]/y
const BLANKS = /(?:[^\S\n]|\\\n)+/y
const COMMENT = /#[^\n]*/y
const MAY_FAIL = /^#\s*may-fail\b/

/** Reads the commands of `$(` with the lexer given, up to and with the closing parenthesis. */
export type ReadSubstitution = (lexer: Lexer) => List

/** Reads the tokens of a script, one at a time. */
export class Lexer {
  readonly source: Source
  readonly #reader: WordReader
  readonly #readSubstitution: ReadSubstitution
  /** Here-documents that the present line has named. */
  #pending: { readonly document: HereDocument; readonly at: number }[] = []
  #mayFail = false
  readonly #mayFailLines = new Set<number>()

  /** `readSubstitution` reads the commands of `$(` with the lexer given, up to and with the closing parenthesis. */
  constructor(source: Source, readSubstitution: ReadSubstitution) {
    this.source = source
    this.#readSubstitution = readSubstitution
    this.#reader = new WordReader(this.source, () => readSubstitution(this))
  }

  /** True when `# may-fail` stands above this line, with nothing but comments between. */
  mayFail(line: number): boolean {
    return this.#mayFailLines.has(line)
  }

  /** The next token. */
  next(): Token {
    const s = this.source
    this.#skipBlanks()
    const start = s.at
    if (s.isAtEnd) {
      this.#readHereDocuments()
      return this.#token('end', start)
    }
    if (s.char === '\n') {
      s.at++
      const token = this.#token('newline', start)
      if (this.#pending.length > 0) this.#readHereDocuments()
      return token
    }
    const operator = s.match(OPERATOR)
    if (operator !== null) {
      s.at += operator[0].length
      return this.#token('operator', start)
    }
    const word = this.#reader.word()
    return this.#token('word', start, word)
  }

  /** Promises the lines of a here-document, whose delimiter is `word`. */
  hereDocument(word: Word, stripsTabs: boolean): HereDocument {
    const isQuoted = /['"\\]/.test(word.text)
    const delimiter = word.parts.map(p => (p.kind === 'literal' ? p.text : '')).join('')
    if (word.parts.some(p => p.kind !== 'literal'))
      this.source.fail(this.source.at - word.text.length, word.text, 'the delimiter of a here-document is a plain word')
    const document: HereDocument = { delimiter, isQuoted, stripsTabs, parts: [] }
    this.#pending.push({ document, at: this.source.at - word.text.length })
    return document
  }

  /** The regular expression behind `=~`. */
  expression(): Token {
    this.#skipBlanks()
    const start = this.source.at
    return this.#token('word', start, this.#reader.expression())
  }

  /** The expression of `((`, whose first parenthesis was the last token. */
  arithmeticCommand(): ArithmeticExpansion {
    return this.#reader.arithmeticCommand()
  }

  #token(kind: Token['kind'], at: number, word: Word | null = null): Token {
    const { source } = this
    return { kind, text: source.text.slice(at, source.at), at, end: source.at, word, ...source.placeOf(at) }
  }

  #skipBlanks(): void {
    const s = this.source
    s.at += s.match(BLANKS)?.[0].length ?? 0
    const comment = s.match(COMMENT)?.[0]
    const { line, column } = s.placeOf(s.at)
    const isAlone = s.text.slice(s.at - column + 1, s.at).trim() === ''
    if (comment !== undefined) {
      if (isAlone && MAY_FAIL.test(comment)) this.#mayFail = true
      s.at += comment.length
    } else if (isAlone) {
      if (this.#mayFail) this.#mayFailLines.add(line)
      this.#mayFail = false
    }
  }

  #readHereDocuments(): void {
    for (const { document, at } of this.#pending) this.#readHereDocument(document, at)
    this.#pending = []
  }

  #readHereDocument(document: HereDocument, at: number): void {
    const s = this.source
    const start = s.at
    let body = ''
    for (;;) {
      if (s.isAtEnd) s.fail(at, document.delimiter, 'the here-document does not end: its delimiter stands on no line')
      const newline = s.text.indexOf('\n', s.at)
      const end = newline < 0 ? s.text.length : newline
      const whole = s.text.slice(s.at, end)
      const line = document.stripsTabs ? whole.replace(/^\t+/, '') : whole
      s.at = newline < 0 ? end : end + 1
      if (line === document.delimiter) break
      body += `${line}\n`
    }
    document.parts = document.isQuoted
      ? [{ kind: 'literal', text: body, isQuoted: true }]
      : new Lexer(s.inner(body, start), this.#readSubstitution).#reader.hereDocument()
  }
}
