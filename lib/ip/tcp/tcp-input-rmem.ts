/**
 * Memory of received segments: what they count as, and what is done when there is no room.
 *
 * @see net/ipv4/tcp_input.c tcp_try_rmem_schedule, tcp_prune_queue, tcp_prune_ofo_queue, tcp_clamp_window
 */
import { DROP } from '../../core/drop.js'
import { kfreeSkb, type Skb, skbOrphan } from '../../core/skb.js'
import { skbTruesize } from '../truesize.js'
import { netnsTcp, tcpSysctls } from './netns-tcp.js'
import { tcpCollapseOfoQueue, tcpCollapseReceiveQueue } from './tcp-input-collapse.js'
import { after } from './tcp-seq.js'
import type { TcpOptions, TcpSock } from './tcp-sock.js'

/** Octets that a received segment counts as: what its sender said, or what a packet of its length does. */
export const tcpRxTruesize = (skb: Skb): number => (skb.truesize !== 0 ? skb.truesize : skbTruesize(skb))

/** A queue of the socket holds the segment from now on (skb_set_owner_r). */
export const skbSetOwnerR = (tp: TcpSock, skb: Skb): void => {
  skbOrphan(skb)
  // A FIN that was joined to what is in front of it counts for nothing.
  if (!skb.coalesced) skb.truesize = tcpRxTruesize(skb)
  tp.rmemAlloc += skb.truesize
}

/** A segment leaves a queue of the socket (sock_rfree). */
export const skbRfree = (tp: TcpSock, skb: Skb): void => {
  tp.rmemAlloc -= skb.truesize
}

/** A segment of this socket is dropped (tcp_drop_reason). */
export const tcpDropReason = (tp: TcpSock, skb: Skb, reason: number): void => {
  tp.drops += skb.gsoSegs !== 0 ? skb.gsoSegs : 1
  kfreeSkb(skb, reason)
}

/** Forgets the blocks that were to be told (tcp_sack_reset). */
export const tcpSackReset = (opt: TcpOptions): void => {
  opt.dsack = false
  opt.numSacks = 0
}

/** The receive buffer has room for the octets of the segment (tcp_can_ingest). */
const canIngest = (tp: TcpSock, skb: Skb): boolean => tp.rmemAlloc + (skb.tail - skb.data) <= tp.rcvbuf

/** The receive buffer is full: it grows to what is there as far as it may, or the window shrinks (tcp_clamp_window). */
const clampWindow = (tp: TcpSock): void => {
  const { rmemMax } = tcpSysctls(tp.netns)
  tp.ack.quick = 0
  if (tp.rcvbuf < rmemMax && !tp.userRcvbuf) tp.rcvbuf = Math.min(tp.rmemAlloc, rmemMax)
  if (tp.rmemAlloc > tp.rcvbuf) tp.rcvSsthresh = Math.min(tp.windowClamp, 2 * tp.advmss)
}

/** Drops what is highest of the out of order queue, an eighth of the buffer at a time; true when any was (tcp_prune_ofo_queue). */
const pruneOfoQueue = (tp: TcpSock, skb: Skb): boolean => {
  const queue = tp.oooQueue
  if (queue.length === 0) return false
  let goal = tp.rcvbuf >> 3
  let pruned = false
  while (queue.length > 0) {
    const last = queue[queue.length - 1]!
    if (after(skb.seq, last.seq)) break
    pruned = true
    queue.pop()
    goal -= last.truesize
    skbRfree(tp, last)
    tcpDropReason(tp, last, DROP.TCP_OFO_QUEUE_PRUNE)
    if (goal > 0 && queue.length > 0) continue
    if (canIngest(tp, skb)) break
    goal = tp.rcvbuf >> 3
  }
  if (!pruned) return false
  netnsTcp(tp.netns).mib.OfoPruned++
  if (tp.rxOpt.sackOk) tcpSackReset(tp.rxOpt)
  return true
}

/** Makes room for a segment; false when that cannot be (tcp_prune_queue). */
const pruneQueue = (tp: TcpSock, skb: Skb): boolean => {
  const { mib } = netnsTcp(tp.netns)
  mib.PruneCalled++
  if (!canIngest(tp, skb)) clampWindow(tp)
  if (canIngest(tp, skb)) return true
  tcpCollapseOfoQueue(tp)
  tcpCollapseReceiveQueue(tp)
  if (canIngest(tp, skb)) return true
  pruneOfoQueue(tp, skb)
  if (canIngest(tp, skb)) return true
  mib.RcvPruned++
  tp.predFlags = 0
  return false
}

/** There is room for a segment, or it was made (tcp_try_rmem_schedule). */
export const tcpTryRmemSchedule = (tp: TcpSock, skb: Skb): boolean => canIngest(tp, skb) || pruneQueue(tp, skb)
