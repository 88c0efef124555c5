/**
 * Routes as `ip route` prints them.
 *
 * @see ip-route(8)
 */
import { RT_SCOPE_UNIVERSE, RT_TABLE_MAIN, RTM_F_NOTIFY, RTN_UNICAST, RTPROT_BOOT } from '../ip/rtnetlink.js'
import type { NexthopInfo, RouteInfo } from '../rtnl/route.js'
import { formatIpv4 } from '../wire/ip.js'
import { DSFIELDS, type NameTable, ROUTE_PROTOCOLS, ROUTE_TABLES, ROUTE_TYPES, SCOPES } from './names.js'
import type { Printer } from './printer.js'

/** Fields that a selector has fixed; they are not printed. */
export interface RouteColumns {
  readonly hideDevice: boolean
  readonly hideGateway: boolean
  readonly hideProtocol: boolean
  readonly hideScope: boolean
  readonly hideSource: boolean
  readonly hideMetric: boolean
  readonly hideTos: boolean
  /** A table was selected; false for `table all`. */
  readonly hideTable: boolean
}

/** What `ip route show` hides when it was given no selector: the table, which is the main one. */
export const ALL_COLUMNS: RouteColumns = Object.freeze({
  hideDevice: false,
  hideGateway: false,
  hideProtocol: false,
  hideScope: false,
  hideSource: false,
  hideMetric: false,
  hideTos: false,
  hideTable: true,
})

/** Metrics of a route by name, in the order in which they are printed (RTAX_*), with the scale of those that are times. */
const METRICS: readonly (readonly [key: string, word: string, perMs: number])[] = [
  ['mtu', 'mtu', 0],
  ['window', 'window', 0],
  ['rtt', 'rtt', 8],
  ['rttvar', 'rttvar', 4],
  ['ssthresh', 'ssthresh', 0],
  ['cwnd', 'cwnd', 0],
  ['advmss', 'advmss', 0],
  ['reordering', 'reordering', 0],
  ['hoplimit', 'hoplimit', 0],
  ['initcwnd', 'initcwnd', 0],
  ['features', 'features', 0],
  ['rtoMin', 'rto_min', 1],
  ['initrwnd', 'initrwnd', 0],
  ['quickack', 'quickack', 0],
  ['congctl', 'congctl', 0],
  ['fastopenNoCookie', 'fastopen_no_cookie', 0],
]

/** Flags of a next hop or of a route, in the order in which they are printed. */
const FLAGS: readonly (readonly [bit: number, word: string])[] = [
  [1, 'dead'],
  [4, 'onlink'],
  [2, 'pervasive'],
  [RTM_F_NOTIFY, 'notify'],
  [16, 'linkdown'],
  [0x20000000, 'rt_offload_failed'],
]

/** Metrics as the kernel keeps them: rtt in eighths and rttvar in quarters of a millisecond, rto_min in milliseconds. */
export type RouteMetrics = RouteInfo['metrics']

const milliseconds = (ms: number): string => (ms >= 1000 ? `${ms / 1000}s` : `${ms}ms`)

/** Prints the metrics: ` mtu 1000 advmss ...`. */
export const printMetrics = (p: Printer, metrics: RouteMetrics): void => {
  const values = metrics as Readonly<Record<string, unknown>>
  const present = METRICS.filter(([key]) => values[key] !== undefined && values[key] !== 0)
  if (present.length === 0) return
  p.openArray('metrics')
  p.openObject()
  for (const [key, word, perMs] of present) {
    if (key === 'congctl') {
      const name = values[key] as string
      p.field('congestion', name, `congctl ${metrics.lock?.has(key) === true ? 'lock ' : ''}${name} `)
      continue
    }
    if (key === 'features') {
      // Of a value that has no number JSON has the name alone.
      p.field('ecn', null, 'features ecn ')
      continue
    }
    const raw = values[key] as number
    const value = perMs === 0 ? raw : Math.floor(raw / perMs)
    const lock = metrics.lock?.has(word) === true || metrics.lock?.has(key) === true ? 'lock ' : ''
    p.field(word, value, `${word} ${lock}${perMs === 0 ? value : milliseconds(value)} `)
  }
  p.closeObject()
  p.closeArray()
}

/** Prints flags of a route or a next hop. */
export const printRouteFlags = (p: Printer, flags: number, others: readonly string[] = []): void => {
  p.openArray('flags')
  for (const [bit, word] of FLAGS) if ((flags & bit) !== 0) p.element(word, `${word} `)
  for (const word of others) p.element(word, `${word} `)
  p.closeArray()
}

const printNexthop = (p: Printer, hop: NexthopInfo): void => {
  p.openObject()
  p.newline()
  p.text('\tnexthop ')
  if (hop.gateway !== 0) p.field('gateway', formatIpv4(hop.gateway), `via ${formatIpv4(hop.gateway)} `)
  if (hop.dev !== null) p.field('dev', hop.dev.name, `dev ${hop.dev.name} `)
  p.field('weight', hop.weight, `weight ${hop.weight} `)
  printRouteFlags(p, hop.flags)
  p.closeObject()
}

/** Name of a value, or the number itself with `-N`. */
const named = (p: Printer, table: NameTable, value: number): string =>
  p.options.numeric ? String(value) : table.name(value)

/** Prefix as `ip route` prints it: `default`, `A.B.C.D` for a host, `A.B.C.D/LEN`. */
export const routePrefix = (dst: number, len: number): string => {
  if (len === 32) return formatIpv4(dst)
  return len === 0 ? 'default' : `${formatIpv4(dst)}/${len}`
}

/** Prints the type of a route where it is not an ordinary one, or all is wanted. */
export const printRouteType = (p: Printer, type: number): void => {
  if (type === RTN_UNICAST && !p.options.details) return
  const word = p.options.numeric ? String(type) : (ROUTE_TYPES[type] ?? String(type))
  p.field('type', word, `${word} `)
}

const printAttributes = (p: Printer, route: RouteInfo, columns: RouteColumns): void => {
  const { details } = p.options
  const single = route.nexthops.length === 1 ? route.nexthops[0]! : null
  if (route.tos !== 0 && !columns.hideTos) {
    const tos = p.options.numeric ? `0x${route.tos.toString(16).padStart(2, '0')}` : DSFIELDS.name(route.tos)
    p.field('tos', tos, `tos ${tos} `)
  }
  if (single !== null && single.gateway !== 0 && !columns.hideGateway)
    p.field('gateway', formatIpv4(single.gateway), `via ${formatIpv4(single.gateway)} `)
  if (single !== null && single.dev !== null && !columns.hideDevice)
    p.field('dev', single.dev.name, `dev ${single.dev.name} `)
  if (!columns.hideTable && (route.table !== RT_TABLE_MAIN || details)) {
    const table = named(p, ROUTE_TABLES, route.table)
    p.field('table', table, `table ${table} `)
  }
  if (!columns.hideProtocol && (route.protocol !== RTPROT_BOOT || details)) {
    const protocol = named(p, ROUTE_PROTOCOLS, route.protocol)
    p.field('protocol', protocol, `proto ${protocol} `)
  }
  if (!columns.hideScope && (route.scope !== RT_SCOPE_UNIVERSE || details)) {
    const scope = named(p, SCOPES, route.scope)
    p.field('scope', scope, `scope ${scope} `)
  }
  if (route.prefsrc !== 0 && !columns.hideSource)
    p.field('prefsrc', formatIpv4(route.prefsrc), `src ${formatIpv4(route.prefsrc)} `)
  if (route.priority !== 0 && !columns.hideMetric) p.field('metric', route.priority, `metric ${route.priority} `)
  printRouteFlags(p, route.flags | (single?.flags ?? 0))
}

/** Prints a route on its lines. */
export const printRoute = (p: Printer, route: RouteInfo, columns: RouteColumns = ALL_COLUMNS): void => {
  p.openObject()
  printRouteType(p, route.type)
  const dst = routePrefix(route.dst, route.dstLen)
  p.field('dst', dst, `${dst} `)
  printAttributes(p, route, columns)
  printMetrics(p, route.metrics)
  if (route.nexthops.length > 1) {
    p.openArray('nexthops')
    for (const hop of route.nexthops) printNexthop(p, hop)
    p.closeArray()
  }
  p.text('\n')
  p.closeObject()
}
