/**
 * The socket that a packet which has come in is for, looked up before IP does so.
 *
 * @see net/ipv4/netfilter/nf_socket_ipv4.c
 */
import type { NetDevice } from '../core/netdev.js'
import type { Netns } from '../core/netns.js'
import type { Skb } from '../core/skb.js'
import { ipv4 } from '../ip/ipv4.js'
import type { Sock } from '../ip/sock.js'
import type { EhashEntry } from '../ip/tcp/inet-ehash.js'
import { inetLookupEstablished, inetLookupListener } from '../ip/tcp/inet-hashtables.js'
import {
  ICMP_DEST_UNREACH,
  ICMP_PARAMETERPROB,
  ICMP_REDIRECT,
  ICMP_SOURCE_QUENCH,
  ICMP_TIME_EXCEEDED,
} from '../wire/icmp.js'
import { IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP, IPV4_HLEN, ipv4Ihl, ipv4Proto } from '../wire/ipv4.js'
import { nfCtGet } from './conntrack/nf-conn.js'
import { IP_CT_ESTABLISHED_REPLY, IP_CT_RELATED_REPLY, IPS_SRC_NAT_DONE } from './conntrack/nf-conntrack-common.js'
import { NfConntrackTuple, nfCtGetTuple } from './conntrack/nf-conntrack-tuple.js'

const ICMP_HLEN = 8
const ERRORS: readonly number[] = [
  ICMP_DEST_UNREACH,
  ICMP_SOURCE_QUENCH,
  ICMP_REDIRECT,
  ICMP_TIME_EXCEEDED,
  ICMP_PARAMETERPROB,
]

/** Where the packet comes from and where it goes, as the socket has it. */
const TUPLE = new NfConntrackTuple()

/** Reads ports and addresses: of an ICMP error those that it quotes, the other way round. */
const readTuple = ({ buf: b, tail, networkHeader: nh }: Skb, thoff: number): boolean => {
  const proto = ipv4Proto(b, nh)
  if (proto === IPPROTO_UDP || proto === IPPROTO_TCP) return nfCtGetTuple(b, nh, thoff, tail, proto, TUPLE)
  const inner = thoff + ICMP_HLEN
  if (proto !== IPPROTO_ICMP || inner + IPV4_HLEN > tail || !ERRORS.includes(b[thoff]!)) return false
  const quoted = ipv4Proto(b, inner)
  if (quoted !== IPPROTO_UDP && quoted !== IPPROTO_TCP) return false
  if (!nfCtGetTuple(b, inner, inner + ipv4Ihl(b, inner), tail, quoted, TUPLE)) return false
  TUPLE.set(TUPLE.dst, TUPLE.src, (TUPLE.ports << 16) | (TUPLE.ports >>> 16), quoted)
  return true
}

/** The answer to a translated packet is for the socket that sent this. */
const undoSnat = (skb: Skb): void => {
  const ct = nfCtGet(skb)
  if (ct === null || !(ct.status & IPS_SRC_NAT_DONE)) return
  const isIcmp = ipv4Proto(skb.buf, skb.networkHeader) === IPPROTO_ICMP
  if (skb.nfctinfo !== (isIcmp ? IP_CT_RELATED_REPLY : IP_CT_ESTABLISHED_REPLY)) return
  TUPLE.dst = ct.origSrc
  TUPLE.dport = ct.origPorts >>> 16
}

/** What can be found: of TCP also a connection that is asked for, or one in TIME_WAIT. */
export type FoundSock = Sock | EhashEntry

/** The socket, or null (nf_sk_lookup_slow_v4). */
export const nfSkLookupSlowV4 = (netns: Netns, skb: Skb, thoff: number, inDev: NetDevice | null): FoundSock | null => {
  if (!readTuple(skb, thoff)) return null
  undoSnat(skb)
  const { src, dst, sport, dport, protonum } = TUPLE
  const ifindex = inDev?.ifindex ?? 0
  if (protonum === IPPROTO_UDP) return ipv4(netns).udp.lookup(src, sport, dst, dport, ifindex)
  return (
    inetLookupEstablished(netns, dst, dport, src, sport, ifindex) ??
    inetLookupListener(netns, src, sport, dst, dport, ifindex)
  )
}
