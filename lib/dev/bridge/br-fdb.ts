/**
 * The forwarding database of a bridge: learning, the addresses of the bridge and its ports, entries of users.
 *
 * Left out: VLANs (all entries are of VLAN 0), entries of switch drivers, activity notification.
 *
 * @see net/bridge/br_fdb.c
 */
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
} from './br-fdb-table.js'
import type { Bridge, BridgePort } from './br-private.js'

/** The entry of a MAC, or null. */
export const brFdbFind = (br: Bridge, mac: number): FdbEntry | null => br.fdb.find(macHi(mac), macLo(mac))

/** Makes an entry; null when no more may be learned (fdb_create). */
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
  clearLearned(br, f)
}

/** The entry no longer counts as learned. */
export const clearLearned = (br: Bridge, f: FdbEntry): void => {
  if ((f.flags & BR_FDB_DYNAMIC_LEARNED) === 0) return
  f.flags &= ~BR_FDB_DYNAMIC_LEARNED
  br.fdbNLearned--
}

/**
 * Learns that the MAC was heard on `source` (br_fdb_update). An address of the bridge or of a port is never learned; a
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
    f.dst = source
    f.flags &= ~(BR_FDB_ADDED_BY_EXT_LEARN | BR_FDB_LOCKED)
  }
  if (flags & BR_FDB_ADDED_BY_USER) {
    f.flags |= BR_FDB_ADDED_BY_USER
    clearLearned(br, f)
  }
}

/** Enters an address of the bridge (`source` null) or of a port; the first device with the address keeps it (fdb_add_local). */
export const fdbAddLocal = (br: Bridge, source: BridgePort | null, mac: number): void => {
  if (!isValidMac(mac)) return
  const f = brFdbFind(br, mac)
  if (f !== null) {
    if (f.flags & BR_FDB_LOCAL) return
    fdbDelete(br, f)
  }
  fdbCreate(br, source, macHi(mac), macLo(mac), BR_FDB_LOCAL | BR_FDB_STATIC)
}

/** Removes a local entry, unless another port or the bridge has the same address (fdb_delete_local). */
const fdbDeleteLocal = (br: Bridge, p: BridgePort | null, f: FdbEntry): void => {
  const { mac } = f
  for (const other of br.ports) {
    if (other === p || other.dev.addr !== mac) continue
    f.dst = other
    f.flags &= ~BR_FDB_ADDED_BY_USER
    return
  }
  if (p !== null && br.dev.addr === mac) {
    f.dst = null
    f.flags &= ~BR_FDB_ADDED_BY_USER
    return
  }
  fdbDelete(br, f)
}

/**
 * Removes the entries that lead to a port, or the bridge's own when `p` is null: the learned ones, or with `all` every
 * one (br_fdb_delete_by_port).
 */
export const brFdbDeleteByPort = (br: Bridge, p: BridgePort | null, all: boolean): void => {
  for (let f = br.fdb.head; f !== null; ) {
    const { next } = f
    if (f.dst === p && (all || !fdbStays(f))) {
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
  for (let f = br.fdb.head; f !== null; f = f.next) {
    if (f.dst !== p || (f.flags & (BR_FDB_LOCAL | BR_FDB_ADDED_BY_USER)) !== BR_FDB_LOCAL) continue
    fdbDeleteLocal(br, p, f)
    break
  }
  fdbAddLocal(br, p, mac)
}

/** The bridge's own address is about to change to `mac` (br_fdb_change_mac_address). */
export const brFdbChangeMacAddress = (br: Bridge, mac: number): void => {
  const f = brFdbFind(br, br.dev.addr)
  if (f !== null && f.dst === null && (f.flags & (BR_FDB_LOCAL | BR_FDB_ADDED_BY_USER)) === BR_FDB_LOCAL)
    fdbDeleteLocal(br, null, f)
  fdbAddLocal(br, null, mac)
}
