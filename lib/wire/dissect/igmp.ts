/**
 * Text of IGMP messages as tcpdump prints them.
 *
 * Left out: the contents of DVMRP, PIM version 1 and mtrace messages; they are printed by name or number only.
 * @see RFC 3376, tcpdump print-igmp.c
 */

import { csumMessage } from '../checksum.js'
import * as G from '../igmp.js'
import { hex, type Names, type Printer } from './printer.js'

const RECORDS: Names = new Map([
  [G.IGMPV3_MODE_IS_INCLUDE, 'is_in'],
  [G.IGMPV3_MODE_IS_EXCLUDE, 'is_ex'],
  [G.IGMPV3_CHANGE_TO_INCLUDE, 'to_in'],
  [G.IGMPV3_CHANGE_TO_EXCLUDE, 'to_ex'],
  [G.IGMPV3_ALLOW_NEW_SOURCES, 'allow'],
  [G.IGMPV3_BLOCK_OLD_SOURCES, 'block'],
])

/** Response code that every host assumes; not worth printing. */
const DEFAULT_CODE = 100
const UNITS = [
  ['y', 31536000],
  ['w', 604800],
  ['d', 86400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
] as const

/** A span in seconds as years, weeks, days, hours, minutes and seconds: `1h30m`. */
const span = (seconds: number): string => {
  let rest = seconds
  let text = ''
  for (const [unit, size] of UNITS) {
    if (rest >= size) text += `${Math.floor(rest / size)}${unit}`
    rest %= size
  }
  return text === '' ? '0s' : text
}

const sources = (p: Printer, o: number, n: number): string => {
  let text = ' {'
  for (let i = 0; i < n; i++) text += ` ${p.ip(o + 4 * i)}`
  return `${text} }`
}

const printQueryV3 = (p: Printer, off: number, len: number): void => {
  p.print(' v3')
  if ((len & 3) !== 0) {
    p.print(` [invalid len ${len}]`)
    return
  }
  const code = p.u8(off + 1)
  if (code !== DEFAULT_CODE) {
    const tenths = G.igmpv3Time(code)
    p.print(` [max resp time ${tenths < 600 ? `${(tenths / 10).toFixed(1)}s` : span(Math.floor(tenths / 10))}]`)
  }
  if (p.u32(off + 4) === 0) return
  p.print(` [gaddr ${p.ip(off + 4)}`)
  const n = p.u16(off + 10)
  if (n > 0) {
    if (len < G.IGMPV3_QUERY_HLEN + 4 * n) p.print(' [invalid number of sources]')
    else p.print(p.verbose > 1 ? sources(p, off + G.IGMPV3_QUERY_HLEN, n) : `, ${n} source(s)`)
  }
  p.print(']')
}

const printQuery = (p: Printer, off: number, len: number): void => {
  p.print('igmp query')
  if (len >= G.IGMPV3_QUERY_HLEN) {
    printQueryV3(p, off, len)
    return
  }
  const code = p.u8(off + 1)
  p.print(code === 0 ? ' v1' : code === DEFAULT_CODE ? ' v2' : ` v2 [max resp time ${code}]`)
  if (p.u32(off + 4) !== 0) p.print(` [gaddr ${p.ip(off + 4)}]`)
  if (len !== G.IGMP_HLEN) p.print(` [len ${len}]`)
}

/** Prints the record at `at` from the message's start; returns the offset behind it, or -1 when it does not fit. */
const printRecord = (p: Printer, off: number, at: number, len: number): number => {
  if (len < at + G.IGMPV3_GREC_HLEN) {
    p.print(' [invalid number of groups]')
    return -1
  }
  const type = p.u8(off + at)
  p.print(` [gaddr ${p.ip(off + at + 4)} ${RECORDS.get(type) ?? ` [v3-report-#${type}]`}`)
  const n = p.u16(off + at + 2)
  const next = at + G.IGMPV3_GREC_HLEN + 4 * n
  if (len < next) {
    p.print(` [invalid number of sources ${n}]`)
    return -1
  }
  p.print(p.verbose === 1 ? `, ${n} source(s)` : sources(p, off + at + G.IGMPV3_GREC_HLEN, n))
  p.print(']')
  return next
}

const printReportV3 = (p: Printer, off: number, len: number): void => {
  p.print('igmp v3 report')
  if (len < G.IGMPV3_REPORT_HLEN + G.IGMPV3_GREC_HLEN || (len & 3) !== 0) {
    p.print(` [invalid len ${len}]`)
    return
  }
  const n = p.u16(off + 6)
  p.print(`, ${n} group record(s)`)
  if (p.verbose === 0) return
  let at: number = G.IGMPV3_REPORT_HLEN
  for (let i = 0; i < n && at >= 0; i++) at = printRecord(p, off, at, len)
}

const printMessage = (p: Printer, off: number, len: number): void => {
  const type = p.u8(off)
  switch (type) {
    case G.IGMP_HOST_MEMBERSHIP_QUERY:
      printQuery(p, off, len)
      return
    case G.IGMP_HOST_MEMBERSHIP_REPORT:
      p.print(`igmp v1 report ${p.ip(off + 4)}`)
      if (len !== G.IGMP_HLEN) p.print(` [len ${len}]`)
      return
    case G.IGMPV2_HOST_MEMBERSHIP_REPORT:
      p.print(`igmp v2 report ${p.ip(off + 4)}`)
      return
    case G.IGMPV3_HOST_MEMBERSHIP_REPORT:
      printReportV3(p, off, len)
      return
    case G.IGMP_HOST_LEAVE_MESSAGE:
      p.print(`igmp leave ${p.ip(off + 4)}`)
      return
    case G.IGMP_DVMRP:
      p.print('igmp dvmrp')
      if (len < G.IGMP_HLEN) p.print(` [len ${len}]`)
      return
    case G.IGMP_PIM:
      p.print('igmp pimv1')
      return
    default:
      p.print(`igmp-${type}`)
      return
  }
}

/** Prints the IGMP message of `len` octets at `off`. */
export const printIgmp = (p: Printer, off: number, len: number): void => {
  p.protocol = 'igmp'
  printMessage(p, off, len)
  if (p.verbose > 0 && len >= 4 && p.has(off, len) && csumMessage(p.b, off, len) !== 0)
    p.print(` bad igmp cksum ${hex(p.u16(off + 2))}!`)
}
