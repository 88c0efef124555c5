/**
 * A pod of a cluster: a namespace that the node's CNI plugin attaches, or a container of the node's own network.
 */
import { Printable } from '../../app/printable.js'
import { Process } from '../../app/process.js'
import { spawn, type Thread } from '../../app/thread.js'
import { addNetworkList, delNetworkList, type RuntimeConf } from '../../cni/libcni/api.js'
import { loadConfList } from '../../cni/libcni/conf.js'
import { GoError } from '../../app/go-error.js'
import { CNI_BIN_DIR } from '../../cni/skel.js'
import type { Netns as KernelNetns } from '../../core/netns.js'
import { NetloomError } from '../../errors.js'
import { fsOf } from '../../fs/file-system.js'
import { s } from '../../sim/time.js'
import { formatIpv4 } from '../../wire/ip.js'
import type { Netns } from '../netns.js'
import type { World } from '../world.js'
import type { FlannelNode } from './node.js'

const NET_DIR = '/etc/cni/net.d'
const NETWORK = 'cbr0'
const CONF_FILE = `${NET_DIR}/10-flannel.conflist`
const IF_NAME = 'eth0'
/** Longest time that a plugin may take. */
const PLUGIN_NS: number = s(60)

/** What flannel's manifest puts into /etc/cni/net.d of each node, without its portmap. */
const confList = (subnetFile: string | undefined): string => {
  const plugin = { type: 'flannel', subnetFile, delegate: { hairpinMode: true, isDefaultGateway: true } }
  return JSON.stringify({ name: NETWORK, cniVersion: '0.3.1', plugins: [plugin] }, null, 2)
}

/** Gives a node its network configuration of CNI; `subnetFile` where its flanneld writes it to another place than flannel's own. */
export const writeConfList = (netns: Netns, subnetFile?: string): void =>
  netns.files.write(CONF_FILE, `${confList(subnetFile)}\n`)

/** Runs a part of the node's kubelet to its end. Throws EIO with the plugin's words. */
const runKubelet = <T>(world: World, host: KernelNetns, what: string, body: (kubelet: Process) => Thread<T>): T => {
  const kubelet = new Process(host, 'kubelet')
  let result: { readonly value: T } | { readonly error: unknown } | null = null
  spawn(kubelet, function* () {
    try {
      result = { value: yield* body(kubelet) }
    } catch (error) {
      result = { error }
    }
    kubelet.exit(0)
  })
  world.run({ until: () => kubelet.exitStatus !== null, within: PLUGIN_NS })
  const ended = result as { readonly value: T } | { readonly error: unknown } | null
  if (ended === null) throw new NetloomError('EIO', `${what}: its node went down meanwhile`, { node: host.name })
  if ('value' in ended) return ended.value
  if (!(ended.error instanceof GoError)) throw ended.error
  throw new NetloomError('EIO', `${what}: ${ended.error.message}`, { node: host.name })
}

/** A pod. */
export class FlannelPod extends Printable {
  readonly name: string
  readonly node: FlannelNode
  /** Its namespace; the node's for one of the host's network. */
  readonly netns: Netns
  /** Its address. */
  readonly address: string
  readonly isHostNetwork: boolean
  readonly #world: World
  readonly #runtime: RuntimeConf | null

  /** @internal */
  constructor(
    world: World,
    node: FlannelNode,
    name: string,
    netns: Netns,
    address: string,
    runtime: RuntimeConf | null,
  ) {
    super()
    this.#world = world
    this.node = node
    this.name = name
    this.netns = netns
    this.address = address
    this.#runtime = runtime
    this.isHostNetwork = runtime === null
  }

  /**
   * Ends the pod: the plugin takes it off the network, then its namespace goes. The world runs meanwhile. Throws ENOENT for one
   * that has ended, by itself or with its node.
   */
  delete(): void {
    const runtime = this.#runtime
    if (!this.node.pods.includes(this))
      throw new NetloomError('ENOENT', `flannel: pod ${this.name} of ${this.node.name} has ended`, { name: this.name })
    if (runtime !== null)
      runKubelet(this.#world, this.node.netns.kernel, `pod ${this.name}`, function* (kubelet) {
        yield* delNetworkList(kubelet, loadConfList(fsOf(kubelet.netns), NET_DIR, NETWORK), runtime)
      })
    this.remove()
    this.node.pods.splice(this.node.pods.indexOf(this), 1)
  }

  /** @internal the namespace goes, as with the power of the node */
  remove(): void {
    if (!this.isHostNetwork) this.#world.delNetns(this.name)
  }

  override toString(): string {
    return `${this.name} ${this.address} on ${this.node.name}`
  }

  override toJSON(): { name: string; node: string; address: string } {
    return { name: this.name, node: this.node.name, address: this.address }
  }
}

/** Identifier of a container as containerd draws it: 32 octets. */
const drawContainerId = ({ rng }: Process): string =>
  Array.from({ length: 8 }, () => rng.u32().toString(16).padStart(8, '0')).join('')

/** Adds a pod to a node. Throws EEXIST for a name that is taken, EIO with the plugin's words. */
export const addPod = (world: World, node: FlannelNode, name: string): FlannelPod => {
  const { kernel } = node.netns
  const netns = world.addNetns(name)
  try {
    const { address, runtime } = runKubelet(world, kernel, `pod ${name}`, function* (kubelet) {
      const list = loadConfList(fsOf(kubelet.netns), NET_DIR, NETWORK)
      const runtime: RuntimeConf = {
        containerId: drawContainerId(kubelet),
        netns: `/var/run/netns/${name}`,
        ifName: IF_NAME,
        path: [CNI_BIN_DIR],
      }
      netns.link.set('lo', { up: true })
      const { ips } = yield* addNetworkList(kubelet, list, runtime)
      return { address: formatIpv4(ips[0]!.address.ip), runtime }
    })
    const pod = new FlannelPod(world, node, name, netns, address, runtime)
    node.pods.push(pod)
    return pod
  } catch (e) {
    world.delNetns(name)
    if (node.subnet === null && e instanceof NetloomError)
      throw new NetloomError(e.code, `${e.message} (${node.name} has no subnet yet: converge() first)`, e.context)
    throw e
  }
}

/** Adds a pod of the host's network (`hostNetwork: true`). */
export const addHostPod = (world: World, node: FlannelNode, name: string): FlannelPod => {
  const pod = new FlannelPod(world, node, name, node.netns, node.address, null)
  node.pods.push(pod)
  return pod
}
