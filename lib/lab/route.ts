/**
 * `ip route` as calls.
 */
import type { Netns as KernelNetns } from '../core/netns.js'
import { RT_TABLE_MAIN, RTNH_F_DEAD, RTNH_F_LINKDOWN, RTNH_F_ONLINK } from '../ip/rtnetlink.js'
import { ROUTE_PROTOCOLS, ROUTE_TABLES, ROUTE_TYPES, SCOPES } from '../report/names.js'
import {
  type NexthopInfo as KernelNexthopInfo,
  type NexthopSpec,
  type RouteCacheInfo,
  type RouteGetInfo,
  type RouteInfo as KernelRouteInfo,
  type RouteMetrics,
  type RouteSpec,
  type RouteVerb,
  routeAdd,
  routeCacheList,
  routeDel,
  routeFlushCache,
  type RouteGetRequest,
  routeGet,
  routeList,
  routeMatch,
} from '../rtnl/route.js'
import { formatIpv4, formatPrefix } from '../wire/ip.js'
import { type DevRef, devOf } from './refs.js'
import {
  IPPROTO_NUMBERS,
  PROTOCOL_NUMBERS,
  type ProtocolWord,
  SCOPE_NUMBERS,
  type ScopeWord,
  type RouteTypeWord,
  TABLE_NUMBERS,
  type TableWord,
  TYPE_NUMBERS,
} from './route-words.js'
import { checkOptions, defined, ipv4Option, prefixOption, wordOption } from '../app/text.js'

/** A next hop of several. */
export interface NexthopOptions {
  /** Gateway. */
  readonly via?: string
  readonly dev?: DevRef
  /** Share of the flows, 1 to 256; 1 when absent. */
  readonly weight?: number
  readonly onlink?: boolean
}

/** A next hop of several as `ip route` shows it. */
export interface NexthopInfo {
  readonly via: string | null
  readonly dev: string | null
  readonly weight: number
  /** `dead`, `onlink`, `linkdown`. */
  readonly flags: readonly string[]
}

/** What describes a route besides its destination; defaults are iproute2's. */
export interface RouteOptions {
  readonly type?: RouteTypeWord | number
  /** Gateway. */
  readonly via?: string
  readonly dev?: DevRef
  /** Source address that packets of this host prefer. */
  readonly src?: string
  readonly metric?: number
  readonly scope?: ScopeWord | number
  readonly proto?: ProtocolWord | number
  readonly table?: TableWord | number
  readonly tos?: number
  /** Take the gateway to be on the link although no prefix covers it. */
  readonly onlink?: boolean
  /** Several next hops, of which each flow takes one. */
  readonly nexthops?: readonly NexthopOptions[]
  /** mtu, hoplimit, advmss, ... in the kernel's units. */
  readonly metrics?: RouteMetrics
}

/** A route as `ip route` shows it. */
export interface RouteInfo {
  /** `default`, or `ADDRESS/LENGTH`. */
  readonly dst: string
  readonly type: string
  /** Gateway and device; null for a route with several next hops. */
  readonly via: string | null
  readonly dev: string | null
  /** Several next hops; empty for a route with one. */
  readonly nexthops: readonly NexthopInfo[]
  readonly src: string | null
  readonly metric: number
  readonly scope: string
  readonly proto: string
  readonly table: string
  readonly tos: number
  readonly flags: readonly string[]
  readonly metrics: RouteMetrics
}

/** What `route.get` asks about, besides the destination. */
export interface RouteGetOptions {
  readonly from?: string
  /** The packet comes in by this device, from `from`. */
  readonly iif?: DevRef
  readonly oif?: DevRef
  readonly tos?: number
  readonly mark?: number
  /** UDP when absent. */
  readonly ipproto?: 'udp' | 'tcp' | 'icmp'
  readonly sport?: number
  readonly dport?: number
  /** User id of the sender; root, 0, when absent. */
  readonly uid?: number
}

/** What was learned about a destination, as `ip route show cache` shows it. */
export interface RouteCache {
  readonly dst: string
  readonly via: string | null
  readonly dev: string
  readonly type: string
  readonly table: string
  /** Path MTU that an ICMP error told, or the route's; null for the device's. */
  readonly mtu: number | null
  /** Words in angle brackets: `local`, `redirected`, ... */
  readonly cacheFlags: readonly string[]
  /** Nanoseconds until what was learned ends; null when nothing was. */
  readonly expiresNs: number | null
}

/** Answer of `route.get`. */
export interface RouteGet extends RouteCache {
  readonly src: string
}

const OPTIONS = [
  'type',
  'via',
  'dev',
  'src',
  'metric',
  'scope',
  'proto',
  'table',
  'tos',
  'onlink',
  'nexthops',
  'metrics',
]

const FLAGS: readonly (readonly [number, string])[] = [
  [RTNH_F_DEAD, 'dead'],
  [RTNH_F_ONLINK, 'onlink'],
  [RTNH_F_LINKDOWN, 'linkdown'],
]

const addressOrNull = (addr: number): string | null => (addr === 0 ? null : formatIpv4(addr))

const flagWords = (flags: number): string[] => FLAGS.filter(([bit]) => (flags & bit) !== 0).map(([, word]) => word)

const publicHop = ({ gateway, dev, weight, flags }: KernelNexthopInfo): NexthopInfo => ({
  via: addressOrNull(gateway),
  dev: dev?.name ?? null,
  weight,
  flags: flagWords(flags),
})

const publicInfo = (r: KernelRouteInfo): RouteInfo => {
  const hop = r.nexthops.length === 1 ? r.nexthops[0] : undefined
  const flags = r.flags | (hop?.flags ?? 0)
  return {
    dst: r.dst === 0 && r.dstLen === 0 ? 'default' : formatPrefix({ addr: r.dst, len: r.dstLen }),
    type: ROUTE_TYPES[r.type] ?? String(r.type),
    via: addressOrNull(hop?.gateway ?? 0),
    dev: hop?.dev?.name ?? null,
    nexthops: r.nexthops.length > 1 ? r.nexthops.map(publicHop) : [],
    src: addressOrNull(r.prefsrc),
    metric: r.priority,
    scope: SCOPES.name(r.scope),
    proto: ROUTE_PROTOCOLS.name(r.protocol),
    table: ROUTE_TABLES.name(r.table),
    tos: r.tos,
    flags: flagWords(flags),
    metrics: r.metrics,
  }
}

const publicCache = (g: RouteCacheInfo): RouteCache => ({
  dst: formatIpv4(g.dst),
  via: addressOrNull(g.gateway),
  dev: g.dev.name,
  type: ROUTE_TYPES[g.type] ?? String(g.type),
  table: ROUTE_TABLES.name(g.table),
  mtu: g.metrics.mtu ?? null,
  cacheFlags: g.cacheFlags,
  expiresNs: g.expiresNs === 0 ? null : g.expiresNs,
})

const publicGet = (g: RouteGetInfo): RouteGet => ({ ...publicCache(g), src: formatIpv4(g.src) })

/** The `ip route` of a namespace: `netns.route`. */
export class RouteApi {
  readonly #netns: KernelNetns

  /** @internal */
  constructor(netns: KernelNetns) {
    this.#netns = netns
  }

  /**
   * Adds a route. `dst` is `default`, a prefix or an address. Throws EEXIST, ENETUNREACH `Nexthop has invalid gateway`,
   * ENETDOWN, EINVAL, ... in the kernel's words.
   *
   * @example
   * h1.route.add('default', { via: '10.0.0.254' })
   * h1.route.add('10.9.0.0/16', { type: 'unreachable' })
   * h1.route.add('10.8.0.0/16', { nexthops: [{ via: '10.0.1.2', weight: 2 }, { via: '10.0.2.2' }] })
   */
  add(dst: string, options: RouteOptions = {}): void {
    this.#put(dst, options, 'add')
  }

  /** Adds a route, or changes the one with the same destination, TOS and metric. */
  replace(dst: string, options: RouteOptions = {}): void {
    this.#put(dst, options, 'replace')
  }

  /** Changes a route. Throws ENOENT when it is not there. */
  change(dst: string, options: RouteOptions = {}): void {
    this.#put(dst, options, 'change')
  }

  /** Adds a route behind those with the same destination, TOS and metric. */
  append(dst: string, options: RouteOptions = {}): void {
    this.#put(dst, options, 'append')
  }

  /** Adds a route in front of those with the same destination, TOS and metric. */
  prepend(dst: string, options: RouteOptions = {}): void {
    this.#put(dst, options, 'prepend')
  }

  /** Deletes the first route that matches; what is absent matches anything. Throws ESRCH. */
  del(dst: string, options: RouteOptions = {}): void {
    routeDel(this.#netns, this.#spec(dst, options))
  }

  /** The routes of one table (`main` when absent) or of all, in the kernel's order. */
  list(filter: { readonly table?: TableWord | number | 'all' } = {}): RouteInfo[] {
    const { table = RT_TABLE_MAIN } = filter
    const wanted = table === 'all' ? null : wordOption('table', table, TABLE_NUMBERS)
    return routeList(this.#netns)
      .filter(r => wanted === null || r.table === wanted)
      .map(publicInfo)
  }

  /**
   * What was learned about single destinations behind routes of one table (`main` when absent) or of all: path MTUs and
   * redirects that a packet has met since (`ip route show cache`).
   */
  cache(filter: { readonly table?: TableWord | number | 'all' } = {}): RouteCache[] {
    checkOptions('route.cache', filter, ['table'])
    const { table = RT_TABLE_MAIN } = filter
    const wanted = table === 'all' ? null : wordOption('table', table, TABLE_NUMBERS)
    return routeCacheList(this.#netns)
      .filter(r => wanted === null || r.table === wanted)
      .map(publicCache)
  }

  /** Forgets what was learned about single destinations (`ip route flush cache`). */
  flushCache(): void {
    routeFlushCache(this.#netns)
  }

  /**
   * The route that a packet to `dst` takes (`ip route get`): one of this host, or with `iif` one that comes in there from
   * `from`. Throws what the look-up says: ENETUNREACH, EHOSTUNREACH, EACCES, EINVAL, EXDEV.
   */
  get(dst: string, options: RouteGetOptions = {}): RouteGet {
    return publicGet(routeGet(this.#netns, this.#request('route.get', dst, options)))
  }

  /** The entry of the routing tables that {@link get} goes by (`ip route get fibmatch`). Throws as that does. */
  match(dst: string, options: RouteGetOptions = {}): RouteInfo {
    return publicInfo(routeMatch(this.#netns, this.#request('route.match', dst, options)))
  }

  #request(call: string, dst: string, options: RouteGetOptions): RouteGetRequest {
    checkOptions(call, options, ['from', 'iif', 'oif', 'tos', 'mark', 'ipproto', 'sport', 'dport', 'uid'])
    const { from, iif, oif, tos, mark, ipproto, sport, dport, uid } = options
    return {
      dst: ipv4Option('dst', dst),
      ...defined({
        src: from === undefined ? undefined : ipv4Option('from', from),
        iif: iif === undefined ? undefined : devOf(this.#netns, iif),
        oif: oif === undefined ? undefined : devOf(this.#netns, oif),
        tos,
        mark: mark === undefined ? undefined : mark | 0,
        ipProto: ipproto === undefined ? undefined : wordOption('ipproto', ipproto, IPPROTO_NUMBERS),
        sport,
        dport,
        uid,
      }),
    }
  }

  #put(dst: string, options: RouteOptions, verb: RouteVerb): void {
    routeAdd(this.#netns, this.#spec(dst, options), verb)
  }

  #nexthop(hop: NexthopOptions): NexthopSpec {
    checkOptions('nexthop', hop, ['via', 'dev', 'weight', 'onlink'])
    const { via, dev, weight, onlink } = hop
    return defined({
      gateway: via === undefined ? undefined : ipv4Option('via', via),
      dev: dev === undefined ? undefined : devOf(this.#netns, dev),
      weight,
      onlink,
    })
  }

  #spec(dst: string, options: RouteOptions): RouteSpec {
    checkOptions('route', options, OPTIONS)
    const { addr, len } = prefixOption('dst', dst)
    const { type, via, dev, src, metric, scope, proto, table, tos, onlink, nexthops, metrics } = options
    return {
      dst: addr,
      dstLen: len,
      ...defined({
        type: type === undefined ? undefined : wordOption('type', type, TYPE_NUMBERS),
        gateway: via === undefined ? undefined : ipv4Option('via', via),
        dev: dev === undefined ? undefined : devOf(this.#netns, dev),
        prefsrc: src === undefined ? undefined : ipv4Option('src', src),
        priority: metric,
        scope: scope === undefined ? undefined : wordOption('scope', scope, SCOPE_NUMBERS),
        protocol: proto === undefined ? undefined : wordOption('proto', proto, PROTOCOL_NUMBERS),
        table: table === undefined ? undefined : wordOption('table', table, TABLE_NUMBERS),
        tos,
        onlink,
        nexthops: nexthops?.map(hop => this.#nexthop(hop)),
        metrics,
      }),
    }
  }
}
