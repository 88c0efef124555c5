/**
 * Templates of `-o jsonpath=`: text with paths in braces, `range` and `end`, and quoted text.
 *
 * @see client-go util/jsonpath
 */
import { isObject, type JsonValue } from '../apimachinery/json.js'
import { compactJson } from './printer.js'

/** A step of a path: the values that it finds in one. */
type Step = (value: JsonValue) => readonly JsonValue[]

type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'path'; readonly path: readonly Step[] }
  | { readonly kind: 'range'; readonly path: readonly Step[]; readonly parts: readonly Part[] }

/** What is wrong with a template, or what netloom has not of them. */
export class JsonPathError extends Error {}

const isList = (value: JsonValue): value is readonly JsonValue[] => Array.isArray(value)

/** A field; one that is not there is nothing, as kubectl has it. */
const field =
  (name: string): Step =>
  value => {
    const found = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
    return found === undefined ? [] : [found]
  }

const every: Step = value => (isList(value) ? value : isObject(value) ? Object.values(value).map(v => v ?? null) : [])

const slice =
  (from: number, to: number | undefined): Step =>
  value =>
    isList(value) ? value.slice(from, to) : []

const index =
  (n: number): Step =>
  value => {
    const found = isList(value) ? value.at(n) : undefined
    return found === undefined ? [] : [found]
  }

const filter =
  (path: readonly Step[], operator: string, wanted: JsonValue): Step =>
  value =>
    isList(value) ? value.filter(item => follow(path, item).some(v => (v === wanted) === (operator === '=='))) : []

const follow = (path: readonly Step[], value: JsonValue): readonly JsonValue[] =>
  path.reduce<readonly JsonValue[]>((values, step) => values.flatMap(step), [value])

const unquote = (text: string): string =>
  text.slice(1, -1).replace(/\\(.)/g, (_, c: string) => ({ n: '\n', t: '\t', r: '\r' })[c] ?? c)

/** What stands between brackets. */
const subscript = (text: string): Step => {
  if (text === '*') return every
  if (/^'[^']*'$|^"[^"]*"$/.test(text)) return field(text.slice(1, -1))
  if (/^-?\d+$/.test(text)) return index(Number(text))
  const range = /^(-?\d*):(-?\d*)$/.exec(text)
  if (range !== null) return slice(Number(range[1]), range[2] === '' ? undefined : Number(range[2]))
  const test = /^\?\(\s*@(\S+?)\s*(==|!=)\s*("[^"]*"|'[^']*'|-?\d+|true|false)\s*\)$/.exec(text)
  if (test === null)
    throw new JsonPathError(`[${text}]: netloom has *, numbers, ranges, quoted names and ?(@.name=="value")`)
  const [, path = '', operator = '', wanted = ''] = test
  return filter(parsePath(path), operator, /^["']/.test(wanted) ? unquote(wanted) : (JSON.parse(wanted) as JsonValue))
}

const parsePath = (text: string): Step[] => {
  const steps: Step[] = []
  const token = /\.\*|\.((?:\\.|[^.[\]\s\\])+)|\[((?:\?\((?:"[^"]*"|'[^']*'|[^)])*\))|[^\]]*)\]|\.$/y
  const rest = text.replace(/^[$@]/, '')
  while (token.lastIndex < rest.length) {
    const at = token.lastIndex
    const match = token.exec(rest)
    if (match === null) throw new JsonPathError(`${rest.slice(at)}: not a path that netloom reads`)
    const [all, name, inside] = match
    if (name !== undefined) steps.push(field(name.replace(/\\(.)/g, '$1')))
    else if (inside !== undefined) steps.push(subscript(inside.trim()))
    else if (all === '.*') steps.push(every)
  }
  return steps
}

/** The texts and actions of a template, in order. */
const scan = (template: string): { readonly text: string; readonly isAction: boolean }[] => {
  const tokens: { text: string; isAction: boolean }[] = []
  const token = /\{((?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^{}"'])*)\}|[^{]+/y
  while (token.lastIndex < template.length) {
    const match = token.exec(template)
    if (match === null) throw new JsonPathError('unclosed action')
    const [all, action] = match
    tokens.push(action === undefined ? { text: all, isAction: false } : { text: action.trim(), isAction: true })
  }
  return tokens
}

/** Reads a template. Throws a JsonPathError. */
export const parseJsonPath = (template: string): readonly Part[] => {
  const top: Part[] = []
  const open: Part[][] = [top]
  for (const { text, isAction } of scan(template)) {
    const parts = open.at(-1)!
    if (!isAction) parts.push({ kind: 'text', text })
    else if (/^["']/.test(text)) parts.push({ kind: 'text', text: unquote(text) })
    else if (text === 'end') {
      if (open.length === 1) throw new JsonPathError('not in range, nothing to end')
      open.pop()
    } else if (/^range\s/.test(text)) {
      const inner: Part[] = []
      parts.push({ kind: 'range', path: parsePath(text.slice('range'.length).trim()), parts: inner })
      open.push(inner)
    } else parts.push({ kind: 'path', path: parsePath(text) })
  }
  if (open.length > 1) throw new JsonPathError('unterminated range')
  return top
}

const valueText = (value: JsonValue): string =>
  typeof value === 'string' ? value : value === null ? '' : typeof value === 'object' ? compactJson(value) : `${value}`

/** The text that a template makes of a value. */
export const jsonPathText = (parts: readonly Part[], value: JsonValue): string =>
  parts
    .map(part => {
      if (part.kind === 'text') return part.text
      const found = follow(part.path, value)
      if (part.kind === 'path') return found.map(valueText).join(' ')
      return found.map(item => jsonPathText(part.parts, item)).join('')
    })
    .join('')
