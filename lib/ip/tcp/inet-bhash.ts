/**
 * Who holds which local port (struct inet_hashinfo's bhash): a bucket for each port with its owners.
 *
 * @see net/ipv4/inet_hashtables.c, net/ipv4/inet_connection_sock.c
 */
import type { TcpSock } from './tcp-sock.js'
import type { TcpTimewaitSock } from './inet-timewait-sock.js'

/** What may hold a port. */
export type BindOwner = TcpSock | TcpTimewaitSock

/** `fastreuseport`: any address, or those like the remembered one only. */
export const FASTREUSEPORT_ANY = 1
export const FASTREUSEPORT_STRICT = 2

/** One port (struct inet_bind_bucket). */
export class BindBucket {
  readonly port: number
  /**
   * 1: all owners have SO_REUSEADDR and none listens; 0: not so; -1: all owners are connections whose port the kernel
   * chose, which it may choose again for another peer.
   */
  fastreuse = 0
  fastreuseport = 0
  /** Address of the owners that {@link fastreuseport} is about. */
  fastRcvSaddr = 0
  readonly owners: Set<BindOwner> = new Set()

  constructor(port: number) {
    this.port = port
  }
}

/** The ports of a namespace in use. */
export class InetBhash {
  readonly #buckets = new Map<number, BindBucket>()

  /** The bucket of a port, or null. */
  find(port: number): BindBucket | null {
    return this.#buckets.get(port) ?? null
  }

  /** Makes the bucket of a port that has none (inet_bind_bucket_create). */
  create(port: number): BindBucket {
    const tb = new BindBucket(port)
    this.#buckets.set(port, tb)
    return tb
  }

  /** Forgets a bucket without owners (inet_bind_bucket_destroy). */
  destroy(tb: BindBucket): void {
    if (tb.owners.size === 0) this.#buckets.delete(tb.port)
  }

  /** Ports in use. */
  get size(): number {
    return this.#buckets.size
  }
}
