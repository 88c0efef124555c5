/**
 * The kind `macvlan`: further Ethernet devices with MACs of their own on one lower device.
 *
 * Modes: `private` (nothing between siblings), `vepa` (all goes out; a switch may reflect it), `bridge` (siblings talk
 * directly), `passthru` (one macvlan takes the lower device over), `source` (frames of listed senders). The lower
 * device's own host and the macvlans never hear each other. Left out: macvtap, offloading to hardware.
 *
 * @see drivers/net/macvlan.c
 */
import { stackedFixFeatures } from '../stacked-features.js'
import { GSO_ENCAP, GSO_SOFTWARE, type KindFeatures, SCATTER, SOFT_OFF } from '../../core/netdev-features.js'
import {
  devSetAllmulti,
  devSetMacAddress,
  devSetMtu,
  devSetPromiscuity,
  devUcAdd,
  devUcDel,
  netdevRxHandlerRegister,
  netdevRxHandlerUnregister,
  netifStackedTransferOperstate,
  registerNetdevice,
  unregisterNetdevice,
} from '../../core/dev.js'
import { devMcUnsync, devUcUnsync } from '../../core/dev-addr-lists.js'
import { netdevUpperDevLink, netdevUpperDevUnlink } from '../../core/dev-adjacency.js'
import {
  ARPHRD_ETHER,
  type DeviceOps,
  DevStats,
  deviceOps,
  IFF_ALLMULTI,
  IFF_LOOPBACK,
  IFF_PROMISC,
  type NetDevice,
} from '../../core/netdev.js'
import {
  NETDEV_CHANGE,
  NETDEV_CHANGEADDR,
  NETDEV_CHANGEMTU,
  NETDEV_DOWN,
  NETDEV_NOTIFY_PEERS,
  NETDEV_UNREGISTER,
  NETDEV_UP,
} from '../../core/notifier.js'
import type { LinkKind, NewLinkBase } from '../../core/registry.js'
import { NetloomError } from '../../errors.js'
import { MACVLAN_FDB_OPS } from './macvlan-fdb.js'
import { macvlanChangeRxFlags, macvlanSetRxMode } from './macvlan-filter.js'
import {
  type MacvlanAttrs,
  macvlanChangelink,
  macvlanChangelinkSources,
  macvlanFillInfo,
  macvlanFlagsOf,
  macvlanModeOf,
  macvlanUpdateBcCutoff,
  macvlanUpdateBcQueueLen,
  macvlanValidate,
} from './macvlan-netlink.js'
import {
  isMacvlan,
  Macvlan,
  MACVLAN_DEFAULT_BC_QUEUE_LEN,
  MACVLAN_FLAG_NOPROMISC,
  MACVLAN_MODE_PASSTHRU,
  MACVLAN_MODE_SOURCE,
  MACVLAN_MODE_VEPA,
  macvlanAddrBusy,
  macvlanHashAdd,
  macvlanHashDel,
  MacvlanPort,
  macvlanPortOf,
  macvlanPriv,
} from './macvlan-private.js'
import { macvlanHandleFrame, macvlanPurgeBroadcasts, macvlanStartXmit } from './macvlan-rx.js'
import { macvlanFlushSources } from './macvlan-source.js'
import { assignAddress, checkAddress, checkMtu, createLink } from '../create-link.js'

const addrInUse = (dev: NetDevice): NetloomError => new NetloomError('EADDRINUSE', undefined, { dev: dev.name })

/** Throws EADDRINUSE when the lower device or a sibling that is up has the address (macvlan_open). */
const macvlanOpen = (dev: NetDevice): void => {
  const vlan = macvlanPriv(dev)
  const { lowerdev, port } = vlan
  if (port.passthru) {
    if ((vlan.flags & MACVLAN_FLAG_NOPROMISC) === 0) devSetPromiscuity(lowerdev, 1)
  } else {
    if (macvlanAddrBusy(port, dev.addr)) throw addrInUse(dev)
    devUcAdd(lowerdev, dev.addr)
    if (dev.flags & IFF_ALLMULTI) devSetAllmulti(lowerdev, 1)
    if (dev.flags & IFF_PROMISC) devSetPromiscuity(lowerdev, 1)
  }
  macvlanHashAdd(vlan)
}

const macvlanStop = (dev: NetDevice): void => {
  const vlan = macvlanPriv(dev)
  const { lowerdev, port } = vlan
  devUcUnsync(lowerdev, dev)
  devMcUnsync(lowerdev, dev)
  if (port.passthru) {
    if ((vlan.flags & MACVLAN_FLAG_NOPROMISC) === 0) devSetPromiscuity(lowerdev, -1)
  } else {
    if (dev.flags & IFF_ALLMULTI) devSetAllmulti(lowerdev, -1)
    if (dev.flags & IFF_PROMISC) devSetPromiscuity(lowerdev, -1)
    devUcDel(lowerdev, dev.addr)
  }
  macvlanHashDel(vlan)
}

/** Gives the macvlan an address, also where it is filtered (macvlan_sync_address). Throws EADDRINUSE. */
const macvlanSyncAddress = (dev: NetDevice, mac: number): void => {
  const vlan = macvlanPriv(dev)
  const { lowerdev, port } = vlan
  if (dev.isUp) {
    if (macvlanAddrBusy(port, mac)) throw addrInUse(dev)
    if (!port.passthru) {
      devUcAdd(lowerdev, mac)
      devUcDel(lowerdev, dev.addr)
    }
    macvlanHashDel(vlan)
    dev.setAddr(mac)
    macvlanHashAdd(vlan)
  } else dev.setAddr(mac)
  // The lower device has got the address from somebody else: that is the one to keep.
  if (port.passthru && !port.addrChange) port.permAddr = lowerdev.addr
  port.addrChange = false
}

/** In passthru mode the lower device gets the address as well (macvlan_set_mac_address). */
const macvlanSetMacAddress = (dev: NetDevice, mac: number): void => {
  const vlan = macvlanPriv(dev)
  if (vlan.mode === MACVLAN_MODE_PASSTHRU) {
    vlan.port.addrChange = true
    devSetMacAddress(vlan.lowerdev, mac)
    return
  }
  if (macvlanAddrBusy(vlan.port, mac)) throw addrInUse(dev)
  macvlanSyncAddress(dev, mac)
}

const macvlanGetStats = (dev: NetDevice): DevStats => {
  const { rxErrors } = macvlanPriv(dev)
  const out = Object.assign(new DevStats(), dev.stats)
  out.rxErrors = rxErrors
  out.rxDropped += rxErrors
  return out
}

/** The lower device becomes one that has macvlans. Throws EINVAL, EBUSY (macvlan_port_create). */
const portCreate = (dev: NetDevice): MacvlanPort => {
  const context = { dev: dev.name }
  if (dev.type !== ARPHRD_ETHER || dev.flags & IFF_LOOPBACK) throw new NetloomError('EINVAL', undefined, context)
  const port = new MacvlanPort(dev)
  netdevRxHandlerRegister(dev, macvlanHandleFrame, port)
  return port
}

/** The last macvlan has gone: what it did to the lower device is undone (macvlan_port_destroy). */
const portDestroy = (port: MacvlanPort): void => {
  const { dev } = port
  netdevRxHandlerUnregister(dev)
  macvlanPurgeBroadcasts(port)
  if (port.passthru && dev.addr !== port.permAddr) devSetMacAddress(dev, port.permAddr)
}

const macvlanUninit = (dev: NetDevice): void => {
  const vlan = macvlanPriv(dev)
  macvlanFlushSources(vlan)
  if (--vlan.port.count === 0) portDestroy(vlan.port)
}

/** What `ethtool -k` shows of a new one. */
const MACVLAN_FEATURES: KindFeatures = {
  fixedOn: [
    ...SCATTER,
    ...GSO_SOFTWARE,
    ...GSO_ENCAP,
    'tx-checksum-ip-generic',
    'rx-checksum',
    'highdma',
    'tx-gso-robust',
  ],
  on: ['tx-generic-segmentation', 'rx-gro'],
  off: ['rx-lro', 'tx-nocache-copy', ...SOFT_OFF],
  fix: stackedFixFeatures,
}

const MACVLAN_OPS: DeviceOps = deviceOps({
  kind: 'macvlan',
  features: MACVLAN_FEATURES,
  startXmit: macvlanStartXmit,
  open: macvlanOpen,
  stop: macvlanStop,
  uninit: macvlanUninit,
  changeMtu: (dev, mtu) => {
    if (macvlanPriv(dev).lowerdev.mtu < mtu) throw new NetloomError('EINVAL', undefined, { dev: dev.name, mtu })
  },
  setMacAddress: macvlanSetMacAddress,
  changeRxFlags: macvlanChangeRxFlags,
  setRxMode: macvlanSetRxMode,
  getIflink: dev => {
    const { lowerdev } = macvlanPriv(dev)
    return { ifindex: lowerdev.ifindex, dev: lowerdev }
  },
  getStats: macvlanGetStats,
  getSpeed: dev => {
    const { lowerdev } = macvlanPriv(dev)
    return lowerdev.ops.getSpeed?.(lowerdev) ?? -1
  },
})

const newDevice = (base: NewLinkBase, lowerdev: NetDevice): NetDevice => {
  const dev = createLink(base, MACVLAN_OPS)
  dev.unicastFlt = true
  dev.changeProtoDown = true
  dev.mtu = base.mtu ?? lowerdev.mtu
  dev.maxMtu = lowerdev.maxMtu
  assignAddress(dev, base)
  dev.carrier = lowerdev.carrier
  dev.tsoMaxSize = lowerdev.tsoMaxSize
  dev.hardHeaderLen = lowerdev.hardHeaderLen
  return dev
}

const inheritAddress = (dev: NetDevice, lowerdev: NetDevice): void => {
  dev.addrAssigned = lowerdev.addrAssigned
  dev.setAddr(lowerdev.addr)
}

/** The device that a macvlan is put on: below a macvlan, that one's lower device. */
const lowerOf = (base: NewLinkBase): NetDevice => {
  if (base.link === undefined) throw new NetloomError('EINVAL', undefined, { name: base.name, attribute: 'link' })
  if (!base.link.registered) throw new NetloomError('ENODEV', undefined, { name: base.link.name })
  return isMacvlan(base.link) ? macvlanPriv(base.link).lowerdev : base.link
}

/** Registers a macvlan whose port is there (the second half of macvlan_common_newlink). */
const register = (base: NewLinkBase, attrs: Partial<MacvlanAttrs>, port: MacvlanPort): NetDevice => {
  const lowerdev = port.dev
  if (port.passthru) throw new NetloomError('EINVAL', undefined, { dev: lowerdev.name })
  const dev = newDevice(base, lowerdev)
  const mode = attrs.mode === undefined ? MACVLAN_MODE_VEPA : macvlanModeOf(attrs.mode)
  const queueLen = attrs.bcqueuelen ?? MACVLAN_DEFAULT_BC_QUEUE_LEN
  const vlan = new Macvlan(dev, port, mode, macvlanFlagsOf(attrs) ?? 0, queueLen)
  dev.priv = vlan
  if (mode === MACVLAN_MODE_PASSTHRU) {
    if (port.count > 0) throw new NetloomError('EINVAL', undefined, { dev: lowerdev.name })
    inheritAddress(dev, lowerdev)
  }
  if (attrs.macaddr !== undefined) macvlanChangelinkSources(vlan, attrs.macaddr)
  try {
    registerNetdevice(dev, base.ifindex ?? 0)
  } catch (e) {
    macvlanFlushSources(vlan)
    throw e
  }
  port.count++
  try {
    netdevUpperDevLink(lowerdev, dev)
  } catch (e) {
    unregisterNetdevice(dev)
    throw e
  }
  port.passthru = mode === MACVLAN_MODE_PASSTHRU
  port.vlans.push(vlan)
  macvlanUpdateBcQueueLen(port)
  if (attrs.bclim !== undefined) macvlanUpdateBcCutoff(port, attrs.bclim)
  netifStackedTransferOperstate(lowerdev, dev)
  dev.netns.world.linkWatch.fire(dev)
  return dev
}

/**
 * Makes a macvlan (macvlan_common_newlink). Throws EINVAL without a lower device, on one that is no Ethernet device, with
 * an MTU above its one, beside a passthru macvlan; EBUSY on a port of a bridge; EADDRNOTAVAIL for an address that cannot be.
 */
const macvlanNewlink = (base: NewLinkBase, attrs: Partial<MacvlanAttrs>): NetDevice => {
  macvlanValidate(attrs)
  checkAddress(base)
  checkMtu(base)
  const lowerdev = lowerOf(base)
  if (base.mtu !== undefined && base.mtu > lowerdev.mtu)
    throw new NetloomError('EINVAL', undefined, { name: base.name, mtu: base.mtu })
  const existing = macvlanPortOf(lowerdev)
  if (existing !== null) return register(base, attrs, existing)
  const port = portCreate(lowerdev)
  try {
    return register(base, attrs, port)
  } catch (e) {
    if (macvlanPortOf(lowerdev) === port) portDestroy(port)
    throw e
  }
}

const macvlanDellink = (dev: NetDevice): void => {
  const vlan = macvlanPriv(dev)
  const { port } = vlan
  if (vlan.mode === MACVLAN_MODE_SOURCE) macvlanFlushSources(vlan)
  const at = port.vlans.indexOf(vlan)
  if (at >= 0) port.vlans.splice(at, 1)
  macvlanUpdateBcQueueLen(port)
  unregisterNetdevice(dev)
  netdevUpperDevUnlink(vlan.lowerdev, dev)
}

/**
 * The passthru macvlan takes over an address that its lower device was given.
 *
 * DIFFERS: the kernel tells nobody of it, so that IPv4 goes on to send to neighbours that are REACHABLE by headers that it
 * has kept, from the former address; here frames carry the new one from now on.
 */
const followAddress = (port: MacvlanPort): void => {
  const vlan = port.passthru ? port.vlans[0] : undefined
  if (vlan === undefined || (vlan.dev.isUp && macvlanAddrBusy(port, port.dev.addr))) return
  macvlanSyncAddress(vlan.dev, port.dev.addr)
}

/** Macvlans follow their lower device (macvlan_device_event). */
const macvlanDeviceEvent = (event: number, dev: NetDevice): void => {
  const port = macvlanPortOf(dev)
  if (port === null) return
  switch (event) {
    case NETDEV_UP:
    case NETDEV_DOWN:
    case NETDEV_CHANGE:
      for (const vlan of port.vlans) netifStackedTransferOperstate(dev, vlan.dev)
      break
    case NETDEV_CHANGEMTU:
      for (const vlan of port.vlans) if (vlan.dev.mtu > dev.mtu) devSetMtu(vlan.dev, dev.mtu)
      break
    case NETDEV_CHANGEADDR:
      followAddress(port)
      break
    case NETDEV_UNREGISTER:
      if (dev.unregistering) for (const vlan of [...port.vlans]) macvlanDellink(vlan.dev)
      break
    case NETDEV_NOTIFY_PEERS:
      for (const vlan of port.vlans) dev.netns.world.notifiers.call(event, vlan.dev)
      break
  }
}

/** The kind `macvlan`. */
export const MACVLAN_KIND: LinkKind<MacvlanAttrs> = {
  kind: 'macvlan',
  init: world => world.notifiers.register(macvlanDeviceEvent),
  newlink: macvlanNewlink,
  changelink: macvlanChangelink,
  dellink: macvlanDellink,
  fillInfo: macvlanFillInfo,
  fdb: MACVLAN_FDB_OPS,
}
