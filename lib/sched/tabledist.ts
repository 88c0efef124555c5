/**
 * Draws around a mean.
 *
 * @see net/sched/sch_netem.c tabledist
 */
import { NETEM_DIST_SCALE } from './dist-table.js'

/** A number with mean `mu` and deviation `sigma` by the random number `rnd`; of a uniform distribution without a table. */
export const tabledist = (mu: number, sigma: number, rnd: number, dist: Int16Array | null): number => {
  if (dist === null) return (rnd % (2 * sigma)) + mu - sigma
  const t = dist[rnd % dist.length]!
  const x = (sigma % NETEM_DIST_SCALE) * t
  const half = x >= 0 ? NETEM_DIST_SCALE / 2 : -NETEM_DIST_SCALE / 2
  return Math.trunc((x + half) / NETEM_DIST_SCALE) + Math.trunc(sigma / NETEM_DIST_SCALE) * t + mu
}
