/**
 * The pcapng file format: what a file holds, as typed records.
 *
 * Reader and writer are `pcapng-reader.ts` and `pcapng-writer.ts`. Read: section headers, interfaces, packets (enhanced,
 * simple and the obsolete form), names, interface statistics, in both byte orders; blocks of other types are listed and
 * skipped. Written: one section, little endian, time stamps in nanoseconds.
 *
 * @see draft-ietf-opsawg-pcapng
 */

/** Flags word of a packet: it came in by the interface. */
export const EPB_INBOUND = 1
/** Flags word of a packet: it went out by the interface. */
export const EPB_OUTBOUND = 2
/** Flags word of a packet: both bits of the direction. */
export const EPB_DIRECTION_MASK = 3
/** Flags word of a packet: received, to the interface's own address. */
export const EPB_UNICAST: number = 1 << 2
/** Flags word of a packet: received, to a group address. */
export const EPB_MULTICAST: number = 2 << 2
/** Flags word of a packet: received, to everybody. */
export const EPB_BROADCAST: number = 3 << 2
/** Flags word of a packet: received, to the address of another interface. */
export const EPB_PROMISCUOUS: number = 4 << 2
/** Flags word of a packet: its checksum is left to the device. */
export const EPB_CSUM_NOT_READY: number = 1 << 9

/** Which way a packet went through its interface. */
export type PcapngDirection = 'in' | 'out'

/** How a packet was addressed, by bits 2 to 4 of the flags word less one. */
export const PCAPNG_RECEPTION = ['unicast', 'multicast', 'broadcast', 'promiscuous'] as const

/** How a packet was addressed, as the interface saw it. */
export type PcapngReception = (typeof PCAPNG_RECEPTION)[number]

/** An option that has no field of its own: its code and its octets. */
export interface PcapngOption {
  readonly code: number
  readonly data: Uint8Array
}

/** An interface of a section. Texts are null where the file gives none. */
export interface PcapngInterface {
  /** Number within its section, from 0. */
  readonly id: number
  /** Number of its section, from 0. */
  readonly section: number
  /** Number of the link type, for example LINKTYPE_ETHERNET. */
  readonly linkType: number
  /** Octets kept of a packet, at most; 0 for no limit. */
  readonly snapLen: number
  readonly name: string | null
  readonly description: string | null
  /** Link-layer address as text. */
  readonly mac: string | null
  /** IPv4 addresses as `ADDRESS/LENGTH`, or `ADDRESS/MASK` where the mask is no prefix. */
  readonly ipv4: readonly string[]
  /** IPv6 addresses as `ADDRESS/LENGTH`. */
  readonly ipv6: readonly string[]
  /** Bits per second. */
  readonly speed: number | null
  /** Resolution of the file's time stamps: a power of 10, or with 0x80 a power of 2, both negative; 6 by default. */
  readonly tsResol: number
  /** Seconds that are added to the file's time stamps. */
  readonly tsOffset: number
  /** Capture filter in libpcap's language. */
  readonly filter: string | null
  readonly os: string | null
  readonly hardware: string | null
  readonly comments: readonly string[]
  /** Further options, as they are. */
  readonly options: readonly PcapngOption[]
}

/** One packet of a capture file. */
export interface CapturePacket {
  readonly interface: PcapngInterface
  /** False for a Simple Packet Block, which has no time stamp; its times are 0. */
  readonly hasTime: boolean
  /**
   * Time stamp in nanoseconds: exact up to 2^53 (104 days), as times that netloom writes are. Times of the real world are
   * rounded to 256 ns; {@link sec} and {@link nsec} are exact.
   */
  readonly timeNs: number
  /** Seconds of the time stamp. */
  readonly sec: number
  /** Nanoseconds of the time stamp within the second; a finer resolution is cut off. */
  readonly nsec: number
  /** Octets that the packet had on the wire. */
  readonly wireLen: number
  /** Octets that were captured: a view of the file, not a copy. */
  readonly data: Uint8Array
  /** The flags word, 0 when there is none. */
  readonly flags: number
  /** Null where the file does not say. */
  readonly direction: PcapngDirection | null
  readonly reception: PcapngReception | null
  readonly comments: readonly string[]
  /** Packets lost between this one and the one before on the interface; null where the file does not say. */
  readonly dropCount: number | null
  /** Number that the same packet has on every interface. */
  readonly packetId: bigint | null
  /** Receive queue of the interface. */
  readonly queue: number | null
  /** Further options, as they are: hashes, verdicts, custom ones. */
  readonly options: readonly PcapngOption[]
}

/** Counters of an interface. A null is not in the file; counters are exact up to 2^53. */
export interface PcapngStatistics {
  readonly interface: PcapngInterface
  /** When the counters were read, in nanoseconds as in {@link CapturePacket}. */
  readonly timeNs: number
  /** Begin and end of the capture on the interface, in nanoseconds. */
  readonly startNs: number | null
  readonly endNs: number | null
  /** Packets received by the interface. */
  readonly received: number | null
  /** Packets dropped by the interface for lack of resources. */
  readonly ifDropped: number | null
  /** Packets that passed the filter. */
  readonly accepted: number | null
  /** Packets dropped by the operating system. */
  readonly osDropped: number | null
  /** Packets delivered to the capturing program. */
  readonly delivered: number | null
  readonly comments: readonly string[]
  readonly options: readonly PcapngOption[]
}

/** Names of one address. */
export interface PcapngNames {
  /** IPv4 or IPv6 address as text. */
  readonly address: string
  readonly names: readonly string[]
}

/** A block that is skipped: custom blocks, secrets, whatever else there is. */
export interface PcapngOtherBlock {
  readonly type: number
  /** Offset of the block in the file. */
  readonly offset: number
  /** The block's body: a view of the file. */
  readonly body: Uint8Array
}

/** A section of a file: one capture. */
export interface PcapngSection {
  /** Byte order of its numbers. */
  readonly littleEndian: boolean
  readonly hardware: string | null
  readonly os: string | null
  /** The program that wrote it. */
  readonly userAppl: string | null
  readonly comments: readonly string[]
  readonly options: readonly PcapngOption[]
  readonly interfaces: readonly PcapngInterface[]
  readonly packets: readonly CapturePacket[]
  readonly statistics: readonly PcapngStatistics[]
  readonly names: readonly PcapngNames[]
  readonly otherBlocks: readonly PcapngOtherBlock[]
}

/** Where a file broke off. */
export interface CaptureTruncation {
  /** Offset of what is not whole. */
  readonly offset: number
  /** What is wrong there. */
  readonly problem: string
}

/** Contents of a capture file of either format. */
export interface CaptureFile {
  readonly format: 'pcap' | 'pcapng'
  /** All interfaces; a pcap file has one without a name. */
  readonly interfaces: readonly PcapngInterface[]
  /** All packets in the order of the file. */
  readonly packets: readonly CapturePacket[]
}

/** Contents of a pcapng file. */
export interface PcapngFile extends CaptureFile {
  readonly format: 'pcapng'
  readonly sections: readonly PcapngSection[]
  /** Where the file breaks off, when it was read leniently; else null. */
  readonly truncated: CaptureTruncation | null
}
