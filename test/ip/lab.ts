/**
 * One host under test, `t`, with a cable from its eth0 to `x`, which has no address: tests speak for the neighbours
 * there, octet by octet.
 */
import { type PacketSocket, packetSocket } from '../../lib/core/af-packet.js'
import { devAddTap } from '../../lib/core/dev.js'
import type { NetDevice } from '../../lib/core/netdev.js'
import type { Netns } from '../../lib/core/netns.js'
import type { World as Kernel } from '../../lib/core/world.js'
import { createWorld, type World } from '../../lib/index.js'
import { arpPacket, ethFrame, hex, type IpFields, ipv4Packet } from './octets.js'

export const X_MAC = '02:00:00:00:00:01'
export const T_MAC = '02:00:00:00:00:02'
export const BROADCAST_MAC = 'ff:ff:ff:ff:ff:ff'
const ETH_P_IP = 0x0800
const ETH_P_ARP = 0x0806

const SCRIPT = `
  ip netns add x
  ip netns add t
  ip -n t link set lo up
  ip -n x link add eth0 address ${X_MAC} type veth peer name eth0 address ${T_MAC} netns t
  ip netns exec t ethtool -K eth0 tx off rx off
  ip -n x link set eth0 up
  ip -n t link set eth0 up`

/** A frame that t sent, with the virtual time in nanoseconds. */
export interface Sent {
  readonly time: number
  readonly bytes: Uint8Array
}

/** The host under test and its wire. `10.0.0.2/24` is its address unless `commands` say otherwise. */
export class HostLab {
  readonly world: World
  readonly kernel: Kernel
  readonly t: Netns
  readonly eth0: NetDevice
  readonly #socket: PacketSocket
  #sent: Sent[] = []

  constructor(commands = 'ip -n t addr add 10.0.0.2/24 dev eth0', seed = 1) {
    this.world = createWorld({ seed })
    this.kernel = this.world.kernel
    this.world.sh(SCRIPT)
    this.t = this.kernel.netns('t')
    this.eth0 = this.t.dev('eth0')
    this.sh(commands)
    this.run(1.2)
    this.#socket = packetSocket(this.kernel.netns('x').dev('eth0'), { protocol: 3, promisc: true })
    devAddTap(this.kernel.netns('x').dev('eth0'), {
      tap: (skb, dev, outgoing) => {
        if (!outgoing) this.#sent.push({ time: dev.netns.world.now, bytes: skb.buf.slice(skb.macHeader, skb.tail) })
      },
    })
  }

  /** Runs commands; they take 5 ms each. */
  sh(commands: string): void {
    if (commands !== '') this.world.sh(commands)
  }

  /** Standard output of one command. */
  text(command: string): string {
    return new TextDecoder().decode(this.world.sh(`${command} > text`).files.get('text')!)
  }

  /** Runs virtual time, in seconds. */
  run(seconds: number): void {
    this.world.run({ for: Math.round(seconds * 1e9) })
  }

  /** Puts a frame on the wire and handles what it causes at this instant. */
  inject(frame: Uint8Array): void {
    this.#socket.sendRaw(frame)
    this.world.run({ for: 0 })
  }

  /** An IPv4 packet from x to t; to t's MAC by default. */
  ip(src: string, dst: string, proto: number, payload: readonly number[], fields: IpFields = {}, mac = T_MAC): void {
    this.inject(ethFrame(mac, X_MAC, ETH_P_IP, ipv4Packet(src, dst, proto, payload, fields)))
  }

  /** An ARP packet from x to t. */
  arp(op: number, spa: string, tpa: string, { sha = X_MAC, tha = '00:00:00:00:00:00', to = BROADCAST_MAC } = {}): void {
    this.inject(ethFrame(to, sha, ETH_P_ARP, arpPacket(op, sha, spa, tha, tpa)))
  }

  /** The frames that t has sent since the last call. */
  sent(): Sent[] {
    const sent = this.#sent
    this.#sent = []
    return sent
  }

  /** The same as hexadecimal text. */
  sentHex(): string[] {
    return this.sent().map(f => hex(f.bytes))
  }

  /** The IPv4 packets among them, without link header. */
  sentIp(): Uint8Array[] {
    return this.sent()
      .filter(f => f.bytes[12] === 8 && f.bytes[13] === 0)
      .map(f => f.bytes.subarray(14))
  }

  /** Virtual time in seconds. */
  get now(): number {
    return this.kernel.now / 1e9
  }

  /** Adds a permanent neighbour at x. */
  know(address: string): void {
    this.sh(`ip -n t neigh replace ${address} lladdr ${X_MAC} dev eth0`)
  }
}

/** ICMP type, code and quoted octets of an IPv4 packet. */
export const icmpOf = (packet: Uint8Array): { type: number; code: number; rest: number; data: Uint8Array } => {
  const o = (packet[0]! & 15) * 4
  const rest = (packet[o + 4]! << 24) | (packet[o + 5]! << 16) | (packet[o + 6]! << 8) | packet[o + 7]!
  return { type: packet[o]!, code: packet[o + 1]!, rest: rest >>> 0, data: packet.subarray(o + 8) }
}
