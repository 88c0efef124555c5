/**
 * The table of flannel's udp proxy: which host has which subnet.
 *
 * @see flannel backend/udp/proxy_amd64.c set_route, del_route, find_route
 */
import { NetloomError } from '../../../errors.js'

class ProxyRoute {
  readonly net: number
  readonly mask: number
  address: number
  port: number

  constructor(net: number, mask: number, address: number, port: number) {
    this.net = net
    this.mask = mask
    this.address = address
    this.port = port
  }
}

const maskOf = (prefixLen: number): number => {
  if (!Number.isInteger(prefixLen) || prefixLen < 1 || prefixLen > 32)
    throw new NetloomError('EINVAL', `udp proxy: prefix length ${prefixLen} is not between 1 and 32`, { prefixLen })
  return -1 << (32 - prefixLen)
}

/**
 * Subnets with the address and port of their hosts; numbers are int32. Subnets do not overlap where flannel has leased
 * them; where they do, the first one counts, and the order is that of use.
 */
export class ProxyRoutes {
  readonly #routes: ProxyRoute[] = []
  /** Where the destination that {@link find} found goes. */
  address = 0
  port = 0

  get length(): number {
    return this.#routes.length
  }

  /** Adds a route, or gives the one for this subnet another host. */
  set(subnet: number, prefixLen: number, address: number, port: number): void {
    if (!Number.isInteger(port) || port < 1 || port > 65535)
      throw new NetloomError('EINVAL', `udp proxy: port ${port} is not between 1 and 65535`, { port })
    const mask = maskOf(prefixLen)
    const net = subnet & mask
    const old = this.#routes.find(r => r.net === net && r.mask === mask)
    if (old === undefined) this.#routes.push(new ProxyRoute(net, mask, address, port))
    else {
      old.address = address
      old.port = port
    }
  }

  /** Takes a route out; the last one comes into its place. */
  remove(subnet: number, prefixLen: number): void {
    const mask = maskOf(prefixLen)
    const i = this.#routes.findIndex(r => r.net === (subnet & mask) && r.mask === mask)
    if (i < 0) return
    const last = this.#routes.pop()!
    if (i < this.#routes.length) this.#routes[i] = last
  }

  /** Looks up a destination; a route that is found changes places with the first one. */
  find(daddr: number): boolean {
    const routes = this.#routes
    for (let i = 0; i < routes.length; i++) {
      const route = routes[i]!
      if ((daddr & route.mask) !== route.net) continue
      if (i !== 0) {
        routes[i] = routes[0]!
        routes[0] = route
      }
      this.address = route.address
      this.port = route.port
      return true
    }
    return false
  }
}
