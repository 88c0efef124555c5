/**
 * `tbf`, the token bucket filter: packets leave while there are tokens, which come at the rate and up to the burst; a
 * second bucket of one packet may bound the peak rate. What does not fit waits in a `bfifo`, or in any qdisc that is put
 * into its class.
 *
 * @see net/sched/sch_tbf.c
 */
import { skbGsoNetworkSeglen, skbGsoSegments } from '../core/gso.js'
import {
  NET_XMIT_DROP,
  NET_XMIT_SUCCESS,
  NOOP_QDISC,
  type Qdisc,
  type QdiscClassOps,
  type QdiscOps,
} from '../core/qdisc.js'
import type { Skb } from '../core/skb.js'
import { NetloomError } from '../errors.js'
import { type LinkLayer, RateCfg } from './ratecfg.js'
import { BFIFO_OPS, fifoSetLimit } from './sch-fifo.js'
import {
  qdiscBstatsUpdate,
  qdiscCreateDflt,
  qdiscDequeuePeeked,
  qdiscDrop,
  qdiscPeekDequeued,
  qdiscPktLen,
  qdiscPurgeQueue,
  qdiscResetQueue,
  qdiscWatchdogCancel,
  qdiscWatchdogSchedule,
} from './sch-generic.js'

/** Attributes of `tbf` (struct tc_tbf_qopt, TCA_TBF_BURST, TCA_TBF_PBURST). */
export interface TbfAttrs {
  /** Octets a second. */
  readonly rate: number
  /** Octets that may leave at once. */
  readonly burst: number
  /** Octets that may wait. */
  readonly limit: number
  /** Octets a second; 0 for none. */
  readonly peakRate: number
  /** Octets that may leave at once at the peak rate, with one. */
  readonly mtu: number
  readonly mpu: number
  readonly overhead: number
  readonly linkLayer: LinkLayer
  /** Time in nanoseconds that the bucket holds: of the rate, of the peak rate. Read only. */
  readonly bufferNs?: number
  readonly mtuNs?: number
}

const DEFAULTS = { peakRate: 0, mtu: 0, mpu: 0, overhead: 0, linkLayer: 'ethernet' } as const

class Tbf {
  attrs: TbfAttrs
  rate: RateCfg
  peak: RateCfg | null
  /** Longest packet that is taken. */
  maxSize: number
  /** Nanoseconds of tokens that the buckets hold, and those that are in them; the time when they were counted. */
  buffer: number
  mtu: number
  tokens: number
  ptokens: number
  tC: number
  child: Qdisc

  constructor(now: number) {
    this.attrs = { ...DEFAULTS, rate: 0, burst: 0, limit: 0 }
    this.rate = new RateCfg(this.attrs)
    this.peak = null
    this.maxSize = 0
    this.buffer = 0
    this.mtu = 0
    this.tokens = 0
    this.ptokens = 0
    this.tC = now
    this.child = NOOP_QDISC
  }
}

const priv = (sch: Qdisc): Tbf => sch.priv as Tbf

/** A packet of many segments that is too long for the bucket goes in as its segments (tbf_segment). */
const enqueueSegments = (skb: Skb, sch: Qdisc, child: Qdisc): number => {
  let taken = 0
  for (const segment of skbGsoSegments(skb)) {
    const len = qdiscPktLen(segment)
    const rc = child.ops.enqueue!(segment, child)
    if (rc === NET_XMIT_SUCCESS) {
      taken++
      sch.backlog += len
    } else if (rc === NET_XMIT_DROP) sch.drops++
  }
  sch.qlen += taken
  return taken > 0 ? NET_XMIT_SUCCESS : NET_XMIT_DROP
}

const enqueue = (skb: Skb, sch: Qdisc): number => {
  const { maxSize, child } = priv(sch)
  const len = qdiscPktLen(skb)
  if (len > maxSize) {
    const fits = skb.gsoSize !== 0 && skbGsoNetworkSeglen(skb) + skb.networkHeader - skb.data <= maxSize
    return fits ? enqueueSegments(skb, sch, child) : qdiscDrop(skb, sch)
  }
  const rc = child.ops.enqueue!(skb, child)
  if (rc !== NET_XMIT_SUCCESS) {
    if (rc === NET_XMIT_DROP) sch.drops++
    return rc
  }
  sch.backlog += len
  sch.qlen++
  return NET_XMIT_SUCCESS
}

const dequeue = (sch: Qdisc): Skb | null => {
  const q = priv(sch)
  const skb = q.child.ops.peek(q.child)
  if (skb === null) return null
  const { now } = sch.dev!.netns.world.sim
  const len = qdiscPktLen(skb)
  const gained = Math.min(now - q.tC, q.buffer)
  const ptoks = q.peak === null ? 0 : Math.min(gained + q.ptokens, q.mtu) - q.peak.l2t(len)
  const toks = Math.min(gained + q.tokens, q.buffer) - q.rate.l2t(len)
  if (toks >= 0 && ptoks >= 0) {
    const out = qdiscDequeuePeeked(q.child)
    if (out === null) return null
    q.tC = now
    q.tokens = toks
    q.ptokens = ptoks
    sch.backlog -= len
    sch.qlen--
    qdiscBstatsUpdate(sch, out)
    return out
  }
  qdiscWatchdogSchedule(sch, now + Math.max(-toks, -ptoks))
  sch.overlimits++
  return null
}

const reset = (sch: Qdisc): void => {
  const q = priv(sch)
  q.child.ops.reset(q.child)
  qdiscResetQueue(sch)
  q.tC = sch.dev!.netns.world.now
  q.tokens = q.buffer
  q.ptokens = q.mtu
  qdiscWatchdogCancel(sch)
}

const invalid = (sch: Qdisc, attrs: TbfAttrs): NetloomError =>
  new NetloomError('EINVAL', undefined, { dev: sch.dev!.name, kind: 'tbf', rate: attrs.rate, peakRate: attrs.peakRate })

/** Parent of the class 1 of a qdisc. */
const firstClass = (sch: Qdisc): number => (sch.handle | 1) >>> 0

const change = (sch: Qdisc, given: Partial<TbfAttrs> | null): void => {
  if (given === null) throw new NetloomError('EINVAL', undefined, { dev: sch.dev!.name, kind: 'tbf' })
  const q = priv(sch)
  const attrs: TbfAttrs = { ...DEFAULTS, rate: 0, burst: 0, limit: 0, ...given }
  if (attrs.rate <= 0) throw invalid(sch, attrs)
  const rate = new RateCfg(attrs)
  const peak = attrs.peakRate > 0 ? new RateCfg({ ...attrs, rate: attrs.peakRate }) : null
  if (peak !== null && attrs.peakRate <= attrs.rate) throw invalid(sch, attrs)
  const maxSize = peak === null ? attrs.burst : Math.min(attrs.burst, attrs.mtu)
  if (maxSize === 0) throw invalid(sch, attrs)
  if (q.child !== NOOP_QDISC) fifoSetLimit(q.child, attrs.limit)
  else if (attrs.limit > 0) {
    const child = qdiscCreateDflt(sch.dev!, BFIFO_OPS as QdiscOps, sch, firstClass(sch))
    fifoSetLimit(child, attrs.limit)
    child.invisible = true
    q.child = child
  }
  q.attrs = attrs
  q.rate = rate
  q.peak = peak
  q.maxSize = maxSize
  q.buffer = rate.l2t(attrs.burst)
  q.mtu = peak === null ? 0 : peak.l2t(attrs.mtu)
  q.tokens = q.buffer
  q.ptokens = q.mtu
}

const init = (sch: Qdisc, attrs: Partial<TbfAttrs> | null): void => {
  sch.priv = new Tbf(sch.dev!.netns.world.now)
  change(sch, attrs)
}

const classOps: QdiscClassOps = {
  leaf: sch => priv(sch).child,
  graft: (sch, child) => {
    const q = priv(sch)
    const old = q.child
    q.child = child ?? NOOP_QDISC
    if (old !== NOOP_QDISC) qdiscPurgeQueue(old)
    return old
  },
}

/** `tbf`. */
export const TBF_OPS: QdiscOps<TbfAttrs> = {
  id: 'tbf',
  enqueue,
  dequeue,
  peek: qdiscPeekDequeued,
  init,
  change,
  reset,
  dump: sch => ({ ...priv(sch).attrs, bufferNs: priv(sch).buffer, mtuNs: priv(sch).mtu }) satisfies TbfAttrs,
  classOps,
}
