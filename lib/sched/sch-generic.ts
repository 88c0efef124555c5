/**
 * What the kinds of qdiscs share: queues of packets, looking at the next one, timers, and the sums that a classful qdisc
 * keeps of what is below it.
 *
 * @see net/sched/sch_generic.c, include/net/sch_generic.h, net/sched/sch_api.c qdisc_watchdog_schedule_range_ns
 */
import { qdiscRun } from '../core/dev-tx.js'
import { DROP } from '../core/drop.js'
import { skbGsoWireLen } from '../core/gso.js'
import type { NetDevice } from '../core/netdev.js'
import { NET_XMIT_DROP, NET_XMIT_SUCCESS, Qdisc, type QdiscOps } from '../core/qdisc.js'
import { kfreeSkb, type Skb } from '../core/skb.js'
import { TimedRing } from '../sim/timed-ring.js'

/** Octets of a packet as qdiscs count them: with the link-layer header, of all its segments (qdisc_pkt_len). */
export const qdiscPktLen = (skb: Skb): number => (skb.gsoSize === 0 ? skb.tail - skb.data : skbGsoWireLen(skb))

/** Octets of the longest packet that the device sends (psched_mtu). */
export const pschedMtu = (dev: NetDevice): number => dev.mtu + dev.hardHeaderLen

/** Drops a packet that the qdisc does not take (qdisc_drop). */
export const qdiscDrop = (skb: Skb, sch: Qdisc): number => {
  sch.drops++
  kfreeSkb(skb, DROP.QDISC_DROP)
  return NET_XMIT_DROP
}

/** Counts a packet that leaves (qdisc_bstats_update). */
export const qdiscBstatsUpdate = (sch: Qdisc, skb: Skb): void => {
  sch.bytes += qdiscPktLen(skb)
  sch.packets += skb.gsoSize === 0 ? 1 : skb.gsoSegs
}

/** Appends a packet (qdisc_enqueue_tail). */
export const qdiscEnqueueTail = (skb: Skb, sch: Qdisc): number => {
  sch.q ??= new TimedRing()
  sch.q.push(skb, 0)
  sch.qlen++
  sch.backlog += qdiscPktLen(skb)
  return NET_XMIT_SUCCESS
}

/** Takes the oldest packet (qdisc_dequeue_head). */
export const qdiscDequeueHead = (sch: Qdisc): Skb | null => {
  const skb = sch.q === null ? null : sch.q.shift()
  if (skb === null) return null
  sch.qlen--
  sch.backlog -= qdiscPktLen(skb)
  qdiscBstatsUpdate(sch, skb)
  return skb
}

/** The oldest packet (qdisc_peek_head). */
export const qdiscPeekHead = (sch: Qdisc): Skb | null => (sch.q === null ? null : sch.q.peek())

/** The next packet of a kind that has to take it out to know it; it stays part of the queue (qdisc_peek_dequeued). */
export const qdiscPeekDequeued = (sch: Qdisc): Skb | null => {
  if (sch.peeked !== null) return sch.peeked
  const skb = sch.ops.dequeue(sch)
  if (skb === null) return null
  sch.peeked = skb
  sch.qlen++
  sch.backlog += qdiscPktLen(skb)
  return skb
}

/** Takes the packet that was looked at (qdisc_dequeue_peeked). */
export const qdiscDequeuePeeked = (sch: Qdisc): Skb | null => {
  const skb = sch.peeked
  if (skb === null) return sch.ops.dequeue(sch)
  sch.peeked = null
  sch.qlen--
  sch.backlog -= qdiscPktLen(skb)
  return skb
}

/** Drops what is in the queue itself (__qdisc_reset_queue). */
export const qdiscResetQueue = (sch: Qdisc): void => {
  const { q, peeked } = sch
  if (peeked !== null) kfreeSkb(peeked, DROP.QUEUE_PURGE)
  sch.peeked = null
  if (q !== null) for (let skb = q.shift(); skb !== null; skb = q.shift()) kfreeSkb(skb, DROP.QUEUE_PURGE)
  sch.qlen = 0
  sch.backlog = 0
}

/** Tells the qdiscs above that `n` packets of `len` octets are no longer below them (qdisc_tree_reduce_backlog). */
export const qdiscTreeReduceBacklog = (sch: Qdisc, n: number, len: number): void => {
  for (let up = sch.parentQdisc; up !== null; up = up.parentQdisc) {
    up.qlen -= n
    up.backlog -= len
    up.drops += n
  }
}

/** Drops everything that a qdisc holds, as those above it hear (qdisc_purge_queue). */
export const qdiscPurgeQueue = (sch: Qdisc): void => {
  const { qlen, backlog } = sch
  sch.ops.reset(sch)
  qdiscTreeReduceBacklog(sch, qlen, backlog)
}

/** A qdisc that another one makes for itself (qdisc_create_dflt). Throws what the kind refuses. */
export const qdiscCreateDflt = (dev: NetDevice, ops: QdiscOps, parent: Qdisc | null, classid: number): Qdisc => {
  const sch = new Qdisc(ops, dev)
  sch.parent = classid
  sch.parentQdisc = parent
  ops.init?.(sch, null)
  return sch
}

const watchdogFires = (sch: Qdisc): void => {
  sch.watchdog = null
  const root = sch.dev!.qdisc
  if (root !== null) qdiscRun(root)
}

/** Lets the device go on at `expires`, in nanoseconds (qdisc_watchdog_schedule_ns). */
export const qdiscWatchdogSchedule = (sch: Qdisc, expires: number): void => {
  const { sim } = sch.dev!.netns.world
  const time = Math.max(expires, sim.now)
  if (sch.watchdog !== null) {
    if (sch.watchdog.time === time) return
    sim.cancel(sch.watchdog)
  }
  sch.watchdog = sim.scheduleAt(time, watchdogFires, sch, 0, 'qdisc')
}

/** Stops the timer (qdisc_watchdog_cancel). */
export const qdiscWatchdogCancel = (sch: Qdisc): void => {
  if (sch.watchdog === null) return
  sch.dev!.netns.world.sim.cancel(sch.watchdog)
  sch.watchdog = null
}
