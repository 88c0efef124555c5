/**
 * THE TABLE of link kinds: what `ip link add type KIND` can make. A new kind is one file and one line here.
 */
import type { LinkKind } from '../core/registry.js'
import type { World } from '../core/world.js'
import { BRIDGE_KIND } from './bridge/br.js'
import { DUMMY_KIND } from './dummy.js'
import { registerIpv6AllNodes } from './ipv6-all-nodes.js'
import { IPVLAN_KIND } from './ipvlan/ipvlan.js'
import { LINK_KIND } from './link.js'
import { LOOPBACK_NET_OPS } from './loopback.js'
import { MACVLAN_KIND } from './macvlan/macvlan.js'
import { TUN_KIND } from './tun.js'
import { VETH_KIND } from './veth.js'
import { VLAN_KIND } from './vlan/vlan-netlink.js'
import { VXLAN_KIND } from './vxlan/vxlan.js'

/** Kinds that netloom brings, in the order in which the kernel would set them up. */
export const LINK_KINDS: readonly LinkKind[] = [
  VETH_KIND,
  BRIDGE_KIND,
  VLAN_KIND,
  VXLAN_KIND,
  DUMMY_KIND,
  MACVLAN_KIND,
  IPVLAN_KIND,
  LINK_KIND,
  TUN_KIND,
]

/**
 * Gives a World its devices: `lo` in every namespace from now on, and the kinds. Call it after the layers that hear of
 * devices (IPv4) are set up, so that they hear of them first and are there when the devices of a namespace go.
 */
export const registerDevices = (world: World, kinds: readonly LinkKind[] = LINK_KINDS): void => {
  registerIpv6AllNodes(world)
  for (const kind of kinds) {
    world.linkKinds.add(kind.kind, kind)
    kind.init?.(world)
  }
  world.registerPernet(LOOPBACK_NET_OPS)
}
