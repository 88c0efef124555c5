/**
 * A reflector: keeps the objects of a resource in the memory of a program, by a list and a watch from there on, again and
 * again; and an informer, which tells what has changed.
 *
 * @see k8s.io/client-go v0.25 tools/cache/reflector.go, tools/cache/controller.go
 */
import type { Process } from '../../app/process.js'
import { Context, firstOf, slept, sleep, spawn, type Thread, wait } from '../../app/thread.js'
import { NetloomError } from '../../errors.js'
import { NSEC_PER_MSEC, NSEC_PER_SEC } from '../../sim/time.js'
import type { ApiObject } from '../apimachinery/meta.js'
import { ApiError, type Status } from '../apimachinery/status.js'
import type { ResourceClient, WatchStream } from './client.js'
import { NetworkError } from '../../app/go-net.js'

/** What an informer tells. */
export interface InformerHandlers<T> {
  /** An object that was not known. */
  onAdd(object: T): void
  /** Also for an object that is as it was: after a list, and when the informer says everything again. */
  onUpdate(old: T, object: T): void
  /** Of an object whose end nobody saw, what was known of it. */
  onDelete(object: T): void
}

/** Options of an {@link Informer}. */
export interface InformerOptions {
  /** Nanoseconds after which everything is said again; never when absent. */
  readonly resyncNs?: number
  /** Go's name of the type in messages: `*v1.Node`. */
  readonly typeName: string
  /** Hears what client-go logs: a list that failed, a watch that ended badly, and what came of a list and a watch. */
  readonly onWarning?: (what: 'list' | 'watch' | 'both', text: string) => void
}

const BACKOFF_MIN_NS = 800 * NSEC_PER_MSEC
const BACKOFF_MAX_NS = 30 * NSEC_PER_SEC
const BACKOFF_RESET_NS = 120 * NSEC_PER_SEC
const MIN_WATCH_SECONDS = 300
const SHORT_WATCH_NS = NSEC_PER_SEC
const LIST_CHUNK = 500

/** Waits longer each time, with up to as much again by chance; begins anew after two minutes without a wait. */
class BackoffManager {
  #next = BACKOFF_MIN_NS
  #last = 0;

  *wait(process: Process): Thread<void> {
    const { world, rng } = process.netns
    if (world.now - this.#last > BACKOFF_RESET_NS) this.#next = BACKOFF_MIN_NS
    this.#last = world.now
    const ns = Math.round(this.#next * (1 + rng.float()))
    this.#next = Math.min(this.#next * 2, BACKOFF_MAX_NS)
    yield* sleep(ns, { idle: true })
  }
}

const isExpired = (e: unknown): boolean => e instanceof ApiError && (e.reason === 'Expired' || e.reason === 'Gone')

const isTooLarge = (e: unknown): boolean =>
  e instanceof ApiError && e.status.details?.causes?.some(c => c.reason === 'ResourceVersionTooLarge') === true

/** Keeps a copy of a resource's objects, and tells what changes. Handlers are called by its thread. */
export class Informer<T extends ApiObject> {
  readonly #process: Process
  readonly #client: ResourceClient<T>
  readonly #handlers: InformerHandlers<T>
  readonly #options: InformerOptions
  readonly #store = new Map<string, T>()
  readonly #ctx: Context
  readonly #listBackoff = new BackoffManager()
  readonly #connectBackoff = new BackoffManager()
  #hasSynced = false
  #resourceVersion = ''
  #isVersionUnavailable = false

  constructor(
    process: Process,
    client: ResourceClient<T>,
    handlers: InformerHandlers<T>,
    options: InformerOptions,
    ctx: Context = new Context(),
  ) {
    this.#process = process
    this.#client = client
    this.#handlers = handlers
    this.#options = options
    this.#ctx = ctx
  }

  /** True once the first list is in the store. */
  get hasSynced(): boolean {
    return this.#hasSynced
  }

  /** Version of what was seen last; empty before the first list. */
  get resourceVersion(): string {
    return this.#resourceVersion
  }

  /** What is known of an object, or null. */
  get(name: string): T | null {
    return this.#store.get(name) ?? null
  }

  /** What is known, by name. */
  list(): T[] {
    return [...this.#store.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object)
  }

  /** Starts its thread, which goes on until the context is cancelled. */
  start(): void {
    spawn(this.#process, () => this.#run(), 'reflector')
    const { resyncNs } = this.#options
    if (resyncNs !== undefined) spawn(this.#process, () => this.#resync(resyncNs), 'resync')
  }

  #warn(what: 'list' | 'watch' | 'both', text: string): void {
    this.#options.onWarning?.(what, text)
  }

  *#run(): Thread {
    while (!this.#ctx.isCancelled) {
      try {
        yield* this.#listAndWatch()
      } catch (e) {
        if (this.#ctx.isCancelled) return
        this.#failed(e)
      }
      if (this.#ctx.isCancelled) return
      yield* this.#listBackoff.wait(this.#process)
    }
  }

  /** What client-go's handler of watch errors does: it logs all but what is in the nature of watches. */
  #failed(e: unknown): void {
    if (isExpired(e)) return
    if (e instanceof NetworkError && e.code === 'EOF') return
    if (!(e instanceof Error)) throw e
    if (!(e instanceof NetworkError || e instanceof NetloomError || e instanceof ListError)) throw e
    this.#warn('both', `Failed to watch ${this.#options.typeName}: ${e.message}`)
  }

  *#resync(ns: number): Thread {
    while (!this.#ctx.isCancelled) {
      const first = yield* wait(firstOf({ time: slept(ns, { idle: true }), cancel: this.#ctx.done }))
      if (first.which === 'cancel') return
      for (const object of this.list()) this.#handlers.onUpdate(object, object)
    }
  }

  *#listAndWatch(): Thread<void> {
    yield* this.#list()
    while (!this.#ctx.isCancelled) {
      const start = this.#process.netns.world.now
      let stream: WatchStream<T>
      try {
        stream = yield* this.#watch()
      } catch (e) {
        // Nobody is there: most likely the watch can go on where it was, without another list.
        if (!(e instanceof NetworkError && e.isConnectionRefused)) throw e
        yield* this.#connectBackoff.wait(this.#process)
        continue
      }
      if (!(yield* this.#follow(stream, start))) return
    }
  }

  *#watch(): Thread<WatchStream<T>> {
    const seconds = Math.floor(MIN_WATCH_SECONDS * (1 + this.#process.netns.rng.float()))
    const query = {
      allowWatchBookmarks: true,
      resourceVersion: this.#resourceVersion,
      timeout: `${Math.floor(seconds / 60)}m${seconds % 60}s`,
      timeoutSeconds: seconds,
    }
    return yield* this.#client.watch(query, this.#ctx)
  }

  /** Takes events until the watch ends; false when a new list is needed. */
  *#follow(stream: WatchStream<T>, start: number): Thread<boolean> {
    let events = 0
    try {
      for (;;) {
        const event = yield* stream.next(this.#ctx)
        if (event === null) break
        if (event.type === 'ERROR') throw new ApiError(event.object as unknown as Status)
        events++
        this.#event(event.type, event.object)
      }
    } catch (e) {
      stream.stop()
      if (this.#ctx.isCancelled) return false
      // A body that is cut off is a watch that has ended, for the decoder.
      if (!(e instanceof NetworkError)) {
        if (!(e instanceof ApiError)) throw e
        if (!isExpired(e)) this.#warn('watch', `watch of ${this.#options.typeName} ended with: ${e.message}`)
        return false
      }
    }
    stream.stop()
    const isShort = this.#process.netns.world.now - start < SHORT_WATCH_NS && events === 0
    if (isShort)
      this.#warn(
        'watch',
        `watch of ${this.#options.typeName} ended with: very short watch: Unexpected watch close - watch lasted less than a second and no items received`,
      )
    return !isShort
  }

  #event(type: string, object: T): void {
    const { name } = object.metadata
    const old = this.#store.get(name)
    this.#resourceVersion = object.metadata.resourceVersion ?? this.#resourceVersion
    if (type === 'ADDED' || type === 'MODIFIED') {
      this.#store.set(name, object)
      if (old === undefined) this.#handlers.onAdd(object)
      else this.#handlers.onUpdate(old, object)
    } else if (type === 'DELETED' && old !== undefined) {
      this.#store.delete(name)
      this.#handlers.onDelete(object)
    }
  }

  /** Version from which to list: whatever the server has at first, then nothing older than what was seen. */
  get #listVersion(): string {
    if (this.#isVersionUnavailable) return ''
    return this.#resourceVersion === '' ? '0' : this.#resourceVersion
  }

  *#list(): Thread<void> {
    let got: { readonly items: readonly T[]; readonly version: string }
    try {
      try {
        got = yield* this.#pages(this.#listVersion)
      } catch (e) {
        if (!isExpired(e) && !isTooLarge(e)) throw e
        this.#isVersionUnavailable = true
        got = yield* this.#pages(this.#listVersion)
      }
    } catch (e) {
      if (this.#ctx.isCancelled || !(e instanceof ApiError || e instanceof NetworkError)) throw e
      this.#warn('list', `failed to list ${this.#options.typeName}: ${e.message}`)
      throw new ListError(`failed to list ${this.#options.typeName}: ${e.message}`)
    }
    this.#isVersionUnavailable = false
    this.#replace(got.items)
    this.#resourceVersion = got.version
    this.#hasSynced = true
  }

  *#pages(version: string): Thread<{ readonly items: readonly T[]; readonly version: string }> {
    const isChunked = version === '' || version === '0'
    const items: T[] = []
    let token: string | undefined
    for (;;) {
      const query = {
        limit: isChunked ? LIST_CHUNK : undefined,
        continue: token,
        resourceVersion: token === undefined && version !== '' ? version : undefined,
      }
      const list = yield* this.#client.list(query, this.#ctx)
      items.push(...list.items)
      token = list.metadata.continue === '' ? undefined : list.metadata.continue
      if (token === undefined) return { items, version: list.metadata.resourceVersion ?? '' }
    }
  }

  /** What is in the list first, in its order; then what is no longer there. */
  #replace(items: readonly T[]): void {
    const names = new Set(items.map(item => item.metadata.name))
    for (const item of items) {
      const old = this.#store.get(item.metadata.name)
      this.#store.set(item.metadata.name, item)
      if (old === undefined) this.#handlers.onAdd(item)
      else this.#handlers.onUpdate(old, item)
    }
    for (const [name, object] of [...this.#store]) {
      if (names.has(name)) continue
      this.#store.delete(name)
      this.#handlers.onDelete(object)
    }
  }
}

/** A list that failed. */
class ListError extends Error {}
