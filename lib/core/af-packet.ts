/**
 * Packet sockets: frames of one device, below every protocol. What arping and packet injectors stand on.
 *
 * @see net/packet/af_packet.c
 */
import { errnoNumber } from '../errors.js'
import { ETH_HLEN, ETH_P_8021Q, ETH_P_ALL, ETH_P_IP, ETH_P_IPV6, ethType, putEth } from '../wire/ethernet.js'
import { devAddTap, devRemoveTap, devSetPromiscuity } from './dev.js'
import { devQueueXmit, netXmitErrno } from './dev-tx.js'
import { IFF_UP, type NetDevice, type PacketTap } from './netdev.js'
import { allocSkb, PACKET_OTHERHOST, type Skb, skbPush, skbPut } from './skb.js'
import { frameWithVlanTag, skbVlanTagId } from './skb-vlan.js'
import { vlanFindDev } from './vlan-core.js'

/** Options of {@link packetSocket}. */
export interface PacketSocketOptions {
  /** EtherType that is received, ETH_P_ALL for every frame and what the device sends as well. */
  readonly protocol: number
  /** Put the device into promiscuous mode while the socket is open. */
  readonly promisc?: boolean
}

/** Takes a frame: its octets (a copy) from the link-layer header on. */
export type PacketHandler = (frame: Uint8Array, dev: NetDevice, outgoing: boolean, pktType: number) => void

const EINVAL = errnoNumber('EINVAL')
const EMSGSIZE = errnoNumber('EMSGSIZE')
const VLAN_HLEN = 4
const ENETDOWN = errnoNumber('ENETDOWN')

/** EtherType of a packet without a link-layer header, by the version of IP; 0 for none (ip_tunnel_parse_protocol). */
const ipProtocol = (packet: Uint8Array): number => {
  const version = packet.length === 0 ? 0 : packet[0]! >> 4
  return version === 4 ? ETH_P_IP : version === 6 ? ETH_P_IPV6 : 0
}

/** A packet socket on one device. Make one with {@link packetSocket}. */
export class PacketSocket implements PacketTap {
  readonly dev: NetDevice
  readonly protocol: number
  /** Called in process context, in the order of arrival. */
  onPacket: PacketHandler | null = null
  closed = false
  readonly #promisc: boolean

  constructor(dev: NetDevice, options: PacketSocketOptions) {
    this.dev = dev
    this.protocol = options.protocol
    this.#promisc = options.promisc ?? false
    devAddTap(dev, this)
    if (this.#promisc) devSetPromiscuity(dev, 1)
  }

  /** @internal */
  tap(skb: Skb, dev: NetDevice, outgoing: boolean): void {
    if (this.onPacket === null) return
    // A protocol's own sockets stand behind the rx handler: what a bridge takes from its port they do not see.
    if (this.protocol !== ETH_P_ALL && (outgoing || dev.rxHandler !== null)) return
    const start = dev.hardHeaderLen > 0 ? skb.macHeader : skb.data
    if (this.protocol !== ETH_P_ALL && ethType(skb.buf, start) !== this.protocol) return
    let { pktType } = skb
    if (this.protocol !== ETH_P_ALL && skbVlanTagId(skb) !== 0) {
      // A frame of a VLAN that there is a device for is that device's; any other one is for somebody else.
      if (vlanFindDev(dev, skb.vlanProto, skbVlanTagId(skb)) !== null) return
      pktType = PACKET_OTHERHOST
    }
    const isTagged = this.protocol === ETH_P_ALL && skb.vlanProto !== 0
    const frame = isTagged ? frameWithVlanTag(skb, start) : skb.buf.slice(start, skb.tail)
    dev.netns.world.sim.task(() => this.#deliver(frame, dev, outgoing, pktType), null, `packet socket on ${dev}`)
  }

  #deliver(frame: Uint8Array, dev: NetDevice, outgoing: boolean, pktType: number): void {
    if (!this.closed) this.onPacket?.(frame, dev, outgoing, pktType)
  }

  /** Sends a payload in a frame to `dstMac` (SOCK_DGRAM); octets sent, or a negative errno. */
  sendTo(payload: Uint8Array, dstMac: number, protocol: number): number {
    const frame = new Uint8Array(ETH_HLEN + payload.length)
    putEth(frame, 0, dstMac, this.dev.addr, protocol)
    frame.set(payload, ETH_HLEN)
    const rc = this.sendRaw(frame)
    return rc < 0 ? rc : payload.length
  }

  /** Sends a whole frame as it is (SOCK_RAW); octets sent, or a negative errno. */
  sendRaw(frame: Uint8Array): number {
    const { dev } = this
    if (!(dev.flags & IFF_UP)) return -ENETDOWN
    if (frame.length < dev.hardHeaderLen) return -EINVAL
    const vlan = dev.hardHeaderLen > 0 && ethType(frame, 0) === ETH_P_8021Q ? VLAN_HLEN : 0
    if (frame.length > dev.mtu + dev.hardHeaderLen + vlan) return -EMSGSIZE
    const skb = allocSkb(dev.netns, frame.length)
    // The network header falls where it falls for every other packet of this host.
    skbPush(skb, dev.hardHeaderLen)
    skb.tail = skb.data
    const at = skbPut(skb, frame.length)
    skb.buf.set(frame, at)
    skb.networkHeader = at + dev.hardHeaderLen
    skb.protocol = dev.hardHeaderLen > 0 ? ethType(frame, 0) : ipProtocol(frame)
    skb.dev = dev
    const rc = devQueueXmit(skb)
    const err = rc > 0 ? netXmitErrno(rc) : rc
    return err < 0 ? err : frame.length
  }

  /** Closes the socket. */
  close(): void {
    if (this.closed) return
    this.closed = true
    devRemoveTap(this.dev, this)
    if (this.#promisc && this.dev.registered) devSetPromiscuity(this.dev, -1)
  }
}

/** Opens a packet socket on a device. */
export const packetSocket = (dev: NetDevice, options: PacketSocketOptions): PacketSocket =>
  new PacketSocket(dev, options)
