/**
 * Tables of etcd's messages, for the wire and for JSON. The objects are those of etcdserverpb.ts and mvcc/kv.ts.
 *
 * @see etcd etcdserver/etcdserverpb/rpc.proto, etcdserver/etcdserverpb/raft_internal.proto, mvcc/mvccpb/kv.proto
 */
import type { ProtoField, ProtoScalar, ProtoType } from '../grpc/protobuf.js'

type FieldType = ProtoScalar | ProtoType | (() => ProtoType)
type Row = readonly [id: number, name: string, type: FieldType, how?: 'repeated' | 'oneof']

const message = (name: string, rows: readonly Row[]): ProtoType => ({
  name,
  fields: rows.map(
    ([id, field, type, how]): ProtoField => ({
      id,
      name: field,
      type,
      isRepeated: how === 'repeated',
      isOptional: how === 'oneof',
    }),
  ),
})

const HEADER: ProtoType = message('ResponseHeader', [
  [1, 'clusterId', 'uint64'],
  [2, 'memberId', 'uint64'],
  [3, 'revision', 'int64'],
  [4, 'raftTerm', 'uint64'],
])

/** A message that has a head only. */
const headed = (name: string): ProtoType => message(name, [[1, 'header', HEADER]])

/** mvccpb.KeyValue on the wire. */
export const KEY_VALUE: ProtoType = message('KeyValue', [
  [1, 'key', 'bytes'],
  [2, 'createRevision', 'int64'],
  [3, 'modRevision', 'int64'],
  [4, 'version', 'int64'],
  [5, 'value', 'bytes'],
  [6, 'lease', 'int64'],
])

const EVENT: ProtoType = message('Event', [
  [1, 'type', 'enum'],
  [2, 'kv', KEY_VALUE],
  [3, 'prevKv', KEY_VALUE],
])

/** RangeRequest on the wire. */
export const RANGE_REQUEST: ProtoType = message('RangeRequest', [
  [1, 'key', 'bytes'],
  [2, 'rangeEnd', 'bytes'],
  [3, 'limit', 'int64'],
  [4, 'revision', 'int64'],
  [5, 'sortOrder', 'enum'],
  [6, 'sortTarget', 'enum'],
  [7, 'serializable', 'bool'],
  [8, 'keysOnly', 'bool'],
  [9, 'countOnly', 'bool'],
  [10, 'minModRevision', 'int64'],
  [11, 'maxModRevision', 'int64'],
  [12, 'minCreateRevision', 'int64'],
  [13, 'maxCreateRevision', 'int64'],
])

/** RangeResponse on the wire. */
export const RANGE_RESPONSE: ProtoType = message('RangeResponse', [
  [1, 'header', HEADER],
  [2, 'kvs', KEY_VALUE, 'repeated'],
  [3, 'more', 'bool'],
  [4, 'count', 'int64'],
])

/** PutRequest on the wire. */
export const PUT_REQUEST: ProtoType = message('PutRequest', [
  [1, 'key', 'bytes'],
  [2, 'value', 'bytes'],
  [3, 'lease', 'int64'],
  [4, 'prevKv', 'bool'],
  [5, 'ignoreValue', 'bool'],
  [6, 'ignoreLease', 'bool'],
])

/** PutResponse on the wire. */
export const PUT_RESPONSE: ProtoType = message('PutResponse', [
  [1, 'header', HEADER],
  [2, 'prevKv', KEY_VALUE],
])

/** DeleteRangeRequest on the wire. */
export const DELETE_RANGE_REQUEST: ProtoType = message('DeleteRangeRequest', [
  [1, 'key', 'bytes'],
  [2, 'rangeEnd', 'bytes'],
  [3, 'prevKv', 'bool'],
])

/** DeleteRangeResponse on the wire. */
export const DELETE_RANGE_RESPONSE: ProtoType = message('DeleteRangeResponse', [
  [1, 'header', HEADER],
  [2, 'deleted', 'int64'],
  [3, 'prevKvs', KEY_VALUE, 'repeated'],
])

const REQUEST_OP: ProtoType = message('RequestOp', [
  [1, 'requestRange', RANGE_REQUEST, 'oneof'],
  [2, 'requestPut', PUT_REQUEST, 'oneof'],
  [3, 'requestDeleteRange', DELETE_RANGE_REQUEST, 'oneof'],
  [4, 'requestTxn', () => TXN_REQUEST, 'oneof'],
])

const RESPONSE_OP: ProtoType = message('ResponseOp', [
  [1, 'responseRange', RANGE_RESPONSE, 'oneof'],
  [2, 'responsePut', PUT_RESPONSE, 'oneof'],
  [3, 'responseDeleteRange', DELETE_RANGE_RESPONSE, 'oneof'],
  [4, 'responseTxn', () => TXN_RESPONSE, 'oneof'],
])

const COMPARE: ProtoType = message('Compare', [
  [1, 'result', 'enum'],
  [2, 'target', 'enum'],
  [3, 'key', 'bytes'],
  [4, 'version', 'int64', 'oneof'],
  [5, 'createRevision', 'int64', 'oneof'],
  [6, 'modRevision', 'int64', 'oneof'],
  [7, 'value', 'bytes', 'oneof'],
  [8, 'lease', 'int64', 'oneof'],
  [64, 'rangeEnd', 'bytes'],
])

/** TxnRequest on the wire. */
export const TXN_REQUEST: ProtoType = message('TxnRequest', [
  [1, 'compare', COMPARE, 'repeated'],
  [2, 'success', REQUEST_OP, 'repeated'],
  [3, 'failure', REQUEST_OP, 'repeated'],
])

/** TxnResponse on the wire. */
export const TXN_RESPONSE: ProtoType = message('TxnResponse', [
  [1, 'header', HEADER],
  [2, 'succeeded', 'bool'],
  [3, 'responses', RESPONSE_OP, 'repeated'],
])

/** CompactionRequest on the wire. */
export const COMPACTION_REQUEST: ProtoType = message('CompactionRequest', [
  [1, 'revision', 'int64'],
  [2, 'physical', 'bool'],
])

/** CompactionResponse on the wire. */
export const COMPACTION_RESPONSE: ProtoType = headed('CompactionResponse')

const WATCH_CREATE_REQUEST: ProtoType = message('WatchCreateRequest', [
  [1, 'key', 'bytes'],
  [2, 'rangeEnd', 'bytes'],
  [3, 'startRevision', 'int64'],
  [4, 'progressNotify', 'bool'],
  [5, 'filters', 'enum', 'repeated'],
  [6, 'prevKv', 'bool'],
  [7, 'watchId', 'int64'],
  [8, 'fragment', 'bool'],
])

/** WatchRequest on the wire. */
export const WATCH_REQUEST: ProtoType = message('WatchRequest', [
  [1, 'createRequest', WATCH_CREATE_REQUEST, 'oneof'],
  [2, 'cancelRequest', message('WatchCancelRequest', [[1, 'watchId', 'int64']]), 'oneof'],
  [3, 'progressRequest', message('WatchProgressRequest', []), 'oneof'],
])

/** WatchResponse on the wire. */
export const WATCH_RESPONSE: ProtoType = message('WatchResponse', [
  [1, 'header', HEADER],
  [2, 'watchId', 'int64'],
  [3, 'created', 'bool'],
  [4, 'canceled', 'bool'],
  [5, 'compactRevision', 'int64'],
  [6, 'cancelReason', 'string'],
  [7, 'fragment', 'bool'],
  [11, 'events', EVENT, 'repeated'],
])

/** LeaseGrantRequest on the wire. */
export const LEASE_GRANT_REQUEST: ProtoType = message('LeaseGrantRequest', [
  [1, 'TTL', 'int64'],
  [2, 'ID', 'int64'],
])

/** LeaseGrantResponse on the wire. */
export const LEASE_GRANT_RESPONSE: ProtoType = message('LeaseGrantResponse', [
  [1, 'header', HEADER],
  [2, 'ID', 'int64'],
  [3, 'TTL', 'int64'],
  [4, 'error', 'string'],
])

/** LeaseRevokeRequest on the wire. */
export const LEASE_REVOKE_REQUEST: ProtoType = message('LeaseRevokeRequest', [[1, 'ID', 'int64']])
/** LeaseRevokeResponse on the wire. */
export const LEASE_REVOKE_RESPONSE: ProtoType = headed('LeaseRevokeResponse')
/** LeaseKeepAliveRequest on the wire. */
export const LEASE_KEEP_ALIVE_REQUEST: ProtoType = message('LeaseKeepAliveRequest', [[1, 'ID', 'int64']])

/** LeaseKeepAliveResponse on the wire. */
export const LEASE_KEEP_ALIVE_RESPONSE: ProtoType = message('LeaseKeepAliveResponse', [
  [1, 'header', HEADER],
  [2, 'ID', 'int64'],
  [3, 'TTL', 'int64'],
])

/** LeaseTimeToLiveRequest on the wire. */
export const LEASE_TIME_TO_LIVE_REQUEST: ProtoType = message('LeaseTimeToLiveRequest', [
  [1, 'ID', 'int64'],
  [2, 'keys', 'bool'],
])

/** LeaseTimeToLiveResponse on the wire. */
export const LEASE_TIME_TO_LIVE_RESPONSE: ProtoType = message('LeaseTimeToLiveResponse', [
  [1, 'header', HEADER],
  [2, 'ID', 'int64'],
  [3, 'TTL', 'int64'],
  [4, 'grantedTTL', 'int64'],
  [5, 'keys', 'bytes', 'repeated'],
])

/** LeaseLeasesRequest on the wire. */
export const LEASE_LEASES_REQUEST: ProtoType = message('LeaseLeasesRequest', [])

/** LeaseLeasesResponse on the wire. */
export const LEASE_LEASES_RESPONSE: ProtoType = message('LeaseLeasesResponse', [
  [1, 'header', HEADER],
  [2, 'leases', message('LeaseStatus', [[1, 'ID', 'int64']]), 'repeated'],
])

/** MemberListRequest on the wire. */
export const MEMBER_LIST_REQUEST: ProtoType = message('MemberListRequest', [])

const MEMBER: ProtoType = message('Member', [
  [1, 'ID', 'uint64'],
  [2, 'name', 'string'],
  [3, 'peerURLs', 'string', 'repeated'],
  [4, 'clientURLs', 'string', 'repeated'],
  [5, 'isLearner', 'bool'],
])

/** MemberListResponse on the wire. */
export const MEMBER_LIST_RESPONSE: ProtoType = message('MemberListResponse', [
  [1, 'header', HEADER],
  [2, 'members', MEMBER, 'repeated'],
])

/** What the log holds: a request that changed something. */
export const INTERNAL_RAFT_REQUEST: ProtoType = message('InternalRaftRequest', [
  [1, 'ID', 'uint64'],
  [4, 'put', PUT_REQUEST],
  [5, 'deleteRange', DELETE_RANGE_REQUEST],
  [6, 'txn', TXN_REQUEST],
  [7, 'compaction', COMPACTION_REQUEST],
  [8, 'leaseGrant', LEASE_GRANT_REQUEST],
  [9, 'leaseRevoke', LEASE_REVOKE_REQUEST],
])
