/**
 * A client of etcd for programs of the lab, as flanneld uses it. Calls are parts of threads: `yield* client.get('/config')`.
 * Without a connection they wait until there is one; what becomes of a connection that breaks is grpc-go's.
 *
 * @see etcd client/v3/client.go, client/v3/kv.go, client/v3/op.go, client/v3/lease.go, client/v3/retry.go
 */
import type { Process } from '../app/process.js'
import { cancelled, Future, firstOf, type Thread, type Wait, wait } from '../app/thread.js'
import { EtcdKeepAlive, KeepAliveStream, LEASE_KEEP_ALIVE } from './clientv3/lease.js'
import { clientError } from './clientv3/errors.js'
import { GrpcTransport } from './clientv3/grpc-transport.js'
import type { CallOptions, Transport, UnaryMethod } from './clientv3/transport.js'
import { type ClientWatchResponse, EtcdWatch, WatchStream } from './clientv3/watch.js'
import { UNARY_ROUTES } from './embed/routes.js'
import {
  COMPARE_CREATE,
  COMPARE_EQUAL,
  COMPARE_GREATER,
  COMPARE_LEASE,
  COMPARE_LESS,
  COMPARE_MOD,
  COMPARE_NOT_EQUAL,
  COMPARE_VALUE,
  COMPARE_VERSION,
  type Compare,
  type DeleteRangeRequest,
  type DeleteRangeResponse,
  FILTER_NODELETE,
  FILTER_NOPUT,
  type HeaderResponse,
  type LeaseGrantResponse,
  type LeaseKeepAliveResponse,
  type LeaseLeasesResponse,
  type LeaseTimeToLiveResponse,
  type MemberListResponse,
  type PutRequest,
  type PutResponse,
  type RangeRequest,
  type RangeResponse,
  type RequestOp,
  SORT_ASCEND,
  SORT_BY_CREATE,
  SORT_BY_KEY,
  SORT_BY_MOD,
  SORT_BY_VALUE,
  SORT_BY_VERSION,
  SORT_DESCEND,
  SORT_NONE,
  type TxnResponse,
} from './etcdserverpb.js'
import { type Int64, int64, octetsOf, prefixRangeEnd } from './octets.js'
import { etcdError } from './rpctypes.js'

export type { CallOptions } from './clientv3/transport.js'
export type { ClientWatchResponse } from './clientv3/watch.js'
export { EtcdKeepAlive, EtcdWatch }

/** Where and how to connect. */
export interface EtcdClientOptions {
  /** `ADDRESS:PORT` or `http://ADDRESS:PORT`; one after the other is tried. */
  readonly endpoints: readonly string[]
  /** Nanoseconds that connecting once may take. Default 20 s, as grpc-go's. */
  readonly dialTimeoutNs?: number
}

/** Which keys. Without any it is the one key. */
export interface KeyRange {
  /** All keys that begin with it. */
  readonly prefix?: boolean
  /** All keys from it on. */
  readonly fromKey?: boolean
  /** All keys from it up to but without this one. */
  readonly rangeEnd?: string | Uint8Array
}

/** What to read of keys. */
export interface GetOptions extends KeyRange, CallOptions {
  /** Revision to read at. */
  readonly rev?: number
  readonly limit?: number
  readonly sortBy?: 'key' | 'version' | 'create' | 'modify' | 'value'
  readonly order?: 'ascend' | 'descend'
  readonly keysOnly?: boolean
  readonly countOnly?: boolean
  readonly serializable?: boolean
}

/** How to put a key. */
export interface PutOptions extends CallOptions {
  readonly lease?: Int64
  readonly prevKv?: boolean
  readonly ignoreValue?: boolean
  readonly ignoreLease?: boolean
}

/** What to delete. */
export interface DeleteOptions extends KeyRange, CallOptions {
  readonly prevKv?: boolean
}

/** What to watch. */
export interface WatchOptions extends KeyRange {
  /** Revision to begin with; without it what happens from now on. */
  readonly rev?: number
  readonly prevKv?: boolean
  readonly progressNotify?: boolean
  readonly filters?: readonly ('noput' | 'nodelete')[]
}

/** A comparison of a transaction. */
export interface TxnCompare extends KeyRange {
  readonly key: string | Uint8Array
  readonly target: 'version' | 'create' | 'mod' | 'value' | 'lease'
  readonly result: '=' | '!=' | '>' | '<'
  readonly value: number | bigint | string | Uint8Array
}

/** An operation of a transaction. */
export type TxnOp =
  | ({ readonly op: 'get'; readonly key: string | Uint8Array } & GetOptions)
  | ({ readonly op: 'put'; readonly key: string | Uint8Array; readonly value: string | Uint8Array } & PutOptions)
  | ({ readonly op: 'delete'; readonly key: string | Uint8Array } & DeleteOptions)
  | ({ readonly op: 'txn' } & TxnSpec)

/** A transaction: if all comparisons hold `success` is done, else `failure`. */
export interface TxnSpec {
  readonly compare?: readonly TxnCompare[]
  readonly success?: readonly TxnOp[]
  readonly failure?: readonly TxnOp[]
}

const NEVER: Wait<void> = { begin: () => () => {} }

const REPEATABLE = /Range$|LeaseGrant$|LeaseRevoke$|LeaseTimeToLive$|LeaseLeases$|MemberList$/

const methodOf = (name: string): UnaryMethod => {
  const { method, request, response } = UNARY_ROUTES.find(route => route.method.endsWith(`/${name}`))!
  return { path: method, request, response, isRepeatable: name !== 'DeleteRange' && REPEATABLE.test(name) }
}

const RANGE = methodOf('Range')
const PUT = methodOf('Put')
const DELETE_RANGE = methodOf('DeleteRange')
const TXN = methodOf('Txn')
const COMPACT = methodOf('Compact')
const LEASE_GRANT = methodOf('LeaseGrant')
const LEASE_REVOKE = methodOf('LeaseRevoke')
const LEASE_TIME_TO_LIVE = methodOf('LeaseTimeToLive')
const LEASE_LEASES = methodOf('LeaseLeases')
const MEMBER_LIST = methodOf('MemberList')

/**
 * A client. Calls throw EtcdError with etcd's or gRPC's text, and ECANCELED when their context is cancelled. It ends with its
 * process.
 */
export class EtcdClient {
  readonly #transport: Transport
  readonly #watches: WatchStream
  readonly #keepAlives: KeepAliveStream

  /** Begins to connect at once and waits for nothing. Throws EINVAL for an endpoint that is none. */
  constructor(process: Process, options: EtcdClientOptions) {
    this.#transport = new GrpcTransport(process, options)
    this.#watches = new WatchStream(process, this.#transport)
    this.#keepAlives = new KeepAliveStream(process, this.#transport)
  }

  /** Reads keys. Throws ErrCompacted, ErrFutureRev. */
  get(key: string | Uint8Array, options: GetOptions = {}): Thread<RangeResponse> {
    return this.#transport.unary(RANGE, rangeRequest(key, options), options)
  }

  /** Puts a key. Throws ErrLeaseNotFound, ErrKeyNotFound with an ignore option. */
  put(key: string | Uint8Array, value: string | Uint8Array, options: PutOptions = {}): Thread<PutResponse> {
    return this.#transport.unary(PUT, putRequest(key, value, options), options)
  }

  /** Deletes keys. */
  delete(key: string | Uint8Array, options: DeleteOptions = {}): Thread<DeleteRangeResponse> {
    return this.#transport.unary(DELETE_RANGE, deleteRequest(key, options), options)
  }

  /** Does a transaction. */
  txn(spec: TxnSpec, options: CallOptions = {}): Thread<TxnResponse> {
    return this.#transport.unary(TXN, txnRequest(spec), options)
  }

  /** Forgets what was superseded at a revision. Throws ErrCompacted, ErrFutureRev. */
  compact(revision: number, options: CallOptions & { readonly physical?: boolean } = {}): Thread<HeaderResponse> {
    return this.#transport.unary(COMPACT, { revision, physical: options.physical ?? false }, options)
  }

  /** Grants a lease for so many seconds. */
  grant(ttl: number, options: CallOptions & { readonly id?: Int64 } = {}): Thread<LeaseGrantResponse> {
    return this.#transport.unary(LEASE_GRANT, { TTL: ttl, ID: int64(options.id ?? 0) }, options)
  }

  /** Revokes a lease. Throws ErrLeaseNotFound. */
  revoke(id: Int64, options: CallOptions = {}): Thread<HeaderResponse> {
    return this.#transport.unary(LEASE_REVOKE, { ID: int64(id) }, options)
  }

  /** Time that a lease has left; TTL -1 when there is none. */
  timeToLive(id: Int64, options: CallOptions & { readonly keys?: boolean } = {}): Thread<LeaseTimeToLiveResponse> {
    return this.#transport.unary(LEASE_TIME_TO_LIVE, { ID: int64(id), keys: options.keys ?? false }, options)
  }

  /** All leases. */
  leases(options: CallOptions = {}): Thread<LeaseLeasesResponse> {
    return this.#transport.unary(LEASE_LEASES, {}, options)
  }

  /** Members of the cluster. */
  memberList(options: CallOptions = {}): Thread<MemberListResponse> {
    return this.#transport.unary(MEMBER_LIST, {}, options)
  }

  /** Renews a lease now and then until it is cancelled or the lease is gone (`onClose`). */
  keepAlive(
    id: Int64,
    onResponse: (response: LeaseKeepAliveResponse) => void = () => {},
    onClose: () => void = () => {},
  ): EtcdKeepAlive {
    return this.#keepAlives.keepAlive(int64(id), onResponse, onClose)
  }

  /** Renews a lease once. Throws ErrLeaseNotFound. */
  *keepAliveOnce(id: Int64, options: CallOptions = {}): Thread<LeaseKeepAliveResponse> {
    const done = new Future<LeaseKeepAliveResponse | Error>()
    const stream = this.#transport.stream(LEASE_KEEP_ALIVE, {
      onMessage: message => done.set(message as LeaseKeepAliveResponse),
      onEnd: (code, message) => done.set(clientError(code, message)),
    })
    stream.send({ ID: int64(id) })
    const { ctx } = options
    const first = yield* wait(firstOf({ response: done.done, cancelled: ctx?.done ?? NEVER }))
    stream.cancel()
    if (first.which === 'cancelled') throw cancelled()
    const response = first.value
    if (response instanceof Error) throw response
    if (response.TTL <= 0) throw etcdError('ErrLeaseNotFound')
    return response
  }

  /** Watches keys. What it tells goes to `onResponse`, or to the `responses` of the watch. */
  watch(
    key: string | Uint8Array,
    options: WatchOptions = {},
    onResponse: ((response: ClientWatchResponse) => void) | null = null,
  ): EtcdWatch {
    const { rev = 0, prevKv = false, progressNotify = false, filters = [] } = options
    const types = filters.map(name => (name === 'noput' ? FILTER_NOPUT : FILTER_NODELETE))
    const request = { ...keyRange(key, options), startRevision: rev, prevKv, progressNotify, filters: types }
    return this.#watches.watch(request, onResponse)
  }

  /** Ends its watches and connections. */
  close(): void {
    this.#watches.close()
    this.#keepAlives.close()
    this.#transport.close()
  }
}

/** Key and end of a range. An empty key with `prefix` or `fromKey` is all keys. */
const keyRange = (key: string | Uint8Array, range: KeyRange): { key: Uint8Array; rangeEnd?: Uint8Array } => {
  const octets = octetsOf(key)
  if (range.rangeEnd !== undefined) return { key: octets, rangeEnd: octetsOf(range.rangeEnd) }
  if (!range.prefix && !range.fromKey) return { key: octets }
  if (octets.length === 0) return { key: Uint8Array.of(0), rangeEnd: Uint8Array.of(0) }
  return { key: octets, rangeEnd: range.prefix ? prefixRangeEnd(octets) : Uint8Array.of(0) }
}

const SORT_TARGETS = {
  key: SORT_BY_KEY,
  version: SORT_BY_VERSION,
  create: SORT_BY_CREATE,
  modify: SORT_BY_MOD,
  value: SORT_BY_VALUE,
}

const rangeRequest = (key: string | Uint8Array, options: GetOptions): RangeRequest => {
  const {
    rev = 0,
    limit = 0,
    sortBy = 'key',
    order,
    keysOnly = false,
    countOnly = false,
    serializable = false,
  } = options
  // Keys come in ascending order anyway.
  const isPlain = sortBy === 'key' && order === 'ascend'
  const sortOrder = order === undefined || isPlain ? SORT_NONE : order === 'ascend' ? SORT_ASCEND : SORT_DESCEND
  const sortTarget = SORT_TARGETS[sortBy]
  return { ...keyRange(key, options), revision: rev, limit, sortOrder, sortTarget, keysOnly, countOnly, serializable }
}

const putRequest = (key: string | Uint8Array, value: string | Uint8Array, options: PutOptions): PutRequest => {
  const { lease = 0, prevKv = false, ignoreValue = false, ignoreLease = false } = options
  return { key: octetsOf(key), value: octetsOf(value), lease: int64(lease), prevKv, ignoreValue, ignoreLease }
}

const deleteRequest = (key: string | Uint8Array, options: DeleteOptions): DeleteRangeRequest => ({
  ...keyRange(key, options),
  prevKv: options.prevKv ?? false,
})

const txnRequest = (spec: TxnSpec): object => ({
  compare: (spec.compare ?? []).map(compareOf),
  success: (spec.success ?? []).map(requestOp),
  failure: (spec.failure ?? []).map(requestOp),
})

const requestOp = (op: TxnOp): RequestOp => {
  if (op.op === 'get') return { requestRange: rangeRequest(op.key, op) }
  if (op.op === 'put') return { requestPut: putRequest(op.key, op.value, op) }
  if (op.op === 'delete') return { requestDeleteRange: deleteRequest(op.key, op) }
  return { requestTxn: txnRequest(op) }
}

const RESULTS = { '=': COMPARE_EQUAL, '!=': COMPARE_NOT_EQUAL, '>': COMPARE_GREATER, '<': COMPARE_LESS }

const compareOf = (c: TxnCompare): Compare => {
  const head = { ...keyRange(c.key, c), result: RESULTS[c.result] }
  if (c.target === 'value') {
    const { value } = c
    return { ...head, target: COMPARE_VALUE, value: octetsOf(value instanceof Uint8Array ? value : String(value)) }
  }
  const n = Number(c.value)
  if (c.target === 'version') return { ...head, target: COMPARE_VERSION, version: n }
  if (c.target === 'create') return { ...head, target: COMPARE_CREATE, createRevision: n }
  if (c.target === 'mod') return { ...head, target: COMPARE_MOD, modRevision: n }
  return { ...head, target: COMPARE_LEASE, lease: int64(BigInt(c.value as number | bigint)) }
}
