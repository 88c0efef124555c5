/// <reference lib="esnext.disposable" preserve="true" />
/**
 * Packet sockets as users hold them: whole frames in and out of a device.
 */
import { type PacketSocket as KernelPacketSocket, packetSocket } from '../core/af-packet.js'
import type { Netns as KernelNetns } from '../core/netns.js'
import { PACKET_BROADCAST, PACKET_HOST, PACKET_MULTICAST, PACKET_OUTGOING } from '../core/skb.js'
import { errnoName, NetloomError, strerror } from '../errors.js'
import { ETH_P_ALL } from '../wire/ethernet.js'
import { encodeFrame, type FrameInit } from '../wire/frame.js'
import { type DevRef, devOf } from './refs.js'
import { Printable } from '../app/printable.js'
import { checkOptions } from '../app/text.js'

/** For whom a frame was. */
export type PacketDirection = 'host' | 'broadcast' | 'multicast' | 'otherhost' | 'outgoing'

/** Takes a frame; the octets are a copy. */
export type PacketHandler = (frame: Uint8Array, direction: PacketDirection) => void

/** Options of `packet.open`. */
export interface PacketOptions {
  /** EtherType that is received; ETH_P_ALL (0x0003), every frame in both directions, when absent. */
  readonly protocol?: number
  /** Put the device into promiscuous mode while the socket is open; false. */
  readonly promisc?: boolean
}

const directionOf = (pktType: number): PacketDirection => {
  switch (pktType) {
    case PACKET_HOST:
      return 'host'
    case PACKET_BROADCAST:
      return 'broadcast'
    case PACKET_MULTICAST:
      return 'multicast'
    case PACKET_OUTGOING:
      return 'outgoing'
    default:
      return 'otherhost'
  }
}

/** A packet socket on one device. Make one with `netns.packet.open`. */
export class PacketSocket extends Printable {
  readonly #sock: KernelPacketSocket

  /** @internal */
  constructor(sock: KernelPacketSocket) {
    super()
    this.#sock = sock
  }

  /** Calls `handler` for each frame; null: for none. */
  onPacket(handler: PacketHandler | null): void {
    this.#sock.onPacket =
      handler === null
        ? null
        : (frame, _dev, outgoing, pktType) => handler(frame, outgoing ? 'outgoing' : directionOf(pktType))
  }

  /**
   * Sends a frame as it is: octets, or headers to encode. Returns the octets sent. Throws ENETDOWN, EMSGSIZE.
   *
   * @example
   * socket.send({
   *   eth: { dst: 'ff:ff:ff:ff:ff:ff', src: '02:00:00:00:00:09' },
   *   ipv4: { saddr: '10.0.0.9', daddr: '10.0.0.255' },
   *   udp: { sport: 68, dport: 67 },
   * })
   */
  send(frame: Uint8Array | FrameInit): number {
    const rc = this.#sock.sendRaw(frame instanceof Uint8Array ? frame : encodeFrame(frame))
    if (rc >= 0) return rc
    const code = errnoName(rc)
    const { dev } = this.#sock
    throw new NetloomError(code, `send on ${dev}: ${strerror(code)}`, { netns: dev.netns.name, dev: dev.name })
  }

  /** Closes the socket. */
  close(): void {
    this.#sock.close()
  }

  /** As {@link close}. */
  [Symbol.dispose](): void {
    this.close()
  }

  override toJSON(): { dev: string; protocol: number; isClosed: boolean } {
    return { dev: `${this.#sock.dev}`, protocol: this.#sock.protocol, isClosed: this.#sock.closed }
  }
}

/** Packet sockets in a namespace: `netns.packet`. */
export class PacketApi {
  readonly #netns: KernelNetns

  /** @internal */
  constructor(netns: KernelNetns) {
    this.#netns = netns
  }

  /**
   * Opens a packet socket on a device. Throws ENODEV.
   *
   * @example
   * const socket = h1.packet.open('eth0', {}, frame => seen.push(dissect(frame)))
   */
  open(dev: DevRef, options: PacketOptions = {}, handler?: PacketHandler): PacketSocket {
    checkOptions('packet.open', options, ['protocol', 'promisc'])
    const { protocol = ETH_P_ALL, promisc = false } = options
    const socket = new PacketSocket(packetSocket(devOf(this.#netns, dev), { protocol, promisc }))
    if (handler !== undefined) socket.onPacket(handler)
    return socket
  }
}
