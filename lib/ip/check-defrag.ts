/**
 * Reassembly on behalf of a device that hands group frames on, in front of every protocol.
 *
 * @see net/ipv4/ip_fragment.c ip_check_defrag
 */
import type { Skb } from '../core/skb.js'
import { IPV4_HLEN, ipv4Ihl, ipv4IsFragment, ipv4TotLen, ipv4Version } from '../wire/ipv4.js'
import { IP_DEFRAG_MACVLAN } from './frag-queue.js'
import { ipv4 } from './ipv4.js'

/**
 * The skb itself when it is no fragment or not sound, otherwise the whole datagram, or null while fragments are missing.
 * Owns the skb in the last two cases. `skb.data` is at the IPv4 header.
 */
export const ipCheckDefrag = (skb: Skb): Skb | null => {
  const { buf: b, data: o } = skb
  if (skb.tail - o < IPV4_HLEN) return skb
  const len = ipv4TotLen(b, o)
  const ihl = ipv4Ihl(b, o)
  if (ihl < IPV4_HLEN || ipv4Version(b, o) !== 4 || skb.tail - o < len || len < ihl) return skb
  if (!ipv4IsFragment(b, o)) return skb
  skb.tail = o + len
  skb.networkHeader = o
  skb.transportHeader = o + ihl
  return ipv4(skb.netns).frags.defrag(skb, IP_DEFRAG_MACVLAN) ? skb : null
}
