/**
 * Error codes of HTTP/2, and what is wrong with what a peer sent.
 *
 * @see RFC 9113, section 7
 */

/** All is well: a connection or a stream that ends in order. */
export const NO_ERROR = 0
/** Something that the protocol forbids. */
export const PROTOCOL_ERROR = 1
/** A fault of the sender. */
export const INTERNAL_ERROR = 2
/** More octets than the window had room for. */
export const FLOW_CONTROL_ERROR = 3
/** Settings were not acknowledged in time. */
export const SETTINGS_TIMEOUT = 4
/** A frame for a stream that is half closed. */
export const STREAM_CLOSED = 5
/** A frame of a wrong size. */
export const FRAME_SIZE_ERROR = 6
/** The stream was not looked at: it can be tried again. */
export const REFUSED_STREAM = 7
/** The stream is not needed any more. */
export const CANCEL = 8
/** The HPACK state of the connection is lost. */
export const COMPRESSION_ERROR = 9
/** The connection behind a CONNECT has failed. */
export const CONNECT_ERROR = 10
/** The peer makes too much work. */
export const ENHANCE_YOUR_CALM = 11
/** TLS is not good enough. */
export const INADEQUATE_SECURITY = 12
/** HTTP/1.1 is to be spoken for this. */
export const HTTP_1_1_REQUIRED = 13

const NAMES: readonly string[] = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
]

/** Name of an error code, as golang.org/x/net prints it. */
export const http2ErrorName = (code: number): string => NAMES[code] ?? `unknown error code 0x${code.toString(16)}`

/** What a peer did wrong: it ends a stream, or the connection when `streamId` is 0. */
export interface Http2Fault {
  readonly streamId: number
  readonly code: number
  readonly reason: string
}

/** A fault that ends the connection. */
export const connectionFault = (code: number, reason: string): Http2Fault => ({ streamId: 0, code, reason })

/** A fault that ends one stream. */
export const streamFault = (streamId: number, code: number, reason: string): Http2Fault => ({ streamId, code, reason })
