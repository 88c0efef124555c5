/**
 * Options that devices of every kind take: iproute2's words in camelCase, addresses as text, devices by name.
 */
import type { DevRef, NetnsRef } from './refs.js'

/** Options of every new device. */
export interface NewLink {
  /** The kind and the first free number when absent. */
  readonly name?: string
  /** MAC; drawn at random when absent. */
  readonly address?: string
  readonly broadcast?: string
  readonly mtu?: number
  readonly txQueueLen?: number
  readonly ifindex?: number
  readonly group?: number
  readonly numTxQueues?: number
  readonly numRxQueues?: number
  /** The device that it is stacked on, where the kind is stacked on one. */
  readonly link?: DevRef
  /** The bridge that it becomes a port of. */
  readonly master?: DevRef
  /** Set it up at once. */
  readonly up?: boolean
}

/** On or off, as iproute2's 1 and 0 or as a boolean. */
export type OnOff = boolean | number

/** What can be changed about every device; what is absent stays. */
export interface LinkChange {
  readonly up?: boolean
  readonly name?: string
  readonly mtu?: number
  readonly address?: string
  readonly broadcast?: string
  /** Null takes the device out of its bridge (`nomaster`). */
  readonly master?: DevRef | null
  readonly netns?: NetnsRef
  readonly alias?: string
  readonly txQueueLen?: number
  readonly group?: number
  readonly promisc?: boolean
  readonly arp?: boolean
  readonly multicast?: boolean
  readonly allmulticast?: boolean
  /** Where the kind lets its carrier be set. */
  readonly carrier?: boolean
  /** Hold the carrier down, where the kind lets that be done. */
  readonly protodown?: boolean
}
