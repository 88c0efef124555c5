/**
 * Etcd over HTTP/1.1: the gateway to its calls in JSON, /health and /version.
 *
 * @see etcd embed/serve.go, etcdserver/api/etcdhttp; github.com/grpc-ecosystem/grpc-gateway v1 runtime/handler.go, runtime/errors.go
 */
import type { HttpResponder } from '../../app/http-server.js'
import type { GoHttpServer, HttpRequest, HttpResponseWriter } from '../../app/http-response.js'
import type { Process } from '../../app/process.js'
import { decodeUtf8, encodeUtf8 } from '../../wire/utf8.js'
import type { LeaseRequest, WatchRequest } from '../etcdserverpb.js'
import type { EtcdServer } from '../etcdserver/v3-server.js'
import { ServerWatchStream } from '../etcdserver/watch-stream.js'
import { LEASE_KEEP_ALIVE_REQUEST, LEASE_KEEP_ALIVE_RESPONSE, WATCH_REQUEST, WATCH_RESPONSE } from '../rpc-proto.js'
import { CODE, EtcdError } from '../rpctypes.js'
import { marshalJson, unmarshalJson } from './jsonpb.js'
import { UNARY_ROUTES } from './routes.js'

/** Version that it is. */
export const ETCD_VERSION = '3.4.23'

const CORS: readonly string[] = [
  'Access-Control-Allow-Headers: accept, content-type, authorization',
  'Access-Control-Allow-Methods: POST, GET, OPTIONS, PUT, DELETE',
  'Access-Control-Allow-Origin: *',
]
const TYPE_JSON = 'Content-Type: application/json'
const TYPE_TEXT = 'Content-Type: text/plain; charset=utf-8'
const NO_SNIFF = 'X-Content-Type-Options: nosniff'
const GRPC_METADATA = 'Grpc-Metadata-Content-Type: application/grpc'

/** HTTP status for a status of gRPC. */
const HTTP_STATUS: Readonly<Record<number, number>> = {
  [CODE.Canceled]: 408,
  [CODE.Unknown]: 500,
  [CODE.InvalidArgument]: 400,
  [CODE.DeadlineExceeded]: 504,
  [CODE.NotFound]: 404,
  [CODE.FailedPrecondition]: 412,
  [CODE.OutOfRange]: 400,
  [CODE.Unimplemented]: 501,
  [CODE.Internal]: 500,
  [CODE.Unavailable]: 503,
}

/** The HTTP server of a member's program. */
export const gatewayHttp = (process: Process): GoHttpServer => ({ process, headers: CORS })

/** Answers requests to a member. */
export const gatewayResponder =
  (process: Process, server: EtcdServer): HttpResponder =>
  (request, writer) =>
    new GatewayCall(process, server, writer).serve(request)

/** The answer to one request. */
class GatewayCall {
  readonly #process: Process
  readonly #server: EtcdServer
  readonly #writer: HttpResponseWriter

  constructor(process: Process, server: EtcdServer, writer: HttpResponseWriter) {
    this.#process = process
    this.#server = server
    this.#writer = writer
  }

  serve({ method, path: target, body }: HttpRequest): void {
    const path = target.split('?')[0]!
    if (path === '/health') return this.#writer.respond({ body: '{"health":"true"}' })
    if (path === '/version')
      return this.#answer(200, [TYPE_JSON], `{"etcdserver":"${ETCD_VERSION}","etcdcluster":"3.4.0"}`)
    if (!path.startsWith('/v3/')) return this.#answer(404, [TYPE_TEXT, NO_SNIFF], '404 page not found\n')
    const route = UNARY_ROUTES.find(({ paths }) => paths.includes(path))
    if (route === undefined && path !== '/v3/watch' && path !== '/v3/lease/keepalive')
      return this.#answer(404, [TYPE_TEXT, NO_SNIFF], 'Not Found\n')
    if (method !== 'POST') return this.#answer(405, [TYPE_TEXT, NO_SNIFF], 'Method Not Allowed\n')
    const text = decodeUtf8(body)
    try {
      if (route !== undefined)
        this.#unary(
          () => unmarshalJson(route.request, text),
          message => marshalJson(route.response, route.call(this.#server, message)),
        )
      else if (path === '/v3/watch') this.#serveWatch(text)
      else this.#keepAlive(text)
    } catch (e) {
      if (!(e instanceof EtcdError)) throw e
      this.#error(e, [])
    }
  }

  #answer(status: number, headers: readonly string[], body: string): void {
    this.#writer.respond({ status, headers, body })
  }

  #unary(parse: () => object, call: (message: object) => string): void {
    const message = parse()
    try {
      this.#answer(200, [TYPE_JSON, GRPC_METADATA], call(message))
    } catch (e) {
      if (!(e instanceof EtcdError)) throw e
      this.#error(e, ['Grpc-Trailer-Content-Type: application/grpc'])
    }
  }

  /** What etcd itself refuses comes with the trailer of its call; what the gateway refuses has none. */
  #error({ message, code }: EtcdError, trailers: readonly string[]): void {
    const text = JSON.stringify(message)
    const body = `{"error":${text},"message":${text},"code":${code}}`
    const names = trailers.map(line => `Trailer: ${line.split(':')[0]}`)
    this.#writer.respond({ status: HTTP_STATUS[code] ?? 500, headers: [TYPE_JSON, ...names], body, trailers })
  }

  #begin(): void {
    this.#writer.begin({ headers: [TYPE_JSON, GRPC_METADATA] })
  }

  #send(message: string): void {
    this.#writer.write(encodeUtf8(`{"result":${message}}\n`))
  }

  /** A piece for each message that the server has to say, until the client goes. */
  #serveWatch(text: string): void {
    const requests = text
      .split('\n')
      .filter(line => line.trim() !== '')
      .map(line => unmarshalJson<WatchRequest>(WATCH_REQUEST, line))
    const { netns } = this.#process
    this.#begin()
    const watch = new ServerWatchStream(netns.world, netns.rng, this.#server, response =>
      this.#send(marshalJson(WATCH_RESPONSE, response)),
    )
    this.#writer.onClose = () => watch.close()
    for (const request of requests) watch.recv(request)
  }

  #keepAlive(text: string): void {
    const request = unmarshalJson<LeaseRequest>(LEASE_KEEP_ALIVE_REQUEST, text)
    this.#begin()
    this.#server.leaseRenew(request, response => {
      this.#send(marshalJson(LEASE_KEEP_ALIVE_RESPONSE, response))
      this.#writer.end()
    })
  }
}
