/**
 * nc over UDP: the client and the server of Debian's OpenBSD netcat, with its one loop of poll.
 *
 * Standard input is a fixed sequence of octets (a pipe whose writer has ended, or /dev/null). The loop reads it in pieces
 * of 16,384 octets, each of which leaves as one datagram; what comes from the network goes to {@link NcOutput}.
 *
 * Left out: TCP, Unix sockets, proxies, IPv6, name resolution, `-m` (a lower limit of the time to live).
 *
 * @see nc(1); netcat.c readwrite local_listen remote_connect udptest
 */
import type { Netns } from '../core/netns.js'
import { errnoName, NetloomError } from '../errors.js'
import { type Datagram, type UdpSocket, udpSocket } from '../ip/udp.js'
import { INADDR_ANY, parseIpv4 } from '../wire/ip.js'
import { Process } from './process.js'
import { ProgramTimer } from './program-timer.js'

/** Options of nc. */
export interface NcOptions {
  /** Wait for a datagram instead of sending the first one (`-l`). */
  readonly listen?: boolean
  /** Take datagrams of any sender and go on for ever (`-k`). */
  readonly keepOpen?: boolean
  /** Local address (`-s`), int32 or text. */
  readonly source?: number | string
  /** Local port (`-p`); drawn when absent. */
  readonly port?: number
  /** Where a client sends to, int32 or text. */
  readonly destination?: number | string
  /** Ports that a client goes through; without {@link zeroIo} there is one. */
  readonly ports?: readonly number[]
  /** Standard input; empty by default. */
  readonly stdin?: Uint8Array
  /** Do not read standard input (`-d`). */
  readonly ignoreStdin?: boolean
  /** End after this many seconds in which nothing happened (`-w`). */
  readonly timeoutSec?: number
  /** End this many seconds after the end of standard input (`-q`); 0 or more implies {@link shutdownOnEof}. */
  readonly quitSec?: number
  /** Stop sending at the end of standard input (`-N`). */
  readonly shutdownOnEof?: boolean
  /** Seconds to wait before each round of the loop, and between ports (`-i`). */
  readonly intervalSec?: number
  /** Allow broadcast (`-b`). */
  readonly broadcast?: boolean
  /** Send test datagrams first, and say what happens (`-v`). */
  readonly verbose?: boolean
  /** Exchange no data (`-z`). */
  readonly zeroIo?: boolean
  /** Datagrams to receive before it ends (`-W`). */
  readonly receiveLimit?: number
  /** Time to live (`-M`). */
  readonly ttl?: number
  /** Type of service (`-T`). */
  readonly tos?: number
}

/** Hears what nc would write. */
export interface NcOutput {
  /** Octets from the network, for standard output. */
  data?(nc: Nc, octets: Uint8Array): void
  /** A server is bound. */
  bound?(nc: Nc, address: number, port: number): void
  /** A server has its first datagram, and talks to this sender from now on. */
  received?(nc: Nc, address: number, port: number): void
  /** A client's test datagrams were not refused. */
  connected?(nc: Nc, address: number, port: number): void
  /** A client could not connect. */
  connectFailed?(nc: Nc, address: number, port: number, error: NetloomError): void
}

/** Octets of nc's buffers; also the largest datagram that it sends. */
const BUFFER_OCTETS = 16384
const NS_PER_SEC = 1_000_000_000
/** Seconds of test datagrams when -w does not say. */
const SCAN_SEC = 3
const TEST_OCTET = 'X'.charCodeAt(0)

const addressOf = (address: number | string): number => (typeof address === 'string' ? parseIpv4(address) : address | 0)

/** A running nc. Make one with {@link nc}. */
export class Nc {
  readonly process: Process
  readonly netns: Netns
  readonly options: NcOptions
  readonly #output: NcOutput
  readonly #timer: ProgramTimer<Nc>
  readonly #stdin: Uint8Array
  readonly #source: number
  readonly #destination: number
  #stdinAt = 0
  #sock: UdpSocket | null = null
  /** Which of poll's files are still open. */
  #stdinOpen = true
  #netInOpen = true
  #netOutOpen = true
  /** Octets that wait for the network, and from the network for standard output. */
  #toNet: Uint8Array = new Uint8Array(0)
  #fromNet: Uint8Array[] = []
  #fromNetOctets = 0
  /** What poll waits for: set by the last round, asked for by the next. */
  #wantsStdin = true
  #wantsNetOut = false
  #wantsNetIn = true
  #wantsStdout = false
  /** A datagram that has been looked at (MSG_PEEK). */
  #peeked: Datagram | null = null
  #receivedCount = 0
  #state: 'first' | 'loop' | 'sleep' | 'test' | 'quit' = 'loop'
  #portIndex = 0
  #testsLeft = 0
  #status = 0
  #hasSlept = false

  /** @internal use {@link nc} */
  constructor(netns: Netns, options: NcOptions, output: NcOutput) {
    this.netns = netns
    this.options = options
    this.#output = output
    this.#stdin = options.stdin ?? new Uint8Array(0)
    this.#source = options.source === undefined ? INADDR_ANY : addressOf(options.source)
    this.#destination = options.destination === undefined ? INADDR_ANY : addressOf(options.destination)
    this.#timer = new ProgramTimer<Nc>(netns.world, timerOver, this, `nc in ${netns.name}`)
    this.process = new Process(netns, 'nc', () => this.#release())
  }

  /** @internal */
  start(): void {
    if (this.options.listen === true) this.#listen()
    else this.#nextPort()
  }

  #release(): void {
    this.#timer.stop()
    this.#closeSocket()
  }

  #closeSocket(): void {
    const sock = this.#sock
    this.#sock = null
    if (sock === null) return
    sock.onReadable = null
    sock.close()
  }

  #openSocket(): UdpSocket {
    const { broadcast, ttl, tos } = this.options
    const sock = udpSocket(this.netns)
    sock.onReadable = () => this.#readable()
    if (broadcast === true) sock.broadcast = true
    if (ttl !== undefined) sock.ttl = ttl
    if (tos !== undefined) sock.tos = tos
    this.#sock = sock
    return sock
  }

  // --- server

  #listen(): void {
    const sock = this.#openSocket()
    sock.reuseAddr = true
    sock.reusePort = true
    sock.bind({ address: this.#source, port: this.options.port ?? 0 })
    this.#output.bound?.(this, sock.localAddress, sock.localPort)
    if (this.options.keepOpen === true) this.#readWrite()
    else {
      this.#state = 'first'
      this.#firstDatagram()
    }
  }

  /** recvfrom with MSG_PEEK, then connect: from now on only the first sender is heard. */
  #firstDatagram(): void {
    const sock = this.#sock!
    const datagram = sock.recv()
    if (datagram === null) return
    this.#peeked = datagram
    sock.connect(datagram.saddr, datagram.sport)
    this.#output.received?.(this, datagram.saddr, datagram.sport)
    this.#readWrite()
  }

  // --- client

  #nextPort(): void {
    for (;;) {
      const port = this.options.ports?.[this.#portIndex++]
      if (port === undefined) return this.process.exit(this.#status)
      if (this.#connect(port)) break
      this.#status = 1
    }
    this.#status = 0
    if (this.options.verbose === true) return this.#test()
    this.#connected()
  }

  /** Opens a socket for the port; false when it cannot be connected. Throws when it cannot be bound. */
  #connect(port: number): boolean {
    this.#closeSocket()
    const sock = this.#openSocket()
    if (this.options.source !== undefined || this.options.port !== undefined) {
      try {
        sock.bind({ address: this.#source, port: this.options.port ?? 0 })
      } catch (e) {
        if (e instanceof NetloomError) throw new NetloomError(e.code, `bind failed: ${e.message}`, e.context)
        throw e
      }
    }
    try {
      sock.connect(this.#destination, port)
      return true
    } catch (e) {
      if (!(e instanceof NetloomError)) throw e
      this.#output.connectFailed?.(this, this.#destination, port, e)
      this.#closeSocket()
      return false
    }
  }

  /** udptest: two datagrams at once, then one a second; a refusal means that nobody listens. */
  #test(): void {
    this.#testsLeft = this.options.timeoutSec ?? SCAN_SEC
    this.#state = 'test'
    if (!this.#probe(true) || !this.#probe(false)) return this.#testFailed()
    this.#testRound()
  }

  #probe(isFirst: boolean): boolean {
    const rc = this.#sock!.send(Uint8Array.of(TEST_OCTET))
    return rc === 1 || (!isFirst && errnoName(rc) !== 'ECONNREFUSED')
  }

  #testRound(): void {
    if (this.#testsLeft-- > 0) return this.#timer.set(NS_PER_SEC)
    this.#output.connected?.(this, this.#destination, this.#sock!.peerPort)
    this.#connected()
  }

  #testFailed(): void {
    this.#status = 1
    this.#nextPort()
  }

  #connected(): void {
    if (this.options.zeroIo === true) this.#nextPort()
    else this.#readWrite()
  }

  // --- the loop

  #readWrite(): void {
    this.#state = 'loop'
    this.#stdinOpen = this.options.ignoreStdin !== true
    this.#netInOpen = true
    this.#netOutOpen = true
    this.#hasSlept = false
    this.#rounds()
  }

  #rounds(): void {
    for (;;) {
      const isNetInDone = !this.#netInOpen && this.#fromNetOctets === 0
      if (isNetInDone && !this.#stdinOpen && this.#toNet.length === 0) return this.#bothInputsGone()
      if (isNetInDone && !this.#netOutOpen) return this.#loopEnded()
      const { intervalSec = 0 } = this.options
      if (intervalSec > 0 && !this.#hasSlept) {
        this.#hasSlept = true
        this.#state = 'sleep'
        return this.#timer.set(intervalSec * NS_PER_SEC)
      }
      if (!this.#poll()) return
      this.#hasSlept = false
    }
  }

  /** One call of poll and what follows from it; false when it has to wait. */
  #poll(): boolean {
    const sock = this.#sock!
    const hasError = sock.takeError() !== 0
    if (hasError) {
      this.#netInOpen = false
      this.#netOutOpen = false
    }
    if (this.#netInOpen && this.#wantsNetIn) this.#peeked ??= sock.recv()
    const hasStdin = this.#stdinOpen && this.#wantsStdin
    const hasNetIn = this.#netInOpen && this.#wantsNetIn && this.#peeked !== null
    const hasNetOut = this.#netOutOpen && this.#wantsNetOut
    const hasStdout = this.#wantsStdout
    if (!hasError && !hasStdin && !hasNetIn && !hasNetOut && !hasStdout) {
      const { timeoutSec } = this.options
      if (timeoutSec !== undefined) this.#timer.set(timeoutSec * NS_PER_SEC)
      return false
    }
    this.#timer.stop()
    if (!this.#netOutOpen) this.#stdinOpen = false
    if (hasStdin && this.#stdinOpen) this.#readStdin()
    if (hasNetOut) this.#writeNet(sock)
    if (hasNetIn) this.#readNet()
    if (hasStdout) this.#writeStdout()
    this.#closeFinished()
    return true
  }

  #readStdin(): void {
    const piece = this.#stdin.subarray(this.#stdinAt, this.#stdinAt + BUFFER_OCTETS - this.#toNet.length)
    if (piece.length === 0) this.#stdinOpen = false
    else {
      const joined = new Uint8Array(this.#toNet.length + piece.length)
      joined.set(this.#toNet)
      joined.set(piece, this.#toNet.length)
      this.#toNet = joined
      this.#stdinAt += piece.length
    }
    if (this.#toNet.length > 0) this.#wantsNetOut = true
    if (this.#toNet.length === BUFFER_OCTETS) this.#wantsStdin = false
  }

  #writeNet(sock: UdpSocket): void {
    const rc = sock.send(this.#toNet)
    if (rc < 0) {
      this.#netOutOpen = false
      return
    }
    this.#toNet = this.#toNet.slice(rc)
    if (this.#toNet.length === 0) this.#wantsNetOut = false
    if (this.#toNet.length < BUFFER_OCTETS) this.#wantsStdin = true
  }

  /** A datagram longer than the room that is left loses its end, as with any recv. An empty one is taken for the end. */
  #readNet(): void {
    const data = this.#peeked!.data.slice(0, BUFFER_OCTETS - this.#fromNetOctets)
    this.#peeked = null
    if (data.length === 0) this.#netInOpen = false
    else {
      this.#fromNet.push(data)
      this.#fromNetOctets += data.length
    }
    if (this.#fromNetOctets > 0) this.#wantsStdout = true
    if (this.#fromNetOctets === BUFFER_OCTETS) this.#wantsNetIn = false
    const { receiveLimit } = this.options
    if (receiveLimit !== undefined && ++this.#receivedCount >= receiveLimit) {
      this.#netInOpen = false
      this.#stdinOpen = false
    }
  }

  #writeStdout(): void {
    const octets = new Uint8Array(this.#fromNetOctets)
    let at = 0
    for (const piece of this.#fromNet) {
      octets.set(piece, at)
      at += piece.length
    }
    this.#fromNet = []
    this.#fromNetOctets = 0
    this.#wantsStdout = false
    this.#wantsNetIn = true
    this.#output.data?.(this, octets)
  }

  /** At the end of standard input the way out is closed; with -q the way in, too. */
  #closeFinished(): void {
    if (this.#stdinOpen || this.#toNet.length > 0) return
    this.#netOutOpen = false
    const { quitSec, ignoreStdin } = this.options
    if (quitSec !== undefined && quitSec >= 0 && ignoreStdin !== true) this.#netInOpen = false
  }

  #bothInputsGone(): void {
    const { quitSec = -1, timeoutSec = Number.POSITIVE_INFINITY } = this.options
    this.#closeSocket()
    if (quitSec <= 0) return this.#loopEnded()
    this.#state = 'quit'
    this.#timer.set(Math.min(quitSec, timeoutSec) * NS_PER_SEC)
  }

  /** readwrite has returned: a server with -k binds again, a client takes its next port. */
  #loopEnded(): void {
    this.#closeSocket()
    if (this.options.listen !== true) return this.#nextPort()
    if (this.options.keepOpen !== true) return this.process.exit(0)
    this.#listen()
  }

  // --- what wakes it up

  #readable(): void {
    if (this.process.exitStatus !== null) return
    if (this.#state === 'first') this.#firstDatagram()
    else if (this.#state === 'loop') this.#rounds()
  }

  /** @internal */
  timerOver(): void {
    if (this.process.exitStatus !== null) return
    switch (this.#state) {
      case 'test':
        if (this.#probe(false)) this.#testRound()
        else this.#testFailed()
        return
      case 'sleep':
        this.#state = 'loop'
        this.#rounds()
        return
      case 'quit':
        this.process.exit(0)
        return
      default:
        this.#loopEnded()
    }
  }
}

const timerOver = (nc: Nc): void => nc.timerOver()

/**
 * Starts nc over UDP. Throws EADDRINUSE and EADDRNOTAVAIL when the local address cannot be bound. A client ends with
 * status 1 when it cannot connect, with 0 otherwise; a server that is not told to end (`-w`, `-W`) runs until it is killed.
 */
export const nc = (netns: Netns, options: NcOptions, output: NcOutput = {}): Nc => {
  const program = new Nc(netns, options, output)
  try {
    program.start()
  } catch (e) {
    program.process.exit(1)
    throw e
  }
  return program
}
