/**
 * All keys in their order.
 *
 * DIFFERS: etcd keeps a B-tree; here it is one sorted array, whose insertions move what follows. Nobody sees that but a clock.
 *
 * @see etcd mvcc/index.go treeIndex
 */
import { type IndexEntry, KeyIndex, type Revision } from './key-index.js'

/** Index from keys to their revisions. */
export class TreeIndex {
  readonly #byKey = new Map<string, KeyIndex>()
  #sorted: KeyIndex[] = []

  /** The key at a revision, null when it was not there. */
  get(key: string, atRev: number): IndexEntry | null {
    return this.#byKey.get(key)?.get(atRev) ?? null
  }

  /** Notes a change of a key. */
  put(key: string, rev: Revision): void {
    let index = this.#byKey.get(key)
    if (index === undefined) {
      index = new KeyIndex(key)
      this.#byKey.set(key, index)
      this.#sorted.splice(this.#lowerBound(key), 0, index)
    }
    index.put(rev)
  }

  /** Last changes up to `atRev` of the keys of a range, in the order of the keys; `end` as in {@link inRange}. */
  revisions(key: string, end: string | null, atRev: number): Revision[] {
    if (end === null) {
      const entry = this.get(key, atRev)
      return entry === null ? [] : [entry.modified]
    }
    const found: Revision[] = []
    for (let i = this.#lowerBound(key); i < this.#sorted.length; i++) {
      const index = this.#sorted[i]!
      if (end !== '' && index.key >= end) break
      const entry = index.get(atRev)
      if (entry !== null) found.push(entry.modified)
    }
    return found
  }

  /** Compacts every key; the changes up to `atRev` that are still needed. */
  compact(atRev: number): Set<Revision> {
    const keep = new Set<Revision>()
    let hasEmpty = false
    for (const index of this.#sorted) {
      index.compact(atRev, keep)
      if (!index.isEmpty) continue
      this.#byKey.delete(index.key)
      hasEmpty = true
    }
    if (hasEmpty) this.#sorted = this.#sorted.filter(index => !index.isEmpty)
    return keep
  }

  #lowerBound(key: string): number {
    let low = 0
    let high = this.#sorted.length
    while (low < high) {
      const mid = (low + high) >>> 1
      if (this.#sorted[mid]!.key < key) low = mid + 1
      else high = mid
    }
    return low
  }
}

/** True when a key is in a range: `end` null is the one key, empty all from `key` on, else up to but without `end`. */
export const inRange = (candidate: string, key: string, end: string | null): boolean =>
  end === null ? candidate === key : candidate >= key && (end === '' || candidate < end)
