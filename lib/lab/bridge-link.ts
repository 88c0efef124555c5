/**
 * `bridge link` as calls: the ports of bridges.
 */
import { NetloomError } from '../errors.js'
import type { Netns as KernelNetns } from '../core/netns.js'
import { bridgeLinkList, linkSet } from '../rtnl/link.js'
import { type DevRef, devOf } from './refs.js'
import { type LinkAttrs, publicAttrs } from './link-info.js'
import { type BridgePortOptions, portAttrs } from './link-kind/bridge.js'

/** A port of a bridge as `bridge -d link` shows it. */
export interface BridgePortInfo {
  readonly name: string
  readonly master: string
  /** state, priority, cost, hairpin, learning, flood, isolated, ... */
  readonly attrs: LinkAttrs
}

/** The `bridge link` of a namespace: `netns.bridgeLink`. */
export class BridgeLinkApi {
  readonly #netns: KernelNetns

  /** @internal */
  constructor(netns: KernelNetns) {
    this.#netns = netns
  }

  /**
   * Changes attributes of a port (`bridge link set`). Throws EOPNOTSUPP for a device that is no port, EINVAL.
   *
   * @example
   * sw.bridgeLink.set('p1', { isolated: true, hairpin: true })
   */
  set(port: DevRef, options: BridgePortOptions): void {
    linkSet(devOf(this.#netns, port), { slaveAttrs: portAttrs(this.#netns, options) })
  }

  /** The ports of all bridges. */
  list(): BridgePortInfo[] {
    return bridgeLinkList(this.#netns).map(info => ({
      name: info.name,
      master: info.master!.name,
      attrs: publicAttrs(info.slaveAttrs ?? {}),
    }))
  }

  /** One port. Throws ENODEV for a device that is no port of a bridge. */
  get(port: DevRef): BridgePortInfo {
    const { name } = devOf(this.#netns, port)
    const found = this.list().find(p => p.name === name)
    if (found === undefined)
      throw new NetloomError('ENODEV', `${name} is not a port of a bridge`, { netns: this.#netns.name, dev: name })
    return found
  }
}
