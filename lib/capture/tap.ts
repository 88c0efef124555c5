/**
 * Captures: what a packet socket of libpcap sees on a device, at the points where Linux taps.
 *
 * A frame is seen when the device transmits it and when the receiving end starts to handle it. On the loopback device,
 * where each packet would be seen twice, the outgoing copy is left out, as libpcap does.
 *
 * @see libpcap pcap-linux.c; net/packet/af_packet.c
 */
import { devAddTap, devRemoveTap, devSetPromiscuity } from '../core/dev.js'
import { ARPHRD_NONE, IFF_LOOPBACK, type NetDevice, type PacketTap } from '../core/netdev.js'
import { PACKET_OUTGOING, type Skb } from '../core/skb.js'
import { frameWithVlanTag } from '../core/skb-vlan.js'
import type { FrameFilter } from './filter.js'
import { DEFAULT_SNAPLEN, LINKTYPE_ETHERNET, LINKTYPE_RAW, PcapWriter } from './pcap.js'

/** One captured frame. */
export interface CapturedFrame {
  /** Virtual time in nanoseconds. */
  readonly timeNs: number
  readonly dev: NetDevice
  /** PACKET_HOST ... PACKET_OUTGOING of core/skb.ts. */
  readonly pktType: number
  /** Octets that the frame had on the device. */
  readonly wireLen: number
  /** The frame from its link-layer header on, cut to the capture's snap length; a copy. */
  readonly data: Uint8Array
}

/** Options of {@link capture}. */
export interface CaptureOptions {
  /** Put the device into promiscuous mode; true. */
  readonly promisc?: boolean
  /** Only what the device receives (`in`) or sends (`out`); both by default. */
  readonly direction?: 'in' | 'out' | 'inout'
  /** Octets kept of a frame; {@link DEFAULT_SNAPLEN}. */
  readonly snapLen?: number
  /** Frames that are wanted, for example by {@link compileFilter}; all by default. */
  readonly filter?: FrameFilter
  /** Frames after which it closes itself. */
  readonly limit?: number
  /** Keep the frames in a file in memory, {@link Capture.pcap}; true unless {@link onFrame} is given. */
  readonly keep?: boolean
  /** Receives the file piece by piece instead; see PcapWriterOptions. */
  readonly sink?: (chunk: Uint8Array) => void
  /** Called for each frame, in the context of the device. */
  readonly onFrame?: (frame: CapturedFrame) => void
  /** Called when it has closed itself because of {@link limit}. */
  readonly onLimit?: () => void
}

/** What a device's frames begin with: an Ethernet header, or the IP header of a device without one (`raw`). */
export const linkTypeOf = (dev: NetDevice): 'ethernet' | 'raw' => (dev.type === ARPHRD_NONE ? 'raw' : 'ethernet')

/** A running capture. Make one with {@link capture}. */
export class Capture implements PacketTap {
  readonly dev: NetDevice
  /** The frames as a capture file; null when they are not kept. */
  readonly pcap: PcapWriter | null
  /** Frames that passed the filter. */
  count = 0
  isOpen = true
  readonly #options: CaptureOptions
  readonly #promisc: boolean
  readonly #snapLen: number

  /** @internal use {@link capture} */
  constructor(dev: NetDevice, options: CaptureOptions) {
    const { snapLen = DEFAULT_SNAPLEN, sink, onFrame } = options
    this.dev = dev
    this.#options = options
    this.#promisc = options.promisc ?? true
    this.#snapLen = snapLen
    const keep = options.keep ?? (onFrame === undefined || sink !== undefined)
    const linkType = linkTypeOf(dev) === 'raw' ? LINKTYPE_RAW : LINKTYPE_ETHERNET
    this.pcap = keep ? new PcapWriter({ snapLen, linkType, ...(sink === undefined ? {} : { sink }) }) : null
    devAddTap(dev, this)
    if (this.#promisc) devSetPromiscuity(dev, 1)
  }

  /** @internal */
  tap(skb: Skb, dev: NetDevice, outgoing: boolean): void {
    if (!this.isOpen || (outgoing && (dev.flags & IFF_LOOPBACK) !== 0)) return
    const { direction, filter, onFrame, limit } = this.#options
    if (direction === (outgoing ? 'in' : 'out')) return
    let { buf, macHeader, tail } = skb
    if (skb.vlanProto !== 0) {
      // libpcap puts the tag that stands beside a frame back into it.
      buf = frameWithVlanTag(skb, macHeader)
      macHeader = 0
      tail = buf.length
    }
    if (filter !== undefined) {
      const wants = skb.vlanProto !== 0 && filter.tagBeside !== undefined ? filter.tagBeside : filter
      if (!wants(buf, macHeader, tail)) return
    }
    this.count++
    const timeNs = dev.netns.world.now
    this.pcap?.write(timeNs, buf, macHeader, tail)
    if (onFrame !== undefined) {
      const wireLen = tail - macHeader
      const data = buf.slice(macHeader, macHeader + Math.min(wireLen, this.#snapLen))
      onFrame({ timeNs, dev, pktType: outgoing ? PACKET_OUTGOING : skb.pktType, wireLen, data })
    }
    if (limit === undefined || this.count < limit) return
    this.close()
    this.#options.onLimit?.()
  }

  /** Ends the capture; its file stays. */
  close(): void {
    if (!this.isOpen) return
    this.isOpen = false
    this.pcap?.flush()
    devRemoveTap(this.dev, this)
    if (this.#promisc && this.dev.registered) devSetPromiscuity(this.dev, -1)
  }
}

/** Starts to capture on a device. */
export const capture = (dev: NetDevice, options: CaptureOptions = {}): Capture => new Capture(dev, options)
