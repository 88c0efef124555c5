/**
 * VLAN devices on a bridge with bridge_binding: they have a carrier while a port that is a member of their VLAN is up.
 *
 * Not recorded: the reference kernel is built without VLAN filtering. This follows the kernel's source.
 *
 * @see net/bridge/br_vlan.c br_vlan_set_vlan_dev_state, br_vlan_bridge_event, br_vlan_port_event
 */
import { netifCarrierOff, netifCarrierOn } from '../../core/dev.js'
import { IF_OPER_UNKNOWN, IF_OPER_UP, IFF_UP, type NetDevice } from '../../core/netdev.js'
import { VLAN_FLAG_BRIDGE_BINDING, VlanDev } from '../../core/vlan-core.js'
import type { Bridge, BridgePort } from './br-private.js'
import { brVlanInit } from './br-vlan.js'
import { brVlanFind } from './br-vlan-group.js'

const isBound = (dev: NetDevice): boolean =>
  dev.priv instanceof VlanDev && (dev.priv.flags & VLAN_FLAG_BRIDGE_BINDING) !== 0

const isUp = ({ dev }: BridgePort): boolean =>
  (dev.flags & IFF_UP) !== 0 && (dev.operstate === IF_OPER_UP || dev.operstate === IF_OPER_UNKNOWN)

const setState = (br: Bridge, dev: NetDevice): void => {
  const { id } = dev.priv as VlanDev
  const hasCarrier = br.dev.carrier && br.ports.some(p => brVlanFind(p.vlgrp, id) !== null && isUp(p))
  if (hasCarrier) netifCarrierOn(dev)
  else netifCarrierOff(dev)
}

/** Brings the carrier of such devices up to date after a change of the bridge, its ports, their VLANs or the devices. */
export const brVlanBindingUpdate = (br: Bridge): void => {
  for (const dev of br.dev.upper) {
    if (!isBound(dev)) continue
    brVlanInit(br)
    setState(br, dev)
  }
}
