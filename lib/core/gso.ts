/**
 * Generic segmentation offload: a TCP packet that carries many segments goes through the stack in one piece and is cut
 * before a device that cannot do so itself. `skb.gsoSize` octets of payload make one segment; the checksum is unfinished
 * (CHECKSUM_PARTIAL), so `skb.csumStart` is at the TCP header, also of a packet inside a tunnel.
 *
 * @see net/core/gso.c, net/ipv4/tcp_offload.c tcp_gso_segment, net/ipv4/af_inet.c inet_gso_segment
 */
import { getU16, getU32, putU16, putU32 } from '../wire/bytes.js'
import { csumFold, csumPartial, csumPseudo } from '../wire/checksum.js'
import { IPPROTO_TCP, IPPROTO_UDP, ipv4Daddr, ipv4Proto, ipv4Saddr, putIpv4Csum } from '../wire/ipv4.js'
import { TH_CWR, TH_FIN, TH_PUSH, tcpHdrLen } from '../wire/tcp.js'
import { allocSkb, CHECKSUM_PARTIAL, consumeSkb, type Skb, skbCopyMeta } from './skb.js'

const IPV4_HLEN = 20
const IPV4_ID = 4
const IPV4_TOT_LEN = 2
const TCP_SEQ = 4
const TCP_FLAGS = 13
const TCP_CSUM = 16
const UDP_LEN = 4
const UDP_CSUM = 6

/** Octets of each segment's network packet: headers from the network header on, and payload (skb_gso_network_seglen). */
export const skbGsoNetworkSeglen = (skb: Skb): number => {
  const tcp = skb.csumStart
  return tcp + tcpHdrLen(skb.buf, tcp) - skb.networkHeader + skb.gsoSize
}

/** True when every segment of the packet fits `mtu` (skb_gso_validate_network_len). */
export const skbGsoValidateNetworkLen = (skb: Skb, mtu: number): boolean =>
  skb.gsoSize !== 0 && skbGsoNetworkSeglen(skb) <= mtu

/** Octets on the wire of all segments together, and how many they are (qdisc_pkt_len_init). */
export const skbGsoWireLen = (skb: Skb): number => {
  const octets = skb.tail - skb.data
  if (skb.gsoSize === 0) return octets
  const tcp = skb.csumStart
  return octets + (skb.gsoSegs - 1) * (tcp + tcpHdrLen(skb.buf, tcp) - skb.data)
}

/** Cuts a packet into its segments (skb_gso_segment). Ends the packet; the segments are created instead. */
export const skbGsoSegments = (skb: Skb): Skb[] => {
  const { buf, data, csumStart: tcp, gsoSize } = skb
  const headers = tcp + tcpHdrLen(buf, tcp) - data
  const out: Skb[] = []
  const total = skb.tail - data - headers
  for (let at = 0; at < total; at += gsoSize) {
    const len = Math.min(gsoSize, total - at)
    out.push(segment(skb, headers, at, len, out.length, at + len === total))
  }
  shareOwner(skb, out, headers)
  consumeSkb(skb)
  return out
}

/** The segments count against their sender as the packet did before (the end of tcp_gso_segment). */
const shareOwner = (skb: Skb, out: Skb[], headers: number): void => {
  const { owner } = skb
  const overhead = skb.truesize - (skb.tail - skb.data - headers)
  if (skb.truesize === 0) return
  let sum = 0
  for (const s of out) {
    s.truesize = overhead + s.tail - s.data - headers
    s.owner = owner
    sum += s.truesize
  }
  if (owner === null) return
  skb.owner = null
  owner.wfree(skb.truesize - sum)
}

const segment = (skb: Skb, headers: number, at: number, len: number, nth: number, isLast: boolean): Skb => {
  const seg = allocSkb(skb.netns, headers + len)
  // Offsets of the headers stay as they are, so that all of the packet's fields can be taken over.
  const { data } = skb
  seg.buf.set(skb.buf.subarray(data, data + headers), data)
  seg.buf.set(skb.buf.subarray(data + headers + at, data + headers + at + len), data + headers)
  skbCopyMeta(seg, skb)
  seg.tail = data + headers + len
  seg.gsoSize = 0
  seg.gsoSegs = 0
  fixTcp(seg, at, nth, isLast)
  fixNetwork(seg, seg.csumStart - IPV4_HLEN, nth)
  if (skb.networkHeader < seg.csumStart - IPV4_HLEN) fixTunnel(seg, skb.networkHeader, nth)
  return seg
}

const fixTcp = (seg: Skb, at: number, nth: number, isLast: boolean): void => {
  const { buf: b, csumStart: tcp } = seg
  putU32(b, tcp + TCP_SEQ, (getU32(b, tcp + TCP_SEQ) + at) | 0)
  let flags = b[tcp + TCP_FLAGS]!
  if (!isLast) flags &= ~(TH_FIN | TH_PUSH)
  if (nth > 0) flags &= ~TH_CWR
  b[tcp + TCP_FLAGS] = flags
  const ip = tcp - IPV4_HLEN
  const pseudo = csumPseudo(ipv4Saddr(b, ip), ipv4Daddr(b, ip), IPPROTO_TCP, seg.tail - tcp)
  putU16(b, tcp + TCP_CSUM, ~csumFold(pseudo) & 0xffff)
  seg.ipSummed = CHECKSUM_PARTIAL
}

const fixNetwork = (seg: Skb, ip: number, nth: number): void => {
  const b = seg.buf
  putU16(b, ip + IPV4_TOT_LEN, seg.tail - ip)
  putU16(b, ip + IPV4_ID, (getU16(b, ip + IPV4_ID) + nth) & 0xffff)
  putIpv4Csum(b, ip)
}

/** The outer headers of a packet in a UDP tunnel. */
const fixTunnel = (seg: Skb, ip: number, nth: number): void => {
  const b = seg.buf
  fixNetwork(seg, ip, nth)
  if (ipv4Proto(b, ip) !== IPPROTO_UDP) return
  const udp = ip + IPV4_HLEN
  const len = seg.tail - udp
  putU16(b, udp + UDP_LEN, len)
  if (getU16(b, udp + UDP_CSUM) === 0) return
  putU16(b, udp + UDP_CSUM, 0)
  const sum = csumFold(lcoCsum(seg, udp, csumPseudo(ipv4Saddr(b, ip), ipv4Daddr(b, ip), IPPROTO_UDP, len)))
  putU16(b, udp + UDP_CSUM, sum === 0 ? 0xffff : sum)
}

/** Sum of an outer datagram whose inner checksum will be finished later (lco_csum): the inner part adds up to its pseudo header. */
const lcoCsum = (seg: Skb, udp: number, pseudo: number): number => {
  const { buf: b, csumStart: tcp } = seg
  const inner = ~getU16(b, tcp + TCP_CSUM) & 0xffff
  return csumPartial(b, udp, tcp - udp, pseudo + inner)
}
