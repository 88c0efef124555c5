/**
 * Routes that come and go: by request, with addresses, and with devices.
 *
 * @see net/ipv4/fib_frontend.c, fib_trie.c fib_table_insert, fib_semantics.c fib_sync_down_dev
 */
import { reportedFlags } from '../core/dev.js'
import { IFF_LOOPBACK, IFF_UP, type NetDevice } from '../core/netdev.js'
import type { Netns } from '../core/netns.js'
import { NETDEV_CHANGE, NETDEV_DOWN, NETDEV_UNREGISTER } from '../core/notifier.js'
import { extackError, NetloomError } from '../errors.js'
import { formatIpv4, isZeronet } from '../wire/ip.js'
import { arpIfdown, arpInvalidate } from './arp.js'
import {
  type FibConfig,
  type FibInfo,
  type FibInfos,
  fibCreateInfo,
  type NexthopConfig,
  type RouteMetrics,
} from './fib-info.js'
import { inetAddrType } from './fib-lookup.js'
import { fibRebalance } from './fib-multipath.js'
import { FibAlias, fibPropsError } from './fib-table.js'
import { type IfAddr, type InDevice, type InetaddrNotifier, inDevOf } from './in-device.js'
import { ipv4, rtCacheFlush } from './ipv4.js'
import {
  IFA_F_NOPREFIXROUTE,
  IFA_F_SECONDARY,
  RT_SCOPE_HOST,
  RT_SCOPE_LINK,
  RT_SCOPE_NOWHERE,
  RT_TABLE_LOCAL,
  RT_TABLE_MAIN,
  RTN_BROADCAST,
  RTN_LOCAL,
  RTN_UNICAST,
  RTNH_F_DEAD,
  RTNH_F_LINKDOWN,
  RTPROT_KERNEL,
} from './rtnetlink.js'

/** How a new route meets an existing one (the NLM_F_* flags of iproute2's verbs). */
export type RouteVerb = 'add' | 'replace' | 'change' | 'append' | 'prepend'

/** Adds or replaces a route (fib_table_insert). Throws EEXIST, ENOENT, and what {@link fibCreateInfo} throws. */
export const fibTableInsert = (netns: Netns, cfg: FibConfig, verb: RouteVerb): void => {
  const state = ipv4(netns)
  const { fibInfos } = state
  const info = fibInfos.find(fibCreateInfo(netns, cfg))
  const context = { dst: formatIpv4(cfg.dst), dstLen: cfg.dstLen, netns: netns.name }
  const table = state.fib.get(cfg.table)
  const list = table?.find(cfg.dst, cfg.dstLen) ?? []
  const same = list.filter(a => a.table === cfg.table && a.tos === cfg.tos && a.info.priority === cfg.priority)
  const exact = same.find(a => a.type === cfg.type && a.info === info)
  if (same.length > 0) {
    if (verb === 'add') throw new NetloomError('EEXIST', undefined, context)
    if (verb === 'replace' || verb === 'change') {
      if (exact !== undefined && exact !== same[0]) throw new NetloomError('EEXIST', undefined, context)
      if (exact !== undefined) return
      replaceInfo(fibInfos, same[0]!, info, cfg.type)
      rtCacheFlush(netns)
      return
    }
    if (exact !== undefined) throw new NetloomError('EEXIST', undefined, context)
  }
  if (verb === 'change') throw new NetloomError('ENOENT', undefined, context)
  const alias = new FibAlias(cfg.dst, cfg.dstLen, cfg.tos, cfg.table, cfg.type, info)
  const last = same[same.length - 1]
  const before = verb === 'append' && last !== undefined ? (list[list.indexOf(last) + 1] ?? null) : null
  state.fib.make(cfg.table).insert(alias, before)
  fibInfos.hold(info)
  if (verb === 'append' && last !== undefined && before === null) moveToEnd(list, alias)
  rtCacheFlush(netns)
}

const replaceInfo = (infos: FibInfos, alias: FibAlias, info: FibInfo, type: number): void => {
  infos.hold(info)
  infos.release(alias.info)
  alias.info = info
  alias.type = type
}

const moveToEnd = (list: FibAlias[], alias: FibAlias): void => {
  list.splice(list.indexOf(alias), 1)
  list.push(alias)
}

/** What a deletion must match; absent fields match anything. */
export interface FibDeleteConfig {
  readonly dst: number
  readonly dstLen: number
  readonly table: number
  readonly tos: number
  readonly type?: number
  readonly scope?: number
  readonly protocol?: number
  readonly priority?: number
  readonly prefsrc?: number
  readonly dev?: NetDevice
  readonly gateway?: number
  /** Several next hops; they count when neither `dev` nor `gateway` is given. */
  readonly nexthops?: readonly NexthopConfig[]
  /** Metrics that the route must have; 0 and the empty name stand for none. */
  readonly metrics?: RouteMetrics
}

/** True when a route has the metrics that are named, and those locked if any is named as locked (fib_metrics_match). */
const hasMetrics = (info: FibInfo, wanted: RouteMetrics): boolean => {
  const have = info.metrics as Readonly<Record<string, unknown>>
  for (const [key, value] of Object.entries(wanted))
    if (key !== 'lock' && (have[key] ?? (typeof value === 'string' ? '' : 0)) !== value) return false
  const locks = wanted.lock ?? new Set<string>()
  if (locks.size === 0) return true
  return locks.size === (info.metrics.lock?.size ?? 0) && [...locks].every(name => info.metrics.lock!.has(name))
}

/** True when a route has the next hops of a list, as far as it says something about them (fib_nh_match). */
const hasNexthops = (info: FibInfo, wanted: readonly NexthopConfig[]): boolean =>
  info.nhs.every((nh, i) => {
    const want = wanted[i]
    if (want === undefined || (want.dev !== null && want.dev !== nh.dev)) return false
    return want.gateway === 0 || want.gateway === nh.gateway
  })

const isMeant = (a: FibAlias, cfg: FibDeleteConfig): boolean => {
  const { info } = a
  const nh = info.nhs[0]
  const namesFirst = cfg.dev !== undefined || (cfg.gateway ?? 0) !== 0
  if (!namesFirst && cfg.nexthops !== undefined && !hasNexthops(info, cfg.nexthops)) return false
  return (
    a.table === cfg.table &&
    a.tos === cfg.tos &&
    (cfg.type === undefined || a.type === cfg.type) &&
    (cfg.scope === undefined || cfg.scope === RT_SCOPE_NOWHERE || info.scope === cfg.scope) &&
    (cfg.protocol === undefined || info.protocol === cfg.protocol) &&
    (cfg.priority === undefined || info.priority === cfg.priority) &&
    (cfg.prefsrc === undefined || info.prefsrc === cfg.prefsrc) &&
    (cfg.dev === undefined || nh?.dev === cfg.dev) &&
    (cfg.gateway === undefined || nh?.gateway === cfg.gateway) &&
    (cfg.metrics === undefined || hasMetrics(info, cfg.metrics))
  )
}

/** Deletes the first route that matches (fib_table_delete). Throws ESRCH. */
export const fibTableDelete = (netns: Netns, cfg: FibDeleteConfig): void => {
  const table = ipv4(netns).fib.get(cfg.table)
  const alias = table?.find(cfg.dst, cfg.dstLen)?.find(a => isMeant(a, cfg))
  if (table == null) throw extackError('ESRCH', 'FIB table does not exist', { table: cfg.table, netns: netns.name })
  if (alias === undefined)
    throw new NetloomError('ESRCH', undefined, { dst: formatIpv4(cfg.dst), dstLen: cfg.dstLen, netns: netns.name })
  table.remove(alias)
  ipv4(netns).fibInfos.release(alias.info)
  rtCacheFlush(netns)
}

/** Removes routes whose next hops are dead (fib_flush). */
const fibFlush = (netns: Netns): void => {
  const { fib, fibInfos } = ipv4(netns)
  for (const alias of fib.all())
    if (alias.info.flags & RTNH_F_DEAD && fibPropsError[alias.type] === 0) {
      fibInfos.release(alias.info)
      fib.get(alias.table)!.remove(alias)
    }
  rtCacheFlush(netns)
}

/** Marks next hops of a device dead or without link (fib_sync_down_dev); true when whole routes are concerned. */
const fibSyncDownDev = (dev: NetDevice, event: number, force: boolean): boolean => {
  const flags = event === NETDEV_CHANGE ? RTNH_F_LINKDOWN : RTNH_F_DEAD | RTNH_F_LINKDOWN
  let touched = false
  for (const { info } of ipv4(dev.netns).fib.all()) {
    if (!info.nhs.some(nh => nh.dev === dev)) continue
    let dead = 0
    for (const nh of info.nhs) {
      if (nh.flags & RTNH_F_DEAD) dead++
      else if (nh.dev === dev && (force || nh.scope !== RT_SCOPE_NOWHERE)) {
        nh.flags |= flags
        dead++
      }
    }
    // With a device goes the whole route, whatever other next hops it has.
    if (dead === info.nhs.length || event === NETDEV_UNREGISTER) {
      info.flags |= flags
      touched = true
    }
    fibRebalance(info)
  }
  return touched
}

/** Marks next hops of a device alive again (fib_sync_up). `flags`: RTNH_F_DEAD or RTNH_F_LINKDOWN. */
const fibSyncUp = (dev: NetDevice, flags: number): void => {
  if (!(dev.flags & IFF_UP)) return
  const cleared = flags & RTNH_F_DEAD && reportedFlags(dev) & 0x10040 ? flags | RTNH_F_LINKDOWN : flags
  for (const { info } of ipv4(dev.netns).fib.all()) {
    let alive = 0
    for (const nh of info.nhs) {
      if (!(nh.flags & cleared)) alive++
      else if (nh.dev === dev) {
        nh.flags &= ~cleared
        alive++
      }
    }
    if (!info.nhs.some(nh => nh.dev === dev)) continue
    if (alive > 0) info.flags &= ~cleared
    fibRebalance(info)
  }
}

/** Marks routes of `main` whose preferred source is an address that went away (fib_sync_down_addr); other tables keep theirs. */
const fibSyncDownAddr = (netns: Netns, local: number): boolean => {
  let touched = false
  for (const { info } of ipv4(netns).fib.all())
    if (info.prefsrc === local && info.table === RT_TABLE_MAIN) {
      info.flags |= RTNH_F_DEAD
      touched = true
    }
  return touched
}

const fibDisableIp = (dev: NetDevice, event: number, force: boolean): void => {
  if (fibSyncDownDev(dev, event, force)) fibFlush(dev.netns)
  else rtCacheFlush(dev.netns)
  arpIfdown(dev, false)
}

const magicConfig = (type: number, dst: number, dstLen: number, ifa: IfAddr, priority: number): FibConfig => ({
  dst,
  dstLen,
  tos: 0,
  type,
  table: type === RTN_UNICAST ? RT_TABLE_MAIN : RT_TABLE_LOCAL,
  scope: type === RTN_LOCAL ? RT_SCOPE_HOST : RT_SCOPE_LINK,
  protocol: RTPROT_KERNEL,
  priority,
  prefsrc: ifa.local,
  metrics: {},
  nexthops: [{ dev: ifa.inDev.dev, gateway: 0, onlink: false, weight: 1 }],
})

/** Adds a route that goes with an address (fib_magic). One that is there already, or cannot be, is left out silently. */
const magicAdd = (type: number, dst: number, dstLen: number, ifa: IfAddr, priority = 0): void => {
  try {
    fibTableInsert(ifa.inDev.dev.netns, magicConfig(type, dst, dstLen, ifa, priority), 'append')
  } catch (e) {
    if (!(e instanceof NetloomError)) throw e
  }
}

const magicDel = (type: number, dst: number, dstLen: number, ifa: IfAddr): void => {
  const { netns } = ifa.inDev.dev
  const { table, scope, protocol, prefsrc } = magicConfig(type, dst, dstLen, ifa, 0)
  const cfg: FibDeleteConfig = { dst, dstLen, tos: 0, type, table, scope, protocol, prefsrc, dev: ifa.inDev.dev }
  if (
    ipv4(netns)
      .fib.get(table)
      ?.find(dst, dstLen)
      ?.some(a => isMeant(a, cfg))
  )
    fibTableDelete(netns, cfg)
}

const byPrefix = (inDev: InDevice, prefix: number, mask: number): IfAddr | null =>
  inDev.ifaList.find(a => !(a.flags & IFA_F_SECONDARY) && a.mask === mask && a.matches(prefix)) ?? null

const hasSubnet = (ifa: IfAddr): boolean => {
  const prefix = ifa.address & ifa.mask
  return !isZeronet(prefix) && !(ifa.flags & IFA_F_SECONDARY) && (prefix !== ifa.local || ifa.prefixLen < 32)
}

/** Adds the local, broadcast and prefix routes of an address (fib_add_ifaddr). */
const fibAddIfaddr = (ifa: IfAddr): void => {
  const { dev } = ifa.inDev
  const prefix = ifa.address & ifa.mask
  const prim = ifa.flags & IFA_F_SECONDARY ? byPrefix(ifa.inDev, prefix, ifa.mask) : ifa
  if (prim === null) return
  magicAdd(RTN_LOCAL, ifa.local, 32, prim)
  if (!(dev.flags & IFF_UP)) return
  if (ifa.broadcast !== 0 && ifa.broadcast !== -1) {
    magicAdd(RTN_BROADCAST, ifa.broadcast, 32, prim)
    arpInvalidate(dev, ifa.broadcast)
  }
  if (!hasSubnet(ifa)) return
  if (!(ifa.flags & IFA_F_NOPREFIXROUTE))
    magicAdd(dev.flags & IFF_LOOPBACK ? RTN_LOCAL : RTN_UNICAST, prefix, ifa.prefixLen, prim, ifa.metric)
  if (ifa.prefixLen < 31) {
    magicAdd(RTN_BROADCAST, prefix | ~ifa.mask, 32, prim)
    arpInvalidate(dev, prefix | ~ifa.mask)
  }
}

const LOCAL_OK = 1
const BRD_OK = 2
const BRD0_OK = 4
const BRD1_OK = 8

/** Which of an address's routes are still needed by others on the device. */
const stillNeeded = (ifa: IfAddr, prim: IfAddr, iprim: IfAddr | null): number => {
  const brd = ifa.address | ~ifa.mask
  const any = ifa.address & ifa.mask
  let ok = 0
  for (const other of ifa.inDev.ifaList) {
    if (other === ifa) continue
    if (iprim !== null && other.mask === iprim.mask && iprim.matches(other.address)) continue
    const otherPrim = other.flags & IFA_F_SECONDARY ? byPrefix(ifa.inDev, other.address, other.mask) : other
    // Its routes name another source, so they are other routes.
    if (otherPrim === null || otherPrim.local !== prim.local) continue
    if (ifa.local === other.local) ok |= LOCAL_OK
    if (ifa.broadcast === other.broadcast) ok |= BRD_OK
    if (brd === other.broadcast) ok |= BRD1_OK
    if (any === other.broadcast) ok |= BRD0_OK
    if (otherPrim !== other || other.prefixLen >= 31 || isZeronet(other.address & other.mask)) continue
    const brd1 = other.address | ~other.mask
    const any1 = other.address & other.mask
    if (ifa.broadcast === brd1 || ifa.broadcast === any1) ok |= BRD_OK
    if (brd === brd1 || brd === any1) ok |= BRD1_OK
    if (any === brd1 || any === any1) ok |= BRD0_OK
  }
  return ok
}

/** Takes the routes of an address away (fib_del_ifaddr); `iprim` is the primary that is going, on promotion. */
const fibDelIfaddr = (ifa: IfAddr, iprim: IfAddr | null): void => {
  const { dev } = ifa.inDev
  const any = ifa.address & ifa.mask
  const prim = ifa.flags & IFA_F_SECONDARY ? (iprim ?? byPrefix(ifa.inDev, any, ifa.mask)) : ifa
  if (prim === null) return
  const subnet = hasSubnet(ifa)
  if (subnet && !(ifa.flags & IFA_F_NOPREFIXROUTE))
    magicDel(dev.flags & IFF_LOOPBACK ? RTN_LOCAL : RTN_UNICAST, any, ifa.prefixLen, prim)
  const ok = ifa.inDev.dead ? 0 : stillNeeded(ifa, prim, iprim)
  if (!(ok & BRD_OK) && ifa.broadcast !== 0) magicDel(RTN_BROADCAST, ifa.broadcast, 32, prim)
  if (subnet && ifa.prefixLen < 31) {
    if (!(ok & BRD1_OK)) magicDel(RTN_BROADCAST, ifa.address | ~ifa.mask, 32, prim)
    if (!(ok & BRD0_OK)) magicDel(RTN_BROADCAST, any, 32, prim)
  }
  if (ok & LOCAL_OK) return
  magicDel(RTN_LOCAL, ifa.local, 32, prim)
  const isGone = ifa.inDev.dead || !ifa.inDev.ifaList.includes(ifa)
  if (isGone && inetAddrType(dev.netns, ifa.local) !== RTN_LOCAL && fibSyncDownAddr(dev.netns, ifa.local))
    fibFlush(dev.netns)
}

/** The FIB's reaction to addresses (fib_inetaddr_event). */
export const fibInetaddrNotifier: InetaddrNotifier = {
  up(ifa) {
    fibAddIfaddr(ifa)
    rtCacheFlush(ifa.inDev.dev.netns)
  },
  down(ifa) {
    const { inDev } = ifa
    fibDelIfaddr(ifa, null)
    if (inDev.ifaList.length === 0) fibDisableIp(inDev.dev, NETDEV_DOWN, true)
    else rtCacheFlush(inDev.dev.netns)
  },
  delRoutes: fibDelIfaddr,
  addRoutes: fibAddIfaddr,
}

/** Device events as the FIB sees them (fib_netdev_event). */
export const fibNetdevUp = (dev: NetDevice): void => {
  for (const ifa of inDevOf(dev)?.ifaList ?? []) fibAddIfaddr(ifa)
  fibSyncUp(dev, RTNH_F_DEAD)
  rtCacheFlush(dev.netns)
}

export const fibNetdevDown = (dev: NetDevice): void => fibDisableIp(dev, NETDEV_DOWN, false)

export const fibNetdevUnregister = (dev: NetDevice): void => fibDisableIp(dev, NETDEV_UNREGISTER, true)

export const fibNetdevChange = (dev: NetDevice): void => {
  if (reportedFlags(dev) & 0x10040) fibSyncUp(dev, RTNH_F_LINKDOWN)
  else fibSyncDownDev(dev, NETDEV_CHANGE, false)
  rtCacheFlush(dev.netns)
}
