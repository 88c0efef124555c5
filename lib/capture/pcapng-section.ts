/**
 * One section of a pcapng file while it is read: its header, and what each kind of block adds to it.
 *
 * @see draft-ietf-opsawg-pcapng, "Block Definition"
 */
import { getU32 } from '../wire/bytes.js'
import { formatIpv4, formatIpv6, prefixLenOf } from '../wire/ip.js'
import { formatMac, macAt } from '../wire/mac.js'
import {
  type CapturePacket,
  EPB_DIRECTION_MASK,
  EPB_OUTBOUND,
  PCAPNG_RECEPTION,
  type PcapngDirection,
  type PcapngInterface,
  type PcapngNames,
  type PcapngOtherBlock,
  type PcapngReception,
  type PcapngSection,
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
  IF_TSOFFSET,
  IF_TSRESOL,
  ISB_ENDTIME,
  ISB_FILTERACCEPT,
  ISB_IFDROP,
  ISB_IFRECV,
  ISB_OSDROP,
  ISB_STARTTIME,
  ISB_USRDELIV,
  NRB_RECORD_END,
  NRB_RECORD_IPV4,
  NRB_RECORD_IPV6,
  PCAPNG_EPB,
  PCAPNG_IDB,
  PCAPNG_ISB,
  PCAPNG_NRB,
  PCAPNG_PB,
  PCAPNG_SPB,
  SHB_HARDWARE,
  SHB_OS,
  SHB_USERAPPL,
} from './pcapng-numbers.js'
import { type BlockCursor, type Options, stringOf } from './pcapng-cursor.js'

const MAJOR = 1
/** Some writers say 1.2 and mean 1.0. */
const MINORS = [0, 2]
const NS_PER_SEC = 1_000_000_000
const BIG_NS = 1_000_000_000n
const DEFAULT_TSRESOL = 6
/** Drop count of the obsolete Packet Block that says nothing. */
const DROPS_UNKNOWN = 0xffff

interface Time {
  readonly timeNs: number
  readonly sec: number
  readonly nsec: number
}

const NO_TIME: Time = { timeNs: 0, sec: 0, nsec: 0 }

/** An interface with what its time stamps mean. */
interface Interface {
  readonly shown: PcapngInterface
  /** Units of a time stamp in a second. */
  readonly units: bigint
}

const timeOf = (stamp: bigint, { shown, units }: Interface): Time => {
  const whole = stamp / units
  const sec = Number(whole) + shown.tsOffset
  const nsec = Number(((stamp - whole * units) * BIG_NS) / units)
  return { timeNs: sec * NS_PER_SEC + nsec, sec, nsec }
}

const ipv4Text = (b: Uint8Array): string => {
  const mask = getU32(b, 4)
  const length = prefixLenOf(mask)
  return `${formatIpv4(getU32(b, 0))}/${length < 0 ? formatIpv4(mask) : length}`
}

/** @internal a section while it is read */
export class SectionReader implements PcapngSection {
  readonly littleEndian: boolean
  readonly hardware: string | null
  readonly os: string | null
  readonly userAppl: string | null
  readonly comments: readonly string[]
  readonly options: PcapngSection['options']
  readonly interfaces: PcapngInterface[] = []
  readonly packets: CapturePacket[] = []
  readonly statistics: PcapngStatistics[] = []
  readonly names: PcapngNames[] = []
  readonly otherBlocks: PcapngOtherBlock[] = []
  readonly #number: number
  readonly #interfaces: Interface[] = []

  constructor(c: BlockCursor, number: number) {
    this.#number = number
    this.littleEndian = c.little
    c.u32('byte-order magic')
    const major = c.u16('major version')
    const minor = c.u16('minor version')
    if (major !== MAJOR || !MINORS.includes(minor)) c.fail(`version ${major}.${minor}, supported is 1.0`, c.at - 4)
    const length = c.i64('section length')
    if (length < -1n || (length > 0n && length % 4n !== 0n))
      c.fail(`section length ${length} is neither -1 nor a multiple of 4`, c.at - 8)
    const options = c.options()
    this.comments = options.comments
    this.hardware = options.text(SHB_HARDWARE, 'shb_hardware')
    this.os = options.text(SHB_OS, 'shb_os')
    this.userAppl = options.text(SHB_USERAPPL, 'shb_userappl')
    this.options = options.rest()
  }

  /** Takes a block; returns the packet in it, or null. */
  block(type: number, c: BlockCursor): CapturePacket | null {
    if (type === PCAPNG_EPB) return this.#enhancedPacket(c)
    if (type === PCAPNG_SPB) return this.#simplePacket(c)
    if (type === PCAPNG_PB) return this.#oldPacket(c)
    if (type === PCAPNG_IDB) this.#interface(c)
    else if (type === PCAPNG_ISB) this.#statistics(c)
    else if (type === PCAPNG_NRB) this.#names(c)
    else this.otherBlocks.push({ type, offset: c.start, body: c.bytes.subarray(c.at, c.end) })
    return null
  }

  #interface(c: BlockCursor): void {
    const linkType = c.u16('link type')
    c.u16('reserved')
    const snapLen = c.u32('snap length')
    const options = c.options()
    const [tsResol = DEFAULT_TSRESOL] = options.one(IF_TSRESOL, 'if_tsresol', 1) ?? []
    const mac = options.one(IF_MACADDR, 'if_MACaddr', 6)
    const filter = options.one(IF_FILTER, 'if_filter')
    if (filter?.length === 0) c.fail('if_filter: 0 octets, its first one says what the rest is', c.start)
    const shown: PcapngInterface = {
      id: this.interfaces.length,
      section: this.#number,
      linkType,
      snapLen,
      name: options.text(IF_NAME, 'if_name'),
      description: options.text(IF_DESCRIPTION, 'if_description'),
      mac: mac === null ? null : formatMac(macAt(mac, 0)),
      ipv4: options.all(IF_IPV4ADDR, 'if_IPv4addr', 8).map(ipv4Text),
      ipv6: options.all(IF_IPV6ADDR, 'if_IPv6addr', 17).map(b => `${formatIpv6(b, 0)}/${b[16]}`),
      speed: options.count(IF_SPEED, 'if_speed'),
      tsResol,
      tsOffset: Number(options.i64(IF_TSOFFSET, 'if_tsoffset') ?? 0n),
      filter: filter === null || filter[0] !== 0 ? null : stringOf(filter.subarray(1)),
      os: options.text(IF_OS, 'if_os'),
      hardware: options.text(IF_HARDWARE, 'if_hardware'),
      comments: options.comments,
      // A filter that is no text of libpcap's, but bytecode.
      options:
        filter === null || filter[0] === 0 ? options.rest() : [{ code: IF_FILTER, data: filter }, ...options.rest()],
    }
    const exponent = BigInt(tsResol & 0x7f)
    this.interfaces.push(shown)
    this.#interfaces.push({ shown, units: tsResol & 0x80 ? 2n ** exponent : 10n ** exponent })
  }

  #interfaceOf(c: BlockCursor, id: number, at: number): Interface {
    const found = this.#interfaces[id]
    if (found !== undefined) return found
    const count = this.#interfaces.length
    return c.fail(`interface ${id}, ${count === 1 ? 'there is 1' : `there are ${count}`} in the section so far`, at)
  }

  #enhancedPacket(c: BlockCursor): CapturePacket {
    const id = c.u32('interface ID')
    const of = this.#interfaceOf(c, id, c.at - 4)
    const time = timeOf(c.stamp('time stamp'), of)
    const { data, wireLen } = lengthsAndData(c)
    return this.#packet(of, time, wireLen, data, c.options(), null)
  }

  #oldPacket(c: BlockCursor): CapturePacket {
    const id = c.u16('interface ID')
    const of = this.#interfaceOf(c, id, c.at - 2)
    const drops = c.u16('drop count')
    const time = timeOf(c.stamp('time stamp'), of)
    const { data, wireLen } = lengthsAndData(c)
    return this.#packet(of, time, wireLen, data, c.options(), drops === DROPS_UNKNOWN ? null : drops)
  }

  #simplePacket(c: BlockCursor): CapturePacket {
    const of = this.#interfaceOf(c, 0, c.start)
    const wireLen = c.u32('original length')
    const { snapLen } = of.shown
    const data = c.octets(snapLen === 0 ? wireLen : Math.min(wireLen, snapLen), 'packet data')
    return this.#packet(of, null, wireLen, data, null, null)
  }

  #packet(
    of: Interface,
    time: Time | null,
    wireLen: number,
    data: Uint8Array,
    options: Options | null,
    drops: number | null,
  ): CapturePacket {
    const flags = options?.u32(EPB_FLAGS, 'epb_flags') ?? 0
    const { timeNs, sec, nsec } = time ?? NO_TIME
    const packet: CapturePacket = {
      interface: of.shown,
      hasTime: time !== null,
      timeNs,
      sec,
      nsec,
      wireLen,
      data,
      flags,
      direction: directionOf(flags),
      reception: receptionOf(flags),
      comments: options?.comments ?? [],
      dropCount: drops ?? options?.count(EPB_DROPCOUNT, 'epb_dropcount') ?? null,
      packetId: options?.u64(EPB_PACKETID, 'epb_packetid') ?? null,
      queue: options?.u32(EPB_QUEUE, 'epb_queue') ?? null,
      options: options?.rest() ?? [],
    }
    this.packets.push(packet)
    return packet
  }

  #statistics(c: BlockCursor): void {
    const id = c.u32('interface ID')
    const of = this.#interfaceOf(c, id, c.at - 4)
    const { timeNs } = timeOf(c.stamp('time stamp'), of)
    const options = c.options()
    const time = (code: number, name: string): number | null => {
      const stamp = options.stamp(code, name)
      return stamp === null ? null : timeOf(stamp, of).timeNs
    }
    this.statistics.push({
      interface: of.shown,
      timeNs,
      startNs: time(ISB_STARTTIME, 'isb_starttime'),
      endNs: time(ISB_ENDTIME, 'isb_endtime'),
      received: options.count(ISB_IFRECV, 'isb_ifrecv'),
      ifDropped: options.count(ISB_IFDROP, 'isb_ifdrop'),
      accepted: options.count(ISB_FILTERACCEPT, 'isb_filteraccept'),
      osDropped: options.count(ISB_OSDROP, 'isb_osdrop'),
      delivered: options.count(ISB_USRDELIV, 'isb_usrdeliv'),
      comments: options.comments,
      options: options.rest(),
    })
  }

  #names(c: BlockCursor): void {
    for (;;) {
      const at = c.at
      const type = c.u16('record type')
      const record = c.octets(c.u16('record length'), 'record')
      if (type === NRB_RECORD_END) break
      const octets = type === NRB_RECORD_IPV4 ? 4 : type === NRB_RECORD_IPV6 ? 16 : -1
      if (octets < 0) continue
      if (record.length < octets) c.fail(`record: ${record.length} octets of an address of ${octets}`, at)
      const address = octets === 4 ? formatIpv4(getU32(record, 0)) : formatIpv6(record, 0)
      this.names.push({ address, names: namesOf(record.subarray(octets)) })
    }
    // What remains are options about the server that was asked; they are checked and not kept.
    c.options()
  }
}

const namesOf = (b: Uint8Array): string[] => {
  const names: string[] = []
  for (let at = 0; at < b.length; ) {
    const end = b.indexOf(0, at)
    names.push(stringOf(b.subarray(at, end < 0 ? b.length : end)))
    at = end < 0 ? b.length : end + 1
  }
  return names
}

const lengthsAndData = (c: BlockCursor): { data: Uint8Array; wireLen: number } => {
  const capLen = c.u32('captured length')
  const wireLen = c.u32('original length')
  return { data: c.octets(capLen, 'packet data'), wireLen }
}

const directionOf = (flags: number): PcapngDirection | null => {
  const bits = flags & EPB_DIRECTION_MASK
  if (bits === 0 || bits === EPB_DIRECTION_MASK) return null
  return bits === EPB_OUTBOUND ? 'out' : 'in'
}

const receptionOf = (flags: number): PcapngReception | null => PCAPNG_RECEPTION[((flags >> 2) & 7) - 1] ?? null
