/**
 * Entries of the forwarding table and their keys. The VLAN identifier stands above the upper 16 bits of the MAC, so that a
 * frame without a VLAN, whose identifier is 0, is looked up by nothing but the halves of its MAC.
 *
 * @see net/bridge/br_fdb.c
 */
import type { MacEntry } from '../../core/mac-table.js'
import { macFrom } from '../../wire/mac.js'
import type { BridgePort } from './br-private.js'

/** Flags of an entry (BR_FDB_*). */
export const BR_FDB_LOCAL: number = 1 << 0
export const BR_FDB_STATIC: number = 1 << 1
export const BR_FDB_STICKY: number = 1 << 2
export const BR_FDB_ADDED_BY_USER: number = 1 << 3
export const BR_FDB_ADDED_BY_EXT_LEARN: number = 1 << 4
export const BR_FDB_OFFLOADED: number = 1 << 5
export const BR_FDB_LOCKED: number = 1 << 8
export const BR_FDB_DYNAMIC_LEARNED: number = 1 << 9

/** Place of the VLAN identifier in the upper half of a key. */
const VLAN_SHIFT = 16
const MAC_HI_MASK = 0xffff

/** Upper half of a key: the upper 16 bits of a MAC, and a VLAN identifier (0: none). */
export const fdbKeyHi = (macHi: number, vid: number): number => macHi | (vid << VLAN_SHIFT)

/** One forwarding entry (struct net_bridge_fdb_entry). */
export class FdbEntry implements MacEntry<FdbEntry> {
  /** Halves of the key; see {@link fdbKeyHi}. */
  readonly hi: number
  readonly lo: number
  /** The port it leads to; null for an address of the bridge itself. */
  dst: BridgePort | null
  flags: number
  /** Virtual time of the last frame from, and to, the address. */
  updated: number
  used: number
  index = 0
  prev: FdbEntry | null = null
  next: FdbEntry | null = null

  constructor(hi: number, lo: number, dst: BridgePort | null, flags: number, now: number) {
    this.hi = hi
    this.lo = lo
    this.dst = dst
    this.flags = flags
    this.updated = now
    this.used = now
  }

  /** The MAC as one number. */
  get mac(): number {
    return macFrom(this.hi & MAC_HI_MASK, this.lo)
  }

  /** The VLAN identifier, 0 for an entry without. */
  get vid(): number {
    return this.hi >>> VLAN_SHIFT
  }
}
