/**
 * JSON into the fields of a Go struct, with the errors of Go's encoding/json: users know a bad configuration by these words.
 *
 * @see Go encoding/json scanner.go, decode.go
 */

/** A field of a struct; `raw` is the JSON text of its value. */
export interface GoField {
  readonly name: string
  readonly type: 'bool' | 'int' | 'uint' | 'uint16' | 'string' | 'raw'
}

/** What an error calls the struct: as the owner of a field, and as a type. */
export interface GoStruct {
  readonly struct: string
  readonly type: string
}

const quoteChar = (c: string): string => {
  if (c === "'") return `'\\''`
  if (c === '"') return `'"'`
  return `'${JSON.stringify(c).slice(1, -1)}'`
}

const SPACE = /[ \t\r\n]/

/** Reads one text; throws an Error with Go's message. */
class Scanner {
  readonly text: string
  at = 0

  constructor(text: string) {
    this.text = text
  }

  fail(context: string): never {
    const c = this.text[this.at]
    throw new Error(c === undefined ? 'unexpected end of JSON input' : `invalid character ${quoteChar(c)} ${context}`)
  }

  space(): void {
    while (this.at < this.text.length && SPACE.test(this.text[this.at]!)) this.at++
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
    const start = this.at
    this.take('"', 'looking for beginning of object key string')
    for (;;) {
      const c = this.text[this.at]
      if (c === undefined || c < ' ') this.fail('in string literal')
      this.at++
      if (c === '"') return JSON.parse(this.text.slice(start, this.at)) as string
      if (c === '\\') this.#escape()
    }
  }

  #escape(): void {
    const c = this.text[this.at]
    if (c === undefined || !'bfnrt\\/"u'.includes(c)) this.fail('in string escape code')
    this.at++
    if (c !== 'u') return
    for (let n = 0; n < 4; n++) {
      if (!/[0-9a-fA-F]/.test(this.text[this.at] ?? '')) this.fail('in \\u hexadecimal character escape')
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
      if (this.text[this.at] !== word[i]) this.fail(`in literal ${word} (expecting ${quoteChar(word[i]!)})`)
      this.at++
    }
  }

  #digits(context: string): void {
    if (!/\d/.test(this.text[this.at] ?? '')) this.fail(context)
    while (/\d/.test(this.text[this.at] ?? '')) this.at++
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

const LIMITS: Readonly<Record<string, readonly [number, number]>> = {
  int: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  uint: [0, Number.MAX_SAFE_INTEGER],
  uint16: [0, 65535],
}

/** The value of a field, or what a type error calls a value that does not fit. */
const fieldValue = (type: GoField['type'], json: string): { readonly value: unknown } | string => {
  if (type === 'raw') return { value: json }
  const kind = kindOf(json)
  if (kind === 'bool' || kind === 'string') {
    return type === kind ? { value: JSON.parse(json) as unknown } : kind
  }
  if (kind !== 'number') return kind
  const limits = LIMITS[type]
  if (limits === undefined) return 'number'
  const value = Number(json)
  return /^-?\d+$/.test(json) && value >= limits[0] && value <= limits[1] ? { value } : `number ${json}`
}

/**
 * The fields that are there, by the struct's names; names of other members are ignored, and their case too, as Go does.
 * Throws an Error with Go's message.
 */
export const goUnmarshal = (text: string, fields: readonly GoField[], struct: GoStruct): Record<string, unknown> => {
  const values: Record<string, unknown> = {}
  let typeError: Error | null = null
  const whole = new Scanner(text).top((key, json) => {
    const field = fields.find(f => f.name === key) ?? fields.find(f => f.name.toLowerCase() === key.toLowerCase())
    if (field === undefined || (json === 'null' && field.type !== 'raw')) return
    const result = fieldValue(field.type, json)
    if (typeof result === 'object') values[field.name] = result.value
    else
      typeError ??= new Error(
        `json: cannot unmarshal ${result} into Go struct field ${struct.struct}.${field.name} of type ${field.type}`,
      )
  })
  if (typeError !== null) throw typeError as Error
  if (!whole.startsWith('{') && whole !== 'null')
    throw new Error(`json: cannot unmarshal ${kindOf(whole)} into Go value of type ${struct.type}`)
  return values
}
