/**
 * Watches of a client. All share one stream; when that breaks they are created again on a new one, each from the revision
 * behind the last that it has heard of.
 *
 * @see etcd client/v3/watch.go
 */
import { ProgramTimer } from '../../app/program-timer.js'
import type { Process } from '../../app/process.js'
import { Chan } from '../../app/thread.js'
import { NSEC_PER_MSEC } from '../../sim/time.js'
import type { ResponseHeader, WatchCreateRequest, WatchResponse } from '../etcdserverpb.js'
import { INVALID_WATCH_ID } from '../etcdserver/watch-stream.js'
import type { MvccEvent } from '../mvcc/kv.js'
import { WATCH_REQUEST, WATCH_RESPONSE } from '../rpc-proto.js'
import { CODE, type EtcdError, etcdError, isEtcdError } from '../rpctypes.js'
import { clientError } from './errors.js'
import type { ClientStream, StreamMethod, Transport } from './transport.js'

const WATCH: StreamMethod = {
  path: '/etcdserverpb.Watch/Watch',
  request: WATCH_REQUEST,
  response: WATCH_RESPONSE,
  // It wants to be ended when the member loses its leader (WithRequireLeader).
  metadata: [['hasleader', 'true']],
}

const FIRST_BACKOFF_NS = NSEC_PER_MSEC
const MAX_BACKOFF_NS = 100 * NSEC_PER_MSEC

/** What a watch tells. */
export interface ClientWatchResponse {
  readonly header: ResponseHeader
  readonly events: readonly MvccEvent[]
  /** Revision of the compaction that took what was to be watched; 0 when it is there. */
  readonly compactRevision: number
  /** The watch has ended; nothing follows. */
  readonly canceled: boolean
  /** Why it has ended, null when it goes on. */
  readonly error: EtcdError | null
}

/** A watch. */
export class EtcdWatch {
  /** What it tells; closed behind the last response, or when it is cancelled. Empty when a function listens. */
  readonly responses: Chan<ClientWatchResponse> = new Chan()
  readonly #owner: WatchStream
  readonly #listener: ((response: ClientWatchResponse) => void) | null
  /** @internal */
  request: WatchCreateRequest
  /** @internal number on the stream, -1 while it has none */
  id: number = INVALID_WATCH_ID
  #isOver = false

  /** @internal use EtcdClient.watch */
  constructor(owner: WatchStream, request: WatchCreateRequest, listener: ((r: ClientWatchResponse) => void) | null) {
    this.#owner = owner
    this.request = request
    this.#listener = listener
  }

  /** True when nothing will be told any more. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Ends it. */
  cancel(): void {
    if (this.#isOver) return
    this.over()
    this.#owner.cancelled(this)
  }

  /** Where it begins when it has to be created again: at `revision` instead of behind what it has told last. */
  resumeFrom(revision: number): void {
    this.request = { ...this.request, startRevision: revision }
  }

  /** @internal */
  tell(response: ClientWatchResponse): void {
    if (this.#isOver) return
    if (this.#listener === null) this.responses.push(response)
    else this.#listener(response)
  }

  /** @internal */
  over(): void {
    this.#isOver = true
    this.responses.close()
  }
}

/** The stream that a client's watches share. */
export class WatchStream {
  readonly #transport: Transport
  readonly #retry: ProgramTimer<WatchStream>
  #stream: ClientStream | null = null
  #backoffNs = FIRST_BACKOFF_NS
  /** Watches to create, in order: the first one has been asked for. */
  #resuming: EtcdWatch[] = []
  readonly #active = new Map<number, EtcdWatch>()
  /** Watches that the server was asked to end. */
  readonly #cancelSet = new Set<number>()

  constructor(process: Process, transport: Transport) {
    this.#transport = transport
    this.#retry = new ProgramTimer<WatchStream>(process.netns.world, reopen, this, process.label('watch'))
    process.onEnd(() => this.#retry.stop())
  }

  /** Adds a watch. */
  watch(request: WatchCreateRequest, listener: ((response: ClientWatchResponse) => void) | null): EtcdWatch {
    const watch = new EtcdWatch(this, request, listener)
    const isIdle = this.#resuming.length + this.#active.size === 0
    this.#resuming.push(watch)
    if (isIdle) this.open()
    else if (this.#resuming.length === 1) this.#createNext()
    return watch
  }

  /** Ends all watches. */
  close(): void {
    for (const watch of [...this.#resuming, ...this.#active.values()]) watch.over()
    this.#resuming = []
    this.#active.clear()
    this.#shut()
  }

  /** @internal a watch was cancelled by who has it */
  cancelled(watch: EtcdWatch): void {
    if (watch.id === INVALID_WATCH_ID) {
      // The one that was asked for last stays in its place until the server has answered.
      const isAsked = this.#stream !== null && this.#resuming[0] === watch
      if (!isAsked) this.#resuming = this.#resuming.filter(other => other !== watch)
    } else {
      this.#active.delete(watch.id)
      this.#cancelOnServer(watch.id)
    }
    this.#shutWhenIdle()
  }

  /** @internal opens the stream and creates all watches on it */
  open(): void {
    this.#cancelSet.clear()
    for (const watch of this.#active.values()) watch.id = INVALID_WATCH_ID
    this.#resuming = [...this.#active.values(), ...this.#resuming].filter(watch => !watch.isOver)
    this.#active.clear()
    if (this.#resuming.length === 0) return
    const stream: ClientStream = this.#transport.stream(WATCH, {
      onMessage: message => {
        if (this.#stream === stream) this.#response(message as WatchResponse)
      },
      onEnd: (code, message) => {
        if (this.#stream === stream) this.#ended(code, message)
      },
    })
    this.#stream = stream
    this.#createNext()
  }

  #createNext(): void {
    const watch = this.#resuming[0]
    if (watch !== undefined) this.#stream?.send({ createRequest: watch.request })
  }

  #response(response: WatchResponse): void {
    const { watchId, created, canceled, compactRevision } = response
    this.#backoffNs = FIRST_BACKOFF_NS
    if (created) this.#created(response)
    else if (canceled && compactRevision === 0) {
      this.#cancelSet.delete(watchId)
      this.#active.get(watchId)?.over()
      this.#active.delete(watchId)
      this.#shutWhenIdle()
    } else if (watchId === INVALID_WATCH_ID) for (const watch of this.#active.values()) this.#dispatch(watch, response)
    else {
      const watch = this.#active.get(watchId)
      if (watch !== undefined) this.#dispatch(watch, response)
      else if (!this.#cancelSet.has(watchId)) this.#cancelOnServer(watchId)
    }
  }

  #created(response: WatchResponse): void {
    const { watchId, header, canceled, cancelReason } = response
    const watch = this.#resuming.shift()
    if (watch !== undefined) {
      if (watchId === INVALID_WATCH_ID || (canceled && cancelReason !== '')) {
        watch.tell({
          header,
          events: [],
          compactRevision: 0,
          canceled: true,
          error: clientError(CODE.Unknown, cancelReason),
        })
        watch.over()
      } else if (watch.isOver) this.#cancelOnServer(watchId)
      else {
        watch.id = watchId
        this.#active.set(watchId, watch)
        const { startRevision = 0 } = watch.request
        if (startRevision === 0) watch.request = { ...watch.request, startRevision: header.revision }
      }
    }
    this.#resuming = this.#resuming.filter(other => !other.isOver)
    this.#createNext()
    this.#shutWhenIdle()
  }

  #dispatch(watch: EtcdWatch, response: WatchResponse): void {
    const { header, events, compactRevision, canceled } = response
    const last = events.at(-1)
    const startRevision = last === undefined ? header.revision : last.kv.modRevision + 1
    watch.request = { ...watch.request, startRevision }
    const error = compactRevision === 0 ? null : etcdError('ErrCompacted')
    watch.tell({ header, events, compactRevision, canceled, error })
    if (error === null || watch.isOver) return
    watch.over()
    this.cancelled(watch)
  }

  #cancelOnServer(watchId: number): void {
    this.#cancelSet.add(watchId)
    this.#stream?.send({ cancelRequest: { watchId } })
  }

  /** The stream broke: another one is opened, unless what it broke of would come again. */
  #ended(code: number, message: string): void {
    this.#stream = null
    const error = clientError(code, message)
    const isHalt = code !== CODE.Unavailable && code !== CODE.Internal
    if (isHalt || isEtcdError(error, 'ErrNoLeader')) return this.#fail(error)
    if (code === CODE.Unavailable) this.#backoffNs = Math.min(this.#backoffNs * 1.25, MAX_BACKOFF_NS)
    this.#retry.set(code === CODE.Unavailable ? Math.round(this.#backoffNs) : 0)
  }

  #fail(error: EtcdError): void {
    const header: ResponseHeader = { clusterId: 0, memberId: 0, revision: 0, raftTerm: 0 }
    const watches = [...this.#active.values(), ...this.#resuming]
    this.#active.clear()
    this.#resuming = []
    for (const watch of watches) {
      watch.tell({ header, events: [], compactRevision: 0, canceled: true, error })
      watch.over()
    }
  }

  #shutWhenIdle(): void {
    if (this.#resuming.length + this.#active.size === 0) this.#shut()
  }

  #shut(): void {
    this.#retry.stop()
    const stream = this.#stream
    this.#stream = null
    stream?.cancel()
  }
}

const reopen = (stream: WatchStream): void => stream.open()
