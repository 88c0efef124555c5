/**
 * Whole frames as typed objects, and back.
 *
 * What follows from the rest (lengths, right checksums) is left out of a decoded frame and computed when it is encoded;
 * what contradicts it (a checksum left unfinished by offload, a length that lies within the frame) is kept, so that
 * encoding a decoded frame gives the same octets. Fragments are not taken apart behind the IPv4 header. Tunnels carry
 * their inner frame as `payload`: see `parseVxlan`, and decode what is behind it.
 */

import { NetloomError } from '../errors.js'
import { type ArpRepr, ARP_HLEN, emitArp, parseArp } from './arp.js'
import { equalOctets } from './bytes.js'
import { emitEth, ETH_HLEN, ETH_P_8021Q, ETH_P_ARP, ETH_P_IP, type EthRepr, parseEth } from './ethernet.js'
import { emitIcmp, ICMP_HLEN, type IcmpRepr, isIcmpError, parseIcmp } from './icmp.js'
import { emitIgmp, type IgmpRepr, parseIgmp } from './igmp.js'
import { parseIpv4 } from './ip.js'
import * as V4 from './ipv4.js'
import { concatOctets, NO_OCTETS, type PseudoHeader } from './repr.js'
import { emitTcp, parseTcp, type TcpRepr, tcpHdrLen } from './tcp.js'
import { emitUdp, parseUdp, UDP_HLEN, type UdpRepr } from './udp.js'
import { emitVlan, isVlanType, parseVlan, VLAN_HLEN, type VlanRepr } from './vlan.js'

/** What an IPv4 packet is made of. At most one of `icmp`, `igmp`, `udp`, `tcp` is there, none for a fragment. */
export interface PacketRepr {
  readonly ipv4: V4.Ipv4Repr
  readonly icmp?: IcmpRepr
  readonly igmp?: IgmpRepr
  readonly udp?: UdpRepr
  readonly tcp?: TcpRepr
  /** The packet that an ICMP error quotes, as far as it does; its `payload` is cut where the quotation ends. */
  readonly quoted?: PacketRepr
  /** Octets behind the last header; empty when `quoted` or `igmp` says all. */
  readonly payload: Uint8Array
  /** Octets behind the UDP datagram inside the packet; absent when there are none. */
  readonly surplus?: Uint8Array
}

/** A frame as an object. Either `arp` or `ipv4` is there, or neither when the type is another one. */
export interface FrameRepr extends Omit<PacketRepr, 'ipv4'> {
  readonly eth: EthRepr
  /** Tags, the outer one first; absent when there are none. */
  readonly vlan?: readonly VlanRepr[]
  readonly arp?: ArpRepr
  readonly ipv4?: V4.Ipv4Repr
  /** Octets behind the ARP or IPv4 packet, such as padding; absent when there are none. */
  readonly trailer?: Uint8Array
}

/** A {@link PacketRepr} to encode. The protocol of `ipv4` follows from what it carries when it is absent. */
export interface PacketInit extends Partial<Omit<PacketRepr, 'ipv4' | 'quoted'>> {
  readonly ipv4: V4.Ipv4Init
  readonly quoted?: PacketInit
}

/** A {@link FrameRepr} to encode. Types follow from what is carried when they are absent; `payload` may be absent. */
export interface FrameInit extends Partial<Omit<PacketInit, 'ipv4'>> {
  readonly eth: Pick<EthRepr, 'dst' | 'src'> & Partial<EthRepr>
  readonly vlan?: readonly (Pick<VlanRepr, 'vid'> & Partial<VlanRepr>)[]
  readonly arp?: ArpRepr
  readonly ipv4?: V4.Ipv4Init
  readonly trailer?: Uint8Array
}

/** A copy without the keys whose values are those of `derived`. */
const without = <T extends object>(repr: T, derived: Partial<T>): T => {
  const kept = Object.entries(repr).filter(([key, value]) => derived[key as keyof T] !== value)
  return Object.fromEntries(kept) as T
}

const pseudoOf = (ipv4: V4.Ipv4Init): PseudoHeader => ({ saddr: parseIpv4(ipv4.saddr), daddr: parseIpv4(ipv4.daddr) })

const isFragment = (ipv4: V4.Ipv4Init): boolean => (ipv4.mf ?? false) || (ipv4.fragOffset ?? 0) !== 0

const slice = (b: Uint8Array, off: number, end: number): Uint8Array => b.slice(off, Math.max(off, end))

/** Octets behind `off`, under the name `key` unless there are none. */
const restAs = <K extends string>(key: K, b: Uint8Array, off: number, end: number): { [P in K]?: Uint8Array } =>
  off < end ? ({ [key]: slice(b, off, end) } as { [P in K]?: Uint8Array }) : {}

type Body = Omit<PacketRepr, 'ipv4'>

const decodeUdp = (b: Uint8Array, off: number, end: number, pseudo: PseudoHeader, isQuoted: boolean): Body => {
  const found = parseUdp(b, off, end, isQuoted)
  const last = Math.min(end, off + found.len!)
  const payload = slice(b, off + UDP_HLEN, last)
  const right = parseUdp(emitUdp({ sport: found.sport, dport: found.dport }, payload, pseudo))
  return { udp: without(found, { len: right.len!, csum: right.csum! }), payload, ...restAs('surplus', b, last, end) }
}

const decodeTcp = (b: Uint8Array, off: number, end: number, pseudo: PseudoHeader): Body => {
  const found = parseTcp(b, off, end)
  const payload = slice(b, off + tcpHdrLen(b, off), end)
  const { csum: _, ...bare } = found
  return { tcp: without(found, { csum: parseTcp(emitTcp(bare, payload, pseudo)).csum! }), payload }
}

/** The packet that an error quotes, if all that stands between `off` and `end` can be made from it again. */
const decodeQuoted = (b: Uint8Array, off: number, end: number): PacketRepr | null => {
  try {
    const quoted = decodePacketAt(b, off, end, true)
    const again = encodePacket(quoted)
    return again.length === end - off && equalOctets(again, 0, b, off, again.length) ? quoted : null
  } catch (e) {
    // What is quoted may be anything; it then stays a payload.
    if (e instanceof NetloomError) return null
    throw e
  }
}

const decodeIcmp = (b: Uint8Array, off: number, end: number): Body => {
  const found = parseIcmp(b, off, end)
  const body = slice(b, off + ICMP_HLEN, end)
  const quoted = isIcmpError(found.type) ? decodeQuoted(b, off + ICMP_HLEN, end) : null
  const { csum: _, ...bare } = found
  const icmp = without(found, { csum: parseIcmp(emitIcmp(bare, body)).csum! })
  return quoted === null ? { icmp, payload: body } : { icmp, quoted, payload: NO_OCTETS }
}

const decodeIgmp = (b: Uint8Array, off: number, end: number): Body => {
  const { csum, ...bare } = parseIgmp(b, off, end)
  const again = emitIgmp(bare)
  const isWhole = again.length === end - off && equalOctets(again, 4, b, off + 4, again.length - 4)
  // Octets that the object does not hold (auxiliary data, reserved fields) keep the message a payload.
  if (!isWhole) return { payload: slice(b, off, end) }
  const isRight = parseIgmp(again).csum === csum
  return { igmp: isRight ? bare : { ...bare, csum: csum! }, payload: NO_OCTETS }
}

const decodeBody = (b: Uint8Array, off: number, end: number, ipv4: V4.Ipv4Repr, isQuoted: boolean): Body => {
  if (isFragment(ipv4)) return { payload: slice(b, off, end) }
  switch (ipv4.proto) {
    case V4.IPPROTO_UDP:
      return decodeUdp(b, off, end, pseudoOf(ipv4), isQuoted)
    case V4.IPPROTO_ICMP:
      return decodeIcmp(b, off, end)
    case V4.IPPROTO_IGMP:
      return decodeIgmp(b, off, end)
    case V4.IPPROTO_TCP:
      return decodeTcp(b, off, end, pseudoOf(ipv4))
    default:
      return { payload: slice(b, off, end) }
  }
}

/** A quoted packet may end in the middle of its transport header, which then is a payload. */
const decodeQuotedBody = (b: Uint8Array, off: number, end: number, ipv4: V4.Ipv4Repr): Body => {
  try {
    return decodeBody(b, off, end, ipv4, true)
  } catch (e) {
    if (e instanceof NetloomError) return { payload: slice(b, off, end) }
    throw e
  }
}

const decodePacketAt = (b: Uint8Array, off: number, end: number, isQuoted: boolean): PacketRepr => {
  const found = V4.parseIpv4Header(b, off, end, isQuoted)
  const at = off + V4.ipv4Ihl(b, off)
  const last = Math.min(end, off + found.totLen!)
  const body = isQuoted ? decodeQuotedBody(b, at, last, found) : decodeBody(b, at, last, found, false)
  const { csum: _, totLen: __, ...bare } = found
  const length = slice(b, at, last)
  const right = V4.parseIpv4Header(V4.emitIpv4(bare, length))
  const withLen = without(found, { totLen: right.totLen! })
  const { csum: ___, ...unsummed } = withLen
  const csum = V4.ipv4Csum(V4.emitIpv4(unsummed, length), 0)
  return { ipv4: without(withLen, { csum }), ...body }
}

/** The IPv4 packet between `off` and `end` as an object; throws `EDECODE` with field, offset and reason. */
export const decodePacket = (b: Uint8Array, off = 0, end: number = b.length): PacketRepr =>
  decodePacketAt(b, off, end, false)

/**
 * A frame that begins with an Ethernet header as an object. Throws `EDECODE` with field, offset and reason when a header is
 * truncated or a length cannot be. Octets are copied.
 */
export const decodeFrame = (b: Uint8Array): FrameRepr => {
  const end = b.length
  const eth = parseEth(b)
  const vlan: VlanRepr[] = []
  let at: number = ETH_HLEN
  let type = eth.type
  while (isVlanType(type)) {
    const tag = parseVlan(b, at, end)
    vlan.push(tag)
    type = tag.type
    at += VLAN_HLEN
  }
  const link = vlan.length === 0 ? { eth } : { eth, vlan }
  if (type === ETH_P_ARP) {
    const arp = parseArp(b, at, end)
    return { ...link, arp, payload: NO_OCTETS, ...restAs('trailer', b, at + ARP_HLEN, end) }
  }
  if (type !== ETH_P_IP) return { ...link, payload: slice(b, at, end) }
  const packet = decodePacketAt(b, at, end, false)
  return { ...link, ...packet, ...restAs('trailer', b, at + V4.ipv4TotLen(b, at), end) }
}

const protoOf = (init: PacketInit): number => {
  if (init.ipv4.proto !== undefined) return init.ipv4.proto
  if (init.udp !== undefined) return V4.IPPROTO_UDP
  if (init.icmp !== undefined) return V4.IPPROTO_ICMP
  if (init.tcp !== undefined) return V4.IPPROTO_TCP
  return init.igmp === undefined ? 0 : V4.IPPROTO_IGMP
}

const encodeBody = (init: PacketInit): Uint8Array => {
  const payload = init.quoted === undefined ? (init.payload ?? NO_OCTETS) : encodePacket(init.quoted)
  if (init.udp !== undefined)
    return concatOctets(emitUdp(init.udp, payload, pseudoOf(init.ipv4)), init.surplus ?? NO_OCTETS)
  if (init.icmp !== undefined) return emitIcmp(init.icmp, payload)
  if (init.tcp !== undefined) return emitTcp(init.tcp, payload, pseudoOf(init.ipv4))
  return init.igmp === undefined ? payload : emitIgmp(init.igmp)
}

/** Octets of an IPv4 packet; throws `EINVAL` for an address or number that cannot be. */
export const encodePacket = (init: PacketInit): Uint8Array =>
  V4.emitIpv4({ ...init.ipv4, proto: protoOf(init) }, encodeBody(init))

const encodeNetwork = (init: FrameInit): { type: number | null; octets: Uint8Array } => {
  if (init.arp !== undefined) return { type: ETH_P_ARP, octets: emitArp(init.arp) }
  if (init.ipv4 !== undefined) return { type: ETH_P_IP, octets: encodePacket({ ...init, ipv4: init.ipv4 }) }
  return { type: null, octets: init.payload ?? NO_OCTETS }
}

/**
 * Octets of a frame. Lengths, checksums, types and the protocol are computed unless given. Throws `EINVAL` for an address
 * or number that cannot be, and when the type neither is given nor follows from what is carried.
 */
export const encodeFrame = (init: FrameInit): Uint8Array => {
  const network = encodeNetwork(init)
  let type = network.type
  let octets = concatOctets(network.octets, init.trailer ?? NO_OCTETS)
  for (const tag of [...(init.vlan ?? [])].reverse()) {
    octets = emitVlan({ prio: 0, dei: false, ...tag, type: typeOf('vlan.type', tag.type, type) }, octets)
    type = ETH_P_8021Q
  }
  return emitEth({ ...init.eth, type: typeOf('eth.type', init.eth.type, type) }, octets)
}

const typeOf = (field: string, given: number | undefined, derived: number | null): number => {
  const type = given ?? derived
  if (type === null) throw new NetloomError('EINVAL', `${field}: neither given nor known from arp or ipv4`, { field })
  return type
}
