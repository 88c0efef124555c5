/**
 * Reads words: quotes, backslashes, and what begins with `$`.
 *
 * What bash would expand and netloom does not (backquotes, a tilde, parameters of the script) is refused instead of taken
 * literally, so that a script never means one thing here and another in bash.
 *
 * @see IEEE Std 1003.1 XCU 2.2, 2.6
 */
import type { Source } from './source.js'
import type { List, ParameterOperator, Word, WordPart } from './syntax.js'

/** Reads the commands of `$(`, up to and with the closing parenthesis. */
export type ReadSubstitution = () => List

type Quoting = 'none' | 'double' | 'hereDocument'

const ENDS_WORD = /[\s&|;<>()]/
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y
const OPERATOR = /:?[-+=]/y
const NUMBER_LENGTH = /\$#|\$\{#\}/y

const SUPPORTED =
  '$X, {X} behind a $, also as {X-WORD}, {X:-WORD}, {X+WORD}, {X:+WORD}, {X=WORD}, {X:=WORD}, {#X}, $?, $!, $(COMMAND), $((SUM))'

/** Reads the words of a source. */
export class WordReader {
  readonly #source: Source
  readonly #readSubstitution: ReadSubstitution

  constructor(source: Source, readSubstitution: ReadSubstitution) {
    this.#source = source
    this.#readSubstitution = readSubstitution
  }

  /** The word that begins at the present place. */
  word(): Word {
    const s = this.#source
    const start = s.at
    if (s.char === '~') s.fail(start, '~', 'a tilde is not expanded; quote it')
    const parts = this.#parts('none', char => ENDS_WORD.test(char))
    return { ...s.placeOf(start), text: s.text.slice(start, s.at), parts }
  }

  /** The parts of a here-document whose delimiter is not quoted; it reaches to the end of the source. */
  hereDocument(): readonly WordPart[] {
    return this.#parts('hereDocument', () => false)
  }

  #parts(quoting: Quoting, isEnd: (char: string) => boolean): readonly WordPart[] {
    const s = this.#source
    const parts = new PartList()
    while (!s.isAtEnd && !isEnd(s.char)) {
      const { char } = s
      if (char === '$') parts.add(this.#dollar(quoting !== 'none'))
      else if (char === '`') s.fail(s.at, char, 'write $(COMMAND) instead of backquotes; quote a literal one')
      else if (char === '\\') parts.literal(...this.#backslash(quoting))
      else if (quoting === 'none' && char === "'") parts.literal(this.#singleQuoted(), true)
      else if (quoting !== 'hereDocument' && char === '"') this.#quotation(quoting, parts)
      else {
        parts.literal(char, quoting !== 'none')
        s.at++
      }
    }
    return parts.parts
  }

  #singleQuoted(): string {
    const s = this.#source
    const end = s.text.indexOf("'", s.at + 1)
    if (end < 0) s.fail(s.at, "'", 'there is no closing quote')
    const text = s.text.slice(s.at + 1, end)
    s.at = end + 1
    return text
  }

  #quotation(quoting: Quoting, parts: PartList): void {
    const s = this.#source
    if (quoting === 'double') s.fail(s.at, '"', 'double quotes do not stand inside of an expansion in double quotes')
    const start = s.at++
    parts.literal('', true)
    for (const part of this.#parts('double', char => char === '"')) parts.add(part)
    if (s.isAtEnd) s.fail(start, '"', 'there is no closing quote')
    s.at++
  }

  /** The text that a backslash makes literal, and whether it counts as quoted. */
  #backslash(quoting: Quoting): [string, boolean] {
    const s = this.#source
    const { following } = s
    s.at += following === '' ? 1 : 2
    if (following === '\n') return ['', quoting !== 'none']
    if (quoting === 'none') return [following === '' ? '\\' : following, true]
    const special = quoting === 'double' ? '$`"\\' : '$`\\'
    return [special.includes(following) ? following : `\\${following}`, true]
  }

  #dollar(isQuoted: boolean): WordPart {
    const s = this.#source
    const start = s.at
    const place = s.placeOf(start)
    if (s.text.startsWith('$((', start)) return { kind: 'arithmetic', text: this.#arithmetic(), isQuoted, ...place }
    s.at++
    if (s.char === '(') {
      s.at++
      return { kind: 'substitution', list: this.#readSubstitution(), isQuoted, ...place }
    }
    if (s.char === '{') return this.#braces(start, isQuoted)
    const name = s.match(NAME)?.[0] ?? ('?!'.includes(s.char) ? s.char : '')
    s.at += name.length
    if (name !== '') return { kind: 'parameter', name, operator: '', parts: [], isQuoted, ...place }
    s.at = start
    if (s.match(NUMBER_LENGTH) !== null || /[\d@*$_-]/.test(s.following))
      s.fail(start, s.text.slice(start, start + 2), `a script has no parameters here; supported: ${SUPPORTED}`)
    if (!isQuoted && /['"]/.test(s.following))
      s.fail(start, `$${s.following}`, `not supported; supported: ${SUPPORTED}`)
    s.at++
    return { kind: 'literal', text: '$', isQuoted }
  }

  #braces(start: number, isQuoted: boolean): WordPart {
    const s = this.#source
    const refuse = (): never => {
      const end = s.text.indexOf('}', start)
      const word = s.text.slice(start, end < 0 ? start + 2 : end + 1)
      return s.fail(start, word, end < 0 ? 'there is no closing }' : `not supported; supported: ${SUPPORTED}`)
    }
    s.at++
    const isLength = s.char === '#'
    if (isLength) s.at++
    const name = s.match(NAME)?.[0] ?? ('?!'.includes(s.char) ? s.char : refuse())
    s.at += name.length
    let operator: ParameterOperator = isLength ? 'length' : ''
    let parts: readonly WordPart[] = []
    if (!isLength && s.char !== '}') {
      operator = (s.match(OPERATOR)?.[0] ?? refuse()) as ParameterOperator
      s.at += operator.length
      parts = this.#parts(isQuoted ? 'double' : 'none', char => char === '}')
    }
    if (s.char !== '}') refuse()
    s.at++
    return { kind: 'parameter', name, operator, parts, isQuoted, ...s.placeOf(start) }
  }

  /** The expression of `$((...))`, to behind the closing parentheses. */
  #arithmetic(): string {
    const s = this.#source
    const start = s.at
    let depth = 0
    for (let at = start + 1; at < s.text.length; at++) {
      if (s.text[at] === '(') depth++
      else if (s.text[at] === ')') depth--
      if (depth > 0) continue
      if (s.text[at - 1] !== ')') break
      s.at = at + 1
      return s.text.slice(start + 3, at - 1)
    }
    return s.fail(start, '$((', 'there is no closing ))')
  }
}

/** Parts of a word; literals of one kind are joined. */
class PartList {
  readonly parts: WordPart[] = []

  add(part: WordPart): void {
    if (part.kind === 'literal') this.literal(part.text, part.isQuoted)
    else this.parts.push(part)
  }

  literal(text: string, isQuoted: boolean): void {
    const last = this.parts.at(-1)
    if (last?.kind === 'literal' && last.isQuoted === isQuoted)
      this.parts[this.parts.length - 1] = { kind: 'literal', text: last.text + text, isQuoted }
    else if (text !== '' || isQuoted) this.parts.push({ kind: 'literal', text, isQuoted })
  }
}
