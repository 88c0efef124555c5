/**
 * A device as users hold it. It is live: it follows the kernel's device through changes, new names and other namespaces.
 */
import type { DevStats, NetDevice } from '../core/netdev.js'
import { type LinkInfo as KernelLinkInfo, linkDel, linkInfo } from '../rtnl/link.js'
import { formatMac } from '../wire/mac.js'
import type { Handles } from './handles.js'
import { publicLinkInfo, type LinkInfo } from './link-info.js'
import type { Netns } from './netns.js'
import { Printable } from '../app/printable.js'

/**
 * A network device. Change it with `netns.link.set(dev, ...)`.
 *
 * @example
 * const eth0 = h1.dev('eth0')
 * eth0.mac            // '02:00:00:00:01:01'
 * eth0.stats.rxPackets
 */
export class Dev extends Printable {
  /** The kernel's own object. */
  readonly kernel: NetDevice
  readonly #handles: Handles

  /** @internal use `netns.dev(name)` */
  constructor(handles: Handles, kernel: NetDevice) {
    super()
    this.#handles = handles
    this.kernel = kernel
  }

  /** Name at this moment. */
  get name(): string {
    return this.kernel.name
  }

  /** Namespace at this moment. */
  get netns(): Netns {
    return this.#handles.netns(this.kernel.netns)
  }

  get ifindex(): number {
    return this.kernel.ifindex
  }

  /** Kind as in `ip link add type KIND`; empty for lo. */
  get kind(): string {
    return this.kernel.ops.kind
  }

  /** Link-layer address as text. */
  get mac(): string {
    return formatMac(this.kernel.addr)
  }

  get mtu(): number {
    return this.kernel.mtu
  }

  /** Words in the angle brackets of `ip link`: `UP`, `LOWER_UP`, `NO-CARRIER`, ... */
  get flags(): readonly string[] {
    return this.info().flags
  }

  /** True while it is set up (IFF_UP). */
  get isUp(): boolean {
    return this.kernel.isUp
  }

  /** True while it has a carrier. */
  get hasCarrier(): boolean {
    return this.kernel.running && this.kernel.carrier
  }

  /** The device that this one is a port of, or null. */
  get master(): Dev | null {
    return this.kernel.master === null ? null : this.#handles.dev(this.kernel.master)
  }

  /** The far end, for a kind that has one (veth); else null. */
  get peer(): Dev | null {
    const lower = this.kernel.ops.getIflink?.(this.kernel)?.dev ?? null
    return lower === null || lower === this.kernel ? null : this.#handles.dev(lower)
  }

  /** Counters as `ip -s link` shows them, at this moment. */
  get stats(): Readonly<DevStats> {
    return this.#kernelInfo().stats
  }

  /** False once it has been deleted. */
  get exists(): boolean {
    return this.kernel.registered
  }

  /** Everything that `ip -d link show` knows. */
  info(): LinkInfo {
    return publicLinkInfo(this.#kernelInfo())
  }

  /** Deletes it (`ip link del`). Throws EOPNOTSUPP for lo. */
  del(): void {
    linkDel(this.kernel)
  }

  #kernelInfo(): KernelLinkInfo {
    return linkInfo(this.kernel)
  }

  /** `NETNS:NAME`. */
  override toString(): string {
    return `${this.kernel}`
  }

  /** What `util.inspect` shows. */
  override toJSON(): { netns: string; name: string; kind: string; mac: string; mtu: number; flags: readonly string[] } {
    const { name, kind, mac, mtu, flags } = this
    return { netns: this.kernel.netns.name, name, kind, mac, mtu, flags }
  }
}
