/**
 * One stream of an HTTP/2 connection: what waits to be sent on it, its window, and whom its frames go to.
 *
 * @see RFC 9113, section 5
 */
import type { Errno } from '../errors.js'
import type { HeaderField } from './hpack-table.js'
import { type Http2Fault, NO_ERROR } from './http2-error.js'
import { StreamInFlow } from './http2-flow.js'

/** How a connection ended. */
export type Http2End =
  /** The peer ended it. */
  | { readonly kind: 'eof' }
  /** It failed: an errno's name. */
  | { readonly kind: 'error'; readonly code: Errno }
  /** The peer did something wrong, and was told so with GOAWAY. */
  | { readonly kind: 'fault'; readonly fault: Http2Fault }
  /** This side ended it. */
  | { readonly kind: 'closed'; readonly reason: string }

/** Whom the frames of a stream go to. None of it is called after the stream was reset or has ended both ways. */
export interface Http2StreamHandler {
  /** A header list came: the first one, or trailers. */
  onHeaders(fields: readonly HeaderField[], isEnd: boolean): void
  /** Octets of the body came; say so with `consumed` when they were read. */
  onData(octets: Uint8Array, isEnd: boolean): void
  /** The stream ended early: the peer reset it, or (`isLocal`) it did something wrong and was told so. */
  onReset(code: number, reason: string, isLocal: boolean): void
  /** The stream ended because its connection did. */
  onConnEnd(end: Http2End): void
}

/** Something that waits to be sent on a stream: octets of the body, or trailers. */
export type OutItem =
  | { readonly octets: Uint8Array; sent: number; readonly isEnd: boolean; readonly trailers: null }
  | { readonly octets: null; readonly trailers: readonly HeaderField[] }

/** What a stream asks of its connection. */
export interface Http2StreamOwner {
  /** Sends a list of fields at once. */
  sendHeaders(stream: Http2Stream, fields: readonly HeaderField[]): void
  /** Sends data or trailers when their turn comes and the windows allow. */
  sendItem(stream: Http2Stream, item: OutItem): void
  /** Octets of the peer were used up: its window grows by them. */
  giveWindow(stream: Http2Stream, octets: number): void
  /** Ends the stream at once, with a code of http2-error.ts. */
  resetStream(stream: Http2Stream, code: number): void
  /** Forgets a stream that both sides are done with, and what it would still send. */
  dropStream(stream: Http2Stream): void
}

/** A stream. Its connection sets the fields. */
export class Http2Stream {
  readonly #owner: Http2StreamOwner
  /** Its number; 0 while a client's stream waits for the peer's settings or for other streams to end. */
  id: number
  handler: Http2StreamHandler
  readonly inFlow: StreamInFlow
  /** Header list of a client's stream that has no number. */
  readonly request: readonly HeaderField[]
  /** What waits to be sent. */
  readonly out: OutItem[] = []
  /** Octets that were sent and not given back. */
  outstanding = 0
  /** It stands in the writer's queue. */
  isQueued = false
  /** This side has said that it sends no more; it may still wait to be sent. */
  isLocalEnded = false
  /** The end of this side was sent. */
  isLocalDone = false
  /** The first header list of the peer came. */
  hasHeaders = false
  /** The peer sends no more. */
  isRemoteEnded = false
  /** It ended both ways, or was reset. */
  isClosed = false

  constructor(
    owner: Http2StreamOwner,
    id: number,
    handler: Http2StreamHandler,
    window: number,
    request: readonly HeaderField[],
  ) {
    this.#owner = owner
    this.id = id
    this.handler = handler
    this.inFlow = new StreamInFlow(window)
    this.request = request
  }

  /** Sends a header list that is not the last thing. */
  headers(fields: readonly HeaderField[]): void {
    if (!this.isClosed && !this.isLocalEnded) this.#owner.sendHeaders(this, fields)
  }

  /** Sends octets of the body, as the windows allow. `isEnd` ends this side. */
  data(octets: Uint8Array, isEnd: boolean): void {
    if (this.isClosed || this.isLocalEnded) return
    if (isEnd) this.isLocalEnded = true
    this.#owner.sendItem(this, { octets, sent: 0, isEnd, trailers: null })
  }

  /** Sends trailers behind the body, which ends this side. */
  trailers(fields: readonly HeaderField[]): void {
    if (this.isClosed || this.isLocalEnded) return
    this.isLocalEnded = true
    this.#owner.sendItem(this, { octets: null, trailers: fields })
  }

  /** A message of `octets` is being read: the peer may send all of it. */
  expects(octets: number): void {
    const more = this.inFlow.adjust(octets)
    if (more > 0 && !this.isClosed) this.#owner.giveWindow(this, more)
  }

  /** Octets of the body were read: the peer may send more. */
  consumed(octets: number): void {
    const more = this.inFlow.onRead(octets)
    if (more > 0 && !this.isClosed) this.#owner.giveWindow(this, more)
  }

  /** Ends the stream at once; the handler hears nothing more. */
  reset(code: number): void {
    if (!this.isClosed) this.#owner.resetStream(this, code)
  }

  /** The peer has said all: what this side would still send is left out, and the peer told when it waits for more. */
  finish(): void {
    if (this.isClosed) return
    if (this.isLocalEnded) this.#owner.dropStream(this)
    else this.#owner.resetStream(this, NO_ERROR)
  }
}
