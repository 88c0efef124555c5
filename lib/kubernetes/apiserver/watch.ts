/**
 * A watch: events of a resource, one JSON object after another, for as long as the client listens.
 *
 * @see k8s.io/apiserver pkg/endpoints/handlers/watch.go, pkg/storage/cacher/cache_watcher.go
 */
import type { Process } from '../../app/process.js'
import { octetsOf } from '../../app/text.js'
import type { SimEvent } from '../../sim/queue.js'
import { NSEC_PER_SEC } from '../../sim/time.js'
import { goMarshal } from '../../app/go-json.js'
import type { JsonObject } from '../apimachinery/json.js'
import type { WatchEvent } from '../apimachinery/meta.js'
import { ApiError } from '../apimachinery/status.js'
import type { WatchRequest } from './handler.js'
import type { StorageEvent } from './storage.js'

/** A watch without a time of its own ends after 30 to 60 minutes. */
const MIN_TIMEOUT_SECONDS = 1800
const BOOKMARK_NS = 60 * NSEC_PER_SEC

/** Where events go. */
export interface WatchSink {
  /** Takes an event as a line of JSON. */
  write(octets: Uint8Array): void
  /** The watch is over. */
  end(): void
}

/** What a change is to a watch that wants only some objects; null for nothing. */
const eventFor = (event: StorageEvent, { predicate }: WatchRequest): WatchEvent | null => {
  const { object, previous, isDelete, revision } = event
  const wants = !isDelete && predicate(object)
  const wanted = previous !== null && predicate(previous)
  if (wants) return { type: wanted ? 'MODIFIED' : 'ADDED', object }
  if (!wanted) return null
  // What it was, with the version at which it went out of sight.
  const last = isDelete ? object : { ...previous, metadata: { ...previous.metadata, resourceVersion: `${revision}` } }
  return { type: 'DELETED', object: last }
}

/** A running watch. */
export class Watch {
  readonly #request: WatchRequest
  readonly #sink: WatchSink
  readonly #process: Process
  #unlisten: () => void = () => {}
  #timers: SimEvent[] = []
  #isFirst = true
  #isDone = false
  #revision: number

  /** Begins at once: what has happened since the version that was asked for is written before it returns. */
  constructor(process: Process, request: WatchRequest, sink: WatchSink) {
    this.#process = process
    this.#request = request
    this.#sink = sink
    this.#revision = request.registry.revision
    if (!this.#begin()) return
    const { sim } = process.netns.world
    const { timeoutSeconds } = request
    // A draw for each watch, as min-request-timeout spreads them.
    const seconds = timeoutSeconds ?? MIN_TIMEOUT_SECONDS * (1 + process.netns.rng.float())
    this.#idle(
      sim.schedule(Math.round(seconds * NSEC_PER_SEC), () => this.#end(), undefined, 0, process.label('watch')),
    )
    if (request.bookmarks) this.#scheduleBookmark()
  }

  /** The client has gone, or the server ends. */
  stop(): void {
    if (this.#isDone) return
    this.#isDone = true
    this.#unlisten()
    for (const timer of this.#timers) this.#process.netns.world.sim.cancel(timer)
  }

  #begin(): boolean {
    const { registry, since, predicate } = this.#request
    const { watchCache } = registry
    let past: readonly StorageEvent[] = []
    try {
      if (since !== null) past = watchCache.since(since)
      else for (const object of registry.list()) if (predicate(object)) this.#send({ type: 'ADDED', object })
    } catch (e) {
      if (!(e instanceof ApiError)) throw e
      this.#write({ type: 'ERROR', object: e.status as unknown as JsonObject })
      this.#end()
      return false
    }
    for (const event of past) this.#event(event)
    this.#unlisten = watchCache.listen(event => this.#event(event))
    return true
  }

  #event(event: StorageEvent): void {
    // A watch from a version that is still to come waits for it.
    if (event.revision <= (this.#request.since ?? 0)) return
    this.#revision = event.revision
    const told = eventFor(event, this.#request)
    if (told !== null) this.#send(told)
  }

  #send({ type, object }: WatchEvent): void {
    this.#write({ type, object: this.#request.form(object, this.#isFirst) })
    this.#isFirst = false
  }

  #write({ type, object }: WatchEvent<JsonObject>): void {
    const { watchCache } = this.#request.registry
    const { sent } = watchCache
    if (sent?.object === object && sent.type === type) return this.#sink.write(sent.octets)
    const octets = octetsOf(`${goMarshal({ type, object })}\n`)
    watchCache.sent = { type, object, octets }
    this.#sink.write(octets)
  }

  #end(): void {
    if (this.#isDone) return
    this.stop()
    this.#sink.end()
  }

  #idle(event: SimEvent): void {
    this.#process.netns.world.sim.idle(event)
    this.#timers.push(event)
  }

  #scheduleBookmark(): void {
    const { sim } = this.#process.netns.world
    this.#timers = this.#timers.slice(0, 1)
    this.#idle(sim.schedule(BOOKMARK_NS, () => this.#bookmark(), undefined, 0, this.#process.label('bookmark')))
  }

  /** Says how far the client has seen everything: no changes of this resource are behind the server's own revision. */
  #bookmark(): void {
    if (this.#isDone) return
    const { registry } = this.#request
    this.#revision = Math.max(this.#revision, registry.revision)
    const { kind } = registry.resource
    const { object } = registry.decode({ kind, apiVersion: 'v1', metadata: { resourceVersion: `${this.#revision}` } })
    this.#write({ type: 'BOOKMARK', object: this.#request.form(object, this.#isFirst) })
    this.#isFirst = false
    this.#scheduleBookmark()
  }
}
