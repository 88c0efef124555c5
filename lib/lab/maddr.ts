/**
 * `ip maddr` as calls.
 */
import type { Netns as KernelNetns } from '../core/netns.js'
import { maddrText } from '../report/ip-maddr-text.js'
import { type MaddrInfo as KernelMaddrInfo, maddrAdd, maddrDel, maddrList } from '../rtnl/maddr.js'
import { type DevRef, devOf } from './refs.js'
import { checkOptions, macOption } from '../app/text.js'

/** A multicast address that a device listens to. */
export interface MaddrInfo {
  readonly dev: string
  readonly family: 'link' | 'inet' | 'inet6'
  /** MAC or group as text. */
  readonly address: string
  /** How many want it. */
  readonly users: number
  /** It was asked for with `maddr.add`. */
  readonly isStatic: boolean
}

const publicInfo = (m: KernelMaddrInfo): MaddrInfo => ({
  dev: m.dev.name,
  family: m.family,
  address: maddrText(m),
  users: m.users,
  isStatic: m.isStatic,
})

/** The `ip maddr` of a namespace: `netns.maddr`. */
export class MaddrApi {
  readonly #netns: KernelNetns

  /** @internal */
  constructor(netns: KernelNetns) {
    this.#netns = netns
  }

  /**
   * Lets a device listen to a link-layer address. Throws EINVAL for a loopback device, ENODEV.
   *
   * @example
   * h1.maddr.add('01:00:5e:01:02:03', { dev: 'eth0' })
   */
  add(address: string, options: { readonly dev: DevRef }): void {
    checkOptions('maddr.add', options, ['dev'])
    maddrAdd(this.#netns, devOf(this.#netns, options.dev), macOption('address', address))
  }

  /** Ends what {@link add} began. Throws ENOENT when that was not asked for, EINVAL, ENODEV. */
  del(address: string, options: { readonly dev: DevRef }): void {
    checkOptions('maddr.del', options, ['dev'])
    maddrDel(this.#netns, devOf(this.#netns, options.dev), macOption('address', address))
  }

  /** What the devices listen to, or one of them; joined groups among it (`udp.bind` and `joinGroup` join them). */
  list(filter: { readonly dev?: DevRef; readonly family?: 'link' | 'inet' | 'inet6' } = {}): MaddrInfo[] {
    checkOptions('maddr.list', filter, ['dev', 'family'])
    const dev = filter.dev === undefined ? null : devOf(this.#netns, filter.dev)
    return maddrList(this.#netns)
      .filter(m => (dev === null || m.dev === dev) && (filter.family === undefined || m.family === filter.family))
      .map(publicInfo)
  }
}
