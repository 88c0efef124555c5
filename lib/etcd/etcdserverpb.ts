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

/** RangeRequest.SortOrder: in the order of the keys. */
export const SORT_NONE = 0
/** Smallest first. */
export const SORT_ASCEND = 1
/** Largest first. */
export const SORT_DESCEND = 2

/** RangeRequest.SortTarget: by the key. */
export const SORT_BY_KEY = 0
/** By how often the key was written since it was made. */
export const SORT_BY_VERSION = 1
/** By the revision that made the key. */
export const SORT_BY_CREATE = 2
/** By the revision that wrote the key last. */
export const SORT_BY_MOD = 3
/** By the value. */
export const SORT_BY_VALUE = 4

/** Asks for a key, or for those of a range. */
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

/** Keys with their values, and how many there are. */
export interface RangeResponse {
  header: ResponseHeader
  kvs: KeyValue[]
  /** There are more keys than the limit allowed. */
  more: boolean
  /** Keys in the range, whatever the limit. */
  count: number
}

/** Writes a key. */
export interface PutRequest {
  readonly key?: Uint8Array
  readonly value?: Uint8Array
  readonly lease?: Int64
  readonly prevKv?: boolean
  readonly ignoreValue?: boolean
  readonly ignoreLease?: boolean
}

/** A key was written. */
export interface PutResponse {
  header: ResponseHeader
  prevKv: KeyValue | undefined
}

/** Deletes a key, or those of a range. */
export interface DeleteRangeRequest {
  readonly key?: Uint8Array
  readonly rangeEnd?: Uint8Array
  readonly prevKv?: boolean
}

/** How many keys were deleted. */
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

/** Compare.CompareResult: the target is equal. */
export const COMPARE_EQUAL = 0
/** It is greater. */
export const COMPARE_GREATER = 1
/** It is less. */
export const COMPARE_LESS = 2
/** It is another. */
export const COMPARE_NOT_EQUAL = 3

/** Compare.CompareTarget: how often the key was written; 0 for none. */
export const COMPARE_VERSION = 0
/** The revision that made it. */
export const COMPARE_CREATE = 1
/** The revision that wrote it last. */
export const COMPARE_MOD = 2
/** Its value. */
export const COMPARE_VALUE = 3
/** The lease that it is under; 0 for none. */
export const COMPARE_LEASE = 4

/** A condition of a transaction: a key, or each of a range, compared with one of the values below. */
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

/** Does one or the other list of operations at one revision, as all conditions hold or not. */
export interface TxnRequest {
  readonly compare?: readonly Compare[]
  readonly success?: readonly RequestOp[]
  readonly failure?: readonly RequestOp[]
}

/** Which list was done, and its responses. */
export interface TxnResponse {
  header: ResponseHeader | null
  succeeded: boolean
  responses: ResponseOp[]
}

/** Forgets what is older than a revision. */
export interface CompactionRequest {
  readonly revision?: number
  readonly physical?: boolean
}

/** A response that says nothing but that it is done. */
export interface HeaderResponse {
  header: ResponseHeader
}

/** WatchCreateRequest.FilterType: no events of writing. */
export const FILTER_NOPUT = 0
/** No events of deleting. */
export const FILTER_NODELETE = 1

/** Begins to watch a key, or those of a range. */
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

/** Events of a watch, or that it was made or has ended. */
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

/** Makes a lease. */
export interface LeaseGrantRequest {
  /** Seconds. */
  readonly TTL?: number
  readonly ID?: Int64
}

/** A lease, with the seconds that were granted. */
export interface LeaseGrantResponse {
  header: ResponseHeader
  ID: Int64
  TTL: number
  error: string
}

/** Revokes a lease, or keeps it alive. */
export interface LeaseRequest {
  readonly ID?: Int64
}

/** The seconds that a lease now lasts; 0 when there is none. */
export interface LeaseKeepAliveResponse {
  header: ResponseHeader
  ID: Int64
  TTL: number
}

/** Asks how long a lease lasts. */
export interface LeaseTimeToLiveRequest {
  readonly ID?: Int64
  readonly keys?: boolean
}

/** Seconds granted and left (-1 when there is no such lease), and its keys when asked for. */
export interface LeaseTimeToLiveResponse {
  header: ResponseHeader
  ID: Int64
  TTL: number
  grantedTTL: number
  keys: Uint8Array[]
}

/** All leases. */
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

/** All members of the cluster. */
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
