/**
 * State of ipvlans: one record a device, one a master that has some (its port).
 *
 * @see drivers/net/ipvlan/ipvlan.h
 */
import type { NetDevice } from '../../core/netdev.js'
import type { Skb } from '../../core/skb.js'
import { Ring } from '../../sim/ring.js'
import { MacHash } from '../mac-hash.js'
import { McFilter } from '../mc-filter.js'

export const IPVLAN_MODE_L2 = 0
export const IPVLAN_MODE_L3 = 1
export const IPVLAN_MODE_L3S = 2

/** Ipvlans do not hear one another. */
export const IPVLAN_F_PRIVATE = 1
/** What an ipvlan sends to another one goes out. */
export const IPVLAN_F_VEPA = 2

/** Group frames that may wait for the work queue. */
export const IPVLAN_QBACKLOG_LIMIT = 1000

/** An ipvlan (struct ipvl_dev). */
export class Ipvlan {
  readonly dev: NetDevice
  readonly phyDev: NetDevice
  readonly port: IpvlanPort
  /** IPv4 addresses as int32, in the order in which they were added. */
  readonly addrs: number[] = []
  /** Groups that it listens to. */
  readonly macFilter: McFilter = new McFilter()
  /** Frames that it could not receive. */
  rxErrors = 0

  constructor(dev: NetDevice, port: IpvlanPort) {
    this.dev = dev
    this.port = port
    this.phyDev = port.dev
  }
}

/** A master with its ipvlans (struct ipvl_port). Mode and flags are the port's: the last one who sets them sets them for all. */
export class IpvlanPort {
  readonly dev: NetDevice
  mode: number = IPVLAN_MODE_L3
  flags = 0
  /** Ipvlans that are up, by the IPv4 addresses that they have: the table's keys are MACs whose upper half is 0. */
  readonly hash: MacHash<Ipvlan> = new MacHash<Ipvlan>()
  /** All ipvlans in the order in which they were made. */
  readonly ipvlans: Ipvlan[] = []
  /** Devices that are registered. */
  count = 0
  /** Group frames that wait for the work queue; whether an ipvlan sent each of them. */
  readonly backlog: Ring<Skb> = new Ring<Skb>()
  readonly backlogTx: boolean[] = []
  /** The work is queued. */
  workPending = false

  constructor(dev: NetDevice) {
    this.dev = dev
  }
}

/** State of an ipvlan. */
export const ipvlanPriv = (dev: NetDevice): Ipvlan => dev.priv as Ipvlan

/** True for an ipvlan (netif_is_ipvlan). */
export const isIpvlan = (dev: NetDevice): boolean => dev.priv instanceof Ipvlan

/** The port that a device is, or null (netif_is_ipvlan_port). */
export const ipvlanPortOf = (dev: NetDevice): IpvlanPort | null =>
  dev.rxHandlerData instanceof IpvlanPort ? dev.rxHandlerData : null

/** Lets packets for an address in (ipvlan_ht_addr_add). */
export const ipvlanHtAddrAdd = (ipvlan: Ipvlan, addr: number): void => ipvlan.port.hash.set(addr >>> 0, ipvlan)

/** Ends {@link ipvlanHtAddrAdd}. */
export const ipvlanHtAddrDel = (ipvlan: Ipvlan, addr: number): void => {
  if (ipvlan.port.hash.get(addr >>> 0) === ipvlan) ipvlan.port.hash.delete(addr >>> 0)
}

/** True for an address that an ipvlan of the port has (ipvlan_addr_busy). */
export const ipvlanAddrBusy = (port: IpvlanPort, addr: number): boolean =>
  port.ipvlans.some(ipvlan => ipvlan.addrs.includes(addr))

/** Counts a packet of `octets`, Ethernet header included, that an ipvlan has or has not received (ipvlan_count_rx). */
export const ipvlanCountRx = (ipvlan: Ipvlan, octets: number, received: boolean, multicast: boolean): void => {
  if (!received) {
    ipvlan.rxErrors++
    return
  }
  const { stats } = ipvlan.dev
  stats.rxPackets++
  stats.rxBytes += octets
  if (multicast) stats.rxMulticast++
}
