/**
 * The capture of a whole world: every interface of every namespace in one pcapng file, and the packets that were dropped,
 * with the reason.
 *
 * An interface is described when its first frame passes, or at the end when none did; its name is `NETNS:DEV`. Renamed,
 * moved or given another MAC, it is another interface from then on, with a description of its own. Devices that come later
 * are captured from their beginning. No device is made promiscuous: what passes is what passed without the capture.
 *
 * A packet that is dropped on the interface where it was last seen has the comment `dropped: REASON` on the frame that
 * was seen; `dropped: REASON at SECONDS` when that was earlier. Where it was not seen (it had not got as far as the tap,
 * or it came by another interface), and where the frame has left for the sink, a packet of its own has the comment,
 * without a direction. That one is on the interface `NETNS:DEV`, or on a further one of the same name and link type "raw
 * IP" when it had no link-layer header there (it waited for a neighbour, say), or on one called `NETNS` when it had no
 * device at all.
 *
 * @see libpcap pcap-linux.c; net/packet/af_packet.c; include/net/dropreason-core.h
 */
import { devAddTap, devRemoveTap } from '../core/dev.js'
import { DROP_REASONS } from '../core/drop.js'
import { ARPHRD_ETHER, ARPHRD_LOOPBACK, IFF_LOOPBACK, type NetDevice, type PacketTap } from '../core/netdev.js'
import type { Netns } from '../core/netns.js'
import { NETDEV_CHANGEADDR, NETDEV_CHANGENAME, NETDEV_REGISTER, NETDEV_UNREGISTER } from '../core/notifier.js'
import { CHECKSUM_PARTIAL, type Skb } from '../core/skb.js'
import type { World } from '../core/world.js'
import { inDevOf } from '../ip/in-device.js'
import { formatTime } from '../sim/time.js'
import { formatIpv4 } from '../wire/ip.js'
import { formatMac } from '../wire/mac.js'
import type { FrameFilter } from './filter.js'
import { DEFAULT_SNAPLEN, LINKTYPE_ETHERNET, LINKTYPE_RAW } from './pcap.js'
import {
  EPB_BROADCAST,
  EPB_CSUM_NOT_READY,
  EPB_INBOUND,
  EPB_MULTICAST,
  EPB_OUTBOUND,
  EPB_PROMISCUOUS,
  EPB_UNICAST,
} from './pcapng.js'
import { type PcapngInterfaceInit, PcapngWriter } from './pcapng-writer.js'
import { TapIndex } from './tap-index.js'

/** Options of {@link captureAll}. */
export interface CaptureAllOptions {
  /** Names of the only namespaces that are captured; all by default, those that come later as well. */
  readonly netns?: readonly string[]
  /** Frames that are wanted, and packets without a link-layer header (from the IP header on); all by default. */
  readonly filter?: FrameFilter
  readonly rawFilter?: FrameFilter
  /** The filter as text, for the file. */
  readonly filterText?: string
  /** Octets kept of a frame; {@link DEFAULT_SNAPLEN}. */
  readonly snapLen?: number
  /** Tell of dropped packets; true. */
  readonly drops?: boolean
  /** Receives the file piece by piece instead; see PcapngWriterOptions. */
  readonly sink?: (chunk: Uint8Array) => void
}

/** Reception type in the flags word, by PACKET_HOST ... PACKET_OTHERHOST. */
const RECEPTION: readonly number[] = [EPB_UNICAST, EPB_BROADCAST, EPB_MULTICAST, EPB_PROMISCUOUS]

const hasLinkLayer = (dev: NetDevice): boolean => dev.type === ARPHRD_ETHER || dev.type === ARPHRD_LOOPBACK

const addressesOf = (dev: NetDevice): string[] =>
  inDevOf(dev)?.ifaList.map(({ local, prefixLen }) => `${formatIpv4(local)}/${prefixLen}`) ?? []

/** One device under one identity. */
class InterfaceTap implements PacketTap {
  readonly dev: NetDevice
  /** Its number in the file, -1 before it is described; the second one is for packets without a link-layer header. */
  id = -1
  rawId = -1
  readonly index: TapIndex = new TapIndex()
  readonly startNs: number
  received = 0
  accepted = 0
  dropped = 0
  readonly #all: CaptureAll
  readonly #linkType: number

  constructor(all: CaptureAll, dev: NetDevice) {
    this.#all = all
    this.dev = dev
    this.startNs = dev.netns.world.now
    this.#linkType = hasLinkLayer(dev) ? LINKTYPE_ETHERNET : LINKTYPE_RAW
  }

  tap(skb: Skb, dev: NetDevice, outgoing: boolean): void {
    const all = this.#all
    if (!all.isOpen || (outgoing && (dev.flags & IFF_LOOPBACK) !== 0)) return
    this.received++
    const { buf, tail } = skb
    const isRaw = this.#linkType === LINKTYPE_RAW
    const from = isRaw ? skb.networkHeader : skb.macHeader
    const filter = isRaw ? all.rawFilter : all.filter
    if (filter !== null && !filter(buf, from, tail)) return
    this.accepted++
    if (this.id < 0) this.id = this.describe()
    let flags = outgoing ? EPB_OUTBOUND : EPB_INBOUND | RECEPTION[skb.pktType]!
    if (skb.ipSummed === CHECKSUM_PARTIAL) flags |= EPB_CSUM_NOT_READY
    const timeNs = dev.netns.world.now
    const { writer } = all
    const place = writer.writeFrame(this.id, timeNs, flags, buf, from, tail)
    if (all.hasDrops) this.index.add(skb.tapSeq, place, timeNs, writer.flushedPlace)
  }

  /** Writes the description of the interface; its number. */
  describe(): number {
    return this.#all.addInterface({ ...this.#identity(), linkType: this.#linkType })
  }

  /** The number of the interface for packets without a link-layer header. */
  rawInterface(): number {
    if (this.#linkType === LINKTYPE_RAW) {
      if (this.id < 0) this.id = this.describe()
      return this.id
    }
    const { description } = this.#identity()
    if (this.rawId < 0)
      this.rawId = this.#all.addInterface({
        ...this.#identity(),
        linkType: LINKTYPE_RAW,
        description: `${description}: dropped without a link-layer header`,
      })
    return this.rawId
  }

  #identity(): PcapngInterfaceInit & { description: string } {
    const { dev } = this
    const kind = dev.ops.kind === '' ? 'loopback' : dev.ops.kind
    return {
      name: `${dev.netns.name}:${dev.name}`,
      description: `${dev.name} (${kind}, ifindex ${dev.ifindex}) in network namespace ${dev.netns.name}`,
      ...(hasLinkLayer(dev) ? { mac: formatMac(dev.addr) } : {}),
      ipv4: addressesOf(dev),
    }
  }

  /** Writes the counters of interface `id`. */
  writeStatistics(id: number): void {
    const { startNs, received, accepted, dropped } = this
    const { writer, hasDrops } = this.#all
    const { now } = this.dev.netns.world
    writer.writeStatistics(id, {
      timeNs: now,
      startNs,
      endNs: now,
      received,
      // What the capture itself has lost.
      ifDropped: 0,
      accepted,
      osDropped: hasDrops ? dropped : null,
    })
  }
}

/** A running capture of a world. Make one with {@link captureAll}. */
export class CaptureAll {
  readonly world: World
  readonly writer: PcapngWriter
  readonly filter: FrameFilter | null
  readonly rawFilter: FrameFilter | null
  readonly hasDrops: boolean
  isOpen = true
  readonly #hasSink: boolean
  readonly #snapLen: number
  readonly #filterText: string | null
  readonly #netns: ReadonlySet<string> | null
  readonly #taps = new WeakMap<NetDevice, InterfaceTap>()
  /** Interfaces for packets without a device. */
  readonly #netnsIds = new WeakMap<Netns, number>()
  readonly #notifier: (event: number, dev: NetDevice) => void
  readonly #endDrops: () => void

  /** @internal use {@link captureAll} */
  constructor(world: World, options: CaptureAllOptions) {
    const {
      netns,
      filter = null,
      rawFilter = filter,
      filterText,
      snapLen = DEFAULT_SNAPLEN,
      drops = true,
      sink,
    } = options
    this.world = world
    this.filter = filter
    this.rawFilter = rawFilter
    this.hasDrops = drops
    this.#hasSink = sink !== undefined
    this.#snapLen = snapLen
    this.#filterText = filterText ?? null
    this.#netns = netns === undefined ? null : new Set(netns)
    this.writer = new PcapngWriter({
      os: world.profile.name,
      comments: [`emulated by netloom, seed ${world.seed}`],
      ...(sink === undefined ? {} : { sink }),
    })
    for (const dev of this.#devices()) this.#add(dev)
    this.#notifier = (event, dev) => this.#onEvent(event, dev)
    world.notifiers.register(this.#notifier)
    this.#endDrops = drops ? world.observeDrops((skb, reason) => this.#onDrop(skb, reason)) : () => {}
  }

  /** Packets written so far. */
  get count(): number {
    return this.writer.count
  }

  /** The file as it would end now; after {@link close}, as it is. With a sink, what it has not got yet. */
  bytes(): Uint8Array {
    return this.isOpen && !this.#hasSink ? this.writer.bytesWith(() => this.#end()) : this.writer.bytes()
  }

  /** Ends the capture: the interfaces without frames and the counters are written, and the sink gets the rest. */
  close(): void {
    if (!this.isOpen) return
    this.#end()
    this.isOpen = false
    this.#endDrops()
    this.world.notifiers.unregister(this.#notifier)
    for (const dev of this.#devices()) this.#remove(dev)
    this.writer.flush()
  }

  /** @internal */
  addInterface(init: PcapngInterfaceInit): number {
    const { name } = this.world.profile
    return this.writer.addInterface({ ...init, snapLen: this.#snapLen, filter: this.#filterText, os: name })
  }

  #wants(netns: Netns): boolean {
    return this.#netns === null || this.#netns.has(netns.name)
  }

  #devices(): NetDevice[] {
    return this.world
      .listNetns()
      .filter(netns => this.#wants(netns))
      .flatMap(({ devices }) => devices)
  }

  #add(dev: NetDevice): void {
    const tap = new InterfaceTap(this, dev)
    this.#taps.set(dev, tap)
    devAddTap(dev, tap)
  }

  #remove(dev: NetDevice): void {
    const tap = this.#taps.get(dev)
    if (tap !== undefined) devRemoveTap(dev, tap)
  }

  /** Ends the interface that a device was so far. */
  #retire(dev: NetDevice): void {
    const tap = this.#taps.get(dev)
    if (tap !== undefined && tap.id >= 0) tap.writeStatistics(tap.id)
  }

  #onEvent(event: number, dev: NetDevice): void {
    if (!this.#wants(dev.netns)) return
    if (event === NETDEV_REGISTER) this.#add(dev)
    else if (event === NETDEV_UNREGISTER) this.#retire(dev)
    else if (event === NETDEV_CHANGENAME || event === NETDEV_CHANGEADDR) {
      const tap = this.#taps.get(dev)
      // Nothing in the file says what it was until now.
      if (tap === undefined || (tap.id < 0 && tap.rawId < 0)) return
      this.#retire(dev)
      this.#remove(dev)
      this.#add(dev)
    }
  }

  #end(): void {
    for (const dev of this.#devices()) {
      const tap = this.#taps.get(dev)!
      tap.writeStatistics(tap.id < 0 ? tap.describe() : tap.id)
    }
  }

  #onDrop(skb: Skb, reason: number): void {
    const { dev } = skb
    const netns = dev === null ? skb.netns : dev.netns
    if (!this.#wants(netns)) return
    const tap = dev === null ? undefined : this.#taps.get(dev)
    const text = `dropped: ${DROP_REASONS[reason]!}`
    if (tap === undefined) {
      if (this.#passes(this.rawFilter, skb, networkStart(skb)))
        this.#write(this.#netnsInterface(netns), skb, networkStart(skb), text)
      return
    }
    tap.dropped++
    if (skb.tapSeq > 0 && tap.index.find(skb.tapSeq)) {
      const { place, timeNs } = tap.index
      const { now } = this.world
      if (this.writer.comment(place, timeNs === now ? text : `${text} at ${formatTime(now)}`)) return
    }
    const frame = linkLayerStart(skb, tap.dev)
    const isRaw = frame < 0
    const from = isRaw ? networkStart(skb) : frame
    if (!this.#passes(isRaw ? this.rawFilter : this.filter, skb, from)) return
    if (!isRaw && tap.id < 0) tap.id = tap.describe()
    this.#write(isRaw ? tap.rawInterface() : tap.id, skb, from, text)
  }

  #passes(filter: FrameFilter | null, skb: Skb, from: number): boolean {
    return filter === null || filter(skb.buf, from, skb.tail)
  }

  #write(id: number, skb: Skb, from: number, text: string): void {
    const flags = skb.ipSummed === CHECKSUM_PARTIAL ? EPB_CSUM_NOT_READY : 0
    this.writer.comment(this.writer.writeFrame(id, this.world.now, flags, skb.buf, from, skb.tail), text)
  }

  #netnsInterface(netns: Netns): number {
    let id = this.#netnsIds.get(netns)
    if (id === undefined) {
      const description = `network namespace ${netns.name}: dropped without a device`
      id = this.addInterface({ name: netns.name, description, linkType: LINKTYPE_RAW })
      this.#netnsIds.set(netns, id)
    }
    return id
  }
}

/** Where the link-layer header is that a dropped packet has on the device, or -1 when it has none there. */
const linkLayerStart = (skb: Skb, dev: NetDevice): number => {
  if (!hasLinkLayer(dev)) return -1
  const { data, networkHeader, macHeader, skbIif } = skb
  // On the way out, `data` is in front of the network header from the moment on that there is a header.
  if (data < networkHeader) return data
  // On the way in it stands behind; what was forwarded still has the one of the device that it came by.
  const isHere = skbIif === dev.ifindex || skbIif === 0
  return macHeader > 0 && macHeader < networkHeader && isHere ? macHeader : -1
}

const networkStart = ({ networkHeader, data, tail }: Skb): number =>
  networkHeader <= data && networkHeader < tail ? networkHeader : data

/** Starts to capture on every interface of a world. */
export const captureAll = (world: World, options: CaptureAllOptions = {}): CaptureAll => new CaptureAll(world, options)
