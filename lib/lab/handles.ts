/**
 * The objects that users hold for namespaces and devices: one for each kernel object, the same one every time.
 */
import type { NetDevice } from '../core/netdev.js'
import type { Netns as KernelNetns } from '../core/netns.js'
import { Dev } from './dev.js'
import { Netns } from './netns.js'

/** A device by name in a namespace, or as an object. */
export type DevRef = string | Dev

/** A namespace by name, or as an object. */
export type NetnsRef = string | Netns

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

/** The kernel's device behind a reference. Throws ENODEV `Cannot find device "NAME"`. */
export const devOf = (netns: KernelNetns, ref: DevRef): NetDevice =>
  typeof ref === 'string' ? netns.dev(ref) : ref.kernel

/** The kernel's namespace behind a reference. Throws ENOENT. */
export const netnsOf = (netns: KernelNetns, ref: NetnsRef): KernelNetns =>
  typeof ref === 'string' ? netns.world.netns(ref) : ref.kernel
