/**
 * What a bridge learns from the multicast frames that pass it: IGMP reports, leaves and queries, PIM and MRD of routers.
 *
 * @see net/bridge/br_multicast.c br_multicast_rcv, net/ipv4/igmp.c ip_mc_check_igmp
 */
import type { Skb } from '../../core/skb.js'
import { csumMessage, ipFastCsum } from '../../wire/checksum.js'
import { ETH_P_IP, ethSrc } from '../../wire/ethernet.js'
import {
  IGMP_ALL_HOSTS,
  IGMP_HLEN,
  IGMP_HOST_LEAVE_MESSAGE,
  IGMP_HOST_MEMBERSHIP_QUERY,
  IGMP_HOST_MEMBERSHIP_REPORT,
  IGMPV2_HOST_MEMBERSHIP_REPORT,
  IGMPV3_CHANGE_TO_INCLUDE,
  IGMPV3_GREC_HLEN,
  IGMPV3_HOST_MEMBERSHIP_REPORT,
  IGMPV3_MODE_IS_INCLUDE,
  IGMPV3_QUERY_HLEN,
  IGMPV3_REPORT_HLEN,
  igmpCode,
  igmpGrecMca,
  igmpGrecNsrcs,
  igmpGrecSrc,
  igmpGrecType,
  igmpGroup,
  igmpNgrec,
  igmpQueryNsrcs,
  igmpSuppress,
  igmpType,
  igmpv3Time,
} from '../../wire/igmp.js'
import { isLocalMulticast4 } from '../../wire/ip.js'
import {
  IPPROTO_IGMP,
  IPPROTO_PIM,
  IPV4_HLEN,
  ipv4Daddr,
  ipv4Ihl,
  ipv4Proto,
  ipv4Saddr,
  ipv4TotLen,
  ipv4Version,
} from '../../wire/ipv4.js'
import { MCAST_EXCLUDE, MDB_PG_FLAGS_PERMANENT } from './br-mcast-state.js'
import { brMulticastMarkRouter, queryReceived } from './br-multicast.js'
import { brMdbGet, findPortGroup, groupKey, ip4AddGroup, ip4LeaveGroup } from './br-multicast-group.js'
import { mcastShouldUse } from './br-multicast-query.js'
import { igmp3Record } from './br-multicast-src.js'
import { BRCB_IGMP_MASK, BRCB_MROUTERS_ONLY, type Bridge, type BridgePort } from './br-private.js'
import { type Deadline, jiffies } from './br-timer.js'
import { brSkbVid } from './br-vlan-filter.js'

const IGMP_MRDISC_ADV = 0x30
const ALL_PIM_ROUTERS: number = 0xe000000d | 0
const ALL_SNOOPERS: number = 0xe000006a | 0
const PIM_VERSION_2_HELLO = 0x20
/** Jiffies of a tenth of a second. */
const IGMP_TICK = 25
const DEFAULT_MAX_DELAY = 10 * 250

/** Results of looking at a frame. */
const BAD = -1
const NOT_IGMP = 0
const IGMP = 1

/** Offset of the transport header of the IPv4 packet at `o`, 0 when the header is wrong (ip_mc_check_iphdr). */
const checkIphdr = (b: Uint8Array, o: number, end: number): number => {
  if (end - o < IPV4_HLEN || ipv4Version(b, o) !== 4) return 0
  const ihl = ipv4Ihl(b, o)
  if (ihl < IPV4_HLEN || end - o < ihl || ipFastCsum(b, o, ihl) !== 0) return 0
  const totLen = ipv4TotLen(b, o)
  return end - o < totLen || totLen < ihl ? 0 : o + ihl
}

const checkQuery = (b: Uint8Array, o: number, t: number, len: number): number => {
  if (len !== IGMP_HLEN && len < IGMPV3_QUERY_HLEN) return BAD
  return igmpGroup(b, t) === 0 && ipv4Daddr(b, o) !== IGMP_ALL_HOSTS ? BAD : IGMP
}

/** Whether the packet at `o` is a sound IGMP message that matters here (ip_mc_check_igmp). `t`: transport header. */
const checkIgmp = (b: Uint8Array, o: number, t: number): number => {
  if (ipv4Proto(b, o) !== IPPROTO_IGMP) return NOT_IGMP
  const len = o + ipv4TotLen(b, o) - t
  if (len < IGMP_HLEN || csumMessage(b, t, len) !== 0) return BAD
  switch (igmpType(b, t)) {
    case IGMP_HOST_LEAVE_MESSAGE:
    case IGMP_HOST_MEMBERSHIP_REPORT:
    case IGMPV2_HOST_MEMBERSHIP_REPORT:
      return IGMP
    case IGMPV3_HOST_MEMBERSHIP_REPORT:
      return len < IGMPV3_REPORT_HLEN ? BAD : IGMP
    case IGMP_HOST_MEMBERSHIP_QUERY:
      return checkQuery(b, o, t, len)
    default:
      return NOT_IGMP
  }
}

/** Routers make themselves known by PIM hellos and by multicast router discovery. */
const lookForRouter = (br: Bridge, port: BridgePort | null, b: Uint8Array, o: number, t: number, end: number): void => {
  const daddr = ipv4Daddr(b, o)
  const proto = ipv4Proto(b, o)
  const pim = daddr === ALL_PIM_ROUTERS && proto === IPPROTO_PIM && end - t >= 4 && b[t] === PIM_VERSION_2_HELLO
  const mrd = daddr === ALL_SNOOPERS && proto === IPPROTO_IGMP && end > t && igmpType(b, t) === IGMP_MRDISC_ADV
  if (pim || mrd) brMulticastMarkRouter(br, port)
}

/**
 * Looks at a multicast frame before it is forwarded and notes in `skb.brFlags` whom it is for; false for a frame that
 * must be dropped because its headers are wrong (br_multicast_rcv). `port` is null for frames of the bridge's own host.
 */
export const brMulticastRcv = (br: Bridge, port: BridgePort | null, skb: Skb): boolean => {
  skb.brFlags &= ~(BRCB_IGMP_MASK | BRCB_MROUTERS_ONLY)
  if (!br.mcast.enabled || skb.protocol !== ETH_P_IP) return true
  const b = skb.buf
  const o = skb.data
  const t = checkIphdr(b, o, skb.tail)
  if (t === 0) return false
  const found = checkIgmp(b, o, t)
  if (found === BAD) return false
  if (found === NOT_IGMP) {
    if (!isLocalMulticast4(ipv4Daddr(b, o))) skb.brFlags |= BRCB_MROUTERS_ONLY
    else lookForRouter(br, port, b, o, t, skb.tail)
    return true
  }
  return igmpRcv(br, port, skb, t)
}

const igmpRcv = (br: Bridge, port: BridgePort | null, skb: Skb, t: number): boolean => {
  const b = skb.buf
  const type = igmpType(b, t)
  skb.brFlags |= type
  const mac = ethSrc(b, skb.macHeader)
  const vid = brSkbVid(skb)
  switch (type) {
    case IGMP_HOST_MEMBERSHIP_REPORT:
    case IGMPV2_HOST_MEMBERSHIP_REPORT:
      skb.brFlags |= BRCB_MROUTERS_ONLY
      return ip4AddGroup(br, port, igmpGroup(b, t), mac, true, vid)
    case IGMPV3_HOST_MEMBERSHIP_REPORT:
      return igmp3Report(br, port, skb, t, mac)
    case IGMP_HOST_MEMBERSHIP_QUERY:
      igmpQuery(br, port, skb, t)
      return true
    default:
      ip4LeaveGroup(br, port, igmpGroup(b, t), mac, vid)
      return true
  }
}

/** Takes the records of a version 3 report one after the other (br_ip4_multicast_igmp3_report). */
const igmp3Report = (br: Bridge, port: BridgePort | null, skb: Skb, t: number, mac: number): boolean => {
  const b = skb.buf
  const end = skb.data + ipv4TotLen(b, skb.data)
  const igmpv2 = br.mcast.igmpVersion === 2
  const vid = brSkbVid(skb)
  let at = t + IGMPV3_REPORT_HLEN
  for (let i = igmpNgrec(b, t); i > 0; i--) {
    if (at + IGMPV3_GREC_HLEN > end) return false
    const record = at
    const nsrcs = igmpGrecNsrcs(b, record)
    // The kernel steps over the sources but not over auxiliary data, which nobody sends.
    at += IGMPV3_GREC_HLEN + 4 * nsrcs
    if (at > end) return false
    const type = igmpGrecType(b, record)
    if (type < IGMPV3_MODE_IS_INCLUDE || type > 6) continue
    const group = igmpGrecMca(b, record)
    if (nsrcs === 0 && (type === IGMPV3_CHANGE_TO_INCLUDE || type === IGMPV3_MODE_IS_INCLUDE)) {
      if (port === null || igmpv2) {
        ip4LeaveGroup(br, port, group, mac, vid)
        continue
      }
    } else if (!ip4AddGroup(br, port, group, mac, igmpv2, vid)) return false
    if (port === null || igmpv2 || !mcastShouldUse(br, port)) continue
    const entry = brMdbGet(br, groupKey(group, 0, vid))
    const pg = entry === null ? null : findPortGroup(entry, port, mac)
    if (pg === null || pg.flags & MDB_PG_FLAGS_PERMANENT) continue
    const srcs: number[] = []
    for (let s = 0; s < nsrcs; s++) srcs.push(igmpGrecSrc(b, record, s))
    igmp3Record(pg, type, srcs)
  }
  return true
}

/**
 * A query of another router: a general one may make it the querier, one for a group shortens the memberships
 * (br_ip4_multicast_query).
 */
const igmpQuery = (br: Bridge, port: BridgePort | null, skb: Skb, t: number): void => {
  if (!mcastShouldUse(br, port)) return
  const b = skb.buf
  const len = skb.data + ipv4TotLen(b, skb.data) - t
  const m = br.mcast
  let group = igmpGroup(b, t)
  let maxDelay = igmpCode(b, t) * IGMP_TICK
  if (len === IGMP_HLEN) {
    if (maxDelay === 0) {
      maxDelay = DEFAULT_MAX_DELAY
      group = 0
    }
  } else {
    if (igmpQueryNsrcs(b, t) !== 0 || (m.igmpVersion === 3 && group !== 0 && igmpSuppress(b, t))) return
    maxDelay = igmpCode(b, t) === 0 ? 1 : igmpv3Time(igmpCode(b, t)) * IGMP_TICK
  }
  if (group === 0) queryReceived(br, port, ipv4Saddr(b, skb.data), maxDelay)
  else groupQueried(br, group, brSkbVid(skb), jiffies(br.world.now) + maxDelay * m.lastMemberCount)
}

const groupQueried = (br: Bridge, group: number, vid: number, due: number): void => {
  const entry = brMdbGet(br, groupKey(group, 0, vid))
  if (entry === null) return
  if (entry.hostJoined && lasts(entry.timer, due, true)) entry.timer.modTo(due)
  for (const pg of entry.ports) {
    const mayStart = br.mcast.igmpVersion === 2 || pg.filterMode === MCAST_EXCLUDE
    if (lasts(pg.timer, due, mayStart)) pg.timer.modTo(due)
  }
}

const lasts = (timer: Deadline, due: number, mayStart: boolean): boolean =>
  timer.pending ? timer.expires > due : mayStart
