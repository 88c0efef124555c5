/**
 * From whom a device wants to hear in a group: the sum of the filters of all sockets, and the reports of its changes.
 *
 * @see net/ipv4/igmp.c ip_mc_add_src, ip_mc_del_src, sf_markstate, sf_setstate; RFC 3376 3.2
 */
import { errnoNumber } from '../errors.js'
import { igmpIfcEvent, type IgmpState, igmpState } from './igmp-state.js'
import type { InDevice } from './in-device.js'
import { rtCacheFlush } from './ipv4.js'
import { findMc, MCAST_EXCLUDE, MCAST_INCLUDE, type McGroup, McSource } from './mc-list.js'

const EINVAL = errnoNumber('EINVAL')
const ESRCH = errnoNumber('ESRCH')

/** Is the source part of the device's filter: excluded by all who exclude and wanted by nobody, or included by one? */
const isFiltered = (g: McGroup, s: McSource): boolean => {
  const excluding = g.sfcount[MCAST_EXCLUDE]
  if (excluding === 0) return s.count[MCAST_INCLUDE] !== 0
  return excluding === s.count[MCAST_EXCLUDE] && s.count[MCAST_INCLUDE] === 0
}

/** Notes which sources are part of the filter before a change (sf_markstate). */
const markState = (g: McGroup): void => {
  for (const s of g.sources) s.wasIn = isFiltered(g, s)
}

/** Schedules reports about the sources that a change has brought into the filter or out of it (sf_setstate). */
const setState = (g: McGroup, state: IgmpState): boolean => {
  let changed = false
  for (const s of g.sources) {
    const isIn = isFiltered(g, s)
    if (isIn === s.wasIn) continue
    changed = true
    const dead = g.tomb.find(other => other.addr === s.addr)
    if (isIn) {
      if (dead !== undefined) g.tomb.splice(g.tomb.indexOf(dead), 1)
      s.crCount = state.mrQrv
      continue
    }
    s.crCount = 0
    if (dead === undefined) g.tomb.unshift(new McSource(s.addr))
    g.tomb.find(other => other.addr === s.addr)!.crCount = state.mrQrv
  }
  return changed
}

/** The group's mode became another: that is reported, and no single source. */
const changeMode = (g: McGroup, state: IgmpState, mode: number): void => {
  g.sfmode = mode
  g.crCount = state.qrv
  state.ifcCount = g.crCount
  for (const s of g.sources) s.crCount = 0
  igmpIfcEvent(state)
}

/**
 * Adds sources to a group's filter of a mode (ip_mc_add_src); `isDelta`: of a socket that is counted there already.
 * Returns 0 or a negative errno.
 */
export const ipMcAddSrc = (
  inDev: InDevice,
  addr: number,
  mode: number,
  sources: readonly number[],
  isDelta: boolean,
): number => {
  const g = findMc(inDev, addr)
  if (g === null) return -ESRCH
  const state = igmpState(inDev)
  markState(g)
  const wasExclude = g.sfmode === MCAST_EXCLUDE
  if (!isDelta) g.sfcount[mode]!++
  for (const source of sources) {
    let s = g.sources.find(other => other.addr === source)
    if (s === undefined) g.sources.push((s = new McSource(source)))
    // What is sent to the group from here may have to come back from now on (ip_rt_multicast_event).
    if (++s.count[mode]! === 1) rtCacheFlush(inDev.dev.netns)
  }
  if (wasExclude !== g.sfcount[MCAST_EXCLUDE] > 0)
    // Without any filter the mode stays for the reports.
    changeMode(
      g,
      state,
      g.sfcount[MCAST_EXCLUDE] > 0 ? MCAST_EXCLUDE : g.sfcount[MCAST_INCLUDE] > 0 ? MCAST_INCLUDE : g.sfmode,
    )
  else if (setState(g, state)) igmpIfcEvent(state)
  return 0
}

/** Takes a source out of a filter; 1 when that is to be reported, 0 when not, -ESRCH when it was not there. */
const delSource = (g: McGroup, state: IgmpState, mode: number, source: number): number => {
  const at = g.sources.findIndex(other => other.addr === source)
  const s = g.sources[at]
  if (s === undefined || s.count[mode] === 0) return -ESRCH
  if (--s.count[mode]! === 0) rtCacheFlush(g.inDev.dev.netns)
  if (s.count[MCAST_INCLUDE] !== 0 || s.count[MCAST_EXCLUDE] !== 0) return 0
  g.sources.splice(at, 1)
  if (!s.wasIn || state.version < 3) return 0
  s.crCount = state.qrv
  g.tomb.unshift(s)
  return 1
}

/** Takes sources out of a group's filter of a mode (ip_mc_del_src). Returns 0 or a negative errno. */
export const ipMcDelSrc = (
  inDev: InDevice,
  addr: number,
  mode: number,
  sources: readonly number[],
  isDelta: boolean,
): number => {
  const g = findMc(inDev, addr)
  if (g === null) return -ESRCH
  const state = igmpState(inDev)
  markState(g)
  if (!isDelta) {
    if (g.sfcount[mode] === 0) return -EINVAL
    g.sfcount[mode]!--
  }
  let err = 0
  let changed = false
  for (const source of sources) {
    const rc = delSource(g, state, mode, source)
    if (rc > 0) changed = true
    else if (err === 0) err = rc
  }
  if (g.sfmode === MCAST_EXCLUDE && g.sfcount[MCAST_EXCLUDE] === 0 && g.sfcount[MCAST_INCLUDE] > 0)
    changeMode(g, state, MCAST_INCLUDE)
  else if (setState(g, state) || changed) igmpIfcEvent(state)
  return err
}
