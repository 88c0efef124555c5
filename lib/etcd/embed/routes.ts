/**
 * Calls of etcd by their names in gRPC and their paths in the JSON gateway.
 *
 * @see etcd etcdserver/etcdserverpb/gw/rpc.pb.gw.go
 */
import type { ProtoType } from '../../grpc/protobuf.js'
import type { EtcdServer } from '../etcdserver/v3-server.js'
import {
  COMPACTION_REQUEST,
  COMPACTION_RESPONSE,
  DELETE_RANGE_REQUEST,
  DELETE_RANGE_RESPONSE,
  LEASE_GRANT_REQUEST,
  LEASE_GRANT_RESPONSE,
  LEASE_LEASES_REQUEST,
  LEASE_LEASES_RESPONSE,
  LEASE_REVOKE_REQUEST,
  LEASE_REVOKE_RESPONSE,
  LEASE_TIME_TO_LIVE_REQUEST,
  LEASE_TIME_TO_LIVE_RESPONSE,
  MEMBER_LIST_REQUEST,
  MEMBER_LIST_RESPONSE,
  PUT_REQUEST,
  PUT_RESPONSE,
  RANGE_REQUEST,
  RANGE_RESPONSE,
  TXN_REQUEST,
  TXN_RESPONSE,
} from '../rpc-proto.js'

/** One call with one request and one response. */
export interface UnaryRoute {
  /** Path of gRPC: service and method. */
  readonly method: string
  /** Paths of the gateway. */
  readonly paths: readonly string[]
  readonly request: ProtoType
  readonly response: ProtoType
  /** Does it; throws EtcdError. */
  call(server: EtcdServer, request: object): object
}

const KV = '/etcdserverpb.KV/'
const LEASE = '/etcdserverpb.Lease/'

/** All calls of one request and one response. */
export const UNARY_ROUTES: readonly UnaryRoute[] = [
  {
    method: `${KV}Range`,
    paths: ['/v3/kv/range'],
    request: RANGE_REQUEST,
    response: RANGE_RESPONSE,
    call: (server, request) => server.range(request),
  },
  {
    method: `${KV}Put`,
    paths: ['/v3/kv/put'],
    request: PUT_REQUEST,
    response: PUT_RESPONSE,
    call: (server, request) => server.put(request),
  },
  {
    method: `${KV}DeleteRange`,
    paths: ['/v3/kv/deleterange'],
    request: DELETE_RANGE_REQUEST,
    response: DELETE_RANGE_RESPONSE,
    call: (server, request) => server.deleteRange(request),
  },
  {
    method: `${KV}Txn`,
    paths: ['/v3/kv/txn'],
    request: TXN_REQUEST,
    response: TXN_RESPONSE,
    call: (server, request) => server.txn(request),
  },
  {
    method: `${KV}Compact`,
    paths: ['/v3/kv/compaction'],
    request: COMPACTION_REQUEST,
    response: COMPACTION_RESPONSE,
    call: (server, request) => server.compact(request),
  },
  {
    method: `${LEASE}LeaseGrant`,
    paths: ['/v3/lease/grant'],
    request: LEASE_GRANT_REQUEST,
    response: LEASE_GRANT_RESPONSE,
    call: (server, request) => server.leaseGrant(request),
  },
  {
    method: `${LEASE}LeaseRevoke`,
    paths: ['/v3/lease/revoke', '/v3/kv/lease/revoke'],
    request: LEASE_REVOKE_REQUEST,
    response: LEASE_REVOKE_RESPONSE,
    call: (server, request) => server.leaseRevoke(request),
  },
  {
    method: `${LEASE}LeaseTimeToLive`,
    paths: ['/v3/lease/timetolive', '/v3/kv/lease/timetolive'],
    request: LEASE_TIME_TO_LIVE_REQUEST,
    response: LEASE_TIME_TO_LIVE_RESPONSE,
    call: (server, request) => server.leaseTimeToLive(request),
  },
  {
    method: `${LEASE}LeaseLeases`,
    paths: ['/v3/lease/leases', '/v3/kv/lease/leases'],
    request: LEASE_LEASES_REQUEST,
    response: LEASE_LEASES_RESPONSE,
    call: server => server.leaseLeases(),
  },
  {
    method: '/etcdserverpb.Cluster/MemberList',
    paths: ['/v3/cluster/member/list'],
    request: MEMBER_LIST_REQUEST,
    response: MEMBER_LIST_RESPONSE,
    call: server => server.memberList(),
  },
]
