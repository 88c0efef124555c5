/**
 * One door for capture files of either format.
 */
import { readPcap } from './pcap.js'
import type { CaptureFile, CapturePacket, PcapngInterface } from './pcapng.js'
import { PCAPNG_SHB } from './pcapng-numbers.js'
import { type PcapngReadOptions, readPcapng } from './pcapng-reader.js'

/** True when the octets begin with a Section Header Block. */
export const isPcapng = (bytes: Uint8Array): boolean =>
  bytes.length >= 4 && new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0) === PCAPNG_SHB

const MICROS = 6
const NANOS = 9

const fromPcap = (bytes: Uint8Array): CaptureFile => {
  const { linkType, snapLen, nanos, packets } = readPcap(bytes)
  const only: PcapngInterface = {
    id: 0,
    section: 0,
    linkType,
    snapLen,
    name: null,
    description: null,
    mac: null,
    ipv4: [],
    ipv6: [],
    speed: null,
    tsResol: nanos ? NANOS : MICROS,
    tsOffset: 0,
    filter: null,
    os: null,
    hardware: null,
    comments: [],
    options: [],
  }
  const toPacket = (packet: (typeof packets)[number]): CapturePacket => ({
    interface: only,
    hasTime: true,
    ...packet,
    flags: 0,
    direction: null,
    reception: null,
    comments: [],
    dropCount: null,
    packetId: null,
    queue: null,
    options: [],
  })
  return { format: 'pcap', interfaces: [only], packets: packets.map(toPacket) }
}

/**
 * Reads a capture file, pcap or pcapng, into the same records: a pcap file has one interface without a name, and its
 * packets have neither direction nor comments. Throws `EFORMAT` with the offset; `lenient` is {@link readPcapng}'s.
 *
 * @example
 * const { format, packets } = readCapture(readFileSync('capture'))
 */
export const readCapture = (bytes: Uint8Array, options: PcapngReadOptions = {}): CaptureFile =>
  isPcapng(bytes) ? readPcapng(bytes, options) : fromPcap(bytes)
