/**
 * Raw IPv4 sockets as users hold them.
 */
import type { Netns as KernelNetns } from '../core/netns.js'
import { type RawPacket as KernelRawPacket, type RawSocket as KernelRawSocket, rawSocket } from '../ip/raw.js'
import { formatIpv4 } from '../wire/ip.js'
import { IPPROTO_ICMP, IPPROTO_IGMP, IPPROTO_TCP, IPPROTO_UDP, ipv4Daddr, ipv4Saddr } from '../wire/ipv4.js'
import { SOCKET_OPTIONS, Socket, type SocketOptions } from './socket.js'
import { checkOptions, ipv4Option, octetsOf, type Payload, wordOption } from '../app/text.js'

/** An IPv4 protocol by name or number. */
export type ProtocolName = 'icmp' | 'igmp' | 'tcp' | 'udp'

const PROTOCOLS: Readonly<Record<ProtocolName, number>> = {
  icmp: IPPROTO_ICMP,
  igmp: IPPROTO_IGMP,
  tcp: IPPROTO_TCP,
  udp: IPPROTO_UDP,
}

/** A packet as a raw socket receives it. */
export interface RawPacket {
  /** From the IPv4 header on. */
  readonly packet: Uint8Array
  readonly from: string
  readonly to: string
  readonly dev: string
  readonly ttl: number
  readonly tos: number
}

/** Options of `raw.open`. */
export interface RawOptions extends SocketOptions {
  /** Local address; any when absent. */
  readonly address?: string
  /** IP options of what is sent (IP_OPTIONS). */
  readonly ipOptions?: Uint8Array
}

/** A raw socket. Make one with `netns.raw.open`. */
export class RawSocket extends Socket {
  readonly #sock: KernelRawSocket

  /** @internal */
  constructor(sock: KernelRawSocket, options: RawOptions) {
    super(sock, options)
    this.#sock = sock
    if (options.ipOptions !== undefined) sock.ipOptions = options.ipOptions
    if (options.onError !== undefined) sock.onReadable = () => this.reportError()
  }

  /** Calls `handler` for each packet from now on; null: leave them to {@link recv}. */
  onPacket(handler: ((packet: RawPacket) => void) | null): void {
    this.#sock.onReadable = () => {
      this.reportError()
      if (handler === null) return
      for (let p = this.recv(); p !== null; p = this.recv()) handler(p)
    }
    if (this.readable > 0) this.#sock.wake()
  }

  /** Sends a payload of the socket's protocol; returns the octets sent. Throws ENETUNREACH, EMSGSIZE, EACCES, ... */
  sendTo(payload: Payload, address: string): number {
    return this.result(this.#sock.sendTo(octetsOf(payload), ipv4Option('address', address)), `sendto ${address}`)
  }

  /** The oldest packet, or null. */
  recv(): RawPacket | null {
    const p = this.#sock.recv()
    return p === null ? null : publicPacket(this.#sock, p)
  }

  override toJSON(): { netns: string; protocol: number; address: string; readable: number } {
    return {
      netns: this.#sock.netns.name,
      protocol: this.#sock.protocol,
      address: this.address,
      readable: this.readable,
    }
  }
}

const publicPacket = (sock: KernelRawSocket, p: KernelRawPacket): RawPacket => ({
  packet: p.packet,
  from: formatIpv4(ipv4Saddr(p.packet, 0)),
  to: formatIpv4(ipv4Daddr(p.packet, 0)),
  dev: sock.netns.devByIndex(p.ifindex)?.name ?? '',
  ttl: p.ttl,
  tos: p.tos,
})

/** Raw IPv4 in a namespace: `netns.raw`. */
export class RawApi {
  readonly #netns: KernelNetns

  /** @internal */
  constructor(netns: KernelNetns) {
    this.#netns = netns
  }

  /**
   * Opens a raw socket, which sees every packet of its protocol that comes for this host. Throws EADDRNOTAVAIL, ENODEV.
   *
   * @example
   * h2.raw.open('icmp', {}, packet => seen.push(packet.from))
   */
  open(protocol: ProtocolName | number, options: RawOptions = {}, handler?: (packet: RawPacket) => void): RawSocket {
    checkOptions('raw.open', options, ['address', 'ipOptions', ...SOCKET_OPTIONS])
    const sock = rawSocket(this.#netns, wordOption('protocol', protocol, PROTOCOLS))
    try {
      const socket = new RawSocket(sock, options)
      if (options.address !== undefined) sock.bind(ipv4Option('address', options.address))
      if (handler !== undefined) socket.onPacket(handler)
      return socket
    } catch (e) {
      sock.close()
      throw e
    }
  }
}
