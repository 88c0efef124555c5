/**
 * Attributes of a VLAN device, as `ip -d link` prints them.
 *
 * @see ip-link(8), iproute2 ip/iplink_vlan.c vlan_print_opt
 */
import type { VlanInfoAttrs, VlanQosMapping } from '../../dev/vlan/vlan-netlink.js'
import { ETH_P_8021AD } from '../../wire/ethernet.js'
import type { Printer } from '../printer.js'

/** Flags in the order in which they are printed. */
const FLAGS: readonly (readonly [bit: number, word: string])[] = [
  [0x1, 'REORDER_HDR'],
  [0x2, 'GVRP'],
  [0x8, 'MVRP'],
  [0x4, 'LOOSE_BINDING'],
  [0x10, 'BRIDGE_BINDING'],
]

/** Name of a tag's EtherType. */
export const vlanProtocolName = (proto: number): string => (proto === ETH_P_8021AD ? '802.1ad' : '802.1Q')

const printFlags = (p: Printer, flags: number): void => {
  // Without any flag the kernel sends none.
  if (flags === 0) return
  const words = FLAGS.filter(([bit]) => (flags & bit) !== 0).map(([, word]) => word)
  p.openArray('flags')
  p.text('<')
  for (const [i, word] of words.entries()) p.element(word, i === words.length - 1 ? word : `${word},`)
  p.text('> ')
  p.closeArray()
}

const printMap = (p: Printer, key: string, word: string, map: readonly VlanQosMapping[]): void => {
  if (map.length === 0) return
  p.openArray(key)
  p.newline()
  p.text(`      ${word} { `)
  for (const { from, to } of map) {
    p.openObject()
    p.field('from', from, `${from}:`)
    p.field('to', to, `${to} `)
    p.closeObject()
  }
  p.closeArray()
  p.text('} ')
}

/** Prints the attributes of a VLAN device. */
export const printVlan = (p: Printer, attrs: object): void => {
  const vlan = attrs as VlanInfoAttrs
  const protocol = vlanProtocolName(vlan.protocol)
  p.field('protocol', protocol, `protocol ${protocol} `)
  p.field('id', vlan.id, `id ${vlan.id} `)
  printFlags(p, vlan.flags)
  printMap(p, 'ingress_qos', 'ingress-qos-map', vlan.ingressQosMap)
  printMap(p, 'egress_qos', 'egress-qos-map', vlan.egressQosMap)
}
