/**
 * The server's side of gRPC: methods by their path, unary and streaming, on any number of connections.
 *
 * Left out: compression (a compressed message is refused as grpc-go refuses it without a decompressor), and status
 * details. Values of `-bin` metadata stay in base64.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md; google.golang.org/grpc server.go
 */
import { goQuote } from '../app/go-text.js'
import { NetloomError } from '../errors.js'
import { NO_OCTETS } from '../wire/repr.js'
import {
  DEFAULT_MAX_MESSAGE_SIZE,
  type GrpcFault,
  GrpcMessageReader,
  type GrpcMessageSink,
  grpcFrame,
} from './grpc-message.js'
import { isGrpcContentType } from './grpc-response.js'
import {
  decodeGrpcTimeout,
  encodeGrpcMessage,
  GRPC_INTERNAL,
  GRPC_RESOURCE_EXHAUSTED,
  GRPC_UNIMPLEMENTED,
  GRPC_UNKNOWN,
} from './grpc-status.js'
import type { HeaderField } from './hpack-table.js'
import { Http2Conn } from './http2-conn.js'
import { DEFAULT_MAX_HEADER_LIST_SIZE, type Http2ConnHandler } from './http2-handler.js'
import { CANCEL, ENHANCE_YOUR_CALM, PROTOCOL_ERROR } from './http2-error.js'
import { fieldValue } from './http2-fields.js'
import { MAX_FRAME_SIZE } from './http2-frame.js'
import { SETTINGS_MAX_CONCURRENT_STREAMS, SETTINGS_MAX_FRAME_SIZE } from './http2-settings.js'
import type { Http2Stream, Http2StreamHandler } from './http2-stream.js'
import type { ByteStream } from './transport.js'

/** A call as a method sees it. After its end `send` and `finish` do nothing. */
export interface ServerCall {
  /** `ADDRESS:PORT` of the client; empty when the connection does not know it. */
  readonly peer: string
  /** Path of the method, `/etcdserverpb.KV/Range`. */
  readonly path: string
  /** Header fields of the request without those that are the protocol's own. */
  readonly metadata: readonly HeaderField[]
  /** The client's time limit in nanoseconds from the start of the call; null for none. The client keeps it itself. */
  readonly timeoutNs: number | null
  /** The call has ended: finished, cancelled, or its connection gone. */
  readonly isEnded: boolean
  /** Sends a message. */
  send(message: Uint8Array): void
  /** Ends the call with a status: 0 and the message empty when all is well. */
  finish(code: number, message?: string): void
}

/** What a streaming method hears of one call. */
export interface GrpcStreamHandler {
  /** A message of the client. */
  onMessage(message: Uint8Array): void
  /** The client sends no more messages. */
  onHalfClose(): void
  /** The client has cancelled the call, or its connection is gone. Nothing follows. */
  onCancel(): void
}

/**
 * A method. Octets that are no message of their type (EDECODE thrown by `handle` or `onMessage`) end the call with
 * INTERNAL.
 */
export type GrpcMethod =
  /** One message, answered by one `send` and `finish(0)`, or by `finish` with an error; then or later. */
  | { readonly kind: 'unary'; handle(request: Uint8Array, call: ServerCall): void }
  /** Any number of messages either way. */
  | { readonly kind: 'stream'; open(call: ServerCall): GrpcStreamHandler }

/** What a server may be told. */
export interface GrpcServerOptions {
  /** Octets that a message from a client may have; 4 MiB by default. */
  readonly maxReceiveMessageSize?: number
  /** Streams that a client may have open at a time; 2^32 - 1 by default. */
  readonly maxConcurrentStreams?: number
  /** A clock in nanoseconds, by which windows grow with the path and pings are counted; none by default. */
  readonly now?: () => number
  /** Least time between pings of a client, in nanoseconds; five minutes by default. Kept only with a clock. */
  readonly minPingIntervalNs?: number
  /** A connection ended. */
  readonly onConnEnd?: (peer: string) => void
}

const NO_LIMIT = 0xffff_ffff
const FIVE_MINUTES_NS = 300e9
/** Least time between pings of a client that has no calls. */
const IDLE_PING_INTERVAL_NS = 7200e9
const MAX_PING_STRIKES = 2

/** Fields of a request that are no metadata. */
const RESERVED: readonly string[] = [
  'te',
  'grpc-message-type',
  'grpc-encoding',
  'grpc-message',
  'grpc-status',
  'grpc-timeout',
  ':method',
  ':scheme',
  ':path',
]

/** Why a path has no method, as grpc-go before 1.38 says it. */
const methodFault = (services: ReadonlyMap<string, GrpcMethod>, path: string): GrpcFault => {
  const name = path.startsWith('/') ? path.slice(1) : path
  const slash = name.lastIndexOf('/')
  if (slash < 0) return { code: GRPC_RESOURCE_EXHAUSTED, message: `malformed method name: ${goQuote(path)}` }
  const service = name.slice(0, slash)
  const isKnown = [...services.keys()].some(known => known.startsWith(`/${service}/`))
  const message = isKnown
    ? `unknown method ${name.slice(slash + 1)} for service ${service}`
    : `unknown service ${service}`
  return { code: GRPC_UNIMPLEMENTED, message }
}

const headersOf = (contentType: string): readonly HeaderField[] => [
  [':status', '200'],
  ['content-type', contentType],
]

const statusOf = (code: number, message: string): readonly HeaderField[] => [
  ['grpc-status', String(code)],
  ['grpc-message', encodeGrpcMessage(message)],
]

// What nearly all answers have: the same objects each time, which are encoded once.
const PLAIN_TYPE = 'application/grpc'
const PLAIN_HEADERS = headersOf(PLAIN_TYPE)
const OK_STATUS = statusOf(0, '')

/** One call on the server. */
class GrpcServerCall implements ServerCall, Http2StreamHandler, GrpcMessageSink {
  readonly peer: string
  readonly path: string
  readonly timeoutNs: number | null
  isEnded = false
  readonly #fields: readonly HeaderField[]
  readonly #stream: Http2Stream
  readonly #conn: GrpcServerConn
  readonly #method: GrpcMethod
  readonly #contentType: string
  readonly #reader: GrpcMessageReader
  #handler: GrpcStreamHandler | null = null
  #hasHeaders = false
  #hasRequest = false

  constructor(conn: GrpcServerConn, stream: Http2Stream, fields: readonly HeaderField[], method: GrpcMethod) {
    this.#conn = conn
    this.#stream = stream
    this.#method = method
    this.peer = conn.peer
    this.path = fieldValue(fields, ':path')!
    this.#fields = fields
    const timeout = fieldValue(fields, 'grpc-timeout')
    this.timeoutNs = timeout === null ? null : decodeGrpcTimeout(timeout)
    this.#contentType = fieldValue(fields, 'content-type')!
    const encoding = fieldValue(fields, 'grpc-encoding') ?? ''
    this.#reader = new GrpcMessageReader(this, conn.maxMessageSize, encoding)
  }

  get metadata(): readonly HeaderField[] {
    return this.#fields.filter(([name]) => !RESERVED.includes(name))
  }

  /** Calls the method of a stream. */
  start(): void {
    if (this.#method.kind === 'stream') this.#handler = this.#method.open(this)
  }

  send(message: Uint8Array): void {
    if (this.isEnded) return
    if (!this.#hasHeaders) this.#stream.headers(this.#headers())
    this.#hasHeaders = true
    this.#stream.data(grpcFrame(message), false)
    this.#conn.onSend()
  }

  finish(code: number, message = ''): void {
    if (this.isEnded) return
    this.isEnded = true
    const status = code === 0 && message === '' ? OK_STATUS : statusOf(code, message)
    this.#stream.trailers(this.#hasHeaders ? status : [...this.#headers(), ...status])
    this.#conn.onSend()
  }

  onHeaders(_fields: readonly HeaderField[], isEnd: boolean): void {
    if (isEnd) this.#halfClose()
  }

  onData(octets: Uint8Array, isEnd: boolean): void {
    if (this.isEnded) return
    const fault = this.#reader.push(octets)
    if (fault !== null) this.#fail(fault)
    if (isEnd) this.#halfClose()
  }

  onReset(): void {
    this.#cancel()
  }

  onConnEnd(): void {
    this.#cancel()
  }

  onExpect(octets: number): void {
    this.#stream.expects(octets)
  }

  onRead(octets: number): void {
    this.#stream.consumed(octets)
  }

  onMessage(message: Uint8Array): boolean {
    try {
      if (this.#method.kind === 'stream') this.#handler!.onMessage(message)
      else if (!this.#hasRequest) {
        this.#hasRequest = true
        this.#method.handle(message, this)
      }
    } catch (e) {
      if (!(e instanceof NetloomError) || e.code !== 'EDECODE') throw e
      this.#fail({ code: GRPC_INTERNAL, message: `grpc: error unmarshalling request: ${e.message}` })
    }
    return this.#method.kind === 'stream' && !this.isEnded
  }

  #halfClose(): void {
    if (this.isEnded) return
    if (this.#reader.isWithin) this.#fail({ code: GRPC_INTERNAL, message: 'unexpected EOF' })
    else if (this.#method.kind === 'stream') this.#handler!.onHalfClose()
    else if (!this.#hasRequest) this.#fail({ code: GRPC_UNKNOWN, message: 'EOF' })
  }

  #fail({ code, message }: GrpcFault): void {
    const handler = this.isEnded ? null : this.#handler
    this.finish(code, message)
    handler?.onCancel()
  }

  #cancel(): void {
    if (this.isEnded) return
    this.isEnded = true
    this.#handler?.onCancel()
  }

  #headers(): readonly HeaderField[] {
    return this.#contentType === PLAIN_TYPE ? PLAIN_HEADERS : headersOf(this.#contentType)
  }
}

/** A method that no service has. */
const absentMethod = ({ code, message }: GrpcFault): GrpcMethod => ({
  kind: 'stream',
  open(call) {
    call.finish(code, message)
    return { onMessage() {}, onHalfClose() {}, onCancel() {} }
  },
})

/** One connection of a server. */
class GrpcServerConn implements Http2ConnHandler {
  readonly peer: string
  readonly maxMessageSize: number
  readonly #services: ReadonlyMap<string, GrpcMethod>
  readonly #options: GrpcServerOptions
  readonly #conn: Http2Conn
  readonly #onEnd: (conn: GrpcServerConn) => void
  #strikes = 0
  #hasSent = false
  #lastPingNs = Number.NEGATIVE_INFINITY

  constructor(
    bytes: ByteStream,
    services: ReadonlyMap<string, GrpcMethod>,
    options: GrpcServerOptions,
    onEnd: (conn: GrpcServerConn) => void,
  ) {
    this.peer = bytes.peer ?? ''
    this.maxMessageSize = options.maxReceiveMessageSize ?? DEFAULT_MAX_MESSAGE_SIZE
    this.#services = services
    this.#options = options
    this.#onEnd = onEnd
    this.#conn = new Http2Conn(bytes, this, {
      isClient: false,
      settings: [
        [SETTINGS_MAX_FRAME_SIZE, MAX_FRAME_SIZE],
        [SETTINGS_MAX_CONCURRENT_STREAMS, options.maxConcurrentStreams ?? NO_LIMIT],
      ],
      maxHeaderListSize: DEFAULT_MAX_HEADER_LIST_SIZE,
      now: options.now ?? null,
    })
  }

  receive(octets: Uint8Array): void {
    this.#conn.receive(octets)
  }

  close(): void {
    this.#conn.close('server is stopping')
  }

  /** Something was sent: pings may follow it. */
  onSend(): void {
    this.#hasSent = true
  }

  onStream(stream: Http2Stream, fields: readonly HeaderField[], isEnd: boolean): Http2StreamHandler | null {
    const timeout = fieldValue(fields, 'grpc-timeout')
    const isTimeoutBad = timeout !== null && decodeGrpcTimeout(timeout) === null
    if (fieldValue(fields, ':method') !== 'POST') stream.reset(CANCEL)
    else if (!isGrpcContentType(fieldValue(fields, 'content-type') ?? '') || isTimeoutBad) stream.reset(PROTOCOL_ERROR)
    if (stream.isClosed) return null
    const path = fieldValue(fields, ':path')!
    const method = this.#services.get(path) ?? absentMethod(methodFault(this.#services, path))
    const call = new GrpcServerCall(this, stream, fields, method)
    call.start()
    if (isEnd) call.onData(NO_OCTETS, true)
    return call
  }

  onReady(): void {}

  onGoAway(): void {}

  /** Closes the connection of a client that asks too often (grpc-go's enforcement policy). */
  onPing(): void {
    if (this.#options.now === undefined) return
    const now = this.#options.now()
    const least =
      this.#conn.streamCount === 0 ? IDLE_PING_INTERVAL_NS : (this.#options.minPingIntervalNs ?? FIVE_MINUTES_NS)
    if (this.#hasSent) this.#strikes = 0
    else if (this.#lastPingNs + least > now) this.#strikes++
    this.#hasSent = false
    this.#lastPingNs = now
    if (this.#strikes <= MAX_PING_STRIKES) return
    this.#conn.goAway(ENHANCE_YOUR_CALM, 'too_many_pings')
    this.#conn.close('too_many_pings')
  }

  onPingAck(): void {}

  onEnd(): void {
    this.#onEnd(this)
  }
}

/** A server of gRPC. */
export class GrpcServer {
  readonly #services: ReadonlyMap<string, GrpcMethod>
  readonly #options: GrpcServerOptions
  readonly #conns: Set<GrpcServerConn> = new Set()

  /** `services` has the methods by path: `/etcdserverpb.KV/Range`. */
  constructor(services: ReadonlyMap<string, GrpcMethod>, options: GrpcServerOptions = {}) {
    this.#services = services
    this.#options = options
  }

  /** Connections that are open. */
  get connCount(): number {
    return this.#conns.size
  }

  /** Serves a connection; `first` are octets of it that were read before, to see what it speaks. */
  accept(stream: ByteStream, first: Uint8Array = NO_OCTETS): void {
    const conn = new GrpcServerConn(stream, this.#services, this.#options, ended => {
      this.#conns.delete(ended)
      this.#options.onConnEnd?.(ended.peer)
    })
    this.#conns.add(conn)
    if (first.length > 0) conn.receive(first)
  }

  /** Closes all connections. Calls on them are cancelled. */
  stop(): void {
    for (const conn of [...this.#conns]) conn.close()
  }
}
