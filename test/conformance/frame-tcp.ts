/**
 * TCP in canonical form: numbers relative to the initial sequence number of their direction, time stamps and the
 * checksum masked, everything else as it is.
 *
 * @see RFC 9293, RFC 7323 (time stamps), RFC 2018 (SACK)
 */
import type { CanonicalFrame, PacketBounds } from './canonical-frame.js'
import type { CaptureMemory } from './capture-memory.js'
import { coverChecksum } from './frame-checksum.js'
import { hex, u16, u32 } from './octets.js'

const IPPROTO_TCP = 6
const TCP_HLEN = 20
const SYN = 0x02
const RST = 0x04
const ACK = 0x10
const OPT_END = 0
const OPT_NOP = 1
const OPT_SACK = 5
const OPT_TIMESTAMP = 8

const LAYOUT: readonly (readonly [string, number])[] = [
  ['tcp.sport', 2],
  ['tcp.dport', 2],
  ['tcp.seq', 4],
  ['tcp.ack', 4],
  ['tcp.flags', 2],
  ['tcp.window', 2],
  ['tcp.checksum', 2],
  ['tcp.urgent', 2],
]

/** The two directions of the connection that the segment at `tcp` belongs to: its own and the other one. */
const directions = (b: Uint8Array, ip: number, tcp: number): readonly [string, string] => {
  const from = `${hex(b, ip + 12, ip + 16)}:${u16(b, tcp)}`
  const to = `${hex(b, ip + 16, ip + 20)}:${u16(b, tcp + 2)}`
  return [`${from}>${to}`, `${to}>${from}`]
}

const canonSequence = (
  frame: CanonicalFrame,
  memory: CaptureMemory,
  at: number,
  flags: number,
  own: string,
  other: string,
  quoted: boolean,
): void => {
  const seq = u32(frame.raw, at)
  const opens = (flags & SYN) !== 0 && !quoted
  if (opens && memory.tcpStarts.get(own) !== seq) {
    memory.tcpStarts.set(own, seq)
    // a new connection on the same ports: what the other side counted from is void
    if ((flags & ACK) === 0) memory.tcpStarts.delete(other)
  }
  if (seq !== 0) frame.cover32(at, memory.tcpRelative(own, seq), 'tcp-isn')
  else if ((flags & RST) === 0) memory.tcpRelative(own, 0)
}

const canonTimestamps = (frame: CanonicalFrame, option: number): void => {
  for (const at of [option + 2, option + 6]) if (u32(frame.raw, at) !== 0) frame.coverAny(at, 4, 'tcp-timestamp')
}

const canonSack = (frame: CanonicalFrame, memory: CaptureMemory, option: number, end: number, other: string): void => {
  if (!memory.tcpStarts.has(other)) return
  for (let at = option + 2; at + 4 <= end; at += 4) {
    frame.cover32(at, memory.tcpRelative(other, u32(frame.raw, at)), 'tcp-isn')
  }
}

const canonOptions = (
  frame: CanonicalFrame,
  memory: CaptureMemory,
  start: number,
  end: number,
  label: string,
  other: string,
): void => {
  const b = frame.raw
  let at = start
  while (at < end && b[at] !== OPT_END) {
    if (b[at] === OPT_NOP) {
      at++
      continue
    }
    const next = at + (b[at + 1] ?? 0)
    if (next < at + 2 || next > end) return
    frame.field(at, next, `${label}tcp.option${b[at]}`)
    if (b[at] === OPT_TIMESTAMP && next - at === 10) canonTimestamps(frame, at)
    else if (b[at] === OPT_SACK) canonSack(frame, memory, at, next, other)
    at = next
  }
}

/** Brings the TCP segment of `packet` into canonical form; a quoted one may be cut after eight octets. */
export const canonTcp = (frame: CanonicalFrame, memory: CaptureMemory, packet: PacketBounds): void => {
  const { payload: tcp, end, label } = packet
  const b = frame.raw
  frame.fields(tcp, end, label, LAYOUT)
  const held = end - tcp
  if (held < 8) return
  for (const at of [tcp, tcp + 2]) frame.coverDrawn(at, 'tcp', memory.rules.chosenNumbers)
  const [own, other] = directions(b, packet.ip, tcp)
  const flags = held >= 14 ? b[tcp + 13]! : 0
  canonSequence(frame, memory, tcp + 4, flags, own, other, packet.quoted)
  if (held >= 12 && (flags & ACK) !== 0) {
    const ack = u32(b, tcp + 8)
    if (ack !== 0) frame.cover32(tcp + 8, memory.tcpRelative(other, ack), 'tcp-isn')
  }
  const headerEnd = tcp + (held >= 13 ? (b[tcp + 12]! >> 4) * 4 : TCP_HLEN)
  canonOptions(frame, memory, tcp + TCP_HLEN, Math.min(headerEnd, end), label, other)
  frame.field(headerEnd, end, `${label}tcp.payload`)
  if (held >= 18) coverChecksum(frame, memory, packet, tcp + 16, IPPROTO_TCP, 'tcp-checksum', 'tcp.checksum')
}
