/**
 * The kind `bridge`: its device's functions, and what it hears about the devices that are its ports.
 *
 * @see net/bridge/br.c br_device_event, net/bridge/br_device.c, net/bridge/br_netlink.c br_dev_newlink
 */
import { GSO_ENCAP, GSO_SOFTWARE, type KindFeatures, SCATTER, SOFT_OFF } from '../../core/netdev-features.js'
import { netifCarrierOn, registerNetdevice, unregisterNetdevice } from '../../core/dev.js'
import {
  type DeviceOps,
  deviceOps,
  NETIF_F_HW_VLAN_CTAG_TX,
  NETIF_F_HW_VLAN_STAG_TX,
  type NetDevice,
} from '../../core/netdev.js'
import {
  NETDEV_CHANGE,
  NETDEV_CHANGEADDR,
  NETDEV_CHANGEMTU,
  NETDEV_CHANGEUPPER,
  NETDEV_DOWN,
  NETDEV_UP,
} from '../../core/notifier.js'
import type { LinkKind, NewLinkBase } from '../../core/registry.js'
import { VLAN_FLAG_BRIDGE_BINDING, VlanDev } from '../../core/vlan-core.js'
import { NetloomError } from '../../errors.js'
import { brFdbChangeaddr, fdbAddLocal } from './br-fdb.js'
import { brFdbCatchUp } from './br-fdb-gc.js'
import { BR_FDB_OPS } from './br-fdb-user.js'
import {
  brAddIf,
  brDelIf,
  brFeaturesRecompute,
  brMtuAutoAdjust,
  brPortCarrierCheck,
  brRemoveAllPorts,
} from './br-if.js'
import { brDevQueuePushXmit } from './br-forward.js'
import { brDevXmit, brHandleFrameFinishSkb } from './br-input.js'
import {
  brMulticastDevDel,
  brMulticastJoinSnoopers,
  brMulticastLeaveSnoopers,
  brMulticastOpen,
  brMulticastStop,
  makeBridgeMcast,
} from './br-multicast.js'
import { brNetfilterSysctlProvider } from './br-netfilter-sysctl.js'
import { type BridgeAttrs, type BridgeInfo, brChangelink, brChangePort, brFillInfo, brFillPort } from './br-netlink.js'
import { Bridge, type BridgePath, bridgeIsUp, bridgeOf, bridgePortOf, isBridge } from './br-private.js'
import { brVlanBindingUpdate } from './br-vlan-binding.js'
import {
  brStpChangeBridgeId,
  brStpDisableBridge,
  brStpDisablePort,
  brStpEnableBridge,
  brStpEnablePort,
  brStpRecalculateBridgeId,
  portIsUsable,
} from './br-stp.js'
import { assignAddress, checkAddress, checkMtu, createLink } from '../create-link.js'

const brDevOpen = (dev: NetDevice): void => {
  const br = bridgeOf(dev)
  brStpEnableBridge(br)
  brMulticastOpen(br)
  if (br.mcast.enabled) brMulticastJoinSnoopers(br)
}

const brDevStop = (dev: NetDevice): void => {
  const br = bridgeOf(dev)
  brStpDisableBridge(br)
  brMulticastStop(br)
  if (br.mcast.enabled) brMulticastLeaveSnoopers(br)
}

const BRIDGE_PATH: BridgePath = {
  handleFrameFinish: brHandleFrameFinishSkb,
  devQueuePushXmit: brDevQueuePushXmit,
}

/** What `ethtool -k` shows of a new one. */
const BRIDGE_FEATURES: KindFeatures = {
  fixedOn: [],
  on: [
    ...SCATTER,
    ...GSO_SOFTWARE,
    ...GSO_ENCAP,
    'tx-checksum-ip-generic',
    'tx-generic-segmentation',
    'rx-gro',
    'highdma',
    'tx-vlan-hw-insert',
    'tx-vlan-stag-hw-insert',
    'tx-gso-robust',
    'tx-fcoe-segmentation',
    'tx-gso-partial',
    'tx-tunnel-remcsum-segmentation',
    'tx-esp-segmentation',
  ],
  off: ['tx-nocache-copy', ...SOFT_OFF],
  fix: brFeaturesRecompute,
}

const BRIDGE_OPS: DeviceOps = deviceOps({
  kind: 'bridge',
  features: BRIDGE_FEATURES,
  startXmit: brDevXmit,
  open: brDevOpen,
  stop: brDevStop,
  uninit: dev => brMulticastDevDel(bridgeOf(dev)),
  changeMtu: dev => {
    bridgeOf(dev).mtuSetByUser = true
  },
  setMacAddress: (dev, mac) => {
    if (!dev.registered) throw new NetloomError('EBUSY', undefined, { dev: dev.name })
    brStpChangeBridgeId(bridgeOf(dev), mac)
  },
  addSlave: brAddIf,
  delSlave: brDelIf,
})

const BINDING_EVENTS: readonly number[] = [NETDEV_CHANGE, NETDEV_UP, NETDEV_DOWN, NETDEV_CHANGEUPPER]

/** What concerns VLAN devices with bridge_binding: events of the bridge, of its ports and of the VLAN devices. */
const vlanBindingEvent = (event: number, dev: NetDevice): void => {
  if (!BINDING_EVENTS.includes(event)) return
  const p = bridgePortOf(dev)
  if (p !== null) brVlanBindingUpdate(p.br)
  else if (isBridge(dev)) brVlanBindingUpdate(bridgeOf(dev))
  else if (dev.priv instanceof VlanDev && isBridge(dev.priv.realDev) && event !== NETDEV_DOWN) {
    const br = bridgeOf(dev.priv.realDev)
    brVlanBindingUpdate(br)
    if ((dev.priv.flags & VLAN_FLAG_BRIDGE_BINDING) === 0 && br.dev.carrier) netifCarrierOn(dev)
  }
}

/** Brings a bridge up to date with one of its ports (br_device_event). */
const brDeviceEvent = (event: number, dev: NetDevice): void => {
  vlanBindingEvent(event, dev)
  const p = bridgePortOf(dev)
  if (p === null) return
  const { br } = p
  switch (event) {
    case NETDEV_CHANGEMTU:
      brMtuAutoAdjust(br)
      break
    case NETDEV_CHANGEADDR:
      brFdbCatchUp(br)
      brFdbChangeaddr(p, dev.addr)
      if (brStpRecalculateBridgeId(br)) br.world.notifiers.call(NETDEV_CHANGEADDR, br.dev)
      break
    case NETDEV_CHANGE:
      brPortCarrierCheck(p)
      break
    case NETDEV_DOWN:
      if (bridgeIsUp(br)) brStpDisablePort(p)
      break
    case NETDEV_UP:
      if (br.dev.running && portIsUsable(p)) brStpEnablePort(p)
      break
  }
}

const newBridge = (base: NewLinkBase): NetDevice => {
  const dev = createLink(base, BRIDGE_OPS)
  dev.netnsImmutable = true
  dev.features |= NETIF_F_HW_VLAN_CTAG_TX | NETIF_F_HW_VLAN_STAG_TX
  assignAddress(dev, base)
  dev.priv = new Bridge(dev, makeBridgeMcast, BRIDGE_PATH)
  return dev
}

const brDevDelete = (dev: NetDevice): void => {
  brRemoveAllPorts(bridgeOf(dev))
  unregisterNetdevice(dev)
}

/** Makes a bridge (br_dev_newlink). */
const brNewlink = (base: NewLinkBase, attrs: Partial<BridgeAttrs>): NetDevice => {
  checkAddress(base)
  checkMtu(base)
  const dev = newBridge(base)
  const br = bridgeOf(dev)
  registerNetdevice(dev, base.ifindex ?? 0)
  fdbAddLocal(br, null, dev.addr, 0)
  try {
    if (base.address !== undefined) brStpChangeBridgeId(br, base.address)
    brChangelink(dev, attrs)
  } catch (e) {
    brDevDelete(dev)
    throw e
  }
  return dev
}

/** The kind `bridge`. */
export const BRIDGE_KIND: LinkKind<BridgeAttrs> = {
  kind: 'bridge',
  init: world => {
    world.notifiers.register(brDeviceEvent)
    world.sysctlProviders.push(brNetfilterSysctlProvider)
  },
  newlink: brNewlink,
  changelink: brChangelink,
  dellink: brDevDelete,
  fillInfo: (dev: NetDevice): BridgeInfo => brFillInfo(dev),
  slaveKind: 'bridge',
  changePort: brChangePort,
  fillPort: brFillPort,
  fdb: BR_FDB_OPS,
}
