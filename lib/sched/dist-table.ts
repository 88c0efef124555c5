/**
 * Tables of distributions for netem's jitter, as iproute2 computes the `.dist` files that it ships: 4096 values of a
 * distribution with mean 0 and deviation 1, scaled by 8192, at equal steps of probability.
 *
 * @see iproute2 netem/normal.c, netem/pareto.c, netem/paretonormal.c
 */

/** What a deviation of 1 is in a table (NETEM_DIST_SCALE). */
export const NETEM_DIST_SCALE = 8192
/** Entries of a table. */
const SIZE = 4096
/** The generators work with four times as many and keep every fourth. */
const FINE_SIZE = 16384
const STEP = FINE_SIZE / SIZE
const SHRT_MIN = -32768
const SHRT_MAX = 32767
const PARETO_A = 3

/** Names of the distributions. */
export const DISTRIBUTIONS = ['normal', 'pareto', 'paretonormal'] as const

/** Name of a distribution. */
export type Distribution = (typeof DISTRIBUTIONS)[number]

/** Rounds halves to the even neighbour, as rint() does. */
export const rint = (x: number): number => {
  const down = Math.floor(x)
  const rest = x - down
  if (rest !== 0.5) return Math.round(x)
  return down % 2 === 0 ? down : down + 1
}

const clamp = (value: number): number => Math.min(SHRT_MAX, Math.max(SHRT_MIN, value))

/** Error function: its series near 0, the continued fraction of its complement elsewhere. */
const erf = (x: number): number => {
  const a = Math.abs(x)
  if (a > 6) return Math.sign(x)
  if (a < 2.5) {
    let term = a
    let sum = a
    for (let n = 1; Math.abs(term) > 1e-18; n++) {
      term *= (-a * a) / n
      sum += term / (2 * n + 1)
    }
    return (Math.sign(x) * 2 * sum) / Math.sqrt(Math.PI)
  }
  let fraction = 0
  for (let n = 60; n > 0; n--) fraction = n / 2 / (a + fraction)
  return Math.sign(x) * (1 - Math.exp(-a * a) / (Math.sqrt(Math.PI) * (a + fraction)))
}

/** Quantiles of the normal distribution, filled as the generator does: by running over x in small steps. */
const fineNormal = (): Float64Array => {
  const table = new Float64Array(FINE_SIZE + 1)
  for (let x = -10; x < 10.05; x += 0.00005)
    table[rint(FINE_SIZE * (0.5 + 0.5 * erf(x / Math.SQRT2)))] = rint(x * NETEM_DIST_SCALE)
  return table
}

/** A value of the Pareto distribution; `rest` is what is left of the probability, in 65536ths. */
const paretoValue = (rest: number): number => {
  const x = 1 / (rest / 65536) ** (1 / PARETO_A) - 1.5
  return rint(Math.min(x * (4 / 3) * NETEM_DIST_SCALE, SHRT_MAX))
}

const fill = (value: (fine: number) => number): Int16Array => {
  const table = new Int16Array(SIZE)
  for (let i = 0; i < SIZE; i++) table[i] = value(i * STEP)
  return table
}

/** Makes the table of a distribution. */
export const makeDistTable = (name: Distribution): Int16Array => {
  if (name === 'pareto') return fill(i => paretoValue(65536 - STEP * i))
  const normal = fineNormal()
  if (name === 'normal') return fill(i => clamp(normal[i]!))
  return fill(i => clamp(Math.trunc((normal[i]! + 3 * paretoValue(65536 - STEP * i)) / 4)))
}
