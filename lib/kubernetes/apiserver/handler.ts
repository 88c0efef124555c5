/**
 * What the API server answers: paths and methods to operations on resources.
 *
 * @see k8s.io/apiserver pkg/endpoints/installer.go, pkg/endpoints/handlers
 */
import { headerOf } from '../../app/http-message.js'
import type { World } from '../../core/world.js'
import { goMarshal } from '../../app/go-json.js'
import { isObject, type JsonObject, type JsonValue } from '../apimachinery/json.js'
import type { ApiObject } from '../apimachinery/meta.js'
import {
  ApiError,
  deletedStatus,
  newBadRequest,
  newGenericMethodNotAllowed,
  newGenericNotFound,
  newUnsupportedMediaType,
} from '../apimachinery/status.js'
import {
  aggregatedDiscovery,
  API_GROUP_LIST,
  API_RESOURCE_LIST,
  apiVersions,
  HEALTH,
  VERSION_INFO,
} from './discovery.js'
import { listPage, predicateOf, type Predicate, resourceVersionOf } from './list.js'
import { tableOf } from './printers.js'
import { type Decoded, PATCH_TYPES, type Preconditions, type Registry } from './registry.js'
import {
  acceptedOf,
  type Accepted,
  type ApiRequest,
  bodyJson,
  contentTypeOf,
  countOf,
  flagOf,
  pathOf,
  queryOf,
} from './request.js'

/** An answer that is complete. */
export interface ApiResponse {
  readonly status: number
  readonly contentType: string
  readonly headers: readonly string[]
  readonly body: string
}

/** A request to be told of changes, which is answered as long as it lasts. */
export interface WatchRequest {
  readonly registry: Registry
  readonly predicate: Predicate
  /** Changes behind this revision; null to begin with all objects as added. */
  readonly since: number | null
  readonly bookmarks: boolean
  /** Seconds after which it ends; null for the server's own choice. */
  readonly timeoutSeconds: number | null
  /** An object as it is sent. */
  readonly form: (object: ApiObject, isFirst: boolean) => JsonObject
}

/** What a request gets. */
export type Answer = { readonly response: ApiResponse } | { readonly watch: WatchRequest }

const JSON_TYPE = 'application/json'
const NOT_FOUND = '404 page not found\n'
/** Clients that people look over the shoulder of get their JSON indented. */
const PEOPLE = /^(curl|Wget|Mozilla\/5\.0)/

type Query = ReadonlyMap<string, string>

/** One resource, or one object of it, of a URL. */
interface Target {
  readonly registry: Registry
  readonly name: string | null
  readonly subresource: 'status' | null
}

/** Answers requests by the registries of the resources. */
export class ApiHandler {
  readonly #registries: ReadonlyMap<string, Registry>
  readonly #world: World
  readonly #address: () => string

  /** `address` says where the server is reached, `ADDRESS:PORT`. */
  constructor(registries: readonly Registry[], world: World, address: () => string) {
    this.#registries = new Map(registries.map(r => [r.resource.name, r]))
    this.#world = world
    this.#address = address
  }

  /** What a request gets. Refusals are answers, too. */
  answer(request: ApiRequest): Answer {
    try {
      return this.#answer(request)
    } catch (e) {
      if (!(e instanceof ApiError)) throw e
      return { response: this.#json(request, e.status.code ?? 500, e.status as unknown as JsonObject) }
    }
  }

  #answer(request: ApiRequest): Answer {
    const path = pathOf(request.target)
    const plain = this.#plain(request, path)
    if (plain !== null) return { response: plain }
    if (!path.startsWith('/api/v1/')) return { response: text(404, NOT_FOUND) }
    const target = this.#target(path)
    const query = queryOf(request.target)
    return target.name === null
      ? this.#collection(request, target, query)
      : { response: this.#object(request, target, target.name, query) }
  }

  /** Discovery and health. */
  #plain(request: ApiRequest, path: string): ApiResponse | null {
    const { method, headers } = request
    if (method !== 'GET') return null
    const health = HEALTH[path]
    if (health !== undefined) return text(200, health)
    if (path === '/version' || path === '/version/') return this.#json(request, 200, VERSION_INFO)
    if (path === '/api/v1') return this.#json(request, 200, API_RESOURCE_LIST)
    if (path !== '/api' && path !== '/apis') return null
    const { as, version } = acceptedOf(headers, ['APIGroupDiscoveryList'])
    if (as === null) return this.#json(request, 200, path === '/api' ? apiVersions(this.#address()) : API_GROUP_LIST)
    const contentType = `${JSON_TYPE};g=apidiscovery.k8s.io;v=${version};as=${as}`
    return { ...this.#json(request, 200, aggregatedDiscovery(path, version)), contentType, headers: ['Vary: Accept'] }
  }

  #target(path: string): Target {
    const [resource = '', name = null, subresource = null, ...rest] = path.slice('/api/v1/'.length).split('/')
    const registry = this.#registries.get(resource)
    if (registry === undefined || rest.length > 0 || name === '') throw newGenericNotFound()
    if (subresource !== null && !(subresource === 'status' && registry.resource.hasStatus)) throw newGenericNotFound()
    return { registry, name, subresource: subresource === null ? null : 'status' }
  }

  // --- a collection

  #collection(request: ApiRequest, { registry }: Target, query: Query): Answer {
    switch (request.method) {
      case 'GET':
        return flagOf(query, 'watch')
          ? { watch: this.#watch(request, registry, query) }
          : { response: this.#list(request, registry, query) }
      case 'POST':
        return { response: this.#create(request, registry, query) }
      case 'DELETE':
        return { response: this.#deleteCollection(request, registry, query) }
      default:
        throw newGenericMethodNotAllowed()
    }
  }

  #list(request: ApiRequest, registry: Registry, query: Query): ApiResponse {
    const accepted = acceptedOf(request.headers, ['Table'])
    const { objects, metadata } = listPage(registry, query)
    if (accepted.as === null) return this.#json(request, 200, listOf(registry, objects, metadata))
    return this.#table(request, registry, objects, metadata, accepted, query)
  }

  #watch(request: ApiRequest, registry: Registry, query: Query): WatchRequest {
    const accepted = acceptedOf(request.headers, ['Table'])
    const since = resourceVersionOf(registry, query)
    const include = query.get('includeObject') ?? ''
    const asTable = (object: ApiObject, isFirst: boolean): JsonObject => {
      const options = { version: accepted.version, now: this.#world.now, withColumns: isFirst, include }
      return tableOf(registry.resource, [object], { resourceVersion: object.metadata.resourceVersion ?? '' }, options)
    }
    return {
      registry,
      predicate: predicateOf(registry, query),
      since: since === 0 ? null : since,
      bookmarks: flagOf(query, 'allowWatchBookmarks'),
      timeoutSeconds: countOf(query, 'timeoutSeconds'),
      form: accepted.as === null ? object => object : asTable,
    }
  }

  #create(request: ApiRequest, registry: Registry, query: Query): ApiResponse {
    const decoded = registry.decode(jsonBody(request))
    const headers = fieldWarnings(registry, decoded, query)
    if (flagOf(query, 'dryRun')) refuseDryRun()
    return this.#form(request, 201, registry, registry.create(decoded.object), query, headers)
  }

  #deleteCollection(request: ApiRequest, registry: Registry, query: Query): ApiResponse {
    const { objects, metadata } = listPage(registry, query)
    for (const {
      metadata: { name },
    } of objects)
      registry.delete(name)
    return this.#json(request, 200, listOf(registry, objects, metadata))
  }

  // --- one object

  #object(request: ApiRequest, { registry, subresource }: Target, name: string, query: Query): ApiResponse {
    if (flagOf(query, 'dryRun')) refuseDryRun()
    switch (request.method) {
      case 'GET':
        return this.#form(request, 200, registry, registry.get(name), query)
      case 'PUT': {
        const decoded = registry.decode(jsonBody(request))
        const headers = fieldWarnings(registry, decoded, query)
        return this.#form(request, 200, registry, registry.update(name, decoded.object, subresource), query, headers)
      }
      case 'PATCH': {
        const type = contentTypeOf(request.headers)
        if (!PATCH_TYPES.includes(type)) throw newUnsupportedMediaType(PATCH_TYPES)
        const { object } = registry.patch(name, type, bodyJson(request.body), subresource)
        return this.#form(request, 200, registry, object, query)
      }
      case 'DELETE':
        if (subresource !== null) throw newGenericMethodNotAllowed()
        return this.#delete(request, registry, name)
      default:
        throw newGenericMethodNotAllowed()
    }
  }

  #delete(request: ApiRequest, registry: Registry, name: string): ApiResponse {
    const options = bodyJson(request.body)
    const given = isObject(options) && isObject(options['preconditions']) ? options['preconditions'] : {}
    const object = registry.delete(name, given as Preconditions)
    const status = deletedStatus(registry.resource.name, name, object.metadata.uid ?? '')
    return this.#json(request, 200, status as unknown as JsonObject)
  }

  // --- forms of answers

  #form(
    request: ApiRequest,
    status: number,
    registry: Registry,
    object: ApiObject,
    query: Query,
    headers: readonly string[] = [],
  ): ApiResponse {
    const accepted = acceptedOf(request.headers, ['Table'])
    const { resourceVersion = '' } = object.metadata
    const response =
      accepted.as === null
        ? this.#json(request, status, object)
        : { ...this.#table(request, registry, [object], { resourceVersion }, accepted, query), status }
    return { ...response, headers }
  }

  #table(
    request: ApiRequest,
    { resource }: Registry,
    objects: readonly ApiObject[],
    metadata: JsonObject,
    { version }: Accepted,
    query: Query,
  ): ApiResponse {
    const include = query.get('includeObject') ?? ''
    return this.#json(
      request,
      200,
      tableOf(resource, objects, metadata, { version, now: this.#world.now, withColumns: true, include }),
    )
  }

  #json({ target, headers }: ApiRequest, status: number, value: JsonObject): ApiResponse {
    const pretty = queryOf(target).get('pretty')
    const isPretty =
      pretty === undefined ? PEOPLE.test(headerOf(headers, 'User-Agent') ?? '') : pretty !== 'false' && pretty !== '0'
    const body = isPretty ? goMarshal(value, 2) : `${goMarshal(value)}\n`
    return { status, contentType: JSON_TYPE, headers: [], body }
  }
}

const text = (status: number, body: string): ApiResponse => ({
  status,
  contentType: 'text/plain; charset=utf-8',
  headers: ['X-Content-Type-Options: nosniff'],
  body,
})

const listOf = ({ resource }: Registry, objects: readonly ApiObject[], metadata: JsonObject): JsonObject => ({
  kind: `${resource.kind}List`,
  apiVersion: 'v1',
  metadata,
  // Items of a list don't repeat what the list says.
  items: objects.map(({ kind: _kind, apiVersion: _apiVersion, ...rest }) => rest as JsonValue),
})

const jsonBody = ({ headers, body }: ApiRequest): JsonValue => {
  const type = contentTypeOf(headers)
  if (type !== JSON_TYPE && type !== '*/*') throw newUnsupportedMediaType([JSON_TYPE])
  return bodyJson(body)
}

const refuseDryRun = (): never => {
  throw newBadRequest('dryRun: netloom has no dry runs; leave the parameter out')
}

/** Fields that the type has not: refused, told in a warning, or ignored, as `fieldValidation` says. Throws a 400. */
const fieldWarnings = ({ resource }: Registry, { unknown }: Decoded, query: Query): string[] => {
  const mode = query.get('fieldValidation') ?? 'Warn'
  if (unknown.length === 0 || mode === 'Ignore') return []
  const texts = unknown.map(path => `unknown field "${path}"`)
  if (mode === 'Strict')
    throw newBadRequest(
      `${resource.kind} in version "v1" cannot be handled as a ${resource.kind}: strict decoding error: ${texts.join(', ')}`,
    )
  return texts.map(warning => `Warning: 299 - ${JSON.stringify(warning)}`)
}
