/**
 * Header blocks of a connection: put together from HEADERS and CONTINUATION frames, and decoded, all of them, in their
 * order, for the table that they share.
 *
 * @see RFC 9113, section 4.3
 */
import { concatOctets } from '../wire/repr.js'
import { HpackDecoder } from './hpack.js'
import type { HeaderField } from './hpack-table.js'
import {
  COMPRESSION_ERROR,
  connectionFault,
  ENHANCE_YOUR_CALM,
  type Http2Fault,
  PROTOCOL_ERROR,
} from './http2-error.js'
import {
  FLAG_END_HEADERS,
  FLAG_END_STREAM,
  FRAME_CONTINUATION,
  FRAME_HEADER_SIZE,
  FRAME_HEADERS,
  frameTypeName,
  type Http2Frame,
  hasFlag,
} from './http2-frame.js'

/** A header list with its stream; `isEnd` when the stream's sender says no more behind it. */
export interface HeaderList {
  readonly streamId: number
  readonly isEnd: boolean
  readonly fields: readonly HeaderField[]
}

/** What a frame gives: a list, a fault, or neither while frames are missing. */
export interface HeaderResult {
  readonly list: HeaderList | null
  readonly fault: Http2Fault | null
}

/** A block whose end has not come. */
interface OpenBlock {
  readonly streamId: number
  readonly isEnd: boolean
  readonly parts: Uint8Array[]
  /** Octets so far. Frames that bring nothing count too, so that they come to an end. */
  size: number
}

const failed = (fault: Http2Fault): HeaderResult => ({ list: null, fault })

/** Reads the header lists of one direction of a connection. */
export class HeaderBlockReader {
  readonly #decoder: HpackDecoder = new HpackDecoder()
  readonly #maxListSize: number
  #open: OpenBlock | null = null

  /** `maxListSize` octets for a list. */
  constructor(maxListSize: number) {
    this.#maxListSize = maxListSize
  }

  /** What is wrong with a frame's place: only CONTINUATION may stand within a block, and only there. */
  orderFault({ type, streamId }: Http2Frame): Http2Fault | null {
    const open = this.#open
    const isInPlace =
      open === null ? type !== FRAME_CONTINUATION : type === FRAME_CONTINUATION && open.streamId === streamId
    if (isInPlace) return null
    return connectionFault(PROTOCOL_ERROR, `unexpected ${frameTypeName(type)} for stream ${streamId}`)
  }

  /** Reads a HEADERS or CONTINUATION frame. */
  push(frame: Http2Frame): HeaderResult {
    const { streamId, payload } = frame
    // Nearly always one frame is the whole block.
    if (frame.type === FRAME_HEADERS && hasFlag(frame, FLAG_END_HEADERS) && payload.length <= this.#maxListSize)
      return this.#decode(streamId, hasFlag(frame, FLAG_END_STREAM), payload)
    if (frame.type === FRAME_HEADERS)
      this.#open = { streamId, isEnd: hasFlag(frame, FLAG_END_STREAM), parts: [], size: -FRAME_HEADER_SIZE }
    const open = this.#open!
    open.parts.push(payload)
    open.size += payload.length + FRAME_HEADER_SIZE
    if (open.size > this.#maxListSize)
      return failed(connectionFault(ENHANCE_YOUR_CALM, `header block has more than ${this.#maxListSize} octets`))
    if (!hasFlag(frame, FLAG_END_HEADERS)) return { list: null, fault: null }
    this.#open = null
    return this.#decode(open.streamId, open.isEnd, concatOctets(...open.parts))
  }

  #decode(streamId: number, isEnd: boolean, block: Uint8Array): HeaderResult {
    const { fields, error } = this.#decoder.decode(block, this.#maxListSize)
    if (fields === null) return failed(connectionFault(COMPRESSION_ERROR, error))
    return { list: { streamId, isEnd, fields }, fault: null }
  }
}
