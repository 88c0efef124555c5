/**
 * The octets that a program has written and the peer has not acknowledged, in a ring that grows with need.
 *
 * Segments refer to them by sequence number: what is transmitted is copied into a frame, so that nothing which is on its
 * way shares memory with what may have to be sent again.
 */

import { copyOctets } from '../../wire/bytes.js'
import type { TcpRingPool } from './tcp-ring-pool.js'

/** Smallest ring that is made, in octets. */
const MIN_RING = 4096

/** Stream octets by sequence number. */
export class TcpSendBuffer {
  readonly #pool: TcpRingPool
  #ring: Uint8Array | null = null
  /** Offset of the first octet in the ring, its sequence number, and octets that are there. */
  #at = 0
  #seq = 0
  #len = 0

  constructor(pool: TcpRingPool) {
    this.#pool = pool
  }

  /** Octets that are held. */
  get length(): number {
    return this.#len
  }

  /** Octets of memory. */
  get capacity(): number {
    return this.#ring?.length ?? 0
  }

  /** Tells the sequence number of the first octet that will be written; the buffer must be empty. */
  start(seq: number): void {
    this.#seq = seq
    this.#at = 0
    this.#len = 0
  }

  /** Appends `data[from..to)`. */
  append(data: Uint8Array, from: number, to: number): void {
    const n = to - from
    const ring = this.#room(n)
    const mask = ring.length - 1
    const at = (this.#at + this.#len) & mask
    const first = Math.min(n, ring.length - at)
    copyOctets(data, from, ring, at, first)
    if (first < n) copyOctets(data, from + first, ring, 0, n - first)
    this.#len += n
  }

  /** Copies the octets from `seq` on, `n` of them, to `into[at..]`. */
  copyTo(seq: number, n: number, into: Uint8Array, at: number): void {
    const ring = this.#ring!
    const from = (this.#at + ((seq - this.#seq) | 0)) & (ring.length - 1)
    const first = Math.min(n, ring.length - from)
    copyOctets(ring, from, into, at, first)
    if (first < n) copyOctets(ring, 0, into, at + first, n - first)
  }

  /** Forgets what is before `seq`; memory is given back when nothing is left of a large one. */
  release(seq: number): void {
    const n = Math.min((seq - this.#seq) | 0, this.#len)
    if (n <= 0) return
    this.#at = (this.#at + n) & (this.#ring!.length - 1)
    this.#seq = (this.#seq + n) | 0
    this.#len -= n
    if (this.#len === 0 && this.#ring!.length > MIN_RING) this.#letGo()
  }

  /** Lets go of everything. */
  clear(): void {
    this.#letGo()
    this.#len = 0
    this.#at = 0
  }

  #letGo(): void {
    if (this.#ring !== null) this.#pool.give(this.#ring)
    this.#ring = null
  }

  #room(n: number): Uint8Array {
    const need = this.#len + n
    const ring = this.#ring
    if (ring !== null && ring.length >= need) return ring
    let size = Math.max(MIN_RING, ring?.length ?? 0)
    while (size < need) size *= 2
    const grown = this.#pool.take(size)
    if (this.#len > 0) this.copyTo(this.#seq, this.#len, grown, 0)
    this.#letGo()
    this.#ring = grown
    this.#at = 0
    return grown
  }
}
