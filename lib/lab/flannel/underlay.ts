/**
 * The network under a cluster: a switch for each segment, a router between them that is everybody's default gateway, and
 * the host of the store.
 */
import { NetloomError } from '../../errors.js'
import { formatIpv4, type Prefix } from '../../wire/ip.js'
import type { Netns } from '../netns.js'
import { names, ROUTER_NAME } from './names.js'
import { FIRST_NODE } from './plan.js'
import type { World } from '../world.js'

const ROUTER = 1
const STORE = 2

/** A switch and the addresses on it. */
interface Segment {
  readonly netns: Netns
  readonly network: Prefix
  /** Last octets that were given out. */
  next: number
  /** Host of each port of the switch. */
  readonly hosts: Map<string, string>
}

/** The port of a host: by its name when a device may be named so. */
const portName = (host: string, place: number): string => (/^[^\s:]{1,13}$/.test(host) ? `p-${host}` : `port${place}`)

/** What the hosts of a cluster stand on. */
export interface ClusterUnderlay {
  readonly mtu: number
  /** The default gateway of all hosts. */
  readonly router: Netns
  /** Host of the store: etcd or Kubernetes' API server. */
  readonly store: Netns
  readonly storeAddress: string
  /** The switches, one for each segment; none in a cloud. */
  readonly switches: Netns[]
  /** Makes a host with eth0 on a segment; its place in the addresses is `at`, the next free one when absent. */
  addHost(name: string, segmentNumber: number, at?: number | null): { netns: Netns; address: string; at: number }
  /** Removes a host. */
  removeHost(name: string): void
  /** Lets hosts talk only to those of their own group. */
  partition(groups: readonly (readonly string[])[]): void
}

/** The underlay of a cluster that stands on switches. */
export class Underlay implements ClusterUnderlay {
  readonly mtu: number
  /** The default gateway of all hosts. */
  readonly router: Netns
  /** Host of the store: etcd or Kubernetes' API server. */
  readonly store: Netns
  readonly #world: World
  readonly #segments: Segment[] = []
  /** Segment of each host. */
  readonly #places = new Map<string, Segment>()

  /** @internal */
  constructor(world: World, segments: number, network: Prefix, mtu: number, storeName: string) {
    this.#world = world
    this.mtu = mtu
    const size = 2 ** (32 - network.len)
    for (let n = 0; n < segments; n++) {
      const netns = world.addNetns(`switch${n + 1}`)
      netns.link.set('lo', { up: true })
      netns.link.add({ kind: 'bridge', name: 'br0', mcastSnooping: false, mtu, up: true })
      const addr = (network.addr + n * size) | 0
      this.#segments.push({ netns, network: { addr, len: network.len }, next: FIRST_NODE, hosts: new Map() })
    }
    this.router = this.#host(ROUTER_NAME)
    this.router.sysctl.set('net.ipv4.ip_forward', 1)
    for (const [n, segment] of this.#segments.entries()) this.#plug(this.router, `eth${n}`, segment, ROUTER)
    this.store = this.#host(storeName)
    this.#plug(this.store, 'eth0', this.#segments[0]!, STORE)
    this.#defaultRoute(this.store, this.#segments[0]!)
  }

  /** Address of the store. */
  get storeAddress(): string {
    return this.#address(this.#segments[0]!, STORE)
  }

  /** The switches, one for each segment. */
  get switches(): Netns[] {
    return this.#segments.map(segment => segment.netns)
  }

  /** Makes a host with eth0 on a segment; its place in the addresses is `at`, the next free one when absent. */
  addHost(
    name: string,
    segmentNumber: number,
    at: number | null = null,
  ): { netns: Netns; address: string; at: number } {
    const segment = this.#segments[segmentNumber]!
    const place = at ?? segment.next
    if (place >= 2 ** (32 - segment.network.len) - 1)
      throw new NetloomError('ENOSPC', `flannel: no address left on segment ${segmentNumber} for ${name}`, { name })
    const netns = this.#host(name)
    segment.next = Math.max(segment.next, place + 1)
    this.#plug(netns, 'eth0', segment, place)
    this.#defaultRoute(netns, segment)
    return { netns, address: this.#address(segment, place), at: place }
  }

  /** Removes a host; its port goes with its device. */
  removeHost(name: string): void {
    this.#places.delete(name)
    this.#world.delNetns(name)
  }

  /**
   * Lets hosts talk only to those of their own group; hosts that no group names are with the first one, as are router and
   * etcd unless they are named. The switches' ports change their bridge.
   */
  partition(groups: readonly (readonly string[])[]): void {
    const groupOf = new Map<string, number>()
    for (const [n, members] of groups.entries())
      for (const name of members) {
        if (!this.#places.has(name) && name !== ROUTER_NAME)
          throw new NetloomError(
            'ENOENT',
            `partition: there is no host ${name}; there are ${names([...this.#places.keys()].map(host => ({ name: host })))}`,
            { name },
          )
        groupOf.set(name, n)
      }
    for (const segment of this.#segments) {
      for (const port of segment.netns.devices) {
        const host = segment.hosts.get(port.name)
        if (host === undefined) continue
        const master = `br${groupOf.get(host) ?? 0}`
        if (!segment.netns.hasDev(master))
          segment.netns.link.add({ kind: 'bridge', name: master, mcastSnooping: false, mtu: this.mtu, up: true })
        segment.netns.link.set(port.name, { master })
      }
    }
  }

  #address({ network }: Segment, place: number): string {
    return formatIpv4((network.addr + place) | 0)
  }

  #host(name: string): Netns {
    const netns = this.#world.addNetns(name)
    netns.link.set('lo', { up: true })
    return netns
  }

  #plug(netns: Netns, dev: string, segment: Segment, place: number): void {
    const { mtu } = this
    this.#places.set(netns.name, segment)
    const port = portName(netns.name, place)
    segment.hosts.set(port, netns.name)
    netns.link.add({ kind: 'veth', name: dev, mtu, peer: { name: port, netns: segment.netns, mtu } })
    segment.netns.link.set(port, { master: 'br0', up: true })
    // The veth stands for a card and its cable, where a frame has its checksums and is no longer than the MTU.
    netns.ethtool.set(dev, { tx: false })
    netns.link.set(dev, { up: true })
    netns.addr.add(`${this.#address(segment, place)}/${segment.network.len}`, { dev })
  }

  #defaultRoute(netns: Netns, segment: Segment): void {
    netns.route.add('default', { via: this.#address(segment, ROUTER) })
  }
}
