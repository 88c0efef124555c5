/**
 * Two ends of a connection in memory: octets wait until they are delivered, whole or in pieces.
 */
import type { ByteStream } from '../../lib/grpc/transport.js'
import { concatOctets } from '../../lib/wire/repr.js'

/** One end. */
export class PipeEnd implements ByteStream {
  onData: ByteStream['onData']
  onEnd: ByteStream['onEnd']
  onError: ByteStream['onError']
  onClose: (() => void) | undefined
  readonly peer: string
  /** What was written, each write by itself. */
  readonly writes: Uint8Array[] = []
  isClosed = false
  /** The other end knows that this one is closed. */
  isEndTold = false
  /** Writes that the other end has not got. */
  waiting: Uint8Array[] = []

  constructor(peer: string) {
    this.peer = peer
  }

  write(octets: Uint8Array): void {
    if (this.isClosed) return
    this.writes.push(octets)
    this.waiting.push(octets)
  }

  end(): void {
    this.isClosed = true
  }

  close(): void {
    this.isClosed = true
  }

  abort(): void {
    this.isClosed = true
  }

  /** All that was written. */
  get sent(): Uint8Array {
    return concatOctets(...this.writes)
  }
}

/** A connection in memory. */
export class Pipe {
  readonly client: PipeEnd = new PipeEnd('192.0.2.2:2379')
  readonly server: PipeEnd = new PipeEnd('192.0.2.1:40000')
  readonly #piece: number

  /** `piece` octets are delivered at a time. */
  constructor(piece: number = Number.POSITIVE_INFINITY) {
    this.#piece = piece
  }

  /** Delivers until nothing waits. */
  run(): void {
    while (this.#deliver(this.client, this.server) || this.#deliver(this.server, this.client));
  }

  /** Delivers one write, or the end behind the last one; false when there is neither. */
  #deliver(from: PipeEnd, to: PipeEnd): boolean {
    const octets = from.waiting.shift()
    if (octets !== undefined) {
      for (let at = 0; at < octets.length; at += this.#piece)
        if (!to.isClosed) to.onData?.(octets.subarray(at, at + this.#piece))
      return true
    }
    if (!from.isClosed || from.isEndTold) return false
    from.isEndTold = true
    if (!to.isClosed) to.onEnd?.()
    return true
  }
}
