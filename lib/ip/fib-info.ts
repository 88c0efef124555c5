/**
 * What routes have in common besides their prefix: scope, preferred source, metrics and next hops, and the checks that a
 * new route must pass.
 *
 * @see net/ipv4/fib_semantics.c
 */
import type { Dst } from '../core/dst.js'
import { IFF_UP, type NetDevice } from '../core/netdev.js'
import type { Netns } from '../core/netns.js'
import { type Errno, errnoName, extackError, NetloomError } from '../errors.js'
import { formatIpv4 } from '../wire/ip.js'
import { inetAddrType } from './fib-lookup.js'
import { fibRebalance } from './fib-multipath.js'
import { FIB_LOOKUP_IGNORE_LINKSTATE, fibPropsError, Flow4 } from './fib-table.js'
import type { FnheTable } from './fnhe.js'
import { inDevOf, inetSelectAddr } from './in-device.js'
import { ipv4 } from './ipv4.js'
import {
  RT_SCOPE_HOST,
  RT_SCOPE_LINK,
  RT_SCOPE_NOWHERE,
  RT_SCOPE_UNIVERSE,
  RT_TABLE_MAIN,
  RTN_ANYCAST,
  RTN_BLACKHOLE,
  RTN_BROADCAST,
  RTN_LOCAL,
  RTN_MAX,
  RTN_MULTICAST,
  RTN_NAT,
  RTN_PROHIBIT,
  RTN_THROW,
  RTN_UNICAST,
  RTN_UNREACHABLE,
  RTNH_F_DEAD,
  RTNH_F_LINKDOWN,
  RTNH_F_ONLINK,
} from './rtnetlink.js'

/** Scope that a route of each type has at least. */
const FIB_PROPS_SCOPE: Readonly<Record<number, number>> = {
  [RTN_UNICAST]: RT_SCOPE_UNIVERSE,
  [RTN_LOCAL]: RT_SCOPE_HOST,
  [RTN_BROADCAST]: RT_SCOPE_LINK,
  [RTN_ANYCAST]: RT_SCOPE_LINK,
  [RTN_MULTICAST]: RT_SCOPE_UNIVERSE,
  [RTN_BLACKHOLE]: RT_SCOPE_UNIVERSE,
  [RTN_UNREACHABLE]: RT_SCOPE_UNIVERSE,
  [RTN_PROHIBIT]: RT_SCOPE_UNIVERSE,
  [RTN_THROW]: RT_SCOPE_UNIVERSE,
  [RTN_NAT]: RT_SCOPE_NOWHERE,
}

/** One next hop of a route (struct fib_nh). */
export class FibNh {
  dev: NetDevice | null
  gateway: number
  scope: number
  /** RTNH_F_*. */
  flags: number
  weight: number
  /** Largest 31-bit hash of this next hop among several, -1 for none (nh_upper_bound). */
  upperBound = -1
  /** Source address of packets that take it, as it was last asked for (nh_saddr). */
  saddr = 0
  /** Routes cached for forwarded or local input, and for output (nhc_rth_input, nhc_pcpu_rth_output). */
  rthInput: Dst | null = null
  rthOutput: Dst | null = null
  /** What was learned about single destinations; null while nothing was. */
  exceptions: FnheTable | null = null

  constructor(dev: NetDevice | null, gateway: number, flags: number, weight: number) {
    this.dev = dev
    this.gateway = gateway
    this.scope = 0
    this.flags = flags
    this.weight = weight
  }
}

/** RTAX_* metrics of a route by their iproute2 names. `lock` holds the names that are locked. */
export interface RouteMetrics {
  readonly mtu?: number
  readonly advmss?: number
  readonly window?: number
  readonly rtt?: number
  readonly rttvar?: number
  readonly ssthresh?: number
  readonly cwnd?: number
  readonly reordering?: number
  readonly hoplimit?: number
  readonly initcwnd?: number
  /** RTAX_FEATURE_* bits. */
  readonly features?: number
  readonly initrwnd?: number
  readonly quickack?: number
  /** Congestion control of connections by the route (RTAX_CC_ALGO). */
  readonly congctl?: string
  readonly rtoMin?: number
  readonly lock?: ReadonlySet<string>
}

/** Shared part of a route (struct fib_info). */
export class FibInfo {
  readonly type: number
  readonly table: number
  readonly scope: number
  readonly protocol: number
  readonly priority: number
  readonly prefsrc: number
  readonly metrics: RouteMetrics
  readonly nhs: FibNh[]
  /** RTNH_F_DEAD and RTNH_F_LINKDOWN when all next hops have it. */
  flags = 0
  /** Routes that use it; the last one leaves it dead. */
  treeref = 0
  dead = false
  #key: string | null = null

  constructor(cfg: FibConfig, nhs: FibNh[]) {
    this.type = cfg.type
    this.table = cfg.table
    this.scope = cfg.scope
    this.protocol = cfg.protocol
    this.priority = cfg.priority
    this.prefsrc = cfg.prefsrc
    this.metrics = cfg.metrics
    this.nhs = nhs
  }

  /** What it says, as one text: routes that say the same share one of these (fib_find_info). */
  get key(): string {
    return (this.#key ??= this.#text())
  }

  #text(): string {
    const { type, table, scope, protocol, priority, prefsrc } = this
    let text = `${type},${table},${scope},${protocol},${priority},${prefsrc},${metricsText(this.metrics)}`
    for (const nh of this.nhs)
      text += `,${nh.dev?.ifindex ?? 0} ${nh.gateway} ${nh.scope} ${nh.weight} ${nh.flags & ~STATE_FLAGS}`
    return text
  }
}

/** Flags of a next hop that say how it is, not what it is. */
const STATE_FLAGS = RTNH_F_LINKDOWN | RTNH_F_DEAD

/** The FibInfos of a namespace that routes use, each for all routes that say the same (fib_info_hash). */
export class FibInfos {
  readonly #byKey = new Map<string, FibInfo>()

  /** The one in use that says the same as `info`, otherwise `info` itself. */
  find(info: FibInfo): FibInfo {
    return this.#byKey.get(info.key) ?? info
  }

  /** A route takes it into use. */
  hold(info: FibInfo): void {
    if (info.treeref++ === 0) this.#byKey.set(info.key, info)
  }

  /** A route has gone; with the last one goes whatever was learned, and what is under way is not answered any more. */
  release(info: FibInfo): void {
    if (--info.treeref > 0) return
    info.dead = true
    this.#byKey.delete(info.key)
  }
}

/** One text for equal metrics. */
export const metricsText = (m: RouteMetrics): string =>
  Object.entries(m)
    .filter(([, v]) => v !== undefined)
    .map(([k, v]) => (v instanceof Set ? `${k}=${[...v].sort().join('+')}` : `${k}=${v}`))
    .sort()
    .join(' ')

/** A next hop as it is asked for. */
export interface NexthopConfig {
  readonly dev: NetDevice | null
  readonly gateway: number
  readonly onlink: boolean
  readonly weight: number
}

/** A route as it is asked for (struct fib_config). */
export interface FibConfig {
  readonly dst: number
  readonly dstLen: number
  readonly tos: number
  readonly type: number
  readonly table: number
  readonly scope: number
  readonly protocol: number
  readonly priority: number
  readonly prefsrc: number
  readonly metrics: RouteMetrics
  readonly nexthops: readonly NexthopConfig[]
  /** Several next hops were asked for, in front of which a device and a gateway were named: those of the first one. */
  readonly first?: NexthopConfig
}

const refuse = (code: Errno, text: string, cfg: FibConfig): never => {
  throw extackError(code, text, { dst: formatIpv4(cfg.dst), dstLen: cfg.dstLen })
}

/** Checks a route and makes its shared part (fib_create_info). Throws with the kernel's texts; nothing is changed. */
export const fibCreateInfo = (netns: Netns, cfg: FibConfig): FibInfo => {
  if (cfg.type > RTN_MAX) refuse('EINVAL', 'Invalid route type', cfg)
  if ((FIB_PROPS_SCOPE[cfg.type] ?? RT_SCOPE_NOWHERE) > cfg.scope) refuse('EINVAL', 'Invalid scope', cfg)
  if (fibPropsError[cfg.type] !== 0) {
    if (cfg.nexthops.length > 0)
      refuse('EINVAL', 'Gateway, device and multipath can not be specified for this route type', cfg)
    return new FibInfo(cfg, [new FibNh(null, 0, 0, 1)])
  }
  if (cfg.scope > RT_SCOPE_HOST) refuse('EINVAL', 'Invalid scope', cfg)
  if (cfg.nexthops.length === 0) throw new NetloomError('ENODEV', undefined, { dst: formatIpv4(cfg.dst) })
  checkFirst(cfg)
  if (cfg.scope === RT_SCOPE_HOST && cfg.nexthops.length > 1)
    refuse('EINVAL', 'Route with host scope can not have multiple nexthops', cfg)
  const nhs = cfg.nexthops.map(n => new FibNh(n.dev, n.gateway, n.onlink ? RTNH_F_ONLINK : 0, n.weight))
  for (const nh of nhs) checkNh(netns, nh, cfg)
  const info = new FibInfo(cfg, nhs)
  if (nhs.every(nh => nh.flags & RTNH_F_LINKDOWN)) info.flags |= RTNH_F_LINKDOWN
  if (cfg.prefsrc !== 0 && !isValidPrefsrc(netns, cfg)) refuse('EINVAL', 'Invalid prefsrc address', cfg)
  for (const nh of nhs) nhSaddr(info, nh)
  fibRebalance(info)
  return info
}

/** What was named in front of several next hops must be what the first of them says (fib_get_nhs). */
const checkFirst = ({ first, nexthops }: FibConfig): void => {
  if (first === undefined) return
  if (first.dev !== null && nexthops[0]!.dev !== first.dev)
    throw extackError('EINVAL', 'Nexthop device index does not match RTA_OIF')
  if (first.gateway !== 0 && nexthops[0]!.gateway !== first.gateway)
    throw extackError('EINVAL', 'Nexthop gateway does not match RTA_GATEWAY or RTA_VIA')
}

/** A preferred source must be a local address (fib_valid_prefsrc). */
const isValidPrefsrc = (netns: Netns, cfg: FibConfig): boolean =>
  (cfg.type === RTN_LOCAL && cfg.dst === cfg.prefsrc) || inetAddrType(netns, cfg.prefsrc) === RTN_LOCAL

const checkNh = (netns: Netns, nh: FibNh, cfg: FibConfig): void => {
  if (cfg.scope === RT_SCOPE_HOST) {
    if (nh.gateway !== 0) refuse('EINVAL', 'Route with host scope can not have a gateway', cfg)
    nh.scope = RT_SCOPE_NOWHERE
    if (nh.dev === null) throw new NetloomError('ENODEV')
    return
  }
  if (nh.gateway !== 0) checkGateway(netns, nh, cfg)
  else checkNoGateway(nh, cfg)
  if (!nh.dev!.carrier) nh.flags |= RTNH_F_LINKDOWN
}

const checkNoGateway = (nh: FibNh, cfg: FibConfig): void => {
  if (nh.flags & RTNH_F_ONLINK) refuse('EINVAL', 'Invalid flags for nexthop - PERVASIVE and ONLINK can not be set', cfg)
  if (nh.dev === null || inDevOf(nh.dev) === null) throw new NetloomError('ENODEV')
  if (!(nh.dev.flags & IFF_UP)) refuse('ENETDOWN', 'Device for nexthop is not up', cfg)
  nh.scope = RT_SCOPE_HOST
}

const checkGateway = (netns: Netns, nh: FibNh, cfg: FibConfig): void => {
  if (nh.flags & RTNH_F_ONLINK) {
    if (cfg.scope >= RT_SCOPE_LINK) refuse('EINVAL', 'Nexthop has invalid scope', cfg)
    if (nh.dev === null) throw extackError('ENODEV', 'Nexthop device required for onlink')
    if (!(nh.dev.flags & IFF_UP)) refuse('ENETDOWN', 'Nexthop device is not up', cfg)
    if (inetAddrType(netns, nh.gateway) !== RTN_UNICAST) refuse('EINVAL', 'Nexthop has invalid gateway', cfg)
    nh.scope = RT_SCOPE_LINK
    return
  }
  const { fib } = ipv4(netns)
  const fl = new Flow4().reset(nh.gateway, 0, nh.dev?.ifindex ?? 0)
  fl.scope = Math.max(cfg.scope + 1, RT_SCOPE_LINK)
  const own = cfg.table === RT_TABLE_MAIN ? null : fib.get(cfg.table)
  let err = own === null ? -1 : own.lookup(fl, FIB_LOOKUP_IGNORE_LINKSTATE, fib.res)
  if (err !== 0) err = fib.lookup(fl, FIB_LOOKUP_IGNORE_LINKSTATE)
  if (err !== 0) refuse(errnoName(err), 'Nexthop has invalid gateway', cfg)
  const { res } = fib
  if (res.type !== RTN_UNICAST && res.type !== RTN_LOCAL) refuse('EINVAL', 'Nexthop has invalid gateway', cfg)
  nh.scope = res.scope
  nh.dev = res.nh!.dev
  if (nh.dev === null) refuse('EINVAL', 'No egress device for nexthop', cfg)
  if (!(nh.dev!.flags & IFF_UP)) throw new NetloomError('ENETDOWN')
}

/** Source address that a route gives to a packet without one (fib_result_prefsrc). */
export const fibPrefsrc = (info: FibInfo, nh: FibNh): number => (info.prefsrc !== 0 ? info.prefsrc : nhSaddr(info, nh))

/** The source address that belongs to a next hop (fib_info_update_nhc_saddr). */
const nhSaddr = (info: FibInfo, nh: FibNh): number => {
  nh.saddr = nh.dev === null ? 0 : inetSelectAddr(nh.dev, nh.gateway, info.scope)
  return nh.saddr
}
