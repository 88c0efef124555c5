/**
 * Attributes of a bridge and of its ports, in the units of iproute2 and applied in the kernel's order: what stands before
 * an attribute that is refused has been changed.
 *
 * Refused: spanning tree (`stpState`), multicast snooping by VLAN, multicast statistics, iptables for bridged frames.
 *
 * @see net/bridge/br_netlink.c br_changelink, br_fill_info, br_setport, br_port_fill_attrs
 */
import type { NetDevice } from '../../core/netdev.js'
import { extackError, NetloomError } from '../../errors.js'
import { isVlanType, VLAN_VID_MASK } from '../../wire/vlan.js'
import { brFdbDeleteByPort, brFdbDeleteLocked, brFdbFlush } from './br-fdb.js'
import { brFdbCatchUp, runGcNow } from './br-fdb-gc.js'
import { recalculateArpProxy } from './br-if.js'
import {
  brMulticastSetIgmpVersion,
  brMulticastSetPortRouter,
  brMulticastSetQuerier,
  brMulticastSetRouter,
  brMulticastSetVlanSnooping,
  brMulticastToggle,
} from './br-multicast.js'
import {
  BR_BCAST_FLOOD,
  BR_BPDU_GUARD,
  BR_FLOOD,
  BR_HAIRPIN_MODE,
  BR_ISOLATED,
  BR_LEARNING,
  BR_MCAST_FLOOD,
  BR_MULTICAST_FAST_LEAVE,
  BR_MULTICAST_TO_UNICAST,
  BR_NEIGH_SUPPRESS,
  BR_PORT_LOCKED,
  BR_PORT_MAB,
  BR_PROXYARP,
  BR_PROXYARP_WIFI,
  BR_ROOT_BLOCK,
  type Bridge,
  type BridgePort,
  bridgeOf,
  bridgePortOf,
} from './br-private.js'
import { brSetPortState, brStpSetBridgePriority, brStpSetPathCost, brStpSetPortPriority } from './br-stp.js'
import { clockToJiffies, jiffies, jiffiesToClock } from './br-timer.js'
import {
  brRecalculateFwdMask,
  brVlanFilterToggle,
  brVlanSetDefaultPvid,
  brVlanSetProto,
  brVlanSetStats,
  brVlanSetStatsPerPort,
} from './br-vlan.js'

/** Attributes of the kind `bridge`. Times in hundredths of a second; MACs as 48-bit numbers. */
export interface BridgeAttrs {
  readonly forwardDelay: number
  readonly helloTime: number
  readonly maxAge: number
  readonly ageingTime: number
  readonly stpState: number
  readonly priority: number
  readonly vlanFiltering: number
  /** EtherType of the tags: 0x8100 or 0x88a8. */
  readonly vlanProtocol: number
  readonly vlanDefaultPvid: number
  readonly vlanStatsEnabled: number
  readonly vlanStatsPerPort: number
  readonly groupFwdMask: number
  readonly groupAddress: number
  /** Present: forgets all learned entries. */
  readonly fdbFlush: true
  readonly fdbMaxLearned: number
  readonly mcastRouter: number
  readonly mcastSnooping: number
  readonly mcastVlanSnooping: number
  readonly mcastQueryUseIfaddr: number
  readonly mcastQuerier: number
  readonly mcastHashElasticity: number
  readonly mcastHashMax: number
  readonly mcastLastMemberCount: number
  readonly mcastStartupQueryCount: number
  readonly mcastLastMemberInterval: number
  readonly mcastMembershipInterval: number
  readonly mcastQuerierInterval: number
  readonly mcastQueryInterval: number
  readonly mcastQueryResponseInterval: number
  readonly mcastStartupQueryInterval: number
  readonly mcastStatsEnabled: number
  readonly mcastIgmpVersion: number
  readonly mcastMldVersion: number
  readonly nfCallIptables: number
  readonly nfCallIp6tables: number
  readonly nfCallArptables: number
  readonly noLinklocalLearn: number
}

/** Attributes that a bridge shows when it has VLANs, see br-vlan.ts. */
export type BridgeVlanAttr = 'vlanProtocol' | 'vlanDefaultPvid' | 'vlanStatsEnabled' | 'vlanStatsPerPort'

/** What a bridge shows of itself besides (`ip -d link`): identities as priority and address, timers in hundredths of a second. */
export interface BridgeInfo
  extends Omit<BridgeAttrs, 'fdbFlush' | BridgeVlanAttr>,
    Partial<Pick<BridgeAttrs, BridgeVlanAttr>> {
  readonly bridgeId: BridgeId
  readonly designatedRoot: BridgeId
  readonly rootPort: number
  readonly rootPathCost: number
  readonly topologyChange: number
  readonly topologyChangeDetected: number
  readonly helloTimer: number
  readonly tcnTimer: number
  readonly topologyChangeTimer: number
  readonly gcTimer: number
  readonly fdbNLearned: number
}

/** IEEE 802.1D bridge identifier. */
export interface BridgeId {
  readonly priority: number
  readonly address: number
}

/** Attributes of a port of a bridge. */
export interface BridgePortAttrs {
  readonly state: number
  readonly priority: number
  readonly cost: number
  readonly hairpin: boolean
  readonly guard: boolean
  readonly rootBlock: boolean
  readonly fastleave: boolean
  readonly learning: boolean
  readonly flood: boolean
  readonly mcastFlood: boolean
  readonly bcastFlood: boolean
  readonly mcastToUnicast: boolean
  readonly proxyArp: boolean
  readonly proxyArpWifi: boolean
  readonly neighSuppress: boolean
  readonly isolated: boolean
  readonly locked: boolean
  readonly mab: boolean
  readonly vlanTunnel: boolean
  readonly mcastRouter: number
  readonly groupFwdMask: number
  readonly mcastMaxGroups: number
  readonly backupPort: NetDevice | null
  /** Present: forgets what was learned on the port. */
  readonly fdbFlush: true
}

/** What a port shows of itself besides. */
export interface BridgePortInfo extends Omit<BridgePortAttrs, 'fdbFlush'> {
  readonly portId: number
  readonly portNo: number
  readonly designatedPort: number
  readonly designatedCost: number
  readonly designatedBridge: BridgeId
  readonly designatedRoot: BridgeId
  readonly holdTimer: number
  readonly messageAgeTimer: number
  readonly forwardDelayTimer: number
  readonly topologyChangeAck: number
  readonly configPending: number
  readonly mcastNGroups: number
}

const BR_GROUPFWD_RESTRICTED = 0x0007
const BR_GROUPFWD_MACPAUSE = 0x0002
const MIN_QUERY_INTERVAL = 250
const MAX_QUERY_INTERVAL = 86400 * 250
const HASH_ELASTICITY = 16

type Setter = (br: Bridge, value: number, name: string) => void

const range = (min: number, max: number, set: (br: Bridge, j: number) => void): Setter => {
  return (br, value, name) => {
    const j = clockToJiffies(value)
    if (j < clockToJiffies(min) || j > clockToJiffies(max))
      throw new NetloomError('ERANGE', undefined, { dev: br.dev.name, [name]: value })
    set(br, j)
  }
}

const refuseSet =
  (what: string): Setter =>
  (br, value, name) => {
    if (value !== 0) {
      const text = `bridge: ${name} ${value}: ${what} is not supported; supported is 0`
      throw new NetloomError('EOPNOTSUPP', text, { dev: br.dev.name, [name]: value })
    }
  }

const noEffect: Setter = () => {}

const setGroupFwdMask: Setter = (br, value) => {
  if (value & BR_GROUPFWD_RESTRICTED)
    throw new NetloomError('EINVAL', undefined, { dev: br.dev.name, groupFwdMask: value })
  br.groupFwdMask = value
}

/** One of 01:80:c2:00:00:00, :04 ... :0f. */
const setGroupAddress: Setter = (br, value) => {
  const last = value - 0x0180c2000000
  if (last < 0 || last > 15 || (last >= 1 && last <= 3))
    throw new NetloomError('EINVAL', undefined, { dev: br.dev.name, groupAddress: value })
  br.groupAddr = value
  br.groupAddrSet = true
  brRecalculateFwdMask(br)
}

const setAgeingTime: Setter = (br, value) => {
  brFdbCatchUp(br)
  br.ageingTime = clockToJiffies(value)
  runGcNow(br)
}

const queryInterval = (value: number): number =>
  Math.min(Math.max(clockToJiffies(value), MIN_QUERY_INTERVAL), MAX_QUERY_INTERVAL)

/** Setters in the order in which the kernel looks for the attributes. */
const SETTERS: Readonly<Record<string, Setter>> = {
  forwardDelay: (br, v) => {
    br.forwardDelay = clockToJiffies(v)
  },
  helloTime: range(100, 1000, (br, j) => {
    br.helloTime = j
  }),
  maxAge: range(600, 4000, (br, j) => {
    br.maxAge = j
  }),
  ageingTime: setAgeingTime,
  stpState: refuseSet('a spanning tree'),
  priority: (br, v) => brStpSetBridgePriority(br, v & 0xffff),
  vlanFiltering: (br, v) => brVlanFilterToggle(br, v !== 0),
  vlanProtocol: (br, v) => brVlanSetProto(br, v),
  vlanDefaultPvid: (br, v) => brVlanSetDefaultPvid(br, v),
  vlanStatsEnabled: (br, v) => brVlanSetStats(br, v),
  vlanStatsPerPort: (br, v) => brVlanSetStatsPerPort(br, v),
  groupFwdMask: setGroupFwdMask,
  groupAddress: setGroupAddress,
  fdbFlush: br => {
    brFdbCatchUp(br)
    brFdbFlush(br)
  },
  fdbMaxLearned: (br, v) => {
    br.fdbMaxLearned = v
  },
  mcastRouter: brMulticastSetRouter,
  mcastSnooping: (br, v) => brMulticastToggle(br, v !== 0),
  mcastVlanSnooping: (br, v) => brMulticastSetVlanSnooping(br, v !== 0),
  mcastQueryUseIfaddr: (br, v) => {
    br.mcast.queryUseIfaddr = v !== 0
  },
  mcastQuerier: (br, v) => brMulticastSetQuerier(br, v !== 0),
  mcastHashElasticity: noEffect,
  mcastHashMax: (br, v) => {
    br.mcast.hashMax = v
  },
  mcastLastMemberCount: (br, v) => {
    br.mcast.lastMemberCount = v
  },
  mcastStartupQueryCount: (br, v) => {
    br.mcast.startupQueryCount = v
  },
  mcastLastMemberInterval: (br, v) => {
    br.mcast.lastMemberInterval = clockToJiffies(v)
  },
  mcastMembershipInterval: (br, v) => {
    br.mcast.membershipInterval = clockToJiffies(v)
  },
  mcastQuerierInterval: (br, v) => {
    br.mcast.querierInterval = clockToJiffies(v)
  },
  mcastQueryInterval: (br, v) => {
    br.mcast.queryInterval = queryInterval(v)
  },
  mcastQueryResponseInterval: (br, v) => {
    br.mcast.queryResponseInterval = clockToJiffies(v)
  },
  mcastStartupQueryInterval: (br, v) => {
    br.mcast.startupQueryInterval = queryInterval(v)
  },
  mcastStatsEnabled: refuseSet('counting of multicast messages'),
  mcastIgmpVersion: brMulticastSetIgmpVersion,
  mcastMldVersion: (br, v) => {
    if (v !== 1 && v !== 2) throw new NetloomError('EINVAL', undefined, { dev: br.dev.name, mcastMldVersion: v })
    br.mcast.mldVersion = v
  },
  nfCallIptables: (br, v) => {
    br.nfCallIptables = v === 0 ? 0 : 1
  },
  nfCallIp6tables: (br, v) => {
    br.nfCallIp6tables = v === 0 ? 0 : 1
  },
  nfCallArptables: (br, v) => {
    br.nfCallArptables = v === 0 ? 0 : 1
  },
  noLinklocalLearn: (br, v) => {
    br.noLinklocalLearn = v !== 0
  },
}

const checkNames = (attrs: object, known: readonly string[], what: string): void => {
  for (const name of Object.keys(attrs))
    if (!known.includes(name))
      throw new NetloomError('EINVAL', `${what}: unknown attribute "${name}"; known are ${known.join(', ')}`, { name })
}

const BRIDGE_ATTR_NAMES: readonly string[] = Object.keys(SETTERS)

/** What is looked at before anything has changed (br_validate). */
const brValidate = (dev: NetDevice, attrs: Partial<BridgeAttrs>): void => {
  const { vlanProtocol, vlanDefaultPvid } = attrs
  if (vlanProtocol !== undefined && !isVlanType(vlanProtocol))
    throw new NetloomError('EPROTONOSUPPORT', undefined, { dev: dev.name, vlanProtocol })
  if (vlanDefaultPvid !== undefined && !(vlanDefaultPvid >= 0 && vlanDefaultPvid < VLAN_VID_MASK))
    throw new NetloomError('EINVAL', undefined, { dev: dev.name, vlanDefaultPvid })
}

/** Changes a bridge's attributes (br_changelink). */
export const brChangelink = (dev: NetDevice, attrs: Partial<BridgeAttrs>): void => {
  checkNames(attrs, BRIDGE_ATTR_NAMES, 'bridge')
  brValidate(dev, attrs)
  const br = bridgeOf(dev)
  for (const name of BRIDGE_ATTR_NAMES) {
    const value = attrs[name as keyof BridgeAttrs]
    if (value !== undefined) SETTERS[name]!(br, Number(value), name)
  }
}

const vlanInfo = (br: Bridge): Partial<Pick<BridgeAttrs, BridgeVlanAttr>> =>
  br.vlgrp === null
    ? {}
    : {
        vlanProtocol: br.vlanProto,
        vlanDefaultPvid: br.defaultPvid,
        vlanStatsEnabled: Number(br.vlanStatsEnabled),
        vlanStatsPerPort: Number(br.vlanStatsPerPort),
      }

/** A bridge's attributes as they are (br_fill_info). */
export const brFillInfo = (dev: NetDevice): BridgeInfo => {
  const br = bridgeOf(dev)
  const m = br.mcast
  brFdbCatchUp(br)
  return {
    forwardDelay: jiffiesToClock(br.forwardDelay),
    helloTime: jiffiesToClock(br.helloTime),
    maxAge: jiffiesToClock(br.maxAge),
    ageingTime: jiffiesToClock(br.ageingTime),
    stpState: 0,
    priority: br.priority,
    vlanFiltering: Number(br.vlanEnabled),
    ...vlanInfo(br),
    groupFwdMask: br.groupFwdMask,
    groupAddress: br.groupAddr,
    fdbMaxLearned: br.fdbMaxLearned,
    fdbNLearned: br.fdbNLearned,
    mcastRouter: m.router,
    mcastSnooping: Number(m.enabled),
    mcastVlanSnooping: 0,
    mcastQueryUseIfaddr: Number(m.queryUseIfaddr),
    mcastQuerier: Number(m.querier),
    mcastHashElasticity: HASH_ELASTICITY,
    mcastHashMax: m.hashMax,
    mcastLastMemberCount: m.lastMemberCount,
    mcastStartupQueryCount: m.startupQueryCount,
    mcastLastMemberInterval: jiffiesToClock(m.lastMemberInterval),
    mcastMembershipInterval: jiffiesToClock(m.membershipInterval),
    mcastQuerierInterval: jiffiesToClock(m.querierInterval),
    mcastQueryInterval: jiffiesToClock(m.queryInterval),
    mcastQueryResponseInterval: jiffiesToClock(m.queryResponseInterval),
    mcastStartupQueryInterval: jiffiesToClock(m.startupQueryInterval),
    mcastStatsEnabled: 0,
    mcastIgmpVersion: m.igmpVersion,
    mcastMldVersion: m.mldVersion,
    nfCallIptables: br.nfCallIptables,
    nfCallIp6tables: br.nfCallIp6tables,
    nfCallArptables: br.nfCallArptables,
    noLinklocalLearn: Number(br.noLinklocalLearn),
    bridgeId: { priority: br.priority, address: br.bridgeIdAddr },
    designatedRoot: { priority: br.designatedRootPriority, address: br.designatedRootAddr },
    rootPort: 0,
    rootPathCost: 0,
    topologyChange: 0,
    topologyChangeDetected: 0,
    helloTimer: 0,
    tcnTimer: 0,
    topologyChangeTimer: 0,
    gcTimer: br.gcAt === Number.POSITIVE_INFINITY ? 0 : jiffiesToClock(br.gcExpires - jiffies(br.world.now)),
  }
}

/** Attributes of a port that are one flag each, in the order in which the kernel looks for them. */
const PORT_FLAGS: Readonly<Record<string, number>> = {
  hairpin: BR_HAIRPIN_MODE,
  guard: BR_BPDU_GUARD,
  fastleave: BR_MULTICAST_FAST_LEAVE,
  rootBlock: BR_ROOT_BLOCK,
  learning: BR_LEARNING,
  flood: BR_FLOOD,
  mcastFlood: BR_MCAST_FLOOD,
  mcastToUnicast: BR_MULTICAST_TO_UNICAST,
  bcastFlood: BR_BCAST_FLOOD,
  proxyArp: BR_PROXYARP,
  proxyArpWifi: BR_PROXYARP_WIFI,
  neighSuppress: BR_NEIGH_SUPPRESS,
  isolated: BR_ISOLATED,
  locked: BR_PORT_LOCKED,
  mab: BR_PORT_MAB,
}

const PORT_ATTR_NAMES: readonly string[] = [
  ...Object.keys(PORT_FLAGS),
  'vlanTunnel',
  'cost',
  'priority',
  'state',
  'fdbFlush',
  'mcastRouter',
  'mcastMaxGroups',
  'groupFwdMask',
  'backupPort',
]

const setPortFlags = (p: BridgePort, attrs: Partial<BridgePortAttrs>): void => {
  let { flags } = p
  for (const [name, flag] of Object.entries(PORT_FLAGS)) {
    const value = attrs[name as keyof BridgePortAttrs]
    if (value !== undefined) flags = value ? flags | flag : flags & ~flag
  }
  const mabNeeds = BR_PORT_LOCKED | BR_LEARNING
  if (flags & BR_PORT_MAB && (flags & mabNeeds) !== mabNeeds) {
    const text = 'Bridge port must be locked and have learning enabled when MAB is enabled'
    throw extackError('EINVAL', text, { dev: p.dev.name })
  }
  if (p.flags & BR_PORT_MAB && !(flags & BR_PORT_MAB)) brFdbDeleteLocked(p)
  p.flags = flags
  recalculateArpProxy(p.br)
}

const setBackupPort = (p: BridgePort, dev: NetDevice | null): void => {
  const backup = dev === null ? null : bridgePortOf(dev)
  if (dev !== null && backup?.br !== p.br)
    throw new NetloomError(dev.master === null ? 'ENOENT' : 'EINVAL', undefined, { dev: p.dev.name, backup: dev.name })
  if (backup === p) throw new NetloomError('EINVAL', undefined, { dev: p.dev.name })
  p.backupPort = backup
}

const setPortGroupFwdMask = (p: BridgePort, mask: number): void => {
  if (mask & BR_GROUPFWD_MACPAUSE) throw new NetloomError('EINVAL', undefined, { dev: p.dev.name, groupFwdMask: mask })
  p.groupFwdMask = mask
}

/** Changes attributes of a port (br_setport). Throws EINVAL for a device that is none. */
export const brChangePort = (dev: NetDevice, given: object): void => {
  const p = bridgePortOf(dev)
  if (p === null) throw new NetloomError('EINVAL', undefined, { dev: dev.name })
  checkNames(given, PORT_ATTR_NAMES, 'bridge_slave')
  const attrs = given as Partial<BridgePortAttrs>
  if (attrs.vlanTunnel) {
    const text = 'bridge_slave: vlanTunnel on: tunnels of VLANs are not supported; supported is off'
    throw new NetloomError('EOPNOTSUPP', text, { dev: dev.name })
  }
  setPortFlags(p, attrs)
  if (attrs.cost !== undefined) brStpSetPathCost(p, attrs.cost)
  if (attrs.priority !== undefined) brStpSetPortPriority(p, attrs.priority)
  if (attrs.state !== undefined) brSetPortState(p, attrs.state)
  if (attrs.fdbFlush !== undefined) {
    brFdbCatchUp(p.br)
    brFdbDeleteByPort(p.br, p, false)
  }
  if (attrs.mcastRouter !== undefined) brMulticastSetPortRouter(p, attrs.mcastRouter)
  if (attrs.mcastMaxGroups !== undefined) p.mcast.maxGroups = attrs.mcastMaxGroups
  if (attrs.groupFwdMask !== undefined) setPortGroupFwdMask(p, attrs.groupFwdMask)
  if (attrs.backupPort !== undefined) setBackupPort(p, attrs.backupPort)
}

/** A port's attributes as they are (br_port_fill_attrs). */
export const brFillPort = (dev: NetDevice): BridgePortInfo => {
  const p = bridgePortOf(dev)!
  const has = (flag: number): boolean => (p.flags & flag) !== 0
  return {
    state: p.state,
    priority: p.priority,
    cost: p.pathCost,
    hairpin: has(BR_HAIRPIN_MODE),
    guard: has(BR_BPDU_GUARD),
    rootBlock: has(BR_ROOT_BLOCK),
    fastleave: has(BR_MULTICAST_FAST_LEAVE),
    learning: has(BR_LEARNING),
    flood: has(BR_FLOOD),
    mcastFlood: has(BR_MCAST_FLOOD),
    bcastFlood: has(BR_BCAST_FLOOD),
    mcastToUnicast: has(BR_MULTICAST_TO_UNICAST),
    proxyArp: has(BR_PROXYARP),
    proxyArpWifi: has(BR_PROXYARP_WIFI),
    neighSuppress: has(BR_NEIGH_SUPPRESS),
    isolated: has(BR_ISOLATED),
    locked: has(BR_PORT_LOCKED),
    mab: has(BR_PORT_MAB),
    vlanTunnel: false,
    mcastRouter: p.mcast.router,
    mcastMaxGroups: p.mcast.maxGroups,
    mcastNGroups: p.mcast.groups.length,
    groupFwdMask: p.groupFwdMask,
    backupPort: p.backupPort?.dev ?? null,
    portId: p.portId,
    portNo: p.portNo,
    designatedPort: p.designatedPort,
    designatedCost: p.designatedCost,
    designatedBridge: { priority: p.designatedBridgePriority, address: p.designatedBridgeAddr },
    designatedRoot: { priority: p.designatedRootPriority, address: p.designatedRootAddr },
    holdTimer: 0,
    messageAgeTimer: 0,
    forwardDelayTimer: p.forwardDelayTimer.value,
    topologyChangeAck: 0,
    configPending: 0,
  }
}
