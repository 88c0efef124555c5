/**
 * Life and state of devices: registration, up and down, carrier, MTU, address, promiscuity, moving between namespaces.
 *
 * These are the kernel's own steps; rtnl/link.ts is the checked door for everybody else.
 *
 * @see net/core/dev.c, net/core/dev_addr_lists.c
 */
import { extackError, NetloomError } from '../errors.js'
import { flowFlush } from './flow-genid.js'
import {
  IFF_ALLMULTI,
  IFF_MULTICAST,
  IFF_NOARP,
  IFF_PROMISC,
  IFF_UP,
  IF_OPER_UNKNOWN,
  type NetDevice,
  type PacketTap,
  type RxHandler,
} from './netdev.js'
import type { Netns } from './netns.js'
import {
  NETDEV_CHANGE,
  NETDEV_CHANGEADDR,
  NETDEV_CHANGEMTU,
  NETDEV_CHANGENAME,
  NETDEV_DOWN,
  NETDEV_GOING_DOWN,
  NETDEV_REGISTER,
  NETDEV_UNREGISTER,
  NETDEV_UP,
} from './notifier.js'
import { defaultOperstate } from './operstate.js'
import { NOOP_QDISC, NOQUEUE_QDISC, Qdisc } from './qdisc.js'

/** Longest device name plus one (IFNAMSIZ). */
export const IFNAMSIZ = 16

/** Checks a device name as dev_valid_name does; throws EINVAL. */
export const checkDevName = (name: string): void => {
  const bad = name === '' || name.length >= IFNAMSIZ || name === '.' || name === '..' || /[/:\s]/.test(name)
  if (bad) throw new NetloomError('EINVAL', undefined, { name })
}

/** `name` itself, or the first free number in place of a `%d` (dev_get_valid_name). Throws EINVAL, EEXIST. */
export const devAllocName = (netns: Netns, name: string): string => {
  checkDevName(name)
  if (!name.includes('%')) {
    if (netns.devByName(name) !== null) throw new NetloomError('EEXIST', undefined, { name, netns: netns.name })
    return name
  }
  if (!/^[^%]*%d[^%]*$/.test(name)) throw new NetloomError('EINVAL', undefined, { name })
  for (let i = 0; ; i++) {
    const candidate = name.replace('%d', String(i))
    if (netns.devByName(candidate) === null) return candidate
  }
}

/** Puts a device into its namespace (register_netdevice). `ifindex` 0 takes the next free one. Throws EEXIST, EINVAL, EBUSY. */
export const registerNetdevice = (dev: NetDevice, ifindex = 0): void => {
  const { netns } = dev
  dev.name = devAllocName(netns, dev.name)
  if (ifindex > 0 && netns.devByIndex(ifindex) !== null) throw new NetloomError('EBUSY', undefined, { ifindex })
  dev.ifindex = netns.allocIfindex(ifindex)
  dev.registered = true
  if (!dev.carrier) dev.operstate = defaultOperstate(dev)
  netns.link(dev)
  netns.world.notifiers.call(NETDEV_REGISTER, dev)
}

/** Takes a device out of the world (unregister_netdevice): down, out of its bridge, forgotten by every layer. */
export const unregisterNetdevice = (dev: NetDevice): void => {
  if (!dev.registered) return
  devClose(dev)
  dev.unregistering = true
  const { world } = dev.netns
  dev.master?.ops.delSlave?.(dev.master, dev)
  for (const slave of [...dev.slaves]) dev.ops.delSlave?.(dev, slave)
  devShutdown(dev)
  world.notifiers.call(NETDEV_UNREGISTER, dev)
  dev.ops.uninit?.(dev)
  dev.registered = false
  dev.taps = null
  dev.tapsDown = null
  dev.netns.unlink(dev)
}

/** Brings a device up (dev_open). Throws what the kind refuses with. */
export const devOpen = (dev: NetDevice): void => {
  if (dev.flags & IFF_UP) return
  dev.running = true
  try {
    dev.ops.open?.(dev)
  } catch (e) {
    dev.running = false
    throw e
  }
  dev.flags |= IFF_UP
  devSetRxMode(dev)
  devActivate(dev)
  dev.netns.world.notifiers.call(NETDEV_UP, dev)
  // Packet sockets are the last to hear that a device is up: what the others send on hearing it, they do not see.
  dev.taps = dev.tapsDown
  dev.tapsDown = null
  flowFlush(dev.netns)
}

/** Takes a device down (dev_close). */
export const devClose = (dev: NetDevice): void => {
  if ((dev.flags & IFF_UP) === 0) return
  const { notifiers } = dev.netns.world
  notifiers.call(NETDEV_GOING_DOWN, dev)
  dev.running = false
  devDeactivate(dev)
  dev.ops.stop?.(dev)
  dev.flags &= ~IFF_UP
  flowFlush(dev.netns)
  notifiers.call(NETDEV_DOWN, dev)
  dev.tapsDown = dev.taps
  dev.taps = null
}

/** Lets the device transmit, if it has a carrier; gives it a qdisc when it has none (dev_activate). */
export const devActivate = (dev: NetDevice): void => {
  flowFlush(dev.netns)
  if (dev.qdiscSleeping === NOOP_QDISC) dev.qdiscSleeping = defaultQdisc(dev)
  if (dev.carrier) dev.qdisc = dev.qdiscSleeping.ops.enqueue === null ? null : dev.qdiscSleeping
}

/** The qdisc of a device that was given none (attach_default_qdiscs). One without a queue length queues nothing. */
const defaultQdisc = (dev: NetDevice): Qdisc => {
  if (dev.noQueue || dev.txQueueLen === 0) return NOQUEUE_QDISC
  const ops = dev.netns.world.qdiscKinds.get(dev.numTxQueues > 1 ? 'mq' : 'pfifo_fast')
  if (ops === null) return NOQUEUE_QDISC
  const q = new Qdisc(ops, dev)
  ops.init?.(q, null)
  return q
}

/** Lets the device drop whatever is sent, and what its qdisc holds (dev_deactivate). */
export const devDeactivate = (dev: NetDevice): void => {
  dev.qdisc = NOOP_QDISC
  flowFlush(dev.netns)
  dev.qdiscSleeping.ops.reset(dev.qdiscSleeping)
}

/** Takes the qdiscs of a device away (dev_shutdown). */
export const devShutdown = (dev: NetDevice): void => {
  devDeactivate(dev)
  dev.qdiscSleeping = NOOP_QDISC
  dev.qdiscHash = null
}

/** Carrier is there (netif_carrier_on). */
export const netifCarrierOn = (dev: NetDevice): void => {
  if (dev.carrier) return
  dev.carrier = true
  flowFlush(dev.netns)
  dev.carrierUpCount++
  if (dev.registered) dev.netns.world.linkWatch.fire(dev)
}

/** Carrier is lost (netif_carrier_off). */
export const netifCarrierOff = (dev: NetDevice): void => {
  if (!dev.carrier) return
  dev.carrier = false
  flowFlush(dev.netns)
  dev.carrierDownCount++
  if (dev.registered) dev.netns.world.linkWatch.fire(dev)
}

/** Gives a device the carrier of the one that it is stacked on (netif_stacked_transfer_operstate). */
export const netifStackedTransferOperstate = (root: NetDevice, dev: NetDevice): void => {
  if (root.carrier) netifCarrierOn(dev)
  else netifCarrierOff(dev)
}

/**
 * Sets and clears IFF_* flags as the administrator asks (netif_change_flags): IFF_UP, IFF_NOARP, IFF_MULTICAST, and one
 * use of IFF_PROMISC and IFF_ALLMULTI. Throws what the kind refuses to come up with.
 */
export const devChangeFlags = (dev: NetDevice, set: number, clear: number): void => {
  const plain = IFF_NOARP | IFF_MULTICAST
  const old = dev.flags
  dev.flags = (old | (set & plain)) & ~(clear & plain)
  flowFlush(dev.netns)
  const changed = dev.flags !== old
  devSetRxMode(dev)
  if (set & IFF_UP) devOpen(dev)
  else if (clear & IFF_UP) devClose(dev)
  changeUse(dev, set, clear, IFF_PROMISC, devSetPromiscuity)
  changeUse(dev, set, clear, IFF_ALLMULTI, devSetAllmulti)
  if (changed && dev.flags & IFF_UP) dev.netns.world.notifiers.call(NETDEV_CHANGE, dev)
}

const changeUse = (
  dev: NetDevice,
  set: number,
  clear: number,
  flag: number,
  count: (dev: NetDevice, inc: number) => void,
): void => {
  const has = (dev.gflags & flag) !== 0
  const wants = (set & flag) !== 0 || (has && (clear & flag) === 0)
  if (wants === has) return
  dev.gflags ^= flag
  count(dev, wants ? 1 : -1)
}

/** Changes the MTU (dev_set_mtu). Throws EINVAL with the kernel's two messages for values out of range. */
export const devSetMtu = (dev: NetDevice, mtu: number): void => {
  if (mtu === dev.mtu) return
  const context = { dev: dev.name, mtu, min: dev.minMtu, max: dev.maxMtu }
  if (mtu < dev.minMtu) throw extackError('EINVAL', 'mtu less than device minimum', context)
  if (dev.maxMtu > 0 && mtu > dev.maxMtu) throw extackError('EINVAL', 'mtu greater than device maximum', context)
  dev.ops.changeMtu?.(dev, mtu)
  dev.mtu = mtu
  flowFlush(dev.netns)
  dev.netns.world.notifiers.call(NETDEV_CHANGEMTU, dev)
}

/**
 * Changes the link-layer address (dev_set_mac_address). Everybody is told also when the address stays the same. Throws
 * EADDRNOTAVAIL for a group or zero address.
 */
export const devSetMacAddress = (dev: NetDevice, mac: number): void => {
  if (mac !== dev.addr) {
    if (mac === 0 || Math.floor(mac / 2 ** 40) & 1)
      throw new NetloomError('EADDRNOTAVAIL', undefined, { dev: dev.name })
    dev.ops.setMacAddress?.(dev, mac)
    dev.setAddr(mac)
  }
  dev.addrAssigned = true
  dev.netns.world.notifiers.call(NETDEV_CHANGEADDR, dev)
}

/** Counts users of promiscuous mode up or down (dev_set_promiscuity). */
export const devSetPromiscuity = (dev: NetDevice, inc: number): void => {
  const was = dev.promiscuity > 0
  dev.promiscuity += inc
  if (dev.promiscuity > 0 === was) return
  dev.flags = was ? dev.flags & ~IFF_PROMISC : dev.flags | IFF_PROMISC
  flowFlush(dev.netns)
  dev.ops.changeRxFlags?.(dev, IFF_PROMISC)
  devSetRxMode(dev)
}

/**
 * Brings the device's filters up to date (dev_set_rx_mode). A device that filters no unicast addresses by itself is
 * promiscuous while it listens to more than its own.
 */
export const devSetRxMode = (dev: NetDevice): void => {
  if ((dev.flags & IFF_UP) === 0) return
  if (!dev.unicastFlt && dev.uc.size > 0 !== dev.ucPromisc) {
    dev.ucPromisc = !dev.ucPromisc
    devSetPromiscuity(dev, dev.ucPromisc ? 1 : -1)
  }
  dev.ops.setRxMode?.(dev)
}

/** Counts users of all-multicast mode up or down (dev_set_allmulti). */
export const devSetAllmulti = (dev: NetDevice, inc: number): void => {
  const was = dev.allmulti > 0
  dev.allmulti += inc
  if (dev.allmulti > 0 === was) return
  dev.flags = was ? dev.flags & ~IFF_ALLMULTI : dev.flags | IFF_ALLMULTI
  dev.ops.changeRxFlags?.(dev, IFF_ALLMULTI)
  devSetRxMode(dev)
}

/** Listens to a link-layer multicast address (dev_mc_add). */
export const devMcAdd = (dev: NetDevice, mac: number): void => addrAdd(dev, dev.mc, mac)

/** Ends one use of a link-layer multicast address (dev_mc_del); false when it was not listened to. */
export const devMcDel = (dev: NetDevice, mac: number): boolean => addrDel(dev, dev.mc, mac)

/** Listens to a link-layer address because a user says so, once however often he does (dev_mc_add_global). */
export const devMcAddGlobal = (dev: NetDevice, mac: number): void => {
  if (dev.mcStatic.has(mac)) return
  dev.mcStatic.add(mac)
  devMcAdd(dev, mac)
}

/** Ends what {@link devMcAddGlobal} began (dev_mc_del_global); false when that was not asked for. */
export const devMcDelGlobal = (dev: NetDevice, mac: number): boolean => dev.mcStatic.delete(mac) && devMcDel(dev, mac)

/** Listens to a further unicast address (dev_uc_add). */
export const devUcAdd = (dev: NetDevice, mac: number): void => addrAdd(dev, dev.uc, mac)

/** Ends one use of a further unicast address (dev_uc_del); false when it was not listened to. */
export const devUcDel = (dev: NetDevice, mac: number): boolean => addrDel(dev, dev.uc, mac)

const addrAdd = (dev: NetDevice, list: Map<number, number>, mac: number): void => {
  list.set(mac, (list.get(mac) ?? 0) + 1)
  devSetRxMode(dev)
}

const addrDel = (dev: NetDevice, list: Map<number, number>, mac: number): boolean => {
  const users = list.get(mac)
  if (users === undefined) return false
  if (users > 1) list.set(mac, users - 1)
  else list.delete(mac)
  devSetRxMode(dev)
  return true
}

/**
 * Gives a device the function that takes what it receives (netdev_rx_handler_register). Throws EBUSY when it has one,
 * EINVAL for a device that can have none.
 */
export const netdevRxHandlerRegister = (dev: NetDevice, handler: RxHandler, data: object): void => {
  if (dev.rxHandler !== null) throw new NetloomError('EBUSY', undefined, { dev: dev.name })
  if (dev.noRxHandler) throw new NetloomError('EINVAL', undefined, { dev: dev.name })
  dev.rxHandler = handler
  flowFlush(dev.netns)
  dev.rxHandlerData = data
}

/** Ends {@link netdevRxHandlerRegister}. */
export const netdevRxHandlerUnregister = (dev: NetDevice): void => {
  dev.rxHandler = null
  flowFlush(dev.netns)
  dev.rxHandlerData = null
}

/** Sets the carrier (dev_change_carrier). Throws EOPNOTSUPP for a device that does not let it be set. */
export const devChangeCarrier = (dev: NetDevice, carrier: boolean): void => {
  if (dev.ops.changeCarrier === null) throw new NetloomError('EOPNOTSUPP', undefined, { dev: dev.name })
  dev.ops.changeCarrier(dev, carrier)
}

/** Holds the carrier down or lets it come back (dev_change_proto_down). Throws EOPNOTSUPP. */
export const devChangeProtoDown = (dev: NetDevice, protoDown: boolean): void => {
  if (!dev.changeProtoDown) throw extackError('EOPNOTSUPP', 'Protodown not supported by device', { dev: dev.name })
  if (protoDown) netifCarrierOff(dev)
  else netifCarrierOn(dev)
  dev.protoDown = protoDown
}

/** Renames a device (dev_change_name). Throws EEXIST, EINVAL. */
export const devChangeName = (dev: NetDevice, name: string): void => {
  if (name === dev.name) return
  const chosen = devAllocName(dev.netns, name)
  dev.netns.rename(dev, chosen)
  dev.netns.world.notifiers.call(NETDEV_CHANGENAME, dev)
}

/** `name` in another namespace; when it is taken there, `fallback`. Throws EEXIST. */
const nameInNetns = (netns: Netns, name: string, fallback: string | null): string => {
  if (netns.devByName(name) === null) return name
  const context = { dev: name, netns: netns.name }
  if (fallback === null)
    throw extackError('EEXIST', 'An interface with the same name exists in the target netns', context)
  try {
    return devAllocName(netns, fallback)
  } catch (e) {
    if (!(e instanceof NetloomError)) throw e
    const text = `Unable to use '${fallback}' for the new interface name in the target netns`
    throw extackError('EEXIST', text, context)
  }
}

/**
 * Moves a device to another namespace (dev_change_net_namespace): it goes down, loses its addresses, keeps its name (or
 * takes `fallback` when that is in use there) and its ifindex if that is free. Throws EINVAL for devices that may not
 * move, EEXIST when no name is left.
 */
export const devChangeNetns = (dev: NetDevice, netns: Netns, fallback: string | null = null): void => {
  if (dev.netns === netns) return
  if (dev.netnsImmutable) throw extackError('EINVAL', 'The interface netns is immutable', { dev: dev.name })
  const chosen = nameInNetns(netns, dev.name, fallback)
  const { notifiers } = netns.world
  devClose(dev)
  dev.master?.ops.delSlave?.(dev.master, dev)
  notifiers.call(NETDEV_UNREGISTER, dev)
  dev.netns.unlink(dev)
  devShutdown(dev)
  dev.uc.clear()
  dev.mc.clear()
  dev.ucSync.clear()
  dev.mcSync.clear()
  dev.taps = null
  dev.tapsDown = null
  dev.netns = netns
  dev.name = chosen
  dev.ifindex = netns.allocIfindex(dev.ifindex)
  flowFlush(netns)
  netns.link(dev)
  notifiers.call(NETDEV_REGISTER, dev)
}

const withTap = (taps: PacketTap[] | null, tap: PacketTap): PacketTap[] => (taps === null ? [tap] : [...taps, tap])

const withoutTap = (taps: PacketTap[] | null, tap: PacketTap): PacketTap[] | null => {
  const left = taps?.filter(t => t !== tap) ?? []
  return left.length > 0 ? left : null
}

/** Adds a capture (packet_notifier takes it off while the device is down); it sees what the device sends and receives from now on. */
export const devAddTap = (dev: NetDevice, tap: PacketTap): void => {
  flowFlush(dev.netns)
  if (dev.flags & IFF_UP) dev.taps = withTap(dev.taps, tap)
  else dev.tapsDown = withTap(dev.tapsDown, tap)
}

/** Removes a capture. */
export const devRemoveTap = (dev: NetDevice, tap: PacketTap): void => {
  flowFlush(dev.netns)
  dev.taps = withoutTap(dev.taps, tap)
  dev.tapsDown = withoutTap(dev.tapsDown, tap)
}

/**
 * Flags as rtnetlink reports them: IFF_RUNNING (0x40) and IFF_LOWER_UP (0x10000) computed, promiscuous and
 * all-multicast mode as the administrator set them (dev_get_flags).
 */
export const reportedFlags = (dev: NetDevice): number => {
  const own = IFF_PROMISC | IFF_ALLMULTI
  let flags = (dev.flags & ~own) | (dev.gflags & own)
  if (dev.running) {
    if (dev.operstate === IF_OPER_UNKNOWN || dev.operstate === 6) flags |= 0x40
    if (dev.carrier) flags |= 0x10000
  }
  return flags
}
