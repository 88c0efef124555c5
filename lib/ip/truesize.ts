/**
 * What a packet counts against socket buffers and queues: the kernel's truesize, header structures and slack included.
 *
 * @see include/linux/skbuff.h SKB_TRUESIZE, net/core/skbuff.c kmalloc_reserve
 */
import type { Skb } from '../core/skb.js'

/** sizeof(struct sk_buff) and sizeof(struct skb_shared_info) on x86_64, aligned to cache lines. */
const SKB_STRUCT = 256
const SHARED_INFO = 320
/** Headroom that the kernel's output path reserves. */
const HEADROOM = 64
/** Data up to this size comes from the small-head cache (SKB_SMALL_HEAD_CACHE_SIZE). */
const SMALL_HEAD = 704

/** Octets that `skb` counts as. */
export const skbTruesize = (skb: Skb): number => {
  const need = skb.tail - skb.data + HEADROOM + SHARED_INFO
  if (need <= SMALL_HEAD) return SMALL_HEAD + SKB_STRUCT
  let size = 1024
  while (size < need) size *= 2
  return size + SKB_STRUCT
}
