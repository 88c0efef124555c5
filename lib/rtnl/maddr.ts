/**
 * Multicast addresses that devices listen to, as `ip maddr` asks for them.
 *
 * @see net/core/net-procfs.c dev_mc_seq_show, net/ipv4/igmp.c igmp_mc_seq_show, net/core/dev_ioctl.c SIOCADDMULTI
 */
import { devMcAddGlobal, devMcDelGlobal } from '../core/dev.js'
import { ARPHRD_LOOPBACK, type NetDevice } from '../core/netdev.js'
import type { Netns } from '../core/netns.js'
import { ipv6Groups } from '../dev/ipv6-all-nodes.js'
import { NetloomError } from '../errors.js'
import { inDevOf } from '../ip/in-device.js'

/** One address that a device listens to. */
export interface MaddrInfo {
  readonly dev: NetDevice
  readonly family: 'link' | 'inet' | 'inet6'
  /** MAC as a 48-bit number, IPv4 group as int32, or of an IPv6 group bits 127-112 and 15-0 (ff0X::Y). */
  readonly addr: number
  readonly users: number
  /** A user asked for it (`ip maddr add`). */
  readonly isStatic: boolean
}

/** An address that was passed down to the device below counts one use more, unless it stuck: then that use is in the list. */
const usesBelow = ({ mcSync }: NetDevice, addr: number): number =>
  mcSync.down.has(addr) && !mcSync.stuck.has(addr) ? 1 : 0

const groupsOf = (dev: NetDevice): MaddrInfo[] => [
  ...[...dev.mc].map(([addr, users]): MaddrInfo => {
    return { dev, family: 'link', addr, users: users + usesBelow(dev, addr), isStatic: dev.mcStatic.has(addr) }
  }),
  ...(inDevOf(dev)?.mcList ?? []).map(({ addr, users }): MaddrInfo => {
    return { dev, family: 'inet', addr, users, isStatic: false }
  }),
  ...ipv6Groups(dev).map((addr): MaddrInfo => ({ dev, family: 'inet6', addr, users: 1, isStatic: false })),
]

/** The addresses of all devices by ifindex: of the link layer in the order in which they came, groups the last one first. */
export const maddrList = (netns: Netns): MaddrInfo[] => netns.devices.flatMap(groupsOf)

const checkDevice = (netns: Netns, dev: NetDevice): void => {
  if (dev.netns !== netns) throw new NetloomError('ENODEV', undefined, { dev: dev.name, netns: netns.name })
  if (dev.type === ARPHRD_LOOPBACK) throw new NetloomError('EINVAL', undefined, { dev: dev.name })
}

/** Lets a device listen to a link-layer address. Twice is once. Throws EINVAL for a loopback device. */
export const maddrAdd = (netns: Netns, dev: NetDevice, mac: number): void => {
  checkDevice(netns, dev)
  devMcAddGlobal(dev, mac)
}

/** Ends what {@link maddrAdd} began. Throws ENOENT when a user has not asked for it, EINVAL for a loopback device. */
export const maddrDel = (netns: Netns, dev: NetDevice, mac: number): void => {
  checkDevice(netns, dev)
  if (!devMcDelGlobal(dev, mac)) throw new NetloomError('ENOENT', undefined, { dev: dev.name })
}
