/**
 * Dropped packets as users see them: where, why, and what it was.
 */
import { DROP_REASONS, type DropReason, type DropRecord } from '../core/drop.js'
import type { Skb } from '../core/skb.js'
import { formatTime } from '../sim/time.js'
import { dissect } from '../wire/dissect.js'
import { IPV4_OK, IPV4_TOO_SMALL, ipv4Ok } from '../wire/ipv4.js'
import { hexText } from './frame.js'
import { Printable } from '../app/printable.js'

/** A packet that never got a link-layer header begins with an IPv4 header whose checksum is right. */
const isRaw = (b: Uint8Array): boolean => {
  const found = ipv4Ok(b, 0, b.length)
  return found === IPV4_OK || found === IPV4_TOO_SMALL
}

const lineOf = (octets: Uint8Array): string => dissect(octets, { linkType: isRaw(octets) ? 'raw' : 'ethernet' })

/** Packets that were dropped for one reason at one device of one namespace. */
export class Drop extends Printable {
  readonly reason: DropReason
  readonly netns: string
  /** Name of the device that the packets belonged to, empty when none. */
  readonly dev: string
  readonly count: number
  /** Virtual time of the last one, in nanoseconds. */
  readonly lastNs: number
  /** First octets of the last one, from its link-layer header where it has one. */
  readonly last: Uint8Array

  /** @internal see `world.drops()` */
  constructor(record: DropRecord) {
    super()
    this.reason = record.reason
    this.netns = record.netns
    this.dev = record.dev
    this.count = record.count
    this.lastNs = record.lastNs
    this.last = record.last
  }

  /** The last one as `tcpdump -n` prints it. */
  get line(): string {
    return lineOf(this.last)
  }

  /** One line: where, why, how often, and the last packet. */
  override toString(): string {
    const { netns, dev, reason, count, lastNs, line } = this
    return `${netns}${dev === '' ? '' : `:${dev}`} ${reason} x${count}, last at ${formatTime(lastNs)}: ${line}`
  }

  override toJSON(): {
    reason: DropReason
    netns: string
    dev: string
    count: number
    lastNs: number
    line: string
  } {
    const { reason, netns, dev, count, lastNs, line } = this
    return { reason, netns, dev, count, lastNs, line }
  }

  /** @internal */
  protected override inspectText(): string {
    return `Drop ${this}`
  }
}

/** One packet at the moment of its end: what `world.onDrop` tells. */
export class DroppedPacket extends Printable {
  readonly reason: DropReason
  readonly netns: string
  /** Name of the device, empty when none. */
  readonly dev: string
  /** Virtual time in nanoseconds. */
  readonly timeNs: number
  /** Its octets from the link-layer header on, where it has one; a copy. */
  readonly data: Uint8Array

  /** @internal */
  constructor(skb: Skb, reason: number) {
    super()
    const { netns, dev, buf, macHeader, data, tail } = skb
    this.reason = DROP_REASONS[reason]!
    this.netns = netns.name
    this.dev = dev === null ? '' : dev.name
    this.timeNs = netns.world.now
    this.data = buf.slice(macHeader > 0 && macHeader < data ? macHeader : data, tail)
  }

  /** The packet as `tcpdump -n` prints it. */
  get line(): string {
    return lineOf(this.data)
  }

  override toString(): string {
    const { netns, dev, reason, timeNs, line } = this
    return `${formatTime(timeNs)} ${netns}${dev === '' ? '' : `:${dev}`} ${reason}: ${line}`
  }

  override toJSON(): { reason: DropReason; netns: string; dev: string; timeNs: number; line: string; data: string } {
    const { reason, netns, dev, timeNs, line, data } = this
    return { reason, netns, dev, timeNs, line, data: hexText(data) }
  }

  /** @internal */
  protected override inspectText(): string {
    return `DroppedPacket ${this}`
  }
}
