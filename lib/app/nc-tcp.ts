/**
 * nc over TCP: how a server listens and accepts, and how a client goes through its ports.
 *
 * @see netcat.c main local_listen remote_connect connect_with_timeout
 */
import type { Netns } from '../core/netns.js'
import { errnoName, NetloomError } from '../errors.js'
import { tcpAccept, tcpBind, tcpConnect, tcpListen } from '../ip/tcp/inet-connection-sock.js'
import { tcpClose, tcpPoll, tcpRecvmsg, tcpSendmsg, tcpShutdown, tcpSocket } from '../ip/tcp/tcp.js'
import type { TcpSock } from '../ip/tcp/tcp-sock.js'
import { tcpSetRcvbuf, tcpSetSndbuf, tcpSetTos } from '../ip/tcp/tcp-sockopt.js'
import { INADDR_ANY } from '../wire/ip.js'
import { NcLoop, type NcLoopOwner, type NcNet, POLLERR, POLLHUP, POLLOUT } from './nc-loop.js'
import { type Nc, ncAddress, type NcOptions, type NcOutput } from './nc-options.js'
import { Process } from './process.js'
import { ProgramTimer } from './program-timer.js'

const NS_PER_SEC = 1_000_000_000
/** Connections that wait while a server talks to one (the second argument of its listen). */
const BACKLOG = 1
const EINPROGRESS = 115
/** File descriptors 0 to 2 are standard input, output and error. */
const FIRST_FD = 3

/** A TCP socket for the loop. */
class TcpNet implements NcNet {
  readonly #tp: TcpSock
  #isClosed = false

  constructor(tp: TcpSock) {
    this.#tp = tp
  }

  poll(): number {
    return tcpPoll(this.#tp)
  }

  read(into: Uint8Array): number {
    return tcpRecvmsg(this.#tp, into)
  }

  write(data: Uint8Array): number {
    return tcpSendmsg(this.#tp, data)
  }

  shutdown(how: 0 | 1): void {
    tcpShutdown(this.#tp, how)
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    closeSocket(this.#tp)
  }
}

const closeSocket = (tp: TcpSock): void => {
  tp.onReadable = null
  tp.onWritable = null
  tcpClose(tp)
}

/** A running nc over TCP. */
export class NcTcp implements Nc, NcLoopOwner {
  readonly process: Process
  readonly netns: Netns
  readonly options: NcOptions
  readonly #output: NcOutput
  readonly #timer: ProgramTimer<NcTcp>
  readonly #loop: NcLoop
  readonly #source: number
  readonly #destination: number
  /** The socket that listens or is being connected, and the connection that the loop uses. */
  #sock: TcpSock | null = null
  #net: TcpNet | null = null
  #state: 'accept' | 'connect' | 'loop' = 'accept'
  #port = 0
  #portIndex = 0
  #status = 1

  /** @internal */
  constructor(netns: Netns, options: NcOptions, output: NcOutput) {
    this.netns = netns
    this.options = options
    this.#output = output
    this.#source = options.source === undefined ? INADDR_ANY : ncAddress(options.source)
    this.#destination = options.destination === undefined ? INADDR_ANY : ncAddress(options.destination)
    this.#timer = new ProgramTimer<NcTcp>(netns.world, timerOver, this, `nc in ${netns.name}`)
    this.process = new Process(netns, 'nc', () => this.#release())
    this.#loop = new NcLoop(this)
  }

  /** @internal */
  start(): void {
    if (this.options.listen === true) this.#listen()
    else this.#nextPort()
  }

  #release(): void {
    this.#timer.stop()
    this.#loop.stop()
    this.#closeSock()
    this.#closeNet()
  }

  #closeSock(): void {
    const sock = this.#sock
    this.#sock = null
    if (sock !== null) closeSocket(sock)
  }

  #closeNet(): void {
    const net = this.#net
    this.#net = null
    net?.close()
  }

  /** set_common_sockopts */
  #setOptions(sock: TcpSock): void {
    const { ttl, minTtl, tos, rcvbuf, sndbuf, broadcast } = this.options
    if (broadcast === true) sock.broadcast = true
    if (tos !== undefined) tcpSetTos(sock, tos)
    if (rcvbuf !== undefined) tcpSetRcvbuf(sock, rcvbuf)
    if (sndbuf !== undefined) tcpSetSndbuf(sock, sndbuf)
    if (ttl !== undefined) sock.ttl = ttl
    if (minTtl !== undefined) sock.minTtl = minTtl
  }

  // --- server

  #listen(): void {
    const sock = tcpSocket(this.netns)
    this.#sock = sock
    this.process.holds(sock, FIRST_FD)
    sock.reuseAddr = true
    sock.reusePort = true
    this.#setOptions(sock)
    tcpBind(sock, { address: this.#source, port: this.options.port ?? 0 })
    try {
      tcpListen(sock, BACKLOG)
    } catch (e) {
      throw withPrefix('listen: ', e)
    }
    sock.onReadable = () => this.#woken()
    this.#output.bound?.(this, sock.localAddress, sock.localPort)
    this.#accept()
  }

  #accept(): void {
    this.#state = 'accept'
    const tp = tcpAccept(this.#sock!)
    if (tp === null) return
    this.process.holds(tp, FIRST_FD + 1)
    this.#output.received?.(this, tp.peerAddress, tp.peerPort)
    this.#readWrite(tp)
  }

  // --- client

  /** The first port from here on that is not refused at once; the program ends behind the last one. */
  #nextPort(): void {
    for (;;) {
      const port = this.options.ports?.[this.#portIndex++]
      if (port === undefined) return this.process.exit(this.#status)
      this.#port = port
      if (this.#connect()) return
    }
  }

  /** Begins to connect; false when that fails at once. Throws when the socket cannot be bound. */
  #connect(): boolean {
    const sock = tcpSocket(this.netns)
    this.#sock = sock
    this.process.holds(sock, FIRST_FD)
    if (this.options.source !== undefined || this.options.port !== undefined) {
      try {
        tcpBind(sock, { address: this.#source, port: this.options.port ?? 0 })
      } catch (e) {
        throw withPrefix('bind failed: ', e)
      }
    }
    this.#setOptions(sock)
    this.#state = 'connect'
    sock.onReadable = sock.onWritable = () => this.#woken()
    const rc = tcpConnect(sock, this.#destination, this.#port)
    if (rc < 0 && rc !== -EINPROGRESS) {
      this.#failed(-rc)
      return false
    }
    const { timeoutSec = 0 } = this.options
    if (timeoutSec > 0) this.#timer.set(timeoutSec * NS_PER_SEC)
    this.#checkConnected()
    return true
  }

  /** select for writing, then SO_ERROR. */
  #checkConnected(): void {
    const sock = this.#sock!
    if ((tcpPoll(sock) & (POLLOUT | POLLERR | POLLHUP)) === 0) return
    this.#timer.stop()
    const error = sock.soError()
    if (error !== 0) {
      this.#failed(error)
      return this.#nextPort()
    }
    this.#status = 0
    this.#sock = null
    this.#output.connected?.(this, this.#destination, this.#port)
    if (this.options.zeroIo !== true) return this.#readWrite(sock)
    closeSocket(sock)
    this.#nextPort()
  }

  #failed(errno: number): void {
    this.#output.connectFailed?.(this, this.#destination, this.#port, new NetloomError(errnoName(errno)))
    this.#closeSock()
  }

  // --- the loop

  #readWrite(tp: TcpSock): void {
    this.#state = 'loop'
    tp.onReadable = tp.onWritable = () => this.#loopWoken()
    this.#net = new TcpNet(tp)
    this.#loop.start(this.#net)
  }

  /** @internal */
  stdout(octets: Uint8Array): void {
    this.#output.data?.(this, octets)
  }

  /** @internal readwrite has returned: a server with -k takes the next connection, a client its next port */
  loopEnded(): void {
    this.#closeNet()
    if (this.options.listen !== true) return this.#nextPort()
    if (this.options.keepOpen !== true) return this.process.exit(0)
    this.#accept()
  }

  /** @internal */
  quit(): void {
    this.process.exit(0)
  }

  // --- what wakes it up

  #loopWoken(): void {
    if (this.#state === 'loop') this.#loop.wake()
  }

  #woken(): void {
    if (this.process.exitStatus !== null) return
    if (this.#state === 'accept') this.#accept()
    else if (this.#state === 'connect') this.#checkConnected()
  }

  /** @internal */
  timerOver(): void {
    if (this.process.exitStatus !== null || this.#state !== 'connect') return
    this.#output.connectTimedOut?.(this, this.#destination, this.#port)
    this.#closeSock()
    this.#nextPort()
  }
}

const withPrefix = (prefix: string, e: unknown): unknown =>
  e instanceof NetloomError ? new NetloomError(e.code, `${prefix}${e.message}`, e.context) : e

const timerOver = (nc: NcTcp): void => nc.timerOver()
