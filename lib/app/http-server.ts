/**
 * The server's side of HTTP/1.1: requests of a connection one behind the other.
 *
 * @see RFC 9112; Go net/http server.go conn
 */
import { NetloomError } from '../errors.js'
import type { SimEvent } from '../sim/queue.js'
import { concatOctets, NO_OCTETS } from '../wire/repr.js'
import type { Endpoint } from './endpoint.js'
import { type BodyReader, bodyOf, HeadReader, headerHas, LineReader } from './http-message.js'
import {
  CRLF,
  type GoHttpServer,
  HttpRequest,
  HttpResponseWriter,
  type HttpStream,
  REASONS,
  TEXT_TYPE,
} from './http-response.js'
import type { ByteStream } from './stream.js'
import { octetsOf } from './text.js'

const CONTINUE = '100-continue'

/** Answers a request by the writer, at once or later; the next request of the connection waits for the answer's end. */
export type HttpResponder = (request: HttpRequest, writer: HttpResponseWriter) => void

/** One connection of a server. Its owner tells it of octets that come, and of its end. */
export class HttpConnection {
  readonly #stream: HttpStream
  readonly #from: Endpoint
  readonly #respond: HttpResponder
  readonly #go: GoHttpServer | null
  readonly #in = new LineReader()
  readonly #heads = new HeadReader()
  /** The head of a request whose body is being read. */
  #lines: readonly string[] = []
  #reader: BodyReader | null = null
  #body: Uint8Array = NO_OCTETS
  /** The answer that is under way. */
  #writer: HttpResponseWriter | null = null
  #isReading = false
  #idleTimer: SimEvent | null = null

  /** Without `go` header lines stand as the program gives them, and connections stay for ever. */
  constructor(stream: HttpStream, from: Endpoint, respond: HttpResponder, go: GoHttpServer | null) {
    this.#stream = stream
    this.#from = from
    this.#respond = respond
    this.#go = go
    this.#startTimer()
  }

  /** Octets have come. */
  push(octets: Uint8Array): void {
    this.#in.push(octets)
    this.#read()
  }

  /** The connection has gone, or the program ends. */
  closed(): void {
    this.#stopTimer()
    const writer = this.#writer
    this.#writer = null
    writer?.onClose?.()
  }

  #stopTimer(): void {
    if (this.#idleTimer !== null) this.#go?.process.netns.world.sim.cancel(this.#idleTimer)
    this.#idleTimer = null
  }

  #startTimer(): void {
    if (this.#go?.idleNs === undefined || this.#stream.isClosed) return
    const { process, idleNs } = this.#go
    const { sim } = process.netns.world
    this.#idleTimer = sim.schedule(idleNs, () => this.#stream.close(), undefined, 0, process.label('idle connection'))
    sim.idle(this.#idleTimer)
  }

  #read(): void {
    if (this.#isReading) return
    this.#isReading = true
    try {
      while (this.#writer === null && !this.#stream.isClosed && this.#step());
    } catch (e) {
      if (!(e instanceof NetloomError) || e.code !== 'EFORMAT') throw e
      this.#refuse(400)
    } finally {
      this.#isReading = false
    }
  }

  /** Takes a head or a piece of a body; false when it has to wait. */
  #step(): boolean {
    if (this.#reader === null) {
      const lines = this.#heads.read(this.#in)
      if (lines === null) return false
      this.#lines = lines
      this.#reader = bodyOf(lines, 'none')
      if (!this.#reader.isDone && headerHas(lines, 'Expect', CONTINUE))
        this.#stream.write(octetsOf('HTTP/1.1 100 Continue\r\n\r\n'))
    }
    const piece = this.#reader.read(this.#in)
    if (piece !== null) this.#body = this.#body.length === 0 ? piece : concatOctets(this.#body, piece)
    if (!this.#reader.isDone) return piece !== null
    this.#serve()
    return true
  }

  #serve(): void {
    const [first = '', ...headers] = this.#lines
    const request = new HttpRequest(first, headers, this.#body, this.#from)
    this.#lines = []
    this.#reader = null
    this.#body = NO_OCTETS
    const { version, path } = request
    if (/^HTTP\/[02-9]\.\d$/.test(version)) return this.#refuse(505, 'unsupported protocol version')
    if (!/^HTTP\/1\.[01]$/.test(version)) return this.#refuse(400)
    if (this.#go !== null && !path.startsWith('/')) return this.#refuse(400)
    if (this.#go !== null && version === 'HTTP/1.1' && request.header('Host') === null)
      return this.#refuse(400, 'missing required Host header')
    this.#stopTimer()
    const writer = new HttpResponseWriter(this.#stream, request, this.#go, closes => this.#answered(closes))
    this.#writer = writer
    const expected = request.header('Expect')
    if (this.#go !== null && expected !== null && expected.toLowerCase() !== CONTINUE)
      writer.respond({ status: 417, headers: ['Connection: close'] })
    else this.#respond(request, writer)
  }

  #answered(closes: boolean): void {
    this.#writer = null
    if (this.#stream.isClosed) return
    if (closes) this.#stream.end()
    else this.#startTimer()
    this.#read()
  }

  /** What is no request, or one of another version. */
  #refuse(status: 400 | 505, why = ''): void {
    const text = `${status} ${REASONS[status]}`
    const told = why === '' ? text : `${text}: ${why}`
    const go = [`HTTP/1.1 ${told}`, TEXT_TYPE, 'Connection: close', '', told]
    const plain = [`HTTP/1.1 ${text}`, 'Content-Length: 0', 'Connection: close', '', '']
    this.#stream.write(octetsOf((this.#go === null ? plain : go).join(CRLF)))
    this.#stream.end()
  }
}

/** Serves the requests of a stream; `first` are octets of it that were read already. */
export const serveStream = (
  stream: ByteStream,
  respond: HttpResponder,
  go: GoHttpServer,
  first: Uint8Array = NO_OCTETS,
): void => {
  const [address = '', port = ''] = stream.peer.split(':')
  const connection = new HttpConnection(stream, { address, port: Number(port) }, respond, go)
  const release = go.process.onEnd(() => connection.closed())
  stream.onData = octets => connection.push(octets)
  stream.onClose = () => {
    release()
    connection.closed()
  }
  if (first.length > 0) connection.push(first)
}
