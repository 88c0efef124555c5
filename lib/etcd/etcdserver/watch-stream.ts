/**
 * A stream of watches: what one client asks to be told, and what it is told.
 *
 * @see etcd etcdserver/api/v3rpc/watch.go, mvcc/watcher.go
 */
import { ProgramTimer } from '../../app/program-timer.js'
import type { Rng } from '../../sim/rng.js'
import type { World } from '../../core/world.js'
import { s } from '../../sim/time.js'
import {
  FILTER_NODELETE,
  FILTER_NOPUT,
  type WatchCreateRequest,
  type WatchRequest,
  type WatchResponse,
} from '../etcdserverpb.js'
import { EVENT_DELETE, EVENT_PUT, type MvccEvent } from '../mvcc/kv.js'
import { RANGE_ALL } from '../mvcc/kvstore.js'
import type { Watcher, WatchFilter, WatchNotice } from '../mvcc/watchable-store.js'
import { keyText } from '../octets.js'
import { gteRange } from './apply.js'
import type { EtcdServer } from './v3-server.js'

/** Watch id of what concerns no watch, or all. */
export const INVALID_WATCH_ID = -1
/** A watch gets its id from the server. */
const AUTO_WATCH_ID = 0
const PROGRESS_INTERVAL_NS = s(600)

interface Watch {
  readonly watcher: Watcher
  readonly hasPrevKv: boolean
  /** It asked to be told now and then how far the store is. */
  readonly notifiesProgress: boolean
  /** Nothing was said since the last time. */
  isQuiet: boolean
}

/** One client's stream. */
export class ServerWatchStream {
  readonly #server: EtcdServer
  readonly #send: (response: WatchResponse) => void
  readonly #watches = new Map<number, Watch>()
  readonly #progress: ProgramTimer<ServerWatchStream>
  readonly #intervalNs: number
  #nextId = 0

  /** `rng` spreads the streams' times of progress notices. */
  constructor(world: World, rng: Rng, server: EtcdServer, send: (response: WatchResponse) => void) {
    this.#server = server
    this.#send = send
    this.#intervalNs = PROGRESS_INTERVAL_NS + Math.floor((rng.float() * PROGRESS_INTERVAL_NS) / 10)
    this.#progress = new ProgramTimer<ServerWatchStream>(world, progressDue, this, 'etcd: progress of watches')
  }

  /** A request of the client. */
  recv(request: WatchRequest): void {
    if (request.createRequest !== undefined) this.#create(request.createRequest)
    else if (request.cancelRequest !== undefined) this.#cancel(request.cancelRequest.watchId ?? 0)
    else if (request.progressRequest !== undefined) this.#send(this.#response(INVALID_WATCH_ID, {}))
  }

  /** The client is gone. */
  close(): void {
    this.#progress.stop()
    for (const { watcher } of this.#watches.values()) this.#server.kv.unwatch(watcher)
    this.#watches.clear()
  }

  #create(r: WatchCreateRequest): void {
    const { kv } = this.#server
    const rev = kv.rev
    const key = r.key === undefined || r.key.length === 0 ? '\0' : keyText(r.key)
    const end = gteRange(r.rangeEnd)
    const { watchId = AUTO_WATCH_ID, startRevision = 0 } = r
    const refusal = this.#refusal(key, end, watchId)
    if (refusal !== null) {
      this.#send(this.#response(INVALID_WATCH_ID, { created: true, canceled: true, cancelReason: refusal }, rev))
      return
    }
    const id = watchId === AUTO_WATCH_ID ? this.#autoId() : watchId
    const filters = (r.filters ?? []).map(filterOf)
    const watcher = kv.watch(key, end, startRevision === 0 ? rev + 1 : startRevision, filters, notice =>
      this.#notice(id, notice),
    )
    const watch: Watch = {
      watcher,
      hasPrevKv: r.prevKv ?? false,
      notifiesProgress: r.progressNotify ?? false,
      isQuiet: true,
    }
    this.#watches.set(id, watch)
    if (watch.notifiesProgress) this.#progress.set(this.#intervalNs, { idle: true })
    this.#send(this.#response(id, { created: true }, rev))
  }

  #refusal(key: string, end: string | null, watchId: number): string | null {
    if (end !== null && end !== '' && key >= end) return 'mvcc: watcher range is empty'
    return watchId !== AUTO_WATCH_ID && this.#watches.has(watchId)
      ? 'mvcc: duplicate watch ID provided on the WatchStream'
      : null
  }

  #autoId(): number {
    while (this.#watches.has(this.#nextId)) this.#nextId++
    return this.#nextId++
  }

  #cancel(id: number): void {
    const watch = this.#watches.get(id)
    if (watch === undefined) return
    this.#server.kv.unwatch(watch.watcher)
    this.#watches.delete(id)
    this.#send(this.#response(id, { canceled: true }))
  }

  #notice(id: number, { events, revision, compactRevision }: WatchNotice): void {
    const watch = this.#watches.get(id)!
    if (events.length > 0) watch.isQuiet = false
    const told = watch.hasPrevKv ? events.map(event => this.#withPrevKv(event)) : events
    const response = this.#response(id, { events: told, compactRevision, canceled: compactRevision !== 0 })
    response.header.revision = revision
    this.#send(response)
  }

  #withPrevKv(event: MvccEvent): MvccEvent {
    const { type, kv } = event
    if (type === EVENT_PUT && kv.createRevision === kv.modRevision) return event
    const rev = kv.modRevision - 1
    const { firstRev } = this.#server.kv
    if (rev < firstRev || rev <= 0) return event
    return { type, kv, prevKv: this.#server.kv.range(keyText(kv.key), null, { ...RANGE_ALL, rev }).kvs[0] }
  }

  /** @internal */
  progressDue(): void {
    for (const watch of this.#watches.values()) {
      if (watch.notifiesProgress && watch.isQuiet) this.#server.kv.progress(watch.watcher)
      watch.isQuiet = true
    }
    // The client may have gone when it was told.
    if (this.#watches.size > 0) this.#progress.set(this.#intervalNs, { idle: true })
  }

  #response(watchId: number, more: Partial<WatchResponse>, revision = 0): WatchResponse {
    return {
      header: this.#server.header(revision),
      watchId,
      created: false,
      canceled: false,
      compactRevision: 0,
      cancelReason: '',
      fragment: false,
      events: [],
      ...more,
    }
  }
}

const progressDue = (stream: ServerWatchStream): void => stream.progressDue()

const filterOf = (type: number): WatchFilter => {
  if (type === FILTER_NOPUT) return event => event.type === EVENT_PUT
  if (type === FILTER_NODELETE) return event => event.type === EVENT_DELETE
  return () => false
}
