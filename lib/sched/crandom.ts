/**
 * Random numbers that depend on the one before, and the streams that they come from.
 *
 * @see net/sched/sch_netem.c get_crandom
 */
import type { NetDevice } from '../core/netdev.js'
import { type Rng, RngSource } from '../sim/rng.js'

/** Correlated random number generator (struct crndstate). */
export class Crandom {
  /** Correlation, 2^32 - 1 for 100 %. */
  rho: number
  #last: number

  constructor(rho: number, rng: Rng) {
    this.rho = rho
    this.#last = rho === 0 ? 0 : rng.u32()
  }

  /** The next number of 32 bits. */
  next(rng: Rng): number {
    const value = rng.u32()
    if (this.rho === 0) return value
    this.#last = mix(value, 4294967296 - (this.rho + 1), this.#last, this.rho + 1)
    return this.#last
  }
}

/** (a * b + c * d) >> 32 of numbers of 32 bits, exactly: products of 16 and 32 bits fit a number. */
const mix = (a: number, b: number, c: number, d: number): number => {
  const ab = (a >>> 16) * b
  const cd = (c >>> 16) * d
  const low = (ab % 65536) * 65536 + (a & 0xffff) * b + (cd % 65536) * 65536 + (c & 0xffff) * d
  return Math.floor(ab / 65536) + Math.floor(cd / 65536) + Math.floor(low / 4294967296)
}

/** FNV-1a over the characters of a text. */
const hash = (text: string): number => {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return h
}

/**
 * A stream of its own for the `nth` thing of `what` at a device: it depends on the World's seed and on these names, so
 * that other devices, and when they were made, change nothing.
 */
export const deviceStream = (dev: NetDevice, what: string, nth: number): Rng =>
  new RngSource(dev.netns.world.seed ^ hash(`${what} ${dev.netns.name}/${dev.name} ${nth}`)).stream()
