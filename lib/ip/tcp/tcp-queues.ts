/**
 * The queues of a socket: taking out what was read, and throwing all away.
 *
 * @see net/ipv4/tcp.c tcp_write_queue_purge, tcp_eat_recv_skb, net/core/stream.c sk_stream_kill_queues
 */
import { DROP } from '../../core/drop.js'
import { deliverSkb, kfreeSkb, type Skb } from '../../core/skb.js'
import { TCP_CHRONO_BUSY, tcpChronoStop } from './tcp-chrono.js'
import type { TcpSeg, TcpSegQueue } from './tcp-seg.js'
import type { TcpSock } from './tcp-sock.js'

/** Taken skbs that stay in the array until it is shortened. */
const MAX_TAKEN = 1024
/** The same when nothing is left: an array that is emptied is made anew by the next segment. */
const MAX_TAKEN_EMPTY = 64

/** The oldest received skb, or null (skb_peek of sk_receive_queue). */
export const rcvQueuePeek = (tp: TcpSock): Skb | null => tp.rcvQueue[tp.rcvQueueHead] ?? null

/** The latest received skb, or null (skb_peek_tail of sk_receive_queue). */
export const rcvQueueLast = (tp: TcpSock): Skb | null => {
  const { length } = tp.rcvQueue
  return tp.rcvQueueHead < length ? tp.rcvQueue[length - 1]! : null
}

/** Takes the oldest received skb out; it no longer counts. The caller ends it. */
export const rcvQueueTake = (tp: TcpSock): Skb => {
  const q = tp.rcvQueue
  const skb = q[tp.rcvQueueHead++]!
  const next = q[tp.rcvQueueHead]
  // A buffer that several segments went into counts until all of it is read.
  if (next?.coalesced === true) {
    next.coalesced = false
    next.truesize += skb.truesize
  } else tp.rmemAlloc -= skb.truesize
  if (tp.rcvQueueHead === q.length) {
    if (q.length < MAX_TAKEN_EMPTY) return skb
    q.length = 0
    tp.rcvQueueHead = 0
  } else if (tp.rcvQueueHead >= MAX_TAKEN) {
    q.splice(0, tp.rcvQueueHead)
    tp.rcvQueueHead = 0
  }
  return skb
}

/** Takes the oldest received skb out, which the program has read (tcp_eat_recv_skb). */
export const tcpEatRecvSkb = (tp: TcpSock): void => deliverSkb(rcvQueueTake(tp))

/** Drops what the program has not read. */
export const rcvQueuePurge = (tp: TcpSock): void => {
  while (rcvQueuePeek(tp) !== null) kfreeSkb(rcvQueueTake(tp), DROP.QUEUE_PURGE)
}

/** Drops what came out of order. */
export const oooQueuePurge = (tp: TcpSock): void => {
  const q = tp.oooQueue
  for (const skb of q) {
    tp.rmemAlloc -= skb.truesize
    kfreeSkb(skb, DROP.QUEUE_PURGE)
  }
  q.length = 0
  tp.oooLastIndex = -1
}

const purge = (tp: TcpSock, queue: TcpSegQueue): void => {
  for (let seg: TcpSeg | null = queue.head; seg !== null; seg = queue.head) {
    tp.tsorted.remove(seg)
    queue.unlink(seg)
    tp.wmemQueued -= seg.truesize
    seg.skb = null
  }
}

/** Drops the write and retransmission queues (tcp_write_queue_purge). */
export const tcpWriteQueuePurge = (tp: TcpSock): void => {
  tcpChronoStop(tp, TCP_CHRONO_BUSY)
  purge(tp, tp.writeQueue)
  purge(tp, tp.rtxQueue)
  tp.sendBuffer.clear()
  tp.highSack = null
  tp.retransHint = null
  tp.packetsOut = 0
  tp.backoff = 0
}
