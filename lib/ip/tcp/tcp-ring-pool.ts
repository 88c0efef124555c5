/**
 * Rings of octets that nobody uses, kept for the next one who needs one: a fresh array costs as much as what is sent with it,
 * for its octets have to be zero.
 */

/** The largest ring that is kept, in octets. */
const MAX_KEPT: number = 1 << 18

/** Rings of one namespace, one of each size. */
export class TcpRingPool {
  readonly #free: (Uint8Array | undefined)[] = new Array<undefined>(32)

  /** A ring of `size` octets, a power of two; what is in it is left from others. */
  take(size: number): Uint8Array {
    const n = Math.clz32(size)
    const ring = this.#free[n]
    if (ring === undefined) return new Uint8Array(size)
    this.#free[n] = undefined
    return ring
  }

  /** Takes back one that nobody refers to any more. */
  give(ring: Uint8Array): void {
    if (ring.length <= MAX_KEPT) this.#free[Math.clz32(ring.length)] = ring
  }
}
