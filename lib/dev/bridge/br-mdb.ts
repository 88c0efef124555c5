/**
 * Multicast groups of a bridge as users add, delete and list them (`bridge mdb`).
 *
 * Left out: source lists and filter modes of entries that users add, and their replacement: no word of iproute2 6.1 asks
 * for them.
 *
 * @see net/bridge/br_mdb.c
 */
import type { NetDevice } from '../../core/netdev.js'
import { extackError, NetloomError } from '../../errors.js'
import { RTPROT_STATIC } from '../../ip/rtnetlink.js'
import { isLocalMulticast4, isMulticast4 } from '../../wire/ip.js'
import { isMulticastMac, MAC_BROADCAST } from '../../wire/mac.js'
import { VLAN_VID_MASK } from '../../wire/vlan.js'
import {
  type GroupKey,
  isStarG,
  MCAST_EXCLUDE,
  MCAST_INCLUDE,
  MDB_PG_FLAGS_BLOCKED,
  MDB_PG_FLAGS_FAST_LEAVE,
  MDB_PG_FLAGS_PERMANENT,
  MDB_PG_FLAGS_STAR_EXCL,
  type MdbEntry,
  type PortGroup,
} from './br-mcast-state.js'
import {
  brMdbGet,
  brMulticastHostJoin,
  brMulticastHostLeave,
  delPg,
  groupKey,
  newGroup,
  newPortGroup,
  sgAddExcludePorts,
  starGHandleMode,
} from './br-multicast-group.js'
import { BR_STATE_DISABLED, type Bridge, type BridgePort, bridgeOf, bridgePortOf, isBridge } from './br-private.js'

/** A membership to add or delete. */
export interface MdbSpec {
  /** The bridge. */
  readonly br: NetDevice
  /** One of its ports, or the bridge itself for its own host. */
  readonly port: NetDevice
  /** IPv4 group as int32; absent for a layer 2 group. */
  readonly group?: number
  /** IPv4 source as int32; absent for all sources. */
  readonly source?: number
  /** MAC of a layer 2 group. */
  readonly mac?: number
  /** Stays until it is deleted; false by default. */
  readonly permanent?: boolean
  /** VLAN; none when absent. */
  readonly vid?: number
}

/** A membership as a dump shows it. */
export interface MdbInfo {
  readonly br: NetDevice
  /** The bridge itself for its own host. */
  readonly port: NetDevice
  /** int32; 0 for a layer 2 group. */
  readonly group: number
  /** int32; 0 for all sources. */
  readonly source: number
  /** MAC of a layer 2 group, otherwise 0. */
  readonly mac: number
  readonly permanent: boolean
  readonly flags: readonly ('fast_leave' | 'added_by_star_ex' | 'blocked')[]
  /** Null for the bridge's own host. */
  readonly protocol: number | null
  /** Hundredths of a second until it ends; 0 for permanent ones. */
  readonly timer: number
  /** Filter mode of a membership while the bridge speaks version 3, otherwise null; sources of one of all sources. */
  readonly filterMode: 'include' | 'exclude' | null
  /** 0 for none. */
  readonly vid: number
  readonly sources: readonly { readonly addr: number; readonly timer: number }[]
}

/** A port with a multicast router behind it. */
export interface MdbRouterInfo {
  readonly br: NetDevice
  readonly port: NetDevice
  /** MDB_RTR_TYPE_*. */
  readonly type: number
  /** Hundredths of a second until it ends; 0 for permanent ones. */
  readonly timer: number
}

const refuse = (code: 'EINVAL' | 'EEXIST', text: string, spec: MdbSpec): never => {
  throw extackError(code, text, { dev: spec.br.name, port: spec.port.name })
}

const checkVid = (vid: number, spec: MdbSpec): void => {
  if (!Number.isInteger(vid) || vid < 0 || vid >= VLAN_VID_MASK) refuse('EINVAL', 'Invalid entry VLAN id', spec)
}

/** The VLANs that a request is about: the one that it names, or with VLAN filtering all of the port's. */
const vidsOf = (br: Bridge, port: BridgePort | null, { vid = 0 }: MdbSpec): readonly number[] => {
  const { vlgrp } = port ?? br
  return vid === 0 && br.vlanEnabled && vlgrp !== null ? vlgrp.list.map(v => v.vid) : [vid]
}

/** Checks of rtnetlink, before the bridge sees the request (rtnl_validate_mdb_entry). */
const keyOf = (spec: MdbSpec): GroupKey => {
  const { group, source = 0, mac, vid = 0 } = spec
  if (mac !== undefined) {
    if (!isMulticastMac(mac)) refuse('EINVAL', 'L2 entry group is not multicast', spec)
    checkVid(vid, spec)
    return { dst: 0, src: 0, mac, vid }
  }
  const dst = group ?? 0
  if (!isMulticast4(dst) && dst !== 0) refuse('EINVAL', 'IPv4 entry group address is not multicast or 0.0.0.0', spec)
  if (isLocalMulticast4(dst)) refuse('EINVAL', 'IPv4 entry group address is local multicast', spec)
  checkVid(vid, spec)
  return groupKey(dst, source, vid)
}

/** What the bridge itself says about group and source (br_mdb_config_init, is_valid_mdb_source). */
const checkAddresses = (spec: MdbSpec): void => {
  const { group, source, mac } = spec
  if (mac === undefined && group === 0)
    refuse('EINVAL', 'bridge: IPv4 entry group address 0.0.0.0 is not allowed', spec)
  if (source === undefined) return
  if (mac !== undefined) refuse('EINVAL', 'bridge: Invalid protocol used with source address', spec)
  if (isMulticast4(source)) refuse('EINVAL', 'bridge: IPv4 multicast source address is not allowed', spec)
}

const checkBridge = (spec: MdbSpec): { br: Bridge; port: BridgePort | null } => {
  if (!isBridge(spec.br))
    throw extackError('EOPNOTSUPP', 'Device does not support MDB operations', { dev: spec.br.name })
  const br = bridgeOf(spec.br)
  if (!br.dev.running) refuse('EINVAL', 'bridge: Bridge device is not running', spec)
  if (!br.mcast.enabled) refuse('EINVAL', "bridge: Bridge's multicast processing is disabled", spec)
  if (spec.port === spec.br) return { br, port: null }
  const port = bridgePortOf(spec.port)
  if (port === null) return refuse('EINVAL', 'bridge: Net device is not a bridge port', spec)
  if (port.br !== br) refuse('EINVAL', 'bridge: Port belongs to a different bridge device', spec)
  return { br, port }
}

const checkAdd = (port: BridgePort | null, key: GroupKey, spec: MdbSpec): void => {
  const permanent = spec.permanent === true
  if (port === null && key.mac === 0) {
    if (permanent) refuse('EINVAL', 'bridge: Flags are not allowed for host groups', spec)
    if (!isStarG(key)) refuse('EINVAL', 'bridge: Groups with sources cannot be manually host joined', spec)
  }
  if (key.mac !== 0 && !permanent) refuse('EINVAL', 'bridge: Only permanent L2 entries allowed', spec)
  if (port !== null && port.state === BR_STATE_DISABLED && !permanent)
    refuse('EINVAL', 'bridge: Port is in disabled state and entry is not permanent', spec)
}

/** Adds a membership (br_mdb_add). Throws EINVAL and EEXIST with the kernel's explanations. */
export const brMdbAdd = (spec: MdbSpec): void => {
  const key = keyOf(spec)
  const { br, port } = checkBridge(spec)
  checkAddresses(spec)
  checkAdd(port, key, spec)
  for (const vid of vidsOf(br, port, spec)) addOne(br, port, { ...key, vid }, spec)
}

/** A membership in one VLAN (__br_mdb_add). */
const addOne = (br: Bridge, port: BridgePort | null, key: GroupKey, spec: MdbSpec): void => {
  const entry = newGroup(br, key)
  if (entry === null) throw new NetloomError('E2BIG', undefined, { dev: br.dev.name })
  if (port === null) {
    if (entry.hostJoined) refuse('EEXIST', 'bridge: Group is already joined by host', spec)
    brMulticastHostJoin(entry)
    return
  }
  const star = isStarG(key)
  if (entry.ports.some(p => p.port === port))
    refuse('EEXIST', `bridge: ${star ? '(*, G)' : '(S, G)'} group is already joined by port`, spec)
  const flags = spec.permanent ? MDB_PG_FLAGS_PERMANENT : 0
  const filterMode = star ? MCAST_EXCLUDE : MCAST_INCLUDE
  const pg = newPortGroup(entry, port, { ethAddr: MAC_BROADCAST, rtProtocol: RTPROT_STATIC, flags, filterMode })
  if (pg === null) {
    const { groups, maxGroups } = port.mcast
    const text = `bridge: Port is already in ${groups.length} groups, and mcast_max_groups=${maxGroups}`
    return refuse('EINVAL', text, spec)
  }
  if (!spec.permanent) pg.timer.mod(br.mcast.membershipInterval)
  if (br.mcast.igmpVersion === 3 && key.mac === 0) replicate(br, pg)
}

/** With sources, members of all sources and members of one belong into each other's entries. */
const replicate = (br: Bridge, pg: PortGroup): void => {
  if (isStarG(pg.key)) {
    starGHandleMode(pg, MCAST_EXCLUDE)
    return
  }
  const star = brMdbGet(br, groupKey(pg.key.dst, 0, pg.key.vid))
  if (star !== null) sgAddExcludePorts(star, pg)
}

/** Deletes a membership (br_mdb_del). Throws EINVAL when there is none. */
export const brMdbDel = (spec: MdbSpec): void => {
  const key = keyOf(spec)
  const { br, port } = checkBridge(spec)
  checkAddresses(spec)
  for (const vid of vidsOf(br, port, spec)) delOne(br, port, { ...key, vid })
}

const delOne = (br: Bridge, port: BridgePort | null, key: GroupKey): void => {
  const entry = brMdbGet(br, key)
  if (entry !== null && port === null && entry.hostJoined) {
    brMulticastHostLeave(entry)
    if (entry.ports.length === 0) entry.timer.mod(0)
    return
  }
  const pg = entry?.ports.find(p => p.port === port)
  if (entry === null || pg === undefined) throw new NetloomError('EINVAL', undefined, { dev: br.dev.name })
  delPg(entry, pg)
}

const flagNames = (flags: number): MdbInfo['flags'] => {
  const names: MdbInfo['flags'][number][] = []
  if (flags & MDB_PG_FLAGS_FAST_LEAVE) names.push('fast_leave')
  if (flags & MDB_PG_FLAGS_STAR_EXCL) names.push('added_by_star_ex')
  if (flags & MDB_PG_FLAGS_BLOCKED) names.push('blocked')
  return names
}

const hostInfo = (entry: MdbEntry): MdbInfo => ({
  br: entry.br.dev,
  port: entry.br.dev,
  group: entry.key.dst,
  source: entry.key.src,
  mac: entry.key.mac,
  permanent: entry.key.mac !== 0,
  flags: [],
  protocol: null,
  timer: entry.timer.value,
  filterMode: null,
  vid: entry.key.vid,
  sources: [],
})

const memberInfo = (entry: MdbEntry, pg: PortGroup): MdbInfo => {
  const v3 = entry.br.mcast.igmpVersion === 3 && entry.key.mac === 0
  return {
    ...hostInfo(entry),
    port: pg.port.dev,
    permanent: (pg.flags & MDB_PG_FLAGS_PERMANENT) !== 0,
    flags: flagNames(pg.flags),
    protocol: pg.rtProtocol,
    timer: pg.timer.value,
    filterMode: v3 ? (pg.filterMode === MCAST_INCLUDE ? 'include' : 'exclude') : null,
    sources: v3 && isStarG(entry.key) ? pg.sources.map(s => ({ addr: s.addr, timer: s.timer.value })) : [],
  }
}

/** The memberships of a bridge, the newest group first, its own host before the ports (br_mdb_dump). */
export const brMdbList = (dev: NetDevice): MdbInfo[] => {
  const out: MdbInfo[] = []
  for (const entry of bridgeOf(dev).mcast.groups) {
    if (entry.hostJoined) out.push(hostInfo(entry))
    for (const pg of entry.ports) out.push(memberInfo(entry, pg))
  }
  return out
}

/** The router ports of a bridge, the newest port first. */
export const brMdbRouters = (dev: NetDevice): MdbRouterInfo[] => {
  const br = bridgeOf(dev)
  return br.ports
    .filter(p => br.mcast.routerPorts.includes(p))
    .map(p => ({ br: dev, port: p.dev, type: p.mcast.router, timer: p.mcast.routerTimer.value }))
}
