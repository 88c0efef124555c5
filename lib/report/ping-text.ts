/**
 * What ping prints, in the words of iputils 20221126.
 *
 * @see ping(8); iputils ping, ping_common.c gather_statistics finish, ping.c pr_icmph pr_options
 */
import type { Ping, PingError, PingOutput, PingReply } from '../app/ping.js'
import { TIMESTAMP_OCTETS } from '../app/ping-packet.js'
import { type Errno, strerror } from '../errors.js'
import { NSEC_PER_SEC } from '../sim/time.js'
import { formatIpv4 } from '../wire/ip.js'
import {
  ICMP_DEST_UNREACH,
  ICMP_FRAG_NEEDED,
  ICMP_HLEN,
  ICMP_PARAMETERPROB,
  ICMP_REDIRECT,
  ICMP_SOURCE_QUENCH,
  ICMP_TIME_EXCEEDED,
} from '../wire/icmp.js'
import { IPV4_HLEN } from '../wire/ipv4.js'
import { PingRouteText } from './ping-route-text.js'

/** How ping was asked to print. */
export interface PingTextOptions {
  /** Destination as it was written. */
  readonly name: string
  readonly isQuiet: boolean
  readonly isFlood: boolean
  readonly isVerbose: boolean
  /** `-D`: the time in front of each line. */
  readonly withTime: boolean
  /** `-a`. */
  readonly isAudible: boolean
}

const UNREACHABLE: readonly string[] = [
  'Destination Net Unreachable',
  'Destination Host Unreachable',
  'Destination Protocol Unreachable',
  'Destination Port Unreachable',
  '',
  'Source Route Failed',
  'Destination Net Unknown',
  'Destination Host Unknown',
  'Source Host Isolated',
  'Destination Net Prohibited',
  'Destination Host Prohibited',
  'Destination Net Unreachable for Type of Service',
  'Destination Host Unreachable for Type of Service',
  'Packet filtered',
  'Precedence Violation',
  'Precedence Cutoff',
]
const REDIRECT: readonly string[] = [
  'Redirect Network',
  'Redirect Host',
  'Redirect Type of Service and Network',
  'Redirect Type of Service and Host',
]
const EXCEEDED: readonly string[] = ['Time to live exceeded', 'Frag reassembly time exceeded']

/** What ping says about an ICMP message; `info` is the MTU, the gateway or the pointer that it carries. */
export const icmpErrorText = (type: number, code: number, info: number): string => {
  switch (type) {
    case ICMP_DEST_UNREACH:
      if (code === ICMP_FRAG_NEEDED) return `Frag needed and DF set (mtu = ${info})`
      return UNREACHABLE[code] ?? `Dest Unreachable, Bad Code: ${code}`
    case ICMP_SOURCE_QUENCH:
      return 'Source Quench'
    case ICMP_REDIRECT:
      return `${REDIRECT[code] ?? `Redirect, Bad Code: ${code}`}(New nexthop: ${formatIpv4(info)})`
    case ICMP_TIME_EXCEEDED:
      return EXCEEDED[code] ?? `Time exceeded, Bad Code: ${code}`
    case ICMP_PARAMETERPROB:
      return `Parameter problem: pointer = ${info}`
    default:
      return `Bad ICMP type: ${type}`
  }
}

/** Microseconds as milliseconds with three decimals. */
const threeDecimals = (us: number): string => `${Math.trunc(us / 1000)}.${String(us % 1000).padStart(3, '0')}`

/** Round-trip time with the number of decimals that ping gives to times of its size. */
export const roundTripText = (us: number): string => {
  if (us >= 100_000 - 50) return `${Math.trunc((us + 500) / 1000)}`
  if (us >= 10_000 - 5) return `${Math.trunc((us + 50) / 1000)}.${Math.trunc(((us + 50) % 1000) / 100)}`
  if (us >= 1000) return `${Math.trunc((us + 5) / 1000)}.${String(Math.trunc(((us + 5) % 1000) / 10)).padStart(2, '0')}`
  return threeDecimals(us)
}

/** A number as C's %g prints it: six significant digits, no zeros at the end. */
const sixDigits = (n: number): string => String(Number(n.toPrecision(6)))

/** Writes the text of one ping to its process. */
export class PingText implements PingOutput {
  readonly #options: PingTextOptions
  readonly #route: PingRouteText

  constructor(options: PingTextOptions) {
    this.#options = options
    this.#route = new PingRouteText(options.isFlood)
  }

  started(ping: Ping): void {
    const { device, source, sticky } = ping.options
    const from =
      device !== undefined || source !== undefined || sticky === true
        ? `from ${formatIpv4(ping.source)} ${device ?? ''}: `
        : ''
    const { name } = this.#options
    if (ping.isBroadcast) ping.process.stderr += 'WARNING: pinging broadcast address\n'
    ping.process.stdout += `PING ${name} (${formatIpv4(ping.destination)}) ${from}${ping.size}(${ping.packetOctets}) bytes of data.\n`
  }

  sent(ping: Ping): void {
    if (this.#options.isFlood && !this.#options.isQuiet) ping.process.stdout += '.'
  }

  reply(ping: Ping, reply: PingReply): void {
    const { isQuiet, isFlood, isAudible } = this.#options
    if (isQuiet) return
    if (isFlood) {
      ping.process.stdout += `\b \b${isAudible ? '\x07' : ''}`
      return
    }
    const { octets, from, seq, ttl } = reply
    let line = `${this.#time(ping)}${octets} bytes from ${formatIpv4(from)}: icmp_seq=${seq}`
    if (this.#options.isVerbose) line += ` ident=${ping.id}`
    line += ` ttl=${ttl}`
    if (octets < ping.size + ICMP_HLEN) {
      ping.process.stdout += `${line} (truncated)\n`
      return
    }
    if (reply.roundTripUs !== null) line += ` time=${roundTripText(reply.roundTripUs)} ms`
    if (reply.isDuplicate && (!ping.isToMany || this.#options.isVerbose)) line += ' (DUP!)'
    if (reply.isOtherAddress) line += ' (DIFFERENT ADDRESS!)'
    line += this.#wrongData(ping, reply)
    if (isAudible) line += '\x07'
    line += this.#route.text(reply.packet.subarray(IPV4_HLEN, reply.at))
    ping.process.stdout += `${line}\n`
  }

  icmpError(ping: Ping, error: PingError): void {
    const { isQuiet, isFlood } = this.#options
    if (isQuiet) return
    if (isFlood) ping.process.stdout += '\bE'
    else
      ping.process.stdout += `${this.#time(ping)}From ${formatIpv4(error.from)} icmp_seq=${error.seq} ${icmpErrorText(error.type, error.code, error.info)}\n`
  }

  redirect(ping: Ping, { from, seq, type, code, info }: PingError): void {
    if (this.#options.isQuiet || this.#options.isFlood) return
    ping.process.stdout += `${this.#time(ping)}From ${formatIpv4(from)}: icmp_seq=${seq} ${icmpErrorText(type, code, info)}\n`
  }

  localError(ping: Ping, error: Errno, mtu: number): void {
    if (this.#options.isFlood) ping.process.stdout += 'E'
    else
      ping.process.stderr += `ping: local error: ${error === 'EMSGSIZE' ? `message too long, mtu=${mtu}` : strerror(error)}\n`
  }

  callError(ping: Ping, error: Errno): void {
    if (this.#options.isQuiet) return
    if (this.#options.isFlood) ping.process.stdout += 'E'
    else ping.process.stderr += `ping: sendmsg: ${strerror(error)}\n`
  }

  outstanding(ping: Ping, seq: number): void {
    ping.process.stdout += `${this.#time(ping)}no answer yet for icmp_seq=${seq}\n`
  }

  finished(ping: Ping): void {
    ping.process.stdout += `\n--- ${this.#options.name} ping statistics ---\n${countsLine(ping)}${timesLine(ping)}`
  }

  #time(ping: Ping): string {
    if (!this.#options.withTime) return ''
    const { now } = ping.netns.world
    const sec = Math.floor(now / NSEC_PER_SEC)
    return `[${sec}.${String(Math.floor((now % NSEC_PER_SEC) / 1000)).padStart(6, '0')}] `
  }

  /** Tells the first octet of the payload that came back changed, and dumps the payload. */
  #wrongData(ping: Ping, reply: PingReply): string {
    const at = reply.at + ICMP_HLEN
    for (let i = TIMESTAMP_OCTETS; i < ping.size; i++) {
      const expected = ping.payloadOctet(i)
      const octet = reply.packet[at + i]!
      if (octet === expected) continue
      let text = `\nwrong data byte #${i} should be 0x${expected.toString(16)} but was 0x${octet.toString(16)}`
      for (let j = TIMESTAMP_OCTETS; j < ping.size; j++) {
        if (j % 32 === TIMESTAMP_OCTETS) text += `\n#${j}\t`
        text += `${reply.packet[at + j]!.toString(16)} `
      }
      return text
    }
    return ''
  }
}

/** Nanoseconds from the start to the last request. */
const durationNs = (ping: Ping): number => (ping.lastNs < 0 ? 0 : ping.lastNs - ping.startNs)

const countsLine = (ping: Ping): string => {
  const { transmitted, received, duplicates, errors } = ping.stats
  let line = `${transmitted} packets transmitted, ${received} received`
  if (duplicates > 0) line += `, +${duplicates} duplicates`
  if (errors > 0) line += `, +${errors} errors`
  if (transmitted > 0) {
    const loss = Math.fround(((transmitted - received) * 100) / transmitted)
    line += `, ${sixDigits(loss)}% packet loss, time ${Math.floor((durationNs(ping) + 500_000) / 1_000_000)}ms`
  }
  return `${line}\n`
}

const timesLine = (ping: Ping): string => {
  const { stats, options } = ping
  const parts: string[] = []
  if (stats.received > 0 && ping.isStamped) {
    const times = [stats.minUs, stats.averageUs, stats.maxUs, stats.deviationUs]
    parts.push(`rtt min/avg/max/mdev = ${times.map(threeDecimals).join('/')} ms`)
  }
  if (stats.pipe > 1) parts.push(`pipe ${stats.pipe}`)
  const isPaced = ping.intervalMs > 0 && options.flood !== true && options.adaptive !== true
  if (stats.received > 0 && !isPaced && stats.transmitted > 1) {
    const gapUs = Math.trunc(durationNs(ping) / 1000 / (stats.transmitted - 1))
    parts.push(`ipg/ewma ${threeDecimals(gapUs)}/${threeDecimals(Math.trunc(stats.ewma8Us / 8))} ms`)
  }
  return `${parts.join(', ')}\n`
}
