/**
 * Requests as a server gets them, and answers as it writes them, whole or in chunks. Most servers of the lab's programs are Go's
 * net/http, which has its own way to write heads; that is an option.
 *
 * @see RFC 9112; Go net/http server.go response, chunkWriter
 */
import { concatOctets, NO_OCTETS } from '../wire/repr.js'
import type { Endpoint } from './endpoint.js'
import { httpDate } from './http-date.js'
import { headerHas, headerOf, sortHeaders } from './http-message.js'
import { octetText } from './octet-text.js'
import { Printable } from './printable.js'
import type { Process } from './process.js'
import { octetsOf, type Payload } from './text.js'

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

/** What a server answers. */
export interface HttpResponse {
  /** 200 when absent. */
  readonly status?: number
  /** Text behind the status; the usual one when absent. */
  readonly reason?: string
  /** Header lines `NAME: VALUE`, besides `Content-Length` and `Connection`. */
  readonly headers?: readonly string[]
  readonly body?: Payload
  /** Lines behind the body, which goes in chunks then. */
  readonly trailers?: readonly string[]
}

/** What makes a server one of Go's net/http: sorted header lines, a date, and bodies beyond its buffer in chunks. */
export interface GoHttpServer {
  readonly process: Process
  /** Header lines of every answer. */
  readonly headers?: readonly string[]
  /** Nanoseconds after which a connection without a request is closed (IdleTimeout); never when absent. */
  readonly idleNs?: number
}

/** What a server's connection writes to; a `TcpSocket` and a `ByteStream` are such. */
export interface HttpStream {
  readonly isClosed: boolean
  /** Writes octets; what the kernel does not take waits. */
  write(octets: Uint8Array): void
  /** Ends this side behind what was written. */
  end(): void
  /** Closes it. */
  close(): void
}

/** Texts behind the statuses. */
export const REASONS: Readonly<Record<number, string>> = {
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
  406: 'Not Acceptable',
  408: 'Request Timeout',
  409: 'Conflict',
  410: 'Gone',
  412: 'Precondition Failed',
  415: 'Unsupported Media Type',
  417: 'Expectation Failed',
  422: 'Unprocessable Entity',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported',
}

/** Octets of a body up to which Go knows its length before the head has to go (bufferBeforeChunkingSize). */
const GO_BUFFER = 2048
/** Type of what is seen to be text. */
export const TEXT_TYPE: string = 'Content-Type: text/plain; charset=utf-8'
const CHUNKED = 'Transfer-Encoding: chunked'
/** End of a line. */
export const CRLF = '\r\n'
const LAST_CHUNK = '0\r\n\r\n'

const chunkOf = (octets: Uint8Array): Uint8Array =>
  concatOctets(octetsOf(`${octets.length.toString(16)}\r\n`), octets, octetsOf(CRLF))

/** How the body of an answer is told of in its head. */
interface Framing {
  /** Octets; null when that is not said. */
  readonly length: number | null
  readonly isChunked: boolean
  /** The connection ends behind it. */
  readonly closes: boolean
}

/** The answer to one request. */
export class HttpResponseWriter {
  /** The connection has gone, or the program has ended, before the answer was whole. */
  onClose: (() => void) | undefined
  readonly #stream: HttpStream
  readonly #request: HttpRequest
  readonly #go: GoHttpServer | null
  readonly #done: (closes: boolean) => void
  readonly #is10: boolean
  readonly #keeps: boolean
  /** A head that has not gone yet. */
  #head: Uint8Array = NO_OCTETS

  /** @internal `done` is called when the answer is whole */
  constructor(stream: HttpStream, request: HttpRequest, go: GoHttpServer | null, done: (closes: boolean) => void) {
    this.#stream = stream
    this.#request = request
    this.#go = go
    this.#done = done
    this.#is10 = request.version === 'HTTP/1.0'
    const { headers } = request
    this.#keeps =
      !headerHas(headers, 'Connection', 'close') && (!this.#is10 || headerHas(headers, 'Connection', 'keep-alive'))
  }

  get #isHead(): boolean {
    return this.#request.method === 'HEAD'
  }

  /** Answers, all at once. */
  respond(response: HttpResponse): void {
    const { status = 200, headers = [], body = '', trailers = [] } = response
    const octets = octetsOf(body)
    const hasNoBody = status === 204 || status === 304
    const isUnknown = trailers.length > 0 || (this.#go !== null && octets.length > GO_BUFFER)
    const isChunked = isUnknown && !hasNoBody && !this.#is10 && !this.#isHead
    const closes =
      !this.#keeps || headerHas(headers, 'Connection', 'close') || (isUnknown && this.#is10 && !this.#isHead)
    const framing = { length: hasNoBody || isUnknown ? null : octets.length, isChunked, closes }
    const head = this.#headOctets(response, framing, octets.length > 0)
    if (hasNoBody || this.#isHead) this.#write(head)
    else if (isChunked) {
      const last = [...trailers, '', ''].join(CRLF)
      this.#write(concatOctets(head, octets.length === 0 ? NO_OCTETS : chunkOf(octets), octetsOf(`0\r\n${last}`)))
    } else this.#write(concatOctets(head, octets))
    this.#done(closes)
  }

  /** Begins an answer in pieces; its head goes with the first one, or with {@link flush}. */
  begin(response: Omit<HttpResponse, 'body' | 'trailers'>): void {
    const isChunked = !this.#is10 && !this.#isHead
    this.#head = this.#headOctets(response, { length: null, isChunked, closes: !this.#keeps || this.#is10 }, false)
  }

  /** Sends the head. */
  flush(): void {
    const head = this.#head
    this.#head = NO_OCTETS
    this.#write(head)
  }

  /** Sends a piece. */
  write(octets: Uint8Array): void {
    const head = this.#head
    this.#head = NO_OCTETS
    if (this.#isHead) this.#write(head)
    else this.#write(concatOctets(head, this.#is10 ? octets : chunkOf(octets)))
  }

  /** Ends an answer in pieces. */
  end(): void {
    this.flush()
    if (!this.#is10 && !this.#isHead) this.#write(octetsOf(LAST_CHUNK))
    this.#done(!this.#keeps || this.#is10)
  }

  #write(octets: Uint8Array): void {
    if (!this.#stream.isClosed) this.#stream.write(octets)
  }

  #headOctets(response: Omit<HttpResponse, 'body'>, framing: Framing, hasBody: boolean): Uint8Array {
    const { status = 200, reason = REASONS[status] ?? '', headers = [] } = response
    const lines = this.#go === null ? plainLines(headers, framing) : this.#goLines(this.#go, headers, framing, hasBody)
    const version = this.#go !== null && this.#is10 ? 'HTTP/1.0' : 'HTTP/1.1'
    return octetsOf([`${version} ${status} ${reason}`, ...lines, '', ''].join(CRLF))
  }

  /** The program's header lines sorted, then what the server adds; a type that is not given is seen in the body (all are texts). */
  #goLines(go: GoHttpServer, given: readonly string[], framing: Framing, hasBody: boolean): string[] {
    const headers = sortHeaders([...(go.headers ?? []), ...given])
    const date = headerOf(headers, 'Date') === null ? [`Date: ${httpDate(go.process.netns.world.now)}`] : []
    const length = framing.length === null ? [] : [`Content-Length: ${framing.length}`]
    const type = hasBody && headerOf(headers, 'Content-Type') === null ? [TEXT_TYPE] : []
    const connection = headerOf(headers, 'Connection') === null ? this.#goConnection(framing) : []
    return [...headers, ...date, ...length, ...type, ...connection, ...(framing.isChunked ? [CHUNKED] : [])]
  }

  /** A client of HTTP/1.0 is told when the connection stays, others when it does not. */
  #goConnection({ closes }: Framing): string[] {
    if (this.#is10) return closes ? [] : ['Connection: keep-alive']
    return closes ? ['Connection: close'] : []
  }
}

const plainLines = (headers: readonly string[], { length, isChunked, closes }: Framing): string[] => [
  ...headers,
  ...(length === null ? [] : [`Content-Length: ${length}`]),
  ...(isChunked ? [CHUNKED] : []),
  ...(closes && !headerHas(headers, 'Connection', 'close') ? ['Connection: close'] : []),
]
