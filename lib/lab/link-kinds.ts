/**
 * THE TABLE of the kinds whose options users write flat; any other kind of a World takes its attributes under `attrs`.
 */
import { BRIDGE_OPTIONS, BRIDGE_SLAVE_OPTIONS } from './link-kind/bridge.js'
import { DUMMY_OPTIONS } from './link-kind/dummy.js'
import { IPVLAN_OPTIONS } from './link-kind/ipvlan.js'
import { MACVLAN_OPTIONS } from './link-kind/macvlan.js'
import { LINK_OPTIONS } from './link-kind/link.js'
import { VETH_OPTIONS } from './link-kind/veth.js'
import { VLAN_OPTIONS } from './link-kind/vlan.js'
import type { LinkKindOptions } from './link-kind/words.js'
import { VXLAN_OPTIONS } from './link-kind/vxlan.js'

const KINDS: readonly LinkKindOptions[] = [
  VETH_OPTIONS,
  BRIDGE_OPTIONS,
  BRIDGE_SLAVE_OPTIONS,
  VLAN_OPTIONS,
  VXLAN_OPTIONS,
  DUMMY_OPTIONS,
  MACVLAN_OPTIONS,
  IPVLAN_OPTIONS,
  LINK_OPTIONS,
]

/** The options of a kind, or null. */
export const linkKindOptions = (kind: string): LinkKindOptions | null => KINDS.find(k => k.kind === kind) ?? null
