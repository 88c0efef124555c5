/**
 * Segments that follow each other share one buffer in the receive queue, as far as their memory counts: what each has
 * besides its octets counts once. Here the skbs stay as they are, and the ones behind the first count less.
 *
 * @see net/ipv4/tcp_input.c tcp_try_coalesce, net/core/skbuff.c skb_try_coalesce
 */
import type { Skb } from '../../core/skb.js'
import { netnsTcp } from './netns-tcp.js'
import { tcpRxTruesize } from './tcp-input-rmem.js'
import { rcvQueueLast } from './tcp-queues.js'
import { TCP_SKB_OVERHEAD } from './tcp-seg.js'
import { seqDiff } from './tcp-seq.js'
import type { TcpSock } from './tcp-sock.js'

/** Fragments that one buffer can have (MAX_SKB_FRAGS). */
const MAX_SKB_FRAGS = 17
/** A program writes into pages of this size one after the other (sk_page_frag): a segment may lie in two of them. */
const PAGE_FRAG = 32768

/** Fragments of a segment's payload. */
const fragsOf = (tp: TcpSock, skb: Skb): number => {
  const len = skb.tail - skb.data
  if (len === 0) return 0
  const at = seqDiff(skb.seq, tp.irs) - 1
  return Math.floor((at + len - 1) / PAGE_FRAG) - Math.floor(at / PAGE_FRAG) + 1
}

/** The sender still holds the bytes of this buffer, so that nothing can be added to it (skb_cloned). */
const isCloned = (skb: Skb): boolean =>
  !skb.coalesced && (skb.frame.refs > 1 || (skb.fclone !== null && skb.fclone.skb === skb))

/** Lets a segment that comes next count as part of the buffer of `to`, where that can be; true then (tcp_try_coalesce). */
export const tcpTryCoalesce = (tp: TcpSock, to: Skb | null, from: Skb): boolean => {
  const frags = fragsOf(tp, from)
  const isFromTcp = from.truesize !== 0
  from.truesize = tcpRxTruesize(from)
  from.coalesced = false
  from.nrFrags = frags
  // What another device has made is in one piece, which cannot be taken over.
  if (!isFromTcp) return false
  if (to === null || to.endSeq !== from.seq || isCloned(to) || to.nrFrags + frags > MAX_SKB_FRAGS) return false
  netnsTcp(tp.netns).mib.TCPRcvCoalesce++
  from.truesize -= TCP_SKB_OVERHEAD
  from.nrFrags = to.nrFrags + frags
  from.coalesced = true
  return true
}

/** A segment moves from the out of order queue to the end of the receive queue, with what it was joined to there. */
export const tcpJoinQueue = (tp: TcpSock, skb: Skb): void => {
  const last = rcvQueueLast(tp)
  if (skb.coalesced && last !== null && last.endSeq === skb.seq) {
    skb.nrFrags = last.nrFrags + fragsOf(tp, skb)
    return
  }
  tp.rmemAlloc -= skb.truesize
  tcpTryCoalesce(tp, last, skb)
  tp.rmemAlloc += skb.truesize
}
