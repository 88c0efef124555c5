/**
 * Programs that pass on what they read: they are given the packet instead of a copy of its octets, and give it back.
 *
 * In Linux such a program copies the octets twice, into its buffer and out of it. Nobody can tell the difference but by the
 * time that it takes: packets that were read end, and those that are sent are new ones.
 *
 * @see net/core/datagram.c skb_copy_datagram_iter, skb_copy_datagram_from_iter
 */
import type { Netns } from './netns.js'
import { deliverSkb, SKB_HEADROOM, type Skb, skbOrphan } from './skb.js'

/** A packet's octets are its own, in whole words, and leave the headroom of a fresh one. */
const isReusable = ({ frame, data }: Skb): boolean => frame.refs === 1 && (data & 3) === 0 && data >= SKB_HEADROOM

/**
 * A program has read the octets from `data` to `tail` and gives them to the kernel again as part of a packet of `netns`:
 * the packet that was read ends as delivered, and what is returned, over the same octets if that can be, is as a fresh one.
 * The caller counts it as created or entered.
 */
export const skbReuse = (skb: Skb, netns: Netns): Skb => {
  const { data, tail } = skb
  if (!isReusable(skb)) return copyRead(skb, netns)
  if (skb.owner !== null) skbOrphan(skb)
  const { acct } = skb.netns
  acct.delivered++
  acct.alive--
  netns.acct.alive++
  netns.world.skbs.renew(skb, netns)
  skb.data = skb.networkHeader = data
  skb.tail = tail
  return skb
}

const copyRead = (skb: Skb, netns: Netns): Skb => {
  const octets = skb.tail - skb.data
  const copy = netns.world.skbs.alloc(SKB_HEADROOM + octets, netns)
  copy.buf.set(skb.buf.subarray(skb.data, skb.tail), SKB_HEADROOM)
  copy.tail = SKB_HEADROOM + octets
  netns.acct.alive++
  deliverSkb(skb)
  return copy
}
