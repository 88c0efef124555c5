/**
 * Frames of HTTP/2: reads them from the octets of a connection, checks what one frame alone can show, and writes them.
 *
 * @see RFC 9113, sections 4 and 6
 */
import { getU24, getU32, putU24, putU32 } from '../wire/bytes.js'
import { concatOctets, NO_OCTETS } from '../wire/repr.js'
import { connectionFault, FRAME_SIZE_ERROR, type Http2Fault, PROTOCOL_ERROR, streamFault } from './http2-error.js'

/** Frame type: octets of a body. */
export const FRAME_DATA = 0
/** Opens a stream, or ends it with trailers: a block of fields. */
export const FRAME_HEADERS = 1
/** Deprecated; read over. */
export const FRAME_PRIORITY = 2
/** Ends a stream at once, with an error code. */
export const FRAME_RST_STREAM = 3
/** Parameters of the connection, or their acknowledgement. */
export const FRAME_SETTINGS = 4
/** Announces a stream of the server; nobody here allows it. */
export const FRAME_PUSH_PROMISE = 5
/** Eight octets that come back. */
export const FRAME_PING = 6
/** The connection takes no further streams. */
export const FRAME_GOAWAY = 7
/** Octets that may be sent in addition, on a stream or on all. */
export const FRAME_WINDOW_UPDATE = 8
/** Goes on with a block of fields. */
export const FRAME_CONTINUATION = 9

/** Flag of SETTINGS and PING: an acknowledgement. */
export const FLAG_ACK = 0x1
/** Flag of DATA and HEADERS: the last of this side. */
export const FLAG_END_STREAM = 0x1
/** Flag of HEADERS and CONTINUATION: the block is complete. */
export const FLAG_END_HEADERS = 0x4
/** Flag of DATA and HEADERS: there is padding. */
export const FLAG_PADDED = 0x8
/** Flag of HEADERS: five octets of priority stand in front. */
export const FLAG_PRIORITY = 0x20

/** Octets of a frame's header. */
export const FRAME_HEADER_SIZE = 9

/** Octets that a frame's payload may have unless SETTINGS_MAX_FRAME_SIZE says more; this library never does. */
export const MAX_FRAME_SIZE = 16384

/** A frame, among the octets that it was read from. */
export class Http2Frame {
  readonly type: number
  readonly flags: number
  /** 0 for the connection. */
  readonly streamId: number
  /** Octets of the payload on the wire, which flow control counts. */
  readonly length: number
  readonly octets: Uint8Array
  /** Where in them the payload begins and ends; of DATA and HEADERS without padding and priority. */
  from: number
  to: number

  /** The frame whose header is at `at`; all of it must be there. */
  constructor(octets: Uint8Array, at: number) {
    this.octets = octets
    this.length = getU24(octets, at)
    this.type = octets[at + 3]!
    this.flags = octets[at + 4]!
    this.streamId = getU31(octets, at + 5)
    this.from = at + FRAME_HEADER_SIZE
    this.to = this.from + this.length
  }

  /** The payload, a view. */
  get payload(): Uint8Array {
    return this.octets.subarray(this.from, this.to)
  }
}

/** Whether a frame has the flag. */
export const hasFlag = (frame: Http2Frame, flag: number): boolean => (frame.flags & flag) !== 0

/** Number of 31 bits at `off`: a stream or a window; the bit above is reserved. */
export const getU31 = (octets: Uint8Array, off: number): number => getU32(octets, off) & 0x7fff_ffff

/** Octets that frames of a type have, by the type; -1 for as many as they like. */
const LENGTHS: readonly number[] = [-1, -1, 5, 4, -1, -1, 8, -1, 4, -1]

const NAMES: readonly string[] = [
  'DATA',
  'HEADERS',
  'PRIORITY',
  'RST_STREAM',
  'SETTINGS',
  'PUSH_PROMISE',
  'PING',
  'GOAWAY',
  'WINDOW_UPDATE',
  'CONTINUATION',
]

/** Name of a frame's type. */
export const frameTypeName = (type: number): string => NAMES[type] ?? `UNKNOWN_FRAME_TYPE_${type}`

const ON_CONNECTION: readonly number[] = [FRAME_SETTINGS, FRAME_PING, FRAME_GOAWAY]
const ON_STREAM: readonly number[] = [
  FRAME_DATA,
  FRAME_HEADERS,
  FRAME_PRIORITY,
  FRAME_RST_STREAM,
  FRAME_PUSH_PROMISE,
  FRAME_CONTINUATION,
]

const wrongSize = (frame: Http2Frame): Http2Fault => {
  const reason = `${frameTypeName(frame.type)} frame with ${frame.length} octets`
  if (frame.type === FRAME_PRIORITY) return streamFault(frame.streamId, FRAME_SIZE_ERROR, reason)
  return connectionFault(FRAME_SIZE_ERROR, reason)
}

/** What is wrong with a frame by itself; null when nothing is. */
const frameFault = (frame: Http2Frame): Http2Fault | null => {
  const { type, streamId, length } = frame
  if (streamId === 0 ? ON_STREAM.includes(type) : ON_CONNECTION.includes(type))
    return connectionFault(PROTOCOL_ERROR, `${frameTypeName(type)} frame with stream ID ${streamId}`)
  const wanted = LENGTHS[type]
  if (wanted !== undefined && wanted >= 0 && length !== wanted) return wrongSize(frame)
  if (type === FRAME_GOAWAY && length < 8) return wrongSize(frame)
  if (type === FRAME_SETTINGS && (length % 6 !== 0 || (hasFlag(frame, FLAG_ACK) && length > 0))) return wrongSize(frame)
  return null
}

/** Takes frames off the octets of a connection. */
export class FrameReader {
  #octets: Uint8Array = NO_OCTETS
  /** How many of them have been taken. */
  #at = 0
  /** What is wrong with what {@link next} has given; null when nothing is. */
  fault: Http2Fault | null = null

  /** Adds octets behind those that wait. They must stay as they are: what is read of them are views. */
  push(given: Uint8Array): void {
    // Node's Buffer copies and compares in ways of its own.
    const octets =
      given.constructor === Uint8Array ? given : new Uint8Array(given.buffer, given.byteOffset, given.length)
    this.#octets = this.#at === this.#octets.length ? octets : concatOctets(this.waiting, octets)
    this.#at = 0
  }

  /** Takes `length` octets, or null while they are not there: the preface of a connection. */
  take(length: number): Uint8Array | null {
    if (this.#octets.length - this.#at < length) return null
    const from = this.#at
    this.#at += length
    return this.#octets.subarray(from, this.#at)
  }

  /** Octets that wait. */
  get waiting(): Uint8Array {
    return this.#octets.subarray(this.#at)
  }

  /** The next frame, or null while octets are missing; either may have a {@link fault}. */
  next(): Http2Frame | null {
    const octets = this.#octets
    const at = this.#at
    const left = octets.length - at
    this.fault = null
    if (left < FRAME_HEADER_SIZE) return null
    const length = getU24(octets, at)
    if (length > MAX_FRAME_SIZE) {
      this.fault = connectionFault(FRAME_SIZE_ERROR, `frame too large: ${length} octets`)
      return null
    }
    if (left < FRAME_HEADER_SIZE + length) return null
    const frame = new Http2Frame(octets, at)
    this.#at = frame.to
    this.fault = frameFault(frame) ?? unpad(frame)
    return frame
  }
}

/** Cuts padding and priority off a DATA or HEADERS frame; what is wrong with them, or null. */
const unpad = (frame: Http2Frame): Http2Fault | null => {
  const { type, flags, length } = frame
  if ((type !== FRAME_DATA && type !== FRAME_HEADERS) || (flags & (FLAG_PADDED | FLAG_PRIORITY)) === 0) return null
  let before = 0
  let padding = 0
  if (hasFlag(frame, FLAG_PADDED)) {
    if (length === 0) return wrongSize(frame)
    padding = frame.octets[frame.from + before++]!
  }
  if (type === FRAME_HEADERS && hasFlag(frame, FLAG_PRIORITY)) before += 5
  if (before > length) return wrongSize(frame)
  if (before + padding > length) return connectionFault(PROTOCOL_ERROR, 'pad size larger than data payload')
  frame.from += before
  frame.to -= padding
  return null
}

/** Writes the header of a frame at `at`, where nine octets are. */
export const putFrameHeader = (
  octets: Uint8Array,
  at: number,
  type: number,
  flags: number,
  streamId: number,
  length: number,
): void => {
  putU24(octets, at, length)
  octets[at + 3] = type
  octets[at + 4] = flags
  putU32(octets, at + 5, streamId)
}

/** The octets of a frame. */
export const frameOctets = (type: number, flags: number, streamId: number, payload: Uint8Array): Uint8Array => {
  const octets = new Uint8Array(FRAME_HEADER_SIZE + payload.length)
  putFrameHeader(octets, 0, type, flags, streamId, payload.length)
  octets.set(payload, FRAME_HEADER_SIZE)
  return octets
}

/** A frame whose payload is one number of 32 bits: RST_STREAM, WINDOW_UPDATE. */
export const numberFrame = (type: number, streamId: number, value: number): Uint8Array => {
  const octets = new Uint8Array(FRAME_HEADER_SIZE + 4)
  putFrameHeader(octets, 0, type, 0, streamId, 4)
  putU32(octets, FRAME_HEADER_SIZE, value)
  return octets
}

/** A GOAWAY frame. */
export const goAwayFrame = (lastStreamId: number, code: number, debug: Uint8Array): Uint8Array => {
  const payload = new Uint8Array(8 + debug.length)
  putU32(payload, 0, lastStreamId)
  putU32(payload, 4, code)
  payload.set(debug, 8)
  return frameOctets(FRAME_GOAWAY, 0, 0, payload)
}
