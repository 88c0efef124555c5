/**
 * Text of UDP datagrams as tcpdump prints them.
 *
 * DIFFERS: of the payloads that tcpdump knows by port, only DNS, multicast DNS, VXLAN, OTV, Geneve, SIP and the fixed part
 * of Rx are taken apart; datagrams of the others print as `UDP, length N`.
 * @see RFC 768, tcpdump print-udp.c
 */

import { csumTcpUdp } from '../checksum.js'
import { IPPROTO_UDP } from '../ipv4.js'
import { UDP_HLEN } from '../udp.js'
import { VXLAN_HLEN, VXLAN_PORT_IANA } from '../vxlan.js'
import { printDomain } from './domain.js'
import { checksumShouldBe } from './icmp.js'
import { ETHERTYPE_NAMES } from './names.js'
import { hex, type Names, type Printer } from './printer.js'
import type { Ends } from './tcp.js'
import { printText, SIP } from './text.js'

/** Printers of the layers that tunnels carry; given by the caller, because those print UDP in turn. */
export interface Inner {
  readonly ethernet: (p: Printer, off: number, length: number) => void
  /** Prints what an EtherType announces; returns false when it is not known. */
  readonly ethertype: (p: Printer, type: number, off: number, length: number) => boolean
}

const DOMAIN_PORT = 53
const MDNS_PORT = 5353
const SIP_PORT = 5060
const OTV_PORT = 8472
const GENEVE_PORT = 6081
const RX_PORT_LOW = 7000
const RX_PORT_HIGH = 7009
const RX_HLEN = 28
const RX_TYPES: Names = new Map([
  [1, 'data'],
  [2, 'ack'],
  [3, 'busy'],
  [4, 'abort'],
  [5, 'ackall'],
  [6, 'challenge'],
  [7, 'response'],
  [8, 'debug'],
  [9, 'params'],
  [13, 'version'],
])
/** Flags of Rx: bit, the type they are for (0: all), name. */
const RX_FLAGS = [
  [1, 0, 'client-init'],
  [2, 0, 'req-ack'],
  [4, 0, 'last-pckt'],
  [8, 0, 'more-pckts'],
  [16, 0, 'free-pckt'],
  [32, 2, 'slow-start'],
  [32, 1, 'jumbogram'],
] as const

const printVxlan = (p: Printer, o: number, length: number, inner: Inner): void => {
  p.protocol = 'vxlan'
  p.print('VXLAN')
  if (length < VXLAN_HLEN) {
    p.print(' (invalid)')
    return
  }
  const flags = p.u8(o)
  p.print(`, flags [${(flags & 8) !== 0 ? 'I' : 'invalid'}] (0x${hex(flags, 2)}), `)
  p.print(`vni ${p.u24(o + 4)}\n`)
  p.need(o + 7, 1)
  inner.ethernet(p, o + VXLAN_HLEN, length - VXLAN_HLEN)
}

/** Port 8472, which Linux uses for VXLAN by default, is that of OTV for tcpdump: the same layout under other names. */
const printOtv = (p: Printer, o: number, length: number, inner: Inner): void => {
  p.protocol = 'otv'
  p.print('OTV, ')
  if (length < VXLAN_HLEN) {
    p.print(`[length ${length} < ${VXLAN_HLEN}] (invalid)`)
    return
  }
  const flags = p.u8(o)
  p.print(`flags [${(flags & 8) !== 0 ? 'I' : '.'}] (0x${hex(flags, 2)}), `)
  p.print(`overlay ${p.u24(o + 1)}, `)
  p.print(`instance ${p.u24(o + 4)}\n`)
  p.need(o + 7, 1)
  inner.ethernet(p, o + VXLAN_HLEN, length - VXLAN_HLEN)
}

const ETHERTYPE_TEB = 0x6558

const printGeneve = (p: Printer, o: number, length: number, inner: Inner): void => {
  p.protocol = 'geneve'
  p.print('Geneve')
  if (length < 8) {
    p.print(` [length ${length} < 8] (invalid)`)
    return
  }
  p.need(o, 8)
  const version = p.u8(o) >> 6
  if (version !== 0) {
    p.print(` ERROR: unknown-version ${version}`)
    return
  }
  const flags = p.u8(o + 1)
  const type = p.u16(o + 2)
  const flagText = `${(flags & 0x80) !== 0 ? 'O' : ''}${(flags & 0x40) !== 0 ? 'C' : ''}`
  p.print(`, Flags [${flagText === '' ? 'none' : flagText}], vni 0x${hex(p.u24(o + 4))}`)
  if (p.u8(o + 7) !== 0) p.print(`, rsvd 0x${hex(p.u8(o + 7))}`)
  if (p.linkLevel) p.print(`, proto ${ETHERTYPE_NAMES.get(type) ?? 'unknown'} (0x${hex(type, 4)})`)
  const optLen = (p.u8(o) & 63) * 4
  const left = length - 8
  if (left < optLen) {
    p.print(` truncated-geneve - ${optLen - left} bytes missing`)
    return
  }
  p.need(o + 8, optLen)
  if (optLen > 0) p.print(`, options [${optLen} bytes]`)
  p.print(p.verbose < 1 ? ': ' : '\n\t')
  const at = o + 8 + optLen
  if (inner.ethertype(p, type, at, left - optLen)) return
  if (type === ETHERTYPE_TEB) inner.ethernet(p, at, left - optLen)
  else p.print(`geneve-proto-0x${hex(type)}`)
}

const printRx = (p: Printer, o: number, length: number): void => {
  p.protocol = 'rx'
  if (!p.has(o, RX_HLEN)) {
    p.print(` [|rx] (${length})`)
    return
  }
  const type = p.u8(o + 20)
  p.print(` rx ${RX_TYPES.get(type) ?? `type ${type}`}`)
  if (p.verbose > 1) p.print(` cid ${hex(p.u32(o + 4), 8)} call# ${p.u32(o + 8) >>> 0}`)
  if (p.verbose > 0) p.print(` seq ${p.u32(o + 12) >>> 0} ser ${p.u32(o + 16) >>> 0}`)
  if (p.verbose > 2) p.print(` secindex ${p.u8(o + 23)} serviceid ${p.u16(o + 26)}`)
  if (p.verbose > 1) {
    const flags = p.u8(o + 21)
    const names = RX_FLAGS.filter(([bit, only]) => (flags & bit) !== 0 && (only === 0 || only === type))
    if (names.length > 0) p.print(` ${names.map(([, , name]) => `<${name}>`).join(',')}`)
  }
  p.print(` (${length})`)
}

const isRxPort = (port: number): boolean => port >= RX_PORT_LOW && port <= RX_PORT_HIGH

/** Prints what the ports announce; returns false when none is known. */
const printPayload = (p: Printer, o: number, length: number, sport: number, dport: number, inner: Inner): boolean => {
  const is = (port: number): boolean => sport === port || dport === port
  if (is(DOMAIN_PORT)) printDomain(p, o, length, false, false)
  else if (is(MDNS_PORT)) printDomain(p, o, length, false, true)
  else if (isRxPort(sport) || isRxPort(dport)) printRx(p, o, length)
  else if (is(SIP_PORT)) printText(p, o, length, SIP)
  else if (is(OTV_PORT)) printOtv(p, o, length, inner)
  else if (is(VXLAN_PORT_IANA)) printVxlan(p, o, length, inner)
  else if (is(GENEVE_PORT)) printGeneve(p, o, length, inner)
  else return false
  return true
}

const printChecksum = (p: Printer, off: number, length: number, ends: Ends): void => {
  if (ends.pseudo === null) return
  const found = p.u16(off + 6)
  if (found === 0) {
    p.print('[no cksum] ')
    return
  }
  if (!p.has(off, length)) return
  const sum = csumTcpUdp(p.b, off, length, ends.pseudo.saddr, ends.pseudo.daddr, IPPROTO_UDP)
  if (sum === 0) p.print('[udp sum ok] ')
  else p.print(`[bad udp cksum 0x${hex(found, 4)} -> 0x${hex(checksumShouldBe(found, sum), 4)}!] `)
}

/** Prints the datagram of `length` octets at `off`; `isFragmented` when its rest is in other fragments. */
export const printUdp = (
  p: Printer,
  off: number,
  length: number,
  isFragmented: boolean,
  ends: Ends,
  inner: Inner,
): void => {
  p.protocol = 'udp'
  if (!p.has(off, 4)) {
    p.print(`${ends.saddr} > ${ends.daddr}: `)
    p.printTruncated()
    return
  }
  const sport = p.u16(off)
  const dport = p.u16(off + 2)
  p.print(`${ends.saddr}.${sport} > ${ends.daddr}.${dport}: `)
  if (length < UDP_HLEN) {
    p.print(`truncated-udp ${length}`)
    return
  }
  if (!p.has(off, 6)) {
    p.printTruncated()
    return
  }
  const ulen = p.u16(off + 4)
  if (ulen < UDP_HLEN) {
    p.print(`truncated-udplength ${ulen}`)
    return
  }
  const announced = ulen - UDP_HLEN
  const payload = Math.min(length - UDP_HLEN, announced)
  if (!p.has(off, UDP_HLEN)) {
    p.printTruncated()
    return
  }
  if (p.verbose > 1 && !isFragmented) printChecksum(p, off, payload + UDP_HLEN, ends)
  if (printPayload(p, off + UDP_HLEN, payload, sport, dport, inner)) return
  if (announced > payload && !isFragmented) p.print(`UDP, bad length ${announced} > ${payload}`)
  else p.print(`UDP, length ${announced}`)
}
