/**
 * What users write to make and change devices: iproute2's words in camelCase, addresses as text, devices by name.
 */
import type { BridgeAttrs, BridgePortAttrs } from '../dev/bridge/br-netlink.js'
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
  /** The bridge that it becomes a port of. */
  readonly master?: DevRef
  /** Set it up at once. */
  readonly up?: boolean
}

/** The far end of a veth. */
export interface NewVethPeer {
  readonly name?: string
  /** The namespace of the first end when absent. */
  readonly netns?: NetnsRef
  readonly address?: string
  readonly mtu?: number
  readonly txQueueLen?: number
  readonly ifindex?: number
  readonly numTxQueues?: number
  readonly numRxQueues?: number
}

/** A veth pair: `ip link add NAME type veth peer name ...`. */
export interface NewVeth extends NewLink {
  readonly kind: 'veth'
  readonly peer?: NewVethPeer
}

/** On or off, as iproute2's 1 and 0 or as a boolean. */
export type OnOff = boolean | number

/** Attributes of a bridge that are a switch. */
export type BridgeSwitch =
  | 'stpState'
  | 'vlanFiltering'
  | 'vlanStatsEnabled'
  | 'vlanStatsPerPort'
  | 'mcastSnooping'
  | 'mcastVlanSnooping'
  | 'mcastQueryUseIfaddr'
  | 'mcastQuerier'
  | 'mcastStatsEnabled'
  | 'nfCallIptables'
  | 'nfCallIp6tables'
  | 'nfCallArptables'
  | 'noLinklocalLearn'

/**
 * Attributes of a bridge, with iproute2's units: times in hundredths of a second.
 *
 * @see ip-link(8), bridge type
 */
export type BridgeOptions = Partial<
  Omit<BridgeAttrs, 'groupAddress' | BridgeSwitch> & { readonly groupAddress: string } & {
    readonly [K in BridgeSwitch]: OnOff
  }
>

/** A bridge: `ip link add NAME type bridge ...`. */
export interface NewBridge extends NewLink, BridgeOptions {
  readonly kind: 'bridge'
}

/** A device of a kind that was added to the World; the attributes go to the kind as they are. */
export interface NewOtherLink extends NewLink {
  readonly kind: string
  readonly attrs: object
}

/** A device to make. */
export type LinkAdd = NewVeth | NewBridge | NewOtherLink

/** Attributes of a port of a bridge (`bridge link set`, `ip link set type bridge_slave`). */
export type BridgePortOptions = Partial<Omit<BridgePortAttrs, 'backupPort'> & { readonly backupPort: DevRef | null }>

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
}

/** Changes of a bridge: `ip link set DEV type bridge ...`. */
export interface BridgeChange extends LinkChange, BridgeOptions {
  readonly kind: 'bridge'
}

/** Changes of a bridge's port: `ip link set DEV type bridge_slave ...`. */
export interface BridgePortChange extends LinkChange, BridgePortOptions {
  readonly kind: 'bridge_slave'
}

/** Changes of a device of a kind that was added to the World. */
export interface OtherLinkChange extends LinkChange {
  readonly kind: string
  readonly attrs: object
}

/** What to change about a device. */
export type LinkSet = LinkChange | BridgeChange | BridgePortChange | OtherLinkChange
