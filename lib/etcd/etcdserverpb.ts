/**
 * Requests and responses of etcd v3. In a request what is left out has protobuf's default.
 *
 * @see etcd etcdserver/etcdserverpb/rpc.proto
 */
import type { Int64 } from './octets.js'
import type { KeyValue, MvccEvent } from './mvcc/kv.js'

/** Head of every response. */
export interface ResponseHeader {
  clusterId: Int64
  memberId: Int64
  /** Revision of the store when the request was done. */
  revision: number
  raftTerm: number
}

export const SORT_NONE = 0
export const SORT_ASCEND = 1
export const SORT_DESCEND = 2

export const SORT_BY_KEY = 0
export const SORT_BY_VERSION = 1
export const SORT_BY_CREATE = 2
export const SORT_BY_MOD = 3
export const SORT_BY_VALUE = 4

export interface RangeRequest {
  readonly key?: Uint8Array
  /** None: one key. One zero octet: all from `key` on. */
  readonly rangeEnd?: Uint8Array
  readonly limit?: number
  readonly revision?: number
  readonly sortOrder?: number
  readonly sortTarget?: number
  readonly serializable?: boolean
  readonly keysOnly?: boolean
  readonly countOnly?: boolean
  readonly minModRevision?: number
  readonly maxModRevision?: number
  readonly minCreateRevision?: number
  readonly maxCreateRevision?: number
}

export interface RangeResponse {
  header: ResponseHeader
  kvs: KeyValue[]
  /** There are more keys than the limit allowed. */
  more: boolean
  /** Keys in the range, whatever the limit. */
  count: number
}

export interface PutRequest {
  readonly key?: Uint8Array
  readonly value?: Uint8Array
  readonly lease?: Int64
  readonly prevKv?: boolean
  readonly ignoreValue?: boolean
  readonly ignoreLease?: boolean
}

export interface PutResponse {
  header: ResponseHeader
  prevKv: KeyValue | undefined
}

export interface DeleteRangeRequest {
  readonly key?: Uint8Array
  readonly rangeEnd?: Uint8Array
  readonly prevKv?: boolean
}

export interface DeleteRangeResponse {
  header: ResponseHeader
  deleted: number
  prevKvs: KeyValue[]
}

/** One of the four. */
export interface RequestOp {
  readonly requestRange?: RangeRequest
  readonly requestPut?: PutRequest
  readonly requestDeleteRange?: DeleteRangeRequest
  readonly requestTxn?: TxnRequest
}

/** One of the four. */
export interface ResponseOp {
  responseRange?: RangeResponse
  responsePut?: PutResponse
  responseDeleteRange?: DeleteRangeResponse
  responseTxn?: TxnResponse
}

export const COMPARE_EQUAL = 0
export const COMPARE_GREATER = 1
export const COMPARE_LESS = 2
export const COMPARE_NOT_EQUAL = 3

export const COMPARE_VERSION = 0
export const COMPARE_CREATE = 1
export const COMPARE_MOD = 2
export const COMPARE_VALUE = 3
export const COMPARE_LEASE = 4

export interface Compare {
  readonly result?: number
  readonly target?: number
  readonly key?: Uint8Array
  readonly version?: number
  readonly createRevision?: number
  readonly modRevision?: number
  readonly value?: Uint8Array
  readonly lease?: Int64
  readonly rangeEnd?: Uint8Array
}

export interface TxnRequest {
  readonly compare?: readonly Compare[]
  readonly success?: readonly RequestOp[]
  readonly failure?: readonly RequestOp[]
}

export interface TxnResponse {
  header: ResponseHeader | null
  succeeded: boolean
  responses: ResponseOp[]
}

export interface CompactionRequest {
  readonly revision?: number
  readonly physical?: boolean
}

/** A response that says nothing but that it is done. */
export interface HeaderResponse {
  header: ResponseHeader
}

export const FILTER_NOPUT = 0
export const FILTER_NODELETE = 1

export interface WatchCreateRequest {
  readonly key?: Uint8Array
  readonly rangeEnd?: Uint8Array
  readonly startRevision?: number
  readonly progressNotify?: boolean
  readonly filters?: readonly number[]
  readonly prevKv?: boolean
  readonly watchId?: number
  readonly fragment?: boolean
}

/** One of the three. */
export interface WatchRequest {
  readonly createRequest?: WatchCreateRequest
  readonly cancelRequest?: { readonly watchId?: number }
  readonly progressRequest?: Record<string, never>
}

export interface WatchResponse {
  header: ResponseHeader
  watchId: number
  created: boolean
  canceled: boolean
  compactRevision: number
  cancelReason: string
  fragment: boolean
  events: readonly MvccEvent[]
}

export interface LeaseGrantRequest {
  /** Seconds. */
  readonly TTL?: number
  readonly ID?: Int64
}

export interface LeaseGrantResponse {
  header: ResponseHeader
  ID: Int64
  TTL: number
  error: string
}

export interface LeaseRequest {
  readonly ID?: Int64
}

export interface LeaseKeepAliveResponse {
  header: ResponseHeader
  ID: Int64
  TTL: number
}

export interface LeaseTimeToLiveRequest {
  readonly ID?: Int64
  readonly keys?: boolean
}

export interface LeaseTimeToLiveResponse {
  header: ResponseHeader
  ID: Int64
  TTL: number
  grantedTTL: number
  keys: Uint8Array[]
}

export interface LeaseLeasesResponse {
  header: ResponseHeader
  leases: { ID: Int64 }[]
}

/** A member of a cluster. */
export interface Member {
  ID: Int64
  name: string
  peerURLs: string[]
  clientURLs: string[]
  isLearner: boolean
}

export interface MemberListResponse {
  header: ResponseHeader
  members: Member[]
}

/** What the log keeps: one request that changes something. */
export interface InternalRaftRequest {
  readonly put?: PutRequest
  readonly deleteRange?: DeleteRangeRequest
  readonly txn?: TxnRequest
  readonly compaction?: CompactionRequest
  readonly leaseGrant?: LeaseGrantRequest
  readonly leaseRevoke?: LeaseRequest
}
