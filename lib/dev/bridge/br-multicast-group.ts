/**
 * Multicast groups of a bridge and their members: joining, leaving, growing old, and for sources the entries that are
 * kept for each of them.
 *
 * @see net/bridge/br_multicast.c
 */
import { RTPROT_KERNEL } from '../../ip/rtnetlink.js'
import { isLocalMulticast4 } from '../../wire/ip.js'
import {
  BR_SGRP_F_INSTALLED,
  type GroupKey,
  type GroupSrc,
  isStarG,
  MCAST_EXCLUDE,
  MCAST_INCLUDE,
  MDB_PG_FLAGS_BLOCKED,
  MDB_PG_FLAGS_FAST_LEAVE,
  MDB_PG_FLAGS_PERMANENT,
  MDB_PG_FLAGS_STAR_EXCL,
  MdbEntry,
  MdbTables,
  mdbTables,
  PortGroup,
} from './br-mcast-state.js'
import { lastMemberQueryTime, mcastShouldUse, sendQuery } from './br-multicast-query.js'
import { BR_MULTICAST_FAST_LEAVE, BR_MULTICAST_TO_UNICAST, type Bridge, type BridgePort } from './br-private.js'
import { BrTimer, type Deadline, jiffies } from './br-timer.js'

/** Key of an IPv4 group; `src` 0 for all sources. */
export const groupKey = (dst: number, src: number, vid: number): GroupKey => ({ dst, src, mac: 0, vid })

/** The group with this key, or null (br_mdb_ip_get). */
export const brMdbGet = (br: Bridge, key: GroupKey): MdbEntry | null => {
  const m = mdbTables(br.mcast, key.vid)
  if (m === null) return null
  if (key.mac !== 0) return m.l2.get(key.mac) ?? null
  if (key.src !== 0) return m.sg.get(key.dst)?.get(key.src) ?? null
  return m.starG.get(key.dst) ?? null
}

const link = (br: Bridge, entry: MdbEntry): void => {
  const { key } = entry
  let m = mdbTables(br.mcast, key.vid)
  if (m === null) {
    m = new MdbTables()
    br.mcast.vlanTables.set(key.vid, m)
  }
  if (key.mac !== 0) m.l2.set(key.mac, entry)
  else if (key.src === 0) m.starG.set(key.dst, entry)
  else {
    const sources = m.sg.get(key.dst)
    if (sources === undefined) m.sg.set(key.dst, new Map([[key.src, entry]]))
    else sources.set(key.src, entry)
  }
  br.mcast.groups.unshift(entry)
}

const without = <T>(list: T[], item: T): void => {
  const i = list.indexOf(item)
  if (i >= 0) list.splice(i, 1)
}

/** Removes a group (br_multicast_del_mdb_entry). */
export const delMdbEntry = (entry: MdbEntry): void => {
  const { br, key } = entry
  const m = mdbTables(br.mcast, key.vid)!
  entry.alive = false
  entry.timer.del()
  if (key.mac !== 0) m.l2.delete(key.mac)
  else if (key.src === 0) m.starG.delete(key.dst)
  else {
    const sources = m.sg.get(key.dst)
    sources?.delete(key.src)
    if (sources?.size === 0) m.sg.delete(key.dst)
  }
  without(br.mcast.groups, entry)
}

const groupExpired = (entry: MdbEntry): void => {
  if (!entry.alive || !entry.br.dev.running) return
  brMulticastHostLeave(entry)
  if (entry.ports.length === 0) delMdbEntry(entry)
}

/** The group with this key, made if need be; null when the table is full, which turns snooping off (br_multicast_new_group). */
export const newGroup = (br: Bridge, key: GroupKey): MdbEntry | null => {
  const found = brMdbGet(br, key)
  if (found !== null) return found
  if (br.mcast.groups.length >= br.mcast.hashMax) {
    br.mcast.enabled = false
    return null
  }
  const entry = new MdbEntry(br, key, e => new BrTimer<MdbEntry>(br.world, groupExpired, e, `${br.dev} group`))
  link(br, entry)
  return entry
}

/** The bridge itself joins a group (br_multicast_host_join). */
export const brMulticastHostJoin = (entry: MdbEntry): void => {
  if (!entry.hostJoined) {
    entry.hostJoined = true
    if (isStarG(entry.key)) starGHostState(entry)
  }
  if (entry.key.mac === 0) entry.timer.mod(entry.br.mcast.membershipInterval)
}

/** The bridge itself leaves a group (br_multicast_host_leave). */
export const brMulticastHostLeave = (entry: MdbEntry): void => {
  if (!entry.hostJoined) return
  entry.hostJoined = false
  if (isStarG(entry.key)) starGHostState(entry)
}

/** Entries of single sources follow the (*, G) one in whether the bridge is a member (br_multicast_star_g_host_state). */
const starGHostState = (star: MdbEntry): void => {
  for (const pg of star.ports)
    for (const src of pg.sources) {
      if ((src.flags & BR_SGRP_F_INSTALLED) === 0) continue
      const sg = brMdbGet(star.br, groupKey(star.key.dst, src.addr, star.key.vid))
      if (sg !== null) sg.hostJoined = star.hostJoined
    }
}

/** True when a member is that of a port; with mcast_to_unicast each MAC is a member of its own (br_port_group_equal). */
const portGroupEqual = (pg: PortGroup, port: BridgePort, mac: number): boolean =>
  pg.port === port && ((port.flags & BR_MULTICAST_TO_UNICAST) === 0 || pg.ethAddr === mac)

/** The member of a group on a port, or null (br_multicast_find_port). */
export const findPortGroup = (entry: MdbEntry, port: BridgePort, mac: number): PortGroup | null => {
  for (const pg of entry.ports) if (portGroupEqual(pg, port, mac)) return pg
  return null
}

const sgPortFind = (br: Bridge, port: BridgePort, key: GroupKey): PortGroup | null => {
  const entry = brMdbGet(br, key)
  if (entry === null) return null
  for (const pg of entry.ports) if (pg.port === port) return pg
  return null
}

const portGroupExpired = (pg: PortGroup): void => {
  const { br } = pg.port
  if (!br.dev.running || !pg.alive || pg.flags & MDB_PG_FLAGS_PERMANENT) return
  const changed = pg.filterMode === MCAST_EXCLUDE
  pg.filterMode = MCAST_INCLUDE
  for (const src of [...pg.sources]) if (!src.timer.pending) delGroupSrc(src)
  if (pg.sources.length === 0) findDelPg(pg)
  else if (changed && isStarG(pg.key)) starGHandleMode(pg, MCAST_INCLUDE)
}

const portGroupRexmit = (pg: PortGroup): void => {
  const { br } = pg.port
  const m = br.mcast
  if (!br.dev.running || !pg.alive || !m.enabled || !m.querier || m.otherQuery.pending) return
  const query = { pg, dst: pg.key.dst, group: pg.key.dst }
  if (pg.grpQueryRexmitCount > 0) {
    pg.grpQueryRexmitCount--
    sendQuery(br, pg.port, { ...query, suppress: true })
  }
  const again = sendQuery(br, pg.port, { ...query, withSources: true })
  if (pg.grpQueryRexmitCount > 0 || again) pg.rexmitTimer.mod(m.lastMemberInterval)
}

/** What a new member is like. */
export interface PortGroupSpec {
  readonly ethAddr: number
  readonly rtProtocol: number
  readonly flags: number
  readonly filterMode: number
}

/**
 * Adds a member to a group; null when the port is in too many groups (br_multicast_new_port_group). The caller has seen
 * that the port is not in it.
 */
export const newPortGroup = (entry: MdbEntry, port: BridgePort, spec: PortGroupSpec): PortGroup | null => {
  const { br } = entry
  const { maxGroups, groups } = port.mcast
  if (maxGroups !== 0 && groups.length >= maxGroups) return null
  const pg = new PortGroup(port, entry.key, spec, g => ({
    timer: new BrTimer<PortGroup>(br.world, portGroupExpired, g, `${port.dev} group member`),
    rexmit: new BrTimer<PortGroup>(br.world, portGroupRexmit, g, `${port.dev} group query`),
  }))
  let at = 0
  while (at < entry.ports.length && entry.ports[at]!.port.seq >= port.seq) at++
  entry.ports.splice(at, 0, pg)
  groups.unshift(pg)
  return pg
}

/** What a report says about its sender. */
export interface AddGroupSpec {
  /** MAC of the reporting host. */
  readonly mac: number
  readonly filterMode: number
  /** The membership itself grows old, as in version 2; in version 3 its sources do. */
  readonly hasTimer: boolean
  readonly blocked: boolean
}

/**
 * A port, or the bridge itself when `port` is null, joins a group. Returns the member; null for the bridge and while
 * the port takes no part; false when there are too many groups (__br_multicast_add_group).
 */
export const addGroup = (
  br: Bridge,
  port: BridgePort | null,
  key: GroupKey,
  spec: AddGroupSpec,
): PortGroup | null | false => {
  if (!mcastShouldUse(br, port)) return null
  const entry = newGroup(br, key)
  if (entry === null) return false
  if (port === null) {
    brMulticastHostJoin(entry)
    return null
  }
  let pg = findPortGroup(entry, port, spec.mac)
  if (pg === null) {
    const flags = spec.blocked ? MDB_PG_FLAGS_BLOCKED : 0
    const { filterMode } = spec
    pg = newPortGroup(entry, port, { ethAddr: spec.mac, rtProtocol: RTPROT_KERNEL, flags, filterMode })
    if (pg === null) return false
  }
  if (spec.hasTimer) pg.timer.mod(br.mcast.membershipInterval)
  return pg
}

/**
 * A host behind `port` (the bridge's own host when null) joins an IPv4 group; false when there are too many
 * (br_ip4_multicast_add_group).
 */
export const ip4AddGroup = (
  br: Bridge,
  port: BridgePort | null,
  group: number,
  mac: number,
  igmpv2: boolean,
  vid: number,
): boolean => {
  if (isLocalMulticast4(group)) return true
  const filterMode = igmpv2 ? MCAST_EXCLUDE : MCAST_INCLUDE
  return addGroup(br, port, groupKey(group, 0, vid), { mac, filterMode, hasTimer: igmpv2, blocked: false }) !== false
}

/** Removes a member from its group (br_multicast_del_pg). */
export const delPg = (entry: MdbEntry, pg: PortGroup): void => {
  without(entry.ports, pg)
  without(pg.port.mcast.groups, pg)
  pg.alive = false
  pg.timer.del()
  pg.rexmitTimer.del()
  for (const src of [...pg.sources]) delGroupSrc(src)
  if (isStarG(entry.key)) starGHandleMode(pg, MCAST_INCLUDE)
  else if (entry.key.mac === 0) sgDelExcludePorts(entry)
  if (entry.ports.length === 0 && !entry.hostJoined && entry.br.dev.running) entry.timer.mod(0)
}

/** Removes a member, looking its group up (br_multicast_find_del_pg). */
export const findDelPg = (pg: PortGroup): void => {
  const entry = brMdbGet(pg.port.br, pg.key)
  if (entry !== null && pg.alive) delPg(entry, pg)
}

/** Removes a source of a member with its entry (br_multicast_del_group_src). */
export const delGroupSrc = (src: GroupSrc): void => {
  fwdSrcRemove(src)
  src.alive = false
  src.timer.del()
  without(src.pg.sources, src)
}

const fwdSrcRemove = (src: GroupSrc): void => {
  const { pg } = src
  const entry = brMdbGet(pg.port.br, groupKey(pg.key.dst, src.addr, pg.key.vid))
  if (entry === null) return
  for (const p of entry.ports) {
    if (!portGroupEqual(p, pg.port, pg.ethAddr)) continue
    const byUser = p.rtProtocol !== RTPROT_KERNEL && (p.flags & MDB_PG_FLAGS_PERMANENT) !== 0
    if (!byUser) delPg(entry, p)
    break
  }
  src.flags &= ~BR_SGRP_F_INSTALLED
}

/**
 * A member changes its filter mode or goes: with EXCLUDE it is added to the entries of the other members' sources, with
 * INCLUDE it is taken out where it had been added (br_multicast_star_g_handle_mode).
 */
export const starGHandleMode = (pg: PortGroup, filterMode: number): void => {
  const { br } = pg.port
  const star = brMdbGet(br, pg.key)
  if (star === null) return
  for (const other of [...star.ports]) {
    if (other === pg) continue
    for (const src of [...other.sources]) {
      if ((src.flags & BR_SGRP_F_INSTALLED) === 0) continue
      const key = groupKey(pg.key.dst, src.addr, pg.key.vid)
      const sg = sgPortFind(br, pg.port, key)
      if (filterMode === MCAST_EXCLUDE) {
        if (sg === null) addStarExclude(br, pg, key)
      } else if (sg !== null && sg.flags & MDB_PG_FLAGS_STAR_EXCL && sg.rtProtocol === RTPROT_KERNEL) findDelPg(sg)
    }
  }
}

const addStarExclude = (br: Bridge, pg: PortGroup, key: GroupKey): void => {
  const sg = addGroup(br, pg.port, key, { mac: pg.ethAddr, filterMode: MCAST_INCLUDE, hasTimer: false, blocked: false })
  if (sg && sg.rtProtocol === RTPROT_KERNEL) sg.flags |= MDB_PG_FLAGS_STAR_EXCL
}

/** Without a member that wants the source by itself, those that were only added go (br_multicast_sg_del_exclude_ports). */
const sgDelExcludePorts = (sg: MdbEntry): void => {
  const keep = MDB_PG_FLAGS_STAR_EXCL | MDB_PG_FLAGS_PERMANENT
  for (const p of sg.ports) if ((p.flags & keep) === 0) return
  sg.hostJoined = false
  for (const p of [...sg.ports]) if (p.alive && (p.flags & MDB_PG_FLAGS_PERMANENT) === 0) delPg(sg, p)
}

/** All members that want every source also get the new entry of one (br_multicast_sg_add_exclude_ports). */
export const sgAddExcludePorts = (star: MdbEntry, sg: PortGroup): void => {
  const { br } = star
  if (star.hostJoined) {
    const entry = brMdbGet(br, sg.key)
    if (entry !== null) entry.hostJoined = true
  }
  for (const pg of [...star.ports]) {
    if (pg === sg || pg.filterMode === MCAST_INCLUDE || sgPortFind(br, pg.port, sg.key) !== null) continue
    addStarExclude(br, pg, sg.key)
  }
}

/** The entry of a source on a member's port, or null. */
export const sgOf = (src: GroupSrc): PortGroup | null =>
  sgPortFind(src.pg.port.br, src.pg.port, groupKey(src.pg.key.dst, src.addr, src.pg.key.vid))

/** Shortens a timer to `expires` jiffies; one that is not set is set. */
export const shorten = (timer: Deadline, expires: number): void => {
  if (!timer.pending || timer.expires > expires) timer.modTo(expires)
}

/**
 * A host behind `port` (the bridge's own host when null) leaves a group: the querier asks whether there are others, and
 * the membership ends soon if nobody answers (br_multicast_leave_group).
 */
export const ip4LeaveGroup = (br: Bridge, port: BridgePort | null, group: number, mac: number, vid: number): void => {
  if (isLocalMulticast4(group) || !mcastShouldUse(br, port)) return
  const entry = brMdbGet(br, groupKey(group, 0, vid))
  if (entry === null) return
  if (port !== null && port.flags & BR_MULTICAST_FAST_LEAVE) {
    fastLeave(entry, port, mac)
    return
  }
  const m = br.mcast
  if (m.otherQuery.pending) return
  const due = jiffies(br.world.now) + lastMemberQueryTime(br)
  if (m.querier) {
    sendQuery(br, port, { group })
    ;(port === null ? m.ownQuery : port.mcast.ownQuery).modTo(due)
    const pg = port === null ? null : findPortGroup(entry, port, mac)
    if (pg !== null) shorten(pg.timer, due)
  }
  if (port === null) {
    if (entry.hostJoined) shorten(entry.timer, due)
    return
  }
  for (const pg of entry.ports) {
    if (pg.port !== port) continue
    shorten(pg.timer, due)
    break
  }
}

const fastLeave = (entry: MdbEntry, port: BridgePort, mac: number): void => {
  for (const pg of [...entry.ports]) {
    if (!portGroupEqual(pg, port, mac)) continue
    if (pg.flags & MDB_PG_FLAGS_PERMANENT) break
    pg.flags |= MDB_PG_FLAGS_FAST_LEAVE
    delPg(entry, pg)
  }
}
