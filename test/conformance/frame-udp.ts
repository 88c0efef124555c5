/**
 * UDP in canonical form. A VXLAN packet has its source port and checksum masked and its inner frame brought into
 * canonical form too; so has one that carries a bare IPv4 packet, where the rules say so. Any other datagram is compared as
 * it is, except for ports that may be drawn, and that a checksum which the sender left unfinished stands for the finished
 * one.
 *
 * @see RFC 768, RFC 7348
 */
import type { CanonicalFrame, PacketBounds } from './canonical-frame.js'
import type { CaptureMemory } from './capture-memory.js'
import { checksumState, coverChecksum } from './frame-checksum.js'
import { EPHEMERAL_PORTS } from './masks.js'
import { hex, onesSum, pseudoSum, u16 } from './octets.js'

/** Brings what stands from `start` up to `end` into canonical form. */
type Canon = (frame: CanonicalFrame, memory: CaptureMemory, start: number, end: number, label: string) => void

/** What a datagram may carry. */
export interface InnerCanon {
  readonly ethernet: Canon
  readonly ipv4: Canon
}

const IPPROTO_ICMP = 1
const IPPROTO_TCP = 6
const IPPROTO_UDP = 17
const ETH_P_IP = 0x0800
const IPV4_HLEN = 20
const UDP_HLEN = 8
const VXLAN_HLEN = 8
const VXLAN_F_VNI = 0x08
const ETHERNET_HLEN = 14

const LAYOUT: readonly (readonly [string, number])[] = [
  ['udp.sport', 2],
  ['udp.dport', 2],
  ['udp.length', 2],
  ['udp.checksum', 2],
]

const isVxlan = (b: Uint8Array, ports: readonly number[], udp: number, end: number): boolean => {
  const vxlan = udp + UDP_HLEN
  if (!ports.includes(u16(b, udp + 2)) || end - vxlan < VXLAN_HLEN) return false
  return (b[vxlan]! & VXLAN_F_VNI) !== 0 && b[vxlan + 7] === 0
}

/** True for a datagram that carries a bare IPv4 packet. */
const isInnerIpv4 = (b: Uint8Array, ports: readonly number[], udp: number, end: number): boolean => {
  const inner = udp + UDP_HLEN
  const isPort = ports.includes(u16(b, udp)) || ports.includes(u16(b, udp + 2))
  return isPort && end - inner >= IPV4_HLEN && b[inner]! >> 4 === 4
}

/**
 * What the kernel hashes into the source port of a VXLAN packet: of IPv4 addresses, protocol and ports or echo id, of
 * anything else the MAC addresses and the type.
 *
 * @see include/net/udp.h udp_flow_src_port, net/core/flow_dissector.c
 */
const innerFlow = (b: Uint8Array, eth: number, end: number): string => {
  const type = u16(b, eth + 12)
  if (type !== ETH_P_IP || end - eth < ETHERNET_HLEN + 20) return `${hex(b, eth, eth + 12)} type ${type}`
  const ip = eth + ETHERNET_HLEN
  const protocol = b[ip + 9]!
  const flow = `${hex(b, ip + 12, ip + 20)} protocol ${protocol}`
  if ((u16(b, ip + 6) & 0x3fff) !== 0) return `${flow} fragment`
  const payload = ip + (b[ip]! & 15) * 4
  const hasPorts = protocol === IPPROTO_TCP || protocol === IPPROTO_UDP
  if (hasPorts && payload + 4 <= end) return `${flow} ports ${hex(b, payload, payload + 4)}`
  if (protocol === IPPROTO_ICMP && payload + 6 <= end) {
    return `${flow} icmp ${b[payload]} id ${hex(b, payload + 4, payload + 6)}`
  }
  return flow
}

const canonSourcePort = (frame: CanonicalFrame, memory: CaptureMemory, packet: PacketBounds): void => {
  const { ip, payload: udp, end, label, quoted } = packet
  const b = frame.raw
  const port = u16(b, udp)
  const [lowest, highest] = EPHEMERAL_PORTS
  if (port >= lowest && port <= highest) frame.coverAny(udp, 2, 'vxlan-sport')
  else frame.remarks.push(`${label}udp.sport ${port} is outside ${lowest}..${highest}`)
  const vxlan = udp + UDP_HLEN
  if (quoted || end - vxlan < VXLAN_HLEN + ETHERNET_HLEN) return
  const flow = `${hex(b, ip + 12, ip + 20)} vni ${hex(b, vxlan + 4, vxlan + 7)} ${innerFlow(b, vxlan + VXLAN_HLEN, end)}`
  const before = memory.vxlanPorts.get(flow)
  if (before === undefined) memory.vxlanPorts.set(flow, port)
  else if (before !== port) {
    frame.remarks.push(`${label}udp.sport ${port}: the same inner flow came from ${before} before`)
    frame.unequalToAll = true
  }
}

const canonPlain = (frame: CanonicalFrame, memory: CaptureMemory, packet: PacketBounds): void => {
  const { ip, payload: udp, end, label } = packet
  const b = frame.raw
  const { chosenNumbers } = memory.rules
  const isDrawn = [udp, udp + 2].map(port => frame.coverDrawn(port, 'udp', chosenNumbers)).includes(true)
  frame.field(udp + UDP_HLEN, end, `${label}udp.payload`)
  const at = udp + 6
  if (u16(b, at) === 0) return
  if (isDrawn) return coverChecksum(frame, memory, packet, at, IPPROTO_UDP, 'udp-checksum', 'udp.checksum')
  const state = checksumState(frame, memory, packet, at, IPPROTO_UDP)
  if (state === 'wrong') frame.remarks.push(`${label}udp.checksum is wrong`)
  if (state !== 'unfinished') return
  // the sum without the two octets of the field, which is what would have been inverted into it
  const before = onesSum(b, udp, at, pseudoSum(b, ip, IPPROTO_UDP, end - udp))
  const finished = 0xffff - onesSum(b, at + 2, end, before)
  frame.cover16(at, finished === 0 ? 0xffff : finished, 'checksum-offload')
}

const canonVxlan = (frame: CanonicalFrame, memory: CaptureMemory, packet: PacketBounds, inner: InnerCanon): void => {
  const { payload: udp, end, label } = packet
  const vxlan = udp + UDP_HLEN
  frame.field(vxlan, vxlan + 4, `${label}vxlan.flags`)
  frame.field(vxlan + 4, vxlan + 8, `${label}vxlan.vni`)
  canonSourcePort(frame, memory, packet)
  inner.ethernet(frame, memory, vxlan + VXLAN_HLEN, end, `${label}inner `)
  if (u16(frame.raw, udp + 6) === 0) return
  coverChecksum(frame, memory, packet, udp + 6, IPPROTO_UDP, 'udp-checksum', 'udp.checksum')
}

const canonBareIpv4 = (frame: CanonicalFrame, memory: CaptureMemory, packet: PacketBounds, inner: InnerCanon): void => {
  const { payload: udp, end, label } = packet
  inner.ipv4(frame, memory, udp + UDP_HLEN, end, `${label}inner `)
  if (u16(frame.raw, udp + 6) === 0) return
  coverChecksum(frame, memory, packet, udp + 6, IPPROTO_UDP, 'udp-checksum', 'udp.checksum')
}

/** Brings the UDP datagram of `packet` into canonical form. */
export const canonUdp = (
  frame: CanonicalFrame,
  memory: CaptureMemory,
  packet: PacketBounds,
  inner: InnerCanon,
): void => {
  const { payload: udp, end, label } = packet
  frame.fields(udp, end, label, LAYOUT)
  if (end - udp < UDP_HLEN) return
  const { vxlanPorts, innerPorts } = memory.rules
  if (isVxlan(frame.raw, vxlanPorts, udp, end)) canonVxlan(frame, memory, packet, inner)
  else if (isInnerIpv4(frame.raw, innerPorts, udp, end)) canonBareIpv4(frame, memory, packet, inner)
  else canonPlain(frame, memory, packet)
}
