/**
 * Where the frames that passed a device's tap stand in a capture file: how a packet that is dropped later is found again.
 */

const FIRST_SIZE = 16

/** Passages in the order in which they happened. Finding one halves; adding one is two stores. */
export class TapIndex {
  #seqs: Float64Array = new Float64Array(FIRST_SIZE)
  #places: Float64Array = new Float64Array(FIRST_SIZE)
  #times: Float64Array = new Float64Array(FIRST_SIZE)
  #count = 0
  /** The passage that {@link find} found. */
  place = 0
  timeNs = 0

  /** Adds a passage; `seq` is higher than all before. Those with places below `gone` may be forgotten. */
  add(seq: number, place: number, timeNs: number, gone: number): void {
    if (this.#count === this.#seqs.length) this.#makeRoom(gone)
    const n = this.#count++
    this.#seqs[n] = seq
    this.#places[n] = place
    this.#times[n] = timeNs
  }

  /** Looks a passage up: true with {@link place} and {@link timeNs} set. */
  find(seq: number): boolean {
    const seqs = this.#seqs
    let low = 0
    let high = this.#count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (seqs[middle]! < seq) low = middle + 1
      else high = middle
    }
    if (low === this.#count || seqs[low] !== seq) return false
    this.place = this.#places[low]!
    this.timeNs = this.#times[low]!
    return true
  }

  #makeRoom(gone: number): void {
    let first = 0
    while (first < this.#count && this.#places[first]! < gone) first++
    this.#count -= first
    const isLarger = this.#count > this.#seqs.length / 2
    this.#seqs = moved(this.#seqs, first, isLarger)
    this.#places = moved(this.#places, first, isLarger)
    this.#times = moved(this.#times, first, isLarger)
  }
}

/** The entries from `first` on at the beginning, of an array twice as long if need be. */
const moved = (from: Float64Array, first: number, isLarger: boolean): Float64Array => {
  if (!isLarger) return from.copyWithin(0, first)
  const to = new Float64Array(from.length * 2)
  to.set(from.subarray(first))
  return to
}
