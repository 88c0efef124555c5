/**
 * IGMP versions 1 to 3 (RFC 1112, 2236, 3376): queries, reports, leaves.
 *
 * Used by hosts that join groups and by bridges that snoop. A version 3 report is written from its records one after the
 * other, so nothing is allocated.
 * @see include/uapi/linux/igmp.h, net/ipv4/igmp.c, net/bridge/br_multicast.c
 */

import { getU16, getU32, putU16, putU32 } from './bytes.js'
import { csumMessage } from './checksum.js'
import { formatIpv4, parseIpv4 } from './ip.js'
import { offsets, u8, u16, u32 } from './layout.js'
import { fieldError, inRange, needOctets } from './repr.js'

const F = offsets(8, [u8('type'), u8('code'), u16('csum'), u32('group')])
const QUERY = offsets(12, [u8('type'), u8('code'), u16('csum'), u32('group'), u8('sQrv'), u8('qqic'), u16('nsrcs')])
const REPORT = offsets(8, [u8('type'), u8('resv1'), u16('csum'), u16('resv2'), u16('ngrec')])
const GREC = offsets(8, [u8('type'), u8('auxwords'), u16('nsrcs'), u32('mca')])
const TYPE = F.type
const CODE = F.code
const CSUM = F.csum
const GROUP = F.group
const S_QRV = QUERY.sQrv
const QQIC = QUERY.qqic
const QUERY_NSRCS = QUERY.nsrcs
const RESV2 = REPORT.resv2
const NGREC = REPORT.ngrec
const GREC_TYPE = GREC.type
const GREC_AUXWORDS = GREC.auxwords
const GREC_NSRCS = GREC.nsrcs
const GREC_MCA = GREC.mca

/** Octets of a version 1 or 2 message. */
export const IGMP_HLEN: number = F.SIZE
/** Octets of a version 3 query without sources. */
export const IGMPV3_QUERY_HLEN: number = QUERY.SIZE
/** Octets of a version 3 report without records. */
export const IGMPV3_REPORT_HLEN: number = REPORT.SIZE
/** Octets of a record of a version 3 report without sources. */
export const IGMPV3_GREC_HLEN: number = GREC.SIZE

/** Type: membership query (all versions). */
export const IGMP_HOST_MEMBERSHIP_QUERY = 0x11
/** Type: version 1 membership report. */
export const IGMP_HOST_MEMBERSHIP_REPORT = 0x12
/** Type: DVMRP. */
export const IGMP_DVMRP = 0x13
/** Type: PIM version 1. */
export const IGMP_PIM = 0x14
/** Type: version 2 membership report. */
export const IGMPV2_HOST_MEMBERSHIP_REPORT = 0x16
/** Type: version 2 leave group. */
export const IGMP_HOST_LEAVE_MESSAGE = 0x17
/** Type: version 3 membership report. */
export const IGMPV3_HOST_MEMBERSHIP_REPORT = 0x22

/** Record type: current state, include the listed sources. */
export const IGMPV3_MODE_IS_INCLUDE = 1
/** Record type: current state, all but the listed sources. */
export const IGMPV3_MODE_IS_EXCLUDE = 2
/** Record type: changed to include the listed sources. */
export const IGMPV3_CHANGE_TO_INCLUDE = 3
/** Record type: changed to all but the listed sources. */
export const IGMPV3_CHANGE_TO_EXCLUDE = 4
/** Record type: more sources are wanted. */
export const IGMPV3_ALLOW_NEW_SOURCES = 5
/** Record type: these sources are not wanted any more. */
export const IGMPV3_BLOCK_OLD_SOURCES = 6

/** 224.0.0.1: all hosts. */
export const IGMP_ALL_HOSTS: number = 0xe0000001 | 0
/** 224.0.0.2: all routers. */
export const IGMP_ALL_ROUTER: number = 0xe0000002 | 0
/** 224.0.0.22: routers that understand version 3 reports. */
export const IGMPV3_ALL_MCR: number = 0xe0000016 | 0

/** Type of the message at `o`. */
export const igmpType = (b: Uint8Array, o: number): number => b[o + TYPE]!
/** Maximum response code of the query at `o`; 0 in version 1. */
export const igmpCode = (b: Uint8Array, o: number): number => b[o + CODE]!
/** Checksum field of the message at `o`. */
export const igmpCsum = (b: Uint8Array, o: number): number => getU16(b, o + CSUM)
/** Group of the query, version 1 or 2 report, or leave at `o`, int32. */
export const igmpGroup = (b: Uint8Array, o: number): number => getU32(b, o + GROUP)
/** Whether routers shall not restart timers on hearing the version 3 query at `o`. */
export const igmpSuppress = (b: Uint8Array, o: number): boolean => (b[o + S_QRV]! & 8) !== 0
/** Robustness variable of the version 3 query at `o`. */
export const igmpQrv = (b: Uint8Array, o: number): number => b[o + S_QRV]! & 7
/** Query interval code of the version 3 query at `o`; see {@link igmpv3Time}. */
export const igmpQqic = (b: Uint8Array, o: number): number => b[o + QQIC]!
/** Number of sources of the version 3 query at `o`. */
export const igmpQueryNsrcs = (b: Uint8Array, o: number): number => getU16(b, o + QUERY_NSRCS)
/** Source number `i` of the version 3 query at `o`, int32. */
export const igmpQuerySrc = (b: Uint8Array, o: number, i: number): number => getU32(b, o + IGMPV3_QUERY_HLEN + 4 * i)
/** Number of records of the version 3 report at `o`. */
export const igmpNgrec = (b: Uint8Array, o: number): number => getU16(b, o + NGREC)
/** Type of the record at `o`. */
export const igmpGrecType = (b: Uint8Array, o: number): number => b[o + GREC_TYPE]!
/** Group of the record at `o`, int32. */
export const igmpGrecMca = (b: Uint8Array, o: number): number => getU32(b, o + GREC_MCA)
/** Number of sources of the record at `o`. */
export const igmpGrecNsrcs = (b: Uint8Array, o: number): number => getU16(b, o + GREC_NSRCS)
/** Source number `i` of the record at `o`, int32. */
export const igmpGrecSrc = (b: Uint8Array, o: number, i: number): number => getU32(b, o + IGMPV3_GREC_HLEN + 4 * i)
/** Octets of the record at `o` with sources and auxiliary data. */
export const igmpGrecLen = (b: Uint8Array, o: number): number =>
  IGMPV3_GREC_HLEN + 4 * (getU16(b, o + GREC_NSRCS) + b[o + GREC_AUXWORDS]!)

/** Whether an IGMP message at `off` is complete before `end` (8 octets). */
export const igmpOk = (_b: Uint8Array, off: number, end: number): boolean => end - off >= IGMP_HLEN
/** Whether the checksum of the message of `len` octets at `o` is right. */
export const igmpCsumOk = (b: Uint8Array, o: number, len: number): boolean => csumMessage(b, o, len) === 0

/**
 * Version of the query of `len` octets at `o`: 3 by its length, 1 by a response code of 0, else 2.
 * @see net/ipv4/igmp.c igmp_heard_query
 */
export const igmpQueryVersion = (b: Uint8Array, o: number, len: number): 1 | 2 | 3 =>
  len >= IGMPV3_QUERY_HLEN ? 3 : b[o + CODE] === 0 ? 1 : 2

/**
 * Number that a response or interval code of version 3 stands for: itself below 128, else a floating point form.
 * @see include/linux/igmp.h IGMPV3_MRC, RFC 3376 section 4.1.1
 */
export const igmpv3Time = (code: number): number => (code < 128 ? code : ((code & 15) | 16) << (((code >> 4) & 7) + 3))

/** Writes the checksum of the message of `len` octets at `o`. */
export const putIgmpCsum = (b: Uint8Array, o: number, len: number): void => {
  putU16(b, o + CSUM, 0)
  putU16(b, o + CSUM, csumMessage(b, o, len))
}

/** Writes a version 1 or 2 message (query, report, leave) of 8 octets at `o`, checksum included. */
export const putIgmp = (b: Uint8Array, o: number, type: number, code: number, group: number): void => {
  b[o + TYPE] = type
  b[o + CODE] = code
  putU32(b, o + GROUP, group)
  putIgmpCsum(b, o, IGMP_HLEN)
}

/**
 * Writes the fixed part of a version 3 query at `o`. The sources follow with {@link putIgmpQuerySrc}, then
 * {@link putIgmpCsum} over `IGMPV3_QUERY_HLEN + 4 * nsrcs`.
 */
export const putIgmpv3Query = (
  b: Uint8Array,
  o: number,
  code: number,
  group: number,
  suppress: boolean,
  qrv: number,
  qqic: number,
  nsrcs: number,
): void => {
  b[o + TYPE] = IGMP_HOST_MEMBERSHIP_QUERY
  b[o + CODE] = code
  putU16(b, o + CSUM, 0)
  putU32(b, o + GROUP, group)
  b[o + S_QRV] = (suppress ? 8 : 0) | (qrv & 7)
  b[o + QQIC] = qqic
  putU16(b, o + QUERY_NSRCS, nsrcs)
}

/** Writes source number `i` of the version 3 query at `o`. */
export const putIgmpQuerySrc = (b: Uint8Array, o: number, i: number, addr: number): void =>
  putU32(b, o + IGMPV3_QUERY_HLEN + 4 * i, addr)

/**
 * Writes the fixed part of a version 3 report at `o` and returns the offset of the first record. Records follow with
 * {@link putIgmpGrec}, then {@link putIgmpCsum} over the whole.
 */
export const putIgmpv3Report = (b: Uint8Array, o: number, ngrec: number): number => {
  b[o + TYPE] = IGMPV3_HOST_MEMBERSHIP_REPORT
  b[o + CODE] = 0
  putU16(b, o + CSUM, 0)
  putU16(b, o + RESV2, 0)
  putU16(b, o + NGREC, ngrec)
  return o + IGMPV3_REPORT_HLEN
}

/** Writes a record of a version 3 report at `o` with its sources (int32) and returns the offset behind it. */
export const putIgmpGrec = (
  b: Uint8Array,
  o: number,
  type: number,
  mca: number,
  sources: readonly number[] = [],
): number => {
  b[o + GREC_TYPE] = type
  b[o + GREC_AUXWORDS] = 0
  putU16(b, o + GREC_NSRCS, sources.length)
  putU32(b, o + GREC_MCA, mca)
  for (let i = 0; i < sources.length; i++) putU32(b, o + IGMPV3_GREC_HLEN + 4 * i, sources[i]!)
  return o + IGMPV3_GREC_HLEN + 4 * sources.length
}

/** A record of a version 3 report as an object. */
export interface IgmpRecord {
  /** Type, for example {@link IGMPV3_CHANGE_TO_EXCLUDE}. */
  readonly type: number
  /** Group. */
  readonly group: string
  /** Sources. */
  readonly sources: readonly string[]
}

/** An IGMP message as an object. Which fields there are depends on type and length. */
export interface IgmpRepr {
  readonly type: number
  /** Maximum response code of a query, else the octet behind the type; 0 when absent. */
  readonly code?: number
  /** Checksum; the right one when absent. */
  readonly csum?: number
  /** Group of a query, version 1 or 2 report, or leave. */
  readonly group?: string
  /** What only a version 3 query has. */
  readonly v3?: {
    readonly suppress: boolean
    readonly qrv: number
    readonly qqic: number
    readonly sources: readonly string[]
  }
  /** Records of a version 3 report. */
  readonly records?: readonly IgmpRecord[]
}

const parseSources = (b: Uint8Array, off: number, n: number): string[] =>
  Array.from({ length: n }, (_, i) => formatIpv4(getU32(b, off + 4 * i)))

const parseV3Query = (b: Uint8Array, off: number, end: number): NonNullable<IgmpRepr['v3']> => {
  const n = igmpQueryNsrcs(b, off)
  const at = off + IGMPV3_QUERY_HLEN
  if (4 * n > end - at) throw fieldError('igmp.nsrcs', n, off + QUERY_NSRCS, `more than fit (${(end - at) >> 2})`)
  return {
    suppress: igmpSuppress(b, off),
    qrv: igmpQrv(b, off),
    qqic: igmpQqic(b, off),
    sources: parseSources(b, at, n),
  }
}

const parseRecords = (b: Uint8Array, off: number, end: number): IgmpRecord[] => {
  const records: IgmpRecord[] = []
  let at = off + IGMPV3_REPORT_HLEN
  for (let i = 0; i < igmpNgrec(b, off); i++) {
    needOctets('igmp.record', at, end, IGMPV3_GREC_HLEN)
    const n = igmpGrecNsrcs(b, at)
    const left = end - at - IGMPV3_GREC_HLEN
    if (igmpGrecLen(b, at) - IGMPV3_GREC_HLEN > left)
      throw fieldError('igmp.record.nsrcs', n, at + GREC_NSRCS, `more than fit (${left >> 2})`)
    const group = formatIpv4(igmpGrecMca(b, at))
    records.push({ type: igmpGrecType(b, at), group, sources: parseSources(b, at + IGMPV3_GREC_HLEN, n) })
    at += igmpGrecLen(b, at)
  }
  return records
}

/** IGMP message between `off` and `end` as an object; throws `EDECODE` when it is truncated. Auxiliary data is left out. */
export const parseIgmp = (b: Uint8Array, off = 0, end: number = b.length): IgmpRepr => {
  needOctets('igmp', off, end, IGMP_HLEN)
  const type = igmpType(b, off)
  const head = { type, code: igmpCode(b, off), csum: igmpCsum(b, off) }
  if (type === IGMPV3_HOST_MEMBERSHIP_REPORT) return { ...head, records: parseRecords(b, off, end) }
  const group = formatIpv4(igmpGroup(b, off))
  const isV3 = type === IGMP_HOST_MEMBERSHIP_QUERY && end - off >= IGMPV3_QUERY_HLEN
  return isV3 ? { ...head, group, v3: parseV3Query(b, off, end) } : { ...head, group }
}

const emitRecords = (records: readonly IgmpRecord[]): Uint8Array => {
  const size = records.reduce((n, r) => n + IGMPV3_GREC_HLEN + 4 * r.sources.length, IGMPV3_REPORT_HLEN)
  const b = new Uint8Array(size)
  let at = putIgmpv3Report(b, 0, inRange('igmp.records.length', records.length, 0xffff))
  for (const r of records) {
    inRange('igmp.record.sources.length', r.sources.length, 0xffff)
    const type = inRange('igmp.record.type', r.type, 0xff)
    at = putIgmpGrec(b, at, type, parseIpv4(r.group), r.sources.map(parseIpv4))
  }
  return b
}

const emitQuery = (group: number, code: number, v3: NonNullable<IgmpRepr['v3']>): Uint8Array => {
  const n = inRange('igmp.sources.length', v3.sources.length, 0xffff)
  const b = new Uint8Array(IGMPV3_QUERY_HLEN + 4 * n)
  putIgmpv3Query(b, 0, code, group, v3.suppress, inRange('igmp.qrv', v3.qrv, 7), inRange('igmp.qqic', v3.qqic, 0xff), n)
  for (let i = 0; i < n; i++) putIgmpQuerySrc(b, 0, i, parseIpv4(v3.sources[i]!))
  return b
}

const igmpBody = (repr: IgmpRepr, group: number, code: number): Uint8Array => {
  if (repr.records !== undefined) return emitRecords(repr.records)
  if (repr.v3 !== undefined) return emitQuery(group, code, repr.v3)
  const b = new Uint8Array(IGMP_HLEN)
  putU32(b, GROUP, group)
  return b
}

/** Octets of an IGMP message; throws `EINVAL` for an address or number that cannot be. */
export const emitIgmp = (repr: IgmpRepr): Uint8Array => {
  const code = inRange('igmp.code', repr.code ?? 0, 0xff)
  const group = parseIpv4(repr.group ?? '0.0.0.0')
  const b = igmpBody(repr, group, code)
  b[TYPE] = inRange('igmp.type', repr.type, 0xff)
  b[CODE] = code
  if (repr.csum === undefined) putIgmpCsum(b, 0, b.length)
  else putU16(b, CSUM, inRange('igmp.csum', repr.csum, 0xffff))
  return b
}
