/**
 * Selectors of objects: by labels (`app=web`, `tier in (a, b)`, `!gone`) and by fields (`metadata.name=n1`).
 *
 * @see k8s.io/apimachinery pkg/labels/selector.go, pkg/fields/selector.go
 */
import { newBadRequest } from './status.js'

/** Says whether an object is selected by its labels or fields. */
export type Selector = (values: Readonly<Record<string, string>>) => boolean

/** Selects everything. */
export const EVERYTHING: Selector = () => true

const KEY = '([A-Za-z0-9][A-Za-z0-9._/-]*)'
const SET = new RegExp(`^${KEY}\\s+(in|notin)\\s+\\(([^()]*)\\)$`)
const EQUALITY = new RegExp(`^${KEY}\\s*(==|=|!=)\\s*([A-Za-z0-9._-]*)$`)
const EXISTS = new RegExp(`^(!?)\\s*${KEY}$`)

/** Terms between commas that stand in no parentheses. */
const termsOf = (text: string): string[] => {
  const terms: string[] = []
  let depth = 0
  let term = ''
  for (const char of text) {
    if (char === '(') depth++
    else if (char === ')') depth--
    if (char === ',' && depth === 0) {
      terms.push(term.trim())
      term = ''
    } else term += char
  }
  return [...terms, term.trim()]
}

const has = (values: Readonly<Record<string, string>>, key: string): boolean => Object.hasOwn(values, key)

const labelTerm = (term: string, text: string): Selector => {
  const set = SET.exec(term)
  if (set !== null) {
    const [, key = '', operator, list = ''] = set
    const wanted = list.split(',').map(v => v.trim())
    const isIn: Selector = values => has(values, key) && wanted.includes(values[key]!)
    return operator === 'in' ? isIn : values => !isIn(values)
  }
  const equality = EQUALITY.exec(term)
  if (equality !== null) {
    const [, key = '', operator, value] = equality
    return operator === '!=' ? values => values[key] !== value : values => values[key] === value
  }
  const exists = EXISTS.exec(term)
  if (exists === null)
    throw newBadRequest(`unable to parse requirement: found '${term}', expected: identifier, in a selector "${text}"`)
  const [, not, key = ''] = exists
  return not === '!' ? values => !has(values, key) : values => has(values, key)
}

const all =
  (terms: readonly Selector[]): Selector =>
  values =>
    terms.every(term => term(values))

/** A selector of labels. Throws a 400 for a text that is none. */
export const labelSelector = (text: string): Selector =>
  text.trim() === '' ? EVERYTHING : all(termsOf(text).map(term => labelTerm(term, text)))

/** A selector of the fields in `known`. Throws a 400 for another field or a text that is none. */
export const fieldSelector = (text: string, known: readonly string[]): Selector => {
  if (text.trim() === '') return EVERYTHING
  return all(
    text.split(',').map(term => {
      const match = /^([^=!]+)(==|=|!=)(.*)$/.exec(term)
      if (match === null) throw newBadRequest(`invalid selector: '${text}'; can't understand '${term}'`)
      const [, key = '', operator, value] = match
      if (!known.includes(key)) throw newBadRequest(`field label not supported: ${key}`)
      return operator === '!=' ? values => values[key] !== value : values => values[key] === value
    }),
  )
}
