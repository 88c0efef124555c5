/**
 * Connections as the tool `conntrack` prints them.
 *
 * @see conntrack(8); libnetfilter_conntrack src/conntrack/snprintf_default.c, snprintf_xml.c; conntrack-tools src/conntrack.c
 */
import {
  IPS_ASSURED,
  IPS_DST_NAT,
  IPS_FIXED_TIMEOUT,
  IPS_SEEN_REPLY,
  IPS_SRC_NAT,
} from '../netfilter/conntrack/nf-conntrack-common.js'
import { nfCtHasPorts } from '../netfilter/conntrack/nf-conntrack-tuple.js'
import type { ConntrackEvent, ConntrackInfo, CtTuple } from '../rtnl/conntrack.js'
import { NSEC_PER_SEC } from '../sim/time.js'
import { formatIpv4 } from '../wire/ip.js'
import { IPPROTO_GRE, IPPROTO_ICMP } from '../wire/ipv4.js'

/** Names of protocols that the tool knows. */
export const CT_PROTOCOLS: Readonly<Record<string, number>> = {
  tcp: 6,
  udp: 17,
  udplite: 136,
  icmp: 1,
  icmpv6: 58,
  sctp: 132,
  dccp: 33,
  gre: 47,
}

/** Name of a protocol; `unknown` for those that the tool does not know. */
const protoName = (protonum: number): string =>
  Object.entries(CT_PROTOCOLS).find(([, n]) => n === protonum)?.[0] ?? 'unknown'

/** What is printed besides. */
export interface ConntrackTextOptions {
  /** The family in front (`-o extended`). */
  readonly extended?: boolean
  /** The number at the end (`-o id`). */
  readonly id?: boolean
  /** When it began and ended (`-o ktimestamp`). */
  readonly ktimestamp?: boolean
  /** When it was printed, for events (`-o timestamp`). */
  readonly timestamp?: boolean
}

const IPPROTO_DCCP = 33

const hex = (n: number): string => `0x${n.toString(16)}`

const portsText = (t: CtTuple, protonum: number): string => {
  if (nfCtHasPorts(protonum)) return `sport=${t.ports >>> 16} dport=${t.ports & 0xffff} `
  if (protonum === IPPROTO_ICMP) return `type=${(t.ports >> 8) & 0xff} code=${t.ports & 0xff} id=${t.ports >>> 16} `
  if (protonum === IPPROTO_GRE) return `srckey=${hex(t.ports >>> 16)} dstkey=${hex(t.ports & 0xffff)} `
  // The tool knows of its ports, and the kernel of Linux 6.18 no longer.
  return protonum === IPPROTO_DCCP ? 'sport=0 dport=0 ' : ''
}

const tupleText = (t: CtTuple, protonum: number): string =>
  `src=${formatIpv4(t.src)} dst=${formatIpv4(t.dst)} ${portsText(t, protonum)}`

const countersText = (t: CtTuple): string => (t.packets === null ? '' : `packets=${t.packets} bytes=${t.bytes} `)

/** A zone is printed once when both directions share it. */
const zoneText = (info: ConntrackInfo, which: 'orig' | 'reply' | 'both'): string => {
  const { orig, repl } = info
  if (orig.zone === repl.zone) return which === 'both' && orig.zone !== 0 ? `zone=${orig.zone} ` : ''
  if (which === 'both') return ''
  const zone = which === 'orig' ? orig.zone : repl.zone
  return zone === 0 ? '' : `zone-${which}=${zone} `
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const DAYS_BEFORE = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]
const DAY_SEC = 86_400

const two = (n: number): string => String(n).padStart(2, '0')

/** Virtual time, which begins with 1970, as ctime(3) prints it; no run gets beyond that year. */
const ctime = (ns: number): string => {
  const sec = Math.floor(ns / NSEC_PER_SEC)
  const day = Math.floor(sec / DAY_SEC)
  const month = DAYS_BEFORE.findLastIndex(before => before <= day)
  const time = `${two(Math.floor(sec / 3600) % 24)}:${two(Math.floor(sec / 60) % 60)}:${two(sec % 60)}`
  return `${DAYS[(day + 4) % 7]} ${MONTHS[month]} ${String(day - DAYS_BEFORE[month]! + 1).padStart(2)} ${time} 1970`
}

/** Seconds that a connection has lasted. */
const deltaSec = (start: number, stop: number, now: number): number =>
  Math.floor((stop < 0 ? now : stop) / NSEC_PER_SEC) - Math.floor(start / NSEC_PER_SEC)

const timestampText = (info: ConntrackInfo, o: ConntrackTextOptions, now: number): string => {
  if (info.timestamp === null) return ''
  const { start, stop } = info.timestamp
  const times = `[start=${ctime(start)}] ${stop < 0 ? '' : `[stop=${ctime(stop)}] `}`
  return `delta-time=${deltaSec(start, stop, now)} ${o.ktimestamp === true ? times : ''}`
}

/** A connection as one line of `conntrack -L`; `now` is virtual time in nanoseconds. */
export const conntrackText = (info: ConntrackInfo, o: ConntrackTextOptions, now: number): string => {
  const { orig, repl, protonum, status } = info
  const line =
    (o.extended === true ? 'ipv4     2 ' : '') +
    `${protoName(protonum).padEnd(8)} ${protonum} ` +
    (info.timeoutSec === null ? '' : `${info.timeoutSec} `) +
    (info.tcpState === null ? '' : `${info.tcpState} `) +
    tupleText(orig, protonum) +
    zoneText(info, 'orig') +
    countersText(orig) +
    (status & IPS_SEEN_REPLY ? '' : '[UNREPLIED] ') +
    tupleText(repl, protonum) +
    zoneText(info, 'reply') +
    countersText(repl) +
    (status & IPS_ASSURED ? '[ASSURED] ' : '') +
    (info.mark === null ? '' : `mark=${info.mark} `) +
    zoneText(info, 'both') +
    timestampText(info, o, now) +
    (info.use === null ? '' : `use=${info.use} `) +
    (o.id === true ? `id=${info.id} ` : '')
  return line.trimEnd()
}

const EVENT_NAMES: Readonly<Record<ConntrackEvent['type'], string>> = {
  new: '[NEW]',
  update: '[UPDATE]',
  destroy: '[DESTROY]',
}

/** What events that a program caused end with. */
const userText = (event: ConntrackEvent): string => (event.byUser ? ' [USERSPACE] portid=1 progname=conntrack' : '')

/** An event as one line of `conntrack -E`. */
export const conntrackEventText = (event: ConntrackEvent, o: ConntrackTextOptions, now: number): string => {
  const sec = Math.floor(now / NSEC_PER_SEC)
  const usec = Math.floor((now % NSEC_PER_SEC) / 1000)
  const stamp = o.timestamp === true ? `[${String(sec).padEnd(8)}.${String(usec).padEnd(6)}]\t` : ''
  return `${stamp}${EVENT_NAMES[event.type].padStart(9)} ${conntrackText(event.info, o, now)}${userText(event)}`
}

const element = (name: string, value: string | number): string => `<${name}>${value}</${name}>`

const portsXml = (t: CtTuple, protonum: number): string => {
  const [upper, lower] = [t.ports >>> 16, t.ports & 0xffff]
  if (protonum === IPPROTO_GRE) return element('srckey', hex(upper)) + element('dstkey', hex(lower))
  return nfCtHasPorts(protonum) || protonum === IPPROTO_DCCP ? element('sport', upper) + element('dport', lower) : ''
}

const directionXml = (t: CtTuple, protonum: number, direction: string, hasZone: boolean): string => {
  const ports = portsXml(t, protonum)
  const counters =
    t.packets === null ? '' : element('counters', element('packets', t.packets) + element('bytes', t.bytes!))
  return (
    `<meta direction="${direction}"><layer3 protonum="2" protoname="ipv4">` +
    `${element('src', formatIpv4(t.src))}${element('dst', formatIpv4(t.dst))}</layer3>` +
    `<layer4 protonum="${protonum}" protoname="${protoName(protonum)}">${ports}</layer4>` +
    `${hasZone && t.zone !== 0 ? element('zone', t.zone) : ''}${counters}</meta>`
  )
}

const timestampXml = (info: ConntrackInfo, o: ConntrackTextOptions, now: number): string => {
  if (info.timestamp === null) return ''
  const { start, stop } = info.timestamp
  const times = element('start', start) + (stop < 0 ? '' : element('stop', stop))
  return element('deltatime', deltaSec(start, stop, now)) + (o.ktimestamp === true ? element('timestamp', times) : '')
}

/** What stands around the flows of `-o xml`. */
export const CONNTRACK_XML_HEAD = '<?xml version="1.0" encoding="utf-8"?>\n<conntrack>\n'
export const CONNTRACK_XML_TAIL = '</conntrack>\n'

/** A connection as one element of `conntrack -o xml`; `type` is that of an event. */
export const conntrackXml = (
  info: ConntrackInfo,
  o: ConntrackTextOptions,
  now: number,
  type: ConntrackEvent['type'] | null = null,
): string => {
  const { orig, repl, protonum, status } = info
  const isSplit = orig.zone !== repl.zone
  const independent =
    (info.tcpState === null ? '' : element('state', info.tcpState)) +
    (info.timeoutSec === null ? '' : element('timeout', info.timeoutSec)) +
    (info.mark === null ? '' : element('mark', info.mark)) +
    (!isSplit && orig.zone !== 0 ? element('zone', orig.zone) : '') +
    (info.use === null ? '' : element('use', info.use)) +
    element('id', info.id) +
    (status & IPS_ASSURED ? '<assured/>' : '') +
    (status & IPS_SEEN_REPLY ? '' : '<unreplied/>') +
    timestampXml(info, o, now)
  return (
    `<flow${type === null ? '' : ` type="${type}"`}>` +
    directionXml(orig, protonum, 'original', isSplit) +
    directionXml(repl, protonum, 'reply', isSplit) +
    `<meta direction="independent">${independent}</meta></flow>`
  )
}

/** An event as one element of `conntrack -E -o xml`. */
export const conntrackEventXml = (event: ConntrackEvent, o: ConntrackTextOptions, now: number): string =>
  conntrackXml(event.info, o, now, event.type) + userText(event)

const STATUS_WORDS: readonly (readonly [number, string])[] = [
  [IPS_SEEN_REPLY, 'SEEN_REPLY'],
  [IPS_ASSURED, 'ASSURED'],
  [IPS_FIXED_TIMEOUT, 'FIXED_TIMEOUT'],
]

const savePorts = (info: ConntrackInfo): string => {
  const { orig, repl, protonum } = info
  if (nfCtHasPorts(protonum))
    return (
      ` --sport ${orig.ports >>> 16} --dport ${orig.ports & 0xffff}` +
      ` --reply-port-src ${repl.ports >>> 16} --reply-port-dst ${repl.ports & 0xffff}`
    )
  if (protonum === IPPROTO_GRE)
    return (
      ` --srckey ${orig.ports >>> 16} --dstkey ${orig.ports & 0xffff}` +
      ` --reply-key-src ${repl.ports >>> 16} --reply-key-dst ${repl.ports & 0xffff}`
    )
  if (protonum !== IPPROTO_ICMP) return ''
  return ` --icmp-type ${(orig.ports >> 8) & 0xff} --icmp-code ${orig.ports & 0xff} --icmp-id ${orig.ports >>> 16}`
}

const saveZone = ({ orig, repl }: ConntrackInfo): string => {
  if (orig.zone === repl.zone) return orig.zone === 0 ? '' : ` -w ${orig.zone}`
  return (orig.zone === 0 ? '' : ` --orig-zone ${orig.zone}`) + (repl.zone === 0 ? '' : ` --reply-zone ${repl.zone}`)
}

/** A connection as options of the tool (`-o save`); `command` is A, U or D. */
export const conntrackSave = (info: ConntrackInfo, command: string): string => {
  const { orig, repl, protonum, status } = info
  const words = STATUS_WORDS.filter(([bit]) => status & bit).map(([, word]) => word)
  const proto = protoName(protonum)
  return (
    `-${command}${info.timeoutSec === null ? '' : ` -t ${info.timeoutSec}`}` +
    ` -u ${words.length === 0 ? 'UNSET' : words.join(',')}${saveZone(info)}` +
    ` -s ${formatIpv4(orig.src)} -d ${formatIpv4(orig.dst)}` +
    ` ${status & IPS_DST_NAT ? '-g' : '-r'} ${formatIpv4(repl.src)} ${status & IPS_SRC_NAT ? '-n' : '-q'} ${formatIpv4(repl.dst)}` +
    ` -p ${proto === 'unknown' ? protonum : proto}${savePorts(info)}` +
    `${info.tcpState === null ? '' : ` --state ${info.tcpState}`}`
  )
}

/** An event as options of the tool (`-E -o save`). */
export const conntrackEventSave = (event: ConntrackEvent): string => {
  const command = event.type === 'new' ? 'A' : event.type === 'update' ? 'U' : 'D'
  return conntrackSave(event.info, command) + userText(event)
}
