/**
 * A connection of an HTTP/1.1 client: requests one behind the other, and what comes for them.
 *
 * @see Go net/http transport.go persistConn
 */
import { type Errno, NetloomError } from '../errors.js'
import type { SimEvent } from '../sim/queue.js'
import { NSEC_PER_SEC } from '../sim/time.js'
import {
  brokenBody,
  dialError,
  dialTimeout,
  endOfFile,
  malformedResponse,
  type NetworkError,
  readError,
} from './go-net.js'
import { type BodyReader, bodyOf, HeadReader, headerHas, LineReader } from './http-message.js'
import type { Process } from './process.js'
import { type ByteStream, connectStream } from './stream.js'
import { Chan, firstOf, type Thread, type Wait, wait } from './thread.js'

const DIAL_TIMEOUT_NS = 30 * NSEC_PER_SEC
/** Seconds between probes of a silent peer: those of http.DefaultTransport's dialer. */
const KEEPALIVE_SEC = 30

type Heard =
  | { readonly kind: 'data'; readonly octets: Uint8Array }
  | { readonly kind: 'end' }
  | { readonly kind: 'error'; readonly code: Errno }

/** The head of an answer, and how its body is read. */
export interface ReplyHead {
  readonly status: number
  readonly headers: readonly string[]
  readonly reader: BodyReader
  /** The connection may carry another request behind it. */
  readonly keeps: boolean
}

/** A connection. */
export class PersistConn {
  /** `ADDRESS:PORT` of the server. */
  readonly key: string
  /** It has been kept, so that the server may have closed it when it gets a request. */
  isReused = false
  /** It is of no use any more. */
  isGone = false
  /** Called when it goes; set while it is kept. */
  onGone: (() => void) | null = null
  /** Ends it after a time of rest. */
  idleTimer: SimEvent | null = null
  readonly #stream: ByteStream | null
  readonly #heard = new Chan<Heard>()
  readonly #in = new LineReader()
  readonly #heads = new HeadReader()
  #error: NetworkError | null = null

  /** Begins to connect; `dialed` hears of the success (null) or the failure, once. */
  constructor(process: Process, address: string, port: number, dialed: (error: NetworkError | null) => void) {
    this.key = `${address}:${port}`
    const { sim } = process.netns.world
    const label = process.label('dial')
    const timer = sim.schedule(DIAL_TIMEOUT_NS, () => settle(dialTimeout(this.key)), undefined, 0, label)
    const release = process.onEnd(() => sim.cancel(timer))
    let isDialing = true
    const stop = (): void => {
      isDialing = false
      release()
      sim.cancel(timer)
    }
    const settle = (error: NetworkError | null): void => {
      if (!isDialing) return
      stop()
      if (error !== null) this.close()
      dialed(error)
    }
    this.#stream = connectStream(
      process,
      address,
      port,
      {
        onConnect: () => settle(null),
        onData: octets => this.#hear({ kind: 'data', octets }),
        onEnd: () => this.#hear({ kind: 'end' }),
        onError: code => (isDialing ? settle(dialError(this.key, code)) : this.#hear({ kind: 'error', code })),
        onClose: () => {
          if (isDialing) stop()
          this.#gone()
        },
      },
      { keepaliveSec: KEEPALIVE_SEC },
    )
  }

  /** Nothing is expected on a connection that rests: it is closed by whatever comes. */
  #hear(heard: Heard): void {
    if (heard.kind !== 'data') this.isGone = true
    this.#heard.push(heard)
    if (this.onGone !== null) this.close()
  }

  /** It is there, and nothing has come that nobody has asked for. */
  get isQuiet(): boolean {
    return !this.isGone && this.#in.length === 0 && this.#heard.length === 0
  }

  /** Sends a request. */
  send(octets: Uint8Array): void {
    this.#stream?.write(octets)
  }

  /** Waits for octets; false at the end. Throws a NetworkError, and what `stop` gives. */
  *#more(stop: Wait<Error>): Thread<boolean> {
    if (this.#error !== null) throw this.#error
    const first = yield* wait(firstOf({ heard: this.#heard.next, stop }))
    if (first.which === 'stop') throw first.value
    const heard = first.value
    if (heard?.kind === 'error') {
      this.#error = readError(this.#stream?.local ?? '', this.key, heard.code)
      throw this.#error
    }
    if (heard?.kind !== 'data') return false
    this.#in.push(heard.octets)
    return true
  }

  /** Reads the head of the answer, behind those that only say to go on (1xx). Throws a NetworkError, and what `stop` gives. */
  *head(method: string, stop: Wait<Error>): Thread<ReplyHead> {
    for (;;) {
      const lines = this.#heads.read(this.#in)
      if (lines === null) {
        if (!(yield* this.#more(stop))) throw endOfFile(!this.#heads.isEmpty || this.#in.length > 0)
        continue
      }
      const [first = '', ...headers] = lines
      const [, minor, code] = /^HTTP\/1\.(\d) (\d{3})(?: |$)/.exec(first) ?? []
      if (code === undefined) throw malformedResponse(first)
      const status = Number(code)
      if (status < 200 && status !== 101) continue
      const hasNoBody = status === 204 || status === 304 || method === 'HEAD'
      const reader = hasNoBody ? bodyOf([], 'none') : bodyOf(headers, 'close')
      const keeps =
        !headerHas(headers, 'Connection', 'close') && (minor !== '0' || headerHas(headers, 'Connection', 'keep-alive'))
      return { status, headers, reader, keeps: keeps && reader.kind !== 'close' }
    }
  }

  /** Reads a piece of a body; null at its end. Throws a NetworkError for a body that is cut off, and what `stop` gives. */
  *piece(reader: BodyReader, stop: Wait<Error>): Thread<Uint8Array | null> {
    for (;;) {
      const octets = this.#read(reader)
      if (octets !== null) return octets
      if (reader.isDone) return null
      if (yield* this.#more(stop)) continue
      if (reader.kind === 'close') return null
      throw endOfFile(true)
    }
  }

  #read(reader: BodyReader): Uint8Array | null {
    try {
      return reader.read(this.#in)
    } catch (e) {
      if (!(e instanceof NetloomError) || e.code !== 'EFORMAT') throw e
      throw brokenBody()
    }
  }

  /** Closes it. */
  close(): void {
    this.#gone()
    this.#stream?.close()
  }

  #gone(): void {
    this.isGone = true
    const { onGone } = this
    this.onGone = null
    onGone?.()
  }
}
