/**
 * State of IGMP snooping: settings and timers of a bridge and of its ports, groups, members, sources.
 *
 * MLD is left out: IPv6 multicast is flooded as it is on a bridge without an IPv6 querier.
 *
 * @see net/bridge/br_private.h struct net_bridge_mcast, net_bridge_mcast_port, net_bridge_mdb_entry,
 *   net_bridge_port_group, net_bridge_group_src
 */
import type { Bridge, BridgePort } from './br-private.js'
import type { BrTimer, LapseTimer } from './br-timer.js'

/** Values of mcast_router (MDB_RTR_TYPE_*). */
export const MDB_RTR_TYPE_DISABLED = 0
export const MDB_RTR_TYPE_TEMP_QUERY = 1
export const MDB_RTR_TYPE_PERM = 2
export const MDB_RTR_TYPE_TEMP = 3

/** Flags of a member (MDB_PG_FLAGS_*). */
export const MDB_PG_FLAGS_PERMANENT: number = 1 << 0
export const MDB_PG_FLAGS_FAST_LEAVE: number = 1 << 2
export const MDB_PG_FLAGS_STAR_EXCL: number = 1 << 3
export const MDB_PG_FLAGS_BLOCKED: number = 1 << 4

/** Flags of a source (BR_SGRP_F_*). */
export const BR_SGRP_F_DELETE: number = 1 << 0
export const BR_SGRP_F_SEND: number = 1 << 1
export const BR_SGRP_F_INSTALLED: number = 1 << 2

/** Filter modes of a member. */
export const MCAST_EXCLUDE = 0
export const MCAST_INCLUDE = 1

const SECOND = 250

/** Timers that br-multicast.ts gives a bridge. */
export interface BridgeMcastTimers {
  readonly ownQuery: BrTimer<Bridge>
  readonly otherQuery: BrTimer<Bridge>
  readonly otherQueryDelay: LapseTimer
  readonly router: LapseTimer
}

/** Groups of one VLAN: (*, G) ones by group address, (S, G) ones by group and source, layer 2 ones by MAC. */
export class MdbTables {
  readonly starG: Map<number, MdbEntry> = new Map()
  readonly sg: Map<number, Map<number, MdbEntry>> = new Map()
  readonly l2: Map<number, MdbEntry> = new Map()
}

/** The groups of a VLAN, or null when it has none. */
export const mdbTables = (m: BridgeMcast, vid: number): MdbTables | null =>
  vid === 0 ? m.tables : (m.vlanTables.get(vid) ?? null)

/** Multicast state of a bridge (struct net_bridge_mcast). Intervals in jiffies. */
export class BridgeMcast {
  /** mcast_snooping. */
  enabled = true
  /** mcast_querier: the bridge asks for members. */
  querier = false
  queryUseIfaddr = false
  /** mcast_router of the bridge itself. */
  router: number = MDB_RTR_TYPE_TEMP_QUERY
  hashMax = 4096
  lastMemberCount = 2
  startupQueryCount = 2
  lastMemberInterval: number = SECOND
  membershipInterval: number = 260 * SECOND
  querierInterval: number = 255 * SECOND
  queryInterval: number = 125 * SECOND
  queryResponseInterval: number = 10 * SECOND
  startupQueryInterval: number = Math.floor((125 * SECOND) / 4)
  igmpVersion = 2
  mldVersion = 1
  /** The groups of no VLAN, and those of each VLAN. */
  readonly tables: MdbTables = new MdbTables()
  readonly vlanTables: Map<number, MdbTables> = new Map()
  /** All groups, the newest first. */
  readonly groups: MdbEntry[] = []
  /** Ports behind which there is a multicast router, by descending {@link BridgePort.seq}. */
  readonly routerPorts: BridgePort[] = []
  /** Address of the present querier (int32, 0 none) and ifindex of its port (0: the bridge itself). */
  querierAddr = 0
  querierPortIfindex = 0
  startupSent = 0
  readonly ownQuery: BrTimer<Bridge>
  readonly otherQuery: BrTimer<Bridge>
  readonly otherQueryDelay: LapseTimer
  readonly routerTimer: LapseTimer

  constructor(timers: BridgeMcastTimers) {
    this.ownQuery = timers.ownQuery
    this.otherQuery = timers.otherQuery
    this.otherQueryDelay = timers.otherQueryDelay
    this.routerTimer = timers.router
  }
}

/** Timers that br-multicast.ts gives a port. */
export interface PortMcastTimers {
  readonly ownQuery: BrTimer<BridgePort>
  readonly router: BrTimer<BridgePort>
}

/** Multicast state of a port (struct net_bridge_mcast_port). */
export class PortMcast {
  /** mcast_router of the port. */
  router: number = MDB_RTR_TYPE_TEMP_QUERY
  /** Memberships through this port, the newest first. */
  readonly groups: PortGroup[] = []
  maxGroups = 0
  startupSent = 0
  readonly ownQuery: BrTimer<BridgePort>
  readonly routerTimer: BrTimer<BridgePort>

  constructor(timers: PortMcastTimers) {
    this.ownQuery = timers.ownQuery
    this.routerTimer = timers.router
  }
}

/** Key of a group (struct br_ip): an IPv4 group with or without source, or a MAC. */
export interface GroupKey {
  /** Group address as int32; 0 for a layer 2 group. */
  readonly dst: number
  /** Source address as int32; 0 for all sources. */
  readonly src: number
  /** MAC of a layer 2 group, otherwise 0. */
  readonly mac: number
  /** VLAN that it belongs to; 0 without VLAN filtering. */
  readonly vid: number
}

/** A group (struct net_bridge_mdb_entry). */
export class MdbEntry {
  readonly br: Bridge
  readonly key: GroupKey
  /** Members by descending {@link BridgePort.seq}. */
  readonly ports: PortGroup[] = []
  /** The bridge itself is a member. */
  hostJoined = false
  readonly timer: BrTimer<MdbEntry>
  alive = true

  constructor(br: Bridge, key: GroupKey, makeTimer: (entry: MdbEntry) => BrTimer<MdbEntry>) {
    this.br = br
    this.key = key
    this.timer = makeTimer(this)
  }
}

/** Timers that br-multicast-group.ts gives a member. */
export interface PortGroupTimers {
  readonly timer: BrTimer<PortGroup>
  readonly rexmit: BrTimer<PortGroup>
}

/** Membership of a port in a group (struct net_bridge_port_group). */
export class PortGroup {
  readonly port: BridgePort
  readonly key: GroupKey
  /** The member's MAC, which counts with mcast_to_unicast. */
  readonly ethAddr: number
  readonly rtProtocol: number
  flags: number
  filterMode: number
  /** Sources, the newest first. */
  readonly sources: GroupSrc[] = []
  grpQueryRexmitCount = 0
  alive = true
  readonly timer: BrTimer<PortGroup>
  readonly rexmitTimer: BrTimer<PortGroup>

  constructor(
    port: BridgePort,
    key: GroupKey,
    spec: { ethAddr: number; rtProtocol: number; flags: number; filterMode: number },
    makeTimers: (pg: PortGroup) => PortGroupTimers,
  ) {
    this.port = port
    this.key = key
    this.ethAddr = spec.ethAddr
    this.rtProtocol = spec.rtProtocol
    this.flags = spec.flags
    this.filterMode = spec.filterMode
    const timers = makeTimers(this)
    this.timer = timers.timer
    this.rexmitTimer = timers.rexmit
  }
}

/** A source that a member wants or does not want (struct net_bridge_group_src). */
export class GroupSrc {
  readonly pg: PortGroup
  /** int32. */
  readonly addr: number
  flags = 0
  queryRexmitCount = 0
  alive = true
  readonly timer: BrTimer<GroupSrc>

  constructor(pg: PortGroup, addr: number, makeTimer: (src: GroupSrc) => BrTimer<GroupSrc>) {
    this.pg = pg
    this.addr = addr
    this.timer = makeTimer(this)
  }
}

/** True for a group of all sources. */
export const isStarG = (key: GroupKey): boolean => key.src === 0 && key.mac === 0
