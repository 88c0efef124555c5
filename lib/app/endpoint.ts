/**
 * How programs and users name what they talk to and through.
 */
import type { NetDevice } from '../core/netdev.js'
import type { Netns } from '../core/netns.js'

/** An address with a port. */
export interface Endpoint {
  readonly address: string
  readonly port: number
}

/** A device by name in a namespace, or as an object that stands for one. */
export type DeviceRef = string | { readonly kernel: NetDevice }

/** The device behind a reference. Throws ENODEV `Cannot find device "NAME"`. */
export const deviceOf = (netns: Netns, ref: DeviceRef): NetDevice =>
  typeof ref === 'string' ? netns.dev(ref) : ref.kernel
