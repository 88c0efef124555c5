/**
 * What is learned about single destinations behind a next hop: a smaller path MTU, or another gateway.
 *
 * A next hop keeps them in buckets by a hash of the destination. A bucket that grows beyond a few entries loses its
 * oldest ones, so that nobody can fill the memory with errors that he makes up.
 *
 * @see include/net/ip_fib.h struct fib_nh_exception; net/ipv4/route.c find_exception, update_or_create_fnhe
 */
import type { Dst } from '../core/dst.js'
import type { Rng } from '../sim/rng.js'
import { NSEC_PER_JIFFY } from '../sim/timer.js'
import { RTCF_REDIRECTED } from './rtnetlink.js'

/** Buckets of a next hop as a power of two (FNHE_HASH_SHIFT). */
const FNHE_HASH_SHIFT = 11
/** Entries of a bucket that are never thrown out; as many more may be there, by chance. */
const FNHE_RECLAIM_DEPTH = 5

/** One destination (struct fib_nh_exception). */
export class FibNhException {
  readonly daddr: number
  /** Generation of the namespace's exceptions; one of an older generation has been flushed. */
  genid: number
  /** 0 for none. */
  pmtu = 0
  /** The path MTU is a guess from below: packets do not carry DF to find out more. */
  mtuLocked = false
  /** int32, 0 for none. */
  gateway = 0
  /** Virtual time when it ends, at the beginning of a tick; 0 for never. */
  expires = 0
  /** Virtual time of its last use, by which the oldest one of a bucket is found. */
  stamp = 0
  /** Routes that carry it, of packets that came in and of this host's. */
  input: Dst | null = null
  output: Dst | null = null

  constructor(daddr: number, genid: number) {
    this.daddr = daddr
    this.genid = genid
  }
}

/** Writes what an exception says into a route (fill_route_from_fnhe). */
const fillRoute = (dst: Dst, e: FibNhException): void => {
  dst.pmtu = e.pmtu
  dst.mtuLocked ||= e.mtuLocked
  dst.expires = e.expires
  if (e.gateway === 0) return
  dst.gateway = e.gateway
  dst.flags |= RTCF_REDIRECTED
}

/** The routes that carry it are not to be used any more (fnhe_flush_routes). */
const flushRoutes = (e: FibNhException): void => {
  if (e.input !== null) e.input.genid = 0
  if (e.output !== null) e.output.genid = 0
  e.input = e.output = null
}

/** Gives a new route what was learned; one that was flushed says nothing from then on (rt_bind_exception). */
export const bindException = (dst: Dst, e: FibNhException, genid: number, isCached: boolean): void => {
  if (e.genid !== genid) {
    e.genid = genid
    e.gateway = e.pmtu = e.expires = 0
    e.mtuLocked = false
    flushRoutes(e)
  }
  fillRoute(dst, e)
  if (isCached && dst.isInput) e.input = dst
  else if (isCached) e.output = dst
  e.stamp = dst.dev.netns.world.now
}

/** News about a destination. */
export interface Learned {
  /** 0: nothing new. */
  readonly pmtu: number
  readonly mtuLocked: boolean
  /** int32, 0: nothing new. */
  readonly gateway: number
  /** Virtual time when it ends. */
  readonly expires: number
}

/** The exceptions of one next hop (nhc_exceptions). */
export class FnheTable {
  readonly #buckets = new Map<number, FibNhException[]>()

  /** What is known about `daddr`; forgotten once its time is over (find_exception). */
  find(daddr: number, now: number): FibNhException | null {
    const bucket = this.#buckets.get(hashOf(daddr))
    if (bucket === undefined) return null
    for (let i = 0; i < bucket.length; i++) {
      const e = bucket[i]!
      if (e.daddr !== daddr) continue
      if (!isOver(e, now)) return e
      bucket.splice(i, 1)
      flushRoutes(e)
      return null
    }
    return null
  }

  /** Notes what was learned (update_or_create_fnhe); true when nothing was known about `daddr` before. */
  update(daddr: number, learned: Learned, genid: number, now: number, rng: Rng): boolean {
    const hash = hashOf(daddr)
    let bucket = this.#buckets.get(hash)
    if (bucket === undefined) this.#buckets.set(hash, (bucket = []))
    let e = bucket.find(other => other.daddr === daddr)
    const isNew = e === undefined
    if (e === undefined) {
      reclaim(bucket, rng)
      e = new FibNhException(daddr, genid)
      bucket.unshift(e)
    }
    e.genid = genid
    if (learned.gateway !== 0) e.gateway = learned.gateway
    if (learned.pmtu !== 0) {
      e.pmtu = learned.pmtu
      e.mtuLocked = learned.mtuLocked
    }
    e.expires = learned.expires
    if (e.input !== null) fillRoute(e.input, e)
    if (e.output !== null) fillRoute(e.output, e)
    e.stamp = now
    return isNew
  }

  /**
   * The device's MTU went from `orig` to `mtu`: what was learned may not be larger, and follows where it was the
   * device's (fib_nhc_update_mtu).
   */
  updateMtu(mtu: number, orig: number): void {
    for (const e of this)
      if (e.mtuLocked) {
        if (mtu > e.pmtu) continue
        e.pmtu = mtu
        e.mtuLocked = false
      } else if (mtu < e.pmtu || orig === e.pmtu) e.pmtu = mtu
  }

  /** All of them in the order of a dump: bucket by bucket, the newest one of each first. */
  *[Symbol.iterator](): IterableIterator<FibNhException> {
    for (const hash of [...this.#buckets.keys()].sort((a, b) => a - b)) yield* this.#buckets.get(hash)!
  }
}

/** True when its time is over, by the clock of the kernel's ticks. */
export const isOver = (e: FibNhException, now: number): boolean => e.expires !== 0 && now >= e.expires + NSEC_PER_JIFFY

/** Makes room in a bucket that is too full. */
const reclaim = (bucket: FibNhException[], rng: Rng): void => {
  if (bucket.length <= FNHE_RECLAIM_DEPTH) return
  const most = FNHE_RECLAIM_DEPTH + rng.below(FNHE_RECLAIM_DEPTH)
  while (bucket.length > most) {
    let oldest = 0
    for (let i = 1; i < bucket.length; i++) if (bucket[i]!.stamp < bucket[oldest]!.stamp) oldest = i
    flushRoutes(bucket[oldest]!)
    bucket.splice(oldest, 1)
  }
}

/** The kernel's hash has a random key; which destinations share a bucket means nothing. */
const hashOf = (daddr: number): number => Math.imul(daddr ^ (daddr >>> 15), 0x61c88647) >>> (32 - FNHE_HASH_SHIFT)
