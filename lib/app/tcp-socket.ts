/// <reference lib="esnext.disposable" preserve="true" />
/**
 * TCP connections as users hold them: programs are callbacks on them, or read and write them when they like.
 */
import { type Errno, errnoName, errnoNumber, NetloomError, strerror } from '../errors.js'
import { tcpAbort, tcpClose, tcpPoll, tcpRecvmsg, tcpSendmsg, tcpShutdown } from '../ip/tcp/tcp.js'
import { tcpGetInfo, type TcpInfo } from '../ip/tcp/tcp-info.js'
import type { TcpSock } from '../ip/tcp/tcp-sock.js'
import { formatIpv4 } from '../wire/ip.js'
import { Printable } from './printable.js'
import { setTcpOptions, TCP_SOCKET_OPTIONS, type TcpSocketOptions } from './tcp-options.js'
import { TCP_STATE_WORDS, type TcpStateWord } from './tcp-words.js'
import { checkOptions, octetsOf, type Payload } from './text.js'
import type { Endpoint } from './endpoint.js'

/** What a program hears of its connection. All are called while the world runs, as a process that is woken. */
export interface TcpHandlers {
  /** The connection is made, or was accepted. */
  readonly onConnect?: (socket: TcpSocket) => void
  /**
   * Octets of the stream, in pieces that have no meaning. Without it nothing is read, and the peer's window closes when the
   * receive buffer is full; {@link TcpSocket.pause} does the same for a while.
   */
  readonly onData?: (data: Uint8Array, socket: TcpSocket) => void
  /** There is something to read, the end of the stream included: for {@link TcpSocket.recvInto}, instead of `onData`. */
  readonly onReadable?: (socket: TcpSocket) => void
  /** The peer has ended its side of the stream. Without it the socket is closed at that point. */
  readonly onEnd?: (socket: TcpSocket) => void
  /** There is room to send again, after a {@link TcpSocket.send} that did not take all. */
  readonly onDrain?: (socket: TcpSocket) => void
  /** The connection failed: ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ECONNRESET, EPIPE, ... The socket is closed behind it. */
  readonly onError?: (code: Errno, socket: TcpSocket) => void
  /** The socket is closed, by the program or by a failure. */
  readonly onClose?: (socket: TcpSocket) => void
}

/** @internal names of the handlers */
export const TCP_HANDLERS: readonly string[] = [
  'onConnect',
  'onData',
  'onReadable',
  'onEnd',
  'onDrain',
  'onError',
  'onClose',
]

const EAGAIN = errnoNumber('EAGAIN')
const SHUT_WR = 1
const MSG_PEEK = 2
const POLLIN = 1
const POLLOUT = 4
const POLLERR = 8
const POLLRDHUP = 0x2000
/** Octets that one read takes at most. */
const READ_OCTETS = 65536
/** Where octets are read to; each handler gets a copy of what it is told. */
const READ_BUFFER: Uint8Array = new Uint8Array(READ_OCTETS)

/** A TCP connection. Make one with `netns.tcp.connect`, or take it from `netns.tcp.listen`. */
export class TcpSocket extends Printable {
  readonly #tp: TcpSock
  #handlers: TcpHandlers = {}
  #isPaused = false
  #isConnecting: boolean
  #hasEnded = false
  #wantsDrain = false
  #isClosed = false
  /** Octets of {@link write} that the kernel has not taken, and whether the stream ends behind them. */
  #unsent: Uint8Array[] = []
  #endsWhenSent = false
  #closesWhenSent = false
  #error: Errno | null = null

  /** @internal */
  constructor(tp: TcpSock, handlers: TcpHandlers, isConnecting: boolean) {
    super()
    this.#tp = tp
    this.#isConnecting = isConnecting
    this.#handlers = handlers
    tp.onReadable = () => this.#readable()
    tp.onWritable = () => this.#writable()
  }

  /** @internal the kernel's socket */
  get kernel(): TcpSock {
    return this.#tp
  }

  // --- what it is

  /** Local end. */
  get local(): Endpoint {
    return { address: formatIpv4(this.#tp.localAddress), port: this.#tp.localPort }
  }

  /** The other end. */
  get peer(): Endpoint {
    return { address: formatIpv4(this.#tp.peerAddress), port: this.#tp.peerPort }
  }

  /** State of the connection as `ss` filters by it: `established`, `syn-sent`, `close-wait`, ... */
  get state(): TcpStateWord {
    return TCP_STATE_WORDS[this.#tp.state]!
  }

  /** True once the program has closed it, or it has failed. The kernel may still be sending. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /** True once the peer has ended its side and all was read. */
  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** What it failed with, or null. */
  get error(): Errno | null {
    return this.#error
  }

  /** Octets that can be read now (SIOCINQ). */
  get readable(): number {
    const octets = (this.#tp.rcvNxt - this.#tp.copiedSeq) | 0
    // The peer's FIN counts in sequence numbers, and is no octet.
    return octets > 0 && this.#tp.done ? octets - 1 : octets
  }

  /** Octets that were sent and are not acknowledged, those of {@link write} that the kernel has not taken included. */
  get pending(): number {
    return this.#unsent.reduce((sum, piece) => sum + piece.length, (this.#tp.writeSeq - this.#tp.sndUna) | 0)
  }

  /** TCP_INFO: the state, timers, windows and counters of the connection under the kernel's names. */
  info(): TcpInfo {
    return tcpGetInfo(this.#tp)
  }

  // --- the program

  /** Sets handlers; those that are not named stay. Throws EINVAL for a name that is none. */
  on(handlers: TcpHandlers): this {
    checkOptions('tcp on', handlers, TCP_HANDLERS)
    this.#handlers = { ...this.#handlers, ...handlers }
    if (this.#isClosed) return this
    if (handlers.onData ?? handlers.onEnd ?? handlers.onReadable) this.#tp.wakeRead()
    return this
  }

  /** Sets options. Throws EINVAL, and ENOENT for an unknown congestion control. */
  set(options: TcpSocketOptions): this {
    checkOptions('tcp set', options, TCP_SOCKET_OPTIONS)
    setTcpOptions(this.#tp, options)
    return this
  }

  /** Stops reading: {@link TcpHandlers.onData} is not called, the receive buffer fills and the peer's window closes. */
  pause(): void {
    this.#isPaused = true
  }

  /** Reads again. */
  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    if (!this.#isClosed) this.#tp.wakeRead()
  }

  /** True between {@link pause} and {@link resume}. */
  get isPaused(): boolean {
    return this.#isPaused
  }

  // --- writing

  /**
   * Sends as much of `data` as the send buffer takes; returns the octets taken, 0 when it is full or the connection is not
   * made yet. When that is not all, {@link TcpHandlers.onDrain} is called once there is room. Throws EPIPE after
   * {@link end}, ECONNRESET and other errors of the connection, EBADFD when it is closed.
   */
  send(data: Payload): number {
    this.#checkOpen('send')
    const octets = octetsOf(data)
    if (this.#unsent.length > 0) {
      this.#wantsDrain = true
      return 0
    }
    const rc = this.#isConnecting ? -EAGAIN : tcpSendmsg(this.#tp, octets)
    const taken = rc === -EAGAIN ? 0 : this.#result(rc, 'send')
    if (taken < octets.length) this.#wantsDrain = true
    return taken
  }

  /**
   * Sends all of `data`: what the send buffer does not take waits here, and follows as there is room. Throws as
   * {@link send} does. A program that makes more than it wants to keep should use {@link send} and `onDrain`.
   */
  write(data: Payload): void {
    this.#checkOpen('write')
    if (this.#endsWhenSent) this.#throw('EPIPE', 'write')
    const octets = octetsOf(data)
    if (octets.length === 0) return
    // A Buffer's slice would share its octets with the caller.
    if (this.#unsent.length > 0 || this.#isConnecting) this.#unsent.push(new Uint8Array(octets))
    else {
      const rc = tcpSendmsg(this.#tp, octets)
      const taken = rc === -EAGAIN ? 0 : this.#result(rc, 'write')
      if (taken < octets.length) this.#unsent.push(new Uint8Array(octets.subarray(taken)))
    }
  }

  /** Ends this side of the stream behind what was written (shutdown(2) with SHUT_WR); the peer may go on sending. */
  end(data: Payload = ''): void {
    this.write(data)
    if (this.#unsent.length > 0 || this.#isConnecting) this.#endsWhenSent = true
    else tcpShutdown(this.#tp, SHUT_WR)
  }

  // --- reading without a handler

  /**
   * Takes up to `max` octets; null when there is nothing yet, an empty array at the end of the stream. Throws ECONNRESET
   * and other errors of the connection, ENOTCONN before it is made, EBADFD when it is closed.
   */
  recv(max: number = READ_OCTETS): Uint8Array | null {
    const into = new Uint8Array(max)
    const rc = this.recvInto(into)
    return rc < 0 ? null : into.slice(0, rc)
  }

  /** As {@link recv}, into an array; returns the octets, 0 at the end of the stream, -1 when there is nothing yet. */
  recvInto(into: Uint8Array): number {
    this.#checkOpen('recv')
    const rc = tcpRecvmsg(this.#tp, into)
    if (rc === -EAGAIN) return -1
    if (rc === 0 && into.length > 0) this.#hasEnded = true
    return this.#result(rc, 'recv')
  }

  /** What {@link recv} would give, left where it is (MSG_PEEK). */
  peek(max: number = READ_OCTETS): Uint8Array | null {
    this.#checkOpen('peek')
    const into = new Uint8Array(max)
    const rc = tcpRecvmsg(this.#tp, into, MSG_PEEK)
    return rc === -EAGAIN ? null : into.slice(0, this.#result(rc, 'peek'))
  }

  // --- ending

  /**
   * Closes the socket (close(2)): the kernel sends what is left and the FIN. When something was received and not read, the
   * connection is reset instead. What {@link write} still holds is gone.
   */
  close(): void {
    if (this.#isClosed) return
    this.#release()
    tcpClose(this.#tp)
    this.#handlers.onClose?.(this)
  }

  /** Resets the connection (close(2) with SO_LINGER 0). */
  abort(): void {
    if (this.#isClosed) return
    this.#release()
    tcpAbort(this.#tp)
    this.#handlers.onClose?.(this)
  }

  /** As {@link close}. */
  [Symbol.dispose](): void {
    this.close()
  }

  #release(): void {
    this.#isClosed = true
    this.#unsent = []
    this.#tp.onReadable = null
    this.#tp.onWritable = null
  }

  // --- what wakes the program

  #readable(): void {
    if (this.#isClosed) return
    if (this.#isConnecting && !this.#checkConnected()) return
    const { onReadable } = this.#handlers
    if (onReadable === undefined) this.#read()
    else if (!this.#isPaused && tcpPoll(this.#tp) & (POLLIN | POLLRDHUP)) onReadable(this)
    // An error may come without anything to write or read.
    if (!this.#isClosed && tcpPoll(this.#tp) & POLLERR) this.#fail(this.#tp.soError())
  }

  #writable(): void {
    if (this.#isClosed) return
    if (this.#isConnecting && !this.#checkConnected()) return
    if ((tcpPoll(this.#tp) & POLLOUT) === 0) return
    if (!this.#flush()) return
    if (this.#closesWhenSent && this.#unsent.length === 0) return this.close()
    if (!this.#wantsDrain || this.#unsent.length > 0) return
    this.#wantsDrain = false
    this.#handlers.onDrain?.(this)
  }

  /** True when the connection is made. */
  #checkConnected(): boolean {
    const events = tcpPoll(this.#tp)
    if ((events & (POLLOUT | POLLERR)) === 0) return false
    const error = this.#tp.soError()
    if (error !== 0) {
      this.#fail(error)
      return false
    }
    this.#isConnecting = false
    this.#handlers.onConnect?.(this)
    return !this.#isClosed && this.#flush()
  }

  /** Gives the kernel what {@link write} holds; false when the connection has failed. */
  #flush(): boolean {
    while (this.#unsent.length > 0) {
      const [piece] = this.#unsent
      const rc = tcpSendmsg(this.#tp, piece!)
      if (rc < 0 && rc !== -EAGAIN) {
        this.#fail(-rc)
        return false
      }
      const taken = Math.max(rc, 0)
      if (taken < piece!.length) {
        this.#unsent[0] = piece!.subarray(taken)
        return true
      }
      this.#unsent.shift()
    }
    if (this.#endsWhenSent) {
      this.#endsWhenSent = false
      tcpShutdown(this.#tp, SHUT_WR)
    }
    return true
  }

  #read(): void {
    const buffer = READ_BUFFER
    while (!this.#isClosed && !this.#isPaused && !this.#hasEnded) {
      const { onData } = this.#handlers
      const events = tcpPoll(this.#tp)
      if ((events & (POLLIN | POLLRDHUP)) === 0) return
      // Without a reader only the end of the stream is taken, when nothing is in front of it.
      if (onData === undefined && (this.readable > 0 || (events & POLLRDHUP) === 0)) return
      const rc = tcpRecvmsg(this.#tp, buffer)
      if (rc === -EAGAIN) return
      if (rc < 0) return this.#fail(-rc)
      if (rc === 0) return this.#ended()
      onData?.(buffer.slice(0, rc), this)
    }
  }

  #ended(): void {
    this.#hasEnded = true
    const { onEnd } = this.#handlers
    if (onEnd !== undefined) onEnd(this)
    else if (this.#unsent.length === 0) this.close()
    else this.#closesWhenSent = true
  }

  #fail(errno: number): void {
    if (errno === 0) return
    this.#error = errnoName(errno)
    this.#release()
    tcpClose(this.#tp)
    this.#handlers.onError?.(this.#error, this)
    this.#handlers.onClose?.(this)
  }

  #checkOpen(what: string): void {
    if (this.#isClosed) this.#throw(this.#error ?? 'EBADFD', what)
  }

  #result(rc: number, what: string): number {
    return rc >= 0 ? rc : this.#throw(errnoName(rc), what)
  }

  #throw(code: Errno, what: string): never {
    throw new NetloomError(code, `${what}: ${strerror(code)}`, { netns: this.#tp.netns.name, socket: this.toString() })
  }

  // --- printing

  /** `ADDRESS:PORT -> ADDRESS:PORT`. */
  override toString(): string {
    const { local, peer } = this
    return `${local.address}:${local.port} -> ${peer.address}:${peer.port}`
  }

  override toJSON(): {
    netns: string
    state: TcpStateWord
    local: Endpoint
    peer: Endpoint
    readable: number
    pending: number
    error: Errno | null
  } {
    const { state, local, peer, readable, pending, error } = this
    return { netns: this.#tp.netns.name, state, local, peer, readable, pending, error }
  }
}
