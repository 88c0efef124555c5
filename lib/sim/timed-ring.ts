/**
 * A first-in-first-out ring of objects with a time each: what waits for its moment in order, without a heap. Grows by
 * doubling; a steady state allocates nothing.
 */

const FIRST_SIZE = 16

/** FIFO of objects and times with O(1) push, unshift and shift. */
export class TimedRing<T extends object> {
  #items: (T | null)[] = new Array<T | null>(FIRST_SIZE).fill(null)
  #times = new Float64Array(FIRST_SIZE)
  #mask = FIRST_SIZE - 1
  #head = 0
  #length = 0

  get length(): number {
    return this.#length
  }

  /** Appends an item with its time in nanoseconds. */
  push(item: T, time: number): void {
    if (this.#length > this.#mask) this.#grow()
    const at = (this.#head + this.#length) & this.#mask
    this.#items[at] = item
    this.#times[at] = time
    this.#length++
  }

  /** Puts an item in front of all others. */
  unshift(item: T, time: number): void {
    if (this.#length > this.#mask) this.#grow()
    this.#head = (this.#head - 1) & this.#mask
    this.#items[this.#head] = item
    this.#times[this.#head] = time
    this.#length++
  }

  /** The oldest item, or null. */
  peek(): T | null {
    return this.#length === 0 ? null : this.#items[this.#head]!
  }

  /** Time of the oldest item; -1 when there is none. */
  headTime(): number {
    return this.#length === 0 ? -1 : this.#times[this.#head]!
  }

  /** Time of the newest item; -1 when there is none. */
  tailTime(): number {
    return this.#length === 0 ? -1 : this.#times[(this.#head + this.#length - 1) & this.#mask]!
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

  #grow(): void {
    const size = (this.#mask + 1) * 2
    const items = new Array<T | null>(size).fill(null)
    const times = new Float64Array(size)
    for (let i = 0; i < this.#length; i++) {
      const at = (this.#head + i) & this.#mask
      items[i] = this.#items[at]!
      times[i] = this.#times[at]!
    }
    this.#items = items
    this.#times = times
    this.#mask = size - 1
    this.#head = 0
  }
}

/** A ring of times alone, oldest first. */
export class TimeRing {
  #times = new Float64Array(FIRST_SIZE)
  #mask = FIRST_SIZE - 1
  #head = 0
  #length = 0

  get length(): number {
    return this.#length
  }

  push(time: number): void {
    if (this.#length > this.#mask) this.#grow()
    this.#times[(this.#head + this.#length) & this.#mask] = time
    this.#length++
  }

  /** The oldest time; -1 when there is none. */
  headTime(): number {
    return this.#length === 0 ? -1 : this.#times[this.#head]!
  }

  /** Removes the oldest time. */
  shift(): void {
    if (this.#length === 0) return
    this.#head = (this.#head + 1) & this.#mask
    this.#length--
  }

  #grow(): void {
    const times = new Float64Array((this.#mask + 1) * 2)
    for (let i = 0; i < this.#length; i++) times[i] = this.#times[(this.#head + i) & this.#mask]!
    this.#times = times
    this.#mask = times.length - 1
    this.#head = 0
  }
}
