/**
 * nc over UDP: who is bound, connected and tested before the loop of poll runs.
 *
 * Left out: name resolution, `-m` (a lower limit of the time to live).
 *
 * @see netcat.c local_listen remote_connect udptest
 */
import type { Netns } from '../core/netns.js'
import { errnoName, errnoNumber, NetloomError } from '../errors.js'
import { type Datagram, type UdpSocket, udpSocket } from '../ip/udp.js'
import { INADDR_ANY } from '../wire/ip.js'
import { NcLoop, type NcLoopOwner, type NcNet, POLLERR, POLLIN, POLLOUT } from './nc-loop.js'
import { type Nc, ncAddress, type NcOptions, type NcOutput } from './nc-options.js'
import { Process } from './process.js'
import { ProgramTimer } from './program-timer.js'

const NS_PER_SEC = 1_000_000_000
/** File descriptors 0 to 2 are standard input, output and error. */
const FIRST_FD = 3
/** Seconds of test datagrams when -w does not say. */
const SCAN_SEC = 3
const TEST_OCTET = 'X'.charCodeAt(0)
const EAGAIN = errnoNumber('EAGAIN')

/** A UDP socket for the loop: each write is a datagram, each read the oldest one, of which what does not fit is lost. */
class UdpNet implements NcNet {
  readonly sock: UdpSocket
  /** A datagram that has been looked at (MSG_PEEK). */
  #peeked: Datagram | null
  #hasFailed = false

  constructor(sock: UdpSocket, peeked: Datagram | null) {
    this.sock = sock
    this.#peeked = peeked
  }

  poll(): number {
    if (this.sock.takeError() !== 0) this.#hasFailed = true
    const hasData = this.#peeked !== null || this.sock.readable > 0
    return POLLOUT | (hasData ? POLLIN : 0) | (this.#hasFailed ? POLLERR : 0)
  }

  read(into: Uint8Array): number {
    const datagram = this.#peeked ?? this.sock.recv()
    this.#peeked = null
    if (datagram === null) return -EAGAIN
    const data = datagram.data.subarray(0, into.length)
    into.set(data)
    return data.length
  }

  write(data: Uint8Array): number {
    return this.sock.send(data.slice())
  }

  /** shutdown(2) of a datagram socket changes nothing that the loop can see. */
  shutdown(): void {}

  close(): void {
    this.sock.onReadable = null
    this.sock.close()
  }
}

/** A running nc over UDP. */
export class NcUdp implements Nc, NcLoopOwner {
  readonly process: Process
  readonly netns: Netns
  readonly options: NcOptions
  readonly #output: NcOutput
  readonly #timer: ProgramTimer<NcUdp>
  readonly #loop: NcLoop
  readonly #source: number
  readonly #destination: number
  #sock: UdpSocket | null = null
  #state: 'first' | 'loop' | 'test' = 'loop'
  #portIndex = 0
  #testsLeft = 0
  #status = 0

  /** @internal */
  constructor(netns: Netns, options: NcOptions, output: NcOutput) {
    this.netns = netns
    this.options = options
    this.#output = output
    this.#source = options.source === undefined ? INADDR_ANY : ncAddress(options.source)
    this.#destination = options.destination === undefined ? INADDR_ANY : ncAddress(options.destination)
    this.#timer = new ProgramTimer<NcUdp>(netns.world, timerOver, this, `nc in ${netns.name}`)
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
    const { broadcast, ttl, tos, rcvbuf, sndbuf } = this.options
    const sock = udpSocket(this.netns)
    this.process.holds(sock, FIRST_FD)
    sock.onReadable = () => this.#readable()
    if (broadcast === true) sock.broadcast = true
    if (ttl !== undefined) sock.ttl = ttl
    if (tos !== undefined) sock.tos = tos
    if (rcvbuf !== undefined) sock.rcvbuf = rcvbuf
    if (sndbuf !== undefined) sock.sndbuf = sndbuf
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
    if (this.options.keepOpen === true) return this.#readWrite(null)
    this.#state = 'first'
    this.#firstDatagram()
  }

  /** recvfrom with MSG_PEEK, then connect: from now on only the first sender is heard. One without a route back ends nc. */
  #firstDatagram(): void {
    const sock = this.#sock!
    const datagram = sock.recv()
    if (datagram === null) return
    try {
      sock.connect(datagram.saddr, datagram.sport)
    } catch (e) {
      if (!(e instanceof NetloomError)) throw e
      this.process.stderr += `nc: connect: ${e.message}\n`
      return this.process.exit(1)
    }
    this.#output.received?.(this, datagram.saddr, datagram.sport)
    this.#readWrite(datagram)
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
    else this.#readWrite(null)
  }

  // --- the loop

  #readWrite(peeked: Datagram | null): void {
    this.#state = 'loop'
    this.#loop.start(new UdpNet(this.#sock!, peeked))
  }

  /** @internal */
  stdout(octets: Uint8Array): void {
    this.#output.data?.(this, octets)
  }

  /** @internal readwrite has returned: a server with -k binds again, a client takes its next port */
  loopEnded(): void {
    this.#closeSocket()
    if (this.options.listen !== true) return this.#nextPort()
    if (this.options.keepOpen !== true) return this.process.exit(0)
    this.#listen()
  }

  /** @internal */
  quit(): void {
    this.process.exit(0)
  }

  // --- what wakes it up

  #readable(): void {
    if (this.process.exitStatus !== null) return
    if (this.#state === 'first') this.#firstDatagram()
    else if (this.#state === 'loop') this.#loop.wake()
  }

  /** @internal */
  timerOver(): void {
    if (this.process.exitStatus !== null || this.#state !== 'test') return
    if (this.#probe(false)) this.#testRound()
    else this.#testFailed()
  }
}

const timerOver = (nc: NcUdp): void => nc.timerOver()
