/**
 * One direction of a cable: a frame waits for the ones in front of it, takes its octets' time at the rate, then travels
 * for the delay; on the way it may be lost, doubled, changed or overtake.
 *
 * Arithmetic: a frame of N octets takes `(N + overhead) * 8 / rate` seconds, N being what tc counts: header and payload,
 * without preamble, check sequence and gap. Times are whole nanoseconds; what is left over when one frame's time is
 * rounded down is carried into the next as long as the cable stays busy, so that the end of the k-th of a train is the
 * exact sum rounded down. Arrival is the end of sending plus the delay.
 *
 * DIFFERS: Linux has no such thing. A frame that was changed on the way arrives, as with netem, and is not dropped for its
 * check sequence; checksums above find it.
 *
 * What is under way stands in a ring in the order of arrival, with one timer for the whole direction.
 */
import { devForwardSkb, ethTypeTrans, netifReceiveSkb } from '../core/dev-rx.js'
import { DROP } from '../core/drop.js'
import type { NetDevice } from '../core/netdev.js'
import {
  CHECKSUM_PARTIAL,
  kfreeSkb,
  type Skb,
  type SkbOwner,
  skbChecksumHelp,
  skbClone,
  skbCow,
  skbOrphan,
  skbScrub,
} from '../core/skb.js'
import { Crandom } from '../sched/crandom.js'
import { type Distribution, makeDistTable } from '../sched/dist-table.js'
import { type LossGemodel, type LossState, NetemLoss } from '../sched/netem-loss.js'
import { tabledist } from '../sched/tabledist.js'
import { TFifo } from '../sched/tfifo.js'
import type { SimEvent } from '../sim/queue.js'
import type { Rng } from '../sim/rng.js'
import { TimedRing, TimeRing } from '../sim/timed-ring.js'

/**
 * What a direction does to frames. Probabilities and correlations are numbers of 32 bits, 2^32 - 1 for 100 %, as in
 * netem; times are nanoseconds.
 */
export interface CableAttrs {
  readonly delay: number
  readonly jitter: number
  readonly delayCorr: number
  /** Distribution of the jitter; null for a uniform one. */
  readonly distribution: Distribution | null
  /** Bits a second; 0 for any number. */
  readonly rate: number
  /** Octets that are counted besides those of the frame. */
  readonly overhead: number
  /** Frames that may wait while another one is sent. */
  readonly queue: number
  readonly loss: number
  readonly lossCorr: number
  readonly lossState: LossState | null
  readonly lossGemodel: LossGemodel | null
  readonly duplicate: number
  readonly duplicateCorr: number
  readonly corrupt: number
  readonly corruptCorr: number
  /** Chance that a frame does not wait for the delay and so overtakes; from each `gap`th frame on. */
  readonly reorder: number
  readonly reorderCorr: number
  readonly gap: number
}

/** Frames that wait on a cable that was told nothing else. */
export const DEFAULT_QUEUE = 1000

/** A cable that does nothing to frames. */
export const PLAIN_CABLE: CableAttrs = Object.freeze({
  delay: 0,
  jitter: 0,
  delayCorr: 0,
  distribution: null,
  rate: 0,
  overhead: 0,
  queue: DEFAULT_QUEUE,
  loss: 0,
  lossCorr: 0,
  lossState: null,
  lossGemodel: null,
  duplicate: 0,
  duplicateCorr: 0,
  corrupt: 0,
  corruptCorr: 0,
  reorder: 0,
  reorderCorr: 0,
  gap: 0,
})

const BITS_PER_OCTET_NS = 8e9
const VLAN_HLEN = 4

/** The chances of a direction, made when it has some. */
class Faults {
  readonly rng: Rng
  readonly loss: NetemLoss
  readonly delay: Crandom
  readonly duplicate: Crandom
  readonly corrupt: Crandom
  readonly reorder: Crandom
  readonly table: Int16Array | null

  constructor(a: CableAttrs, rng: Rng) {
    this.rng = rng
    this.loss = new NetemLoss(a.loss, new Crandom(a.lossCorr, rng), a.lossState, a.lossGemodel)
    this.delay = new Crandom(a.delayCorr, rng)
    this.duplicate = new Crandom(a.duplicateCorr, rng)
    this.corrupt = new Crandom(a.corruptCorr, rng)
    this.reorder = new Crandom(a.reorderCorr, rng)
    this.table = a.distribution === null ? null : makeDistTable(a.distribution)
  }
}

const hasFaults = (a: CableAttrs): boolean =>
  a.jitter > 0 ||
  a.loss > 0 ||
  a.lossState !== null ||
  a.lossGemodel !== null ||
  a.duplicate > 0 ||
  a.corrupt > 0 ||
  a.gap > 0

/** One direction of a cable, towards `to`. */
export class Cable {
  attrs: CableAttrs = PLAIN_CABLE
  readonly #to: NetDevice
  readonly #rng: () => Rng
  #stream: Rng | null = null
  #faults: Faults | null = null
  /** Frames on their way, and the timer for the first of them. */
  readonly #inFlight = new TFifo()
  #timer: SimEvent | null = null
  /** Ends of sending that have not come, and the last of them; what its rounding left over, in bit-nanoseconds. */
  readonly #sending = new TimeRing()
  #busyUntil = 0
  #leftOver = 0
  /** Who sent the frames that are not yet on the cable whole, and what these count as. */
  readonly #owners = new TimedRing<SkbOwner>()
  readonly #ownersOctets = new TimeRing()
  #ownersTimer: SimEvent | null = null
  /** Frames since the last that overtook. */
  #counter = 0

  /** `rng` makes the stream that this direction draws from, once it needs one. */
  constructor(to: NetDevice, rng: () => Rng) {
    this.#to = to
    this.#rng = rng
  }

  /** Changes what the cable does from the next frame on; what is under way arrives as it was to. */
  set(attrs: CableAttrs): void {
    this.attrs = attrs
    this.#counter = 0
    if (!hasFaults(attrs)) this.#faults = null
    else this.#faults = new Faults(attrs, (this.#stream ??= this.#rng()))
  }

  /** Frames that wait or travel. */
  get length(): number {
    return this.#inFlight.length
  }

  /** Takes a frame that `dev` sends; false, with the frame dropped, when the queue is full. */
  send(skb: Skb, dev: NetDevice): boolean {
    const { now } = dev.netns.world.sim
    let end = now
    if (this.attrs.rate > 0) {
      if (this.#waiting(now) >= this.attrs.queue) {
        kfreeSkb(skb, DROP.FULL_RING)
        return false
      }
      end = this.#serialise(skb.tail - skb.data, now)
    }
    if (skb.ipSummed === CHECKSUM_PARTIAL) skbChecksumHelp(skb)
    if (skb.owner !== null) this.#complete(skb, end, now)
    if (this.#faults === null) this.#travel(skb, end + this.attrs.delay, now)
    else this.#risk(skb, end, now, this.#faults)
    return true
  }

  /** The sender hears when its frame has left the card, not when it arrives (the completion of a transmission). */
  #complete(skb: Skb, end: number, now: number): void {
    if (end <= now) {
      skbOrphan(skb)
      return
    }
    this.#owners.push(skb.owner!, end)
    this.#ownersOctets.push(skb.truesize)
    skb.owner = null
    if (this.#ownersTimer === null) this.#setOwnersTimer(end)
  }

  #setOwnersTimer(time: number): void {
    this.#ownersTimer = this.#to.netns.world.sim.scheduleAt(time, completions, this, 0, 'cable')
  }

  /** @internal tells the senders of the frames that have left the card */
  completed(now: number = this.#to.netns.world.sim.now): void {
    this.#ownersTimer = null
    const owners = this.#owners
    while (owners.length > 0 && owners.headTime() <= now) {
      const octets = this.#ownersOctets.headTime()
      this.#ownersOctets.shift()
      owners.shift()!.wfree(octets)
    }
    if (owners.length > 0 && this.#ownersTimer === null) this.#setOwnersTimer(owners.headTime())
  }

  /** Frames behind the one that is being sent. */
  #waiting(now: number): number {
    const ring = this.#sending
    while (ring.length > 0 && ring.headTime() <= now) ring.shift()
    return ring.length === 0 ? 0 : ring.length - 1
  }

  /** When the last bit of a frame is on the cable. */
  #serialise(octets: number, now: number): number {
    const { rate, overhead } = this.attrs
    if (this.#busyUntil <= now) {
      this.#busyUntil = now
      this.#leftOver = 0
    }
    const bits = (octets + overhead) * BITS_PER_OCTET_NS + this.#leftOver
    const ns = Math.floor(bits / rate)
    this.#leftOver = bits - ns * rate
    this.#busyUntil += ns
    this.#sending.push(this.#busyUntil)
    return this.#busyUntil
  }

  /** The chances of a frame, in netem's order: doubled, lost, changed, ahead of others. */
  #risk(skb: Skb, end: number, now: number, faults: Faults): void {
    const { attrs } = this
    const { rng } = faults
    const isDoubled = attrs.duplicate > 0 && attrs.duplicate >= faults.duplicate.next(rng)
    const isLost = faults.loss.event(rng)
    if (isLost && !isDoubled) {
      kfreeSkb(skb, DROP.LINK_LOSS)
      return
    }
    const copy = isDoubled && !isLost ? skbClone(skb) : null
    if (attrs.corrupt > 0 && attrs.corrupt >= faults.corrupt.next(rng)) flipBit(skb, rng)
    const time = this.#isAhead(faults) ? end : end + this.#delay(faults)
    this.#travel(skb, time, now)
    if (copy !== null) this.#travel(copy, time, now)
  }

  #isAhead(faults: Faults): boolean {
    const { gap, reorder } = this.attrs
    if (gap > 0 && this.#counter >= gap - 1 && reorder >= faults.reorder.next(faults.rng)) {
      this.#counter = 0
      return true
    }
    this.#counter++
    return false
  }

  #delay(faults: Faults): number {
    const { delay, jitter } = this.attrs
    if (jitter === 0) return delay
    return Math.max(0, tabledist(delay, jitter, faults.delay.next(faults.rng), faults.table))
  }

  /** Puts a frame on its way; one that is there at once goes through the backlog, as between the ends of a veth. */
  #travel(skb: Skb, time: number, now: number): void {
    if (time <= now && this.#inFlight.length === 0) {
      const { stats } = this.#to
      const octets = skb.tail - skb.data
      if (devForwardSkb(this.#to, skb) !== 0) return
      stats.rxPackets++
      stats.rxBytes += octets
      return
    }
    this.#inFlight.push(skb, time)
    if (this.#timer === null || time < this.#timer.time) this.#setTimer(time)
  }

  #setTimer(time: number): void {
    const { sim } = this.#to.netns.world
    if (this.#timer !== null) sim.cancel(this.#timer)
    this.#timer = sim.scheduleAt(time, arrivals, this, 0, 'cable')
  }

  /** @internal hands over what has arrived */
  arrive(): void {
    this.#timer = null
    const { sim } = this.#to.netns.world
    const flight = this.#inFlight
    while (flight.headTime() <= sim.now) receive(flight.shift()!, this.#to)
    if (flight.length > 0 && this.#timer === null) this.#setTimer(flight.headTime())
  }

  /** Drops what is under way: the cable is pulled. */
  cut(): void {
    if (this.#timer !== null) this.#to.netns.world.sim.cancel(this.#timer)
    this.#timer = null
    const flight = this.#inFlight
    for (let skb = flight.shift(); skb !== null; skb = flight.shift()) kfreeSkb(skb, DROP.DEVICE_GONE)
    while (this.#sending.length > 0) this.#sending.shift()
    if (this.#ownersTimer !== null) this.#to.netns.world.sim.cancel(this.#ownersTimer)
    this.completed(Number.POSITIVE_INFINITY)
    this.#busyUntil = 0
  }
}

const arrivals = (cable: Cable): void => cable.arrive()

const completions = (cable: Cable): void => cable.completed()

const flipBit = (skb: Skb, rng: Rng): void => {
  skbCow(skb)
  skb.buf[skb.data + rng.below(skb.tail - skb.data)]! ^= 1 << rng.below(8)
}

/** A frame reaches its card, which hands it to the protocols at once, as a poll of the card does (NAPI). */
const receive = (skb: Skb, dev: NetDevice): void => {
  const octets = skb.tail - skb.data
  if (!dev.running || octets > dev.mtu + dev.hardHeaderLen + VLAN_HLEN) {
    dev.stats.rxDropped++
    kfreeSkb(skb, dev.running ? DROP.PKT_TOO_BIG : DROP.DEV_READY)
    return
  }
  skbScrub(skb, dev.netns)
  ethTypeTrans(skb, dev)
  dev.stats.rxPackets++
  dev.stats.rxBytes += octets
  netifReceiveSkb(skb)
}
