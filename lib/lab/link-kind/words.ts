/**
 * How the options that users write become the attributes of a kind: one file of this folder a kind, one line in the table
 * of link-kinds.ts.
 */
import type { Netns as KernelNetns } from '../../core/netns.js'

/** The options of a kind, without those of every device. */
export interface LinkKindOptions {
  readonly kind: string
  /** Attributes of a new device, as the kind takes them. Throws EINVAL for what it does not know. */
  readonly toNew: (netns: KernelNetns, options: object) => object
  /** Attributes to change; null where none can be changed. */
  readonly toChange: ((netns: KernelNetns, options: object) => object) | null
  /** True for the attributes of a port, which its master takes (`bridge_slave`). */
  readonly isPort: boolean
}
