/**
 * `netem`, the network emulator: delay with jitter, a rate, loss, duplication, reordering, corruption and slots.
 *
 * Times are kept in whole nanoseconds. tc counts delays in ticks of 64 ns, so that `delay 100us` is 99,968 ns; what
 * programs ask for is taken as it is.
 *
 * DIFFERS: the numbers come from netloom's own seeded streams, one for each netem, so that the same seed loses the same
 * packets; the kernel seeds its generator at random unless it is told a seed, which tc of iproute2 6.1 cannot.
 *
 * @see net/sched/sch_netem.c
 */
import { NET_XMIT_BYPASS, NET_XMIT_DROP, NET_XMIT_SUCCESS, type Qdisc, type QdiscOps } from '../core/qdisc.js'
import { DROP } from '../core/drop.js'
import {
  CHECKSUM_PARTIAL,
  kfreeSkb,
  type Skb,
  skbChecksumHelp,
  skbClone,
  skbCow,
  skbOrphanPartial,
} from '../core/skb.js'
import { extackError, NetloomError } from '../errors.js'
import { type Rng, RngSource } from '../sim/rng.js'
import { TimedRing } from '../sim/timed-ring.js'
import { Crandom, deviceStream } from './crandom.js'
import { type Distribution, makeDistTable } from './dist-table.js'
import { type LossGemodel, type LossState, NetemLoss } from './netem-loss.js'
import {
  qdiscBstatsUpdate,
  qdiscDrop,
  qdiscPeekDequeued,
  qdiscPktLen,
  qdiscPurgeQueue,
  qdiscResetQueue,
  qdiscTreeReduceBacklog,
  qdiscWatchdogCancel,
  qdiscWatchdogSchedule,
} from './sch-generic.js'
import { setCe } from './set-ce.js'
import { tabledist } from './tabledist.js'
import { TFifo } from './tfifo.js'

/** Slots: packets leave in groups, at the beginning of each (struct tc_netem_slot). Times in nanoseconds. */
export interface NetemSlot {
  readonly minDelay: number
  readonly maxDelay: number
  /** With a deviation, the time between slots follows `distribution`. */
  readonly distDelay: number
  readonly distJitter: number
  readonly distribution: Distribution | null
  /** 0 for any number. */
  readonly maxPackets: number
  readonly maxBytes: number
}

/** A probability and how much each draw depends on the one before; 2^32 - 1 is certain. */
export interface NetemChance {
  readonly probability: number
  readonly correlation: number
}

/**
 * Attributes of `netem`. Probabilities and correlations are numbers of 32 bits, 2^32 - 1 for 100 %. A change sets the
 * plain ones to their defaults where they are absent, as tc always sends them; groups that are absent stay as they are.
 */
export interface NetemAttrs {
  /** Packets that may wait; 1000. */
  readonly limit: number
  /** Nanoseconds. */
  readonly latency: number
  readonly jitter: number
  readonly loss: number
  readonly duplicate: number
  /** Reordering begins with each `gap`th packet; 0 for none. */
  readonly gap: number
  readonly lossState: LossState | null
  readonly lossGemodel: LossGemodel | null
  readonly corr: { readonly delay: number; readonly loss: number; readonly duplicate: number }
  readonly reorder: NetemChance
  readonly corrupt: NetemChance
  /** Octets a second, 0 for none; octets added to a packet; size of a cell and octets added to each. */
  readonly rate: {
    readonly rate: number
    readonly packetOverhead: number
    readonly cellSize: number
    readonly cellOverhead: number
  }
  /** Distribution of the jitter; null for a uniform one. */
  readonly distribution: Distribution | null
  /** Mark packets that would be lost and can be marked. */
  readonly ecn: boolean
  readonly slot: NetemSlot | null
  /** Seed of the stream that it draws from; without it the World's seed and the device decide. */
  readonly seed?: number
}

const NO_CHANCE: NetemChance = Object.freeze({ probability: 0, correlation: 0 })

const DEFAULTS: NetemAttrs = Object.freeze({
  limit: 1000,
  latency: 0,
  jitter: 0,
  loss: 0,
  duplicate: 0,
  gap: 0,
  lossState: null,
  lossGemodel: null,
  corr: Object.freeze({ delay: 0, loss: 0, duplicate: 0 }),
  reorder: NO_CHANCE,
  corrupt: NO_CHANCE,
  rate: Object.freeze({ rate: 0, packetOverhead: 0, cellSize: 0, cellOverhead: 0 }),
  distribution: null,
  ecn: false,
  slot: null,
})

const NSEC_PER_SEC = 1_000_000_000
/** Largest jitter that the kernel takes. */
const INT_MAX = 2 ** 31 - 1
const CERTAIN = 0xffffffff

class Netem {
  attrs: NetemAttrs
  rng: Rng
  loss: NetemLoss
  delayCor: Crandom
  dupCor: Crandom
  reorderCor: Crandom
  corruptCor: Crandom
  delayDist: Int16Array | null = null
  slotDist: Int16Array | null = null
  /** Packets since the last that went ahead. */
  counter = 0
  duplicating = true
  readonly tfifo: TFifo = new TFifo()
  child: Qdisc | null = null
  /** Time of the next slot, 0 without slots; what the present one still lets through. */
  slotNext = 0
  packetsLeft = 0
  bytesLeft = 0

  constructor(rng: Rng) {
    this.attrs = DEFAULTS
    this.rng = rng
    this.loss = new NetemLoss(0, new Crandom(0, rng), null, null)
    this.delayCor = new Crandom(0, rng)
    this.dupCor = this.delayCor
    this.reorderCor = this.delayCor
    this.corruptCor = this.delayCor
  }
}

const priv = (sch: Qdisc): Netem => sch.priv as Netem

/** Nanoseconds that a packet takes at the rate (packet_time_ns). */
const packetTimeNs = (octets: number, { rate }: NetemAttrs): number => {
  let len = octets + rate.packetOverhead
  if (rate.cellSize > 0) {
    const cells = Math.ceil(len / rate.cellSize)
    len = cells * (rate.cellSize + rate.cellOverhead)
  }
  return len <= 0 ? 0 : Math.floor((len * NSEC_PER_SEC) / rate.rate)
}

/** When a packet may leave: after its delay, and behind the packets in front of it where there is a rate. */
const timeToSend = (sch: Qdisc, q: Netem, octets: number): number => {
  const { attrs } = q
  let now = sch.dev!.netns.world.sim.now
  let delay =
    attrs.jitter === 0 ? attrs.latency : tabledist(attrs.latency, attrs.jitter, q.delayCor.next(q.rng), q.delayDist)
  if (attrs.rate.rate > 0) {
    const last = Math.max(q.tfifo.lastTime(), sch.q === null ? -1 : sch.q.tailTime())
    if (last >= 0) {
      // The last packet is the reference: what is left of its time counts as part of this one's delay.
      delay = Math.max(0, delay - (last - now))
      now = last
    }
    delay += packetTimeNs(octets, attrs)
  }
  return now + delay
}

const corrupt = (skb: Skb, rng: Rng): void => {
  skbCow(skb)
  if (skb.ipSummed === CHECKSUM_PARTIAL) skbChecksumHelp(skb)
  const octets = skb.tail - skb.data
  if (octets > 0) skb.buf[skb.data + rng.below(octets)]! ^= 1 << rng.below(8)
}

/** A copy goes in at the top, as what stands above expects one packet for one (the copy is not copied again). */
const enqueueCopy = (q: Netem, sch: Qdisc, copy: Skb): void => {
  const root = sch.dev!.qdisc ?? sch
  q.duplicating = false
  root.ops.enqueue!(copy, root)
  q.duplicating = true
}

const isAhead = (q: Netem): boolean => {
  const { gap, reorder } = q.attrs
  return gap !== 0 && q.counter >= gap - 1 && reorder.probability >= q.reorderCor.next(q.rng)
}

const enqueue = (skb: Skb, sch: Qdisc): number => {
  const q = priv(sch)
  const { attrs, rng } = q
  let count = 1
  if (q.duplicating && attrs.duplicate > 0 && attrs.duplicate >= q.dupCor.next(rng)) count++
  if (q.loss.event(rng)) {
    if (attrs.ecn && setCe(skb)) sch.drops++
    else count--
  }
  if (count === 0) {
    sch.drops++
    kfreeSkb(skb, DROP.NETEM_LOSS)
    return NET_XMIT_SUCCESS | NET_XMIT_BYPASS
  }
  if (attrs.latency !== 0 || attrs.jitter !== 0 || attrs.rate.rate !== 0) skbOrphanPartial(skb)
  const copy = count > 1 ? skbClone(skb) : null
  if (attrs.corrupt.probability > 0 && attrs.corrupt.probability >= q.corruptCor.next(rng)) corrupt(skb, rng)
  if (q.tfifo.length >= sch.limit) {
    if (copy !== null) kfreeSkb(copy, DROP.QDISC_DROP)
    return qdiscDrop(skb, sch)
  }
  if (copy !== null) enqueueCopy(q, sch, copy)
  const octets = qdiscPktLen(skb)
  sch.backlog += octets
  sch.qlen++
  if (isAhead(q)) {
    q.counter = 0
    sch.q ??= new TimedRing()
    sch.q.unshift(skb, sch.dev!.netns.world.sim.now)
    sch.requeues++
  } else {
    const time = timeToSend(sch, q, octets)
    q.counter++
    q.tfifo.push(skb, time)
  }
  return NET_XMIT_SUCCESS
}

/** What a slot lets through; 0 stands for any number. */
const refill = (q: Netem, { maxPackets, maxBytes }: NetemSlot): void => {
  q.packetsLeft = maxPackets === 0 ? Number.POSITIVE_INFINITY : maxPackets
  q.bytesLeft = maxBytes === 0 ? Number.POSITIVE_INFINITY : maxBytes
}

/** Chooses the next slot (get_slot_next). */
const getSlotNext = (q: Netem, slot: NetemSlot, now: number): void => {
  const between =
    q.slotDist === null
      ? slot.minDelay + Math.floor((q.rng.u32() * (slot.maxDelay - slot.minDelay)) / 4294967296)
      : tabledist(slot.distDelay, slot.distJitter, q.rng.u32(), q.slotDist)
  q.slotNext = now + between
  refill(q, slot)
}

const useSlot = (q: Netem, slot: NetemSlot, octets: number, now: number): void => {
  q.packetsLeft--
  q.bytesLeft -= octets
  if (q.packetsLeft <= 0 || q.bytesLeft <= 0) getSlotNext(q, slot, now)
}

const deliver = (sch: Qdisc, skb: Skb): Skb => {
  sch.backlog -= qdiscPktLen(skb)
  qdiscBstatsUpdate(sch, skb)
  return skb
}

/** Hands a packet whose time has come to the qdisc below; one that it drops is gone. */
const enqueueChild = (sch: Qdisc, child: Qdisc, skb: Skb): void => {
  const octets = qdiscPktLen(skb)
  const rc = child.ops.enqueue!(skb, child)
  if (rc === NET_XMIT_SUCCESS) return
  if (rc === NET_XMIT_DROP) sch.drops++
  sch.backlog -= octets
  sch.qlen--
  qdiscTreeReduceBacklog(sch, 1, octets)
}

const dequeueChild = (sch: Qdisc, child: Qdisc | null): Skb | null => {
  const skb = child === null ? null : child.ops.dequeue(child)
  if (skb === null) return null
  sch.qlen--
  return deliver(sch, skb)
}

/** The packet whose time has come; null, with the timer set, when there is none. */
const dequeueDue = (sch: Qdisc, q: Netem): Skb | null => {
  const time = q.tfifo.headTime()
  if (time === Number.POSITIVE_INFINITY) return null
  const { now } = sch.dev!.netns.world.sim
  const { slot } = q.attrs
  if (slot !== null && q.slotNext !== 0 && q.slotNext < time) getSlotNext(q, slot, now)
  if (time <= now && q.slotNext <= now) {
    const skb = q.tfifo.shift()!
    if (slot !== null && q.slotNext !== 0) useSlot(q, slot, qdiscPktLen(skb), now)
    return skb
  }
  qdiscWatchdogSchedule(sch, Math.max(time, q.slotNext))
  return null
}

const dequeue = (sch: Qdisc): Skb | null => {
  const q = priv(sch)
  for (;;) {
    const ahead = sch.q === null ? null : sch.q.shift()
    if (ahead !== null) {
      sch.qlen--
      return deliver(sch, ahead)
    }
    const skb = dequeueDue(sch, q)
    if (skb === null) return dequeueChild(sch, q.child)
    if (q.child === null) {
      sch.qlen--
      return deliver(sch, skb)
    }
    enqueueChild(sch, q.child, skb)
  }
}

const reset = (sch: Qdisc): void => {
  const q = priv(sch)
  for (let skb = q.tfifo.shift(); skb !== null; skb = q.tfifo.shift()) kfreeSkb(skb, DROP.QUEUE_PURGE)
  qdiscResetQueue(sch)
  if (q.child !== null) q.child.ops.reset(q.child)
  qdiscWatchdogCancel(sch)
}

const isNetem = (sch: Qdisc): boolean => sch.ops === NETEM_OPS

/** Two netems of one device must not copy packets: the copies go in at the top (check_netem_in_tree). */
const checkNetemInTree = (sch: Qdisc, duplicates: boolean): void => {
  const dev = sch.dev!
  const others = (dev.qdiscHash ?? []).flat()
  if (dev.qdiscSleeping !== sch) others.push(dev.qdiscSleeping)
  for (const other of others)
    if (other !== sch && isNetem(other) && (duplicates || priv(other).attrs.duplicate > 0))
      throw extackError('EINVAL', 'netem: cannot mix duplicating netems with other netems in tree', { dev: dev.name })
}

const renew = (cor: Crandom, rho: number, rng: Rng, given: boolean): Crandom => (given ? new Crandom(rho, rng) : cor)

const change = (sch: Qdisc, given: Partial<NetemAttrs> | null): void => {
  if (given === null) throw new NetloomError('EINVAL', undefined, { dev: sch.dev!.name, kind: 'netem' })
  const q = priv(sch)
  const { corr, reorder, corrupt, rate, distribution, ecn, slot } = q.attrs
  const kept = { corr, reorder, corrupt, rate, distribution, ecn, slot }
  const gap = given.gap ?? 0
  // A gap alone means that every packet at it goes ahead.
  const attrs: NetemAttrs = {
    ...DEFAULTS,
    ...kept,
    ...(gap > 0 ? { reorder: { probability: CERTAIN, correlation: 0 } } : {}),
    ...given,
    jitter: Math.min(Math.abs(given.jitter ?? 0), INT_MAX),
  }
  checkNetemInTree(sch, attrs.duplicate > 0)
  if (attrs.seed !== undefined && given.seed !== undefined) q.rng = new RngSource(attrs.seed).stream()
  const { rng } = q
  const lossCor = new Crandom(attrs.corr.loss, rng)
  q.loss = new NetemLoss(attrs.loss, lossCor, attrs.lossState, attrs.lossGemodel)
  q.delayCor = renew(q.delayCor, attrs.corr.delay, rng, given.corr !== undefined)
  q.dupCor = renew(q.dupCor, attrs.corr.duplicate, rng, given.corr !== undefined)
  q.reorderCor = renew(q.reorderCor, attrs.reorder.correlation, rng, given.reorder !== undefined)
  q.corruptCor = renew(q.corruptCor, attrs.corrupt.correlation, rng, given.corrupt !== undefined)
  if (given.distribution !== undefined) q.delayDist = given.distribution && makeDistTable(given.distribution)
  if (given.slot !== undefined) setSlot(sch, q, given.slot)
  q.attrs = attrs
  q.counter = 0
  sch.limit = attrs.limit
}

/** Slots begin with the change (get_slot). */
const setSlot = (sch: Qdisc, q: Netem, slot: NetemSlot | null): void => {
  q.slotDist = slot?.distribution ? makeDistTable(slot.distribution) : null
  if (slot !== null) refill(q, slot)
  const isOn = slot !== null && (slot.minDelay > 0 || slot.maxDelay > 0 || slot.distJitter > 0)
  q.slotNext = isOn ? Math.max(sch.dev!.netns.world.now, 1) : 0
}

const init = (sch: Qdisc, attrs: Partial<NetemAttrs> | null): void => {
  const dev = sch.dev!
  sch.priv = new Netem(deviceStream(dev, 'netem', dev.qdiscsMade))
  change(sch, attrs)
}

/** `netem`. */
export const NETEM_OPS: QdiscOps<NetemAttrs> = {
  id: 'netem',
  enqueue,
  dequeue,
  peek: qdiscPeekDequeued,
  init,
  change,
  reset,
  dump: sch => priv(sch).attrs,
  classOps: {
    leaf: sch => priv(sch).child,
    graft: (sch, child) => {
      const q = priv(sch)
      const old = q.child
      q.child = child
      if (old !== null) qdiscPurgeQueue(old)
      return old
    },
  },
}
