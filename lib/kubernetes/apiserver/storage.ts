/**
 * Where the API server keeps objects: versions of keys with one counter of revisions, as etcd has them, and the window of
 * recent changes that watches begin from.
 *
 * DIFFERS: the real server keeps its objects in an etcd. Here they are the host's own and outlive the server's process, as an
 * etcd beside it would; a server that starts again knows the objects, and none of the changes before.
 *
 * @see etcd server/storage/mvcc; k8s.io/apiserver pkg/storage/cacher/watch_cache.go
 */
import { type Netns, type NetnsSlot, netnsSlot } from '../../core/netns.js'
import { NSEC_PER_SEC } from '../../sim/time.js'
import type { JsonObject } from '../apimachinery/json.js'
import type { ApiObject } from '../apimachinery/meta.js'
import { newResourceExpired } from '../apimachinery/status.js'

/** A change of a key. */
export interface StorageEvent {
  readonly revision: number
  readonly key: string
  /** The object as it is now; for a deletion as it was, with the revision of its end. */
  readonly object: ApiObject
  /** The object before; null for a new one. */
  readonly previous: ApiObject | null
  readonly isDelete: boolean
  /** Virtual time. */
  readonly ns: number
}

interface Version {
  readonly revision: number
  readonly object: ApiObject | null
}

/** Changes that the window holds at least, and at most. */
const WINDOW_MIN = 100
const WINDOW_MAX = 100 * 1024
/** Changes younger than this make the window grow instead of falling out of it. */
const FRESH_NS = 75 * NSEC_PER_SEC

const withRevision = (object: ApiObject, revision: number): ApiObject => ({
  ...object,
  metadata: { ...object.metadata, resourceVersion: `${revision}` },
})

/** Objects of a cluster by key, with their versions. */
export class Storage {
  /** Revision of the last change; an empty store has 1. */
  revision = 1
  /** Versions of revisions before this one are gone. */
  compactRevision = 0
  readonly #versions = new Map<string, Version[]>()

  /** The object of a key, or null. */
  get(key: string): ApiObject | null {
    return this.#versions.get(key)?.at(-1)?.object ?? null
  }

  /** Objects of the keys with this prefix, by key, as they were at `revision`. Throws a 410 for one that was compacted. */
  list(prefix: string, revision: number = this.revision): ApiObject[] {
    if (revision < this.compactRevision)
      throw newResourceExpired(`The resourceVersion for the provided list is too old.`)
    const found: [string, ApiObject][] = []
    for (const [key, versions] of this.#versions) {
      if (!key.startsWith(prefix)) continue
      const object = versions.findLast(v => v.revision <= revision)?.object ?? null
      if (object !== null) found.push([key, object])
    }
    return found.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object)
  }

  /** Writes an object, which gets the new revision as its version. */
  put(key: string, object: ApiObject): ApiObject {
    const stored = withRevision(object, ++this.revision)
    this.#append(key, stored)
    return stored
  }

  /** Deletes a key; returns the object with the revision of its end. */
  delete(key: string, object: ApiObject): ApiObject {
    const last = withRevision(object, ++this.revision)
    this.#append(key, null)
    return last
  }

  /** Forgets versions that were replaced before `revision`. */
  compact(revision: number): void {
    if (revision <= this.compactRevision) return
    this.compactRevision = revision
    for (const [key, versions] of this.#versions) {
      const kept = versions.findLastIndex(v => v.revision <= revision)
      if (kept > 0) versions.splice(0, kept)
      if (versions.length === 1 && versions[0]!.object === null) this.#versions.delete(key)
    }
  }

  #append(key: string, object: ApiObject | null): void {
    const versions = this.#versions.get(key)
    const version = { revision: this.revision, object }
    if (versions === undefined) this.#versions.set(key, [version])
    else versions.push(version)
  }
}

const STORAGE: NetnsSlot<Storage> = netnsSlot('kubernetes-storage', () => new Storage())

/** The objects that a host keeps for the API servers that run on it. */
export const storageOf = (netns: Netns): Storage => netns.slot(STORAGE)

/** Recent changes of one resource, and who listens to them. */
export class WatchCache {
  /** The event that was sent last, for the watches that get the same one next. */
  sent: { readonly type: string; readonly object: JsonObject; readonly octets: Uint8Array } | null = null
  readonly #events: StorageEvent[] = []
  readonly #listeners = new Set<(event: StorageEvent) => void>()
  #capacity = WINDOW_MIN
  /** Changes up to this revision are not known: when the server began, or what has fallen out. */
  #before: number

  constructor(revision: number) {
    this.#before = revision
  }

  /** Changes behind `revision`. Throws a 410 when some of them are not known any more. */
  since(revision: number): StorageEvent[] {
    if (revision < this.#before) throw newResourceExpired(`too old resource version: ${revision} (${this.#before})`)
    return this.#events.filter(e => e.revision > revision)
  }

  /** Calls `fn` with each change from here; returns what takes that back. */
  listen(fn: (event: StorageEvent) => void): () => void {
    this.#listeners.add(fn)
    return () => this.#listeners.delete(fn)
  }

  /** Notes a change and tells it to all. */
  add(event: StorageEvent): void {
    if (this.#events.length === this.#capacity) this.#makeRoom(event.ns)
    this.#events.push(event)
    for (const listener of this.#listeners) listener(event)
  }

  #makeRoom(ns: number): void {
    const isFresh = (at: number): boolean => ns - this.#events[at]!.ns < FRESH_NS
    if (isFresh(0) && this.#capacity < WINDOW_MAX) {
      this.#capacity = Math.min(this.#capacity * 2, WINDOW_MAX)
      return
    }
    // Three quarters of the window are old: half of it will do.
    if (!isFresh(Math.floor((this.#capacity * 3) / 4)) && this.#capacity > WINDOW_MIN)
      this.#capacity = Math.max(Math.floor(this.#capacity / 2), WINDOW_MIN)
    const gone = this.#events.splice(0, this.#events.length - this.#capacity + 1)
    this.#before = gone.at(-1)!.revision
  }
}
