/**
 * Offload features of devices, as `ethtool -k` shows and `ethtool -K` sets them.
 *
 * Effects on frames: without `tx-checksum-ip-generic` checksums are finished before a frame is seen; without
 * `tx-vlan-hw-insert` (`tx-vlan-stag-hw-insert`) tags are part of a frame's bytes before the device counts them.
 *
 * @see net/ethtool/features.c, net/core/dev.c netdev_fix_features, net/bridge/br_if.c br_features_recompute
 */
import { NETIF_F_HW_CSUM, NETIF_F_HW_VLAN_CTAG_TX, NETIF_F_HW_VLAN_STAG_TX, type NetDevice } from '../core/netdev.js'
import { NETDEV_FEAT_CHANGE } from '../core/notifier.js'
import { NetloomError } from '../errors.js'

/** Names of features in the kernel's order (netdev_features_strings). */
const NAMES = [
  'tx-scatter-gather',
  'tx-checksum-ipv4',
  'tx-checksum-ip-generic',
  'tx-checksum-ipv6',
  'highdma',
  'tx-scatter-gather-fraglist',
  'tx-vlan-hw-insert',
  'rx-vlan-hw-parse',
  'rx-vlan-filter',
  'vlan-challenged',
  'tx-generic-segmentation',
  'rx-gro',
  'rx-lro',
  'tx-tcp-segmentation',
  'tx-gso-robust',
  'tx-tcp-ecn-segmentation',
  'tx-tcp-mangleid-segmentation',
  'tx-tcp6-segmentation',
  'tx-fcoe-segmentation',
  'tx-gre-segmentation',
  'tx-gre-csum-segmentation',
  'tx-ipxip4-segmentation',
  'tx-ipxip6-segmentation',
  'tx-udp_tnl-segmentation',
  'tx-udp_tnl-csum-segmentation',
  'tx-gso-partial',
  'tx-tunnel-remcsum-segmentation',
  'tx-sctp-segmentation',
  'tx-esp-segmentation',
  'tx-udp-segmentation',
  'tx-gso-list',
  'tx-tcp-accecn-segmentation',
  'tx-checksum-fcoe-crc',
  'tx-checksum-sctp',
  'rx-ntuple-filter',
  'rx-hashing',
  'rx-checksum',
  'tx-nocache-copy',
  'loopback',
  'rx-fcs',
  'rx-all',
  'tx-vlan-stag-hw-insert',
  'rx-vlan-stag-hw-parse',
  'rx-vlan-stag-filter',
  'l2-fwd-offload',
  'hw-tc-offload',
  'esp-hw-offload',
  'esp-tx-csum-hw-offload',
  'rx-udp_tunnel-port-offload',
  'tls-hw-tx-offload',
  'tls-hw-rx-offload',
  'rx-gro-hw',
  'tls-hw-record',
  'rx-gro-list',
  'macsec-hw-offload',
  'rx-udp-gro-forwarding',
  'hsr-tag-ins-offload',
  'hsr-tag-rm-offload',
  'hsr-fwd-offload',
  'hsr-dup-offload',
] as const

/** Name of a feature. */
export type FeatureName = (typeof NAMES)[number]

/** Groups of features that ethtool shows and sets under one name. */
const GROUPS: readonly { short: string; long: string; members: readonly FeatureName[] }[] = [
  { short: 'rx', long: 'rx-checksumming', members: ['rx-checksum'] },
  { short: 'tx', long: 'tx-checksumming', members: NAMES.filter(n => n.startsWith('tx-checksum-')) },
  { short: 'sg', long: 'scatter-gather', members: NAMES.filter(n => n.startsWith('tx-scatter-gather')) },
  { short: 'tso', long: 'tcp-segmentation-offload', members: NAMES.filter(n => /^tx-tcp.*-segmentation$/.test(n)) },
  { short: 'ufo', long: 'udp-fragmentation-offload', members: [] },
  { short: 'gso', long: 'generic-segmentation-offload', members: ['tx-generic-segmentation'] },
  { short: 'gro', long: 'generic-receive-offload', members: ['rx-gro'] },
  { short: 'lro', long: 'large-receive-offload', members: ['rx-lro'] },
  { short: 'rxvlan', long: 'rx-vlan-offload', members: ['rx-vlan-hw-parse'] },
  { short: 'txvlan', long: 'tx-vlan-offload', members: ['tx-vlan-hw-insert'] },
  { short: 'ntuple', long: 'ntuple-filters', members: ['rx-ntuple-filter'] },
  { short: 'rxhash', long: 'receive-hashing', members: ['rx-hashing'] },
]

/** Features of a kind: those that stand, and those that can be changed, on or off at first. */
interface KindFeatures {
  readonly fixedOn: readonly FeatureName[]
  readonly on: readonly FeatureName[]
  readonly off: readonly FeatureName[]
  /** Can be asked for and is not given. */
  readonly never?: readonly FeatureName[]
}

const SCATTER: readonly FeatureName[] = ['tx-scatter-gather', 'tx-scatter-gather-fraglist']
const ALL_TSO: readonly FeatureName[] = [
  'tx-tcp-segmentation',
  'tx-tcp-ecn-segmentation',
  'tx-tcp-mangleid-segmentation',
  'tx-tcp6-segmentation',
]
/** NETIF_F_GSO_SOFTWARE. */
const GSO_SOFTWARE: readonly FeatureName[] = [
  ...ALL_TSO,
  'tx-tcp-accecn-segmentation',
  'tx-sctp-segmentation',
  'tx-udp-segmentation',
  'tx-gso-list',
]
/** Part of NETIF_F_GSO_ENCAP_ALL that a veth has. */
const GSO_ENCAP: readonly FeatureName[] = [
  'tx-gre-segmentation',
  'tx-gre-csum-segmentation',
  'tx-ipxip4-segmentation',
  'tx-ipxip6-segmentation',
  'tx-udp_tnl-segmentation',
  'tx-udp_tnl-csum-segmentation',
]
const SOFT_OFF: readonly FeatureName[] = ['rx-gro-list', 'rx-udp-gro-forwarding']

/** What a program has to allow first (TUN_USER_FEATURES). */
const TUN_USER: readonly FeatureName[] = [
  'tx-checksum-ip-generic',
  'tx-tcp-segmentation',
  'tx-tcp-ecn-segmentation',
  'tx-tcp6-segmentation',
  'tx-udp_tnl-segmentation',
  'tx-udp_tnl-csum-segmentation',
  'tx-udp-segmentation',
]

const KINDS: Readonly<Record<string, KindFeatures>> = {
  '': {
    fixedOn: [
      ...SCATTER,
      'tx-checksum-ip-generic',
      'tx-checksum-sctp',
      'rx-checksum',
      'highdma',
      'vlan-challenged',
      'loopback',
    ],
    on: [...GSO_SOFTWARE, 'tx-generic-segmentation', 'rx-gro'],
    off: SOFT_OFF,
  },
  veth: {
    fixedOn: [],
    on: [
      ...SCATTER,
      ...GSO_SOFTWARE,
      ...GSO_ENCAP,
      'tx-checksum-ip-generic',
      'tx-checksum-sctp',
      'rx-checksum',
      'tx-generic-segmentation',
      'highdma',
      'tx-vlan-hw-insert',
      'rx-vlan-hw-parse',
      'tx-vlan-stag-hw-insert',
      'rx-vlan-stag-hw-parse',
    ],
    off: ['rx-gro', 'tx-nocache-copy', ...SOFT_OFF],
  },
  bridge: {
    fixedOn: [],
    on: [
      ...SCATTER,
      ...GSO_SOFTWARE,
      ...GSO_ENCAP,
      'tx-checksum-ip-generic',
      'tx-generic-segmentation',
      'rx-gro',
      'highdma',
      'tx-vlan-hw-insert',
      'tx-vlan-stag-hw-insert',
      'tx-gso-robust',
      'tx-fcoe-segmentation',
      'tx-gso-partial',
      'tx-tunnel-remcsum-segmentation',
      'tx-esp-segmentation',
    ],
    off: ['tx-nocache-copy', ...SOFT_OFF],
  },
  vxlan: {
    fixedOn: [],
    on: [...SCATTER, ...GSO_SOFTWARE, 'tx-checksum-ip-generic', 'rx-checksum', 'tx-generic-segmentation', 'rx-gro'],
    off: ['tx-nocache-copy', ...SOFT_OFF],
  },
  dummy: {
    fixedOn: [],
    on: [
      ...SCATTER,
      ...GSO_SOFTWARE,
      ...GSO_ENCAP,
      'tx-checksum-ip-generic',
      'tx-generic-segmentation',
      'rx-gro',
      'highdma',
    ],
    off: ['tx-nocache-copy', ...SOFT_OFF],
  },
  ipvlan: {
    fixedOn: [
      ...SCATTER,
      ...GSO_SOFTWARE,
      ...GSO_ENCAP,
      'tx-checksum-ip-generic',
      'rx-checksum',
      'highdma',
      'tx-gso-robust',
      'vlan-challenged',
    ],
    on: ['tx-generic-segmentation', 'rx-gro'],
    off: ['tx-nocache-copy', ...SOFT_OFF],
  },
  macvlan: {
    fixedOn: [
      ...SCATTER,
      ...GSO_SOFTWARE,
      ...GSO_ENCAP,
      'tx-checksum-ip-generic',
      'rx-checksum',
      'highdma',
      'tx-gso-robust',
    ],
    on: ['tx-generic-segmentation', 'rx-gro'],
    off: ['rx-lro', 'tx-nocache-copy', ...SOFT_OFF],
  },
  link: {
    fixedOn: ['highdma'],
    on: [
      ...SCATTER,
      ...ALL_TSO,
      'tx-checksum-ip-generic',
      'tx-generic-segmentation',
      'rx-gro',
      'tx-vlan-hw-insert',
      'tx-vlan-stag-hw-insert',
    ],
    off: ['tx-nocache-copy', ...SOFT_OFF],
  },
  tun: {
    fixedOn: [],
    on: [...SCATTER, ...TUN_USER, 'tx-generic-segmentation', 'rx-gro', 'tx-vlan-hw-insert', 'tx-vlan-stag-hw-insert'],
    off: ['tx-tcp-mangleid-segmentation', 'tx-nocache-copy', ...SOFT_OFF],
    never: TUN_USER,
  },
}

const kindFeatures = (dev: NetDevice): KindFeatures => {
  const found = KINDS[dev.ops.kind]
  if (found === undefined) throw new NetloomError('EOPNOTSUPP', undefined, { dev: dev.name, kind: dev.ops.kind })
  return found
}

const isChangeable = (kind: KindFeatures, name: FeatureName): boolean =>
  kind.on.includes(name) || kind.off.includes(name)

/** What the administrator wants of a device, together with what stands. */
const wantedOf = (dev: NetDevice): Set<FeatureName> => {
  const kind = kindFeatures(dev)
  const wanted = new Set<FeatureName>([...kind.fixedOn, ...kind.on])
  for (const [name, on] of dev.featureOverrides ?? [])
    if (on) wanted.add(name as FeatureName)
    else wanted.delete(name as FeatureName)
  return wanted
}

/** Drops what cannot be without something else (netdev_fix_features). */
const fixFeatures = (f: Set<FeatureName>): Set<FeatureName> => {
  const drop = (...names: FeatureName[]): void => {
    for (const name of names) f.delete(name)
  }
  if (!f.has('tx-scatter-gather')) drop(...ALL_TSO)
  const csum = f.has('tx-checksum-ip-generic')
  if (!csum) drop('tx-tcp-segmentation', 'tx-tcp-ecn-segmentation', 'tx-tcp6-segmentation', 'tx-udp-segmentation')
  if (!f.has('tx-tcp-segmentation')) drop('tx-tcp-mangleid-segmentation')
  if (!f.has('tx-tcp-segmentation') && !f.has('tx-tcp6-segmentation')) drop('tx-tcp-ecn-segmentation')
  if (!f.has('tx-scatter-gather')) drop('tx-generic-segmentation')
  return f
}

/** Features that a bridge has when one of its ports has them (NETIF_F_ONE_FOR_ALL). */
const ONE_FOR_ALL: readonly FeatureName[] = [
  ...GSO_SOFTWARE,
  'tx-gso-robust',
  'tx-scatter-gather',
  'highdma',
  'tx-scatter-gather-fraglist',
]
/** Features that a bridge has when all of its ports have them (NETIF_F_ALL_FOR_ALL). */
const ALL_FOR_ALL: readonly FeatureName[] = ['tx-nocache-copy', 'tx-fcoe-segmentation']

/** A bridge with ports offers what these can do; TCP segmentation it offers in any case (br_features_recompute). */
const recomputeBridge = (dev: NetDevice, wanted: Set<FeatureName>): Set<FeatureName> => {
  if (dev.slaves.length === 0) return wanted
  const ports = dev.slaves.map(activeOf)
  const out = new Set(wanted)
  for (const name of ONE_FOR_ALL) if (!ALL_TSO.includes(name) && !ports.some(p => p.has(name))) out.delete(name)
  for (const name of ALL_FOR_ALL) if (!ports.every(p => p.has(name))) out.delete(name)
  return out
}

/** Features that a macvlan or ipvlan has when its lower device has them, whatever was asked for (macvlan_fix_features). */
const OF_LOWER: readonly FeatureName[] = ['rx-checksum', 'tx-generic-segmentation', 'rx-gro']

const recomputeStacked = (dev: NetDevice, wanted: Set<FeatureName>): Set<FeatureName> => {
  const lower = dev.lower[0]
  const ofLower = lower === undefined || KINDS[lower.ops.kind] === undefined ? new Set<string>() : activeOf(lower)
  const out = new Set(wanted)
  for (const name of OF_LOWER)
    if (ofLower.has(name)) out.add(name)
    else out.delete(name)
  if (!ofLower.has('rx-lro')) out.delete('rx-lro')
  return out
}

const RECOMPUTE: Readonly<Record<string, (dev: NetDevice, wanted: Set<FeatureName>) => Set<FeatureName>>> = {
  bridge: recomputeBridge,
  macvlan: recomputeStacked,
  ipvlan: recomputeStacked,
}

/** Features in force. */
const activeOf = (dev: NetDevice): Set<FeatureName> => {
  const wanted = wantedOf(dev)
  const active = fixFeatures(RECOMPUTE[dev.ops.kind]?.(dev, wanted) ?? wanted)
  for (const name of kindFeatures(dev).never ?? []) active.delete(name)
  return active
}

/** Features by which a device may take or give frames that are longer than its MTU. */
const SEGMENTING: readonly FeatureName[] = [...ALL_TSO, 'tx-generic-segmentation', 'rx-gro', 'rx-lro']

/** True when frames on the device may be longer than its MTU, as programs that ask for its offloads must assume. */
export const ethtoolSegments = (dev: NetDevice): boolean => {
  if (KINDS[dev.ops.kind] === undefined) return false
  const active = activeOf(dev)
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
  const wanted = wantedOf(dev)
  const active = activeOf(dev)
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
  for (const name of NAMES) if (!shown.has(name)) out.push(line(name, name, false))
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

const isFeature = (name: string): name is FeatureName => (NAMES as readonly string[]).includes(name)

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
  const before = activeOf(dev)
  for (const [name, on] of asked) if (isChangeable(kind, name)) override(dev, name, on)
  const after = activeOf(dev)
  applyToDevice(dev, after)
  const changes: FeatureChange[] = []
  let surprising = false
  for (const name of NAMES) {
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
