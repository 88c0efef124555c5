/**
 * A timer of user code.
 */
import { ProgramTimer } from '../app/program-timer.js'
import type { World as Kernel } from '../core/world.js'
import { NetloomError } from '../errors.js'

/** A call that is due later; make one with `world.after`. */
export class Timer {
  readonly #timer: ProgramTimer<Timer>
  readonly #fn: () => void
  #isPending = true

  /** @internal use `world.after` */
  constructor(kernel: Kernel, delayNs: number, fn: () => void) {
    if (!(delayNs >= 0)) throw new NetloomError('EINVAL', `after: ${delayNs} is not a duration in nanoseconds`)
    this.#fn = fn
    this.#timer = new ProgramTimer<Timer>(kernel, fire, this, 'timer of user code')
    this.#timer.set(delayNs)
  }

  /** True until it has fired or was cancelled. */
  get isPending(): boolean {
    return this.#isPending
  }

  /** Takes the call back; nothing happens when it is over. */
  cancel(): void {
    this.#isPending = false
    this.#timer.stop()
  }

  /** @internal */
  fire(): void {
    this.#isPending = false
    this.#fn()
  }
}

const fire = (timer: Timer): void => timer.fire()
