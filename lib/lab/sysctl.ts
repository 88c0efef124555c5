/**
 * `sysctl` and `ethtool` as calls.
 */
import type { Netns as KernelNetns } from '../core/netns.js'
import { ethtoolLinkSettings } from '../rtnl/ethtool-link.js'
import { ethtoolFeatures, ethtoolSetFeatures } from '../rtnl/ethtool.js'
import { type DevRef, devOf } from './refs.js'

/** The `sysctl` of a namespace: `netns.sysctl`. Both `net.ipv4.ip_forward` and `net/ipv4/ip_forward` name a key. */
export class SysctlApi {
  readonly #netns: KernelNetns

  /** @internal */
  constructor(netns: KernelNetns) {
    this.#netns = netns
  }

  /** A value as text, as `sysctl -n` prints it. Throws ENOENT for a key that netloom does not have. */
  get(key: string): string {
    return this.#netns.sysctl.get(key)
  }

  /**
   * Sets a value. Throws ENOENT for a key that netloom does not have, EACCES for a read-only one, EINVAL for the value.
   *
   * @example
   * router.sysctl.set('net.ipv4.ip_forward', 1)
   */
  set(key: string, value: string | number): void {
    this.#netns.sysctl.set(key, value)
  }

  /** All keys with their values, by name. */
  list(): Record<string, string> {
    const readable = this.#netns.sysctl.list().flatMap(({ name, read }) => (read === undefined ? [] : [[name, read()]]))
    return Object.fromEntries(readable)
  }
}

/** The `ethtool` of a namespace: `netns.ethtool`. */
export class EthtoolApi {
  readonly #netns: KernelNetns

  /** @internal */
  constructor(netns: KernelNetns) {
    this.#netns = netns
  }

  /** Features of a device and whether they are on (`ethtool -k`). */
  features(dev: DevRef): Record<string, boolean> {
    return Object.fromEntries(ethtoolFeatures(devOf(this.#netns, dev)).map(({ name, on }) => [name, on]))
  }

  /**
   * Speed in Mbit/s, null when it is not known, and whether there is a carrier (`ethtool DEV`). Throws EOPNOTSUPP for a
   * kind whose settings netloom does not know.
   */
  settings(dev: DevRef): { speed: number | null; duplex: 'full' | null; linkDetected: boolean } {
    const { modes, linkDetected } = ethtoolLinkSettings(devOf(this.#netns, dev))
    return { speed: modes?.speed ?? null, duplex: modes?.duplex ?? null, linkDetected }
  }

  /**
   * Switches features (`ethtool -K`); groups have their short names, too. Throws EOPNOTSUPP for an unknown name.
   *
   * @example
   * h1.ethtool.set('eth0', { tx: false }) // checksums are finished before the frame is sent
   */
  set(dev: DevRef, features: Readonly<Record<string, boolean>>): void {
    const requests = Object.entries(features).map(([name, on]) => ({ name, on }))
    ethtoolSetFeatures(devOf(this.#netns, dev), requests)
  }
}
