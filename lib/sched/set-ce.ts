/**
 * Marks a packet as having met congestion instead of dropping it.
 *
 * @see include/net/inet_ecn.h INET_ECN_set_ce
 */
import { type Skb, skbCow } from '../core/skb.js'
import { csumReplace2 } from '../wire/checksum.js'
import { ETH_P_IP } from '../wire/ethernet.js'

const ECN_MASK = 3
const INET_ECN_CE = 3

/** Sets both ECN bits of an IPv4 packet that supports them; false for one that does not, and for any other packet. */
export const setCe = (skb: Skb): boolean => {
  if (skb.protocol !== ETH_P_IP || skb.tail - skb.networkHeader < 20) return false
  const at = skb.networkHeader
  const tos = skb.buf[at + 1]!
  const ecn = tos & ECN_MASK
  if (ecn === 0) return false
  if (ecn === INET_ECN_CE) return true
  skbCow(skb)
  const b = skb.buf
  const first = b[at]! << 8
  const sum = csumReplace2((b[at + 10]! << 8) | b[at + 11]!, first | tos, first | tos | INET_ECN_CE)
  b[at + 1] = tos | INET_ECN_CE
  b[at + 10] = sum >> 8
  b[at + 11] = sum & 0xff
  return true
}
