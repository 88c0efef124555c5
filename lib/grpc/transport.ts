/**
 * What gRPC needs of a connection: ordered octets both ways, and word of its end. TCP streams of programs have this
 * shape (app/stream.ts), and so has anything else that carries octets in order.
 */

/** A connection. Whoever uses it sets the handlers. */
export interface ByteStream {
  /** Sends octets behind those sent before. The array must not change afterwards. */
  write(octets: Uint8Array): void
  /** Ends what this side sends; the peer reads the end of the stream behind the octets. */
  end(): void
  /** Ends what this side sends and receives. */
  close(): void
  /** Ends the connection at once, with a reset. */
  abort(): void
  /** Octets came. */
  onData: ((octets: Uint8Array) => void) | null
  /** The peer sends no more. */
  onEnd: (() => void) | null
  /** The connection failed: an errno's name, for example `ECONNRESET`. */
  onError: ((code: string) => void) | null
  /** Both directions have ended. */
  onClose?: (() => void) | null
}
