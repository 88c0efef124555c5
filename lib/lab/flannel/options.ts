/**
 * What a cluster of flannel is made of.
 */
import { checkOptions, numberOption, prefixOption } from '../../app/text.js'
import { NetloomError } from '../../errors.js'
import { BACKENDS } from '../../flannel/backends.js'
import { netContains } from '../../flannel/ip4-net.js'
import { type FlannelConfig, parseConfig } from '../../flannel/subnet/config.js'
import { SubnetError } from '../../flannel/subnet/subnet.js'
import { formatIpv4, formatPrefix, type Prefix } from '../../wire/ip.js'
import type { FlanneldOptions } from '../flanneld.js'
import { checkBackend, type FlannelBackend } from './backend.js'

/** A node of the cluster. */
export interface FlannelNodeSpec {
  /** Name of its namespace; `h1`, `h2`, ... when absent. */
  readonly name?: string
  /** Pods on it; those of {@link FlannelOptions.pods} when absent. */
  readonly pods?: number | readonly string[]
  /** Number of the segment that it stands on, from 0. By default the nodes are spread over the segments in order. */
  readonly segment?: number
  /**
   * Subnet that it is to have, `10.244.1.0/24`: a subnet file of an earlier run, as flanneld takes it when nobody else has it.
   * Drawn at random when absent.
   */
  readonly subnet?: string
  /** Options of its flanneld besides those of {@link FlannelOptions.flanneld}. */
  readonly flanneld?: FlanneldOptions
}

/** What the nodes stand on. */
export interface FlannelUnderlay {
  /**
   * A switch each, with a router between them, or subnets of a cloud; 1 by default.
   */
  readonly segments?: number
  /**
   * Whose machines the hosts are: `aws`, an Amazon VPC, `gce`, a network of Google Cloud, or `none`. That of the backend by
   * default: `aws` for aws-vpc, `gce` for gce, `none` for others.
   */
  readonly cloud?: 'aws' | 'gce' | 'none'
  /** Routes that the cloud allows; what it allows a new account by default. */
  readonly routesQuota?: number
  /** MTU in octets; 1500 by default, 1460 on gce. */
  readonly mtu?: number
  /** Addresses of the first segment; the next ones follow. 192.168.0.0/20 by default: .1 the router, .2 etcd, nodes from .11 on. */
  readonly network?: string
}

/** Options of {@link flannel}. */
export interface FlannelOptions {
  /** The network that subnets are cut from. `10.244.0.0/16` by default. */
  readonly network?: string
  readonly subnetLen?: number
  readonly subnetMin?: string
  readonly subnetMax?: string
  /** Type of the backend (`vxlan`, `udp`, `host-gw`, `alloc`, `aws-vpc`, `gce`), or it with its options; `vxlan` by default. */
  readonly backend?: string | FlannelBackend
  /** How many nodes, their names, or what each is. */
  readonly nodes: number | readonly (string | FlannelNodeSpec)[]
  /** Pods on each node, made by the CNI plugin: how many, or their names behind the node's; 0 by default. */
  readonly pods?: number | readonly string[]
  readonly underlay?: FlannelUnderlay
  /** Where the leases are: `etcd`, or `kube` for the podCIDRs of Kubernetes' nodes (`--kube-subnet-mgr`). `etcd` by default. */
  readonly subnetManager?: 'etcd' | 'kube'
  /** `-ip-masq`; true by default. */
  readonly ipMasq?: boolean
  /** Options of every flanneld. */
  readonly flanneld?: FlanneldOptions
  /** Seconds after which a flanneld that has failed is started again (systemd's RestartSec); 5 by default, null for never. */
  readonly restartSec?: number | null
  /** Virtual nanoseconds in which all must have found each other; 60 s by default. */
  readonly withinNs?: number
}

const OPTIONS = [
  'network',
  'subnetLen',
  'subnetMin',
  'subnetMax',
  'backend',
  'nodes',
  'pods',
  'underlay',
  'subnetManager',
  'ipMasq',
  'flanneld',
  'restartSec',
  'withinNs',
]
const NODE_OPTIONS = ['name', 'pods', 'segment', 'subnet', 'flanneld']
const UNDERLAY_OPTIONS = ['segments', 'cloud', 'routesQuota', 'mtu', 'network']
const CLOUDS = ['aws', 'gce', 'none']
const GCE_MTU = 1460
const MTU = 1500
/** The least of IPv4 and the most of a veth. */
const MIN_MTU = 68
const MAX_MTU = 65535
const SUBNET_MANAGERS: readonly string[] = ['etcd', 'kube']
const MAX_NODES = 5000
const MAX_SEGMENTS = 64
const NS_PER_MINUTE = 60_000_000_000

/** A node with everything filled in. */
export interface NodePlan {
  readonly name: string
  readonly pods: readonly string[]
  readonly segment: number
  readonly flanneld: FlanneldOptions
  /** Null to draw one. */
  readonly subnet: Prefix | null
}

/** A cluster with everything filled in. */
export interface ClusterPlan {
  /** Text of the network configuration. */
  readonly config: string
  readonly subnetManager: 'etcd' | 'kube'
  readonly nodes: readonly NodePlan[]
  readonly segments: number
  readonly cloud: 'aws' | 'gce' | 'none'
  /** Null for what a new account has. */
  readonly routesQuota: number | null
  readonly mtu: number
  readonly underlay: Prefix
  readonly flanneld: FlanneldOptions
  readonly restartSec: number | null
  readonly withinNs: number
}

/** Names of a node's pods. */
export const podNames = (node: string, pods: number | readonly string[]): string[] =>
  typeof pods === 'number'
    ? Array.from({ length: numberOption('flannel: pods', pods, 250) }, (_, n) => `${node}-pod${n + 1}`)
    : pods.map(name => `${node}-${name}`)

const configText = (o: FlannelOptions): string => {
  const { network = '10.244.0.0/16', subnetLen, subnetMin, subnetMax, backend = 'vxlan' } = o
  const text = JSON.stringify({
    Network: network,
    SubnetLen: subnetLen,
    SubnetMin: subnetMin,
    SubnetMax: subnetMax,
    Backend: typeof backend === 'string' ? { Type: backend } : backend,
  })
  let type: string
  try {
    type = parseConfig(text).backendType
  } catch (e) {
    if (!(e instanceof SubnetError)) throw e
    throw new NetloomError('EINVAL', `flannel: ${e.message} (network configuration ${text})`, { config: text })
  }
  const known = BACKENDS.map(k => k.type)
  if (!known.includes(type.toLowerCase()))
    throw new NetloomError('EINVAL', `flannel: unknown backend type: ${type}; there are ${known.join(', ')}`, { type })
  if (typeof backend !== 'string') checkBackend(backend)
  return text
}

/** Refuses a subnet that its flanneld would not take. In Kubernetes a podCIDR may be of any length. */
const checkSubnet = (name: string, subnet: Prefix, config: FlannelConfig, isKube: boolean): void => {
  const { network, subnetLen, subnetMin, subnetMax } = config
  const refuse = (why: string): never => {
    const text = formatPrefix(subnet)
    throw new NetloomError('EINVAL', `flannel: node ${name}: subnet ${text}: ${why}`, { name, subnet: text })
  }
  if (isKube) {
    if (!netContains(network, subnet.addr)) refuse(`not in the network ${formatPrefix(network)}`)
    return
  }
  if (subnet.len !== subnetLen) refuse(`subnets of ${formatPrefix(network)} are /${subnetLen} here; see subnetLen`)
  const addr = subnet.addr >>> 0
  if (addr < subnetMin >>> 0 || addr > subnetMax >>> 0)
    refuse(`not one of ${formatIpv4(subnetMin)} to ${formatIpv4(subnetMax)}; see network, subnetMin and subnetMax`)
}

/** Refuses two nodes of one name or one subnet. */
const checkNodes = (nodes: readonly NodePlan[]): void => {
  const taken = new Map<string, string>()
  for (const { name, subnet } of nodes) {
    if (taken.has(name)) throw new NetloomError('EEXIST', `flannel: there is a node ${name}`, { name })
    taken.set(name, name)
    if (subnet === null) continue
    const text = formatPrefix(subnet)
    const other = taken.get(text)
    if (other !== undefined)
      throw new NetloomError('EEXIST', `flannel: node ${name}: subnet ${text} is that of node ${other}`, { name })
    taken.set(text, name)
  }
}

/** An integer of a range. Throws EINVAL that names the option. */
const within = (option: string, value: number, min: number, max: number): number => {
  if (Number.isInteger(value) && value >= min && value <= max) return value
  throw new NetloomError('EINVAL', `flannel: ${option}: ${value} is not a number of ${min} to ${max}`, {
    option,
    value,
  })
}

/** The nodes as they were given, a number of them written out. */
const nodeSpecs = (nodes: FlannelOptions['nodes']): readonly (string | FlannelNodeSpec)[] => {
  if (typeof nodes === 'number')
    return Array.from({ length: numberOption('flannel: nodes', nodes, MAX_NODES) }, () => ({}))
  if (Array.isArray(nodes)) return nodes
  throw new NetloomError('EINVAL', `flannel: nodes: ${String(nodes)} is neither a number of nodes nor a list of them`)
}

/** The node with its defaults; `n` counts from 0 over `count` nodes. */
export const planNode = (
  given: string | FlannelNodeSpec,
  n: number,
  count: number,
  o: FlannelOptions,
  segments: number,
): NodePlan => {
  const spec = typeof given === 'string' ? { name: given } : given
  checkOptions('flannel: node', spec, NODE_OPTIONS)
  const name = spec.name ?? `h${n + 1}`
  if (name === '' || name === '.' || name === '..' || name.includes('/'))
    throw new NetloomError('EINVAL', `flannel: node "${name}": no name of a namespace`, { name })
  const segment = spec.segment ?? Math.floor((n * segments) / count)
  if (!(Number.isInteger(segment) && segment >= 0 && segment < segments))
    throw new NetloomError('EINVAL', `flannel: node ${name}: segment ${segment} is not one of 0 to ${segments - 1}`, {
      name,
      segment,
    })
  const flanneld = { ...o.flanneld, ...spec.flanneld }
  const subnet = spec.subnet === undefined ? null : prefixOption(`flannel: node ${name}: subnet`, spec.subnet)
  if (subnet !== null) checkSubnet(name, subnet, parseConfig(configText(o)), o.subnetManager === 'kube')
  return { name, segment, flanneld, subnet, pods: podNames(name, spec.pods ?? o.pods ?? 0) }
}

/** The cloud that the hosts are in. Throws EINVAL. */
const cloudOf = (cloud: FlannelUnderlay['cloud'], backend: FlannelOptions['backend']): 'aws' | 'gce' | 'none' => {
  const type = typeof backend === 'string' ? backend : (backend?.Type ?? '')
  if (cloud === undefined) return type === 'aws-vpc' ? 'aws' : type === 'gce' ? 'gce' : 'none'
  if (CLOUDS.includes(cloud)) return cloud
  throw new NetloomError('EINVAL', `flannel: underlay.cloud: unknown word "${cloud}"; known are ${CLOUDS.join(', ')}`, {
    cloud,
  })
}

/** Everything that options say and leave out. Throws EINVAL that names what is wrong. */
export const planCluster = (o: FlannelOptions): ClusterPlan => {
  if (typeof o !== 'object' || o === null)
    throw new NetloomError('EINVAL', 'flannel: options are needed, such as { nodes: 3 }')
  checkOptions('flannel', o, OPTIONS)
  const { underlay = {}, restartSec = 5, withinNs = NS_PER_MINUTE, subnetManager = 'etcd' } = o
  if (!SUBNET_MANAGERS.includes(subnetManager))
    throw new NetloomError(
      'EINVAL',
      `flannel: subnetManager: ${subnetManager} is not one of ${SUBNET_MANAGERS.join(', ')}`,
      {
        subnetManager,
      },
    )
  checkOptions('flannel: underlay', underlay, UNDERLAY_OPTIONS)
  const { segments = 1, network = '192.168.0.0/20', routesQuota = null } = underlay
  const cloud = cloudOf(underlay.cloud, o.backend)
  const mtu = underlay.mtu ?? (cloud === 'gce' ? GCE_MTU : MTU)
  within('underlay.segments', segments, 1, MAX_SEGMENTS)
  within('underlay.mtu', mtu, MIN_MTU, MAX_MTU)
  const given = nodeSpecs(o.nodes)
  const config = configText(o)
  const nodes = given.map((spec, n) => planNode(spec, n, given.length, o, segments))
  checkNodes(nodes)
  const flanneld = { ipMasq: o.ipMasq ?? true, ...o.flanneld }
  return {
    config,
    subnetManager,
    nodes,
    segments,
    cloud,
    routesQuota,
    mtu,
    underlay: prefixOption('flannel: underlay.network', network),
    flanneld,
    restartSec,
    withinNs,
  }
}
