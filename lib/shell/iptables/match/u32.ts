/**
 * Options and texts of the match `u32`.
 *
 * @see iptables extensions/libxt_u32.c
 */
import { XT_U32_MAXSIZE, type XtU32, type XtU32Location, type XtU32Test } from '../../../netfilter/match/u32.js'
import { extension, hex32, strtoulPrefix, type XtablesExtension, xtablesError } from '../xtables.js'

const HELP = `u32 match options:
[!] --u32 tests
		tests := location "=" value | tests "&&" location "=" value
		value := range | value "," range
		range := number | number ":" number
		location := number | location operator number
		operator := "&" | "<<" | ">>" | "@"
`

/** Reads the expression (u32_parse). */
class U32Parser {
  readonly #text: string
  readonly #tests: XtU32Test[] = []
  #at = 0
  #location: XtU32Location[] = []
  #value: [number, number][] = []
  #inValue = false

  constructor(text: string) {
    this.#text = text
  }

  parse(): readonly XtU32Test[] {
    for (;;) {
      this.#blanks()
      if (this.#at >= this.#text.length) return this.#end()
      if (this.#inValue) this.#valuePart()
      else this.#locationPart()
    }
  }

  #fail(why: string): never {
    return xtablesError(`u32: at char ${this.#at}: ${why}`)
  }

  #blanks(): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at++
  }

  #number(): number {
    const found = strtoulPrefix(this.#text.slice(this.#at), 0, 0xffffffff) ?? this.#fail('not a number or out of range')
    this.#at = this.#text.length - found.rest.length
    return found.value
  }

  #end(): readonly XtU32Test[] {
    if (!this.#inValue) xtablesError('u32: abrupt end of input after location specifier')
    if (this.#value.length === 0) xtablesError('u32: test ended with no value specified')
    this.#tests.push({ location: this.#location, value: this.#value })
    if (this.#tests.length > XT_U32_MAXSIZE) this.#fail('too many "&&"s')
    return this.#tests
  }

  /** The second character of an operator of two. */
  #twice(c: string): void {
    if (this.#text[++this.#at] !== c) this.#fail(`a second '${c}' was expected`)
  }

  #operator(): XtU32Location['nextop'] {
    switch (this.#text[this.#at]) {
      case '&':
        return '&'
      case '<':
        this.#twice('<')
        return '<<'
      case '>':
        this.#twice('>')
        return '>>'
      case '@':
        return '@'
      default:
        return this.#fail('operator expected')
    }
  }

  #locationPart(): void {
    if (this.#text[this.#at] === '=') {
      if (this.#location.length === 0) this.#fail('location spec missing')
      this.#at++
      this.#inValue = true
      return
    }
    let nextop: XtU32Location['nextop'] = ''
    if (this.#location.length > 0) {
      nextop = this.#operator()
      this.#at++
    }
    this.#location.push({ nextop, number: this.#number() })
    if (this.#location.length > XT_U32_MAXSIZE) this.#fail('too many operators')
  }

  #valuePart(): void {
    if (this.#text[this.#at] === '&') return this.#nextTest()
    if (this.#value.length > 0) {
      if (this.#text[this.#at] !== ',') this.#fail('expected "," or "&&"')
      this.#at++
    }
    const min = this.#number()
    this.#blanks()
    let max = min
    if (this.#text[this.#at] === ':') {
      this.#at++
      max = this.#number()
    }
    this.#value.push([min, max])
    if (this.#value.length > XT_U32_MAXSIZE) this.#fail('too many ","s')
  }

  #nextTest(): void {
    this.#twice('&')
    if (this.#value.length === 0) this.#fail('value spec missing')
    this.#tests.push({ location: this.#location, value: this.#value })
    if (this.#tests.length > XT_U32_MAXSIZE) this.#fail('too many "&&"s')
    this.#at++
    this.#location = []
    this.#value = []
    this.#inValue = false
  }
}

const testText = ({ location, value }: XtU32Test): string =>
  `${location.map(({ nextop, number }) => `${nextop}${hex32(number)}`).join('')}=${value
    .map(([min, max]) => (min === max ? hex32(min) : `${hex32(min)}:${hex32(max)}`))
    .join(',')}`

const text = ({ tests }: XtU32): string => ` "${tests.map(testText).join('&&')}"`

/** The extension. */
export const u32Extension: XtablesExtension = extension<XtU32>({
  name: 'u32',
  help: HELP,
  options: [{ name: 'u32', id: 'u32', type: 'string', mandatory: true, invert: true }],
  init: { tests: [], invert: false },
  parse: ({ arg, invert }) => ({ tests: new U32Parser(arg).parse(), invert }),
  print: info => ` u32${info.invert ? ' !' : ''}${text(info)}`,
  save: info => `${info.invert ? ' !' : ''} --u32${text(info)}`,
})
