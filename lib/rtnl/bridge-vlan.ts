/**
 * VLANs of bridges and their ports, as `bridge vlan` asks for them.
 *
 * @see net/core/rtnetlink.c rtnl_bridge_setlink, rtnl_bridge_dellink, net/bridge/br_vlan.c br_vlan_rtm_process
 */
import { flowFlush } from '../core/flow-genid.js'
import type { NetDevice } from '../core/netdev.js'
import type { Netns } from '../core/netns.js'
import { isBridge } from '../dev/bridge/br-private.js'
import {
  brVlanList,
  brVlanUserAdd,
  brVlanUserDel,
  brVlanUserSet,
  hasVlans,
  type VlanInfo,
  type VlanSpec,
} from '../dev/bridge/br-vlan-user.js'
import { NetloomError } from '../errors.js'

export type { VlanInfo, VlanSpec } from '../dev/bridge/br-vlan-user.js'

/** BRIDGE_FLAGS_MASTER: the master of the device is asked; BRIDGE_FLAGS_SELF: the device itself. */
export interface VlanTarget {
  readonly master?: boolean
  readonly self?: boolean
}

/** VLANs with the device that they are about. */
export type VlanRequest = VlanSpec & VlanTarget

const checkNetns = (netns: Netns, dev: NetDevice): void => {
  if (dev.netns !== netns) throw new NetloomError('ENODEV', undefined, { dev: dev.name, netns: netns.name })
}

/** Asks the master, unless only the device itself is meant, and then the device itself. Throws EOPNOTSUPP where neither is a bridge. */
const dispatch = ({ dev, master = false, self = false }: VlanRequest, change: () => void): void => {
  const refuse = (): never => {
    throw new NetloomError('EOPNOTSUPP', undefined, { dev: dev.name })
  }
  if (master || !self) {
    if (dev.master === null || !isBridge(dev.master)) refuse()
    change()
  }
  if (!self) return
  if (!isBridge(dev)) refuse()
  change()
}

/**
 * Makes a port (or with `self` a bridge's own host) a member of VLANs (`bridge vlan add`); repeated, it changes what they
 * are to it. The first time gives the bridge its VLANs. Throws EOPNOTSUPP for a device that is no port, EINVAL.
 */
export const bridgeVlanAdd = (netns: Netns, request: VlanRequest): void => {
  checkNetns(netns, request.dev)
  flowFlush(netns)
  dispatch(request, () => brVlanUserAdd(request))
}

/** Ends memberships (`bridge vlan del`); what is none is passed over. Throws EOPNOTSUPP for a device that is no port, EINVAL. */
export const bridgeVlanDel = (netns: Netns, request: VlanRequest): void => {
  checkNetns(netns, request.dev)
  flowFlush(netns)
  dispatch(request, () => brVlanUserDel(request))
}

/** Sets the state of a port, or of a bridge, in VLANs (`bridge vlan set`). Throws EINVAL, ENOENT for a VLAN that it is no member of. */
export const bridgeVlanSet = (netns: Netns, request: VlanSpec & { readonly state?: number }): void => {
  checkNetns(netns, request.dev)
  flowFlush(netns)
  brVlanUserSet(request)
}

/** The memberships of ports and bridges by ifindex, of one device or of all (`bridge vlan show`). */
export const bridgeVlanList = (netns: Netns, dev?: NetDevice): VlanInfo[] =>
  netns.devices.filter(d => dev === undefined || d === dev).flatMap(brVlanList)

/** True when a bridge of the namespace has VLANs; without any, dumps of VLANs are refused as by a kernel that knows none. */
export const bridgeVlansInUse = (netns: Netns): boolean => netns.devices.some(hasVlans)
