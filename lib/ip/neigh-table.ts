/**
 * The neighbours of a namespace, and its proxy entries.
 *
 * DIFFERS: entries are not collected in the background (gc_thresh1 to 3 of 128, 512 and 1024 entries, gc_stale_time), and
 * the reachable time is drawn once for each device instead of every five minutes: both would keep a timer running for
 * ever, and a world would never be quiet.
 *
 * @see net/core/neighbour.c, net/ipv4/arp.c arp_constructor
 */
import type { NetDevice } from '../core/netdev.js'
import { ARPHRD_NONE, IFF_LOOPBACK, IFF_NOARP, IFF_POINTOPOINT } from '../core/netdev.js'
import type { Netns } from '../core/netns.js'
import type { Skb } from '../core/skb.js'
import { ipMulticastMac } from '../wire/ip.js'
import { inetAddrType } from './fib-lookup.js'
import { inDevOf } from './in-device.js'
import { Neighbour, neighMarkDead } from './neigh.js'
import { NeighParms } from './neigh-parms.js'
import { NUD_NOARP, NUD_PERMANENT, RTN_BROADCAST, RTN_MULTICAST } from './rtnetlink.js'

/** A proxy entry: ARP for `key` on `dev` (null: any device) is answered in its place. */
export interface PneighEntry {
  readonly key: number
  readonly dev: NetDevice | null
  flags: number
  protocol: number
}

/** Asks for the address of a neighbour; `skb` is the packet that waits last, or null. */
export type Solicit = (neigh: Neighbour, skb: Skb | null) => void
/** Tells the sender of a waiting packet that the neighbour cannot be reached; ends the skb. */
export type ErrorReport = (neigh: Neighbour, skb: Skb) => void

/** Neighbour entries of one namespace. */
export class NeighTable {
  readonly netns: Netns
  /** Parameters that new devices start from; as in every namespace but the first there is no sysctl for them. */
  readonly parmsDefault: NeighParms
  readonly proxies: PneighEntry[] = []
  /** Set by arp.ts. */
  solicit: Solicit = () => {}
  errorReport: ErrorReport = () => {}
  readonly #byDev = new Map<NetDevice, Map<number, Neighbour>>()

  constructor(netns: Netns) {
    this.netns = netns
    this.parmsDefault = new NeighParms(null, netns.world.profile.unresQlenBytes, netns.rng)
  }

  /** The entry for `key` on `dev`, or null. */
  lookup(dev: NetDevice, key: number): Neighbour | null {
    return this.#byDev.get(dev)?.get(keyOn(dev, key)) ?? null
  }

  /** The entry for `key` on `dev`, made in its first state when there is none. Null when the device has no IPv4. */
  create(dev: NetDevice, key: number): Neighbour | null {
    const found = this.lookup(dev, key)
    if (found !== null) return found
    const inDev = inDevOf(dev)
    if (inDev === null) return null
    const neigh = new Neighbour(this, dev, inDev.neighParms, keyOn(dev, key))
    construct(neigh, neigh.primaryKey)
    let map = this.#byDev.get(dev)
    if (map === undefined) {
      map = new Map()
      this.#byDev.set(dev, map)
    }
    map.set(neigh.primaryKey, neigh)
    return neigh
  }

  /** Takes one entry out. */
  remove(neigh: Neighbour): void {
    const map = this.#byDev.get(neigh.dev)
    if (map?.get(neigh.primaryKey) !== neigh) return
    map.delete(neigh.primaryKey)
    neighMarkDead(neigh)
  }

  /** Takes all entries of a device out, except permanent ones if `keepPermanent` (neigh_flush_dev). */
  flushDev(dev: NetDevice, keepPermanent: boolean): void {
    const map = this.#byDev.get(dev)
    if (map === undefined) return
    for (const neigh of [...map.values()]) if (!keepPermanent || !(neigh.nudState & NUD_PERMANENT)) this.remove(neigh)
    if (map.size === 0) this.#byDev.delete(dev)
  }

  /** Takes all proxy entries of a device out (pneigh_ifdown). */
  flushProxies(dev: NetDevice): void {
    for (let i = this.proxies.length - 1; i >= 0; i--) if (this.proxies[i]!.dev === dev) this.proxies.splice(i, 1)
  }

  /** All entries, device by device in the order of the ifindex. */
  list(): Neighbour[] {
    return this.netns.devices.flatMap(dev => [...(this.#byDev.get(dev)?.values() ?? [])])
  }

  /** The proxy entry that covers `key` on `dev`, or null (pneigh_lookup). */
  proxyLookup(key: number, dev: NetDevice): PneighEntry | null {
    return this.proxies.find(p => p.key === key && (p.dev === dev || p.dev === null)) ?? null
  }
}

const keyOn = (dev: NetDevice, key: number): number => (dev.flags & (IFF_LOOPBACK | IFF_POINTOPOINT) ? 0 : key)

const construct = (neigh: Neighbour, addr: number): void => {
  const { dev } = neigh
  neigh.type = inetAddrType(neigh.table.netns, addr)
  if (dev.type === ARPHRD_NONE) {
    neigh.nudState = NUD_NOARP
  } else if (neigh.type === RTN_MULTICAST) {
    neigh.nudState = NUD_NOARP
    neigh.setHa(ipMulticastMac(addr))
  } else if (dev.flags & (IFF_NOARP | IFF_LOOPBACK)) {
    neigh.nudState = NUD_NOARP
    neigh.setHa(dev.addr)
  } else if (neigh.type === RTN_BROADCAST || dev.flags & IFF_POINTOPOINT) {
    neigh.nudState = NUD_NOARP
    neigh.setHa(dev.broadcast)
  }
}
