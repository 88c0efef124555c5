/**
 * The trace of IPv6 that stays when IPv6 is off: every Ethernet device listens to 33:33:00:00:00:01, the link-layer form
 * of ff02::1, as long as its MTU is enough for IPv6. `bridge fdb` lists it. Everything else of IPv6 is left out.
 *
 * @see net/ipv6/addrconf.c addrconf_notify, ipv6_add_dev
 */
import { devMcAdd, devMcDel } from '../core/dev.js'
import { ARPHRD_ETHER, type NetDevice } from '../core/netdev.js'
import { NETDEV_CHANGEMTU, NETDEV_REGISTER } from '../core/notifier.js'
import type { World } from '../core/world.js'

/** Link-layer form of ff02::1. */
export const IPV6_ALL_NODES_MAC = 0x333300000001
/** Link-layer form of ff02::6a, which bridges with multicast snooping listen to. */
export const IPV6_ALL_SNOOPERS_MAC = 0x33330000006a

const IPV6_MIN_MTU = 1280

const addrconfNotify = (event: number, dev: NetDevice): void => {
  if ((event !== NETDEV_REGISTER && event !== NETDEV_CHANGEMTU) || dev.type !== ARPHRD_ETHER) return
  const listens = dev.mc.has(IPV6_ALL_NODES_MAC)
  if (dev.mtu >= IPV6_MIN_MTU) {
    if (!listens) devMcAdd(dev, IPV6_ALL_NODES_MAC)
  } else if (listens) devMcDel(dev, IPV6_ALL_NODES_MAC)
}

/** IPv6 groups of a device in the order in which the kernel lists them, the newest first; bits 127-112 and 15-0 of each. */
export const ipv6Groups = (dev: NetDevice): readonly number[] => {
  if (dev.mtu < IPV6_MIN_MTU) return []
  const nodes = [0xff020001, 0xff010001]
  return dev.mc.has(IPV6_ALL_SNOOPERS_MAC) && !dev.mcStatic.has(IPV6_ALL_SNOOPERS_MAC) ? [0xff02006a, ...nodes] : nodes
}

/** Makes the devices of a World listen to ff02::1. */
export const registerIpv6AllNodes = (world: World): void => world.notifiers.register(addrconfNotify)
