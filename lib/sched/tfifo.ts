/**
 * Packets by the time at which they may leave, netem's queue: those that come in order stand in a ring, the few that are
 * to leave before one that came earlier in a sorted list.
 *
 * @see net/sched/sch_netem.c tfifo_enqueue, netem_peek
 */
import type { Skb } from '../core/skb.js'
import { TimedRing } from '../sim/timed-ring.js'

/** Queue ordered by time; among equal times those in order go first, then the order of arrival decides. */
export class TFifo {
  readonly #inOrder = new TimedRing<Skb>()
  readonly #early: Skb[] = []
  readonly #earlyTimes: number[] = []

  get length(): number {
    return this.#inOrder.length + this.#early.length
  }

  /** Time of the next packet; infinite when there is none. */
  headTime(): number {
    const inOrder = this.#inOrder.length === 0 ? Number.POSITIVE_INFINITY : this.#inOrder.headTime()
    return this.#early.length === 0 ? inOrder : Math.min(this.#earlyTimes[0]!, inOrder)
  }

  /** Time of the packet that leaves last; -1 when there is none. */
  lastTime(): number {
    const early = this.#early.length === 0 ? -1 : this.#earlyTimes[this.#early.length - 1]!
    return Math.max(early, this.#inOrder.tailTime())
  }

  /** Adds a packet that may leave at `time`. */
  push(skb: Skb, time: number): void {
    if (this.#inOrder.length === 0 || time >= this.#inOrder.tailTime()) {
      this.#inOrder.push(skb, time)
      return
    }
    let low = 0
    for (let high = this.#early.length; low < high; ) {
      const middle = (low + high) >> 1
      if (this.#earlyTimes[middle]! <= time) low = middle + 1
      else high = middle
    }
    this.#early.splice(low, 0, skb)
    this.#earlyTimes.splice(low, 0, time)
  }

  /** Removes and returns the next packet, or null. */
  shift(): Skb | null {
    const isEarly =
      this.#early.length > 0 && (this.#inOrder.length === 0 || this.#earlyTimes[0]! < this.#inOrder.headTime())
    if (!isEarly) return this.#inOrder.shift()
    this.#earlyTimes.shift()
    return this.#early.shift()!
  }
}
