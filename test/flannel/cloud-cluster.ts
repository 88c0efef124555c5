/**
 * A cluster in a cloud: etcd on a machine of its own, flanneld on the others, pods behind them.
 */
import type { AwsVpc, Flanneld, GceNetwork, Netns, World } from '../../lib/index.js'
import { s } from '../../lib/index.js'
import { addPod, pings } from '../cloud/hosts.js'

/** What a cluster needs of a cloud. */
export interface Clouds {
  readonly world: World
  readonly cloud: AwsVpc | GceNetwork
  /** Makes a machine of a namespace. */
  readonly attach: (machine: Netns) => void
}

export class CloudCluster {
  readonly world: World
  readonly daemons: Flanneld[] = []
  readonly pods: Netns[] = []
  readonly #attach: (machine: Netns) => void
  #endpoint = ''

  /** A cluster with this Backend in its configuration; `network` is its range. */
  constructor({ world, attach }: Clouds, backend: object, network = '10.40.0.0/16') {
    this.world = world
    this.#attach = attach
    const etcd = world.addNetns('etcd')
    attach(etcd)
    const address = etcd.addr.list({ dev: 'eth0' })[0]!.address
    this.#endpoint = `http://${address}:2379`
    const config = JSON.stringify({ Network: network, Backend: backend })
    world.sh(`
      ip netns exec etcd etcd --listen-client-urls ${this.#endpoint} --advertise-client-urls ${this.#endpoint} &
      sleep 1
      ip netns exec etcd etcdctl --endpoints ${this.#endpoint} put /coreos.com/network/config '${config}'
    `)
  }

  /** A further machine `nN`. */
  machine(): Netns {
    const n = this.daemons.length + 1
    const machine = this.world.addNetns(`n${n}`)
    this.#attach(machine)
    return machine
  }

  /** Starts flanneld on a machine, and waits until it has its subnet or has ended. */
  start(machine: Netns): Flanneld {
    const flanneld = machine.flanneld({ etcdEndpoints: this.#endpoint, iface: 'eth0', ipMasq: true })
    this.daemons.push(flanneld)
    this.world.run({
      until: () => flanneld.errorText.includes('Running backend') || !flanneld.isRunning,
      within: s(200),
    })
    return flanneld
  }

  /** A machine with flanneld and a pod in its subnet. */
  join(): Flanneld {
    const machine = this.machine()
    const flanneld = this.start(machine)
    this.pods.push(this.pod(machine, flanneld))
    return flanneld
  }

  /** Adds the pod of a machine. */
  pod(machine: Netns, { subnet, mtu }: Flanneld): Netns {
    return addPod(this.world, machine, subnet!.replace(/\.0\/24$/, ''), `p-${machine.name}`, mtu!)
  }

  /** Address of a pod. */
  static address(pod: Netns): string {
    return pod.addr.list({ dev: 'eth0' })[0]!.address
  }

  /** How many of all pairs of pods answer each other. */
  allPairs(): string {
    let sent = 0
    let received = 0
    for (const from of this.pods)
      for (const to of this.pods) {
        if (from === to) continue
        sent++
        received += pings(this.world, from, CloudCluster.address(to))
      }
    return `${received}/${sent}`
  }
}

/** Log lines of a backend, without date and number of the process. */
export const linesOf = ({ errorText }: Flanneld, file: RegExp): string[] =>
  errorText
    .split('\n')
    .map(line => line.replace(/^(.)\d{4} [\d:.]+ +\d+ /, '$1 '))
    .filter(line => file.test(line))
