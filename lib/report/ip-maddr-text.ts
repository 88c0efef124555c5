/**
 * Multicast addresses as `ip maddr` prints them.
 *
 * @see ip-maddress(8)
 */
import type { MaddrInfo } from '../rtnl/maddr.js'
import { formatIpv4 } from '../wire/ip.js'
import { formatMac } from '../wire/mac.js'
import type { Printer } from './printer.js'

/** A group of IPv6: bits 127-112 and 15-0 of ff0X::Y. */
const formatIpv6Group = (addr: number): string => `${(addr >>> 16).toString(16)}::${(addr & 0xffff).toString(16)}`

/** The address as text. */
export const maddrText = ({ family, addr }: MaddrInfo): string => {
  if (family === 'link') return formatMac(addr)
  return family === 'inet' ? formatIpv4(addr) : formatIpv6Group(addr)
}

const printMaddr = (p: Printer, m: MaddrInfo): void => {
  p.text('\t')
  p.openObject()
  if (m.family === 'link') p.field('link', maddrText(m), `link  ${maddrText(m)}`)
  else {
    p.field('family', m.family, m.family.padEnd(6))
    p.field('address', maddrText(m), maddrText(m))
  }
  if (m.users !== 1) p.field('users', m.users, ` users ${m.users}`)
  if (m.isStatic) p.field('features', 'static', ' static')
  p.text('\n')
  p.closeObject()
}

/** Prints a list of addresses under the names of their devices, with `-o` each under its own. */
export const printMaddrs = (p: Printer, list: readonly MaddrInfo[]): void => {
  let dev: MaddrInfo['dev'] | null = null
  for (const m of list) {
    if (m.dev !== dev || p.options.oneline) {
      if (dev !== null) closeDevice(p)
      p.openObject()
      p.field('ifindex', m.dev.ifindex, `${m.dev.ifindex}:`)
      p.field('ifname', m.dev.name, `\t${m.dev.name}`)
      p.newline()
      if (p.isJson) p.openArray('maddr')
      dev = m.dev
    }
    printMaddr(p, m)
  }
  if (dev !== null) closeDevice(p)
}

const closeDevice = (p: Printer): void => {
  p.closeArray()
  p.closeObject()
}
