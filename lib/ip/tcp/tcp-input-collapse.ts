/**
 * Received segments that take much more memory than they have octets are copied into fewer ones.
 *
 * @see net/ipv4/tcp_input.c tcp_collapse, tcp_collapse_ofo_queue
 */
import { allocSkb, consumeSkb, type Skb, skbPut } from '../../core/skb.js'
import { TH_FIN, TH_SYN } from '../../wire/tcp.js'
import { netnsTcp } from './netns-tcp.js'
import { tcpWinFromSpace } from './tcp-output-window.js'
import { after, before } from './tcp-seq.js'
import type { TcpSock } from './tcp-sock.js'

/** Octets of a page without skb_shared_info (SKB_MAX_ORDER(0, 0)), and what such a packet counts as. */
const PAGE_ROOM = 3776
const PAGE_TRUESIZE = 4352

const isControl = (skb: Skb): boolean => (skb.tcpFlags & (TH_SYN | TH_FIN)) !== 0

const free = (tp: TcpSock, skb: Skb): void => {
  tp.rmemAlloc -= skb.truesize
  netnsTcp(tp.netns).mib.TCPRcvCollapsed++
  consumeSkb(skb)
}

const truesizeOf = (room: number): number => {
  const need = room + 320
  let size = 1024
  if (need <= 576) size = 576
  else while (size < need) size *= 2
  return size === 4096 ? PAGE_TRUESIZE : size + 256
}

/** A new segment that takes the octets from `start` on, at most `room`. */
const newSkb = (tp: TcpSock, like: Skb, start: number, room: number): Skb => {
  const skb = allocSkb(tp.netns, room)
  skb.seq = skb.endSeq = start
  skb.ackSeq = like.ackSeq
  skb.tcpFlags = like.tcpFlags
  skb.truesize = truesizeOf(room)
  tp.rmemAlloc += skb.truesize
  return skb
}

/** Appends octets of `from` from sequence number `start` on. */
const take = (to: Skb, from: Skb, start: number, n: number): void => {
  const at = skbPut(to, n)
  const src = from.data + ((start - from.seq) | 0)
  to.buf.set(from.buf.subarray(src, src + n), at)
  to.endSeq = (to.endSeq + n) | 0
}

/** First index from `i` on where copying gains something, or -1; ends what is old on the way. */
const findStart = (tp: TcpSock, list: Skb[], i: number, end: number, copied: number): number => {
  let start = copied
  for (let at = i; at < end; at++) {
    const skb = list[at]!
    const isLoose = tcpWinFromSpace(tp, skb.truesize) > skb.tail - skb.data
    if (!isControl(skb) && (isLoose || before(skb.seq, start))) return at
    const next = at + 1 < end ? list[at + 1]! : null
    if (!isControl(skb) && next !== null && skb.endSeq !== next.seq) return at
    start = skb.endSeq
  }
  return -1
}

/** Copies the segments `from` to `to` of a list, whose sequence numbers go to `end`, into new ones (tcp_collapse). */
const collapse = (tp: TcpSock, list: Skb[], from: number, to: number, first: number, end: number): void => {
  const head = findStart(tp, list, from, to, first)
  if (head < 0) return
  let start = after(first, list[head]!.seq) ? first : list[head]!.seq
  let at = head
  const made: Skb[] = []
  while (at < to && before(start, end) && !isControl(list[at]!)) {
    let room = Math.min(PAGE_ROOM, (end - start) | 0)
    const skb = newSkb(tp, list[at]!, start, room)
    made.push(skb)
    while (room > 0 && at < to && !isControl(list[at]!)) {
      const old = list[at]!
      const n = Math.min(room, (old.endSeq - start) | 0)
      if (n > 0) {
        take(skb, old, start, n)
        room -= n
        start = (start + n) | 0
      }
      if (before(start, old.endSeq)) break
      free(tp, old)
      at++
    }
  }
  list.splice(head, at - head, ...made)
}

/** Collapses the queue that the program reads. */
export const tcpCollapseReceiveQueue = (tp: TcpSock): void => {
  const { rcvQueue } = tp
  if (tp.rcvQueueHead < rcvQueue.length)
    collapse(tp, rcvQueue, tp.rcvQueueHead, rcvQueue.length, tp.copiedSeq, tp.rcvNxt)
}

/** Collapses each run of the out of order queue (tcp_collapse_ofo_queue). */
export const tcpCollapseOfoQueue = (tp: TcpSock): void => {
  const queue = tp.oooQueue
  let tiny = 0
  for (let i = 0; i < queue.length; ) {
    const head = queue[i]!
    let end = head.endSeq
    let sum = head.truesize
    let j = i + 1
    for (; j < queue.length && !after(queue[j]!.seq, end); j++) {
      sum += queue[j]!.truesize
      if (after(queue[j]!.endSeq, end)) end = queue[j]!.endSeq
    }
    const rest = queue.length - j
    if (sum !== head.truesize || ((end - head.seq) | 0) >= PAGE_ROOM) collapse(tp, queue, i, j, head.seq, end)
    else {
      tiny += sum
      if (tiny > tp.rcvbuf >> 3) return
    }
    i = queue.length - rest
  }
}
