/**
 * The arithmetic of `hashlimit`: buckets of credits, or of octets, or the rate within an interval.
 *
 * Credits are unsigned 64-bit numbers, kept in two halves: 2^39 of them arise in a tick, so that time only moves the upper
 * half and nothing is rounded.
 *
 * @see net/netfilter/xt_hashlimit.c
 */
import { HZ } from '../../sim/timer.js'

/** Parts of a second in which an average time between packets is given. */
export const XT_HASHLIMIT_SCALE_V2 = 1_000_000
const BYTE_SHIFT = 4
const U32_MAX = 0xffffffff
const TWO32 = 4294967296

/** Upper halves that arise in a tick: CREDITS_PER_JIFFY is 2^39. */
const HI_PER_JIFFY = 128
/** HZ * CREDITS_PER_JIFFY / SCALE, rounded down. */
const CREDITS_PER_UNIT = 137438953n
const U64 = 1n << 64n

/** Byte mode: credits of a tick, and of a second, which is the most there can be. */
const CREDITS_PER_JIFFY_BYTES = 8388608
const CREDITS_CAP_BYTES: number = CREDITS_PER_JIFFY_BYTES * HZ

/** Credits of an average time, modulo 2^64 (user2credits). */
export const user2credits = (user: number): bigint => (BigInt(user) * CREDITS_PER_UNIT) % U64

/** Credits that 16 octets cost at an average (user2credits_byte). */
export const user2creditsByte = (avg: number): number => Math.floor((avg % TWO32) * (CREDITS_CAP_BYTES / TWO32))

/** Octets a second at an average cost (user2rate_bytes). */
const user2rateBytes = (avg: number): number => (Math.floor(U32_MAX / avg) - 1) * 2 ** BYTE_SHIFT

/** What all buckets of a table have in common. */
export class RateConfig {
  readonly isBytes: boolean
  readonly isRateMatch: boolean
  /** Packets: cost of one, and the most credits there can be, in halves. */
  readonly costHi: number
  readonly costLo: number
  readonly capHi: number
  readonly capLo: number
  /** Octets: cost of 16, and how often the bucket is filled again when it is empty. */
  readonly byteCost: number
  readonly refills: number
  /** Rate: what may pass in an interval of so many ticks. */
  readonly rate: number
  readonly burst: number
  readonly interval: number

  constructor(isBytes: boolean, isRateMatch: boolean, avg: number, burst: number, interval: number) {
    const cost = user2credits(avg)
    const cap = (BigInt(avg) * BigInt(burst) * CREDITS_PER_UNIT) % U64
    this.isBytes = isBytes
    this.isRateMatch = isRateMatch
    this.costHi = Number(cost >> 32n)
    this.costLo = Number(cost & 0xffffffffn)
    this.capHi = Number(cap >> 32n)
    this.capLo = Number(cap & 0xffffffffn)
    this.byteCost = user2creditsByte(avg)
    this.refills = burst
    const rate = !isRateMatch ? 0 : isBytes ? user2rateBytes(avg) : Math.floor(XT_HASHLIMIT_SCALE_V2 / avg)
    this.rate = rate
    this.burst = isBytes ? (burst === 0 ? rate : burst * rate) : burst + rate
    this.interval = interval * HZ
  }
}

/** The bucket of one flow. */
export class Rate {
  /** Tick of the last packet; with a rate match, of the beginning of the interval. */
  prev: number
  creditHi: number
  creditLo: number
  refills: number
  current = 0
  wasOver = false

  constructor(config: RateConfig, now: number) {
    this.prev = now
    this.creditHi = config.capHi
    this.creditLo = config.isBytes ? CREDITS_CAP_BYTES : config.capLo
    this.refills = config.refills
  }

  /** Time has passed (rateinfo_recalc). */
  recalc(config: RateConfig, now: number): void {
    const delta = now - this.prev
    if (delta === 0) return
    if (config.isRateMatch) {
      if (delta < config.interval) return
      this.prev = now
      this.wasOver = this.current * config.interval > delta * config.rate
      this.current = 0
      return
    }
    this.prev = now
    if (config.isBytes) {
      this.creditLo = Math.min(this.creditLo + delta * CREDITS_PER_JIFFY_BYTES, CREDITS_CAP_BYTES)
      return
    }
    this.creditHi += delta * HI_PER_JIFFY
    if (this.creditHi < config.capHi || (this.creditHi === config.capHi && this.creditLo <= config.capLo)) return
    this.creditHi = config.capHi
    this.creditLo = config.capLo
  }

  /** Takes what a packet of `len` octets costs; false when there is not so much. */
  take(config: RateConfig, len: number): boolean {
    if (config.isRateMatch) {
      this.current += config.isBytes ? len : 1
      return !this.wasOver && this.current <= config.burst
    }
    if (config.isBytes) return this.#takeBytes(config, len)
    if (this.creditHi < config.costHi || (this.creditHi === config.costHi && this.creditLo < config.costLo))
      return false
    this.creditHi -= config.costHi
    this.creditLo -= config.costLo
    if (this.creditLo < 0) {
      this.creditLo += TWO32
      this.creditHi--
    }
    return true
  }

  #takeBytes({ byteCost }: RateConfig, len: number): boolean {
    const cost = Math.min(((len >> BYTE_SHIFT) + 1) * byteCost, CREDITS_CAP_BYTES)
    if (this.creditLo < cost && this.refills > 0) {
      this.refills--
      this.creditLo = CREDITS_CAP_BYTES
    }
    if (this.creditLo < cost) return false
    this.creditLo -= cost
    return true
  }
}
