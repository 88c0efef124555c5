/**
 * UDP sockets as users hold them: programs are callbacks on them, or read them when they like.
 */
import type { Netns as KernelNetns } from '../core/netns.js'
import type { Endpoint } from '../app/endpoint.js'
import { octetText } from '../app/octet-text.js'
import { type Datagram, type UdpSocket as KernelUdpSocket, udpSocket } from '../ip/udp.js'
import { formatIpv4 } from '../wire/ip.js'
import { Printable } from '../app/printable.js'
import { SOCKET_OPTIONS, Socket, type SocketOptions } from './socket.js'
import { checkOptions, ipv4Option, octetsOf, type Payload } from '../app/text.js'

/** A received datagram. */
export class UdpDatagram extends Printable {
  readonly data: Uint8Array
  /** Who sent it, and where to. */
  readonly from: Endpoint
  readonly to: Endpoint
  /** Name of the device that it came in by. */
  readonly dev: string
  readonly ttl: number
  readonly tos: number

  /** @internal */
  constructor(d: Datagram, port: number, dev: string) {
    super()
    this.data = d.data
    this.from = { address: formatIpv4(d.saddr), port: d.sport }
    this.to = { address: formatIpv4(d.daddr), port }
    this.dev = dev
    this.ttl = d.ttl
    this.tos = d.tos
  }

  /** The octets as UTF-8 text. */
  get text(): string {
    return octetText(this.data)
  }

  override toString(): string {
    return this.text
  }

  override toJSON(): { from: Endpoint; to: Endpoint; dev: string; ttl: number; tos: number; text: string } {
    const { from, to, dev, ttl, tos, text } = this
    return { from, to, dev, ttl, tos, text }
  }
}

/** Takes a datagram; `reply` sends to where it came from. */
export type UdpHandler = (datagram: UdpDatagram, reply: (data: Payload) => number) => void

/** Options of `udp.bind`. */
export interface UdpOptions extends SocketOptions {
  /** Local address; any when absent. */
  readonly address?: string
  /** Local port; a free one when absent. */
  readonly port?: number
  /** SO_REUSEADDR and SO_REUSEPORT. */
  readonly reuseAddr?: boolean
  readonly reusePort?: boolean
}

const OPTIONS = ['address', 'port', 'reuseAddr', 'reusePort', ...SOCKET_OPTIONS]

/** A UDP socket. Make one with `netns.udp.bind` or `netns.udp.connect`. */
export class UdpSocket extends Socket {
  readonly #sock: KernelUdpSocket
  #handler: UdpHandler | null = null

  /** @internal */
  constructor(sock: KernelUdpSocket, options: UdpOptions) {
    super(sock, options)
    this.#sock = sock
    sock.reuseAddr = options.reuseAddr ?? false
    sock.reusePort = options.reusePort ?? false
    if (options.onError !== undefined) sock.onReadable = () => this.#wake()
  }

  /** Local port. */
  get port(): number {
    return this.#sock.localPort
  }

  /** The connected peer, or null. */
  get peer(): Endpoint | null {
    const { peerAddress, peerPort } = this.#sock
    return peerPort === 0 ? null : { address: formatIpv4(peerAddress), port: peerPort }
  }

  /** Calls `handler` for each datagram from now on, those that wait included; null: leave them to {@link recv}. */
  onDatagram(handler: UdpHandler | null): void {
    this.#handler = handler
    this.#sock.onReadable = () => this.#wake()
    if (handler !== null && this.readable > 0) this.#sock.wake()
  }

  /** Calls `fn` when there is something to read, instead of a handler of datagrams: for {@link recvInto}. */
  onReadable(fn: (socket: UdpSocket) => void): void {
    this.#handler = null
    this.#sock.onReadable = () => {
      this.reportError()
      fn(this)
    }
    if (this.readable > 0) this.#sock.wake()
  }

  /** Fixes the peer: only its datagrams are received, and ICMP errors are reported. Throws ENETUNREACH, EACCES, ... */
  connect(address: string, port: number): void {
    this.#sock.connect(ipv4Option('address', address), port)
  }

  /**
   * Sends to the connected peer; returns the octets sent. Throws EDESTADDRREQ without a peer, EMSGSIZE, ENETUNREACH, and
   * ECONNREFUSED and other errors that ICMP has told since the last call.
   */
  send(data: Payload): number {
    const rc = this.#sock.send(typeof data === 'string' ? octetsOf(data) : data)
    return rc >= 0 ? rc : this.result(rc, 'send')
  }

  /** Sends to an address. Throws as {@link send} does, and EACCES for a broadcast address without `broadcast`. */
  sendTo(data: Payload, to: Endpoint): number {
    const rc = this.#sock.sendTo(octetsOf(data), ipv4Option('address', to.address), to.port)
    return rc >= 0 ? rc : this.result(rc, `sendto ${to.address}:${to.port}`)
  }

  /** The oldest datagram, or null. */
  recv(): UdpDatagram | null {
    const d = this.#sock.recv()
    return d === null ? null : this.#public(d)
  }

  /**
   * Copies the oldest datagram into `into` without making an object; returns its length (what does not fit is lost), or
   * -1 when there is none.
   */
  recvInto(into: Uint8Array): number {
    return this.#sock.recvInto(into)
  }

  #wake(): void {
    this.reportError()
    for (;;) {
      const handler = this.#handler
      if (handler === null) return
      const d = this.#sock.recv()
      if (d === null) return
      handler(this.#public(d), data => this.#reply(d, data))
    }
  }

  #reply(d: Datagram, data: Payload): number {
    const rc = this.#sock.sendTo(octetsOf(data), d.saddr, d.sport)
    return rc >= 0 ? rc : this.result(rc, `reply to ${formatIpv4(d.saddr)}:${d.sport}`)
  }

  #public(d: Datagram): UdpDatagram {
    const { netns, localPort } = this.#sock
    return new UdpDatagram(d, localPort, netns.devByIndex(d.ifindex)?.name ?? '')
  }

  /** `ADDRESS:PORT`. */
  override toString(): string {
    return `${this.address}:${this.port}`
  }

  override toJSON(): { netns: string; address: string; port: number; peer: Endpoint | null; readable: number } {
    const { address, port, peer, readable } = this
    return { netns: this.#sock.netns.name, address, port, peer, readable }
  }
}

/** UDP in a namespace: `netns.udp`. */
export class UdpApi {
  readonly #netns: KernelNetns

  /** @internal */
  constructor(netns: KernelNetns) {
    this.#netns = netns
  }

  /**
   * Opens a socket on a local address and port. With a handler it is a program: the handler runs whenever a datagram
   * arrives while the world runs. Throws EADDRINUSE, EADDRNOTAVAIL, ENODEV.
   *
   * @example
   * h2.udp.bind({ port: 7000 }, (datagram, reply) => reply(datagram.data)) // an echo server
   */
  bind(options: UdpOptions, handler?: UdpHandler): UdpSocket {
    checkOptions('udp.bind', options, OPTIONS)
    const { address, port = 0 } = options
    const sock = udpSocket(this.#netns)
    try {
      const socket = new UdpSocket(sock, options)
      sock.bind({ address: address === undefined ? 0 : ipv4Option('address', address), port })
      if (handler !== undefined) socket.onDatagram(handler)
      return socket
    } catch (e) {
      sock.close()
      throw e
    }
  }

  /**
   * Opens a socket that is connected to a peer. Throws ENETUNREACH, EACCES for a broadcast address, and as {@link bind}.
   *
   * @example
   * const client = h1.udp.connect('10.0.0.2', 7000, datagram => answers.push(datagram.text))
   * client.send('hello')
   */
  connect(address: string, port: number, handler?: UdpHandler, options: UdpOptions = {}): UdpSocket {
    const socket = this.bind(options, handler)
    try {
      socket.connect(address, port)
      return socket
    } catch (e) {
      socket.close()
      throw e
    }
  }
}
