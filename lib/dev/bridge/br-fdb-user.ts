/**
 * Forwarding entries as users add, delete and list them (`bridge fdb ... master`).
 *
 * @see net/bridge/br_fdb.c br_fdb_add, fdb_add_entry, br_fdb_delete, br_fdb_dump, br_fdb_delete_bulk
 */
import type { FdbFlushSpec, FdbInfo, FdbMode, FdbOps, FdbSpec } from '../../core/fdb.js'
import type { NetDevice } from '../../core/netdev.js'
import { extackError, NetloomError } from '../../errors.js'
import {
  NTF_EXT_LEARNED,
  NTF_OFFLOADED,
  NTF_STICKY,
  NTF_USE,
  NUD_NOARP,
  NUD_PERMANENT,
  NUD_REACHABLE,
  NUD_STALE,
} from '../../ip/rtnetlink.js'
import { macHi, macLo } from '../../wire/mac.js'
import { brFdbFind, brFdbUpdate, clearLearned, fdbCreate, fdbDelete } from './br-fdb.js'
import { brFdbCatchUp } from './br-fdb-gc.js'
import {
  BR_FDB_ADDED_BY_EXT_LEARN,
  BR_FDB_ADDED_BY_USER,
  BR_FDB_LOCAL,
  BR_FDB_LOCKED,
  BR_FDB_OFFLOADED,
  BR_FDB_STATIC,
  BR_FDB_STICKY,
  type FdbEntry,
  fdbKeyHi,
} from './br-fdb-table.js'
import { type Bridge, type BridgePort, bridgeOf, bridgePortOf, isBridge, portStateLearns } from './br-private.js'
import { jiffies } from './br-timer.js'
import { brVlanFind } from './br-vlan-group.js'

const invalid = (dev: NetDevice): NetloomError => new NetloomError('EINVAL', undefined, { dev: dev.name })

/** The bridge and the port (null for the bridge itself) that a request for `dev` is about. */
const resolve = (dev: NetDevice): { br: Bridge; p: BridgePort | null } => {
  if (isBridge(dev)) return { br: bridgeOf(dev), p: null }
  const p = bridgePortOf(dev)
  if (p === null) throw invalid(dev)
  return { br: p.br, p }
}

/** True for a learned entry past its time that the clean-up has not met yet (has_expired). */
const hasExpired = (br: Bridge, f: FdbEntry): boolean =>
  (f.flags & (BR_FDB_STATIC | BR_FDB_ADDED_BY_EXT_LEARN)) === 0 &&
  jiffies(f.updated) + br.ageingTime <= jiffies(br.world.now)

const fdbToNud = (br: Bridge, f: FdbEntry): number => {
  if (f.flags & BR_FDB_LOCAL) return NUD_PERMANENT
  if (f.flags & BR_FDB_STATIC) return NUD_NOARP
  return hasExpired(br, f) ? NUD_STALE : NUD_REACHABLE
}

const setNud = (f: FdbEntry, state: number): void => {
  f.flags &= ~(BR_FDB_LOCAL | BR_FDB_STATIC)
  if (state & NUD_PERMANENT) f.flags |= BR_FDB_LOCAL | BR_FDB_STATIC
  else if (state & NUD_NOARP) f.flags |= BR_FDB_STATIC
}

const checkState = (br: Bridge, p: BridgePort | null, spec: FdbSpec): void => {
  const { state } = spec
  if (p !== null && (state & (NUD_PERMANENT | NUD_NOARP)) === 0 && !portStateLearns(p))
    throw new NetloomError('EPERM', undefined, { dev: p.dev.name })
  if (p === null && (state & NUD_PERMANENT) === 0) throw invalid(br.dev)
  if ((spec.flags & NTF_STICKY) !== 0 && (state & NUD_PERMANENT) !== 0) throw invalid(br.dev)
}

/** Makes or changes an entry (fdb_add_entry). */
const addEntry = (br: Bridge, p: BridgePort | null, vid: number, spec: FdbSpec, mode: FdbMode): void => {
  checkState(br, p, spec)
  const { lladdr, state } = spec
  const { now } = br.world
  let modified = false
  let f = brFdbFind(br, lladdr, vid)
  if (f === null) {
    f = fdbCreate(br, p, fdbKeyHi(macHi(lladdr), vid), macLo(lladdr), BR_FDB_ADDED_BY_USER)!
    modified = true
  } else {
    if (mode === 'add') throw new NetloomError('EEXIST', undefined, { dev: br.dev.name })
    modified = f.dst !== p
    f.dst = p
    f.flags |= BR_FDB_ADDED_BY_USER
    clearLearned(br, f)
  }
  if (fdbToNud(br, f) !== state) {
    setNud(f, state)
    modified = true
  }
  const before = f.flags
  f.flags = (spec.flags & NTF_STICKY ? f.flags | BR_FDB_STICKY : f.flags & ~BR_FDB_STICKY) & ~BR_FDB_LOCKED
  if (f.flags !== before) modified = true
  f.used = now
  if (modified) f.updated = now
}

/** An entry that another control plane has learned (br_fdb_external_learn_add). */
const externalLearnAdd = (br: Bridge, p: BridgePort | null, vid: number, mac: number): void => {
  const f = brFdbFind(br, mac, vid)
  const flags = BR_FDB_ADDED_BY_EXT_LEARN | BR_FDB_ADDED_BY_USER | (p === null ? BR_FDB_LOCAL : 0)
  if (f === null) {
    fdbCreate(br, p, fdbKeyHi(macHi(mac), vid), macLo(mac), flags)
    return
  }
  f.updated = br.world.now
  f.dst = p
  if (f.flags & BR_FDB_ADDED_BY_EXT_LEARN) f.used = br.world.now
  f.flags |= flags
  clearLearned(br, f)
}

/** One entry in one VLAN (__br_fdb_add). */
const addInVlan = (
  dev: NetDevice,
  br: Bridge,
  p: BridgePort | null,
  vid: number,
  spec: FdbSpec,
  mode: FdbMode,
): void => {
  const { lladdr, flags, state } = spec
  if (flags & NTF_USE) {
    if (p === null) throw invalid(dev)
    const hi = fdbKeyHi(macHi(lladdr), vid)
    if (portStateLearns(p)) brFdbUpdate(br, p, hi, macLo(lladdr), BR_FDB_ADDED_BY_USER)
  } else if (flags & NTF_EXT_LEARNED) {
    if (p === null && (state & NUD_PERMANENT) === 0)
      throw extackError('EINVAL', 'bridge: FDB entry towards bridge must be permanent', { dev: dev.name })
    externalLearnAdd(br, p, vid, lladdr)
  } else addEntry(br, p, vid, spec, mode)
}

/** VLANs in use on a port or the bridge itself. */
const vlansOf = (br: Bridge, p: BridgePort | null): number[] =>
  ((p === null ? br : p).vlgrp?.list ?? []).filter(v => v.isUsable).map(v => v.vid)

/** Adds an entry in the VLAN that is named, which must be one of the port's, or in none and all of the port's. */
const brFdbAdd = (dev: NetDevice, spec: FdbSpec, mode: FdbMode): void => {
  const states = NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE
  if ((spec.state & states) === 0 || spec.lladdr === 0) throw invalid(dev)
  const { br, p } = resolve(dev)
  brFdbCatchUp(br)
  const { vlan = 0 } = spec
  const vlans = vlansOf(br, p)
  if (vlan !== 0) {
    if (!vlans.includes(vlan)) throw invalid(dev)
    addInVlan(dev, br, p, vlan, spec, mode)
    return
  }
  for (const vid of [0, ...vlans]) addInVlan(dev, br, p, vid, spec, mode)
}

/** Deletes one entry in one VLAN; false when there is none. */
const delInVlan = (br: Bridge, p: BridgePort | null, lladdr: number, vid: number): boolean => {
  const f = brFdbFind(br, lladdr, vid)
  if (f === null || f.dst !== p) return false
  fdbDelete(br, f)
  return true
}

const brFdbDel = (dev: NetDevice, spec: FdbSpec): void => {
  const { br, p } = resolve(dev)
  const { vlan = 0, lladdr } = spec
  if (vlan !== 0 && brVlanFind((p === null ? br : p).vlgrp, vlan) === null) throw invalid(dev)
  brFdbCatchUp(br)
  const vids = vlan === 0 ? [0, ...vlansOf(br, p)] : [vlan]
  const gone = vids.filter(vid => delInVlan(br, p, lladdr, vid))
  if (gone.length === 0) throw new NetloomError('ENOENT', undefined, { dev: dev.name })
}

const fdbFlags = (f: FdbEntry): number =>
  (f.flags & BR_FDB_OFFLOADED ? NTF_OFFLOADED : 0) |
  (f.flags & BR_FDB_ADDED_BY_EXT_LEARN ? NTF_EXT_LEARNED : 0) |
  (f.flags & BR_FDB_STICKY ? NTF_STICKY : 0)

const fdbInfo = (br: Bridge, f: FdbEntry): FdbInfo => ({
  dev: f.dst?.dev ?? br.dev,
  lladdr: f.mac,
  state: fdbToNud(br, f),
  flags: fdbFlags(f),
  master: br.dev,
  vlan: f.vid,
  usedNs: br.world.now - f.used,
  updatedNs: br.world.now - f.updated,
  locked: (f.flags & BR_FDB_LOCKED) !== 0,
})

const brFdbDump = (self: NetDevice, port: NetDevice | null | undefined): FdbInfo[] => {
  const br = bridgeOf(self)
  brFdbCatchUp(br)
  const out: FdbInfo[] = []
  for (let f = br.fdb.head; f !== null; f = f.next)
    if (port === undefined || (f.dst?.dev ?? null) === port) out.push(fdbInfo(br, f))
  return out
}

/** The flags of an entry in the words of a flush, which are not those of a dump (__ndm_state_to_fdb_flags and its twin). */
const flushState = (f: FdbEntry): number =>
  (f.flags & BR_FDB_LOCAL ? NUD_PERMANENT : 0) | (f.flags & BR_FDB_STATIC ? NUD_NOARP : 0)

const flushFlags = (f: FdbEntry): number => fdbFlags(f) | (f.flags & BR_FDB_ADDED_BY_USER ? NTF_USE : 0)

const flushMatches = (br: Bridge, f: FdbEntry, spec: FdbFlushSpec, to: NetDevice | undefined): boolean => {
  if (to !== undefined && (f.dst?.dev ?? br.dev) !== to) return false
  if (((flushState(f) ^ (spec.state ?? 0)) & (spec.stateMask ?? 0)) !== 0) return false
  return ((flushFlags(f) ^ (spec.flags ?? 0)) & (spec.flagsMask ?? 0)) === 0 && (!spec.vlan || f.vid === spec.vlan)
}

/** Refuses a destination that is not one of this bridge (__fdb_flush_validate_ifindex). */
const checkFlushPort = (br: Bridge, port: NetDevice): void => {
  const refuse = (text: string): never => {
    throw extackError('EINVAL', `bridge: ${text}`, { dev: port.name })
  }
  const p = bridgePortOf(port)
  if (isBridge(port)) {
    if (port !== br.dev) refuse('Flush bridge device does not match target bridge device')
  } else if (p === null) refuse('Flush device is not a bridge or bridge port')
  else if (p.br !== br) refuse('Port belongs to a different bridge device')
}

/** Removes all entries that match, those of the bridge and its ports included (br_fdb_delete_bulk). */
const brFdbDeleteBulk = (dev: NetDevice, spec: FdbFlushSpec): void => {
  const { br, p } = resolve(dev)
  if (spec.port !== undefined) checkFlushPort(br, spec.port)
  const to = spec.port ?? p?.dev
  brFdbCatchUp(br)
  for (let f = br.fdb.head; f !== null; ) {
    const { next } = f
    if (flushMatches(br, f, spec, to)) fdbDelete(br, f)
    f = next
  }
}

/** Forwarding entries of a bridge. */
export const BR_FDB_OPS: FdbOps = {
  add: brFdbAdd,
  del: brFdbDel,
  dump: brFdbDump,
  flush: brFdbDeleteBulk,
  listsOwnAddresses: true,
}
