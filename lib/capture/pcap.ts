/**
 * The pcap file format: a reader for tests and replay, a writer for captures.
 *
 * Read: both byte orders, microsecond and nanosecond magic numbers, version 2.4. Written: little endian with nanoseconds,
 * as `tcpdump --nano` does on x86. Left out: the modified formats of other tools. pcapng is in `pcapng.ts`.
 * @see pcap-savefile(5)
 */

import { fail, NetloomError } from '../errors.js'
import { offsets, u16le, u32le } from '../wire/layout.js'

const FILE = offsets(24, [
  u32le('magic'),
  u16le('major'),
  u16le('minor'),
  u32le('thiszone'),
  u32le('sigfigs'),
  u32le('snapLen'),
  u32le('linkType'),
])
const RECORD = offsets(16, [u32le('sec'), u32le('frac'), u32le('capLen'), u32le('wireLen')])

const MAGIC_MICROS = 0xa1b2c3d4
const MAGIC_NANOS = 0xa1b23c4d
const MAJOR = 2
const MINOR = 4
const NS_PER_SEC = 1_000_000_000
/** Link type bits; the bits above say whether frames end with a frame check sequence, and its length. */
const LINKTYPE_MASK = 0x03ffffff

/** Octets of a frame that tcpdump keeps when nothing else is asked for. */
export const DEFAULT_SNAPLEN = 262144
/** Link type: Ethernet. */
export const LINKTYPE_ETHERNET = 1
/** Link type: IPv4 or IPv6 without link layer. */
export const LINKTYPE_RAW = 101
/** Link type: Linux cooked capture (the `any` device), version 1. */
export const LINKTYPE_LINUX_SLL = 113
/** Link type: IPv4 without link layer. */
export const LINKTYPE_IPV4 = 228
/** Link type: Linux cooked capture, version 2. */
export const LINKTYPE_LINUX_SLL2 = 276

/** One frame of a capture file. */
export interface PcapPacket {
  /** Time stamp in nanoseconds; exact up to 2^53 (104 days), as times that netloom writes are. */
  readonly timeNs: number
  /** Seconds of the time stamp. */
  readonly sec: number
  /** Nanoseconds of the time stamp within the second. */
  readonly nsec: number
  /** Octets that the frame had on the wire. */
  readonly wireLen: number
  /** Octets that were captured: a view of the file, not a copy. */
  readonly data: Uint8Array
}

/** Contents of a capture file. */
export interface PcapFile {
  /** Number of the link type, for example {@link LINKTYPE_ETHERNET}. */
  readonly linkType: number
  /** Whether the file holds nanoseconds (else microseconds). */
  readonly nanos: boolean
  /** Octets kept of a frame, at most. */
  readonly snapLen: number
  readonly packets: readonly PcapPacket[]
}

const formatError = (at: number, problem: string): NetloomError =>
  new NetloomError('EFORMAT', `pcap: at offset ${at}: ${problem}`, { offset: at })

type ReadU32 = (o: number) => number

const readHeader = (view: DataView): { little: boolean; nanos: boolean } => {
  if (view.byteLength < FILE.SIZE) throw formatError(0, `${view.byteLength} octets, a file header has ${FILE.SIZE}`)
  for (const little of [true, false]) {
    const magic = view.getUint32(FILE.magic, little)
    if (magic === MAGIC_MICROS || magic === MAGIC_NANOS) {
      const major = view.getUint16(FILE.major, little)
      const minor = view.getUint16(FILE.minor, little)
      if (major !== MAJOR || minor !== MINOR)
        throw formatError(FILE.major, `version ${major}.${minor}, supported is ${MAJOR}.${MINOR}`)
      return { little, nanos: magic === MAGIC_NANOS }
    }
  }
  const magic = view.getUint32(FILE.magic).toString(16).padStart(8, '0')
  throw formatError(0, `magic number ${magic} is not that of a pcap file`)
}

const readRecord = (bytes: Uint8Array, at: number, index: number, fracNs: number, u32: ReadU32): PcapPacket => {
  const left = bytes.length - at
  if (left < RECORD.SIZE) throw formatError(at, `record ${index} has ${left} octets of its header of ${RECORD.SIZE}`)
  const capLen = u32(at + RECORD.capLen)
  const start = at + RECORD.SIZE
  if (capLen > bytes.length - start)
    throw formatError(at, `record ${index} announces ${capLen} octets, ${bytes.length - start} are left`)
  const sec = u32(at + RECORD.sec)
  const nsec = u32(at + RECORD.frac) * fracNs
  const data = bytes.subarray(start, start + capLen)
  return { timeNs: sec * NS_PER_SEC + nsec, sec, nsec, wireLen: u32(at + RECORD.wireLen), data }
}

/**
 * Reads a capture file. Throws `EFORMAT` with the offset when the file is truncated or not a pcap file.
 * @see pcap-savefile(5)
 */
export const readPcap = (bytes: Uint8Array): PcapFile => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const { little, nanos } = readHeader(view)
  const u32: ReadU32 = o => view.getUint32(o, little)
  const packets: PcapPacket[] = []
  for (let at = FILE.SIZE; at < bytes.length; ) {
    const packet = readRecord(bytes, at, packets.length, nanos ? 1 : 1000, u32)
    packets.push(packet)
    at += RECORD.SIZE + packet.data.length
  }
  const linkType = u32(FILE.linkType) & LINKTYPE_MASK
  return { linkType, nanos, snapLen: u32(FILE.snapLen), packets }
}

/** Options of a {@link PcapWriter}. */
export interface PcapWriterOptions {
  /** Number of the link type; Ethernet when absent. */
  readonly linkType?: number
  /** Octets kept of a frame, at most; {@link DEFAULT_SNAPLEN} when absent. */
  readonly snapLen?: number
  /**
   * Receives the file piece by piece, in order; the octets are the writer's own and change after the call. When absent,
   * the writer keeps everything for `bytes()`.
   */
  readonly sink?: (chunk: Uint8Array) => void
}

/** Octets that the slab has at first; with a sink also the size of its pieces. */
const SLAB_OCTETS = 65536

const putU32le = (b: Uint8Array, o: number, v: number): void => {
  b[o] = v
  b[o + 1] = v >> 8
  b[o + 2] = v >> 16
  b[o + 3] = v >> 24
}

/**
 * Writes a capture file with nanosecond time stamps into one growing slab, or piece by piece into a sink.
 *
 * A frame costs a header and a copy (14 ns in the measurements that this follows), no object.
 */
export class PcapWriter {
  /** Number of the link type. */
  readonly linkType: number
  /** Octets kept of a frame, at most. */
  readonly snapLen: number
  /** Frames written so far. */
  count: number
  #slab: Uint8Array
  #used: number
  readonly #sink: ((chunk: Uint8Array) => void) | null

  constructor(options: PcapWriterOptions = {}) {
    this.linkType = options.linkType ?? LINKTYPE_ETHERNET
    this.snapLen = options.snapLen ?? DEFAULT_SNAPLEN
    if (!Number.isInteger(this.snapLen) || this.snapLen < 1 || this.snapLen > 0x7fffffff)
      fail('EINVAL', `pcap: snapLen ${this.snapLen} is not between 1 and 2147483647`, { snapLen: this.snapLen })
    this.count = 0
    this.#sink = options.sink ?? null
    this.#slab = new Uint8Array(SLAB_OCTETS)
    this.#used = FILE.SIZE
    putU32le(this.#slab, FILE.magic, MAGIC_NANOS)
    this.#slab[FILE.major] = MAJOR
    this.#slab[FILE.minor] = MINOR
    putU32le(this.#slab, FILE.snapLen, this.snapLen)
    putU32le(this.#slab, FILE.linkType, this.linkType)
  }

  /** Appends the frame `b[off..end)`, seen at `timeNs` nanoseconds (integer, not negative). */
  write(timeNs: number, b: Uint8Array, off: number = 0, end: number = b.length): void {
    const wireLen = end - off
    const capLen = Math.min(wireLen, this.snapLen)
    if (this.#used + RECORD.SIZE + capLen > this.#slab.length) this.#makeRoom(RECORD.SIZE + capLen)
    const slab = this.#slab
    const at = this.#used
    const sec = Math.floor(timeNs / NS_PER_SEC)
    putU32le(slab, at + RECORD.sec, sec)
    putU32le(slab, at + RECORD.frac, timeNs - sec * NS_PER_SEC)
    putU32le(slab, at + RECORD.capLen, capLen)
    putU32le(slab, at + RECORD.wireLen, wireLen)
    this.#copy(slab, at + RECORD.SIZE, b, off, capLen)
    this.#used = at + RECORD.SIZE + capLen
    this.count++
  }

  /** A copy of the whole file so far; with a sink, of what has not been handed over yet. */
  bytes(): Uint8Array {
    return this.#slab.slice(0, this.#used)
  }

  /** Hands what is pending to the sink; does nothing without one. */
  flush(): void {
    if (this.#sink === null || this.#used === 0) return
    this.#sink(this.#slab.subarray(0, this.#used))
    this.#used = 0
  }

  #copy(slab: Uint8Array, at: number, b: Uint8Array, off: number, n: number): void {
    // A subarray costs more than short loops of octets; the break-even is near 64.
    if (n > 64) slab.set(b.subarray(off, off + n), at)
    else for (let i = 0; i < n; i++) slab[at + i] = b[off + i]!
  }

  #makeRoom(need: number): void {
    this.flush()
    if (this.#used + need <= this.#slab.length) return
    let size = this.#slab.length
    while (size < this.#used + need) size *= 2
    const grown = new Uint8Array(size)
    grown.set(this.#slab.subarray(0, this.#used))
    this.#slab = grown
  }
}
