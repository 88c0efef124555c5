/// <reference lib="esnext.disposable" preserve="true" />
/**
 * A small HTTP server as a program of the lab: requests are answered by a function.
 *
 * @see RFC 9112
 */
import { type BodyReader, bodyOf, headerHas, headerOf, LineReader, trimLineEnd } from './http-message.js'
import { octetText } from './octet-text.js'
import { NetloomError } from '../errors.js'
import { concatOctets } from '../wire/repr.js'
import { Printable } from './printable.js'
import type { Process } from './process.js'
import { TcpApi, type TcpListenOptions, type TcpListenSocket } from './tcp.js'
import type { TcpSocket } from './tcp-socket.js'
import { octetsOf, type Payload } from './text.js'
import type { Endpoint } from './endpoint.js'

/** A request that a server has received. */
export class HttpRequest extends Printable {
  readonly method: string
  /** Path and query. */
  readonly path: string
  readonly version: string
  /** Header lines `NAME: VALUE`. */
  readonly headers: readonly string[]
  readonly body: Uint8Array
  /** Who asks. */
  readonly from: Endpoint

  /** @internal */
  constructor(line: string, headers: readonly string[], body: Uint8Array, from: Endpoint) {
    super()
    const [method = '', path = '/', version = ''] = line.split(' ')
    this.method = method
    this.path = path
    this.version = version
    this.headers = headers
    this.body = body
    this.from = from
  }

  /** Value of a header, whatever the case of its name; null when there is none. */
  header(name: string): string | null {
    return headerOf(this.headers, name)
  }

  /** The body as UTF-8 text. */
  get text(): string {
    return octetText(this.body)
  }

  override toString(): string {
    return `${this.method} ${this.path} ${this.version}`
  }

  override toJSON(): { method: string; path: string; headers: readonly string[]; body: string; from: Endpoint } {
    const { method, path, headers, text, from } = this
    return { method, path, headers, body: text, from }
  }
}

/** What a server answers; a text alone is the body of a 200. */
export interface HttpResponse {
  /** 200 when absent. */
  readonly status?: number
  /** Text behind the status; the usual one when absent. */
  readonly reason?: string
  /** Header lines `NAME: VALUE`, besides `Content-Length` and `Connection`. */
  readonly headers?: readonly string[]
  readonly body?: Payload
}

/** Answers a request. */
export type HttpHandler = (request: HttpRequest) => HttpResponse | Payload

const REASONS: Readonly<Record<number, string>> = {
  200: 'OK',
  201: 'Created',
  204: 'No Content',
  301: 'Moved Permanently',
  302: 'Found',
  304: 'Not Modified',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
}

/** What one connection of a server has read. */
class HttpConnection {
  readonly #socket: TcpSocket
  readonly #answer: (request: HttpRequest) => HttpResponse
  readonly #in = new LineReader()
  #lines: string[] = []
  #reader: BodyReader | null = null
  #body: Uint8Array = new Uint8Array(0)

  constructor(socket: TcpSocket, answer: (request: HttpRequest) => HttpResponse) {
    this.#socket = socket
    this.#answer = answer
    socket.on({ onData: data => this.#data(data) })
  }

  #data(data: Uint8Array): void {
    this.#in.push(data)
    try {
      while (!this.#socket.isClosed && this.#step());
    } catch (e) {
      if (!(e instanceof NetloomError) || e.code !== 'EFORMAT') throw e
      this.#respond({ status: 400 }, true, false)
    }
  }

  /** Takes a line of the head or a piece of the body; false when it has to wait. */
  #step(): boolean {
    if (this.#reader !== null) {
      const piece = this.#reader.read(this.#in)
      if (piece !== null) this.#body = concatOctets(this.#body, piece)
      if (this.#reader.isDone) this.#complete()
      return this.#reader === null || piece !== null
    }
    const line = this.#in.line()
    if (line === null) return false
    const text = trimLineEnd(line)
    // Empty lines in front of a request are skipped (RFC 9112 section 2.2).
    if (text !== '') this.#lines.push(text)
    else if (this.#lines.length > 0) this.#reader = bodyOf(this.#lines, 'none')
    if (this.#reader?.isDone === true) this.#complete()
    return true
  }

  #complete(): void {
    const [first, ...headers] = this.#lines
    const request = new HttpRequest(first!, headers, this.#body, this.#socket.peer)
    this.#lines = []
    this.#reader = null
    this.#body = new Uint8Array(0)
    const is10 = request.version !== 'HTTP/1.1'
    const closes =
      headerHas(headers, 'Connection', 'close') || (is10 && !headerHas(headers, 'Connection', 'keep-alive'))
    if (!/^HTTP\/1\.[01]$/.test(request.version)) return this.#respond({ status: 400 }, true, false)
    this.#respond(this.#answer(request), closes, request.method === 'HEAD')
  }

  #respond(response: HttpResponse, closes: boolean, isHead: boolean): void {
    const { status = 200, reason = REASONS[status] ?? '', headers = [], body = '' } = response
    const octets = octetsOf(body)
    const hasNoBody = status === 204 || status === 304
    const lines = [
      `HTTP/1.1 ${status} ${reason}`,
      ...headers,
      ...(hasNoBody ? [] : [`Content-Length: ${octets.length}`]),
      ...(closes ? ['Connection: close'] : []),
      '',
      '',
    ]
    const head = octetsOf(lines.join('\r\n'))
    this.#socket.write(hasNoBody || isHead ? head : concatOctets(head, octets))
    if (closes) this.#socket.end()
  }
}

/** A running HTTP server. Make one with `netns.http.serve`. */
export class HttpServer extends Printable {
  readonly #listener: TcpListenSocket
  readonly #netns: string
  #requests = 0

  /** @internal */
  constructor(tcp: TcpApi, netns: string, options: TcpListenOptions, handler: HttpHandler, process: Process | null) {
    super()
    this.#netns = netns
    const answer = (request: HttpRequest): HttpResponse => {
      this.#requests++
      const response = handler(request)
      return typeof response === 'string' || response instanceof Uint8Array ? { body: response } : response
    }
    this.#listener = tcp.listen({ reuseAddr: true, ...options }, socket => {
      new HttpConnection(socket, answer)
      if (process === null) return
      process.holds(socket.kernel, process.nextFd())
      const release = process.onEnd(() => socket.close())
      socket.on({ onClose: release })
    })
    process?.holds(this.#listener.kernel, process.nextFd())
    process?.onEnd(() => this.close())
  }

  /** Local address and port. */
  get address(): string {
    return this.#listener.address
  }

  get port(): number {
    return this.#listener.port
  }

  /** Requests that were answered. */
  get requests(): number {
    return this.#requests
  }

  /** Takes no further connections; those that are there go on. */
  close(): void {
    this.#listener.close()
  }

  /** As {@link close}. */
  [Symbol.dispose](): void {
    this.close()
  }

  override toJSON(): { netns: string; address: string; port: number; requests: number } {
    const { address, port, requests } = this
    return { netns: this.#netns, address, port, requests }
  }
}

/** HTTP in a namespace: `netns.http`. */
export class HttpApi {
  readonly #tcp: TcpApi
  readonly #netns: string

  /** @internal */
  constructor(tcp: TcpApi, netns: string) {
    this.#tcp = tcp
    this.#netns = netns
  }

  /**
   * Answers HTTP/1.1 requests on a port (80 when absent) by a function. Connections stay open as the requests ask for;
   * pipelined requests are answered in order. Throws as `tcp.listen` does.
   *
   * @example
   * h2.http.serve({ port: 80 }, request => (request.path === '/' ? 'hello\n' : { status: 404, body: 'no such page\n' }))
   */
  serve(options: TcpListenOptions, handler: HttpHandler): HttpServer {
    return new HttpServer(this.#tcp, this.#netns, { port: 80, ...options }, handler, null)
  }
}

/** An HTTP server of a program, which holds its sockets: all of them are closed with it. Throws as {@link HttpApi.serve}. @internal */
export const serveHttp = (process: Process, options: TcpListenOptions, handler: HttpHandler): HttpServer =>
  new HttpServer(new TcpApi(process.netns), process.netns.name, options, handler, process)
