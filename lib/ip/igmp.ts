/**
 * Multicast groups of a host: joining and leaving, the reports that tell the routers, and the answers to queries. IGMPv3
 * is spoken until a querier of an older version is heard, or force_igmp_version says otherwise.
 *
 * Left out: source filters (INCLUDE lists).
 *
 * @see net/ipv4/igmp.c, RFC 1112, RFC 2236, RFC 3376
 */
import { devMcAdd, devMcDel } from '../core/dev.js'
import { DROP } from '../core/drop.js'
import type { NetDevice } from '../core/netdev.js'
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
  IGMPV3_CHANGE_TO_EXCLUDE,
  IGMPV3_CHANGE_TO_INCLUDE,
  IGMPV3_MODE_IS_EXCLUDE,
  IGMPV3_QUERY_HLEN,
  igmpCode,
  igmpCsumOk,
  igmpGroup,
  igmpQqic,
  igmpQrv,
  igmpQueryNsrcs,
  igmpType,
  igmpv3Time,
} from '../wire/igmp.js'
import { ipMulticastMac, isLocalMulticast4 } from '../wire/ip.js'
import {
  FORCE_IGMP_VERSION,
  IGMPV2_UNSOLICITED_REPORT_INTERVAL,
  IGMPV3_UNSOLICITED_REPORT_INTERVAL,
} from './devconf.js'
import { sendIgmp, sendIgmpv3 } from './igmp-report.js'
import { type InDevice, inDevOf } from './in-device.js'
import { ipv4 } from './ipv4.js'
import { McGroup } from './mc-list.js'

/** Times between queries and for the answers, until a querier names others. */
const QUERY_INTERVAL_NS = 125 * NSEC_PER_SEC
const QUERY_RESPONSE_INTERVAL_NS = 10 * NSEC_PER_SEC
/** Jiffies in the unit of a query's response time, 1/10 s. */
const JIFFIES_PER_TENTH: number = HZ / 10

/** A group that was left and is still to be reported as such. */
interface LeftGroup {
  readonly addr: number
  crCount: number
}

/** IGMP of one device. */
class IgmpState {
  readonly inDev: InDevice
  /** Groups that were left, the last one first (mc_tomb). */
  readonly tomb: LeftGroup[] = []
  readonly ifcTimer: Timer<IgmpState, Skb>
  readonly gqTimer: Timer<IgmpState, Skb>
  /** Turns of the timer for change records that are left. */
  ifcCount = 0
  /** Until when an older querier counts as present; 0 for none. */
  v1SeenNs = 0
  v2SeenNs = 0
  /** Robustness variable and query interval of the querier. */
  qrv: number
  qiNs: number = QUERY_INTERVAL_NS
  qriNs: number = QUERY_RESPONSE_INTERVAL_NS

  constructor(inDev: InDevice) {
    const { netns } = inDev.dev
    const { sim } = netns.world
    this.inDev = inDev
    this.qrv = ipv4(netns).sysctls.igmpQrv
    this.ifcTimer = new Timer<IgmpState, Skb>(sim, sendChanges, this, `IGMP report of ${inDev.dev}`)
    this.gqTimer = new Timer<IgmpState, Skb>(sim, sendCurrent, this, `IGMP answer of ${inDev.dev}`)
  }
}

const stateOf = (inDev: InDevice): IgmpState => {
  inDev.igmp ??= new IgmpState(inDev)
  return inDev.igmp as IgmpState
}

/** IGMP version that is spoken on a device: 1, 2 or 3 (IGMP_V1_SEEN, IGMP_V2_SEEN). */
const version = (state: IgmpState): 1 | 2 | 3 => {
  const { dev, conf } = state.inDev
  const { now } = dev.netns.world
  const forced = [ipv4(dev.netns).confAll.data[FORCE_IGMP_VERSION], conf.data[FORCE_IGMP_VERSION]]
  if (forced.includes(1) || now < state.v1SeenNs) return 1
  return forced.includes(2) || now < state.v2SeenNs ? 2 : 3
}

const isReported = (inDev: InDevice, addr: number): boolean => {
  if (addr === IGMP_ALL_HOSTS) return false
  return !isLocalMulticast4(addr) || ipv4(inDev.dev.netns).sysctls.igmpLinkLocalMcastReports !== 0
}

/** Joins a group on a device once more (ip_mc_inc_group). */
export const ipMcJoin = (dev: NetDevice, addr: number): void => {
  const inDev = inDevOf(dev)
  if (inDev === null) return
  const found = inDev.mcList.find(g => g.addr === addr)
  if (found !== undefined) {
    found.users++
    return
  }
  const group = new McGroup(inDev, addr)
  inDev.mcList.unshift(group)
  groupAdded(group)
}

/** Ends one use of a group (ip_mc_dec_group). */
export const ipMcLeave = (dev: NetDevice, addr: number): void => {
  const inDev = inDevOf(dev)
  const at = inDev?.mcList.findIndex(g => g.addr === addr) ?? -1
  if (inDev === null || at < 0 || --inDev.mcList[at]!.users > 0) return
  const [group] = inDev.mcList.splice(at, 1)
  groupDropped(group!)
}

export { ipMcJoin as ipMcIncGroup, ipMcLeave as ipMcDecGroup }

/** Random delay of at most `maxJiffies`, and two jiffies more. */
const randomDelayNs = (inDev: InDevice, maxJiffies: number): number =>
  (inDev.dev.netns.rng.below(maxJiffies) + 2) * NSEC_PER_JIFFY

const groupAdded = (g: McGroup): void => {
  const { inDev, addr } = g
  if (!g.loaded) devMcAdd(inDev.dev, ipMulticastMac(addr))
  g.loaded = true
  if (!isReported(inDev, addr) || inDev.dead) return
  const state = stateOf(inDev)
  const left = state.tomb.findIndex(t => t.addr === addr)
  if (left >= 0) state.tomb.splice(left, 1)
  g.unsolicited = ipv4(inDev.dev.netns).sysctls.igmpQrv
  if (version(state) < 3) return startTimer(g, 1)
  g.crCount = state.qrv
  startChanges(state)
}

const groupDropped = (g: McGroup): void => {
  const { inDev, addr } = g
  if (g.loaded) devMcDel(inDev.dev, ipMulticastMac(addr))
  g.loaded = false
  if (!isReported(inDev, addr)) return
  const wasReporter = g.reporter
  stopTimer(g)
  if (inDev.dead) return
  const state = stateOf(inDev)
  const v = version(state)
  if (v === 2 && wasReporter) sendIgmp(inDev.dev, IGMP_HOST_LEAVE_MESSAGE, addr)
  if (v < 3) return
  state.tomb.unshift({ addr, crCount: state.qrv })
  startChanges(state)
}

// ---------------------------------------------------------------- change records of version 3

/** Something changed: reports go out soon, as often as the robustness variable says (igmp_ifc_event). */
const startChanges = (state: IgmpState): void => {
  if (version(state) < 3) return
  state.ifcCount = state.qrv
  state.ifcTimer.mod(randomDelayNs(state.inDev, 1))
}

/** Sends the change records that are due (igmpv3_send_cr, igmp_ifc_timer_expire). */
const sendChanges = (state: IgmpState): void => {
  const { inDev } = state
  const left = state.tomb.filter(t => t.crCount-- > 0)
  const joined = inDev.mcList.filter(g => isReported(inDev, g.addr) && g.crCount > 0)
  for (const g of joined) g.crCount--
  state.tomb.splice(0, state.tomb.length, ...left.filter(t => t.crCount > 0))
  sendIgmpv3(inDev.dev, [
    ...left.map(t => ({ addr: t.addr, type: IGMPV3_CHANGE_TO_INCLUDE })),
    ...joined.map(g => ({ addr: g.addr, type: IGMPV3_CHANGE_TO_EXCLUDE })),
  ])
  if (--state.ifcCount > 0) state.ifcTimer.mod(randomDelayNs(inDev, unsolicitedJiffies(state)))
}

const unsolicitedJiffies = (state: IgmpState): number => {
  const i = version(state) < 3 ? IGMPV2_UNSOLICITED_REPORT_INTERVAL : IGMPV3_UNSOLICITED_REPORT_INTERVAL
  return Math.max(1, Math.ceil((state.inDev.conf.data[i]! * HZ) / 1000))
}

/** Tells a querier which groups are joined (igmp_gq_timer_expire). */
const sendCurrent = ({ inDev }: IgmpState): void => sendCurrentOf(inDev, inDev.mcList)

const sendCurrentOf = (inDev: InDevice, groups: readonly McGroup[]): void => {
  const reported = groups.filter(g => isReported(inDev, g.addr))
  sendIgmpv3(
    inDev.dev,
    reported.map(g => ({ addr: g.addr, type: IGMPV3_MODE_IS_EXCLUDE })),
  )
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
  const state = stateOf(inDev)
  if (g.unsolicited > 0 && --g.unsolicited > 0) startTimer(g, unsolicitedJiffies(state))
  g.reporter = true
  const v = version(state)
  if (v === 3) sendCurrentOf(inDev, [g])
  else sendIgmp(inDev.dev, v === 1 ? IGMP_HOST_MEMBERSHIP_REPORT : IGMPV2_HOST_MEMBERSHIP_REPORT, addr)
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
  if (inDev !== null && type === IGMP_HOST_MEMBERSHIP_QUERY) heardQuery(stateOf(inDev), b, o, len)
  else if (inDev !== null && (type === IGMP_HOST_MEMBERSHIP_REPORT || type === IGMPV2_HOST_MEMBERSHIP_REPORT)) {
    const isMany = skb.pktType === PACKET_MULTICAST || skb.pktType === PACKET_BROADCAST
    if (isMany && skb.dst!.isInput) heardReport(inDev, igmpGroup(b, o))
  }
  consumeSkb(skb)
}

/** Another host has reported the group: that will do for this one (igmp_heard_report). */
const heardReport = (inDev: InDevice, group: number): void => {
  const g = inDev.mcList.find(m => m.addr === group)
  if (g !== undefined && isReported(inDev, group)) stopTimer(g)
}

/** A querier asks (igmp_heard_query). */
const heardQuery = (state: IgmpState, b: Uint8Array, o: number, len: number): void => {
  const { inDev } = state
  let group = igmpGroup(b, o)
  const code = igmpCode(b, o)
  let maxJiffies = QUERY_RESPONSE_INTERVAL_NS / NSEC_PER_JIFFY
  if (len === IGMP_HLEN) {
    if (code === 0) group = 0
    else maxJiffies = code * JIFFIES_PER_TENTH
    heardOldQuerier(state, code === 0)
  } else if (len < IGMPV3_QUERY_HLEN) return
  else if (version(state) === 1) group = 0
  else {
    maxJiffies = Math.max(1, igmpv3Time(code) * JIFFIES_PER_TENTH)
    if (version(state) === 3 && heardV3Query(state, b, o, maxJiffies)) return
  }
  for (const g of inDev.mcList)
    if ((group === 0 || g.addr === group) && isReported(inDev, g.addr)) sendReportWithin(g, maxJiffies)
}

/** From now on this host speaks the querier's older version, for as long as that may be alive. */
const heardOldQuerier = (state: IgmpState, isV1: boolean): void => {
  const until = state.inDev.dev.netns.world.now + state.qrv * state.qiNs + state.qriNs
  if (isV1) state.v1SeenNs = until
  else state.v2SeenNs = until
  state.ifcCount = 0
  state.ifcTimer.del()
  state.tomb.length = 0
}

/** Takes the querier's numbers over; true for a general query, which the timer for all groups answers. */
const heardV3Query = (state: IgmpState, b: Uint8Array, o: number, maxJiffies: number): boolean => {
  const { inDev } = state
  state.qrv = igmpQrv(b, o) || ipv4(inDev.dev.netns).sysctls.igmpQrv
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
  const state = stateOf(inDev)
  state.qrv = ipv4(inDev.dev.netns).sysctls.igmpQrv
  state.qiNs = QUERY_INTERVAL_NS
  state.qriNs = QUERY_RESPONSE_INTERVAL_NS
  ipMcJoin(inDev.dev, IGMP_ALL_HOSTS)
  for (const g of inDev.mcList) groupAdded(g)
}

/** The device is down (ip_mc_down). */
export const ipMcDown = (inDev: InDevice): void => {
  for (const g of inDev.mcList) groupDropped(g)
  const state = stateOf(inDev)
  state.ifcCount = 0
  state.ifcTimer.del()
  state.gqTimer.del()
  ipMcLeave(inDev.dev, IGMP_ALL_HOSTS)
}
