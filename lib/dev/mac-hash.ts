/**
 * A table from Ethernet addresses to objects that is asked for every frame: open addressing over the two halves of a
 * MAC, which stay small integers, so that a look-up allocates nothing.
 *
 * Three int32 a slot: lower 32 bits of the MAC, upper 16, number of the object plus one (0 free).
 */
import { macHi, macLo } from '../wire/mac.js'

const INITIAL_SLOTS = 8
const SLOT = 3

const hash = (hi: number, lo: number): number => {
  const h = Math.imul(lo ^ Math.imul(hi, 0x9e3779b1), 0x85ebca6b)
  return h ^ (h >>> 15)
}

/** Objects by MAC; one object a MAC. */
export class MacHash<T extends object> {
  #slots = new Int32Array(INITIAL_SLOTS * SLOT)
  #mask = INITIAL_SLOTS - 1
  readonly #items: (T | null)[] = []
  readonly #free: number[] = []
  size = 0

  /** The object of the MAC with these halves, or null. */
  find(hi: number, lo: number): T | null {
    const slots = this.#slots
    const mask = this.#mask
    for (let i = hash(hi, lo) & mask; ; i = (i + 1) & mask) {
      const s = i * SLOT
      const number = slots[s + 2]!
      if (number === 0) return null
      if (slots[s] === lo && slots[s + 1] === hi) return this.#items[number - 1]!
    }
  }

  /** The object of a MAC, or null. */
  get(mac: number): T | null {
    return this.find(macHi(mac), macLo(mac))
  }

  /** Adds an object for a MAC that has none. */
  set(mac: number, item: T): void {
    if ((this.size + 1) * 2 > this.#mask) this.#grow()
    const number = this.#free.pop() ?? this.#items.length
    this.#items[number] = item
    this.#place(macHi(mac), macLo(mac), number + 1)
    this.size++
  }

  /** Takes the object of a MAC out; nothing happens when it has none. */
  delete(mac: number): void {
    const slots = this.#slots
    const mask = this.#mask
    const hi = macHi(mac)
    const lo = macLo(mac)
    let hole = hash(hi, lo) & mask
    for (; ; hole = (hole + 1) & mask) {
      const s = hole * SLOT
      if (slots[s + 2] === 0) return
      if (slots[s] === lo && slots[s + 1] === hi) break
    }
    const number = slots[hole * SLOT + 2]! - 1
    this.#items[number] = null
    this.#free.push(number)
    this.size--
    this.#close(hole)
  }

  /** Takes everything out. */
  clear(): void {
    this.#slots.fill(0)
    this.#items.length = 0
    this.#free.length = 0
    this.size = 0
  }

  #place(hi: number, lo: number, number: number): void {
    const slots = this.#slots
    const mask = this.#mask
    let i = hash(hi, lo) & mask
    while (slots[i * SLOT + 2] !== 0) i = (i + 1) & mask
    slots[i * SLOT] = lo
    slots[i * SLOT + 1] = hi
    slots[i * SLOT + 2] = number
  }

  /** Moves later slots of the same run back into a hole, so that no search ends too early. */
  #close(at: number): void {
    const slots = this.#slots
    const mask = this.#mask
    let hole = at
    for (let i = (hole + 1) & mask; slots[i * SLOT + 2] !== 0; i = (i + 1) & mask) {
      const s = i * SLOT
      const home = hash(slots[s + 1]!, slots[s]!) & mask
      if (((i - home) & mask) < ((i - hole) & mask)) continue
      slots.copyWithin(hole * SLOT, s, s + SLOT)
      hole = i
    }
    slots[hole * SLOT + 2] = 0
  }

  #grow(): void {
    const old = this.#slots
    const slots = (this.#mask + 1) * 2
    this.#slots = new Int32Array(slots * SLOT)
    this.#mask = slots - 1
    for (let s = 0; s < old.length; s += SLOT) {
      const number = old[s + 2]!
      if (number !== 0) this.#place(old[s + 1]!, old[s]!, number)
    }
  }
}
