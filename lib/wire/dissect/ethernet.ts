/**
 * Text of Ethernet frames as tcpdump prints them: addresses and types with `-e`, tags, what the EtherType announces.
 *
 * Left out: MACsec, switch tags; of IEEE 802.2 frames only spanning tree and unnumbered frames have text of their own.
 * @see tcpdump print-ether.c print-llc.c
 */

import { ETH_HLEN, ETH_P_ARP, ETH_P_IP, ETH_P_IPV6, ETH_P_RARP } from '../ethernet.js'
import { VLAN_DEI, VLAN_HLEN, VLAN_PRIO_SHIFT, VLAN_VID_MASK } from '../vlan.js'
import { printArp } from './arp.js'
import { printIpv4, printIpv6 } from './ip.js'
import { printLlc } from './llc.js'
import { ETHERTYPE_NAMES } from './names.js'
import { hex, type Printer } from './printer.js'
import type { Inner } from './udp.js'

/** Types that announce a tag. */
const TAG_TYPES: ReadonlySet<number> = new Set([0x8100, 0x9100, 0x9200, 0x88a8])
/** Largest number in the type field that is a length. */
const MAX_LENGTH = 1500

const typeText = (type: number): string => `ethertype ${ETHERTYPE_NAMES.get(type) ?? 'Unknown'} (0x${hex(type, 4)})`

const tagText = (tci: number): string =>
  `vlan ${tci & VLAN_VID_MASK}, p ${tci >> VLAN_PRIO_SHIFT}${(tci & VLAN_DEI) !== 0 ? ', DEI' : ''}`

/** Prints what an EtherType announces in `length` octets at `off`; returns false when the type is not known. */
export const printEthertype = (p: Printer, type: number, off: number, length: number): boolean => {
  switch (type) {
    case ETH_P_IP:
      printIpv4(p, off, length, INNER)
      return true
    case ETH_P_IPV6:
      printIpv6(p, off, length, INNER)
      return true
    case ETH_P_ARP:
    case ETH_P_RARP:
      printArp(p, off, length)
      return true
    default:
      return false
  }
}

/** A frame of IEEE 802.3: the field is a length, an LLC header follows. */
const printLengthFrame = (
  p: Printer,
  mac: number,
  off: number,
  announced: number,
  left: number,
  label: string,
): void => {
  const length = Math.min(announced, left)
  const end = p.end
  p.end = Math.min(end, off + length)
  if (p.linkLevel) p.print(`802.3${label === '' ? `, length ${length}: ` : ''}`)
  if (!printLlc(p, mac, off, length, (q, o, n) => printIpv4(q, o, n, INNER))) p.printOctets(off, p.end - off)
  p.end = end
}

/** Prints the Ethernet frame of `length` octets at `off`. */
export const printEthernet = (p: Printer, off: number, length: number): void => {
  p.protocol = 'ether'
  const captured = p.end - off
  if (length < captured) {
    p.print(`[length ${length} < caplen ${captured}] (invalid)`)
    return
  }
  if (p.available(off, length) < ETH_HLEN) {
    p.printTruncated()
    return
  }
  const addresses = `${p.mac(off + 6)} > ${p.mac(off)}, `
  if (p.linkLevel) p.print(addresses)
  const lengthText = `, length ${length}: `
  let label = ''
  let type = p.u16(off + 12)
  let at = off + ETH_HLEN
  while (TAG_TYPES.has(type)) {
    if (p.available(at, off + length - at) < VLAN_HLEN) {
      p.protocol = 'vlan'
      p.printTruncated()
      return
    }
    if (p.linkLevel) p.print(`${typeText(type)}${label === '' ? lengthText : ', '}${tagText(p.u16(at))}, `)
    label = lengthText
    type = p.u16(at + 2)
    at += VLAN_HLEN
  }
  const left = off + length - at
  if (type <= MAX_LENGTH) {
    printLengthFrame(p, off, at, type, left, label)
    return
  }
  if (p.linkLevel) p.print(typeText(type) + (label === '' ? lengthText : ', '))
  if (printEthertype(p, type, at, left)) return
  if (!p.linkLevel) p.print(`${addresses}${typeText(type)}${lengthText}`)
  p.printOctets(at, p.end - at)
}

const INNER: Inner = { ethernet: printEthernet, ethertype: printEthertype }

/** Prints an IP packet of `length` octets at `off`, of a link without link layer. */
export const printRaw = (p: Printer, off: number, length: number): void => {
  p.protocol = 'raw'
  if (p.linkLevel) p.print('ip: ')
  if (length < 1) {
    p.print(`truncated-ip ${length}`)
    return
  }
  const version = p.u8(off) >> 4
  if (version === 4) printIpv4(p, off, length, INNER)
  else if (version === 6) printIpv6(p, off, length, INNER)
  else p.print(`unknown ip ${version}`)
}
