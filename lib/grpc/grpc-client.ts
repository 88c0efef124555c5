/**
 * The client's side of gRPC on one connection: unary calls and streams, metadata, cancellation, keepalive on request.
 * Who wants time limits, reconnection or retries builds them above.
 *
 * Left out: compression, and status details. Values of `-bin` metadata are written as given, in base64.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md; google.golang.org/grpc
 *   internal/transport/http2_client.go
 */
import { goQuote } from '../app/go-text.js'
import { NetloomError, strerror } from '../errors.js'
import { DEFAULT_MAX_MESSAGE_SIZE, GrpcMessageReader, type GrpcMessageSink, grpcFrame } from './grpc-message.js'
import { responseFault } from './grpc-response.js'
import {
  decodeGrpcMessage,
  encodeGrpcTimeout,
  GRPC_CANCELLED,
  GRPC_INTERNAL,
  GRPC_OK,
  GRPC_RESOURCE_EXHAUSTED,
  GRPC_UNAVAILABLE,
  GRPC_UNKNOWN,
  grpcCodeOfHttp2,
} from './grpc-status.js'
import type { HeaderField } from './hpack-table.js'
import { Http2Conn } from './http2-conn.js'
import { DEFAULT_MAX_HEADER_LIST_SIZE, type Http2ConnHandler, type Http2GoAway } from './http2-handler.js'
import { CANCEL, http2ErrorName, PROTOCOL_ERROR } from './http2-error.js'
import { fieldValue } from './http2-fields.js'
import type { Http2End, Http2Stream, Http2StreamHandler } from './http2-stream.js'
import type { ByteStream } from './transport.js'

/** What a client says of itself, and what it takes. */
export interface GrpcClientOptions {
  /** `HOST:PORT` of the server. */
  readonly authority: string
  /** `grpc-go/1.40.0`. */
  readonly userAgent: string
  /** Metadata of every call, before its own. */
  readonly metadata?: readonly HeaderField[]
  /** Octets that a message from the server may have; 4 MiB by default. */
  readonly maxReceiveMessageSize?: number
  /** Octets that a message to the server may have; without limit by default. */
  readonly maxSendMessageSize?: number
  /** A clock in nanoseconds, by which windows grow with the path; none by default. */
  readonly now?: () => number
  /** The server's settings came: calls that waited go out. */
  readonly onReady?: () => void
}

/** What one call is told. */
export interface GrpcCallOptions {
  readonly metadata?: readonly HeaderField[]
  /** Time limit in nanoseconds that the server is told. Who sets it cancels the call himself. */
  readonly timeoutNs?: number
}

/** How a unary call ended: the response when the code is 0, else null. */
export interface GrpcResult {
  readonly code: number
  readonly message: string
  readonly response: Uint8Array | null
}

/** A call on its way. */
export interface ClientCall {
  /**
   * Ends the call, by default with `CANCELLED: context canceled`: the caller hears that at once, the server gets
   * RST_STREAM. Nothing happens when the call has ended.
   */
  cancel(code?: number, message?: string): void
}

/** What the caller of a stream hears. */
export interface ClientStreamHandler {
  /** A message of the server. */
  onMessage(message: Uint8Array): void
  /** The call ended, once: 0 when all is well. */
  onEnd(code: number, message: string): void
}

/** A stream on its way. After its end nothing is sent. */
export interface ClientStream extends ClientCall {
  /** Sends a message. */
  send(message: Uint8Array): void
  /** Sends no more messages. */
  halfClose(): void
}

const KEEPALIVE_PING: Uint8Array = new Uint8Array(8)
const CLOSED_BY_CLIENT = 'grpc: the client connection is closing'

/** One call on the client. */
class GrpcClientCall implements ClientStream, Http2StreamHandler, GrpcMessageSink {
  readonly #handler: ClientStreamHandler
  readonly #client: GrpcClient
  readonly #maxSize: number
  #stream: Http2Stream | null = null
  #reader: GrpcMessageReader | null = null
  #isEnded = false

  constructor(client: GrpcClient, handler: ClientStreamHandler, maxSize: number) {
    this.#client = client
    this.#handler = handler
    this.#maxSize = maxSize
  }

  /** Sends the request's fields on a stream of its own. */
  start(conn: Http2Conn, fields: readonly HeaderField[]): void {
    this.#stream = conn.open(fields, this)
  }

  send(message: Uint8Array): void {
    this.#send(message, false)
  }

  /** Sends the only message. */
  sendOnly(message: Uint8Array): void {
    this.#send(message, true)
  }

  halfClose(): void {
    this.#stream?.data(new Uint8Array(0), true)
  }

  cancel(code: number = GRPC_CANCELLED, message = 'context canceled'): void {
    if (this.#isEnded) return
    this.#stream?.reset(CANCEL)
    this.end(code, message)
  }

  /** Tells the caller how the call ended, once. */
  end(code: number, message: string): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#handler.onEnd(code, message)
  }

  onHeaders(fields: readonly HeaderField[], isEnd: boolean): void {
    if (this.#reader === null) {
      const fault = responseFault(fields)
      if (fault !== null) {
        this.#fail(fault.code, fault.message, PROTOCOL_ERROR)
        return
      }
      this.#reader = new GrpcMessageReader(this, this.#maxSize, fieldValue(fields, 'grpc-encoding') ?? '')
    }
    if (isEnd) this.#onStatus(fields)
  }

  onData(octets: Uint8Array, isEnd: boolean): void {
    if (this.#reader === null) {
      this.#fail(GRPC_INTERNAL, 'DATA frame before the response headers', PROTOCOL_ERROR)
      return
    }
    try {
      const fault = this.#reader.push(octets)
      if (fault !== null) this.#fail(fault.code, fault.message, CANCEL)
    } catch (e) {
      if (!(e instanceof NetloomError) || e.code !== 'EDECODE') throw e
      this.#fail(GRPC_INTERNAL, `grpc: failed to unmarshal the received message ${e.message}`, CANCEL)
    }
    if (!isEnd || this.#isEnded) return
    this.#stream?.finish()
    this.end(GRPC_INTERNAL, 'server closed the stream without sending trailers')
  }

  onReset(code: number, reason: string, isLocal: boolean): void {
    const text = isLocal ? reason : `stream terminated by RST_STREAM with error code: ${http2ErrorName(code)}`
    this.end(grpcCodeOfHttp2(code), text)
  }

  onConnEnd(end: Http2End): void {
    const { code, message } = this.#client.endStatus(end)
    this.end(code, message)
  }

  onExpect(octets: number): void {
    this.#stream!.expects(octets)
  }

  onRead(octets: number): void {
    this.#stream!.consumed(octets)
  }

  onMessage(message: Uint8Array): boolean {
    if (!this.#isEnded) this.#handler.onMessage(message)
    return !this.#isEnded
  }

  #send(message: Uint8Array, isEnd: boolean): void {
    const max = this.#client.maxSendMessageSize
    if (message.length > max)
      this.#fail(
        GRPC_RESOURCE_EXHAUSTED,
        `trying to send message larger than max (${message.length} vs. ${max})`,
        CANCEL,
      )
    else if (!this.#isEnded) this.#stream?.data(grpcFrame(message), isEnd)
  }

  /** The server has said how the call ended. */
  #onStatus(fields: readonly HeaderField[]): void {
    const value = fieldValue(fields, 'grpc-status')
    this.#stream?.finish()
    if (value !== null && value !== '0' && !/^\d{1,10}$/.test(value)) {
      const reason = `strconv.ParseInt: parsing ${goQuote(value)}: invalid syntax`
      this.end(GRPC_INTERNAL, `transport: malformed grpc-status: ${reason}`)
      return
    }
    const code = value === null ? GRPC_UNKNOWN : Number(value)
    const text = fieldValue(fields, 'grpc-message') ?? ''
    const message = text === '' ? '' : decodeGrpcMessage(text)
    if (code === GRPC_OK && this.#reader!.isWithin) this.end(GRPC_INTERNAL, 'unexpected EOF')
    else this.end(code, message)
  }

  #fail(code: number, message: string, reset: number): void {
    if (this.#isEnded) return
    this.#stream?.reset(reset)
    this.end(code, message)
  }
}

/** Takes the one response of a unary call. */
class UnaryHandler implements ClientStreamHandler {
  call: GrpcClientCall | null = null
  readonly #done: (result: GrpcResult) => void
  #response: Uint8Array | null = null

  constructor(done: (result: GrpcResult) => void) {
    this.#done = done
  }

  onMessage(message: Uint8Array): void {
    if (this.#response === null) this.#response = message
    else this.call!.cancel(GRPC_UNKNOWN, 'grpc: client streaming protocol violation. get <nil>, want <EOF>')
  }

  onEnd(code: number, message: string): void {
    const response = this.#response
    if (code !== GRPC_OK) this.#done({ code, message, response: null })
    else if (response === null) this.#done({ code: GRPC_INTERNAL, message: 'EOF', response: null })
    else this.#done({ code, message, response })
  }
}

/** A client of gRPC on one connection, which must be made: construct it when the stream has connected. */
export class GrpcClient {
  /** The connection ended, once, behind its calls: why, as grpc-go says it. */
  onClose: ((reason: string) => void) | undefined
  readonly maxSendMessageSize: number
  readonly #bytes: ByteStream
  readonly #options: GrpcClientOptions
  readonly #conn: Http2Conn
  /** Fields of requests without metadata of their own, by their path. */
  readonly #plain: Map<string, readonly HeaderField[]> = new Map()
  #pings: (() => void)[] = []
  #goAway: Http2GoAway | null = null
  #isClosing = false
  /** How the connection ended; null while it has not. */
  #end: Http2End | null = null

  /** Takes a connection, and says HTTP/2's preface on it. Calls wait until the server's settings have come. */
  constructor(stream: ByteStream, options: GrpcClientOptions) {
    this.#bytes = stream
    this.#options = options
    this.maxSendMessageSize = options.maxSendMessageSize ?? Number.POSITIVE_INFINITY
    this.#conn = new Http2Conn(stream, this.#handler(), {
      isClient: true,
      settings: [],
      maxHeaderListSize: DEFAULT_MAX_HEADER_LIST_SIZE,
      now: options.now ?? null,
    })
  }

  /** The server's settings have come and the connection takes calls. */
  get isReady(): boolean {
    return this.#conn.isReady && !this.#conn.isEnded && !this.#conn.isDraining
  }

  /** The connection has ended. */
  get isClosed(): boolean {
    return this.#conn.isEnded
  }

  /**
   * Calls a unary method. `done` hears once how it ended; when the connection has ended before, that is before this
   * returns.
   */
  unary(
    path: string,
    request: Uint8Array,
    done: (result: GrpcResult) => void,
    options: GrpcCallOptions = {},
  ): ClientCall {
    const handler = new UnaryHandler(done)
    this.#conn.begin()
    const call = this.#start(path, options, handler)
    handler.call = call
    call.sendOnly(request)
    this.#conn.finish()
    return call
  }

  /** Calls a streaming method. */
  open(path: string, handler: ClientStreamHandler, options: GrpcCallOptions = {}): ClientStream {
    return this.#start(path, options, handler)
  }

  /** Asks whether the server is there; `onAck` hears its answer. */
  ping(onAck: () => void): void {
    if (this.#conn.isEnded) return
    this.#pings.push(onAck)
    this.#conn.ping(KEEPALIVE_PING)
  }

  /** Closes the connection. Its calls end with `CANCELLED: grpc: the client connection is closing`. */
  close(): void {
    this.#isClosing = true
    this.#conn.close(CLOSED_BY_CLIENT)
  }

  /** Status of the calls that a connection's end has ended. */
  endStatus(end: Http2End): { code: number; message: string } {
    if (this.#isClosing) return { code: GRPC_CANCELLED, message: CLOSED_BY_CLIENT }
    return { code: GRPC_UNAVAILABLE, message: this.#endText(end) }
  }

  #start(path: string, options: GrpcCallOptions, handler: ClientStreamHandler): GrpcClientCall {
    const max = this.#options.maxReceiveMessageSize ?? DEFAULT_MAX_MESSAGE_SIZE
    const call = new GrpcClientCall(this, handler, max)
    if (this.#end !== null) {
      const { code, message } = this.endStatus(this.#end)
      call.end(code, message)
    } else if (this.#conn.isDraining) call.end(GRPC_UNAVAILABLE, 'the connection is draining')
    else call.start(this.#conn, this.#fieldsOf(path, options))
    return call
  }

  /** Fields of a request. Those of a call without its own are the same object each time, which is encoded once. */
  #fieldsOf(path: string, options: GrpcCallOptions): readonly HeaderField[] {
    if (options.metadata !== undefined || options.timeoutNs !== undefined) return this.#fields(path, options)
    let fields = this.#plain.get(path)
    if (fields === undefined) {
      fields = this.#fields(path, options)
      this.#plain.set(path, fields)
    }
    return fields
  }

  #fields(path: string, { metadata, timeoutNs }: GrpcCallOptions): HeaderField[] {
    const fields: HeaderField[] = [
      [':method', 'POST'],
      [':scheme', 'http'],
      [':path', path],
      [':authority', this.#options.authority],
      ['content-type', 'application/grpc'],
      ['user-agent', this.#options.userAgent],
      ['te', 'trailers'],
    ]
    if (timeoutNs !== undefined) fields.push(['grpc-timeout', encodeGrpcTimeout(timeoutNs)])
    return [...fields, ...(this.#options.metadata ?? []), ...(metadata ?? [])]
  }

  #handler(): Http2ConnHandler {
    return {
      onStream: () => null,
      onReady: () => this.#options.onReady?.(),
      onGoAway: goAway => {
        this.#goAway = goAway
      },
      onPing() {},
      onPingAck: () => this.#pings.shift()?.(),
      onEnd: end => {
        this.#end = end
        this.#pings = []
        this.onClose?.(this.endStatus(end).message)
      },
    }
  }

  #endText(end: Http2End): string {
    const text = this.#reason(end)
    if (this.#goAway === null) return text
    const { code, debug } = this.#goAway
    const said = `code: ${http2ErrorName(code)}${debug === '' ? '' : `, debug data: ${goQuote(debug)}`}`
    const error = `connection error: desc = ${goQuote(text)}`
    return `closing transport due to: ${error}, received prior goaway: ${said}`
  }

  #reason(end: Http2End): string {
    if (end.kind === 'closed') return end.reason
    if (!this.#conn.isReady) return 'connection closed'
    if (end.kind === 'eof') return 'error reading from server: EOF'
    if (end.kind === 'fault') return `error reading from server: connection error: ${http2ErrorName(end.fault.code)}`
    const { local, peer } = this.#bytes
    const between = local === undefined || peer === undefined ? '' : ` tcp ${local}->${peer}`
    const error = strerror(end.code)
    return `error reading from server: read${between}: read: ${error[0]!.toLowerCase()}${error.slice(1)}`
  }
}
