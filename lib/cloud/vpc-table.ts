/**
 * A route table of a cloud as the router's kernel has it: a table of its own, in which what lies in the cloud's own ranges is
 * thrown on to the table of the interfaces.
 */
import type { Netns } from '../core/netns.js'
import { RTN_BLACKHOLE, RTN_THROW, RTPROT_STATIC } from '../ip/rtnetlink.js'
import { type RouteSpec, routeAdd, routeDel } from '../rtnl/route.js'
import type { Prefix } from '../wire/ip.js'
import type { Nic } from './nic.js'

/** Routes of the cloud in the router. */
export class VpcTable {
  readonly netns: Netns
  /** Number of the kernel's table. */
  readonly table: number

  /** @internal use `Vpc.addTable` */
  constructor(netns: Netns, table: number) {
    this.netns = netns
    this.table = table
  }

  /** Sends what lies in one of the cloud's own ranges to the interfaces, unless a longer route says otherwise. */
  addLocal(range: Prefix): void {
    routeAdd(this.netns, { ...this.#spec(range), type: RTN_THROW })
  }

  /**
   * Sets the route to a destination: to one interface, to several of which each flow takes one, or, without any, nowhere
   * (a blackhole).
   */
  set(to: Prefix, nics: readonly Nic[]): void {
    const via = nics.map(nic => ({ dev: nic.subnet.bridge, gateway: nic.address, onlink: true }))
    const spec = this.#spec(to)
    this.del(to)
    if (via.length === 0) routeAdd(this.netns, { ...spec, type: RTN_BLACKHOLE })
    else if (via.length === 1) routeAdd(this.netns, { ...spec, ...via[0] })
    else routeAdd(this.netns, { ...spec, nexthops: via })
    this.#has.add(key(to))
  }

  /** Takes the route to a destination out; nothing happens when there is none. */
  del(to: Prefix): void {
    if (this.#has.delete(key(to))) routeDel(this.netns, this.#spec(to))
  }

  readonly #has = new Set<string>()

  #spec({ addr, len }: Prefix): RouteSpec {
    return { dst: addr, dstLen: len, table: this.table, protocol: RTPROT_STATIC }
  }
}

const key = ({ addr, len }: Prefix): string => `${addr}/${len}`
