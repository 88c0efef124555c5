/**
 * Sends the frames of a connection, after grpc-go's loopyWriter: control frames at once, in their order; data in turns
 * of one frame a stream, one turn behind each control frame, as far as the windows allow; all of it in writes of about
 * 32 KiB, the last one when nothing is left to send.
 *
 * @see google.golang.org/grpc internal/transport/controlbuf.go
 */
import { copyOctets, putU32 } from '../wire/bytes.js'
import { HpackEncoder } from './hpack.js'
import type { HeaderField } from './hpack-table.js'
import {
  FLAG_END_HEADERS,
  FLAG_END_STREAM,
  FRAME_CONTINUATION,
  FRAME_DATA,
  FRAME_HEADER_SIZE,
  FRAME_HEADERS,
  MAX_FRAME_SIZE,
  putFrameHeader,
} from './http2-frame.js'
import { DEFAULT_WINDOW_SIZE } from './http2-settings.js'
import type { Http2Stream, OutItem } from './http2-stream.js'

/** Octets that are written at the latest. */
const WRITE_BUFFER_SIZE = 32 * 1024
/** Octets that a connection has room for while nothing is written; most writes are smaller. */
const ROOM = 512

/** The sending half of a connection. */
export class Http2Writer {
  readonly #write: (octets: Uint8Array) => void
  readonly #onLocalDone: (stream: Http2Stream) => void
  readonly encoder: HpackEncoder = new HpackEncoder()
  /** Octets that the connection's window allows. */
  window: number = DEFAULT_WINDOW_SIZE
  /** What the peer gives each stream. */
  initialWindow: number = DEFAULT_WINDOW_SIZE
  /** Streams with something to send, whose window allows it. */
  readonly #active: Http2Stream[] = []
  /** What is held, so many octets of it. */
  #buffer: Uint8Array = new Uint8Array(ROOM)
  #buffered = 0

  /** `write` sends octets; `onLocalDone` hears that the end of a stream's side was sent. */
  constructor(write: (octets: Uint8Array) => void, onLocalDone: (stream: Http2Stream) => void) {
    this.#write = write
    this.#onLocalDone = onLocalDone
  }

  /** Sends a control frame, and lets one stream send data. */
  control(octets: Uint8Array): void {
    this.#append(octets, 0, octets.length)
    this.#written()
    this.step()
  }

  /** As {@link control}, a frame of its parts. */
  controlFrame(
    type: number,
    flags: number,
    streamId: number,
    octets: Uint8Array,
    from = 0,
    to: number = octets.length,
  ): void {
    this.#frame(type, flags, streamId, octets, from, to - from)
    this.step()
  }

  /** As {@link control}, a frame whose payload is one number: RST_STREAM, WINDOW_UPDATE. */
  controlNumber(type: number, streamId: number, value: number): void {
    this.#need(FRAME_HEADER_SIZE + 4)
    putFrameHeader(this.#buffer, this.#buffered, type, 0, streamId, 4)
    putU32(this.#buffer, this.#buffered + FRAME_HEADER_SIZE, value)
    this.#buffered += FRAME_HEADER_SIZE + 4
    this.#written()
    this.step()
  }

  /** Sends a header list, and lets one stream send data. */
  headers(stream: Http2Stream, fields: readonly HeaderField[]): void {
    this.#putHeaders(stream, fields, false)
    this.step()
  }

  /** Sends what a stream has to send behind what it has already, and lets one stream send data. */
  send(stream: Http2Stream, item: OutItem): void {
    if (item.octets === null && stream.out.length === 0 && stream.id !== 0) this.#sendTrailers(stream, item.trailers)
    else {
      stream.out.push(item)
      this.activate(stream)
    }
    this.step()
  }

  /** Octets that a stream's window allows. */
  windowOf(stream: Http2Stream): number {
    return this.initialWindow - stream.outstanding
  }

  /** Queues a stream that has something to send, if its window allows to. */
  activate(stream: Http2Stream): void {
    const next = stream.out[0]
    if (stream.isQueued || stream.isClosed || stream.id === 0 || next === undefined) return
    if (needsWindow(next) && this.windowOf(stream) <= 0) return
    stream.isQueued = true
    this.#active.push(stream)
  }

  /** Takes a stream out of the queue, with all that it has to send. */
  forget(stream: Http2Stream): void {
    stream.out.length = 0
    if (!stream.isQueued) return
    stream.isQueued = false
    this.#active.splice(this.#active.indexOf(stream), 1)
  }

  /** Sends one frame of the stream whose turn it is; false when none can send. */
  step(): boolean {
    const stream = this.#active[0]
    if (stream === undefined) return false
    const item = stream.out[0]!
    if (item.octets !== null && needsWindow(item) && this.window <= 0) return false
    this.#active.shift()
    stream.isQueued = false
    if (item.octets !== null) this.#sendData(stream, item)
    else {
      stream.out.shift()
      this.#sendTrailers(stream, item.trailers)
    }
    this.activate(stream)
    return true
  }

  /** Sends all that can be sent, and writes what is held. */
  drain(): void {
    while (this.step());
    this.flush()
  }

  /** Writes what is held. */
  flush(): void {
    if (this.#buffered === 0) return
    // Who is given them may keep them.
    const octets = this.#buffer.slice(0, this.#buffered)
    this.#buffered = 0
    if (this.#buffer.length > ROOM) this.#buffer = new Uint8Array(ROOM)
    this.#write(octets)
  }

  #sendData(stream: Http2Stream, item: Extract<OutItem, { trailers: null }>): void {
    const left = item.octets.length - item.sent
    const size = left === 0 ? 0 : Math.min(MAX_FRAME_SIZE, left, this.windowOf(stream), this.window)
    const isLast = size === left
    const { sent } = item
    item.sent += size
    stream.outstanding += size
    this.window -= size
    if (isLast) stream.out.shift()
    this.#frame(FRAME_DATA, isLast && item.isEnd ? FLAG_END_STREAM : 0, stream.id, item.octets, sent, size)
    if (isLast && item.isEnd) this.#onLocalDone(stream)
  }

  #sendTrailers(stream: Http2Stream, fields: readonly HeaderField[]): void {
    this.#putHeaders(stream, fields, true)
    this.#onLocalDone(stream)
  }

  #putHeaders(stream: Http2Stream, fields: readonly HeaderField[], isEnd: boolean): void {
    const block = this.encoder.encode(fields)
    for (let from = 0; from === 0 || from < block.length; from += MAX_FRAME_SIZE) {
      const size = Math.min(MAX_FRAME_SIZE, block.length - from)
      const endHeaders = from + size === block.length ? FLAG_END_HEADERS : 0
      const endStream = from === 0 && isEnd ? FLAG_END_STREAM : 0
      const type = from === 0 ? FRAME_HEADERS : FRAME_CONTINUATION
      this.#frame(type, endHeaders | endStream, stream.id, block, from, size)
    }
  }

  /** Holds a frame whose payload is `size` octets from `from`. */
  #frame(type: number, flags: number, streamId: number, octets: Uint8Array, from: number, size: number): void {
    this.#need(FRAME_HEADER_SIZE + size)
    putFrameHeader(this.#buffer, this.#buffered, type, flags, streamId, size)
    this.#buffered += FRAME_HEADER_SIZE
    this.#append(octets, from, size)
    this.#written()
  }

  #append(octets: Uint8Array, from: number, size: number): void {
    this.#need(size)
    copyOctets(octets, from, this.#buffer, this.#buffered, size)
    this.#buffered += size
  }

  #need(octets: number): void {
    const wanted = this.#buffered + octets
    if (wanted <= this.#buffer.length) return
    const buffer = new Uint8Array(2 * wanted)
    buffer.set(this.#buffer.subarray(0, this.#buffered))
    this.#buffer = buffer
  }

  #written(): void {
    if (this.#buffered >= WRITE_BUFFER_SIZE) this.flush()
  }
}

/** Whether the windows count what waits: octets do, trailers and an empty end do not. */
const needsWindow = (item: OutItem): boolean => item.octets !== null && item.octets.length > item.sent
