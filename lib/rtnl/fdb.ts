/**
 * Forwarding entries, as `bridge fdb` asks for them: those that a device's master keeps for it, those of the device
 * itself, and the plain lists of further addresses that every Ethernet device has.
 *
 * @see net/core/rtnetlink.c rtnl_fdb_add, rtnl_fdb_del, rtnl_fdb_dump, ndo_dflt_fdb_add
 */
import { flowFlush } from '../core/flow-genid.js'
import { devMcAdd, devMcDel, devUcAdd, devUcDel } from '../core/dev.js'
import type { FdbFlushSpec, FdbInfo, FdbMode, FdbOps, FdbSpec } from '../core/fdb.js'
import { ARPHRD_ETHER, type NetDevice } from '../core/netdev.js'
import type { Netns } from '../core/netns.js'
import { extackError, NetloomError } from '../errors.js'
import { NTF_MASTER, NTF_SELF, NUD_PERMANENT } from '../ip/rtnetlink.js'
import { isMulticastMac } from '../wire/mac.js'

export type { FdbFlushSpec, FdbInfo, FdbMode, FdbSpec } from '../core/fdb.js'

/** An entry with the device that it is about. */
export interface FdbRequest extends FdbSpec {
  readonly dev: NetDevice
}

const fdbOpsOf = (dev: NetDevice): FdbOps | null => dev.netns.world.linkKinds.get(dev.ops.kind)?.fdb ?? null

/** 01:80:c2:00:00:0X counts among the unicast addresses of a device. */
const isLinkLocal = (mac: number): boolean => mac - (mac % 16) === 0x0180c2000000

const listOf = (dev: NetDevice, mac: number): Map<number, number> =>
  isMulticastMac(mac) && !isLinkLocal(mac) ? dev.mc : dev.uc

/** Adds to the device's own list of addresses (ndo_dflt_fdb_add). */
const dfltAdd = (dev: NetDevice, spec: FdbSpec, mode: FdbMode): void => {
  if ((spec.state !== 0 && (spec.state & NUD_PERMANENT) === 0) || spec.vlan)
    throw new NetloomError('EINVAL', undefined, { dev: dev.name })
  const list = listOf(dev, spec.lladdr)
  if (list.has(spec.lladdr)) {
    if (mode === 'add') throw new NetloomError('EEXIST', undefined, { dev: dev.name })
  } else if (list === dev.mc) devMcAdd(dev, spec.lladdr)
  else devUcAdd(dev, spec.lladdr)
}

const dfltDel = (dev: NetDevice, spec: FdbSpec): void => {
  if ((spec.state & NUD_PERMANENT) === 0) throw new NetloomError('EINVAL', undefined, { dev: dev.name })
  const gone = listOf(dev, spec.lladdr) === dev.mc ? devMcDel(dev, spec.lladdr) : devUcDel(dev, spec.lladdr)
  if (!gone) throw new NetloomError('ENOENT', undefined, { dev: dev.name })
}

const checkEthernet = (dev: NetDevice, verb: 'add' | 'delete'): void => {
  if (dev.type !== ARPHRD_ETHER)
    throw extackError('EINVAL', `FDB ${verb} only supported for Ethernet devices`, { dev: dev.name })
}

/**
 * Calls for the master, for the device itself, or both in this order, as the flags say; the device sees the flags without
 * NTF_MASTER once the master has done its part. Throws EOPNOTSUPP for neither.
 */
const dispatch = (
  { dev, flags }: Pick<FdbRequest, 'dev' | 'flags'>,
  onMaster: (ops: FdbOps) => void,
  onSelf: (ops: FdbOps | null, flags: number) => void,
): void => {
  let done = false
  const master = dev.master === null ? null : fdbOpsOf(dev.master)
  const targets = flags & (NTF_MASTER | NTF_SELF)
  if ((targets === 0 || targets & NTF_MASTER) && master !== null) {
    onMaster(master)
    done = true
  }
  if (targets & NTF_SELF) {
    onSelf(fdbOpsOf(dev), done ? flags & ~NTF_MASTER : flags)
    done = true
  }
  if (!done) throw new NetloomError('EOPNOTSUPP', undefined, { dev: dev.name })
}

/** The device, which must be one of the namespace. */
const devIn = (netns: Netns, dev: NetDevice): NetDevice => {
  if (dev.netns !== netns) throw new NetloomError('ENODEV', undefined, { dev: dev.name, netns: netns.name })
  return dev
}

const put = (netns: Netns, request: FdbRequest, mode: FdbMode): void => {
  const dev = devIn(netns, request.dev)
  checkEthernet(dev, 'add')
  flowFlush(netns)
  dispatch(
    request,
    ops => ops.add(dev, request, mode),
    (ops, flags) => (ops === null ? dfltAdd(dev, request, mode) : ops.add(dev, { ...request, flags }, mode)),
  )
}

/**
 * Adds an entry (`bridge fdb add`). With NTF_MASTER and NTF_SELF both are tried in this order, and the first one stays
 * when the second is refused. Throws EEXIST, EINVAL, EPERM (dynamic entry on a port that does not learn), EOPNOTSUPP.
 */
export const fdbAdd = (netns: Netns, request: FdbRequest): void => put(netns, request, 'add')

/** Adds or changes an entry (`bridge fdb replace`). */
export const fdbReplace = (netns: Netns, request: FdbRequest): void => put(netns, request, 'replace')

/** Adds a further destination to an entry, where the kind has several (`bridge fdb append`). */
export const fdbAppend = (netns: Netns, request: FdbRequest): void => put(netns, request, 'append')

/** Deletes an entry (`bridge fdb del`). Throws ENOENT, EINVAL, EOPNOTSUPP. */
export const fdbDel = (netns: Netns, request: FdbRequest): void => {
  const dev = devIn(netns, request.dev)
  checkEthernet(dev, 'delete')
  dispatch(
    request,
    ops => ops.del(dev, request),
    ops => (ops === null ? dfltDel(dev, request) : ops.del(dev, request)),
  )
}

/** Which entries a flush is about, and whose: those of the device itself, of its master (NTF_SELF, NTF_MASTER), or both. */
export interface FdbFlushRequest extends FdbFlushSpec {
  readonly dev: NetDevice
  readonly target: number
}

const VLAN_N_VID = 4096

/**
 * Deletes the entries that match, permanent ones included (`bridge fdb flush dev DEV`). Throws EINVAL, EOPNOTSUPP,
 * ERANGE (a vlan outside of 1 to 4094).
 */
export const fdbFlush = (netns: Netns, request: FdbFlushRequest): void => {
  const { target, vlan } = request
  const dev = devIn(netns, request.dev)
  if (vlan !== undefined && (vlan < 1 || vlan > VLAN_N_VID - 2)) throw extackError('ERANGE', 'integer out of range')
  checkEthernet(dev, 'delete')
  const flush = (ops: FdbOps | null): void => {
    if (ops?.flush === undefined) throw new NetloomError('EOPNOTSUPP', undefined, { dev: dev.name })
    ops.flush(dev, request)
  }
  dispatch({ dev, flags: target }, flush, flush)
}

/** Entry of a device's own list. */
const selfInfo = (dev: NetDevice, lladdr: number): FdbInfo => ({
  dev,
  lladdr,
  state: NUD_PERMANENT,
  flags: NTF_SELF,
  master: null,
  vlan: 0,
  usedNs: null,
  updatedNs: null,
  locked: false,
})

const dfltDump = (dev: NetDevice): FdbInfo[] => {
  if (dev.type !== ARPHRD_ETHER) return []
  return [...dev.uc.keys(), ...dev.mc.keys()].map(mac => selfInfo(dev, mac))
}

/** What a dump says about one device: what its master knows, then its own; a bridge's own list stands before its table. */
const dumpDev = (dev: NetDevice): FdbInfo[] => {
  const out: FdbInfo[] = []
  const { master } = dev
  if (master !== null) out.push(...(fdbOpsOf(master)?.dump(master, dev) ?? []))
  const own = fdbOpsOf(dev)
  if (own === null || own.listsOwnAddresses) out.push(...dfltDump(dev))
  if (own !== null) out.push(...own.dump(dev, null))
  return out
}

/** Which devices a list is about; absent: all. */
export interface FdbFilter {
  /** A bridge with its ports. */
  readonly br?: NetDevice
  /** One port. */
  readonly brport?: NetDevice
  readonly dev?: NetDevice
}

/** The entries of a namespace in the kernel's order: by ifindex, the newest first (`bridge fdb show`). */
export const fdbList = (netns: Netns, filter: FdbFilter = {}): FdbInfo[] => {
  const { br } = filter
  const only = filter.brport ?? filter.dev
  return netns.devices
    .filter(d => (br === undefined || d === br || d.master === br) && (only === undefined || d === only))
    .flatMap(dumpDev)
}

/**
 * The entry of one MAC in a bridge, in a VLAN or in none (`bridge fdb get MAC br BR vlan N`). Throws ENOENT `Fdb entry not
 * found`, EOPNOTSUPP for a device without a table.
 */
export const fdbGet = (br: NetDevice, lladdr: number, vlan = 0): FdbInfo => {
  const ops = fdbOpsOf(br)
  if (ops === null) throw extackError('EOPNOTSUPP', 'Fdb get operation not supported by device', { dev: br.name })
  const found = ops.dump(br, undefined).find(f => f.lladdr === lladdr && f.vlan === vlan)
  if (found === undefined) throw extackError('ENOENT', 'Fdb entry not found', { dev: br.name })
  return found
}

/** The entry of one MAC in a device's own table. Throws ENOENT `Fdb entry not found`, EOPNOTSUPP for a device without one. */
export const fdbGetSelf = (dev: NetDevice, lladdr: number, vni?: number): FdbInfo => {
  const ops = fdbOpsOf(dev)
  if (ops?.get === undefined) return fdbGet(dev, lladdr)
  const found = ops.get(dev, lladdr, vni)
  if (found === null) throw extackError('ENOENT', 'Fdb entry not found', { dev: dev.name })
  return found
}
