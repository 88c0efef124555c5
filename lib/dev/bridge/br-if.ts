/**
 * Ports of a bridge: adding and removing devices, and how the bridge follows their carrier, address and MTU.
 *
 * @see net/bridge/br_if.c
 */
import { flowFlush } from '../../core/flow-genid.js'
import { ALL_TSO, type FeatureName, GSO_SOFTWARE, netdevFeatures } from '../../core/netdev-features.js'
import { netdevUpperDevLink, netdevUpperDevUnlink } from '../../core/dev-adjacency.js'
import { devSetAllmulti, devSetMtu, devSetPromiscuity } from '../../core/dev.js'
import { ARPHRD_ETHER, IFF_LOOPBACK, type NetDevice } from '../../core/netdev.js'
import { NETDEV_CHANGEADDR, NETDEV_CHANGEUPPER } from '../../core/notifier.js'
import { extackError, NetloomError } from '../../errors.js'
import { ETH_DATA_LEN } from '../../wire/ethernet.js'
import { isValidMac } from '../../wire/mac.js'
import { brFdbDeleteByPort, fdbAddLocal } from './br-fdb.js'
import { brFdbCatchUp } from './br-fdb-gc.js'
import { brHandleFrame } from './br-input.js'
import { brMulticastDelPort, makePortMcast } from './br-multicast.js'
import {
  BR_ADMIN_COST,
  BR_NEIGH_SUPPRESS,
  BR_PROXYARP,
  BR_PROXYARP_WIFI,
  BR_STATE_DISABLED,
  type Bridge,
  BridgePort,
  bridgeIsUp,
  bridgeOf,
  bridgePortOf,
  isBridge,
} from './br-private.js'
import { nbpVlanFlush, nbpVlanInit } from './br-vlan.js'
import { brStpDisablePort, brStpEnablePort, brStpRecalculateBridgeId, portIsUsable } from './br-stp.js'

const MAX_PORTS = 1 << 10
const GSO_MAX_SIZE = 524280

/** Path cost by the device's speed in Mbit/s (port_cost). */
const portCost = (dev: NetDevice): number => {
  const speed = dev.ops.getSpeed?.(dev) ?? -1
  if (speed > 10000) return 1
  const costs: Readonly<Record<number, number>> = { 10000: 2, 5000: 3, 2500: 4, 1000: 5, 100: 19 }
  return costs[speed] ?? 100
}

const findPortNo = (br: Bridge): number => {
  const used = new Uint8Array(MAX_PORTS)
  for (const p of br.ports) used[p.portNo] = 1
  const no = used.indexOf(0, 1)
  if (no > 0) return no
  throw new NetloomError('ENOSPC', undefined, { dev: br.dev.name })
}

/** Counts what the ports want of ARP, so that frames need not ask each port (br_recalculate_neigh_suppress_enabled). */
export const recalculateArpProxy = (br: Bridge): void => {
  br.arpProxyPorts = br.ports.filter(p => p.flags & (BR_PROXYARP | BR_PROXYARP_WIFI | BR_NEIGH_SUPPRESS)).length
  br.neighSuppressEnabled = br.ports.some(p => (p.flags & BR_NEIGH_SUPPRESS) !== 0)
}

/** The bridge's MTU follows the smallest one of its ports until somebody sets it (br_mtu_auto_adjust). */
export const brMtuAutoAdjust = (br: Bridge): void => {
  if (br.mtuSetByUser) return
  let min = 0
  for (const p of br.ports) if (min === 0 || p.dev.mtu < min) min = p.dev.mtu
  devSetMtu(br.dev, min === 0 ? ETH_DATA_LEN : min)
  br.mtuSetByUser = false
}

/** Segmentation limits follow the ports (br_set_gso_limits). */
const setGsoLimits = (br: Bridge): void => {
  let max = GSO_MAX_SIZE
  for (const p of br.ports) max = Math.min(max, p.dev.tsoMaxSize)
  br.dev.tsoMaxSize = max
}

/** Features that a bridge has when one of its ports has them (NETIF_F_ONE_FOR_ALL). */
const ONE_FOR_ALL: readonly FeatureName[] = [
  ...GSO_SOFTWARE,
  'tx-gso-robust',
  'tx-scatter-gather',
  'highdma',
  'tx-scatter-gather-fraglist',
]
/** Features that a bridge has when all of its ports have them (NETIF_F_ALL_FOR_ALL). */
const ALL_FOR_ALL: readonly FeatureName[] = ['tx-nocache-copy', 'tx-fcoe-segmentation']

/** A bridge with ports offers what these can do; TCP segmentation it offers in any case (br_features_recompute). */
export const brFeaturesRecompute = (dev: NetDevice, wanted: Set<FeatureName>): Set<FeatureName> => {
  if (dev.slaves.length === 0) return wanted
  const ports = dev.slaves.map(netdevFeatures)
  const out = new Set(wanted)
  for (const name of ONE_FOR_ALL) if (!ALL_TSO.includes(name) && !ports.some(p => p.has(name))) out.delete(name)
  for (const name of ALL_FOR_ALL) if (!ports.every(p => p.has(name))) out.delete(name)
  return out
}

const notifyAddr = (br: Bridge): void => br.world.notifiers.call(NETDEV_CHANGEADDR, br.dev)

const checkPort = (dev: NetDevice): void => {
  const context = { dev: dev.name }
  if (dev.flags & IFF_LOOPBACK || dev.type !== ARPHRD_ETHER || !isValidMac(dev.addr))
    throw new NetloomError('EINVAL', undefined, context)
  if (isBridge(dev)) throw extackError('ELOOP', 'Can not enslave a bridge to a bridge', context)
  if (dev.master !== null) throw new NetloomError('EBUSY', undefined, context)
}

/** Makes a device a port (br_add_if). Throws EINVAL for lo and the like, ELOOP for a bridge, EBUSY for a port. */
export const brAddIf = (brDev: NetDevice, dev: NetDevice): void => {
  const br = bridgeOf(brDev)
  checkPort(dev)
  if (dev.rxHandler !== null) throw new NetloomError('EBUSY', undefined, { dev: dev.name })
  if (dev.noRxHandler) throw new NetloomError('EINVAL', undefined, { dev: dev.name })
  const p = new BridgePort(br, dev, findPortNo(br), portCost(dev), makePortMcast)
  p.designatedRootPriority = br.designatedRootPriority
  p.designatedRootAddr = br.designatedRootAddr
  p.designatedBridgePriority = br.priority
  p.designatedBridgeAddr = br.bridgeIdAddr
  netdevUpperDevLink(dev, brDev)
  devSetAllmulti(dev, 1)
  dev.rxHandler = brHandleFrame
  dev.rxHandlerData = p
  flowFlush(dev.netns)
  dev.master = brDev
  brDev.slaves.push(dev)
  br.world.notifiers.call(NETDEV_CHANGEUPPER, dev)
  br.ports.unshift(p)
  devSetPromiscuity(dev, 1)
  brFdbCatchUp(br)
  fdbAddLocal(br, p, dev.addr, 0)
  nbpVlanInit(p)
  const changed = brStpRecalculateBridgeId(br)
  if (portIsUsable(p) && bridgeIsUp(br)) brStpEnablePort(p)
  if (changed) notifyAddr(br)
  brMtuAutoAdjust(br)
  setGsoLimits(br)
}

const removePort = (p: BridgePort): void => {
  const { br, dev } = p
  devSetAllmulti(dev, -1)
  devSetPromiscuity(dev, -1)
  brStpDisablePort(p)
  br.ports.splice(br.ports.indexOf(p), 1)
  nbpVlanFlush(p)
  brFdbDeleteByPort(br, p, true)
  for (const other of br.ports) if (other.backupPort === p) other.backupPort = null
  recalculateArpProxy(br)
  netdevUpperDevUnlink(dev, br.dev)
  dev.master = null
  br.dev.slaves.splice(br.dev.slaves.indexOf(dev), 1)
  br.world.notifiers.call(NETDEV_CHANGEUPPER, dev)
  dev.rxHandler = null
  dev.rxHandlerData = null
  flowFlush(dev.netns)
  brMulticastDelPort(p)
}

/** Removes a port from its bridge (br_del_if). Throws EINVAL for a device that is none. */
export const brDelIf = (brDev: NetDevice, dev: NetDevice): void => {
  const br = bridgeOf(brDev)
  const p = bridgePortOf(dev)
  if (p === null || p.br !== br) throw new NetloomError('EINVAL', undefined, { dev: dev.name })
  removePort(p)
  brMtuAutoAdjust(br)
  setGsoLimits(br)
  if (brStpRecalculateBridgeId(br)) notifyAddr(br)
}

/** Removes all ports of a bridge that is to be deleted (br_dev_delete). */
export const brRemoveAllPorts = (br: Bridge): void => {
  for (const p of [...br.ports]) removePort(p)
  brFdbDeleteByPort(br, null, true)
}

/** A port's carrier may have changed (br_port_carrier_check). */
export const brPortCarrierCheck = (p: BridgePort): void => {
  const usable = portIsUsable(p)
  if (usable && (p.flags & BR_ADMIN_COST) === 0) p.pathCost = portCost(p.dev)
  if (!p.br.dev.running) return
  if (usable && p.state === BR_STATE_DISABLED) brStpEnablePort(p)
  else if (!usable && p.state !== BR_STATE_DISABLED) brStpDisablePort(p)
}
