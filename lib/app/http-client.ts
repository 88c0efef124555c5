/**
 * The client's side of HTTP/1.1 as programs written in Go have it: connections are kept and used again, the one that was used
 * last first.
 *
 * Left out: TLS and HTTP/2, proxies, redirects, cookies, compressed bodies.
 *
 * @see RFC 9112; Go net/http transport.go Transport, persistConn
 */
import { NSEC_PER_SEC } from '../sim/time.js'
import { concatOctets } from '../wire/repr.js'
import { clientTimeout, lookupError, NetworkError, urlError } from './go-net.js'
import { lookupHost } from './hosts.js'
import { type HttpClientRequest, requestOctets, targetOf } from './http-client-request.js'
import { PersistConn, type ReplyHead } from './http-persist-conn.js'
import type { Process } from './process.js'
import { cancelled, Context, firstOf, Future, slept, type Thread, type Wait, wait } from './thread.js'

const IDLE_TIMEOUT_NS = 90 * NSEC_PER_SEC
const MAX_IDLE_PER_HOST = 2
/** Methods that may be sent again when a kept connection turns out to be gone. */
const REPLAYABLE: readonly string[] = ['GET', 'HEAD', 'OPTIONS', 'TRACE']

/** An answer whose body is whole. */
export interface HttpReply {
  readonly status: number
  /** Header lines. */
  readonly headers: readonly string[]
  readonly body: Uint8Array
}

/** An answer whose body comes in pieces. */
export interface HttpReplyStream {
  readonly status: number
  /** Header lines. */
  readonly headers: readonly string[]
  /** The next piece; null at the end of the body, with which the connection is free again. Throws a NetworkError, ECANCELED. */
  read(ctx: Context): Thread<Uint8Array | null>
  /** Gives up: a connection whose body was not read to its end is closed. */
  close(): void
}

/** Options of a transport, by the fields of Go's http.Transport. */
export interface HttpTransportOptions {
  /** Connections to one server that are kept while they carry nothing; 2. */
  readonly maxIdleConnsPerHost?: number
}

/** What ends a request before its answer is whole: the context, or its time. Gives the error. */
class Patience {
  readonly #process: Process
  readonly #ctx: Context
  readonly #deadlineNs: number | null

  constructor(process: Process, ctx: Context, timeoutNs: number | undefined) {
    this.#process = process
    this.#ctx = ctx
    this.#deadlineNs = timeoutNs === undefined ? null : process.netns.world.now + timeoutNs
  }

  get isOver(): boolean {
    return this.#ctx.isCancelled || (this.#deadlineNs !== null && this.#process.netns.world.now >= this.#deadlineNs)
  }

  /** Its end; `what` is what is waited for, in Go's words. */
  end(what: 'headers' | 'body'): Wait<Error> {
    const ctx = this.#ctx
    const deadlineNs = this.#deadlineNs
    return {
      begin: (resume, process) => {
        const release = ctx.onCancel(() => resume(cancelled()))
        if (deadlineNs === null) return release
        const left = slept(Math.max(0, deadlineNs - process.netns.world.now))
        const late = left.begin(() => resume(clientTimeout(what)), process)
        return () => {
          release()
          late()
        }
      },
    }
  }
}

/** What a request waits for: a connection, or why there is none. */
class Wanted {
  readonly #future = new Future<PersistConn | NetworkError>()
  /** What it has got. */
  got: PersistConn | NetworkError | null = null

  set(got: PersistConn | NetworkError): void {
    this.got = got
    this.#future.set(got)
  }

  get done(): Wait<PersistConn | NetworkError> {
    return this.#future.done
  }
}

/** The connections of a program to the servers that it speaks to (http.Transport). */
export class HttpTransport {
  readonly #process: Process
  readonly #maxIdlePerHost: number
  /** Connections that are kept, by server; the one used last is the last. */
  readonly #idle = new Map<string, PersistConn[]>()
  /** Requests that wait for a connection, by server; in order. */
  readonly #wanted = new Map<string, Wanted[]>()

  /** A transport of a program, with which all its connections end. */
  constructor(process: Process, options: HttpTransportOptions = {}) {
    this.#process = process
    this.#maxIdlePerHost = options.maxIdleConnsPerHost ?? MAX_IDLE_PER_HOST
  }

  /** Sends a request and waits for the whole answer. Throws a NetworkError with Go's words, ECANCELED. */
  *request(request: HttpClientRequest, ctx: Context = new Context()): Thread<HttpReply> {
    const patience = new Patience(this.#process, ctx, request.timeoutNs)
    const [conn, head] = yield* this.#do(request, patience)
    const body = yield* this.#body(conn, head, patience.end('body'))
    return { status: head.status, headers: head.headers, body }
  }

  /** Sends a request and waits for the head of the answer. Throws a NetworkError with Go's words, ECANCELED. */
  *open(request: HttpClientRequest, ctx: Context = new Context()): Thread<HttpReplyStream> {
    const [conn, head] = yield* this.#do(request, new Patience(this.#process, ctx, request.timeoutNs))
    return this.#stream(conn, head)
  }

  /** Words of http.Client for what the transport could not do. */
  *#do(request: HttpClientRequest, patience: Patience): Thread<readonly [PersistConn, ReplyHead]> {
    try {
      return yield* this.#roundTrip(request, patience)
    } catch (e) {
      throw e instanceof NetworkError ? urlError(request.method, request.url, e) : e
    }
  }

  #stream(conn: PersistConn, head: ReplyHead): HttpReplyStream {
    const process = this.#process
    const release = (): void => this.#release(conn, head)
    let isOver = false
    return {
      status: head.status,
      headers: head.headers,
      *read(ctx: Context): Thread<Uint8Array | null> {
        if (isOver) return null
        const piece = yield* conn.piece(head.reader, new Patience(process, ctx, undefined).end('body'))
        if (piece !== null) return piece
        isOver = true
        release()
        return null
      },
      close(): void {
        if (!isOver) conn.close()
        isOver = true
      },
    }
  }

  /** Closes connections that carry nothing (CloseIdleConnections). */
  closeIdle(): void {
    for (const conn of [...this.#idle.values()].flat()) conn.close()
  }

  *#body(conn: PersistConn, head: ReplyHead, stop: Wait<Error>): Thread<Uint8Array> {
    const pieces: Uint8Array[] = []
    try {
      for (;;) {
        const piece = yield* conn.piece(head.reader, stop)
        if (piece === null) break
        pieces.push(piece)
      }
    } catch (e) {
      conn.close()
      throw e
    }
    this.#release(conn, head)
    return pieces.length === 1 ? pieces[0]! : concatOctets(...pieces)
  }

  /** The answer is read to its end. */
  #release(conn: PersistConn, { keeps }: ReplyHead): void {
    if (keeps && conn.isQuiet) this.#putIdle(conn)
    else conn.close()
  }

  /** Sends a request, on a kept connection or a new one, and again when a kept one has turned out to be gone. */
  *#roundTrip(request: HttpClientRequest, patience: Patience): Thread<readonly [PersistConn, ReplyHead]> {
    const target = targetOf(request.url)
    const octets = requestOctets(request, target)
    const address = lookupHost(this.#process.netns, target.name)
    if (address === null) throw lookupError(target.name)
    const stop = patience.end('headers')
    for (;;) {
      const conn = yield* this.#connection(address, target.port, stop)
      const { isReused } = conn
      if (isReused && conn.isGone) continue
      conn.send(octets)
      try {
        return [conn, yield* conn.head(request.method, stop)]
      } catch (e) {
        conn.close()
        if (!isReused || patience.isOver || !REPLAYABLE.includes(request.method)) throw e
      }
    }
  }

  /** A kept connection, or whichever comes first: a new one, or one that is free again. */
  *#connection(address: string, port: number, stop: Wait<Error>): Thread<PersistConn> {
    const kept = this.#takeIdle(`${address}:${port}`)
    if (kept !== null) return kept
    const wanted = new Wanted()
    const conn: PersistConn = new PersistConn(this.#process, address, port, error => {
      if (error !== null) this.#give(wanted, conn.key, error)
      else if (!this.#give(wanted, conn.key, conn)) this.#putIdle(conn)
    })
    this.#queue(conn.key).push(wanted)
    const first = yield* wait(firstOf({ got: wanted.done, stop }))
    if (first.which === 'stop') {
      this.#forget(wanted, conn.key)
      if (wanted.got === null) conn.close()
      else if (wanted.got instanceof PersistConn) this.#putIdle(wanted.got)
      throw first.value
    }
    if (first.value instanceof NetworkError) throw first.value
    return first.value
  }

  #queue(key: string): Wanted[] {
    const queue = this.#wanted.get(key) ?? []
    this.#wanted.set(key, queue)
    return queue
  }

  #forget(wanted: Wanted, key: string): void {
    const left = this.#queue(key).filter(other => other !== wanted)
    if (left.length === 0) this.#wanted.delete(key)
    else this.#wanted.set(key, left)
  }

  /** Gives a request what it waits for; false when it does not wait any more. */
  #give(wanted: Wanted, key: string, got: PersistConn | NetworkError): boolean {
    if (wanted.got !== null) return false
    this.#forget(wanted, key)
    wanted.set(got)
    return true
  }

  /** Whoever waits longest gets it; otherwise it is kept. */
  #putIdle(conn: PersistConn): void {
    if (conn.isGone) return conn.close()
    conn.isReused = true
    const first = this.#wanted.get(conn.key)?.[0]
    if (first !== undefined) {
      this.#give(first, conn.key, conn)
      return
    }
    const list = this.#idle.get(conn.key) ?? []
    if (list.length >= this.#maxIdlePerHost) return conn.close()
    this.#idle.set(conn.key, [...list, conn])
    const { sim } = this.#process.netns.world
    conn.idleTimer = sim.schedule(
      IDLE_TIMEOUT_NS,
      () => conn.close(),
      undefined,
      0,
      this.#process.label('idle connection'),
    )
    sim.idle(conn.idleTimer)
    conn.onGone = () => this.#removeIdle(conn)
  }

  #removeIdle(conn: PersistConn): void {
    if (conn.idleTimer !== null) this.#process.netns.world.sim.cancel(conn.idleTimer)
    conn.idleTimer = null
    conn.onGone = null
    const left = (this.#idle.get(conn.key) ?? []).filter(other => other !== conn)
    if (left.length === 0) this.#idle.delete(conn.key)
    else this.#idle.set(conn.key, left)
  }

  #takeIdle(key: string): PersistConn | null {
    const conn = this.#idle.get(key)?.at(-1)
    if (conn === undefined) return null
    this.#removeIdle(conn)
    return conn
  }
}
