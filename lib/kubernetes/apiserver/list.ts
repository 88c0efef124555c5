/**
 * Lists of a resource: selectors, versions, and chunks.
 *
 * @see k8s.io/apiserver pkg/storage/etcd3/store.go GetList, pkg/storage/continue.go
 */
import { goQuote } from '../../app/go-text.js'
import { isObject, type JsonObject, type JsonValue } from '../apimachinery/json.js'
import type { ApiObject } from '../apimachinery/meta.js'
import {
  type FieldError,
  newBadRequest,
  newInvalid,
  newResourceExpired,
  newTooLargeResourceVersion,
} from '../apimachinery/status.js'
import { fieldSelector, labelSelector, type Selector } from '../apimachinery/selector.js'
import { fromBase64, toBase64 } from '../base64.js'
import { countOf } from './request.js'
import type { Registry } from './registry.js'

type Query = ReadonlyMap<string, string>

/** Says whether a list or a watch wants an object. */
export type Predicate = (object: ApiObject) => boolean

/** What a request selects. Throws a 400 for a selector that is none. */
export const predicateOf = ({ resource }: Registry, query: Query): Predicate => {
  const byLabels: Selector = labelSelector(query.get('labelSelector') ?? '')
  const known = Object.keys(
    resource.fieldsOf({ kind: '', apiVersion: '', metadata: { name: '' }, spec: {}, status: {} }),
  )
  const byFields: Selector = fieldSelector(query.get('fieldSelector') ?? '', known)
  return object => byLabels(object.metadata.labels ?? {}) && byFields(resource.fieldsOf(object))
}

/** `resourceVersion` of a request as a number; null when it is absent. Throws a 422. */
export const resourceVersionOf = ({ resource }: Registry, query: Query): number | null => {
  const text = query.get('resourceVersion') ?? ''
  if (text === '') return null
  if (/^\d+$/.test(text)) return Number(text)
  const error: FieldError = {
    field: 'resourceVersion',
    type: 'Invalid',
    value: goQuote(text),
    detail: `strconv.ParseUint: parsing ${goQuote(text)}: invalid syntax`,
  }
  throw newInvalid(resource.name, '', [error])
}

/** A page of objects, and the metadata of the list. */
export interface Page {
  readonly objects: readonly ApiObject[]
  readonly metadata: JsonObject
}

const continueToken = (revision: number, last: string): string =>
  toBase64(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start: `${last}\u0000` }))

const parseContinue = (token: string): { readonly revision: number; readonly start: string } => {
  const refuse = (): never => {
    throw newBadRequest('continue key is not valid: invalid encoding')
  }
  let parsed: JsonValue
  try {
    parsed = JSON.parse(fromBase64(token)) as JsonValue
  } catch {
    return refuse()
  }
  if (!isObject(parsed) || typeof parsed['rv'] !== 'number' || typeof parsed['start'] !== 'string') return refuse()
  return { revision: parsed['rv'], start: parsed['start'] }
}

const CONTINUE_EXPIRED =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.'

const listAt = (registry: Registry, revision: number, isContinued: boolean): ApiObject[] => {
  try {
    return registry.list(revision)
  } catch (e) {
    throw isContinued ? newResourceExpired(CONTINUE_EXPIRED) : e
  }
}

/** The objects that a request lists. Throws 400, 410 for a version that is gone, 422, 504 for one that is still to come. */
export const listPage = (registry: Registry, query: Query): Page => {
  const predicate = predicateOf(registry, query)
  const asked = resourceVersionOf(registry, query)
  const limit = countOf(query, 'limit') ?? 0
  const token = query.get('continue') ?? ''
  const from = token === '' ? null : parseContinue(token)
  if (asked !== null && asked > registry.revision) throw newTooLargeResourceVersion(asked, registry.revision)
  const isExact = query.get('resourceVersionMatch') === 'Exact' && asked !== null
  const revision = from?.revision ?? (isExact ? asked : registry.revision)
  const all = listAt(registry, revision, from !== null).filter(
    object => predicate(object) && (from === null || object.metadata.name >= from.start),
  )
  // A list of any version comes from the cache, which gives it whole.
  if (limit === 0 || all.length <= limit || asked === 0)
    return { objects: all, metadata: { resourceVersion: `${revision}` } }
  const objects = all.slice(0, limit)
  const isSelected = (query.get('labelSelector') ?? '') !== '' || (query.get('fieldSelector') ?? '') !== ''
  return {
    objects,
    metadata: {
      resourceVersion: `${revision}`,
      continue: continueToken(revision, objects.at(-1)!.metadata.name),
      ...(isSelected ? {} : { remainingItemCount: all.length - limit }),
    },
  }
}
