/**
 * Devices as ifconfig of net-tools 2.10 prints them.
 *
 * @see ifconfig(8); net-tools lib/interface.c ife_print_long ife_print_short
 */
import { IFF_BROADCAST, IFF_LOOPBACK, IFF_POINTOPOINT, type NetDevice } from '../core/netdev.js'
import { type AddrInfo, addrList } from '../rtnl/addr.js'
import { type LinkInfo, linkInfo } from '../rtnl/link.js'
import { formatIpv4, maskOf } from '../wire/ip.js'
import { formatMac } from '../wire/mac.js'

/** Names of the flags that ifconfig knows, in its order. */
const FLAGS: readonly (readonly [number, string])[] = [
  [0x1, 'UP'],
  [0x2, 'BROADCAST'],
  [0x4, 'DEBUG'],
  [0x8, 'LOOPBACK'],
  [0x10, 'POINTOPOINT'],
  [0x20, 'NOTRAILERS'],
  [0x40, 'RUNNING'],
  [0x80, 'NOARP'],
  [0x100, 'PROMISC'],
  [0x200, 'ALLMULTI'],
  [0x800, 'SLAVE'],
  [0x400, 'MASTER'],
  [0x1000, 'MULTICAST'],
  [0x8000, 'DYNAMIC'],
]
/** Letters of the short list, in its order. */
const LETTERS: readonly (readonly [number, string])[] = [
  [0x200, 'A'],
  [0x2, 'B'],
  [0x4, 'D'],
  [0x8, 'L'],
  [0x1000, 'M'],
  [0x8000, 'd'],
  [0x100, 'P'],
  [0x20, 'N'],
  [0x80, 'O'],
  [0x10, 'P'],
  [0x800, 's'],
  [0x400, 'm'],
  [0x40, 'R'],
  [0x1, 'U'],
]
const UNITS: readonly (readonly [number, string])[] = [
  [2 ** 50, 'PiB'],
  [2 ** 40, 'TiB'],
  [2 ** 30, 'GiB'],
  [2 ** 20, 'MiB'],
  [2 ** 10, 'KiB'],
]

/** The flags that fit into the 16 bits of the old system call. */
const shortFlags = (info: LinkInfo): number => info.flags & 0xffff

const flagNames = (flags: number): string =>
  FLAGS.filter(([bit]) => (flags & bit) !== 0)
    .map(([, name]) => name)
    .join(',')

const scaled = (octets: number): string => {
  const [unit, name] = UNITS.find(([size]) => octets > size) ?? [1, 'B']
  const tenths = Math.floor((octets * 10) / unit)
  return `${octets} (${Math.floor(tenths / 10)}.${tenths % 10} ${name})`
}

/** A name that ifconfig shows: a device, or a label of an address. */
export interface IfconfigName {
  readonly name: string
  readonly dev: NetDevice
}

const addressLine = (flags: number, a: AddrInfo): string => {
  let line = `        inet ${formatIpv4(a.local)}  netmask ${formatIpv4(maskOf(a.prefixLen))}`
  if ((flags & IFF_BROADCAST) !== 0) line += `  broadcast ${formatIpv4(a.broadcast)}`
  if ((flags & IFF_POINTOPOINT) !== 0) line += `  destination ${formatIpv4(a.address)}`
  return `${line}\n`
}

const hardwareLine = (flags: number, info: LinkInfo): string =>
  (flags & IFF_LOOPBACK) !== 0
    ? `        loop  txqueuelen ${info.txQueueLen}  (Local Loopback)\n`
    : `        ether ${formatMac(info.address)}  txqueuelen ${info.txQueueLen}  (Ethernet)\n`

const counterLines = ({ stats: s }: LinkInfo): string =>
  `        RX packets ${s.rxPackets}  bytes ${scaled(s.rxBytes)}\n` +
  `        RX errors ${s.rxErrors}  dropped ${s.rxDropped + s.rxMissed}  overruns 0  frame 0\n` +
  `        TX packets ${s.txPackets}  bytes ${scaled(s.txBytes)}\n` +
  `        TX errors ${s.txErrors}  dropped ${s.txDropped} overruns 0  carrier ${s.txCarrier}  collisions ${s.collisions}\n`

/** The lines of one name and the empty line behind them. A label has no counters. */
export const ifconfigText = ({ name, dev }: IfconfigName): string => {
  const info = linkInfo(dev)
  const flags = shortFlags(info)
  const address = addrList(dev.netns, dev).find(a => a.label === name)
  return (
    `${name}: flags=${flags}<${flagNames(flags)}>  mtu ${info.mtu}\n` +
    (address === undefined ? '' : addressLine(flags, address)) +
    hardwareLine(flags, info) +
    (name === dev.name ? counterLines(info) : '') +
    '\n'
  )
}

/** Head line of `ifconfig -s`. */
export const IFCONFIG_SHORT_HEAD = 'Iface      MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg\n'

/** Counters of `ifconfig -s`. */
const shortCounters = ({ stats: s }: LinkInfo): string => {
  const side = (ok: number, errors: number, drops: number): string =>
    `${String(ok).padStart(8)} ${String(errors).padStart(6)} ${String(drops).padStart(6)}`
  const rx = side(s.rxPackets, s.rxErrors, s.rxDropped + s.rxMissed)
  return `${rx} ${'0'.padEnd(6)} ${side(s.txPackets, s.txErrors, s.txDropped)} ${'0'.padStart(6)}`
}

const NO_COUNTERS = '     - no statistics available -'.padEnd(55)

/** One line of `ifconfig -s`. A label has no counters. */
export const ifconfigShortText = ({ name, dev }: IfconfigName): string => {
  const info = linkInfo(dev)
  const flags = shortFlags(info)
  const letters = LETTERS.filter(([bit]) => (flags & bit) !== 0).map(([, letter]) => letter)
  const counters = name === dev.name ? shortCounters(info) : NO_COUNTERS
  return `${name.padEnd(15)} ${String(info.mtu).padStart(5)} ${counters} ${letters.join('')}\n`
}

/** Compares names as ifconfig sorts them: numbers in them by value. */
export const compareNames = (a: string, b: string): number => {
  const parts = /(\d+|\D+)/g
  const left = a.match(parts) ?? []
  const right = b.match(parts) ?? []
  for (const [i, part] of left.entries()) {
    const other = right[i]
    if (other === undefined) return 1
    if (part === other) continue
    const bothNumbers = /^\d/.test(part) && /^\d/.test(other)
    if (bothNumbers && Number(part) !== Number(other)) return Number(part) - Number(other)
    return part < other ? -1 : 1
  }
  return left.length - right.length
}
