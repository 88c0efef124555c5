/**
 * The revisions of one key, in generations: a generation begins with the creation of the key and ends with its deletion.
 *
 * @see etcd mvcc/key_index.go
 */
import type { KeyValue } from './kv.js'

/** One change: the main revision is that of the transaction, the sub-revision its place in there. */
export interface Revision {
  readonly main: number
  readonly sub: number
  readonly isTombstone: boolean
  readonly kv: KeyValue
}

interface Generation {
  /** Changes so far, compacted ones included. */
  version: number
  revs: Revision[]
}

/** A key as it was at a revision. */
export interface IndexEntry {
  readonly modified: Revision
  /** Main revision of the creation. */
  readonly created: number
  readonly version: number
}

/** Index of one key. */
export class KeyIndex {
  readonly key: string
  #generations: Generation[] = [{ version: 0, revs: [] }]

  constructor(key: string) {
    this.key = key
  }

  /** Adds a change; a tombstone ends the generation. */
  put(rev: Revision): void {
    const generation = this.#generations.at(-1)!
    generation.revs.push(rev)
    generation.version++
    if (rev.isTombstone) this.#generations.push({ version: 0, revs: [] })
  }

  /** The key at revision `atRev`, null when it was not there. */
  get(atRev: number): IndexEntry | null {
    const generation = this.#findGeneration(atRev)
    if (generation === null) return null
    const { revs, version } = generation
    let n = revs.length - 1
    while (n >= 0 && revs[n]!.main > atRev) n--
    if (n < 0) return null
    const modified = revs[n]!
    return { modified, created: modified.kv.createRevision, version: version - (revs.length - n - 1) }
  }

  #findGeneration(atRev: number): Generation | null {
    const last = this.#generations.length - 1
    for (let i = last; i >= 0; i--) {
      const generation = this.#generations[i]!
      const { revs } = generation
      if (revs.length === 0) continue
      if (i !== last && revs.at(-1)!.main <= atRev) return null
      if (revs[0]!.main <= atRev) return generation
    }
    return null
  }

  /** Forgets what is older than the last change up to `atRev`, and adds to `keep` what of that is still needed. */
  compact(atRev: number, keep: Set<Revision>): void {
    let i = 0
    while (i < this.#generations.length - 1 && this.#generations[i]!.revs.at(-1)!.main <= atRev) i++
    const generation = this.#generations[i]!
    let n = generation.revs.length - 1
    while (n >= 0 && generation.revs[n]!.main > atRev) n--
    if (n >= 0) {
      keep.add(generation.revs[n]!)
      generation.revs.splice(0, n)
    }
    this.#generations.splice(0, i)
  }

  /** True when nothing is left of the key. */
  get isEmpty(): boolean {
    return this.#generations.length === 1 && this.#generations[0]!.revs.length === 0
  }
}
