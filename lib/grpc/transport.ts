/**
 * What gRPC needs of a connection: ordered octets both ways, and word of its end. TCP streams of programs have this
 * shape (app/stream.ts), and so has anything else that carries octets in order.
 */
import type { Errno } from '../errors.js'

/** A connection. Whoever uses it sets the handlers. */
export interface ByteStream {
  /** `ADDRESS:PORT` of the other end and of this one, where the connection knows them. */
  readonly peer?: string
  readonly local?: string
  /** Sends octets behind those sent before. The array must not change afterwards. */
  write(octets: Uint8Array): void
  /** Ends what this side sends; the peer reads the end of the stream behind the octets. */
  end(): void
  /** Ends the connection behind what was written. */
  close(): void
  /** Ends the connection at once, with a reset. */
  abort(): void
  /** Octets came. */
  onData: ((octets: Uint8Array) => void) | undefined
  /** The peer sends no more. */
  onEnd: (() => void) | undefined
  /** The connection failed, for example with ECONNRESET, and is closed. */
  onError: ((code: Errno) => void) | undefined
  /** The connection is closed, for whatever reason. */
  onClose?: (() => void) | undefined
}
