/**
 * Keys of recorded flows: which octets of a frame's beginning count, and where those stand that differ from packet to
 * packet.
 *
 * @see net/netfilter/nf_flow_table_ip.c nf_flow_tuple_ip
 */
import { getU16 } from '../wire/bytes.js'
import { ETH_HLEN } from '../wire/ethernet.js'
import { IPPROTO_ICMP, IPPROTO_UDP, IPV4_HLEN } from '../wire/ipv4.js'

/** Offsets in the IPv4 header: total length, identification, header checksum, and length and checksum of a UDP header behind it. */
export const FLOW_TOT_LEN = 2
export const FLOW_ID = 4
export const FLOW_CSUM = 10
export const FLOW_UDP_LEN: number = IPV4_HLEN + 4
export const FLOW_UDP_CSUM: number = IPV4_HLEN + 6
const PROTO = 9
/** Offset of the addresses in a frame. */
const ADDRESSES = 26
const ICMP_CSUM: number = IPV4_HLEN + 2

/** Sum over the IPv4 header at `o` but for total length, identification and checksum. */
export const flowHeaderSum = (b: Uint8Array, o: number): number => {
  let sum = 0
  for (let i = 0; i < IPV4_HLEN; i += 2)
    if (i !== FLOW_TOT_LEN && i !== FLOW_ID && i !== FLOW_CSUM) sum += getU16(b, o + i)
  return sum
}

/**
 * Sum that the checksum of a tunnel over UDP covers with these 64 octets of headers, but for what its length adds twice and
 * for the packet inside behind its IP header, which itself adds up to 0xffff (RFC 1071).
 */
export const flowLcoSum = (head: Uint8Array): number => {
  let sum = IPPROTO_UDP + 0xffff
  for (let i = ADDRESSES; i < head.length; i += 2)
    if (i !== ETH_HLEN + FLOW_UDP_LEN && i !== ETH_HLEN + FLOW_UDP_CSUM) sum += getU16(head, i)
  return sum
}

/**
 * Key of the octets `from` to `octets` of a frame that stands at `phase` of its first word: each word, from the one on that
 * octet `from` stands in, and the mask of its bits that count. What differs between packets of a flow does not: lengths, identification, checksums of the header and of ICMP.
 */
export const flowKey = (
  head: Uint8Array,
  from: number,
  octets: number,
  phase: number,
  isTunnel: boolean,
): Int32Array => {
  const length = (phase + octets + 3) & ~3
  const hasCsum = getU16(head, ETH_HLEN + FLOW_UDP_CSUM) !== 0
  const isIcmp = head[ETH_HLEN + PROTO] === IPPROTO_ICMP
  const words = new Uint8Array(length)
  const masks = new Uint8Array(length)
  for (let i = from; i < octets; i++) {
    const varies = i - ETH_HLEN
    const isLength = (varies & ~1) === FLOW_TOT_LEN || (isTunnel && (varies & ~1) === FLOW_UDP_LEN)
    if (isLength || (varies & ~1) === FLOW_ID || (varies & ~1) === FLOW_CSUM) continue
    if (isTunnel && hasCsum && (varies & ~1) === FLOW_UDP_CSUM) continue
    if (isIcmp && (varies & ~1) === ICMP_CSUM) continue
    words[phase + i] = head[i]!
    masks[phase + i] = 0xff
  }
  const [w, m] = [new Int32Array(words.buffer), new Int32Array(masks.buffer)]
  const first = (phase + from) >> 2
  const key = new Int32Array((w.length - first) * 2)
  for (let i = first; i < w.length; i++) {
    key[2 * (i - first)] = w[i]!
    key[2 * (i - first) + 1] = m[i]!
  }
  return key
}
