/**
 * The kind `ipvlan`: further devices on one master that share its MAC and are told apart by their IPv4 addresses.
 *
 * Not recorded: the reference kernel has no ipvlan; this follows its source. Left out: ipvtap, IPv6, dev_id.
 *
 * @see drivers/net/ipvlan/ipvlan_main.c
 */
import { flowFlush } from '../../core/flow-genid.js'
import { stackedFixFeatures } from '../stacked-features.js'
import { GSO_ENCAP, GSO_SOFTWARE, type KindFeatures, SCATTER, SOFT_OFF } from '../../core/netdev-features.js'
import {
  devChangeFlags,
  devSetAllmulti,
  netdevRxHandlerRegister,
  netdevRxHandlerUnregister,
  netifStackedTransferOperstate,
  registerNetdevice,
  unregisterNetdevice,
} from '../../core/dev.js'
import { devMcSync, devMcUnsync, devUcSync, devUcUnsync } from '../../core/dev-addr-lists.js'
import { netdevUpperDevLink, netdevUpperDevUnlink } from '../../core/dev-adjacency.js'
import {
  ARPHRD_ETHER,
  type DeviceOps,
  DevStats,
  deviceOps,
  IFF_ALLMULTI,
  IFF_LOOPBACK,
  IFF_NOARP,
  type InetaddrOps,
  NETIF_F_VLAN_CHALLENGED,
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
import { extackError, NetloomError } from '../../errors.js'
import { formatIpv4 } from '../../wire/ip.js'
import { ipvlanHandleFrame, ipvlanPurge, ipvlanStartXmit } from './ipvlan-core.js'
import { IPVLAN_L3MDEV_OPS } from './ipvlan-l3s.js'
import {
  Ipvlan,
  ipvlanAddrBusy,
  IPVLAN_F_PRIVATE,
  IPVLAN_F_VEPA,
  ipvlanHtAddrAdd,
  ipvlanHtAddrDel,
  IPVLAN_MODE_L2,
  IPVLAN_MODE_L3,
  IPVLAN_MODE_L3S,
  IpvlanPort,
  ipvlanPortOf,
  ipvlanPriv,
  isIpvlan,
} from './ipvlan-private.js'
import { checkMtu, createLink } from '../create-link.js'

/** Mode of the ipvlans of a master. */
export type IpvlanMode = 'l2' | 'l3' | 'l3s'

/** How the ipvlans of a master talk: directly, not at all, or by way of what is outside. */
export type IpvlanFlag = 'bridge' | 'private' | 'vepa'

/** Attributes of the kind `ipvlan`; they are those of all ipvlans of the master. */
export interface IpvlanAttrs {
  /** `l3` when absent, for a new device too. */
  readonly mode: IpvlanMode
  /** `bridge` at first. */
  readonly flag: IpvlanFlag
}

const MODES: Readonly<Record<IpvlanMode, number>> = {
  l2: IPVLAN_MODE_L2,
  l3: IPVLAN_MODE_L3,
  l3s: IPVLAN_MODE_L3S,
}
const FLAGS: Readonly<Record<IpvlanFlag, number>> = { bridge: 0, private: IPVLAN_F_PRIVATE, vepa: IPVLAN_F_VEPA }

const nameOf = <W extends string>(numbers: Readonly<Record<W, number>>, value: number): W =>
  (Object.keys(numbers) as W[]).find(name => numbers[name] === value)!

const checkWord = (name: string, words: object, value: string | undefined): void => {
  if (value === undefined || Object.hasOwn(words, value)) return
  throw new NetloomError('EINVAL', undefined, { attribute: name, value })
}

const ipvlanValidate = (attrs: Partial<IpvlanAttrs>): void => {
  for (const name of Object.keys(attrs))
    if (name !== 'mode' && name !== 'flag')
      throw new NetloomError('EINVAL', undefined, { attribute: name, known: ['mode', 'flag'] })
  checkWord('mode', MODES, attrs.mode)
  checkWord('flag', FLAGS, attrs.flag)
}

/** Changes the mode of a master's ipvlans: in layer 3 modes they have no ARP (ipvlan_set_port_mode). */
const setPortMode = (port: IpvlanPort, mode: number): void => {
  if (port.mode === mode) return
  const noArp = mode !== IPVLAN_MODE_L2
  for (const { dev } of port.ipvlans) devChangeFlags(dev, noArp ? IFF_NOARP : 0, noArp ? 0 : IFF_NOARP)
  port.dev.l3mdevOps = mode === IPVLAN_MODE_L3S ? IPVLAN_L3MDEV_OPS : null
  flowFlush(port.dev.netns)
  port.mode = mode
}

const ipvlanChangelink = (dev: NetDevice, attrs: Partial<IpvlanAttrs>): void => {
  ipvlanValidate(attrs)
  const { port } = ipvlanPriv(dev)
  if (attrs.mode !== undefined) setPortMode(port, MODES[attrs.mode])
  if (attrs.flag !== undefined) port.flags = FLAGS[attrs.flag]
}

const portCreate = (dev: NetDevice): IpvlanPort => {
  const port = new IpvlanPort(dev)
  netdevRxHandlerRegister(dev, ipvlanHandleFrame, port)
  return port
}

const portDestroy = (port: IpvlanPort): void => {
  port.dev.l3mdevOps = null
  netdevRxHandlerUnregister(port.dev)
  ipvlanPurge(port)
}

const ipvlanOpen = (dev: NetDevice): void => {
  const ipvlan = ipvlanPriv(dev)
  if (ipvlan.port.mode === IPVLAN_MODE_L2) dev.flags &= ~IFF_NOARP
  else dev.flags |= IFF_NOARP
  for (const addr of ipvlan.addrs) ipvlanHtAddrAdd(ipvlan, addr)
}

const ipvlanStop = (dev: NetDevice): void => {
  const ipvlan = ipvlanPriv(dev)
  devUcUnsync(ipvlan.phyDev, dev)
  devMcUnsync(ipvlan.phyDev, dev)
  for (const addr of ipvlan.addrs) ipvlanHtAddrDel(ipvlan, addr)
}

const ipvlanSetRxMode = (dev: NetDevice): void => {
  const { phyDev, macFilter } = ipvlanPriv(dev)
  macFilter.ofDevice(dev)
  devUcSync(phyDev, dev)
  devMcSync(phyDev, dev)
}

const ipvlanGetStats = (dev: NetDevice): DevStats => {
  const { rxErrors } = ipvlanPriv(dev)
  const out = Object.assign(new DevStats(), dev.stats)
  out.rxErrors = rxErrors
  out.rxDropped += rxErrors
  return out
}

const ipvlanUninit = (dev: NetDevice): void => {
  const { port } = ipvlanPriv(dev)
  if (--port.count === 0) portDestroy(port)
}

/** What `ethtool -k` shows of a new one. */
const IPVLAN_FEATURES: KindFeatures = {
  fixedOn: [
    ...SCATTER,
    ...GSO_SOFTWARE,
    ...GSO_ENCAP,
    'tx-checksum-ip-generic',
    'rx-checksum',
    'highdma',
    'tx-gso-robust',
    'vlan-challenged',
  ],
  on: ['tx-generic-segmentation', 'rx-gro'],
  off: ['tx-nocache-copy', ...SOFT_OFF],
  fix: stackedFixFeatures,
}

const IPVLAN_OPS: DeviceOps = deviceOps({
  kind: 'ipvlan',
  features: IPVLAN_FEATURES,
  startXmit: ipvlanStartXmit,
  open: ipvlanOpen,
  stop: ipvlanStop,
  uninit: ipvlanUninit,
  setMacAddress: dev => {
    throw new NetloomError('EOPNOTSUPP', undefined, { dev: dev.name })
  },
  changeRxFlags: (dev, change) => {
    if (change & IFF_ALLMULTI) devSetAllmulti(ipvlanPriv(dev).phyDev, dev.flags & IFF_ALLMULTI ? 1 : -1)
  },
  setRxMode: ipvlanSetRxMode,
  getIflink: dev => {
    const { phyDev } = ipvlanPriv(dev)
    return { ifindex: phyDev.ifindex, dev: phyDev }
  },
  getStats: ipvlanGetStats,
  getSpeed: dev => {
    const { phyDev } = ipvlanPriv(dev)
    return phyDev.ops.getSpeed?.(phyDev) ?? -1
  },
})

/** An ipvlan's addresses are what it receives packets by; no two of one master have the same (ipvlan_addr4_event). */
const IPVLAN_INETADDR_OPS: InetaddrOps = {
  validate(dev, addr) {
    if (ipvlanAddrBusy(ipvlanPriv(dev).port, addr))
      throw extackError('EADDRINUSE', 'Address already assigned to an ipvlan device', {
        dev: dev.name,
        address: formatIpv4(addr),
      })
  },
  up(dev, addr) {
    const ipvlan = ipvlanPriv(dev)
    if (ipvlanAddrBusy(ipvlan.port, addr)) return
    ipvlan.addrs.push(addr)
    if (dev.running) ipvlanHtAddrAdd(ipvlan, addr)
  },
  down(dev, addr) {
    const ipvlan = ipvlanPriv(dev)
    const at = ipvlan.addrs.indexOf(addr)
    if (at < 0) return
    ipvlanHtAddrDel(ipvlan, addr)
    ipvlan.addrs.splice(at, 1)
  },
}

/** The master: of an ipvlan its own one. Throws EINVAL for none and for lo, EBUSY for one that others are stacked on. */
const masterOf = (base: NewLinkBase): NetDevice => {
  const { link } = base
  if (link === undefined) throw new NetloomError('EINVAL', undefined, { name: base.name, attribute: 'link' })
  const context = { dev: link.name }
  if (!link.registered) throw new NetloomError('ENODEV', undefined, context)
  if (isIpvlan(link)) return ipvlanPriv(link).phyDev
  if (ipvlanPortOf(link) !== null) return link
  if (link.type !== ARPHRD_ETHER || link.flags & IFF_LOOPBACK) throw new NetloomError('EINVAL', undefined, context)
  if (link.rxHandler !== null) throw new NetloomError('EBUSY', undefined, context)
  return link
}

const newDevice = (base: NewLinkBase, phyDev: NetDevice): NetDevice => {
  const dev = createLink(base, IPVLAN_OPS)
  dev.unicastFlt = true
  dev.noRxHandler = true
  dev.features |= NETIF_F_VLAN_CHALLENGED
  dev.inetaddrOps = IPVLAN_INETADDR_OPS
  dev.mtu = base.mtu ?? phyDev.mtu
  // Whatever was asked for.
  dev.setAddr(phyDev.addr)
  dev.carrier = phyDev.carrier
  dev.tsoMaxSize = phyDev.tsoMaxSize
  dev.hardHeaderLen = phyDev.hardHeaderLen
  return dev
}

const register = (base: NewLinkBase, attrs: Partial<IpvlanAttrs>, port: IpvlanPort): NetDevice => {
  const phyDev = port.dev
  const dev = newDevice(base, phyDev)
  const ipvlan = new Ipvlan(dev, port)
  dev.priv = ipvlan
  registerNetdevice(dev, base.ifindex ?? 0)
  port.count++
  try {
    netdevUpperDevLink(phyDev, dev)
  } catch (e) {
    unregisterNetdevice(dev)
    throw e
  }
  if (attrs.flag !== undefined) port.flags = FLAGS[attrs.flag]
  setPortMode(port, MODES[attrs.mode ?? 'l3'])
  port.ipvlans.push(ipvlan)
  netifStackedTransferOperstate(phyDev, dev)
  return dev
}

/**
 * Makes an ipvlan (ipvlan_link_new). Throws EINVAL without a master, on lo and on an ipvlan-less device that can have none,
 * EBUSY on a port of a bridge or a macvlan's lower device.
 */
const ipvlanNewlink = (base: NewLinkBase, attrs: Partial<IpvlanAttrs>): NetDevice => {
  ipvlanValidate(attrs)
  checkMtu(base)
  const phyDev = masterOf(base)
  const existing = ipvlanPortOf(phyDev)
  if (existing !== null) return register(base, attrs, existing)
  const port = portCreate(phyDev)
  try {
    return register(base, attrs, port)
  } catch (e) {
    if (ipvlanPortOf(phyDev) === port) portDestroy(port)
    throw e
  }
}

const ipvlanDellink = (dev: NetDevice): void => {
  const ipvlan = ipvlanPriv(dev)
  for (const addr of ipvlan.addrs.splice(0)) ipvlanHtAddrDel(ipvlan, addr)
  const { ipvlans } = ipvlan.port
  const at = ipvlans.indexOf(ipvlan)
  if (at >= 0) ipvlans.splice(at, 1)
  unregisterNetdevice(dev)
  netdevUpperDevUnlink(ipvlan.phyDev, dev)
}

/** Ipvlans follow their master (ipvlan_device_event); its MTU is theirs, whatever they had. */
const ipvlanDeviceEvent = (event: number, dev: NetDevice): void => {
  const port = ipvlanPortOf(dev)
  if (port === null) return
  switch (event) {
    case NETDEV_UP:
    case NETDEV_DOWN:
    case NETDEV_CHANGE:
      for (const ipvlan of port.ipvlans) netifStackedTransferOperstate(dev, ipvlan.dev)
      break
    case NETDEV_CHANGEMTU:
      for (const ipvlan of port.ipvlans) ipvlan.dev.mtu = dev.mtu
      break
    case NETDEV_CHANGEADDR:
      for (const ipvlan of port.ipvlans) {
        ipvlan.dev.setAddr(dev.addr)
        dev.netns.world.notifiers.call(NETDEV_CHANGEADDR, ipvlan.dev)
      }
      break
    case NETDEV_UNREGISTER:
      if (dev.unregistering) for (const ipvlan of [...port.ipvlans]) ipvlanDellink(ipvlan.dev)
      break
    case NETDEV_NOTIFY_PEERS:
      for (const ipvlan of port.ipvlans) dev.netns.world.notifiers.call(event, ipvlan.dev)
      break
  }
}

/** The kind `ipvlan`. */
export const IPVLAN_KIND: LinkKind<IpvlanAttrs> = {
  kind: 'ipvlan',
  init: world => world.notifiers.register(ipvlanDeviceEvent),
  newlink: ipvlanNewlink,
  changelink: ipvlanChangelink,
  dellink: ipvlanDellink,
  fillInfo: (dev): IpvlanAttrs => {
    const { port } = ipvlanPriv(dev)
    return { mode: nameOf(MODES, port.mode), flag: nameOf(FLAGS, port.flags) }
  },
}
