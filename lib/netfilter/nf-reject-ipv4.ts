/**
 * Answers to packets that a rule refuses: ICMP errors and TCP resets.
 *
 * @see net/ipv4/netfilter/nf_reject_ipv4.c
 */
import { devQueueXmit } from '../core/dev-tx.js'
import { DROP } from '../core/drop.js'
import { nfCtAttach } from '../core/netfilter.js'
import { nfBridgePhysindev } from '../core/nf-bridge-info.js'
import type { NetDevice } from '../core/netdev.js'
import { allocSkb, CHECKSUM_NONE, CHECKSUM_PARTIAL, kfreeSkb, type Skb, skbCsum, skbPush, skbPut } from '../core/skb.js'
import { icmpSend } from '../ip/icmp-send.js'
import { dstHoplimit, dstLocalOut } from '../ip/local-out.js'
import { dstMtu } from '../ip/route.js'
import { ipRouteMeHarder } from '../ip/route-me-harder.js'
import { RTCF_BROADCAST, RTCF_MULTICAST } from '../ip/rtnetlink.js'
import { csumFold, csumPseudo } from '../wire/checksum.js'
import { ETH_HLEN, ETH_P_IP, ethDst, ethSrc, putEth } from '../wire/ethernet.js'
import { ICMP_DEST_UNREACH } from '../wire/icmp.js'
import {
  IP_DF,
  IP_OFFSET,
  IPPROTO_AH,
  IPPROTO_ESP,
  IPPROTO_GRE,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPV4_HLEN,
  ipv4Daddr,
  ipv4FragOff,
  ipv4Ihl,
  ipv4Proto,
  ipv4Saddr,
  putIpv4,
} from '../wire/ipv4.js'
import {
  emitTcp,
  TCP_HLEN,
  TH_ACK,
  TH_FIN,
  TH_RST,
  TH_SYN,
  tcpAck,
  tcpDport,
  tcpFlags,
  tcpHdrLen,
  tcpSeq,
  tcpSport,
} from '../wire/tcp.js'
import { UDP_HLEN, udpCsum } from '../wire/udp.js'
import { nfCtGet } from './conntrack/nf-conn.js'
import { nfConntrackTcpSetClosing } from './conntrack/nf-conntrack-proto-tcp.js'
import { IPPROTO_UDPLITE } from './conntrack/nf-conntrack-tuple.js'

const IPPROTO_DCCP = 33
/** GRE: its first word says whether it has a checksum. */
const GRE_CSUM = 0x80
const TCP_CSUM = 16

/** Has the protocol a checksum over all of its octets that must be right? (nf_reject_verify_csum) */
const verifiesCsum = (skb: Skb, o: number, proto: number): boolean => {
  switch (proto) {
    case IPPROTO_UDP:
      return o + UDP_HLEN <= skb.tail && udpCsum(skb.buf, o) !== 0
    case IPPROTO_GRE:
      return o < skb.tail && (skb.buf[o]! & GRE_CSUM) !== 0
    case IPPROTO_AH:
    case IPPROTO_ESP:
    case IPPROTO_SCTP:
    case IPPROTO_UDPLITE:
    case IPPROTO_DCCP:
      return false
    default:
      return true
  }
}

/** Is the checksum right? (nf_ip_checksum) */
const csumOk = (skb: Skb, o: number, proto: number): boolean => {
  if (skb.ipSummed !== CHECKSUM_NONE) return true
  const { buf: b, networkHeader: ip } = skb
  const hasPseudo = proto === IPPROTO_TCP || proto === IPPROTO_UDP
  const pseudo = hasPseudo ? csumPseudo(ipv4Saddr(b, ip), ipv4Daddr(b, ip), proto, skb.tail - o) : 0
  return csumFold(skbCsum(skb, o, skb.tail, pseudo)) === 0
}

/** Tells the sender of a packet that it did not arrive; `code` is one of ICMP's destination unreachable (nf_send_unreach). */
export const nfSendUnreach = (skb: Skb, code: number): void => {
  const { buf: b, networkHeader: ip } = skb
  if (ipv4FragOff(b, ip) & IP_OFFSET) return
  const o = ip + ipv4Ihl(b, ip)
  const proto = ipv4Proto(b, ip)
  if (!verifiesCsum(skb, o, proto) || csumOk(skb, o, proto)) icmpSend(skb, ICMP_DEST_UNREACH, code, 0)
}

/** May a reset answer this packet? (nf_reject_ip_tcphdr_get) */
const mayReset = (skb: Skb): boolean => {
  const { buf: b, networkHeader: ip } = skb
  if (ipv4FragOff(b, ip) & IP_OFFSET || ipv4Proto(b, ip) !== IPPROTO_TCP) return false
  const o = ip + ipv4Ihl(b, ip)
  if (o + TCP_HLEN > skb.tail || tcpFlags(b, o) & TH_RST || !csumOk(skb, o, IPPROTO_TCP)) return false
  return (skb.dst!.flags & (RTCF_BROADCAST | RTCF_MULTICAST)) === 0
}

/** Writes a TCP header that resets the connection of `old`; the device completes its checksum (nf_reject_ip_tcphdr_put). */
const putReset = (skb: Skb, old: Skb, saddr: number, daddr: number): void => {
  const ob = old.buf
  const o = old.networkHeader + ipv4Ihl(ob, old.networkHeader)
  const flags = tcpFlags(ob, o)
  const at = skbPut(skb, TCP_HLEN)
  const hasAck = (flags & TH_ACK) !== 0
  const syn = flags & TH_SYN ? 1 : 0
  const len = syn + (flags & TH_FIN ? 1 : 0) + old.tail - o - tcpHdrLen(ob, o)
  const seq = hasAck ? tcpAck(ob, o) : 0
  const ack = hasAck ? 0 : (tcpSeq(ob, o) + len) | 0
  const csum = ~csumFold(csumPseudo(saddr, daddr, IPPROTO_TCP, TCP_HLEN)) & 0xffff
  const reset = {
    sport: tcpDport(ob, o),
    dport: tcpSport(ob, o),
    seq: seq >>> 0,
    ack: ack >>> 0,
    flags: hasAck ? TH_RST : TH_RST | TH_ACK,
    window: 0,
    csum,
  }
  skb.buf.set(emitTcp(reset), at)
  skb.transportHeader = at
  skb.ipSummed = CHECKSUM_PARTIAL
  skb.csumStart = at
  skb.csumOffset = TCP_CSUM
}

/** Answers a TCP segment with a reset in the name of its receiver (nf_send_reset). */
export const nfSendReset = (old: Skb): void => {
  if (!mayReset(old)) return
  const { netns, buf: ob, networkHeader: oip } = old
  const saddr = ipv4Daddr(ob, oip)
  const daddr = ipv4Saddr(ob, oip)
  const skb = allocSkb(netns, IPV4_HLEN + TCP_HLEN)
  skb.data = skb.tail = skb.data + IPV4_HLEN
  skb.dst = old.dst
  putReset(skb, old, saddr, daddr)
  const ip = skbPush(skb, IPV4_HLEN)
  const ttl = dstHoplimit(old.dst!)
  putIpv4(skb.buf, ip, IPV4_HLEN, 0, IPV4_HLEN + TCP_HLEN, 0, IP_DF, ttl, IPPROTO_TCP, saddr, daddr)
  skb.networkHeader = ip
  skb.protocol = ETH_P_IP
  if (ipRouteMeHarder(skb) !== 0 || skb.tail - skb.data > dstMtu(skb.dst!, false)) {
    kfreeSkb(skb, DROP.NOT_SPECIFIED)
    return
  }
  nfCtAttach(skb, old)
  const ct = nfCtGet(old)
  if (ct !== null) nfConntrackTcpSetClosing(ct)
  const port = nfBridgePhysindev(old)
  if (port === null) dstLocalOut(skb)
  else sendByPort(skb, old, port)
}

/** Through a bridge the reset goes back by the port, from the MAC that the segment was for: routers would wonder at ours. */
const sendByPort = (skb: Skb, old: Skb, port: NetDevice): void => {
  skb.dev = port
  const at = skbPush(skb, ETH_HLEN)
  putEth(skb.buf, at, ethSrc(old.buf, old.macHeader), ethDst(old.buf, old.macHeader), ETH_P_IP)
  devQueueXmit(skb)
}
