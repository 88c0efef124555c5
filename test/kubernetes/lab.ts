/** A cluster's hosts on one switch: m 10.0.0.1 with the API server, h1 10.0.0.11, h2 10.0.0.12, ... */
import { devOpen } from '../../lib/core/dev.js'
import type { Netns } from '../../lib/core/netns.js'
import type { World } from '../../lib/core/world.js'
import { Process } from '../../lib/app/process.js'
import { spawn, type Thread } from '../../lib/app/thread.js'
import { BRIDGE_KIND } from '../../lib/dev/bridge/br.js'
import { KubeClient } from '../../lib/kubernetes/client/client.js'
import { serverOf } from '../../lib/kubernetes/client/kubeconfig.js'
import { type KubeApiserverProgram, kubeApiserver } from '../../lib/kubernetes/apiserver/kube-apiserver.js'
import { boot } from '../../lib/lab/boot.js'
import { linkSet } from '../../lib/rtnl/link.js'
import { host, wire } from '../app/lab.js'

export const SECOND = 1_000_000_000
export const SERVER = 'http://10.0.0.1:6443'

export class Cluster {
  readonly world: World
  readonly m: Netns
  readonly hosts: Netns[] = []
  api: KubeApiserverProgram

  constructor(count = 1, seed = 1) {
    const world = boot({ seed }, [])
    this.world = world
    const sw = host(world, 'sw')
    const bridge = BRIDGE_KIND.newlink({ netns: sw, name: 'br0' }, {})
    devOpen(bridge)
    const join = (name: string, n: number): Netns => {
      const netns = host(world, name)
      wire(netns, 'eth0', 0x020000000100 + n, `10.0.0.${n}/24`, sw, name, 0x020000000200 + n, '')
      linkSet(sw.dev(name), { master: bridge })
      return netns
    }
    this.m = join('m', 1)
    for (let i = 1; i <= count; i++) this.hosts.push(join(`h${i}`, 10 + i))
    world.run({ for: 2 * SECOND })
    this.api = kubeApiserver(this.m)
  }

  /** A client on a host, in a program of its own. */
  client(netns: Netns = this.hosts[0]!): KubeClient {
    return new KubeClient(new Process(netns, 'client'), serverOf(SERVER))
  }

  /** Runs a thread to its end, and returns what it returned. */
  call<T>(body: (process: Process, client: KubeClient) => Thread<T>, netns: Netns = this.hosts[0]!): T {
    const process = new Process(netns, 'client')
    const client = new KubeClient(process, serverOf(SERVER))
    let result: { readonly value: T } | { readonly error: unknown } | null = null
    spawn(process, function* () {
      try {
        result = { value: yield* body(process, client) }
      } catch (error) {
        result = { error }
      }
    })
    this.world.run({ until: () => result !== null, within: 600 * SECOND })
    process.exit(0)
    const got = result as unknown as { readonly value: T } | { readonly error: unknown }
    if ('error' in got) throw got.error
    return got.value
  }
}

/** A node to be made. */
export const nodeNamed = (
  name: string,
  podCIDR?: string,
): { metadata: { name: string }; spec: { podCIDR?: string } } => ({
  metadata: { name },
  spec: podCIDR === undefined ? {} : { podCIDR },
})
