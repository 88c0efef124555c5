/**
 * Ethernet, ARP and IPv4 in canonical form, and with them whole captures.
 *
 * Only untagged IPv4 has anything to mask; a frame of any other type is compared octet by octet.
 */
import { CanonicalFrame } from './canonical-frame.js'
import { CaptureMemory } from './capture-memory.js'
import { canonIcmp } from './frame-icmp.js'
import { canonTcp } from './frame-tcp.js'
import { canonUdp } from './frame-udp.js'
import { type FrameRules, RAW_LINK_TYPES, SCENARIO_RULES } from './masks.js'
import { onesSum, u16 } from './octets.js'
import type { CapturedFrame } from './pcap-reader.js'

const ETHERNET_HLEN = 14
const IPV4_HLEN = 20
const ARP_LEN = 28
const ETH_P_IP = 0x0800
const ETH_P_ARP = 0x0806
const FRAGMENT_BITS = 0x3fff
const OFFSET_MASK = 0x1fff

const ETHERNET_LAYOUT: readonly (readonly [string, number])[] = [
  ['eth.dst', 6],
  ['eth.src', 6],
  ['eth.type', 2],
]

const ARP_LAYOUT: readonly (readonly [string, number])[] = [
  ['arp.htype', 2],
  ['arp.ptype', 2],
  ['arp.hlen', 1],
  ['arp.plen', 1],
  ['arp.op', 2],
  ['arp.sha', 6],
  ['arp.spa', 4],
  ['arp.tha', 6],
  ['arp.tpa', 4],
]

const IPV4_LAYOUT: readonly (readonly [string, number])[] = [
  ['ip.version+ihl', 1],
  ['ip.tos', 1],
  ['ip.length', 2],
  ['ip.id', 2],
  ['ip.frag', 2],
  ['ip.ttl', 1],
  ['ip.protocol', 1],
  ['ip.checksum', 2],
  ['ip.src', 4],
  ['ip.dst', 4],
]

/** Covers identification and header checksum of the IPv4 header at `ip`, `hlen` octets long. */
const canonId = (frame: CanonicalFrame, ip: number, hlen: number, label: string): void => {
  const b = frame.raw
  const isRight = onesSum(b, ip, ip + hlen) === 0xffff
  const id = u16(b, ip + 4)
  if (id === 0) {
    if (!isRight) frame.remarks.push(`${label}ip.checksum is wrong`)
    return
  }
  frame.ids.push({ protocol: b[ip + 9]!, id })
  frame.coverAny(ip + 4, 2, 'ip-id')
  frame.coverVerdict(ip + 10, isRight, 'ip-checksum', `${label}ip.checksum`)
}

const canonIpv4 = (
  frame: CanonicalFrame,
  memory: CaptureMemory,
  ip: number,
  limit: number,
  label: string,
  quoted: boolean,
): void => {
  const b = frame.raw
  if (limit - ip < IPV4_HLEN || b[ip]! >> 4 !== 4) return
  frame.fields(ip, limit, label, IPV4_LAYOUT)
  const hlen = (b[ip]! & 15) * 4
  const payload = ip + hlen
  if (hlen < IPV4_HLEN || payload > limit) return
  frame.field(ip + IPV4_HLEN, payload, `${label}ip.options`)
  const length = u16(b, ip + 2)
  const end = Math.min(limit, ip + Math.max(length, hlen))
  frame.field(end, limit, `${label}eth.trailer`)
  canonId(frame, ip, hlen, label)
  const flags = u16(b, ip + 6)
  const fragment = (flags & FRAGMENT_BITS) !== 0
  const packet = { ip, payload, end, label, quoted, whole: ip + length <= limit, fragment }
  const protocol = b[ip + 9]
  if ((flags & OFFSET_MASK) !== 0) frame.field(payload, end, `${label}ip.fragment`)
  else if (protocol === 1) canonIcmp(frame, memory, packet, canonIpv4)
  else if (protocol === 6) canonTcp(frame, memory, packet)
  else if (protocol === 17) canonUdp(frame, memory, packet, { ethernet: canonEthernet, ipv4: canonInnerIpv4 })
  else frame.field(payload, end, `${label}ip.payload`)
}

const canonInnerIpv4 = (
  frame: CanonicalFrame,
  memory: CaptureMemory,
  start: number,
  limit: number,
  label: string,
): void => canonIpv4(frame, memory, start, limit, label, false)

const canonEthernet = (
  frame: CanonicalFrame,
  memory: CaptureMemory,
  eth: number,
  limit: number,
  label: string,
): void => {
  frame.fields(eth, limit, label, ETHERNET_LAYOUT)
  const payload = eth + ETHERNET_HLEN
  if (payload > limit) return
  const type = u16(frame.raw, eth + 12)
  if (type === ETH_P_IP) canonIpv4(frame, memory, payload, limit, label, false)
  else if (type === ETH_P_ARP && limit - payload >= ARP_LEN) {
    frame.fields(payload, limit, label, ARP_LAYOUT)
    frame.field(payload + ARP_LEN, limit, `${label}arp.trailer`)
  }
}

/** The frames of one capture in canonical form, in their order; `linkType` as the capture's header has it. */
export const canonFrames = (
  frames: readonly CapturedFrame[],
  rules: FrameRules = SCENARIO_RULES,
  linkType = 1,
): CanonicalFrame[] => {
  const isRaw = rules.rawIp && RAW_LINK_TYPES.includes(linkType)
  const memory = new CaptureMemory(frames, rules, isRaw)
  const canon = isRaw ? canonInnerIpv4 : canonEthernet
  return frames.map(captured => {
    const frame = new CanonicalFrame(captured)
    canon(frame, memory, 0, captured.bytes.length, '')
    return frame
  })
}
