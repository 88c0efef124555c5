/**
 * Time as the bridge counts it: jiffies of 4 ms inside, hundredths of a second (clock ticks) in its attributes.
 *
 * @see include/linux/jiffies.h, net/bridge/br_stp_timer.c br_timer_value
 */
import type { World } from '../../core/world.js'
import type { EventFn } from '../../sim/queue.js'
import { HZ, NSEC_PER_JIFFY, Timer, wheelExpiry } from '../../sim/timer.js'

/** Clock ticks a second, the unit of the bridge's attributes (USER_HZ). */
const USER_HZ = 100

/** Virtual time in jiffies. */
export const jiffies = (nowNs: number): number => Math.floor(nowNs / NSEC_PER_JIFFY)

/** Clock ticks as jiffies, rounded down (clock_t_to_jiffies). */
export const clockToJiffies = (ticks: number): number => Math.floor((ticks * HZ) / USER_HZ)

/** Jiffies as clock ticks, rounded down (jiffies_to_clock_t); 0 for the past. */
export const jiffiesToClock = (j: number): number => (j > 0 ? Math.floor((j * USER_HZ) / HZ) : 0)

/** A timer as far as shortening it needs to know it. */
export interface Deadline {
  readonly pending: boolean
  /** Jiffies. */
  readonly expires: number
  modTo(expires: number): void
}

/** A timer of the kernel's wheel that knows when it was meant to run (struct timer_list). */
export class BrTimer<A> implements Deadline {
  /** Jiffies that it was set to; it runs a little later, see sim/timer.ts. */
  expires = 0
  readonly #world: World
  readonly #timer: Timer<A, object>

  constructor(world: World, fn: EventFn<A>, owner: A, label: string) {
    this.#world = world
    this.#timer = new Timer<A, object>(world.sim, fn, owner, label)
  }

  get pending(): boolean {
    return this.#timer.pending
  }

  /** Sets it `delay` jiffies from now (mod_timer). */
  mod(delay: number): void {
    this.expires = jiffies(this.#world.now) + delay
    this.#timer.mod(Math.max(0, delay) * NSEC_PER_JIFFY)
  }

  /** Sets it to `expires` jiffies. */
  modTo(expires: number): void {
    this.mod(expires - jiffies(this.#world.now))
  }

  del(): void {
    this.#timer.del()
  }

  /** Clock ticks until it runs, 0 when it is not set (br_timer_value). */
  get value(): number {
    return this.pending ? jiffiesToClock(this.expires - jiffies(this.#world.now)) : 0
  }
}

/** A timer whose only effect is that it is no longer pending; it needs no event, so it keeps no run from being quiet. */
export class LapseTimer {
  expires = 0
  #firesAt = -1
  readonly #world: World

  constructor(world: World) {
    this.#world = world
  }

  get pending(): boolean {
    return this.#firesAt > this.#world.now
  }

  /** Virtual time when it lapses, or -1. */
  get firesAt(): number {
    return this.pending ? this.#firesAt : -1
  }

  mod(delay: number): void {
    const { now } = this.#world
    this.expires = jiffies(now) + delay
    this.#firesAt = wheelExpiry(now, delay * NSEC_PER_JIFFY)
  }

  del(): void {
    this.#firesAt = -1
  }

  get value(): number {
    return this.pending ? jiffiesToClock(this.expires - jiffies(this.#world.now)) : 0
  }
}
