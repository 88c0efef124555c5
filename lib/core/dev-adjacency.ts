/**
 * Which device is stacked on which: a macvlan on its lower device, a bridge on its ports. The links are in one namespace or
 * across two, and never form a circle.
 *
 * @see net/core/dev.c netdev_upper_dev_link, netdev_master_upper_dev_link
 */
import { NetloomError } from '../errors.js'
import type { NetDevice } from './netdev.js'

/** Levels of devices that may be stacked on one another (MAX_NEST_DEV). */
export const MAX_NEST_DEV = 8

/** True when `upper` is stacked on `dev`, directly or through others (netdev_has_upper_dev_all_rcu). */
export const netdevHasUpperDev = (dev: NetDevice, upper: NetDevice): boolean =>
  dev.upper.some(u => u === upper || netdevHasUpperDev(u, upper))

const levels = (dev: NetDevice, list: 'upper' | 'lower'): number =>
  1 + dev[list].reduce((most, next) => Math.max(most, levels(next, list)), 0)

/**
 * Stacks `upper` on `dev`. Throws EBUSY for a device on itself or the other way round already, EEXIST when it is done,
 * EMLINK for more than {@link MAX_NEST_DEV} levels.
 */
export const netdevUpperDevLink = (dev: NetDevice, upper: NetDevice): void => {
  const context = { dev: dev.name, upper: upper.name }
  if (dev === upper || netdevHasUpperDev(upper, dev)) throw new NetloomError('EBUSY', undefined, context)
  if (dev.upper.includes(upper)) throw new NetloomError('EEXIST', undefined, context)
  if (levels(dev, 'lower') + levels(upper, 'upper') > MAX_NEST_DEV) throw new NetloomError('EMLINK', undefined, context)
  dev.upper.push(upper)
  upper.lower.push(dev)
}

/** Takes `upper` off `dev`; nothing happens when it is not on it. */
export const netdevUpperDevUnlink = (dev: NetDevice, upper: NetDevice): void => {
  const i = dev.upper.indexOf(upper)
  if (i < 0) return
  dev.upper.splice(i, 1)
  upper.lower.splice(upper.lower.indexOf(dev), 1)
}
