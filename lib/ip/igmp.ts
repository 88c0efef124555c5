/**
 * Multicast groups of a host: joining and leaving, the reports that tell the routers, and the answers to queries. IGMPv3
 * is spoken until a querier of an older version is heard, or force_igmp_version says otherwise.
 *
 * @see net/ipv4/igmp.c, RFC 1112, RFC 2236, RFC 3376
 */
import { devMcAdd, devMcDel } from '../core/dev.js'
import { DROP } from '../core/drop.js'
import { ARPHRD_ETHER, type NetDevice } from '../core/netdev.js'
import { consumeSkb, kfreeSkb, PACKET_BROADCAST, PACKET_MULTICAST, type Skb } from '../core/skb.js'
import { NSEC_PER_SEC } from '../sim/time.js'
import { HZ, NSEC_PER_JIFFY, Timer } from '../sim/timer.js'
import {
  IGMP_ALL_HOSTS,
  IGMP_HLEN,
  IGMP_HOST_LEAVE_MESSAGE,
  IGMP_HOST_MEMBERSHIP_QUERY,
  IGMP_HOST_MEMBERSHIP_REPORT,
  IGMPV2_HOST_MEMBERSHIP_REPORT,
  IGMPV3_QUERY_HLEN,
  igmpCode,
  igmpCsumOk,
  igmpGroup,
  igmpQqic,
  igmpQrv,
  igmpQueryNsrcs,
  igmpQuerySrc,
  igmpType,
  igmpv3Time,
} from '../wire/igmp.js'
import { ipMulticastMac } from '../wire/ip.js'
import { isReported } from './igmp-grec.js'
import { sendIgmp } from './igmp-report.js'
import { ipMcAddSrc } from './igmp-src.js'
import {
  igmpIfcEvent,
  igmpState,
  type IgmpState,
  QUERY_INTERVAL_NS,
  QUERY_RESPONSE_INTERVAL_NS,
  randomDelayNs,
  sendCurrentOf,
  unsolicitedJiffies,
} from './igmp-state.js'
import { type InDevice, inDevOf } from './in-device.js'
import { ipv4, rtCacheFlush } from './ipv4.js'
import { findMc, MCAST_EXCLUDE, MCAST_INCLUDE, McGroup } from './mc-list.js'

/** Jiffies in the unit of a query's response time, 1/10 s. */
const JIFFIES_PER_TENTH: number = HZ / 10

/** Joins a group on a device once more, with a filter of a mode and no sources in it yet (ip_mc_inc_group). */
export const ipMcJoin = (dev: NetDevice, addr: number, mode: number = MCAST_EXCLUDE): void => {
  const inDev = inDevOf(dev)
  if (inDev === null) return
  const found = findMc(inDev, addr)
  if (found !== null) {
    found.users++
    ipMcAddSrc(inDev, addr, mode, [], false)
    return
  }
  const group = new McGroup(inDev, addr, mode)
  inDev.mcList.unshift(group)
  delDelrec(group)
  groupAdded(group)
  if (!inDev.dead) rtCacheFlush(dev.netns)
}

/** Ends one use of a group (ip_mc_dec_group). */
export const ipMcLeave = (dev: NetDevice, addr: number): void => {
  const inDev = inDevOf(dev)
  const at = inDev?.mcList.findIndex(g => g.addr === addr) ?? -1
  if (inDev === null || at < 0 || --inDev.mcList[at]!.users > 0) return
  const [group] = inDev.mcList.splice(at, 1)
  groupDropped(group!)
  if (!inDev.dead) rtCacheFlush(dev.netns)
}

export { ipMcJoin as ipMcIncGroup, ipMcLeave as ipMcDecGroup }

/** A left group is reported some times; in include mode it takes its sources along (igmpv3_add_delrec). */
const addDelrec = (g: McGroup, state: IgmpState): void => {
  const left = new McGroup(g.inDev, g.addr, g.sfmode)
  left.crCount = state.qrv
  if (g.sfmode === MCAST_INCLUDE) {
    left.tomb = g.tomb
    left.sources = g.sources
    g.tomb = []
    g.sources = []
    for (const s of left.sources) s.crCount = left.crCount
  }
  state.tomb.unshift(left)
}

/** The group is joined again before that was over (igmpv3_del_delrec). */
const delDelrec = (g: McGroup): void => {
  const state = igmpState(g.inDev)
  const left = state.tomb.find(other => other.addr === g.addr)
  if (left === undefined) return
  state.tomb.splice(state.tomb.indexOf(left), 1)
  if (g.sfmode === MCAST_EXCLUDE) {
    g.crCount = state.qrv
    return
  }
  g.tomb = left.tomb
  g.sources = left.sources
  for (const s of g.sources) s.crCount = state.qrv
}

const listen = (g: McGroup, wants: boolean): void => {
  if (g.loaded === wants) return
  g.loaded = wants
  const { dev } = g.inDev
  // Only Ethernet has addresses for groups (arp_mc_map).
  if (dev.type !== ARPHRD_ETHER) return
  if (wants) devMcAdd(dev, ipMulticastMac(g.addr))
  else devMcDel(dev, ipMulticastMac(g.addr))
}

const groupAdded = (g: McGroup): void => {
  const { inDev, addr } = g
  listen(g, true)
  if (!isReported(inDev, addr) || inDev.dead) return
  const state = igmpState(inDev)
  g.unsolicited = ipv4(inDev.dev.netns).sysctls.igmpQrv
  if (state.version < 3) return startTimer(g, 1)
  // A group of named sources is reported by these (RFC 3376 5.1).
  if (g.sfmode === MCAST_EXCLUDE) g.crCount = state.qrv
  igmpIfcEvent(state)
}

const groupDropped = (g: McGroup): void => {
  const { inDev, addr } = g
  listen(g, false)
  if (!isReported(inDev, addr)) return
  const wasReporter = g.reporter
  stopTimer(g)
  if (inDev.dead) return
  const state = igmpState(inDev)
  const { version } = state
  if (version === 2 && wasReporter) sendIgmp(inDev.dev, IGMP_HOST_LEAVE_MESSAGE, addr)
  if (version < 3) return
  addDelrec(g, state)
  igmpIfcEvent(state)
}

// ---------------------------------------------------------------- reports of one group

const startTimer = (g: McGroup, maxJiffies: number): void => {
  const { dev } = g.inDev
  g.timer ??= new Timer<McGroup, Skb>(dev.netns.world.sim, sendReport, g, `IGMP report of ${dev}`)
  g.timer.mod(randomDelayNs(g.inDev, maxJiffies))
}

const stopTimer = (g: McGroup): void => {
  g.timer?.del()
  g.reporter = false
  g.unsolicited = 0
}

/** Reports a group by itself (igmp_timer_expire). */
const sendReport = (g: McGroup): void => {
  const { inDev, addr } = g
  const state = igmpState(inDev)
  if (g.unsolicited > 0 && --g.unsolicited > 0) startTimer(g, unsolicitedJiffies(state))
  g.reporter = true
  const { version } = state
  if (version === 3) sendCurrentOf(inDev, [g])
  else if (isReported(inDev, addr))
    sendIgmp(inDev.dev, version === 1 ? IGMP_HOST_MEMBERSHIP_REPORT : IGMPV2_HOST_MEMBERSHIP_REPORT, addr)
}

/** Reports a group within `maxJiffies`, unless that is due anyway (igmp_mod_timer). */
const sendReportWithin = (g: McGroup, maxJiffies: number): void => {
  g.unsolicited = 0
  const left = g.timer?.pending === true ? g.timer.expires - g.inDev.dev.netns.world.now : Number.MAX_SAFE_INTEGER
  if (left >= maxJiffies * NSEC_PER_JIFFY) startTimer(g, maxJiffies)
}

// ---------------------------------------------------------------- what is heard

/** The handler of IPPROTO_IGMP (igmp_rcv): answers queries. `skb.data` is at the IGMP header. */
export const igmpRcv = (skb: Skb): void => {
  const { buf: b, data: o } = skb
  const len = skb.tail - o
  if (len < IGMP_HLEN) return kfreeSkb(skb, DROP.PKT_TOO_SMALL)
  if (!igmpCsumOk(b, o, len)) return kfreeSkb(skb, DROP.SKB_CSUM)
  const inDev = inDevOf(skb.dev!)
  const type = igmpType(b, o)
  if (inDev !== null && type === IGMP_HOST_MEMBERSHIP_QUERY) heardQuery(igmpState(inDev), b, o, len)
  else if (inDev !== null && (type === IGMP_HOST_MEMBERSHIP_REPORT || type === IGMPV2_HOST_MEMBERSHIP_REPORT)) {
    const isMany = skb.pktType === PACKET_MULTICAST || skb.pktType === PACKET_BROADCAST
    if (isMany && skb.dst!.isInput) heardReport(inDev, igmpGroup(b, o))
  }
  consumeSkb(skb)
}

/** Another host has reported the group: that will do for this one (igmp_heard_report). */
const heardReport = (inDev: InDevice, group: number): void => {
  const g = findMc(inDev, group)
  if (g !== null && isReported(inDev, group)) stopTimer(g)
}

/** A querier asks (igmp_heard_query). */
const heardQuery = (state: IgmpState, b: Uint8Array, o: number, len: number): void => {
  let group = igmpGroup(b, o)
  const code = igmpCode(b, o)
  let maxJiffies = QUERY_RESPONSE_INTERVAL_NS / NSEC_PER_JIFFY
  let sources: readonly number[] = []
  if (len === IGMP_HLEN) {
    if (code === 0) group = 0
    else maxJiffies = code * JIFFIES_PER_TENTH
    heardOldQuerier(state, code === 0)
  } else if (len < IGMPV3_QUERY_HLEN) return
  else if (state.version === 1) group = 0
  else {
    maxJiffies = Math.max(1, igmpv3Time(code) * JIFFIES_PER_TENTH)
    if (state.version === 3) {
      const nsrcs = igmpQueryNsrcs(b, o)
      if (len < IGMPV3_QUERY_HLEN + 4 * nsrcs || heardV3Query(state, b, o, maxJiffies)) return
      sources = Array.from({ length: nsrcs }, (_, i) => igmpQuerySrc(b, o, i))
    }
  }
  for (const g of state.inDev.mcList)
    if ((group === 0 || g.addr === group) && isReported(state.inDev, g.addr)) askedFor(g, sources, maxJiffies)
}

/** A query names the group, and perhaps sources of it. */
const askedFor = (g: McGroup, sources: readonly number[], maxJiffies: number): void => {
  const marks = sources.length > 0
  g.gsQuery = g.timer?.pending === true ? g.gsQuery && marks : marks
  if (!g.gsQuery || markSources(g, sources)) sendReportWithin(g, maxJiffies)
}

/** Marks the sources that the answer will name (igmp_marksources); false when there is nothing to answer. */
const markSources = (g: McGroup, sources: readonly number[]): boolean => {
  let found = 0
  if (g.sfmode === MCAST_EXCLUDE) {
    const excluding = g.sfcount[MCAST_EXCLUDE]
    for (const s of g.sources) {
      if (found === sources.length) break
      const isActive = s.count[MCAST_INCLUDE] === 0 && s.count[MCAST_EXCLUDE] === excluding
      if (isActive && sources.includes(s.addr)) found++
    }
    g.gsQuery = false
    // Nobody here wants any of them.
    return found !== sources.length
  }
  for (const s of g.sources) {
    if (found === sources.length) break
    if (!sources.includes(s.addr)) continue
    s.gsResponds = true
    found++
  }
  g.gsQuery = found > 0
  return g.gsQuery
}

/** From now on this host speaks the querier's older version, for as long as that may be alive. */
const heardOldQuerier = (state: IgmpState, isV1: boolean): void => {
  const until = state.inDev.dev.netns.world.now + state.mrQrv * state.qiNs + state.qriNs
  if (isV1) state.v1SeenNs = until
  else state.v2SeenNs = until
  state.ifcCount = 0
  state.ifcTimer.del()
  state.tomb.length = 0
  for (const g of state.inDev.mcList) g.tomb = []
}

/** Takes the querier's numbers over; true for a general query, which the timer for all groups answers. */
const heardV3Query = (state: IgmpState, b: Uint8Array, o: number, maxJiffies: number): boolean => {
  const { inDev } = state
  state.mrQrv = igmpQrv(b, o) || ipv4(inDev.dev.netns).sysctls.igmpQrv
  state.qiNs = igmpv3Time(igmpQqic(b, o)) * NSEC_PER_SEC || QUERY_INTERVAL_NS
  if (state.qriNs >= state.qiNs) state.qriNs = state.qiNs - NSEC_PER_SEC
  if (igmpGroup(b, o) !== 0) return false
  if (igmpQueryNsrcs(b, o) !== 0) return true
  const delay = randomDelayNs(inDev, maxJiffies)
  if (!state.gqTimer.pending || inDev.dev.netns.world.now + delay < state.gqTimer.expires) state.gqTimer.mod(delay)
  return true
}

// ---------------------------------------------------------------- devices

/** The device is up: it listens to its groups, all hosts among them (ip_mc_up). */
export const ipMcUp = (inDev: InDevice): void => {
  const state = igmpState(inDev)
  state.mrQrv = ipv4(inDev.dev.netns).sysctls.igmpQrv
  state.qiNs = QUERY_INTERVAL_NS
  state.qriNs = QUERY_RESPONSE_INTERVAL_NS
  ipMcJoin(inDev.dev, IGMP_ALL_HOSTS)
  for (const g of inDev.mcList) {
    delDelrec(g)
    groupAdded(g)
  }
}

/** The device is down (ip_mc_down). */
export const ipMcDown = (inDev: InDevice): void => {
  for (const g of inDev.mcList) groupDropped(g)
  const state = igmpState(inDev)
  state.ifcCount = 0
  state.ifcTimer.del()
  state.gqTimer.del()
  ipMcLeave(inDev.dev, IGMP_ALL_HOSTS)
}
