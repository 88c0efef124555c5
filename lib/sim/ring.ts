/**
 * A first-in-first-out ring: the backlog of what is due at this instant. Grows by doubling; a steady state allocates
 * nothing.
 */

/** FIFO of objects with O(1) push and shift. */
export class Ring<T extends object> {
  #items: (T | null)[] = new Array<T | null>(64).fill(null)
  #mask = 63
  #head = 0
  #length = 0

  get length(): number {
    return this.#length
  }

  push(item: T): void {
    if (this.#length > this.#mask) this.#grow()
    this.#items[(this.#head + this.#length) & this.#mask] = item
    this.#length++
  }

  /** The oldest item, or null. */
  peek(): T | null {
    return this.#length === 0 ? null : this.#items[this.#head]!
  }

  /** Removes and returns the oldest item, or null. */
  shift(): T | null {
    if (this.#length === 0) return null
    const item = this.#items[this.#head]!
    this.#items[this.#head] = null
    this.#head = (this.#head + 1) & this.#mask
    this.#length--
    return item
  }

  /** The items from oldest to newest; for messages. */
  list(): T[] {
    const out: T[] = []
    for (let i = 0; i < this.#length; i++) out.push(this.#items[(this.#head + i) & this.#mask]!)
    return out
  }

  #grow(): void {
    const old = this.#items
    const size = old.length * 2
    const items = new Array<T | null>(size).fill(null)
    for (let i = 0; i < this.#length; i++) items[i] = old[(this.#head + i) & this.#mask]!
    this.#items = items
    this.#mask = size - 1
    this.#head = 0
  }
}
