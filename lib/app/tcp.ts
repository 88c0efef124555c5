/// <reference lib="esnext.disposable" preserve="true" />
/**
 * TCP in a namespace: listening and connecting.
 */
import type { Netns as KernelNetns } from '../core/netns.js'
import { errnoName, NetloomError, strerror } from '../errors.js'
import { tcpAccept, tcpBind, tcpConnect, tcpListen } from '../ip/tcp/inet-connection-sock.js'
import { tcpClose, tcpSocket } from '../ip/tcp/tcp.js'
import type { TcpSock } from '../ip/tcp/tcp-sock.js'
import { formatIpv4 } from '../wire/ip.js'
import { Printable } from './printable.js'
import { setTcpOptions, TCP_SOCKET_OPTIONS, type TcpSocketOptions } from './tcp-options.js'
import { TCP_HANDLERS, type TcpHandlers, TcpSocket } from './tcp-socket.js'
import { checkOptions, ipv4Option, numberOption } from './text.js'

/** Options of `tcp.listen`; those of {@link TcpSocketOptions} go over to the accepted connections. */
export interface TcpListenOptions extends TcpSocketOptions {
  /** Local address; any when absent. */
  readonly address?: string
  /** Local port; a free one when absent. */
  readonly port?: number
  /** Connections that may wait to be accepted; 4096, the value of net.core.somaxconn, which bounds it. */
  readonly backlog?: number
}

/** Options of `tcp.connect`. */
export interface TcpConnectOptions extends TcpSocketOptions {
  readonly address: string
  readonly port: number
  /** Local address; that of the route when absent. */
  readonly source?: string
  /** Local port; a free one when absent. */
  readonly sourcePort?: number
}

const LISTEN_OPTIONS = ['address', 'port', 'backlog', ...TCP_SOCKET_OPTIONS]
const CONNECT_OPTIONS = ['address', 'port', 'source', 'sourcePort', ...TCP_SOCKET_OPTIONS]
const PORT_MAX = 65535
const BACKLOG = 4096
const EINPROGRESS = 115

/** Takes an accepted connection, and sets with `socket.on` what its program hears. Nothing is delivered before it returns. */
export type TcpConnectionHandler = (socket: TcpSocket) => void

/** A listening socket. Make one with `netns.tcp.listen`. */
export class TcpListenSocket extends Printable {
  readonly #tp: TcpSock
  readonly #handlers: TcpHandlers

  /** @internal without a program connections wait for {@link accept} */
  constructor(tp: TcpSock, program: TcpConnectionHandler | TcpHandlers | null) {
    super()
    this.#tp = tp
    this.#handlers = typeof program === 'function' ? { onConnect: program } : (program ?? {})
    if (program !== null) tp.onReadable = () => this.#acceptAll()
  }

  /** @internal the kernel's socket */
  get kernel(): TcpSock {
    return this.#tp
  }

  /** Local address as text; `0.0.0.0` for any. */
  get address(): string {
    return formatIpv4(this.#tp.localAddress)
  }

  /** Local port. */
  get port(): number {
    return this.#tp.localPort
  }

  /** Connections that wait to be accepted. */
  get waiting(): number {
    return this.#tp.listener?.ackBacklog ?? 0
  }

  /** True once it is closed. */
  get isClosed(): boolean {
    return this.#tp.closed
  }

  /** The next connection that waits, or null; for listeners without a program. */
  accept(handlers: TcpHandlers = {}): TcpSocket | null {
    checkOptions('tcp accept', handlers, TCP_HANDLERS)
    const tp = tcpAccept(this.#tp)
    return tp === null ? null : this.#accepted(tp, handlers)
  }

  /** Closes it; connections that wait are reset, those that were accepted go on. */
  close(): void {
    if (this.#tp.closed) return
    this.#tp.onReadable = null
    tcpClose(this.#tp)
  }

  /** As {@link close}. */
  [Symbol.dispose](): void {
    this.close()
  }

  #acceptAll(): void {
    while (!this.#tp.closed) {
      const tp = tcpAccept(this.#tp)
      if (tp === null) return
      this.#accepted(tp, this.#handlers)
    }
  }

  /** What has come before it was accepted is read like what comes later. */
  #accepted(tp: TcpSock, handlers: TcpHandlers): TcpSocket {
    const socket = new TcpSocket(tp, handlers, false)
    handlers.onConnect?.(socket)
    if (!socket.isClosed) tp.wakeRead()
    return socket
  }

  /** `ADDRESS:PORT`. */
  override toString(): string {
    return `${this.address}:${this.port}`
  }

  override toJSON(): { netns: string; address: string; port: number; waiting: number } {
    const { address, port, waiting } = this
    return { netns: this.#tp.netns.name, address, port, waiting }
  }
}

/** TCP in a namespace: `netns.tcp`. */
export class TcpApi {
  readonly #netns: KernelNetns

  /** @internal */
  constructor(netns: KernelNetns) {
    this.#netns = netns
  }

  /**
   * Listens on a local address and port. With a program, which is a function of each accepted connection or the handlers of
   * all of them, connections are accepted whenever they are made while the world runs. Throws EADDRINUSE, EADDRNOTAVAIL,
   * EINVAL, ENODEV.
   *
   * @example
   * h2.tcp.listen({ port: 7 }, { onData: (data, socket) => socket.write(data) }) // an echo server
   */
  listen(options: TcpListenOptions, program: TcpConnectionHandler | TcpHandlers | null = null): TcpListenSocket {
    if (program !== null && typeof program !== 'function') checkOptions('tcp.listen', program, TCP_HANDLERS)
    checkOptions('tcp.listen', options, LISTEN_OPTIONS)
    const { address, port = 0, backlog = BACKLOG } = options
    const tp = this.#open(options, { address, port })
    try {
      tcpListen(tp, backlog)
    } catch (e) {
      tcpClose(tp)
      throw e
    }
    return new TcpListenSocket(tp, program)
  }

  /**
   * Begins to connect: the SYN leaves at once, what follows happens while the world runs. Failures that come later are told
   * to `onError`: ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH. Throws what is known at once: ENETUNREACH, EADDRNOTAVAIL,
   * EADDRINUSE, ENODEV, EINVAL.
   *
   * @example
   * const socket = h1.tcp.connect({ address: '10.0.0.2', port: 80 }, { onData: data => got.push(data) })
   * socket.end('GET / HTTP/1.0\r\n\r\n')
   */
  connect(options: TcpConnectOptions, handlers: TcpHandlers = {}): TcpSocket {
    checkOptions('tcp.connect', options, CONNECT_OPTIONS)
    checkOptions('tcp.connect', handlers, TCP_HANDLERS)
    const { address, port, source, sourcePort = 0 } = options
    const daddr = ipv4Option('address', address)
    numberOption('port', port, PORT_MAX)
    const tp = this.#open(
      options,
      source === undefined && sourcePort === 0 ? null : { address: source, port: sourcePort },
    )
    const socket = new TcpSocket(tp, handlers, true)
    const rc = tcpConnect(tp, daddr, port)
    if (rc < 0 && rc !== -EINPROGRESS) {
      tcpClose(tp)
      const code = errnoName(rc)
      throw new NetloomError(code, `connect to ${address}:${port}: ${strerror(code)}`, { netns: this.#netns.name })
    }
    return socket
  }

  /** A socket with its options, bound when `to` is not null. */
  #open(options: TcpSocketOptions, to: { address: string | undefined; port: number } | null): TcpSock {
    const address = to?.address === undefined ? 0 : ipv4Option('address', to.address)
    if (to !== null) numberOption('port', to.port, PORT_MAX)
    const tp = tcpSocket(this.#netns)
    try {
      setTcpOptions(tp, options)
      if (to !== null) tcpBind(tp, { address, port: to.port })
      return tp
    } catch (e) {
      tcpClose(tp)
      throw e
    }
  }
}
