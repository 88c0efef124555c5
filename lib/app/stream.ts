/**
 * TCP connections of daemons, as their libraries open them: no delay, and probes of a peer that is silent, as Go's net package
 * has them. They are closed when their program ends, as the kernel does for it.
 *
 * @see Go net/dial.go, net/tcpsockopt_unix.go
 */
import { type Errno, NetloomError } from '../errors.js'
import type { Process } from './process.js'
import { TcpApi } from './tcp.js'
import type { TcpSocketOptions } from './tcp-options.js'
import type { TcpSocket } from './tcp-socket.js'

/** What a connection tells; set what you want to hear. */
export interface StreamHandlers {
  /** The connection is made. */
  onConnect?: () => void
  /** Octets of the stream, in pieces that have no meaning. */
  onData?: (octets: Uint8Array) => void
  /** The peer has ended its side. Without it the connection is closed then. */
  onEnd?: () => void
  /** It failed: ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ECONNRESET, ... It is closed. */
  onError?: (code: Errno) => void
  /** It is closed, for whatever reason. */
  onClose?: () => void
}

/** Go's own period of probes, in seconds: for the first one and between them. */
const KEEPALIVE_SEC = 15

/** Options of a connection, or of those that a listener takes. */
export interface StreamOptions {
  /** Seconds of silence after which the peer is probed, and between probes; 15, as Go's net package has it. */
  readonly keepaliveSec?: number
}

const socketOptions = (keepaliveSec: number): TcpSocketOptions => ({
  nodelay: true,
  keepalive: true,
  keepaliveTime: keepaliveSec,
  keepaliveIntvl: keepaliveSec,
})

/** Options of the sockets that Go's net package listens with. */
export const GO_SOCKET: TcpSocketOptions = socketOptions(KEEPALIVE_SEC)

/** A connection of a program. */
export class ByteStream {
  /** What the program hears; see {@link StreamHandlers}. */
  onConnect: (() => void) | undefined
  onData: ((octets: Uint8Array) => void) | undefined
  onEnd: (() => void) | undefined
  onError: ((code: Errno) => void) | undefined
  onClose: (() => void) | undefined
  readonly #socket: TcpSocket

  /** @internal use {@link connectStream} and {@link listenStream} */
  constructor(process: Process, socket: TcpSocket, handlers: StreamHandlers) {
    this.#socket = socket
    Object.assign(this, handlers)
    process.holds(socket.kernel, process.nextFd())
    const release = process.onEnd(() => socket.close())
    socket.on({
      onConnect: () => this.onConnect?.(),
      onData: octets => this.onData?.(octets),
      onEnd: () => (this.onEnd === undefined ? this.close() : this.onEnd()),
      onError: code => this.onError?.(code),
      onClose: () => {
        release()
        this.onClose?.()
      },
    })
  }

  /** `ADDRESS:PORT` of the other end. */
  get peer(): string {
    const { address, port } = this.#socket.peer
    return `${address}:${port}`
  }

  /** `ADDRESS:PORT` of this end. */
  get local(): string {
    const { address, port } = this.#socket.local
    return `${address}:${port}`
  }

  /** True once it is closed or has failed. */
  get isClosed(): boolean {
    return this.#socket.isClosed
  }

  /** Octets that were written and are not acknowledged. */
  get pending(): number {
    return this.#socket.pending
  }

  /** Writes octets; what the kernel does not take waits here. Nothing happens once it is closed or ended. */
  write(octets: Uint8Array): void {
    if (this.isClosed) return
    try {
      this.#socket.write(octets)
    } catch (e) {
      this.#failed(e)
    }
  }

  /** Ends this side behind what was written. */
  end(): void {
    if (this.isClosed) return
    try {
      this.#socket.end()
    } catch (e) {
      this.#failed(e)
    }
  }

  /** Closes it. */
  close(): void {
    this.#socket.close()
  }

  /** Resets it. */
  abort(): void {
    this.#socket.abort()
  }

  /** A write that fails is what a program hears of a connection that has gone. */
  #failed(e: unknown): void {
    if (!(e instanceof NetloomError)) throw e
    if (this.isClosed) return
    this.onError?.(e.code as Errno)
    this.close()
  }
}

/**
 * Begins to connect from a program to `ADDRESS:PORT`. A failure that is known at once (ENETUNREACH, EADDRNOTAVAIL) is told to
 * `onError` in a task of its own, as later ones are.
 */
export const connectStream = (
  process: Process,
  address: string,
  port: number,
  handlers: StreamHandlers,
  { keepaliveSec = KEEPALIVE_SEC }: StreamOptions = {},
): ByteStream | null => {
  try {
    const socket = new TcpApi(process.netns).connect({ address, port, ...socketOptions(keepaliveSec) })
    return new ByteStream(process, socket, handlers)
  } catch (e) {
    if (!(e instanceof NetloomError)) throw e
    const code = e.code as Errno
    process.netns.world.sim.task(
      () => {
        if (process.exitStatus === null) handlers.onError?.(code)
      },
      null,
      process.label('connect'),
    )
    return null
  }
}

/** A listening socket of a program. */
export interface StreamListener {
  readonly address: string
  readonly port: number
  /** Takes no further connections; those that are there go on. */
  close(): void
}

/**
 * Listens on `ADDRESS:PORT`; `onStream` sets what it wants to hear of each connection, which has the options. Throws
 * EADDRINUSE, EADDRNOTAVAIL. The listener is closed with the program.
 */
export const listenStream = (
  process: Process,
  address: string,
  port: number,
  onStream: (stream: ByteStream) => void,
  { keepaliveSec = KEEPALIVE_SEC }: StreamOptions = {},
): StreamListener => {
  const options = { address, port, reuseAddr: true, ...socketOptions(keepaliveSec) }
  const listener = new TcpApi(process.netns).listen(options, socket => {
    onStream(new ByteStream(process, socket, {}))
  })
  process.holds(listener.kernel, process.nextFd())
  process.onEnd(() => listener.close())
  return listener
}
