/**
 * What `ip -d link` prints of a kind of device and of a port: one entry a kind.
 */
import { printBridge, printBridgePort } from './link-kind/bridge.js'
import { printTun } from './link-kind/tun.js'
import { printVlan } from './link-kind/vlan.js'
import { printVxlan } from './link-kind/vxlan.js'
import { printIpvlan } from './link-kind/ipvlan.js'
import { printMacvlan } from './link-kind/macvlan.js'
import type { Printer } from './printer.js'

/** Prints the attributes of a kind; every field ends with a blank. */
export type KindPrinter = (p: Printer, attrs: object) => void

const KINDS: Readonly<Record<string, KindPrinter>> = {
  bridge: printBridge,
  vlan: printVlan,
  vxlan: printVxlan,
  macvlan: printMacvlan,
  ipvlan: printIpvlan,
  tun: printTun,
}
const PORTS: Readonly<Record<string, KindPrinter>> = { bridge: printBridgePort }

/** Prints the line of a device's kind. */
export const printKindInfo = (p: Printer, kind: string, attrs: object): void => {
  p.newline()
  p.field('info_kind', kind, `    ${kind} `)
  const print = KINDS[kind]
  if (print === undefined) return
  p.openObject('info_data')
  print(p, attrs)
  p.closeObject()
}

/** Prints the line of a port. */
export const printPortInfo = (p: Printer, kind: string, attrs: object): void => {
  p.newline()
  p.field('info_slave_kind', kind, `    ${kind}_slave `)
  const print = PORTS[kind]
  if (print === undefined) return
  p.openObject('info_slave_data')
  print(p, attrs)
  p.closeObject()
}
