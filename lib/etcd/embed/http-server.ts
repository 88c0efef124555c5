/**
 * Etcd over HTTP/1.1: the gateway to its calls in JSON, /health and /version.
 *
 * @see etcd embed/serve.go, etcdserver/api/etcdhttp; github.com/grpc-ecosystem/grpc-gateway v1 runtime/handler.go, runtime/errors.go
 */
import { type BodyReader, bodyOf, headerHas, LineReader, trimLineEnd } from '../../app/http-message.js'
import type { ByteStream } from '../../app/stream.js'
import type { Process } from '../../app/process.js'
import { decodeUtf8, encodeUtf8 } from '../../wire/utf8.js'
import { concatOctets, NO_OCTETS } from '../../wire/repr.js'
import { httpDate } from '../../app/http-date.js'
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

const STATUS_TEXTS: Readonly<Record<number, string>> = {
  200: 'OK',
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  412: 'Precondition Failed',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
}

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

interface Request {
  readonly method: string
  readonly path: string
  readonly headers: readonly string[]
  readonly body: BodyReader
  octets: Uint8Array
}

/** One connection: requests one after the other. */
export class HttpConnection {
  readonly #process: Process
  readonly #server: EtcdServer
  readonly #stream: ByteStream
  readonly #lines = new LineReader()
  #head: string[] = []
  #request: Request | null = null
  /** A response that goes on until the client goes: nothing more is read. */
  #watch: ServerWatchStream | null = null

  constructor(process: Process, server: EtcdServer, stream: ByteStream) {
    this.#process = process
    this.#server = server
    this.#stream = stream
  }

  /** Octets came. */
  push(octets: Uint8Array): void {
    this.#lines.push(octets)
    while (this.#watch === null && this.#step());
  }

  /** The connection is gone. */
  close(): void {
    this.#watch?.close()
    this.#watch = null
  }

  /** Reads on; false when that needs more octets. */
  #step(): boolean {
    if (this.#request === null) {
      const line = this.#lines.line()
      if (line === null) return false
      this.#headLine(trimLineEnd(line))
      return true
    }
    const request = this.#request
    if (!request.body.isDone) {
      const octets = request.body.read(this.#lines)
      if (octets !== null) request.octets = concatOctets(request.octets, octets)
      else if (!request.body.isDone) return false
    }
    if (!request.body.isDone) return true
    this.#request = null
    this.#serve(request)
    if (headerHas(request.headers, 'Connection', 'close') && this.#watch === null) this.#stream.end()
    return true
  }

  #headLine(line: string): void {
    if (line !== '') {
      this.#head.push(line)
      return
    }
    const [first, ...headers] = this.#head
    this.#head = []
    if (first === undefined) return
    const [method = '', target = '/'] = first.split(' ')
    const path = target.split('?')[0]!
    if (headerHas(headers, 'Expect', '100-continue')) this.#stream.write(encodeUtf8('HTTP/1.1 100 Continue\r\n\r\n'))
    this.#request = { method, path, headers, body: bodyOf(headers, 'none'), octets: NO_OCTETS }
  }

  #serve(request: Request): void {
    const { method, path } = request
    if (path === '/health') return this.#health()
    if (path === '/version')
      return this.#answer(200, [TYPE_JSON], `{"etcdserver":"${ETCD_VERSION}","etcdcluster":"3.4.0"}`, '')
    if (!path.startsWith('/v3/')) return this.#answer(404, [TYPE_TEXT, NO_SNIFF], '404 page not found\n', '')
    const route = UNARY_ROUTES.find(({ paths }) => paths.includes(path))
    if (route === undefined && path !== '/v3/watch' && path !== '/v3/lease/keepalive')
      return this.#answer(404, [TYPE_TEXT, NO_SNIFF], 'Not Found\n', '')
    if (method !== 'POST') return this.#answer(405, [TYPE_TEXT, NO_SNIFF], 'Method Not Allowed\n', '')
    const text = decodeUtf8(request.octets)
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
      this.#error(e, false)
    }
  }

  /** Its type was not set but seen in the body, so it stands last. */
  #health(): void {
    const body = '{"health":"true"}'
    this.#writeHead(200, [], `Content-Length: ${body.length}\r\n${TYPE_TEXT}`)
    this.#stream.write(encodeUtf8(body))
  }

  #unary(parse: () => object, call: (message: object) => string): void {
    const message = parse()
    try {
      this.#answer(200, [TYPE_JSON, GRPC_METADATA], call(message), '')
    } catch (e) {
      if (!(e instanceof EtcdError)) throw e
      this.#error(e, true)
    }
  }

  /** What etcd itself refuses comes with the trailer of its call; what the gateway refuses has none. */
  #error({ message, code }: EtcdError, hasTrailer: boolean): void {
    const text = JSON.stringify(message)
    const body = `{"error":${text},"message":${text},"code":${code}}`
    const status = HTTP_STATUS[code] ?? 500
    if (!hasTrailer) return this.#answer(status, [TYPE_JSON], body, '')
    this.#answer(
      status,
      [TYPE_JSON, 'Trailer: Grpc-Trailer-Content-Type'],
      body,
      'Grpc-Trailer-Content-Type: application/grpc\r\n',
    )
  }

  /** Writes a response; with a trailer it is chunked. */
  #answer(status: number, headers: readonly string[], body: string, trailer: string): void {
    const octets = encodeUtf8(body)
    const length = trailer === '' ? `Content-Length: ${octets.length}` : 'Transfer-Encoding: chunked'
    this.#writeHead(status, headers, length)
    if (trailer === '') this.#stream.write(octets)
    else {
      this.#writeChunk(body)
      this.#stream.write(encodeUtf8(`0\r\n${trailer}\r\n`))
    }
  }

  #writeHead(status: number, headers: readonly string[], length: string): void {
    const date = `Date: ${httpDate(this.#process.netns.world.now)}`
    const lines = [`HTTP/1.1 ${status} ${STATUS_TEXTS[status]}`, ...CORS, ...headers, date, length, '', '']
    this.#stream.write(encodeUtf8(lines.join('\r\n')))
  }

  #writeChunk(text: string): void {
    const octets = encodeUtf8(text)
    this.#stream.write(concatOctets(encodeUtf8(`${octets.length.toString(16)}\r\n`), octets, encodeUtf8('\r\n')))
  }

  /** A response for each message that the server has to say, until the client goes. */
  #serveWatch(text: string): void {
    const requests = text
      .split('\n')
      .filter(line => line.trim() !== '')
      .map(line => unmarshalJson<WatchRequest>(WATCH_REQUEST, line))
    const { netns } = this.#process
    this.#writeHead(200, [TYPE_JSON, GRPC_METADATA], 'Transfer-Encoding: chunked')
    this.#watch = new ServerWatchStream(netns.world, netns.rng, this.#server, response =>
      this.#writeChunk(`{"result":${marshalJson(WATCH_RESPONSE, response)}}\n`),
    )
    for (const request of requests) this.#watch.recv(request)
  }

  #keepAlive(text: string): void {
    const request = unmarshalJson<LeaseRequest>(LEASE_KEEP_ALIVE_REQUEST, text)
    this.#writeHead(200, [TYPE_JSON, GRPC_METADATA], 'Transfer-Encoding: chunked')
    this.#server.leaseRenew(request, response => {
      this.#writeChunk(`{"result":${marshalJson(LEASE_KEEP_ALIVE_RESPONSE, response)}}\n`)
      this.#stream.write(encodeUtf8('0\r\n\r\n'))
    })
  }
}
