/**
 * The only source of chance: xoroshiro128+ with independent substreams made by `jump`, so that what one namespace
 * draws never changes what another one draws.
 */
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

type Generator = ReturnType<typeof xoroshiro128plus>

/** One seeded stream of random numbers. */
export class Rng {
  #gen: Generator

  /** @internal use {@link RngSource} */
  constructor(gen: Generator) {
    this.#gen = gen
  }

  /** 32 random bits as an unsigned number. */
  u32(): number {
    return this.#gen.next() >>> 0
  }

  /** 16 random bits. */
  u16(): number {
    return this.#gen.next() & 0xffff
  }

  /** Uniform integer in 0..ceil-1, as get_random_u32_below; 0 for `ceil` 0 or 1. `ceil` at most 2^32. */
  below(ceil: number): number {
    if (ceil <= 1) return 0
    // Draws above the largest multiple of `ceil` are drawn again, so that every value is equally likely.
    const limit = 4294967296 - (4294967296 % ceil)
    for (;;) {
      const r = this.u32()
      if (r < limit) return r % ceil
    }
  }

  /** Uniform number in 0..1 with 32 bits. */
  float(): number {
    return this.u32() / 4294967296
  }
}

/** Hands out independent streams of one seed, in the order in which they are asked for. */
export class RngSource {
  #gen: Generator

  /** `seed` is any integer; its lower 32 bits count. */
  constructor(seed: number) {
    // The generator takes its state from the seed as it is; after a jump the bits of a small seed are everywhere.
    this.#gen = xoroshiro128plus(seed | 0)
    this.#gen.jump()
  }

  /** A new stream, 2^64 steps away from every other one of this source. */
  stream(): Rng {
    const rng = new Rng(this.#gen.clone() as Generator)
    this.#gen.jump()
    return rng
  }
}
