/**
 * Attributes of a macvlan, as `ip -d link` prints them.
 *
 * @see ip-link(8), iproute2 ip/iplink_macvlan.c
 */
import { formatMac } from '../../wire/mac.js'
import type { Printer } from '../printer.js'

interface MacvlanAttributes {
  readonly mode: string
  readonly nopromisc: boolean
  readonly nodst: boolean
  readonly bcqueuelen: number
  readonly usedbcqueuelen: number
  readonly macaddrs: readonly number[]
}

const printRemotes = (p: Printer, macs: readonly number[]): void => {
  p.field('macaddr_count', macs.length, `remotes (${macs.length}) `)
  if (macs.length === 0) return
  p.openArray('macaddr_data')
  for (const mac of macs) p.element(formatMac(mac), `${formatMac(mac)} `)
  p.closeArray()
}

/** Prints the attributes of a macvlan. */
export const printMacvlan = (p: Printer, object: object): void => {
  const attrs = object as MacvlanAttributes
  p.field('mode', attrs.mode, `mode ${attrs.mode} `)
  if (attrs.nopromisc) p.json('nopromisc', true)
  if (attrs.nopromisc) p.text('nopromisc ')
  if (attrs.nodst) p.json('nodst', true)
  if (attrs.nodst) p.text('nodst ')
  p.field('bcqueuelen', attrs.bcqueuelen, `bcqueuelen ${attrs.bcqueuelen} `)
  p.field('usedbcqueuelen', attrs.usedbcqueuelen, `usedbcqueuelen ${attrs.usedbcqueuelen} `)
  if (attrs.mode === 'source' || attrs.macaddrs.length > 0) printRemotes(p, attrs.macaddrs)
}
