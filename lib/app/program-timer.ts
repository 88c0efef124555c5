/**
 * A program's sleep: an exact timer whose end is handled in process context, as poll and setitimer of a real program are.
 *
 * @see kernel/time/hrtimer.c, sim/simulator.ts for the two contexts
 */
import type { World } from '../core/world.js'
import type { SimEvent } from '../sim/queue.js'

/** One timer of a program; setting it again replaces what was set. */
export class ProgramTimer<A> {
  readonly #world: World
  readonly #fn: (owner: A) => void
  readonly #owner: A
  readonly #label: string
  #event: SimEvent | null = null
  /** Counts settings, so that an expiry that waits as a task is forgotten when the timer is set or stopped meanwhile. */
  #generation = 0
  #firing = -1

  /** `fn(owner)` runs as a task; `label` names the timer in messages about what is pending. */
  constructor(world: World, fn: (owner: A) => void, owner: A, label: string) {
    this.#world = world
    this.#fn = fn
    this.#owner = owner
    this.#label = label
  }

  /** Sets it `delayNs` from now. An idle timer is housekeeping: it keeps no world from being quiet. */
  set(delayNs: number, options: { readonly idle?: boolean } = {}): void {
    this.stop()
    this.#event = this.#world.sim.schedule(delayNs, expire<A>, this, 0, this.#label)
    if (options.idle === true) this.#world.sim.idle(this.#event)
  }

  /** Stops it; nothing happens when it is not set. */
  stop(): void {
    this.#generation++
    if (this.#event !== null) this.#world.sim.cancel(this.#event)
    this.#event = null
  }

  /** @internal the timer interrupt: wakes the program */
  wake(): void {
    this.#event = null
    this.#firing = this.#generation
    this.#world.sim.task(run<A>, this, this.#label)
  }

  /** @internal the program runs again */
  run(): void {
    if (this.#firing !== this.#generation) return
    this.#generation++
    this.#fn(this.#owner)
  }
}

const expire = <A>(timer: ProgramTimer<A>): void => timer.wake()
const run = <A>(timer: ProgramTimer<A>): void => timer.run()
