/**
 * Policy rules as `ip rule` prints them.
 *
 * @see ip-rule(8)
 */
import { FR_ACT_GOTO, FR_ACT_NOP, FR_ACT_TO_TBL, RTPROT_KERNEL, RTPROT_UNSPEC } from '../ip/rtnetlink.js'
import type { RuleInfo } from '../rtnl/rule.js'
import { formatIpv4 } from '../wire/ip.js'
import { DSFIELDS, IP_PROTOCOLS, LINK_GROUPS, ROUTE_PROTOCOLS, ROUTE_TABLES, ROUTE_TYPES } from './names.js'
import type { Printer } from './printer.js'

const hex = (value: number): string => (value === 0 ? '0' : `0x${(value >>> 0).toString(16)}`)

const printPrefix = (p: Printer, key: string, word: string, addr: number, len: number): void => {
  p.text(word)
  p.field(key, formatIpv4(addr), formatIpv4(addr))
  if (len !== 32) p.field(`${key}len`, len, `/${len}`)
}

const printDevice = (p: Printer, key: string, name: string, isDetached: boolean): void => {
  if (name === '') return
  p.field(key, name, ` ${key} ${name}`)
  if (isDetached) p.field(`${key}_detached`, null, ' [detached]')
}

const printPorts = (p: Printer, key: string, range: RuleInfo['sportRange']): void => {
  if (range === null) return
  const [start, end] = range
  if (start === end) return p.field(key, start, ` ${key} ${start}`)
  p.field(`${key}_start`, start, ` ${key} ${start}`)
  p.field(`${key}_end`, end, `-${end}`)
}

/** What the rule looks at. */
const printSelector = (p: Printer, r: RuleInfo): void => {
  if (r.not) p.field('not', null, 'not ')
  if (r.srcLen === 0) p.field('src', 'all', 'from all')
  else printPrefix(p, 'src', 'from ', r.src, r.srcLen)
  if (r.dstLen !== 0) printPrefix(p, 'dst', ' to ', r.dst, r.dstLen)
  if (r.tos !== 0) {
    const tos = p.options.numeric ? `0x${r.tos.toString(16).padStart(2, '0')}` : DSFIELDS.name(r.tos)
    p.field('tos', tos, ` tos ${tos}`)
  }
  if (r.mark !== 0 || r.markMask !== 0) {
    p.field('fwmark', hex(r.mark), ` fwmark ${hex(r.mark)}`)
    if (r.markMask !== -1) p.field('fwmask', hex(r.markMask), `/${hex(r.markMask)}`)
  }
  printDevice(p, 'iif', r.iifname, r.iifDetached)
  printDevice(p, 'oif', r.oifname, r.oifDetached)
  if (r.l3mdev) p.field('l3mdev', null, ' lookup [l3mdev-table]')
  if (r.uidRange !== null) {
    p.field('uid_start', r.uidRange[0], ` uidrange ${r.uidRange[0]}`)
    p.field('uid_end', r.uidRange[1], `-${r.uidRange[1]}`)
  }
  if (r.ipProto !== 0) {
    const proto = p.options.numeric ? `ipproto-${r.ipProto}` : IP_PROTOCOLS.name(r.ipProto)
    p.field('ipproto', proto, ` ipproto ${proto}`)
  }
  printPorts(p, 'sport', r.sportRange)
  printPorts(p, 'dport', r.dportRange)
  if (r.tunId !== 0) p.field('tun_id', r.tunId, ` tun_id ${r.tunId}`)
}

const printTable = (p: Printer, r: RuleInfo): void => {
  const { numeric } = p.options
  if (r.table === 0) return
  const table = numeric ? String(r.table) : ROUTE_TABLES.name(r.table)
  p.field('table', table, ` lookup ${table}`)
  if (r.suppressPrefixlen !== -1)
    p.field('suppress_prefixlen', r.suppressPrefixlen, ` suppress_prefixlength ${r.suppressPrefixlen}`)
  if (r.suppressIfgroup !== -1) {
    const group = numeric ? String(r.suppressIfgroup) : LINK_GROUPS.name(r.suppressIfgroup)
    p.field('suppress_ifgroup', group, ` suppress_ifgroup ${group}`)
  }
}

const printAction = (p: Printer, r: RuleInfo): void => {
  if (r.action === FR_ACT_GOTO) {
    p.field('goto', r.target, ` goto ${r.target}`)
    if (r.unresolved) p.field('unresolved', null, ' [unresolved]')
  } else if (r.action === FR_ACT_NOP) p.field('nop', null, ' nop')
  else if (r.action !== FR_ACT_TO_TBL) {
    const action = p.options.numeric ? String(r.action) : (ROUTE_TYPES[r.action] ?? String(r.action))
    p.field('action', action, ` ${action}`)
  }
}

/** Prints a rule on its line. */
export const printRule = (p: Printer, r: RuleInfo): void => {
  p.openObject()
  p.field('priority', r.pref, `${r.pref}:\t`)
  printSelector(p, r)
  printTable(p, r)
  printAction(p, r)
  if ((r.proto !== RTPROT_UNSPEC && r.proto !== RTPROT_KERNEL) || p.options.details) {
    const protocol = p.options.numeric ? String(r.proto) : ROUTE_PROTOCOLS.name(r.proto)
    p.field('protocol', protocol, ` proto ${protocol}`)
  }
  p.text('\n')
  p.closeObject()
}
