/**
 * Keeping leases alive. All of a client's leases share one stream, on which each is renewed after a third of its time.
 *
 * @see etcd client/v3/lease.go
 */
import { ProgramTimer } from '../../app/program-timer.js'
import type { Process } from '../../app/process.js'
import { NSEC_PER_MSEC, NSEC_PER_SEC } from '../../sim/time.js'
import type { LeaseKeepAliveResponse } from '../etcdserverpb.js'
import type { Int64 } from '../octets.js'
import { LEASE_KEEP_ALIVE_REQUEST, LEASE_KEEP_ALIVE_RESPONSE } from '../rpc-proto.js'
import { CODE } from '../rpctypes.js'
import type { ClientStream, StreamMethod, Transport } from './transport.js'

/** The call that renews leases. */
export const LEASE_KEEP_ALIVE: StreamMethod = {
  path: '/etcdserverpb.Lease/LeaseKeepAlive',
  request: LEASE_KEEP_ALIVE_REQUEST,
  response: LEASE_KEEP_ALIVE_RESPONSE,
  metadata: [],
}

/** How often who is due is looked for, and how long a broken stream rests. */
const TICK_NS = 500 * NSEC_PER_MSEC
/** How long the first answer may take. */
const FIRST_TIMEOUT_NS = NSEC_PER_SEC

/** A lease that is kept alive. */
export class EtcdKeepAlive {
  readonly id: Int64
  /** @internal */
  nextNs: number
  /** @internal virtual time at which it is given up without an answer */
  deadlineNs: number
  readonly #owner: KeepAliveStream
  readonly #onResponse: (response: LeaseKeepAliveResponse) => void
  readonly #onClose: () => void

  /** @internal use EtcdClient.keepAlive */
  constructor(
    owner: KeepAliveStream,
    id: Int64,
    now: number,
    onResponse: (response: LeaseKeepAliveResponse) => void,
    onClose: () => void,
  ) {
    this.#owner = owner
    this.id = id
    this.nextNs = now
    this.deadlineNs = now + FIRST_TIMEOUT_NS
    this.#onResponse = onResponse
    this.#onClose = onClose
  }

  /** Ends it; the lease lives on for what time it has. */
  cancel(): void {
    this.#owner.drop(this)
  }

  /** @internal */
  renewed(response: LeaseKeepAliveResponse, now: number): void {
    this.nextNs = now + (response.TTL * NSEC_PER_SEC) / 3
    this.deadlineNs = now + response.TTL * NSEC_PER_SEC
    this.#onResponse(response)
  }

  /** @internal the lease is gone, or nobody answers */
  closed(): void {
    this.#onClose()
  }
}

/** The stream that a client's leases share. */
export class KeepAliveStream {
  readonly #process: Process
  readonly #transport: Transport
  readonly #timer: ProgramTimer<KeepAliveStream>
  readonly #leases = new Set<EtcdKeepAlive>()
  #stream: ClientStream | null = null
  /** Virtual time before which no stream is opened again. */
  #restUntilNs = 0

  constructor(process: Process, transport: Transport) {
    this.#process = process
    this.#transport = transport
    this.#timer = new ProgramTimer<KeepAliveStream>(process.netns.world, tick, this, process.label('keep-alive'))
    process.onEnd(() => this.#timer.stop())
  }

  /** Keeps a lease alive; `onClose` is told when it is gone. */
  keepAlive(id: Int64, onResponse: (response: LeaseKeepAliveResponse) => void, onClose: () => void): EtcdKeepAlive {
    const lease = new EtcdKeepAlive(this, id, this.#now, onResponse, onClose)
    this.#leases.add(lease)
    this.tick()
    return lease
  }

  /** @internal */
  drop(lease: EtcdKeepAlive): void {
    this.#leases.delete(lease)
    if (this.#leases.size === 0) this.close()
  }

  /** Ends it for all. */
  close(): void {
    this.#leases.clear()
    this.#timer.stop()
    this.#stream?.cancel()
    this.#stream = null
  }

  get #now(): number {
    return this.#process.netns.world.now
  }

  /** @internal sends what is due */
  tick(): void {
    const now = this.#now
    for (const lease of [...this.#leases]) {
      if (lease.deadlineNs <= now) this.#gone(lease)
    }
    if (this.#leases.size === 0) return
    if (this.#stream === null && now >= this.#restUntilNs) this.#open()
    for (const { id, nextNs } of this.#leases) if (nextNs <= now) this.#stream?.send({ ID: id })
    this.#timer.set(TICK_NS, { idle: true })
  }

  #open(): void {
    const stream: ClientStream = this.#transport.stream(LEASE_KEEP_ALIVE, {
      onMessage: message => {
        if (this.#stream === stream) this.#response(message as LeaseKeepAliveResponse)
      },
      onEnd: code => {
        if (this.#stream === stream) this.#ended(code)
      },
    })
    this.#stream = stream
  }

  #response(response: LeaseKeepAliveResponse): void {
    for (const lease of [...this.#leases].filter(({ id }) => id === response.ID)) {
      if (response.TTL <= 0) this.#gone(lease)
      else lease.renewed(response, this.#now)
    }
  }

  #ended(code: number): void {
    this.#stream = null
    this.#restUntilNs = this.#now + TICK_NS
    if (code === CODE.Unavailable || code === CODE.Internal) return
    for (const lease of [...this.#leases]) this.#gone(lease)
  }

  #gone(lease: EtcdKeepAlive): void {
    this.#leases.delete(lease)
    lease.closed()
    if (this.#leases.size === 0) this.close()
  }
}

const tick = (stream: KeepAliveStream): void => stream.tick()
