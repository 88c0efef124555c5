/**
 * A table from Ethernet addresses to objects that is asked for every frame: an object may stand in it under several
 * addresses, and under others in the course of time.
 */
import { type MacEntry, MacTable } from '../core/mac-table.js'
import { macHi, macLo } from '../wire/mac.js'

class Slot<T extends object> implements MacEntry<Slot<T>> {
  readonly hi: number
  readonly lo: number
  readonly item: T
  index = 0
  prev: Slot<T> | null = null
  next: Slot<T> | null = null

  constructor(mac: number, item: T) {
    this.hi = macHi(mac)
    this.lo = macLo(mac)
    this.item = item
  }
}

/** Objects by MAC; one object a MAC. */
export class MacHash<T extends object> {
  #table = new MacTable<Slot<T>>()

  get size(): number {
    return this.#table.size
  }

  /** The object of the MAC with these halves, or null. */
  find(hi: number, lo: number): T | null {
    const slot = this.#table.find(hi, lo)
    return slot === null ? null : slot.item
  }

  /** The object of a MAC, or null. */
  get(mac: number): T | null {
    return this.find(macHi(mac), macLo(mac))
  }

  /** Adds an object for a MAC that has none. */
  set(mac: number, item: T): void {
    this.#table.insert(new Slot(mac, item))
  }

  /** Takes the object of a MAC out; nothing happens when it has none. */
  delete(mac: number): void {
    const slot = this.#table.find(macHi(mac), macLo(mac))
    if (slot !== null) this.#table.remove(slot)
  }

  /** Takes everything out. */
  clear(): void {
    this.#table = new MacTable<Slot<T>>()
  }
}
