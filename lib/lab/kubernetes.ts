/**
 * Kubernetes as users hold it: an API server and its nodes, a controller manager, kubectl.
 */
import type { Process } from '../app/process.js'
import { checkOptions, octetsOf, type Payload } from '../app/text.js'
import type { Netns as KernelNetns } from '../core/netns.js'
import type { Node } from '../kubernetes/api/node.js'
import { KUBERNETES_VERSION } from '../kubernetes/apiserver/discovery.js'
import {
  kubeApiserver,
  type KubeApiserverOptions,
  type KubeApiserverProgram,
} from '../kubernetes/apiserver/kube-apiserver.js'
import type { Registry } from '../kubernetes/apiserver/registry.js'
import {
  kubeControllerManager,
  type KubeControllerManagerOptions,
} from '../kubernetes/controller/kube-controller-manager.js'
import { kubectl } from '../kubernetes/kubectl/kubectl.js'
import type { JsonObject, JsonValue } from '../kubernetes/apimachinery/json.js'
import { timeText } from '../kubernetes/apimachinery/meta.js'
import { Program } from './program.js'

export type { KubeApiserverOptions, KubeControllerManagerOptions }

/** A node to be registered. */
export interface KubeNodeOptions {
  readonly name: string
  /** `10.244.1.0/24`; without it the controller manager gives one. */
  readonly podCIDR?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  /** Address of the host, as its kubelet reports it. */
  readonly internalIP?: string
  /** State of the condition Ready; no such condition when absent. */
  readonly ready?: boolean
}

const NODE_OPTIONS = ['name', 'podCIDR', 'labels', 'annotations', 'internalIP', 'ready']

/** What a kubelet registers its host with. */
const nodeOf = (options: KubeNodeOptions, now: number): JsonObject => {
  const { name, podCIDR, labels = {}, annotations = {}, internalIP, ready } = options
  const time = timeText(now)
  const times = { lastHeartbeatTime: time, lastTransitionTime: time }
  const addresses = internalIP === undefined ? [] : [{ type: 'InternalIP', address: internalIP }]
  return {
    kind: 'Node',
    apiVersion: 'v1',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', ...labels }, annotations },
    spec: podCIDR === undefined ? {} : { podCIDR },
    status: {
      addresses: [...addresses, { type: 'Hostname', address: name }],
      conditions: ready === undefined ? [] : [{ type: 'Ready', status: ready ? 'True' : 'False', ...times }],
      nodeInfo: { kubeletVersion: KUBERNETES_VERSION, operatingSystem: 'linux', architecture: 'amd64' },
    },
  }
}

/** The nodes of an API server, without the way over its network: what is done here is done at once. */
export class KubeNodes {
  readonly #registry: Registry
  readonly #netns: KernelNetns

  /** @internal */
  constructor(registry: Registry, netns: KernelNetns) {
    this.#registry = registry
    this.#netns = netns
  }

  /**
   * Registers a node, as the kubelet of its host does. Throws an error in the API server's words: `nodes "n1" already exists`.
   *
   * @example
   * api.nodes.create({ name: 'n1', podCIDR: '10.244.1.0/24', internalIP: '192.168.0.11' })
   */
  create(options: KubeNodeOptions): Node {
    checkOptions('kube nodes.create', options, NODE_OPTIONS)
    const { object } = this.#registry.decode(nodeOf(options, this.#netns.world.now))
    return this.#registry.create(object) as Node
  }

  /** The node as the API has it. Throws `nodes "X" not found`. */
  get(name: string): Node {
    return this.#registry.get(name) as Node
  }

  /** All nodes by name. */
  list(): Node[] {
    return this.#registry.list() as Node[]
  }

  /** Changes a node by a merge patch (RFC 7386): null takes a field away. Throws in the API server's words. */
  patch(name: string, patch: JsonObject): Node {
    return this.#registry.patch(name, 'application/merge-patch+json', patch as JsonValue).object as Node
  }

  /** Removes a node. Throws `nodes "X" not found`. */
  delete(name: string): void {
    this.#registry.delete(name)
  }
}

/** A running kube-apiserver. Make one with `netns.kubeApiserver`. */
export class KubeApiserver extends Program {
  readonly #kernel: KubeApiserverProgram
  readonly nodes: KubeNodes

  /** @internal use `netns.kubeApiserver` */
  constructor(kernel: KubeApiserverProgram) {
    super(kernel.process)
    this.#kernel = kernel
    this.nodes = new KubeNodes(kernel.registries.get('nodes')!, kernel.process.netns)
  }

  /** Address that it listens on. */
  get address(): string {
    return this.#kernel.address
  }

  get port(): number {
    return this.#kernel.port
  }

  override toString(): string {
    return `kube-apiserver in ${this.netns} on ${this.address}:${this.port}`
  }

  override toJSON(): { netns: string; address: string; port: number; nodes: string[]; exitStatus: number | null } {
    const { netns, address, port, exitStatus } = this
    return { netns, address, port, nodes: this.nodes.list().map(n => n.metadata.name), exitStatus }
  }
}

/** A running program of Kubernetes. */
export class KubeProgram extends Program {
  readonly #name: string

  /** @internal */
  constructor(process: Process) {
    super(process)
    this.#name = process.name
  }

  override toJSON(): { netns: string; name: string; exitStatus: number | null } {
    return { netns: this.netns, name: this.#name, exitStatus: this.exitStatus }
  }
}

const APISERVER_OPTIONS = ['bindAddress', 'securePort', 'advertiseAddress']
const MANAGER_OPTIONS = ['master', 'clusterCidr', 'nodeCidrMaskSize']

/** @internal starts an API server in a namespace */
export const startKubeApiserver = (netns: KernelNetns, options: KubeApiserverOptions): KubeApiserver => {
  checkOptions('kubeApiserver', options, APISERVER_OPTIONS)
  return new KubeApiserver(kubeApiserver(netns, options))
}

/** @internal starts a controller manager in a namespace */
export const startKubeControllerManager = (netns: KernelNetns, options: KubeControllerManagerOptions): KubeProgram => {
  checkOptions('kubeControllerManager', options, MANAGER_OPTIONS)
  return new KubeProgram(kubeControllerManager(netns, options))
}

/** Options of `netns.kubectl`. */
export interface KubectlOptions {
  readonly stdin?: Payload
  readonly env?: Readonly<Record<string, string>>
}

/** @internal starts kubectl in a namespace */
export const startKubectl = (netns: KernelNetns, words: readonly string[], options: KubectlOptions): KubeProgram => {
  checkOptions('kubectl', options, ['stdin', 'env'])
  const stdin = options.stdin === undefined ? null : octetsOf(options.stdin)
  return new KubeProgram(kubectl(netns, words, { stdin, env: options.env ?? {} }))
}
