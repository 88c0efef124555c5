/**
 * VLAN devices and what happens to the devices they stand on: state, address, MTU and features are passed on.
 *
 * Not recorded: the reference kernel is built without 802.1Q devices. This follows the kernel's source.
 *
 * @see net/8021q/vlan.c
 */
import {
  devChangeFlags,
  devClose,
  devSetMtu,
  devUcAdd,
  devUcDel,
  netifCarrierOff,
  netifCarrierOn,
  registerNetdevice,
  unregisterNetdevice,
} from '../../core/dev.js'
import { netdevUpperDevLink, netdevUpperDevUnlink } from '../../core/dev-adjacency.js'
import { IFF_UP, NETIF_F_VLAN_CHALLENGED, type NetDevice } from '../../core/netdev.js'
import {
  NETDEV_CHANGE,
  NETDEV_CHANGEADDR,
  NETDEV_CHANGEMTU,
  NETDEV_DOWN,
  NETDEV_FEAT_CHANGE,
  NETDEV_NOTIFY_PEERS,
  NETDEV_UNREGISTER,
  NETDEV_UP,
} from '../../core/notifier.js'
import {
  VLAN_FLAG_BRIDGE_BINDING,
  VLAN_FLAG_LOOSE_BINDING,
  vlanFindDev,
  vlanInfoAdd,
  vlanInfoDel,
} from '../../core/vlan-core.js'
import { vlanDevInheritAddress, vlanDevPriv, vlanError, vlanTransferFeatures } from './vlan-dev.js'

/** Refuses a real device that carries no VLANs, and a VLAN that there is already (vlan_check_real_dev). */
export const vlanCheckRealDev = (realDev: NetDevice, proto: number, id: number): void => {
  if (realDev.features & NETIF_F_VLAN_CHALLENGED)
    throw vlanError('EOPNOTSUPP', 'VLANs not supported on device', realDev.name)
  if (vlanFindDev(realDev, proto, id) !== null) throw vlanError('EEXIST', 'VLAN device already exists', realDev.name)
}

/** The carrier of the real device is that of its VLANs (vlan_stacked_transfer_operstate). */
const transferOperstate = (realDev: NetDevice, dev: NetDevice): void => {
  if (vlanDevPriv(dev).flags & VLAN_FLAG_BRIDGE_BINDING) return
  if (realDev.carrier) netifCarrierOn(dev)
  else netifCarrierOff(dev)
}

/** Registers a VLAN device that is complete (register_vlan_dev). */
export const registerVlanDev = (dev: NetDevice, ifindex: number): void => {
  const { realDev } = vlanDevPriv(dev)
  registerNetdevice(dev, ifindex)
  try {
    netdevUpperDevLink(realDev, dev)
  } catch (e) {
    unregisterNetdevice(dev)
    throw e
  }
  transferOperstate(realDev, dev)
  dev.netns.world.linkWatch.fire(dev)
  vlanInfoAdd(dev)
}

/** Takes a VLAN device out of the world (unregister_vlan_dev). */
export const unregisterVlanDev = (dev: NetDevice): void => {
  if (!dev.registered) return
  vlanInfoDel(dev)
  netdevUpperDevUnlink(vlanDevPriv(dev).realDev, dev)
  unregisterNetdevice(dev)
}

/** The real device has another address: a VLAN keeps its own, but what the filters below let through changes (vlan_sync_address). */
const syncAddress = (realDev: NetDevice, dev: NetDevice): void => {
  const vlan = vlanDevPriv(dev)
  const old = vlan.realDevAddr
  if (old === realDev.addr) return
  if (!vlanDevInheritAddress(dev)) {
    if (dev.addr !== old && dev.addr === realDev.addr) devUcDel(realDev, dev.addr)
    if (dev.addr === old && dev.addr !== realDev.addr) devUcAdd(realDev, dev.addr)
  }
  vlan.realDevAddr = realDev.addr
}

const isLoose = (dev: NetDevice): boolean => (vlanDevPriv(dev).flags & VLAN_FLAG_LOOSE_BINDING) !== 0

const realDevDown = (realDev: NetDevice, vlans: readonly NetDevice[]): void => {
  const up = vlans.filter(dev => dev.flags & IFF_UP)
  for (const dev of up) if (!isLoose(dev)) devClose(dev)
  for (const dev of up) if (!isLoose(dev)) transferOperstate(realDev, dev)
}

const realDevUp = (realDev: NetDevice, vlans: readonly NetDevice[]): void => {
  for (const dev of vlans) {
    if (dev.flags & IFF_UP) continue
    if (!isLoose(dev)) devChangeFlags(dev, IFF_UP, 0)
    transferOperstate(realDev, dev)
  }
}

/** What VLANs hear of the device they stand on (vlan_device_event). */
export const vlanDeviceEvent = (event: number, realDev: NetDevice): void => {
  if (realDev.vlanInfo === null) return
  const vlans = realDev.vlanInfo.list()
  switch (event) {
    case NETDEV_CHANGE:
      for (const dev of vlans) transferOperstate(realDev, dev)
      break
    case NETDEV_CHANGEADDR:
      for (const dev of vlans) if (dev.flags & IFF_UP) syncAddress(realDev, dev)
      break
    case NETDEV_CHANGEMTU:
      for (const dev of vlans) if (dev.mtu > realDev.mtu) devSetMtu(dev, realDev.mtu)
      break
    case NETDEV_FEAT_CHANGE:
      for (const dev of vlans) vlanTransferFeatures(dev)
      break
    case NETDEV_DOWN:
      realDevDown(realDev, vlans)
      break
    case NETDEV_UP:
      realDevUp(realDev, vlans)
      break
    case NETDEV_UNREGISTER:
      if (realDev.unregistering) for (const dev of vlans) unregisterVlanDev(dev)
      break
    case NETDEV_NOTIFY_PEERS:
      for (const dev of vlans) dev.netns.world.notifiers.call(event, dev)
      break
  }
}
