/**
 * What header lists of HTTP/2 may contain.
 *
 * @see RFC 9113, section 8.2 and 8.3
 */
import { goQuote } from '../app/go-text.js'
import type { HeaderField } from './hpack-table.js'

const REQUEST_PSEUDO: readonly string[] = [':method', ':scheme', ':path', ':authority']
const RESPONSE_PSEUDO: readonly string[] = [':status']
/** Fields that belong to a connection of HTTP/1.1. */
const OF_CONNECTION: readonly string[] = [
  'connection',
  'proxy-connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
]

/** Characters of a field's name that are none: controls, space, capitals, DEL and above. */
const BAD_NAME = /[^\x21-\x40\x5b-\x7e]/
const BAD_VALUE = /[\0\r\n]/

/** Kind of a header list. */
export type HeaderListKind = 'request' | 'response' | 'trailers'

const pseudoOf = (kind: HeaderListKind): readonly string[] => {
  if (kind === 'trailers') return []
  return kind === 'request' ? REQUEST_PSEUDO : RESPONSE_PSEUDO
}

/** Lists that are well formed, as what: a decoder gives the same ones again and again. */
const RIGHT = new WeakMap<readonly HeaderField[], HeaderListKind>()

/** Why a header list is malformed, as golang.org/x/net says it where it does; null when it is none. */
export const headerListFault = (fields: readonly HeaderField[], kind: HeaderListKind): string | null => {
  if (RIGHT.get(fields) === kind) return null
  const fault = listFault(fields, kind)
  if (fault === null) RIGHT.set(fields, kind)
  return fault
}

const listFault = (fields: readonly HeaderField[], kind: HeaderListKind): string | null => {
  const allowed = pseudoOf(kind)
  const seen: string[] = []
  let isRegular = false
  for (const [name, value] of fields) {
    if (name.startsWith(':')) {
      if (isRegular) return `pseudo header field ${goQuote(name)} after regular header fields`
      if (!allowed.includes(name)) return `invalid pseudo-header ${goQuote(name)}`
      if (seen.includes(name)) return `duplicate pseudo-header ${goQuote(name)}`
      seen.push(name)
    } else {
      isRegular = true
      if (name === '' || BAD_NAME.test(name) || name.includes(':')) return `invalid header field name ${goQuote(name)}`
      if (OF_CONNECTION.includes(name)) return `connection-specific header field ${goQuote(name)}`
      if (name === 'te' && value !== 'trailers') return `te is ${goQuote(value)}`
    }
    if (BAD_VALUE.test(value)) return `invalid header field value for ${goQuote(name)}`
  }
  const missing = kind === 'request' ? REQUEST_PSEUDO.slice(0, 3).find(name => !seen.includes(name)) : undefined
  if (missing !== undefined) return `missing pseudo-header ${goQuote(missing)}`
  return kind === 'response' && seen.length === 0 ? 'missing pseudo-header ":status"' : null
}

/** Value of the first field with the name; null when there is none. */
export const fieldValue = (fields: readonly HeaderField[], name: string): string | null => {
  for (let i = 0; i < fields.length; i++) if (fields[i]![0] === name) return fields[i]![1]
  return null
}
