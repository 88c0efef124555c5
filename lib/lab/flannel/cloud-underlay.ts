/**
 * A cloud under a cluster: its hosts are machines, its segments subnets, and the router between them is the cloud's.
 */
import type { AwsInstance } from '../../cloud/aws/aws-instance.js'
import type { AwsVpc } from '../../cloud/aws/aws-vpc.js'
import type { GceInstance } from '../../cloud/gce/gce-instance.js'
import type { GceNetwork } from '../../cloud/gce/gce-network.js'
import { NetloomError } from '../../errors.js'
import { formatIpv4, formatPrefix, type Prefix } from '../../wire/ip.js'
import { createCloud } from '../cloud.js'
import type { Netns } from '../netns.js'
import type { World } from '../world.js'
import { ROUTER_NAME } from './names.js'
import { FIRST_NODE } from './plan.js'
import type { ClusterUnderlay } from './underlay.js'

const STORE = 5

/** What a cloud under a cluster is made of. */
export interface CloudUnderlayPlan {
  readonly segments: number
  /** The first segment. */
  readonly underlay: Prefix
  readonly mtu: number
  readonly routesQuota: number | null
}

/** The smallest network with so many segments of which this is the first. */
const rangeOf = ({ addr, len }: Prefix, segments: number): Prefix => ({
  addr,
  len: len - Math.ceil(Math.log2(segments)),
})

const makeCloud = (
  world: World,
  kind: 'aws' | 'gce',
  { segments, underlay, mtu, routesQuota }: CloudUnderlayPlan,
): AwsVpc | GceNetwork => {
  const subnets = Array.from({ length: segments }, (_, n) => ({
    cidr: formatPrefix({ addr: (underlay.addr + n * 2 ** (32 - underlay.len)) | 0, len: underlay.len }),
  }))
  const common = { name: ROUTER_NAME, mtu, subnets }
  if (kind === 'gce') return createCloud(world, { kind, ...common, ...(routesQuota !== null && { routesQuota }) })
  const cidr = formatPrefix(rangeOf(underlay, segments))
  return createCloud(world, { kind, cidr, ...common, ...(routesQuota !== null && { routesPerTable: routesQuota }) })
}

/** The underlay of a cluster in a cloud. Machines of Google Cloud may forward. */
export class CloudUnderlay implements ClusterUnderlay {
  readonly cloud: AwsVpc | GceNetwork
  readonly mtu: number
  readonly router: Netns
  readonly store: Netns
  readonly storeAddress: string
  readonly switches: Netns[] = []
  readonly #world: World
  readonly #segment: Prefix
  readonly #next: number[]
  readonly #machines = new Map<string, AwsInstance | GceInstance>()

  /** @internal */
  constructor(world: World, kind: 'aws' | 'gce', plan: CloudUnderlayPlan, storeName: string) {
    this.#world = world
    this.#segment = plan.underlay
    this.#next = new Array<number>(plan.segments).fill(FIRST_NODE)
    this.mtu = plan.mtu
    this.cloud = makeCloud(world, kind, plan)
    this.router = world.netns(ROUTER_NAME)
    const { netns, address } = this.addHost(storeName, 0, STORE)
    this.store = netns
    this.storeAddress = address
  }

  addHost(
    name: string,
    segmentNumber: number,
    at: number | null = null,
  ): { netns: Netns; address: string; at: number } {
    const { addr, len } = this.#segment
    const place = at ?? this.#next[segmentNumber]!
    const address = formatIpv4((addr + segmentNumber * 2 ** (32 - len) + place) | 0)
    const netns = this.#world.addNetns(name)
    const { cloud } = this
    try {
      const machine =
        'routeTables' in cloud
          ? cloud.attach(netns, { address, subnet: cloud.subnets[segmentNumber]! })
          : cloud.attach(netns, { address, subnet: cloud.subnets[segmentNumber]!, canIpForward: true })
      this.#machines.set(name, machine)
      this.#next[segmentNumber] = Math.max(this.#next[segmentNumber]!, place + 1)
      // Frames of the underlay have their checksums, as a card computes them.
      netns.ethtool.set('eth0', { tx: false })
    } catch (e) {
      this.#world.delNetns(name)
      throw e
    }
    return { netns, address, at: place }
  }

  removeHost(name: string): void {
    const machine = this.#machines.get(name)
    this.#machines.delete(name)
    if (machine !== undefined) {
      if ('terminate' in machine) machine.terminate()
      else machine.delete()
    }
    this.#world.delNetns(name)
  }

  partition(groups: readonly (readonly string[])[]): void {
    if (groups.length === 0) return
    throw new NetloomError(
      'EOPNOTSUPP',
      'partition: the network of a cloud has no switches to part; stop machines (cluster.cloud) or take their links down instead',
    )
  }
}
