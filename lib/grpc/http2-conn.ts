/**
 * A connection of HTTP/2, either side of it: preface, settings, streams, windows, pings, the way to its end. What a
 * peer does wrong ends the stream with RST_STREAM or the connection with GOAWAY; nothing is thrown.
 *
 * Left out: server push and priorities, as in gRPC; trailers of requests are read and their fields ignored.
 *
 * @see RFC 9113; google.golang.org/grpc internal/transport for windows and the order of frames
 */
import { equalOctets, getU32 } from '../wire/bytes.js'
import { NO_OCTETS } from '../wire/repr.js'
import { decodeUtf8, encodeUtf8 } from '../wire/utf8.js'
import type { HeaderField } from './hpack-table.js'
import {
  connectionFault,
  FLOW_CONTROL_ERROR,
  type Http2Fault,
  NO_ERROR,
  PROTOCOL_ERROR,
  REFUSED_STREAM,
  STREAM_CLOSED,
  streamFault,
} from './http2-error.js'
import { headerListFault } from './http2-fields.js'
import { BDP_PING, BdpEstimator, ConnInFlow } from './http2-flow.js'
import {
  FLAG_ACK,
  FLAG_END_STREAM,
  FRAME_CONTINUATION,
  FRAME_DATA,
  FRAME_GOAWAY,
  FRAME_HEADERS,
  FRAME_PING,
  FRAME_PUSH_PROMISE,
  FRAME_RST_STREAM,
  FRAME_SETTINGS,
  FRAME_WINDOW_UPDATE,
  FrameReader,
  frameOctets,
  frameTypeName,
  getU31,
  goAwayFrame,
  type Http2Frame,
  hasFlag,
  numberFrame,
} from './http2-frame.js'
import type { Http2ConnHandler, Http2Options } from './http2-handler.js'
import { HeaderBlockReader } from './http2-headers.js'
import { HTTP2_PREFACE, prefaceFits } from './http2-preface.js'
import {
  DEFAULT_WINDOW_SIZE,
  MAX_WINDOW_SIZE,
  readSettings,
  type Setting,
  SETTINGS_HEADER_TABLE_SIZE,
  SETTINGS_INITIAL_WINDOW_SIZE,
  SETTINGS_MAX_CONCURRENT_STREAMS,
  settingFault,
  settingsFrame,
} from './http2-settings.js'
import {
  type Http2End,
  Http2Stream,
  type Http2StreamHandler,
  type Http2StreamOwner,
  type OutItem,
} from './http2-stream.js'
import { Http2Writer } from './http2-writer.js'
import type { ByteStream } from './transport.js'

/** Streams that a client opens before it knows how many the server allows (grpc-go). */
const FIRST_MAX_STREAMS = 100

/** A connection of HTTP/2. */
export class Http2Conn implements Http2StreamOwner {
  readonly #bytes: ByteStream
  readonly #options: Http2Options
  readonly #handler: Http2ConnHandler
  readonly #reader: FrameReader = new FrameReader()
  readonly #writer: Http2Writer
  readonly #blocks: HeaderBlockReader
  readonly #streams: Map<number, Http2Stream> = new Map()
  /** A client's streams that wait for their number. */
  #waiting: Http2Stream[] = []
  readonly #inFlow: ConnInFlow = new ConnInFlow(DEFAULT_WINDOW_SIZE)
  readonly #bdp: BdpEstimator | null
  /** Window of a new stream. */
  #streamWindow: number
  /** The same once the peer has acknowledged the settings. */
  #ownWindow: number
  #hasPreface: boolean
  #isReady = false
  #isEnded = false
  #maxStreams: number
  #nextId = 1
  /** Largest number of a stream that the client opened. */
  #lastPeerId = 0
  #goAwayId = -1
  /** Calls into the connection that have not returned: what they send is written when the outermost does. */
  #depth = 0

  /** Takes a connection, and says its preface and settings. */
  constructor(bytes: ByteStream, handler: Http2ConnHandler, options: Http2Options) {
    this.#bytes = bytes
    this.#handler = handler
    this.#options = options
    this.#blocks = new HeaderBlockReader(options.maxHeaderListSize)
    this.#writer = new Http2Writer(
      octets => {
        if (!this.#isEnded) bytes.write(octets)
      },
      stream => this.#localDone(stream),
    )
    this.#ownWindow = options.settings.find(([id]) => id === SETTINGS_INITIAL_WINDOW_SIZE)?.[1] ?? DEFAULT_WINDOW_SIZE
    this.#streamWindow = Math.max(this.#ownWindow, DEFAULT_WINDOW_SIZE)
    this.#bdp = options.now === null ? null : new BdpEstimator(DEFAULT_WINDOW_SIZE)
    this.#hasPreface = options.isClient
    this.#maxStreams = options.isClient
      ? FIRST_MAX_STREAMS
      : (options.settings.find(([id]) => id === SETTINGS_MAX_CONCURRENT_STREAMS)?.[1] ?? Number.POSITIVE_INFINITY)
    bytes.onData = octets => this.#receive(octets)
    bytes.onEnd = () => this.#finish({ kind: 'eof' })
    bytes.onError = code => this.#finish({ kind: 'error', code })
    bytes.onClose = () => this.#finish({ kind: 'eof' })
    if (options.isClient) bytes.write(HTTP2_PREFACE)
    bytes.write(settingsFrame(options.settings))
  }

  /** The connection has ended: nothing is sent or heard any more. */
  get isEnded(): boolean {
    return this.#isEnded
  }

  /** The peer takes no more streams. */
  get isDraining(): boolean {
    return this.#goAwayId >= 0
  }

  /** Streams that are open. */
  get streamCount(): number {
    return this.#streams.size
  }

  /** The peer's first settings have come. */
  get isReady(): boolean {
    return this.#isReady
  }

  /** Handles octets that somebody has read before the connection got its handlers. */
  receive(octets: Uint8Array): void {
    this.#receive(octets)
  }

  /** Opens a stream with a request. It waits while the server is not ready or allows no more streams. */
  open(request: readonly HeaderField[], handler: Http2StreamHandler): Http2Stream {
    const stream = new Http2Stream(this, 0, handler, this.#streamWindow, request)
    if (this.#isEnded || this.isDraining) {
      stream.isClosed = true
      return stream
    }
    this.#enter()
    this.#waiting.push(stream)
    this.#leave()
    return stream
  }

  /** Asks whether the peer is there; eight octets come back. */
  ping(octets: Uint8Array): void {
    this.#control(frameOctets(FRAME_PING, 0, 0, octets))
  }

  /** Tells the peer that this side takes no streams beyond `lastStreamId`, by default the last one that came. */
  goAway(code: number, debug: string, lastStreamId: number = this.#lastPeerId): void {
    this.#control(goAwayFrame(lastStreamId, code, encodeUtf8(debug)))
  }

  /** Ends the connection; its streams end with it. */
  close(reason: string): void {
    if (this.#isEnded) return
    this.#writer.flush()
    this.#finish({ kind: 'closed', reason })
  }

  sendHeaders(stream: Http2Stream, fields: readonly HeaderField[]): void {
    this.#enter()
    this.#writer.headers(stream, fields)
    this.#leave()
  }

  sendItem(stream: Http2Stream, item: OutItem): void {
    this.#enter()
    this.#writer.send(stream, item)
    this.#leave()
  }

  giveWindow(stream: Http2Stream, octets: number): void {
    if (stream.id !== 0) this.#control(numberFrame(FRAME_WINDOW_UPDATE, stream.id, octets))
  }

  resetStream(stream: Http2Stream, code: number): void {
    if (stream.id === 0) this.#waiting = this.#waiting.filter(other => other !== stream)
    this.#enter()
    const hasNumber = stream.id !== 0
    this.#remove(stream)
    if (hasNumber) this.#writer.controlNumber(FRAME_RST_STREAM, stream.id, code)
    this.#leave()
  }

  dropStream(stream: Http2Stream): void {
    this.#enter()
    this.#remove(stream)
    this.#leave()
  }

  /** Holds what is sent until {@link finish} writes it in one go: grpc-go's writer lets others run before it writes little. */
  begin(): void {
    this.#enter()
  }

  /** Ends {@link begin}. */
  finish(): void {
    this.#leave()
  }

  #enter(): void {
    this.#depth++
  }

  #leave(): void {
    if (--this.#depth > 0 || this.#isEnded) return
    if (this.#waiting.length > 0) this.#startWaiting()
    this.#writer.drain()
    if (this.#options.isClient && this.isDraining && this.#streams.size === 0) this.close('transport is closing')
  }

  #control(octets: Uint8Array): void {
    if (this.#isEnded) return
    this.#enter()
    this.#writer.control(octets)
    this.#leave()
  }

  #receive(octets: Uint8Array): void {
    if (this.#isEnded) return
    this.#enter()
    try {
      this.#reader.push(octets)
      if (this.#readPreface()) while (this.#readFrame());
    } finally {
      this.#leave()
    }
  }

  #readPreface(): boolean {
    if (this.#hasPreface) return true
    if (!prefaceFits(this.#reader.waiting)) {
      this.#fault(connectionFault(PROTOCOL_ERROR, 'bogus greeting from client'))
      return false
    }
    this.#hasPreface = this.#reader.take(HTTP2_PREFACE.length) !== null
    return this.#hasPreface
  }

  /** Handles the next frame; false when none is there, or the connection has ended. */
  #readFrame(): boolean {
    const frame = this.#reader.next()
    const { fault } = this.#reader
    if (fault === null && frame === null) return false
    const wrong = this.#orderFault(frame) ?? fault ?? this.#handle(frame!)
    if (wrong !== null) this.#fault(wrong)
    return !this.#isEnded
  }

  /** What is wrong with a frame's place among the others. */
  #orderFault(frame: Http2Frame | null): Http2Fault | null {
    if (frame === null) return null
    if (!this.#isReady && (frame.type !== FRAME_SETTINGS || hasFlag(frame, FLAG_ACK)))
      return connectionFault(PROTOCOL_ERROR, `${frameTypeName(frame.type)} frame before SETTINGS`)
    return this.#blocks.orderFault(frame)
  }

  #handle(frame: Http2Frame): Http2Fault | null {
    switch (frame.type) {
      case FRAME_DATA:
        return this.#onData(frame)
      case FRAME_HEADERS:
      case FRAME_CONTINUATION:
        return this.#onHeaders(frame)
      case FRAME_RST_STREAM:
        return this.#onReset(frame)
      case FRAME_SETTINGS:
        return this.#onSettings(frame)
      case FRAME_PUSH_PROMISE:
        return connectionFault(PROTOCOL_ERROR, 'PUSH_PROMISE frame, which nobody allowed')
      case FRAME_PING:
        this.#onPing(frame)
        return null
      case FRAME_GOAWAY:
        return this.#onGoAway(frame)
      case FRAME_WINDOW_UPDATE:
        return this.#onWindowUpdate(frame)
      default:
        return null
    }
  }

  /** Ends the stream or the connection for what the peer did wrong. */
  #fault(fault: Http2Fault): void {
    if (fault.streamId === 0) {
      this.#writer.control(goAwayFrame(this.#lastPeerId, fault.code, encodeUtf8(fault.reason)))
      this.#writer.flush()
      this.#finish({ kind: 'fault', fault })
      return
    }
    const stream = this.#streams.get(fault.streamId)
    if (stream !== undefined) this.#remove(stream)
    this.#writer.controlNumber(FRAME_RST_STREAM, fault.streamId, fault.code)
    stream?.handler.onReset(fault.code, fault.reason, true)
  }

  #finish(end: Http2End): void {
    if (this.#isEnded) return
    this.#isEnded = true
    const streams = [...this.#streams.values(), ...this.#waiting]
    this.#streams.clear()
    this.#waiting = []
    for (const stream of streams) {
      stream.isClosed = true
      this.#writer.forget(stream)
    }
    this.#bytes.close()
    for (const stream of streams) stream.handler.onConnEnd(end)
    this.#handler.onEnd(end)
  }

  #remove(stream: Http2Stream): void {
    stream.isClosed = true
    this.#writer.forget(stream)
    this.#streams.delete(stream.id)
  }

  /** This side of the stream is at its end on the wire. */
  #localDone(stream: Http2Stream): void {
    stream.isLocalDone = true
    if (stream.isRemoteEnded) this.#remove(stream)
    else if (!this.#options.isClient) {
      // A server that has answered reads no more of the request (grpc-go).
      this.#remove(stream)
      this.#writer.controlNumber(FRAME_RST_STREAM, stream.id, NO_ERROR)
    }
  }

  /** The peer's side of the stream is at its end. */
  #remoteDone(stream: Http2Stream): void {
    stream.isRemoteEnded = true
    if (stream.isLocalDone) this.#remove(stream)
  }

  #startWaiting(): void {
    while (this.#isReady && !this.isDraining && this.#waiting.length > 0 && this.#streams.size < this.#maxStreams) {
      const stream = this.#waiting.shift()!
      stream.id = this.#nextId
      this.#nextId += 2
      stream.inFlow.limit = this.#streamWindow
      this.#streams.set(stream.id, stream)
      this.#writer.headers(stream, stream.request)
      this.#writer.activate(stream)
      this.#writer.step()
    }
  }

  /** Whether nobody has opened the stream so far. */
  #isIdle(id: number): boolean {
    return id % 2 === 0 || (this.#options.isClient ? id >= this.#nextId : id > this.#lastPeerId)
  }

  #onData(frame: Http2Frame): Http2Fault | null {
    const { streamId, length } = frame
    if (this.#isIdle(streamId)) return connectionFault(PROTOCOL_ERROR, `DATA frame for idle stream ${streamId}`)
    // Three quarters of the connection's window are open at least, which is more than a frame: nobody can exceed it.
    this.#giveConnWindow(this.#inFlow.onData(length))
    if (this.#options.now !== null && this.#bdp?.add(length, this.#options.now()) === true) {
      this.#giveConnWindow(this.#inFlow.reset())
      this.#writer.controlFrame(FRAME_PING, 0, 0, BDP_PING)
    }
    const stream = this.#streams.get(streamId)
    // Data may be on its way when a stream is reset.
    if (stream === undefined) return null
    if (stream.isRemoteEnded) return streamFault(streamId, STREAM_CLOSED, 'DATA frame behind the end of the stream')
    const exceeded = length > 0 ? stream.inFlow.onData(length) : null
    if (exceeded !== null) return streamFault(streamId, FLOW_CONTROL_ERROR, exceeded)
    const { payload } = frame
    if (length > payload.length) stream.consumed(length - payload.length)
    const isEnd = hasFlag(frame, FLAG_END_STREAM)
    if (isEnd) this.#remoteDone(stream)
    stream.handler.onData(payload, isEnd)
    return null
  }

  #giveConnWindow(octets: number): void {
    if (octets > 0) this.#writer.controlNumber(FRAME_WINDOW_UPDATE, 0, octets)
  }

  #onHeaders(frame: Http2Frame): Http2Fault | null {
    const { list, fault } = this.#blocks.push(frame)
    if (list === null) return fault
    const { streamId, isEnd, fields } = list
    const stream = this.#streams.get(streamId)
    if (stream === undefined) return this.#onNewStream(streamId, fields, isEnd)
    if (stream.isRemoteEnded) return streamFault(streamId, STREAM_CLOSED, 'HEADERS frame behind the end of the stream')
    const isResponse = this.#options.isClient && !stream.hasHeaders
    const malformed = headerListFault(fields, isResponse ? 'response' : 'trailers')
    if (malformed !== null) return streamFault(streamId, PROTOCOL_ERROR, malformed)
    if (!isResponse && !isEnd)
      return streamFault(streamId, PROTOCOL_ERROR, 'a HEADERS frame cannot appear in the middle of a stream')
    stream.hasHeaders = true
    if (isEnd) this.#remoteDone(stream)
    stream.handler.onHeaders(fields, isEnd)
    return null
  }

  #onNewStream(streamId: number, fields: readonly HeaderField[], isEnd: boolean): Http2Fault | null {
    if (this.#options.isClient) {
      if (!this.#isIdle(streamId)) return null
      return connectionFault(PROTOCOL_ERROR, `HEADERS frame for idle stream ${streamId}`)
    }
    if (streamId % 2 === 0) return connectionFault(PROTOCOL_ERROR, `client opened stream ${streamId}`)
    if (streamId <= this.#lastPeerId)
      return connectionFault(STREAM_CLOSED, `HEADERS frame for closed stream ${streamId}`)
    this.#lastPeerId = streamId
    const malformed = headerListFault(fields, 'request')
    if (malformed !== null) return streamFault(streamId, PROTOCOL_ERROR, malformed)
    if (this.#streams.size >= this.#maxStreams) return streamFault(streamId, REFUSED_STREAM, 'too many streams')
    const stream = new Http2Stream(this, streamId, NO_HANDLER, this.#streamWindow, fields)
    stream.hasHeaders = true
    this.#streams.set(streamId, stream)
    if (isEnd) this.#remoteDone(stream)
    const handler = this.#handler.onStream(stream, fields, isEnd)
    if (handler === null) return stream.isClosed ? null : streamFault(streamId, REFUSED_STREAM, 'refused')
    stream.handler = handler
    return null
  }

  #onReset(frame: Http2Frame): Http2Fault | null {
    const { streamId, payload } = frame
    if (this.#isIdle(streamId)) return connectionFault(PROTOCOL_ERROR, `RST_STREAM frame for idle stream ${streamId}`)
    const stream = this.#streams.get(streamId)
    if (stream === undefined) return null
    this.#remove(stream)
    stream.handler.onReset(getU32(payload, 0) >>> 0, '', false)
    return null
  }

  #onSettings(frame: Http2Frame): Http2Fault | null {
    if (hasFlag(frame, FLAG_ACK)) {
      this.#setStreamWindow(this.#ownWindow)
      return null
    }
    const settings = readSettings(frame.payload)
    const isFirst = !this.#isReady
    if (isFirst && this.#options.isClient) this.#maxStreams = Number.POSITIVE_INFINITY
    for (const setting of settings) {
      const fault = settingFault(setting, this.#options.isClient) ?? this.#apply(setting)
      if (fault !== null) return fault
    }
    this.#isReady = true
    this.#writer.controlFrame(FRAME_SETTINGS, FLAG_ACK, 0, NO_OCTETS)
    this.#startWaiting()
    if (isFirst) this.#handler.onReady()
    return null
  }

  #apply([id, value]: Setting): Http2Fault | null {
    if (id === SETTINGS_HEADER_TABLE_SIZE) this.#writer.encoder.limitTable(value)
    else if (id === SETTINGS_MAX_CONCURRENT_STREAMS && this.#options.isClient) this.#maxStreams = value
    else if (id === SETTINGS_INITIAL_WINDOW_SIZE) {
      this.#writer.initialWindow = value
      for (const stream of this.#streams.values()) {
        if (this.#writer.windowOf(stream) > MAX_WINDOW_SIZE)
          return connectionFault(FLOW_CONTROL_ERROR, `window of stream ${stream.id} is too large`)
        this.#writer.activate(stream)
      }
    }
    return null
  }

  #setStreamWindow(octets: number): void {
    this.#streamWindow = octets
    for (const stream of this.#streams.values()) stream.inFlow.limit = octets
  }

  #onPing(frame: Http2Frame): void {
    if (!hasFlag(frame, FLAG_ACK)) {
      this.#writer.controlFrame(FRAME_PING, FLAG_ACK, 0, frame.octets, frame.from, frame.to)
      this.#handler.onPing()
      return
    }
    const { now } = this.#options
    const isBdp =
      this.#bdp !== null && now !== null && equalOctets(frame.octets, frame.from, BDP_PING, 0, BDP_PING.length)
    if (!isBdp) {
      this.#handler.onPingAck(frame.payload)
      return
    }
    const window = this.#bdp!.onAck(now!())
    if (window === 0) return
    this.#ownWindow = window
    this.#setStreamWindow(window)
    this.#giveConnWindow(this.#inFlow.widen(window))
    this.#writer.control(settingsFrame([[SETTINGS_INITIAL_WINDOW_SIZE, window]]))
  }

  #onGoAway(frame: Http2Frame): Http2Fault | null {
    const lastStreamId = getU31(frame.payload, 0)
    const code = getU32(frame.payload, 4) >>> 0
    const debug = decodeUtf8(frame.payload.subarray(8))
    if (!this.#options.isClient) {
      this.#handler.onGoAway({ lastStreamId, code, debug })
      return null
    }
    if (lastStreamId % 2 === 0 && lastStreamId > 0)
      return connectionFault(PROTOCOL_ERROR, `received goaway with non-zero even-numbered stream id: ${lastStreamId}`)
    if (this.isDraining && lastStreamId > this.#goAwayId)
      return connectionFault(
        PROTOCOL_ERROR,
        `received goaway with stream id: ${lastStreamId}, which exceeds stream id of previous goaway: ${this.#goAwayId}`,
      )
    const isFirst = !this.isDraining
    this.#goAwayId = lastStreamId
    if (isFirst) this.#handler.onGoAway({ lastStreamId, code, debug })
    const refused = [...this.#streams.values()].filter(({ id }) => id > lastStreamId)
    for (const stream of [...refused, ...this.#waiting.splice(0)]) {
      this.#remove(stream)
      stream.handler.onReset(REFUSED_STREAM, 'the stream is rejected because server is draining the connection', true)
    }
    if (isFirst && this.#streams.size === 0 && !this.#isEnded)
      this.close('received goaway and there are no active streams')
    return null
  }

  #onWindowUpdate(frame: Http2Frame): Http2Fault | null {
    const { streamId } = frame
    const more = getU31(frame.octets, frame.from)
    if (streamId === 0) {
      if (more === 0) return connectionFault(PROTOCOL_ERROR, 'WINDOW_UPDATE frame of 0')
      this.#writer.window += more
      if (this.#writer.window > MAX_WINDOW_SIZE)
        return connectionFault(FLOW_CONTROL_ERROR, 'window of the connection is too large')
    } else {
      if (this.#isIdle(streamId))
        return connectionFault(PROTOCOL_ERROR, `WINDOW_UPDATE frame for idle stream ${streamId}`)
      const stream = this.#streams.get(streamId)
      if (stream === undefined) return null
      if (more === 0) return streamFault(streamId, PROTOCOL_ERROR, 'WINDOW_UPDATE frame of 0')
      stream.outstanding -= more
      if (this.#writer.windowOf(stream) > MAX_WINDOW_SIZE)
        return streamFault(streamId, FLOW_CONTROL_ERROR, 'window of the stream is too large')
      this.#writer.activate(stream)
    }
    this.#writer.step()
    return null
  }
}

/** A server's stream until its handler is known. */
const NO_HANDLER: Http2StreamHandler = {
  onHeaders() {},
  onData() {},
  onReset() {},
  onConnEnd() {},
}
