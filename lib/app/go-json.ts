/**
 * JSON into the fields of a Go struct, with the errors of Go's encoding/json: users know a bad configuration by these words; and
 * JSON as Go writes it.
 *
 * @see Go encoding/json scanner.go, decode.go
 */
import { encodeUtf8 } from '../wire/utf8.js'

/** A field of a struct; `raw` is the JSON text of its value, or what `parse` makes of it. */
export interface GoField {
  readonly name: string
  readonly type: 'bool' | 'int' | 'uint' | 'uint16' | 'string' | 'raw'
  /** Reads the JSON text of a raw field (UnmarshalJSON); what it throws ends the reading. */
  readonly parse?: (json: string) => unknown
}

/** What an error calls the struct: as the owner of a field, and as a type. */
export interface GoStruct {
  readonly struct: string
  readonly type: string
}

const ESCAPES: Readonly<Record<number, string>> = {
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
  34: '"',
  39: "\\'",
  92: '\\\\',
}

const hex = (n: number, digits: number): string => n.toString(16).padStart(digits, '0')

/** An octet as Go quotes it, which takes it for a character: the first one of an é is an Ã. */
const quoteOctet = (octet: number): string => {
  const special = ESCAPES[octet]
  if (special !== undefined) return `'${special}'`
  if (octet < 0x20 || octet === 0x7f) return `'\\x${hex(octet, 2)}'`
  const isPlain = octet < 0x7f || (octet > 0xa0 && octet !== 0xad)
  return isPlain ? `'${String.fromCharCode(octet)}'` : `'\\u${hex(octet, 4)}'`
}

const quoteChar = (c: string): string => quoteOctet(encodeUtf8(c)[0]!)

const isSpace = (code: number): boolean => code === 32 || code === 9 || code === 13 || code === 10

const QUOTE = 34
const BACKSLASH = 92

const isDigit = (code: number): boolean => code >= 48 && code <= 57

/** Reads one text; throws an Error with Go's message. */
class Scanner {
  readonly text: string
  at = 0

  constructor(text: string) {
    this.text = text
  }

  /** `atEnd` is what the scanner takes the end for: within a word or a number it sees a blank there. */
  fail(context: string, atEnd?: string): never {
    const code = this.text.codePointAt(this.at)
    const c = code === undefined ? atEnd : String.fromCodePoint(code)
    throw new Error(c === undefined ? 'unexpected end of JSON input' : `invalid character ${quoteChar(c)} ${context}`)
  }

  space(): void {
    while (this.at < this.text.length && isSpace(this.text.charCodeAt(this.at))) this.at++
  }

  /** Takes `c`, or fails with what the place is called. */
  take(c: string, context: string): void {
    if (this.text[this.at] !== c) this.fail(context)
    this.at++
  }

  /** The text of the value that begins here; `onMember` hears of an object's members. */
  value(onMember?: (key: string, json: string) => void): string {
    this.space()
    const start = this.at
    const c = this.text[this.at] ?? ''
    if (c === '{') this.#object(onMember)
    else if (c === '[') this.#array()
    else if (c === '"') this.string()
    else if (c === '-' || (c >= '0' && c <= '9')) this.#number()
    else if (c === 't') this.#literal('true')
    else if (c === 'f') this.#literal('false')
    else if (c === 'n') this.#literal('null')
    else this.fail('looking for beginning of value')
    return this.text.slice(start, this.at)
  }

  /** The whole text is one value. */
  top(onMember?: (key: string, json: string) => void): string {
    const value = this.value(onMember)
    this.space()
    if (this.at < this.text.length) this.fail('after top-level value')
    return value
  }

  string(): string {
    const { text } = this
    const start = this.at
    this.take('"', 'looking for beginning of object key string')
    let isPlain = true
    for (;;) {
      const c = text.charCodeAt(this.at)
      if (!(c >= 32)) this.fail('in string literal')
      this.at++
      if (c === QUOTE)
        return isPlain ? text.slice(start + 1, this.at - 1) : (JSON.parse(text.slice(start, this.at)) as string)
      if (c !== BACKSLASH) continue
      isPlain = false
      this.#escape()
    }
  }

  #escape(): void {
    const c = this.text[this.at]
    if (c === undefined || !'bfnrt\\/"u'.includes(c)) this.fail('in string escape code', ' ')
    this.at++
    if (c !== 'u') return
    for (let n = 0; n < 4; n++) {
      if (!/[0-9a-fA-F]/.test(this.text[this.at] ?? '')) this.fail('in \\u hexadecimal character escape', ' ')
      this.at++
    }
  }

  #object(onMember?: (key: string, json: string) => void): void {
    this.at++
    this.space()
    if (this.text[this.at] === '}') {
      this.at++
      return
    }
    for (;;) {
      this.space()
      const key = this.string()
      this.space()
      this.take(':', 'after object key')
      const value = this.value()
      onMember?.(key, value)
      this.space()
      if (this.text[this.at] === '}') {
        this.at++
        return
      }
      this.take(',', 'after object key:value pair')
    }
  }

  #array(): void {
    this.at++
    this.space()
    if (this.text[this.at] === ']') {
      this.at++
      return
    }
    for (;;) {
      this.value()
      this.space()
      if (this.text[this.at] === ']') {
        this.at++
        return
      }
      this.take(',', 'after array element')
    }
  }

  #literal(word: string): void {
    for (let i = 0; i < word.length; i++) {
      if (this.text[this.at] !== word[i]) this.fail(`in literal ${word} (expecting ${quoteChar(word[i]!)})`, ' ')
      this.at++
    }
  }

  #digits(context: string): void {
    if (!isDigit(this.text.charCodeAt(this.at))) this.fail(context, ' ')
    while (isDigit(this.text.charCodeAt(this.at))) this.at++
  }

  #number(): void {
    if (this.text[this.at] === '-') this.at++
    if (this.text[this.at] === '0') this.at++
    else this.#digits('in numeric literal')
    if (this.text[this.at] === '.') {
      this.at++
      this.#digits('after decimal point in numeric literal')
    }
    if (this.text[this.at] === 'e' || this.text[this.at] === 'E') {
      this.at++
      if (this.text[this.at] === '+' || this.text[this.at] === '-') this.at++
      this.#digits('in exponent of numeric literal')
    }
  }
}

/** What Go calls the kind of a JSON value. */
const kindOf = (json: string): string => {
  const [c = ''] = json
  if (c === '{') return 'object'
  if (c === '[') return 'array'
  if (c === '"') return 'string'
  return c === 't' || c === 'f' ? 'bool' : 'number'
}

const LIMITS: Readonly<Record<string, readonly [bigint, bigint]>> = {
  int: [-(2n ** 63n), 2n ** 63n - 1n],
  uint: [0n, 2n ** 64n - 1n],
  uint16: [0n, 65535n],
}

/** Is the text of a number one of the type's? */
const fits = (type: GoField['type'], json: string): boolean => {
  const [least, most] = LIMITS[type]!
  if (!/^-?\d+$/.test(json) || (least === 0n && json.startsWith('-'))) return false
  const value = BigInt(json)
  return value >= least && value <= most
}

/** The value of a field, or what a type error calls a value that does not fit. */
const fieldValue = ({ type, parse }: GoField, json: string): { readonly value: unknown } | string => {
  if (type === 'raw') return { value: parse === undefined ? json : parse(json) }
  const kind = kindOf(json)
  if (kind === 'bool' || kind === 'string') return type === kind ? { value: JSON.parse(json) as unknown } : kind
  if (kind !== 'number') return kind
  if (LIMITS[type] === undefined) return 'number'
  // Without the sign of a zero.
  return fits(type, json) ? { value: Number(json) + 0 } : `number ${json}`
}

const fieldNamed = (fields: readonly GoField[], key: string): GoField | undefined => {
  for (const field of fields) if (field.name === key) return field
  return fields.find(f => f.name.toLowerCase() === key.toLowerCase())
}

/**
 * The fields that are there, by the struct's names; names of other members are ignored, and their case too, as Go does.
 * Throws an Error with Go's message: one of the grammar first, then the first one of a `parse`, then the first of a type.
 */
export const goUnmarshal = (text: string, fields: readonly GoField[], struct: GoStruct): Record<string, unknown> => {
  const members: [string, string][] = []
  const whole = new Scanner(text).top((key, json) => members.push([key, json]))
  const values: Record<string, unknown> = {}
  let typeError: Error | null = null
  for (const [key, json] of members) {
    const field = fieldNamed(fields, key)
    if (field === undefined || (json === 'null' && field.type !== 'raw')) continue
    const result = fieldValue(field, json)
    if (typeof result === 'object') values[field.name] = result.value
    else
      typeError ??= new Error(
        `json: cannot unmarshal ${result} into Go struct field ${struct.struct}.${field.name} of type ${field.type}`,
      )
  }
  if (typeError !== null) throw typeError as Error
  if (!whole.startsWith('{') && whole !== 'null')
    throw new Error(`json: cannot unmarshal ${kindOf(whole)} into Go value of type ${struct.type}`)
  return values
}

/** A value whose members stand in the order of their names, as those of a map do in Go. */
export const sortedMap = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sortedMap)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return Object.fromEntries(members.map(([name, member]) => [name, sortedMap(member)]))
}

const HTML_ESCAPES: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
}

/** JSON as Go writes it: characters of HTML escaped. `indent` in spaces, 0 for one line. */
export const goMarshal = (value: unknown, indent = 0): string =>
  JSON.stringify(value, null, indent).replace(/[<>&\u2028\u2029]/g, c => HTML_ESCAPES[c]!)
