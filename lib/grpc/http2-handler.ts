/**
 * Who hears of an HTTP/2 connection, and what it is told at its start.
 */
import type { HeaderField } from './hpack-table.js'
import type { Setting } from './http2-settings.js'
import type { Http2End, Http2Stream, Http2StreamHandler } from './http2-stream.js'

/** What a peer's GOAWAY says. */
export interface Http2GoAway {
  readonly lastStreamId: number
  readonly code: number
  readonly debug: string
}

/** Who hears of a connection. */
export interface Http2ConnHandler {
  /** A client opened a stream; who handles it, or null to refuse it. Servers only. */
  onStream(stream: Http2Stream, fields: readonly HeaderField[], isEnd: boolean): Http2StreamHandler | null
  /** The peer's first settings came: the connection is ready. */
  onReady(): void
  /** The peer takes no more streams. */
  onGoAway(goAway: Http2GoAway): void
  /** The peer asks whether this side is there; it was answered. */
  onPing(): void
  /** The peer answered a ping. */
  onPingAck(octets: Uint8Array): void
  /** The connection ended, once, behind the ends of its streams. */
  onEnd(end: Http2End): void
}

/** One side of a connection. */
export interface Http2Options {
  readonly isClient: boolean
  /** What this side says about itself at first. */
  readonly settings: readonly Setting[]
  /** Most octets of a header list. */
  readonly maxHeaderListSize: number
  /** Nanoseconds of a clock, to measure the path and to widen windows by it; null for windows that stay. */
  readonly now: (() => number) | null
}

/** Octets of a header list that gRPC takes by default. */
export const DEFAULT_MAX_HEADER_LIST_SIZE: number = 16 << 20
