/**
 * The time that octets take at a rate, in whole nanoseconds, by multiplication and shift as the kernel does it.
 *
 * @see include/net/sch_generic.h psched_l2t_ns, net/sched/sch_generic.c psched_ratecfg_precompute
 */

/** How octets become the time on the line: Ethernet counts them, ATM puts 48 of them into cells of 53. */
export type LinkLayer = 'ethernet' | 'atm'

const ATM_CELL_PAYLOAD = 48
const ATM_CELL_SIZE = 53
const NSEC_PER_SEC = 1_000_000_000n
/** Products below this are exact in a number. */
const EXACT = 2 ** 53

/** A rate with what is counted besides the octets of a packet (struct psched_ratecfg). */
export interface RateSpec {
  /** Octets a second. */
  readonly rate: number
  /** Octets that are added to each packet. */
  readonly overhead: number
  /** Octets that a packet counts at least. */
  readonly mpu: number
  readonly linkLayer: LinkLayer
}

/** A rate ready for use. */
export class RateCfg {
  readonly spec: RateSpec
  readonly mult: number
  readonly shift: number

  constructor(spec: RateSpec) {
    this.spec = spec
    let mult = 1n
    let shift = 0
    if (spec.rate > 0) {
      const rate = BigInt(spec.rate)
      for (let factor = NSEC_PER_SEC; ; factor <<= 1n, shift++) {
        mult = factor / rate
        if ((mult & (1n << 31n)) !== 0n || (factor & (1n << 63n)) !== 0n) break
      }
    }
    this.mult = Number(mult)
    this.shift = shift
  }

  /** Nanoseconds that `octets` take (psched_l2t_ns). */
  l2t(octets: number): number {
    const { overhead, mpu, linkLayer } = this.spec
    let len = Math.max(octets + overhead, mpu)
    if (linkLayer === 'atm') len = Math.ceil(len / ATM_CELL_PAYLOAD) * ATM_CELL_SIZE
    const product = len * this.mult
    if (product < EXACT) return Math.floor(product / 2 ** this.shift)
    return Number((BigInt(len) * BigInt(this.mult)) >> BigInt(this.shift))
  }
}
