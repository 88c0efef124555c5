/**
 * The netdevice notifier chain: how layers hear about devices. Within one event the subscribers are called in the order
 * in which they registered, which is the order in which the kernel's modules come up.
 *
 * @see include/linux/netdevice.h enum netdev_cmd, kernel/notifier.c
 */
import { flowFlush } from './flow-genid.js'
import type { NetDevice } from './netdev.js'

export const NETDEV_UP = 1
export const NETDEV_DOWN = 2
export const NETDEV_CHANGE = 4
export const NETDEV_REGISTER = 5
export const NETDEV_UNREGISTER = 6
export const NETDEV_CHANGEMTU = 7
export const NETDEV_CHANGEADDR = 8
export const NETDEV_GOING_DOWN = 9
export const NETDEV_CHANGENAME = 10
/** Offload features of the device changed. */
export const NETDEV_FEAT_CHANGE = 12
export const NETDEV_NOTIFY_PEERS = 18
export const NETDEV_CHANGEUPPER = 21

/** Hears of an event; `dev` is the device concerned. */
export type NetdevNotifier = (event: number, dev: NetDevice) => void

/** Subscribers of one World. */
export class NotifierChain {
  /** Replaced on every change, so that a subscriber may leave while it is told something. */
  #subscribers: readonly NetdevNotifier[] = []

  /** Adds a subscriber at the end. */
  register(notifier: NetdevNotifier): void {
    this.#subscribers = [...this.#subscribers, notifier]
  }

  /** Removes a subscriber (unregister_netdevice_notifier, without the events that take devices away again). */
  unregister(notifier: NetdevNotifier): void {
    this.#subscribers = this.#subscribers.filter(other => other !== notifier)
  }

  /** Tells everybody. */
  call(event: number, dev: NetDevice): void {
    flowFlush(dev.netns)
    const subscribers = this.#subscribers
    for (let i = 0; i < subscribers.length; i++) subscribers[i]!(event, dev)
  }
}
