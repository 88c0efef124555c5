/**
 * What options of a cluster say and leave out, checked before anything is made.
 */
import { checkOptions, checkTexts, numberOption, prefixOption } from '../../app/text.js'
import { type ErrorContext, NetloomError } from '../../errors.js'
import { netContains } from '../../flannel/ip4-net.js'
import { type FlannelConfig, parseConfig } from '../../flannel/subnet/config.js'
import { isSubnetConfigCompat, SubnetError } from '../../flannel/subnet/subnet.js'
import { MAX_CIDR_BITS } from '../../kubernetes/controller/cidr-set.js'
import { formatIpv4, formatPrefix, maskOf, type Prefix } from '../../wire/ip.js'
import { type FlanneldOptions, flanneldSettings } from '../flanneld.js'
import { checkBackend } from './backend.js'
import type { FlannelNodeSpec, FlannelOptions, FlannelUnderlay } from './options.js'

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
/** What IPv4 takes, and what a veth does. */
const MIN_MTU = 68
const MAX_MTU = 65535
/** Last octet of the first node on a segment. */
export const FIRST_NODE = 11
const SUBNET_MANAGERS: readonly string[] = ['etcd', 'kube']
const MAX_NODES = 5000
/** What a /24 has room for, with the bridge. */
const MAX_PODS = 250
const MAX_SEGMENTS = 64
const NS_PER_MINUTE = 60_000_000_000

/** A node with everything filled in. */
export interface NodePlan {
  readonly name: string
  readonly pods: readonly string[]
  readonly segment: number
  /** Options of its flanneld: those of all, and its own. */
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
  /** Options of every flanneld. */
  readonly flanneld: FlanneldOptions
  readonly restartSec: number | null
  readonly withinNs: number
}

/** Names of a node's pods. */
const podNames = (node: string, pods: number | readonly string[]): string[] => {
  if (typeof pods === 'number')
    return Array.from({ length: numberOption('pods', pods, MAX_PODS) }, (_, n) => `${node}-pod${n + 1}`)
  checkTexts('flannel: pods', pods)
  return pods.map(name => `${node}-${name}`)
}

const configOf = (o: FlannelOptions): { text: string; config: FlannelConfig } => {
  const { network = '10.244.0.0/16', subnetLen, subnetMin, subnetMax, backend = 'vxlan' } = o
  const text = JSON.stringify({
    Network: network,
    SubnetLen: subnetLen,
    SubnetMin: subnetMin,
    SubnetMax: subnetMax,
    Backend: typeof backend === 'string' ? { Type: backend } : backend,
  })
  let config: FlannelConfig
  try {
    config = parseConfig(text)
  } catch (e) {
    if (!(e instanceof SubnetError)) throw e
    throw new NetloomError('EINVAL', `flannel: ${e.message} (network configuration ${text})`, { config: text })
  }
  checkBackend(config.backendType, typeof backend === 'string' ? {} : backend)
  return { text, config }
}

/** The node with its defaults; `n` counts from 0. */
export const planNode = (
  given: string | FlannelNodeSpec,
  n: number,
  defaultSegment: number,
  o: FlannelOptions,
  segments: number,
): NodePlan => {
  const spec = typeof given === 'string' ? { name: given } : given
  checkOptions('flannel: node', spec, NODE_OPTIONS)
  const name = spec.name ?? `h${n + 1}`
  const segment = spec.segment ?? defaultSegment
  if (!(Number.isInteger(segment) && segment >= 0 && segment < segments))
    throw new NetloomError('EINVAL', `flannel: node ${name}: segment ${segment} is not one of 0 to ${segments - 1}`, {
      name,
      segment,
    })
  const flanneld = { ...o.flanneld, ...spec.flanneld }
  flanneldSettings(flanneld)
  const subnet = spec.subnet === undefined ? null : prefixOption(`flannel: node ${name}: subnet`, spec.subnet)
  return { name, segment, flanneld, subnet, pods: podNames(name, spec.pods ?? o.pods ?? 0) }
}

/** The cloud that the hosts are in. Throws EINVAL. */
const cloudOf = (cloud: FlannelUnderlay['cloud'], backendType: string): 'aws' | 'gce' | 'none' => {
  const type = backendType.toLowerCase()
  if (cloud === undefined) return type === 'aws-vpc' ? 'aws' : type === 'gce' ? 'gce' : 'none'
  if (CLOUDS.includes(cloud)) return cloud
  throw new NetloomError('EINVAL', `flannel: underlay.cloud: unknown word "${cloud}"; known are ${CLOUDS.join(', ')}`, {
    cloud,
  })
}

const refuse = (text: string, context: ErrorContext): never => {
  throw new NetloomError('EINVAL', `flannel: ${text}`, context)
}

const span = (option: string, value: number, unit: string): void => {
  if (!(Number.isFinite(value) && value >= 0))
    refuse(`${option}: ${value} is not a number of ${unit}`, { option, value })
}

/** Refuses subnets that two nodes are to have, and segments without an address for each node. */
const checkPlaces = (nodes: readonly NodePlan[], segments: number, range: Prefix): void => {
  const owners = new Map<string, string>()
  const counts = new Array<number>(segments).fill(0)
  const most = 2 ** (32 - range.len) - 1 - FIRST_NODE
  for (const { name, segment, subnet } of nodes) {
    if (++counts[segment]! > most)
      throw new NetloomError(
        'EINVAL',
        `flannel: underlay.network: ${formatPrefix(range)} has room for ${Math.max(0, most)} nodes on a segment; ` +
          'take a larger network or more segments',
        { name, segment },
      )
    if (subnet === null) continue
    const key = formatPrefix(subnet)
    const owner = owners.get(key)
    if (owner !== undefined)
      throw new NetloomError('EINVAL', `flannel: node ${name}: subnet ${key} is that of node ${owner}`, { name })
    owners.set(key, name)
  }
}

/** Would flanneld take this subnet: from its file, or as the podCIDR of its node? */
const isUsable = (config: FlannelConfig, subnet: Prefix, manager: ClusterPlan['subnetManager']): boolean => {
  if (manager === 'etcd') return isSubnetConfigCompat(config, subnet)
  return subnet.len >= config.network.len && netContains(config.network, subnet.addr)
}

/** Refuses subnets of nodes that flanneld would not take. Throws EINVAL. */
export const checkSubnets = (
  nodes: readonly NodePlan[],
  { config: text, subnetManager }: Pick<ClusterPlan, 'config' | 'subnetManager'>,
): void => {
  const config = parseConfig(text)
  const { network, subnetMin, subnetMax, subnetLen } = config
  for (const { name, subnet } of nodes) {
    if (subnet === null || isUsable(config, subnet, subnetManager)) continue
    const why =
      subnetManager === 'etcd'
        ? `not one of ${formatIpv4(subnetMin)} to ${formatIpv4(subnetMax)}, /${subnetLen}`
        : `not within the network ${formatPrefix(network)}`
    throw new NetloomError('EINVAL', `flannel: node ${name}: subnet ${formatPrefix(subnet)} is ${why}`, { name })
  }
}

/** Refuses podCIDRs that kube-controller-manager does not cut from the network. */
const checkPodCidrs = ({ network, subnetLen }: FlannelConfig): void => {
  if (subnetLen - network.len <= MAX_CIDR_BITS) return
  const why = `more than ${MAX_CIDR_BITS} bits longer than the network ${formatPrefix(network)}`
  refuse(`subnetLen: podCIDRs of /${subnetLen} are ${why}, which kube-controller-manager refuses`, { subnetLen })
}

/** What the options of the underlay say and leave out. */
const planUnderlay = (
  o: FlannelOptions,
  backendType: string,
): Pick<ClusterPlan, 'segments' | 'cloud' | 'routesQuota' | 'mtu' | 'underlay'> => {
  const { underlay = {} } = o
  checkOptions('flannel: underlay', underlay, UNDERLAY_OPTIONS)
  const { segments = 1, network = '192.168.0.0/20', routesQuota = null } = underlay
  const cloud = cloudOf(underlay.cloud, backendType)
  const mtu = underlay.mtu ?? (cloud === 'gce' ? GCE_MTU : MTU)
  if (!(Number.isInteger(segments) && segments >= 1 && segments <= MAX_SEGMENTS))
    return refuse(`underlay.segments: ${segments} is not a number of 1 to ${MAX_SEGMENTS}`, { segments })
  if (!(Number.isInteger(mtu) && mtu >= MIN_MTU && mtu <= MAX_MTU))
    return refuse(`underlay.mtu: ${mtu} is not an integer of ${MIN_MTU} to ${MAX_MTU}`, { mtu })
  if (routesQuota !== null && cloud === 'none')
    return refuse('underlay.routesQuota: only a cloud has one; set underlay.cloud or leave it out', { routesQuota })
  const { addr, len } = prefixOption('flannel: underlay.network', network)
  return { segments, cloud, routesQuota, mtu, underlay: { addr: addr & maskOf(len), len } }
}

/** The nodes, spread over the segments in order. */
const planNodes = (o: FlannelOptions, segments: number): NodePlan[] => {
  const { nodes } = o
  if (typeof nodes !== 'number' && !Array.isArray(nodes))
    return refuse(`nodes: ${String(nodes)} is neither a number nor a list of nodes`, {})
  const given: readonly (string | FlannelNodeSpec)[] =
    typeof nodes === 'number' ? Array.from({ length: numberOption('nodes', nodes, MAX_NODES) }, () => ({})) : nodes
  return given.map((spec, n) => planNode(spec, n, Math.floor((n * segments) / given.length), o, segments))
}

/** Everything that options say and leave out. Throws EINVAL that names what is wrong. */
export const planCluster = (o: FlannelOptions): ClusterPlan => {
  checkOptions('flannel', o, OPTIONS)
  const { restartSec = 5, withinNs = NS_PER_MINUTE, subnetManager = 'etcd', ipMasq = true } = o
  if (!SUBNET_MANAGERS.includes(subnetManager))
    return refuse(`subnetManager: ${subnetManager} is not one of ${SUBNET_MANAGERS.join(', ')}`, { subnetManager })
  if (restartSec !== null) span('restartSec', restartSec, 'seconds; null for never')
  span('withinNs', withinNs, 'nanoseconds')
  if (typeof ipMasq !== 'boolean') return refuse(`ipMasq: ${String(ipMasq)} is not a boolean`, { ipMasq })
  const { text, config } = configOf(o)
  const network = planUnderlay(o, config.backendType)
  const nodes = planNodes(o, network.segments)
  checkPlaces(nodes, network.segments, network.underlay)
  if (subnetManager === 'kube') checkPodCidrs(config)
  checkSubnets(nodes, { config: text, subnetManager })
  const flanneld = { ipMasq, ...o.flanneld }
  return { ...network, config: text, subnetManager, nodes, flanneld, restartSec, withinNs }
}
