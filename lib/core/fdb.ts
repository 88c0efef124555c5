/**
 * Forwarding entries of devices as rtnetlink passes them: what a kind of device that keeps such entries (bridge, vxlan)
 * takes and gives.
 *
 * @see net/core/rtnetlink.c rtnl_fdb_add, include/uapi/linux/neighbour.h struct ndmsg
 */
import type { NetDevice } from './netdev.js'
import type { Netns } from './netns.js'

/** An entry to add, change or delete. */
export interface FdbSpec {
  /** MAC as a 48-bit number. */
  readonly lladdr: number
  /** NUD_PERMANENT local, NUD_NOARP static, NUD_REACHABLE dynamic. */
  readonly state: number
  /** NTF_* flags. */
  readonly flags: number
  readonly vlan?: number
  /** vxlan: address of the far end, int32. */
  readonly dst?: number
  readonly port?: number
  readonly vni?: number
  readonly srcVni?: number
  /** vxlan: device to the far end. */
  readonly via?: NetDevice
}

/** How an add treats an entry that exists: NLM_F_EXCL, NLM_F_REPLACE, NLM_F_APPEND with NLM_F_CREATE. */
export type FdbMode = 'add' | 'replace' | 'append'

/** An entry as a dump shows it. */
export interface FdbInfo {
  /** Device that the entry leads to; the bridge itself for its own addresses. */
  readonly dev: NetDevice
  readonly lladdr: number
  /** NUD_*. */
  readonly state: number
  /** NTF_*: NTF_SELF for a device's own list, otherwise NTF_MASTER is implied by {@link master}. */
  readonly flags: number
  readonly master: NetDevice | null
  readonly vlan: number
  /** Nanoseconds since the entry was last used and last refreshed; null where the kind keeps no times. */
  readonly usedNs: number | null
  readonly updatedNs: number | null
  /** NTF_EXT_LOCKED: seen on a locked port, not usable. */
  readonly locked: boolean
  readonly dst?: number
  readonly port?: number
  readonly vni?: number
  readonly srcVni?: number
  /** ifindex of the device to the far end, in `linkNetns` where that is not the device's own namespace. */
  readonly viaIfindex?: number
  readonly linkNetns?: Netns
}

/** Selects entries of a flush; absent fields match all. */
export interface FdbFlushSpec {
  /** Only entries that lead to this device, instead of to the one that the flush names. */
  readonly port?: NetDevice
  readonly vlan?: number
  /** NUD_PERMANENT and NUD_NOARP that an entry must have, of those in `stateMask`. */
  readonly state?: number
  readonly stateMask?: number
  /** NTF_* that an entry must have, of those in `flagsMask`; NTF_USE stands for an entry that a user has added. */
  readonly flags?: number
  readonly flagsMask?: number
}

/** Functions of a kind of device that keeps forwarding entries (ndo_fdb_add and its companions). */
export interface FdbOps {
  /** `dev` is the device named, `self` or one of its ports. Throws a NetloomError to refuse. */
  add(dev: NetDevice, spec: FdbSpec, mode: FdbMode): void
  /** Deletes an entry. Throws a NetloomError to refuse. */
  del(dev: NetDevice, spec: FdbSpec): void
  /** Entries of `self` that lead to `port`; its own ones when null, all when undefined. */
  dump(self: NetDevice, port: NetDevice | null | undefined): FdbInfo[]
  /** Deletes the entries that match; `dev` as in `add`. Throws a NetloomError to refuse. */
  readonly flush?: (dev: NetDevice, spec: FdbFlushSpec) => void
  /** The entry of one MAC, of the kind's own table; null when there is none. */
  readonly get?: (dev: NetDevice, lladdr: number, vni: number | undefined) => FdbInfo | null
  /** True when a dump of the device also shows the addresses that it listens to. */
  readonly listsOwnAddresses: boolean
}
