/// <reference lib="esnext.disposable" preserve="true" />
/**
 * Captures as users hold them.
 */
import { compileFilter, type FrameFilter } from '../capture/filter.js'
import { LINKTYPE_ETHERNET, LINKTYPE_RAW, PcapWriter } from '../capture/pcap.js'
import { type Capture as KernelCapture, capture, linkTypeOf } from '../capture/tap.js'
import type { NetDevice } from '../core/netdev.js'
import { inDevOf } from '../ip/in-device.js'
import { CaptureText } from '../report/capture-text.js'
import { createDissector } from '../wire/dissect.js'
import type { Dev } from './dev.js'
import { Frame } from './frame.js'
import type { DevRef, NetnsRef } from './refs.js'
import { Printable } from '../app/printable.js'
import { checkOptions } from '../app/text.js'

/** Options of `world.capture`. */
export interface CaptureOptions {
  /** The device, or its name in {@link netns}. */
  readonly dev: DevRef
  /** Namespace of a device that is given by name. */
  readonly netns?: NetnsRef
  /** Frames that are wanted, in tcpdump's language (`icmp or arp`) or as a function over octets. */
  readonly filter?: string | FrameFilter
  /** Put the device into promiscuous mode; true, as tcpdump does without `-p`. */
  readonly promisc?: boolean
  /** Only what the device receives (`in`) or sends (`out`). */
  readonly direction?: 'in' | 'out' | 'inout'
  /** Octets kept of a frame; 262,144. */
  readonly snapLen?: number
  /** Receives a pcap file piece by piece; the octets change after the call. */
  readonly sink?: (chunk: Uint8Array) => void
  /** Keep the frames in {@link Capture.frames}; true unless there is a sink. */
  readonly keep?: boolean
  /** Frames after which the capture stops. */
  readonly limit?: number
  /** Called for each frame when it passes. It runs inside the kernel: look, and do nothing else. */
  readonly onFrame?: (frame: Frame) => void
}

const OPTIONS = ['dev', 'netns', 'filter', 'promisc', 'direction', 'snapLen', 'sink', 'keep', 'limit', 'onFrame']

/** How {@link Capture.toText} prints. */
export interface CaptureTextOptions {
  /** Time stamps of virtual time in front of the lines; true. */
  readonly time?: boolean
  /** How often `-v` was given; 0. */
  readonly verbose?: number
  /** Print the link-layer header (`-e`); false. */
  readonly linkLevel?: boolean
  /** Print the octets, too (`-x`); false. */
  readonly hex?: boolean
}

/**
 * A capture on a device; make one with `world.capture`. It ends with {@link stop}, or with the block of a `using`
 * declaration.
 *
 * @example
 * const seen = world.capture({ dev: h2.dev('eth0'), filter: 'icmp' })
 * h1.ping('10.0.0.2')
 * world.run()
 * seen.lines() // ['IP 10.0.0.1 > 10.0.0.2: ICMP echo request, ...', ...]
 */
export class Capture extends Printable {
  /** The device. */
  readonly dev: Dev
  /** The frames so far, in order. */
  readonly frames: readonly Frame[]
  readonly #frames: Frame[] = []
  readonly #tap: KernelCapture
  readonly #snapLen: number | undefined

  /** @internal use `world.capture` */
  constructor(dev: Dev, options: CaptureOptions) {
    super()
    checkOptions('capture', options, OPTIONS)
    const { filter, keep, sink, onFrame, dev: _dev, netns: _netns, ...rest } = options
    const keeps = keep ?? sink === undefined
    this.dev = dev
    this.frames = this.#frames
    this.#snapLen = options.snapLen
    this.#tap = capture(dev.kernel, {
      ...rest,
      ...(sink === undefined ? { keep: false } : { sink }),
      ...(filter === undefined ? {} : { filter: filterOf(dev.kernel, filter) }),
      ...(keeps || onFrame !== undefined
        ? {
            onFrame: captured => {
              const frame = new Frame(captured)
              if (keeps) this.#frames.push(frame)
              onFrame?.(frame)
            },
          }
        : {}),
    })
  }

  /** Frames that passed the filter, kept or not. */
  get count(): number {
    return this.#tap.count
  }

  /** False after {@link stop}, and when the limit is reached. */
  get isOpen(): boolean {
    return this.#tap.isOpen
  }

  /** Each frame as `tcpdump -n` prints it behind the time stamp; TCP sequence numbers are relative to the first ones. */
  lines(): string[] {
    const dissect = createDissector({ linkType: linkTypeOf(this.dev.kernel) })
    return this.#frames.map(frame => dissect(frame.data, frame.wireLen))
  }

  /** All frames as `tcpdump -n` prints them, with line ends; a stable text for snapshots. Time stamps have nanoseconds. */
  toText(options: CaptureTextOptions = {}): string {
    checkOptions('toText', options, ['time', 'verbose', 'linkLevel', 'hex'])
    const { time = true, verbose = 0, linkLevel = false, hex = false } = options
    const text = new CaptureText({
      stamps: time ? 'clock' : 'none',
      isNano: true,
      withNumbers: false,
      verbose,
      linkLevel,
      linkType: linkTypeOf(this.dev.kernel),
      absoluteSequence: false,
      dump: hex ? 'hex' : 'none',
      dumpLinkLevel: false,
    })
    return this.#frames.map(frame => text.frame(frame.timeNs, frame.data, frame.wireLen)).join('')
  }

  /** The frames as a pcap file with nanoseconds, which Wireshark opens. */
  pcap(): Uint8Array {
    const writer = new PcapWriter({
      linkType: linkTypeOf(this.dev.kernel) === 'raw' ? LINKTYPE_RAW : LINKTYPE_ETHERNET,
      ...(this.#snapLen === undefined ? {} : { snapLen: this.#snapLen }),
    })
    for (const { timeNs, data, wireLen } of this.#frames) {
      // What the capture has cut off is cut off by the writer, too; it wants to see the whole length.
      const whole = new Uint8Array(wireLen)
      whole.set(data)
      writer.write(timeNs, whole)
    }
    return writer.bytes()
  }

  /** Forgets the frames so far. */
  clear(): void {
    this.#frames.length = 0
  }

  /** Ends the capture; its frames stay. A sink gets the rest of the file. */
  stop(): void {
    this.#tap.close()
  }

  /** As {@link stop}. */
  [Symbol.dispose](): void {
    this.stop()
  }

  /** The frames, one by one. */
  [Symbol.iterator](): Iterator<Frame> {
    return this.frames[Symbol.iterator]()
  }

  override toString(): string {
    return this.toText()
  }

  /** Place and lines. */
  override toJSON(): { dev: string; count: number; lines: string[] } {
    return { dev: `${this.dev}`, count: this.count, lines: this.lines() }
  }
}

const filterOf = (dev: NetDevice, filter: string | FrameFilter): FrameFilter => {
  if (typeof filter !== 'string') return filter
  return compileFilter(filter, {
    netmask: inDevOf(dev)?.ifaList[0]?.mask ?? 0,
    linkType: linkTypeOf(dev),
  })
}
