/**
 * The match `statistic`: by chance, or every so many packets of those that reach it.
 *
 * @see net/netfilter/xt_statistic.c
 */
import type { Rng } from '../../sim/rng.js'
import { type XtMatch, xtMatch } from '../x-tables.js'

/** What belongs to a rule (struct xt_statistic_info). */
export interface XtStatisticInfo {
  readonly mode: 'random' | 'nth'
  readonly invert: boolean
  /** Of random: of 2^31. */
  readonly probability: number
  /** Of nth: one less than the number of packets in a round, and the packet of the round that matches. */
  readonly every: number
  readonly packet: number
}

/** A rule with its counter, which starts anew whenever the table is replaced. */
class Statistic {
  readonly isNth: boolean
  readonly invert: boolean
  readonly probability: number
  readonly every: number
  readonly rng: Rng
  count: number
  constructor(info: XtStatisticInfo, rng: Rng) {
    this.isNth = info.mode === 'nth'
    this.invert = info.invert
    this.probability = info.probability
    this.every = info.every
    this.rng = rng
    this.count = info.every - info.packet
  }
}

/** The match. */
export const statisticMatch: XtMatch = xtMatch<XtStatisticInfo, Statistic>({
  name: 'statistic',
  checkentry: ({ netns }, info) => new Statistic(info, netns.rng),
  match: (_skb, _par, info) => {
    if (!info.isNth) return (info.rng.u32() & 0x7fffffff) < info.probability !== info.invert
    info.count = info.count === info.every ? 0 : info.count + 1
    return (info.count === 0) !== info.invert
  },
})
