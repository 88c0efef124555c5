/**
 * POSIX regular expressions, basic and extended, with the additions of GNU (`\|`, `\+`, `\<`, `\w` ...), as those of JavaScript.
 *
 * DIFFERS: of several alternatives the first that matches is taken, not the longest, which shows with `grep -o` only.
 *
 * @see IEEE Std 1003.1 XBD 9, regex(7)
 */

/** A pattern that cannot be read; the message is regcomp's. */
export class RegexError extends Error {
  override readonly name = 'RegexError'
}

const CLASSES: Readonly<Record<string, string>> = {
  alpha: 'A-Za-z',
  digit: '0-9',
  alnum: 'A-Za-z0-9',
  upper: 'A-Z',
  lower: 'a-z',
  space: '\\s',
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

const escaped = (char: string): string => (/[\\^$.*+?()[\]{}|/]/.test(char) ? `\\${char}` : char)

class Translation {
  readonly #text: string
  readonly #isExtended: boolean
  #at = 0
  #depth = 0
  #out = ''
  /** Nothing stands in front that could be repeated. */
  #isStart = true

  constructor(text: string, isExtended: boolean) {
    this.#text = text
    this.#isExtended = isExtended
  }

  run(): string {
    while (this.#at < this.#text.length) this.#item()
    if (this.#depth > 0) throw new RegexError('Unmatched ( or \\(')
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
    this.#out += text
    this.#isStart = false
  }

  #operator(char: string): void {
    if (char === '(' || char === '|') {
      this.#depth += char === '(' ? 1 : 0
      this.#out += char
      this.#isStart = true
    } else if (char === ')') {
      if (this.#depth === 0) {
        if (!this.#isExtended) throw new RegexError('Unmatched ) or \\)')
        return this.#add('\\)')
      }
      this.#depth--
      this.#add(')')
    } else if (char === '{') this.#interval()
    else if (char === '}' || this.#isStart) this.#add(escaped(char))
    else this.#add(char)
  }

  #interval(): void {
    const close = this.#isExtended ? '}' : '\\}'
    const found = /^(\d*)(,?)(\d*)/.exec(this.#text.slice(this.#at))!
    const [whole, low, comma, high] = found
    const isInterval = whole !== '' && whole !== ',' && this.#text.startsWith(close, this.#at + whole.length)
    if (!isInterval || this.#isStart) {
      if (!this.#isExtended) throw new RegexError(isInterval ? 'Invalid preceding regular expression' : 'Unmatched \\{')
      return this.#add('\\{')
    }
    this.#at += whole.length + close.length
    if (high !== '' && Number(low) > Number(high)) throw new RegexError('Invalid content of \\{\\}')
    this.#add(`{${low === '' ? '0' : low}${comma}${high}}`)
  }

  #escape(char: string): void {
    if (/[wWsSbB1-9]/.test(char)) this.#add(`\\${char}`)
    else this.#add(GNU_ESCAPES[char] ?? escaped(char))
  }

  #plain(char: string): void {
    const rest = this.#text.slice(this.#at)
    if (char === '.') return this.#add('.')
    if (char === '*') return this.#add(this.#isStart ? '\\*' : '*')
    if (char === '^' && (this.#isExtended || this.#isStart)) {
      this.#out += '^'
      return
    }
    if (char === '$' && (this.#isExtended || rest === '' || rest.startsWith('\\)') || rest.startsWith('\\|')))
      return this.#add('$')
    this.#add(escaped(char))
  }

  #bracket(): void {
    const unmatched = (): never => {
      throw new RegexError('Unmatched [, [^, [:, [., or [=')
    }
    const [head] = /^\[\^?\]?/.exec(this.#text.slice(this.#at))!
    let out = head.replace(/\]$/, '\\]')
    let at = this.#at + head.length
    for (; ; at++) {
      const char = this.#text[at] ?? unmatched()
      if (char === ']') break
      const named = /^\[:([a-z]+):\]/.exec(this.#text.slice(at))
      if (named !== null) {
        out += CLASSES[named[1]!] ?? unmatchedClass()
        at += named[0].length - 1
      } else out += char === '[' || char === '\\' || (char === '^' && out === '[') ? `\\${char}` : char
    }
    this.#at = at + 1
    this.#add(`${out}]`)
  }
}

const unmatchedClass = (): never => {
  throw new RegexError('Invalid character class name')
}

/** The source of a JavaScript expression that matches the same. Throws {@link RegexError}. */
export const translateRegex = (pattern: string, isExtended: boolean): string =>
  new Translation(pattern, isExtended).run()

/** The source of an expression that matches the text itself. */
export const literalRegex = (text: string): string => [...text].map(escaped).join('')
