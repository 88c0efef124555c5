/**
 * Routes, as `ip route` asks for them.
 *
 * @see net/ipv4/fib_frontend.c inet_rtm_newroute, rtm_to_fib_config; net/ipv4/route.c inet_rtm_getroute
 */
import type { Dst } from '../core/dst.js'
import type { NetDevice } from '../core/netdev.js'
import type { Netns } from '../core/netns.js'
import { allocSkb, consumeSkb, type Skb, skbPut } from '../core/skb.js'
import { errnoName, extackError, NetloomError } from '../errors.js'
import type { FibInfo, FibNh, NexthopConfig, RouteMetrics } from '../ip/fib-info.js'
import { fibTableDelete, fibTableInsert, type RouteVerb } from '../ip/fib-frontend.js'
import { type FibAlias, type FibResult, fibPropsError, Flow4, ignoresLinkdown } from '../ip/fib-table.js'
import { isOver } from '../ip/fnhe.js'
import { ipv4, rtCacheForget } from '../ip/ipv4.js'
import { IPSKB_DOREDIRECT } from '../ip/path.js'
import { ipRouteInputSlow, ipRouteOutput, routeError } from '../ip/route.js'
import {
  RT_SCOPE_HOST,
  RT_SCOPE_LINK,
  RT_SCOPE_UNIVERSE,
  RT_TABLE_LOCAL,
  RT_TABLE_MAIN,
  RT_TABLE_UNSPEC,
  RTCF_BROADCAST,
  RTCF_DOREDIRECT,
  RTCF_LOCAL,
  RTCF_MULTICAST,
  RTCF_NOTIFY,
  RTCF_REDIRECTED,
  RTM_F_NOTIFY,
  RTN_ANYCAST,
  RTN_BROADCAST,
  RTN_LOCAL,
  RTN_MULTICAST,
  RTN_NAT,
  RTN_UNICAST,
  RTNH_F_DEAD,
  RTNH_F_LINKDOWN,
  RTNH_F_ONLINK,
  RTPROT_BOOT,
} from '../ip/rtnetlink.js'
import { tcpAvailableCongestionControl } from '../ip/tcp/tcp-cong.js'
import { ETH_P_IP } from '../wire/ethernet.js'
import { ICMP_ECHO, putIcmp } from '../wire/icmp.js'
import { IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP, IPV4_HLEN, putIpv4 } from '../wire/ipv4.js'
import { formatIpv4, maskOf } from '../wire/ip.js'
import { putUdp, UDP_HLEN } from '../wire/udp.js'
import { NSEC_PER_JIFFY } from '../sim/timer.js'

export type { RouteVerb } from '../ip/fib-frontend.js'
export type { RouteMetrics } from '../ip/fib-info.js'

/** A next hop of a route. `gateway` is int32, 0 for none. */
export interface NexthopInfo {
  readonly dev: NetDevice | null
  readonly gateway: number
  /** RTNH_F_*. */
  readonly flags: number
  readonly weight: number
}

/** A route as a dump shows it. */
export interface RouteInfo {
  readonly table: number
  /** RTN_*. */
  readonly type: number
  readonly dst: number
  readonly dstLen: number
  readonly tos: number
  readonly protocol: number
  readonly scope: number
  readonly priority: number
  readonly prefsrc: number
  readonly nexthops: readonly NexthopInfo[]
  readonly metrics: RouteMetrics
  /** RTNH_F_* of the route as a whole. */
  readonly flags: number
}

/** A next hop of several as it is asked for. */
export interface NexthopSpec {
  readonly dev?: NetDevice
  readonly gateway?: number
  readonly onlink?: boolean
  /** Share of the flows, 1 to 256; 1 when absent. */
  readonly weight?: number
}

/** A route as it is asked for. Only `dst` and `dstLen` are needed; the rest defaults as in iproute2. */
export interface RouteSpec {
  readonly dst: number
  readonly dstLen: number
  readonly type?: number
  readonly tos?: number
  readonly table?: number
  readonly protocol?: number
  readonly scope?: number
  readonly priority?: number
  readonly prefsrc?: number
  readonly gateway?: number
  readonly dev?: NetDevice
  readonly onlink?: boolean
  /** Several next hops, of which a flow takes one. */
  readonly nexthops?: readonly NexthopSpec[]
  readonly metrics?: RouteMetrics
}

/** A route to one destination, as the kernel keeps it for packets (struct rtable). */
export interface RouteCacheInfo {
  readonly dst: number
  readonly gateway: number
  readonly dev: NetDevice
  readonly type: number
  /** Table with the route, 0 for none. */
  readonly table: number
  /** RTM_F_* besides those for {@link cacheFlags}. */
  readonly flags: number
  /** Words that `ip route get` prints in angle brackets: local, redirected, ... */
  readonly cacheFlags: readonly string[]
  /** The route's metrics; `mtu` is the learned path MTU where there is one. */
  readonly metrics: RouteMetrics
  /** Nanoseconds until what was learned ends, 0 for never. */
  readonly expiresNs: number
  /** Who holds it: the next hop, connected sockets, and the one who asks. */
  readonly users: number
  /** Nanoseconds since it was made. */
  readonly ageNs: number
}

/** Answer of {@link routeGet}. */
export interface RouteGetInfo extends RouteCacheInfo {
  readonly src: number
  /** TOS of the route that matched. */
  readonly tos: number
  readonly iif: NetDevice | null
  /** User id that was asked about; null for a packet that comes in, unless it was named. */
  readonly uid: number | null
}

const LOCAL_TYPES = [RTN_LOCAL, RTN_BROADCAST, RTN_NAT, RTN_ANYCAST]

/** Table that iproute2 chooses for a type when none is named. */
const defaultTable = (type: number): number => (LOCAL_TYPES.includes(type) ? RT_TABLE_LOCAL : RT_TABLE_MAIN)

/** Scope that iproute2 chooses: host for local routes, link for those without gateway or list of next hops, else global. */
const defaultScope = (type: number, isFar: boolean): number => {
  if (type === RTN_LOCAL || type === RTN_NAT) return RT_SCOPE_HOST
  if (type === RTN_BROADCAST || type === RTN_MULTICAST || type === RTN_ANYCAST) return RT_SCOPE_LINK
  return type === RTN_UNICAST && !isFar ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE
}

const checkPrefix = (spec: RouteSpec): void => {
  const context = { dst: formatIpv4(spec.dst), dstLen: spec.dstLen }
  if (!(spec.dstLen >= 0 && spec.dstLen <= 32)) throw extackError('EINVAL', 'Invalid prefix length', context)
  if (spec.dst & ~maskOf(spec.dstLen)) throw extackError('EINVAL', 'Invalid prefix for given prefix length', context)
}

const checkTos = (spec: RouteSpec): void => {
  if ((spec.tos ?? 0) & 3)
    throw extackError('EINVAL', 'Invalid dsfield (tos): ECN bits must be 0', { tos: spec.tos ?? 0 })
}

const knownCongestionControl = (name: string): string => {
  if (tcpAvailableCongestionControl().includes(name)) return name
  throw extackError('EINVAL', 'Unknown tcp congestion algorithm', { congctl: name })
}

/** Metrics within the kernel's limits (ip_metrics_convert): too large ones are cut, not refused. */
const convertMetrics = (m: RouteMetrics): RouteMetrics => ({
  ...m,
  ...(m.congctl !== undefined && { congctl: knownCongestionControl(m.congctl) }),
  ...(m.mtu !== undefined && { mtu: Math.min(m.mtu, 65535 - 15) }),
  ...(m.advmss !== undefined && { advmss: Math.min(m.advmss, 65535 - 40) }),
  ...(m.hoplimit !== undefined && { hoplimit: Math.min(m.hoplimit, 255) }),
})

const MAX_WEIGHT = 256

const nexthopConfig = ({ dev, gateway = 0, onlink = false, weight = 1 }: NexthopSpec): NexthopConfig => {
  if (!Number.isInteger(weight) || weight < 1 || weight > MAX_WEIGHT)
    throw new NetloomError('EINVAL', `weight: ${weight} is not an integer from 1 to ${MAX_WEIGHT}`, { weight })
  return { dev: dev ?? null, gateway, onlink, weight }
}

/** The next hops of a request: its list, or the one that it names itself. */
const nexthopsOf = (spec: RouteSpec, leads: boolean): NexthopConfig[] => {
  if (spec.nexthops !== undefined) return spec.nexthops.map(nexthopConfig)
  const { dev = null, gateway = 0, onlink = false } = spec
  return leads || gateway !== 0 || dev !== null ? [{ dev, gateway, onlink, weight: 1 }] : []
}

/** Adds or replaces a route. Throws EEXIST, ENOENT, EINVAL, ENETUNREACH, ... with the kernel's texts. */
export const routeAdd = (netns: Netns, spec: RouteSpec, verb: RouteVerb = 'add'): void => {
  checkPrefix(spec)
  checkTos(spec)
  const type = spec.type ?? RTN_UNICAST
  const gateway = spec.gateway ?? 0
  const dev = spec.dev ?? null
  const leads = fibPropsError[type] === 0
  if (spec.onlink === true && gateway === 0 && dev === null && spec.nexthops === undefined)
    throw new NetloomError('EINVAL')
  const nexthops = nexthopsOf(spec, leads)
  const table = spec.table ?? defaultTable(type)
  // The table comes into being even when the route does not.
  ipv4(netns).fib.make(table)
  fibTableInsert(
    netns,
    {
      dst: spec.dst,
      dstLen: spec.dstLen,
      tos: spec.tos ?? 0,
      type,
      table: table === RT_TABLE_UNSPEC ? RT_TABLE_MAIN : table,
      scope: spec.scope ?? defaultScope(type, gateway !== 0 || spec.nexthops !== undefined),
      protocol: spec.protocol ?? RTPROT_BOOT,
      priority: spec.priority ?? 0,
      prefsrc: spec.prefsrc ?? 0,
      metrics: convertMetrics(spec.metrics ?? {}),
      nexthops,
      ...(spec.nexthops !== undefined && { first: { dev, gateway, onlink: false, weight: 1 } }),
    },
    verb,
  )
  if (type === RTN_LOCAL) ipv4(netns).hasCustomLocalRoutes = true
}

/** Metrics of a route that is to be deleted: a congestion control that nobody knows is none. */
const wantedMetrics = (m: RouteMetrics): RouteMetrics =>
  m.congctl === undefined || tcpAvailableCongestionControl().includes(m.congctl) ? m : { ...m, congctl: '' }

/** Deletes the first route that matches; absent fields match anything. Throws ESRCH. */
export const routeDel = (netns: Netns, spec: RouteSpec): void => {
  checkPrefix(spec)
  checkTos(spec)
  fibTableDelete(netns, {
    dst: spec.dst,
    dstLen: spec.dstLen,
    table: spec.table ?? defaultTable(spec.type ?? RTN_UNICAST),
    tos: spec.tos ?? 0,
    ...(spec.type !== undefined && { type: spec.type }),
    ...(spec.scope !== undefined && { scope: spec.scope }),
    ...(spec.protocol !== undefined && { protocol: spec.protocol }),
    ...(spec.priority !== undefined && { priority: spec.priority }),
    ...(spec.prefsrc !== undefined && { prefsrc: spec.prefsrc }),
    ...(spec.dev !== undefined && { dev: spec.dev }),
    ...(spec.gateway !== undefined && { gateway: spec.gateway }),
    ...(spec.nexthops !== undefined && { nexthops: spec.nexthops.map(nexthopConfig) }),
    ...(spec.metrics !== undefined && { metrics: wantedMetrics(spec.metrics) }),
  })
}

/** Flags of a next hop as they are reported: one without link is dead where such routes are ignored. */
const nhFlags = (nh: FibNh): number => {
  return nh.flags & RTNH_F_LINKDOWN && ignoresLinkdown(nh.dev) ? nh.flags | RTNH_F_DEAD : nh.flags
}

const describeRoute = (
  table: number,
  type: number,
  tos: number,
  dst: number,
  dstLen: number,
  info: FibInfo,
): RouteInfo => ({
  table,
  type,
  dst,
  dstLen,
  tos,
  protocol: info.protocol,
  scope: info.scope,
  priority: info.priority,
  prefsrc: info.prefsrc,
  nexthops: info.nhs.map(nh => ({ dev: nh.dev, gateway: nh.gateway, flags: nhFlags(nh), weight: nh.weight })),
  metrics: info.metrics,
  flags: info.flags | (info.nhs.length === 1 ? info.nhs[0]!.flags & RTNH_F_ONLINK : 0),
})

const infoOf = (a: FibAlias): RouteInfo => describeRoute(a.table, a.type, a.tos, a.dst, a.len, a.info)

/** Every route of a namespace, table by table and prefix by prefix as the kernel dumps them. */
export const routeList = (netns: Netns): RouteInfo[] => ipv4(netns).fib.all().map(infoOf)

/** Routes of the main table to one prefix, which is what programs mostly look for, in the order of the kernel's dump. */
export const routesTo = (netns: Netns, dst: number, dstLen: number): RouteInfo[] => {
  const found = ipv4(netns).fib.get(RT_TABLE_MAIN)?.find(dst, dstLen) ?? []
  // The tables main and local may be one.
  return found.filter(a => a.table === RT_TABLE_MAIN).map(infoOf)
}

/**
 * Forgets what was learned about single destinations: path MTUs and redirects (`ip route flush cache`, the key
 * net.ipv4.route.flush). As in the kernel an entry without contents stays and is seen again once its destination is used.
 */
export const routeFlushCache = (netns: Netns): void => rtCacheForget(netns)

/**
 * What was learned about single destinations, with the table of the route behind which it was learned (a dump with
 * RTM_F_CLONED): those that a packet has met since, in the order of the routes; once for each route when several say the
 * same.
 */
export const routeCacheList = (netns: Netns): RouteCacheInfo[] => {
  const { now } = netns.world
  const { fib, fnheGenid } = ipv4(netns)
  const list: RouteCacheInfo[] = []
  for (const { table, info } of fib.all())
    for (const nh of info.nhs) {
      if (nh.flags & RTNH_F_DEAD || nh.exceptions === null) continue
      for (const e of nh.exceptions) {
        const dst = e.input ?? e.output
        if (e.genid !== fnheGenid || isOver(e, now) || dst === null) continue
        list.push(cachedInfo(netns, dst, dst.flags, e.daddr, table, 1))
      }
    }
  return list
}

/** True when a routing table with this number exists. */
export const routeTableExists = (netns: Netns, table: number): boolean => ipv4(netns).fib.get(table) !== null

/** What {@link routeGet} is asked. */
export interface RouteGetRequest {
  readonly dst: number
  readonly src?: number
  readonly iif?: NetDevice
  readonly oif?: NetDevice
  readonly mark?: number
  readonly tos?: number
  /** Protocol of IP: UDP (the default), TCP or ICMP, and ports. */
  readonly ipProto?: number
  readonly sport?: number
  readonly dport?: number
  /** User id of the sender, 0 when absent. */
  readonly uid?: number
  /** Mark the route, which says so as long as it is kept (RTM_F_NOTIFY). */
  readonly notify?: boolean
}

/** The entry of the routing tables that {@link routeGet} goes by (RTM_F_FIB_MATCH). Throws as that does. */
export const routeMatch = (netns: Netns, request: RouteGetRequest): RouteInfo => {
  const { type } = routeGet(netns, request)
  const { res } = ipv4(netns).fib
  if (res.info === null) throw new NetloomError('EHOSTUNREACH', undefined, { dst: formatIpv4(request.dst) })
  return { ...infoOfResult(res, res.info, request.dst), type }
}

const infoOfResult = ({ table, type, tos, prefixLen }: FibResult, info: FibInfo, daddr: number): RouteInfo =>
  describeRoute(table, type, tos, daddr & maskOf(prefixLen), prefixLen, info)

/** Protocols that `ip route get` may be asked about. */
const GET_PROTOCOLS = [IPPROTO_UDP, IPPROTO_TCP, IPPROTO_ICMP]

/** The route that a packet would take. Throws ENETUNREACH, EHOSTUNREACH, EACCES, EINVAL as the lookup does. */
export const routeGet = (netns: Netns, request: RouteGetRequest): RouteGetInfo => {
  if (!GET_PROTOCOLS.includes(request.ipProto ?? IPPROTO_UDP)) throw extackError('EOPNOTSUPP', 'Unsupported ip proto')
  const skb = buildSkb(netns, request)
  try {
    return request.iif === undefined ? getOutput(netns, request, skb) : getInput(netns, request, skb, request.iif)
  } finally {
    consumeSkb(skb)
  }
}

/** A packet as it is asked about (inet_rtm_getroute_build_skb). */
const buildSkb = (netns: Netns, request: RouteGetRequest): Skb => {
  const { dst, src = 0, tos = 0, ipProto = IPPROTO_UDP, sport = 0, dport = 0, mark = 0 } = request
  const skb = allocSkb(netns, IPV4_HLEN + UDP_HLEN)
  const at = skbPut(skb, IPV4_HLEN)
  putIpv4(skb.buf, at, IPV4_HLEN, tos, IPV4_HLEN + UDP_HLEN, 0, 0, 0, ipProto, src, dst)
  const l4 = skbPut(skb, UDP_HLEN)
  if (ipProto === IPPROTO_ICMP) putIcmp(skb.buf, l4, ICMP_ECHO, 0, 0)
  else putUdp(skb.buf, l4, sport, dport, UDP_HLEN)
  skb.networkHeader = at
  skb.protocol = ETH_P_IP
  skb.mark = mark
  return skb
}

const getOutput = (netns: Netns, request: RouteGetRequest, skb: Skb): RouteGetInfo => {
  const { dst: daddr, src = 0, oif, tos = 0, ipProto = IPPROTO_UDP, sport = 0, dport = 0, mark = 0, uid = 0 } = request
  const fl = new Flow4().reset(daddr, src, oif?.ifindex ?? 0)
  fl.tos = tos
  fl.proto = ipProto
  fl.sport = sport
  fl.dport = dport
  fl.mark = mark
  fl.uid = uid
  const dst = ipRouteOutput(netns, fl, skb)
  if (dst === null) throw new NetloomError(errnoName(routeError(netns)), undefined, { dst: formatIpv4(daddr) })
  const notify = request.notify === true ? RTCF_NOTIFY : 0
  if (isKept(dst, daddr)) dst.flags |= notify
  return describe(netns, dst, dst.flags | notify, request, fl.saddr)
}

const getInput = (netns: Netns, request: RouteGetRequest, skb: Skb, iif: NetDevice): RouteGetInfo => {
  const { dst: daddr, src: saddr = 0 } = request
  skb.dev = iif
  const reason = ipRouteInputSlow(skb, daddr, saddr, iif)
  const { dst } = skb
  const flags = skb.ipFlags & IPSKB_DOREDIRECT ? RTCF_DOREDIRECT : 0
  if (reason !== 0 || dst === null) throw new NetloomError('EINVAL', undefined, { dst: formatIpv4(daddr) })
  if (dst.error !== 0) throw new NetloomError(errnoName(dst.error), undefined, { dst: formatIpv4(daddr) })
  if (request.notify === true) dst.flags |= RTCF_NOTIFY
  return describe(netns, dst, dst.flags | flags, request, saddr)
}

/** RTCF_* with iproute2's words, in the order in which it prints them. */
const CACHE_FLAGS: readonly (readonly [number, string])[] = [
  [RTCF_LOCAL, 'local'],
  [RTCF_MULTICAST, 'mc'],
  [RTCF_BROADCAST, 'brd'],
  [RTCF_REDIRECTED, 'redirected'],
  [RTCF_DOREDIRECT, 'redirect'],
  [RTCF_NOTIFY, 'notify'],
]

/** RTM_F_OFFLOAD_FAILED, which the kernel's flag for multicast routes is taken for. */
const RTM_F_OFFLOAD_FAILED = 0x20000000

/** The route's metrics with what was learned about the path, while that holds. */
const metricsOf = (dst: Dst, info: FibInfo | null, holds: boolean): RouteMetrics => ({
  ...info?.metrics,
  ...(holds && dst.pmtu !== 0 && { mtu: dst.pmtu }),
  ...(holds && dst.mtuLocked && { lock: new Set([...(info?.metrics.lock ?? []), 'mtu']) }),
})

const heldBySockets = (netns: Netns, dst: Dst): number => {
  let n = 0
  for (const sk of ipv4(netns).sockets) if (sk.dstCache === dst) n++
  return n
}

/** `refs`: references of the next hop and of the one who asks. */
const cachedInfo = (
  netns: Netns,
  dst: Dst,
  flags: number,
  daddr: number,
  table: number,
  refs: number,
): RouteCacheInfo => {
  const tick = netns.world.now - (netns.world.now % NSEC_PER_JIFFY)
  const holds = dst.expires > tick
  return {
    dst: daddr,
    gateway: dst.gateway,
    dev: dst.dev,
    type: dst.type,
    table,
    flags: (flags & RTM_F_OFFLOAD_FAILED) | (flags & RTCF_NOTIFY ? RTM_F_NOTIFY : 0),
    cacheFlags: CACHE_FLAGS.filter(([flag]) => (flags & flag) !== 0).map(([, word]) => word),
    metrics: metricsOf(dst, dst.fibInfo as FibInfo | null, holds),
    expiresNs: holds ? dst.expires - tick : 0,
    users: refs + heldBySockets(netns, dst),
    ageNs: tick - (dst.lastuse - (dst.lastuse % NSEC_PER_JIFFY)),
  }
}

/** True when the next hop keeps the route for other packets. */
const isKept = (dst: Dst, daddr: number): boolean => {
  // Routes to own addresses are made anew for every packet, except those over lo itself.
  if (dst.type === RTN_LOCAL && dst.iif !== 0 && dst.iif !== dst.dev.ifindex) return false
  const nhs = (dst.fibInfo as FibInfo | null)?.nhs ?? []
  const now = dst.dev.netns.world.now
  return nhs.some(nh => nh.rthOutput === dst || nh.exceptions?.find(daddr, now)?.output === dst)
}

const describe = (netns: Netns, dst: Dst, flags: number, request: RouteGetRequest, saddr: number): RouteGetInfo => {
  const { res } = ipv4(netns).fib
  const refs = request.iif !== undefined || !isKept(dst, request.dst) ? 1 : 2
  return {
    ...cachedInfo(netns, dst, flags, request.dst, res.table, refs),
    src: saddr,
    tos: res.tos,
    iif: request.iif ?? null,
    uid: request.uid ?? (request.iif === undefined ? 0 : null),
  }
}
