/**
 * IGMP snooping of a bridge: who asks, where the routers are, and the bridge's and its ports' part in it.
 *
 * @see net/bridge/br_multicast.c
 */
import { devMcAdd, devMcDel } from '../../core/dev.js'
import type { Skb } from '../../core/skb.js'
import { extackError, NetloomError } from '../../errors.js'
import { ipMcDecGroup, ipMcIncGroup } from '../../ip/igmp.js'
import { ETH_P_IP, ETH_P_IPV6 } from '../../wire/ethernet.js'
import { ipv4Daddr, ipv4Saddr } from '../../wire/ipv4.js'
import { macAt } from '../../wire/mac.js'
import { brSkbVid } from './br-vlan-filter.js'
import { IPV6_ALL_SNOOPERS_MAC } from '../ipv6-all-nodes.js'
import {
  BridgeMcast,
  MDB_PG_FLAGS_PERMANENT,
  MDB_RTR_TYPE_DISABLED,
  MDB_RTR_TYPE_PERM,
  MDB_RTR_TYPE_TEMP,
  MDB_RTR_TYPE_TEMP_QUERY,
  type MdbEntry,
  mdbTables,
  PortMcast,
} from './br-mcast-state.js'
import { delMdbEntry, findDelPg } from './br-multicast-group.js'
import { mcastShouldUse, sendQuery } from './br-multicast-query.js'
import { BR_STATE_BLOCKING, BR_STATE_DISABLED, BRCB_IGMP_MASK, type Bridge, type BridgePort } from './br-private.js'
import { BrTimer, LapseTimer } from './br-timer.js'

/** 224.0.0.106, the group of all snoopers (RFC 4286). */
const INADDR_ALLSNOOPERS_GROUP: number = 0xe000006a | 0

/** Multicast state of a new bridge (br_multicast_init). */
export const makeBridgeMcast = (br: Bridge): BridgeMcast =>
  new BridgeMcast({
    ownQuery: new BrTimer<Bridge>(br.world, queryExpired, br, `${br.dev} IGMP query`),
    otherQuery: new BrTimer<Bridge>(br.world, otherQuerierExpired, br, `${br.dev} IGMP querier`),
    otherQueryDelay: new LapseTimer(br.world),
    router: new LapseTimer(br.world),
  })

/** Multicast state of a new port (br_multicast_port_ctx_init). */
export const makePortMcast = (port: BridgePort): PortMcast =>
  new PortMcast({
    ownQuery: new BrTimer<BridgePort>(port.br.world, portQueryExpired, port, `${port.dev} IGMP query`),
    router: new BrTimer<BridgePort>(port.br.world, routerExpired, port, `${port.dev} multicast router`),
  })

const isStopped = (port: BridgePort): boolean => port.state === BR_STATE_DISABLED || port.state === BR_STATE_BLOCKING

// ---- queries of this bridge

/** Sends the general query that is due and sets the timer for the next (br_multicast_send_query). */
const sendGeneralQuery = (br: Bridge, port: BridgePort | null): void => {
  const m = br.mcast
  if (!mcastShouldUse(br, port) || !m.enabled || !m.querier || m.otherQuery.pending) return
  if (port === null && m.querierPortIfindex !== 0) {
    m.querierPortIfindex = 0
    m.querierAddr = 0
  }
  sendQuery(br, port, {})
  const own = port === null ? m : port.mcast
  own.ownQuery.mod(own.startupSent < m.startupQueryCount ? m.startupQueryInterval : m.queryInterval)
}

const queryExpired = (br: Bridge): void => {
  if (br.mcast.startupSent < br.mcast.startupQueryCount) br.mcast.startupSent++
  sendGeneralQuery(br, null)
}

const portQueryExpired = (port: BridgePort): void => {
  if (isStopped(port)) return
  if (port.mcast.startupSent < port.br.mcast.startupQueryCount) port.mcast.startupSent++
  sendGeneralQuery(port.br, port)
}

/**
 * Begins the start-up queries of the bridge or a port at the next tick. A bridge that is not the querier would do
 * nothing then, so no timer is set for it.
 */
const startQueries = (br: Bridge, own: BridgeMcast | PortMcast): void => {
  own.startupSent = 0
  if (br.mcast.querier) own.ownQuery.mod(0)
  else own.ownQuery.del()
}

const openQuery = (br: Bridge): void => {
  br.mcast.startupSent = 0
  if (br.mcast.enabled) startQueries(br, br.mcast)
}

/** Begins to ask on all ports (br_multicast_start_querier). */
const startQuerier = (br: Bridge): void => {
  openQuery(br)
  for (const port of br.ports) if (!isStopped(port)) startQueries(br, port.mcast)
}

const otherQuerierExpired = (br: Bridge): void => {
  if (br.dev.running && br.mcast.enabled) startQuerier(br)
}

// ---- other queriers and routers

/** True when the sender of a general query is, or becomes, the one querier (br_multicast_select_querier). */
const selectQuerier = (br: Bridge, port: BridgePort | null, saddr: number): boolean => {
  const m = br.mcast
  const better = m.querierAddr === 0 || saddr >>> 0 <= m.querierAddr >>> 0
  if (!better && (m.ownQuery.pending || m.otherQuery.pending)) return false
  m.querierPortIfindex = port === null ? 0 : port.dev.ifindex
  m.querierAddr = saddr
  return true
}

/** A general query from `saddr` has come in by `port` (br_ip4_multicast_query_received). `maxDelay` in jiffies. */
export const queryReceived = (br: Bridge, port: BridgePort | null, saddr: number, maxDelay: number): void => {
  if (!selectQuerier(br, port, saddr)) return
  const m = br.mcast
  if (!m.otherQuery.pending) m.otherQueryDelay.mod(maxDelay)
  m.otherQuery.mod(m.querierInterval)
  brMulticastMarkRouter(br, port)
}

const addRouter = (port: BridgePort): void => {
  const list = port.br.mcast.routerPorts
  if (list.includes(port)) return
  let at = 0
  while (at < list.length && list[at]!.seq > port.seq) at++
  list.splice(at, 0, port)
}

const delRouter = (port: BridgePort): void => {
  const list = port.br.mcast.routerPorts
  const at = list.indexOf(port)
  if (at < 0) return
  list.splice(at, 1)
  if (port.mcast.router === MDB_RTR_TYPE_TEMP) port.mcast.router = MDB_RTR_TYPE_TEMP_QUERY
}

const routerExpired = (port: BridgePort): void => {
  const { router } = port.mcast
  if (router !== MDB_RTR_TYPE_DISABLED && router !== MDB_RTR_TYPE_PERM) delRouter(port)
}

/** There is a multicast router behind `port`, or the host itself is one when null (br_ip4_multicast_mark_router). */
export const brMulticastMarkRouter = (br: Bridge, port: BridgePort | null): void => {
  const m = br.mcast
  if (!mcastShouldUse(br, port)) return
  if (port === null) {
    if (m.router === MDB_RTR_TYPE_TEMP_QUERY) m.routerTimer.mod(m.querierInterval)
    return
  }
  const { router } = port.mcast
  if (router === MDB_RTR_TYPE_DISABLED || router === MDB_RTR_TYPE_PERM) return
  addRouter(port)
  port.mcast.routerTimer.mod(m.querierInterval)
}

/** True when the bridge's own host wants all multicast (br_multicast_is_router). */
export const brMulticastIsRouter = (br: Bridge, skb: Skb): boolean => {
  const m = br.mcast
  if (m.router === MDB_RTR_TYPE_PERM) return true
  return m.router === MDB_RTR_TYPE_TEMP_QUERY && skb.protocol === ETH_P_IP && m.routerTimer.pending
}

/** True when somebody asks for members, so that the known ones are all there are (br_multicast_querier_exists). */
export const brMulticastQuerierExists = (br: Bridge, skb: Skb, mdst: MdbEntry | null): boolean => {
  if (skb.protocol !== ETH_P_IP) return mdst !== null && mdst.key.mac !== 0
  const m = br.mcast
  return (m.querier || m.otherQuery.pending) && !m.otherQueryDelay.pending
}

/** The group that a multicast frame is for; null for IGMP and for unknown groups (br_mdb_entry_skb_get). */
export const brMdbEntrySkbGet = (br: Bridge, skb: Skb): MdbEntry | null => {
  const m = br.mcast
  if (!m.enabled || (skb.brFlags & BRCB_IGMP_MASK) !== 0 || m.groups.length === 0) return null
  if (skb.protocol === ETH_P_IPV6) return null
  const t = mdbTables(m, brSkbVid(skb))
  if (t === null) return null
  if (skb.protocol !== ETH_P_IP) return t.l2.size === 0 ? null : (t.l2.get(macAt(skb.buf, skb.macHeader)) ?? null)
  const dst = ipv4Daddr(skb.buf, skb.data)
  const sg = m.igmpVersion === 3 ? t.sg.get(dst)?.get(ipv4Saddr(skb.buf, skb.data)) : undefined
  return sg ?? t.starG.get(dst) ?? null
}

// ---- up, down, on, off

/** A port begins to forward (br_multicast_enable_port). */
export const brMulticastEnablePort = (port: BridgePort): void => {
  const { br } = port
  if (!br.mcast.enabled || !br.dev.running) return
  startQueries(br, port.mcast)
  if (port.mcast.router === MDB_RTR_TYPE_PERM) addRouter(port)
}

/** A port is out of use: its memberships end, except the permanent ones (br_multicast_disable_port). */
export const brMulticastDisablePort = (port: BridgePort): void => {
  for (const pg of [...port.mcast.groups]) if ((pg.flags & MDB_PG_FLAGS_PERMANENT) === 0) findDelPg(pg)
  delRouter(port)
  port.mcast.routerTimer.del()
  port.mcast.ownQuery.del()
}

/** A port leaves the bridge (br_multicast_del_port). */
export const brMulticastDelPort = (port: BridgePort): void => {
  for (const pg of [...port.mcast.groups]) findDelPg(pg)
  port.mcast.routerTimer.del()
  port.mcast.ownQuery.del()
}

/** The bridge's host listens to 224.0.0.106, and to ff02::6a as far as its device goes (br_multicast_join_snoopers). */
export const brMulticastJoinSnoopers = (br: Bridge): void => {
  ipMcIncGroup(br.dev, INADDR_ALLSNOOPERS_GROUP)
  devMcAdd(br.dev, IPV6_ALL_SNOOPERS_MAC)
}

/** Ends {@link brMulticastJoinSnoopers}. */
export const brMulticastLeaveSnoopers = (br: Bridge): void => {
  ipMcDecGroup(br.dev, INADDR_ALLSNOOPERS_GROUP)
  devMcDel(br.dev, IPV6_ALL_SNOOPERS_MAC)
}

/** The bridge came up (br_multicast_open). */
export const brMulticastOpen = (br: Bridge): void => openQuery(br)

/** The bridge went down (br_multicast_stop). */
export const brMulticastStop = (br: Bridge): void => {
  const m = br.mcast
  m.routerTimer.del()
  m.otherQuery.del()
  m.otherQueryDelay.del()
  m.ownQuery.del()
}

/** The bridge is deleted (br_multicast_dev_del). */
export const brMulticastDevDel = (br: Bridge): void => {
  for (const entry of [...br.mcast.groups]) delMdbEntry(entry)
  brMulticastStop(br)
}

/** Turns snooping on or off (br_multicast_toggle). */
export const brMulticastToggle = (br: Bridge, on: boolean): void => {
  const m = br.mcast
  if (m.enabled === on) return
  m.enabled = on
  if (!on) {
    for (const port of br.ports) brMulticastDisablePort(port)
    brMulticastLeaveSnoopers(br)
  } else if (br.dev.running) {
    brMulticastOpen(br)
    for (const port of br.ports) brMulticastEnablePort(port)
    brMulticastJoinSnoopers(br)
  }
}

// ---- settings

/** mcast_querier of the bridge (br_multicast_set_querier). */
export const brMulticastSetQuerier = (br: Bridge, on: boolean): void => {
  const m = br.mcast
  if (m.querier === on) return
  m.querier = on
  if (!on) return
  if (!m.otherQuery.pending) m.otherQueryDelay.mod(m.queryResponseInterval)
  startQuerier(br)
}

/** mcast_router of the bridge: 0 never, 1 by queries, 2 always. Throws EINVAL (br_multicast_set_router). */
export const brMulticastSetRouter = (br: Bridge, value: number): void => {
  if (value < MDB_RTR_TYPE_DISABLED || value > MDB_RTR_TYPE_PERM)
    throw new NetloomError('EINVAL', undefined, { dev: br.dev.name, mcastRouter: value })
  if (value !== MDB_RTR_TYPE_TEMP_QUERY) br.mcast.routerTimer.del()
  br.mcast.router = value
}

/** mcast_router of a port: as for the bridge, or 3 for a while. Throws EINVAL (br_multicast_set_port_router). */
export const brMulticastSetPortRouter = (port: BridgePort, value: number): void => {
  const p = port.mcast
  const { querierInterval } = port.br.mcast
  if (value < MDB_RTR_TYPE_DISABLED || value > MDB_RTR_TYPE_TEMP)
    throw new NetloomError('EINVAL', undefined, { dev: port.dev.name, mcastRouter: value })
  if (p.router === value) {
    if (value === MDB_RTR_TYPE_TEMP) p.routerTimer.mod(querierInterval)
    return
  }
  p.router = value
  if (value === MDB_RTR_TYPE_TEMP) {
    brMulticastMarkRouter(port.br, port)
    return
  }
  if (value !== MDB_RTR_TYPE_TEMP_QUERY) p.routerTimer.del()
  if (value === MDB_RTR_TYPE_PERM) addRouter(port)
  else delRouter(port)
}

/** mcast_igmp_version: 2 or 3. Throws EINVAL. */
export const brMulticastSetIgmpVersion = (br: Bridge, version: number): void => {
  if (version !== 2 && version !== 3)
    throw new NetloomError('EINVAL', undefined, { dev: br.dev.name, mcastIgmpVersion: version })
  br.mcast.igmpVersion = version
}

/** mcast_vlan_snooping: refused with the kernel's words, as there is no VLAN filtering. */
export const brMulticastSetVlanSnooping = (br: Bridge, on: boolean): void => {
  if (on)
    throw extackError('EINVAL', 'bridge: Cannot enable multicast vlan snooping with vlan filtering disabled', {
      dev: br.dev.name,
    })
}
