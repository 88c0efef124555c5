/**
 * First in, first out: `pfifo` counts packets, `bfifo` octets, `pfifo_head_drop` drops the oldest when it is full.
 *
 * @see net/sched/sch_fifo.c
 */
import { DROP } from '../core/drop.js'
import { NET_XMIT_CN, type Qdisc, type QdiscOps } from '../core/qdisc.js'
import { kfreeSkb, type Skb } from '../core/skb.js'
import {
  pschedMtu,
  qdiscDequeueHead,
  qdiscDrop,
  qdiscEnqueueTail,
  qdiscPeekHead,
  qdiscPktLen,
  qdiscResetQueue,
  qdiscTreeReduceBacklog,
} from './sch-generic.js'

/** Attributes of the fifos (struct tc_fifo_qopt). */
export interface FifoAttrs {
  /** Packets, or octets for `bfifo`; the device's queue length, times its longest packet for `bfifo`, when absent. */
  readonly limit: number
}

const bfifoEnqueue = (skb: Skb, sch: Qdisc): number =>
  sch.backlog + qdiscPktLen(skb) <= sch.limit ? qdiscEnqueueTail(skb, sch) : qdiscDrop(skb, sch)

const pfifoEnqueue = (skb: Skb, sch: Qdisc): number =>
  sch.qlen < sch.limit ? qdiscEnqueueTail(skb, sch) : qdiscDrop(skb, sch)

/** Makes room by dropping the oldest packet; the sender hears of congestion (pfifo_tail_enqueue). */
const headDropEnqueue = (skb: Skb, sch: Qdisc): number => {
  if (sch.limit === 0) return qdiscDrop(skb, sch)
  if (sch.qlen < sch.limit) return qdiscEnqueueTail(skb, sch)
  const before = sch.backlog
  const oldest = sch.q!.shift()!
  sch.qlen--
  sch.backlog -= qdiscPktLen(oldest)
  sch.drops++
  kfreeSkb(oldest, DROP.QDISC_DROP)
  qdiscEnqueueTail(skb, sch)
  qdiscTreeReduceBacklog(sch, 0, before - sch.backlog)
  return NET_XMIT_CN
}

const setLimit = (sch: Qdisc, attrs: Partial<FifoAttrs> | null, octets: boolean, bypasses: boolean): void => {
  const dev = sch.dev!
  const limit = attrs?.limit
  sch.limit = limit ?? (octets ? dev.txQueueLen * pschedMtu(dev) : dev.txQueueLen)
  sch.canBypass = bypasses && sch.limit >= (octets ? pschedMtu(dev) : 1)
}

const fifo = (
  id: string,
  enqueue: (skb: Skb, sch: Qdisc) => number,
  octets: boolean,
  bypasses: boolean,
): QdiscOps<FifoAttrs> => ({
  id,
  enqueue,
  dequeue: qdiscDequeueHead,
  peek: qdiscPeekHead,
  init: (sch, attrs) => setLimit(sch, attrs, octets, bypasses),
  change: (sch, attrs) => setLimit(sch, attrs, octets, bypasses),
  reset: qdiscResetQueue,
  dump: sch => ({ limit: sch.limit }) satisfies FifoAttrs,
  classOps: null,
})

/** `pfifo`. */
export const PFIFO_OPS: QdiscOps<FifoAttrs> = fifo('pfifo', pfifoEnqueue, false, true)
/** `bfifo`. */
export const BFIFO_OPS: QdiscOps<FifoAttrs> = fifo('bfifo', bfifoEnqueue, true, true)
/** `pfifo_head_drop`. */
export const PFIFO_HEAD_DROP_OPS: QdiscOps<FifoAttrs> = fifo('pfifo_head_drop', headDropEnqueue, false, false)

/** Gives a fifo another limit; other kinds keep theirs (fifo_set_limit). */
export const fifoSetLimit = (sch: Qdisc, limit: number): void => {
  if (sch.ops.id.startsWith('fifo', 1)) sch.ops.change?.(sch, { limit } as Partial<FifoAttrs>)
}
