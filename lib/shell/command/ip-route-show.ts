/**
 * `ip route show` and `ip route flush`.
 *
 * @see ip-route(8)
 */
import type { NetDevice } from '../../core/netdev.js'
import { RT_SCOPE_UNIVERSE, RT_TABLE_MAIN, RTPROT_UNSPEC } from '../../ip/rtnetlink.js'
import { printRouteCache } from '../../report/ip-route-get-text.js'
import { printRoute, type RouteColumns } from '../../report/ip-route-text.js'
import { ROUTE_PROTOCOLS, ROUTE_TABLES } from '../../report/names.js'
import {
  type RouteInfo,
  type RouteSpec,
  routeDel,
  type RouteCacheInfo,
  routeCacheList,
  routeFlushCache,
  routeList,
  routeTableExists,
} from '../../rtnl/route.js'
import { maskOf } from '../../wire/ip.js'
import { type Args, invalidArgument, matches, parseUnsigned, ToolExit, unsupported, usageError } from './args.js'
import { requireSelector, runFlush } from './flush.js'
import { expectedFamily, type InetPrefix, prefixArgument } from './inet-args.js'
import type { IpContext } from './ip-context.js'
import { scopeSelector } from './ip-list-args.js'
import { routeTypeByName, tosNumber } from './ip-route-args.js'

const USAGE = 'Usage: ip route { show | flush } [ root | match | exact ] PREFIX [ table T ] [ dev D ] [ proto P ] ...'

/** What was selected; null where anything goes. */
interface RouteFilter {
  /** 0: all tables. */
  table: number
  /** What was learned about single destinations, instead of routes. */
  cached: boolean
  tos: number | null
  protocol: number | null
  scope: number | null
  type: number | null
  /** Name of a device that is looked up when all words have been read. */
  devName: string | null
  iifName: string | null
  dev: NetDevice | null
  priority: number | null
  via: InetPrefix | null
  src: InetPrefix | null
  /** The route's prefix lies in this one. */
  root: InetPrefix | null
  /** The route's prefix contains this one. */
  match: InetPrefix | null
  /** A selector that no IPv4 route of netloom fits. */
  fitsNothing: boolean
}

type Apply = (filter: RouteFilter, args: Args, ip: IpContext) => void

const prefix = (ip: IpContext, word: string): InetPrefix => prefixArgument(word, expectedFamily(ip.options.family))

const table: Apply = (filter, args) => {
  const word = args.take()
  if (word === 'all') filter.table = 0
  else if (word === 'cache') filter.cached = true
  else
    filter.table =
      ROUTE_TABLES.value(word) ?? parseUnsigned(word) ?? invalidArgument('table id value is invalid\n', word)
}

const cached: Apply = filter => {
  filter.cached = true
}

const tos: Apply = (filter, args) => {
  filter.tos = tosNumber(args.take(), 'TOS value is invalid\n')
}

const protocol: Apply = (filter, args) => {
  const word = args.take()
  filter.protocol =
    word === 'all'
      ? null
      : (ROUTE_PROTOCOLS.value(word) ?? parseUnsigned(word, 8) ?? invalidArgument('invalid "protocol"\n', word))
}

const scope: Apply = (filter, args) => {
  filter.scope = scopeSelector(args.take())
}

const type: Apply = (filter, args) => {
  const word = args.take()
  filter.type = routeTypeByName(word) ?? parseUnsigned(word, 8) ?? invalidArgument('node type value is invalid\n', word)
}

const dev: Apply = (filter, args) => {
  filter.devName = args.take()
}

const priority: Apply = (filter, args) => {
  const word = args.take()
  filter.priority = parseUnsigned(word) ?? invalidArgument('"metric" value is invalid\n', word)
}

const via: Apply = (filter, args, ip) => {
  const word = args.take()
  const isFamily = ['inet', 'inet6', 'link', 'mpls', 'bridge'].includes(word)
  const text = isFamily ? args.take() : word
  if (isFamily && word !== 'inet') throw unsupported('ip route show via', word, 'inet')
  filter.via = prefix(ip, text)
}

const src: Apply = (filter, args, ip) => {
  filter.src = prefix(ip, args.take())
}

// Selectors of what IPv4 routes of netloom have not; their arguments are checked all the same.

const from: Apply = (filter, args, ip) => {
  prefix(ip, args.take())
  filter.fitsNothing = true
}

const iif: Apply = (filter, args) => {
  filter.iifName = args.take()
  filter.fitsNothing = true
}

const mark: Apply = (filter, args) => {
  const word = args.take()
  if (parseUnsigned(word) === null) invalidArgument('invalid mark value', word)
  filter.fitsNothing = true
}

const realms: Apply = (filter, args) => {
  const word = args.take()
  if (!word.split('/').every(realm => parseUnsigned(realm, 16) !== null)) invalidArgument('invalid realms\n', word)
  filter.fitsNothing = true
}

const vrf: Apply = (_filter, args) => invalidArgument('Invalid VRF\n', args.take())

/** Key words in the order in which the tool looks for them, and whether each must be whole. */
const WORDS: readonly (readonly [word: string, whole: boolean, apply: Apply])[] = [
  ['table', false, table],
  ['vrf', true, vrf],
  ['cached', false, cached],
  ['cloned', false, cached],
  ['tos', true, tos],
  ['dsfield', false, tos],
  ['protocol', false, protocol],
  ['scope', false, scope],
  ['type', false, type],
  ['dev', true, dev],
  ['oif', true, dev],
  ['iif', true, iif],
  ['mark', true, mark],
  ['metric', false, priority],
  ['priority', false, priority],
  ['preference', true, priority],
  ['via', true, via],
  ['src', true, src],
  ['realms', false, realms],
  ['from', false, from],
]

const takePrefix = (ip: IpContext, filter: RouteFilter, args: Args, first: string): void => {
  const word = first === 'to' ? args.take() : first
  if (word === 'root') filter.root = prefix(ip, args.take())
  else if (word === 'match') filter.match = prefix(ip, args.take())
  else {
    const text = word === 'exact' ? args.take() : word
    if (word !== 'exact' && matches(text, 'help')) usageError(USAGE)
    filter.root = prefix(ip, text)
    filter.match = filter.root
  }
}

const parseFilter = (ip: IpContext, args: Args): RouteFilter => {
  const filter: RouteFilter = {
    table: RT_TABLE_MAIN,
    cached: false,
    tos: null,
    protocol: null,
    scope: null,
    type: null,
    devName: null,
    iifName: null,
    dev: null,
    priority: null,
    via: null,
    src: null,
    root: null,
    match: null,
    fitsNothing: ip.options.family === 'inet6' || ip.options.family === 'link',
  }
  while (!args.done) {
    const word = args.take()
    const key = WORDS.find(([text, whole]) => (whole ? text === word : matches(word, text)))
    if (key === undefined) takePrefix(ip, filter, args, word)
    else key[2](filter, args, ip)
  }
  if (filter.iifName !== null) ip.device(filter.iifName)
  if (filter.devName !== null) filter.dev = ip.device(filter.devName)
  return filter
}

const contains = (outer: InetPrefix, addr: number): boolean => ((outer.addr ^ addr) & maskOf(outer.len)) === 0

const fitsPrefix = (filter: RouteFilter, r: RouteInfo): boolean => {
  const { root, match } = filter
  if (root !== null && (root.len > r.dstLen || !contains(root, r.dst))) return false
  return match === null || (match.len >= r.dstLen && ((match.addr ^ r.dst) & maskOf(r.dstLen)) === 0)
}

const isSelected = (filter: RouteFilter, r: RouteInfo): boolean => {
  const single = r.nexthops.length === 1 ? r.nexthops[0]! : null
  if (filter.table !== 0 && r.table !== filter.table) return false
  if (filter.tos !== null && r.tos !== filter.tos) return false
  if (filter.protocol !== null && r.protocol !== filter.protocol) return false
  if (filter.scope !== null && r.scope !== filter.scope) return false
  if (filter.type !== null && r.type !== filter.type) return false
  if (filter.dev !== null && single?.dev !== filter.dev) return false
  if (filter.priority !== null && r.priority !== filter.priority) return false
  if (filter.via !== null && !(single !== null && single.gateway !== 0 && contains(filter.via, single.gateway)))
    return false
  if (filter.src !== null && !(r.prefsrc !== 0 && contains(filter.src, r.prefsrc))) return false
  return fitsPrefix(filter, r)
}

const columnsOf = (filter: RouteFilter): RouteColumns => ({
  hideDevice: filter.dev !== null,
  hideGateway: filter.via?.len === 32,
  hideProtocol: filter.protocol !== null,
  hideScope: filter.scope !== null,
  hideSource: filter.src?.len === 32,
  hideMetric: filter.priority !== null,
  hideTos: filter.tos !== null,
  hideTable: filter.table !== 0,
})

/** Selected routes, in the kernel's order. */
const listSelected = (ip: IpContext, filter: RouteFilter): RouteInfo[] =>
  filter.cached || filter.fitsNothing ? [] : routeList(ip.netns).filter(r => isSelected(filter, r))

/** Selected entries of what was learned about destinations: they have no protocol, TOS, metric or source. */
const listCached = (ip: IpContext, filter: RouteFilter): RouteCacheInfo[] => {
  if (filter.fitsNothing) return []
  return routeCacheList(ip.netns).filter(({ dst, gateway, dev, type, table }) =>
    isSelected(filter, {
      table,
      type,
      dst,
      dstLen: 32,
      tos: 0,
      protocol: RTPROT_UNSPEC,
      scope: RT_SCOPE_UNIVERSE,
      priority: 0,
      prefsrc: 0,
      nexthops: [{ dev, gateway, flags: 0, weight: 1 }],
      metrics: {},
      flags: 0,
    }),
  )
}

/** A table that is named must exist, except the main one; what was to be done ends in `Dump` or `Flush`. */
const requireTable = (ip: IpContext, filter: RouteFilter, what: string): void => {
  const { table, fitsNothing } = filter
  if (fitsNothing || table === 0 || table === RT_TABLE_MAIN || routeTableExists(ip.netns, table)) return
  throw new ToolExit(2, `Error: ipv4: FIB table does not exist.\n${what} terminated\n`)
}

/** `ip route show`. */
export const showRoutes = (ip: IpContext, args: Args): number => {
  const filter = parseFilter(ip, args)
  requireTable(ip, filter, 'Dump')
  const columns = columnsOf(filter)
  return ip.printList(p => {
    if (filter.cached)
      for (const route of listCached(ip, filter)) {
        ip.askFor(route.dev)
        printRouteCache(p, route, columns)
      }
    for (const route of listSelected(ip, filter)) {
      for (const hop of route.nexthops) ip.askFor(hop.dev)
      printRoute(p, route, columns)
    }
  })
}

/** What matches exactly this route. */
const specOf = (r: RouteInfo): RouteSpec => {
  const { type, dst, dstLen, tos, table, protocol, scope, priority, prefsrc, nexthops } = r
  const [hop] = nexthops
  return {
    type,
    dst,
    dstLen,
    tos,
    table,
    protocol,
    scope,
    priority,
    ...(prefsrc === 0 ? {} : { prefsrc }),
    ...(nexthops.length === 1 && hop!.gateway !== 0 ? { gateway: hop!.gateway } : {}),
    ...(nexthops.length === 1 && hop!.dev !== null ? { dev: hop!.dev } : {}),
    ...(nexthops.length > 1
      ? { nexthops: nexthops.map(({ dev, gateway }) => ({ ...(dev !== null && { dev }), gateway })) }
      : {}),
  }
}

/** `ip route flush`. */
export const flushRoutes = (ip: IpContext, args: Args): number => {
  requireSelector(!args.done, '"ip route flush" requires arguments.')
  const filter = parseFilter(ip, args)
  if (filter.cached) {
    // Of other families there is nothing to flush.
    if (ip.options.family === 'inet6') {
      if (ip.options.stats > 0) ip.command.out('Nothing to flush.\n')
      return 0
    }
    routeFlushCache(ip.netns)
    if (ip.options.stats > 0) ip.command.out('*** IPv4 routing cache is flushed.\n')
    return 0
  }
  requireTable(ip, filter, 'Flush')
  const columns = columnsOf(filter)
  return runFlush(ip, {
    what: 'entries',
    select: () => listSelected(ip, filter),
    remove: r => routeDel(ip.netns, specOf(r)),
    print: (p, r) => printRoute(p, r, columns),
  })
}
