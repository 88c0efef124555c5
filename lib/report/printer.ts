/**
 * Output of the tools of iproute2: the same calls give their text or their JSON, with `-p` pretty, with `-o` on one line.
 *
 * A field is named once, with its JSON value and its text. What only one of the two forms has is written with `text` or
 * `json`.
 *
 * @see ip(8) -json, -pretty, -oneline
 */

/** How a tool was asked to print (the options that all objects share). */
export interface PrintOptions {
  readonly json: boolean
  readonly pretty: boolean
  readonly oneline: boolean
  /** `-br`: one line per object, the essentials only. */
  readonly brief: boolean
  /** `-d`. */
  readonly details: boolean
  /** How often `-s` was given. */
  readonly stats: number
  /** `-N`: numbers instead of names. */
  readonly numeric: boolean
}

/** The options of a tool that was given none. */
export const PLAIN: PrintOptions = Object.freeze({
  json: false,
  pretty: false,
  oneline: false,
  brief: false,
  details: false,
  stats: 0,
  numeric: false,
})

/** A JSON value of one field. */
export type JsonScalar = string | number | boolean | null

const ESCAPES: Readonly<Record<string, string>> = {
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
  '\f': '\\f',
  '\b': '\\b',
  '\\': '\\\\',
  '"': '\\"',
}

const quote = (text: string): string => `"${text.replace(/[\t\n\r\f\b\\"]/g, c => ESCAPES[c]!)}"`

/** Collects what a tool prints. */
export class Printer {
  readonly options: PrintOptions
  /** True when JSON is printed. */
  readonly isJson: boolean
  #out = ''
  #depth = 0
  #separator = ''

  constructor(options: PrintOptions) {
    this.options = options
    this.isJson = options.json
  }

  /** Writes to the text form only. */
  text(text: string): void {
    if (!this.isJson) this.#out += text
  }

  /** Ends a line of an object that `-o` keeps on one line. */
  newline(): void {
    this.text(this.options.oneline ? '\\' : '\n')
  }

  /** Writes `"key":value` to JSON only. */
  json(key: string, value: JsonScalar): void {
    if (!this.isJson) return
    this.#name(key)
    this.#scalar(value)
  }

  /** A field in both forms. */
  field(key: string, value: JsonScalar, text: string): void {
    if (this.isJson) this.json(key, value)
    else this.#out += text
  }

  /** A JSON number with two decimals, and its text. */
  hundredths(key: string, value: number, text: string): void {
    if (!this.isJson) {
      this.#out += text
      return
    }
    this.#name(key)
    this.#value(value.toFixed(2))
  }

  /** A JSON number whose digits the tool chose itself. */
  raw(key: string, digits: string): void {
    if (!this.isJson) return
    this.#name(key)
    this.#value(digits)
  }

  /** A value of a JSON array, and its text. */
  element(value: JsonScalar, text: string): void {
    if (this.isJson) this.#scalar(value)
    else this.#out += text
  }

  /** Opens a JSON object, inside an object under a name. */
  openObject(key?: string): void {
    this.#open('{', key)
  }

  closeObject(): void {
    this.#close('}')
  }

  /** Opens a JSON array, inside an object under a name. */
  openArray(key?: string): void {
    this.#open('[', key)
    if (this.isJson && this.options.pretty) this.#out += ' '
  }

  closeArray(): void {
    if (!this.isJson) return
    if (this.options.pretty && this.#separator !== '') this.#out += ' '
    this.#separator = ''
    this.#close(']')
  }

  /** All that was printed. */
  finish(): string {
    return this.isJson ? `${this.#out}\n` : this.#out
  }

  #open(bracket: string, key: string | undefined): void {
    if (!this.isJson) return
    if (key !== undefined) this.#name(key)
    this.#value(bracket)
    this.#depth++
    this.#separator = ''
  }

  #close(bracket: string): void {
    if (!this.isJson) return
    this.#depth--
    if (this.#separator !== '') this.#endLine()
    this.#out += bracket
    this.#separator = ','
  }

  #endLine(): void {
    if (this.options.pretty) this.#out += `\n${'    '.repeat(this.#depth)}`
  }

  #name(key: string): void {
    this.#out += this.#separator
    this.#separator = ''
    this.#endLine()
    this.#out += `${quote(key)}:${this.options.pretty ? ' ' : ''}`
  }

  #value(text: string): void {
    this.#out += this.#separator + text
    this.#separator = ','
  }

  #scalar(value: JsonScalar): void {
    this.#value(typeof value === 'string' ? quote(value) : String(value))
  }
}
