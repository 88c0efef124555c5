/**
 * Multicast groups of bridges, as `bridge mdb` asks for them.
 *
 * @see net/core/rtnetlink.c rtnl_mdb_add, rtnl_mdb_del, rtnl_mdb_dump
 */
import type { NetDevice } from '../core/netdev.js'
import type { Netns } from '../core/netns.js'
import {
  brMdbAdd,
  brMdbDel,
  brMdbList,
  brMdbRouters,
  type MdbInfo,
  type MdbRouterInfo,
  type MdbSpec,
} from '../dev/bridge/br-mdb.js'
import { isBridge } from '../dev/bridge/br-private.js'
import { NetloomError } from '../errors.js'

export type { MdbInfo, MdbRouterInfo, MdbSpec } from '../dev/bridge/br-mdb.js'

const checkNetns = (netns: Netns, spec: MdbSpec): void => {
  if (spec.br.netns !== netns || spec.port.netns !== netns)
    throw new NetloomError('ENODEV', undefined, { netns: netns.name, dev: spec.br.name })
}

/** Adds a membership (`bridge mdb add`). Throws EINVAL, EEXIST, EOPNOTSUPP with the kernel's explanations. */
export const mdbAdd = (netns: Netns, spec: MdbSpec): void => {
  checkNetns(netns, spec)
  brMdbAdd(spec)
}

/** Deletes a membership (`bridge mdb del`). Throws EINVAL when there is none. */
export const mdbDel = (netns: Netns, spec: MdbSpec): void => {
  checkNetns(netns, spec)
  brMdbDel(spec)
}

/** What `bridge mdb show` lists. */
export interface MdbDump {
  readonly entries: MdbInfo[]
  readonly routers: MdbRouterInfo[]
}

/** The memberships and router ports of all bridges of a namespace by ifindex, or of one (`bridge mdb show`). */
export const mdbList = (netns: Netns, dev?: NetDevice): MdbDump => {
  const bridges = netns.devices.filter(d => isBridge(d) && (dev === undefined || d === dev))
  return { entries: bridges.flatMap(brMdbList), routers: bridges.flatMap(brMdbRouters) }
}
