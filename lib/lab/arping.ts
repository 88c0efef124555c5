/**
 * arping as users hold it.
 */
import {
  type Arping as KernelArping,
  type ArpingOptions as KernelArpingOptions,
  type ArpingReply as KernelArpingReply,
  arping,
} from '../app/arping.js'
import { checkOptions } from '../app/text.js'
import type { Netns as KernelNetns } from '../core/netns.js'
import { ArpingText } from '../report/arping-text.js'
import { formatIpv4 } from '../wire/ip.js'
import { formatMac } from '../wire/mac.js'
import { Program } from './program.js'

/** Options of `netns.arping`: those of the real tool by name. */
export interface ArpingOptions extends Omit<KernelArpingOptions, 'source'> {
  /** Probes to send; 1 when absent, `Number.POSITIVE_INFINITY` until it is killed. */
  readonly count?: number
  /** Sender's address (`-s`). */
  readonly source?: string
}

/** An ARP packet that answers the probes. */
export interface ArpingReply {
  readonly address: string
  readonly lladdr: string
  /** A reply, not a request. */
  readonly isReply: boolean
  /** It was sent to this host's MAC alone. */
  readonly isUnicast: boolean
}

class Recorder extends ArpingText {
  readonly replies: ArpingReply[] = []

  override reply(arping: KernelArping, r: KernelArpingReply): void {
    const { spa, sha, isReply, isUnicast } = r
    this.replies.push({ address: formatIpv4(spa), lladdr: formatMac(sha), isReply, isUnicast })
    super.reply(arping, r)
  }
}

/** A running arping. Make one with `netns.arping`. */
export class Arping extends Program {
  /** Address that is asked for. */
  readonly target: string
  /** Answers so far. */
  readonly replies: readonly ArpingReply[]
  readonly #arping: KernelArping

  /** @internal use `netns.arping` */
  constructor(kernel: KernelArping, recorder: Recorder) {
    super(kernel.process)
    this.#arping = kernel
    this.target = formatIpv4(kernel.target)
    this.replies = recorder.replies
  }

  /** Probes sent so far. */
  get sent(): number {
    return this.#arping.sent
  }

  /** Answers so far. */
  get received(): number {
    return this.#arping.received
  }

  override toJSON(): {
    netns: string
    target: string
    sent: number
    replies: readonly ArpingReply[]
    exitStatus: number | null
  } {
    const { netns, target, sent, replies, exitStatus } = this
    return { netns, target, sent, replies, exitStatus }
  }
}

const OPTIONS = [
  'device',
  'count',
  'intervalSec',
  'timeoutSec',
  'quitOnReply',
  'broadcastOnly',
  'detectDuplicate',
  'announce',
  'source',
]

/** @internal starts arping in a namespace */
export const startArping = (netns: KernelNetns, target: string, options: ArpingOptions): Arping => {
  checkOptions('arping', options, OPTIONS)
  const { count = 1, ...rest } = options
  const recorder = new Recorder(false)
  const counted = Number.isFinite(count) ? { count } : {}
  return new Arping(arping(netns, target, { ...rest, ...counted }, recorder), recorder)
}
