/**
 * Etcd over gRPC: the services KV, Watch and Lease.
 *
 * @see etcd etcdserver/api/v3rpc/grpc.go
 */
import type { Process } from '../../app/process.js'
import type { GrpcMethod, ServerCall } from '../../grpc/grpc-server.js'
import { encodeProto } from '../../grpc/protobuf.js'
import { decodeProto } from '../../grpc/protobuf-reader.js'
import type { LeaseRequest, WatchRequest } from '../etcdserverpb.js'
import type { EtcdServer } from '../etcdserver/v3-server.js'
import { ServerWatchStream } from '../etcdserver/watch-stream.js'
import { LEASE_KEEP_ALIVE_REQUEST, LEASE_KEEP_ALIVE_RESPONSE, WATCH_REQUEST, WATCH_RESPONSE } from '../rpc-proto.js'
import { CODE, EtcdError } from '../rpctypes.js'
import { UNARY_ROUTES, type UnaryRoute } from './routes.js'

const unary = (server: EtcdServer, { request, response, call: method }: UnaryRoute): GrpcMethod => ({
  kind: 'unary',
  handle(octets, call) {
    try {
      call.send(encodeProto(response, method(server, decodeProto<object>(request, octets))))
      call.finish(CODE.OK)
    } catch (e) {
      if (!(e instanceof EtcdError)) throw e
      call.finish(e.code, e.message)
    }
  },
})

const watch = (process: Process, server: EtcdServer): GrpcMethod => ({
  kind: 'stream',
  open(call: ServerCall) {
    const { world, rng } = process.netns
    const stream = new ServerWatchStream(world, rng, server, response =>
      call.send(encodeProto(WATCH_RESPONSE, response)),
    )
    process.onEnd(() => stream.close())
    return {
      onMessage: octets => stream.recv(decodeProto<WatchRequest>(WATCH_REQUEST, octets)),
      onHalfClose() {
        stream.close()
        call.finish(CODE.OK)
      },
      onCancel: () => stream.close(),
    }
  },
})

const leaseKeepAlive = (server: EtcdServer): GrpcMethod => ({
  kind: 'stream',
  open: call => ({
    onMessage(octets) {
      const request = decodeProto<LeaseRequest>(LEASE_KEEP_ALIVE_REQUEST, octets)
      server.leaseRenew(request, response => call.send(encodeProto(LEASE_KEEP_ALIVE_RESPONSE, response)))
    },
    onHalfClose: () => call.finish(CODE.OK),
    onCancel() {},
  }),
})

/** The methods of a member by their paths. */
export const grpcServices = (process: Process, server: EtcdServer): ReadonlyMap<string, GrpcMethod> =>
  new Map<string, GrpcMethod>([
    ...UNARY_ROUTES.map((route): [string, GrpcMethod] => [route.method, unary(server, route)]),
    ['/etcdserverpb.Watch/Watch', watch(process, server)],
    ['/etcdserverpb.Lease/LeaseKeepAlive', leaseKeepAlive(server)],
  ])
