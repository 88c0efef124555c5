/**
 * Offload features of devices that hand their frames to a lower device as they are.
 *
 * @see drivers/net/macvlan.c macvlan_fix_features, drivers/net/ipvlan/ipvlan_main.c ipvlan_fix_features
 */
import type { NetDevice } from '../core/netdev.js'
import { type FeatureName, netdevFeatures } from '../core/netdev-features.js'

/** Features that a macvlan or ipvlan has when its lower device has them, whatever was asked for (macvlan_fix_features). */
const OF_LOWER: readonly FeatureName[] = ['rx-checksum', 'tx-generic-segmentation', 'rx-gro']

/** Gives a device on a lower one what that one has (macvlan_fix_features, ipvlan_fix_features). */
export const stackedFixFeatures = (dev: NetDevice, wanted: Set<FeatureName>): Set<FeatureName> => {
  const lower = dev.lower[0]
  const ofLower = lower === undefined ? new Set<FeatureName>() : netdevFeatures(lower)
  const out = new Set(wanted)
  for (const name of OF_LOWER)
    if (ofLower.has(name)) out.add(name)
    else out.delete(name)
  if (!ofLower.has('rx-lro')) out.delete('rx-lro')
  return out
}
