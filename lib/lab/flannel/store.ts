/**
 * Where the leases of a cluster are kept: in etcd, or with Kubernetes' nodes.
 */
import { exec } from '../../app/exec.js'
import { Process } from '../../app/process.js'
import { spawn } from '../../app/thread.js'
import { NetloomError } from '../../errors.js'
import { startEtcd } from '../../etcd/server.js'
import { FLANNELD_DEFAULTS } from '../../flannel/flags.js'
import { netText } from '../../flannel/ip4-net.js'
import { parseConfig } from '../../flannel/subnet/config.js'
import { configKey, subnetsKey } from '../../flannel/subnet/subnet.js'
import type { FlanneldOptions } from '../flanneld.js'
import { type KubeApiserver, startKubeApiserver, startKubeControllerManager } from '../kubernetes.js'
import type { Netns } from '../netns.js'
import type { World } from '../world.js'
import type { FlannelNode } from './node.js'
import type { ClusterPlan, NodePlan } from './plan.js'

/** Keeps leases. */
export interface ClusterStore {
  /** Its host. */
  readonly netns: Netns
  readonly isRunning: boolean
  /** Starts it with the data that it had. Nothing happens when it runs. */
  start(): void
  /** Ends it at once. */
  kill(): void
  /** How a node's flanneld finds it. */
  flanneldOptions(plan: NodePlan): FlanneldOptions
  /** A node is there, or there again. */
  nodeBooted(node: FlannelNode, plan: NodePlan): void
  /** A node leaves: what the store has of it goes. Throws EIO when the store does not answer. */
  nodeRemoved(node: FlannelNode): void
}

const ETCD_PORT = 2379
const KUBE_PORT = 6443
/** Where kubectl on the API server's host looks first. */
const KUBECONFIG = '/root/.kube/config'

const kubeconfigText = (server: string): string => {
  const context = { name: 'kubernetes', context: { cluster: 'kubernetes', user: '' } }
  const clusters = [{ name: 'kubernetes', cluster: { server } }]
  const config = { kind: 'Config', apiVersion: 'v1', clusters, contexts: [context], 'current-context': 'kubernetes' }
  return `${JSON.stringify(config, null, 2)}\n`
}

/** People pass the whole command line as they would to a shell. */
const checkWords = ([program = '', first = '']: readonly string[]): void => {
  if (!/\s/.test(first)) return
  const words = first.trim().split(/\s+/)
  const call = `${program}(${words.map(word => `'${word}'`).join(', ')})`
  throw new NetloomError('EINVAL', `${program}: ${JSON.stringify(first)} is no command; each word on its own: ${call}`)
}

/** Runs a command on a host to its end and returns what it prints. Throws EIO with what it says when it fails. */
const runTool = (world: World, { kernel }: Netns, argv: readonly string[], withinNs: number): string => {
  checkWords(argv)
  const process = new Process(kernel, argv[0]!)
  spawn(process, function* () {
    const { status, stdout, stderr } = yield* exec(process, argv)
    process.stdout = stdout
    process.stderr = stderr
    process.exit(status)
  })
  world.run({ until: () => process.exitStatus !== null, within: withinNs })
  if (process.exitStatus === 0) return process.stdout
  throw new NetloomError('EIO', `${argv.join(' ')}: ${process.stderr.trim()}`, { exit: process.exitStatus })
}

const prefixOf = ({ etcdPrefix = FLANNELD_DEFAULTS.etcdPrefix }: FlanneldOptions): string => etcdPrefix

/** etcd on a host of the underlay. */
export class EtcdStore implements ClusterStore {
  readonly netns: Netns
  readonly #world: World
  readonly #address: string
  readonly #withinNs: number
  #process: Process | null = null

  constructor(world: World, netns: Netns, address: string, { withinNs, config, flanneld }: ClusterPlan) {
    this.#world = world
    this.netns = netns
    this.#address = address
    this.#withinNs = withinNs
    this.start()
    this.etcdctl('put', configKey(prefixOf(flanneld)), config)
  }

  get #url(): string {
    return `http://${this.#address}:${ETCD_PORT}`
  }

  get isRunning(): boolean {
    return this.#process !== null && this.#process.exitStatus === null
  }

  start(): void {
    if (this.isRunning) return
    const listenClientUrls = [this.#url, `http://127.0.0.1:${ETCD_PORT}`]
    this.#process = startEtcd(this.netns.kernel, { listenClientUrls, dataDir: '/var/lib/etcd' })
  }

  kill(): void {
    this.#process?.killHard()
  }

  flanneldOptions(): FlanneldOptions {
    return { etcdEndpoints: this.#url }
  }

  nodeBooted(): void {}

  /** The leases are those with its address: of a node that is down too. */
  nodeRemoved({ address, leaseOptions }: FlannelNode): void {
    const publicIp = leaseOptions.publicIp || address
    const lines = this.etcdctl('get', '--prefix', `${subnetsKey(prefixOf(leaseOptions))}/`).split('\n')
    for (let n = 0; n + 1 < lines.length; n += 2)
      if (lines[n + 1]!.startsWith(`{"PublicIP":"${publicIp}",`)) this.etcdctl('del', lines[n]!)
  }

  /** Runs etcdctl and returns what it prints; the world runs until it has ended. Throws EIO with what it says. */
  etcdctl(...words: readonly string[]): string {
    return runTool(this.#world, this.netns, ['etcdctl', ...words], this.#withinNs)
  }
}

/** An API server and a controller manager on a host of the underlay: a node's subnet is its podCIDR. */
export class KubeStore implements ClusterStore {
  readonly netns: Netns
  readonly #world: World
  readonly #address: string
  readonly #withinNs: number
  readonly #config: string
  #api: KubeApiserver

  constructor(world: World, netns: Netns, address: string, { withinNs, config }: ClusterPlan) {
    this.#world = world
    this.netns = netns
    this.#withinNs = withinNs
    this.#address = address
    this.#config = config
    this.#api = startKubeApiserver(netns.kernel, {})
    const { network, subnetLen } = parseConfig(config)
    const master = `http://127.0.0.1:${KUBE_PORT}`
    startKubeControllerManager(netns.kernel, { master, clusterCidr: netText(network), nodeCidrMaskSize: subnetLen })
    netns.files.write(KUBECONFIG, kubeconfigText(this.#url))
  }

  get #url(): string {
    return `http://${this.#address}:${KUBE_PORT}`
  }

  /** The API server. */
  get api(): KubeApiserver {
    return this.#api
  }

  get isRunning(): boolean {
    return this.#api.isRunning
  }

  start(): void {
    if (!this.isRunning) this.#api = startKubeApiserver(this.netns.kernel, {})
  }

  kill(): void {
    this.#api.kill()
  }

  flanneldOptions({ name }: NodePlan): FlanneldOptions {
    return { kubeSubnetMgr: true, kubeApiUrl: this.#url, env: { NODE_NAME: name } }
  }

  nodeBooted(node: FlannelNode, { subnet, flanneld }: NodePlan): void {
    node.netns.files.write(flanneld.netConfigPath ?? FLANNELD_DEFAULTS.netConfigPath, `${this.#config}\n`)
    const { nodes } = this.#api
    if (nodes.list().some(n => n.metadata.name === node.name)) return
    const podCIDR = subnet === null ? {} : { podCIDR: netText(subnet) }
    nodes.create({ name: node.name, internalIP: node.address, ready: true, ...podCIDR })
  }

  nodeRemoved({ name }: FlannelNode): void {
    if (this.#api.nodes.list().some(n => n.metadata.name === name)) this.#api.nodes.delete(name)
  }

  /** Runs kubectl and returns what it prints; the world runs until it has ended. Throws EIO with what it says. */
  kubectl(...words: readonly string[]): string {
    return runTool(this.#world, this.netns, ['kubectl', ...words], this.#withinNs)
  }
}
