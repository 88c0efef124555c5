/**
 * ping as users hold it.
 */
import {
  type Ping as KernelPing,
  type PingError as KernelPingError,
  type PingOptions as KernelPingOptions,
  type PingOutput,
  type PingReply as KernelPingReply,
  ping,
} from '../app/ping.js'
import { checkOptions } from '../app/text.js'
import type { Netns as KernelNetns } from '../core/netns.js'
import type { Errno } from '../errors.js'
import { icmpErrorText, PingText } from '../report/ping-text.js'
import { NSEC_PER_USEC } from '../sim/time.js'
import { formatIpv4 } from '../wire/ip.js'
import { Program } from './program.js'

/** Options of `netns.ping`: those of the real tool by name. */
export interface PingOptions extends Omit<KernelPingOptions, 'source'> {
  /**
   * Requests to send; 1 when absent, so that the world comes to rest. `Number.POSITIVE_INFINITY` for a ping that goes on
   * until it is killed.
   */
  readonly count?: number
  /** Source address (`-I ADDRESS`). */
  readonly source?: string
}

/** An answer to an echo request. */
export interface PingReply {
  readonly seq: number
  readonly from: string
  readonly ttl: number
  /** Round-trip time in nanoseconds (whole microseconds); null when the payload has no room for a time stamp. */
  readonly roundTripNs: number | null
  /** Octets of the ICMP message. */
  readonly octets: number
  readonly isDuplicate: boolean
}

/** An ICMP message about a request: an error, or a redirect. */
export interface PingError {
  readonly seq: number
  readonly from: string
  /** ICMP type and code. */
  readonly type: number
  readonly code: number
  /** In the words of ping, for example `Destination Host Unreachable`. */
  readonly text: string
}

/** Takes notes, and writes the real tool's text. */
class Recorder extends PingText implements PingOutput {
  readonly replies: PingReply[] = []
  readonly icmpErrors: PingError[] = []
  readonly localErrors: Errno[] = []

  override reply(ping: KernelPing, r: KernelPingReply): void {
    const { seq, from, ttl, roundTripUs, octets, isDuplicate } = r
    const roundTripNs = roundTripUs === null ? null : roundTripUs * NSEC_PER_USEC
    this.replies.push({ seq, from: formatIpv4(from), ttl, roundTripNs, octets, isDuplicate })
    super.reply(ping, r)
  }

  override icmpError(ping: KernelPing, e: KernelPingError): void {
    this.#note(e)
    super.icmpError(ping, e)
  }

  override redirect(ping: KernelPing, e: KernelPingError): void {
    this.#note(e)
    super.redirect(ping, e)
  }

  override localError(ping: KernelPing, error: Errno, mtu: number): void {
    this.localErrors.push(error)
    super.localError(ping, error, mtu)
  }

  #note({ seq, from, type, code, info }: KernelPingError): void {
    this.icmpErrors.push({ seq, from: formatIpv4(from), type, code, text: icmpErrorText(type, code, info) })
  }
}

/**
 * A running ping. Make one with `netns.ping`.
 *
 * @example
 * const ping = h1.ping('10.0.0.2', { count: 3 })
 * world.run({ until: () => !ping.isRunning, within: s(5) })
 * ping.received // 3
 */
export class Ping extends Program {
  /** Address that is asked. */
  readonly destination: string
  /** Answers so far. */
  readonly replies: readonly PingReply[]
  /** ICMP errors and redirects so far. */
  readonly icmpErrors: readonly PingError[]
  /** Errors of this host so far, for example EMSGSIZE. */
  readonly localErrors: readonly Errno[]
  readonly #ping: KernelPing

  /** @internal use `netns.ping` */
  constructor(kernel: KernelPing, recorder: Recorder) {
    super(kernel.process)
    this.#ping = kernel
    this.destination = formatIpv4(kernel.destination)
    this.replies = recorder.replies
    this.icmpErrors = recorder.icmpErrors
    this.localErrors = recorder.localErrors
  }

  /** Requests sent so far. */
  get sent(): number {
    return this.#ping.stats.transmitted
  }

  /** Requests that were answered. */
  get received(): number {
    return this.#ping.stats.received
  }

  /** Answers beyond the first one of a request. */
  get duplicates(): number {
    return this.#ping.stats.duplicates
  }

  /** Errors counted by the tool: ICMP errors and those of this host. */
  get errors(): number {
    return this.#ping.stats.errors
  }

  override toJSON(): {
    netns: string
    destination: string
    sent: number
    received: number
    duplicates: number
    errors: number
    exitStatus: number | null
  } {
    const { netns, destination, sent, received, duplicates, errors, exitStatus } = this
    return { netns, destination, sent, received, duplicates, errors, exitStatus }
  }
}

const OPTIONS = [
  'count',
  'intervalMs',
  'size',
  'lingerMs',
  'deadlineSec',
  'id',
  'ttl',
  'tos',
  'mark',
  'pmtuDisc',
  'pattern',
  'preload',
  'flood',
  'adaptive',
  'broadcast',
  'source',
  'device',
  'sticky',
  'noLoop',
  'recordRoute',
  'timestamps',
  'reportOutstanding',
  'sndbuf',
  'quiet',
]

/** @internal starts ping in a namespace */
export const startPing = (netns: KernelNetns, destination: string, options: PingOptions): Ping => {
  checkOptions('ping', options, OPTIONS)
  const { count = 1, quiet = false, flood = false, ...rest } = options
  const recorder = new Recorder({
    name: destination,
    isQuiet: quiet,
    isFlood: flood,
    isVerbose: false,
    withTime: false,
    isAudible: false,
  })
  const counted = Number.isFinite(count) ? { count } : {}
  return new Ping(ping(netns, destination, { ...rest, quiet, flood, ...counted }, recorder), recorder)
}
