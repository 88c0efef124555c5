/**
 * Messages of gRPC in the body of a stream: a flag for compression, four octets of length, the message.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md, Length-Prefixed-Message
 */
import { goQuote } from '../app/go-text.js'
import { getU32, putU32 } from '../wire/bytes.js'
import { concatOctets, NO_OCTETS } from '../wire/repr.js'
import { GRPC_INTERNAL, GRPC_RESOURCE_EXHAUSTED, GRPC_UNIMPLEMENTED } from './grpc-status.js'

/** Octets before a message. */
export const GRPC_PREFIX_SIZE = 5

/** Octets that a message may have unless somebody says more (grpc-go). */
export const DEFAULT_MAX_MESSAGE_SIZE: number = 4 << 20

/** A message with its prefix, not compressed. */
export const grpcFrame = (message: Uint8Array): Uint8Array => {
  const octets = new Uint8Array(GRPC_PREFIX_SIZE + message.length)
  putU32(octets, 1, message.length)
  octets.set(message, GRPC_PREFIX_SIZE)
  return octets
}

/** Why messages cannot be read, as a status. */
export interface GrpcFault {
  readonly code: number
  readonly message: string
}

/** Who reads the messages of a stream. */
export interface GrpcMessageSink {
  /** A part of so many octets is wanted: the prefix, or the message behind it. */
  onExpect(octets: number): void
  /** So many octets of it were read. */
  onRead(octets: number): void
  /** A message is complete; it may be a part of the octets that were pushed. False stops the reader. */
  onMessage(message: Uint8Array): boolean
}

/** Puts messages together from the octets of a body. */
export class GrpcMessageReader {
  readonly #sink: GrpcMessageSink
  readonly #maxSize: number
  /** Name of the compression that the peer announced; none may be used. */
  readonly #encoding: string
  /** Pieces of the part that is being read, the octets in them, and those that it will have. */
  #pieces: Uint8Array[] = []
  #filled = 0
  #size = GRPC_PREFIX_SIZE
  #isPrefix = true
  #isExpected = false
  #fault: GrpcFault | null = null

  constructor(sink: GrpcMessageSink, maxSize: number, encoding = '') {
    this.#sink = sink
    this.#maxSize = maxSize
    this.#encoding = encoding
  }

  /** A message has begun and is not complete. */
  get isWithin(): boolean {
    return !this.#isPrefix || this.#filled > 0
  }

  /** Reads octets; why the messages cannot be read, or null. After a fault nothing is read. */
  push(octets: Uint8Array): GrpcFault | null {
    let at = 0
    while (at < octets.length && this.#fault === null) {
      if (!this.#isExpected) {
        this.#isExpected = true
        this.#sink.onExpect(this.#size)
      }
      const size = Math.min(octets.length - at, this.#size - this.#filled)
      const from = at
      at += size
      this.#sink.onRead(size)
      // Nearly always the whole part has come at once.
      if (size === this.#size) {
        if (!this.#complete(octets, from)) return this.#fault
        continue
      }
      this.#pieces.push(octets.subarray(from, at))
      this.#filled += size
      if (this.#filled === this.#size && !this.#complete(concatOctets(...this.#pieces), 0)) return this.#fault
    }
    return this.#fault
  }

  /** A part is complete, which begins at `at`; false when no more is wanted. */
  #complete(octets: Uint8Array, at: number): boolean {
    if (this.#isPrefix) {
      this.#fault = this.#prefixFault(octets, at)
      if (this.#fault !== null) return false
      const length = getU32(octets, at + 1) >>> 0
      if (length > 0) {
        this.#next(length, false)
        this.#isExpected = true
        this.#sink.onExpect(length)
        return true
      }
    }
    const message = this.#isPrefix ? NO_OCTETS : octets.subarray(at, at + this.#size)
    this.#next(GRPC_PREFIX_SIZE, true)
    return this.#sink.onMessage(message)
  }

  #next(size: number, isPrefix: boolean): void {
    if (this.#filled > 0) this.#pieces = []
    this.#filled = 0
    this.#size = size
    this.#isPrefix = isPrefix
    this.#isExpected = false
  }

  #prefixFault(octets: Uint8Array, at: number): GrpcFault | null {
    const flag = octets[at]!
    const length = getU32(octets, at + 1) >>> 0
    if (flag > 1) return { code: GRPC_INTERNAL, message: `grpc: received unexpected payload format ${flag}` }
    if (length > this.#maxSize)
      return {
        code: GRPC_RESOURCE_EXHAUSTED,
        message: `grpc: received message larger than max (${length} vs. ${this.#maxSize})`,
      }
    if (flag === 0) return null
    if (this.#encoding === '' || this.#encoding === 'identity')
      return { code: GRPC_INTERNAL, message: 'grpc: compressed flag set with identity or empty encoding' }
    return {
      code: GRPC_UNIMPLEMENTED,
      message: `grpc: Decompressor is not installed for grpc-encoding ${goQuote(this.#encoding)}`,
    }
  }
}
