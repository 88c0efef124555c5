/**
 * What a packet counts against socket buffers and queues: the kernel's truesize, header structures and slack included.
 *
 * @see include/linux/skbuff.h SKB_TRUESIZE, net/core/skbuff.c kmalloc_reserve
 */
import type { Skb } from '../core/skb.js'
import { IPV4_HLEN } from '../wire/ipv4.js'

/** sizeof(struct sk_buff) and sizeof(struct skb_shared_info) on x86_64, aligned to cache lines. */
const SKB_STRUCT = 256
const SHARED_INFO = 320
/** Headroom that the kernel's output path reserves (LL_RESERVED_SPACE and alignment). */
const HEADROOM = 31
const CACHE_LINE = 64
/** Heads up to this size come from one cache of fixed size (SKB_SMALL_HEAD_CACHE_SIZE). */
const SMALL_HEAD = 576
/** Counted for one full Ethernet frame where a sysctl is in packets: SKB_TRUESIZE(ETH_FRAME_LEN). */
export const FRAME_TRUESIZE: number = 1514 + SKB_STRUCT + SHARED_INFO

const truesizeOf = (octets: number): number => {
  const need = ((octets + HEADROOM + CACHE_LINE - 1) & -CACHE_LINE) + SHARED_INFO
  if (need <= SMALL_HEAD) return SMALL_HEAD + SKB_STRUCT
  let size = 1024
  while (size < need) size *= 2
  return size + SKB_STRUCT
}

/** Octets that `skb` counts as, from its network header on; one that was put together counts as its fragments did. */
export const skbTruesize = (skb: Skb): number => {
  const octets = skb.tail - skb.networkHeader
  if (skb.fragListSize === 0) return truesizeOf(octets)
  const each = skb.fragListSize - IPV4_HLEN
  const full = Math.ceil((octets - IPV4_HLEN) / each) - 1
  return full * truesizeOf(skb.fragListSize) + truesizeOf(octets - full * each)
}
