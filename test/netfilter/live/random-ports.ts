/**
 * Ports and echo identifiers that NAT drew at random, one for one: in both runs the first one that is seen becomes the same
 * number, so does the second, and so on. A number that the case, or a range of its rules, brought about stays.
 */
import { decodeFrame, encodeFrame, type FrameInit, type PacketInit } from '../../../lib/wire/frame.js'
import type { Run } from './case.js'

/** Ports that packets and rules name. */
const isNamed = (port: number): boolean =>
  [0, 53, 80, 40000, 41000].includes(port) ||
  (port >= 5000 && port <= 5002) ||
  (port >= 6000 && port <= 6010) ||
  (port >= 7000 && port <= 7005)

const FIRST = 20_000

class Numbers {
  readonly #seen = new Map<number, number>()

  /** The number that stands for a port. */
  of(port: number): number {
    if (isNamed(port)) return port
    const known = this.#seen.get(port)
    if (known !== undefined) return known
    const next = FIRST + this.#seen.size
    this.#seen.set(port, next)
    return next
  }
}

const PORTS = /(?<=\b[sd]port=)\d+/g

/** RFC 1624: the checksum when each of some words becomes the number that stands for it. */
const updated = (checksum: number, words: readonly number[], numbers: Numbers): number => {
  let sum = ~checksum & 0xffff
  for (const word of words) sum += (~word & 0xffff) + numbers.of(word)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}

/** Ports and checksum of a header; the checksum is there when it is not that of what is there, as in a quote cut short. */
const renamedHeader = <T extends { readonly sport: number; readonly dport: number; readonly csum?: number }>(
  header: T,
  numbers: Numbers,
): T => {
  const { sport, dport, csum } = header
  const ports = { ...header, sport: numbers.of(sport), dport: numbers.of(dport) }
  return csum === undefined || csum === 0 ? ports : { ...ports, csum: updated(csum, [sport, dport], numbers) }
}

const renamedPacket = <T extends PacketInit>(packet: T, numbers: Numbers): T => {
  const { udp, tcp, quoted } = packet
  return {
    ...packet,
    ...(udp === undefined ? {} : { udp: renamedHeader(udp, numbers) }),
    ...(tcp === undefined ? {} : { tcp: renamedHeader(tcp, numbers) }),
    ...(quoted === undefined ? {} : { quoted: renamedPacket(quoted, numbers) }),
  }
}

const IP_AT = 14
const CHECKSUM_AT: Readonly<Record<number, number>> = { 6: 16, 17: 6 }

/** The first fragment of a datagram: its checksum is that of the whole and is changed by what its ports change (RFC 1624). */
const renamedFragment = (hex: string, proto: number, numbers: Numbers): string => {
  const octets = Buffer.from(hex, 'hex')
  const at = IP_AT + (octets[IP_AT]! & 15) * 4
  const checksumAt = CHECKSUM_AT[proto]
  if (checksumAt === undefined || octets.length < at + checksumAt + 2) return hex
  const ports = [octets.readUInt16BE(at), octets.readUInt16BE(at + 2)] as const
  octets.writeUInt16BE(updated(octets.readUInt16BE(at + checksumAt), ports, numbers), at + checksumAt)
  octets.writeUInt16BE(numbers.of(ports[0]), at)
  octets.writeUInt16BE(numbers.of(ports[1]), at + 2)
  return octets.toString('hex')
}

const renamedFrame = (hex: string, numbers: Numbers): string => {
  try {
    const frame = decodeFrame(Uint8Array.from(Buffer.from(hex, 'hex')))
    if (frame.ipv4 === undefined) return hex
    if (frame.ipv4.mf && frame.ipv4.fragOffset === 0) return renamedFragment(hex, frame.ipv4.proto, numbers)
    const init: FrameInit = { ...frame, ipv4: frame.ipv4 }
    return Buffer.from(encodeFrame(renamedPacket(init as FrameInit & PacketInit, numbers))).toString('hex')
  } catch {
    return hex
  }
}

/** True when NAT drew a port in this run. */
export const drewPorts = (run: Run): boolean =>
  [...run.end.conntrack.matchAll(PORTS)].some(([port]) => !isNamed(Number(port)))

/** The run with its drawn ports renamed. */
export const withoutDrawnPorts = (run: Run): Run => {
  const numbers = new Numbers()
  const frames = new Map(
    [...run.frames]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([dev, list]) => [dev, list.map(hex => renamedFrame(hex, numbers))] as const),
  )
  const conntrack = run.end.conntrack.replace(PORTS, port => String(numbers.of(Number(port))))
  return { ...run, frames, end: { ...run.end, conntrack } }
}
