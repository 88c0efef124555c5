/// <reference lib="esnext.disposable" preserve="true" />
/**
 * The capture of a whole world as users hold it.
 */
import { compileFilter, type FrameFilter } from '../capture/filter.js'
import { type CaptureAll, type CaptureAllOptions as KernelOptions, captureAll } from '../capture/tap-all.js'
import type { World as Kernel } from '../core/world.js'
import { NetloomError } from '../errors.js'
import { Printable } from '../app/printable.js'
import type { NetnsRef } from './refs.js'
import { checkOptions } from '../app/text.js'

/** Options of `world.captureAll`. */
export interface CaptureAllOptions {
  /** The only namespaces that are captured; by default all, those that come later as well. */
  readonly netns?: NetnsRef | readonly NetnsRef[]
  /**
   * Frames that are wanted, in tcpdump's language (`icmp or arp`) or as a function over octets, which begin with an IP
   * header where a packet has no other. Dropped packets must pass it, too.
   */
  readonly filter?: string | FrameFilter
  /** Tell of dropped packets: a comment `dropped: REASON` on the frame, or a packet of its own; true. */
  readonly drops?: boolean
  /** Octets kept of a frame; 262,144. */
  readonly snapLen?: number
  /**
   * Receives the pcapng file piece by piece, in order, in bounded memory; the octets change after the call. The last
   * piece comes with {@link WorldCapture.stop}.
   */
  readonly sink?: (chunk: Uint8Array) => void
}

const OPTIONS = ['netns', 'filter', 'drops', 'snapLen', 'sink']

/** A filter that speaks of Ethernet cannot be asked about packets without a header; it accepts none of them. */
const rawFilterOf = (text: string): FrameFilter => {
  try {
    return compileFilter(text, { linkType: 'raw' })
  } catch (e) {
    if (!(e instanceof NetloomError)) throw e
    return () => false
  }
}

const filtersOf = (filter: string | FrameFilter | undefined): KernelOptions => {
  if (filter === undefined) return {}
  if (typeof filter !== 'string') return { filter, rawFilter: filter }
  return { filter: compileFilter(filter), rawFilter: rawFilterOf(filter), filterText: filter }
}

const namesOf = (world: Kernel, netns: NetnsRef | readonly NetnsRef[] | undefined): KernelOptions => {
  if (netns === undefined) return {}
  const list: readonly NetnsRef[] = Array.isArray(netns) ? netns : [netns as NetnsRef]
  return { netns: list.map(ref => (typeof ref === 'string' ? world.netns(ref) : ref.kernel).name) }
}

/**
 * A capture on every interface of a world; make one with `world.captureAll`. It ends with {@link stop}, or with the block
 * of a `using` declaration.
 *
 * @example
 * const all = world.captureAll()
 * h1.ping('10.0.0.2')
 * world.run()
 * writeFileSync('world.pcapng', all.pcapng()) // Wireshark: frame.interface_name == "h1:eth0"
 */
export class WorldCapture extends Printable {
  readonly #kernel: CaptureAll
  readonly #hasSink: boolean

  /** @internal use `world.captureAll` */
  constructor(world: Kernel, options: CaptureAllOptions) {
    super()
    checkOptions('captureAll', options, OPTIONS)
    const { netns, filter, drops, snapLen, sink } = options
    if (snapLen !== undefined && (!Number.isInteger(snapLen) || snapLen < 1 || snapLen > 0x7fffffff))
      throw new NetloomError('EINVAL', `captureAll: snapLen ${snapLen} is not between 1 and 2147483647`, { snapLen })
    this.#hasSink = sink !== undefined
    this.#kernel = captureAll(world, {
      ...namesOf(world, netns),
      ...filtersOf(filter),
      ...(drops === undefined ? {} : { drops }),
      ...(snapLen === undefined ? {} : { snapLen }),
      ...(sink === undefined ? {} : { sink }),
    })
  }

  /** Packets in the file: frames that were seen, and dropped packets that were not. */
  get count(): number {
    return this.#kernel.count
  }

  /** False after {@link stop}. */
  get isOpen(): boolean {
    return this.#kernel.isOpen
  }

  /**
   * The capture so far as a pcapng file, which Wireshark opens: an interface `NETNS:DEV` for each device, the frames with
   * their direction, dropped packets with a comment, and each interface's counters. Throws EINVAL when a sink has it.
   */
  pcapng(): Uint8Array {
    if (this.#hasSink) throw new NetloomError('EINVAL', 'captureAll: the file went to the sink, piece by piece')
    return this.#kernel.bytes()
  }

  /** Ends the capture; what there is stays. A sink gets the rest of the file. */
  stop(): void {
    this.#kernel.close()
  }

  /** As {@link stop}. */
  [Symbol.dispose](): void {
    this.stop()
  }

  /** One line: how much there is. */
  override toString(): string {
    const { count, isOpen } = this
    return `capture of all interfaces: ${count} ${count === 1 ? 'packet' : 'packets'}, ${isOpen ? 'open' : 'ended'}`
  }

  override toJSON(): { count: number; isOpen: boolean } {
    return { count: this.count, isOpen: this.isOpen }
  }
}
