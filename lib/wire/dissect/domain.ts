/**
 * Text of DNS messages as tcpdump prints them.
 *
 * Records of other types than A, NS, CNAME, SOA, PTR, MX, TXT, AAAA, SRV, DNAME and OPT are printed by the name of their
 * type only; EDNS options by number and octets.
 * @see RFC 1035, tcpdump print-domain.c
 */

import { formatIpv6At } from './ip6-text.js'
import { hex, type Names, type Printer, Truncated, u32Text } from './printer.js'

const HLEN = 12
const OPCODES =
  ' inv_q stat op3 notify update op6 op7 op8 updateA updateD updateDA updateM updateMA zoneInit zoneRef'.split(' ')
const RCODES = [
  ...['', ' FormErr', ' ServFail', ' NXDomain', ' NotImp', ' Refused', ' YXDomain', ' YXRRSet', ' NXRRSet', ' NotAuth'],
  ...[' NotZone', ' Resp11', ' Resp12', ' Resp13', ' Resp14', ' NoChange', ' BadVers', 'Resp17', ' Resp18', ' Resp19'],
  ...[' Resp20', 'Resp21', ' Resp22', ' BadCookie'],
]

const T_OPT = 41
const TYPE_LIST =
  '1 A 2 NS 3 MD 4 MF 5 CNAME 6 SOA 7 MB 8 MG 9 MR 10 NULL 11 WKS 12 PTR 13 HINFO 14 MINFO 15 MX 16 TXT 17 RP ' +
  '18 AFSDB 19 X25 20 ISDN 21 RT 22 NSAP 23 NSAP_PTR 24 SIG 25 KEY 26 PX 27 GPOS 28 AAAA 29 LOC 30 NXT 31 EID ' +
  '32 NIMLOC 33 SRV 34 ATMA 35 NAPTR 36 KX 37 CERT 38 A6 39 DNAME 40 SINK 41 OPT 42 APL 43 DS 44 SSHFP 45 IPSECKEY ' +
  '46 RRSIG 47 NSEC 48 DNSKEY 99 SPF 100 UINFO 101 UID 102 GID 103 UNSPEC 104 UNSPECA 249 TKEY 250 TSIG 251 IXFR ' +
  '252 AXFR 253 MAILB 254 MAILA 255 ANY 256 URI'

const TYPES: Names = new Map(
  (TYPE_LIST.match(/\d+ \w+/g) ?? []).map(pair => {
    const [number, name] = pair.split(' ') as [string, string]
    return [Number(number), name]
  }),
)
const CLASS_IN = 1
const CLASSES: Names = new Map([
  [3, 'CHAOS'],
  [4, 'HS'],
  [255, 'ANY'],
])
const MDNS_BIT = 0x8000
const MAX_NAME = 255
const INDIRECT = 0xc0

/** Offset behind the name at `o`; ends the printer when it is cut off or malformed. */
const skipName = (p: Printer, o: number): number => {
  for (let at = o; ; ) {
    const n = p.u8(at)
    if (n === 0) return at + 1
    if ((n & INDIRECT) === INDIRECT) return at + 2
    if ((n & INDIRECT) !== 0) throw new Truncated()
    at += n + 1
  }
}

/** Prints the name at `o` of the message at `base`; returns the offset behind it. */
const printName = (p: Printer, o: number, base: number): number => {
  let at = o
  let after = -1
  let limit = o - base
  let octets = 0
  if (p.u8(o) === 0) {
    p.print('.')
    return o + 1
  }
  for (let n = p.u8(at); n !== 0; n = p.u8(at)) {
    if ((n & INDIRECT) === INDIRECT) {
      if (after < 0) after = at + 2
      const target = p.u16(at) & 0x3fff
      // Pointers must go backwards, which also ends loops.
      if (target >= limit) {
        p.print('<BAD PTR>')
        throw new Truncated()
      }
      limit = target
      at = base + target
    } else if ((n & INDIRECT) !== 0) {
      p.print('<BAD LABEL TYPE>')
      throw new Truncated()
    } else {
      p.print(p.chars(at + 1, Math.max(0, Math.min(n, MAX_NAME - octets))))
      octets += n
      if (octets <= MAX_NAME) p.print('.')
      octets++
      at += n + 1
    }
  }
  if (octets > MAX_NAME) p.print('<DOMAIN NAME TOO LONG>')
  return after < 0 ? at + 1 : after
}

const className = (value: number): string => CLASSES.get(value) ?? `(Class ${value})`

const printQuestion = (p: Printer, o: number, base: number, isMdns: boolean): number => {
  const after = skipName(p, o)
  p.need(after, 4)
  p.print(` ${typeName(p.u16(after))}`)
  const found = p.u16(after + 2)
  const value = isMdns ? found & ~MDNS_BIT : found
  if (value !== CLASS_IN) p.print(` ${className(value)}`)
  if (isMdns) p.print((found & MDNS_BIT) !== 0 ? ' (QU)' : ' (QM)')
  p.print('? ')
  return printName(p, o, base) + 4
}

const typeName = (type: number): string => TYPES.get(type) ?? `Type${type}`

const printSoa = (p: Printer, o: number, base: number): void => {
  if (p.verbose === 0) return
  p.print(' ')
  const second = printName(p, o, base)
  p.print(' ')
  const numbers = printName(p, second, base)
  p.need(numbers, 20)
  for (let i = 0; i < 20; i += 4) p.print(` ${u32Text(p.u32(numbers + i))}`)
}

const printTxt = (p: Printer, o: number, end: number): void => {
  for (let at = o; at < end; ) {
    const n = p.u8(at)
    p.print(` "${p.chars(at + 1, n)}"`)
    at += n + 1
  }
}

const printOpt = (p: Printer, o: number, end: number, size: number, flags: number): void => {
  p.print(` UDPsize=${size}${(flags & 0x8000) !== 0 ? ' DO' : ''}`)
  if (o >= end) return
  const options: string[] = []
  for (let at = o; at < end; ) {
    const n = p.u16(at + 2)
    options.push(`Opt${p.u16(at)}${n === 0 ? '' : ` ${p.hexString(at + 4, n)}`}`)
    at += 4 + n
  }
  p.print(` [${options.join(',')}]`)
}

/** Prints the data of a record of `type` between `o` and `end`. */
const printData = (p: Printer, type: number, o: number, end: number, base: number): void => {
  switch (type) {
    case 1:
      p.print(` ${p.ip(o)}`)
      return
    case 2:
    case 5:
    case 12:
    case 39:
      p.print(' ')
      printName(p, o, base)
      return
    case 6:
      printSoa(p, o, base)
      return
    case 15:
      p.print(' ')
      printName(p, o + 2, base)
      p.print(` ${p.u16(o)}`)
      return
    case 16:
      printTxt(p, o, end)
      return
    case 28:
      p.print(` ${formatIpv6At(p, o)}`)
      return
    case 33:
      p.print(' ')
      p.need(o, 6)
      printName(p, o + 6, base)
      p.print(`:${p.u16(o + 4)} ${p.u16(o)} ${p.u16(o + 2)}`)
      return
    default:
      return
  }
}

const printRecord = (p: Printer, o: number, base: number, isMdns: boolean): number => {
  if (p.verbose > 0) p.print(' ')
  const at = p.verbose > 0 ? printName(p, o, base) : skipName(p, o)
  if (!p.has(at, 10)) return p.end
  const type = p.u16(at)
  const found = p.u16(at + 2)
  const value = isMdns ? found & ~MDNS_BIT : found
  if (value !== CLASS_IN && type !== T_OPT) p.print(` ${className(value)}`)
  if (isMdns && (found & MDNS_BIT) !== 0) p.print(' (Cache flush)')
  if (type !== T_OPT && p.verbose > 2) p.print(` [${u32Text(p.u32(at + 4))}s]`)
  p.print(` ${typeName(type)}`)
  const start = at + 10
  const end = start + p.u16(at + 8)
  p.need(start, end - start)
  if (type === T_OPT) printOpt(p, start, end, value, p.u16(at + 6))
  else printData(p, type, start, end, base)
  return end
}

/** Prints `count` records from `o`, separated by commas; returns the offset behind them. */
const printRecords = (p: Printer, o: number, count: number, base: number, isMdns: boolean): number => {
  let at = o
  for (let i = 0; i < count; i++) {
    if (i > 0) {
      if (at >= p.end) throw new Truncated()
      p.print(',')
    }
    at = printRecord(p, at, base, isMdns)
  }
  return at
}

/** Upper bits of the response code, from the first OPT record behind the other sections; 0 when there is none. */
const extendedCode = (p: Printer, base: number, questions: number, records: number, additional: number): number => {
  let at = base + HLEN
  for (let i = 0; i < questions; i++) at = skipName(p, at) + 4
  for (let i = 0; i < records; i++) {
    at = skipName(p, at) + 8
    at += 2 + p.u16(at)
  }
  for (let i = 0; i < additional; i++) {
    at = skipName(p, at)
    if (p.u16(at) === T_OPT) return p.u8(at + 4) << 4
    at += 8
    at += 2 + p.u16(at)
  }
  return 0
}

/** The same without ending the printer when the records are cut off. */
const extendedCodeOrZero = (p: Printer, base: number, q: number, records: number, additional: number): number => {
  try {
    return extendedCode(p, base, q, records, additional)
  } catch (e) {
    if (e instanceof Truncated) return 0
    throw e
  }
}

interface Header {
  readonly id: number
  readonly flags: number
  readonly qd: number
  readonly an: number
  readonly ns: number
  readonly ar: number
}

const printTail = (p: Printer, o: number, base: number, h: Header, isMdns: boolean): void => {
  let at = o
  if (h.ns > 0) {
    p.print(' ns:')
    at = printRecords(p, at, h.ns, base, isMdns)
  }
  if (h.ar > 0) {
    p.print(' ar:')
    printRecords(p, at, h.ar, base, isMdns)
  }
}

const printResponse = (p: Printer, base: number, h: Header, isMdns: boolean): void => {
  const rcode = (h.flags & 15) | extendedCodeOrZero(p, base, h.qd, h.an + h.ns, h.ar)
  const has = (bit: number, yes: string, no = ''): string => ((h.flags & bit) !== 0 ? yes : no)
  p.print(`${h.id}${opcodeText(h.flags)}${RCODES[rcode] ?? ` Resp${rcode}`}`)
  p.print(`${has(0x400, '*')}${has(0x80, '', '-')}${has(0x200, '|')}${has(0x20, '$')}`)
  if (h.qd !== 1) p.print(` [${h.qd}q]`)
  let at = base + HLEN
  for (let i = 0; i < h.qd; i++) {
    if (i > 0) p.print(',')
    if (p.verbose > 1) {
      p.print(' q:')
      at = printQuestion(p, at, base, isMdns)
    } else at = skipName(p, at) + 4
  }
  p.print(` ${h.an}/${h.ns}/${h.ar}`)
  at = printRecords(p, at, h.an, base, isMdns)
  if (p.verbose > 1) printTail(p, at, base, h, isMdns)
}

const opcodeText = (flags: number): string => {
  const opcode = (flags >> 11) & 15
  return opcode === 0 ? '' : ` ${OPCODES[opcode]}`
}

const printRequest = (p: Printer, base: number, h: Header, isMdns: boolean): void => {
  const has = (bit: number, yes: string): string => ((h.flags & bit) !== 0 ? yes : '')
  p.print(`${h.id}${opcodeText(h.flags)}${has(0x100, '+')}${has(0x10, '%')}`)
  if ((h.flags & 0x6cf) !== 0) p.print(` [b2&3=0x${hex(h.flags)}]`)
  if (((h.flags >> 11) & 15) === 1) {
    if (h.qd > 0) p.print(` [${h.qd}q]`)
    if (h.an !== 1) p.print(` [${h.an}a]`)
  } else {
    if (h.an > 0) p.print(` [${h.an}a]`)
    if (h.qd !== 1) p.print(` [${h.qd}q]`)
  }
  if (h.ns > 0) p.print(` [${h.ns}n]`)
  if (h.ar > 0) p.print(` [${h.ar}au]`)
  let at = base + HLEN
  for (let i = 0; i < h.qd; i++) {
    if (i > 0 && at >= p.end) throw new Truncated()
    at = printQuestion(p, at, base, isMdns)
  }
  if (p.verbose > 1) printTail(p, printRecords(p, at, h.an, base, isMdns), base, h, isMdns)
}

/** Steps over the length prefix of DNS over TCP; returns false when it does not fit, after saying so. */
const printPrefix = (p: Printer, off: number, length: number): boolean => {
  if (length < 2) {
    p.print(` [DNS over TCP: length ${length} < 2] (invalid)`)
    return false
  }
  if (p.u16(off) !== length - 2) {
    p.print(` [prefix length(${p.u16(off)}) != length(${length - 2})] (invalid)`)
    return false
  }
  p.print(' ')
  return true
}

/** Prints the DNS message of `length` octets at `off`. */
export const printDomain = (p: Printer, off: number, length: number, overTcp: boolean, isMdns: boolean): void => {
  p.protocol = 'domain'
  if (overTcp && !printPrefix(p, off, length)) return
  const base = overTcp ? off + 2 : off
  const octets = overTcp ? length - 2 : length
  if (octets < HLEN) {
    p.print(`domain [length ${octets} < ${HLEN}] (invalid)`)
    return
  }
  p.need(base, HLEN)
  const [id, flags, qd, an, ns, ar] = [0, 2, 4, 6, 8, 10].map(i => p.u16(base + i)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const header: Header = { id, flags, qd, an, ns, ar }
  if ((flags & 0x8000) !== 0) printResponse(p, base, header, isMdns)
  else printRequest(p, base, header, isMdns)
  p.print(` (${octets})`)
}
