/**
 * Reads words: quotes, backslashes, and what begins with `$`.
 *
 * What bash would expand and netloom does not (backquotes, a tilde, `$$`) is refused instead of taken literally, so that a
 * script never means one thing here and another in bash.
 *
 * @see IEEE Std 1003.1 XCU 2.2, 2.6
 */
import type { Source } from './source.js'
import {
  type ArithmeticExpansion,
  isList,
  type List,
  type ParameterExpansion,
  type ParameterOperator,
  type Word,
  type WordPart,
} from './syntax.js'

/** Reads the commands of `$(`, up to and with the closing parenthesis. */
export type ReadSubstitution = () => List

type Quoting = 'none' | 'double' | 'hereDocument'

const ENDS_WORD = /[\s&|;<>()]/
/** A parameter without braces around it, and one in braces. */
const PARAMETER = /[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?!]/y
const BRACED_PARAMETER = /[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@*?!]|#(?=\})/y
const OPERATOR = /:?[-+=?]|##?|%%?|\/\/?|:/y
const REFUSED_PARAMETER = /\$[$\-_0]/y

const PARAMETERS = '$NAME, $1, $@, $*, $#, $?, $!'
const SUPPORTED = `${PARAMETERS}; $(COMMAND), $((SUM)); in braces also NAME-WORD, NAME+WORD, NAME=WORD, NAME?WORD, also with a colon, #NAME, NAME#PATTERN, NAME##PATTERN, NAME%PATTERN, NAME%%PATTERN, NAME/PATTERN/WORD, NAME//PATTERN/WORD, NAME:OFFSET:LENGTH`

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

  /** The regular expression at the present place: a word in which parentheses and `|` stand for themselves. */
  expression(): Word {
    const s = this.#source
    const start = s.at
    const parts = this.#parts('none', char => /\s/.test(char))
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
    const inside = this.#parts('double', char => char === '"')
    // "$@" may be no word at all, "" is an empty one.
    if (inside.length === 0) parts.literal('', true)
    for (const part of inside) parts.add(part)
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
    if (s.text.startsWith('$((', start)) {
      s.at += 3
      return { kind: 'arithmetic', parts: this.#arithmetic(start), isQuoted, ...place }
    }
    if (s.match(REFUSED_PARAMETER) !== null && !(s.hasName && s.following === '0'))
      s.fail(start, s.text.slice(start, start + 2), `a script has no such parameter here; supported: ${PARAMETERS}`)
    s.at++
    if (s.char === '(') {
      s.at++
      return { kind: 'substitution', list: this.#readSubstitution(), isQuoted, ...place }
    }
    if (s.char === '{') return this.#braces(start, isQuoted)
    const name = s.match(PARAMETER)?.[0] ?? ''
    s.at += name.length
    if (name !== '') return { kind: 'parameter', name, operator: '', parts: [], replacement: [], isQuoted, ...place }
    if (!isQuoted && /['"]/.test(s.char)) s.fail(start, `$${s.char}`, `not supported; supported: ${SUPPORTED}`)
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
    const isLength = s.char === '#' && s.following !== '}'
    if (isLength) s.at++
    const name = s.match(BRACED_PARAMETER)?.[0] ?? refuse()
    if (name === '0' && !s.hasName) refuse()
    s.at += name.length
    let operator: ParameterOperator = isLength ? 'length' : ''
    let words: Pick<ParameterExpansion, 'parts' | 'replacement'> = { parts: [], replacement: [] }
    if (!isLength && s.char !== '}') {
      operator = (s.match(OPERATOR)?.[0] ?? refuse()) as ParameterOperator
      s.at += operator.length
      if (isList(name) && !(name === '@' && operator === ':')) refuse()
      words = this.#operands(operator, isQuoted)
    }
    if (s.char !== '}') refuse()
    s.at++
    return { kind: 'parameter', name, operator, ...words, isQuoted, ...s.placeOf(start) }
  }

  /** What stands behind the operator of `${X...}`, up to the closing brace. */
  #operands(operator: string, isQuoted: boolean): Pick<ParameterExpansion, 'parts' | 'replacement'> {
    const s = this.#source
    // Quotes have their meaning in a pattern, whatever stands around the whole.
    const isPattern = /^[#%/]/.test(operator)
    if (s.char === '~') s.fail(s.at, '~', 'a tilde is not expanded; quote it')
    const quoting = isQuoted && !isPattern ? 'double' : 'none'
    if (!operator.startsWith('/')) return { parts: this.#parts(quoting, char => char === '}'), replacement: [] }
    if ('#%'.includes(s.char)) s.fail(s.at, s.char, 'a pattern to be replaced is bound to no end; quote a literal one')
    const first = s.at
    const parts = this.#parts(quoting, char => char === '}' || (char === '/' && s.at > first))
    if (s.char !== '/') return { parts, replacement: [] }
    s.at++
    return { parts, replacement: this.#parts('none', char => char === '}') }
  }

  /** The expression of `$((`, which began at `start`, to behind the closing parentheses. */
  #arithmetic(start: number): readonly WordPart[] {
    const s = this.#source
    let depth = 0
    const parts = this.#parts('hereDocument', char => {
      if (char === '(') depth++
      if (char === ')' && depth-- === 0) return true
      return false
    })
    if (s.char !== ')' || s.following !== ')') s.fail(start, s.text.slice(start, start + 3), 'there is no closing ))')
    s.at += 2
    return parts
  }

  /** The expression of `((`, whose first parenthesis is behind. */
  arithmeticCommand(): ArithmeticExpansion {
    const s = this.#source
    const start = s.at - 1
    s.at++
    return { kind: 'arithmetic', parts: this.#arithmetic(start), isQuoted: true, ...s.placeOf(start) }
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
