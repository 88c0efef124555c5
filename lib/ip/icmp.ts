/**
 * The ICMP messages that a host receives.
 *
 * @see net/ipv4/icmp.c icmp_rcv, icmp_unreach, icmp_redirect, icmp_echo
 */
import { DROP } from '../core/drop.js'
import { consumeSkb, kfreeSkb, type Skb } from '../core/skb.js'
import { NSEC_PER_MSEC } from '../sim/time.js'
import {
  ICMP_ADDRESS,
  ICMP_ADDRESSREPLY,
  ICMP_DEST_UNREACH,
  ICMP_ECHO,
  ICMP_ECHOREPLY,
  ICMP_EXC_FRAGTIME,
  ICMP_FRAG_NEEDED,
  ICMP_HLEN,
  ICMP_HOST_UNREACH,
  ICMP_PARAMETERPROB,
  ICMP_REDIRECT,
  ICMP_SOURCE_QUENCH,
  ICMP_TIME_EXCEEDED,
  ICMP_TIMESTAMP,
  ICMP_TIMESTAMPREPLY,
  icmpCode,
  icmpCsumOk,
  icmpGateway,
  icmpMtu,
  icmpType,
  NR_ICMP_TYPES,
  NR_ICMP_UNREACH,
} from '../wire/icmp.js'
import { IPV4_HLEN, ipv4Daddr, ipv4Ihl, ipv4Proto } from '../wire/ipv4.js'
import { putU32 } from '../wire/bytes.js'
import { inetAddrType } from './fib-lookup.js'
import { icmpReply, icmpSend, specDst } from './icmp-send.js'
import { ipv4 } from './ipv4.js'
import { receiveOptions } from './options.js'
import { rawIcmpError } from './raw.js'
import { ipRtIcmpError } from './route-exceptions.js'
import { RTCF_BROADCAST, RTCF_MULTICAST, RTN_BROADCAST } from './rtnetlink.js'

/** The handler of IPPROTO_ICMP. `skb.data` is at the ICMP header. */
export const icmpRcv = (skb: Skb): void => {
  const b = skb.buf
  const o = skb.data
  if (skb.tail - o < ICMP_HLEN) return kfreeSkb(skb, DROP.PKT_TOO_SMALL)
  if (!icmpCsumOk(b, o, skb.tail - o)) return kfreeSkb(skb, DROP.ICMP_CSUM)
  const type = icmpType(b, o)
  if (type > NR_ICMP_TYPES) return kfreeSkb(skb, DROP.UNHANDLED_PROTO)
  if (skb.dst!.flags & (RTCF_BROADCAST | RTCF_MULTICAST) && isIgnoredToMany(skb, type))
    return kfreeSkb(skb, DROP.INVALID_PROTO)
  switch (type) {
    case ICMP_ECHO:
      return echo(skb)
    case ICMP_TIMESTAMP:
      return timestamp(skb)
    case ICMP_DEST_UNREACH:
    case ICMP_TIME_EXCEEDED:
    case ICMP_SOURCE_QUENCH:
    case ICMP_PARAMETERPROB:
      return unreach(skb, type)
    case ICMP_REDIRECT:
      return redirect(skb)
    default:
      // Answers are for raw sockets, which have their copies; the rest is obsolete and discarded.
      return consumeSkb(skb)
  }
}

const isIgnoredToMany = (skb: Skb, type: number): boolean => {
  if (type === ICMP_ECHO || type === ICMP_TIMESTAMP) return ipv4(skb.netns).sysctls.icmpEchoIgnoreBroadcasts !== 0
  return type !== ICMP_ADDRESS && type !== ICMP_ADDRESSREPLY
}

const echo = (skb: Skb): void => {
  if (ipv4(skb.netns).sysctls.icmpEchoIgnoreAll !== 0) return kfreeSkb(skb, DROP.ICMP_IGNORED)
  icmpReply(skb, ICMP_ECHOREPLY, icmpCode(skb.buf, skb.data))
  consumeSkb(skb)
}

const DAY_MS = 86_400_000

/** Answers with the time of day in milliseconds; virtual time starts at midnight (icmp_timestamp). */
const timestamp = (skb: Skb): void => {
  const o = skb.data + ICMP_HLEN
  if (skb.tail - o < 4) return kfreeSkb(skb, DROP.PKT_TOO_SMALL)
  const now = Math.floor(skb.netns.world.now / NSEC_PER_MSEC) % DAY_MS
  const times = new Uint8Array(12)
  times.set(skb.buf.subarray(o, o + 4))
  putU32(times, 4, now)
  putU32(times, 8, now)
  icmpReply(skb, ICMP_TIMESTAMPREPLY, 0, times)
  consumeSkb(skb)
}

/** Values of ip_no_pmtu_disc that let no error about the MTU pass; with the second those of TCP, which has none here. */
const IGNORES_PMTU: readonly number[] = [2, 3]

/** MTU or pointer that an error carries, 0 for others; -1 when the error is to be ignored. */
const errorInfo = (skb: Skb, type: number, code: number): number => {
  const { buf: b, data: o } = skb
  const { ipNoPmtuDisc } = ipv4(skb.netns).sysctls
  switch (type) {
    case ICMP_DEST_UNREACH:
      if (code > NR_ICMP_UNREACH || (code === ICMP_FRAG_NEEDED && IGNORES_PMTU.includes(ipNoPmtuDisc))) return -1
      return code === ICMP_FRAG_NEEDED && ipNoPmtuDisc === 0 ? icmpMtu(b, o) : 0
    case ICMP_TIME_EXCEEDED:
      return code === ICMP_EXC_FRAGTIME ? -1 : 0
    case ICMP_PARAMETERPROB:
      return b[o + 4]!
    default:
      return 0
  }
}

/** An error about a packet of this host: routes and sockets hear of it (icmp_unreach, icmp_socket_deliver). */
const unreach = (skb: Skb, type: number): void => {
  const { buf: b, data: o, netns } = skb
  const ip = o + ICMP_HLEN
  if (skb.tail - ip < IPV4_HLEN || ipv4Ihl(b, ip) < IPV4_HLEN) return kfreeSkb(skb, DROP.IP_INHDR)
  const code = icmpCode(b, o)
  const info = errorInfo(skb, type, code)
  const state = ipv4(netns)
  const daddr = ipv4Daddr(b, ip)
  const bogus = state.sysctls.icmpIgnoreBogusErrorResponses === 0 && inetAddrType(netns, daddr) === RTN_BROADCAST
  if (info < 0 || bogus) return consumeSkb(skb)
  tellSockets(skb, ip, type, code, info)
}

/** Tells the sockets that may have sent the packet quoted at `ip`, and through them its route (icmp_socket_deliver). */
const tellSockets = (skb: Skb, ip: number, type: number, code: number, info: number): void => {
  const { buf: b, netns } = skb
  if (skb.tail - ip < ipv4Ihl(b, ip) + 8) return kfreeSkb(skb, DROP.PKT_TOO_SMALL)
  const proto = ipv4Proto(b, ip)
  skb.data = ip
  rawIcmpError(skb, proto, type, code, info)
  ipv4(netns).protos[proto]?.err?.(skb, type, code, info)
  consumeSkb(skb)
}

/** An error about an ICMP message: of those that this host sends without a socket, its answers to echo (icmp_err). */
export const icmpErr = (skb: Skb, type: number, code: number, info: number): void => {
  const { buf: b, data: ip } = skb
  if (icmpType(b, ip + ipv4Ihl(b, ip)) === ICMP_ECHOREPLY) ipRtIcmpError(skb, type, code, info, null)
}

const redirect = (skb: Skb): void => {
  const { buf: b, data: o } = skb
  const ip = o + ICMP_HLEN
  if (skb.tail - ip < IPV4_HLEN) return kfreeSkb(skb, DROP.PKT_TOO_SMALL)
  tellSockets(skb, ip, ICMP_REDIRECT, icmpCode(b, o), icmpGateway(b, o))
}

/** Tells the sender of a packet that waited for ARP in vain (arp_error_report, ipv4_link_failure); ends the skb. */
export const ipv4LinkFailure = (skb: Skb): void => {
  skb.networkHeader = skb.data
  // What was known about its options may be gone: they are looked at again, which fills them in once more.
  const isWrong = ipv4Ihl(skb.buf, skb.data) > IPV4_HLEN && receiveOptions(skb, () => specDst(skb)) >= 0
  if (!isWrong) icmpSend(skb, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0)
  kfreeSkb(skb, DROP.NEIGH_FAILED)
}
