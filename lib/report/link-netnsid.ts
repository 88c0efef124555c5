/**
 * Numbers that a namespace gives to others which it meets behind its devices (nsid), for `link_netnsid` in JSON.
 *
 * DIFFERS: the kernel gives a number when a device is announced, netloom when devices are first listed, by ifindex; they
 * agree unless devices were moved or deleted before.
 *
 * @see net/core/net_namespace.c peernet2id_alloc
 */
import { type Netns, netnsSlot } from '../core/netns.js'
import type { LinkInfo } from '../rtnl/link.js'

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

/** Gives numbers to all namespaces behind the devices of `netns`. */
const meetAll = (netns: Netns): void => {
  const ids = netns.slot(IDS)
  for (const dev of netns.devices) {
    const kind = netns.world.linkKinds.get(dev.ops.kind)
    const far = kind?.getLinkNet?.(dev) ?? dev.ops.getIflink?.(dev).dev?.netns
    if (far !== undefined && far !== netns && !ids.has(far)) allocId(netns, far)
  }
}

/** Number of `other` in `netns`; null when it has none there. */
export const netnsid = (netns: Netns, other: Netns): number | null => {
  const ids = netns.slot(IDS)
  if (!ids.has(other)) meetAll(netns)
  return ids.get(other) ?? null
}

/** Number of the namespace where the far end of `info` is, in the namespace of `info`; null when it is the same one. */
export const linkNetnsid = (info: LinkInfo): number | null =>
  info.linkNetns === null ? null : netnsid(info.dev.netns, info.linkNetns)
