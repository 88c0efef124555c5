/**
 * Text of ICMP messages as tcpdump prints them.
 *
 * Left out: the objects of the extensions of RFC 4884; Linux sends none for packets that it forwards.
 * @see RFC 792, tcpdump print-icmp.c
 */

import { csumMessage } from '../checksum.js'
import * as I from '../icmp.js'
import { IPPROTO_TCP, IPPROTO_UDP } from '../ipv4.js'
import { hex, type Names, type Printer, u32Text } from './printer.js'

/** Offsets in an ICMP error of the quoted packet and of its fields. */
const QUOTED = I.ICMP_HLEN
const QUOTED_PROTO = QUOTED + 9
const QUOTED_DADDR = QUOTED + 16
const DATA = I.ICMP_HLEN

/** Offset in an ICMP error of the extension structure: behind 128 octets of the quoted packet (RFC 4884). */
const EXTENSION = QUOTED + 128
const EXTENSION_HLEN = 4
const EXTENSION_VERSION = 2
const EXTENSIBLE: ReadonlySet<number> = new Set([I.ICMP_DEST_UNREACH, I.ICMP_TIME_EXCEEDED, I.ICMP_PARAMETERPROB])

/** Prints an IPv4 packet; given by the caller, because IPv4 prints ICMP in turn. */
export type PrintIpv4 = (p: Printer, off: number, length: number) => void

const OTHER_TYPES: Names = new Map([
  [I.ICMP_SOURCE_QUENCH, 'source quench'],
  [I.ICMP_ROUTERSOLICIT, 'router solicitation'],
  [I.ICMP_INFO_REQUEST, 'information request'],
  [I.ICMP_INFO_REPLY, 'information reply'],
  [I.ICMP_ADDRESS, 'address mask request'],
])

/** Texts of unreachable codes; `%` stands for the quoted destination. */
const UNREACH: Names = new Map([
  [I.ICMP_NET_UNREACH, 'net % unreachable'],
  [I.ICMP_HOST_UNREACH, 'host % unreachable'],
  [I.ICMP_SR_FAILED, '% unreachable - source route failed'],
  [I.ICMP_NET_UNKNOWN, 'net % unreachable - unknown'],
  [I.ICMP_HOST_UNKNOWN, 'host % unreachable - unknown'],
  [I.ICMP_HOST_ISOLATED, '% unreachable - source host isolated'],
  [I.ICMP_NET_ANO, 'net % unreachable - admin prohibited'],
  [I.ICMP_HOST_ANO, 'host % unreachable - admin prohibited'],
  [I.ICMP_NET_UNR_TOS, 'net % unreachable - tos prohibited'],
  [I.ICMP_HOST_UNR_TOS, 'host % unreachable - tos prohibited'],
  [I.ICMP_PKT_FILTERED, 'host % unreachable - admin prohibited filter'],
  [I.ICMP_PREC_VIOLATION, 'host % unreachable - host precedence violation'],
  [I.ICMP_PREC_CUTOFF, 'host % unreachable - precedence cutoff'],
])

const portUnreachable = (p: Printer, off: number): string => {
  p.need(off + QUOTED_PROTO, 1)
  const proto = p.u8(off + QUOTED_PROTO)
  const port = p.u16(off + QUOTED + ((p.u8(off + QUOTED) & 15) << 2) + 2)
  const daddr = p.ip(off + QUOTED_DADDR)
  if (proto === IPPROTO_TCP) return `${daddr} tcp port ${port} unreachable`
  if (proto === IPPROTO_UDP) return `${daddr} udp port ${port} unreachable`
  return `${daddr} protocol ${proto} port ${port} unreachable`
}

const unreachable = (p: Printer, off: number, code: number): string => {
  if (code === I.ICMP_PORT_UNREACH) return portUnreachable(p, off)
  if (code === I.ICMP_PROT_UNREACH)
    return `${p.ip(off + QUOTED_DADDR)} protocol ${p.u8(off + QUOTED_PROTO)} unreachable`
  if (code === I.ICMP_FRAG_NEEDED) {
    const mtu = p.u16(off + 6)
    return `${p.ip(off + QUOTED_DADDR)} unreachable - need to frag${mtu === 0 ? '' : ` (mtu ${mtu})`}`
  }
  const text = UNREACH.get(code) ?? `% unreachable - #${code}`
  return text.replace('%', p.ip(off + QUOTED_DADDR))
}

const redirect = (p: Printer, off: number, code: number): string => {
  const daddr = p.ip(off + QUOTED_DADDR)
  const gateway = p.ip(off + 4)
  if (code > I.ICMP_REDIR_HOSTTOS) return `redirect-#${code} ${daddr} to ${gateway}`
  const isTos = code === I.ICMP_REDIR_NETTOS || code === I.ICMP_REDIR_HOSTTOS
  const isNet = code === I.ICMP_REDIR_NET || code === I.ICMP_REDIR_NETTOS
  return `redirect${isTos ? '-tos' : ''} ${daddr} to ${isNet ? 'net' : 'host'} ${gateway}`
}

const timeExceeded = (p: Printer, off: number, code: number): string => {
  p.need(off + QUOTED_DADDR, 4)
  if (code === I.ICMP_EXC_TTL) return 'time exceeded in-transit'
  return code === I.ICMP_EXC_FRAGTIME ? 'ip reassembly time exceeded' : `time exceeded-#${code}`
}

/** A time of day in milliseconds as `hh:mm:ss.mmm`. */
const timeOfDay = (ms: number): string => {
  const n = ms >>> 0
  const two = (v: number): string => String(v).padStart(2, '0')
  const sec = Math.floor(n / 1000)
  return `${two(Math.floor(sec / 3600))}:${two(Math.floor(sec / 60) % 60)}:${two(sec % 60)}.${String(n % 1000).padStart(3, '0')}`
}

const timestampReply = (p: Printer, off: number): string => {
  p.need(off + DATA + 8, 4)
  const times = [0, 4, 8].map(i => timeOfDay(p.u32(off + DATA + i)))
  return `time stamp reply id ${p.u16(off + 4)} seq ${p.u16(off + 6)}: org ${times[0]}, recv ${times[1]}, xmit ${times[2]}`
}

const lifetime = (s: number): string => {
  const two = (v: number): string => String(v).padStart(2, '0')
  if (s < 60) return `${s}`
  if (s < 3600) return `${Math.floor(s / 60)}:${two(s % 60)}`
  return `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`
}

const routerAdvertisement = (p: Printer, off: number): string => {
  p.need(off + 4, 4)
  const count = p.u8(off + 4)
  const size = p.u8(off + 5)
  let text = `router advertisement lifetime ${lifetime(p.u16(off + 6))} ${count}:`
  if (size !== 2) return `${text} [size ${size}]`
  for (let i = 0; i < count; i++) {
    const at = off + DATA + 8 * i
    p.need(at, 8)
    text += ` {${p.ip(at)} ${u32Text(p.u32(at + 4))}}`
  }
  return text
}

const typeText = (p: Printer, off: number, type: number, code: number): string => {
  switch (type) {
    case I.ICMP_ECHO:
    case I.ICMP_ECHOREPLY:
      return `echo ${type === I.ICMP_ECHO ? 'request' : 'reply'}, id ${p.u16(off + 4)}, seq ${p.u16(off + 6)}`
    case I.ICMP_DEST_UNREACH:
      return unreachable(p, off, code)
    case I.ICMP_REDIRECT:
      return redirect(p, off, code)
    case I.ICMP_ROUTERADVERT:
      return routerAdvertisement(p, off)
    case I.ICMP_TIME_EXCEEDED:
      return timeExceeded(p, off, code)
    case I.ICMP_PARAMETERPROB:
      return code === 0 ? `parameter problem - octet ${p.u8(off + 4)}` : `parameter problem - code ${code}`
    case I.ICMP_ADDRESSREPLY:
      return `address mask is 0x${hex(p.u32(off + DATA), 8)}`
    case I.ICMP_TIMESTAMP:
      return `time stamp query id ${p.u16(off + 4)} seq ${p.u16(off + 6)}`
    case I.ICMP_TIMESTAMPREPLY:
      return timestampReply(p, off)
    default:
      return OTHER_TYPES.get(type) ?? `type-#${type}`
  }
}

/** Checksum that should stand where `found` stands, when the sum over all is `sum`. */
export const checksumShouldBe = (found: number, sum: number): number => {
  // One's complement arithmetic: take the wrong field out of the sum, and put back what makes it zero.
  const shouldBe = found + sum
  return ((shouldBe & 0xffff) + (shouldBe >>> 16)) & 0xffff
}

/** Prints the ICMP message of `length` octets at `off`; `isFragmented` when its rest is in other fragments. */
export const printIcmp = (
  p: Printer,
  off: number,
  length: number,
  isFragmented: boolean,
  printIpv4: PrintIpv4,
): void => {
  p.protocol = 'icmp'
  const type = p.u8(off)
  const text = typeText(p, off, type, p.u8(off + 1))
  p.print(`ICMP ${text}, length ${length}`)
  if (p.verbose === 0) return
  if (!isFragmented && p.has(off, length)) {
    const sum = csumMessage(p.b, off, length)
    if (sum !== 0) {
      const found = p.u16(off + 2)
      p.print(` (wrong icmp cksum ${hex(found)} (->${hex(checksumShouldBe(found, sum))})!)`)
    }
  }
  if (!I.isIcmpError(type)) return
  p.print('\n\t')
  const end = p.end
  const totLen = p.u16(off + QUOTED + 2)
  p.end = Math.min(off + QUOTED + totLen, end)
  printIpv4(p, off + QUOTED, totLen)
  p.end = end
  p.protocol = 'icmp'
  if (length > EXTENSION && EXTENSIBLE.has(type)) printExtension(p, off, length)
}

/** Prints the header of the extension structure of a long error, if what stands there can be one. */
const printExtension = (p: Printer, off: number, length: number): void => {
  p.need(off, EXTENSION + EXTENSION_HLEN + 1)
  const at = off + EXTENSION
  const octets = length - EXTENSION
  const isWhole = p.has(at, octets)
  // Without a length of the quoted packet, only a right checksum shows that this is an extension.
  if (p.u8(off + 5) === 0 && isWhole && csumMessage(p.b, at, octets) !== 0) return
  const version = p.u8(at) >> 4
  p.print(`\n\tICMP Multi-Part extension v${version}`)
  if (version !== EXTENSION_VERSION) p.print(' packet not supported')
  else if (isWhole) {
    const state = csumMessage(p.b, at, octets) === 0 ? 'correct' : 'incorrect'
    p.print(`, checksum 0x${hex(p.u16(at + 2), 4)} (${state}), length ${octets}`)
  }
}
