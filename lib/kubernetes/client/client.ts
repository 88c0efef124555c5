/**
 * A client of the Kubernetes API for programs: typed calls for threads (app/thread.ts), as client-go has them.
 *
 * @see k8s.io/client-go rest/request.go, kubernetes/typed
 */
import { goQuote } from '../../app/go-text.js'
import { type HttpReplyStream, HttpTransport } from '../../app/http-client.js'
import type { HttpClientRequest } from '../../app/http-client-request.js'
import { NetworkError } from '../../app/go-net.js'
import { octetText } from '../../app/octet-text.js'
import type { Process } from '../../app/process.js'
import { octetsOf } from '../../app/text.js'
import { Context, type Thread } from '../../app/thread.js'
import type { Node } from '../api/node.js'
import { goMarshal } from '../../app/go-json.js'
import { isObject, type JsonObject, type JsonValue } from '../apimachinery/json.js'
import type { ApiList, ApiObject, WatchEvent } from '../apimachinery/meta.js'
import { ApiError, failure, type Status } from '../apimachinery/status.js'
import { concatOctets } from '../../wire/repr.js'
import type { ServerAddress } from './kubeconfig.js'

/** Connections to a server that are kept without a request, as client-go sets it. */
const MAX_IDLE_CONNS = 25

/** Parameters of a request's query; absent ones are left out. */
export type Query = Readonly<Record<string, string | number | boolean | undefined>>

/** Kinds of patches. */
export type PatchType = 'json' | 'merge' | 'strategic'

const PATCH_MEDIA: Readonly<Record<PatchType, string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
}

/** A query as Go encodes it: sorted by name. */
const encodeQuery = (query: Query): string => {
  const pairs = Object.keys(query)
    .filter(name => query[name] !== undefined)
    .sort()
    .map(name => `${encodeURIComponent(name)}=${encodeURIComponent(String(query[name])).replaceAll('%20', '+')}`)
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`
}

const jsonOf = (body: Uint8Array): JsonValue => {
  try {
    return JSON.parse(octetText(body)) as JsonValue
  } catch {
    return null
  }
}

/** What a refusal is for the client: the Status of the server, or one made of its text. */
const refusal = (status: number, body: Uint8Array, what: string): ApiError => {
  const value = jsonOf(body)
  if (isObject(value) && value['kind'] === 'Status') return new ApiError(value as unknown as Status)
  if (status === 404) return failure(404, 'NotFound', `the server could not find the requested resource${what}`)
  const text = octetText(body).trim()
  return failure(
    status,
    'InternalError',
    `an error on the server (${goQuote(text)}) has prevented the request from succeeding${what}`,
  )
}

/** Reads a body to its end. Throws a {@link NetworkError} with client-go's words. */
function* bodyOf(stream: HttpReplyStream, ctx: Context): Thread<Uint8Array> {
  const pieces: Uint8Array[] = []
  try {
    for (let piece = yield* stream.read(ctx); piece !== null; piece = yield* stream.read(ctx)) pieces.push(piece)
    return concatOctets(...pieces)
  } catch (e) {
    stream.close()
    if (!(e instanceof NetworkError)) throw e
    const what = 'unexpected error when reading response body. Please retry. Original error'
    throw new NetworkError(e.code, `${what}: ${e.message}`)
  }
}

/** What a raw request is. */
export interface RestRequest {
  readonly method: string
  readonly path: string
  readonly query?: Query
  readonly body?: JsonValue
  readonly contentType?: string
  readonly accept?: string
  /** What a refusal without a Status is about: `get nodes n1`. */
  readonly about?: string
}

/** The calls of a program to one API server. All are for its threads, and end by throwing when `ctx` is cancelled. */
export class KubeClient {
  readonly server: ServerAddress
  readonly #transport: HttpTransport
  readonly #userAgent: string
  readonly #headers: readonly string[]

  /** `headers` are sent with every request, behind the client's own. */
  constructor(
    process: Process,
    server: ServerAddress,
    userAgent: string = `${process.name}/v0.0.0 (linux/amd64) kubernetes/$Format`,
    headers: readonly string[] = [],
  ) {
    this.server = server
    this.#transport = new HttpTransport(process, { maxIdleConnsPerHost: MAX_IDLE_CONNS })
    this.#userAgent = userAgent
    this.#headers = headers
  }

  /** Nodes. */
  get nodes(): ResourceClient<Node> {
    return new ResourceClient<Node>(this, 'nodes')
  }

  /** Sends a request; returns the answer's JSON. Throws an {@link ApiError} for a refusal, a {@link NetworkError}. */
  *send(request: RestRequest, ctx?: Context): Thread<JsonValue> {
    const { status, body } = yield* this.raw(request, ctx)
    if (status >= 400) throw refusal(status, body, request.about === undefined ? '' : ` (${request.about})`)
    return jsonOf(body)
  }

  /** Sends a request; returns the answer as it is. Throws a {@link NetworkError}. */
  *raw(
    request: RestRequest,
    ctx: Context = new Context(),
  ): Thread<{ readonly status: number; readonly body: Uint8Array }> {
    const stream = yield* this.#transport.open(this.#init(request), ctx)
    return { status: stream.status, body: yield* bodyOf(stream, ctx) }
  }

  /** Sends a request whose answer comes in pieces. Throws an {@link ApiError}, a {@link NetworkError}. */
  *open(request: RestRequest, ctx: Context = new Context()): Thread<HttpReplyStream> {
    const stream = yield* this.#transport.open(this.#init(request), ctx)
    if (stream.status < 400) return stream
    throw refusal(stream.status, yield* bodyOf(stream, ctx), '')
  }

  /** Begins to watch the resource of a path. Throws an {@link ApiError}, a {@link NetworkError}. */
  *watch<T extends ApiObject>(path: string, query: Query, accept?: string, ctx?: Context): Thread<WatchStream<T>> {
    const request = { method: 'GET', path, query, ...(accept === undefined ? {} : { accept }) }
    return new WatchStream<T>(yield* this.open(request, ctx))
  }

  /** Closes the connections that carry nothing. */
  close(): void {
    this.#transport.closeIdle()
  }

  #init(request: RestRequest): HttpClientRequest {
    const {
      method,
      path,
      query = {},
      body,
      contentType = 'application/json',
      accept = 'application/json, */*',
    } = request
    const url = `${this.server.url}${path}${encodeQuery(query)}`
    const type = body === undefined ? [] : [`Content-Type: ${contentType}`]
    const headers = [`User-Agent: ${this.#userAgent}`, `Accept: ${accept}`, ...type, ...this.#headers]
    return { method, url, headers, ...(body === undefined ? {} : { body: octetsOf(goMarshal(body)) }) }
  }
}

/** Calls for the objects of one resource. */
export class ResourceClient<T extends ApiObject> {
  readonly resource: string
  readonly #client: KubeClient

  constructor(client: KubeClient, resource: string) {
    this.#client = client
    this.resource = resource
  }

  #path(name?: string, subresource?: string): string {
    return ['/api/v1', this.resource, name, subresource].filter(part => part !== undefined).join('/')
  }

  *#send(
    request: Omit<RestRequest, 'path'>,
    name: string | undefined,
    subresource: string | undefined,
    ctx?: Context,
  ): Thread<T> {
    const about = [request.method.toLowerCase(), this.resource, name].filter(w => w !== undefined).join(' ')
    return (yield* this.#client.send({ ...request, path: this.#path(name, subresource), about }, ctx)) as unknown as T
  }

  /** Throws an {@link ApiError} `nodes "X" not found`. */
  *get(name: string, query: Query = {}, ctx?: Context): Thread<T> {
    return yield* this.#send({ method: 'GET', query }, name, undefined, ctx)
  }

  /**
   * A page of the objects; `metadata.continue` says whether there is another. Throws an {@link ApiError}, a {@link
   * NetworkError}, as all of these.
   */
  *list(query: Query = {}, ctx?: Context): Thread<ApiList<T>> {
    return (yield* this.#send({ method: 'GET', query }, undefined, undefined, ctx)) as unknown as ApiList<T>
  }

  /** Makes an object, and returns it as the server keeps it. */
  *create(object: JsonObject, query: Query = {}, ctx?: Context): Thread<T> {
    return yield* this.#send({ method: 'POST', query, body: object }, undefined, undefined, ctx)
  }

  /** Replaces an object; its resourceVersion, when it has one, must be the present one. */
  *update(object: T, query: Query = {}, ctx?: Context): Thread<T> {
    return yield* this.#send({ method: 'PUT', query, body: object }, object.metadata.name, undefined, ctx)
  }

  /** As {@link update}, of the status only. */
  *updateStatus(object: T, query: Query = {}, ctx?: Context): Thread<T> {
    return yield* this.#send({ method: 'PUT', query, body: object }, object.metadata.name, 'status', ctx)
  }

  /** Changes an object, or its status, by a patch. */
  *patch(
    name: string,
    type: PatchType,
    patch: JsonValue,
    options: { readonly subresource?: 'status'; readonly query?: Query } = {},
    ctx?: Context,
  ): Thread<T> {
    const { subresource, query = {} } = options
    return yield* this.#send(
      { method: 'PATCH', query, body: patch, contentType: PATCH_MEDIA[type] },
      name,
      subresource,
      ctx,
    )
  }

  /** Returns the Status of the deletion. */
  *delete(name: string, options: JsonObject = {}, ctx?: Context): Thread<JsonObject> {
    return yield* this.#send({ method: 'DELETE', body: options }, name, undefined, ctx)
  }

  /** Begins to watch. Throws an {@link ApiError}, a {@link NetworkError}. */
  *watch(query: Query = {}, ctx?: Context): Thread<WatchStream<T>> {
    return yield* this.#client.watch<T>(this.#path(), { ...query, watch: true }, undefined, ctx)
  }
}

const LF = 10

/** Events of a watch. */
export class WatchStream<T extends ApiObject = ApiObject> {
  readonly #stream: HttpReplyStream
  #pending: Uint8Array = new Uint8Array(0)

  constructor(stream: HttpReplyStream) {
    this.#stream = stream
  }

  /** The next event; null when the server has ended the watch. Throws a {@link NetworkError}, an {@link ApiError} for an event that is none. */
  *next(ctx: Context = new Context()): Thread<WatchEvent<T> | null> {
    for (;;) {
      const end = this.#pending.indexOf(LF)
      if (end >= 0) {
        const line = this.#pending.subarray(0, end)
        this.#pending = this.#pending.subarray(end + 1)
        const event = jsonOf(line)
        if (!isObject(event)) throw failure(500, 'InternalError', 'unable to decode an event from the watch stream')
        return event as unknown as WatchEvent<T>
      }
      const piece = yield* this.#stream.read(ctx)
      if (piece === null) return null
      this.#pending = this.#pending.length === 0 ? piece : concatOctets(this.#pending, piece)
    }
  }

  /** Closes the connection. */
  stop(): void {
    this.#stream.close()
  }
}
