/**
 * Machines of clouds with a few pods each, as a kubelet and docker would have them: what the tests of clouds stand on.
 */
import {
  type AwsVpc,
  createCloud,
  createWorld,
  type GceNetwork,
  type Netns,
  type PingOptions,
  s,
  type World,
} from '../../lib/index.js'

/** A world with an Amazon VPC of 10.0.0.0/16. */
export const awsWorld = (options: object = {}, seed = 1): { world: World; vpc: AwsVpc } => {
  const world = createWorld({ seed })
  return { world, vpc: createCloud(world, { kind: 'aws', cidr: '10.0.0.0/16', ...options }) }
}

/** A world with a network of Google Cloud of 10.128.0.0/20. */
export const gceWorld = (options: object = {}, seed = 1): { world: World; network: GceNetwork } => {
  const world = createWorld({ seed })
  return { world, network: createCloud(world, { kind: 'gce', cidr: '10.128.0.0/20', ...options }) }
}

/** Gives a machine a bridge with the first address of `10.40.N` and a pod `POD` with the second one. */
export const addPod = (world: World, machine: Netns, subnet: string, name: string, mtu = 1500): Netns => {
  machine.sysctl.set('net.ipv4.ip_forward', 1)
  machine.link.add({ kind: 'bridge', name: 'cni0', mtu })
  machine.addr.add(`${subnet}.1/24`, { dev: 'cni0' })
  machine.link.set('cni0', { up: true })
  const pod = world.addNetns(name)
  pod.link.add({ kind: 'veth', name: 'eth0', mtu, peer: { name: `veth-${name}`, netns: machine, mtu } })
  machine.link.set(`veth-${name}`, { master: 'cni0', up: true })
  pod.link.set('lo', { up: true })
  pod.link.set('eth0', { up: true })
  pod.addr.add(`${subnet}.2/24`, { dev: 'eth0' })
  pod.route.add('default', { via: `${subnet}.1` })
  return pod
}

/** Answers that a ping of one packet gets: 0 or 1. */
export const pings = (world: World, from: Netns, to: string, options: PingOptions = {}): number => {
  const ping = from.ping(to, { count: 1, ...options })
  world.run({ until: () => !ping.isRunning, within: s(15) })
  return ping.received
}

/** `NETNS:DEV REASON` of what the router has dropped since the last call. */
export class Drops {
  readonly #world: World
  #seen = new Map<string, number>()

  constructor(world: World) {
    this.#world = world
  }

  take(): string[] {
    const now = new Map(
      this.#world
        .netns('vpc')
        .drops()
        .map(d => [`${d.netns}:${d.dev} ${d.reason}`, d.count]),
    )
    const fresh = [...now].filter(([key, count]) => count > (this.#seen.get(key) ?? 0)).map(([key]) => key)
    this.#seen = now
    return fresh.sort()
  }
}
