/**
 * `pfifo_fast`: three bands by the packet's priority, each as long as the device's queue; a lower band waits for the one
 * above it. Devices with a queue have it by default. `mq` holds one for each queue of a device.
 *
 * @see net/sched/sch_generic.c pfifo_fast_ops, net/sched/sch_mq.c
 */
import { DROP } from '../core/drop.js'
import { NET_XMIT_SUCCESS, type Qdisc, type QdiscOps } from '../core/qdisc.js'
import { kfreeSkb, type Skb } from '../core/skb.js'
import { NetloomError } from '../errors.js'
import { TimedRing } from '../sim/timed-ring.js'
import { qdiscBstatsUpdate, qdiscDrop, qdiscPktLen, qdiscResetQueue } from './sch-generic.js'

/** Bands by the lower four bits of a packet's priority (sch_default_prio2band). */
export const PRIO2BAND: readonly number[] = Object.freeze([1, 2, 2, 2, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1])
const BANDS = 3
const TC_PRIO_MAX = 15

/** Attributes of `pfifo_fast` and `mq`, which cannot be changed. */
export interface PfifoFastAttrs {
  readonly bands: number
  readonly priomap: readonly number[]
}

/** The bands, made when the first packet is queued. */
class PfifoFast {
  readonly bands: readonly TimedRing<Skb>[] = Array.from({ length: BANDS }, () => new TimedRing<Skb>())
}

const enqueue = (skb: Skb, sch: Qdisc): number => {
  sch.priv ??= new PfifoFast()
  const band = (sch.priv as PfifoFast).bands[PRIO2BAND[skb.priority & TC_PRIO_MAX]!]!
  if (band.length >= sch.limit) return qdiscDrop(skb, sch)
  band.push(skb, 0)
  sch.qlen++
  sch.backlog += qdiscPktLen(skb)
  return NET_XMIT_SUCCESS
}

const peek = (sch: Qdisc): Skb | null => {
  const priv = sch.priv as PfifoFast | null
  if (priv === null || sch.qlen === 0) return null
  for (let band = 0; band < BANDS; band++) {
    const skb = priv.bands[band]!.peek()
    if (skb !== null) return skb
  }
  return null
}

const dequeue = (sch: Qdisc): Skb | null => {
  const priv = sch.priv as PfifoFast | null
  if (priv === null || sch.qlen === 0) return null
  for (let band = 0; band < BANDS; band++) {
    const skb = priv.bands[band]!.shift()
    if (skb === null) continue
    sch.qlen--
    sch.backlog -= qdiscPktLen(skb)
    qdiscBstatsUpdate(sch, skb)
    return skb
  }
  return null
}

const reset = (sch: Qdisc): void => {
  const priv = sch.priv as PfifoFast | null
  if (priv !== null)
    for (const band of priv.bands)
      for (let skb = band.shift(); skb !== null; skb = band.shift()) kfreeSkb(skb, DROP.QUEUE_PURGE)
  qdiscResetQueue(sch)
}

/** A device without a queue length has no room for a band: EINVAL. */
const init = (sch: Qdisc): void => {
  const { txQueueLen, name } = sch.dev!
  if (txQueueLen === 0) throw new NetloomError('EINVAL', undefined, { dev: name, txQueueLen })
  sch.limit = txQueueLen
  sch.canBypass = true
}

const DUMP: PfifoFastAttrs = Object.freeze({ bands: BANDS, priomap: PRIO2BAND })

/** `pfifo_fast`. */
export const PFIFO_FAST_OPS: QdiscOps = {
  id: 'pfifo_fast',
  enqueue,
  dequeue,
  peek,
  init,
  change: null,
  reset,
  dump: () => DUMP,
  classOps: null,
}

/**
 * `mq`, of devices with several queues.
 *
 * DIFFERS: all packets of a device go through its first queue, so `mq` is one pfifo_fast of another name; no device of
 * netloom spreads them.
 */
export const MQ_OPS: QdiscOps = { ...PFIFO_FAST_OPS, id: 'mq', dump: () => ({}) }
