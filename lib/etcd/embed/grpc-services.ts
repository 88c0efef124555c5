/**
 * Etcd over gRPC: the services KV, Watch and Lease.
 *
 * @see etcd etcdserver/api/v3rpc/grpc.go
 */
import type { Process } from '../../app/process.js'
import type { GrpcMethod, ServerCall } from '../../grpc/grpc-server.js'
import { encodeProto } from '../../grpc/protobuf.js'
import { decodeProto } from '../../grpc/protobuf-reader.js'
import { concatOctets } from '../../wire/repr.js'
import type { LeaseRequest, WatchRequest, WatchResponse } from '../etcdserverpb.js'
import type { EtcdServer } from '../etcdserver/v3-server.js'
import type { MvccEvent } from '../mvcc/kv.js'
import { ServerWatchStream } from '../etcdserver/watch-stream.js'
import { LEASE_KEEP_ALIVE_REQUEST, LEASE_KEEP_ALIVE_RESPONSE, WATCH_REQUEST, WATCH_RESPONSE } from '../rpc-proto.js'
import { CODE, EtcdError } from '../rpctypes.js'
import { UNARY_ROUTES, type UnaryRoute } from './routes.js'

const isEvents = ({ name }: { readonly name: string }): boolean => name === 'events'
const WATCH_RESPONSE_HEAD = { ...WATCH_RESPONSE, fields: WATCH_RESPONSE.fields.filter(field => !isEvents(field)) }
const WATCH_EVENTS = { ...WATCH_RESPONSE, fields: WATCH_RESPONSE.fields.filter(isEvents) }

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

/** Octets of events as a response has them: many watchers are told the same. */
const ENCODED = new WeakMap<MvccEvent, Uint8Array>()

const encodeEvent = (event: MvccEvent): Uint8Array => {
  let octets = ENCODED.get(event)
  if (octets === undefined) {
    octets = encodeProto(WATCH_EVENTS, { events: [event] })
    ENCODED.set(event, octets)
  }
  return octets
}

/** A response to a watch. Events are its last field, so their octets stand behind those of the rest. */
const encodeWatchResponse = (response: WatchResponse): Uint8Array =>
  concatOctets(encodeProto(WATCH_RESPONSE_HEAD, response), ...response.events.map(encodeEvent))

const watch = (process: Process, server: EtcdServer): GrpcMethod => ({
  kind: 'stream',
  open(call: ServerCall) {
    const { world, rng } = process.netns
    const stream = new ServerWatchStream(world, rng, server, response => call.send(encodeWatchResponse(response)))
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
