/**
 * HTTP/1.1 for programs that speak to an API server: requests over connections that are kept and used again, as Go's
 * net/http does.
 *
 * @see Go net/http transport.go
 */
import { type BodyReader, bodyOf, headerHas, LineReader, trimLineEnd } from '../../app/http-message.js'
import type { Process } from '../../app/process.js'
import { type ByteStream, connectStream } from '../../app/stream.js'
import { cancelled, Chan, Context, firstOf, slept, type Thread, wait } from '../../app/thread.js'
import { octetsOf } from '../../app/text.js'
import type { Errno } from '../../errors.js'
import { NSEC_PER_SEC } from '../../sim/time.js'
import { concatOctets } from '../../wire/repr.js'
import { dialError, dialTimeout, endOfFile, type NetworkError, readError } from './go-net.js'

const DIAL_TIMEOUT_NS = 30 * NSEC_PER_SEC

/** A request. */
export interface HttpRequestInit {
  readonly method: string
  /** Path and query. */
  readonly target: string
  readonly headers: readonly string[]
  readonly body?: Uint8Array
}

/** An answer whose body is whole. */
export interface HttpAnswer {
  readonly status: number
  readonly headers: readonly string[]
  readonly body: Uint8Array
}

/** An answer whose body comes in pieces. */
export interface HttpBodyStream {
  readonly status: number
  readonly headers: readonly string[]
  /** The next piece; null at the end of the body. Throws a NetworkError. */
  read(ctx: Context): Thread<Uint8Array | null>
  /** Gives up, and closes the connection. */
  close(): void
}

type Heard =
  | { readonly kind: 'connect' | 'end' }
  | { readonly kind: 'data'; readonly octets: Uint8Array }
  | { readonly kind: 'error'; readonly code: Errno }

/** One connection. */
class ClientConnection {
  readonly #heard = new Chan<Heard>()
  readonly #stream: ByteStream | null
  readonly #to: string
  readonly #in = new LineReader()
  /** Requests that it has carried. */
  used = 0
  isGone = false
  /** Kept for the next request. */
  isIdle = false
  #error: NetworkError | null = null

  constructor(process: Process, address: string, port: number) {
    this.#to = `${address}:${port}`
    this.#stream = connectStream(process, address, port, {
      onConnect: () => this.#heard.push({ kind: 'connect' }),
      onData: octets => this.#heard.push({ kind: 'data', octets }),
      onEnd: () => {
        this.isGone = true
        this.#heard.push({ kind: 'end' })
        if (this.isIdle) this.close()
      },
      onError: code => {
        this.isGone = true
        this.#heard.push({ kind: 'error', code })
      },
    })
  }

  /** Waits until it is made. Throws a NetworkError. */
  *connected(ctx: Context): Thread<void> {
    const first = yield* wait(firstOf({ heard: this.#heard.next, late: slept(DIAL_TIMEOUT_NS), cancel: ctx.done }))
    if (first.which === 'heard' && first.value?.kind === 'connect') return
    this.close()
    if (first.which === 'cancel') throw cancelled()
    if (first.which === 'heard' && first.value?.kind === 'error') throw dialError(this.#to, first.value.code)
    throw dialTimeout(this.#to)
  }

  send({ method, target, headers, body }: HttpRequestInit): void {
    this.used++
    const length = body === undefined ? [] : [`Content-Length: ${body.length}`]
    const [agent = '', ...rest] = headers
    const lines = [`${method} ${target} HTTP/1.1`, `Host: ${this.#to}`, agent, ...length, ...rest]
    const head = octetsOf(`${lines.join('\r\n')}\r\n\r\n`)
    this.#stream?.write(body === undefined ? head : concatOctets(head, body))
  }

  /** Waits for octets; false at the end. Throws a NetworkError. */
  *#more(ctx: Context): Thread<boolean> {
    if (this.#error !== null) throw this.#error
    const first = yield* wait(firstOf({ heard: this.#heard.next, cancel: ctx.done }))
    if (first.which === 'cancel') throw cancelled()
    const heard = first.value
    if (heard?.kind === 'data') this.#in.push(heard.octets)
    else if (heard?.kind === 'error') {
      this.#error = readError(this.#stream?.local ?? '', this.#to, heard.code)
      throw this.#error
    } else return false
    return true
  }

  /** Reads the head of an answer: the status line, then header lines. Throws a NetworkError. */
  *head(ctx: Context): Thread<string[]> {
    const lines: string[] = []
    for (;;) {
      const line = this.#in.line()
      if (line === null) {
        if (!(yield* this.#more(ctx))) throw endOfFile(lines.length > 0)
        continue
      }
      const text = trimLineEnd(line)
      if (text === '') return lines
      lines.push(text)
    }
  }

  /** Reads a piece of a body; null at its end. Throws a NetworkError for a body that is cut off. */
  *piece(reader: BodyReader, ctx: Context): Thread<Uint8Array | null> {
    for (;;) {
      const octets = reader.read(this.#in)
      if (octets !== null) return octets
      if (reader.isDone) return null
      if (yield* this.#more(ctx)) continue
      if (reader.kind === 'close') return null
      throw endOfFile(true)
    }
  }

  close(): void {
    this.isGone = true
    this.#stream?.close()
  }
}

const NEVER = new Context()

/** Connections to one server. */
export class HttpTransport {
  readonly #process: Process
  readonly #address: string
  readonly #port: number
  #idle: ClientConnection[] = []

  constructor(process: Process, address: string, port: number) {
    this.#process = process
    this.#address = address
    this.#port = port
  }

  /** Sends a request and waits for the whole answer. Throws a NetworkError, ECANCELED. */
  *request(request: HttpRequestInit, ctx: Context = NEVER): Thread<HttpAnswer> {
    const [connection, status, headers, reader] = yield* this.#begin(request, ctx)
    let body: Uint8Array = new Uint8Array(0)
    try {
      for (;;) {
        const piece = yield* connection.piece(reader, ctx)
        if (piece === null) break
        body = body.length === 0 ? piece : concatOctets(body, piece)
      }
    } catch (e) {
      connection.close()
      throw e
    }
    if (reader.kind === 'close' || headerHas(headers, 'Connection', 'close')) connection.close()
    else {
      connection.isIdle = true
      this.#idle.push(connection)
    }
    return { status, headers, body }
  }

  /** Sends a request and waits for the head of the answer. Throws a NetworkError, ECANCELED. */
  *open(request: HttpRequestInit, ctx: Context = NEVER): Thread<HttpBodyStream> {
    const [connection, status, headers, reader] = yield* this.#begin(request, ctx)
    return {
      status,
      headers,
      read: function* (readCtx: Context): Thread<Uint8Array | null> {
        return yield* connection.piece(reader, readCtx)
      },
      close: () => connection.close(),
    }
  }

  /** Closes connections that carry nothing. */
  closeIdle(): void {
    for (const connection of this.#idle) connection.close()
    this.#idle = []
  }

  *#begin(request: HttpRequestInit, ctx: Context): Thread<[ClientConnection, number, string[], BodyReader]> {
    for (;;) {
      const connection = yield* this.#connection(ctx)
      const isReused = connection.used > 0
      connection.send(request)
      try {
        const [first = '', ...headers] = yield* connection.head(ctx)
        const status = Number(first.split(' ')[1])
        const hasNoBody = status === 204 || status === 304 || request.method === 'HEAD'
        return [connection, status, headers, bodyOf(headers, hasNoBody ? 'none' : 'close')]
      } catch (e) {
        connection.close()
        // The server may have closed a kept connection before the request reached it.
        if (!isReused || ctx.isCancelled) throw e
      }
    }
  }

  *#connection(ctx: Context): Thread<ClientConnection> {
    for (;;) {
      const kept = this.#idle.pop()
      if (kept === undefined) break
      kept.isIdle = false
      if (!kept.isGone) return kept
    }
    const connection = new ClientConnection(this.#process, this.#address, this.#port)
    yield* connection.connected(ctx)
    return connection
  }
}
