/**
 * Offload features of devices: their names, what a kind of device offers, and which are in force.
 *
 * Effects on frames: without `tx-checksum-ip-generic` checksums are finished before a frame is seen; without
 * `tx-vlan-hw-insert` (`tx-vlan-stag-hw-insert`) tags are part of a frame's bytes before the device counts them.
 *
 * @see include/linux/netdev_features.h, net/ethtool/common.c, net/core/dev.c netdev_fix_features
 */
import type { NetDevice } from './netdev.js'

/** Names of features in the kernel's order (netdev_features_strings). */
export const NETDEV_FEATURES = [
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
export type FeatureName = (typeof NETDEV_FEATURES)[number]

/** Features of a kind: those that stand, and those that can be changed, on or off at first (hw_features). */
export interface KindFeatures {
  readonly fixedOn: readonly FeatureName[]
  readonly on: readonly FeatureName[]
  readonly off: readonly FeatureName[]
  /** Can be asked for and is not given. */
  readonly never?: readonly FeatureName[]
  /** What the device gives of what is wanted of it, where that follows from other devices (ndo_fix_features). */
  readonly fix?: (dev: NetDevice, wanted: Set<FeatureName>) => Set<FeatureName>
}

/** NETIF_F_SG and NETIF_F_FRAGLIST. */
export const SCATTER: readonly FeatureName[] = ['tx-scatter-gather', 'tx-scatter-gather-fraglist']
/** NETIF_F_ALL_TSO. */
export const ALL_TSO: readonly FeatureName[] = [
  'tx-tcp-segmentation',
  'tx-tcp-ecn-segmentation',
  'tx-tcp-mangleid-segmentation',
  'tx-tcp6-segmentation',
]
/** NETIF_F_GSO_SOFTWARE. */
export const GSO_SOFTWARE: readonly FeatureName[] = [
  ...ALL_TSO,
  'tx-tcp-accecn-segmentation',
  'tx-sctp-segmentation',
  'tx-udp-segmentation',
  'tx-gso-list',
]
/** Part of NETIF_F_GSO_ENCAP_ALL that a veth has. */
export const GSO_ENCAP: readonly FeatureName[] = [
  'tx-gre-segmentation',
  'tx-gre-csum-segmentation',
  'tx-ipxip4-segmentation',
  'tx-ipxip6-segmentation',
  'tx-udp_tnl-segmentation',
  'tx-udp_tnl-csum-segmentation',
]
/** Of every device, done in software and off at first (NETIF_F_SOFT_FEATURES_OFF). */
export const SOFT_OFF: readonly FeatureName[] = ['rx-gro-list', 'rx-udp-gro-forwarding']

/** What the administrator wants of a device, together with what stands (wanted_features). */
export const netdevWantedFeatures = (dev: NetDevice, kind: KindFeatures): Set<FeatureName> => {
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

/** Features in force (netdev_get_wanted_features, netdev_fix_features); none for a kind that tells of none. */
export const netdevFeatures = (dev: NetDevice): Set<FeatureName> => {
  const { features } = dev.ops
  if (features === null) return new Set()
  const wanted = netdevWantedFeatures(dev, features)
  const active = fixFeatures(features.fix?.(dev, wanted) ?? wanted)
  for (const name of features.never ?? []) active.delete(name)
  return active
}
