/**
 * The multicast groups that a host has joined on a device.
 *
 * @see include/linux/igmp.h struct ip_mc_list
 */
import type { Skb } from '../core/skb.js'
import type { Timer } from '../sim/timer.js'
import type { InDevice } from './in-device.js'

/** One group on one device. */
export class McGroup {
  readonly inDev: InDevice
  readonly addr: number
  /** Sockets and kernel users that want it. */
  users = 1
  /** True while the device listens to the group's link-layer address. */
  loaded = false
  /** Change records about it that are still to be sent (IGMPv3). */
  crCount = 0
  /** Reports still to be sent without being asked (IGMPv1 and 2). */
  unsolicited = 0
  /** True when this host was the last one to report the group (IGMPv2). */
  reporter = false
  /** The group's own report is due; see igmp.ts. */
  timer: Timer<McGroup, Skb> | null = null

  constructor(inDev: InDevice, addr: number) {
    this.inDev = inDev
    this.addr = addr
  }
}

/** True when the host listens to `addr` on the device (ip_check_mc_rcu). */
export const isMcMember = (inDev: InDevice, addr: number): boolean => {
  const list = inDev.mcList
  for (let i = 0; i < list.length; i++) if (list[i]!.addr === addr) return true
  return false
}
