/**
 * The forwarding database of a bridge: learning, the addresses of the bridge and its ports, entries of users.
 *
 * Left out: entries of switch drivers, activity notification.
 *
 * @see net/bridge/br_fdb.c
 */
import { flowFlush } from '../../core/flow-genid.js'
import { isValidMac, macHi, macLo } from '../../wire/mac.js'
import {
  BR_FDB_ADDED_BY_EXT_LEARN,
  BR_FDB_ADDED_BY_USER,
  BR_FDB_DYNAMIC_LEARNED,
  BR_FDB_LOCAL,
  BR_FDB_LOCKED,
  BR_FDB_OFFLOADED,
  BR_FDB_STATIC,
  BR_FDB_STICKY,
  FdbEntry,
  fdbKeyHi,
} from './br-fdb-table.js'
import type { Bridge, BridgePort } from './br-private.js'
import { brVlanFind, brVlanUsable } from './br-vlan-group.js'

/** The entry of a MAC in a VLAN (0: none), or null. */
export const brFdbFind = (br: Bridge, mac: number, vid: number): FdbEntry | null =>
  br.fdb.find(fdbKeyHi(macHi(mac), vid), macLo(mac))

/** Makes an entry with this key, see {@link fdbKeyHi}; null when no more may be learned (fdb_create). */
export const fdbCreate = (
  br: Bridge,
  dst: BridgePort | null,
  hi: number,
  lo: number,
  flags: number,
): FdbEntry | null => {
  let all = flags
  if ((flags & (BR_FDB_ADDED_BY_USER | BR_FDB_LOCAL)) === 0) {
    if (br.fdbMaxLearned !== 0 && br.fdbNLearned >= br.fdbMaxLearned) return null
    all |= BR_FDB_DYNAMIC_LEARNED
    br.fdbNLearned++
  }
  const entry = new FdbEntry(hi, lo, dst, all, br.world.now)
  br.fdb.insert(entry)
  return entry
}

/** Takes an entry out (fdb_delete). */
export const fdbDelete = (br: Bridge, f: FdbEntry): void => {
  br.fdb.remove(f)
  flowFlush(br.dev.netns)
  clearLearned(br, f)
}

/** The entry no longer counts as learned. */
export const clearLearned = (br: Bridge, f: FdbEntry): void => {
  if ((f.flags & BR_FDB_DYNAMIC_LEARNED) === 0) return
  f.flags &= ~BR_FDB_DYNAMIC_LEARNED
  br.fdbNLearned--
}

/**
 * Learns that the MAC of the key was heard on `source` (br_fdb_update). An address of the bridge or of a port is never learned; a
 * sticky one does not move; everything else, static entries included, follows the frames.
 */
export const brFdbUpdate = (br: Bridge, source: BridgePort, hi: number, lo: number, flags: number): void => {
  if (br.ageingTime === 0) return
  const f = br.fdb.find(hi, lo)
  if (f === null) {
    fdbCreate(br, source, hi, lo, flags)
    return
  }
  if (f.flags & BR_FDB_LOCAL) return
  f.updated = br.world.now
  if (f.dst !== source && (f.flags & BR_FDB_STICKY) === 0) {
    flowFlush(br.dev.netns)
    f.dst = source
    f.flags &= ~(BR_FDB_ADDED_BY_EXT_LEARN | BR_FDB_LOCKED)
  }
  if (flags & BR_FDB_ADDED_BY_USER) {
    f.flags |= BR_FDB_ADDED_BY_USER
    clearLearned(br, f)
  }
}

/** Enters an address of the bridge (`source` null) or of a port; the first device with the address keeps it (fdb_add_local). */
export const fdbAddLocal = (br: Bridge, source: BridgePort | null, mac: number, vid: number): void => {
  if (!isValidMac(mac)) return
  const f = brFdbFind(br, mac, vid)
  if (f !== null) {
    if (f.flags & BR_FDB_LOCAL) return
    fdbDelete(br, f)
  }
  fdbCreate(br, source, fdbKeyHi(macHi(mac), vid), macLo(mac), BR_FDB_LOCAL | BR_FDB_STATIC)
}

/** The bridge's own host is a member of the VLAN; without one it always is. */
const hostHasVlan = (br: Bridge, vid: number): boolean => vid === 0 || brVlanUsable(br.vlgrp, vid) !== null

/** Removes a local entry, unless another port or the bridge has the same address in its VLAN (fdb_delete_local). */
const fdbDeleteLocal = (br: Bridge, p: BridgePort | null, f: FdbEntry): void => {
  const { mac, vid } = f
  flowFlush(br.dev.netns)
  for (const other of br.ports) {
    if (other === p || other.dev.addr !== mac || (vid !== 0 && brVlanFind(other.vlgrp, vid) === null)) continue
    f.dst = other
    f.flags &= ~BR_FDB_ADDED_BY_USER
    return
  }
  if (p !== null && br.dev.addr === mac && hostHasVlan(br, vid)) {
    f.dst = null
    f.flags &= ~BR_FDB_ADDED_BY_USER
    return
  }
  fdbDelete(br, f)
}

/** Removes the local entry of a device in a VLAN, if it is the device's own and nobody has entered it (br_fdb_find_delete_local). */
export const brFdbFindDeleteLocal = (br: Bridge, p: BridgePort | null, mac: number, vid: number): void => {
  const f = brFdbFind(br, mac, vid)
  if (f !== null && f.dst === p && (f.flags & (BR_FDB_LOCAL | BR_FDB_ADDED_BY_USER)) === BR_FDB_LOCAL)
    fdbDeleteLocal(br, p, f)
}

/**
 * Removes the entries that lead to a port, or the bridge's own when `p` is null: the learned ones, or with `all` every
 * one (br_fdb_delete_by_port). With `vid` only the learned ones of that VLAN.
 */
export const brFdbDeleteByPort = (br: Bridge, p: BridgePort | null, all: boolean, vid = 0): void => {
  for (let f = br.fdb.head; f !== null; ) {
    const { next } = f
    if (f.dst === p && (all || !(fdbStays(f) || (vid !== 0 && f.vid !== vid)))) {
      if (f.flags & BR_FDB_LOCAL) fdbDeleteLocal(br, p, f)
      else fdbDelete(br, f)
    }
    f = next
  }
}

const fdbStays = (f: FdbEntry): boolean =>
  (f.flags & BR_FDB_STATIC) !== 0 ||
  (f.flags & (BR_FDB_ADDED_BY_EXT_LEARN | BR_FDB_OFFLOADED)) === BR_FDB_ADDED_BY_EXT_LEARN

/** Removes every learned entry (br_fdb_flush). */
export const brFdbFlush = (br: Bridge): void => {
  for (let f = br.fdb.head; f !== null; ) {
    const { next } = f
    if ((f.flags & BR_FDB_STATIC) === 0) fdbDelete(br, f)
    f = next
  }
}

/** Removes the locked entries of a port. */
export const brFdbDeleteLocked = (p: BridgePort): void => {
  for (let f = p.br.fdb.head; f !== null; ) {
    const { next } = f
    if (f.dst === p && f.flags & BR_FDB_LOCKED) fdbDelete(p.br, f)
    f = next
  }
}

/** A port's own address has changed (br_fdb_changeaddr). */
export const brFdbChangeaddr = (p: BridgePort, mac: number): void => {
  const { br } = p
  const vlans = p.vlgrp !== null && p.vlgrp.numVlans > 0 ? p.vlgrp.list : []
  for (let f = br.fdb.head; f !== null; ) {
    const { next } = f
    if (f.dst === p && (f.flags & (BR_FDB_LOCAL | BR_FDB_ADDED_BY_USER)) === BR_FDB_LOCAL) {
      fdbDeleteLocal(br, p, f)
      if (vlans.length === 0) break
    }
    f = next
  }
  fdbAddLocal(br, p, mac, 0)
  for (const v of vlans) fdbAddLocal(br, p, mac, v.vid)
}

/** The bridge's own address is about to change to `mac` (br_fdb_change_mac_address). */
export const brFdbChangeMacAddress = (br: Bridge, mac: number): void => {
  const move = (vid: number): void => {
    brFdbFindDeleteLocal(br, null, br.dev.addr, vid)
    fdbAddLocal(br, null, mac, vid)
  }
  move(0)
  if (br.vlgrp !== null) for (const v of br.vlgrp.list) if (v.isUsable) move(v.vid)
}
