/**
 * Neighbour entries as `ip neigh` prints them.
 *
 * @see ip-neighbour(8)
 */
import {
  NTF_EXT_LEARNED,
  NTF_ROUTER,
  NUD_DELAY,
  NUD_FAILED,
  NUD_INCOMPLETE,
  NUD_NOARP,
  NUD_PERMANENT,
  NUD_PROBE,
  NUD_REACHABLE,
  NUD_STALE,
} from '../ip/rtnetlink.js'
import type { NeighInfo } from '../rtnl/neigh.js'
import { formatIpv4 } from '../wire/ip.js'
import { formatMac } from '../wire/mac.js'
import { ROUTE_PROTOCOLS } from './names.js'
import type { Printer } from './printer.js'

/** States of a neighbour in the order in which they are printed. */
export const NUD_STATES: readonly (readonly [word: string, bit: number])[] = [
  ['INCOMPLETE', NUD_INCOMPLETE],
  ['REACHABLE', NUD_REACHABLE],
  ['STALE', NUD_STALE],
  ['DELAY', NUD_DELAY],
  ['PROBE', NUD_PROBE],
  ['FAILED', NUD_FAILED],
  ['NOARP', NUD_NOARP],
  ['PERMANENT', NUD_PERMANENT],
]

const NS_PER_SECOND = 1e9

const seconds = (ns: number): number => Math.floor(ns / NS_PER_SECOND)

const printBrief = (p: Printer, n: NeighInfo): void => {
  const dst = formatIpv4(n.dst)
  p.field('dst', dst, `${dst.padEnd(39)} `)
  if (n.dev !== null) p.field('dev', n.dev.name, `${n.dev.name.padEnd(16)} `)
  if (n.lladdr !== null) p.field('lladdr', formatMac(n.lladdr), formatMac(n.lladdr))
}

const printStatistics = (p: Printer, n: NeighInfo): void => {
  if (n.refcnt > 0) p.field('refcnt', n.refcnt, ` ref ${n.refcnt}`)
  p.field('used', seconds(n.usedNs), ` used ${seconds(n.usedNs)}`)
  p.field('confirmed', seconds(n.confirmedNs), `/${seconds(n.confirmedNs)}`)
  p.field('updated', seconds(n.updatedNs), `/${seconds(n.updatedNs)}`)
  p.field('probes', n.probes, `probes ${n.probes} `)
}

const printStates = (p: Printer, state: number): void => {
  if (state === 0) return
  p.openArray('state')
  for (const [word, bit] of NUD_STATES) if ((state & bit) !== 0) p.element(word, `${word} `)
  p.closeArray()
}

/** Prints an entry on its line; `hideDevice` when a selector has fixed the device, `isProxy` for a proxy entry. */
export const printNeigh = (p: Printer, n: NeighInfo, hideDevice: boolean, isProxy = false): void => {
  p.openObject()
  if (p.options.brief) printBrief(p, n)
  else {
    const dst = formatIpv4(n.dst)
    p.field('dst', dst, `${dst} `)
    if (!hideDevice && n.dev !== null) p.field('dev', n.dev.name, `dev ${n.dev.name} `)
    if (n.lladdr !== null) p.field('lladdr', formatMac(n.lladdr), `lladdr ${formatMac(n.lladdr)} `)
    if ((n.flags & NTF_ROUTER) !== 0) p.field('router', null, 'router ')
    if (isProxy) p.field('proxy', null, 'proxy ')
    if ((n.flags & NTF_EXT_LEARNED) !== 0) p.field('extern_learn', null, 'extern_learn ')
    if (p.options.stats > 0 && !isProxy) printStatistics(p, n)
    printStates(p, n.state)
    if (n.protocol !== 0) {
      const protocol = p.options.numeric ? String(n.protocol) : ROUTE_PROTOCOLS.name(n.protocol)
      p.field('protocol', protocol, `proto ${protocol} `)
    }
  }
  p.text('\n')
  p.closeObject()
}
