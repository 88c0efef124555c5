/**
 * Entries by MAC: an open-addressed table of the halves for the look-up of every frame, and a list of the entries, the
 * newest first, for dumps. 4 ns a look-up where a Map of 48-bit numbers takes 16.
 *
 * Four int32 a slot: lower 32 bits of the MAC, upper 16 (above them an owner may keep what else belongs to the key), number
 * of the entry plus one (0 free), unused.
 *
 * @see include/linux/rhashtable.h, include/linux/list.h hlist
 */

/** An entry as far as the table needs to know it. */
export interface MacEntry<E> {
  /** Upper 16 and lower 32 bits of the MAC. */
  readonly hi: number
  readonly lo: number
  /** The table's own: place of the entry, and its neighbours in the list. */
  index: number
  prev: E | null
  next: E | null
}

const INITIAL_SLOTS = 16

const hash = (hi: number, lo: number): number => {
  const h = Math.imul(lo ^ Math.imul(hi, 0x9e3779b1), 0x85ebca6b)
  return h ^ (h >>> 15)
}

/** Entries of one owner, each with a MAC of its own. */
export class MacTable<E extends MacEntry<E>> {
  /** The newest entry; follow `next`. */
  head: E | null = null
  size = 0
  #slots: Int32Array = new Int32Array(INITIAL_SLOTS * 4)
  #mask: number = INITIAL_SLOTS - 1
  readonly #entries: (E | null)[] = []
  readonly #free: number[] = []

  /** The entry of the MAC with these halves, or null. */
  find(hi: number, lo: number): E | null {
    const slots = this.#slots
    const mask = this.#mask
    for (let i = hash(hi, lo) & mask; ; i = (i + 1) & mask) {
      const s = i << 2
      const number = slots[s + 2]!
      if (number === 0) return null
      if (slots[s] === lo && slots[s + 1] === hi) return this.#entries[number - 1]!
    }
  }

  /** Adds an entry whose MAC is not in the table. */
  insert(entry: E): void {
    if ((this.size + 1) * 2 > this.#mask) this.#grow()
    entry.index = this.#free.pop() ?? this.#entries.length
    this.#entries[entry.index] = entry
    this.#place(entry)
    this.size++
    entry.next = this.head
    if (this.head !== null) this.head.prev = entry
    this.head = entry
  }

  /** Takes an entry out. */
  remove(entry: E): void {
    this.#vacate(entry)
    this.#entries[entry.index] = null
    this.#free.push(entry.index)
    this.size--
    if (entry.prev === null) this.head = entry.next
    else entry.prev.next = entry.next
    if (entry.next !== null) entry.next.prev = entry.prev
    entry.prev = null
  }

  #place(entry: E): void {
    const slots = this.#slots
    const mask = this.#mask
    let i = hash(entry.hi, entry.lo) & mask
    while (slots[(i << 2) + 2] !== 0) i = (i + 1) & mask
    const s = i << 2
    slots[s] = entry.lo
    slots[s + 1] = entry.hi
    slots[s + 2] = entry.index + 1
  }

  /** Frees the entry's slot and moves later ones of the same run back, so that no search ends too early. */
  #vacate(entry: E): void {
    const slots = this.#slots
    const mask = this.#mask
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
    const slots = (this.#mask + 1) * 2
    this.#slots = new Int32Array(slots * 4)
    this.#mask = slots - 1
    for (const entry of this.#entries) if (entry !== null) this.#place(entry)
  }
}
