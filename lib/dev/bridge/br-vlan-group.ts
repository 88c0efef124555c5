/**
 * Which VLANs a port, or the bridge's own host, is a member of.
 *
 * Not recorded: the reference kernel is built without VLAN filtering. This follows the kernel's source.
 *
 * @see net/bridge/br_private.h struct net_bridge_vlan, net_bridge_vlan_group
 */
import { BR_STATE_FORWARDING, BR_STATE_LEARNING } from './br-private.js'

/** Flags of a VLAN (BRIDGE_VLAN_INFO_*). */
export const BRIDGE_VLAN_INFO_MASTER: number = 1 << 0
export const BRIDGE_VLAN_INFO_PVID: number = 1 << 1
export const BRIDGE_VLAN_INFO_UNTAGGED: number = 1 << 2
export const BRIDGE_VLAN_INFO_BRENTRY: number = 1 << 5

/** Frames and octets of a VLAN. Octets do not include the Ethernet header. */
export class VlanStats {
  rxBytes = 0
  rxPackets = 0
  txBytes = 0
  txPackets = 0
}

/** A VLAN of a port, or of the bridge (struct net_bridge_vlan). */
export class BridgeVlan {
  /** 1 to 4094. */
  readonly vid: number
  /** BRIDGE_VLAN_INFO_MASTER for a VLAN of the bridge, _BRENTRY when its own host is a member, _UNTAGGED. */
  flags: number
  /** Port state within the VLAN. */
  state: number = BR_STATE_FORWARDING
  /** Shared by all ports, unless they count on their own. */
  stats: VlanStats
  /** The bridge's VLAN that a port's belongs to; null for the bridge's own. */
  readonly master: BridgeVlan | null
  /** Ports and own host that hold a VLAN of the bridge. */
  refs = 0

  constructor(vid: number, flags: number, master: BridgeVlan | null, stats: VlanStats) {
    this.vid = vid
    this.flags = flags
    this.master = master
    this.stats = stats
  }

  /** False for a VLAN that the bridge keeps for its ports only (br_vlan_should_use). */
  get isUsable(): boolean {
    return (this.flags & (BRIDGE_VLAN_INFO_MASTER | BRIDGE_VLAN_INFO_BRENTRY)) !== BRIDGE_VLAN_INFO_MASTER
  }

  /** Frames leave it without a tag. */
  get isUntagged(): boolean {
    return (this.flags & BRIDGE_VLAN_INFO_UNTAGGED) !== 0
  }
}

const VLAN_N_VID = 4096

/** The VLANs of a port or of the bridge (struct net_bridge_vlan_group). */
export class VlanGroup {
  readonly byVid: (BridgeVlan | null)[] = new Array<BridgeVlan | null>(VLAN_N_VID).fill(null)
  /** By identifier. */
  list: BridgeVlan[] = []
  /** VLANs that are in use. */
  numVlans = 0
  /** VLAN of frames that come in without one; 0: there is none. */
  pvid = 0

  add(v: BridgeVlan): void {
    this.byVid[v.vid] = v
    const at = this.list.findIndex(other => other.vid > v.vid)
    this.list.splice(at < 0 ? this.list.length : at, 0, v)
  }

  remove(v: BridgeVlan): void {
    this.byVid[v.vid] = null
    this.list.splice(this.list.indexOf(v), 1)
  }
}

/** The VLAN of a group, in use or not; null when there is none (br_vlan_find). */
export const brVlanFind = (vg: VlanGroup | null, vid: number): BridgeVlan | null => vg?.byVid[vid] ?? null

/** The VLAN of a group if it is in use, or null. */
export const brVlanUsable = (vg: VlanGroup | null, vid: number): BridgeVlan | null => {
  const v = brVlanFind(vg, vid)
  return v?.isUsable ? v : null
}

/** True when frames may pass in a state, on the way in also those that are only learned from (br_vlan_state_allowed). */
export const brVlanStateAllowed = (state: number, learnAllow: boolean): boolean =>
  state === BR_STATE_FORWARDING || (learnAllow && state === BR_STATE_LEARNING)
