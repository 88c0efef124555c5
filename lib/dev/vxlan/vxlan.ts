/**
 * The kind `vxlan`: its device's functions, the sockets that devices share, and what it hears about the devices that
 * tunnels stand on.
 *
 * @see drivers/net/vxlan/vxlan_core.c vxlan_open, vxlan_sock_add, __vxlan_dev_create, vxlan_changelink
 */
import { GSO_SOFTWARE, type KindFeatures, SCATTER, SOFT_OFF } from '../../core/netdev-features.js'
import { registerNetdevice, unregisterNetdevice } from '../../core/dev.js'
import { netdevUpperDevLink, netdevUpperDevUnlink } from '../../core/dev-adjacency.js'
import { type DeviceOps, deviceOps, type NetDevice } from '../../core/netdev.js'
import type { Netns } from '../../core/netns.js'
import { NETDEV_UNREGISTER } from '../../core/notifier.js'
import type { LinkKind, NewLinkBase } from '../../core/registry.js'
import type { World } from '../../core/world.js'
import { NetloomError } from '../../errors.js'
import { NUD_NOARP, NUD_PERMANENT } from '../../ip/rtnetlink.js'
import { UdpTunnelSock } from '../../ip/udp-tunnel.js'
import { ETH_MAX_MTU, ETH_MIN_MTU } from '../../wire/ethernet.js'
import { vxlanErrLookup, vxlanRcv, vxlanXmit } from './vxlan-core.js'
import { VXLAN_FDB_OPS } from './vxlan-fdb-user.js'
import { vxlanCatchUp, vxlanFdbDefault, vxlanFdbDelete, vxlanFlush, vxlanScheduleAge } from './vxlan-fdb.js'
import { vxlanMulticastJoin, vxlanMulticastLeave } from './vxlan-multicast.js'
import {
  type VxlanAttrs,
  vxlanChangedConfig,
  vxlanConfigValidate,
  vxlanFillInfo,
  vxlanNewConfig,
  vxlanValidate,
} from './vxlan-netlink.js'
import {
  VXLAN_F_RCV_FLAGS,
  VXLAN_HEADROOM,
  Vxlan,
  type VxlanConfig,
  VxlanSock,
  vxlanNet,
  vxlanOf,
} from './vxlan-private.js'
import { assignAddress, createLink } from '../create-link.js'

// ---------------------------------------------------------------- sockets

/** Takes the device's socket, opened when no other device has it (vxlan_sock_add). Throws EADDRINUSE. */
const sockAdd = (vxlan: Vxlan): void => {
  const { net, cfg } = vxlan
  const { socks } = vxlanNet(net)
  const flags = cfg.flags & VXLAN_F_RCV_FLAGS
  let vs = socks.find(s => s.port === cfg.dstPort && s.flags === flags)
  if (vs === undefined) {
    vs = new VxlanSock(cfg.dstPort, flags)
    vs.sock = new UdpTunnelSock(net, cfg.dstPort, vs, vxlanRcv, vxlanErrLookup)
    socks.unshift(vs)
  }
  vs.devices.set(cfg.vni, vxlan)
  vxlan.vs = vs
}

/** Gives the socket back; the last device closes it (vxlan_sock_release). */
const sockRelease = (vxlan: Vxlan): void => {
  const { vs } = vxlan
  if (vs === null) return
  vxlan.vs = null
  vs.devices.delete(vxlan.cfg.vni)
  vs.last = null
  if (vs.devices.size > 0) return
  const { socks } = vxlanNet(vxlan.net)
  socks.splice(socks.indexOf(vs), 1)
  vs.sock!.close()
}

// ---------------------------------------------------------------- device

const vxlanOpen = (dev: NetDevice): void => {
  const vxlan = vxlanOf(dev)
  sockAdd(vxlan)
  try {
    vxlanMulticastJoin(vxlan)
  } catch (e) {
    sockRelease(vxlan)
    throw e
  }
  vxlanScheduleAge(vxlan, dev.netns.world.now)
}

const vxlanStop = (dev: NetDevice): void => {
  const vxlan = vxlanOf(dev)
  vxlanCatchUp(vxlan)
  vxlanMulticastLeave(vxlan)
  vxlan.ageAt = Number.POSITIVE_INFINITY
  vxlanFlush(vxlan, f => f.mac !== 0 && (f.state & (NUD_PERMANENT | NUD_NOARP)) === 0)
  sockRelease(vxlan)
}

/** MTU that the device under a tunnel leaves to what is inside. */
const maxMtu = (lower: NetDevice): number => lower.mtu - VXLAN_HEADROOM

const vxlanChangeMtu = (dev: NetDevice, mtu: number): void => {
  const { net, cfg } = vxlanOf(dev)
  const lower = net.devByIndex(cfg.remoteIfindex)
  if (lower !== null && mtu > maxMtu(lower)) throw new NetloomError('EINVAL', undefined, { dev: dev.name, mtu })
}

/** What `ethtool -k` shows of a new one. */
const VXLAN_FEATURES: KindFeatures = {
  fixedOn: [],
  on: [...SCATTER, ...GSO_SOFTWARE, 'tx-checksum-ip-generic', 'rx-checksum', 'tx-generic-segmentation', 'rx-gro'],
  off: ['tx-nocache-copy', ...SOFT_OFF],
}

const VXLAN_OPS: DeviceOps = deviceOps({
  kind: 'vxlan',
  features: VXLAN_FEATURES,
  startXmit: vxlanXmit,
  open: vxlanOpen,
  stop: vxlanStop,
  uninit: dev => vxlanFlush(vxlanOf(dev), () => true),
  changeMtu: vxlanChangeMtu,
  getSpeed: dev => {
    const { net, cfg } = vxlanOf(dev)
    const lower = net.devByIndex(cfg.remoteIfindex)
    return lower?.ops.getSpeed?.(lower) ?? -1
  },
})

/** Takes over what the device under the tunnel says (vxlan_config_apply). */
const configApply = (vxlan: Vxlan, cfg: VxlanConfig, lower: NetDevice | null, newMtu: number | null): void => {
  const { dev } = vxlan
  let max = ETH_MAX_MTU
  if (lower !== null) {
    dev.tsoMaxSize = lower.tsoMaxSize
    max = Math.max(maxMtu(lower), ETH_MIN_MTU)
    if (newMtu === null) dev.mtu = max
  }
  if (dev.mtu > max) dev.mtu = max
  vxlan.cfg = cfg
}

const newDevice = (base: NewLinkBase): NetDevice => {
  const dev = createLink(base, VXLAN_OPS)
  dev.changeProtoDown = true
  assignAddress(dev, base)
  return dev
}

/** Makes a device (__vxlan_dev_create); its tunnel runs in the namespace of the request. */
const vxlanNewlink = (base: NewLinkBase, attrs: Partial<VxlanAttrs>): NetDevice => {
  const net = base.srcNetns ?? base.netns
  const cfg = vxlanNewConfig(attrs)
  const lower = vxlanConfigValidate(net, cfg, null, attrs)
  const dev = newDevice(base)
  const vxlan = new Vxlan(dev, net, cfg)
  dev.priv = vxlan
  configApply(vxlan, cfg, lower, base.mtu ?? null)
  registerNetdevice(dev, base.ifindex ?? 0)
  try {
    if (lower !== null) netdevUpperDevLink(lower, dev)
    vxlan.lower = lower
    if (cfg.remoteIp !== 0) vxlanFdbDefault(vxlan, cfg.remoteIp, cfg.vni, cfg.remoteIfindex)
  } catch (e) {
    unregisterNetdevice(dev)
    throw e
  }
  vxlanNet(net).devices.unshift(vxlan)
  return dev
}

/** The default remote has changed. */
const changeDefault = (vxlan: Vxlan, to: VxlanConfig): void => {
  const { cfg } = vxlan
  if (to.remoteIp === cfg.remoteIp) return
  if (to.remoteIp !== 0) vxlanFdbDefault(vxlan, to.remoteIp, to.vni, to.remoteIfindex)
  if (cfg.remoteIp !== 0) vxlanFdbDelete(vxlan, 0, cfg.remoteIp, cfg.dstPort, cfg.vni, cfg.remoteIfindex)
}

const vxlanChangelink = (dev: NetDevice, attrs: Partial<VxlanAttrs>): void => {
  vxlanValidate({}, attrs, dev.name)
  const vxlan = vxlanOf(dev)
  vxlanCatchUp(vxlan)
  const cfg = vxlanChangedConfig(vxlan, attrs)
  const found = vxlanConfigValidate(vxlan.net, cfg, vxlan, attrs)
  const lower = found === vxlan.lower ? null : found
  if (lower !== null) netdevUpperDevLink(lower, dev)
  try {
    changeDefault(vxlan, cfg)
  } catch (e) {
    if (lower !== null) netdevUpperDevUnlink(lower, dev)
    throw e
  }
  const rejoins = dev.isUp && (cfg.remoteIp !== vxlan.cfg.remoteIp || cfg.remoteIfindex !== vxlan.cfg.remoteIfindex)
  if (rejoins) vxlanMulticastLeave(vxlan)
  if (lower !== null) {
    if (vxlan.lower !== null) netdevUpperDevUnlink(vxlan.lower, dev)
    vxlan.lower = lower
  }
  const aged = cfg.ageInterval !== vxlan.cfg.ageInterval
  configApply(vxlan, cfg, lower, dev.mtu)
  if (rejoins) vxlanMulticastJoin(vxlan)
  if (aged && dev.running) vxlanScheduleAge(vxlan, dev.netns.world.now, 0)
}

const vxlanDellink = (dev: NetDevice): void => {
  const vxlan = vxlanOf(dev)
  const { devices } = vxlanNet(vxlan.net)
  const at = devices.indexOf(vxlan)
  if (at < 0) return
  vxlanFlush(vxlan, () => true)
  devices.splice(at, 1)
  unregisterNetdevice(dev)
  if (vxlan.lower !== null) netdevUpperDevUnlink(vxlan.lower, dev)
}

/** A device under tunnels goes, and they with it (vxlan_handle_lowerdev_unregister). */
const lowerEvent = (event: number, dev: NetDevice): void => {
  if (event !== NETDEV_UNREGISTER) return
  for (const vxlan of [...vxlanNet(dev.netns).devices])
    if (vxlan.cfg.remoteIfindex === dev.ifindex) vxlanDellink(vxlan.dev)
}

/** Tunnels of a namespace that goes, also those whose device is in another one (vxlan_destroy_tunnels). */
const exitNet = (netns: Netns): void => {
  for (const vxlan of [...vxlanNet(netns).devices]) vxlanDellink(vxlan.dev)
}

/** The kind `vxlan`. */
export const VXLAN_KIND: LinkKind<VxlanAttrs> = {
  kind: 'vxlan',
  init: (world: World) => {
    world.notifiers.register(lowerEvent)
    world.registerPernet({ exit: exitNet })
  },
  validate: (base, attrs) => vxlanValidate(base, attrs, base.name),
  newlink: vxlanNewlink,
  changelink: vxlanChangelink,
  dellink: vxlanDellink,
  fillInfo: vxlanFillInfo,
  getLinkNet: dev => vxlanOf(dev).net,
  fdb: VXLAN_FDB_OPS,
}
