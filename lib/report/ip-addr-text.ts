/**
 * IPv4 addresses of a device as `ip address` prints them.
 *
 * @see ip-address(8)
 */
import {
  IFA_F_DEPRECATED,
  IFA_F_MCAUTOJOIN,
  IFA_F_NOPREFIXROUTE,
  IFA_F_PERMANENT,
  IFA_F_SECONDARY,
} from '../ip/rtnetlink.js'
import type { AddrInfo } from '../rtnl/addr.js'
import { formatIpv4 } from '../wire/ip.js'
import { SCOPES } from './names.js'
import type { Printer } from './printer.js'

/** Flags of addresses in the order in which they are printed; an address that is not permanent is `dynamic`. */
export const ADDRESS_FLAGS: readonly (readonly [word: string, bit: number])[] = [
  ['secondary', IFA_F_SECONDARY],
  ['deprecated', IFA_F_DEPRECATED],
  ['dynamic', IFA_F_PERMANENT],
  ['noprefixroute', IFA_F_NOPREFIXROUTE],
  ['autojoin', IFA_F_MCAUTOJOIN],
]

/** Life time without an end. */
const FOREVER = -1
const FOREVER_U32 = 0xffffffff

const printLifetime = (p: Printer, word: string, key: string, seconds: number): void =>
  p.field(
    key,
    seconds === FOREVER ? FOREVER_U32 : seconds,
    `${word} ${seconds === FOREVER ? 'forever' : `${seconds}sec`}`,
  )

const printAddressAndPrefix = (p: Printer, a: AddrInfo): void => {
  p.field('local', formatIpv4(a.local), formatIpv4(a.local))
  if (a.address !== a.local) p.field('address', formatIpv4(a.address), ` peer ${formatIpv4(a.address)}`)
  p.field('prefixlen', a.prefixLen, `/${a.prefixLen} `)
  if (a.metric !== 0) p.field('metric', a.metric, `metric ${a.metric} `)
}

/** Prints an address without an end of line, as `-br` does. */
export const printBriefAddress = (p: Printer, a: AddrInfo): void => {
  p.openObject()
  printAddressAndPrefix(p, a)
  p.closeObject()
}

/** Prints an address on its lines; `withDevice` puts index and name of the device in front. */
export const printAddress = (p: Printer, a: AddrInfo, withDevice: boolean = p.options.oneline): void => {
  p.openObject()
  if (withDevice) {
    p.field('index', a.dev.ifindex, `${a.dev.ifindex}: `)
    p.field('dev', a.dev.name, a.dev.name)
  }
  p.field('family', 'inet', '    inet ')
  printAddressAndPrefix(p, a)
  if (a.broadcast !== 0) p.field('broadcast', formatIpv4(a.broadcast), `brd ${formatIpv4(a.broadcast)} `)
  const scope = p.options.numeric ? String(a.scope) : SCOPES.name(a.scope)
  p.field('scope', scope, `scope ${scope} `)
  for (const [word, bit] of ADDRESS_FLAGS) {
    const isSet = (a.flags & bit) !== 0
    if (isSet !== (bit === IFA_F_PERMANENT)) p.field(word, true, `${word} `)
  }
  p.field('label', a.label, a.label)
  p.newline()
  p.text('       ')
  printLifetime(p, 'valid_lft', 'valid_life_time', a.validLft)
  p.text(' ')
  printLifetime(p, 'preferred_lft', 'preferred_life_time', a.preferredLft)
  p.text('\n')
  p.closeObject()
}
