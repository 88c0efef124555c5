/**
 * Text of IPv4 packets as tcpdump prints them, and of what stands in them.
 *
 * DIFFERS: protocols other than ICMP, IGMP, TCP, UDP, IPv4 in IPv4 and IPv6 in IPv4 print as `ip-proto-N LENGTH`, also
 * where tcpdump takes them apart (GRE, OSPF, PIM, SCTP, VRRP ...).
 * @see RFC 791, tcpdump print-ip.c print-ip-demux.c
 */

import { ipFastCsum } from '../checksum.js'
import * as V4 from '../ipv4.js'
import * as O from '../ipv4-options.js'
import { printIcmp, checksumShouldBe } from './icmp.js'
import { printIgmp } from './igmp.js'
import { formatIpv6At } from './ip6-text.js'
import { IP_PROTO_NAMES } from './names.js'
import { hex, type Names, type Printer, Truncated } from './printer.js'
import { type Ends, ipv4Ends, printTcp } from './tcp.js'
import { type Inner, printUdp } from './udp.js'

const OPTION_NAMES: Names = new Map([
  [O.IPOPT_END, 'EOL'],
  [O.IPOPT_NOOP, 'NOP'],
  [O.IPOPT_TIMESTAMP, 'timestamp'],
  [82, 'traceroute'],
  [O.IPOPT_SEC, 'security'],
  [O.IPOPT_RR, 'RR'],
  [O.IPOPT_SSRR, 'SSRR'],
  [O.IPOPT_LSRR, 'LSRR'],
  [O.IPOPT_RA, 'RA'],
])
const IP_RES = 0x8000
const IPPROTO_ICMPV6 = 58
const ECN = ['', ',ECT(1)', ',ECT(0)', ',CE'] as const

const routeText = (p: Printer, o: number, len: number): string => {
  if (len < 3) return ` [bad length ${len}]`
  let text = ((len + 1) & 3) !== 0 ? ` [bad length ${len}]` : ''
  const pointer = p.u8(o + 2)
  const at = pointer - 1
  if (at < 3 || ((at + 1) & 3) !== 0 || at > len + 1) text += ` [bad ptr ${pointer}]`
  for (let i = 3; i < len; i += 4) text += ` ${p.ip(o + i)}${at > i ? ',' : ''}`
  return text
}

const TS_KINDS: Names = new Map([
  [O.IPOPT_TS_TSONLY, 'TSONLY'],
  [O.IPOPT_TS_TSANDADDR, 'TS+ADDR'],
  [O.IPOPT_TS_PRESPEC, 'PRESPEC'],
])

const timestampText = (p: Printer, o: number, len: number): string => {
  if (len < 4) return `[bad length ${len}]`
  const kind = p.u8(o + 3) & 15
  const hop = kind === O.IPOPT_TS_TSONLY ? 4 : 8
  const pointer = p.u8(o + 2)
  const at = pointer - 1
  let text = ' TS{'
  if (((len - 4) & (hop - 1)) !== 0) text += `[bad length ${len}]`
  if (at < 4 || ((at - 4) & (hop - 1)) !== 0 || at > len + 1) text += `[bad ptr ${pointer}]`
  const name = TS_KINDS.get(kind)
  let i = 0
  if (name === undefined) text += `[bad ts type ${kind}]`
  else {
    text += name
    for (i = 4; i < len; i += hop) {
      p.need(o + i, hop)
      text += `${at === i ? ' ^ ' : ' '}${p.u32(o + i + hop - 4) >>> 0}@${hop === 8 ? p.ip(o + i) : ''}`
    }
  }
  if (at === i) text += ' ^ '
  const missed = p.u8(o + 3) >> 4
  return missed > 0 ? `${text} [${missed} hops not recorded]} ` : `${text}}`
}

const optionText = (p: Printer, type: number, o: number, len: number): string => {
  switch (type) {
    case O.IPOPT_TIMESTAMP:
      return timestampText(p, o, len)
    case O.IPOPT_RR:
    case O.IPOPT_SSRR:
    case O.IPOPT_LSRR:
      return routeText(p, o, len)
    case O.IPOPT_RA:
      if (len < 4) return ` [bad length ${len}]`
      return p.u16(o + 2) === 0 ? '' : ` value ${p.u16(o + 2)}`
    default:
      return ''
  }
}

/** Prints the options between `o` and `end`; returns false when they are cut off. */
const printOptions = (p: Printer, o: number, end: number): boolean => {
  let separator = ''
  try {
    for (let at = o; at < end; ) {
      const type = p.u8(at)
      p.print(`${separator}${OPTION_NAMES.get(type) ?? `unknown ${type}`}`)
      separator = ','
      const isSingle = type === O.IPOPT_NOOP || type === O.IPOPT_END
      const len = isSingle ? 1 : p.u8(at + 1)
      if ((!isSingle && len < 2) || len > end - at) {
        p.print(` [bad length ${len}]`)
        return true
      }
      p.need(at, len)
      if (type === O.IPOPT_END) return true
      p.print(optionText(p, type, at, len))
      at += len
    }
    return true
  } catch (e) {
    if (e instanceof Truncated) return false
    throw e
  }
}

const flagsText = (fragOff: number): string => {
  const flags: string[] = []
  if ((fragOff & V4.IP_MF) !== 0) flags.push('+')
  if ((fragOff & V4.IP_DF) !== 0) flags.push('DF')
  if ((fragOff & IP_RES) !== 0) flags.push('rsvd')
  return flags.length === 0 ? 'none' : flags.join(', ')
}

/** Prints the header in parentheses; returns false when its options are cut off. */
const printHeader = (p: Printer, off: number, hlen: number): boolean => {
  const tos = p.u8(off + 1)
  const fragOff = V4.ipv4FragOff(p.b, off)
  const ttl = V4.ipv4Ttl(p.b, off)
  const proto = V4.ipv4Proto(p.b, off)
  p.print(`(tos 0x${hex(tos)}${ECN[tos & 3]}${ttl > 0 ? `, ttl ${ttl}` : ''}, id ${V4.ipv4Id(p.b, off)}`)
  p.print(`, offset ${(fragOff & V4.IP_OFFSET) * 8}, flags [${flagsText(fragOff)}]`)
  p.print(`, proto ${IP_PROTO_NAMES.get(proto) ?? 'unknown'} (${proto}), length ${V4.ipv4TotLen(p.b, off)}`)
  let isWhole = true
  if (hlen > V4.IPV4_HLEN) {
    p.print(', options (')
    isWhole = printOptions(p, off + V4.IPV4_HLEN, off + hlen)
    p.print(isWhole ? ')' : ' [truncated-option])')
  }
  if (p.has(off, hlen)) {
    const sum = ipFastCsum(p.b, off, hlen)
    const found = V4.ipv4Csum(p.b, off)
    if (sum !== 0) p.print(`, bad cksum ${hex(found)} (->${hex(checksumShouldBe(found, sum))})!`)
  }
  p.print(')\n    ')
  return isWhole
}

/** Destination for the pseudo-header: the last address of a source route, else that of the header. */
const pseudoDestination = (p: Printer, off: number, hlen: number): number => {
  for (let o = O.ipv4OptionNext(p.b, off + V4.IPV4_HLEN, off + hlen); o >= 0; ) {
    const len = p.b[o + 1]!
    if (p.b[o] === O.IPOPT_LSRR || p.b[o] === O.IPOPT_SSRR) return len < 7 ? V4.ipv4Daddr(p.b, off) : p.u32(o + len - 4)
    o = O.ipv4OptionNext(p.b, o + len, off + hlen)
  }
  return V4.ipv4Daddr(p.b, off)
}

const endsOf = (p: Printer, off: number, hlen: number): Ends => {
  const ends = ipv4Ends(V4.ipv4Saddr(p.b, off), V4.ipv4Daddr(p.b, off))
  if (hlen === V4.IPV4_HLEN || !p.has(off, hlen)) return ends
  return { ...ends, pseudo: { saddr: V4.ipv4Saddr(p.b, off), daddr: pseudoDestination(p, off, hlen) } }
}

const printProtocol = (
  p: Printer,
  proto: number,
  off: number,
  length: number,
  isFragmented: boolean,
  ends: Ends,
  inner: Inner,
): void => {
  switch (proto) {
    case V4.IPPROTO_ICMP:
      printIcmp(p, off, length, isFragmented, (q, o, n) => printIpv4(q, o, n, inner))
      return
    case V4.IPPROTO_IGMP:
      printIgmp(p, off, length)
      return
    case V4.IPPROTO_TCP:
      printTcp(p, off, length, isFragmented, ends)
      return
    case V4.IPPROTO_UDP:
      printUdp(p, off, length, isFragmented, ends, inner)
      return
    case V4.IPPROTO_IPIP:
      printIpv4(p, off, length, inner)
      return
    case V4.IPPROTO_IPV6:
      printIpv6(p, off, length, inner)
      return
    case IPPROTO_ICMPV6:
      p.print('[ICMPv6 requires IPv6] (invalid)')
      return
    default:
      p.print(` ip-proto-${proto} ${length}`)
      return
  }
}

/** Prints what follows the header when the packet is whole or the first fragment. */
const printBody = (p: Printer, off: number, hlen: number, length: number, fragOff: number, inner: Inner): void => {
  const proto = V4.ipv4Proto(p.b, off)
  const ends = endsOf(p, off, hlen)
  // SCTP and DCCP print their own ports before the colon in tcpdump; without a printer for them the addresses stand here.
  if (proto !== V4.IPPROTO_TCP && proto !== V4.IPPROTO_UDP) p.print(`${ends.saddr} > ${ends.daddr}: `)
  if (!p.has(off, hlen)) {
    p.print(` [remaining caplen(${p.end - off}) < header length(${hlen})]`)
    throw new Truncated()
  }
  printProtocol(p, proto, off + hlen, length, (fragOff & V4.IP_MF) !== 0, ends, inner)
}

/** Prints the IPv4 packet at `off`, for which the layer below announced `length` octets. */
export const printIpv4 = (p: Printer, off: number, length: number, inner: Inner): void => {
  p.protocol = 'ip'
  const version = p.u8(off) >> 4
  if (version !== 4) {
    p.print(`${version === 6 ? 'IP6, wrong link-layer encapsulation' : `IP${version}`} (invalid)`)
    return
  }
  if (!p.linkLevel) p.print('IP ')
  p.need(off, V4.IPV4_HLEN)
  if (length < V4.IPV4_HLEN) {
    p.print(`truncated-ip ${length}`)
    return
  }
  const hlen = V4.ipv4Ihl(p.b, off)
  if (hlen < V4.IPV4_HLEN) {
    p.print(`bad-hlen ${hlen}`)
    return
  }
  const announced = V4.ipv4TotLen(p.b, off)
  if (length < announced) p.print(`truncated-ip - ${announced - length} bytes missing! `)
  if (announced < hlen) {
    p.print(`bad-len ${announced}`)
    return
  }
  const end = p.end
  p.end = Math.min(end, off + announced)
  printPacket(p, off, hlen, announced - hlen, inner)
  p.end = end
}

const printPacket = (p: Printer, off: number, hlen: number, length: number, inner: Inner): void => {
  const fragOff = V4.ipv4FragOff(p.b, off)
  const saddr = p.ip(off + 12)
  const daddr = p.ip(off + 16)
  if (p.verbose > 0 && !printHeader(p, off, hlen)) {
    p.print(`${saddr} > ${daddr}: `)
    p.printTruncated()
    return
  }
  if ((fragOff & V4.IP_OFFSET) === 0) {
    printBody(p, off, hlen, length, fragOff, inner)
    return
  }
  p.print(`${saddr} > ${daddr}: ip-proto-${V4.ipv4Proto(p.b, off)}`)
}

const IPV6_HLEN = 40
const ICMPV6_TYPES: Names = new Map([
  [128, 'echo request'],
  [129, 'echo reply'],
  [133, 'router solicitation'],
  [134, 'router advertisement'],
  [135, 'neighbor solicitation'],
  [136, 'neighbor advertisement'],
])

/**
 * Prints an IPv6 packet at `off`.
 *
 * DIFFERS: netloom has no IPv6; addresses, TCP, UDP and the name of an ICMPv6 message are printed, extension headers and
 * the rest of ICMPv6 are not.
 */
export const printIpv6 = (p: Printer, off: number, length: number, inner: Inner): void => {
  p.protocol = 'ip6'
  p.need(off, IPV6_HLEN)
  if (length < IPV6_HLEN) {
    p.print(`truncated-ip6 ${length}`)
    return
  }
  if (!p.linkLevel) p.print('IP6 ')
  const version = p.u8(off) >> 4
  if (version !== 6) {
    p.print(`version error: ${version} != 6`)
    return
  }
  const payload = p.u16(off + 4)
  if (length < payload + IPV6_HLEN) p.print(`truncated-ip6 - ${payload + IPV6_HLEN - length} bytes missing!`)
  const next = p.u8(off + 6)
  const ends: Ends = { saddr: formatIpv6At(p, off + 8), daddr: formatIpv6At(p, off + 24), pseudo: null }
  if (p.verbose > 0) {
    p.print(`(hlim ${p.u8(off + 7)}, next-header ${IP_PROTO_NAMES.get(next) ?? 'unknown'} (${next})`)
    p.print(` payload length: ${payload}) `)
  }
  const at = off + IPV6_HLEN
  const end = p.end
  p.end = Math.min(end, at + payload)
  if (next === V4.IPPROTO_TCP) printTcp(p, at, payload, false, ends)
  else if (next === V4.IPPROTO_UDP) printUdp(p, at, payload, false, ends, inner)
  else {
    p.print(`${ends.saddr} > ${ends.daddr}: `)
    if (next === IPPROTO_ICMPV6)
      p.print(`ICMP6, ${ICMPV6_TYPES.get(p.u8(at)) ?? `type-#${p.u8(at)}`}, length ${payload}`)
    else p.print(` ip-proto-${next} ${payload}`)
  }
  p.end = end
}
