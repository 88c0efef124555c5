/**
 * Which link-layer groups a stacked device listens to.
 *
 * DIFFERS: the kernel keeps groups as a set of 256 bits by a hash that depends on addresses in its memory, so that one group
 * in some hundred reaches a macvlan or ipvlan that does not listen to it; here the sets are exact.
 *
 * @see drivers/net/macvlan.c macvlan_compute_filter, drivers/net/ipvlan/ipvlan_main.c ipvlan_set_multicast_mac_filter
 */
import { IFF_ALLMULTI, IFF_PROMISC, type NetDevice } from '../core/netdev.js'
import { MacHash } from './mac-hash.js'

/** What a set of link-layer groups contains: all of them, or those listed. */
export class McFilter {
  all = false
  readonly #macs: MacHash<McFilter> = new MacHash<McFilter>()

  /** True when the group with these halves is in it. */
  has(hi: number, lo: number): boolean {
    return this.all || this.#macs.find(hi, lo) !== null
  }

  /** Makes it `macs`, or everything. */
  reset(all: boolean, macs: readonly number[]): void {
    this.all = all
    this.#macs.clear()
    for (const mac of macs) if (this.#macs.get(mac) === null) this.#macs.set(mac, this)
  }

  /** Makes it what a device listens to. */
  ofDevice(dev: NetDevice): void {
    // A group that was left stays until the next change: its entry only goes with that of the lower device, afterwards.
    const groups = [...dev.mc.keys(), ...dev.mcSync.down, dev.broadcast]
    this.reset((dev.flags & (IFF_PROMISC | IFF_ALLMULTI)) !== 0, groups)
  }
}
