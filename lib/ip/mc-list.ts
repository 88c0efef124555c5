/**
 * The multicast groups that a host has joined on a device.
 *
 * @see include/linux/igmp.h struct ip_mc_list
 */
import { IPPROTO_IGMP } from '../wire/ipv4.js'
import type { InDevice } from './in-device.js'

/** One group on one device. */
export class McGroup {
  readonly addr: number
  /** Sockets and kernel users that want it. */
  users = 1
  /** Reports still to be sent, counted down by the timer. */
  reports = 0
  constructor(addr: number) {
    this.addr = addr
  }
}

/** True when the host listens to `addr` on the device; IGMP is listened to always (ip_check_mc_rcu). */
export const isMcMember = (inDev: InDevice, addr: number, proto: number): boolean => {
  const list = inDev.mcList
  for (let i = 0; i < list.length; i++) if (list[i]!.addr === addr) return true
  return proto === IPPROTO_IGMP
}
