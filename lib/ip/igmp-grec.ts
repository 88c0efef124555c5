/**
 * Records of IGMPv3 reports: which of a group's sources belong into a record of each type.
 *
 * @see net/ipv4/igmp.c is_in, add_grec; RFC 3376 5.1, 5.2
 */
import {
  IGMP_ALL_HOSTS,
  IGMPV3_ALLOW_NEW_SOURCES,
  IGMPV3_BLOCK_OLD_SOURCES,
  IGMPV3_CHANGE_TO_EXCLUDE,
  IGMPV3_CHANGE_TO_INCLUDE,
  IGMPV3_GREC_HLEN,
  IGMPV3_MODE_IS_EXCLUDE,
  IGMPV3_MODE_IS_INCLUDE,
} from '../wire/igmp.js'
import { isLocalMulticast4 } from '../wire/ip.js'
import type { Igmpv3Report } from './igmp-report.js'
import type { InDevice } from './in-device.js'
import { ipv4 } from './ipv4.js'
import { MCAST_EXCLUDE, MCAST_INCLUDE, type McGroup, type McSource } from './mc-list.js'

/** True when reports name the group: 224.0.0.1 never, other groups of the link where igmp_link_local_mcast_reports is on. */
export const isReported = (inDev: InDevice, addr: number): boolean => {
  if (addr === IGMP_ALL_HOSTS) return false
  return !isLocalMulticast4(addr) || ipv4(inDev.dev.netns).sysctls.igmpLinkLocalMcastReports !== 0
}

/** True when all who exclude sources of the group exclude this one. */
const isExcludedByAll = (g: McGroup, s: McSource): boolean => g.sfcount[MCAST_EXCLUDE] === s.count[MCAST_EXCLUDE]

const isInCurrent = (g: McGroup, s: McSource, type: number): boolean => {
  if (g.gsQuery && !s.gsResponds) return false
  if (g.sfmode === MCAST_INCLUDE) return true
  if (s.count[MCAST_INCLUDE] !== 0) return type === IGMPV3_MODE_IS_INCLUDE
  return isExcludedByAll(g, s)
}

/** Does the source belong into a record of this type (is_in)? The group, or the source, may be gone already. */
const isIn = (g: McGroup, s: McSource, type: number, groupGone: boolean, sourceGone: boolean): boolean => {
  const gone = groupGone || sourceGone
  switch (type) {
    case IGMPV3_MODE_IS_INCLUDE:
    case IGMPV3_MODE_IS_EXCLUDE:
      return !gone && isInCurrent(g, s, type)
    case IGMPV3_CHANGE_TO_INCLUDE:
      return !gone && s.count[MCAST_INCLUDE] !== 0
    case IGMPV3_CHANGE_TO_EXCLUDE:
      return !gone && g.sfcount[MCAST_EXCLUDE] !== 0 && s.count[MCAST_INCLUDE] === 0 && isExcludedByAll(g, s)
    case IGMPV3_ALLOW_NEW_SOURCES:
      return !groupGone && s.crCount !== 0 && (g.sfmode === MCAST_INCLUDE) !== sourceGone
    case IGMPV3_BLOCK_OLD_SOURCES:
      if (g.sfmode === MCAST_INCLUDE) return groupGone || (s.crCount !== 0 && sourceGone)
      return s.crCount !== 0 && !gone
    default:
      return false
  }
}

const isChange = (type: number): boolean => type === IGMPV3_ALLOW_NEW_SOURCES || type === IGMPV3_BLOCK_OLD_SOURCES
const isCurrent = (type: number): boolean => type === IGMPV3_MODE_IS_INCLUDE || type === IGMPV3_MODE_IS_EXCLUDE
/** Records of these types are one, with as many sources as fit. */
const isTruncated = (type: number): boolean => type === IGMPV3_MODE_IS_EXCLUDE || type === IGMPV3_CHANGE_TO_EXCLUDE

/**
 * Adds the record of a type about a group to a report, with the sources that belong into it (add_grec). Change records
 * count down how often they are still to be sent; a source that is gone is forgotten with the last one.
 */
export const addGrec = (
  report: Igmpv3Report,
  g: McGroup,
  type: number,
  groupGone: boolean,
  sourceGone: boolean,
): void => {
  if (!isReported(g.inDev, g.addr)) return
  const list = sourceGone ? g.tomb : g.sources
  if (addSources(report, g, list, type, groupGone, sourceGone) > 0) {
    if (isCurrent(type)) g.gsQuery = false
    return
  }
  if (isChange(type)) return
  if (g.crCount !== 0 || isCurrent(type)) {
    if (report.available < IGMPV3_GREC_HLEN) report.send()
    report.addGroup(type, g.addr)
  }
  if (isCurrent(type)) g.gsQuery = false
}

/** Returns how many sources were written. */
const addSources = (
  report: Igmpv3Report,
  g: McGroup,
  list: McSource[],
  type: number,
  groupGone: boolean,
  sourceGone: boolean,
): number => {
  const belongs = (s: McSource): boolean => isIn(g, s, type, groupGone, sourceGone)
  if (list.length > 0 && isTruncated(type) && report.ngrec > 0) {
    const need = IGMPV3_GREC_HLEN + 4 * list.filter(belongs).length
    if (report.available < need) report.next()
  }
  // With a record about its mode the group's sources are not reported one by one.
  const modeIsReported = groupGone ? g.sfmode === MCAST_EXCLUDE : g.crCount !== 0
  let total = 0
  let count = 0
  let open = false
  for (const s of [...list]) {
    if (!belongs(s)) continue
    if (!(isChange(type) && modeIsReported && s.crCount !== 0)) {
      if (isCurrent(type)) s.gsResponds = false
      if (report.available < 4 + (open ? 0 : IGMPV3_GREC_HLEN)) {
        if (isTruncated(type) && open) break
        report.next()
        open = false
        count = 0
      }
      if (!open) report.addGroup(type, g.addr)
      open = true
      report.addSource(s.addr, ++count)
      total++
    }
    if (!isChange(type) || s.crCount === 0) continue
    s.crCount--
    if ((sourceGone || groupGone) && s.crCount === 0) list.splice(list.indexOf(s), 1)
  }
  return total
}
