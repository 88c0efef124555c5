/**
 * Calls over the connections to all endpoints, one after the other. A call waits until there is a connection; one that its
 * connection took with it is sent again when that can do no harm.
 *
 * @see google.golang.org/grpc v1.40 clientconn.go, balancer/roundrobin; etcd client/v3/retry_interceptor.go
 */
import type { Process } from '../../app/process.js'
import { cancelled, type Context, slept, sleep, type Thread, type Wait, wait } from '../../app/thread.js'
import { NetloomError } from '../../errors.js'
import type { ClientCall, GrpcClient, GrpcResult } from '../../grpc/grpc-client.js'
import { encodeProto } from '../../grpc/protobuf.js'
import { decodeProto } from '../../grpc/protobuf-reader.js'
import { NSEC_PER_MSEC } from '../../sim/time.js'
import { isIpv4Text } from '../../wire/ip.js'
import { CODE, EtcdError } from '../rpctypes.js'
import { clientError } from './errors.js'
import { SubConn } from './sub-conn.js'
import type { CallOptions, ClientStream, StreamListener, StreamMethod, Transport, UnaryMethod } from './transport.js'

const MAX_RETRIES = 100
const RETRY_WAIT_NS = 25 * NSEC_PER_MSEC
const RETRY_JITTER = 0.1
const DEFAULT_PORT = 2379

/** Address and port of an endpoint. Throws EINVAL. */
export const parseEndpoint = (endpoint: string): { address: string; port: number } => {
  const match = /^(?:(\w+):\/\/)?([^/:]+)(?::(\d+))?\/?$/.exec(endpoint.trim())
  const bad = (why: string): NetloomError =>
    new NetloomError('EINVAL', `etcd endpoint ${endpoint}: ${why}`, { endpoint })
  if (match === null) throw bad('expected ADDRESS:PORT or http://ADDRESS:PORT')
  const [, scheme = 'http', host = '', port] = match
  if (scheme !== 'http') throw bad(`netloom's etcd client has no ${scheme === 'https' ? 'TLS' : scheme}; use http://`)
  const address = host === 'localhost' ? '127.0.0.1' : host
  if (!isIpv4Text(address)) throw bad('no IPv4 address (there are no names)')
  return { address, port: port === undefined ? DEFAULT_PORT : Number(port) }
}

/** A call or stream that waits for a connection, or has one. */
interface Pending {
  start(client: GrpcClient): void
}

/** A request that was sent once, and the wait for what becomes of it: the result, or that its caller has given up. */
class Attempt implements Pending, Wait<GrpcResult | 'cancelled' | 'late'> {
  readonly #path: string
  readonly #octets: Uint8Array
  readonly #ctx: Context | null
  /** Time that it has left; null for as long as it takes. */
  readonly #left: (() => number) | null
  /** Null while there is no connection. */
  call: ClientCall | null = null
  #result: GrpcResult | null = null
  #resume: ((value: GrpcResult | 'cancelled' | 'late') => void) | null = null
  #takeBack: (() => void) | null = null
  #stopTimer: (() => void) | null = null

  constructor(path: string, octets: Uint8Array, ctx: Context | null, left: (() => number) | null) {
    this.#path = path
    this.#octets = octets
    this.#ctx = ctx
    this.#left = left
  }

  start(client: GrpcClient): void {
    this.call = client.unary(this.#path, this.#octets, result => {
      if (this.#result !== null) return
      this.#result = result
      if (this.#resume !== null) this.#over(result)
    })
  }

  begin(resume: (value: GrpcResult | 'cancelled' | 'late') => void, process: Process): () => void {
    this.#resume = resume
    if (this.#result !== null) this.#over(this.#result)
    else this.#takeBack = this.#ctx?.onCancel(() => this.#over('cancelled')) ?? null
    if (this.#resume !== null && this.#left !== null)
      this.#stopTimer = slept(Math.max(0, this.#left())).begin(() => this.#over('late'), process)
    return () => this.#end()
  }

  #over(value: GrpcResult | 'cancelled' | 'late'): void {
    const resume = this.#resume
    this.#end()
    resume?.(value)
  }

  #end(): void {
    this.#resume = null
    this.#takeBack?.()
    this.#stopTimer?.()
    this.#takeBack = null
    this.#stopTimer = null
  }
}

/** Calls over gRPC. */
export class GrpcTransport implements Transport {
  readonly #process: Process
  readonly #conns: SubConn[]
  #waiting: Pending[] = []
  /** Endpoint that the next call begins to look at. */
  #next = 0

  constructor(process: Process, options: { readonly endpoints: readonly string[]; readonly dialTimeoutNs?: number }) {
    if (options.endpoints.length === 0)
      throw new NetloomError('EINVAL', 'etcdclient: no available endpoints', { endpoints: options.endpoints })
    this.#process = process
    const endpoints = options.endpoints.map(parseEndpoint)
    this.#conns = endpoints.map(
      ({ address, port }) => new SubConn(process, address, port, options.dialTimeoutNs ?? null, () => this.#ready()),
    )
  }

  *unary<T>(method: UnaryMethod, request: object, options: CallOptions): Thread<T> {
    const octets = encodeProto(method.request, request)
    const { rng, world } = this.#process.netns
    const deadlineNs = options.timeoutNs === undefined ? null : world.now + options.timeoutNs
    for (let attempt = 0; ; attempt++) {
      if (attempt > 0) yield* sleep(Math.round(RETRY_WAIT_NS * (1 + RETRY_JITTER * (rng.float() * 2 - 1))))
      const { code, message, response } = yield* this.#invoke(method.path, octets, options, deadlineNs)
      if (code === CODE.OK) return decodeProto<T>(method.response, response!)
      const canRetry = code === CODE.Unavailable && method.isRepeatable && attempt < MAX_RETRIES - 1
      if (!canRetry) throw clientError(code, message)
    }
  }

  /** Sends a request once, when there is a connection, and waits for what becomes of it. */
  *#invoke(path: string, octets: Uint8Array, { ctx }: CallOptions, deadlineNs: number | null): Thread<GrpcResult> {
    const { world } = this.#process.netns
    const attempt = new Attempt(path, octets, ctx ?? null, deadlineNs === null ? null : () => deadlineNs - world.now)
    this.#start(attempt)
    const result = yield* wait(attempt)
    if (typeof result === 'object') return result
    if (this.#waiting.length > 0) this.#waiting = this.#waiting.filter(other => other !== attempt)
    attempt.call?.cancel()
    if (result === 'cancelled') throw cancelled()
    throw new EtcdError(CODE.DeadlineExceeded, 'context deadline exceeded')
  }

  stream(method: StreamMethod, listener: StreamListener): ClientStream {
    let isOver = false
    let send: ((octets: Uint8Array) => void) | null = null
    let cancel = (): void => {}
    const early: Uint8Array[] = []
    const pending: Pending = {
      start: client => {
        const stream = client.open(
          method.path,
          {
            onMessage: octets => {
              if (!isOver) listener.onMessage(decodeProto<object>(method.response, octets))
            },
            onEnd: (code, message) => {
              if (isOver) return
              isOver = true
              listener.onEnd(code, message)
            },
          },
          { metadata: method.metadata },
        )
        send = octets => stream.send(octets)
        cancel = () => stream.cancel()
        for (const octets of early.splice(0)) stream.send(octets)
      },
    }
    this.#start(pending)
    return {
      send: message => {
        const octets = encodeProto(method.request, message)
        if (send === null) early.push(octets)
        else if (!isOver) send(octets)
      },
      cancel: () => {
        isOver = true
        this.#waiting = this.#waiting.filter(other => other !== pending)
        cancel()
      },
    }
  }

  close(): void {
    this.#waiting = []
    for (const conn of this.#conns) conn.close()
  }

  #start(pending: Pending): void {
    const client = this.#pick()
    if (client === null) this.#waiting.push(pending)
    else pending.start(client)
  }

  /** The next endpoint in turn that is connected. */
  #pick(): GrpcClient | null {
    for (let i = 0; i < this.#conns.length; i++) {
      const n = (this.#next + i) % this.#conns.length
      const { client } = this.#conns[n]!
      if (client === null) continue
      this.#next = n + 1
      return client
    }
    return null
  }

  #ready(): void {
    for (const pending of this.#waiting.splice(0)) this.#start(pending)
  }
}
