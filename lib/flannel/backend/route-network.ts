/**
 * A network of routes: one for each other host's subnet, which are looked after.
 *
 * @see flannel backend/route_network.go
 */
import { type Context, firstOf, slept, spawn, type Thread, wait } from '../../app/thread.js'
import type { NetDevice } from '../../core/netdev.js'
import { RT_SCOPE_NOWHERE, RT_SCOPE_UNIVERSE, RT_TABLE_MAIN } from '../../ip/rtnetlink.js'
import { type RouteInfo, routeAdd, routeDel, routesTo } from '../../rtnl/route.js'
import { NSEC_PER_SEC } from '../../sim/time.js'
import { formatIpv4, type Prefix } from '../../wire/ip.js'
import { errnoText } from '../../app/go-error.js'
import { netText } from '../ip4-net.js'
import type { Lease, LeaseEvent } from '../subnet/subnet.js'
import { watchLeases } from '../subnet/watch.js'
import type { BackendEnv, Network } from './backend.js'

const CHECK_NS = 10 * NSEC_PER_SEC

/** A route that is wanted. */
interface WantedRoute {
  readonly dst: Prefix
  readonly gateway: number
  readonly dev: NetDevice
}

/** A route as netlink prints it. `table` is 0 for one that is asked for. */
const routeText = (ifindex: number, dst: Prefix, gateway: number, table = 0): string =>
  `{Ifindex: ${ifindex} Dst: ${netText(dst)} Src: <nil> Gw: ${gateway === 0 ? '<nil>' : formatIpv4(gateway)} Flags: [] Table: ${table} Realm: 0}`

const isRoute = (r: RouteInfo, { dst, gateway, dev }: WantedRoute): boolean => {
  const [hop] = r.nexthops
  return r.dst === dst.addr && r.dstLen === dst.len && hop?.gateway === gateway && hop.dev === dev
}

const isSame = (a: WantedRoute, b: WantedRoute): boolean =>
  a.dst.addr === b.dst.addr && a.dst.len === b.dst.len && a.gateway === b.gateway && a.dev === b.dev

const specOf = ({ dst, gateway, dev }: WantedRoute) => ({ dst: dst.addr, dstLen: dst.len, gateway, dev })

/** A network of plain routes: one to each of the others' subnets, made again when somebody deletes it. */
export class RouteNetwork implements Network {
  readonly lease: Lease
  readonly mtu: number
  readonly #env: BackendEnv
  readonly #type: string
  #routes: WantedRoute[] = []

  /** `type` is the type of the leases that it follows. */
  constructor(env: BackendEnv, lease: Lease, type: string) {
    this.#env = env
    this.lease = lease
    this.mtu = env.ext.iface.mtu
    this.#type = type
  }

  *run(ctx: Context): Thread {
    const { process, log } = this.#env
    log.info('route_network.go:55', 'Watching for new subnet leases')
    const check = spawn(process, () => this.#routeCheck(ctx), 'route check of flanneld')
    yield* watchLeases(ctx, this.#env, this.lease, batch => {
      for (const event of batch) this.#handle(event)
    })
    log.info('route_network.go:75', 'evts chan closed')
    yield* wait(check.ended)
  }

  #handle({ type, lease: { subnet, attrs } }: LeaseEvent): void {
    const { log, ext } = this.#env
    if (attrs.backendType !== this.#type) {
      const at = type === 'added' ? 'route_network.go:87' : 'route_network.go:107'
      return log.warning(at, `Ignoring non-${this.#type} subnet: type=${attrs.backendType}`)
    }
    const route = { dst: subnet, gateway: attrs.publicIp, dev: ext.iface }
    if (type === 'added') {
      log.info('route_network.go:92', `Subnet added: ${netText(subnet)} via ${formatIpv4(attrs.publicIp)}`)
      return this.#add(route)
    }
    log.info('route_network.go:112', `Subnet removed: ${netText(subnet)}`)
    this.#forget(route)
    try {
      routeDel(ext.iface.netns, { ...specOf(route), scope: RT_SCOPE_NOWHERE })
    } catch (e) {
      log.error('route_network.go:119', `Error deleting route to ${netText(subnet)}: ${errnoText(e)}`)
    }
  }

  #forget(route: WantedRoute): void {
    this.#routes = this.#routes.filter(r => !isSame(r, route))
  }

  /** The route of the main table to the same destination, if there is one. */
  #present({ dst, dev }: WantedRoute): RouteInfo | undefined {
    return routesTo(dev.netns, dst.addr, dst.len)[0]
  }

  #add(route: WantedRoute): void {
    const { log } = this.#env
    const { netns } = route.dev
    const text = routeText(route.dev.ifindex, route.dst, route.gateway)
    if (!this.#routes.some(r => isSame(r, route))) this.#routes.push(route)
    const old = this.#present(route)
    if (old !== undefined && !isRoute(old, route)) {
      const [hop] = old.nexthops
      const oldText = routeText(hop?.dev?.ifindex ?? 0, route.dst, hop?.gateway ?? 0, RT_TABLE_MAIN)
      log.warning('route_network.go:151', `Replacing existing route to ${oldText} with ${text}`)
      try {
        routeDel(netns, { dst: old.dst, dstLen: old.dstLen, scope: RT_SCOPE_NOWHERE })
      } catch (e) {
        return log.error('route_network.go:153', `Effor deleteing route to ${netText(route.dst)}: ${errnoText(e)}`)
      }
      if (hop !== undefined && hop.dev !== null) this.#forget({ dst: route.dst, gateway: hop.gateway, dev: hop.dev })
    }
    const present = this.#present(route)
    if (present !== undefined && isRoute(present, route))
      return log.info('route_network.go:165', `Route to ${text} already exists, skipping.`)
    try {
      routeAdd(netns, { ...specOf(route), scope: RT_SCOPE_UNIVERSE })
    } catch (e) {
      log.error('route_network.go:167', `Error adding route to ${text}: ${errnoText(e)}`)
    }
  }

  *#routeCheck(ctx: Context): Thread {
    while (!ctx.isCancelled) {
      const { which } = yield* wait(firstOf({ done: ctx.done, late: slept(CHECK_NS, { idle: true }) }))
      if (which === 'late') this.#recover()
    }
  }

  /** Adds wanted routes that are not there. One that the kernel refuses is tried again at the next look, in silence. */
  #recover(): void {
    const { netns } = this.#env.ext.iface
    for (const route of this.#routes) {
      if (routesTo(netns, route.dst.addr, route.dst.len).some(r => isRoute(r, route))) continue
      try {
        routeAdd(netns, { ...specOf(route), scope: RT_SCOPE_UNIVERSE })
      } catch (e) {
        // An errno is a net.Error of Go, of which flannel does not speak here.
        errnoText(e)
        continue
      }
      this.#env.log.info('route_network.go:253', `Route recovered ${netText(route.dst)} : ${formatIpv4(route.gateway)}`)
    }
  }
}
