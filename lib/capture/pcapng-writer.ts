/**
 * Writes pcapng files: one section, little endian, time stamps in nanoseconds.
 *
 * @see draft-ietf-opsawg-pcapng
 */
import { NetloomError } from '../errors.js'
import { DEFAULT_SNAPLEN, LINKTYPE_ETHERNET } from './pcap.js'
import {
  EPB_INBOUND,
  EPB_OUTBOUND,
  PCAPNG_RECEPTION,
  type CapturePacket,
  type PcapngInterface,
  type PcapngNames,
  type PcapngStatistics,
} from './pcapng.js'
import {
  EPB_DROPCOUNT,
  EPB_FLAGS,
  EPB_PACKETID,
  EPB_QUEUE,
  IF_DESCRIPTION,
  IF_FILTER,
  IF_HARDWARE,
  IF_IPV4ADDR,
  IF_IPV6ADDR,
  IF_MACADDR,
  IF_NAME,
  IF_OS,
  IF_SPEED,
  IF_TSRESOL,
  ISB_ENDTIME,
  ISB_FILTERACCEPT,
  ISB_IFDROP,
  ISB_IFRECV,
  ISB_OSDROP,
  ISB_STARTTIME,
  ISB_USRDELIV,
  NRB_RECORD_IPV4,
  NRB_RECORD_IPV6,
  PCAPNG_EPB,
  PCAPNG_IDB,
  PCAPNG_ISB,
  PCAPNG_MAGIC,
  PCAPNG_NRB,
  PCAPNG_SHB,
  SHB_HARDWARE,
  SHB_OS,
  SHB_USERAPPL,
} from './pcapng-numbers.js'
import { padded } from './pcapng-cursor.js'
import { checkCount, OptionList, optionOctets, putOption, putU16le, putU32le } from './pcapng-options.js'
import { PcapngSlab } from './pcapng-slab.js'
import { putU32 } from '../wire/bytes.js'
import { isIpv4Text, parseIpv4, parseIpv6 } from '../wire/ip.js'
import { encodeUtf8 } from '../wire/utf8.js'

/** Options of a {@link PcapngWriter}: what its section says about itself, and where it goes. */
export interface PcapngWriterOptions {
  readonly hardware?: string | null
  readonly os?: string | null
  /** The program that writes; `netloom` when absent, null for nothing. */
  readonly userAppl?: string | null
  readonly comments?: readonly string[]
  /**
   * Receives the file piece by piece, in order; the octets are the writer's own and change after the call. About 32 KiB
   * stay with the writer until {@link PcapngWriter.flush}. When absent, the writer keeps everything for `bytes()`.
   */
  readonly sink?: (chunk: Uint8Array) => void
}

/** An interface to be written: the fields of {@link PcapngInterface} that a writer chooses. */
export type PcapngInterfaceInit = Partial<
  Pick<
    PcapngInterface,
    | 'name'
    | 'description'
    | 'linkType'
    | 'snapLen'
    | 'mac'
    | 'ipv4'
    | 'ipv6'
    | 'speed'
    | 'filter'
    | 'os'
    | 'hardware'
    | 'comments'
    | 'options'
  >
>

/** A packet to be written; its time is `timeNs`, or exactly `sec` and `nsec`. */
export type PcapngPacketInit = Pick<CapturePacket, 'data'> &
  Partial<
    Pick<
      CapturePacket,
      | 'timeNs'
      | 'sec'
      | 'nsec'
      | 'wireLen'
      | 'flags'
      | 'direction'
      | 'reception'
      | 'comments'
      | 'dropCount'
      | 'packetId'
      | 'queue'
      | 'options'
    >
  >

/** Counters to be written. */
export type PcapngStatisticsInit = Partial<Omit<PcapngStatistics, 'interface'>>

const BLOCK_OCTETS = 12
const EPB_HLEN = 28
/** An enhanced packet with flags and the end mark, less the packet itself. */
const FRAME_OCTETS: number = EPB_HLEN + 16
const MINOR = 0
const MAJOR = 1
const NS_EXPONENT = 9
const TWO32 = 4294967296
const NS_PER_SEC = 1_000_000_000
const MAX_U32 = 0xffffffff

/** Shapes one capture file; make it, add interfaces, write packets, take the bytes. */
export class PcapngWriter {
  /** Packets written so far. */
  count = 0
  readonly #slab: PcapngSlab
  /** Snap length of each interface; Infinity for no limit. */
  readonly #snapLens: number[] = []

  constructor(options: PcapngWriterOptions = {}) {
    this.#slab = new PcapngSlab(options.sink)
    const { hardware, os, userAppl = 'netloom', comments } = options
    const list = new OptionList()
      .comments(comments)
      .text('shb_hardware', SHB_HARDWARE, hardware)
      .text('shb_os', SHB_OS, os)
      .text('shb_userappl', SHB_USERAPPL, userAppl)
    const fixed = new Uint8Array(16)
    putU32le(fixed, 0, PCAPNG_MAGIC)
    putU16le(fixed, 4, MAJOR)
    putU16le(fixed, 6, MINOR)
    // The length of the section is not known beforehand.
    fixed.fill(0xff, 8)
    this.#block(PCAPNG_SHB, fixed, list.bytes())
  }

  /** Interfaces so far. */
  get interfaceCount(): number {
    return this.#snapLens.length
  }

  /**
   * Adds an interface and returns its number. Ethernet and a snap length of 262,144 by default; 0 is no limit. Throws
   * EINVAL for addresses and texts that do not fit.
   */
  addInterface(init: PcapngInterfaceInit = {}): number {
    const { linkType = LINKTYPE_ETHERNET, snapLen = DEFAULT_SNAPLEN, filter = null } = init
    checkRange('link type', linkType, 0xffff)
    checkRange('snap length', snapLen, MAX_U32)
    const list = new OptionList()
      .comments(init.comments)
      .text('if_name', IF_NAME, init.name)
      .text('if_description', IF_DESCRIPTION, init.description)
    for (const text of init.ipv4 ?? []) list.ipv4('if_IPv4addr', IF_IPV4ADDR, text)
    for (const text of init.ipv6 ?? []) list.ipv6('if_IPv6addr', IF_IPV6ADDR, text)
    list
      .mac('if_MACaddr', IF_MACADDR, init.mac)
      .u64('if_speed', IF_SPEED, init.speed)
      .u8(IF_TSRESOL, NS_EXPONENT)
      .text('if_filter', IF_FILTER, filter === null ? null : `\0${filter}`)
      .text('if_os', IF_OS, init.os)
      .text('if_hardware', IF_HARDWARE, init.hardware)
      .raw(init.options)
    const fixed = new Uint8Array(8)
    putU16le(fixed, 0, linkType)
    putU32le(fixed, 4, snapLen)
    this.#block(PCAPNG_IDB, fixed, list.bytes())
    return this.#snapLens.push(snapLen === 0 ? Number.POSITIVE_INFINITY : snapLen) - 1
  }

  /**
   * Writes a packet of an interface; a packet that was read can be written as it is. `data` longer than the snap length
   * is cut. `direction` and `reception` are put into `flags`. Throws EINVAL with the field for what does not fit.
   */
  writePacket(interfaceId: number, packet: PcapngPacketInit): void {
    const snapLen = this.#snapLenOf(interfaceId)
    const { data, wireLen = data.length } = packet
    checkRange('wireLen', wireLen, MAX_U32)
    const kept = data.length > snapLen ? data.subarray(0, snapLen) : data
    const flags = flagsOf(packet)
    const list = new OptionList()
      .comments(packet.comments)
      .u32('epb_flags', EPB_FLAGS, flags === 0 ? null : flags)
      .u64('epb_dropcount', EPB_DROPCOUNT, packet.dropCount)
      .big('epb_packetid', EPB_PACKETID, packet.packetId)
      .u32('epb_queue', EPB_QUEUE, packet.queue)
      .raw(packet.options)
    const fixed = new Uint8Array(20 + padded(kept.length))
    putU32le(fixed, 0, interfaceId)
    putTime(fixed, 4, packet)
    putU32le(fixed, 12, kept.length)
    putU32le(fixed, 16, wireLen)
    fixed.set(kept, 20)
    this.#block(PCAPNG_EPB, fixed, list.bytes())
    this.count++
  }

  /**
   * Appends the frame `b[off..end)` of an interface, seen at `timeNs` nanoseconds, with its flags word; as little work as
   * a frame can be. The caller has checked all of them. Returns the place for {@link comment}.
   */
  writeFrame(interfaceId: number, timeNs: number, flags: number, b: Uint8Array, off: number, end: number): number {
    const slab = this.#slab
    const wireLen = end - off
    const snapLen = this.#snapLens[interfaceId]!
    const capLen = Math.min(wireLen, snapLen)
    const total = FRAME_OCTETS + padded(capLen)
    if (slab.used + total > slab.bytes.length) slab.makeRoom(total)
    const { view } = slab
    const at = slab.used
    view.setUint32(at, PCAPNG_EPB, true)
    view.setUint32(at + 4, total, true)
    view.setUint32(at + 8, interfaceId, true)
    const high = Math.floor(timeNs / TWO32)
    view.setUint32(at + 12, high, true)
    view.setUint32(at + 16, timeNs - high * TWO32, true)
    view.setUint32(at + 20, capLen, true)
    view.setUint32(at + 24, wireLen, true)
    const data = at + EPB_HLEN
    const options = data + padded(capLen)
    // Padding is zero; the copy overwrites the rest.
    if ((capLen & 3) !== 0) view.setUint32(options - 4, 0, true)
    copyOctets(slab.bytes, data, b, off, capLen)
    view.setUint32(options, EPB_FLAGS | (4 << 16), true)
    view.setUint32(options + 4, flags, true)
    view.setUint32(options + 8, 0, true)
    view.setUint32(options + 12, total, true)
    slab.used = at + total
    this.count++
    return slab.base + at
  }

  /** Puts a comment on a frame of {@link writeFrame}; false when it has gone to the sink already. Throws EINVAL. */
  comment(place: number, text: string): boolean {
    return this.#slab.comment(place, text)
  }

  /** Place below which frames have gone to the sink. */
  get flushedPlace(): number {
    return this.#slab.flushed
  }

  /** Writes counters of an interface. Throws EINVAL with the field for what does not fit. */
  writeStatistics(interfaceId: number, statistics: PcapngStatisticsInit): void {
    this.#snapLenOf(interfaceId)
    const { timeNs = 0 } = statistics
    const list = new OptionList()
      .comments(statistics.comments)
      .stamp('isb_starttime', ISB_STARTTIME, statistics.startNs)
      .stamp('isb_endtime', ISB_ENDTIME, statistics.endNs)
      .u64('isb_ifrecv', ISB_IFRECV, statistics.received)
      .u64('isb_ifdrop', ISB_IFDROP, statistics.ifDropped)
      .u64('isb_filteraccept', ISB_FILTERACCEPT, statistics.accepted)
      .u64('isb_osdrop', ISB_OSDROP, statistics.osDropped)
      .u64('isb_usrdeliv', ISB_USRDELIV, statistics.delivered)
      .raw(statistics.options)
    const fixed = new Uint8Array(12)
    putU32le(fixed, 0, interfaceId)
    putTime(fixed, 4, { timeNs })
    this.#block(PCAPNG_ISB, fixed, list.bytes())
  }

  /** Writes names of addresses (IPv4 or IPv6 text). Throws EINVAL for what is no address, and for a name with a NUL. */
  writeNames(names: readonly PcapngNames[]): void {
    const records = names.map(({ address, names: of }) => {
      const type = isIpv4Text(address) ? NRB_RECORD_IPV4 : NRB_RECORD_IPV6
      return { code: type, data: Uint8Array.from([...addressOctets(address), ...of.flatMap(nameOctets)]) }
    })
    for (const { data } of records) checkRange('names of one address: octets', data.length, 0xffff)
    const fixed = new Uint8Array(records.reduce((size, { data }) => size + optionOctets(data), 4))
    let at = 0
    for (const { code, data } of records) at = putOption(fixed, at, code, data)
    this.#block(PCAPNG_NRB, fixed, new Uint8Array(0))
  }

  /** A copy of the whole file so far; with a sink, of what has not been handed over yet. */
  bytes(): Uint8Array {
    return this.#slab.whole()
  }

  /** @internal as {@link bytes}, with what `end` writes behind it; the writer itself stays as it is */
  bytesWith(end: () => void): Uint8Array {
    const { count } = this
    const interfaces = this.#snapLens.length
    return this.#slab.without(() => {
      try {
        end()
        return this.bytes()
      } finally {
        this.count = count
        this.#snapLens.length = interfaces
      }
    })
  }

  /** Hands what is pending to the sink; does nothing without one. */
  flush(): void {
    this.#slab.flush()
  }

  #snapLenOf(interfaceId: number): number {
    const snapLen = this.#snapLens[interfaceId]
    if (snapLen !== undefined) return snapLen
    throw new NetloomError('EINVAL', `pcapng: interface ${interfaceId}, there are ${this.#snapLens.length}`, {
      interfaceId,
    })
  }

  #block(type: number, fixed: Uint8Array, options: Uint8Array): void {
    const slab = this.#slab
    const total = BLOCK_OCTETS + fixed.length + options.length
    if (slab.used + total > slab.bytes.length) slab.makeRoom(total)
    const out = slab.bytes
    const at = slab.used
    putU32le(out, at, type)
    putU32le(out, at + 4, total)
    out.set(fixed, at + 8)
    out.set(options, at + 8 + fixed.length)
    putU32le(out, at + total - 4, total)
    slab.used = at + total
  }
}

const copyOctets = (to: Uint8Array, at: number, b: Uint8Array, off: number, n: number): void => {
  // A subarray costs more than short loops of octets; the break-even is near 64.
  if (n > 64) to.set(b.subarray(off, off + n), at)
  else for (let i = 0; i < n; i++) to[at + i] = b[off + i]!
}

const checkRange = (name: string, v: number, max: number): void => {
  if (!Number.isInteger(v) || v < 0 || v > max)
    throw new NetloomError('EINVAL', `pcapng: ${name} ${v} is not between 0 and ${max}`, { name, value: v })
}

const putTime = (b: Uint8Array, o: number, { timeNs = 0, sec, nsec }: Partial<CapturePacket>): void => {
  let high: number
  let low: number
  if (sec === undefined || nsec === undefined) {
    checkCount('timeNs', timeNs)
    high = Math.floor(timeNs / TWO32)
    low = timeNs - high * TWO32
  } else {
    checkCount('sec', sec)
    checkRange('nsec', nsec, NS_PER_SEC - 1)
    const stamp = BigInt(sec) * BigInt(NS_PER_SEC) + BigInt(nsec)
    if (stamp >> 64n !== 0n)
      throw new NetloomError('EINVAL', `pcapng: sec ${sec}: nanoseconds take more than 64 bits`, { sec })
    high = Number(stamp >> 32n)
    low = Number(stamp & 0xffffffffn)
  }
  putU32le(b, o, high)
  putU32le(b, o + 4, low)
}

const flagsOf = ({ flags = 0, direction = null, reception = null }: Partial<CapturePacket>): number => {
  checkRange('flags', flags, MAX_U32)
  let word = flags
  if (direction !== null) word = (word & ~3) | (direction === 'in' ? EPB_INBOUND : EPB_OUTBOUND)
  if (reception !== null) word = (word & ~0x1c) | ((PCAPNG_RECEPTION.indexOf(reception) + 1) << 2)
  return word >>> 0
}

const addressOctets = (address: string): Uint8Array => {
  if (!isIpv4Text(address)) return parseIpv6(address)
  const b = new Uint8Array(4)
  putU32(b, 0, parseIpv4(address))
  return b
}

const nameOctets = (name: string): number[] => {
  if (name === '' || name.includes('\0'))
    throw new NetloomError('EINVAL', `pcapng: name ${JSON.stringify(name)} is empty or has a NUL`, { name })
  return [...encodeUtf8(name), 0]
}
