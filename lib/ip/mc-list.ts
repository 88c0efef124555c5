/**
 * The multicast groups that a host has joined on a device, and from whom it wants to hear in each.
 *
 * @see include/linux/igmp.h struct ip_mc_list, struct ip_sf_list; net/ipv4/igmp.c ip_check_mc_rcu
 */
import type { Skb } from '../core/skb.js'
import type { Timer } from '../sim/timer.js'
import { IPPROTO_IGMP } from '../wire/ipv4.js'
import type { InDevice } from './in-device.js'

/** Filter modes: all sources but those named, or only those named. They are the indices of the counts below. */
export const MCAST_EXCLUDE = 0
export const MCAST_INCLUDE = 1

/** One source that a filter of a group names (struct ip_sf_list). */
export class McSource {
  readonly addr: number
  /** Sockets that name it, by their filter mode. */
  readonly count: [number, number] = [0, 0]
  /** A query that asks for it is to be answered. */
  gsResponds = false
  /** It was part of the filter before the change that is being made. */
  wasIn = false
  /** Change records about it that are still to be sent. */
  crCount = 0

  constructor(addr: number) {
    this.addr = addr
  }
}

/** One group on one device (struct ip_mc_list). */
export class McGroup {
  readonly inDev: InDevice
  readonly addr: number
  /** Sockets and kernel users that want it. */
  users = 1
  /** Filter mode of the device as a whole: exclude as soon as one socket excludes. */
  sfmode: number
  /** Sockets by their filter mode. */
  readonly sfcount: [number, number] = [0, 0]
  /** Sources that filters name, in the order in which they came. */
  sources: McSource[] = []
  /** Sources that no filter names any more and that are still to be reported as such, the last one first. */
  tomb: McSource[] = []
  /** True while the device listens to the group's link-layer address. */
  loaded = false
  /** Records about a change of its mode that are still to be sent (IGMPv3). */
  crCount = 0
  /** A query for some of its sources is to be answered. */
  gsQuery = false
  /** Reports still to be sent without being asked (IGMPv1 and 2). */
  unsolicited = 0
  /** True when this host was the last one to report the group (IGMPv2). */
  reporter = false
  /** The group's own report is due; see igmp.ts. */
  timer: Timer<McGroup, Skb> | null = null

  constructor(inDev: InDevice, addr: number, sfmode: number = MCAST_EXCLUDE) {
    this.inDev = inDev
    this.addr = addr
    this.sfmode = sfmode
    this.sfcount[sfmode] = 1
  }
}

/** The group `addr` of a device, or null. */
export const findMc = (inDev: InDevice, addr: number): McGroup | null => {
  const list = inDev.mcList
  for (let i = 0; i < list.length; i++) if (list[i]!.addr === addr) return list[i]!
  return null
}

/**
 * True when the host wants what `saddr` sends to the group `addr` on the device (ip_check_mc_rcu). Source 0 is not known
 * yet; IGMP itself is always wanted.
 */
export const isMcMember = (inDev: InDevice, addr: number, saddr: number, proto: number): boolean => {
  const g = findMc(inDev, addr)
  if (g === null) return false
  if (saddr === 0 || proto === IPPROTO_IGMP) return true
  const { sources, sfcount } = g
  for (let i = 0; i < sources.length; i++) {
    const { addr: source, count } = sources[i]!
    if (source === saddr) return count[MCAST_INCLUDE] !== 0 || count[MCAST_EXCLUDE] !== sfcount[MCAST_EXCLUDE]
  }
  return sfcount[MCAST_EXCLUDE] !== 0
}
