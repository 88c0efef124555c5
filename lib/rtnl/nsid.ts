/**
 * Numbers that a namespace gives to others which it meets behind its devices (nsid).
 *
 * A number is given when a device is announced whose other end is elsewhere: when it comes into the namespace, or something
 * about it changes.
 *
 * @see net/core/net_namespace.c peernet2id_alloc, net/core/rtnetlink.c rtnl_fill_link_netnsid
 */
import type { NetDevice } from '../core/netdev.js'
import { type Netns, netnsSlot } from '../core/netns.js'
import { NETDEV_UNREGISTER } from '../core/notifier.js'

const IDS = netnsSlot('nsid', () => new Map<Netns, number>())

/** Gives the smallest free number; numbers of namespaces that are gone are free. */
const allocId = (netns: Netns, other: Netns): void => {
  const ids = netns.slot(IDS)
  for (const known of ids.keys()) if (!known.alive) ids.delete(known)
  const taken = new Set(ids.values())
  let id = 0
  while (taken.has(id)) id++
  ids.set(other, id)
}

const meet = (dev: NetDevice): void => {
  const { netns } = dev
  const kind = netns.world.linkKinds.get(dev.ops.kind)
  const far = kind?.getLinkNet?.(dev) ?? dev.ops.getIflink?.(dev).dev?.netns
  if (far !== undefined && far !== netns && !netns.slot(IDS).has(far)) allocId(netns, far)
}

/** A device is announced: the namespace behind it gets a number. */
export const nsidEvent = (event: number, dev: NetDevice): void => {
  if (event !== NETDEV_UNREGISTER) meet(dev)
}

/** Number of `other` in `netns`; null when it has none there. */
export const netnsid = (netns: Netns, other: Netns): number | null => {
  const ids = netns.slot(IDS)
  if (!ids.has(other)) for (const dev of netns.devices) meet(dev)
  return ids.get(other) ?? null
}
