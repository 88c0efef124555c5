/**
 * Watching the store. A watcher of the present is synced: it hears of a change when it happens. One of the past is unsynced
 * and is brought up to the present by a loop that looks ten times a second, or told that its past is compacted.
 *
 * Left out: victims. What a watcher is sent is queued by its stream without end, so none blocks.
 *
 * @see etcd mvcc/watchable_store.go, mvcc/watcher_group.go
 */
import type { World } from '../../core/world.js'
import { ProgramTimer } from '../../app/program-timer.js'
import { ms } from '../../sim/time.js'
import type { Lessor } from '../lease/lessor.js'
import { keyText } from '../octets.js'
import { inRange } from './index-tree.js'
import type { Revision } from './key-index.js'
import { EVENT_DELETE, EVENT_PUT, type MvccEvent } from './kv.js'
import { KvStore } from './kvstore.js'

const SYNC_INTERVAL_NS = ms(100)
const MAX_WATCHERS_PER_SYNC = 512
/** Revisions in one response to a watcher that catches up. */
const WATCH_BATCH_MAX_REVS = 1000

/** What a watcher is told: events up to a revision, or that its past is gone. */
export interface WatchNotice {
  readonly events: readonly MvccEvent[]
  readonly revision: number
  /** Revision of the compaction that took the watcher's past; 0 when it is there. */
  readonly compactRevision: number
}

/** True for an event that the watcher does not want. */
export type WatchFilter = (event: MvccEvent) => boolean

/** One watcher. */
export class Watcher {
  readonly key: string
  readonly end: string | null
  readonly filters: readonly WatchFilter[]
  readonly #sink: (notice: WatchNotice) => void
  /** First revision that it has not been told of. */
  minRev: number

  constructor(
    key: string,
    end: string | null,
    minRev: number,
    filters: readonly WatchFilter[],
    sink: (notice: WatchNotice) => void,
  ) {
    this.key = key
    this.end = end
    this.minRev = minRev
    this.filters = filters
    this.#sink = sink
  }

  /** Tells it; nothing is said when no event is left of those that there were. */
  send(events: readonly MvccEvent[], revision: number, compactRevision = 0): void {
    const wanted =
      this.filters.length === 0 ? events : events.filter(event => !this.filters.some(filter => filter(event)))
    if (events.length > 0 && wanted.length === 0) return
    this.#sink({ events: wanted, revision, compactRevision })
  }
}

const eventOf = ({ isTombstone, kv }: Revision): MvccEvent => ({
  type: isTombstone ? EVENT_DELETE : EVENT_PUT,
  kv,
  prevKv: undefined,
})

/** A store that can be watched. */
export class WatchableStore extends KvStore {
  readonly #world: World
  /** When the loop began: it runs at multiples of its interval from then on. */
  readonly #startNs: number
  readonly #timer: ProgramTimer<WatchableStore>
  readonly #synced = new Set<Watcher>()
  /** Synced watchers of one key, by that key: most of them, and found without asking each. */
  readonly #syncedByKey = new Map<string, Set<Watcher>>()
  readonly #syncedRanges = new Set<Watcher>()
  readonly #unsynced = new Set<Watcher>()

  constructor(world: World, lessor: Lessor, label: string) {
    super(lessor)
    this.#world = world
    this.#startNs = world.now
    this.#timer = new ProgramTimer<WatchableStore>(world, syncLoop, this, `${label}: watchers that catch up`)
  }

  /** Adds a watcher; `startRev` 0 is "from now on". */
  watch(
    key: string,
    end: string | null,
    startRev: number,
    filters: readonly WatchFilter[],
    sink: (notice: WatchNotice) => void,
  ): Watcher {
    const watcher = new Watcher(key, end, startRev, filters, sink)
    if (startRev > this.rev || startRev === 0) {
      watcher.minRev = Math.max(this.rev + 1, startRev)
      this.#addSynced(watcher)
    } else {
      this.#unsynced.add(watcher)
      this.#arm()
    }
    return watcher
  }

  /** Ends a watcher. */
  unwatch(watcher: Watcher): void {
    this.#unsynced.delete(watcher)
    if (!this.#synced.delete(watcher)) return
    this.#syncedRanges.delete(watcher)
    const same = this.#syncedByKey.get(watcher.key)
    if (watcher.end !== null || same === undefined) return
    same.delete(watcher)
    if (same.size === 0) this.#syncedByKey.delete(watcher.key)
  }

  /** Tells a watcher up to where it knows everything, when that is the present. */
  progress(watcher: Watcher): void {
    if (this.#synced.has(watcher)) watcher.send([], this.rev)
  }

  /** Ends the loop. */
  close(): void {
    this.#timer.stop()
    this.#synced.clear()
    this.#syncedByKey.clear()
    this.#syncedRanges.clear()
    this.#unsynced.clear()
  }

  /** @internal the loop's turn */
  syncWatchersLoop(): void {
    const before = this.#unsynced.size
    const after = this.#syncWatchers()
    if (after === 0) return
    // When it gets on it goes on at once.
    if (before > after) this.#timer.set(0)
    else this.#arm()
  }

  protected override changed(changes: readonly Revision[]): void {
    this.#notify(changes)
  }

  #arm(): void {
    const sinceStart = this.#world.now - this.#startNs
    const next = (Math.floor(sinceStart / SYNC_INTERVAL_NS) + 1) * SYNC_INTERVAL_NS
    this.#timer.set(next - sinceStart)
  }

  #addSynced(watcher: Watcher): void {
    this.#synced.add(watcher)
    if (watcher.end !== null) {
      this.#syncedRanges.add(watcher)
      return
    }
    const same = this.#syncedByKey.get(watcher.key)
    if (same === undefined) this.#syncedByKey.set(watcher.key, new Set([watcher]))
    else same.add(watcher)
  }

  /** Tells the synced watchers of the changes of one revision. */
  #notify(changes: readonly Revision[]): void {
    const rev = this.rev
    const batches = new Map<Watcher, MvccEvent[]>()
    const add = (watcher: Watcher, event: MvccEvent): void => {
      if (event.kv.modRevision < watcher.minRev) return
      const batch = batches.get(watcher)
      if (batch === undefined) batches.set(watcher, [event])
      else batch.push(event)
    }
    for (const change of changes) {
      const event = eventOf(change)
      const key = keyText(event.kv.key)
      for (const watcher of this.#syncedByKey.get(key) ?? []) add(watcher, event)
      for (const watcher of this.#syncedRanges) if (inRange(key, watcher.key, watcher.end)) add(watcher, event)
    }
    // A connection that fails when one of its watchers is told takes the others with it.
    for (const [watcher, events] of batches) if (this.#synced.has(watcher)) watcher.send(events, rev)
  }

  /** Brings unsynced watchers up to the present; how many are left. */
  #syncWatchers(): number {
    const chosen: Watcher[] = []
    let minRev = Number.POSITIVE_INFINITY
    for (const watcher of [...this.#unsynced].slice(0, MAX_WATCHERS_PER_SYNC)) {
      if (!this.#unsynced.has(watcher)) continue
      if (watcher.minRev < this.firstRev) {
        this.#unsynced.delete(watcher)
        watcher.send([], 0, this.firstRev)
        continue
      }
      chosen.push(watcher)
      minRev = Math.min(minRev, watcher.minRev)
    }
    if (chosen.length > 0) this.#catchUp(chosen, [...this.changesSince(minRev)])
    return this.#unsynced.size
  }

  #catchUp(watchers: readonly Watcher[], changes: readonly Revision[]): void {
    const rev = this.rev
    const events = changes.map(eventOf)
    const keys = events.map(({ kv }) => keyText(kv.key))
    for (const watcher of watchers) {
      if (!this.#unsynced.has(watcher)) continue
      const batch: MvccEvent[] = []
      const moreRev = this.#batchOf(watcher, events, keys, batch)
      watcher.minRev = moreRev ?? rev + 1
      if (moreRev === null) {
        this.#unsynced.delete(watcher)
        this.#addSynced(watcher)
      }
      if (batch.length > 0) watcher.send(batch, rev)
    }
  }

  /** Collects what one watcher is told next; the revision to go on from when there is more than fits. */
  #batchOf(watcher: Watcher, events: readonly MvccEvent[], keys: readonly string[], batch: MvccEvent[]): number | null {
    let revs = 0
    let last = 0
    for (const [i, event] of events.entries()) {
      const { modRevision } = event.kv
      if (modRevision < watcher.minRev || !inRange(keys[i]!, watcher.key, watcher.end)) continue
      if (modRevision !== last) {
        if (revs === WATCH_BATCH_MAX_REVS) return modRevision
        revs++
        last = modRevision
      }
      batch.push(event)
    }
    return null
  }
}

const syncLoop = (store: WatchableStore): void => store.syncWatchersLoop()
