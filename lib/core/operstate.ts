/**
 * RFC 2863 operational state of a device, and the index of what it is stacked on.
 *
 * @see net/core/link_watch.c default_operstate, net/core/dev.c dev_get_iflink
 */
import { IF_OPER_DOWN, IF_OPER_LOWERLAYERDOWN, IF_OPER_UP, type NetDevice } from './netdev.js'

/** ifindex of the device that `dev` is stacked on or paired with; its own for ordinary ones (dev_get_iflink). */
export const devIflink = (dev: NetDevice): number => dev.ops.getIflink?.(dev).ifindex ?? dev.ifindex

/** Operational state that follows from carrier (default_operstate). */
export const defaultOperstate = (dev: NetDevice): number => {
  if (dev.carrier) return IF_OPER_UP
  const iflink = devIflink(dev)
  if (iflink === dev.ifindex) return IF_OPER_DOWN
  // The kernel looks the peer's index up in the device's own namespace, also when the peer lives in another one.
  const lower = dev.netns.devByIndex(iflink)
  return lower === null || lower.carrier ? IF_OPER_DOWN : IF_OPER_LOWERLAYERDOWN
}
