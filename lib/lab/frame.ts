/**
 * A captured frame as users hold it.
 */
import { type CapturedFrame, linkTypeOf } from '../capture/tap.js'
import { PACKET_OUTGOING } from '../core/skb.js'
import { formatTime } from '../sim/time.js'
import { dissect } from '../wire/dissect.js'
import { decodeFrame, type FrameRepr } from '../wire/frame.js'
import { Printable } from '../app/printable.js'

/** Which way a frame went through the device. */
export type FrameDirection = 'in' | 'out'

/** One frame of a capture: a copy of its octets, with time and place. It does not change any more. */
export class Frame extends Printable {
  /** Virtual time in nanoseconds. */
  readonly timeNs: number
  /** Names of namespace and device at that time. */
  readonly netns: string
  readonly dev: string
  readonly direction: FrameDirection
  /** Octets that the frame had on the device. */
  readonly wireLen: number
  /** The octets from the link-layer header on, cut to the capture's snap length. */
  readonly data: Uint8Array
  /** `ethernet`, or `raw` for the IP packets of a device without a link-layer header (tun). */
  readonly linkType: 'ethernet' | 'raw'
  #line: string | null = null

  /** @internal made by a capture */
  constructor(captured: CapturedFrame) {
    super()
    this.timeNs = captured.timeNs
    this.netns = captured.dev.netns.name
    this.dev = captured.dev.name
    this.direction = captured.pktType === PACKET_OUTGOING ? 'out' : 'in'
    this.wireLen = captured.wireLen
    this.data = captured.data
    this.linkType = linkTypeOf(captured.dev)
  }

  /** The frame as `tcpdump -n` prints it behind the time stamp. */
  get line(): string {
    return (this.#line ??= dissect(this.data, { wireLen: this.wireLen, linkType: this.linkType }))
  }

  /** The frame as typed headers; throws EDECODE with field, offset and reason. */
  decode(): FrameRepr {
    return decodeFrame(this.data)
  }

  override toString(): string {
    return this.line
  }

  /** Time, place and text; the octets as hex. */
  override toJSON(): {
    timeNs: number
    netns: string
    dev: string
    direction: FrameDirection
    line: string
    data: string
  } {
    const { timeNs, netns, dev, direction, line, data } = this
    return { timeNs, netns, dev, direction, line, data: hexText(data) }
  }

  /** @internal */
  protected override inspectText(): string {
    return `Frame ${formatTime(this.timeNs)} ${this.netns}:${this.dev} ${this.direction} ${this.line}`
  }
}

/** Octets as hexadecimal digits. */
export const hexText = (octets: Uint8Array): string =>
  Array.from(octets, octet => octet.toString(16).padStart(2, '0')).join('')
