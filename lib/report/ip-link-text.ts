/**
 * Devices as `ip link` and `ip address` print them.
 *
 * @see ip-link(8)
 */
import type { NetDevice } from '../core/netdev.js'
import { ARPHRD_ETHER, ARPHRD_LOOPBACK, ARPHRD_NONE, type DevStats, IFF_UP } from '../core/netdev.js'
import type { LinkInfo } from '../rtnl/link.js'
import { formatMac } from '../wire/mac.js'
import { printKindInfo, printPortInfo } from './link-kind-text.js'
import { linkNetnsid } from './link-netnsid.js'
import { LINK_GROUPS, OPERSTATES } from './names.js'
import type { Printer } from './printer.js'

/** Which of the two tools prints, and whether the line with the link-layer address belongs to it. */
export interface LinkView {
  /** `ip link`, not `ip address`. */
  readonly isLink: boolean
  /** The line `link/ether ...`; `ip -4 address` leaves it out. */
  readonly withHardware: boolean
}

const IFF_RUNNING = 0x40

/** Flags in the order in which they are printed. */
const FLAGS: readonly (readonly [bit: number, word: string])[] = [
  [0x8, 'LOOPBACK'],
  [0x2, 'BROADCAST'],
  [0x10, 'POINTOPOINT'],
  [0x1000, 'MULTICAST'],
  [0x80, 'NOARP'],
  [0x200, 'ALLMULTI'],
  [0x100, 'PROMISC'],
  [0x400, 'MASTER'],
  [0x800, 'SLAVE'],
  [0x4, 'DEBUG'],
  [0x8000, 'DYNAMIC'],
  [0x4000, 'AUTOMEDIA'],
  [0x2000, 'PORTSEL'],
  [0x20, 'NOTRAILERS'],
  [0x1, 'UP'],
  [0x10000, 'LOWER_UP'],
  [0x20000, 'DORMANT'],
  [0x40000, 'ECHO'],
]

/** Words for the flags of a device; `isLowerDown` adds `M-DOWN`, for a device whose far end or lower device is down. */
export const linkFlagWords = (flags: number, isLowerDown: boolean): string[] => {
  const words = (flags & IFF_UP) !== 0 && (flags & IFF_RUNNING) === 0 ? ['NO-CARRIER'] : []
  for (const [bit, word] of FLAGS) if ((flags & bit) !== 0) words.push(word)
  if (isLowerDown) words.push('M-DOWN')
  return words
}

/**
 * Prints `name`, `name@lower` or `name@ifN`; returns whether the lower device is down. `linked` is the device with index
 * `iflink`, when it is in the same namespace.
 */
export const printLinkName = (
  p: Printer,
  info: LinkInfo,
  linked: NetDevice | null,
  write: (name: string) => string,
): boolean => {
  const { name, iflink } = info
  if (iflink === null) {
    p.field('ifname', name, write(name))
    return false
  }
  if (linked === null) {
    p.json('link_index', iflink)
    p.field('ifname', name, write(`${name}@if${iflink}`))
    return false
  }
  p.json('link', linked.name)
  p.field('ifname', name, write(`${name}@${linked.name}`))
  return (linked.flags & IFF_UP) === 0
}

/** The device that `info` is stacked on or paired with, when it is in the same namespace. */
const linkedDevice = (info: LinkInfo): NetDevice | null =>
  info.iflink === null || info.linkNetns !== null ? null : info.dev.netns.devByIndex(info.iflink)

/** Prints `<UP,...> `. */
export const printLinkFlags = (p: Printer, flags: number, isLowerDown: boolean): void => {
  const words = linkFlagWords(flags, isLowerDown)
  p.openArray('flags')
  p.text('<')
  for (const [i, word] of words.entries()) p.element(word, i === 0 ? word : `,${word}`)
  p.text('> ')
  p.closeArray()
}

const TYPES: Readonly<Record<number, string>> = {
  [ARPHRD_ETHER]: 'ether',
  [ARPHRD_LOOPBACK]: 'loopback',
  [ARPHRD_NONE]: 'none',
}

const linkType = (p: Printer, type: number): string => (p.options.numeric ? `[${type}]` : (TYPES[type] ?? `[${type}]`))

const printFirstLine = (p: Printer, info: LinkInfo, view: LinkView): void => {
  p.field('ifindex', info.ifindex, `${info.ifindex}: `)
  const isLowerDown = printLinkName(p, info, linkedDevice(info), name => `${name}: `)
  printLinkFlags(p, info.flags, isLowerDown)
  p.field('mtu', info.mtu, `mtu ${info.mtu} `)
  p.field('qdisc', info.qdisc, `qdisc ${info.qdisc} `)
  if (info.master !== null) p.field('master', info.master.name, `master ${info.master.name} `)
  const state = OPERSTATES[info.operstate] ?? String(info.operstate)
  p.field('operstate', state, `state ${state} `)
  if (view.isLink) p.field('linkmode', 'DEFAULT', 'mode DEFAULT ')
  const group = p.options.numeric ? String(info.group) : LINK_GROUPS.name(info.group)
  p.field('group', group, `group ${group} `)
  if (info.txQueueLen !== 0) p.field('txqlen', info.txQueueLen, `qlen ${info.txQueueLen}`)
}

const printHardware = (p: Printer, info: LinkInfo): void => {
  p.newline()
  const type = linkType(p, info.type)
  p.field('link_type', type, `    link/${type} `)
  if (info.type === ARPHRD_NONE) return
  p.field('address', formatMac(info.address), formatMac(info.address))
  p.field('broadcast', formatMac(info.broadcast), ` brd ${formatMac(info.broadcast)}`)
}

const printLinkNetns = (p: Printer, info: LinkInfo): void => {
  if (info.linkNetns === null) return
  const id = linkNetnsid(info)
  p.field('link_netnsid', id, info.linkNetns.alive ? ` link-netns ${info.linkNetns.name}` : ` link-netnsid ${id}`)
}

/** A device whose MTU is smaller has no IPv6 state. */
const IPV6_MIN_MTU = 1280

const printDetails = (p: Printer, info: LinkInfo, view: LinkView): void => {
  p.field('promiscuity', info.promiscuity, ` promiscuity ${info.promiscuity} `)
  p.field('allmulti', info.allmulti, ` allmulti ${info.allmulti} `)
  p.field('min_mtu', info.minMtu, `minmtu ${info.minMtu} `)
  p.field('max_mtu', info.maxMtu, `maxmtu ${info.maxMtu} `)
  if (info.kind !== '' || info.slaveKind !== '') {
    p.openObject('linkinfo')
    if (info.kind !== '') printKindInfo(p, info.kind, info.attrs)
    if (info.slaveKind !== '' && info.slaveAttrs !== null) printPortInfo(p, info.slaveKind, info.slaveAttrs)
    p.closeObject()
  }
  if (view.isLink && info.mtu >= IPV6_MIN_MTU) p.field('inet6_addr_gen_mode', 'eui64', 'addrgenmode eui64 ')
  p.field('num_tx_queues', info.numTxQueues, `numtxqueues ${info.numTxQueues} `)
  p.field('num_rx_queues', info.numRxQueues, `numrxqueues ${info.numRxQueues} `)
  p.field('gso_max_size', info.gsoMaxSize, `gso_max_size ${info.gsoMaxSize} `)
  p.field('gso_max_segs', info.gsoMaxSegs, `gso_max_segs ${info.gsoMaxSegs} `)
  p.field('tso_max_size', info.tsoMaxSize, `tso_max_size ${info.tsoMaxSize} `)
  p.field('tso_max_segs', info.tsoMaxSegs, `tso_max_segs ${info.tsoMaxSegs} `)
  p.field('gro_max_size', info.groMaxSize, `gro_max_size ${info.groMaxSize} `)
}

/** Prints a device, its statistics included where `ip link -s` prints them. */
export const printLink = (p: Printer, info: LinkInfo, view: LinkView): void => {
  printFirstLine(p, info, view)
  if (view.withHardware) printHardware(p, info)
  printLinkNetns(p, info)
  if (info.protodown) p.field('proto_down', true, ' protodown on ')
  if (p.options.details) printDetails(p, info, view)
  if ((view.isLink || p.options.details) && info.alias !== '') {
    p.newline()
    p.field('ifalias', info.alias, `    alias ${info.alias}`)
  }
  if (view.isLink && p.options.stats > 0) {
    p.newline()
    printStatistics(p, info)
  }
  p.text('\n')
}

const NAME_WIDTH = 16
const STATE_WIDTH = 14

/** Prints a device as `-br` does; `ip address` goes on on the same line. */
export const printBriefLink = (p: Printer, info: LinkInfo, view: LinkView): void => {
  const isLowerDown = printLinkName(p, info, linkedDevice(info), name => `${name.padEnd(NAME_WIDTH)} `)
  const state = OPERSTATES[info.operstate] ?? String(info.operstate)
  p.field('operstate', state, `${state.padEnd(STATE_WIDTH)} `)
  if (!view.isLink) return
  if (info.type !== ARPHRD_NONE) p.field('address', formatMac(info.address), `${formatMac(info.address)} `)
  printLinkFlags(p, info.flags, isLowerDown)
  p.text('\n')
}

type Counter = readonly [key: string, value: number]

/** Columns of a statistics table: width of the first is that of its label, the others are named in the kernel's words. */
const MIN_WIDTHS: readonly number[] = [10, 7, 6, 7, 7, 7, 10, 9]

const rxCounters = (s: DevStats): Counter[] => [
  ['bytes', s.rxBytes],
  ['packets', s.rxPackets],
  ['errors', s.rxErrors],
  ['dropped', s.rxDropped],
  ['over_errors', s.rxMissed],
  ['multicast', s.rxMulticast],
]

const txCounters = (s: DevStats): Counter[] => [
  ['bytes', s.txBytes],
  ['packets', s.txPackets],
  ['errors', s.txErrors],
  ['dropped', s.txDropped],
  ['carrier_errors', s.txCarrier],
  ['collisions', s.collisions],
]

/** Kinds of receive errors. Frames for other hosts show when there were some. */
const rxErrors = (s: DevStats): Counter[] => [
  ['length_errors', s.rxLengthErrors],
  ['crc_errors', 0],
  ['frame_errors', s.rxFrameErrors],
  ['fifo_errors', 0],
  ['missed_errors', 0],
  ...(s.rxOtherhostDropped > 0 ? [['otherhost', s.rxOtherhostDropped] as const] : []),
]

const txErrors = (carrierChanges: number): Counter[] => [
  ['aborted_errors', 0],
  ['fifo_errors', 0],
  ['window_errors', 0],
  ['heartbeat_errors', 0],
  ['carrier_changes', carrierChanges],
]

const widthsFor = (rows: readonly (readonly Counter[])[]): number[] =>
  MIN_WIDTHS.map((min, i) => Math.max(min, ...rows.map(row => (i < row.length ? String(row[i]![1]).length : 0))))

const printHead = (p: Printer, label: string, widths: readonly number[], words: readonly string[]): void => {
  const first = widths[0]! - label.length
  const [head, ...rest] = words
  p.text(`    ${label}${first > 0 ? head!.padStart(first) : head}`)
  for (const [i, word] of rest.entries()) p.text(` ${word.padStart(widths[i + 1]!)}`)
}

const printRow = (p: Printer, widths: readonly number[], row: readonly Counter[]): void => {
  for (const [i, [key, value]] of row.entries()) p.field(key, value, `${String(value).padStart(widths[i]!)} `)
}

const printDirection = (
  p: Printer,
  key: 'rx' | 'tx',
  widths: readonly number[],
  counters: readonly Counter[],
  errors: readonly Counter[],
): void => {
  const isRx = key === 'rx'
  p.openObject(key)
  const words = isRx
    ? ['bytes', 'packets', 'errors', 'dropped', 'missed', 'mcast']
    : ['bytes', 'packets', 'errors', 'dropped', 'carrier', 'collsns']
  printHead(p, isRx ? 'RX: ' : 'TX: ', widths, words)
  p.text(` ${''.padStart(widths[6]!)}`)
  p.newline()
  p.text('    ')
  printRow(p, widths, counters)
  if (p.options.stats > 1) {
    p.newline()
    const kinds = isRx
      ? ['', 'length', 'crc', 'frame', 'fifo', 'overrun', ...(errors.length > 5 ? ['otherhost'] : [])]
      : ['', 'aborted', 'fifo', 'window', 'heartbt', 'transns']
    // The column of frames without a handler, which stands before that of frames for others, is left out.
    const columns = [...widths.slice(0, 6), widths[7]!]
    printHead(p, isRx ? 'RX errors:' : 'TX errors:', columns, kinds)
    p.newline()
    p.text(`    ${''.padStart(widths[0]!)} `)
    printRow(p, columns.slice(1), errors)
  }
  p.closeObject()
}

const printStatistics = (p: Printer, info: LinkInfo): void => {
  const rx = rxCounters(info.stats)
  const tx = txCounters(info.stats)
  const shifted = (row: readonly Counter[]): Counter[] => [['', 0], ...row.slice(0, 5), ['', 0], ...row.slice(5)]
  const received = rxErrors(info.stats)
  const sent = txErrors(info.carrierChanges)
  const widths = widthsFor(p.options.stats > 1 ? [rx, tx, shifted(received), shifted(sent)] : [rx, tx])
  p.openObject('stats64')
  printDirection(p, 'rx', widths, rx, received)
  p.newline()
  printDirection(p, 'tx', widths, tx, sent)
  p.closeObject()
}

/** Prints the statistics as `ip -s address` does, behind the addresses. */
export const printLinkStatistics = (p: Printer, info: LinkInfo): void => {
  printStatistics(p, info)
  p.text('\n')
}
