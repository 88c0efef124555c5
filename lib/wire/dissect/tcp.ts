/**
 * Text of TCP segments as tcpdump prints them: flags, relative numbers, options, and payloads of a few ports.
 *
 * Left out: the contents of MPTCP and experimental options beyond their name and octets; payloads other than HTTP, RTSP,
 * SMTP, FTP, WHOIS, SSH and DNS, for which nothing follows the length.
 * @see RFC 9293, tcpdump print-tcp.c
 */

import { csumTcpUdp } from '../checksum.js'
import { formatIpv4 } from '../ip.js'
import { IPPROTO_TCP } from '../ipv4.js'
import * as T from '../tcp.js'
import { printDomain } from './domain.js'
import { checksumShouldBe } from './icmp.js'
import { hex, type Names, type Printer, Truncated, u32Text } from './printer.js'
import { FTP, HTTP, printSsh, printText, RTSP, SMTP, type TextProtocol, WHOIS } from './text.js'

const FLAGS = [
  [T.TH_FIN, 'F'],
  [T.TH_SYN, 'S'],
  [T.TH_RST, 'R'],
  [T.TH_PUSH, 'P'],
  [T.TH_ACK, '.'],
  [T.TH_URG, 'U'],
  [T.TH_ECE, 'E'],
  [T.TH_CWR, 'W'],
] as const

const TCPOPT_FASTOPEN = 34
const TCPOPT_EXPERIMENT = 254
/** Magic number of fast open in an experimental option (RFC 6994). */
const MAGIC_FASTOPEN = 0xf989

const OPTIONS: Names = new Map([
  [T.TCPOPT_EOL, 'eol'],
  [T.TCPOPT_NOP, 'nop'],
  [T.TCPOPT_MSS, 'mss'],
  [T.TCPOPT_WINDOW, 'wscale'],
  [T.TCPOPT_SACK_PERM, 'sackOK'],
  [T.TCPOPT_SACK, 'sack'],
  [6, 'echo'],
  [7, 'echoreply'],
  [T.TCPOPT_TIMESTAMP, 'TS'],
  [11, 'cc'],
  [12, 'ccnew'],
  [13, ''],
  [19, 'md5'],
  [20, 'scps'],
  [28, 'uto'],
  [29, 'tcp-ao'],
  [30, 'mptcp'],
  [TCPOPT_FASTOPEN, 'tfo'],
  [TCPOPT_EXPERIMENT, 'exp'],
])

const TEXT_PORTS: ReadonlyMap<number, TextProtocol> = new Map([
  [25, SMTP],
  [43, WHOIS],
  [21, FTP],
  [80, HTTP],
  [8080, HTTP],
  [554, RTSP],
  [8554, RTSP],
])
const SSH_PORT = 22
const DOMAIN_PORT = 53
const MAX_RST_OCTETS = 30

/** Flags of a segment as tcpdump writes them between brackets: `S.`, `P.`, `none`. */
export const tcpFlagsText = (flags: number): string => {
  let text = ''
  for (const [bit, letter] of FLAGS) if ((flags & bit) !== 0) text += letter
  return text === '' ? 'none' : text
}

/** Addresses of the IP packet around a segment or datagram. */
export interface Ends {
  readonly saddr: string
  readonly daddr: string
  /** The same as int32 for the pseudo-header; null when it is not IPv4. */
  readonly pseudo: { readonly saddr: number; readonly daddr: number } | null
}

/** Ends of an IPv4 packet from its addresses as int32. */
export const ipv4Ends = (saddr: number, daddr: number): Ends => ({
  saddr: formatIpv4(saddr),
  daddr: formatIpv4(daddr),
  pseudo: { saddr, daddr },
})

const isLess = (a: Ends): boolean => {
  const pseudo = a.pseudo
  return pseudo === null ? a.saddr < a.daddr : pseudo.saddr >>> 0 <= pseudo.daddr >>> 0
}

/** Thrown when an option does not fit; ends the list with `[bad opt]`. */
class BadOption extends Error {
  override readonly name = 'BadOption'
}

/** Thrown when an option's value was not captured; ends the list with `[|tcp]>`. */
class CutOption extends Error {
  override readonly name = 'CutOption'
}

const sackText = (p: Printer, o: number, n: number, base: number): string => {
  if (n % 8 !== 0) return ' invalid sack'
  let text = ` ${n / 8} `
  for (let i = 0; i < n; i += 8) text += `{${u32Text(p.u32(o + i) - base)}:${u32Text(p.u32(o + i + 4) - base)}}`
  return text
}

/** Octets that an option's value must have; -1 for any number. */
const valueLength = (kind: number): number => {
  switch (kind) {
    case T.TCPOPT_MSS:
    case 20:
    case 28:
      return 2
    case T.TCPOPT_WINDOW:
      return 1
    case T.TCPOPT_SACK_PERM:
      return 0
    case T.TCPOPT_TIMESTAMP:
      return 8
    case 6:
    case 7:
    case 11:
    case 12:
    case 13:
      return 4
    case 19:
      return 16
    default:
      return -1
  }
}

/** Text of an option's value of `n` octets at `o`. */
const valueText = (p: Printer, kind: number, o: number, n: number, sackBase: number): string => {
  switch (kind) {
    case T.TCPOPT_MSS:
      return ` ${p.u16(o)}`
    case T.TCPOPT_WINDOW:
      return ` ${p.u8(o)}`
    case T.TCPOPT_SACK_PERM:
      return ''
    case T.TCPOPT_SACK:
      return sackText(p, o, n, sackBase)
    case T.TCPOPT_TIMESTAMP:
      return ` val ${u32Text(p.u32(o))} ecr ${u32Text(p.u32(o + 4))}`
    case 6:
    case 7:
    case 11:
    case 12:
    case 13:
      return ` ${u32Text(p.u32(o))}`
    case 19:
      return ` shared secret not supplied with -M, can't check - ${p.hexString(o, n)}`
    case 20:
      return ` cap ${hex(p.u8(o), 2)} id ${p.u8(o + 1)}`
    case 28: {
      const v = p.u16(o)
      return ` 0x${hex(v)} ${(v & 1) === 1 ? (v >> 1) * 60 : v >> 1}`
    }
    case TCPOPT_FASTOPEN:
      return ` ${fastOpenText(p, o, n)}`
    case TCPOPT_EXPERIMENT:
      return experimentText(p, o, n)
    default:
      return n === 0 ? '' : ` 0x${p.hexString(o, n)}`
  }
}

/** Text of the captured part of an option's value of `n` octets at `o`. */
const cutValueText = (p: Printer, kind: number, o: number, n: number): string => {
  if (kind === T.TCPOPT_SACK) return n % 8 === 0 ? ` ${n / 8} ` : ' invalid sack'
  if (valueLength(kind) >= 0 || kind === TCPOPT_FASTOPEN || kind === TCPOPT_EXPERIMENT) return ''
  return ` 0x${p.hexString(o, p.available(o, n))}`
}

const fastOpenText = (p: Printer, o: number, n: number): string => {
  if (n === 0) return ' cookiereq'
  return n % 2 !== 0 || n < 4 || n > 16 ? ' (invalid)' : ` cookie ${p.hexString(o, n)}`
}

/** An option of RFC 6994: a magic number says what it is. */
const experimentText = (p: Printer, o: number, n: number): string => {
  if (n < 2) throw new BadOption()
  const magic = p.u16(o)
  return magic === MAGIC_FASTOPEN ? `-tfo${fastOpenText(p, o + 2, n - 2)}` : `-${hex(magic, 4)}`
}

const printOption = (p: Printer, o: number, left: number, sackBase: number): number => {
  const kind = p.u8(o)
  if (kind === T.TCPOPT_EOL || kind === T.TCPOPT_NOP) {
    p.print(OPTIONS.get(kind)!)
    return 1
  }
  const len = p.u8(o + 1)
  if (len < 2 || len > left) throw new BadOption()
  p.print(OPTIONS.get(kind) ?? `unknown-${kind}`)
  const wanted = valueLength(kind)
  const n = wanted < 0 ? len - 2 : wanted
  if (n > left - 2) throw new BadOption()
  if (!p.has(o + 2, n)) {
    p.print(cutValueText(p, kind, o + 2, n))
    throw new CutOption()
  }
  p.print(valueText(p, kind, o + 2, n, sackBase))
  if (n + 2 !== len) p.print(`[len ${len}]`)
  // What follows a value of the wrong length is read behind the octets that were printed, not behind the length field.
  return n + 2
}

/** Prints the options; returns false when the list was bad or cut off, after which nothing else is printed. */
const printOptions = (p: Printer, off: number, hlen: number, sackBase: number): boolean => {
  p.print(', options [')
  let separator = ''
  try {
    for (let at: number = T.TCP_HLEN; at < hlen; ) {
      p.print(separator)
      const isEnd = p.u8(off + at) === T.TCPOPT_EOL
      at += printOption(p, off + at, hlen - at, sackBase)
      separator = ','
      if (isEnd) break
    }
  } catch (e) {
    if (e instanceof BadOption) p.print(`[bad opt]${separator === '' ? '' : ']'}`)
    else if (e instanceof CutOption) {
      p.printTruncated()
      p.print(separator === '' ? '' : '>')
    } else throw e
    return false
  }
  p.print(']')
  return true
}

const printPayload = (p: Printer, o: number, length: number, sport: number, dport: number): void => {
  if (sport === SSH_PORT || dport === SSH_PORT) {
    printSsh(p, o, length)
    return
  }
  for (const [port, protocol] of TEXT_PORTS) {
    if (sport !== port && dport !== port) continue
    p.print(': ')
    printText(p, o, length, protocol)
    return
  }
  if (sport === DOMAIN_PORT || dport === DOMAIN_PORT) printDomain(p, o, length, true, false)
}

const printResetData = (p: Printer, o: number, length: number): void => {
  const shown = Math.min(length, MAX_RST_OCTETS)
  const head = p.has(o, length) ? ' [RST' : ' [!RST'
  p.print(`${head}${length > MAX_RST_OCTETS ? '+' : ''} ${p.chars(o, p.available(o, shown))}]`)
}

const printChecksum = (p: Printer, off: number, length: number, ends: Ends): void => {
  if (ends.pseudo === null || !p.has(off, length)) return
  const sum = csumTcpUdp(p.b, off, length, ends.pseudo.saddr, ends.pseudo.daddr, IPPROTO_TCP)
  const found = p.u16(off + 16)
  p.print(
    `, cksum 0x${hex(found, 4)} ${sum === 0 ? '(correct)' : `(incorrect -> 0x${hex(checksumShouldBe(found, sum), 4)})`}`,
  )
}

interface Numbers {
  seq: number
  ack: number
  sackBase: number
}

const numbersOf = (p: Printer, off: number, flags: number, ends: Ends): Numbers => {
  const seq = p.u32(off + 4)
  const ack = p.u32(off + 8)
  if ((flags & T.TH_ACK) === 0) return { seq, ack, sackBase: 0 }
  const sport = p.u16(off)
  const dport = p.u16(off + 2)
  const isReversed = sport > dport || (sport === dport && !isLess(ends))
  const key = isReversed
    ? `${ends.daddr}.${dport} ${ends.saddr}.${sport}`
    : `${ends.saddr}.${sport} ${ends.daddr}.${dport}`
  return p.conversations.relative(key, isReversed, seq, ack, (flags & T.TH_SYN) !== 0)
}

/** Prints the TCP segment of `length` octets at `off`; `isFragmented` when its rest is in other fragments. */
export const printTcp = (p: Printer, off: number, length: number, isFragmented: boolean, ends: Ends): void => {
  p.protocol = 'tcp'
  if (!p.has(off, 4)) {
    p.print(`${ends.saddr} > ${ends.daddr}:`)
    p.printTruncated()
    return
  }
  const sport = p.u16(off)
  const dport = p.u16(off + 2)
  p.print(`${ends.saddr}.${sport} > ${ends.daddr}.${dport}: `)
  p.need(off, T.TCP_HLEN)
  const hlen = T.tcpHdrLen(p.b, off)
  if (hlen < T.TCP_HLEN) {
    p.print(` tcp ${u32Text(length - hlen)} [bad hdr length ${hlen} - too short, < ${T.TCP_HLEN}]`)
    return
  }
  const flags = T.tcpFlags(p.b, off)
  p.print(`Flags [${tcpFlagsText(flags)}]`)
  const { seq, ack, sackBase } = numbersOf(p, off, flags, ends)
  if (hlen > length) {
    p.print(` [bad hdr length ${hlen} - too long, > ${length}]`)
    return
  }
  if (p.verbose > 0 && !isFragmented) printChecksum(p, off, length, ends)
  const payload = length - hlen
  if (p.verbose > 1 || payload > 0 || (flags & (T.TH_SYN | T.TH_FIN | T.TH_RST)) !== 0)
    p.print(`, seq ${u32Text(seq)}${payload > 0 ? `:${u32Text(seq + payload)}` : ''}`)
  if ((flags & T.TH_ACK) !== 0) p.print(`, ack ${u32Text(ack)}`)
  p.print(`, win ${T.tcpWindow(p.b, off)}`)
  if ((flags & T.TH_URG) !== 0) p.print(`, urg ${T.tcpUrg(p.b, off)}`)
  if (hlen > T.TCP_HLEN && !printOptions(p, off, hlen, sackBase)) return
  p.print(`, length ${payload}`)
  if (payload === 0) return
  if (!p.has(off, hlen)) {
    p.print(` [remaining caplen(${p.end - off}) < header length(${hlen})]`)
    throw new Truncated()
  }
  if ((flags & T.TH_RST) !== 0 && p.verbose > 0) {
    printResetData(p, off + hlen, payload)
    return
  }
  printPayload(p, off + hlen, payload, sport, dport)
}
