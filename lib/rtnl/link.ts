/**
 * Devices, as `ip link` asks for them: checks and order of changes of rtnetlink.
 *
 * A set is not all or nothing: what stands before a change that is refused stays, as in the kernel.
 *
 * @see net/core/rtnetlink.c rtnl_newlink, do_setlink, rtnl_dellink, rtnl_fill_ifinfo
 */
import { flowFlush } from '../core/flow-genid.js'
import {
  devChangeCarrier,
  devChangeFlags,
  devChangeName,
  devChangeNetns,
  devChangeProtoDown,
  devSetMacAddress,
  devSetMtu,
  reportedFlags,
} from '../core/dev.js'
import {
  DevStats,
  IFF_ALLMULTI,
  IFF_MULTICAST,
  IFF_NOARP,
  IFF_PROMISC,
  IFF_UP,
  IF_OPER_DOWN,
  type NetDevice,
} from '../core/netdev.js'
import type { Netns } from '../core/netns.js'
import { NETDEV_CHANGEADDR } from '../core/notifier.js'
import type { LinkKind } from '../core/registry.js'
import { extackError, NetloomError } from '../errors.js'

/** A device to make. */
export interface LinkSpec {
  /** As in `ip link add type KIND`. */
  readonly kind: string
  /** The kind and the first free number when absent. A `%d` in it stands for such a number. */
  readonly name?: string
  /** 48-bit number; drawn at random when absent. */
  readonly address?: number
  readonly broadcast?: number
  readonly mtu?: number
  readonly txQueueLen?: number
  readonly ifindex?: number
  readonly group?: number
  readonly numTxQueues?: number
  readonly numRxQueues?: number
  /** Device that it is stacked on, where the kind is stacked on one. */
  readonly link?: NetDevice
  /** Namespace that the request comes from, where it is not the one of the new device. */
  readonly srcNetns?: Netns
  readonly master?: NetDevice
  readonly up?: boolean
  /** Attributes of the kind; its file in dev/ names them. */
  readonly attrs?: object
}

/** What to change about a device; what is absent stays. */
export interface LinkChanges {
  readonly up?: boolean
  readonly name?: string
  readonly mtu?: number
  readonly address?: number
  readonly broadcast?: number
  /** Null takes the device out of its master. */
  readonly master?: NetDevice | null
  readonly netns?: Netns
  readonly alias?: string
  readonly txQueueLen?: number
  readonly group?: number
  readonly promisc?: boolean
  readonly arp?: boolean
  readonly multicast?: boolean
  readonly allmulticast?: boolean
  /** Where the kind lets its carrier be set. */
  readonly carrier?: boolean
  /** Hold the carrier down, where the kind lets that be done. */
  readonly protodown?: boolean
  /** Attributes of the device's kind, which `kind` repeats (`ip link set DEV type KIND ...`). */
  readonly kind?: string
  readonly attrs?: object
  /** Attributes as a port of its master (`ip link set DEV type bridge_slave ...`, `bridge link set`). */
  readonly slaveAttrs?: object
}

/** A device as a dump shows it. */
export interface LinkInfo {
  readonly dev: NetDevice
  readonly ifindex: number
  readonly name: string
  /** IFF_* with IFF_RUNNING and IFF_LOWER_UP. */
  readonly flags: number
  readonly mtu: number
  readonly minMtu: number
  readonly maxMtu: number
  /** Kind of its qdisc; `noop` before it first was up. */
  readonly qdisc: string
  readonly master: NetDevice | null
  /** IF_OPER_*. */
  readonly operstate: number
  readonly group: number
  readonly txQueueLen: number
  /** ARPHRD_*. */
  readonly type: number
  readonly address: number
  readonly broadcast: number
  /** ifindex of the device it is paired with or stacked on; null when there is none. */
  readonly iflink: number | null
  /** That device's namespace when it is another one. */
  readonly linkNetns: Netns | null
  readonly alias: string
  readonly protodown: boolean
  readonly promiscuity: number
  readonly allmulti: number
  readonly numTxQueues: number
  readonly numRxQueues: number
  readonly gsoMaxSize: number
  readonly gsoMaxSegs: number
  readonly tsoMaxSize: number
  readonly tsoMaxSegs: number
  readonly groMaxSize: number
  readonly carrierChanges: number
  readonly stats: DevStats
  /** Empty for lo and for cards. */
  readonly kind: string
  readonly attrs: object
  /** Kind of the master, empty without one. */
  readonly slaveKind: string
  readonly slaveAttrs: object | null
}

const GSO_LEGACY_MAX_SIZE = 65536
const GSO_MAX_SEGS = 65535
const IFALIASZ = 256
const IFNAMSIZ = 16

const SPEC_KEYS: readonly string[] = [
  'kind',
  'name',
  'address',
  'broadcast',
  'mtu',
  'txQueueLen',
  'ifindex',
  'group',
  'numTxQueues',
  'numRxQueues',
  'link',
  'srcNetns',
  'master',
  'up',
  'attrs',
]

const CHANGE_KEYS: readonly string[] = [
  'up',
  'name',
  'mtu',
  'address',
  'broadcast',
  'master',
  'netns',
  'alias',
  'txQueueLen',
  'group',
  'promisc',
  'arp',
  'multicast',
  'allmulticast',
  'carrier',
  'protodown',
  'kind',
  'attrs',
  'slaveAttrs',
]

const checkKeys = (given: object, known: readonly string[], what: string): void => {
  for (const name of Object.keys(given))
    if (!known.includes(name))
      throw new NetloomError('EINVAL', `${what}: unknown property "${name}"; known are ${known.join(', ')}`, { name })
}

const kindOf = (dev: NetDevice): LinkKind | null => dev.netns.world.linkKinds.get(dev.ops.kind)

const deleteDevice = (dev: NetDevice): void => kindOf(dev)!.dellink(dev)

/** The checks of a kind that come before those of names (rtnl_link_ops.validate). Throws what the kind refuses with. */
export const linkValidate = (netns: Netns, spec: LinkSpec): void => {
  const { kind, name = `${kind}%d`, attrs, ...base } = spec
  netns.world.linkKinds.get(kind)?.validate?.({ ...base, name }, attrs ?? {})
}

/**
 * Makes a device (`ip link add`). Throws EEXIST for a name or ifindex in use, EOPNOTSUPP `Unknown device type`, and what
 * the kind refuses with; nothing stays behind then.
 */
export const linkAdd = (netns: Netns, spec: LinkSpec): NetDevice => {
  checkKeys(spec, SPEC_KEYS, 'linkAdd')
  const { name = `${spec.kind}%d`, ifindex = 0 } = spec
  // The policy of IFLA_IFNAME comes before anything that looks at the name.
  if (name.length >= IFNAMSIZ) throw new NetloomError('ERANGE', undefined, { name })
  linkValidate(netns, spec)
  const taken = ifindex > 0 ? netns.devByIndex(ifindex) : netns.devByName(name)
  if (taken !== null) throw new NetloomError('EEXIST', undefined, { netns: netns.name, name, ifindex })
  const kind = netns.world.linkKinds.get(spec.kind)
  if (kind === null) throw extackError('EOPNOTSUPP', 'Unknown device type', { kind: spec.kind })
  const { kind: _kind, attrs, broadcast, group, master, up, ...base } = spec
  const dev = kind.newlink({ ...base, netns, name }, attrs ?? {})
  try {
    if (group !== undefined) dev.group = group
    if (broadcast !== undefined) dev.broadcast = broadcast
    if (up) devChangeFlags(dev, IFF_UP, 0)
    if (master !== undefined) setMaster(dev, master)
  } catch (e) {
    deleteDevice(dev)
    throw e
  }
  return dev
}

/** Moves a device to another master (do_set_master). */
const setMaster = (dev: NetDevice, master: NetDevice | null): void => {
  const old = dev.master
  if (old === master) return
  if (old !== null) {
    if (old.ops.delSlave === null) throw new NetloomError('EOPNOTSUPP', undefined, { dev: old.name })
    old.ops.delSlave(old, dev)
  }
  if (master === null) return
  if (master.netns !== dev.netns || !master.registered)
    throw new NetloomError('EINVAL', undefined, { dev: dev.name, master: master.name })
  if (master.ops.addSlave === null) throw new NetloomError('EOPNOTSUPP', undefined, { dev: master.name })
  master.ops.addSlave(master, dev)
}

const setKindAttrs = (dev: NetDevice, changes: LinkChanges): void => {
  const { attrs, slaveAttrs } = changes
  if (attrs !== undefined) {
    const kind = kindOf(dev)
    if (kind?.changelink === undefined || kind.kind !== (changes.kind ?? kind.kind))
      throw new NetloomError('EOPNOTSUPP', undefined, { dev: dev.name, kind: changes.kind ?? dev.ops.kind })
    kind.changelink(dev, attrs)
  }
  if (slaveAttrs !== undefined) {
    const changePort = dev.master === null ? undefined : kindOf(dev.master)?.changePort
    if (changePort === undefined) throw new NetloomError('EOPNOTSUPP', undefined, { dev: dev.name })
    changePort(dev, slaveAttrs)
  }
}

/** Flags to set and to clear for an on-off wish. */
const wish = (value: boolean | undefined, flag: number, inverted = false): [set: number, clear: number] => {
  if (value === undefined) return [0, 0]
  return value !== inverted ? [flag, 0] : [0, flag]
}

const setFlags = (dev: NetDevice, changes: LinkChanges): void => {
  const wishes = [
    wish(changes.up, IFF_UP),
    wish(changes.arp, IFF_NOARP, true),
    wish(changes.multicast, IFF_MULTICAST),
    wish(changes.promisc, IFF_PROMISC),
    wish(changes.allmulticast, IFF_ALLMULTI),
  ]
  let set = 0
  let clear = 0
  for (const [s, c] of wishes) {
    set |= s
    clear |= c
  }
  if ((set | clear) !== 0) devChangeFlags(dev, set, clear)
}

const setAlias = (dev: NetDevice, alias: string): void => {
  if (alias.length >= IFALIASZ) throw new NetloomError('EINVAL', undefined, { dev: dev.name })
  dev.alias = alias
}

/**
 * Changes a device (`ip link set`), in the kernel's order: attributes of the kind and of the port, namespace, address,
 * MTU, group, name, alias, broadcast address, flags, master, carrier, queue length, protodown. Throws what the first change that is
 * refused is refused with; those before it stay.
 */
export const linkSet = (dev: NetDevice, changes: LinkChanges): void => {
  checkKeys(changes, CHANGE_KEYS, 'linkSet')
  flowFlush(dev.netns)
  setKindAttrs(dev, changes)
  flowFlush(dev.netns)
  if (changes.netns !== undefined) devChangeNetns(dev, changes.netns, changes.name ?? null)
  if (changes.address !== undefined) devSetMacAddress(dev, changes.address)
  if (changes.mtu !== undefined) devSetMtu(dev, changes.mtu)
  if (changes.group !== undefined) dev.group = changes.group
  if (changes.name !== undefined) devChangeName(dev, changes.name)
  if (changes.alias !== undefined) setAlias(dev, changes.alias)
  if (changes.broadcast !== undefined) {
    dev.broadcast = changes.broadcast
    dev.netns.world.notifiers.call(NETDEV_CHANGEADDR, dev)
  }
  setFlags(dev, changes)
  if (changes.master !== undefined) setMaster(dev, changes.master)
  if (changes.carrier !== undefined) devChangeCarrier(dev, changes.carrier)
  if (changes.txQueueLen !== undefined) dev.txQueueLen = changes.txQueueLen
  if (changes.protodown !== undefined) devChangeProtoDown(dev, changes.protodown)
}

/** Deletes a device and what hangs on it (`ip link del`). Throws EOPNOTSUPP for lo. */
export const linkDel = (dev: NetDevice): void => {
  if (kindOf(dev) === null) throw new NetloomError('EOPNOTSUPP', undefined, { dev: dev.name })
  deleteDevice(dev)
}

/** The ports of all bridges, in the order in which the devices came to the namespace (`bridge link`). */
export const bridgeLinkList = (netns: Netns): LinkInfo[] =>
  netns.devBase.map(fillIfinfo).filter(({ slaveKind }) => slaveKind === 'bridge')

/** All devices of a namespace by ifindex, as a dump shows them (`ip link`). */
export const linkList = (netns: Netns): LinkInfo[] => netns.devices.map(fillIfinfo)

/**
 * One device (`ip link show DEV`). To ask for a single device settles a pending change of its carrier first, which a
 * dump does not.
 */
export const linkInfo = (dev: NetDevice): LinkInfo => {
  dev.netns.world.linkWatch.sync(dev)
  return fillIfinfo(dev)
}

/** Namespace of the far end or of the tunnel, when it is another one than the device's. */
const linkNetnsOf = (dev: NetDevice, kind: LinkKind | null, far: NetDevice | null): Netns | null => {
  const netns = kind?.getLinkNet?.(dev) ?? far?.netns ?? dev.netns
  return netns === dev.netns ? null : netns
}

const fillIfinfo = (dev: NetDevice): LinkInfo => {
  const kind = kindOf(dev)
  const lower = dev.ops.getIflink?.(dev) ?? null
  const linkNetns = linkNetnsOf(dev, kind, lower?.dev ?? null)
  const iflink = lower?.ifindex ?? dev.ifindex
  const masterKind = dev.master === null ? null : kindOf(dev.master)
  return {
    dev,
    ifindex: dev.ifindex,
    name: dev.name,
    flags: reportedFlags(dev),
    mtu: dev.mtu,
    minMtu: dev.minMtu,
    maxMtu: dev.maxMtu,
    qdisc: dev.qdiscSleeping.ops.id,
    master: dev.master,
    operstate: dev.running ? dev.operstate : IF_OPER_DOWN,
    group: dev.group,
    txQueueLen: dev.txQueueLen,
    type: dev.type,
    address: dev.addr,
    broadcast: dev.broadcast,
    iflink: iflink !== dev.ifindex || linkNetns !== null ? iflink : null,
    linkNetns,
    alias: dev.alias,
    protodown: dev.protoDown,
    promiscuity: dev.promiscuity,
    allmulti: dev.allmulti,
    numTxQueues: dev.numTxQueues,
    numRxQueues: dev.numRxQueues,
    gsoMaxSize: GSO_LEGACY_MAX_SIZE,
    gsoMaxSegs: GSO_MAX_SEGS,
    tsoMaxSize: dev.tsoMaxSize,
    tsoMaxSegs: GSO_MAX_SEGS,
    groMaxSize: GSO_LEGACY_MAX_SIZE,
    carrierChanges: dev.carrierUpCount + dev.carrierDownCount,
    stats: dev.ops.getStats?.(dev) ?? Object.assign(new DevStats(), dev.stats),
    kind: kind?.isPhysical === true ? '' : dev.ops.kind,
    attrs: kind?.fillInfo(dev) ?? {},
    slaveKind: masterKind?.slaveKind ?? '',
    slaveAttrs: masterKind?.fillPort?.(dev) ?? null,
  }
}
