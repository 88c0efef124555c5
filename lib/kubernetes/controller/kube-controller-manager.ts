/**
 * kube-controller-manager: of its controllers the one that gives each node its podCIDR (nodeipam, RangeAllocator).
 *
 * Left out: every other controller. In particular nobody takes the taint of a new node away.
 *
 * @see kubernetes cmd/kube-controller-manager, pkg/controller/nodeipam/ipam/range_allocator.go
 */
import { Process } from '../../app/process.js'
import { Chan, spawn, type Thread } from '../../app/thread.js'
import type { Netns } from '../../core/netns.js'
import { NetloomError } from '../../errors.js'
import type { Node } from '../api/node.js'
import { isIpv4Cidr } from '../apiserver/cidr.js'
import { ApiError } from '../apimachinery/status.js'
import { KubeClient } from '../client/client.js'
import { NetworkError } from '../../app/go-net.js'
import { serverOf } from '../client/kubeconfig.js'
import { Informer } from '../client/reflector.js'
import { CidrSet } from './cidr-set.js'

/** Options of `netns.kubeControllerManager`, by the flags of kube-controller-manager. */
export interface KubeControllerManagerOptions {
  /** The API server: `http://ADDRESS:PORT`. */
  readonly master: string
  /** The network that podCIDRs are cut from, for example `10.244.0.0/16`. */
  readonly clusterCidr: string
  /** Length of a podCIDR; 24 when absent. */
  readonly nodeCidrMaskSize?: number
}

const MASK_SIZE = 24
const UPDATE_RETRIES = 3

const cidrsOf = ({ spec: { podCIDR = '', podCIDRs = [] } }: Node): readonly string[] =>
  (podCIDRs.length > 0 ? podCIDRs : podCIDR === '' ? [] : [podCIDR]).filter(isIpv4Cidr)

class RangeAllocator {
  readonly #process: Process
  readonly #client: KubeClient
  readonly #cidrs: CidrSet
  readonly #queue = new Chan<string>()
  readonly #nodes: Informer<Node>

  constructor(process: Process, client: KubeClient, cidrs: CidrSet) {
    this.#process = process
    this.#client = client
    this.#cidrs = cidrs
    const handlers = {
      onAdd: (node: Node): void => this.#changed(node),
      onUpdate: (_old: Node, node: Node): void => this.#changed(node),
      onDelete: (node: Node): void => {
        for (const cidr of cidrsOf(node)) this.#cidrs.release(cidr)
      },
    }
    this.#nodes = new Informer(process, client.nodes, handlers, {
      typeName: '*v1.Node',
      onWarning: (_what, text) => this.#log(text),
    })
  }

  start(): void {
    this.#nodes.start()
    spawn(this.#process, () => this.#worker(), 'range allocator')
  }

  #log(text: string): void {
    this.#process.stderr += `${text}\n`
  }

  #changed(node: Node): void {
    const cidrs = cidrsOf(node)
    if (cidrs.length === 0) this.#queue.push(node.metadata.name)
    else for (const cidr of cidrs) this.#cidrs.occupy(cidr)
  }

  *#worker(): Thread {
    for (;;) {
      const name = yield* this.#queue.recv()
      if (name === null) return
      const node = this.#nodes.get(name)
      // It may have gone, or have got its subnet, while it waited.
      if (node === null || cidrsOf(node).length > 0) continue
      yield* this.#allocate(name)
    }
  }

  *#allocate(name: string): Thread<void> {
    const cidr = this.#cidrs.allocateNext()
    if (cidr === null) {
      this.#log(
        `CIDR allocation failed; there are no remaining CIDRs left to allocate in the accepted range: node ${name}`,
      )
      return
    }
    for (let n = 0; n < UPDATE_RETRIES; n++) {
      try {
        yield* this.#client.nodes.patch(name, 'strategic', { spec: { podCIDR: cidr, podCIDRs: [cidr] } })
        return
      } catch (e) {
        if (!(e instanceof ApiError || e instanceof NetworkError)) throw e
        this.#log(`Failed to update node PodCIDR (attempt ${n + 1}): node ${name}: ${e.message}`)
      }
    }
    this.#cidrs.release(cidr)
  }
}

/** Starts a controller manager in a namespace. Throws EINVAL for ranges and servers that can't be; then no program is left. */
export const kubeControllerManager = (netns: Netns, config: KubeControllerManagerOptions): Process => {
  const { master, clusterCidr, nodeCidrMaskSize = MASK_SIZE } = config
  if (!isIpv4Cidr(clusterCidr))
    throw new NetloomError('EINVAL', `--cluster-cidr: invalid CIDR address: ${clusterCidr}`, { clusterCidr })
  const cidrs = new CidrSet(clusterCidr, nodeCidrMaskSize)
  const server = serverOf(master)
  const process = new Process(netns, 'kube-controller-manager')
  process.isDaemon = true
  const agent =
    'kube-controller-manager/v1.32.4 (linux/amd64) kubernetes/59526cd/system:serviceaccount:kube-system:node-controller'
  new RangeAllocator(process, new KubeClient(process, server, agent), cidrs).start()
  return process
}
