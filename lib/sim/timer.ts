/**
 * Restartable timers, and the rounding of the kernel's timer wheel.
 *
 * The kernel counts time in jiffies of 4 ms (HZ=250) and keeps far timers in coarse buckets: a timer of one second fires
 * up to 32 ms late, one of five seconds up to 260 ms. ARP retries at 1.02 and 2.04 s and probes after 5.0 to 5.2 s
 * come from it. Programs sleep on high-resolution timers, which are exact.
 *
 * @see kernel/time/timer.c calc_wheel_index
 */
import type { EventFn, SimEvent } from './queue.js'
import type { Simulator } from './simulator.js'

/** Ticks a second of the reference kernel. */
export const HZ = 250
/** Nanoseconds of one jiffy. */
export const NSEC_PER_JIFFY = 4_000_000

const LVL_CLK_SHIFT = 3
const LVL_DEPTH = 9
/** First delta, in jiffies, that belongs to level n: (64 - 1) << ((n - 1) * 3). */
const lvlStart = (n: number): number => 63 * 2 ** ((n - 1) * LVL_CLK_SHIFT)

/** Virtual time at which the kernel's timer wheel runs a timer that was set `delayNs` from `now`. */
export const wheelExpiry = (now: number, delayNs: number): number => {
  const clk = Math.floor(now / NSEC_PER_JIFFY)
  const expires = clk + Math.max(0, Math.ceil(delayNs / NSEC_PER_JIFFY))
  const delta = expires - clk
  let level = 0
  while (level < LVL_DEPTH - 1 && delta >= lvlStart(level + 1)) level++
  const gran = 2 ** (level * LVL_CLK_SHIFT)
  return (Math.floor(expires / gran) + 1) * gran * NSEC_PER_JIFFY
}

/** A timer that can be set again and again (struct timer_list). The function gets the owner. */
export class Timer<A, T extends object> {
  readonly #sim: Simulator<T>
  readonly #fn: EventFn<A>
  readonly #owner: A
  readonly #label: string
  #event: SimEvent | null = null

  constructor(sim: Simulator<T>, fn: EventFn<A>, owner: A, label: string) {
    this.#sim = sim
    this.#fn = fn
    this.#owner = owner
    this.#label = label
  }

  /** True while it is set and has not run. */
  get pending(): boolean {
    return this.#event?.pending ?? false
  }

  /** Virtual time at which it will run, or -1. */
  get expires(): number {
    return this.pending ? this.#event!.time : -1
  }

  /** Sets it `delayNs` from now on the kernel's timer wheel (mod_timer); true when it was pending. */
  mod(delayNs: number): boolean {
    return this.modExact(wheelExpiry(this.#sim.now, delayNs) - this.#sim.now)
  }

  /** Sets it exactly `delayNs` from now (an hrtimer); true when it was pending. */
  modExact(delayNs: number): boolean {
    const was = this.del()
    this.#event = this.#sim.schedule(delayNs, this.#fn, this.#owner, 0, this.#label)
    return was
  }

  /** Stops it (del_timer); true when it was pending. */
  del(): boolean {
    const e = this.#event
    this.#event = null
    return e !== null && this.#sim.cancel(e)
  }
}
