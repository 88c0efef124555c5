/**
 * The ICMP messages that a host sends: errors about packets, and answers.
 *
 * @see net/ipv4/icmp.c icmp_send, icmp_reply; RFC 792, RFC 1122 3.2.2, RFC 1812 4.3.2
 */
import { IFF_LOOPBACK } from '../core/netdev.js'
import { nfCtAttach } from '../core/netfilter.js'
import { allocSkb, PACKET_HOST, type Skb, skbPut } from '../core/skb.js'
import { csumFold, csumPartial } from '../wire/checksum.js'
import { ICMP_HLEN, icmpType, isIcmpError, NR_ICMP_TYPES, putIcmp } from '../wire/icmp.js'
import {
  IP_OFFSET,
  IPPROTO_ICMP,
  IPV4_HLEN,
  ipv4Daddr,
  ipv4FragOff,
  ipv4Ihl,
  ipv4Proto,
  ipv4Saddr,
  ipv4Tos,
} from '../wire/ipv4.js'
import { isZeronet } from '../wire/ip.js'
import type { Dst } from '../core/dst.js'
import { type FibInfo, fibPrefsrc } from './fib-info.js'
import { inetSelectAddr } from './in-device.js'
import { ipv4 } from './ipv4.js'
import { dstHoplimit, ipLocalOut } from './local-out.js'
import { echoOptions, type EchoedOptions, putEchoed } from './options.js'
import { dstMtu, ipRouteOutput } from './route.js'
import { RT_SCOPE_LINK, RT_SCOPE_UNIVERSE, RTCF_BROADCAST, RTCF_LOCAL, RTCF_MULTICAST } from './rtnetlink.js'

/** Octets of the packet that an ICMP error makes at most, IPv4 header included. */
const ICMP_ERROR_MAX = 576
/** IPTOS_PREC_INTERNETCONTROL: precedence of errors. */
const TOS_INTERNETCONTROL = 0xc0
/** The TOS bits that an error takes from the packet (RT_TOS). */
const IPTOS_TOS_MASK = 0x1e
/** 192.0.0.8, the source of errors of a host without addresses (RFC 7600). */
const INADDR_DUMMY: number = 0xc0000008 | 0

/** Types without a meaning that count as errors besides those that are (icmp_pointers). */
const UNASSIGNED_ERRORS = (1 << 1) | (1 << 2) | (1 << 6) | (1 << 7) | (1 << 9) | (1 << 10)

const countsAsError = (type: number): boolean =>
  type > NR_ICMP_TYPES || isIcmpError(type) || ((1 << type) & UNASSIGNED_ERRORS) !== 0

/** Must no error be sent about this packet? */
const mayNotAnswer = (skb: Skb, dst: Dst, type: number): boolean => {
  const { buf: b, networkHeader: ip } = skb
  if (skb.pktType !== PACKET_HOST || dst.flags & (RTCF_BROADCAST | RTCF_MULTICAST)) return true
  if (ipv4FragOff(b, ip) & IP_OFFSET) return true
  if (!isIcmpError(type) || ipv4Proto(b, ip) !== IPPROTO_ICMP) return false
  const at = ip + ipv4Ihl(b, ip)
  if (at >= skb.tail) return true
  return countsAsError(icmpType(b, at))
}

/** Source address of an error: the one that was asked for when it is ours, else that of the interface towards the sender. */
const errorSource = (skb: Skb, dst: Dst): number => {
  const { buf: b, networkHeader: ip, netns } = skb
  if (dst.flags & RTCF_LOCAL) return ipv4Daddr(b, ip)
  if (!dst.isInput || ipv4(netns).sysctls.icmpErrorsUseInboundIfaddr === 0) return 0
  const dev = netns.devByIndex(skb.skbIif)
  return dev === null ? 0 : inetSelectAddr(dev, ipv4Saddr(b, ip), RT_SCOPE_LINK)
}

/**
 * Sends an ICMP error about `skb`, which stays the caller's (icmp_send). `info` is the second word of the header: MTU,
 * gateway or pointer. Quotes as much as fits into 576 octets.
 */
export const icmpSend = (skb: Skb, type: number, code: number, info: number): void => {
  const dst = skb.dst
  // A route that went meanwhile leads nowhere, not even to an answer.
  if (dst === null || (dst.fibInfo as FibInfo | null)?.dead === true || mayNotAnswer(skb, dst, type)) return
  const { netns, buf: b, networkHeader: ip } = skb
  const { icmp, fib } = ipv4(netns)
  const fromLo = skb.dev !== null && (skb.dev.flags & IFF_LOOPBACK) !== 0
  const limited = !icmp.isExempt(type, code)
  if (limited && !fromLo && !icmp.globalAllow()) return
  if (icmp.isSending) return
  const options = echoOptions(skb)
  if (options === null) return
  const tos = isIcmpError(type) ? (ipv4Tos(b, ip) & IPTOS_TOS_MASK) | TOS_INTERNETCONTROL : ipv4Tos(b, ip)
  const fl = fib.flow.reset(options.faddr !== 0 ? options.faddr : ipv4Saddr(b, ip), errorSource(skb, dst), 0)
  fl.proto = IPPROTO_ICMP
  fl.tos = tos
  fl.sport = (type << 8) | code
  // With several next hops it takes the one of the flow that it is about.
  const rt = ipRouteOutput(netns, fl, skb)
  if (rt === null) return
  const { daddr } = fl
  const saddr = fl.saddr !== 0 ? fl.saddr : INADDR_DUMMY
  if (limited && !(rt.dev.flags & IFF_LOOPBACK) && !icmp.peerAllow(daddr)) return
  const room = Math.min(dstMtu(rt, false), ICMP_ERROR_MAX) - IPV4_HLEN - options.octets.length - ICMP_HLEN
  const quoted = Math.min(skb.tail - ip, room)
  if (quoted < IPV4_HLEN) return
  push(skb, rt, type, code, info, b.subarray(ip, ip + quoted), options, tos, saddr, daddr)
}

/**
 * Answers a received ICMP message with `data`, its own by default, behind the second word of its header (icmp_reply).
 * `skb.data` is at the ICMP header.
 */
export const icmpReply = (skb: Skb, type: number, code: number, data?: Uint8Array): void => {
  const { netns, buf: b, networkHeader: ip } = skb
  const { icmp, fib } = ipv4(netns)
  const limited = !icmp.isExempt(type, code)
  if (limited && !icmp.globalAllow()) return
  if (icmp.isSending) return
  const options = echoOptions(skb)
  if (options === null) return
  const tos = ipv4Tos(b, ip)
  const source = specDst(skb)
  const fl = fib.flow.reset(options.faddr !== 0 ? options.faddr : ipv4Saddr(b, ip), source, 0)
  fl.proto = IPPROTO_ICMP
  fl.tos = tos
  const rt = ipRouteOutput(netns, fl)
  if (rt === null) return
  const { saddr, daddr } = fl
  if (limited && !(rt.dev.flags & IFF_LOOPBACK) && !icmp.peerAllow(daddr)) return
  const own = b.subarray(skb.data + ICMP_HLEN, skb.tail)
  const rest = (b[skb.data + 4]! << 24) | (b[skb.data + 5]! << 16) | (b[skb.data + 6]! << 8) | b[skb.data + 7]!
  push(skb, rt, type, code, rest, data ?? own, options, tos, saddr, daddr)
}

/** Address from which a received packet is answered (fib_compute_spec_dst). */
export const specDst = (skb: Skb): number => {
  const { netns, buf: b, networkHeader: ip } = skb
  const flags = skb.dst!.flags & (RTCF_BROADCAST | RTCF_MULTICAST | RTCF_LOCAL)
  if (flags === RTCF_LOCAL) return ipv4Daddr(b, ip)
  const saddr = ipv4Saddr(b, ip)
  if (isZeronet(saddr)) return inetSelectAddr(skb.dev!, saddr, RT_SCOPE_LINK)
  const { fib } = ipv4(netns)
  const fl = fib.flow.reset(saddr, 0, 0)
  fl.tos = ipv4Tos(b, ip)
  if (fib.lookup(fl, 0) === 0) return fibPrefsrc(fib.res.info!, fib.res.nh!)
  return inetSelectAddr(skb.dev!, saddr, RT_SCOPE_UNIVERSE)
}

/** Builds and sends a message about `skb` (icmp_push_reply). */
const push = (
  skb: Skb,
  rt: Dst,
  type: number,
  code: number,
  rest: number,
  data: Uint8Array,
  options: EchoedOptions,
  tos: number,
  saddr: number,
  daddr: number,
): void => {
  const { netns } = skb
  const len = data.length
  const out = allocSkb(netns, IPV4_HLEN + options.octets.length + ICMP_HLEN + len)
  out.data = out.tail = out.data + IPV4_HLEN
  if (options.octets.length > 0) putEchoed(out, options, saddr, ipv4Saddr(skb.buf, skb.networkHeader))
  const at = skbPut(out, ICMP_HLEN + len)
  const b = out.buf
  putIcmp(b, at, type, code, rest)
  b.set(data, at + ICMP_HLEN)
  const sum = csumFold(csumPartial(b, at, ICMP_HLEN + len))
  b[at + 2] = sum >> 8
  b[at + 3] = sum & 0xff
  out.transportHeader = at
  out.dst = rt
  out.sk = ipv4(netns).ctlSk
  out.ignoreDf = true
  if (isIcmpError(type)) nfCtAttach(out, skb)
  const ttl = rt.flags & RTCF_MULTICAST ? 1 : dstHoplimit(rt)
  const { icmp } = ipv4(netns)
  icmp.isSending = true
  try {
    ipLocalOut(out, null, tos, 0, ttl, IPPROTO_ICMP, saddr, daddr)
  } finally {
    icmp.isSending = false
  }
}
