/**
 * What the client needs of gRPC: calls that wait until there is a connection, and streams.
 *
 * @see etcd client/v3/retry_interceptor.go
 */
import type { Context, Thread } from '../../app/thread.js'
import type { ProtoType } from '../../grpc/protobuf.js'

/** Limits of a call. */
export interface CallOptions {
  /** @internal gives up when it is cancelled */
  readonly ctx?: Context | undefined
  /** Gives up after so many nanoseconds: `context deadline exceeded`. */
  readonly timeoutNs?: number | undefined
}

/** One call with one request and one response. */
export interface UnaryMethod {
  /** Path: service and method. */
  readonly path: string
  readonly request: ProtoType
  readonly response: ProtoType
  /** It may be sent again when it is not known whether it was done. */
  readonly isRepeatable: boolean
}

/** A call with many messages both ways. */
export interface StreamMethod {
  readonly path: string
  readonly request: ProtoType
  readonly response: ProtoType
  /** Fields of its head. */
  readonly metadata: readonly (readonly [name: string, value: string])[]
}

/** Who hears of a stream. */
export interface StreamListener {
  /** A message of the server. */
  onMessage(message: object): void
  /** It has ended, with a status of gRPC. */
  onEnd(code: number, message: string): void
}

/** An open stream, or one that waits for its connection. */
export interface ClientStream {
  /** Sends a message; it waits for the connection. */
  send(message: object): void
  /** Cancels it: nothing is heard any more. */
  cancel(): void
}

/** Calls to the members of a cluster. */
export interface Transport {
  /** Throws EtcdError, ECANCELED. */
  unary<T>(method: UnaryMethod, request: object, options: CallOptions): Thread<T>
  /** Opens a stream as soon as there is a connection. */
  stream(method: StreamMethod, listener: StreamListener): ClientStream
  /** Closes all connections. */
  close(): void
}
