/**
 * The objects that users hold for namespaces and devices: one for each kernel object, the same one every time.
 */
import type { NetDevice } from '../core/netdev.js'
import type { Netns as KernelNetns } from '../core/netns.js'
import { Dev } from './dev.js'
import { Netns } from './netns.js'

/** @internal one for each World */
export class Handles {
  readonly #netns = new WeakMap<KernelNetns, Netns>()
  readonly #devs = new WeakMap<NetDevice, Dev>()

  /** The handle of a namespace. */
  netns(kernel: KernelNetns): Netns {
    let handle = this.#netns.get(kernel)
    if (handle === undefined) {
      handle = new Netns(this, kernel)
      this.#netns.set(kernel, handle)
    }
    return handle
  }

  /** The handle of a device. */
  dev(kernel: NetDevice): Dev {
    let handle = this.#devs.get(kernel)
    if (handle === undefined) {
      handle = new Dev(this, kernel)
      this.#devs.set(kernel, handle)
    }
    return handle
  }
}
