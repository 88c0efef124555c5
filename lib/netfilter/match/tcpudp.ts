/**
 * The matches `tcp` and `udp`: ports, and TCP's flags and options. Only the first fragment has them; a second one that would
 * overwrite TCP's flags (offset 1) is dropped at once, and so is a first one too short for its header.
 *
 * @see net/netfilter/xt_tcpudp.c
 */
import type { Skb } from '../../core/skb.js'
import { IPPROTO_TCP, IPPROTO_UDP } from '../../wire/ipv4.js'
import { type XtActionParam, type XtMatch, xtMatch, XtPortTest } from '../x-tables.js'

/** Ports of a rule, both ends included. */
export interface XtUdp {
  readonly spts: readonly [number, number]
  readonly dpts: readonly [number, number]
  /** XT_UDP_INV_*. */
  readonly invflags: number
}
export const XT_UDP_INV_SRCPT = 1
export const XT_UDP_INV_DSTPT = 2

/** What belongs to a rule of `tcp` (struct xt_tcp). */
export interface XtTcp {
  readonly spts: readonly [number, number]
  readonly dpts: readonly [number, number]
  /** Number of an option that must be there, 0 for none. */
  readonly option: number
  /** Flags that are looked at, and which of them must be set; bits of octet 13 of the header. */
  readonly flgMask: number
  readonly flgCmp: number
  /** XT_TCP_INV_*. */
  readonly invflags: number
}
export const XT_TCP_INV_SRCPT = 1
export const XT_TCP_INV_DSTPT = 2
export const XT_TCP_INV_FLAGS = 4
export const XT_TCP_INV_OPTION = 8

const TCP_HLEN = 20
const UDP_HLEN = 8
const TCP_DOFF = 12
const TCP_FLAGS = 13

/** Ports as the kernel keeps them, and the other numbers of a rule: one shape for the data path. */
class Ports {
  readonly smin: number
  readonly smax: number
  readonly dmin: number
  readonly dmax: number
  readonly sinv: boolean
  readonly dinv: boolean
  readonly option: number
  readonly flgMask: number
  readonly flgCmp: number
  readonly invflags: number
  constructor(spts: readonly number[], dpts: readonly number[], invflags: number, tcp: XtTcp | null) {
    this.smin = spts[0]!
    this.smax = spts[1]!
    this.dmin = dpts[0]!
    this.dmax = dpts[1]!
    this.sinv = (invflags & 1) !== 0
    this.dinv = (invflags & 2) !== 0
    this.option = tcp?.option ?? 0
    this.flgMask = tcp?.flgMask ?? 0
    this.flgCmp = tcp?.flgCmp ?? 0
    this.invflags = invflags
  }
}

const portsMatch = (b: Uint8Array, at: number, p: Ports): boolean => {
  const sport = (b[at]! << 8) | b[at + 1]!
  if ((sport >= p.smin && sport <= p.smax) === p.sinv) return false
  const dport = (b[at + 2]! << 8) | b[at + 3]!
  return (dport >= p.dmin && dport <= p.dmax) !== p.dinv
}

/** Is the option there (tcp_find_option)? A header that is cut short has the packet dropped. */
const hasOption = (skb: Skb, par: XtActionParam, p: Ports): boolean => {
  const inverted = (p.invflags & XT_TCP_INV_OPTION) !== 0
  const { buf: b } = skb
  const { thoff } = par
  const end = thoff + ((b[thoff + TCP_DOFF]! >> 4) << 2)
  if (end > skb.tail) {
    par.hotdrop = true
    return false
  }
  let at = thoff + TCP_HLEN
  while (at < end) {
    if (b[at] === p.option) return !inverted
    const len = at + 1 < end ? b[at + 1]! : 0
    at += b[at]! < 2 ? 1 : len === 0 ? 1 : len
  }
  return inverted
}

const tcpMt = (skb: Skb, par: XtActionParam, p: Ports): boolean => {
  const { thoff } = par
  if (par.fragoff !== 0) {
    if (par.fragoff === 1) par.hotdrop = true
    return false
  }
  const b = skb.buf
  if (thoff + TCP_HLEN > skb.tail) {
    par.hotdrop = true
    return false
  }
  if (!portsMatch(b, thoff, p)) return false
  if (((b[thoff + TCP_FLAGS]! & p.flgMask) === p.flgCmp) === ((p.invflags & XT_TCP_INV_FLAGS) !== 0)) return false
  if (p.option === 0) return true
  if ((b[thoff + TCP_DOFF]! >> 4) << 2 < TCP_HLEN) {
    par.hotdrop = true
    return false
  }
  return hasOption(skb, par, p)
}

const udpMt = (skb: Skb, par: XtActionParam, p: Ports): boolean => {
  if (par.fragoff !== 0) return false
  if (par.thoff + UDP_HLEN > skb.tail) {
    par.hotdrop = true
    return false
  }
  return portsMatch(skb.buf, par.thoff, p)
}

const portTest = (p: Ports): XtPortTest => new XtPortTest([p.smin, p.smax], [p.dmin, p.dmax], p.sinv, p.dinv)

/** The match `tcp`. */
export const tcpMatch: XtMatch = xtMatch<XtTcp, Ports>({
  name: 'tcp',
  ports: portTest,
  proto: IPPROTO_TCP,
  checkentry: (_par, info) => new Ports(info.spts, info.dpts, info.invflags, info),
  match: tcpMt,
})

/** The match `udp`. */
export const udpMatch: XtMatch = xtMatch<XtUdp, Ports>({
  name: 'udp',
  isPerFlow: true,
  ports: portTest,
  proto: IPPROTO_UDP,
  checkentry: (_par, info) => new Ports(info.spts, info.dpts, info.invflags, null),
  match: udpMt,
})
