/**
 * What `ss` prints: sockets in columns, and the summary of `-s`.
 *
 * @see iproute2 misc/ss.c inet_show_sock, sock_details_print, tcp_timer_print, print_skmeminfo, print_summary
 */
import type { Netns } from '../core/netns.js'
import { DIAG_TIMER_OFF, type InetDiagMsg, type SkMemInfo, type SockStat } from '../rtnl/inet-diag.js'
import { formatIpv4 } from '../wire/ip.js'
import { type Column, renderColumns } from './columns.js'
import { tcpInfoText } from './ss-info-text.js'

/** Options of `ss` that say what is printed of a socket. */
export interface SsPrintOptions {
  readonly header: boolean
  readonly oneline: boolean
  readonly numeric: boolean
  /** -o, -e, -m, -i, --tos. */
  readonly options: boolean
  readonly details: boolean
  readonly memory: boolean
  readonly info: boolean
  readonly tos: boolean
  /** -p. */
  readonly processes: boolean
  /** The columns Netid and State are left out where all rows would have the same. */
  readonly netid: boolean
  readonly state: boolean
}

const COLUMNS: readonly Column[] = [
  { header: 'Netid', delim: '', align: 'left' },
  { header: 'State', delim: ' ', align: 'left' },
  { header: 'Recv-Q', delim: ' ', align: 'left' },
  { header: 'Send-Q', delim: ' ', align: 'left' },
  { header: 'Local Address:', delim: ' ', align: 'right' },
  { header: 'Port', delim: '', align: 'left' },
  { header: 'Peer Address:', delim: ' ', align: 'right' },
  { header: 'Port', delim: '', align: 'left' },
  { header: 'Process', delim: '', align: 'left' },
]

/** Names of the states in the listing, by the kernel's numbers. */
const STATE_NAMES: readonly string[] = [
  'UNKNOWN',
  'ESTAB',
  'SYN-SENT',
  'SYN-RECV',
  'FIN-WAIT-1',
  'FIN-WAIT-2',
  'TIME-WAIT',
  'UNCONN',
  'CLOSE-WAIT',
  'LAST-ACK',
  'LISTEN',
  'CLOSING',
]

const TIMER_NAMES: readonly string[] = ['off', 'on', 'keepalive', 'timewait', 'persist']

/** A time of a timer: minutes, seconds and milliseconds, the coarser ones only for long times. */
const timerTime = (timeout: number): string => {
  const minutes = Math.floor(timeout / 60_000)
  const seconds = minutes > 9 ? 0 : Math.floor(timeout / 1000) % 60
  const millis = minutes > 0 || seconds > 9 ? 0 : timeout % 1000
  return (
    (minutes > 0 ? `${minutes}min` : '') +
    (seconds > 0 ? `${seconds}${millis > 0 ? '.' : 'sec'}` : '') +
    (millis > 0 ? `${String(millis).padStart(3, '0')}ms` : '')
  )
}

const detailsText = (m: InetDiagMsg): string => {
  const mark = m.mark === 0 ? '' : ` fwmark:0x${(m.mark >>> 0).toString(16)}`
  // A namespace of netloom is one control group.
  const cgroup = m.shutdown === null ? '' : ' cgroup:/'
  const shutdown = m.shutdown === null ? '' : ` ${m.shutdown & 1 ? '-' : '<'}-${m.shutdown & 2 ? '-' : '>'}`
  return ` ino:${m.ino} sk:${m.cookie.toString(16)}${mark}${cgroup}${shutdown}`
}

const memText = (mem: SkMemInfo): string =>
  ` skmem:(r${mem.rmemAlloc},rb${mem.rcvbuf},t${mem.wmemAlloc},tb${mem.sndbuf},f${mem.fwdAlloc},w${mem.wmemQueued},o0,` +
  `bl${mem.backlog},d${mem.drops})`

const hexAlternate = (value: number): string => (value === 0 ? '0' : `0x${value.toString(16)}`)

const processText = (m: InetDiagMsg, o: SsPrintOptions): string => {
  const { holder } = m
  let text = ''
  if (o.processes && holder !== null) text += ` users:(("${holder.name}",pid=${holder.pid},fd=${holder.fd}))`
  if (o.options && m.timer !== DIAG_TIMER_OFF)
    text += ` timer:(${TIMER_NAMES[m.timer]},${timerTime(m.expiresMs)},${m.retrans})`
  if (o.details) text += detailsText(m)
  if (o.tos && m.shutdown !== null) text += ` tos:${hexAlternate(m.tos)} class_id:0`
  if (!o.memory && !(o.info && m.netid !== 'udp')) return text
  if (!o.oneline) text += '\n\t'
  if (o.memory && m.mem !== null) text += memText(m.mem)
  if (o.info && m.info !== null) text += tcpInfoText(m.info, m.cong, m.congInfo, o.options, o.numeric)
  return text
}

const portText = (port: number): string => (port === 0 ? '*' : String(port))

const row = (netns: Netns, m: InetDiagMsg, o: SsPrintOptions): string[] => {
  const dev = m.ifindex === 0 ? '' : `%${netns.devByIndex(m.ifindex)?.name ?? `if${m.ifindex}`}`
  return [
    m.netid,
    STATE_NAMES[m.state]!,
    String(m.rqueue).padEnd(6),
    String(m.wqueue).padEnd(6),
    `${formatIpv4(m.src)}${dev}:`,
    portText(m.sport),
    `${formatIpv4(m.dst)}:`,
    portText(m.dport),
    processText(m, o),
  ]
}

/** The listing. */
export const ssText = (netns: Netns, sockets: readonly InetDiagMsg[], options: SsPrintOptions): string => {
  const rows = sockets.map(m => row(netns, m, options))
  if (options.header) rows.unshift(COLUMNS.map(c => c.header))
  if (rows.length === 0) return ''
  return renderColumns(COLUMNS, rows, [!options.netid, !options.state])
}

const transport = (name: string, count: number): string => {
  const all = String(count).padEnd(9)
  return `${name}\t  ${all} ${all} ${'0'.padEnd(9)}\n`
}

/** The summary of `-s`. */
export const ssSummaryText = (s: SockStat): string => {
  const closed = s.tcpAlloc - (s.tcpInuse - s.tcpTw)
  return (
    `Total: ${s.used}\n` +
    `TCP:   ${s.tcpAlloc + s.tcpTw} (estab ${s.tcpEstab}, closed ${closed}, orphaned ${s.tcpOrphan}, timewait ${s.tcpTw})\n\n` +
    'Transport Total     IP        IPv6\n' +
    transport('RAW', s.rawInuse) +
    transport('UDP', s.udpInuse) +
    transport('TCP', s.tcpInuse) +
    transport('INET', s.rawInuse + s.udpInuse + s.tcpInuse) +
    `${transport('FRAG', s.fragInuse)}\n`
  )
}
