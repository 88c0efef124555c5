/**
 * Multicast groups of a host: joining and leaving, the reports that tell the routers (IGMPv3), and the answers to
 * queries.
 *
 * Left out: source filters (INCLUDE lists), and the reports of versions 1 and 2 after an old querier was heard or with
 * force_igmp_version.
 *
 * @see net/ipv4/igmp.c, RFC 3376
 */
import { devMcAdd, devMcDel } from '../core/dev.js'
import { DROP } from '../core/drop.js'
import { IFF_LOOPBACK, IFF_UP, type NetDevice } from '../core/netdev.js'
import { allocSkb, consumeSkb, kfreeSkb, type Skb, skbPut } from '../core/skb.js'
import { NSEC_PER_MSEC } from '../sim/time.js'
import { NSEC_PER_JIFFY, Timer } from '../sim/timer.js'
import {
  IGMP_ALL_HOSTS,
  IGMP_HLEN,
  IGMP_HOST_MEMBERSHIP_QUERY,
  IGMPV3_ALL_MCR,
  IGMPV3_CHANGE_TO_EXCLUDE,
  IGMPV3_CHANGE_TO_INCLUDE,
  IGMPV3_GREC_HLEN,
  IGMPV3_MODE_IS_EXCLUDE,
  IGMPV3_QUERY_HLEN,
  IGMPV3_REPORT_HLEN,
  igmpCode,
  igmpCsumOk,
  igmpGroup,
  igmpType,
  igmpv3Time,
  putIgmpCsum,
  putIgmpGrec,
  putIgmpv3Report,
} from '../wire/igmp.js'
import { ipMulticastMac, isLocalMulticast4 } from '../wire/ip.js'
import { IP_DF, IPPROTO_IGMP, IPV4_HLEN } from '../wire/ipv4.js'
import { IGMPV3_UNSOLICITED_REPORT_INTERVAL } from './devconf.js'
import { type InDevice, inDevOf } from './in-device.js'
import { ipv4 } from './ipv4.js'
import { ipLocalOut } from './local-out.js'
import { McGroup } from './mc-list.js'
import { ipRouteOutput } from './route.js'

/** Router alert: a router looks at the packet although it is not addressed to it. */
const ROUTER_ALERT = Uint8Array.of(0x94, 4, 0, 0)
const TOS_INTERNETCONTROL = 0xc0

/** Change records still to be sent for one group. */
interface Change {
  readonly addr: number
  readonly type: number
  left: number
}

/** IGMP of one device. */
class IgmpState {
  readonly inDev: InDevice
  readonly changes: Change[] = []
  readonly ifcTimer: Timer<IgmpState, Skb>
  readonly gqTimer: Timer<IgmpState, Skb>

  constructor(inDev: InDevice) {
    const { sim } = inDev.dev.netns.world
    this.inDev = inDev
    this.ifcTimer = new Timer<IgmpState, Skb>(sim, sendChanges, this, `IGMP report of ${inDev.dev}`)
    this.gqTimer = new Timer<IgmpState, Skb>(sim, sendCurrent, this, `IGMP answer of ${inDev.dev}`)
  }
}

const stateOf = (inDev: InDevice): IgmpState => {
  inDev.igmp ??= new IgmpState(inDev)
  return inDev.igmp as IgmpState
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
  inDev.mcList.unshift(new McGroup(addr))
  if (dev.flags & IFF_UP) groupAdded(inDev, addr)
}

/** Ends one use of a group (ip_mc_dec_group). */
export const ipMcLeave = (dev: NetDevice, addr: number): void => {
  const inDev = inDevOf(dev)
  const at = inDev?.mcList.findIndex(g => g.addr === addr) ?? -1
  if (inDev === null || at < 0 || --inDev.mcList[at]!.users > 0) return
  inDev.mcList.splice(at, 1)
  if (dev.flags & IFF_UP) groupDropped(inDev, addr, true)
}

export { ipMcJoin as ipMcIncGroup, ipMcLeave as ipMcDecGroup }

const groupAdded = (inDev: InDevice, addr: number): void => {
  devMcAdd(inDev.dev, ipMulticastMac(addr))
  change(inDev, addr, IGMPV3_CHANGE_TO_EXCLUDE)
}

const groupDropped = (inDev: InDevice, addr: number, tell: boolean): void => {
  devMcDel(inDev.dev, ipMulticastMac(addr))
  if (tell) change(inDev, addr, IGMPV3_CHANGE_TO_INCLUDE)
}

/** Queues a change record, to be sent igmp_qrv times (igmp_ifc_event). */
const change = (inDev: InDevice, addr: number, type: number): void => {
  if (inDev.dev.flags & IFF_LOOPBACK || !isReported(inDev, addr)) return
  const state = stateOf(inDev)
  const old = state.changes.findIndex(c => c.addr === addr)
  if (old >= 0) state.changes.splice(old, 1)
  state.changes.push({ addr, type, left: ipv4(inDev.dev.netns).sysctls.igmpQrv })
  startTimer(state, NSEC_PER_JIFFY)
}

/** Sets the report timer to a random moment within `maxNs`. */
const startTimer = (state: IgmpState, maxNs: number): void => {
  const jiffies = Math.max(1, Math.floor(maxNs / NSEC_PER_JIFFY))
  state.ifcTimer.mod((state.inDev.dev.netns.rng.below(jiffies) + 2) * NSEC_PER_JIFFY)
}

/** Sends the change records that are due (igmp_ifc_timer_expire). */
const sendChanges = (state: IgmpState): void => {
  const due = state.changes.filter(c => c.left > 0)
  if (due.length > 0) sendReport(state.inDev, due)
  for (const c of due) c.left--
  state.changes.splice(0, state.changes.length, ...state.changes.filter(c => c.left > 0))
  if (state.changes.length > 0)
    startTimer(state, state.inDev.conf.data[IGMPV3_UNSOLICITED_REPORT_INTERVAL]! * NSEC_PER_MSEC)
}

/** Tells a querier which groups are joined (igmp_gq_timer_expire). */
const sendCurrent = (state: IgmpState): void => {
  const records = state.inDev.mcList
    .filter(g => isReported(state.inDev, g.addr))
    .map(g => ({ addr: g.addr, type: IGMPV3_MODE_IS_EXCLUDE }))
  if (records.length > 0) sendReport(state.inDev, records)
}

/** Builds and sends an IGMPv3 report to 224.0.0.22 (igmpv3_newpack, igmpv3_sendpack). */
const sendReport = (inDev: InDevice, records: readonly { addr: number; type: number }[]): void => {
  const { dev } = inDev
  const { fib } = ipv4(dev.netns)
  const fl = fib.flow.reset(IGMPV3_ALL_MCR, 0, dev.ifindex)
  fl.proto = IPPROTO_IGMP
  const rt = ipRouteOutput(dev.netns, fl)
  if (rt === null) return
  const len = IGMPV3_REPORT_HLEN + records.length * IGMPV3_GREC_HLEN
  const skb = allocSkb(dev.netns, IPV4_HLEN + ROUTER_ALERT.length + len)
  skb.data = skb.tail = skb.data + IPV4_HLEN
  const option = skbPut(skb, ROUTER_ALERT.length)
  for (let i = 0; i < ROUTER_ALERT.length; i++) skb.buf[option + i] = ROUTER_ALERT[i]!
  skb.ipOptLen = ROUTER_ALERT.length
  const at = skbPut(skb, len)
  let next = putIgmpv3Report(skb.buf, at, records.length)
  for (const r of records) next = putIgmpGrec(skb.buf, next, r.type, r.addr)
  putIgmpCsum(skb.buf, at, len)
  skb.dst = rt
  ipLocalOut(skb, null, TOS_INTERNETCONTROL, IP_DF, 1, IPPROTO_IGMP, fl.saddr, IGMPV3_ALL_MCR)
}

/** The handler of IPPROTO_IGMP (igmp_rcv): answers queries. `skb.data` is at the IGMP header. */
export const igmpRcv = (skb: Skb): void => {
  const { buf: b, data: o } = skb
  const len = skb.tail - o
  if (len < IGMP_HLEN) return kfreeSkb(skb, DROP.PKT_TOO_SMALL)
  if (!igmpCsumOk(b, o, len)) return kfreeSkb(skb, DROP.SKB_CSUM)
  const inDev = inDevOf(skb.dev!)
  if (inDev !== null && igmpType(b, o) === IGMP_HOST_MEMBERSHIP_QUERY && len >= IGMPV3_QUERY_HLEN)
    heardQuery(inDev, b, o)
  consumeSkb(skb)
}

const heardQuery = (inDev: InDevice, b: Uint8Array, o: number): void => {
  const group = igmpGroup(b, o)
  const wanted = inDev.mcList.some(g => isReported(inDev, g.addr) && (group === 0 || g.addr === group))
  if (!wanted) return
  const state = stateOf(inDev)
  const maxJiffies = Math.max(1, igmpv3Time(igmpCode(b, o)) * 25)
  const delay = (inDev.dev.netns.rng.below(maxJiffies) + 2) * NSEC_PER_JIFFY
  const due = inDev.dev.netns.world.now + delay
  if (!state.gqTimer.pending || state.gqTimer.expires > due) state.gqTimer.mod(delay)
}

/** The device is up: it listens to its groups, all hosts among them (ip_mc_up). */
export const ipMcUp = (inDev: InDevice): void => {
  if (!inDev.mcList.some(g => g.addr === IGMP_ALL_HOSTS)) inDev.mcList.push(new McGroup(IGMP_ALL_HOSTS))
  for (const g of inDev.mcList) groupAdded(inDev, g.addr)
}

/** The device is down (ip_mc_down). */
export const ipMcDown = (inDev: InDevice): void => {
  const state = inDev.igmp as IgmpState | null
  state?.ifcTimer.del()
  state?.gqTimer.del()
  state?.changes.splice(0)
  for (const g of inDev.mcList) groupDropped(inDev, g.addr, false)
  const at = inDev.mcList.findIndex(g => g.addr === IGMP_ALL_HOSTS)
  if (at >= 0) inDev.mcList.splice(at, 1)
}
