/**
 * What users write to make and change devices: the options of every device, and those of each kind (link-kind/).
 */
import type { LinkChange, NewLink } from './link-base.js'
import type { BridgeChange, BridgePortChange, NewBridge } from './link-kind/bridge.js'
import type { NewDummy } from './link-kind/dummy.js'
import type { IpvlanChange, NewIpvlan } from './link-kind/ipvlan.js'
import type { MacvlanChange, NewMacvlan } from './link-kind/macvlan.js'
import type { NewPhysicalLink, PhysicalLinkChange } from './link-kind/link.js'
import type { NewVeth } from './link-kind/veth.js'
import type { NewVlan, VlanChange } from './link-kind/vlan.js'
import type { NewVxlan, VxlanChange } from './link-kind/vxlan.js'

export type * from './link-base.js'
export type {
  BridgeChange,
  BridgeOptions,
  BridgePortChange,
  BridgePortOptions,
  BridgeSwitch,
  NewBridge,
} from './link-kind/bridge.js'
export type { NewDummy } from './link-kind/dummy.js'
export type { IpvlanFlag, IpvlanMode } from '../dev/ipvlan/ipvlan.js'
export type { MacvlanMode } from '../dev/macvlan/macvlan-netlink.js'
export type { IpvlanChange, IpvlanOptions, NewIpvlan } from './link-kind/ipvlan.js'
export type { MacvlanChange, MacvlanMacaddrChange, MacvlanOptions, NewMacvlan } from './link-kind/macvlan.js'
export type {
  CableOptions,
  LinkOptions,
  NewLinkPeer,
  NewPhysicalLink,
  PhysicalLinkChange,
} from './link-kind/link.js'
export type { NewPeer } from './link-kind/peer.js'
export type { NewVeth, NewVethPeer } from './link-kind/veth.js'
export type { NewVlan, VlanChange, VlanOptions, VlanProtocol, VlanQosMapping } from './link-kind/vlan.js'
export type { NewVxlan, VxlanChange, VxlanDf, VxlanOptions } from './link-kind/vxlan.js'

/** A device of a kind that was added to the World; the attributes go to the kind as they are. */
export interface NewOtherLink extends NewLink {
  readonly kind: string
  readonly attrs: object
}

/** A device to make. */
export type LinkAdd =
  | NewVeth
  | NewBridge
  | NewVlan
  | NewVxlan
  | NewDummy
  | NewMacvlan
  | NewIpvlan
  | NewPhysicalLink
  | NewOtherLink

/** Changes of a device of a kind that was added to the World. */
export interface OtherLinkChange extends LinkChange {
  readonly kind: string
  readonly attrs: object
}

/** What to change about a device. */
export type LinkSet =
  | LinkChange
  | BridgeChange
  | BridgePortChange
  | VlanChange
  | VxlanChange
  | MacvlanChange
  | IpvlanChange
  | PhysicalLinkChange
  | OtherLinkChange
