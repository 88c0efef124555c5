/**
 * The match `limit`: a token bucket that every packet reaching the match takes from. It is full whenever the table is
 * replaced.
 *
 * @see net/netfilter/xt_limit.c
 */
import type { Simulator } from '../../sim/simulator.js'
import type { Skb } from '../../core/skb.js'
import { HZ, NSEC_PER_JIFFY } from '../../sim/timer.js'
import { type XtMatch, xtMatch, xtRefuse } from '../x-tables.js'

/** Parts of a second in which {@link XtRateinfo.avg} is given. */
export const XT_LIMIT_SCALE = 10000

/** What belongs to a rule (struct xt_rateinfo). */
export interface XtRateinfo {
  /** Average time between packets in parts of {@link XT_LIMIT_SCALE}. */
  readonly avg: number
  /** Packets that a full bucket lets pass. */
  readonly burst: number
}

/** The largest power of two that lets a bucket of one packet a day stay within 32 bits. */
const CREDITS_PER_JIFFY = 128
const CREDITS_PER_SECOND: number = HZ * CREDITS_PER_JIFFY

/** Credits that an average time costs, modulo 2^32 (user2credits). */
const user2credits = (user: number): number => {
  const u = user % 4294967296
  if (u > Math.floor(0xffffffff / CREDITS_PER_SECOND))
    return (Math.floor(u / XT_LIMIT_SCALE) * CREDITS_PER_SECOND) % 4294967296
  return Math.floor((u * CREDITS_PER_SECOND) / XT_LIMIT_SCALE)
}

class Limit {
  readonly sim: Simulator<Skb>
  readonly cost: number
  readonly creditCap: number
  credit: number
  /** Tick of the last packet. */
  prev: number
  constructor(sim: Simulator<Skb>, cost: number, cap: number) {
    this.sim = sim
    this.cost = cost
    this.creditCap = cap
    this.credit = cap
    this.prev = Math.floor(sim.now / NSEC_PER_JIFFY)
  }
}

/** The match. */
export const limitMatch: XtMatch = xtMatch<XtRateinfo, Limit>({
  name: 'limit',
  checkentry: ({ netns }, { avg, burst }) => {
    const cap = user2credits(avg * burst)
    const cost = user2credits(avg)
    if (burst === 0 || cap < cost) xtRefuse('ERANGE', 'limit', `Overflow, try lower: ${avg}/${burst}`)
    return new Limit(netns.world.sim, cost, cap)
  },
  match: (_skb, _par, info) => {
    const now = Math.floor(info.sim.now / NSEC_PER_JIFFY)
    const credit = Math.min(info.credit + (now - info.prev) * CREDITS_PER_JIFFY, info.creditCap)
    info.prev = now
    const isWithin = credit >= info.cost
    info.credit = isWithin ? credit - info.cost : credit
    return isWithin
  },
})
