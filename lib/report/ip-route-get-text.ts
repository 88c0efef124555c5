/**
 * The answer of `ip route get`, and the routes of `ip route show cache`.
 *
 * @see ip-route(8)
 */
import { RT_TABLE_MAIN, RT_TABLE_UNSPEC } from '../ip/rtnetlink.js'
import type { RouteCacheInfo, RouteGetInfo } from '../rtnl/route.js'
import { formatIpv4 } from '../wire/ip.js'
import { printMetrics, printRouteFlags, printRouteType, type RouteColumns } from './ip-route-text.js'
import { DSFIELDS, ROUTE_TABLES } from './names.js'
import type { Printer } from './printer.js'

/** What was asked for and is repeated in the answer. */
export interface RouteGetQuestion {
  /** Source address as text; empty when none was given. */
  readonly from: string
  readonly mark: number | undefined
}

const NS_PER_SECOND = 1e9
/** Shortest age that the kernel's clock of hundredths shows. */
const NS_PER_CLOCK_TICK = 1e7

const seconds = (ns: number): number => Math.floor(ns / NS_PER_SECOND)

const printCache = (p: Printer, info: RouteCacheInfo): void => {
  p.newline()
  p.text('    cache ')
  if (info.cacheFlags.length > 0) p.text(`<${info.cacheFlags.join(',')}> `)
  p.openArray('cache')
  if (p.isJson) for (const flag of info.cacheFlags) p.element(flag, '')
  p.closeArray()
  if (info.expiresNs > 0) p.field('expires', seconds(info.expiresNs), `expires ${seconds(info.expiresNs)}sec `)
  if (p.options.stats === 0) return
  p.field('users', info.users, `users ${info.users} `)
  if (info.ageNs >= NS_PER_CLOCK_TICK) p.field('age', seconds(info.ageNs), `age ${seconds(info.ageNs)}sec `)
}

const printTable = (p: Printer, info: RouteCacheInfo): void => {
  if (info.table === RT_TABLE_UNSPEC || (info.table === RT_TABLE_MAIN && !p.options.details)) return
  const table = p.options.numeric ? String(info.table) : ROUTE_TABLES.name(info.table)
  p.field('table', table, `table ${table} `)
}

/** Prints the route on its two lines. */
export const printRouteGet = (p: Printer, info: RouteGetInfo, question: RouteGetQuestion): void => {
  p.openObject()
  printRouteType(p, info.type)
  p.field('dst', formatIpv4(info.dst), `${formatIpv4(info.dst)} `)
  if (question.from !== '') p.field('from', question.from, `from ${question.from} `)
  if (info.tos !== 0) {
    const tos = p.options.numeric ? `0x${info.tos.toString(16).padStart(2, '0')}` : DSFIELDS.name(info.tos)
    p.field('tos', tos, `tos ${tos} `)
  }
  if (info.gateway !== 0) p.field('gateway', formatIpv4(info.gateway), `via ${formatIpv4(info.gateway)} `)
  p.field('dev', info.dev.name, `dev ${info.dev.name} `)
  printTable(p, info)
  if (question.from === '' && info.src !== 0) p.field('prefsrc', formatIpv4(info.src), `src ${formatIpv4(info.src)} `)
  printRouteFlags(p, info.flags)
  const { mark = 0 } = question
  if (mark !== 0) p.field('mark', mark, `mark ${mark >= 16 ? `0x${mark.toString(16)}` : mark} `)
  if (info.uid !== null) p.field('uid', info.uid, `uid ${info.uid} `)
  printCache(p, info)
  printMetrics(p, info.metrics)
  if (info.iif !== null) p.field('iif', info.iif.name, `iif ${info.iif.name} `)
  p.text('\n')
  p.closeObject()
}

/** Prints a route of `ip route show cache` on its two lines. */
export const printRouteCache = (p: Printer, info: RouteCacheInfo, columns: RouteColumns): void => {
  p.openObject()
  printRouteType(p, info.type)
  p.field('dst', formatIpv4(info.dst), `${formatIpv4(info.dst)} `)
  if (info.gateway !== 0 && !columns.hideGateway)
    p.field('gateway', formatIpv4(info.gateway), `via ${formatIpv4(info.gateway)} `)
  if (!columns.hideDevice) p.field('dev', info.dev.name, `dev ${info.dev.name} `)
  if (!columns.hideTable) printTable(p, info)
  printRouteFlags(p, info.flags)
  printCache(p, info)
  printMetrics(p, info.metrics)
  p.text('\n')
  p.closeObject()
}
