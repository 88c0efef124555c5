/**
 * Text of IEEE 802.2 frames as tcpdump prints them: spanning tree, SNAP with an EtherType unknown, plain LLC frames.
 *
 * Left out: IPX, NetBEUI, OSI, and the contents of SNAP; of spanning tree, multiple instances.
 * @see tcpdump print-llc.c print-stp.c
 */

import { hex, type Names, type Printer } from './printer.js'

const SAPS: Names = new Map([
  [0x00, 'Null'],
  [0x02, '802.1B I'],
  [0x03, '802.1B G'],
  [0x04, 'SNA'],
  [0x06, 'IP'],
  [0x0e, 'ProWay NM'],
  [0x42, 'STP'],
  [0x4e, 'RS511'],
  [0x7e, 'ISO8208'],
  [0x8e, 'ProWay'],
  [0xaa, 'SNAP'],
  [0xe0, 'IPX'],
  [0xf0, 'NetBeui'],
  [0xfe, 'OSI'],
  [0xff, 'Global'],
])
const COMMANDS: Names = new Map([
  [0x03, 'ui'],
  [0x0f, 'dm'],
  [0x43, 'disc'],
  [0x63, 'ua'],
  [0x6f, 'sabme'],
  [0x87, 'frmr'],
  [0xaf, 'xid'],
  [0xe3, 'test'],
])
const SUPERVISORY = ['Receiver Ready', 'Receiver not Ready', 'Reject', '?'] as const
const SAP_STP = 0x42
const SAP_IP = 0x06
const UI = 0x03
const POLL_U = 0x10
const POLL_IS = 0x100

const flagText = (isResponse: boolean, isPoll: boolean): string => {
  if (isPoll) return isResponse ? 'Final' : 'Poll'
  return isResponse ? 'Response' : 'Command'
}

/** The header as `-e` shows it. */
const headerText = (dsap: number, ssap: number, control: number, isU: boolean): string => {
  const sap = (v: number): string => `${SAPS.get(v & ~1) ?? 'Unknown'} (0x${hex(v & ~1, 2)})`
  const group = (dsap & 1) === 0 ? 'Individual' : 'Group'
  const kind = (ssap & 1) === 0 ? 'Command' : 'Response'
  return `LLC, dsap ${sap(dsap)} ${group}, ssap ${sap(ssap)} ${kind}, ctrl 0x${hex(control, isU ? 2 : 4)}: `
}

const addressText = (p: Printer, mac: number, dsap: number, ssap: number): string => {
  const src = p.mac(mac + 6)
  const dst = p.mac(mac)
  const to = SAPS.get(dsap & ~1) ?? `Unknown DSAP 0x${hex(dsap & ~1, 2)}`
  if ((dsap & ~1) === (ssap & ~1)) return `${src} > ${dst} ${to} `
  return `${src} ${SAPS.get(ssap & ~1) ?? `Unknown SSAP 0x${hex(ssap & ~1, 2)}`} > ${dst} ${to} `
}

/** What kind of frame it is; returns true when no payload is worth printing after it. */
const printKind = (p: Printer, ssap: number, control: number, isU: boolean, length: number): boolean => {
  const isResponse = (ssap & 1) !== 0
  if (isU) {
    const command = COMMANDS.get(control & ~POLL_U) ?? hex(control & 0xef, 2)
    p.print(`Unnumbered, ${command}, Flags [${flagText(isResponse, (control & POLL_U) !== 0)}], length ${length}`)
    return false
  }
  const flags = `Flags [${flagText(isResponse, (control & POLL_IS) !== 0)}], length ${length}`
  if ((control & 3) === 1) {
    p.print(`Supervisory, ${SUPERVISORY[(control >> 2) & 3]}, rcv seq ${(control >> 9) & 127}, ${flags}`)
    return true
  }
  p.print(`Information, send seq ${(control >> 1) & 127}, rcv seq ${(control >> 9) & 127}, ${flags}`)
  return false
}

/**
 * Prints the LLC frame of `length` octets at `off`, whose Ethernet header is at `mac`. Returns false when the octets
 * behind its header are to be printed as they are, from the header's start on.
 */
export const printLlc = (
  p: Printer,
  mac: number,
  off: number,
  length: number,
  printIp: (p: Printer, off: number, length: number) => void,
): boolean => {
  p.protocol = 'llc'
  const isShort = (n: number): boolean => p.available(off, length) < n
  if (isShort(3)) {
    p.printTruncated()
    p.printOctets(off, p.available(off, length))
    return true
  }
  const dsap = p.u8(off)
  const ssap = p.u8(off + 1)
  const isU = (p.u8(off + 2) & 3) === 3
  if (!isU && isShort(4)) {
    p.printTruncated()
    p.printOctets(off, p.available(off, length))
    return true
  }
  const control = isU ? p.u8(off + 2) : p.u8(off + 2) | (p.u8(off + 3) << 8)
  const hlen = isU ? 3 : 4
  if (p.linkLevel) p.print(headerText(dsap, ssap, control, isU))
  if ((dsap & ~1) === SAP_STP && (ssap & ~1) === SAP_STP && control === UI) {
    printStp(p, off + hlen, length - hlen)
    return true
  }
  if ((dsap & ~1) === SAP_IP && (ssap & ~1) === SAP_IP && control === UI) {
    printIp(p, off + hlen, length - hlen)
    return true
  }
  if (!p.linkLevel) p.print(addressText(p, mac, dsap, ssap))
  return printKind(p, ssap, control, isU, length)
}

const STP_CONFIG_LEN = 35
const STP_FLAGS = [
  [0x01, 'Topology change'],
  [0x02, 'Proposal'],
  [0x10, 'Learn'],
  [0x20, 'Forward'],
  [0x40, 'Agreement'],
  [0x80, 'Topology change ACK'],
] as const
const STP_VERSIONS: Names = new Map([
  [0, '802.1d'],
  [2, '802.1w'],
  [3, '802.1s'],
  [4, '802.1aq'],
])
const STP_TYPES: Names = new Map([
  [0x00, 'Config'],
  [0x02, 'Rapid STP'],
  [0x80, 'Topology Change'],
])
const PORT_ROLES = ['Unknown', 'Alternate', 'Root', 'Designated'] as const

const bridgeId = (p: Printer, o: number): string => `${hex(p.u16(o), 4)}.${p.mac(o + 2)}`

const printConfig = (p: Printer, off: number, length: number, version: number): void => {
  const flags = p.u8(off + 4)
  const names = STP_FLAGS.filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name)
  p.print(`, Flags [${names.length === 0 ? 'none' : names.join(', ')}]`)
  p.print(`, bridge-id ${bridgeId(p, off + 17)}.${hex(p.u16(off + 25), 4)}, length ${length}`)
  if (p.verbose === 0) return
  const seconds = (o: number): string => `${(p.u16(off + o) / 256).toFixed(2)}s`
  p.print(`\n\tmessage-age ${seconds(27)}, max-age ${seconds(29)}, hello-time ${seconds(31)}`)
  p.print(
    `, forwarding-delay ${seconds(33)}\n\troot-id ${bridgeId(p, off + 5)}, root-pathcost ${p.u32(off + 13) >>> 0}`,
  )
  if (version === 2) p.print(`, port-role ${PORT_ROLES[(flags >> 2) & 3]}`)
}

const printStp = (p: Printer, off: number, length: number): void => {
  p.protocol = 'stp'
  if (length < 4) {
    p.print(' (invalid)')
    return
  }
  if (p.u16(off) !== 0) {
    p.print(`unknown STP version, length ${length}`)
    return
  }
  const version = p.u8(off + 2)
  const name = STP_VERSIONS.get(version)
  p.print(`STP ${name ?? `Unknown STP protocol (0x${hex(version, 2)})`}`)
  if (name === undefined) return
  const type = p.u8(off + 3)
  p.print(`, ${STP_TYPES.get(type) ?? `Unknown BPDU Type (0x${hex(type, 2)})`}`)
  if (type === 0x00) {
    if (length < STP_CONFIG_LEN) p.print(' (invalid)')
    else printConfig(p, off, length, version)
  } else if (type === 0x02 && version === 2) {
    if (length < STP_CONFIG_LEN + 1) p.print(' (invalid)')
    else printConfig(p, off, length, version)
  }
}
