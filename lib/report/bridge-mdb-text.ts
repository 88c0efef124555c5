/**
 * Multicast groups and router ports as `bridge mdb` prints them.
 *
 * @see bridge(8)
 */
import type { MdbInfo, MdbRouterInfo } from '../rtnl/mdb.js'
import { formatIpv4 } from '../wire/ip.js'
import { formatMac } from '../wire/mac.js'
import { ROUTE_PROTOCOLS } from './names.js'
import type { Printer } from './printer.js'

/** Types of router ports (MDB_RTR_TYPE_*). */
const ROUTER_TYPES: readonly string[] = ['disabled', 'temp_query', 'permanent', 'temp']

const seconds = (centiseconds: number): string => (centiseconds / 100).toFixed(2)
const padded = (centiseconds: number): string => seconds(centiseconds).padStart(7)

const printSources = (p: Printer, sources: MdbInfo['sources']): void => {
  if (sources.length === 0) return
  p.text(' source_list')
  p.openArray('source_list')
  for (const [i, { addr, timer }] of sources.entries()) {
    p.openObject()
    p.field('address', formatIpv4(addr), `${i === 0 ? ' ' : ','}${formatIpv4(addr)}`)
    p.field('timer', seconds(timer), `/${seconds(timer)}`)
    p.closeObject()
  }
  p.closeArray()
}

const printDetails = (p: Printer, m: MdbInfo): void => {
  if (m.filterMode !== null) p.field('filter_mode', m.filterMode, ` filter_mode ${m.filterMode}`)
  printSources(p, m.sources)
  if (m.protocol !== null) {
    const protocol = ROUTE_PROTOCOLS.name(m.protocol)
    p.field('protocol', protocol, ` proto ${protocol} `)
  }
}

/** Prints a membership on its line. */
export const printMdb = (p: Printer, m: MdbInfo): void => {
  p.openObject()
  p.json('index', m.br.ifindex)
  p.field('dev', m.br.name, `dev ${m.br.name}`)
  p.field('port', m.port.name, ` port ${m.port.name}`)
  const group = m.mac !== 0 ? formatMac(m.mac) : formatIpv4(m.group)
  p.field('grp', group, ` grp ${group}`)
  if (m.source !== 0) p.field('src', formatIpv4(m.source), ` src ${formatIpv4(m.source)}`)
  const state = m.permanent ? 'permanent' : 'temp'
  p.field('state', state, ` ${state}`)
  if (p.options.details) printDetails(p, m)
  p.openArray('flags')
  for (const flag of m.flags) p.element(flag, ` ${flag}`)
  p.closeArray()
  if (m.vid !== 0) p.field('vid', m.vid, ` vid ${m.vid}`)
  if (p.options.stats > 0) p.field('timer', padded(m.timer), ` ${padded(m.timer)}`)
  p.newline()
  p.closeObject()
}

/** Prints the router ports of one bridge on one line, with statistics each on its own. */
export const printMdbRouters = (p: Printer, routers: readonly MdbRouterInfo[]): void => {
  const [first] = routers
  if (first === undefined) return
  const head = `router ports on ${first.br.name}: `
  const showsStats = p.options.stats > 0
  if (!showsStats) p.text(head)
  p.openArray(first.br.name)
  for (const { port, timer, type } of routers) {
    p.openObject()
    if (showsStats) {
      p.field('port', port.name, `${head}${port.name}`)
      p.field('timer', padded(timer), ` ${padded(timer)}`)
      const name = ROUTER_TYPES[type] ?? String(type)
      p.field('type', name, ` ${name}`)
      p.text('\n')
    } else p.field('port', port.name, `${port.name} `)
    p.closeObject()
  }
  p.closeArray()
  if (!showsStats) p.newline()
}
