/**
 * VLANs of ports as `bridge vlan` prints them.
 *
 * Not recorded: the reference kernel is built without VLAN filtering. This follows the source of iproute2.
 *
 * @see bridge(8), iproute2 bridge/vlan.c
 */
import type { VlanInfo } from '../rtnl/bridge-vlan.js'
import { PORT_STATES } from './link-kind/bridge.js'
import type { Printer } from './printer.js'

/** VLANs of one device that follow one another and are printed together. */
export interface VlanRange {
  readonly first: VlanInfo
  readonly last: number
}

/** Each VLAN for itself. */
export const singleVlans = (vlans: readonly VlanInfo[]): VlanRange[] => vlans.map(first => ({ first, last: first.vid }))

/** VLANs that follow one another and are the same otherwise, as one; `isEqual` says which are. */
export const vlanRanges = (vlans: readonly VlanInfo[], isEqual: (a: VlanInfo, b: VlanInfo) => boolean): VlanRange[] => {
  const out: { first: VlanInfo; last: number }[] = []
  for (const vlan of vlans) {
    const range = out.at(-1)
    const follows = range !== undefined && range.first.dev === vlan.dev && vlan.vid === range.last + 1
    if (follows && isEqual(range.first, vlan)) range.last = vlan.vid
    else out.push({ first: vlan, last: vlan.vid })
  }
  return out
}

const COLUMN = 16
const INDENT: string = ' '.repeat(COLUMN + 2)
const DEEP_INDENT: string = ' '.repeat(COLUMN + 4)

const printFlags = (p: Printer, { pvid, untagged }: VlanInfo): void => {
  if (!pvid && !untagged) return
  p.openArray('flags')
  if (pvid) p.element('PVID', ' PVID')
  if (untagged) p.element('Egress Untagged', ' Egress Untagged')
  p.closeArray()
}

const printRange = (p: Printer, { first, last }: VlanRange): void => {
  p.field('vlan', first.vid, String(first.vid))
  if (last !== first.vid) p.field('vlanEnd', last, `-${last}`)
}

/** Counters of a VLAN, two lines. */
const printStats = (p: Printer, v: VlanInfo): void => {
  p.text(DEEP_INDENT)
  p.field('rx_bytes', v.rxBytes, `RX: ${v.rxBytes} bytes`)
  p.field('rx_packets', v.rxPackets, ` ${v.rxPackets} packets\n`)
  p.text(DEEP_INDENT)
  p.field('tx_bytes', v.txBytes, `TX: ${v.txBytes} bytes`)
  p.field('tx_packets', v.txPackets, ` ${v.txPackets} packets\n`)
}

/** What `bridge -d vlan` prints beyond; a VLAN's mcast_router is always that of a port without multicast by VLAN. */
const printDetails = (p: Printer, v: VlanInfo): void => {
  p.text(DEEP_INDENT)
  const state = PORT_STATES[v.state] ?? String(v.state)
  p.field('state', state, `state ${state} `)
  p.field('mcast_router', 1, 'mcast_router 1 ')
  p.newline()
}

/** How VLANs are printed: a plain list, with counters (`-s`), with details (`-d`), with both. */
export type VlanView = 'plain' | 'stats' | 'details' | 'details and stats'

const printOne = (p: Printer, range: VlanRange, view: VlanView): void => {
  p.openObject()
  if (view === 'stats') p.field('vid', range.first.vid, String(range.first.vid))
  else printRange(p, range)
  printFlags(p, range.first)
  p.newline()
  if (view === 'details' || view === 'details and stats') printDetails(p, range.first)
  if (view === 'stats' || view === 'details and stats') printStats(p, range.first)
  p.closeObject()
}

/** Prints ranges, device by device. */
export const printVlans = (p: Printer, ranges: readonly VlanRange[], view: VlanView): void => {
  for (const [i, range] of ranges.entries()) {
    const { dev } = range.first
    if (i > 0 && ranges[i - 1]!.first.dev === dev) p.text(INDENT)
    else {
      if (i > 0) closePort(p)
      p.openObject()
      p.field('ifname', dev.name, `${dev.name.padEnd(COLUMN)}  `)
      p.openArray('vlans')
    }
    printOne(p, range, view)
  }
  if (ranges.length > 0) closePort(p)
}

const closePort = (p: Printer): void => {
  p.closeArray()
  p.closeObject()
}
