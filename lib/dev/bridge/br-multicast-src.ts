/**
 * Sources of IGMPv3 memberships on a bridge with mcast_igmp_version 3: the state machine of RFC 3376 section 6.4 for
 * each member of a group, and the (S, G) entries that follow from it.
 *
 * DIFFERS: the kernel also follows each host by itself (EHT), which counts only on ports with fast leave; here such a
 * port waits for the last member query time as others do.
 *
 * @see net/bridge/br_multicast.c br_multicast_isinc_allow, br_multicast_isexc, br_multicast_toin, br_multicast_toex,
 *   br_multicast_block
 */
import { RTPROT_KERNEL } from '../../ip/rtnetlink.js'
import {
  IGMPV3_ALLOW_NEW_SOURCES,
  IGMPV3_BLOCK_OLD_SOURCES,
  IGMPV3_CHANGE_TO_EXCLUDE,
  IGMPV3_CHANGE_TO_INCLUDE,
  IGMPV3_MODE_IS_EXCLUDE,
  IGMPV3_MODE_IS_INCLUDE,
} from '../../wire/igmp.js'
import { isMulticast4, isZeronet } from '../../wire/ip.js'
import {
  BR_SGRP_F_DELETE,
  BR_SGRP_F_INSTALLED,
  BR_SGRP_F_SEND,
  GroupSrc,
  MCAST_EXCLUDE,
  MCAST_INCLUDE,
  MDB_PG_FLAGS_BLOCKED,
  MDB_PG_FLAGS_PERMANENT,
  MDB_PG_FLAGS_STAR_EXCL,
  type PortGroup,
} from './br-mcast-state.js'
import {
  addGroup,
  brMdbGet,
  delGroupSrc,
  findDelPg,
  groupKey,
  sgAddExcludePorts,
  sgOf,
  starGHandleMode,
} from './br-multicast-group.js'
import { lastMemberQueryTime, sendQuery } from './br-multicast-query.js'
import { BrTimer, jiffies } from './br-timer.js'

/** PG_SRC_ENT_LIMIT: sources of one member, at most. */
const SOURCE_LIMIT = 32

/** The source entered a group by itself: installs its entry (br_multicast_fwd_src_add). */
const fwdSrcAdd = (src: GroupSrc): void => {
  if (src.flags & BR_SGRP_F_INSTALLED) return
  const { pg } = src
  const { br } = pg.port
  const spec = { mac: pg.ethAddr, filterMode: MCAST_INCLUDE, hasTimer: false, blocked: !src.timer.pending }
  const sg = addGroup(br, pg.port, groupKey(pg.key.dst, src.addr, pg.key.vid), spec)
  if (!sg) return
  src.flags |= BR_SGRP_F_INSTALLED
  sg.flags &= ~MDB_PG_FLAGS_STAR_EXCL
  if (sg.rtProtocol !== RTPROT_KERNEL && sg.flags & MDB_PG_FLAGS_PERMANENT) return
  sg.timer.del()
  const star = brMdbGet(br, pg.key)
  if (star !== null) sgAddExcludePorts(star, sg)
}

/** Installs the source's entry; without a running timer it blocks (br_multicast_fwd_src_handle). */
const fwdSrcHandle = (src: GroupSrc): void => {
  fwdSrcAdd(src)
  const sg = sgOf(src)
  if (sg === null || sg.flags & MDB_PG_FLAGS_PERMANENT) return
  if (src.timer.pending) sg.flags &= ~MDB_PG_FLAGS_BLOCKED
  else sg.flags |= MDB_PG_FLAGS_BLOCKED
}

const groupSrcExpired = (src: GroupSrc): void => {
  const { pg } = src
  if (!src.alive || !pg.port.br.dev.running) return
  if (pg.filterMode === MCAST_INCLUDE) {
    delGroupSrc(src)
    if (pg.sources.length === 0) findDelPg(pg)
  } else fwdSrcHandle(src)
}

const findSrc = (pg: PortGroup, addr: number): GroupSrc | null => {
  for (const src of pg.sources) if (src.addr === addr) return src
  return null
}

const newSrc = (pg: PortGroup, addr: number): GroupSrc | null => {
  if (pg.sources.length >= SOURCE_LIMIT || isZeronet(addr) || isMulticast4(addr)) return null
  const { br, dev } = pg.port
  const src = new GroupSrc(pg, addr, s => new BrTimer<GroupSrc>(br.world, groupSrcExpired, s, `${dev} group source`))
  pg.sources.unshift(src)
  return src
}

const modTimer = (src: GroupSrc, expires: number): void => {
  src.timer.modTo(expires)
  fwdSrcHandle(src)
}

const deleteMarked = (pg: PortGroup): void => {
  for (const src of [...pg.sources]) if (src.flags & BR_SGRP_F_DELETE) delGroupSrc(src)
}

const mark = (pg: PortGroup, flags: number): void => {
  for (const src of pg.sources) src.flags |= flags
}

/** Asks for the marked sources and lets them end soon (__grp_src_query_marked_and_rexmit). */
const queryMarkedAndRexmit = (pg: PortGroup): void => {
  const { port } = pg
  const { br } = port
  const m = br.mcast
  if (!br.dev.running || !m.enabled) return
  const now = jiffies(br.world.now)
  const lmqt = now + lastMemberQueryTime(br)
  const asks = m.querier && !m.otherQuery.pending
  for (const src of [...pg.sources]) {
    if ((src.flags & BR_SGRP_F_SEND) === 0) continue
    src.flags &= ~BR_SGRP_F_SEND
    if (src.timer.expires <= lmqt) continue
    if (asks) src.queryRexmitCount = m.lastMemberCount
    modTimer(src, lmqt)
  }
  if (!asks) return
  sendQuery(br, port, { pg, dst: pg.key.dst, group: pg.key.dst, withSources: true, suppress: true })
  rexmitBy(pg, now + m.lastMemberInterval)
}

const rexmitBy = (pg: PortGroup, expires: number): void => {
  if (!pg.rexmitTimer.pending || pg.rexmitTimer.expires > expires) pg.rexmitTimer.modTo(expires)
}

/** Asks for the whole group and lets the membership end soon (__grp_send_query_and_rexmit). */
const sendQueryAndRexmit = (pg: PortGroup): void => {
  const { port } = pg
  const { br } = port
  const m = br.mcast
  if (!br.dev.running || !m.enabled) return
  const now = jiffies(br.world.now)
  if (m.querier && !m.otherQuery.pending) {
    pg.grpQueryRexmitCount = m.lastMemberCount - 1
    sendQuery(br, port, { pg, dst: pg.key.dst, group: pg.key.dst })
    rexmitBy(pg, now + m.lastMemberInterval)
  }
  const lmqt = now + lastMemberQueryTime(br)
  if (pg.filterMode === MCAST_EXCLUDE && (!pg.timer.pending || pg.timer.expires > lmqt)) pg.timer.modTo(lmqt)
}

/** IS_IN, ALLOW: the listed sources are wanted for a membership interval. */
const isIncAllow = (pg: PortGroup, srcs: readonly number[], gmi: number): void => {
  for (const addr of srcs) {
    const src = findSrc(pg, addr) ?? newSrc(pg, addr)
    if (src !== null) modTimer(src, gmi)
  }
}

/** IS_EX, TO_EX in mode INCLUDE: EXCLUDE(A*B, B-A), the others go; `ask` marks A*B for a query. */
const exIncl = (pg: PortGroup, srcs: readonly number[], ask: boolean): void => {
  let send = 0
  for (const src of pg.sources) src.flags = (src.flags & ~BR_SGRP_F_SEND) | BR_SGRP_F_DELETE
  for (const addr of srcs) {
    let src = findSrc(pg, addr)
    if (src === null) src = newSrc(pg, addr)
    else {
      src.flags &= ~BR_SGRP_F_DELETE
      if (ask) {
        src.flags |= BR_SGRP_F_SEND
        send++
      }
    }
    if (src !== null) fwdSrcHandle(src)
  }
  deleteMarked(pg)
  if (send > 0) queryMarkedAndRexmit(pg)
}

/** IS_EX in mode EXCLUDE: EXCLUDE(A-Y, Y*A), new sources get a membership interval. */
const isExcExcl = (pg: PortGroup, srcs: readonly number[], gmi: number): void => {
  mark(pg, BR_SGRP_F_DELETE)
  for (const addr of srcs) {
    const src = findSrc(pg, addr)
    if (src !== null) src.flags &= ~BR_SGRP_F_DELETE
    else {
      const fresh = newSrc(pg, addr)
      if (fresh !== null) modTimer(fresh, gmi)
    }
  }
  deleteMarked(pg)
}

/** TO_EX in mode EXCLUDE: as IS_EX, new sources get the rest of the group's time, the wanted ones are asked for. */
const toExExcl = (pg: PortGroup, srcs: readonly number[]): void => {
  let send = 0
  for (const src of pg.sources) src.flags = (src.flags & ~BR_SGRP_F_SEND) | BR_SGRP_F_DELETE
  for (const addr of srcs) {
    let src = findSrc(pg, addr)
    if (src !== null) src.flags &= ~BR_SGRP_F_DELETE
    else {
      src = newSrc(pg, addr)
      if (src !== null) modTimer(src, pg.timer.expires)
    }
    if (src?.timer.pending) {
      src.flags |= BR_SGRP_F_SEND
      send++
    }
  }
  deleteMarked(pg)
  if (send > 0) queryMarkedAndRexmit(pg)
}

/** TO_IN: the listed sources are wanted, the others are asked for; in mode EXCLUDE the group is asked for too. */
const toIn = (pg: PortGroup, srcs: readonly number[], gmi: number): void => {
  const exclude = pg.filterMode === MCAST_EXCLUDE
  let send = pg.sources.length
  for (const src of pg.sources) if (!exclude || src.timer.pending) src.flags |= BR_SGRP_F_SEND
  for (const addr of srcs) {
    let src = findSrc(pg, addr)
    if (src === null) src = newSrc(pg, addr)
    else if (!exclude || src.timer.pending) {
      src.flags &= ~BR_SGRP_F_SEND
      send--
    }
    if (src !== null) modTimer(src, gmi)
  }
  if (send > 0) queryMarkedAndRexmit(pg)
  if (exclude) sendQueryAndRexmit(pg)
}

/** BLOCK: the listed sources are asked for; in mode EXCLUDE unknown ones are added with the rest of the group's time. */
const block = (pg: PortGroup, srcs: readonly number[]): void => {
  const exclude = pg.filterMode === MCAST_EXCLUDE
  let send = 0
  for (const src of pg.sources) src.flags &= ~BR_SGRP_F_SEND
  for (const addr of srcs) {
    let src = findSrc(pg, addr)
    if (src === null && exclude) {
      src = newSrc(pg, addr)
      if (src !== null) modTimer(src, pg.timer.expires)
    }
    if (src !== null && (!exclude || src.timer.pending)) {
      src.flags |= BR_SGRP_F_SEND
      send++
    }
  }
  if (send > 0) queryMarkedAndRexmit(pg)
  if (!exclude && pg.sources.length === 0) findDelPg(pg)
}

const becomeExclude = (pg: PortGroup, gmi: number): void => {
  if (pg.filterMode === MCAST_INCLUDE) starGHandleMode(pg, MCAST_EXCLUDE)
  pg.filterMode = MCAST_EXCLUDE
  pg.timer.modTo(gmi)
}

/** Carries out one record of an IGMPv3 report for a member. `srcs` are int32. */
export const igmp3Record = (pg: PortGroup, type: number, srcs: readonly number[]): void => {
  const { br } = pg.port
  const gmi = jiffies(br.world.now) + br.mcast.membershipInterval
  const include = pg.filterMode === MCAST_INCLUDE
  switch (type) {
    case IGMPV3_MODE_IS_INCLUDE:
    case IGMPV3_ALLOW_NEW_SOURCES:
      isIncAllow(pg, srcs, gmi)
      break
    case IGMPV3_MODE_IS_EXCLUDE:
      if (include) exIncl(pg, srcs, false)
      else isExcExcl(pg, srcs, gmi)
      becomeExclude(pg, gmi)
      break
    case IGMPV3_CHANGE_TO_INCLUDE:
      toIn(pg, srcs, gmi)
      break
    case IGMPV3_CHANGE_TO_EXCLUDE:
      if (include) exIncl(pg, srcs, true)
      else toExExcl(pg, srcs)
      becomeExclude(pg, gmi)
      break
    case IGMPV3_BLOCK_OLD_SOURCES:
      block(pg, srcs)
      break
  }
}
