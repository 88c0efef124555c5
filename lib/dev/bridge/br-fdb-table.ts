/**
 * The forwarding table as a data structure: an open-addressed table of MAC halves for the look-up of every frame, and a
 * list of the entries, the newest first, for dumps.
 *
 * Four int32 a slot: lower 32 bits of the MAC, upper 16 with the VLAN identifier above them, number of the entry plus one
 * (0 free), unused. So a frame without a VLAN, whose identifier is 0, is looked up by nothing but the halves of its MAC.
 *
 * @see net/bridge/br_fdb.c
 */
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
export class FdbEntry {
  /** Halves of the key; see {@link fdbKeyHi}. */
  readonly hi: number
  readonly lo: number
  /** The port it leads to; null for an address of the bridge itself. */
  dst: BridgePort | null
  flags: number
  /** Virtual time of the last frame from, and to, the address. */
  updated: number
  used: number
  /** Place in {@link FdbTable.entries}. */
  index: number
  prev: FdbEntry | null = null
  next: FdbEntry | null = null

  constructor(hi: number, lo: number, dst: BridgePort | null, flags: number, now: number) {
    this.hi = hi
    this.lo = lo
    this.dst = dst
    this.flags = flags
    this.updated = now
    this.used = now
    this.index = 0
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

const INITIAL_SLOTS = 16

const hash = (hi: number, lo: number): number => {
  const h = Math.imul(lo ^ Math.imul(hi, 0x9e3779b1), 0x85ebca6b)
  return h ^ (h >>> 15)
}

/** The entries of one bridge. */
export class FdbTable {
  /** @internal */
  slots: Int32Array = new Int32Array(INITIAL_SLOTS * 4)
  /** @internal number of slots minus one */
  mask: number = INITIAL_SLOTS - 1
  /** @internal entries by number; freed places are null */
  readonly entries: (FdbEntry | null)[] = []
  /** The newest entry; follow `next`. */
  head: FdbEntry | null = null
  size = 0
  readonly #free: number[] = []

  /** The entry of the key with these halves, or null. */
  find(hi: number, lo: number): FdbEntry | null {
    const { slots, mask } = this
    for (let i = hash(hi, lo) & mask; ; i = (i + 1) & mask) {
      const s = i << 2
      const number = slots[s + 2]!
      if (number === 0) return null
      if (slots[s] === lo && slots[s + 1] === hi) return this.entries[number - 1]!
    }
  }

  /** Adds an entry whose key is not in the table. */
  insert(entry: FdbEntry): void {
    if ((this.size + 1) * 2 > this.mask) this.#grow()
    entry.index = this.#free.pop() ?? this.entries.length
    this.entries[entry.index] = entry
    this.#place(entry)
    this.size++
    entry.next = this.head
    if (this.head !== null) this.head.prev = entry
    this.head = entry
  }

  /** Takes an entry out. */
  remove(entry: FdbEntry): void {
    this.#vacate(entry)
    this.entries[entry.index] = null
    this.#free.push(entry.index)
    this.size--
    if (entry.prev === null) this.head = entry.next
    else entry.prev.next = entry.next
    if (entry.next !== null) entry.next.prev = entry.prev
    entry.prev = null
  }

  #place(entry: FdbEntry): void {
    const { slots, mask } = this
    let i = hash(entry.hi, entry.lo) & mask
    while (slots[(i << 2) + 2] !== 0) i = (i + 1) & mask
    const s = i << 2
    slots[s] = entry.lo
    slots[s + 1] = entry.hi
    slots[s + 2] = entry.index + 1
  }

  /** Frees the entry's slot and moves later ones of the same run back, so that no search ends too early. */
  #vacate(entry: FdbEntry): void {
    const { slots, mask } = this
    let hole = hash(entry.hi, entry.lo) & mask
    while (slots[(hole << 2) + 2] !== entry.index + 1) hole = (hole + 1) & mask
    for (let i = (hole + 1) & mask; slots[(i << 2) + 2] !== 0; i = (i + 1) & mask) {
      const s = i << 2
      const home = hash(slots[s + 1]!, slots[s]!) & mask
      if (((i - home) & mask) < ((i - hole) & mask)) continue
      slots.copyWithin(hole << 2, s, s + 4)
      hole = i
    }
    slots[(hole << 2) + 2] = 0
  }

  #grow(): void {
    const slots = (this.mask + 1) * 2
    this.slots = new Int32Array(slots * 4)
    this.mask = slots - 1
    for (const entry of this.entries) if (entry !== null) this.#place(entry)
  }
}
