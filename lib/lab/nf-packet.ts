/**
 * Packets at netfilter's hooks as users hold them.
 */
import { DROP } from '../core/drop.js'
import type { NetDevice } from '../core/netdev.js'
import { type NfHookOps, type NfHookState, nfHookSlow, type OkFn } from '../core/netfilter.js'
import {
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  kfreeSkb,
  type Skb,
  skbChecksumHelp,
  skbCow,
  skbExpandTail,
} from '../core/skb.js'
import { errnoName, NetloomError } from '../errors.js'
import { ipRouteMeHarder } from '../ip/route-me-harder.js'
import type { NfConn } from '../netfilter/conntrack/nf-conn.js'
import { conntrackInfo } from '../rtnl/conntrack.js'
import { traceCtState } from '../rtnl/nf-trace.js'
import { dissect } from '../wire/dissect.js'
import { ETH_P_IP } from '../wire/ethernet.js'
import {
  decodeFrame,
  decodePacket,
  encodePacket,
  type FrameRepr,
  type PacketInit,
  type PacketRepr,
} from '../wire/frame.js'
import { ipv4Ihl } from '../wire/ipv4.js'
import { type ConntrackEntry, publicEntry } from './conntrack.js'
import type { Dev } from './dev.js'
import type { Handles } from './handles.js'
import { Printable } from '../app/printable.js'
import { numberOption } from '../app/text.js'

/** Of a device that is there no longer, a held packet is dropped, as the kernel drops those that it queued. */
const isGone = (dev: NetDevice | null): boolean => dev !== null && !dev.registered

/**
 * A packet at a hook. It belongs to the handler while this runs, and afterwards only when the verdict is `stolen`: then
 * {@link reinject} sends it on or ends it.
 */
export class NfPacket extends Printable {
  /** As in the registration. */
  readonly hook: string
  /** Device that it came in by, null for what this host sends. */
  readonly inDev: Dev | null
  /** Device that it is to leave by, null where none is known yet. */
  readonly outDev: Dev | null
  readonly #in: NetDevice | null
  readonly #out: NetDevice | null
  readonly #okfn: OkFn
  readonly #op: NfHookOps
  #skb: Skb | null

  /** @internal */
  constructor(handles: Handles, hook: string, op: NfHookOps, skb: Skb, state: NfHookState) {
    super()
    this.hook = hook
    this.inDev = state.inDev === null ? null : handles.dev(state.inDev)
    this.outDev = state.outDev === null ? null : handles.dev(state.outDev)
    this.#in = state.inDev
    this.#out = state.outDev
    this.#okfn = state.okfn
    this.#op = op
    this.#skb = skb
  }

  get #own(): Skb {
    if (this.#skb !== null) return this.#skb
    const fix = "return 'stolen' from the handler to hold a packet"
    throw new NetloomError('EINVAL', `packet at ${this.hook}: it has gone on and is no longer yours; ${fix}`)
  }

  /** @internal the handler is done with it */
  release(): void {
    this.#skb = null
  }

  /** Name of the namespace. */
  get netns(): string {
    return this.#own.netns.name
  }

  /** What is behind the Ethernet header, an IP packet from its header on: a view that must only be looked at. */
  get data(): Uint8Array {
    const { buf, networkHeader, tail } = this.#own
    return buf.subarray(networkHeader, tail)
  }

  /** The whole frame, a copy; null for what this host sends, which has no Ethernet header yet. */
  get frame(): Uint8Array | null {
    const { buf, macHeader, networkHeader, tail } = this.#own
    return macHeader > 0 && macHeader < networkHeader ? buf.slice(macHeader, tail) : null
  }

  /** EtherType, 0x0800 for IPv4. */
  get protocol(): number {
    return this.#own.protocol
  }

  /** The firewall mark (`fwmark`), 0 to 0xffffffff. */
  get mark(): number {
    return this.#own.mark >>> 0
  }

  set mark(mark: number) {
    this.#own.mark = numberOption('mark', mark, 0xffffffff) | 0
  }

  /** Priority, by which some queueing disciplines choose, 0 to 0xffffffff. */
  get priority(): number {
    return this.#own.priority >>> 0
  }

  set priority(priority: number) {
    this.#own.priority = numberOption('priority', priority, 0xffffffff) | 0
  }

  /** Octets of payload of each segment while the packet is a train of segments that is not cut yet (TSO); 0 otherwise. */
  get gsoSize(): number {
    return this.#own.gsoSize
  }

  /** INVALID, NEW, ESTABLISHED, RELATED or UNTRACKED; empty where connections are not tracked, or not yet. */
  get ctState(): string {
    const skb = this.#own
    const table = this.#op.priority <= -200 ? 'raw' : 'mangle'
    return traceCtState(skb.netns, { ct: skb.nfct, ctinfo: skb.nfctinfo, table })
  }

  /** The connection that it belongs to, null for none. */
  get conntrack(): ConntrackEntry | null {
    const { nfct, netns } = this.#own
    return nfct === null ? null : publicEntry(conntrackInfo(nfct as NfConn), netns.world.now)
  }

  /**
   * The headers as objects: an IP packet, or for another type the whole frame. A checksum that was left to the device is
   * finished first. Throws EDECODE for what is no packet.
   */
  decode(): PacketRepr | FrameRepr {
    const skb = this.#finished()
    if (skb.protocol === ETH_P_IP) return decodePacket(skb.buf, skb.networkHeader, skb.tail)
    const { frame } = this
    if (frame === null) throw new NetloomError('EDECODE', `packet at ${this.hook}: no IP packet, and no frame yet`)
    return decodeFrame(frame)
  }

  #finished(): Skb {
    const skb = this.#own
    if (skb.ipSummed === CHECKSUM_PARTIAL && skb.gsoSize === 0) skbChecksumHelp(skb)
    return skb
  }

  /**
   * Overwrites octets of {@link data} from `offset` on, and nothing else: checksums are yours. Throws EINVAL for what does not
   * lie inside.
   *
   * @example
   * packet.write(8, Uint8Array.of(packet.data[8] - 1)) // TTL, without its checksum
   */
  write(offset: number, octets: Uint8Array): void {
    const skb = this.#own
    const length = skb.tail - skb.networkHeader
    if (!Number.isInteger(offset) || offset < 0 || offset + octets.length > length)
      throw new NetloomError(
        'EINVAL',
        `write: octets ${offset} to ${offset + octets.length} do not lie within the packet, which has ${length}`,
        { offset, octets: octets.length, length },
      )
    skbCow(skb)
    skb.buf.set(octets, skb.networkHeader + offset)
    skb.netns.world.flows?.touched()
  }

  /**
   * Puts another IP packet in its place: octets, or headers to encode, whose checksums are then right. Its connection and
   * its route stay. Throws EINVAL for a packet that is not IP or is a train of segments not cut yet.
   *
   * @example
   * const { ipv4, udp, payload } = packet.decode()
   * packet.replace({ ipv4: { ...ipv4, tos: 0x10 }, udp, payload })
   */
  replace(packet: Uint8Array | PacketInit): void {
    const skb = this.#own
    const octets = packet instanceof Uint8Array ? packet : encodePacket(packet)
    if (skb.protocol !== ETH_P_IP)
      throw new NetloomError(
        'EINVAL',
        `replace: EtherType 0x${skb.protocol.toString(16)} is not IP; write into it instead`,
      )
    if (skb.gsoSize !== 0)
      throw new NetloomError(
        'EINVAL',
        `replace: ${skb.gsoSegs} segments of TCP that are not cut yet; switch that off, ethtool.set(dev, { tso: false })`,
      )
    decodePacket(octets)
    const { networkHeader } = skb
    skbExpandTail(skb, Math.max(0, networkHeader + octets.length - skb.tail))
    skb.buf.set(octets, networkHeader)
    skb.netns.world.flows?.touched()
    skb.tail = networkHeader + octets.length
    skb.transportHeader = networkHeader + ipv4Ihl(skb.buf, networkHeader)
    skb.ipSummed = CHECKSUM_NONE
    skb.hash = 0
    skb.l4Hash = false
  }

  /**
   * Routes a packet of this host again, after its addresses, TOS or mark were changed at `output` (ip_route_me_harder).
   * Throws ENETUNREACH and others, with the old route in place.
   */
  routeMeHarder(): void {
    if (this.hook !== 'output' || this.protocol !== ETH_P_IP)
      throw new NetloomError('EINVAL', `routeMeHarder: only for IP packets at output, not at ${this.hook}`)
    const errno = ipRouteMeHarder(this.#own)
    if (errno === 0) return
    throw new NetloomError(errnoName(-errno), undefined, { netns: this.netns })
  }

  /**
   * Sends a held packet on behind the handler that held it, or ends it (nf_reinject). Where the handler, or a device of the
   * packet, is there no longer, it is dropped.
   *
   * @example
   * r.nf.register({ hook: 'forward' }, packet => {
   *   world.after(ms(50), () => packet.reinject('accept'))
   *   return 'stolen'
   * })
   */
  reinject(verdict: 'accept' | 'drop' = 'accept'): void {
    if (verdict !== 'accept' && verdict !== 'drop')
      throw new NetloomError('EINVAL', `reinject: unknown verdict "${verdict}"; known are accept and drop`, { verdict })
    const skb = this.#own
    this.#skb = null
    const entries = skb.netns.nf.get(this.#op.pf, this.#op.hooknum)
    const at = entries?.ops.indexOf(this.#op) ?? -1
    if (verdict === 'drop' || at < 0 || isGone(this.#in) || isGone(this.#out)) {
      kfreeSkb(skb, DROP.NETFILTER_DROP)
      return
    }
    if (nfHookSlow(skb, entries!, this.#in, this.#out, this.#okfn, at + 1) === 1) this.#okfn(skb)
  }

  /** As `tcpdump -n` prints it. */
  override toString(): string {
    const { frame } = this
    if (this.protocol === ETH_P_IP) return dissect(this.data, { linkType: 'raw' })
    return frame === null ? `${this.data.length} octets` : dissect(frame)
  }

  override toJSON(): Record<string, string | number | null> {
    if (this.#skb === null) return { hook: this.hook, packet: 'gone on' }
    const { netns, hook, mark, ctState } = this
    return {
      netns,
      hook,
      in: this.inDev?.name ?? null,
      out: this.outDev?.name ?? null,
      mark,
      ctState,
      packet: `${this}`,
    }
  }
}
