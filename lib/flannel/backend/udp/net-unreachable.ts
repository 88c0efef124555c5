/**
 * The answer of flannel's udp proxy to a packet whose destination nobody has leased.
 *
 * @see flannel backend/udp/proxy_amd64.c send_net_unreachable, RFC 792
 */
import { putU16 } from '../../../wire/bytes.js'
import { csumFold, csumPartial } from '../../../wire/checksum.js'
import { ICMP_DEST_UNREACH, ICMP_HLEN } from '../../../wire/icmp.js'
import {
  IP_OFFSET,
  IPPROTO_ICMP,
  IPV4_HLEN,
  IPV4_MAX_HLEN,
  ipv4FragOff,
  ipv4Ihl,
  ipv4Proto,
  ipv4Saddr,
  putIpv4,
} from '../../../wire/ipv4.js'

/** Octets of the offending packet behind its header that are quoted. */
const QUOTED = 8
const TTL = 8
/** Offset of an ICMP checksum. */
const CSUM = 2

/**
 * The IPv4 packet with "net unreachable" from `tunIp` about the packet from `at` to `end`; null for one that is not answered:
 * ICMP, later fragments, and headers as long as they can be.
 *
 * DIFFERS: behind a packet with fewer than eight octets of payload flannel quotes what its buffer holds of earlier packets;
 * here those octets are 0.
 */
export const netUnreachable = (b: Uint8Array, at: number, end: number, tunIp: number): Uint8Array | null => {
  const ihl = ipv4Ihl(b, at)
  if (ihl >= IPV4_MAX_HLEN || ipv4Proto(b, at) === IPPROTO_ICMP || (ipv4FragOff(b, at) & IP_OFFSET) !== 0) return null
  const quoted = ihl + QUOTED
  const packet = new Uint8Array(IPV4_HLEN + ICMP_HLEN + quoted)
  putIpv4(packet, 0, IPV4_HLEN, 0, packet.length, 0, 0, TTL, IPPROTO_ICMP, tunIp, ipv4Saddr(b, at))
  packet[IPV4_HLEN] = ICMP_DEST_UNREACH
  packet.set(b.subarray(at, Math.min(end, at + quoted)), IPV4_HLEN + ICMP_HLEN)
  putU16(packet, IPV4_HLEN + CSUM, csumFold(csumPartial(packet, IPV4_HLEN, packet.length - IPV4_HLEN)))
  return packet
}
