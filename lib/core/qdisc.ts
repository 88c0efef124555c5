/**
 * Queueing disciplines as the core sees them: what stands between a sender and its device. The kinds are in sched/.
 *
 * @see include/net/sch_generic.h struct Qdisc, struct Qdisc_ops; net/sched/sch_generic.c noop_qdisc, noqueue_qdisc_ops
 */
import type { SimEvent } from '../sim/queue.js'
import type { TimedRing } from '../sim/timed-ring.js'
import { DROP } from './drop.js'
import type { NetDevice } from './netdev.js'
import { kfreeSkb, type Skb } from './skb.js'

/** What enqueue returns: queued, dropped, congested (senders take it for success), or dropped and kept quiet about. */
export const NET_XMIT_SUCCESS = 0
export const NET_XMIT_DROP = 1
export const NET_XMIT_CN = 2
/** netem's answer for a packet that it loses: the sender is not to know. */
export const NET_XMIT_BYPASS = 0x20000

/** Parent of a qdisc that stands at the device itself (TC_H_ROOT). */
export const TC_H_ROOT = 0xffffffff

/** Functions of a classful qdisc whose one class holds another qdisc (struct Qdisc_class_ops). */
export interface QdiscClassOps {
  /** The qdisc of the class, or null. */
  readonly leaf: (sch: Qdisc) => Qdisc | null
  /** Puts a qdisc into the class, null for none; returns the one that was there, emptied. */
  readonly graft: (sch: Qdisc, child: Qdisc | null) => Qdisc | null
}

/** The functions of a kind of qdisc (struct Qdisc_ops). `A` are its attributes. */
export interface QdiscOps<A extends object = object> {
  /** As in `tc qdisc add ... KIND`. */
  readonly id: string
  /** Takes a packet, whose `data` is at the link-layer header; owns it. Null for `noqueue`, which takes none. */
  readonly enqueue: ((skb: Skb, sch: Qdisc) => number) | null
  /** The next packet that may leave now, or null. */
  readonly dequeue: (sch: Qdisc) => Skb | null
  /** The packet that {@link dequeue} would give, left where it is. */
  readonly peek: (sch: Qdisc) => Skb | null
  /** Prepares a new one; throws a NetloomError to refuse. */
  readonly init: ((sch: Qdisc, attrs: Partial<A> | null) => void) | null
  /** Changes its attributes, all or nothing; null for a kind that has none. */
  readonly change: ((sch: Qdisc, attrs: Partial<A> | null) => void) | null
  /** Drops everything that is queued and stands as new. */
  readonly reset: (sch: Qdisc) => void
  /** Its attributes as they are now. */
  readonly dump: (sch: Qdisc) => object
  readonly classOps: QdiscClassOps | null
}

/** A queueing discipline of a device. Counters are those of `tc -s qdisc`. */
export class Qdisc {
  readonly ops: QdiscOps
  readonly dev: NetDevice | null
  /** `MAJOR:` in the upper 16 bits; 0 for one that nobody asked for. */
  handle = 0
  /** 0xffffffff (TC_H_ROOT), or the class that it is in. */
  parent: number = TC_H_ROOT
  /** Qdisc whose class it is in, null at the root. */
  parentQdisc: Qdisc | null = null
  /** Not shown without `invisible`: the fifo that a shaper makes for itself. */
  invisible = false
  /** An empty one is passed by: TCQ_F_CAN_BYPASS. */
  canBypass = false
  /** Packets or octets, as the kind counts. */
  limit = 0
  /** Packets and octets in it, its children's included. */
  qlen = 0
  backlog = 0
  bytes = 0
  packets = 0
  drops = 0
  overlimits = 0
  requeues = 0
  /** Somebody is taking packets out (qdisc_run_begin). */
  running = false
  /** Goes on sending soon (__QDISC_STATE_SCHED). */
  scheduled = false
  /** Packets in order of arrival, made when the first one comes. */
  q: TimedRing<Skb> | null = null
  /** Taken out to be looked at and still part of the queue (gso_skb). */
  peeked: Skb | null = null
  /** Timer that lets the device go on later (struct qdisc_watchdog). */
  watchdog: SimEvent | null = null
  /** State of the kind. */
  priv: object | null = null

  constructor(ops: QdiscOps, dev: NetDevice | null) {
    this.ops = ops
    this.dev = dev
  }
}

const none = (): null => null
const nothing = (): void => {}

const noopEnqueue = (skb: Skb): number => {
  skb.dev!.stats.txDropped++
  kfreeSkb(skb, DROP.QDISC_DROP)
  return NET_XMIT_CN
}

/** Drops whatever is sent: a device without a carrier has it in the place of its own. */
export const NOOP_QDISC: Qdisc = new Qdisc(
  {
    id: 'noop',
    enqueue: noopEnqueue,
    dequeue: none,
    peek: none,
    init: null,
    change: null,
    reset: nothing,
    dump: () => ({}),
    classOps: null,
  },
  null,
)

/** No queue at all: packets go straight to the device. */
export const NOQUEUE_OPS: QdiscOps = {
  id: 'noqueue',
  enqueue: null,
  dequeue: none,
  peek: none,
  init: null,
  change: null,
  reset: nothing,
  dump: () => ({}),
  classOps: null,
}

/** The `noqueue` of all devices that nobody gave another one. */
export const NOQUEUE_QDISC: Qdisc = new Qdisc(NOQUEUE_OPS, null)
