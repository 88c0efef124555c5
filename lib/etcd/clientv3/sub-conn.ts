/**
 * The connection to one endpoint. It is made at once and again whenever it breaks; when that fails the next attempt waits,
 * longer each time.
 *
 * @see google.golang.org/grpc v1.40 clientconn.go addrConn.resetTransport, internal/backoff/backoff.go, backoff/backoff.go
 */
import { type ByteStream, connectStream } from '../../app/stream.js'
import type { Process } from '../../app/process.js'
import { ProgramTimer } from '../../app/program-timer.js'
import { goStrerror } from '../../app/go-error.js'
import type { Errno } from '../../errors.js'
import { GrpcClient } from '../../grpc/grpc-client.js'
import { NSEC_PER_SEC } from '../../sim/time.js'

const BASE_DELAY_NS = NSEC_PER_SEC
const MULTIPLIER = 1.6
const JITTER = 0.2
const MAX_DELAY_NS = 120 * NSEC_PER_SEC
/** Time that an attempt has at least. */
const MIN_CONNECT_TIMEOUT_NS = 20 * NSEC_PER_SEC

/** Octets of a response: as many as one can have. */
const MAX_RECEIVE_OCTETS = 0x7fffffff
/** Octets of a request. */
const MAX_SEND_OCTETS = 2 * 1024 * 1024

/** The connection to one endpoint. */
export class SubConn {
  readonly #process: Process
  readonly #address: string
  readonly #port: number
  readonly #onReady: () => void
  readonly #timer: ProgramTimer<SubConn>
  readonly #connectTimeoutNs: number
  #retries = 0
  #backoffNs = 0
  #stream: ByteStream | null = null
  #client: GrpcClient | null = null
  #state: 'connecting' | 'ready' | 'resting' = 'connecting'
  #isClosed = false
  /** Why the last attempt failed; empty when none has. */
  lastError = ''

  /** `onReady` is told whenever calls can be sent. */
  constructor(process: Process, address: string, port: number, connectTimeoutNs: number | null, onReady: () => void) {
    this.#process = process
    this.#address = address
    this.#port = port
    this.#onReady = onReady
    this.#connectTimeoutNs = connectTimeoutNs ?? MIN_CONNECT_TIMEOUT_NS
    this.#timer = new ProgramTimer<SubConn>(process.netns.world, timeOver, this, process.label('connect'))
    // Before the connection hears of it: a killed program makes no other one.
    process.onEnd(() => {
      this.#isClosed = true
      this.#timer.stop()
    })
    this.#connect()
  }

  /** What calls are sent on, null while there is no connection. */
  get client(): GrpcClient | null {
    return this.#client?.isReady ? this.#client : null
  }

  /** Ends it. */
  close(): void {
    this.#isClosed = true
    this.#timer.stop()
    this.#client?.close()
    this.#stream?.close()
  }

  #connect(): void {
    const { rng } = this.#process.netns
    let delay = BASE_DELAY_NS
    for (let n = this.#retries; n > 0 && delay < MAX_DELAY_NS; n--) delay *= MULTIPLIER
    delay = Math.min(delay, MAX_DELAY_NS)
    if (this.#retries > 0) delay *= 1 + JITTER * (rng.float() * 2 - 1)
    this.#backoffNs = Math.round(delay)
    this.#state = 'connecting'
    this.#timer.set(Math.max(this.#connectTimeoutNs, this.#backoffNs), { idle: true })
    this.#stream = connectStream(this.#process, this.#address, this.#port, {
      onConnect: () => this.#connected(),
      onError: code => this.#rest(this.#dialError(connectText(code))),
    })
  }

  #connected(): void {
    const client: GrpcClient = new GrpcClient(this.#stream!, {
      authority: `${this.#address}:${this.#port}`,
      userAgent: 'grpc-go/1.40.0',
      metadata: [['client-api-version', '3.5.4']],
      maxReceiveMessageSize: MAX_RECEIVE_OCTETS,
      maxSendMessageSize: MAX_SEND_OCTETS,
      now: () => this.#process.netns.world.now,
      onReady: () => this.#ready(),
    })
    this.#client = client
    client.onClose = reason => {
      if (this.#client === client) this.#lost(reason)
    }
  }

  #ready(): void {
    if (this.#isClosed) return
    this.#timer.stop()
    this.#state = 'ready'
    this.#retries = 0
    this.lastError = ''
    this.#onReady()
  }

  /** A connection ended: one that was ready is made again at once, one that never was has failed. */
  #lost(reason: string): void {
    this.#client = null
    this.#stream = null
    if (this.#isClosed) return
    if (this.#state === 'ready') this.#connect()
    else this.#rest(reason)
  }

  /** Connecting failed; the next attempt waits. */
  #rest(error: string): void {
    if (this.#isClosed || this.#state !== 'connecting') return
    this.#state = 'resting'
    this.lastError = error
    this.#timer.set(this.#backoffNs, { idle: true })
  }

  /** @internal the attempt has taken too long, or it is time for another one */
  timeOver(): void {
    if (this.#state === 'resting') {
      this.#retries++
      this.#connect()
      return
    }
    const stream = this.#stream
    this.#client = null
    this.#stream = null
    stream?.abort()
    this.#rest(this.#dialError('i/o timeout'))
  }

  #dialError(why: string): string {
    return `connection error: desc = "transport: Error while dialing dial tcp ${this.#address}:${this.#port}: ${why}"`
  }
}

const timeOver = (conn: SubConn): void => conn.timeOver()

/** An error of connect(2) as Go says it. */
const connectText = (code: Errno): string => `connect: ${goStrerror(code)}`
