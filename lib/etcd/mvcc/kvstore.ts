/**
 * The store: every transaction that changes something makes a new revision, and old revisions can be read until they are
 * compacted.
 *
 * @see etcd mvcc/kvstore.go, mvcc/kvstore_txn.go
 */
import type { Int64 } from '../octets.js'
import { NO_OCTETS } from '../../wire/repr.js'
import type { Lessor } from '../lease/lessor.js'
import { keyOctets, keyText } from '../octets.js'
import { etcdError } from '../rpctypes.js'
import { TreeIndex } from './index-tree.js'
import type { Revision } from './key-index.js'
import type { KeyValue } from './kv.js'

/** What a range is read with. */
export interface RangeOptions {
  /** Up to so many keys; 0 is all. */
  readonly limit: number
  /** Revision to read at; 0 is the present one. */
  readonly rev: number
  /** Only their number is wanted. */
  readonly count: boolean
}

/** What a range holds. */
export interface RangeResult {
  readonly kvs: KeyValue[]
  /** Present revision. */
  readonly rev: number
  /** Number of all keys in the range. */
  readonly count: number
}

/** All of a range as it is. */
export const RANGE_ALL: RangeOptions = { limit: 0, rev: 0, count: false }

/** What can be read from: the store, or a transaction that sees its own changes. */
export interface ReadView {
  /** Revision that reading goes by. */
  readonly rev: number
  /** Revision of the last compaction, -1 for none. */
  readonly firstRev: number
  /** Throws ErrFutureRev, ErrCompacted. */
  range(key: string, end: string | null, options: RangeOptions): RangeResult
}

/** The store of one member. */
export class KvStore implements ReadView {
  readonly lessor: Lessor
  readonly #index = new TreeIndex()
  /** All changes that are not compacted, in their order: what the backend's key bucket holds. */
  #log: Revision[] = []
  #currentRev = 1
  #compactMainRev = -1

  constructor(lessor: Lessor) {
    this.lessor = lessor
  }

  /** Present revision; an empty store has 1. */
  get rev(): number {
    return this.#currentRev
  }

  get firstRev(): number {
    return this.#compactMainRev
  }

  range(key: string, end: string | null, options: RangeOptions): RangeResult {
    return this.rangeAt(key, end, options, this.#currentRev)
  }

  /** @internal a range as seen when `curRev` is the present revision */
  rangeAt(key: string, end: string | null, options: RangeOptions, curRev: number): RangeResult {
    if (options.rev > curRev) throw etcdError('ErrFutureRev')
    const rev = options.rev <= 0 ? curRev : options.rev
    if (rev < this.#compactMainRev) throw etcdError('ErrCompacted')
    const found = this.#index.revisions(key, end, rev)
    if (options.count) return { kvs: [], count: found.length, rev: curRev }
    const { limit } = options
    const n = limit <= 0 || limit > found.length ? found.length : limit
    const kvs: KeyValue[] = new Array(n)
    for (let i = 0; i < n; i++) kvs[i] = found[i]!.kv
    return { kvs, count: found.length, rev: curRev }
  }

  /** Begins a transaction. There is one at a time: what it is for ends before anything else runs. */
  write(): WriteTxn {
    return new WriteTxn(this, this.#index)
  }

  /** @internal a transaction ends with these changes */
  commit(changes: readonly Revision[]): void {
    if (changes.length === 0) return
    for (const change of changes) this.#log.push(change)
    this.#currentRev++
    this.changed(changes)
  }

  /** @internal what hears of the changes of a revision */
  protected changed(_changes: readonly Revision[]): void {}

  /** Forgets what has been superseded at `rev`. Throws ErrCompacted when that is done, ErrFutureRev. */
  compact(rev: number): void {
    if (rev <= this.#compactMainRev) throw etcdError('ErrCompacted')
    if (rev > this.#currentRev) throw etcdError('ErrFutureRev')
    this.#compactMainRev = rev
    const keep = this.#index.compact(rev)
    this.#log = this.#log.filter(change => change.main > rev || keep.has(change))
  }

  /** @internal changes from revision `minRev` on, in their order */
  *changesSince(minRev: number): Generator<Revision, void> {
    let low = 0
    let high = this.#log.length
    while (low < high) {
      const mid = (low + high) >>> 1
      if (this.#log[mid]!.main < minRev) low = mid + 1
      else high = mid
    }
    for (; low < this.#log.length; low++) yield this.#log[low]!
  }
}

/** A transaction that writes: all of its changes have one revision. */
export class WriteTxn implements ReadView {
  readonly #store: KvStore
  readonly #index: TreeIndex
  readonly #beginRev: number
  readonly changes: Revision[] = []

  /** @internal use {@link KvStore.write} */
  constructor(store: KvStore, index: TreeIndex) {
    this.#store = store
    this.#index = index
    this.#beginRev = store.rev
  }

  get rev(): number {
    return this.#beginRev
  }

  get firstRev(): number {
    return this.#store.firstRev
  }

  /** Present revision for what reads in the transaction. */
  get #seenRev(): number {
    return this.changes.length > 0 ? this.#beginRev + 1 : this.#beginRev
  }

  range(key: string, end: string | null, options: RangeOptions): RangeResult {
    return this.#store.rangeAt(key, end, options, this.#seenRev)
  }

  /** Puts a key; the revision of the change. The lease exists, or is 0. */
  put(key: string, value: Uint8Array, lease: Int64): number {
    const { lessor } = this.#store
    const rev = this.#beginRev + 1
    const old = this.#index.get(key, rev)
    const kv: KeyValue = {
      key: keyOctets(key),
      createRevision: old?.created ?? rev,
      modRevision: rev,
      version: (old?.version ?? 0) + 1,
      value,
      lease,
    }
    this.#change(key, false, kv)
    if (old !== null) lessor.detach(key)
    if (lease !== 0) lessor.attach(lease, key)
    return rev
  }

  /** Deletes the keys of a range; how many there were, and the revision after it. */
  deleteRange(key: string, end: string | null): { deleted: number; rev: number } {
    const found = this.#index.revisions(key, end, this.#seenRev)
    for (const { kv } of found) {
      const text = end === null ? key : keyText(kv.key)
      this.#change(text, true, {
        key: kv.key,
        createRevision: 0,
        modRevision: this.#beginRev + 1,
        version: 0,
        value: NO_OCTETS,
        lease: 0,
      })
      this.#store.lessor.detach(text)
    }
    return { deleted: found.length, rev: this.#seenRev }
  }

  #change(key: string, isTombstone: boolean, kv: KeyValue): void {
    const change: Revision = { main: this.#beginRev + 1, sub: this.changes.length, isTombstone, kv }
    this.#index.put(key, change)
    this.changes.push(change)
  }

  /** Ends it: the changes have happened. */
  end(): void {
    this.#store.commit(this.changes)
  }
}
