/**
 * ping: echo requests from a raw socket, with the schedule, the exits and the bookkeeping of iputils.
 *
 * The program's waits are the real one's: a receive call whose time-out the kernel rounds to its timer wheel (this is why
 * pings a second apart drift to 1.02 s when nobody answers), poll with a time-out in milliseconds, and an alarm that ends
 * it. What it has to say goes to a {@link PingOutput}; report/ping-text.ts makes the real tool's text of it.
 *
 * DIFFERS: a real machine needs time for a round trip; here the answer comes at the same instant. So that flood and
 * adaptive pings move the clock, they wait {@link FLOOD_ROUND_NS} after an answer.
 *
 * Left out: name resolution, IPv6, SO_MARK, SO_DONTROUTE, source routing.
 *
 * @see iputils ping, ping_common.c pinger main_loop, ping.c ping4_run
 */
import type { Netns } from '../core/netns.js'
import { errnoName, type Errno } from '../errors.js'
import type { RawPacket, RawSocket } from '../ip/raw.js'
import { wheelExpiry } from '../sim/timer.js'
import { isMulticast4 } from '../wire/ip.js'
import {
  ICMP_ECHOREPLY,
  ICMP_HLEN,
  ICMP_REDIRECT,
  ICMP_SOURCE_QUENCH,
  icmpCode,
  icmpId,
  icmpRest,
  icmpSeq,
  isIcmpError,
} from '../wire/icmp.js'
import {
  buildEcho,
  fillPayload,
  type IcmpMessage,
  icmpMessage,
  isEchoOf,
  quotedEchoSeq,
  roundTripUs,
  TIMESTAMP_OCTETS,
} from './ping-packet.js'
import { addressOf, openPingSocket, type PingOptions, pingSource } from './ping-setup.js'
import { PingStats } from './ping-stats.js'
import { Process } from './process.js'
import { ProgramTimer } from './program-timer.js'

export type { PingOptions } from './ping-setup.js'

/** An answer to an echo request. */
export interface PingReply {
  readonly seq: number
  /** Octets of the ICMP message. */
  readonly octets: number
  readonly from: number
  readonly ttl: number
  /** Round-trip time in microseconds, null when the payload has no room for a time stamp. */
  readonly roundTripUs: number | null
  readonly isDuplicate: boolean
  /** It came from another address than the one that was asked. */
  readonly isOtherAddress: boolean
  /** The IPv4 packet and the offset of the ICMP header in it. */
  readonly packet: Uint8Array
  readonly at: number
}

/** An ICMP message about a request: an error, or a redirect. */
export interface PingError {
  readonly seq: number
  readonly from: number
  readonly type: number
  readonly code: number
  /** The next hop's MTU, or the gateway of a redirect. */
  readonly info: number
}

/** Hears what ping would print, in the order in which it happens. */
export interface PingOutput {
  /** It begins. */
  started?(ping: Ping): void
  /** A request went out (`-f` prints a dot). */
  sent?(ping: Ping, seq: number): void
  /** An answer has come. */
  reply?(ping: Ping, reply: PingReply): void
  /** An ICMP error about a request has come. */
  icmpError?(ping: Ping, error: PingError): void
  /** A redirect has come. */
  redirect?(ping: Ping, redirect: PingError): void
  /** The kernel put an error of this host into the error queue: EMSGSIZE with the MTU, for example. */
  localError?(ping: Ping, error: Errno, mtu: number): void
  /** A request could not be sent, again and again. */
  callError?(ping: Ping, error: Errno): void
  /** `-O`: the next request goes out and this one has had no answer. */
  outstanding?(ping: Ping, seq: number): void
  /** It has ended; the counts are final. */
  finished?(ping: Ping): void
}

/** Virtual time that a round trip takes where the schedule asks for no time at all. */
export const FLOOD_ROUND_NS = 30_000

const DEFAULT_SIZE = 56
const DEFAULT_INTERVAL_MS = 1000
const DEFAULT_LINGER_MS = 10_000
/** Shortest wait that ping plans for, in milliseconds. */
const MIN_INTERVAL_MS = 10
const NS_PER_MS = 1_000_000
const NS_PER_SEC = 1_000_000_000
/** What pinger returns when nothing is left to send. */
const NOTHING_TO_SEND_MS = 1000

/** Milliseconds from `from` to `to` as iputils takes them from struct timespec: whole seconds and whole milliseconds apart. */
const elapsedMs = (from: number, to: number): number => {
  const sec = Math.floor(to / NS_PER_SEC) - Math.floor(from / NS_PER_SEC)
  return sec * 1000 + Math.trunc(((to % NS_PER_SEC) - (from % NS_PER_SEC)) / NS_PER_MS)
}

const atLeastMin = (ms: number): number => Math.max(ms, MIN_INTERVAL_MS)

/** A running ping. Make one with {@link ping}. */
export class Ping {
  readonly process: Process
  readonly netns: Netns
  readonly options: PingOptions
  readonly destination: number
  readonly source: number
  /** The look-up for the source address found a broadcast address, which was allowed. */
  readonly isBroadcast: boolean
  readonly id: number
  readonly size: number
  /** The payload has room for a time stamp. */
  readonly isStamped: boolean
  /** Answers of several hosts are expected: a broadcast or multicast address was asked. */
  readonly isToMany: boolean
  /** Octets of IP options that the statistics speak of: 40 with -R and -T. */
  readonly optionOctets: number
  readonly stats: PingStats = new PingStats()
  /** Milliseconds between requests; `-A` changes it. */
  intervalMs: number
  /** Virtual time of the start and of the last request. */
  readonly startNs: number
  lastNs = -1
  readonly #sock: RawSocket
  readonly #output: PingOutput
  readonly #payload: Uint8Array
  readonly #preload: number
  readonly #floodPoll: boolean
  readonly #timeout: ProgramTimer<Ping>
  readonly #alarm: ProgramTimer<Ping>
  /** Credit of the schedule in milliseconds. */
  #tokens = 0
  #oomCount = 0
  /** Microseconds that -A adds to the interval after a send that found no buffer. */
  #slowdownUs = 0
  #lastAnswerCame = false
  #alarmSet = false
  #exiting = false
  /** What the program waits for: an answer or the time-out, or the time-out alone. */
  #blocked: 'no' | 'receive' | 'pause' = 'no'

  /** @internal use {@link ping} */
  constructor(netns: Netns, destination: number, options: PingOptions, output: PingOutput) {
    const source = pingSource(netns, destination, options)
    this.netns = netns
    this.options = options
    this.source = source.address
    this.isBroadcast = source.isBroadcast
    this.destination = destination === 0 ? source.address : destination
    this.#sock = openPingSocket(netns, this.destination, this.source, options)
    this.#output = output
    this.size = options.size ?? DEFAULT_SIZE
    this.#payload = fillPayload(this.size, options.pattern ?? null)
    this.isStamped = this.size >= TIMESTAMP_OCTETS
    this.isToMany = options.broadcast === true || isMulticast4(this.destination)
    this.#preload = options.preload ?? 1
    this.#floodPoll = options.flood === true && options.intervalMs === undefined
    this.intervalMs = options.intervalMs ?? (options.flood === true ? 0 : DEFAULT_INTERVAL_MS)
    this.optionOctets = options.recordRoute === true || options.timestamps !== undefined ? 40 : 0
    this.id = options.id ?? netns.rng.u16()
    this.startNs = netns.world.now
    this.#timeout = new ProgramTimer<Ping>(netns.world, timedOut, this, `ping in ${netns.name}`)
    this.#alarm = new ProgramTimer<Ping>(netns.world, alarmRang, this, `ping's alarm in ${netns.name}`)
    this.process = new Process(netns, 'ping', () => this.#release())
  }

  /** @internal first requests go out at once */
  start(): void {
    this.#sock.onReadable = () => this.#wake(false)
    const { deadlineSec } = this.options
    if (deadlineSec !== undefined && deadlineSec > 0) this.#alarm.set(deadlineSec * NS_PER_SEC)
    this.#output.started?.(this)
    this.#loop()
  }

  /** Octets of an IPv4 packet of this ping. */
  get packetOctets(): number {
    return this.size + ICMP_HLEN + this.optionOctets + 20
  }

  /** Octet `i` of the payload as it was filled, without time stamp. */
  payloadOctet(i: number): number {
    return this.#payload[i]!
  }

  #release(): void {
    this.#timeout.stop()
    this.#alarm.stop()
    this.#sock.onReadable = null
    this.#sock.close()
  }

  /** @internal the time-out of a receive call or of poll is over */
  timedOut(): void {
    this.#wake(true)
  }

  /** @internal SIGALRM */
  alarmRang(): void {
    this.#exiting = true
    this.#timeout.stop()
    if (this.process.exitStatus === null) this.#loop()
  }

  #wake(isTimeout: boolean): void {
    if (this.process.exitStatus !== null || this.#blocked === 'no') return
    if (this.#blocked === 'pause' && !isTimeout) return
    if (this.#blocked === 'receive' && !this.#receiveAll() && !isTimeout) return
    this.#timeout.stop()
    this.#loop()
  }

  #block(how: 'receive' | 'pause', ns: number): void {
    this.#blocked = how
    this.#timeout.set(ns)
  }

  get #isDone(): boolean {
    const { count, deadlineSec } = this.options
    const { received, errors } = this.stats
    if (this.#exiting) return true
    if (count !== undefined && received + errors >= count) return true
    return (deadlineSec ?? 0) > 0 && errors > 0
  }

  /** main_loop: sends what is due, then waits for answers; returns when it has to wait or is done. */
  #loop(): void {
    this.#blocked = 'no'
    for (;;) {
      if (this.#isDone) return this.#finish()
      if (this.intervalMs === 0 && this.#lastAnswerCame) {
        this.#lastAnswerCame = false
        return this.#block('pause', FLOOD_ROUND_NS)
      }
      let nextMs: number
      do nextMs = this.#scheduleExit(this.#pinger())
      while (nextMs <= 0)
      if (this.#receiveAll()) continue
      return this.#block('receive', this.#waitNs(nextMs))
    }
  }

  /** How long to wait for answers, when the next request is due in `nextMs`. */
  #waitNs(nextMs: number): number {
    const { now } = this.netns.world
    const polls = this.options.adaptive === true || this.#floodPoll || nextMs < atLeastMin(this.intervalMs)
    if (polls && (this.options.adaptive === true || this.#floodPoll || this.intervalMs > 0)) {
      // With an answer outstanding, waits of a clock tick or less become 10 ms.
      const ms = nextMs <= MIN_INTERVAL_MS && this.stats.inFlight > 0 ? MIN_INTERVAL_MS : nextMs
      return ms * NS_PER_MS
    }
    return wheelExpiry(now, atLeastMin(this.intervalMs) * NS_PER_MS) - now
  }

  /** pinger: sends the next request if it is due. Returns the milliseconds until the next one. */
  #pinger(): number {
    const { count, deadlineSec, reportOutstanding } = this.options
    const { stats } = this
    const isLast = count !== undefined && stats.transmitted >= count && (deadlineSec ?? 0) === 0
    if (this.#exiting || isLast) return NOTHING_TO_SEND_MS
    const waitMs = this.#spendTokens()
    if (waitMs > 0) return waitMs
    if (reportOutstanding === true && stats.transmitted > 0 && !stats.hasAnswer(stats.transmitted))
      this.#output.outstanding?.(this, stats.transmitted & 0xffff)
    const seq = (stats.transmitted + 1) & 0xffff
    stats.forget(seq)
    const { now } = this.netns.world
    const message = buildEcho(this.id, seq, this.#payload, this.isStamped, now)
    const rc = this.#sock.sendTo(message, this.destination)
    if (rc < 0) return this.#sendFailed(errnoName(rc))
    this.#oomCount = 0
    stats.sent()
    this.#output.sent?.(this, seq)
    return this.intervalMs - this.#tokens
  }

  /** Takes the price of one request from the credit of the schedule; returns the milliseconds to wait when it is too low. */
  #spendTokens(): number {
    const { now } = this.netns.world
    if (this.lastNs < 0) {
      this.lastNs = now
      this.#tokens = this.intervalMs * (this.#preload - 1)
      return 0
    }
    let tokens = elapsedMs(this.lastNs, now)
    if (this.intervalMs === 0 && tokens < MIN_INTERVAL_MS && this.stats.inFlight >= this.#preload)
      return MIN_INTERVAL_MS - tokens
    tokens = Math.min(tokens + this.#tokens, this.intervalMs * this.#preload)
    if (tokens < this.intervalMs) return this.intervalMs - tokens
    this.lastNs = now
    this.#tokens = tokens - this.intervalMs
    return 0
  }

  #sendFailed(error: Errno): number {
    if (error === 'ENOBUFS' || error === 'ENOMEM') {
      this.#tokens = 0
      this.#slowdownUs += Math.min(Math.trunc(this.stats.ewma8Us / 8), 50_000)
      if (this.options.adaptive === true) this.#updateInterval()
      const ms = Math.min(atLeastMin(Math.trunc(this.intervalMs / 2)), 500)
      this.#oomCount++
      // Past the linger time it counts as an error, so that ping ends some day.
      if (this.#oomCount * ms < (this.options.lingerMs ?? DEFAULT_LINGER_MS)) return ms
      this.#output.callError?.(this, error)
    } else if (error === 'EAGAIN') {
      this.#tokens += this.intervalMs
      return MIN_INTERVAL_MS
    } else {
      // An ICMP error of an earlier request makes the call fail too; reading it clears the way for the next try. Any other
      // error counts as a request that went out, without a word.
      const found = this.#readErrorQueue()
      if (found === 'icmp') this.#tokens += this.intervalMs
      if (found === 'icmp' || found === 'other') return MIN_INTERVAL_MS
    }
    this.stats.sent()
    this.#tokens = 0
    return atLeastMin(this.intervalMs)
  }

  /** After the last request: sets the alarm that ends the wait for its answer. */
  #scheduleExit(nextMs: number): number {
    const { count, deadlineSec, lingerMs } = this.options
    const { stats } = this
    if (count === undefined || stats.transmitted < count || (deadlineSec ?? 0) > 0 || this.#alarmSet) return nextMs
    const waitUs =
      stats.received > 0 ? Math.max(2 * stats.maxUs, 1000 * this.intervalMs) : (lingerMs ?? DEFAULT_LINGER_MS) * 1000
    if (waitUs > 0) {
      this.#alarmSet = true
      this.#alarm.set(waitUs * 1000)
    }
    return Math.max(nextMs, Math.trunc(waitUs / 1000))
  }

  /** Takes what has come, until nothing is in flight or nothing is left; true when there was something. */
  #receiveAll(): boolean {
    let any = false
    while (this.#receive()) {
      any = true
      if (this.stats.inFlight === 0) break
    }
    return any
  }

  /** One recvmsg; false when it found nothing. */
  #receive(): boolean {
    if (this.#sock.takeError() !== 0) {
      this.#readErrorQueue()
      return true
    }
    const packet = this.#sock.recv()
    if (packet === null) return this.#readErrorQueue() !== 'none'
    const message = icmpMessage(packet.packet)
    if (message !== null) this.#parse(packet, message)
    return true
  }

  #parse(packet: RawPacket, message: IcmpMessage): void {
    if (message.type === ICMP_ECHOREPLY) {
      if (icmpId(message.packet, message.at) === this.id) this.#answer(packet, message)
      return
    }
    if (!isIcmpError(message.type)) return
    const seq = quotedEchoSeq(message, this.id, this.destination)
    if (seq < 0) return
    if (message.type !== ICMP_REDIRECT && message.type !== ICMP_SOURCE_QUENCH) {
      // The error queue has it too, and there it is reported.
      this.stats.acknowledge(seq)
      return
    }
    const { packet: b, at, type, saddr } = message
    this.#output.redirect?.(this, { seq, from: saddr, type, code: icmpCode(b, at), info: icmpRest(b, at) })
  }

  #answer(packet: RawPacket, message: IcmpMessage): void {
    const { stats } = this
    const { at, octets, saddr } = message
    const seq = icmpSeq(message.packet, at)
    stats.acknowledge(seq)
    this.#lastAnswerCame = true
    let us: number | null = null
    if (this.isStamped && octets >= ICMP_HLEN + TIMESTAMP_OCTETS) {
      us = Math.max(0, roundTripUs(message.packet, at + ICMP_HLEN, packet.timeNs))
      stats.time(us)
      if (this.options.adaptive === true) this.#updateInterval()
    }
    const isDuplicate = stats.answer(seq)
    const isOtherAddress = !this.isToMany && saddr !== this.destination
    const { ttl } = packet
    this.#output.reply?.(this, {
      seq,
      octets,
      from: saddr,
      ttl,
      roundTripUs: us,
      isDuplicate,
      isOtherAddress,
      packet: message.packet,
      at,
    })
  }

  /** -A: one round-trip time between requests. The time of a real round trip is never 0. */
  #updateInterval(): void {
    const us = Math.max(1, Math.trunc(this.stats.ewma8Us / 8))
    this.intervalMs = Math.trunc((us + this.#slowdownUs + 500) / 1000)
  }

  /** Reads and reports one entry of the error queue; `other` belongs to another ping. */
  #readErrorQueue(): 'none' | 'other' | 'local' | 'icmp' {
    const entry = this.#sock.errQueue()
    if (entry === null) return 'none'
    if (entry.icmpType < 0) {
      if (this.options.quiet === true) return 'local'
      this.stats.errors++
      this.#output.localError?.(this, errnoName(entry.errno), entry.info)
      return 'local'
    }
    const { quoted, daddr } = entry
    if (daddr !== this.destination || !isEchoOf(quoted, 0, this.id)) return 'other'
    const seq = icmpSeq(quoted, 0)
    this.stats.acknowledge(seq)
    this.stats.errors++
    const { offender, icmpType: type, icmpCode: code, info } = entry
    this.#output.icmpError?.(this, { seq, from: offender, type, code, info })
    return 'icmp'
  }

  #finish(): void {
    this.#output.finished?.(this)
    const { count, deadlineSec } = this.options
    const { received } = this.stats
    const isShort = (deadlineSec ?? 0) > 0 && count !== undefined && received < count
    this.process.exit(received === 0 || isShort ? 1 : 0)
  }
}

const timedOut = (ping: Ping): void => ping.timedOut()
const alarmRang = (ping: Ping): void => ping.alarmRang()

/**
 * Starts ping to `destination` (int32 or dotted text); its first request goes out at once. Throws what the real one ends
 * with exit status 2 for: ENETUNREACH (`connect: ...`), EACCES for a broadcast address, EADDRNOTAVAIL (`bind: ...`),
 * ENODEV, EINVAL. Otherwise the exit status is 0 with answers, 1 without.
 */
export const ping = (
  netns: Netns,
  destination: number | string,
  options: PingOptions = {},
  output: PingOutput = {},
): Ping => {
  const p = new Ping(netns, addressOf(destination), options, output)
  p.start()
  return p
}
