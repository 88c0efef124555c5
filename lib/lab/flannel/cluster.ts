/**
 * A cluster of flannel, made in a few lines: the underlay with etcd, nodes with flanneld, pods by the CNI plugin.
 */
import type { AwsVpc } from '../../cloud/aws/aws-vpc.js'
import type { GceNetwork } from '../../cloud/gce/gce-network.js'
import { Printable } from '../../app/printable.js'
import { checkOptions } from '../../app/text.js'
import { NetloomError } from '../../errors.js'
import { SimpleNetwork } from '../../flannel/backend/backend.js'
import { formatTime, NSEC_PER_MSEC, NSEC_PER_SEC } from '../../sim/time.js'
import type { FlanneldOptions } from '../flanneld.js'
import type { KubeApiserver } from '../kubernetes.js'
import type { Netns } from '../netns.js'
import type { World } from '../world.js'
import { checkHostName, checkNames, names } from './names.js'
import { FlannelNode } from './node.js'
import type { FlannelNodeSpec, FlannelOptions } from './options.js'
import { checkSubnets, type ClusterPlan, type NodePlan, planCluster, planNode } from './plan.js'
import { addHostPod, addPod, type FlannelPod, writeConfList } from './pod.js'
import { CloudUnderlay } from './cloud-underlay.js'
import { EtcdStore, KubeStore } from './store.js'
import { type ClusterUnderlay, Underlay } from './underlay.js'

/** How often it is asked whether all have found each other. */
const LOOK_NS = 10 * NSEC_PER_MSEC
/** Carriers of new devices are noticed within this time. */
const CARRIER_NS = NSEC_PER_SEC

/** A cluster. Make one with {@link flannel}. */
export class FlannelCluster extends Printable {
  readonly world: World
  /** The network under it: switches, router, etcd's host. */
  readonly underlay: ClusterUnderlay
  /** All nodes that have not left, those that are down too. */
  readonly nodes: FlannelNode[] = []
  readonly restartSec: number | null
  readonly #options: FlannelOptions
  readonly #plan: ClusterPlan
  readonly #store: EtcdStore | KubeStore
  #added = 0

  /** @internal use {@link flannel} */
  constructor(world: World, options: FlannelOptions) {
    super()
    const plan = planCluster(options)
    this.world = world
    this.#options = options
    this.#plan = plan
    this.restartSec = plan.restartSec
    const isKube = plan.subnetManager === 'kube'
    const storeName = isKube ? 'master' : 'etcd'
    checkNames(world, plan, storeName)
    this.underlay =
      plan.cloud === 'none'
        ? new Underlay(world, plan.segments, plan.underlay, plan.mtu, storeName)
        : new CloudUnderlay(world, plan.cloud, plan, storeName)
    world.run({ for: CARRIER_NS })
    const { store, storeAddress } = this.underlay
    this.#store = isKube
      ? new KubeStore(world, store, storeAddress, plan)
      : new EtcdStore(world, store, storeAddress, plan)
    for (const node of plan.nodes) this.#add(node)
    this.#added = plan.nodes.length
    this.converge()
    for (const [n, node] of this.nodes.entries()) for (const name of plan.nodes[n]!.pods) this.addPod(node.name, name)
    if (this.pods.length > 0) world.run({ for: CARRIER_NS })
  }

  /** etcd's host. Throws ENOENT when the leases are with Kubernetes. */
  get etcd(): Netns {
    return this.#etcdStore.netns
  }

  /** Kubernetes' API server with the nodes. Throws ENOENT when the leases are in etcd. */
  get kube(): KubeApiserver {
    return this.#kubeStore.api
  }

  get #kubeStore(): KubeStore {
    if (this.#store instanceof KubeStore) return this.#store
    throw new NetloomError('ENOENT', "flannel: the leases are in etcd; make the cluster with subnetManager: 'kube'")
  }

  get #etcdStore(): EtcdStore {
    if (this.#store instanceof EtcdStore) return this.#store
    throw new NetloomError('ENOENT', "flannel: there is no etcd, the leases are with Kubernetes' nodes")
  }

  /** The default gateway of all hosts. */
  get router(): Netns {
    return this.underlay.router
  }

  /** The cloud that the hosts are machines of; null when they stand on switches. */
  get cloud(): AwsVpc | GceNetwork | null {
    return this.underlay instanceof CloudUnderlay ? this.underlay.cloud : null
  }

  /** All pods of nodes that are up. */
  get pods(): FlannelPod[] {
    return this.nodes.flatMap(node => node.pods)
  }

  /** The node of that name. Throws ENOENT. */
  node(name: string): FlannelNode {
    const found = this.nodes.find(n => n.name === name)
    if (found === undefined)
      throw new NetloomError('ENOENT', `there is no node ${name}; there are ${names(this.nodes)}`, { name })
    return found
  }

  /** The pod of that name. Throws ENOENT. */
  pod(name: string): FlannelPod {
    const found = this.pods.find(p => p.name === name)
    if (found === undefined)
      throw new NetloomError('ENOENT', `there is no pod ${name}; there are ${names(this.pods)}`, { name })
    return found
  }

  // --- the store

  /**
   * Starts etcd or the API server, with the data that it had. Nothing happens when it runs. A flanneld notices it late: after a
   * long outage the client of etcd waits up to two minutes and a fifth between two attempts, as gRPC does.
   */
  startStore(): void {
    this.#store.start()
  }

  /** Ends it at once. */
  killStore(): void {
    this.#store.kill()
  }

  /**
   * Runs etcdctl on etcd's host and returns what it prints; the world runs until it has ended. Throws EIO with what it says
   * when it fails, EINVAL for several words in one, ENOENT when there is no etcd.
   */
  etcdctl(...words: readonly string[]): string {
    return this.#etcdStore.etcdctl(...words)
  }

  /**
   * Runs kubectl on the API server's host and returns what it prints; the world runs until it has ended. Throws EIO with what it
   * says when it fails, EINVAL for several words in one, ENOENT when the leases are in etcd.
   *
   * @example
   * cluster.kubectl('get', 'nodes', '-o', 'wide')
   */
  kubectl(...words: readonly string[]): string {
    return this.#kubeStore.kubectl(...words)
  }

  // --- nodes and pods

  /**
   * Adds a node, which boots and joins while the world runs; pods come with {@link addPod} when it has a subnet. The segments
   * take turns. Throws EEXIST for a name that is taken, EINVAL for options.
   */
  addNode(spec: string | FlannelNodeSpec = {}): FlannelNode {
    if (typeof spec !== 'string' && spec.pods !== undefined)
      throw new NetloomError('EINVAL', 'flannel: addNode: pods: the node has no subnet yet; converge(), then addPod()')
    const isNamed = typeof spec === 'string' || spec.name !== undefined
    const isTaken = (name: string): boolean => this.world.hasNetns(name) || this.nodes.some(node => node.name === name)
    while (!isNamed && isTaken(`h${this.#added + 1}`)) this.#added++
    const n = this.#added
    const { segments } = this.#plan
    const plan = planNode(spec, n, n % segments, this.#options, segments)
    checkHostName(plan.name)
    checkSubnets([plan], this.#plan)
    const node = this.#add(plan)
    this.#added++
    return node
  }

  /**
   * Takes a node out: flanneld stops, its leases or its node object are deleted, its pods go, and the host is gone. Throws EIO
   * when the store does not answer; flanneld has stopped then, and the node is still there. Throws EHOSTDOWN
   * while etcd or the API server has stopped.
   */
  removeNode(name: string): void {
    const node = this.node(name)
    const { isRunning, netns } = this.#store
    if (!isRunning)
      throw new NetloomError(
        'EHOSTDOWN',
        `${name} cannot leave, ${netns.name} has stopped: startStore(), or crash() the node`,
        { name },
      )
    if (node.isUp) node.stop()
    this.#store.nodeRemoved(node)
    if (node.isUp) node.crash()
    this.nodes.splice(this.nodes.indexOf(node), 1)
  }

  /**
   * Adds a pod to a node by its CNI plugin. `name` is its whole name; `NODE-podN` when absent. Throws what the plugin refuses
   * with, such as EIO while the node has no subnet, EEXIST for a name that is taken, EHOSTDOWN for a node that is down.
   */
  addPod(node: string, name?: string, options: { readonly hostNetwork?: boolean } = {}): FlannelPod {
    checkOptions('addPod', options, ['hostNetwork'])
    const host = this.node(node)
    const full = name ?? this.#freeName(node)
    if (this.#isTaken(full)) throw new NetloomError('EEXIST', `flannel: there is a pod ${full}`, { name: full })
    return options.hostNetwork === true ? addHostPod(this.world, host, full) : addPod(this.world, host, full)
  }

  #isTaken(pod: string): boolean {
    return this.world.hasNetns(pod) || this.pods.some(({ name }) => name === pod)
  }

  #freeName(node: string): string {
    for (let n = 1; ; n++) {
      const name = `${node}-pod${n}`
      if (!this.#isTaken(name)) return name
    }
  }

  #add(plan: NodePlan): FlannelNode {
    if (this.nodes.some(n => n.name === plan.name))
      throw new NetloomError('EEXIST', `flannel: there is a node ${plan.name}`, { name: plan.name })
    if (this.world.hasNetns(plan.name))
      throw new NetloomError('EEXIST', `flannel: node ${plan.name}: there is a namespace ${plan.name}`, {
        name: plan.name,
      })
    const node = new FlannelNode(this, plan)
    node.boot()
    this.nodes.push(node)
    return node
  }

  /** @internal */
  flanneldOptions(plan: NodePlan): FlanneldOptions {
    return { iface: 'eth0', ...this.#store.flanneldOptions(plan), ...this.#plan.flanneld }
  }

  /** @internal */
  nodeBooted(node: FlannelNode, plan: NodePlan): void {
    writeConfList(node.netns, plan.flanneld.subnetFile)
    this.#store.nodeBooted(node, plan)
  }

  // --- dynamics

  /**
   * Hosts talk only to those of their own group; who is not named is with the first group, etcd and router too. Throws ENOENT,
   * and EOPNOTSUPP in a cloud, which has no switches.
   */
  partition(...groups: readonly (readonly string[])[]): void {
    this.underlay.partition(groups)
  }

  /** Ends a partition. */
  heal(): void {
    this.underlay.partition([])
  }

  /** Nodes whose flanneld is to run. */
  get #live(): FlannelNode[] {
    return this.nodes.filter(node => node.isUp && node.flanneld !== null)
  }

  /** The end of a sentence about a node that lacks something. */
  #why({ failure }: FlannelNode): string {
    if (!this.#store.isRunning) return `; ${this.#store.netns.name} has stopped: startStore()`
    return failure === null ? '' : `: ${failure}`
  }

  /** What keeps the nodes from knowing each other; null when they do. */
  #missing(): string | null {
    const live = this.#live
    for (const node of live) if (node.subnet === null) return `${node.name} has no subnet${this.#why(node)}`
    const networks = live.map(node => node.flanneld!.kernel.network!)
    for (let n = 0; n < live.length; n++) {
      // A backend that needs nothing of the others does not listen to their leases (alloc, aws-vpc, gce).
      if (networks[n] instanceof SimpleNetwork) continue
      const { peers } = live[n]!.flanneld!.kernel
      for (let m = 0; m < live.length; m++) {
        const { lease } = networks[m]!
        if (m !== n && !peers.knows(lease.subnet, lease.attrs))
          return `${live[n]!.name} does not know ${live[m]!.subnet} of ${live[m]!.name}${this.#why(live[n]!)}`
      }
    }
    return null
  }

  /** Does every node that is up have a subnet and know those of all others? */
  get isConverged(): boolean {
    return this.#missing() === null
  }

  /**
   * Runs the world until {@link isConverged} and returns the virtual nanoseconds from the call to the last change that a
   * flanneld has heard of. Throws EPENDING that names a node when it takes longer than `withinNs`.
   */
  converge(options: { readonly withinNs?: number } = {}): number {
    checkOptions('converge', options, ['withinNs'])
    const { withinNs = this.#plan.withinNs } = options
    const start = this.world.now
    for (;;) {
      this.world.run({ for: LOOK_NS })
      const missing = this.#missing()
      if (missing === null) break
      if (this.world.now - start >= withinNs)
        throw new NetloomError('EPENDING', `flannel: after ${formatTime(withinNs)} s ${missing}`, { missing })
    }
    return Math.max(0, ...this.#live.map(node => node.flanneld!.kernel.peers.changedNs - start))
  }

  override toString(): string {
    return this.nodes.map(node => `${node}\n`).join('')
  }

  override toJSON(): { nodes: FlannelNode[]; isConverged: boolean } {
    return { nodes: this.nodes, isConverged: this.isConverged }
  }
}

/**
 * Makes a cluster of flannel in a world: an underlay of one switch or several routed segments, etcd with the network
 * configuration, nodes with flanneld, and pods. The world has run until all nodes have found each other and the pods are
 * there. Throws EINVAL for options, and EPENDING with what is missing when the nodes do not find each other in time.
 *
 * @example
 * const world = createWorld({ seed: 1 })
 * const cluster = flannel(world, { backend: 'vxlan', nodes: 3, pods: 2 })
 * const [a, b] = [cluster.pod('h1-pod1'), cluster.pod('h2-pod1')]
 * const ping = a.netns.ping(b.address)
 * world.run()
 * ping.received // 1
 */
export const flannel = (world: World, options: FlannelOptions): FlannelCluster => new FlannelCluster(world, options)
