/**
 * How kubectl prints objects: tables, JSON and YAML.
 *
 * @see cli-runtime pkg/printers, liggitt/tabwriter, sigs.k8s.io/yaml
 */
import { isObject, type JsonObject, type JsonValue } from '../apimachinery/json.js'

const MIN_WIDTH = 6
const PADDING = 3

/** Writes cells in columns; widths stay as wide as they have been. */
export class TabWriter {
  readonly #widths: number[] = []

  /** Rows as text; the last cell of a row is not padded. */
  write(rows: readonly (readonly string[])[]): string {
    for (const row of rows)
      for (const [i, cell] of row.slice(0, -1).entries())
        this.#widths[i] = Math.max(this.#widths[i] ?? MIN_WIDTH, cell.length + PADDING)
    return rows
      .map(row => `${row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(this.#widths[i]!))).join('')}\n`)
      .join('')
  }
}

/** Keys sorted all the way down, as Go's maps are printed; managedFields are not shown. */
const sorted = (value: JsonValue): JsonValue => {
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map(sorted)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.keys(value)
      .filter(key => value[key] !== undefined)
      .sort()
      .map(key => [key, sorted(value[key]!)]),
  )
}

/** A value in one line. */
export const compactJson = (value: JsonValue): string => JSON.stringify(sorted(value))

/** `-o json`. */
export const jsonText = (object: JsonObject): string => `${JSON.stringify(sorted(object), null, 4)}\n`

/** Texts that YAML would read as something else than a string. */
const NO_STRING =
  /^(|~|null|Null|NULL|true|True|TRUE|false|False|FALSE|yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF|y|Y|n|N|<<|=|[-+]?(0[xX][0-9a-fA-F_]+|0b[01_]+|0o?[0-7_]+|[0-9][0-9_]*)|[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)|\d{4}-\d\d?-\d\d?([Tt ].*)?|[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?)$/
/** What can't stand without quotes: indicators in front, `: ` and ` #` inside, space at an end. */
const NEEDS_QUOTES = /^[-?:](\s|$)|^[,[\]{}#&*!|>'"%@`]|^---|^\.\.\.|:(\s|$)|\s#|^\s|\s$/

const scalar = (value: JsonValue): string => {
  if (typeof value !== 'string') return value === null ? 'null' : String(value)
  if (/[\p{Cc}\u2028\u2029\ufeff]/u.test(value)) return JSON.stringify(value)
  if (NO_STRING.test(value)) return `"${value}"`
  return NEEDS_QUOTES.test(value) ? `'${value.replaceAll("'", "''")}'` : value
}

const isEmpty = (value: JsonValue): boolean =>
  Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0

/** Lines of a value at an indentation. */
const lines = (value: JsonValue, indent: string): string[] => {
  if (Array.isArray(value))
    return (value as readonly JsonValue[]).flatMap(item => {
      if (!isNested(item)) return [`${indent}- ${inline(item)}`]
      const [first = '', ...rest] = lines(item, `${indent}  `)
      return [`${indent}- ${first.slice(indent.length + 2)}`, ...rest]
    })
  return Object.entries(value as JsonObject).flatMap(([key, item = null]) => {
    const name = `${indent}${scalar(key)}:`
    if (typeof item === 'string' && item.includes('\n') && !/[^\S\n]\n|[\p{Cc}]/u.test(item.replaceAll('\n', '')))
      return [
        `${name} |${item.endsWith('\n') ? '' : '-'}`,
        ...item
          .replace(/\n$/, '')
          .split('\n')
          .map(line => `${indent}  ${line}`),
      ]
    if (!isNested(item)) return [`${name} ${inline(item)}`]
    // A list stands as far left as its key.
    return [name, ...lines(item, Array.isArray(item) ? indent : `${indent}  `)]
  })
}

const isNested = (value: JsonValue): boolean => (Array.isArray(value) || isObject(value)) && !isEmpty(value)

const inline = (value: JsonValue): string => {
  if (Array.isArray(value)) return '[]'
  return isObject(value) ? '{}' : scalar(value)
}

/** `-o yaml`. */
export const yamlText = (object: JsonObject): string => `${lines(sorted(object), '').join('\n')}\n`
