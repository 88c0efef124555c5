/**
 * Devices and namespaces as users refer to them: by name, or by object.
 */
import type { NetDevice } from '../core/netdev.js'
import type { Netns as KernelNetns } from '../core/netns.js'
import { deviceOf } from '../app/endpoint.js'
import type { Dev } from './dev.js'
import type { Netns } from './netns.js'

/** A device by name in a namespace, or as an object. */
export type DevRef = string | Dev

/** A namespace by name, or as an object. */
export type NetnsRef = string | Netns

/** The kernel's device behind a reference. Throws ENODEV `Cannot find device "NAME"`. */
export const devOf = (netns: KernelNetns, ref: DevRef): NetDevice => deviceOf(netns, ref)

/** The kernel's namespace behind a reference. Throws ENOENT. */
export const netnsOf = (netns: KernelNetns, ref: NetnsRef): KernelNetns =>
  typeof ref === 'string' ? netns.world.netns(ref) : ref.kernel
