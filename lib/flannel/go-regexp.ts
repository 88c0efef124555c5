/**
 * Patterns of Go's regexp package as JavaScript's, with Go's words for what is wrong with one.
 *
 * Left out: that repetitions within repetitions count no more than a thousand.
 *
 * @see Go regexp/syntax/parse.go
 */

const MOST_REPEATS = 1000
const POSIX: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  ascii: '\\x00-\\x7f',
  blank: '\\t ',
  cntrl: '\\x00-\\x1f\\x7f',
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: '!-\\/:-@\\[-`\\{-~',
  space: '\\t-\\r ',
  upper: 'A-Z',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
}
const PERL: Readonly<Record<string, string>> = { d: '0-9', s: '\\t\\n\\f\\r ', w: '0-9A-Za-z_' }
const CONTROL: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 }

const failed = (what: string, text: string): never => {
  throw new Error(`error parsing regexp: ${what}: \`${text}\``)
}

const codeText = (code: number): string => `\\u{${code.toString(16)}}`

/** Which flags hold: `(?imsU)`. */
interface Flags {
  readonly i: boolean
  readonly m: boolean
  readonly s: boolean
  readonly U: boolean
}

const isLetter = (code: number): boolean => (code >= 65 && code <= 90) || (code >= 97 && code <= 122)

/** Reads one pattern. */
class Parser {
  readonly #text: string
  #at = 0
  #out = ''
  #flags: Flags = { i: false, m: false, s: false, U: false }
  /** Flags outside of each open group. */
  readonly #groups: Flags[] = []
  /** Is there something that may be repeated? */
  #isAtom = false
  /** Where the repetition begins that was read last; -1 for none. */
  #lastRepeat = -1

  constructor(text: string) {
    this.#text = text
  }

  parse(): string {
    while (this.#at < this.#text.length) {
      const start = this.#at
      const wasRepeat = this.#one(start)
      this.#lastRepeat = wasRepeat ? start : -1
    }
    if (this.#groups.length > 0) failed('missing closing )', this.#text)
    return this.#out
  }

  #rest(from = this.#at): string {
    return this.#text.slice(from)
  }

  /** One element that begins at `start`; true for a repetition. */
  #one(start: number): boolean {
    const c = this.#text[start]!
    if (c === '(') this.#open()
    else if (c === ')') this.#close()
    else if (c === '|') this.#put('|', 1, false)
    else if (c === '[') this.#put(this.#class(), 0)
    else if (c === '^') this.#put(this.#flags.m ? '(?:^|(?<=\\n))' : '(?:^)', 1)
    else if (c === '$') this.#put(this.#flags.m ? '(?:$|(?=\\n))' : '(?:$)', 1)
    else if (c === '.') this.#put(this.#flags.s ? '[\\s\\S]' : '[^\\n]', 1)
    else if (c === '\\') this.#escaped()
    else if ('*+?'.includes(c)) return this.#repeat(c, start + 1)
    else if (c === '{') return this.#braces(start)
    else this.#literal()
    return false
  }

  #put(js: string, length: number, isAtom = true): void {
    this.#out += js
    this.#at += length
    this.#isAtom = isAtom
  }

  #literal(): void {
    const code = this.#text.codePointAt(this.#at)!
    this.#put(this.#char(code), code > 0xffff ? 2 : 1)
  }

  #char(code: number): string {
    return this.#flags.i && isLetter(code) ? `[${codeText(code)}${codeText(code ^ 32)}]` : codeText(code)
  }

  #open(): void {
    if (!this.#rest().startsWith('(?')) {
      this.#groups.push(this.#flags)
      return this.#put('(', 1, false)
    }
    const rest = this.#rest()
    if (rest.startsWith('(?P<') && rest.length > 4) {
      const end = rest.indexOf('>')
      if (end < 0) failed('invalid named capture', rest)
      if (!/^\w+$/.test(rest.slice(4, end))) failed('invalid named capture', rest.slice(0, end + 1))
      this.#groups.push(this.#flags)
      return this.#put('(', end + 1, false)
    }
    this.#perlFlags(rest)
  }

  /** `(?i)` and `(?i:`. */
  #perlFlags(rest: string): void {
    const bad = (length: number): never => failed('invalid or unsupported Perl syntax', rest.slice(0, length))
    const flags: Record<string, boolean> = { ...this.#flags }
    let isOn = true
    let hasFlag = false
    for (let n = 2; n < rest.length; n++) {
      const c = rest[n]!
      if ('imsU'.includes(c)) {
        flags[c] = isOn
        hasFlag = true
      } else if (c === '-' && isOn) {
        isOn = false
        hasFlag = false
      } else if ((c === ':' || c === ')') && (isOn || hasFlag)) {
        if (c === ':') this.#groups.push(this.#flags)
        this.#flags = flags as unknown as Flags
        return this.#put(c === ':' ? '(?:' : '', n + 1, false)
      } else bad(n + 1)
    }
    bad(rest.length)
  }

  #close(): void {
    const outer = this.#groups.pop() ?? failed('unexpected )', this.#text)
    this.#flags = outer
    this.#put(')', 1)
  }

  /** A repetition whose operator ends in front of `end`. */
  #repeat(js: string, end: number): boolean {
    const start = this.#at
    const isLazy = this.#text[end] === '?'
    const after = isLazy ? end + 1 : end
    if (this.#lastRepeat >= 0) failed('invalid nested repetition operator', this.#text.slice(this.#lastRepeat, after))
    if (!this.#isAtom) failed('missing argument to repetition operator', this.#text.slice(start, after))
    this.#put(js + (isLazy === this.#flags.U ? '' : '?'), after - start)
    return true
  }

  /** `{2}`, `{2,}` or `{2,3}`; anything else is a brace. */
  #braces(start: number): boolean {
    const found = /^\{(\d+)(,(\d*))?\}/.exec(this.#rest())
    if (found === null) {
      this.#literal()
      return false
    }
    const [whole, least = '', comma, most = ''] = found
    const max = comma === undefined ? Number(least) : most === '' ? -1 : Number(most)
    if (Number(least) > MOST_REPEATS || max > MOST_REPEATS || (max >= 0 && Number(least) > max))
      failed('invalid repeat count', whole)
    return this.#repeat(whole, start + whole.length)
  }

  #escaped(): void {
    const c = this.#text[this.#at + 1]
    if (c === 'A') return this.#put('(?<![\\s\\S])', 2)
    if (c === 'z') return this.#put('(?![\\s\\S])', 2)
    if (c === 'b' || c === 'B') return this.#put(`(?:\\${c})`, 2)
    if (c === 'Q') return this.#quoted()
    const set = this.#namedClass()
    if (set !== null) return this.#put(set, 0)
    this.#put(this.#char(this.#escape()), 0)
  }

  /** What stands between \Q and \E. */
  #quoted(): void {
    const end = this.#text.indexOf('\\E', this.#at + 2)
    const text = this.#text.slice(this.#at + 2, end < 0 ? undefined : end)
    this.#put(
      [...text].map(c => this.#char(c.codePointAt(0)!)).join(''),
      text.length + (end < 0 ? 2 : 4),
      text !== '' || this.#isAtom,
    )
  }

  /** `\d`, `\pL` and `\p{Greek}`, read to their end; null for another escape. */
  #namedClass(): string | null {
    const rest = this.#rest()
    const perl = /^\\([dswDSW])/.exec(rest)
    if (perl !== null) {
      this.#at += 2
      const letter = perl[1]!
      return `[${letter === letter.toUpperCase() ? '^' : ''}${PERL[letter.toLowerCase()]}]`
    }
    const unicode = /^\\([pP])(?:\{(\^?)([^}]*)\}|(.)|$)/su.exec(rest)
    if (unicode === null) return null
    const [whole, kind, not = '', name = '', letter = ''] = unicode
    this.#at += whole.length
    const isNot = (kind === 'P') !== (not === '^')
    for (const property of [name + letter, `Script=${name + letter}`]) {
      try {
        const js = `\\${isNot ? 'P' : 'p'}{${property}}`
        new RegExp(js, 'u')
        return js
      } catch {
        // It may be a script, or nothing at all.
      }
    }
    return failed('invalid character class range', whole)
  }

  /** The character of an escape, read to its end. */
  #escape(): number {
    const start = this.#at
    const rest = this.#rest()
    if (rest === '\\') failed('trailing backslash at end of expression', '')
    const code = rest.codePointAt(1)!
    const c = String.fromCodePoint(code)
    this.#at += 1 + c.length
    const octal = /^\\(0[0-7]{0,2}|[1-7][0-7]{1,2})/.exec(rest)
    if (octal !== null) {
      this.#at = start + octal[0].length
      return Number.parseInt(octal[1]!, 8)
    }
    if (c === 'x') return this.#hex(rest)
    if (c in CONTROL) return CONTROL[c]!
    if (code >= 0x80 || /[0-9A-Za-z]/.test(c)) failed('invalid escape sequence', rest.slice(0, 1 + c.length))
    return code
  }

  #hex(rest: string): number {
    const start = this.#at - 2
    const plain = /^\\x([0-9a-fA-F]{2})/.exec(rest)
    if (plain !== null) {
      this.#at = start + 4
      return Number.parseInt(plain[1]!, 16)
    }
    const braces = /^\\x\{([0-9a-fA-F]+)\}/.exec(rest)
    const value = braces === null ? -1 : Number.parseInt(braces[1]!, 16)
    if (value >= 0 && value <= 0x10ffff) {
      this.#at = start + braces![0].length
      return value
    }
    const bad = /^\\x(?:\{[0-9a-fA-F]*)?.?/s.exec(rest)![0]
    return failed('invalid escape sequence', value > 0x10ffff ? braces![0].slice(0, -1) : bad)
  }

  /** `[...]`, read to its end. */
  #class(): string {
    const whole = this.#rest()
    this.#at++
    const isNot = this.#text[this.#at] === '^'
    if (isNot) this.#at++
    let js = ''
    for (let isFirst = true; isFirst || this.#text[this.#at] !== ']'; isFirst = false) {
      const posix = /^\[:(\^?)(.*?):\]/s.exec(this.#rest())
      if (posix !== null) {
        const set = POSIX[posix[2]!] ?? failed('invalid character class range', posix[0])
        js += posix[1] === '^' ? outside(set) : set
        this.#at += posix[0].length
        continue
      }
      const set = this.#text[this.#at] === '\\' ? this.#namedClass() : null
      if (set === null) js += this.#range(whole)
      else js += set.startsWith('[^') ? outside(set.slice(2, -1)) : set.startsWith('[') ? set.slice(1, -1) : set
    }
    this.#at++
    return js === '' ? (isNot ? '[\\s\\S]' : '[]') : `[${isNot ? '^' : ''}${js}]`
  }

  #range(whole: string): string {
    const start = this.#at
    const low = this.#classChar(whole)
    let high = low
    if (this.#text[this.#at] === '-' && this.#at + 1 < this.#text.length && this.#text[this.#at + 1] !== ']') {
      this.#at++
      high = this.#classChar(whole)
      if (high < low) failed('invalid character class range', this.#text.slice(start, this.#at))
    }
    const range = `${codeText(low)}-${codeText(high)}`
    return this.#flags.i && isLetter(low) && isLetter(high)
      ? `${range}${codeText(low ^ 32)}-${codeText(high ^ 32)}`
      : range
  }

  #classChar(whole: string): number {
    const code = this.#text.codePointAt(this.#at) ?? failed('missing closing ]', whole)
    if (code === 92) return this.#escape()
    this.#at += code > 0xffff ? 2 : 1
    return code
  }
}

const PERL_OUTSIDE: Readonly<Record<string, string>> = { '0-9': '\\D', '0-9A-Za-z_': '\\W' }

/** All characters but those of a set, as a part of a class. */
const outside = (set: string): string => {
  const known = PERL_OUTSIDE[set]
  if (known !== undefined) return known
  const pattern = new RegExp(`[${set}]`, 'u')
  const ascii = Array.from({ length: 128 }, (_, code) => code).filter(code => !pattern.test(String.fromCharCode(code)))
  return `${ascii.map(codeText).join('')}\\u{80}-\\u{10ffff}`
}

/** Compiles a pattern. Throws an Error `error parsing regexp: ...`. */
export const compileGoRegexp = (text: string): RegExp => new RegExp(new Parser(text).parse(), 'u')
