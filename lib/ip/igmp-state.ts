/**
 * IGMP of one device: the querier that was heard, and the timers for reports of changes and for answers.
 *
 * @see include/linux/inetdevice.h struct in_device (mr_*), net/ipv4/igmp.c igmpv3_send_cr, igmpv3_send_report
 */
import type { Skb } from '../core/skb.js'
import { NSEC_PER_SEC } from '../sim/time.js'
import { HZ, NSEC_PER_JIFFY, Timer } from '../sim/timer.js'
import {
  IGMPV3_ALLOW_NEW_SOURCES,
  IGMPV3_BLOCK_OLD_SOURCES,
  IGMPV3_CHANGE_TO_EXCLUDE,
  IGMPV3_CHANGE_TO_INCLUDE,
  IGMPV3_MODE_IS_EXCLUDE,
  IGMPV3_MODE_IS_INCLUDE,
} from '../wire/igmp.js'
import {
  FORCE_IGMP_VERSION,
  IGMPV2_UNSOLICITED_REPORT_INTERVAL,
  IGMPV3_UNSOLICITED_REPORT_INTERVAL,
} from './devconf.js'
import { addGrec, isReported } from './igmp-grec.js'
import { Igmpv3Report } from './igmp-report.js'
import type { InDevice } from './in-device.js'
import { ipv4 } from './ipv4.js'
import { MCAST_EXCLUDE, MCAST_INCLUDE, type McGroup, type McSource } from './mc-list.js'

/** Times between queries and for the answers, until a querier names others. */
export const QUERY_INTERVAL_NS: number = 125 * NSEC_PER_SEC
export const QUERY_RESPONSE_INTERVAL_NS: number = 10 * NSEC_PER_SEC

/** IGMP of one device. */
export class IgmpState {
  readonly inDev: InDevice
  /** Groups that were left and are still to be reported as such, the last one first (mc_tomb). */
  tomb: McGroup[] = []
  readonly ifcTimer: Timer<IgmpState, Skb>
  readonly gqTimer: Timer<IgmpState, Skb>
  /** Turns of the timer for change records that are left. */
  ifcCount = 0
  /** Until when an older querier counts as present; 0 for none. */
  v1SeenNs = 0
  v2SeenNs = 0
  /** Robustness variable and times of the querier. */
  mrQrv: number
  qiNs: number = QUERY_INTERVAL_NS
  qriNs: number = QUERY_RESPONSE_INTERVAL_NS

  constructor(inDev: InDevice) {
    const { netns } = inDev.dev
    const { sim } = netns.world
    this.inDev = inDev
    this.mrQrv = ipv4(netns).sysctls.igmpQrv
    this.ifcTimer = new Timer<IgmpState, Skb>(sim, sendChanges, this, `IGMP report of ${inDev.dev}`)
    this.gqTimer = new Timer<IgmpState, Skb>(sim, sendCurrent, this, `IGMP answer of ${inDev.dev}`)
  }

  /** How often a change is reported: as often as the querier says, or the sysctl. */
  get qrv(): number {
    return this.mrQrv !== 0 ? this.mrQrv : ipv4(this.inDev.dev.netns).sysctls.igmpQrv
  }

  /** Version that is spoken: 1, 2 or 3 (IGMP_V1_SEEN, IGMP_V2_SEEN). */
  get version(): 1 | 2 | 3 {
    const { dev, conf } = this.inDev
    const { now } = dev.netns.world
    const forced = [ipv4(dev.netns).confAll.data[FORCE_IGMP_VERSION], conf.data[FORCE_IGMP_VERSION]]
    if (forced.includes(1) || now < this.v1SeenNs) return 1
    return forced.includes(2) || now < this.v2SeenNs ? 2 : 3
  }
}

/** IGMP of a device, made on first use. */
export const igmpState = (inDev: InDevice): IgmpState => {
  inDev.igmp ??= new IgmpState(inDev)
  return inDev.igmp as IgmpState
}

/** Random delay of at most `maxJiffies`, and two jiffies more. */
export const randomDelayNs = (inDev: InDevice, maxJiffies: number): number =>
  (inDev.dev.netns.rng.below(maxJiffies) + 2) * NSEC_PER_JIFFY

/** Longest time between reports that nobody asked for, in jiffies (unsolicited_report_interval). */
export const unsolicitedJiffies = (state: IgmpState): number => {
  const i = state.version < 3 ? IGMPV2_UNSOLICITED_REPORT_INTERVAL : IGMPV3_UNSOLICITED_REPORT_INTERVAL
  return Math.max(1, Math.ceil((state.inDev.conf.data[i]! * HZ) / 1000))
}

/** Something changed: reports go out soon, as often as the robustness variable says (igmp_ifc_event). */
export const igmpIfcEvent = (state: IgmpState): void => {
  if (state.version < 3) return
  state.ifcCount = state.qrv
  state.ifcTimer.mod(randomDelayNs(state.inDev, 1))
}

const addLeft = (report: Igmpv3Report, g: McGroup): void => {
  if (g.sfmode === MCAST_INCLUDE) {
    addGrec(report, g, IGMPV3_BLOCK_OLD_SOURCES, true, false)
    addGrec(report, g, IGMPV3_BLOCK_OLD_SOURCES, true, true)
  }
  if (g.crCount === 0) return
  if (g.sfmode === MCAST_EXCLUDE) addGrec(report, g, IGMPV3_CHANGE_TO_INCLUDE, true, false)
  if (--g.crCount > 0) return
  const isDue = (s: McSource): boolean => s.crCount !== 0
  g.tomb = g.tomb.filter(isDue)
  g.sources = g.sources.filter(isDue)
}

const addJoined = (report: Igmpv3Report, g: McGroup): void => {
  const excludes = g.sfcount[MCAST_EXCLUDE] !== 0
  addGrec(report, g, excludes ? IGMPV3_BLOCK_OLD_SOURCES : IGMPV3_ALLOW_NEW_SOURCES, false, false)
  addGrec(report, g, excludes ? IGMPV3_ALLOW_NEW_SOURCES : IGMPV3_BLOCK_OLD_SOURCES, false, true)
  if (g.crCount === 0) return
  addGrec(report, g, g.sfmode === MCAST_EXCLUDE ? IGMPV3_CHANGE_TO_EXCLUDE : IGMPV3_CHANGE_TO_INCLUDE, false, false)
  g.crCount--
}

/** Sends the change records that are due (igmpv3_send_cr, igmp_ifc_timer_expire). */
const sendChanges = (state: IgmpState): void => {
  const { inDev } = state
  const report = new Igmpv3Report(inDev.dev)
  for (const g of state.tomb) addLeft(report, g)
  state.tomb = state.tomb.filter(g => g.crCount > 0 || g.tomb.length > 0 || g.sources.length > 0)
  for (const g of inDev.mcList) addJoined(report, g)
  report.send()
  if (--state.ifcCount > 0) state.ifcTimer.mod(randomDelayNs(inDev, unsolicitedJiffies(state)))
}

/** Reports how groups are joined (igmpv3_send_report). */
export const sendCurrentOf = (inDev: InDevice, groups: readonly McGroup[]): void => {
  const report = new Igmpv3Report(inDev.dev)
  for (const g of groups) {
    if (!isReported(inDev, g.addr)) continue
    addGrec(report, g, g.sfcount[MCAST_EXCLUDE] !== 0 ? IGMPV3_MODE_IS_EXCLUDE : IGMPV3_MODE_IS_INCLUDE, false, false)
  }
  report.send()
}

/** Answers a general query (igmp_gq_timer_expire). */
const sendCurrent = ({ inDev }: IgmpState): void => sendCurrentOf(inDev, inDev.mcList)
