/**
 * Text of ARP packets as tcpdump prints them.
 *
 * Left out: the header of ATM ARP (hardware type 19), which is printed with the layout of all others.
 * @see RFC 826, tcpdump print-arp.c
 */

import {
  ARPOP_InREPLY,
  ARPOP_InREQUEST,
  ARPOP_NAK,
  ARPOP_REPLY,
  ARPOP_REQUEST,
  ARPOP_RREPLY,
  ARPOP_RREQUEST,
} from '../arp.js'
import { ETH_P_IP } from '../ethernet.js'
import { ETHERTYPE_NAMES } from './names.js'
import { hex, type Names, type Printer } from './printer.js'

/** Octets before the addresses, whose lengths vary. */
const FIXED = 8
const ETHERTYPE_TRAIL = 0x1000

const OPERATIONS: Names = new Map([
  [ARPOP_REQUEST, 'Request'],
  [ARPOP_REPLY, 'Reply'],
  [ARPOP_RREQUEST, 'Reverse Request'],
  [ARPOP_RREPLY, 'Reverse Reply'],
  [ARPOP_InREQUEST, 'Inverse Request'],
  [ARPOP_InREPLY, 'Inverse Reply'],
  [ARPOP_NAK, 'NACK Reply'],
])

const HARDWARE: Names = new Map([
  [1, 'Ethernet'],
  [6, 'TokenRing'],
  [7, 'ArcNet'],
  [15, 'FrameRelay'],
  [19, 'ATM'],
  [23, 'Strip'],
  [24, 'IEEE 1394'],
  [32, 'InfiniBand'],
])

const isZero = (p: Printer, o: number, n: number): boolean => {
  for (let i = o; i < o + n; i++) if (p.u8(i) !== 0) return false
  return true
}

const protocolAddress = (p: Printer, o: number, pro: number, pln: number): string => {
  if (pro !== ETH_P_IP && pro !== ETHERTYPE_TRAIL) return '<wrong proto type>'
  return pln === 4 ? p.ip(o) : '<wrong len>'
}

/** What an operation says about the addresses, or null for an operation without text. */
const operationText = (p: Printer, off: number, op: number, pro: number, hln: number, pln: number): string | null => {
  const sha = off + FIXED
  const spa = sha + hln
  const tha = spa + pln
  const tpa = tha + hln
  const link = (o: number): string => p.linkAddress(o, hln)
  const proto = (o: number): string => protocolAddress(p, o, pro, pln)
  switch (op) {
    case ARPOP_REQUEST:
      return `who-has ${proto(tpa)}${isZero(p, tha, hln) ? '' : ` (${link(tha)})`} tell ${proto(spa)}`
    case ARPOP_REPLY:
      return `${proto(spa)} is-at ${link(sha)}`
    case ARPOP_RREQUEST:
    case ARPOP_InREQUEST:
      return `who-is ${link(tha)} tell ${link(sha)}`
    case ARPOP_RREPLY:
      return `${link(tha)} at ${proto(tpa)}`
    case ARPOP_InREPLY:
      return `${link(sha)} at ${proto(spa)}`
    default:
      return null
  }
}

/** Prints the ARP packet of `length` octets at `off`. */
export const printArp = (p: Printer, off: number, length: number): void => {
  p.protocol = 'arp'
  p.need(off, FIXED)
  const hrd = p.u16(off)
  const pro = p.u16(off + 2)
  const hln = p.u8(off + 4)
  const pln = p.u8(off + 5)
  const op = p.u16(off + 6)
  p.need(off + FIXED + 2 * hln + pln, pln)
  if (!p.linkLevel) p.print('ARP, ')
  const isOdd = (pro !== ETH_P_IP && pro !== ETHERTYPE_TRAIL) || pln !== 4 || hln === 0
  if (isOdd || p.verbose > 0) {
    const hardware = HARDWARE.get(hrd) ?? `Unknown Hardware (${hrd})`
    const protocol = ETHERTYPE_NAMES.get(pro) ?? `Unknown Protocol (0x${hex(pro, 4)})`
    p.print(`${hardware} (len ${hln}), ${protocol} (len ${pln})`)
    if (p.verbose === 0) {
      p.print(`, length ${length}`)
      return
    }
    p.print(', ')
  }
  p.print(`${OPERATIONS.get(op) ?? `Unknown (${op})`} `)
  const text = operationText(p, off, op, pro, hln, pln)
  if (text === null) p.printOctets(off, length)
  else p.print(`${text}, length ${length}`)
}
