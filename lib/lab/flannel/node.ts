/**
 * A node of a cluster: a host with flanneld, looked after as systemd would, and its pods.
 */
import { Printable } from '../../app/printable.js'
import { NetloomError } from '../../errors.js'
import { FLANNELD_DEFAULTS } from '../../flannel/flags.js'
import { netText } from '../../flannel/ip4-net.js'
import { fsOf } from '../../fs/file-system.js'
import { NSEC_PER_SEC } from '../../sim/time.js'
import { type Flanneld, type FlanneldOptions, runFlanneld } from '../flanneld.js'
import type { Netns } from '../netns.js'
import { lastError } from './names.js'
import type { NodePlan } from './plan.js'
import type { FlannelPod } from './pod.js'
import type { ClusterUnderlay } from './underlay.js'

/** What a node needs of its cluster. @internal */
export interface NodeOwner {
  readonly underlay: ClusterUnderlay
  readonly restartSec: number | null
  /** Options of flanneld for the node. */
  flanneldOptions(plan: NodePlan): FlanneldOptions
  /** The node is there, or it is there again, in front of its flanneld. */
  nodeBooted(node: FlannelNode, plan: NodePlan): void
}

/** A node. `crash`, `boot`, `stop`, `start` and `leave` are what may happen to it. */
export class FlannelNode extends Printable {
  readonly name: string
  /** Pods that run on it. */
  readonly pods: FlannelPod[] = []
  readonly #owner: NodeOwner
  readonly #plan: NodePlan
  #netns: Netns | null = null
  #address = ''
  #place: number | null = null
  #flanneld: Flanneld | null = null
  /** flanneld is to run, so that it is started again when it fails. */
  #isWanted = false
  /** The last one that was told to stop, which may take it a while. */
  #stopped: Flanneld | null = null
  /** What its last flanneld that has failed logged as its error; null when none has. */
  #failure: string | null = null
  /** Files that outlive a crash. */
  #disk: ReadonlyMap<string, Uint8Array> = new Map()

  /** @internal */
  constructor(owner: NodeOwner, plan: NodePlan) {
    super()
    this.#owner = owner
    this.#plan = plan
    this.name = plan.name
  }

  /** Its namespace. Throws EHOSTDOWN while the node is down. */
  get netns(): Netns {
    if (this.#netns === null)
      throw new NetloomError('EHOSTDOWN', `${this.name} is down: boot() it`, { node: this.name })
    return this.#netns
  }

  /** Is it powered on? */
  get isUp(): boolean {
    return this.#netns !== null
  }

  /** Its address on the underlay. */
  get address(): string {
    return this.#address
  }

  /** Its flanneld, the present one or the last; null when there was none yet. */
  get flanneld(): Flanneld | null {
    return this.#flanneld
  }

  /** Its subnet, `10.244.1.0/24`; null while flanneld has none. */
  get subnet(): string | null {
    return this.#flanneld?.isRunning === true ? this.#flanneld.subnet : null
  }

  /** @internal where its flanneld keeps leases in etcd, and the address that it gives to the others, where options say so */
  get leaseOptions(): Pick<FlanneldOptions, 'etcdPrefix' | 'publicIp'> {
    return this.#plan.flanneld
  }

  /** @internal the error that its flanneld has logged last, the present one or one before; null for none */
  get failure(): string | null {
    return (this.#flanneld === null ? null : lastError(this.#flanneld)) ?? this.#failure
  }

  /** The pod of that name, with or without the node's name in front. Throws ENOENT. */
  pod(name: string): FlannelPod {
    const found = this.pods.find(p => p.name === name || p.name === `${this.name}-${name}`)
    if (found === undefined) throw new NetloomError('ENOENT', `there is no pod ${name} on ${this.name}`, { name })
    return found
  }

  /** Powers it on: with its old address and MAC of another draw, the files of its disk, and flanneld. Throws EALREADY when it is on. */
  boot(): void {
    if (this.#netns !== null) throw new NetloomError('EALREADY', `${this.name} is up`, { node: this.name })
    const { netns, address, at } = this.#owner.underlay.addHost(this.name, this.#plan.segment, this.#place)
    this.#netns = netns
    this.#address = address
    this.#place = at
    for (const [path, content] of this.#disk) netns.files.write(path, content)
    this.#prepareSubnet(netns)
    this.#owner.nodeBooted(this, this.#plan)
    this.start()
  }

  /** The subnet file of an earlier run, for a subnet that was asked for. */
  #prepareSubnet(netns: Netns): void {
    const { subnet, flanneld } = this.#plan
    if (subnet === null) return
    const first = netText({ addr: (subnet.addr + 1) | 0, len: subnet.len })
    netns.files.write(flanneld.subnetFile ?? FLANNELD_DEFAULTS.subnetFile, `FLANNEL_SUBNET=${first}\n`)
  }

  /** Starts flanneld, and again whenever it fails. Nothing happens when it runs; one that is stopping ends first. */
  start(): void {
    this.#isWanted = true
    if (this.#flanneld?.isRunning !== true) this.#run()
  }

  /**
   * Stops flanneld with SIGTERM: the lease and what it has configured stay. v0.20.2 ends with a panic then, and exit status 2.
   */
  stop(): void {
    this.#isWanted = false
    if (this.#flanneld?.isRunning !== true) return
    this.#stopped = this.#flanneld
    this.#flanneld.kill()
  }

  /**
   * Cuts its power: its programs, devices and pods are gone, /run too, and nobody is told; the lease stays in the store until it
   * ends. Throws EHOSTDOWN when it is down.
   */
  crash(): void {
    this.#disk = this.#diskOf()
    this.#isWanted = false
    for (const pod of this.pods.splice(0)) pod.remove()
    this.#owner.underlay.removeHost(this.name)
    this.#netns = null
  }

  /** Files that are on a disk: all but those of /run and /tmp. */
  #diskOf(): Map<string, Uint8Array> {
    const fs = fsOf(this.netns.kernel)
    const paths = Object.keys(this.netns.files.toJSON()).filter(path => !/^\/(run|tmp|var\/run)\//.test(path))
    return new Map(paths.map(path => [path, fs.readFile(path)]))
  }

  #run(): void {
    const { kernel } = this.netns
    const flanneld = runFlanneld(kernel, { ...this.#owner.flanneldOptions(this.#plan), ...this.#plan.flanneld })
    this.#flanneld = flanneld
    const { restartSec } = this.#owner
    flanneld.onExit(status => {
      this.#failure = lastError(flanneld) ?? this.#failure
      const delay = this.#stopped === flanneld ? 0 : status === 0 ? null : restartSec
      if (!this.#isWanted || delay === null) return
      const label = `restart of flanneld in ${this.name}`
      kernel.world.sim.schedule(delay * NSEC_PER_SEC, () => this.#again(flanneld), null, 0, label)
    })
  }

  /** Starts flanneld again, unless somebody else has, or the host was deleted. */
  #again(failed: Flanneld): void {
    if (this.#isWanted && this.#netns?.exists === true && this.#flanneld === failed) this.#run()
  }

  override toString(): string {
    return `${this.name} ${this.#address} ${this.isUp ? (this.subnet ?? 'without a subnet') : 'down'}`
  }

  override toJSON(): { name: string; address: string; isUp: boolean; subnet: string | null; pods: FlannelPod[] } {
    const { name, address, isUp, subnet, pods } = this
    return { name, address, isUp, subnet, pods }
  }
}
