/**
 * Offload features of devices, as `ethtool -k` shows and `ethtool -K` sets them.
 *
 * @see net/ethtool/features.c
 */
import {
  NETIF_F_HW_CSUM,
  NETIF_F_HW_VLAN_CTAG_TX,
  NETIF_F_HW_VLAN_STAG_TX,
  NETIF_F_TSO,
  type NetDevice,
} from '../core/netdev.js'
import {
  ALL_TSO,
  type FeatureName,
  type KindFeatures,
  NETDEV_FEATURES,
  netdevFeatures,
  netdevWantedFeatures,
} from '../core/netdev-features.js'
import { NETDEV_FEAT_CHANGE } from '../core/notifier.js'
import { NetloomError } from '../errors.js'

export type { FeatureName } from '../core/netdev-features.js'

/** Groups of features that ethtool shows and sets under one name. */
const GROUPS: readonly { short: string; long: string; members: readonly FeatureName[] }[] = [
  { short: 'rx', long: 'rx-checksumming', members: ['rx-checksum'] },
  { short: 'tx', long: 'tx-checksumming', members: NETDEV_FEATURES.filter(n => n.startsWith('tx-checksum-')) },
  { short: 'sg', long: 'scatter-gather', members: NETDEV_FEATURES.filter(n => n.startsWith('tx-scatter-gather')) },
  {
    short: 'tso',
    long: 'tcp-segmentation-offload',
    members: NETDEV_FEATURES.filter(n => /^tx-tcp.*-segmentation$/.test(n)),
  },
  { short: 'ufo', long: 'udp-fragmentation-offload', members: [] },
  { short: 'gso', long: 'generic-segmentation-offload', members: ['tx-generic-segmentation'] },
  { short: 'gro', long: 'generic-receive-offload', members: ['rx-gro'] },
  { short: 'lro', long: 'large-receive-offload', members: ['rx-lro'] },
  { short: 'rxvlan', long: 'rx-vlan-offload', members: ['rx-vlan-hw-parse'] },
  { short: 'txvlan', long: 'tx-vlan-offload', members: ['tx-vlan-hw-insert'] },
  { short: 'ntuple', long: 'ntuple-filters', members: ['rx-ntuple-filter'] },
  { short: 'rxhash', long: 'receive-hashing', members: ['rx-hashing'] },
]

const kindFeatures = (dev: NetDevice): KindFeatures => {
  const { features, kind } = dev.ops
  if (features === null) throw new NetloomError('EOPNOTSUPP', undefined, { dev: dev.name, kind })
  return features
}

const isChangeable = (kind: KindFeatures, name: FeatureName): boolean =>
  kind.on.includes(name) || kind.off.includes(name)

/** Features by which a device may take or give frames that are longer than its MTU. */
const SEGMENTING: readonly FeatureName[] = [...ALL_TSO, 'tx-generic-segmentation', 'rx-gro', 'rx-lro']

/** True when frames on the device may be longer than its MTU, as programs that ask for its offloads must assume. */
export const ethtoolSegments = (dev: NetDevice): boolean => {
  const active = netdevFeatures(dev)
  return SEGMENTING.some(name => active.has(name))
}

/** One line of `ethtool -k`. */
export interface FeatureLine {
  /** Name of a feature or of a group. */
  readonly name: string
  /** True for a member of the group above it. */
  readonly indented: boolean
  readonly on: boolean
  /** What stands in brackets behind it: it cannot be changed, or something else was asked for. */
  readonly note: '' | 'fixed' | 'requested on' | 'requested off'
}

/** What `ethtool -k` prints for a device, in its order. Throws EOPNOTSUPP for a kind without a table. */
export const ethtoolFeatures = (dev: NetDevice): FeatureLine[] => {
  const kind = kindFeatures(dev)
  const wanted = netdevWantedFeatures(dev, kind)
  const active = netdevFeatures(dev)
  const line = (feature: FeatureName, name: string, indented: boolean): FeatureLine => {
    const on = active.has(feature)
    const asked = wanted.has(feature) === on ? '' : on ? 'requested off' : 'requested on'
    return { name, indented, on, note: isChangeable(kind, feature) ? asked : 'fixed' }
  }
  const out: FeatureLine[] = []
  const shown = new Set<FeatureName>()
  for (const { long, members } of GROUPS) {
    for (const m of members) shown.add(m)
    if (members.length === 1) out.push(line(members[0]!, long, false))
    else if (members.length > 1) {
      out.push({ name: long, indented: false, on: members.some(m => active.has(m)), note: '' })
      for (const m of members) out.push(line(m, m, true))
    }
  }
  for (const name of NETDEV_FEATURES) if (!shown.has(name)) out.push(line(name, name, false))
  return out
}

/** A feature to switch: a name of a feature, of a group, or the short name of a group (`tx`, `gso`). */
export interface FeatureRequest {
  readonly name: string
  readonly on: boolean
}

/** One line of what `ethtool -K` prints after `Actual changes:`. */
export interface FeatureChange {
  readonly name: FeatureName
  readonly on: boolean
  /** Something else was asked for, or nothing was. */
  readonly note: '' | 'requested on' | 'requested off' | 'not requested'
}

/** What became of a request. */
export interface FeatureResult {
  /** Lines to print after `Actual changes:`; empty when all is as requested. */
  readonly changes: FeatureChange[]
  /** None of the features could be changed: ethtool says so and exits with 1. */
  readonly nothingChanged: boolean
}

const isFeature = (name: string): name is FeatureName => (NETDEV_FEATURES as readonly string[]).includes(name)

const membersOf = (name: string): readonly FeatureName[] => {
  const group = GROUPS.find(g => g.short === name || g.long === name)
  if (group !== undefined) return group.members
  if (isFeature(name)) return [name]
  throw new NetloomError('EOPNOTSUPP', 'bit name not found', { feature: name })
}

const override = (dev: NetDevice, name: FeatureName, on: boolean): void => {
  dev.featureOverrides ??= new Map()
  if (kindFeatures(dev).on.includes(name) === on) dev.featureOverrides.delete(name)
  else dev.featureOverrides.set(name, on)
  if (dev.featureOverrides.size === 0) dev.featureOverrides = null
}

/** Features that have an effect on frames. */
const MODELLED: readonly (readonly [name: FeatureName, flag: number])[] = [
  ['tx-checksum-ip-generic', NETIF_F_HW_CSUM],
  ['tx-vlan-hw-insert', NETIF_F_HW_VLAN_CTAG_TX],
  ['tx-vlan-stag-hw-insert', NETIF_F_HW_VLAN_STAG_TX],
  ['tx-tcp-segmentation', NETIF_F_TSO],
]

const applyToDevice = (dev: NetDevice, active: ReadonlySet<FeatureName>): void => {
  const before = dev.features
  for (const [name, flag] of MODELLED)
    if (active.has(name)) dev.features |= flag
    else dev.features &= ~flag
  if (dev.features !== before) dev.netns.world.notifiers.call(NETDEV_FEAT_CHANGE, dev)
}

/**
 * Switches features (`ethtool -K`): those that the device lets change, and with them what depends on them. Throws
 * EOPNOTSUPP `bit name not found` for an unknown name, before anything has changed.
 */
export const ethtoolSetFeatures = (dev: NetDevice, requests: readonly FeatureRequest[]): FeatureResult => {
  const kind = kindFeatures(dev)
  const asked = new Map<FeatureName, boolean>()
  for (const { name, on } of requests) for (const m of membersOf(name)) asked.set(m, on)
  const before = netdevFeatures(dev)
  for (const [name, on] of asked) if (isChangeable(kind, name)) override(dev, name, on)
  const after = netdevFeatures(dev)
  applyToDevice(dev, after)
  const changes: FeatureChange[] = []
  let surprising = false
  for (const name of NETDEV_FEATURES) {
    const on = after.has(name)
    const wish = asked.get(name)
    const note = wish === undefined ? 'not requested' : wish === on ? '' : wish ? 'requested on' : 'requested off'
    if (before.has(name) === on && (wish === undefined || wish === on)) continue
    changes.push({ name, on, note })
    if (note !== '') surprising = true
  }
  const nothingChanged = [...asked].every(([name, on]) => after.has(name) !== on)
  return { changes: surprising ? changes : [], nothingChanged }
}

/** Switches one feature; see {@link ethtoolSetFeatures}. */
export const ethtoolSetFeature = (dev: NetDevice, name: string, on: boolean): FeatureResult =>
  ethtoolSetFeatures(dev, [{ name, on }])
