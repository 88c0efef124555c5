/**
 * The subnet manager on Kubernetes: a host's subnet is its node's podCIDR, and the hosts hear of each other by the annotations
 * of their nodes.
 *
 * Left out: IPv6.
 *
 * @see flannel subnet/kube/kube.go
 */
import { goQuote } from '../../../app/go-text.js'
import type { Process } from '../../../app/process.js'
import { cancelled, Chan, type Context, firstOf, slept, type Thread, wait } from '../../../app/thread.js'
import type { Node, NodeCondition } from '../../../kubernetes/api/node.js'
import { timeText } from '../../../kubernetes/apimachinery/meta.js'
import { createMergePatch } from '../../../kubernetes/apimachinery/patch.js'
import { KubeClient } from '../../../kubernetes/client/client.js'
import { Informer } from '../../../kubernetes/client/reflector.js'
import { NSEC_PER_SEC } from '../../../sim/time.js'
import { formatIpv4, parseIpv4, type Prefix } from '../../../wire/ip.js'
import type { Klog } from '../../../app/klog.js'
import { netContains, netText, NO_NET, parseCidr } from '../../ip4-net.js'
import type { FlannelConfig } from '../config.js'
import type { Lease, LeaseAttrs, LeaseEnd, LeaseEvent, LeaseWatch, LeaseWatchResult, SubnetManager } from '../subnet.js'
import { type Annotations, newAnnotations } from './annotations.js'
import { type KubeSubnetOptions, messageOf, nodeNameOf, readNetConf, refuse, serverFor } from './environment.js'

const RESYNC_NS = 300 * NSEC_PER_SEC
const SYNC_TIMEOUT_NS = 600 * NSEC_PER_SEC
const POLL_NS = NSEC_PER_SEC
const LEASE_NS = 24 * 3600 * NSEC_PER_SEC

/**
 * Makes the manager: finds the API server, the node and the configuration, and waits until it knows all nodes, for at most ten
 * minutes. With the backend alloc it needs to know none but its own. Throws a SubnetError with flannel's text.
 */
export function* newKubeSubnetManager(
  process: Process,
  options: KubeSubnetOptions,
  log: Klog,
  ctx: Context,
): Thread<SubnetManager> {
  const client = new KubeClient(
    process,
    serverFor(process, options, log),
    'flanneld/v0.0.0 (linux/amd64) kubernetes/$Format',
  )
  const nodeName = yield* nodeNameOf(client, options.env)
  const config = readNetConf(process, options.netConfigPath)
  let manager: KubeSubnetManager
  try {
    manager = new KubeSubnetManager(process, client, config, nodeName, options, log, ctx)
  } catch (e) {
    return refuse(`error creating network manager: ${messageOf(e)}`)
  }
  if (config.backendType === 'alloc') log.info('kube.go:122', 'Node controller skips sync')
  else yield* manager.sync()
  return manager
}

/** Text of a list of strings as Go's %v prints it. */
const listText = (list: readonly string[]): string => `[${list.join(' ')}]`

class KubeSubnetManager implements SubnetManager {
  readonly name: string
  readonly crashesOnCancel = false
  readonly #process: Process
  readonly #client: KubeClient
  readonly #config: FlannelConfig
  readonly #nodeName: string
  readonly #annotations: Annotations
  readonly #setNodeNetworkUnavailable: boolean
  readonly #log: Klog
  readonly #ctx: Context
  readonly #events = new Chan<LeaseEvent>()
  readonly #nodes: Informer<Node>
  readonly #hasNoInformer: boolean

  constructor(
    process: Process,
    client: KubeClient,
    config: FlannelConfig,
    nodeName: string,
    options: KubeSubnetOptions,
    log: Klog,
    ctx: Context,
  ) {
    const { EVENT_QUEUE_DEPTH: depth = '' } = options.env
    this.#annotations = newAnnotations(options.kubeAnnotationPrefix)
    if (depth !== '' && !/^[+-]?\d+$/.test(depth)) {
      const why = `strconv.Atoi: parsing ${goQuote(depth)}: invalid syntax`
      refuse(`env EVENT_QUEUE_DEPTH=${depth} format error: ${why}`)
    }
    this.#process = process
    this.#client = client
    this.#config = config
    this.#nodeName = nodeName
    this.#setNodeNetworkUnavailable = options.setNodeNetworkUnavailable
    this.#log = log
    this.#ctx = ctx
    this.name = `Kubernetes Subnet Manager - ${nodeName}`
    this.#hasNoInformer = config.backendType === 'alloc'
    const handlers = {
      onAdd: (node: Node): void => this.#onLease('added', node),
      onUpdate: (old: Node, node: Node): void => this.#onUpdate(old, node),
      onDelete: (node: Node): void => this.#onLease('removed', node),
    }
    const onWarning = (what: 'list' | 'watch' | 'both', text: string): void => {
      const line = `github.com/flannel-io/flannel/subnet/kube/kube.go:432: ${text}`
      if (what === 'both') log.error('reflector.go:140', line)
      else log.warning(what === 'list' ? 'reflector.go:424' : 'reflector.go:347', line)
    }
    this.#nodes = new Informer(
      process,
      client.nodes,
      handlers,
      { typeName: '*v1.Node', resyncNs: RESYNC_NS, onWarning },
      ctx,
    )
  }

  /** Starts to follow the nodes, and looks once a second whether all are known. */
  *sync(): Thread<void> {
    this.#log.info('kube.go:126', 'Waiting 10m0s for node controller to sync')
    this.#log.info('kube.go:431', 'Starting kube subnet manager')
    this.#nodes.start()
    const { world } = this.#process.netns
    const deadline = world.now + SYNC_TIMEOUT_NS
    do {
      const { which } = yield* wait(firstOf({ late: slept(POLL_NS), cancel: this.#ctx.done }))
      if (which === 'cancel') throw cancelled()
      if (world.now >= deadline && !this.#nodes.hasSynced)
        refuse('error waiting for nodeController to sync state: timed out waiting for the condition')
    } while (!this.#nodes.hasSynced)
    this.#log.info('kube.go:133', 'Node controller sync successful')
  }

  // biome-ignore lint/correctness/useYield: the configuration is there already
  *getNetworkConfig(_ctx: Context): Thread<FlannelConfig> {
    return this.#config
  }

  /** Writes what this host is into its node's annotations; the subnet is the node's podCIDR. */
  *acquireLease(ctx: Context, attrs: LeaseAttrs): Thread<Lease> {
    const node = yield* this.#ownNode(ctx)
    if ((node.spec.podCIDR ?? '') === '') refuse(`node ${goQuote(this.#nodeName)} pod cidr not assigned`)
    const subnet = this.#podCidr(node)
    if (this.#differs(node, attrs)) yield* this.#annotate(ctx, node, attrs)
    const expirationNs = this.#process.netns.world.now + LEASE_NS
    if (subnet === null) return { subnet: NO_NET, attrs, expirationNs }
    const { network } = this.#config
    if (network.len > subnet.len || !netContains(network, subnet.addr)) {
      const [net, cidr, name] = [netText(network), netText(subnet), this.#nodeName].map(t => goQuote(t))
      refuse(`subnet ${net} specified in the flannel net config doesn't contain ${cidr} PodCIDR of the ${name} node`)
    }
    return { subnet, attrs, expirationNs }
  }

  watchLeases(ctx: Context): LeaseWatch {
    const events = this.#events
    return {
      *next(): Thread<LeaseWatchResult> {
        const first = yield* wait(firstOf({ event: events.next, cancel: ctx.done }))
        if (first.which === 'cancel' || first.value === null) throw cancelled()
        return { events: [first.value], snapshot: null }
      },
      close: () => {},
    }
  }

  /** There is nothing to renew; the node's condition says that its network is there. */
  *completeLease(ctx: Context, _lease: Lease): Thread<LeaseEnd> {
    if (!this.#setNodeNetworkUnavailable) return 'done'
    const now = timeText(this.#process.netns.world.now)
    const condition: NodeCondition = {
      type: 'NetworkUnavailable',
      status: 'False',
      lastHeartbeatTime: now,
      lastTransitionTime: now,
      reason: 'FlannelIsUp',
      message: 'Flannel is running on this node',
    }
    yield* this.#patch(ctx, { status: { conditions: [condition] } })
    return 'done'
  }

  *#patch(ctx: Context, patch: Parameters<KubeClient['nodes']['patch']>[2]): Thread<void> {
    try {
      yield* this.#client.nodes.patch(this.#nodeName, 'strategic', patch, { subresource: 'status' }, ctx)
    } catch (e) {
      if (ctx.isCancelled) throw e
      refuse(messageOf(e))
    }
  }

  *#ownNode(ctx: Context): Thread<Node> {
    const name = this.#nodeName
    if (!this.#hasNoInformer) return this.#nodes.get(name) ?? refuse(`node ${goQuote(name)} not found`)
    try {
      return yield* this.#client.nodes.get(name, { resourceVersion: 0 }, ctx)
    } catch (e) {
      if (ctx.isCancelled) throw e
      return refuse(messageOf(e))
    }
  }

  /** The IPv4 subnet of a node, null for one that has only IPv6. Throws a SubnetError. */
  #podCidr({ spec: { podCIDR = '', podCIDRs = [] } }: Node): Prefix | null {
    if (podCIDRs.length > 2)
      return refuse(`node ${goQuote(this.#nodeName)} pod cidrs should be IPv4/IPv6 only or dualstack`)
    for (const text of podCIDRs.length === 0 ? [podCIDR] : podCIDRs) {
      if (text.includes(':')) continue
      return parseCidr(text) ?? refuse(`invalid CIDR address: ${text}`)
    }
    return null
  }

  #differs({ metadata: { annotations = {} } }: Node, attrs: LeaseAttrs): boolean {
    const keys = this.#annotations
    const publicIp = formatIpv4(attrs.publicIp)
    const overwrite = annotations[keys.backendPublicIpOverwrite] ?? ''
    return (
      (annotations[keys.backendData] ?? '') !== dataText(attrs) ||
      (annotations[keys.backendType] ?? '') !== attrs.backendType ||
      annotations[keys.backendPublicIp] !== publicIp ||
      annotations[keys.subnetKubeManaged] !== 'true' ||
      (overwrite !== '' && overwrite !== publicIp)
    )
  }

  *#annotate(ctx: Context, node: Node, attrs: LeaseAttrs): Thread<void> {
    const keys = this.#annotations
    const { annotations: old = {} } = node.metadata
    const data = dataText(attrs)
    const annotations: Record<string, string> = {
      ...old,
      [keys.backendType]: attrs.backendType,
      [keys.subnetKubeManaged]: 'true',
    }
    if (attrs.backendType !== 'vxlan' || data !== 'null') {
      annotations[keys.backendData] = data
      const overwrite = old[keys.backendPublicIpOverwrite] ?? ''
      if (overwrite === '') annotations[keys.backendPublicIp] = formatIpv4(attrs.publicIp)
      else if (old[keys.backendPublicIp] !== overwrite) {
        const text = `Overriding public ip with '${overwrite}' from node annotation '${keys.backendPublicIpOverwrite}'`
        this.#log.info('kube.go:342', text)
        annotations[keys.backendPublicIp] = overwrite
      }
    }
    const sorted = Object.fromEntries(
      Object.keys(annotations)
        .sort()
        .map(key => [key, annotations[key]!]),
    )
    const patch = createMergePatch(node, { ...node, metadata: { ...node.metadata, annotations: sorted } })
    yield* this.#patch(ctx, patch ?? {})
  }

  #isManaged({ metadata: { annotations = {} } }: Node): boolean {
    return annotations[this.#annotations.subnetKubeManaged] === 'true'
  }

  #onLease(type: LeaseEvent['type'], node: Node): void {
    if (!this.#isManaged(node)) return
    try {
      this.#events.push({ type, lease: this.#nodeToLease(node) })
    } catch (e) {
      const at = 'kube.go:222'
      this.#log.info(at, `Error turning node ${goQuote(node.metadata.name)} to lease: ${messageOf(e)}`)
    }
  }

  /** Only the backend's type and data and the public address count. */
  #onUpdate(old: Node, node: Node): void {
    if (!this.#isManaged(node)) return
    const { backendData, backendType, backendPublicIp } = this.#annotations
    const [before, after] = [old.metadata.annotations ?? {}, node.metadata.annotations ?? {}]
    if ([backendData, backendType, backendPublicIp].every(key => before[key] === after[key])) return
    try {
      this.#events.push({ type: 'added', lease: this.#nodeToLease(node) })
    } catch (e) {
      this.#log.info('kube.go:255', `Error turning node ${goQuote(node.metadata.name)} to lease: ${messageOf(e)}`)
    }
  }

  #nodeToLease(node: Node): Lease {
    const { annotations = {} } = node.metadata
    const keys = this.#annotations
    const publicIp = addressOf(annotations[keys.backendPublicIp] ?? '')
    const { podCIDRs = [] } = node.spec
    if (podCIDRs.length > 0 && podCIDRs.length < 3)
      this.#log.info(
        'kube.go:452',
        `Creating the node lease for IPv4. This is the n.Spec.PodCIDRs: ${listText(podCIDRs)}`,
      )
    const subnet = this.#podCidr(node) ?? NO_NET
    const attrs: LeaseAttrs = {
      publicIp,
      backendType: annotations[keys.backendType] ?? '',
      backendData: annotations[keys.backendData] ?? '',
    }
    return { subnet, attrs, expirationNs: -1 }
  }
}

/** The backend's data as an annotation: JSON, null where there is none. */
const dataText = ({ backendData }: LeaseAttrs): string => (backendData === '' ? 'null' : backendData)

const addressOf = (text: string): number => {
  try {
    return parseIpv4(text)
  } catch {
    return refuse('Invalid IP address format')
  }
}
