/**
 * POSIX regular expressions, basic and extended, with the additions of GNU (`\|`, `\+`, `\<`, `\w` ...), as those of JavaScript.
 *
 * DIFFERS: of several alternatives the first that matches is taken, not the longest, which shows with `grep -o` only.
 *
 * @see IEEE Std 1003.1 XBD 9, regex(7), glibc posix/regex.h
 */

/** A pattern that cannot be read; the message is regcomp's. */
export class RegexError extends Error {
  override readonly name = 'RegexError'
}

/** glibc's syntaxes: of regcomp(3) with REG_EXTENDED, of `grep -E`, which forgives more, and of `grep`. */
export type RegexSyntax = 'posix-extended' | 'egrep' | 'grep'

/** The characters of `[:NAME:]` in the C locale, as they stand in a bracket of a JavaScript expression. */
export const CHARACTER_CLASSES: Readonly<Record<string, string>> = {
  alpha: 'A-Za-z',
  digit: '0-9',
  alnum: 'A-Za-z0-9',
  upper: 'A-Z',
  lower: 'a-z',
  space: ' \\t-\\r',
  blank: ' \\t',
  punct: '!-\\/:-@\\[-`{-~',
  print: ' -~',
  graph: '!-~',
  xdigit: '0-9A-Fa-f',
  cntrl: '\\x00-\\x1f\\x7f',
}

const GNU_ESCAPES: Readonly<Record<string, string>> = {
  '<': '\\b(?=\\w)',
  '>': '\\b(?<=\\w)',
  '`': '^',
  "'": '$',
}

/** RE_DUP_MAX. */
const MOST_REPEATS = 32767

const escaped = (char: string): string => (/[\\^$.*+?()[\]{}|/]/.test(char) ? `\\${char}` : char)

class Translation {
  readonly #text: string
  readonly #isExtended: boolean
  /** An operator with nothing in front of it, or a brace that holds no interval, is an error. */
  readonly #isStrict: boolean
  #at = 0
  #out = ''
  /** Offsets in the output of the groups that are open, and of what stands in front of an operator of repetition. */
  readonly #groups: number[] = []
  #operand = 0
  #isRepeated = false
  /** Groups that have ended. */
  #closed = 0
  /** Nothing stands in front that could be repeated. */
  #isStart = true

  constructor(text: string, syntax: RegexSyntax) {
    this.#text = text
    this.#isExtended = syntax !== 'grep'
    this.#isStrict = syntax === 'posix-extended'
  }

  run(): string {
    while (this.#at < this.#text.length) this.#item()
    if (this.#groups.length > 0) throw new RegexError('Unmatched ( or \\(')
    return this.#out
  }

  /** The next operator or character: `(` for `\(` of a basic expression; a literal has no operator. */
  #item(): void {
    const char = this.#text[this.#at]!
    if (char === '[') return this.#bracket()
    const isEscaped = char === '\\'
    const subject = isEscaped ? this.#text[this.#at + 1] : char
    if (subject === undefined) throw new RegexError('Trailing backslash')
    const length = isEscaped ? 2 : 1
    const isOperator = '(){}|+?'.includes(subject) && isEscaped !== this.#isExtended
    this.#at += length
    if (isOperator) return this.#operator(subject)
    if (isEscaped) return this.#escape(subject)
    this.#plain(subject)
  }

  #add(text: string): void {
    this.#operand = this.#out.length
    this.#out += text
    this.#isStart = false
    this.#isRepeated = false
  }

  /** What matches a place. JavaScript repeats it in a group only. */
  #assertion(text: string): void {
    this.#add(text)
    this.#isRepeated = true
  }

  /** Repeats the last item. JavaScript repeats no repetition, and reads its question mark otherwise. */
  #repeat(operator: string): void {
    if (this.#isRepeated) this.#out = `${this.#out.slice(0, this.#operand)}(?:${this.#out.slice(this.#operand)})`
    this.#out += operator
    this.#isRepeated = true
  }

  #operator(char: string): void {
    if (char === '(' || char === '|') {
      if (char === '(') this.#groups.push(this.#out.length)
      this.#out += char
      this.#isStart = true
    } else if (char === ')') {
      const start = this.#groups.pop()
      if (start === undefined) {
        if (!this.#isExtended) throw new RegexError('Unmatched ) or \\)')
        return this.#add('\\)')
      }
      this.#closed++
      this.#add(')')
      this.#operand = start
    } else if (char === '{') this.#interval()
    else if (char === '}') this.#add('\\}')
    else if (this.#isStart) this.#unrepeatable(char)
    else this.#repeat(char)
  }

  /** An operator of repetition with nothing in front of it: nothing to `grep -E`, itself to `grep`. */
  #unrepeatable(char: string): void {
    if (this.#isStrict) throw new RegexError('Invalid preceding regular expression')
    if (!this.#isExtended) this.#add(escaped(char))
  }

  #interval(): void {
    if (this.#isStart && (this.#isStrict || !this.#isExtended)) return this.#unrepeatable('{')
    const close = this.#isExtended ? '}' : '\\}'
    const [whole, low = '', comma, high = ''] = /^(\d*)(,?)(\d*)/.exec(this.#text.slice(this.#at))!
    if (!this.#text.startsWith(close, this.#at + whole.length)) {
      if (this.#isExtended && !this.#isStrict) return this.#add('\\{')
      throw new RegexError(this.#text.includes(close, this.#at) ? 'Invalid content of \\{\\}' : 'Unmatched \\{')
    }
    if (whole === '' || (high !== '' && Number(low) > Number(high))) throw new RegexError('Invalid content of \\{\\}')
    if (Number(low) > MOST_REPEATS || Number(high) > MOST_REPEATS) throw new RegexError('Regular expression too big')
    this.#at += whole.length + close.length
    if (!this.#isStart) this.#repeat(`{${low === '' ? '0' : low}${comma}${high}}`)
  }

  #escape(char: string): void {
    if (/[1-9]/.test(char) && Number(char) > this.#closed) throw new RegexError('Invalid back reference')
    if (/[bB]/.test(char)) this.#assertion(`\\${char}`)
    else if (/[wWsS1-9]/.test(char)) this.#add(`\\${char}`)
    else if (GNU_ESCAPES[char] !== undefined) this.#assertion(GNU_ESCAPES[char])
    else this.#add(escaped(char))
  }

  #plain(char: string): void {
    const rest = this.#text.slice(this.#at)
    if (char === '.') return this.#add('.')
    if (char === '*') return this.#isStart ? this.#unrepeatable(char) : this.#repeat('*')
    if (char === '^' && (this.#isExtended || (this.#isStart && !this.#out.endsWith('^')))) {
      this.#out += '^'
      this.#isStart = true
      return
    }
    if (char === '$' && (this.#isExtended || rest === '' || rest.startsWith('\\)') || rest.startsWith('\\|'))) {
      this.#assertion('$')
      this.#isStart = this.#isStrict
      return
    }
    this.#add(escaped(char))
  }

  #bracket(): void {
    const [head] = /^\[\^?/.exec(this.#text.slice(this.#at))!
    const first = this.#at + head.length
    if (first === this.#text.length) throw new RegexError('Invalid regular expression')
    this.#at = first
    let out = head
    while (this.#text[this.#at] !== ']' || this.#at === first) out += this.#members()
    if (!this.#isStrict && /^:.+:$/.test(this.#text.slice(first, this.#at)))
      throw new RegexError('character class syntax is [[:space:]], not [:space:]')
    this.#at++
    this.#add(`${out}]`)
  }

  /** A class, a character or a range in a bracket. */
  #members(): string {
    const named = /^\[:([a-z]+):\]/.exec(this.#text.slice(this.#at))
    if (named === null) {
      const from = this.#endpoint()
      if (!this.#isRange()) return member(from)
      this.#at++
      const to = this.#endpoint()
      if (to < from) throw new RegexError('Invalid range end')
      return `${member(from)}-${member(to)}`
    }
    const members = CHARACTER_CLASSES[named[1]!]
    if (members === undefined) throw new RegexError('Invalid character class name')
    this.#at += named[0].length
    if (this.#isRange()) throw new RegexError('Invalid range end')
    return members
  }

  /** A hyphen that is not the last in its bracket. */
  #isRange(): boolean {
    return /^-[^\]]/.test(this.#text.slice(this.#at))
  }

  /** A character in a bracket, which may stand as `[.c.]` or `[=c=]`. */
  #endpoint(): string {
    const [whole, , collated, plain] =
      /^(?:\[([.=])([\s\S])\1\]|([\s\S]))/.exec(this.#text.slice(this.#at)) ?? unmatchedBracket()
    this.#at += whole.length
    return collated ?? plain!
  }
}

const unmatchedBracket = (): never => {
  throw new RegexError('Unmatched [, [^, [:, [., or [=')
}

const member = (char: string): string => (/[\\^\-[\]]/.test(char) ? `\\${char}` : char)

/** The source of a JavaScript expression that matches the same. Throws {@link RegexError}. */
export const translateRegex = (pattern: string, syntax: RegexSyntax): string => new Translation(pattern, syntax).run()

/** An extended expression as regcomp(3) reads it. Throws {@link RegexError}. */
export const posixRegex = (pattern: string): RegExp => new RegExp(translateRegex(pattern, 'posix-extended'), 'u')

/** The source of an expression that matches the text itself. */
export const literalRegex = (text: string): string => [...text].map(escaped).join('')
