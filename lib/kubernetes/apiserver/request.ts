/**
 * A request to the API server, taken apart.
 *
 * @see k8s.io/apiserver pkg/endpoints/request/requestinfo.go, pkg/endpoints/handlers/negotiation
 */
import { goQuote } from '../../app/go-text.js'
import { headerOf } from '../../app/http-message.js'
import { octetText } from '../../app/octet-text.js'
import type { JsonValue } from '../apimachinery/json.js'
import { newBadRequest, newNotAcceptable } from '../apimachinery/status.js'

/** A request as it came. */
export interface ApiRequest {
  readonly method: string
  /** Path and query. */
  readonly target: string
  /** Header lines. */
  readonly headers: readonly string[]
  readonly body: Uint8Array
}

/** `%41` and `+` of a query. */
const unescaped = (text: string): string => {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

/** Parameters of the query; of several of one name the first counts. */
export const queryOf = (target: string): ReadonlyMap<string, string> => {
  const at = target.indexOf('?')
  const query = new Map<string, string>()
  if (at < 0) return query
  for (const pair of target.slice(at + 1).split('&')) {
    const [name = '', ...value] = pair.split('=')
    if (name !== '' && !query.has(unescaped(name))) query.set(unescaped(name), unescaped(value.join('=')))
  }
  return query
}

/** The path without the query. */
export const pathOf = (target: string): string => {
  const at = target.indexOf('?')
  return unescaped(at < 0 ? target : target.slice(0, at))
}

/** A Boolean of the query, as Go's conversion of URL values takes it. */
export const flagOf = (query: ReadonlyMap<string, string>, name: string): boolean => {
  const value = query.get(name)
  return value !== undefined && value.toLowerCase() !== 'false' && value !== '0'
}

/** A number of the query; null when it is absent. Throws a 400. */
export const countOf = (query: ReadonlyMap<string, string>, name: string): number | null => {
  const value = query.get(name) ?? ''
  if (value === '') return null
  if (!/^\d+$/.test(value)) throw newBadRequest(`strconv.ParseInt: parsing ${goQuote(value)}: invalid syntax`)
  return Number(value)
}

/** The form in which the answer is wanted. */
export interface Accepted {
  /** `Table`, `APIGroupDiscoveryList`, ... ; null for the object itself. */
  readonly as: string | null
  readonly version: string
}

const PLAIN: Accepted = { as: null, version: 'v1' }

/** The first form of the Accept header that is among `forms`. Throws a 406 when there is none. */
export const acceptedOf = (headers: readonly string[], forms: readonly string[]): Accepted => {
  const accept = headerOf(headers, 'Accept') ?? ''
  if (accept === '') return PLAIN
  for (const range of accept.split(',')) {
    const [type = '', ...parameters] = range.split(';').map(p => p.trim())
    if (!['application/json', 'application/*', '*/*'].includes(type)) continue
    const values = new Map(parameters.map(p => p.split('=', 2) as [string, string]))
    const as = values.get('as') ?? null
    if (as === null) return PLAIN
    if (type === 'application/json' && forms.includes(as)) return { as, version: values.get('v') ?? 'v1' }
  }
  throw newNotAcceptable(['application/json'])
}

/** Media type of the body, without parameters; `application/json` when none is named. */
export const contentTypeOf = (headers: readonly string[]): string =>
  (headerOf(headers, 'Content-Type') ?? 'application/json').split(';')[0]!.trim()

/** The body as JSON, null for an empty one. Throws a 400. */
export const bodyJson = (body: Uint8Array): JsonValue => {
  if (body.length === 0) return null
  try {
    return JSON.parse(octetText(body)) as JsonValue
  } catch {
    throw newBadRequest(
      `the object provided is unrecognized (must be of type JSON): couldn't get version/kind; json parse error`,
    )
  }
}
